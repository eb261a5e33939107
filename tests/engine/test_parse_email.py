"""A whole mail: what is shown of it, what is kept as a file, and what is said to be left out."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import MailError, MessageUnreadable
from engine.mime.email import MAIL_TOO_LARGE, TEXT_CUT, TOO_LARGE, TOO_MANY, email
from engine.values import Attachment, Email, Omitted

HEAD = (
    b"From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Offer\r\nMIME-Version: 1.0\r\n"
)
PDF = b"%PDF-1.7 \x00\xff" * 20


def part(content: str | bytes, kind: str = "text/plain; charset=utf-8", **more: str) -> bytes:
    """A part, its further fields given as content_id="<x>"; base64 where the content is bytes."""
    if isinstance(content, bytes):
        more["content_transfer_encoding"] = "base64"
        content = base64.encodebytes(content).decode().replace("\n", "\r\n")
    fields = {"content_type": kind, **more}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{content}".encode()


def multi(kind: str, *parts: bytes, boundary: str = "", close: bool = True) -> bytes:
    kind, _, more = kind.partition(";")
    boundary = boundary or f"=_{kind}_{len(parts)}"
    line = b"\r\n--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}";{more}\r\n\r\npreamble'.encode()
    return head + b"".join(line + b"\r\n" + one for one in parts) + line * close + b"--\r\n" * close


def mail(body: bytes) -> Email:
    return email(HEAD + body)


def names(found: Email) -> list[str]:
    return [one.name for one in found.attachments]


# --- text --------------------------------------------------------------------------------------


def test_a_mail_of_plain_text_has_text_and_no_html():
    found = mail(part("Grüße\r\naus Köln\r\n"))
    assert (found.text, found.html, found.attachments) == ("Grüße\naus Köln\n", "", ())
    assert found.envelope.subject == "Offer"


def test_a_mail_without_any_content_type_is_text():
    assert mail(b"\r\nhello").text == "hello"


def test_an_html_mail_is_kept_as_the_sender_made_it():
    html = '<p onclick="x()">Hi <img src="cid:logo@x"></p>'
    assert mail(part(html, "text/html; charset=utf-8")).html == html


def test_of_two_renditions_the_html_is_shown():
    found = mail(multi("alternative", part("plain"), part("<p>rich</p>", "text/html")))
    assert (found.html, found.text) == ("<p>rich</p>", "")


def test_an_html_rendition_that_is_empty_does_not_hide_the_text():
    found = mail(multi("alternative", part("plain"), part(" \r\n", "text/html")))
    assert (found.html, found.text) == ("", "plain")


def test_the_amp_rendition_of_a_newsletter_is_no_file():
    amp = part("<html amp4email></html>", "text/x-amp-html")
    found = mail(multi("alternative", part("plain"), amp, part("<p>rich</p>", "text/html")))
    assert (found.html, found.attachments) == ("<p>rich</p>", ())


def test_a_rendition_that_is_the_only_one_is_a_file():
    found = mail(multi("alternative", part("<b>x", "text/enriched")))
    assert [one.content for one in found.attachments] == [b"<b>x"]


def test_several_texts_are_joined_in_order():
    found = mail(multi("mixed", part("one"), part("two")))
    assert found.text == "one\ntwo"


def test_text_around_a_picture_is_joined_and_the_picture_kept():
    found = mail(multi("mixed", part("above"), part(b"png", "image/png"), part("below")))
    assert found.text == "above\nbelow"
    assert names(found) == ["image.png"]


def test_a_footer_of_plain_text_below_html_is_shown_with_it():
    found = mail(multi("mixed", part("<p>body</p>", "text/html"), part("a < b\nlist footer")))
    assert found.html == "<p>body</p>\n<p>a &lt; b<br/>\nlist footer</p>"


def test_pictures_in_the_html_keep_their_content_id():
    html = part('<img src="cid:logo@x">', "text/html")
    logo = part(
        b"png", "image/png; name=logo.png", content_id="<logo@x>", content_disposition="inline"
    )
    found = mail(multi("alternative", part("plain"), multi("related", html, logo)))
    assert found.html == '<img src="cid:logo@x">'
    assert found.attachments == (Attachment("logo.png", "image/png", b"png", "logo@x"),)


def test_the_root_of_related_parts_may_be_named_and_not_come_first():
    html = part("<p>root</p>", "text/html", content_id="<root@x>")
    picture = part(b"png", "image/png", content_id="<p@x>")
    assert mail(multi('related; start="<root@x>"', picture, html)).html == "<p>root</p>"


def test_a_mail_from_apple_with_files_between_the_texts():
    rich = multi(
        "mixed", part("<p>1</p>", "text/html"), part(PDF, "application/pdf; name=a.pdf"),
        part("<p>2</p>", "text/html"),
    )  # fmt: skip
    found = mail(multi("alternative", part("1\n2"), rich))
    assert found.html == "<p>1</p>\n<p>2</p>"
    assert found.attachments == (Attachment("a.pdf", "application/pdf", PDF),)


def test_paragraphs_that_were_broken_for_old_screens_are_whole_again():
    text = "A long \r\nparagraph.\r\n> quoted \r\n> words\r\n-- \r\nAnn"
    found = mail(part(text, "text/plain; format=flowed"))
    assert found.text == "A long paragraph.\n> quoted words\n-- \nAnn"
    delsp = mail(part("長い \r\n文", "text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert delsp.text == "長い文"


@pytest.mark.parametrize(
    ("charset", "data", "read"),
    [
        ("; charset=iso-8859-1", "Grüße €".encode("cp1252"), "Grüße €"),
        ('; charset="utf-8""', "Grüße".encode(), "Grüße"),
        ("; charset='UTF8'", "Grüße".encode(), "Grüße"),
        ("; charset=x-unknown", "Grüße".encode(), "Grüße"),
        ("; charset=x-unknown", "Grüße".encode("latin-1"), "Grüße"),
        ("; charset=us-ascii", "Grüße".encode(), "Grüße"),
        ("; charset=utf-8", "Grüße".encode("latin-1"), "Gr\ufffd\ufffde"),
        ("; charset=shift_jis", "①日本".encode("cp932"), "①日本"),
        ("; charset=utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("; charset=utf-7", b"a+2AA-b", "a\ufffdb"),
        ("; charset=zlib", b"abc", "abc"),
        ("", b"a\0b", "ab"),
        ("", "\ufeffGrüße".encode(), "Grüße"),
    ],
)
def test_text_is_readable_whatever_its_charset_claims(charset, data, read):
    raw = b"Content-Type: text/plain" + charset.encode() + b"\r\n\r\n" + data
    if "utf-8" in charset and "\ufffd" in read:
        read = "Grüße"  # what is not UTF-8 is what Windows wrote
    assert mail(raw).text == read


def test_html_without_a_charset_says_it_in_its_head():
    html = '<head><meta charset="koi8-r"></head>привет'
    assert mail(b"Content-Type: text/html\r\n\r\n" + html.encode("koi8-r")).html == html


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("quoted-printable", "Gr=C3=BC=C3=9Fe=\r\n!", "Grüße!"),
        ("QUOTED-PRINTABLE", "100=% =ZZ", "100=% =ZZ"),
        ("base64", "R3LDvMOfZQ==", "Grüße"),
        ("base64", "R3LDvMOfZQ", "Grüße"),
        ("base64", "R3LD\r\nvMOf!!ZQ==\r\n--\r\nfooter of a list", "Grüße"),
        ("base64", "R3LDvA==\r\nw59l\r\nIQ==\r\n", "Grüße!"),
        ("8bit", "Grüße", "Grüße"),
        ("nonsense", "Grüße", "Grüße"),
        ("x-uuencode", "begin 644 a\r\n#0V%T\r\n`\r\nend", "begin 644 a\n#0V%T\n`\nend"),
    ],
)
def test_text_is_readable_whatever_its_transfer_encoding(encoding, body, read):
    assert mail(part(body, content_transfer_encoding=encoding)).text == read


# --- files -------------------------------------------------------------------------------------


def named(disposition: str, kind: str = "application/pdf") -> str:
    return names(mail(multi("mixed", part(PDF, kind, content_disposition=disposition))))[0]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=offer.pdf", "offer.pdf"),
        ('attachment; filename="offer 17.pdf"', "offer 17.pdf"),
        ('attachment; filename="the \\"offer\\".pdf"', "the _offer_.pdf"),
        ("attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
        ("attachment; filename*=iso-8859-1'de'Gr%FC%DFe.pdf", "Grüße.pdf"),
        (
            "attachment; filename*0*=utf-8''Gr%C3; filename*1*=%BC%C3%9F; filename*2=e.pdf",
            "Grüße.pdf",
        ),
        ('attachment; filename*1=".pdf"; filename*0="a very long offer"', "a very long offer.pdf"),
        ("attachment; filename=old.pdf; filename*=utf-8''new.pdf", "new.pdf"),
        ('attachment; filename="=?utf-8?q?Gr=C3=BC=C3=9Fe=2Epdf?="', "Grüße.pdf"),
        ('attachment; filename="Grüße.pdf"', "Grüße.pdf"),
        ("attachment; FileName = offer.pdf ; size=3", "offer.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\Users\\ann\\offer.pdf"', "offer.pdf"),
        ("attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ('attachment; filename="offers/"', "offers"),
        ('attachment; filename="of\x01fer\x7f.pdf"', "of fer .pdf"),
        ("attachment; filename*=utf-8''of%00fer%0D%0A.pdf", "offer.pdf"),
        ("attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe", "invoicefdp.exe"),
        ('attachment; filename=".htaccess"', "htaccess"),
        ('attachment; filename=".."', "attachment.pdf"),
        ("attachment; filename=", "attachment.pdf"),
        ("attachment", "attachment.pdf"),
        ("attachment; filename*=", "attachment.pdf"),
        ("attachment; filename*=utf-8''%ED%A0%80.pdf", "í\xa0€.pdf".replace("\xa0", " ")),
    ],
)
def test_a_file_has_a_name_that_is_safe(disposition, name):
    assert named(disposition) == name


def test_an_over_long_name_keeps_its_extension():
    name = named(f'attachment; filename="{"x" * 500}.pdf"')
    assert len(name) == 120
    assert name.endswith(".pdf")


def test_a_name_may_stand_in_the_content_type():
    assert named("attachment", 'application/pdf; name="offer.pdf"') == "offer.pdf"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pdf", "attachment.pdf"),
        ("image/jpeg", "image.jpg"),
        ("application/x-what", "attachment.bin"),
        ("application/ms-tnef", "winmail.dat"),
        ("text/calendar; method=REQUEST", "invite.ics"),
        ("nonsense; name=a.doc", "a.doc"),
    ],
)
def test_a_file_without_a_name_gets_a_sensible_one(kind, name):
    assert named("attachment", kind) == name


def test_text_that_was_attached_is_a_file():
    found = mail(
        multi(
            "mixed", part("see file"), part("1;2", content_disposition="attachment; filename=a.txt")
        )
    )
    assert (found.text, names(found)) == ("see file", ["a.txt"])


def test_a_forwarded_mail_is_a_file_named_after_its_subject_and_whole():
    inner = b"From: eve@x.example\r\nSubject: =?utf-8?q?Re:_a/b_=C3=BC?=\r\n\r\nhello"
    found = mail(multi("mixed", part("fyi"), b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert found.text == "fyi"
    assert found.attachments == (Attachment("Re_ a-b ü.eml", "message/rfc822", inner),)


def test_the_mails_of_a_digest_are_files():
    found = mail(multi("digest", b"\r\nSubject: one\r\n\r\n1", b"\r\nSubject: two\r\n\r\n2"))
    assert names(found) == ["one.eml", "two.eml"]


def test_an_answer_that_carries_an_invitation_is_there_with_its_text():
    invite = part("BEGIN:VCALENDAR\r\nEND:VCALENDAR", "text/calendar; method=REPLY; charset=utf-8")
    found = mail(
        multi("alternative", part("Accepted"), part("<p>Accepted</p>", "text/html"), invite)
    )
    assert found.html == "<p>Accepted</p>"
    assert [(one.name, one.mimetype) for one in found.attachments] == [
        ("invite.ics", "text/calendar")
    ]


def test_a_mail_that_is_nothing_but_an_invitation_is_there():
    found = mail(part("BEGIN:VCALENDAR", "text/calendar"))
    assert (found.text, names(found)) == ("", ["invite.ics"])


def test_a_report_of_a_failed_delivery_is_text_and_files():
    found = mail(
        multi(
            "report; report-type=delivery-status",
            part("Your message could not be delivered."),
            part("Action: failed\r\nStatus: 5.1.1", "message/delivery-status"),
            part("Subject: Offer", "text/rfc822-headers"),
        )
    )
    assert found.text == "Your message could not be delivered."
    assert names(found) == ["delivery-status.txt", "headers.txt"]
    assert found.attachments[0].mimetype == "message/delivery-status"
    assert b"Status: 5.1.1" in found.attachments[0].content


def test_a_signed_mail_shows_its_text_and_keeps_its_signature():
    signed = mail(multi("signed", part("hello"), part(b"sig", "application/pgp-signature")))
    assert (signed.text, names(signed)) == ("hello", ["signature.asc"])
    smime = mail(multi("signed", part("hello"), part(b"sig", "application/pkcs7-signature")))
    assert names(smime) == ["smime.p7s"]


def test_an_encrypted_mail_is_kept_as_it_is():
    pgp = multi(
        "encrypted", part("Version: 1", "application/pgp-encrypted"),
        part("-----BEGIN PGP", "application/octet-stream; name=encrypted.asc"),
    )  # fmt: skip
    assert names(mail(pgp)) == ["version.asc", "encrypted.asc"]
    assert names(mail(part(b"x", "application/pkcs7-mime; smime-type=enveloped-data"))) == [
        "smime.p7m"
    ]


# --- broken structure --------------------------------------------------------------------------


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


def test_a_part_without_a_header_loses_no_line():
    assert mail(multi("mixed", b"first\r\n\r\nsecond")).text == "first\n\nsecond"


def test_a_header_without_an_end_does_not_lose_the_text():
    found = email(b"From: a@x.example\nSubject: hi\nHello Bob, this is text\nand more")
    assert found.envelope.sender.email == "a@x.example"
    assert found.text == "Hello Bob, this is text\nand more"


def test_line_feeds_alone_are_as_good():
    raw = (HEAD + multi("mixed", part("hello"), part(PDF, "application/pdf"))).replace(
        b"\r\n", b"\n"
    )
    assert email(raw).text == "hello"
    assert email(raw).attachments[0].content == PDF


def test_nothing_at_all_is_a_mail_too():
    assert email(b"") == Email(email(b"\n").envelope)


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
    assert all(one.name for one in found.attachments)
