"""A header block → which addresses and which thread it could be about, in a few microseconds.

And whether any other parser finds the same addresses in it: a server that searches for an address
has a parser of its own, which may accept only what RFC 5322 allows.
"""

from __future__ import annotations

import re

from .envelope import envelope
from .fields import BARE_CR, BOM
from .limits import QUICK

_GLANCED = re.compile(
    rb"\n(?:(from|to|cc|bcc|reply-to|sender)|(in-reply-to))[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE,
)
# One pass: letters to lower case, address separators to a space, a quotation mark to \1, and
# whatever else makes an address difficult (comments, escapes, apostrophes, control and eight-bit
# bytes) to NUL.
_DIFFICULT = bytes(
    32 if byte in b" \t\r\n<>,;:"
    else byte if byte in b"abcdefghijklmnopqrstuvwxyz0123456789@.!#$%&*+-/=?^_`{|}~"
    else byte + 32 if byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    else byte == 34
    for byte in range(256)
)  # fmt: skip
# The end of a link, or of a bracket as HTML has it, is no part of an address.
_EASY = re.compile(rb"[^@\0\1]+@[^@\0\1?&]*[^@\0\1?&.]").fullmatch
_AROUND_A_DOT = (b" .", b". ", b"\0.", b".\0")
_EASY_ID = re.compile(rb"\s*<([!-;=?-~]{1,225})>\s*").fullmatch

# An address field that every parser reads alike (RFC 5322 §3.4): names of atoms, encoded words and
# quoted strings; addresses of atoms. The only obsolete form is a dot in a name. No groups,
# comments, escapes, control or eight-bit bytes.
_ATEXT = rb"[!#-'*+\-/-9=?A-Z^-~]"
_PLAIN_ADDRESS = rb"%(a)s+(?:\.%(a)s+)*@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*" % {b"a": _ATEXT}
_WORDS = rb"[ \t\r\n!#-'*+\--9=?A-Z^-~]*"
_PLAIN_MAILBOX = rb"(?:%(w)s(?:\"[ !#-\[\]-~]*\"%(w)s)*<%(a)s>|[ \t\r\n]*%(a)s)[ \t\r\n]*" % {
    b"w": _WORDS,
    b"a": _PLAIN_ADDRESS,
}
_PLAIN = re.compile(rb"%(m)s(?:,%(m)s)*" % {b"m": _PLAIN_MAILBOX}).fullmatch
_A_LABEL = b"xn--"
# What separates two fields. Inside a field a line break is always followed by white space, so no
# quoted string can begin in one field and end in the next.
_BETWEEN = b"\n,"

#: Addresses, In-Reply-To ids, and whether another parser may find other addresses.
Glance = tuple[frozenset[str], frozenset[str], bool]


def glance(raw: bytes) -> Glance:
    """Return the addresses and the In-Reply-To ids of a header block; too many, never too few.

    Addresses are of From, To, Cc, Bcc, Reply-To and Sender, in lower case. Everything that
    :func:`envelope` finds is in the answer. The third value is True if an address is in a field
    that is not plain: a mail server may find other addresses in it, or none. The usual block
    takes a few microseconds; one with anything difficult in it is parsed exactly.

    >>> glance(b"From: Ann <Ann@Example.com>\\r\\nIn-Reply-To: <1@x>\\r\\n")
    (frozenset({'ann@example.com'}), frozenset({'1@x'}), False)
    >>> glance(b"From: Ann ann@example.com\\r\\n")
    (frozenset({'ann@example.com'}), frozenset(), True)
    """
    if (
        len(raw) > QUICK
        or b"\n" not in raw
        or (not raw.isascii() and BOM in raw)
        or BARE_CR.search(raw)
    ):
        return _glance_exactly(raw, is_odd=True)
    found = _GLANCED.findall(b"\n" + raw)
    fields = [(name.lower(), value) for name, _, value in found if name and b"@" in value]
    joined = _BETWEEN.join([value for _, value in fields])
    words = joined.translate(_DIFFICULT)
    emails = [word for word in words.split() if b"@" in word]
    answers = [_EASY_ID(value) for name, _, value in found if not name]
    all_plain = not fields or bool(_PLAIN(joined))
    is_odd = (
        not all_plain
        or _A_LABEL in words
        or len(dict(fields)) < len(fields)  # of two, a server may read one
    )
    are_easy = (all_plain and b"\0" not in words and b"\1" not in words) or (
        # White space and comments around a dot are obsolete, and the address goes on behind it.
        not any(map(words.__contains__, _AROUND_A_DOT)) and all(map(_EASY, emails))
    )
    if not are_easy or len(answers) > 1 or not all(answers):
        return _glance_exactly(raw, is_odd)
    return (
        frozenset(b" ".join(emails).decode().split()),
        frozenset([answer[1].decode() for answer in answers if answer]),
        is_odd,
    )


def _glance_exactly(raw: bytes, is_odd: bool) -> Glance:
    found = envelope(raw)
    everyone = (*found.senders, *found.reply_to, *found.to, *found.cc, *found.bcc)
    emails = frozenset(one.email for one in everyone if one.email)
    return emails, frozenset(found.in_reply_to), is_odd


def is_plain(email: str) -> bool:
    """Return whether an address (a key) can occur in a field that every parser reads alike."""
    return bool(_PLAIN(email.encode())) and _A_LABEL.decode() not in email
