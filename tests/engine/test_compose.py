"""A mail that is written here, byte for byte as a good mail program would write it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from engine.mime.compose import Draft, Picture, compose, message_id

TOKYO = timezone(timedelta(hours=9))


def written(text: str = "Hello.\n", html: str = "<p>Hello.</p>", **values) -> bytes:
    headers = values.pop("headers", ())
    date = datetime(2026, 3, 1, 8, 30, tzinfo=TOKYO)
    return compose(Draft((("Subject", "Offer"), *headers), text, html, date, **values)).as_bytes()


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def content(part: EmailMessage) -> str:
    """Return a part's text with the ends of lines that programs have, not those of the wire."""
    return part.get_content().replace("\r\n", "\n")


def test_the_date_is_in_the_writers_zone():
    assert b"Date: Sun, 01 Mar 2026 08:30:00 +0900\r\n" in written()


def test_text_comes_before_html_and_each_is_as_it_was_given():
    mail = read(written("Grüße,\nAnn\n", "<p>Grüße,<br>Ann</p>"))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    plain, html = mail.iter_parts()
    assert content(plain) == "Grüße,\nAnn\n"
    assert "<p>Grüße,<br>Ann</p>" in html.get_content()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello.\n", "7bit"),
        ("Grüße\n", "quoted-printable"),
        ("a" * 77 + "\n", "quoted-printable"),
        ("From here on\n", "quoted-printable"),
    ],
    ids=["short lines of ASCII", "other letters", "a long line", "what mbox files change"],
)
def test_text_is_encoded_no_more_than_it_needs(text: str, encoding: str):
    raw = written(text)
    plain = next(read(raw).iter_parts())
    assert plain["Content-Transfer-Encoding"] == encoding
    assert content(plain) == text
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert b"\r\nFrom " not in raw


def test_lines_end_with_crlf_alone():
    raw = written("Grüße\r\nund\rmehr\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


def test_a_picture_stands_beside_the_html_that_names_it():
    picture = Picture("1@company.example", b"\x89PNG", "image/png", "Dach über Süd.png")
    mail = read(written(html='<img src="cid:1@company.example">', pictures=(picture,)))
    related = mail.get_payload(1)
    assert related.get_content_type() == "multipart/related"
    html, image = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert image["Content-ID"] == "<1@company.example>"
    assert image.get_filename() == "Dach über Süd.png"
    assert image.get_payload(decode=True) == b"\x89PNG"


def test_only_the_mail_itself_says_its_mime_version():
    file = EmailMessage()
    file.set_content(b"x" * 100, "application", "pdf", filename="a.pdf")
    assert written(files=(file,)).count(b"MIME-Version") == 1


@pytest.mark.parametrize("name", ["References", "In-Reply-To", "Message-ID"])
def test_a_long_id_is_written_as_it_is(name: str):
    long = f"<{'7' * 120}@outlook.example>"
    assert long.encode() in written(headers=((name, long),))


def test_a_long_subject_keeps_its_spaces():
    subject = "Größe und Gewicht " * 12 + "Ende"
    mail = compose(Draft((("Subject", subject),), "", "", datetime.now(TOKYO)))
    assert read(mail.as_bytes())["Subject"] == subject


def test_a_message_id_says_the_domain_and_nothing_else():
    assert message_id("company.example") != message_id("company.example")
    assert message_id("company.example").endswith("@company.example>")


def test_a_mail_that_is_attached_stays_as_it_is():
    theirs = (
        b"Subject: caf\xe9 " + b"x" * 90 + b"\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="theirs"\n\n--theirs\n\nHello.\n--theirs--\n'
    )
    file = EmailMessage()
    file.add_attachment(message_from_bytes(theirs), filename="theirs.eml")
    [part] = file.iter_attachments()
    raw = written(files=(part,))
    assert b'boundary="theirs"' in raw and b"--theirs--" in raw
    attached = next(read(raw).iter_attachments()).get_content()
    assert attached["MIME-Version"] == "1.0"
    assert [one.get_content() for one in attached.iter_parts()] == ["Hello."]


def test_an_address_in_another_script_can_be_handed_over():
    mail = compose(Draft((("To", "用户@customer.example"),), "", "", datetime.now(TOKYO)))
    raw = mail.as_bytes(policy=mail.policy.clone(utf8=True))
    assert "To: 用户@customer.example\r\n".encode() in raw
