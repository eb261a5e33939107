"""What is requested from an IMAP server: values → the words of a command. Pure.

The numbers are sections of RFC 9051 unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from imapclient import imap_utf7

from ..net import dial

#: UIDs named in one command; the line stays below the 8,192 bytes that RFC 7162 §4 asks for.
MAX_NAMED = 500

#: Addresses in one SEARCH: keeps its line as short, and its tree of keys small for the server.
MAX_SEARCHED = 3

_FIELDS = (
    "FROM TO CC BCC REPLY-TO SENDER MESSAGE-ID IN-REPLY-TO REFERENCES DATE SUBJECT "
    "X-MAIL-SYNC-ID AUTO-SUBMITTED"
)
#: By these a report shows that has no other sign. Every message has them, so they are requested of
#: new ones only.
_TRACES = "RETURN-PATH CONTENT-TYPE"


def _header_items(fields: str) -> bytes:
    return f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({fields})])".encode()


HEADER_ITEMS = _header_items(_FIELDS)
TRACED_ITEMS = _header_items(f"{_FIELDS} {_TRACES}")

STATUS_ITEMS = b"(UIDNEXT UIDVALIDITY)"

#: Our name (RFC 2971), for servers that require it before they open a mailbox.
ID = b'ID ("name" "mail_sync_custom")'

# An address that appears unchanged in a header and fits into a quoted string; 254 is the longest
# that mail can be sent to (RFC 5321 §4.5.3.1.3). A domain in A-labels may appear there in Unicode.
_SEARCHABLE = re.compile(r"(?!.*@(?:.*\.)?xn--)[ -~]{1,254}", re.IGNORECASE)

#: The keys that find an address: in the server's parsed fields, and in the raw text. Some servers
#: support only one of the two. Each kind needs a command of its own: behind FROM, Dovecot answers
#: HEADER FROM from the parsed field too.
_PARSED = (b"FROM", b"TO", b"CC", b"BCC")
_RAW = (b"HEADER FROM", b"HEADER TO", b"HEADER CC", b"HEADER REPLY-TO", b"HEADER SENDER")

#: Where dots in a local part may be ignored, and one domain stands for the other.
_LOOSE_DOMAINS = {"gmail.com": "mail.com", "googlemail.com": "mail.com"}

Value = TypeVar("Value")


class Literal(bytes):
    """An argument that cannot be quoted, so it is sent as a literal (§4.3)."""


def string(text: bytes) -> bytes:
    """Return a quoted string, or a literal if it cannot be quoted (§4.3)."""
    if not text.isascii() or len(text) > 1000:
        return Literal(text)
    return b'"%b"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def mailbox(name: str) -> bytes:
    """Return a mailbox's name as in IMAP4rev1: modified UTF-7 (RFC 3501 §5.1.3), quoted.

    Raises InvalidSettings for a name that no command can contain.
    """
    dial.check_text(name)
    return string(imap_utf7.encode(name))


def in_parts(values: Sequence[Value], size: int) -> list[Sequence[Value]]:
    """Return the values in sequences of at most this size."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def body_items(limit: int | None) -> bytes:
    """Return the items for a message, or its first ``limit`` bytes; sets no flag (§6.4.5)."""
    return b"(UID BODY.PEEK[])" if limit is None else b"(UID BODY.PEEK[]<0.%d>)" % max(limit, 1)


def searchable(email: str) -> bool:
    """Whether a server can search for an address: its form in a header is known."""
    return _SEARCHABLE.fullmatch(email) is not None


def any_address(emails: Iterable[str]) -> list[bytes]:
    """Return SEARCH keys that together find the addresses among a message's correspondents.

    They may find more, so the caller checks the headers. Local part and domain are searched for
    separately, because quotes, spaces, a comment, a fold or a tag may stand between them
    (RFC 5322 §3.4.1).
    """
    words = [[string(part.encode()) for part in address_parts(email)] for email in emails]
    return [
        any_key(
            [
                b"(%b)" % b" ".join(b"%b %b" % (field, word) for word in one)
                for one in words
                for field in fields
            ]
        )
        for fields in (_PARSED, _RAW)
    ]


def address_parts(email: str) -> list[str]:
    """Return the parts that all equivalent forms of an address share.

    >>> address_parts("lea@client.example"), address_parts("lea@gmail.com")
    (['lea', 'client.example'], ['mail.com'])
    """
    local, _, domain = email.rpartition("@")
    if domain.lower() in _LOOSE_DOMAINS:
        return [_LOOSE_DOMAINS[domain.lower()]]
    return [part for part in (local, domain) if part]


def any_key(keys: Sequence[bytes]) -> bytes:
    """Return the SEARCH key that matches any of the keys: OR takes two (§6.4.4).

    >>> any_key([b"FROM a", b"TO a", b"CC a"])
    b'OR FROM a OR TO a CC a'
    """
    if len(keys) == 1:
        return keys[0]
    half = len(keys) // 2
    return b"OR %b %b" % (any_key(keys[:half]), any_key(keys[half:]))


def notify(names: Iterable[str]) -> bytes:
    """Return the command that requests notification about these mailboxes (RFC 5465 §8).

    MessageNew requires MessageExpunge (§5.2).
    """
    events = b"(MessageNew MessageExpunge)"
    named = b" ".join(map(mailbox, names))
    return b"NOTIFY SET (selected %b) (mailboxes (%b) %b)" % (events, named, events)


def wired(raw: bytes) -> Literal:
    """Return a message with CRLF at the end of each line, the last one too.

    Yahoo answers "[CLIENTBUG] Additional arguments found" to an APPEND without it.
    """
    text = raw.removesuffix(b"\n").removesuffix(b"\r") + b"\n"
    return Literal(re.sub(rb"\r?\n|\r", b"\r\n", text))
