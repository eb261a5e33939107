"""Which part of a mail is its body: a mail with text anywhere never has an empty one."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.mime.email import email
from engine.mime.formats import has_words
from tests.engine.mails import HEAD, PDF, mail, multi, names, part
from tests.engine.pace import within


@pytest.mark.parametrize(
    "blank",
    [
        "", " \r\n", "<html><body></body></html>", "<p>&nbsp;<br></p>", "<!-- words -->",
        "<style>p {color: red}</style>", "<title>words</title><p>", "<script>words()</script>",
        "<p>\u200b\u00ad\ufeff</p>", "&#8203;&zwnj;", "<!doctype html><p", "<?xml version='1'?>",
        "<!--[if mso]>words<![endif]-->", "<style>never ends",
    ],
)  # fmt: skip
def test_html_without_words_does_not_hide_the_text(blank):
    assert not has_words("text/html", blank)
    found = mail(multi("alternative", part("4711"), part(blank, "text/html; charset=utf-8")))
    assert (found.html, found.text) == ("", "4711")


@pytest.mark.parametrize(
    "shown", ["<p>x", "x", "<b>&lt;</b>", "a < b", "<p title='>'>x", "<style></style>x", "<a>ж</a>"]
)
def test_html_with_words_is_shown(shown):
    assert has_words("text/html", shown)
    found = mail(multi("alternative", part("4711"), part(shown, "text/html; charset=utf-8")))
    assert found.html == shown


def test_a_rendition_with_a_name_is_one_nevertheless():
    inline = [
        part("4711 pieces", content_disposition="inline; filename=a.txt"),
        part("<p>4711 <b>pieces</b>", "text/html", content_disposition="inline; filename=a.html"),
    ]
    found = mail(multi("alternative", *inline))
    assert (found.html, names(found)) == ("<p>4711 <b>pieces</b>", [])


def test_a_named_text_among_renditions_that_says_something_else_stays_a_file():
    note = part("other words", content_disposition="inline; filename=note.txt")
    found = mail(multi("alternative", note, part("<p>4711", "text/html")))
    assert (found.html, names(found)) == ("<p>4711", ["note.txt"])


@pytest.mark.parametrize(
    "body",
    [
        part("words", "text/plain; name=a.txt", content_disposition="inline; filename=a.txt"),
        part("words", content_disposition="inline"),
        multi("mixed", part(PDF, "application/pdf"), part("words", "text/plain; name=a.txt")),
        multi(
            "mixed", part(PDF, "application/pdf"),
            part("words", content_disposition="inline; filename=a.txt"),
        ),
        part("words", "text/markdown"),
        part("words", "text/x-unknown"),
        part("words", "text"),
        part("words", "plain"),
        part("<bold>words</bold>", "text/enriched"),
        part(r"{\rtf1 words}", "text/rtf"),
        part("words", "nonsense"),
        part("words", "text/plain, charset=utf-8"),
        part("words", "multipart/mixed; boundary=b"),
        multi("related", part(PDF, "application/pdf"), part("words")),
        multi("alternative", multi("mixed", part("words", content_disposition="inline"))),
    ],
)  # fmt: skip
def test_the_only_text_is_the_body_and_no_file(body):
    found = mail(body)
    assert found.text.strip() == "words"
    assert all(one.mimetype == "application/pdf" for one in found.attachments)


@pytest.mark.parametrize(
    "body",
    [
        part("words", content_disposition="attachment; filename=a.txt"),
        part("words", "text/csv; name=a.csv"),
        part("words", "message/delivery-status"),
        part("words", "application/octet-stream; name=message.txt"),
        part(r"{\rtf1 words}", "application/rtf"),
        part("words", "text/rfc822-headers"),
        part("BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:wo\r\n rds\r\nEND:VEVENT", "text/calendar"),
        part("BEGIN:VCARD\r\nFN:words\r\nEND:VCARD", "text/vcard"),
        part("<p></p>", "text/html")[:0]
        + multi("mixed", part("<p></p>", "text/html"), part("words", "text/csv; name=a.csv")),
    ],
)
def test_the_words_of_a_file_are_the_body_of_a_mail_without_others(body):
    found = mail(body)
    assert found.text == "words"
    assert len(found.attachments) == 1


def test_a_text_that_was_attached_beside_a_body_is_a_file_alone():
    notes = part("notes", content_disposition="inline; filename=notes.txt")
    found = mail(multi("mixed", part("body"), notes))
    assert (found.text, names(found)) == ("body", ["notes.txt"])


@pytest.mark.parametrize("kind", ["text/html; name=message.html", "text/plain"])
def test_a_named_text_at_the_beginning_is_shown_beside_another_and_stays_a_file(kind):
    own = part("<p>Order", kind, content_disposition="inline; filename=message.html")
    found = mail(multi("mixed", own, part("scanned by a gateway")))
    assert "Order" in (found.html or found.text)
    assert "scanned by a gateway" in (found.html or found.text)
    assert names(found) == ["message.html"]


@pytest.mark.parametrize(
    "name", ["Order.html", "ORDER.HTM", "order.Txt", "=?utf-8?q?order=2Etxt?="]
)
def test_the_only_text_is_the_body_though_its_type_says_nothing(name):
    found = mail(part("<b>words</b>", f'application/octet-stream; name="{name}"'))
    assert "<b>words</b>" in (found.html if "ht" in name.lower() else found.text)
    assert len(names(found)) == 1


def test_of_a_message_from_a_telephone_all_texts_are_shown():
    texts = [part(text, f"text/plain; name={text}.txt", content_id=f"<{text}>") for text in "ab"]
    smil = part("<smil>", "application/smil", content_id="<smil>")
    found = mail(multi('related; type="application/smil"; start="<smil>"', smil, *texts, PICTURE))
    assert (found.text, names(found)) == ("a\nb", ["attachment.bin", "b.txt", "logo.png"])


def test_the_only_text_may_be_in_a_mail_whose_type_says_nothing():
    found = mail(part("Subject: x\r\n\r\nwords", "application/octet-stream; name=a.EML"))
    assert (found.text, names(found)) == ("words", ["a.EML"])


def test_a_page_in_xml_may_have_sections_of_text():
    html = "<p>a</p><![CDATA[b < c]]><p><![CDATA[d"
    assert mail(part(html, "application/xhtml+xml")).html == "<p>a</p>b &lt; c<p><![CDATA[d"
    assert mail(part(html, "text/html")).html == html


def test_a_page_in_xhtml_is_a_page():
    assert mail(part("<p>Order</p>", "application/xhtml+xml")).html == "<p>Order</p>"


def test_an_only_text_in_html_is_shown_as_that():
    html = part("<p>Order</p>", "text/html", content_disposition='inline; filename="webform.htm"')
    assert mail(html).html == "<p>Order</p>"


# --- multipart/related ---------------------------------------------------------------------------

PICTURE = part(b"png", "image/png; name=logo.png", content_id="<logo>")
HTML = part("<p>html</p>", "text/html")
ROOT = part("<p>html</p>", "text/html", content_id="<root>")


def named(disposition: str) -> bytes:
    return part("<p>html</p>", "text/html", content_disposition=disposition)


@pytest.mark.parametrize(
    "body",
    [
        multi("related", PICTURE, HTML),
        multi('related; type="text/html"', PICTURE, part("plain", content_id="<p>"), HTML),
        multi('related; start="<root>"', PICTURE, part("<i>", "text/html"), ROOT),
        multi('related; start="<root>"', PICTURE, HTML),
        multi("related", PICTURE, multi("alternative", part("plain"), HTML)),
        multi('related; type="multipart/alternative"', multi("alternative", HTML), PICTURE),
        multi("related", multi("mixed", HTML, PICTURE)),
        multi("related", named("inline; filename=x.htm"), PICTURE),
        multi("related", named("attachment"), PICTURE),
    ],
)  # fmt: skip
def test_the_root_of_related_parts_is_shown(body):
    found = mail(body)
    assert found.html == "<p>html</p>"
    assert "logo.png" in names(found)


def test_a_part_is_where_its_location_says_as_seen_from_the_text():
    html = part("<p>", "text/html", content_location="http://x.example/mail/index.html")
    picture = part(b"png", "image/png", content_location="images/a.png", content_id="<a@x> (logo)")
    (found,) = mail(multi("related", html, picture)).attachments
    assert found.content_location == "http://x.example/mail/images/a.png"
    assert found.content_id == "a@x"


def test_a_location_of_signs_costs_little():
    location = "://a" * 3_900
    parts = [part("x", content_location=location) for _ in range(100)]
    with within(1):
        mail(multi("mixed", *parts))


@pytest.mark.parametrize("written", ['"http://x.example/a.png"', "http://x.example/a.png (logo)"])
def test_a_location_is_read_without_quotes_and_comments(written):
    html, picture = part("<p>", "text/html"), part(b"png", "image/png", content_location=written)
    (found,) = mail(multi("related", html, picture)).attachments
    assert found.content_location == "http://x.example/a.png"


def test_a_text_beside_an_html_root_is_shown_unless_that_says_the_same():
    same = multi("related", part("html says more"), part("<p>html says more </p>", "text/html"))
    assert (
        mail(same).html
        == "<p>html says more</p>\n<p>html says more </p>"[-len("<p>html says more </p>") :]
    )
    other = multi("related", part("plain says"), HTML)
    assert mail(other).html == "<p>plain says</p>\n<p>html</p>"


# --- a Content-Type that is wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "text/html charset=utf-8",
        "text/html; charset=utf-8;",
        "Text/HTML; CharSet=\"utf-8\"",
        "text/html (an order); charset=utf-8 (of 8 bits)",
        "text / html; charset = utf-8",
        "text/html;; charset=utf-8",
        "text/html;charset=utf-8 format=flowed",
        "html; charset=utf-8",
        "\"text/html\"; charset=utf-8",
        "text/html,charset=utf-8",
        "text/html; charset==utf-8",
        "text/html; charset=\"utf-8",
    ],
)  # fmt: skip
def test_html_is_html_however_it_is_said(kind):
    assert mail(part("<p>Grüße</p>", kind)).html == "<p>Grüße</p>"


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("Quoted-Printable (rfc2045)", "Gr=C3=BC=C3=9Fe", "Grüße"),
        ("(x) quoted-printable", "Gr=C3=BC=C3=9Fe", "Grüße"),
        ('"quoted-printable"', "Gr=C3=BC=C3=9Fe", "Grüße"),
        ("quoted_printable", "Gr=C3=BC=C3=9Fe", "Grüße"),
        ("base64;", "R3LDvMOfZQ==", "Grüße"),
        ("base-64", "R3LDvMOfZQ==", "Grüße"),
        ("base64", "Hello Ann, please send it. Lena", "Hello Ann, please send it. Lena"),
        ("base64", "Hello Ann,\r\n\r\nGrüße\r\nLena", "Hello Ann,\n\nGrüße\nLena"),
        ("8bit (x)", "Grüße=20", "Grüße=20"),
    ],
)
def test_a_transfer_encoding_is_known_however_it_is_said(encoding, body, read):
    assert mail(part(body, content_transfer_encoding=encoding)).text == read


def test_a_file_name_with_brackets_keeps_them():
    found = mail(
        part(PDF, "application/pdf", content_disposition="attachment; filename=offer (1).pdf")
    )
    assert names(found) == ["offer (1).pdf"]


def test_a_raw_file_name_is_in_the_charset_of_the_mail():
    text = b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "请看".encode("gbk")
    name = "报价单.pdf".encode("gbk")
    file = b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\nx'
    found = mail(multi("mixed", text, file))
    assert (found.text, names(found)) == ("请看", ["报价单.pdf"])


@pytest.mark.parametrize("kind", ["mixed", "mixed; boundary=other", "mixed; boundary="])
def test_parts_are_told_apart_though_the_boundary_is_not_named(kind):
    body = multi("mixed", part("one"), part("two"), boundary="b").replace(
        b'mixed; boundary="b"', kind.encode()
    )
    assert mail(body).text == "one\ntwo"


def test_a_part_behind_the_closing_boundary_is_read():
    body = multi("mixed", part("one"), boundary="b") + b"\r\n--b\r\n" + part("two") + b"\r\n--b--"
    assert mail(body).text == "one\ntwo"


# --- anything ------------------------------------------------------------------------------------

_text = st.sampled_from(["text/plain", "text/html", "text/markdown", "text/enriched", "text/csv"])
_where = st.sampled_from(
    ["", "inline", "attachment", "inline; filename=a.txt", "x; filename=b.htm"]
)
_leaf = st.builds(
    lambda kind, where, words: part(
        "WORD" if words else "", kind, **({"content_disposition": where} if where else {})
    ),
    _text, _where, st.booleans(),
)  # fmt: skip
_picture = st.just(part(b"png", "image/png"))
_body = st.recursive(
    _leaf | _picture,
    lambda inner: st.builds(
        lambda kind, parts, n: multi(kind, *parts, boundary=f"b{n}"),
        st.sampled_from(["mixed", "alternative", "related", "signed", "x"]),
        st.lists(inner, min_size=1, max_size=3),
        st.integers(0, 10**9),
    ),
    max_leaves=6,
)


@given(_body)
def test_a_mail_with_words_anywhere_has_them_in_its_body(body):
    # Each in its own words: the same boundary twice is a broken mail.
    boundaries = re.findall(rb'boundary="(.*?)"', body)
    assume(len(boundaries) == len(set(boundaries)))
    found = email(HEAD + body)
    assert ("WORD" in found.text + found.html) == (b"WORD" in body)
