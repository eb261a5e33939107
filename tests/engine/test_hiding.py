"""What a style hides: seen by nobody where that is certain, and by the reader in any doubt."""

import pytest

from dev import visible
from engine.markup import safe


def seen(source: str) -> str:
    return visible.stored(safe.shown(source).html(lambda _part: ""))


def test_the_end_of_a_document_shows_nothing_that_is_hidden():
    source = "<html><body>Seen<div style='display:none'>Hidden</body></html>"
    assert seen(source) == "Seen"


def test_what_a_part_leaves_open_does_not_hide_the_next_part():
    first = "<html><body>Seen<div style='display:none'>Hidden</body></html>"
    assert seen(f"{first}\n<p>Footer</p>").split() == ["Seen", "Footer"]


@pytest.mark.parametrize(
    "source",
    [
        # Where a hidden element ends is not known: embed ends the svg and all within it.
        "<svg><g><section style='display:none'><embed>Shown",
        "<svg><g><section style='display&#58;none'><embed>Shown",
        "<p><svg></p><main style=' DISPLAY : none'><option>Shown",
        "<select><main style='display:none'><option>Shown",
        "<select><main style='opacity:0'><option>Shown",
        "<p><svg></p><main hidden><option>Shown",
        "<form><form hidden>Shown</form></form>",
        "<select style='display:none'><area><keygen>Shown",
        "<div style='display:none'><p><svg></p><style></div>Shown",
        "<iframe><div style='display:none'></iframe>Shown",
        "<nobr style='display:none'>x<nobr>Shown",
        "<button style='display:none'>x<button>Shown",
        # So does where the parts of a table end what is in no cell, or in the one before.
        "<table><dt style='display:none'><thead>Shown",
        "<table><menu style='display:none'><col>Shown",
        "<table><th style='display:none'>x<tr>Shown",
        "<table><tr style='display:none'><td>x<thead>Shown",
        "<table><form style='display:none'>Shown",
        "<table><td hidden>x</tbody>Shown",
        "<table><tr><td><table><td hidden>x</tr><td>Shown",
        # The end of an element that is not kept ends what is in it.
        "<canvas><summary style='display:none'></canvas>Shown",
        "<ruby><div style='display:none'>x</ruby>Shown",
        # A block is moved out of what is in a b that ends within it.
        "<u><span style='display:none'><dir>Shown</u>",
        "<i><legend hidden>x</i>Shown",
        "<p><legend hidden><div>Shown",
        "<h2><div hidden></h1>Shown",
        "<li hidden><body><li>Shown",
        "<marquee hidden>Shown",
        "<a hidden><table><a></table>Shown",
        "<table><main hidden><table>Shown",
        "<body><i></body><legend hidden></i>Shown",
        "<u><optgroup style='display:none'><dir>Shown</u>",
    ],
)
def test_words_that_a_browser_may_show_are_seen(source):
    assert "Shown" in seen(source)


@pytest.mark.parametrize(
    "source",
    [
        "<div style='display:none;max-height:0'>x<span>x</span><br>x<o:p>x</o:p>x</div>Shown",
        "<div hidden>x<b>x</b></div>Shown",
        "<span style='font-size:0'>x <b>x</b></i> x</span>Shown",
        "<table><tr style='display:none'><td>x<td>x<table><td>x</table>x<tr><td>Shown</table>",
        "<table style='display:none'><thead><tr><th>x</thead><tbody><tr><td>x</table>Shown",
        "<div style='display:none'><p>x<p>x<ul><li>x<li>x</ul><dl><dt>x<dd>x</dl>x</div>Shown",
        "<canvas></canvas><div style='display:none'><canvas>x</canvas>x</div>Shown",
    ],
)
def test_what_its_writer_hides_is_not_seen(source):
    assert seen(source).split() == ["Shown"]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        # White letters keep the dark ground that they are on.
        ("<table bgcolor='#0055AA'><td>x</table>", "background-color:#0055AA"),
        ("<table><tr bgcolor=0055aa><td>x</table>", "background-color:#0055aa"),
        ("<table><td bgcolor=' navy '>x</table>", "background-color:navy"),
        # However it is written (HTML §2.3.6).
        ("<table bgcolor='rgb(1)'><td>x</table>", "background-color:#00b010"),
        ("<table bgcolor='0055AA;'><td>x</table>", "background-color:#005A00"),
        ("<table bgcolor=chucknorris><td>x</table>", "background-color:#c00000"),
        ("<table bgcolor=#12><td>x</table>", "background-color:#010200"),
        ("<table bgcolor=#1234567890abcdef1234567890abcdef><td>x</table>", ":#45ef0a"),
        ("<body bgcolor=#000 text=#fff>x", "background-color:#000; color:#fff"),
        ("<p style='background:#05a'>x", "background-color:#05a"),
        ("<p style='background: #05A !important; color:red'>x", "background-color:#05A; color:red"),
        ("<p style='background:url(https://x.example/a.png#fff) no-repeat black'>x", ":black"),
        ("<p style='background:rgba(0, 0, 0, .5) none repeat scroll 0% 0%'>x", "rgba(0, 0, 0, .5)"),
        ("<p style='background:linear-gradient(to right, #123 0%, navy)'>x", ":#123"),
        ("<p style='background:#456 linear-gradient(90deg, #123, navy)'>x", ":#456"),
        ("<p style='background-image:linear-gradient(rgb(1, 2, 3), navy)'>x", ":rgb(1, 2, 3)"),
        # Letters keep the size that they have within what has none.
        ("<p style='font:14px Arial'>x", "font-size:14px; font-family:Arial"),
        ("<p style='font: italic bold .9em/1.5 \"A B\", serif'>x", "font-style:italic; font-weight:"
         "bold; font-size:.9em; line-height:1.5; font-family:&quot;A B&quot;, serif"),
        ("<p style='font:normal small-caps 700 12pt/9% A'>x", "font-weight:700; font-size:12pt"),
        ("<p style='font:x-large Arial !important'>x", '"font-size:x-large; font-family:Arial"'),
        ("<p style='font-size:0;font:0/0 a'>x", '"font-size:0"'),
        ("<p style='font-size:14px!important;font:9px A'>x", "font-size:14px!important; font-fam"),
        ("<p style='font-size:clamp(14px, 2vw, 18px)'>x", '"font-size:medium"'),
        ("<font face='Wingdings; x'>J</font>", "font-family:Wingdings, x"),
        ("<font face=Arial style='font-family:Symbol'>a</font>", "font-family:Symbol"),
        # A gradient takes the place of no colour that is stated, and shows what is behind it.
        ("<p style='background-color:#369;background-image:linear-gradient(#fff, red)'>x", ":#369"),
        ("<p style='background:#369;background:-webkit-gradient(linear,left top,from(#123))'>x",
         ":#369"),
        ("<p style='background:conic-gradient(from 45deg, in oklch, transparent, #12f)'>x",
         ":#12f"),
        ("<p style='background-color:#369!important;background:#fff'>x", ":#369!important"),
        ("<div background='http://x.example/*' style='/* */background-color:#000'>x",
         "background-color:#000"),
        # Letters cut out of a gradient are letters.
        ("<p style='margin:0;background:linear-gradient(red, navy);-webkit-background-clip:text;"
         "color:transparent'>x", '<p style="margin:0">'),
        ("<p style='margin:0;background:linear-gradient(red, navy) text;color:rgba(0, 0, 0, 0)'>x",
         '<p style="margin:0">'),
        ("<p style='margin:0;background:red;background-clip:/**/text;color:#0000'>x",
         '<p style="margin:0">'),
        # A comment says nothing.
        ("<p style='/* Outlook */ color:red; /* ; display:none; */'>x", '<p style="color:red">'),
    ],
)  # fmt: skip
def test_the_ground_and_the_size_of_words_are_kept(source, kept):
    assert kept in safe.shown(source).html(lambda _part: "")


@pytest.mark.parametrize(
    "source",
    [
        "<p style='background:none'>x",
        "<p style='background:top left / cover no-repeat'>x",
        "<p style='background:var(--x) url(a)'>x",
        "<p style='font:inherit'>x",
        "<p style='font:caption'>x",
        "<p style='font:0/0 a'>x",
        "<p style='background:linear-gradient(rgba(255, 255, 255, .15), transparent)'>x",
        "<body text=#fff>x",
        "<p bgcolor=red text=red>x",
        "<table bgcolor=''><td>x</table>",
        "<table bgcolor=transparent><td>x</table>",
    ],
)
def test_no_ground_and_no_size_is_made_up(source):
    assert "style" not in safe.shown(source).html(lambda _part: "")


def test_an_address_hides_nothing():
    first = "https://shop.example/display:none"
    source = f'<a style="color:#333" href="{first}">One<table><tr><td><a href="/2">Two'
    written = safe.shown(source).html(lambda _part: "")
    assert f'href="{first}">' in written
