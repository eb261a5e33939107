"""Words on a ground that is lost, and grounds whose words have lost their colour."""

import pytest

from engine.markup import safe
from engine.markup.colours import colour, contrast

from .pace import within

SHEET = (
    "<style>.dark{background:#036}.light{color:#fff!important}"
    "body{background:#f4f4f4}.always{background:#036!important}</style>"
)


def stored(source: str) -> str:
    return safe.shown(source).html(lambda _part: "/p").removeprefix("<div>").removesuffix("</div>")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # White letters whose ground was the sheet's: they have the colour of all others.
        ("<p class=dark style='color:#fff'>x</p>", "<p>x</p>"),
        ("<p class=dark style='color:white!important'>x</p>", "<p>x</p>"),
        ("<p class=dark style='color:rgb(255, 255, 255)'>x</p>", "<p>x</p>"),
        ("<p class=dark style='color:hsl(0, 0%, 100%)'>x</p>", "<p>x</p>"),
        ("<p class='a DARK'><font color=#ffffff>x</font></p>", "<p><font>x</font></p>"),
        ("<p class=dark><i style='color:#fffc;margin:0'>x</i></p>",
         '<p><i style="margin:0">x</i></p>'),
        ("<p class=dark><i style=color:#fff><b style=color:#eee>x</b></i></p>",
         "<p><i><b>x</b></i></p>"),
        ("<p style='background:url(http://x.example/a) no-repeat;color:#fff'>x</p>", "<p>x</p>"),
        ("<p background=http://x.example/a style='color:#fff'>x</p>", "<p>x</p>"),
        ("<p style='background:var(--x);color:#fff'>x</p>", "<p>x</p>"),
        ("<p class=dark style='background:#fff6;color:#fff'>x</p>",
         '<p style="background-color:#fff6; color:#fff">x</p>'),
        ("<p style='background:oklch(20% 0.1 200);color:#fff'>x</p>", "<p>x</p>"),
        ("<p style='color:#fff;text-shadow:0 0 3px #000'>x</p>", "<p>x</p>"),
        ("<p class=always style='background:#fff;color:#fff'>x</p>",
         '<p style="background-color:#fff">x</p>'),
        # Of many grounds, that of its own class counts.
        ("<style>.r td{background:#fee}.g td{background:#efe}.b td{background:#eef}"
         ".y td{background:#ffe}.deep{background:#123}</style>"
         "<p class=deep><td></p><p class=deep style='color:#fff'>x</p>", "<p></p><p>x</p>"),
        *((f"<style>{selector}{{background:#123}}</style><p id=a style='color:#fff'>x</p>",
           "<p>x</p>")
          for selector in ("p:not(.x)", "p:nth-child(2n + 1)", "[id]", "p[id='a']", "div p")),
        ("<style>:root{background:#123}</style><p style='color:#fff'>x</p>", "<p>x</p>"),
        ("<style>@media screen, print{p{background:#123}}</style><p style='color:#fff'>x</p>",
         "<p>x</p>"),
        # They are on a ground that is stated: it is kept.
        ("<p class=dark style='background:#036;color:#fff'>x</p>",
         '<p style="background-color:#036; color:#fff">x</p>'),
        # Letters whose colour was the sheet's, on a dark ground that is stated.
        ("<p class=light style='background:#036'>x</p>",
         '<p style="background-color:#036; color:#ffffff">x</p>'),
        ("<p class=light style='background:#036;color:#222'>x</p>",
         '<p style="background-color:#036; color:#ffffff">x</p>'),
        ("<div style='background:#036'><p class=light>x</p></div>",
         '<div style="background-color:#036"><p style="color:#ffffff">x</p></div>'),
        ("<div class=light><p style='background:#000'>x</p></div>",
         '<div><p style="background-color:#000; color:#ffffff">x</p></div>'),
        # White from outside, on a ground that a sheet changes, and on one that it does not.
        ("<table bgcolor=#000><td style=color:#fff>"
         "<table bgcolor=white class=dark><td>x</table></table>",
         '<table style="background-color:#000"><td style="color:#fff"><table style="'
         'background-color:white; color:#000000"><td>x</td></table></td></table>'),
        ("<p style='background:#000;color:#fff'><i style='background:#fff' class=dark>x</i></p>",
         '<p style="background-color:#000; color:#fff"><i style="background-color:#fff">x</i></p>'),
        # What is seen is left alone.
        ("<p class=dark style='color:#999'>x</p>", '<p style="color:#999">x</p>'),
        ("<p class=light>x</p>", "<p>x</p>"),
        # So is what nobody saw in the mail.
        ("<p style='color:#fff'>x</p>", '<p style="color:#fff">x</p>'),
        ("<p style='background:#fff;color:#fff'>x</p>",
         '<p style="background-color:#fff; color:#fff">x</p>'),
        ("<p class=dark style='color:#fff;font-size:1px'>x</p>",
         '<p style="color:#fff; font-size:1px">x</p>'),
        ("<p class=dark style='color:#fff;max-height:0'>x</p>", '<p style="color:#fff">x</p>'),
        ("<p class=dark style='color:#fff;line-height:0'>x</p>",
         '<p style="color:#fff; line-height:0">x</p>'),
        ("<p class=dark style='color:#fff;visibility:hidden'>x</p>",
         '<p style="color:#fff">x</p>'),
        ("<p class=dark style='color:#fff;mso-hide:all'>x</p>", '<p style="color:#fff">x</p>'),
        ("<p class=dark style='color:#fff;display:none'>x</p>", '<p style="display:none">x</p>'),
    ],
)  # fmt: skip
def test_words_are_seen_on_the_ground_that_remains(source, expected):
    assert stored(SHEET + source) == expected


@pytest.mark.parametrize(
    "sheet",
    [
        "<style>table.head td.dark {padding:0; background-color:navy}</style>",
        "<STYLE type='text/css'><!-- #dark { background:#036 url(a.png) } --></STYLE>",
        "<style>@import url(a);@media screen{p{color:red}.dark,b{background-image:url(a)}}</style>",
        "<style>/* {} */.dark:link{background:linear-gradient(#036, #036)}</style>",
        "<!--[if !mso]><!--><style>div>.dark{background:#036}</style><!--<![endif]-->",
        "<style>*{background:#036}</style>",
    ],
)
def test_a_ground_is_found_in_any_sheet(sheet):
    source = f"{sheet}<p id=dark class=dark style='color:#fff'>x</p>"
    assert "color" not in stored(source)
    assert "color" not in stored(f"<p id=dark class=dark style='color:#fff'>x</p>{sheet}")


@pytest.mark.parametrize(
    "sheet",
    ["", "<style>.dark:hover{background:#036}</style>", "<style>.dark{background:none}</style>",
     "<style>.dark{margin:0}.other{background:#036}</style>", "<style>.dark{background:#036",
     "<style>@media (prefers-color-scheme: dark){b{}.dark{background:#000!important}}</style>"],
)  # fmt: skip
def test_what_no_sheet_showed_stays_hidden(sheet):
    assert "color:#fff" in stored(f"{sheet}<p class=dark style='color:#fff'>x</p>")


def test_a_link_is_seen_on_a_ground_whose_link_colour_is_lost():
    source = (
        "<style>a{color:#fff}</style><p style='background:#714b67'><a href=http://x.example>x</a>"
    )
    assert 'href="http://x.example"' in stored(source)
    assert '<a style="color:#ffffff"' in stored(source)
    white = "<p class=dark><a href=http://x.example style='color:#fff'>x</a></p>"
    assert stored(SHEET + white) == '<p><a href="http://x.example">x</a></p>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p class=t>x</p>", '<p style="font-size:medium">x</p>'),
        ("<p class=t style='margin:0'>x</p>", '<p style="margin:0; font-size:medium">x</p>'),
        ("<p class=f><i class=t>x</i></p>", '<p style="font-size:medium"><i>x</i></p>'),
        ("<button>x</button>", '<span style="font-size:medium">x</span>'),
        ("<p class=t style='font-size:14px'>x</p>", '<p style="font-size:14px">x</p>'),
        ("<b style='font-size:9px'><p class=t>x</p></b>", '<b style="font-size:9px"><p>x</p></b>'),
        ("<font size=2 class=t><i class=t>x</i></font>", '<font size="2"><i>x</i></font>'),
        ("<b style='font-size:90%'><i class=t color=red>x</i></b>",
         '<b style="font-size:90%"><i style="font-size:medium" color="red">x</i></b>'),
        ("<p class=t style='font-size:0'>x</p>", '<p style="font-size:0">x</p>'),
        ("<p class=z>x</p>", "<p>x</p>"),
        ("<b style='font-size:0;mso-hide:all'><i class=t>x</i></b>",
         '<b style="font-size:0"><i>x</i></b>'),
    ],
)  # fmt: skip
def test_words_whose_size_is_lost_have_one_within_what_has_none(source, expected):
    sheet = "<style>.t{font-size:14px}p.f{font:9pt Arial}.z{font-size:0;font-weight:bold}</style>"
    assert stored(f'{sheet}<div style="font-size:0px">{source}</div>') == (
        f'<div style="font-size:0px">{expected}</div>'
    )
    assert "medium" not in stored(sheet + source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#fff", (1, 1, 1, 1)),
        ("FF0000", (1, 0, 0, 1)),
        ("#0000FF80", (0, 0, 1, 128 / 255)),
        ("Red", (1, 0, 0, 1)),
        ("rgb(255 0 0 / 50%)", (1, 0, 0, 0.5)),
        ("rgba(100%, 0%, 0%, .5)", (1, 0, 0, 0.5)),
        ("hsl(120, 100%, 50%)", (0, 1, 0, 1)),
        ("transparent", (0, 0, 0, 0)),
        ("windowtext", None),
        ("rgb(1)", None),
        ("var(--x)", None),
    ],
)
def test_a_colour_is_read_as_css_writes_it(text, expected):
    assert colour(text) == (expected and pytest.approx(expected))


def test_black_on_white_has_the_most_contrast():
    assert contrast(colour("black"), colour("white")) == pytest.approx(21)
    assert contrast(colour("#777"), colour("#fff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "source",
    [
        "<style>" * 200_000,
        "<style></style>" * 100_000,
        "<style>" + "{" * 1_000_000 + "</style>",
        "<style>" + "a" * 1_000_000 + "{}</style>",
        "<style>" + "/*" * 500_000 + "</style>",
        "<style>" + "a{background:" + "url(" * 300_000 + "}</style>",
        "<style>" + "a{background:url(\"" * 50_000 + "}</style>",
        "<style>" + ("a" * 1_990 + " b{color:red}") * 100 + "</style>",
        "<style>" + ("@media" * 330 + "{}") * 100 + "</style>",
        "<style>" + "a{background:red}" * 50_000 + "</style>" + "<a>" * 100_000,
        "<style>" + "".join(f".a{n}{{color:#{n:06}}}" for n in range(20_000)) + "</style>",
        "<style>i{background:#000}b{color:#fff}</style>" + "<b><i style=color:#fff>" * 50_000,
        "<p class='" + "a " * 200_000 + "'>",
    ],
    ids=lambda source: source[:24],
)  # fmt: skip
def test_a_bomb_of_sheets_takes_no_longer_than_a_letter(source):
    with within(2):
        safe.shown(source)
