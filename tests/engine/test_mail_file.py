"""Files that a person drops on a timeline: which are mails, and what is wrong with the others."""

import pytest

from engine.mime.envelope import envelope
from engine.mime.file import Wrong, mail_of, wrong

MAIL = (
    b"From: Lena <lena@customer.example>\r\nTo: ann@company.example\r\n"
    b"Subject: Roof\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nHello.\r\n"
)
MBOX_LINE = b"From lena@customer.example Mon Mar  2 10:00:00 2026\n"
LF = MAIL.replace(b"\r\n", b"\n")
EMLX = b"%d\n" % len(LF) + LF + b'<?xml version="1.0"?><plist version="1.0"></plist>\n'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(MAIL, id="as it is on the wire"),
        pytest.param(LF, id="with the line ends of Unix"),
        pytest.param(b"\xef\xbb\xbf" + MAIL, id="after a byte order mark"),
        pytest.param(b"\r\n\r\n" + MAIL, id="after empty lines"),
        pytest.param(MBOX_LINE + LF, id="as the only one of an mbox file"),
        pytest.param(EMLX, id="as Apple Mail keeps it"),
    ],
)
def test_a_saved_mail_is_read(data):
    assert wrong(data) is None
    read = envelope(mail_of(data))
    assert (read.sender.email, read.subject) == ("lena@customer.example", "Roof")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", Wrong.EMPTY, id="empty"),
        pytest.param(b" \r\n\r\n", Wrong.EMPTY, id="empty lines"),
        pytest.param(b"%PDF-1.7\nFrom: a@b.example\nTo: c\n", Wrong.NO_MAIL, id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Wrong.NO_MAIL, id="picture"),
        pytest.param(b"Dear Lena,\r\n\r\nFrom: here\r\n", Wrong.NO_MAIL, id="letter"),
        pytest.param(b"Subject: Roof\r\n\r\nHello.", Wrong.NO_MAIL, id="no sender"),
        pytest.param(b"From: lena@customer.example\r\n\r\nHello.", Wrong.NO_MAIL, id="sender only"),
        pytest.param(
            b"BEGIN:VCARD\r\nEMAIL:lena@customer.example\r\nEND:VCARD\r\n",
            Wrong.NO_MAIL,
            id="visiting card",
        ),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Wrong.OUTLOOK, id="Outlook's .msg"
        ),
        pytest.param(
            MBOX_LINE + LF + b"\n" + MBOX_LINE + LF, Wrong.SEVERAL, id="an mbox file of two"
        ),
    ],
)
def test_what_is_not_one_mail_says_why(data, why):
    assert wrong(data) is why


def test_a_text_that_quotes_an_mbox_line_is_one_mail():
    assert wrong(LF + b"\n" + MBOX_LINE + LF) is None
