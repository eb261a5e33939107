"""Mails whose structure is broken, that are cut or too large, or that are no mails at all."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import MailError, MessageUnreadable
from engine.mime.email import email
from engine.mime.envelope import envelope
from engine.mime.limits import MAIL_TOO_LARGE, TEXT_CUT, TOO_LARGE, TOO_MANY
from engine.values import Email, Omitted
from tests.engine.mails import HEAD, PDF, mail, multi, names, part


def test_an_unclosed_multipart_is_read_to_its_end():
    found = mail(multi("mixed", part("hello"), part(PDF, "application/pdf"), close=False))
    assert (found.text, found.attachments[0].content) == ("hello", PDF)


def test_a_multipart_without_its_boundary_is_shown_as_text():
    assert mail(b"Content-Type: multipart/mixed\r\n\r\nhello").text == "hello"
    assert mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nhello").text == "hello"


def test_a_boundary_that_begins_like_another_is_another():
    inner = multi("alternative", part("plain"), boundary="b1")
    found = mail(multi("mixed", inner, part("footer"), boundary="b"))
    assert found.text == "plain\nfooter"
    inner = multi("alternative", part("plain"), boundary="b--1")
    found = mail(multi("mixed", inner, part("footer"), boundary="b"))
    assert found.text == "plain\nfooter"


def test_words_behind_a_closing_boundary_do_not_open_it():
    raw = multi("mixed", part("plain"), boundary="b")
    found = mail(raw.removesuffix(b"\r\n") + b"Scanned by a gateway\r\n")
    assert found.text == "plain"


def test_comments_in_a_field_may_hold_others():
    head = b"Content-Type: (by (x) y) text/html (a (b)); charset (c) = iso-8859-2 (d (e))\r\n"
    encoding = b"Content-Transfer-Encoding: (a (b) c) base64 (d)\r\n\r\n"
    assert mail(head + encoding + b"PGI+o/NkvDwvYj4=").html == "<b>Łódź</b>"


def test_a_part_without_a_header_loses_no_line():
    assert mail(multi("mixed", b"first\r\n\r\nsecond")).text == "first\n\nsecond"


def test_a_header_without_an_end_does_not_lose_the_text():
    raw = b"From: a@x.example\nSubject: hi\nHello Bob, this is text\nand more"
    assert envelope(raw).sender.email == "a@x.example"
    assert email(raw).text == "Hello Bob, this is text\nand more"


def test_a_mail_without_any_header_field_loses_no_line():
    assert email(b"Dear Bob,\r\n\r\nwe accept.").text == "Dear Bob,\n\nwe accept."


def test_line_feeds_alone_are_as_good():
    raw = (HEAD + multi("mixed", part("hello"), part(PDF, "application/pdf"))).replace(
        b"\r\n", b"\n"
    )
    assert email(raw).text == "hello"
    assert email(raw).attachments[0].content == PDF


def test_nothing_at_all_is_a_mail_too():
    assert email(b"") == email(b"\n") == Email()


# --- too large ---------------------------------------------------------------------------------

WHOLE = HEAD + multi(
    "mixed", multi("alternative", part("plain"), part("<p>rich</p>", "text/html")),
    part(PDF, "application/pdf; name=small.pdf"), part(PDF * 900, "video/mp4; name=video.mp4"),
)  # fmt: skip


def test_of_a_mail_cut_in_a_file_all_that_is_complete_is_kept_and_the_file_named():
    found = email(WHOLE[:-5_000], truncated=True)
    assert found.html == "<p>rich</p>"
    assert [(one.name, one.content) for one in found.attachments] == [("small.pdf", PDF)]
    assert found.omitted == (Omitted(MAIL_TOO_LARGE, "video.mp4"),)


def test_of_a_mail_cut_in_its_text_the_text_so_far_is_kept():
    raw = HEAD + part("Grüße " * 1_000)
    found = email(raw[:-3_003], truncated=True)  # inside a character
    assert found.text.startswith("Grüße Grüße")
    assert "\ufffd" not in found.text
    assert "Ã" not in found.text
    assert found.omitted == (Omitted(TEXT_CUT),)


def test_a_mail_that_was_not_cut_omits_nothing():
    assert email(WHOLE).omitted == ()
    assert names(email(WHOLE)) == ["small.pdf", "video.mp4"]


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_wherever_a_mail_is_cut_no_file_is_kept_in_part(end):
    found = email(WHOLE[:end], truncated=True)
    assert all(one.content in (PDF, PDF * 900) for one in found.attachments)


def test_files_beyond_the_limits_are_named():
    found = email(WHOLE, max_attachment=len(PDF))
    film = {"name": "video.mp4", "size": len(PDF) * 900}
    too_large = Omitted(TOO_LARGE, limit=len(PDF), **film)
    assert (names(found), found.omitted) == (["small.pdf"], (too_large,))
    found = email(WHOLE, max_attachments=1)
    too_many = Omitted(TOO_MANY, limit=1, **film)
    assert (names(found), found.omitted) == (["small.pdf"], (too_many,))


# --- anything ----------------------------------------------------------------------------------


def strings(found: Email) -> list[str]:
    texts = [found.html, found.text, *(one.name for one in found.omitted)]
    return texts + [
        text for one in found.attachments for text in (one.name, one.mimetype, one.content_id)
    ]


_lines = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: message/rfc822",
        b"Content-Type: multipart/alternative; boundary=b",
        b"Content-Type: multipart/related; boundary=c; start=x",
        b"Content-Type: text/html; charset=utf-7", b"Content-Type: text/plain; charset=utf-16",
        b"Content-Type: ;;;", b"Content-Type: text/plain; format=flowed; delsp=yes",
        b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Disposition: attachment; filename*0*=utf-16''%00%D8; filename*1=\"\\",
        b"Content-ID: <\0>", b"--b", b"--c", b"--b--", b"--c--", b"", b"", b" ", b"> a ", b"+2AA-",
        b"=00=D8", b"AAA", b"\xff\xfe\x00\xd8",
    ]
)  # fmt: skip
_mails = st.lists(_lines | st.binary(max_size=12), max_size=25).map(b"\r\n".join)


@settings(max_examples=200, deadline=None)
@given(_mails | st.binary(max_size=200), st.booleans())
def test_no_content_raises_and_nothing_that_postgresql_refuses_comes_out(raw, truncated):
    try:
        found = email(raw, truncated=truncated)
    except MailError as error:
        assert isinstance(error, MessageUnreadable)
        return
    for text in strings(found):
        assert "\0" not in text
        text.encode()  # raises on a lone surrogate


def test_a_body_whose_lines_end_in_a_bare_cr_has_parts():
    body = b"--b\rContent-Type: text/html\r\r<p>Offer</p>\r--b\r" + part("x", "a/b") + b"\r--b--\r"
    body = body.replace(b"\r\n", b"\r")
    found = mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body)
    assert (found.html, len(found.attachments)) == ("<p>Offer</p>", 1)
