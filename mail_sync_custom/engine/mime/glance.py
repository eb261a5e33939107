"""A header block → which addresses and which thread it could be about, in a few microseconds."""

from __future__ import annotations

import re

from .envelope import envelope
from .limits import QUICK

_GLANCED = re.compile(
    rb"\n(?:(from|to|cc|bcc|reply-to|sender)|(in-reply-to))[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE,
)
# One pass: letters to lower case, what parts addresses to a space, and everything that makes an
# address difficult (quotes, comments, escapes, apostrophes, control and eight-bit bytes) to NUL.
_DIFFICULT = bytes(
    32 if byte in b" \t\r\n<>,;:"
    else byte if byte in b"abcdefghijklmnopqrstuvwxyz0123456789@.!#$%&*+-/=?^_`{|}~"
    else byte + 32 if byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    else 0
    for byte in range(256)
)  # fmt: skip
_EASY = re.compile(rb"[^@\0]+@[^@\0]*[^@\0.]").fullmatch
_EASY_ID = re.compile(rb"\s*<([!-;=?-~]{1,225})>\s*").fullmatch


def glance(raw: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return the addresses and the In-Reply-To ids of a header block; too many, never too few.

    Addresses are of From, To, Cc, Bcc, Reply-To and Sender, in lower case. Everything that
    :func:`envelope` finds is in the answer. The usual block takes a few microseconds; one with
    anything difficult in it goes the exact way.

    >>> glance(b"From: Ann <Ann@Example.com>\\r\\nIn-Reply-To: <1@x>\\r\\n")
    (frozenset({'ann@example.com'}), frozenset({'1@x'}))
    """
    if len(raw) > QUICK:
        return _glance_exactly(raw)
    emails: list[bytes] = []
    ids: list[bytes] = []
    for address_field, _, value in _GLANCED.findall(b"\n" + raw):
        if address_field:
            if b"@" not in value:
                continue
            for word in value.translate(_DIFFICULT).split():
                if b"@" in word:
                    if not _EASY(word):
                        return _glance_exactly(raw)
                    emails.append(word)
        else:
            easy = _EASY_ID(value)
            if not easy or ids:
                return _glance_exactly(raw)
            ids.append(easy[1])
    return (
        frozenset(b" ".join(emails).decode().split()),
        frozenset(b" ".join(ids).decode().split()),
    )


def _glance_exactly(raw: bytes) -> tuple[frozenset[str], frozenset[str]]:
    found = envelope(raw)
    everyone = (*found.senders, *found.reply_to, *found.to, *found.cc, *found.bcc)
    return frozenset(one.email for one in everyone if one.email), frozenset(found.in_reply_to)
