"""What is quoted in a body: as Odoo marks it, so that its sanitiser has nothing left to do."""

import random
import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev import sanitised
from dev.words import Writer
from engine.markup import body
from engine.values import Email, Envelope

from .pace import within


def quoted(source: str = "", text: str = "") -> str:
    """Return the words of a body that are marked as quoted."""
    made = body.of(Email(Envelope(), html=source, text=text)).html(lambda part: "/part")
    tree = html5lib.parse(made, namespaceHTMLElements=False)
    return " ".join("".join(_quoted_text(tree)).split())


def _quoted_text(element, within=False):
    within = within or element.get("data-o-mail-quote") == "1"
    yield (element.text or "") if within else ""
    for child in element:
        yield from _quoted_text(child, within)
        yield (child.tail or "") if within else ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # Gmail and Apple Mail
        ("<p>New</p><div class='gmail_quote'>On Monday<blockquote>Old</blockquote></div>",
         "On MondayOld"),
        ("<p>New</p><div class='gmail_quote gmail_quote_container'>Old</div>", "Old"),
        ("<p>New</p><div class='gmail_extra'>Old</div>", "Old"),
        ("<p>New</p><blockquote type=cite>Old</blockquote><p>After</p>", "Old"),
        ("<p>New</p><div class='gmail_signature'>Ann</div>", "Ann"),
        # Yahoo, Hotmail: everything after it
        ("<p>New</p><div class='yahoo_quoted'>Old</div><p>Older</p>", "OldOlder"),
        ("<p>New</p><hr id='stopSpelling'><div>Old</div><p>Older</p>", "OldOlder"),
        # Outlook: the line before it, and the block after it
        ("<p>New</p><hr><div id='divRplyFwdMsg'>From: Ann</div><div>Old</div>", "From: AnnOld"),
        ("<p>New</p><div id='x_divRplyFwdMsg'>From: Ann</div><div>Old</div>", "From: AnnOld"),
        ("<p>New</p><div id=appendonsend></div><hr><div id=divRplyFwdMsg>From: Ann</div><p>Old</p>",
         "From: AnnOld"),
        ("<p>New</p><div id='appendonsend'>Mine</div><div>New as well</div>", ""),
        ("<p>New</p><div id='Signature'>Ann</div>", "Ann"),
        ("<p>New</p><div id='mySignature'>Ann</div>", ""),
        # signatures and quoted lines
        ("<p>New</p><div>-- <br>Ann</div>", "-- Ann"),
        ("<pre>New\n&gt; Old\n&gt; Older\nAgain</pre>", "> Old > Older"),
        ("<pre>New\n-- \nAnn</pre>", "-- Ann"),
        ("<pre>New\n<input>&gt; Old</pre>", "> Old"),
        ("<pre>New\n-<input>-\nAnn</pre>", "-- Ann"),
        ("<p>Two--dashes, a &gt; b</p>", ""),
        ("<p>Nothing</p>", ""),
    ],
)  # fmt: skip
def test_what_a_mail_program_quotes_is_marked(source, expected):
    assert quoted(source) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New\n> Old\n>> Older\nNew again\n> Old again", "> Old >> Older > Old again"),
        ("New\n-- \nAnn\n+49 1", "-- Ann +49 1"),
        ("New\n> see http://x.example/a\n> Old", "> see"),
        ("a & b\n> c < d & e\n", "> c < d & e"),
    ],
)
def test_quoted_lines_and_the_signature_of_plain_text_are_marked(text, expected):
    assert quoted(text=text) == expected


def test_a_text_with_too_many_quoted_pieces_is_shown_unfolded():
    assert quoted(text="new\n> old\n" * 501) == ""
    assert quoted(text="\n> old" * 5_000) == " ".join(["> old"] * 5_000)


def test_words_that_are_marked_are_the_same_words():
    text = "Greetings\n> a < b & c\n\n-- \n<Ann> & Co\n"
    made = body.of(Email(Envelope(), text=text)).html(lambda part: "/part")
    tree = html5lib.parse(made, namespaceHTMLElements=False)
    assert "".join(tree.itertext()) == text


_PIECES = (
    "<div class='gmail_quote'>", "<div class='x gmail_extra'>", "<div id='divRplyFwdMsg'>", "<hr>",
    "<div id='appendonsend'></div>", "<div id='appendonsend'>", "<div id='Signature'>", "<br>",
    "<div class='yahoo_quoted'>", "<hr id=stopSpelling>", "<blockquote>", "</blockquote>", "<p>",
    "<div class='gmail_signature'>", "<div class='SkyDrivePlaceholder'>", "<span>", "<table><td>",
    "<div>", "</div>", "</div>", "</div>", "<div>-- <br>", "--\n", "\n-- \n", "\n--", "\n&gt; o\n",
    "\n>", "&nbsp;", " ", "words", "a &amp; &lt; b", "</table>", "<font color=red>", "<b>", "</b>",
    "<hr>", "<p></p>", "<div> </div>", "\n>> deep\n&gt;", "<img src=x alt=y>", "<ul><li>", "</ul>",
    "<input>", "-", "&gt; x", "\n",
)  # fmt: skip


def _changed(email: Email) -> str:
    unmarked = body.unmarked(email).html(lambda part: f"/web/image/{part.file}?access_token=a-b")
    marked = body.of(email).html(lambda part: f"/web/image/{part.file}?access_token=a-b")
    return sanitised.marked_otherwise(unmarked, marked) or sanitised.removed(marked)


@given(st.integers(0, 2**32))
def test_odoos_sanitiser_would_mark_the_same_quotes_and_remove_nothing(seed):
    pieces = random.Random(seed).choices(_PIECES, k=40)
    assert _changed(Email(Envelope(), html="".join(pieces))) == ""
    text = re.sub("<[^>]*>", "", "".join(pieces))
    assert _changed(Email(Envelope(), text=text + "\nhttps://x.example/?a=b&c=d\n")) == ""


@given(st.integers(0, 2**32))
def test_odoos_sanitiser_would_remove_nothing_of_a_malformed_mail(seed):
    assert _changed(Email(Envelope(), html=Writer(seed).html())) == ""


@pytest.mark.parametrize(
    "style",
    [
        "position:fixed;top:0;left:0;z-index:9999;color:red",
        "COLOR : Red ; color:blue;;border: 1px solid #000 !important",
        "font-family: 'A;B', \"C\";width:calc(100% - 2px);color:rgb(1,2,3)",
        "font-family:\"never ends;color:red",
        "color:red;x{}y:z; width:expression(evil()); -moz-binding:url(x)",
        "background:#fff;background-color:#fff;color:javascript:evil()",
        "color:red onload=evil()",
        "margin:0 auto;padding:1px 2px;white-space:pre-wrap;transform:scale(9)",
        "color:/**/red;height:1\\70x;width:@import",
        "background:url(x) #fff;font:italic 12px/1.5 Arial, \'A B\' !important;color:red",
        "background:linear-gradient(90deg, rgb(1, 2, 3), navy);font:0/0 a",
    ],
)  # fmt: skip
def test_odoos_sanitiser_would_remove_nothing_of_a_style(style):
    assert _changed(Email(Envelope(), html=f"<div style='{style}'>x</div>")) == ""
    assert _changed(Email(Envelope(), html=f'<td style="{style}">x<p style="{style}">y</td>')) == ""


@pytest.mark.parametrize("style", ["position:fixed;top:0", "transform:scale(9)", "z-index:99"])
def test_no_mail_is_shown_above_the_page_around_it(style):
    made = body.of(Email(Envelope(), html=f"<div style='{style}'>x</div>"))
    assert made.html(lambda part: "") == "<div><div>x</div></div>"


@pytest.mark.parametrize(
    "source",
    [
        "<div class='gmail_quote'>" * 100_000,
        "<div class='yahoo_quoted'>a</div>" * 100_000,
        "<hr id='stopSpelling'>" * 9_000,
        "<div id='divRplyFwdMsg'></div>" * 9_000,
        "<div id='appendonsend'></div>" * 9_000,
        "<div>--<br></div>" * 9_000,
        "--<br>\n>" * 100_000,
        "\n>a\n" * 300_000,
        "<blockquote>" * 100_000,
    ],
    ids=lambda source: source[:22],
)
def test_marking_takes_no_longer_for_a_bomb(source):
    with within(2):
        body.of(Email(Envelope(), html=source))
        body.of(Email(Envelope(), text=source))


@pytest.mark.parametrize(
    "quote", ["<p>--</p>", "<blockquote>q</blockquote>", "-- <br>", "\n&gt; x"]
)
def test_a_picture_in_the_tag_of_an_object_is_no_part_of_a_quote(quote):
    source = f'<p>a</p><object data="data:image/png;base64,AAAA"></object>{quote}<p>z</p>'
    made = body.of(Email(Envelope(), html=source)).html(lambda part: "")
    assert '<img src="data:image/png;base64,AAAA">' in made
    assert made.endswith("<p>z</p></div>")
    assert _changed(Email(Envelope(), html=source)) == ""
