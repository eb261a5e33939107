"""The text alternative says what the HTML shows, and nothing that it hides."""

from __future__ import annotations

import pytest

from engine.markup.text import text


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>Dear Lena,</p><p>here it is.</p>", "Dear Lena,\n\nhere it is.\n"),
        ("<div>one</div><div>two</div>", "one\ntwo\n"),
        ("one<br>two<br><br>four", "one\ntwo\n\nfour\n"),
        ("<p>a\n  b&nbsp;c &lt;d&gt;</p>", "a b c <d>\n"),
        (
            '<a href="https://x.example/a?b=1&amp;c=2">the plan</a>',
            "the plan <https://x.example/a?b=1&c=2>\n",
        ),
        ('<a href="https://x.example/">https://x.example/</a>.', "https://x.example/.\n"),
        ('<a href="mailto:ann@x.example">ann@x.example</a>', "ann@x.example\n"),
        ('<a href="javascript:x()">here</a>', "here\n"),
        (
            "<p>We have:</p><ul><li><p>one</p></li><li>two</li></ul><p>End</p>",
            "We have:\n\n- one\n- two\n\nEnd\n",
        ),
        ('<ol start="3"><li>c<ul><li>x</li></ul></li><li>d</li></ol>', "3. c\n  - x\n4. d\n"),
        (
            "<table><tr><td>Price</td><td>9</td></tr><tr><td>a</td><td>b</td></tr></table>",
            "Price\t9\na\tb\n",
        ),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n>> b\n\nc\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ('<p style="white-space: pre-wrap">a\n\n  b</p>', "a\n\n  b\n"),
        ('<img src="cid:1" alt="Roof"/> <img src="cid:2"/>x', "[Roof] x\n"),
        ("Bye<div>-- <br>Ann</div>", "Bye\n-- \nAnn\n"),
        ("<p>Bye</p><div>-- <br><p>Ann</p></div>", "Bye\n\n-- \nAnn\n"),
        ("", "\n"),
    ],
)
def test_what_is_shown_is_in_it(html: str, shown: str):
    assert text(html) == shown


@pytest.mark.parametrize(
    "html",
    [
        '<div style="display:none;max-height:0">no<div>no</div>no</div>yes',
        '<span style="DISPLAY : NONE">no</span>yes',
        "<div hidden>no</div>yes",
        "<style>no</style><script>no</script><title>no</title><!-- no -->yes",
    ],
)
def test_what_is_hidden_is_not(html: str):
    assert text(html) == "yes\n"


@pytest.mark.parametrize("html", ["</blockquote></ul></a>x", "<li>x", "<a>x</a></a>", "<td>x"])
def test_what_is_not_well_formed_is_read_all_the_same(html: str):
    assert "x" in text(html)
