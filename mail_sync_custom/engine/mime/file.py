"""A file that a person chose → the bytes of one mail, or the reason why it is none."""

from __future__ import annotations

import re
from enum import StrEnum

from .envelope import envelope
from .fields import fields_of

#: Before the header in files of some programs: a byte order mark, empty lines, Apple Mail's count
#: of bytes (.emlx), the first line of an mbox file (RFC 4155).
_BEFORE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:\d{1,12}\s{0,20}\n)?(?:From [^\n]{0,500}\d{4}[^\n]{0,99}\n)?"
)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_NEXT_IN_MBOX = re.compile(rb"\n\r?\nFrom \S{1,500} [^\n]{0,500}\d{4}\r?\n[!-9;-~]{1,99}:")
#: The first bytes of a compound file, in which Outlook saves a mail as .msg ([MS-CFB] §2.2).
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What a mail has besides a sender. RFC 5322 §3.6 wants a date; a draft may have none yet.
_USUAL = frozenset(b"date to cc bcc subject message-id received".split())
#: Bytes in which the header is looked for.
_HEAD = 256 * 1024


class Wrong(StrEnum):
    """Why a file cannot be read as a mail."""

    EMPTY = "empty"
    OUTLOOK = "outlook"  # Outlook's own format
    SEVERAL = "several"  # more than one mail
    NO_MAIL = "no_mail"


def mail_of(data: bytes) -> bytes:
    """Return the bytes of the mail in a file, without what a program wrote before its header."""
    return data[_BEFORE.match(data).end() :]


def wrong(data: bytes) -> Wrong | None:
    """Return why a file is not one mail, or None if it is. Its body is not looked at."""
    if not data.strip():
        return Wrong.EMPTY
    if data.startswith(_COMPOUND):
        return Wrong.OUTLOOK
    raw = mail_of(data)
    if not (_FIELD.match(raw) and envelope(raw).sender.email and fields_of(raw[:_HEAD], _USUAL)):
        return Wrong.NO_MAIL
    if data.lstrip().startswith(b"From ") and _NEXT_IN_MBOX.search(raw):
        return Wrong.SEVERAL
    return None
