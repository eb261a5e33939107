"""The HTML of a mail, made safe: no word is lost, nothing runs, nothing is loaded."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev import visible
from dev.words import Writer, lost
from engine.markup import body
from engine.markup.plain import shown as shown_plain
from engine.markup.safe import MAX_OUTPUT, shown
from engine.values import Email, Envelope

from .pace import within

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def html(source: str) -> str:
    """Return what is stored of a mail's HTML."""
    return body.of(Email(Envelope(), html=source)).html(lambda part: f"/part/{part.file + 1}")


def words(source: str) -> str:
    return visible.text(html(source))


# --- no word is lost -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<html><body>One</body></html><html><body>Two</body></html>", "One Two"),
        ("<!DOCTYPE html><body><p>One</p></body>\n<!DOCTYPE html><body>Two", "One Two"),
        ("<html><body><p>Text</p></body></html>\nFooter", "Text Footer"),
        ("<html><body><blockquote>Q?</blockquote></body></html><div>A.</div>", "Q? A."),
        ("<frameset><frame src=x><noframes>Words</noframes></frameset>", "Words"),
        ("<head><noscript>Words</noscript></head>", "Words"),
        ("<p>Before<plaintext>After <b>that", "Before After <b>that"),
        ("<xmp><b>bold</b></xmp>", "<b>bold</b>"),
        ("<listing>a &lt; b</listing>", "a < b"),
        ("<textarea>a <b>c</textarea> d", "a <b>c d"),
        ("<select><option>One<option selected>Two</select>", "One Two"),
        # A second select ends the first, so the element after it has raw content.
        ("<select><option>One<select><xmp>a <?b> c</xmp>d", "One a <?b> c d"),
        ("<select><optgroup label='A &amp; B'><option>One<option label=Two>2</select>",
         "A & B One Two 2"),
        ("<option label=One>", "One"),
        ("<input placeholder=Name> <input placeholder=No value=Yes>", "Name Yes"),
        ("<button>Press</button> <input value=In> <input type=submit value=Send>", "Press In Send"),
        ("<object data=x>No player</object> <iframe src=x>No frame</iframe>", "No player No frame"),
        ("<details><summary>More</summary>Inside</details>", "More Inside"),
        ("<dialog>Shut</dialog>", "Shut"),
        ("<svg><text>Drawn</text></svg> <math><mi>x</mi></math>", "Drawn x"),
        ("a<br>b</p>c<o:p>d</o:p>", "a b cd"),
        ("<table><td>x<td>y<tr><td>z</table>t", "x y z t"),
        ("<table>Loose<tr><td>x</table>", "Loose x"),
        ("<td>No table<td>here", "No table here"),
        ("a <b b < c", "a <b b < c"),
        ("1 < 2 & 3 > 2 <3", "1 < 2 & 3 > 2 <3"),
        ("<a title='1 > 0' href=\"http://x.example\">Link</a>", "Link"),
        ('<a title=">Text', "Text"),
        ("<p =\">\">Text", '">Text'),
        ("&bigstar; &apos; &AMP &#x41; &#0; &#xD800; &#1;x", "★ ' & A � � x"),
        ("a\x00b \x01c \ud800d", "ab c d"),
        ("a\x0cb", "a b"),
    ],
)  # fmt: skip
def test_every_visible_word_is_there(source, expected):
    assert words(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # An end tag of an element around svg or math ends these too: what follows is HTML.
        ("<table><td>One<svg></table><xmp>a <?b> c</xmp>Two", "One a <?b> c Two"),
        ("<div><math><mi>x</div><xmp>a <!-- b --></xmp>", "x a <!-- b -->"),
        ("<svg><g><path></g></p><textarea>a <?b></textarea>", "a <?b>"),
        # Within svg and math, select and option are no form's.
        ("<math><select><h2>One<xmp>a <!-- b --></xmp>", "One a <!-- b -->"),
        # The first tag of an svg or math element's kind that is HTML's ends all of them.
        ("<svg><g><font color=red>One<xmp>a <?b></xmp>", "One a <?b>"),
        ("<svg><g><font>One <xmp>Two</xmp></font></g></svg>", "One Two"),
        ("<math><svg><style>One</style></svg></math>", "One"),
        ("<svg><![CDATA[a <b> c]]></svg> <![CDATA[no text>d", "a <b> c d"),
        # A script in a comment in a script ends that one, not the outer one.
        ("<script><!--<script </script><title></script>One</title>", "One"),
        ("<script><!--></script>One<!-- --></script>", "One"),
        ("<script><!--<!--><script></script>One</script>", "One"),
        # What its own style shows is seen.
        ("<style style='display: block'>One</style><title style=color:red>x</title>", "One"),
        # An option shows all that is in it.
        ("<option>One <title>Two</title>", "One Two"),
        ("<select><option>One<i style=display:none> Two</i></select>", "One Two"),
        ("<select><option>One<i hidden> Two</i></select>", "One Two"),
        ("<p hidden>x</p><p hidden style='color:red'>x</p>One", "One"),
        ("<p hidden style='display:block'>One</p>", "One"),
    ],
)
def test_what_a_tag_means_depends_on_what_is_open_around_it(source, expected):
    assert visible.text(html(source)) == expected


@pytest.mark.parametrize(
    "source",
    [
        "<p><svg></p><style>x <textarea></style><!-- Shown --></textarea>",
        "<p><svg></p><title>x<xmp></title><?Shown ></xmp>",
        "<math></x><style><!</style a='>Shown'>",
        "<select><div><title>Shown</title></select>",
        "<select><b><xmp></xmp><textarea <><?Shown>",
        "<template><col><style></template>Shown</style>",
    ],
)
def test_where_browsers_differ_a_word_that_one_of_them_shows_is_there(source):
    assert "Shown" in visible.stored(html(source))


@pytest.mark.parametrize(
    "drawing",
    [
        "<svg viewBox='0 0 1 1'><style>x</style><g><title>x</title><path d=M0/></g></svg>",
        "<svg><foreignObject><div><p>Shown</p><br><img></div></foreignObject><style>x</style></svg>",
        "<math><mrow><mi>Shown</mi><mo>=</mo><mspace/></mrow></math>",
        "<select><option value=1>Shown<option>Shown</select>",
        "<select><optgroup><option>Shown</option></optgroup></select><template><p></p></template>",
    ],
)
def test_after_a_drawing_or_a_menu_a_style_sheet_is_hidden(drawing):
    assert "x" not in words(f"<p>{drawing}</p><style>x</style><script>x</script><title>x</title>")


@pytest.mark.parametrize(
    "tag",
    "area base basefont bgsound col command embed frame hr image img input keygen link meta param "
    "picture source track wbr".split(),
)
def test_what_follows_a_tag_without_an_end_is_not_its_content(tag):
    assert (
        words(f"<p>Before</p><{tag} src='http://x.example/a' width=1><p>After</p>")
        == "Before After"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("One <!--[if mso]>Hidden<![endif]-->Two", "One Two"),
        ("One <![if !mso]>Shown<![endif]> Two", "One Shown Two"),
        ("One <!--[if !mso]><!-->Shown<!--<![endif]--> Two", "One Shown Two"),
        ("One <!-->Shown<!-- Hidden --!> Two", "One Shown Two"),
        ("One <style>p { a > b }</style><script>if (a<b) c()</script> Two", "One Two"),
        ("<title>Hidden</title>Shown", "Shown"),
        ("<svg><style>p {}</style><title/><text>Shown</text></svg>", "Shown"),
        ("<input type=hidden value=Secret>Shown", "Shown"),
    ],
)
def test_what_no_browser_shows_is_not_there(source, expected):
    assert words(source) == expected


@pytest.mark.parametrize(
    "opened", ["<!-- ", "<!--[if mso]>", "<style>p {}", "<title>", "<a href='"]
)
def test_what_never_ends_takes_nothing_with_it(opened):
    assert words(f"One {opened}<p>Two</p>").split() == ["One", "Two"]


@pytest.mark.parametrize(
    "nested", ["blockquote", "div", "table><tr><td", "b", "font color=red", "p><span", "x"]
)
def test_words_at_any_depth_are_there_and_what_is_behind_them(nested):
    deep = "".join(f"<{nested}>level {n} " for n in range(2_000))
    end = "".join(f"</{name}>" for name in reversed(nested.replace("<", " ").split(">")))
    text = words(f"<p>Start</p>{deep}{end * 2_000}<p>End</p>")
    assert text.startswith("Start level 0 level 1 ")
    assert text.endswith(" level 1998 level 1999 End")


def test_a_text_that_is_too_long_is_cut_and_says_so():
    made = shown("word " * MAX_OUTPUT)
    assert made.cut
    assert not shown("word " * 1000).cut
    assert shown_plain("word " * MAX_OUTPUT).cut


def test_a_large_picture_in_the_text_costs_no_text():
    made = shown(f'<img src="{PIXEL}{"A" * MAX_OUTPUT}"><p>Words</p>')
    assert (visible.text("".join(made.pieces)), made.cut) == ("Words", False)


def test_an_end_of_the_body_ends_no_table():
    """HTML §13.2.6.4.7: what is open stays open, so the caption is not within the heading."""
    source = "<body><table></body><h2 hidden><caption>Words"
    assert lost(source, html(source)) == []
    assert "Words" in visible.text(html(source))


@given(st.integers(0, 2**32))
def test_no_visible_word_of_a_malformed_mail_is_lost(seed):
    source = Writer(seed).html()
    assert lost(source, html(source)) == []


# --- nothing runs, nothing is loaded -------------------------------------------------------------

EVIL = [
    "<p onclick='evil()' onmouseover=evil()>x</p>",
    "<script>evil()</script>",
    "<a href='javascript:evil()'>x</a>",
    "<a href=' java\nscript:evil()'>x</a>",
    "<a href='&#106;avascript:evil()'>x</a>",
    "<a href='data:text/html,evil'>x</a>",
    "<a href='vbscript:evil'>x</a>",
    "<img src=x onerror=evil()>",
    "<img src='https://evil.example/seen.gif'>",
    "<img srcset='https://evil.example/seen.gif 2x'>",
    "<img src='data:image/svg+xml,evil'>",
    "<svg onload=evil()><use href='https://evil.example/x'/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=evil()></style></math>",
    "<noscript><p title='</noscript><img src=x onerror=evil()>'></noscript>",
    "<style>@import url(https://evil.example/x)</style>",
    "<div style='background:url(https://evil.example/x)'>x</div>",
    "<div style='background:u\\rl(https://evil.example/x)'>x</div>",
    "<div style='width:expression(evil())'>x</div>",
    "<div style='background:image-set(\"https://evil.example/x\" 1x)'>x</div>",
    "<table background='https://evil.example/x'><td>x</table>",
    "<body background='https://evil.example/x' onload=evil()>x",
    "<form action='https://evil.example/'><input name=evil></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x'>",
    "<base href='https://evil.example/'>",
    "<iframe src='https://evil.example/'></iframe>",
    "<object data='https://evil.example/'></object><embed src='https://evil.example/'>",
    "<video poster='https://evil.example/x'><source src='https://evil.example/x'></video>",
    "<img src=\"x\" alt=\"'><script>evil()</script>\">",
    "<a title='\"><img src=x onerror=evil()>'>x</a>",
    "<p data-oe-model='evil' class='evil o_mail_redirect' id='evil' name='evil'>x</p>",
    "<!--[if gte IE 4]><script>evil()</script><![endif]-->",
    "<plaintext><script>evil()</script>",
]  # fmt: skip


@pytest.mark.parametrize("source", EVIL)
def test_nothing_runs_and_nothing_is_loaded(source):
    tree = html5lib.parse(html(source), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag not in "script style svg iframe form link meta base".split()
        for name, value in element.attrib.items():
            assert name in ("style", "title", "alt"), (name, value)
            assert "evil" not in value or name in ("title", "alt")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.example/?a=1&copy=2", "https://x.example/?a=1&copy=2"),
        ("https://x.example/?a=1&amp;b=2", "https://x.example/?a=1&b=2"),
        ("mailto:lena@x.example", "mailto:lena@x.example"),
        ("www.x.example/a", "http://www.x.example/a"),
        ("https://x.example/encoding=1", "https://x.example/encoding=1"),
        ("https://x.example/it's", "https://x.example/it's"),
        ("https://x.example/[1]?q=%20#a", "https://x.example/[1]?q=%20#a"),
        ("//x.example/a", "https://x.example/a"),
        ("/web/session/logout", None),
    ],
)
def test_a_link_leads_where_it_did(address, expected):
    tree = html5lib.parse(html(f'<a href="{address}">x</a>'), namespaceHTMLElements=False)
    assert next(tree.iter("a")).get("href") == expected


@pytest.mark.parametrize(
    "source",
    [
        "<" * 200_000,
        "<a " * 200_000,
        "<a b='" * 200_000,
        "<a b=\"c' " * 200_000,
        "<!--" * 200_000,
        "<!-- --" * 200_000,
        "<style>" * 200_000,
        "<textarea>" * 200_000,
        "<iframe>" * 200_000,
        "<svg><title>" * 100_000,
        "<svg><g>" * 100_000 + "</a>" * 100_000,
        "<svg><desc><td>" * 100_000,
        "<option>" + "<textarea>" * 200_000,
        "<option>" + "<xmp><style></xmp>" * 100_000,
        "<option><xmp></xmp>" + "<a b='<![CDATA[" * 100_000,
        "<script><!--<script>" * 100_000 + "</script>" * 100_000,
        "<style " + "style display " * 100_000 + ">",
        "<b><i>" * 200_000 + "</b>" * 200_000,
        "<p><table>" * 100_000 + "</p>" * 100_000,
        "<div " + "a=b " * 300_000 + ">",
        "<a" + ' href="https://a"' * 50_000 + " x>",
        "<a" + ' a="b" href="https://a"' * 50_000 + " '>",
        "&" * 1_000_000,
        "<a href='" + "x" * 1_000_000 + "'>",
        "<p style='" + "a" * 1_000_000 + "'>",
        "".join(f"<p style='font:{n:01980}'>" for n in range(500)),
        "".join(f"<p style='background:{n} {'gradient((' * 190}'>" for n in range(500)),
        "".join(f"<p style='{'/*' * 990}{n}'>" for n in range(500)),
        "".join(f"<p style='color:{n};{'background:' * 170}'>" for n in range(500)),
        "\n>a\nb" * 200_000,
        "http://" + "a" * 1_000_000,
    ],
    ids=lambda source: source[:12].encode("unicode_escape").decode(),
)
def test_a_bomb_takes_no_longer_than_a_letter(source):
    with within(2):
        html(source)
        shown_plain(source)
