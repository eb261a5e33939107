"""What is kept of a mail as a file, and under which name."""

import pytest

from engine.values import Attachment
from tests.engine.mails import PDF, mail, multi, names, part


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
        ("attachment; filename*0*=utf-8''Gr%C; filename*1*=3%BC.pdf", "Grü.pdf"),
        ("attachment; filename*=utf-8'Gr%C3%BC.pdf", "Grü.pdf"),
        ("attachment; filename*=Ann's%20offer.pdf", "Ann's offer.pdf"),
        ('filename="offer.pdf"', "offer.pdf"),
        ("attachment; filename=\"UTF-8''Gr%C3%BC.pdf\"", "Grü.pdf"),
        ("attachment; filename=\"iso-8859-1'de'Gr%FC.pdf\"", "Grü.pdf"),
        ('attachment; filename="Gr%C3%BC%20e.pdf"', "Grü e.pdf"),
        ('attachment; filename="100%20.pdf"', "100%20.pdf"),
        ('attachment; filename="50%.pdf"', "50%.pdf"),
        ('attachment; filename="%E9.pdf"', "%E9.pdf"),
        ("attachment; filename=\"it's Ann's 5%25.pdf\"", "it's Ann's 5%25.pdf"),
        ("attachment; filename='offer 17.pdf'", "offer 17.pdf"),
        ("attachment; filename=\"'offer'\"", "'offer'"),
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
        ("attachment; filename*=utf-8''%ED%A0%80.pdf", "\ufffd\ufffd\ufffd.pdf"),
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


@pytest.mark.parametrize(
    ("charset", "begin", "name"),
    [
        ("utf-8", 'begin 644 "an offer.txt"', "an offer.txt"),
        ("utf-8", "begin 100644 offer.txt", "offer.txt"),
        ("utf-8", "begin 644 Grün.txt", "Grün.txt"),
        ("iso-8859-2", "begin 644 Łódź.txt", "Łódź.txt"),
    ],
)
def test_a_file_in_the_text_is_named_as_its_sender_did(charset, begin, name):
    text = f"See it\r\n{begin}\r\n#0V%T\r\n`\r\nend\r\n".encode(charset)
    found = mail(f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + text)
    assert (found.text.strip(), names(found)) == ("See it", [name])


# --- content that is elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ('access-type=URL; URL="https://x.example/ \r\n big.pdf"', "https://x.example/big.pdf"),
        ("access-type=url; name=a.pdf; url=https://x.example/a", "a.pdf: https://x.example/a"),
        ("access-type=anon-ftp; site=x.example; name=a.txt", "ftp://x.example/a.txt"),
        ("access-type=ftp; site=x.example; directory=/a/b/; name=c", "ftp://x.example/a/b/c"),
    ],
)
def test_the_address_of_what_is_not_in_the_mail_is_shown(parameters, shown):
    phantom = b"Content-Type: application/pdf\r\nContent-ID: <a@x.example>\r\n\r\n"
    head = f"Content-Type: message/external-body; {parameters}\r\n\r\n".encode()
    assert mail(head + phantom).text == shown
    found = mail(multi("mixed", part("See it"), head + phantom))
    assert (found.text.split(), names(found)) == (["See", "it", *shown.split()], [])


def test_content_that_is_elsewhere_takes_the_place_of_no_words():
    phantom = b"Content-Type: application/pdf\r\n\r\n"
    head = b"Content-Type: message/external-body; access-type=url; url=http://x.example/%b\r\n\r\n"
    one, other = (head % name + phantom for name in (b"a", b"b"))
    found = mail(multi("alternative", part("The real words."), one))
    assert found.text.split() == ["The", "real", "words.", "http://x.example/a"]
    found = mail(multi("alternative", one, other))
    assert sorted(found.text.split()) == ["http://x.example/a", "http://x.example/b"]
    found = mail(multi("mixed", part("See it"), one + b"Words in the phantom body."))
    assert b"Words in the phantom" in found.attachments[0].content


def test_what_names_no_address_stays_a_file():
    head = b"Content-Type: message/external-body; access-type=mail-server; server=a@x.eu\r\n\r\n"
    found = mail(multi("mixed", part("See it"), head + b"Content-Type: text/plain\r\n\r\nget a"))
    assert (found.text.strip(), len(found.attachments)) == ("See it", 1)
