"""What an IMAP server answers: a response on the wire → a value. Pure.

Two shapes are read by regular expressions, because tens of thousands of them arrive in a row: the
usual answers to FETCH of headers and of bodies. Everything else is read by IMAPClient's parser,
within bounds; a response that it cannot read is ignored. ``docs/decisions/0001-imapclient.md`` has
figures. The numbers are sections of RFC 9051 unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from imapclient import imap_utf7
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import (
    parse_fetch_response,
    parse_message_list,
    parse_response,
)

from ..errors import ProtocolViolation, Step
from ..net.wire import Response
from ..values import MAX_UID, Folder, Headers, Snapshot
from . import internaldate, sequence

#: Bytes of an answer, without literals, that are passed to IMAPClient's parser, which reads them
#: one by one in Python.
MAX_PARSED = 64 * 1024

#: Bytes kept of one message's header fields.
MAX_HEADER = 256 * 1024

#: What is read from a FETCH answer: UID, RFC822.SIZE, INTERNALDATE, and the requested section.
Items = tuple[int, int | None, bytes | None, bytes]

_NOT_UNDERSTOOD = (
    ProtocolError,
    ValueError,
    OverflowError,
    TypeError,
    IndexError,
    AttributeError,
    RecursionError,
)

# `{12+}` is a client's form (RFC 7888) and `~{12}` is RFC 3516's; the parser only knows `{12}`.
_LITERAL = re.compile(rb"~?\{(\d+)\+?\}\Z")

_EXISTS = re.compile(rb"\* (\d{1,20}) EXISTS\b", re.IGNORECASE)
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,20})", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d{1,20})", re.IGNORECASE)
_OVERFLOW = re.compile(rb"\* (?:OK|NO) \[NOTIFICATIONOVERFLOW\b", re.IGNORECASE)

_LIST = re.compile(rb"\* LIST ", re.IGNORECASE)
_STATUS = re.compile(rb"\* STATUS ", re.IGNORECASE)
_UNQUOTED = re.compile(
    rb'(\([^()]*\) (?:NIL|"(?:\\.|[^"\\])") )([^"{(\s].*)\Z', re.IGNORECASE | re.DOTALL
)

_SEARCH = re.compile(rb"\* SEARCH\b *", re.IGNORECASE)
_ESEARCH = re.compile(rb"\* ESEARCH\b *", re.IGNORECASE)
_USUAL_SEARCH = re.compile(rb"[\d ]*\Z")
_USUAL_ESEARCH = re.compile(rb'\(TAG "?\w+"?\) UID ALL ([\d:,]+) *\Z', re.IGNORECASE)

_FETCH = re.compile(rb"\* (\d+) FETCH (?=\()", re.IGNORECASE)
_STAMP = re.compile(rb'\bINTERNALDATE "([^"]*)"', re.IGNORECASE)

# The parser knows NIL in upper case only.
_NIL = re.compile(rb"\](?:<0>)? nil[ )]", re.IGNORECASE)

# The usual FETCH answer: its items in any order and its one literal last. A repeated group keeps
# its last match.
_ITEMS = (
    rb'(?:UID (\d{1,20})|RFC822\.SIZE (\d{1,20})|INTERNALDATE "([^"]*)"'
    rb"|FLAGS \([^()]*\)|MODSEQ \(\d+\))"
)
_USUAL_HEADER = re.compile(
    rb"\* \d+ FETCH \((?:" + _ITEMS + rb" )*BODY\[HEADER\.FIELDS \([^()]*\)\] \{\d+\}\Z",
    re.IGNORECASE,
)
_USUAL_BODY = re.compile(
    rb"\* \d+ FETCH \((?:" + _ITEMS + rb" )*BODY\[\](?:<0>)? \{\d+\}\Z", re.IGNORECASE
)
_USUAL_TAIL = re.compile(rb"(?: " + _ITEMS + rb")*\)\Z", re.IGNORECASE)


# -- IMAPClient's parser, within bounds ------------------------------------------------------


def size(response: Response) -> int:
    """Return the bytes of a response, without literals."""
    return sum(map(len, response[::2]))


def parsed(response: Response, start: int = 0) -> tuple[Any, ...] | None:
    """Return the items of a response from an offset on; None if it cannot be parsed.

    >>> parsed([b'* LIST (\\\\Sent) "." {4}', b'a"b.', b""], 7)
    ((b'\\\\Sent',), b'.', b'a"b.')
    """
    if size(response) > MAX_PARSED:
        return None
    try:
        return parse_response(_rows(response, start))
    except _NOT_UNDERSTOOD:
        return None


def _rows(response: Response, start: int) -> list[Any]:
    """Return a response in imaplib's form: pairs of a text and its literal, then a text."""
    texts = [_LITERAL.sub(rb"{\1}", text) for text in response[::2]]
    texts[0] = texts[0][start:]
    return [*zip(texts, response[1::2], strict=False), texts[-1]]


# -- mailboxes (§7.3) ------------------------------------------------------------------------


def _number(item: object) -> int | None:
    """Return a number; None if it is missing, zero, or not a 32-bit number."""
    return item if isinstance(item, int) and 0 < item <= MAX_UID else None


def is_exists(line: bytes) -> bool:
    """Whether a line tells how many messages the open mailbox has (§7.4.1)."""
    return _EXISTS.match(line) is not None


def is_overflow(line: bytes) -> bool:
    """Whether the server has stopped sending notifications (RFC 5465 §5.8)."""
    return _OVERFLOW.match(line) is not None


def examined(lines: Iterable[bytes]) -> Snapshot:
    """Return what the answers to EXAMINE report (§6.3.3): three numbers, each on its own line.

    >>> examined([b"* 3 EXISTS", b"* OK [UIDVALIDITY 8] x", b"* OK [UIDNEXT 7] y"])
    Snapshot(uidvalidity=8, uidnext=7, exists=3)
    """
    validity = uidnext = exists = None
    for line in lines:
        if told := _EXISTS.match(line):
            exists = int(told[1])
        elif told := _UIDVALIDITY.search(line):
            validity = _number(int(told[1]))
        elif told := _UIDNEXT.search(line):
            uidnext = _number(int(told[1]))
    return Snapshot(validity, uidnext, exists)


def status(response: Response) -> tuple[str, Snapshot] | None:
    """Return the mailbox that a STATUS answer names (§7.3.4), and what it reports.

    >>> status([b'* STATUS "INBOX" (UIDNEXT 7 UIDVALIDITY 0)'])
    ('INBOX', Snapshot(uidvalidity=None, uidnext=7, exists=None))
    """
    found = _STATUS.match(response[0])
    items = parsed(response, found.end()) if found else None
    if not items or len(items) < 2 or not isinstance(items[-1], tuple):
        return None
    told = {_upper(key): value for key, value in zip(items[-1][::2], items[-1][1::2], strict=False)}
    numbers = (_number(told.get(key)) for key in (b"UIDVALIDITY", b"UIDNEXT"))
    # An unquoted name with a space in it, which should have been quoted.
    return mailbox_name(b" ".join(map(_bytes, items[:-1]))), Snapshot(*numbers)


def folder(response: Response) -> Folder | None:
    r"""Return the mailbox in a line of LIST (§7.3.1).

    >>> folder([b'* LIST (\\Sent) "." "Envoy&AOk-s"'])
    Folder(name='Envoyés', delimiter='.', attributes=frozenset({'\\sent'}))
    """
    found = _LIST.match(response[0])
    items = _listed(response, found.end()) if found else None
    if not items or len(items) < 3 or not isinstance(items[0], tuple):
        return None
    attributes, delimiter, name = items[:3]
    return Folder(
        mailbox_name(_bytes(name)),
        "" if _upper(delimiter) == b"NIL" else _bytes(delimiter).decode("ascii", "replace"),
        frozenset(_bytes(each).decode("ascii", "replace").lower() for each in attributes),
    )


def _listed(response: Response, start: int) -> tuple[Any, ...] | None:
    """Return the items of a line of LIST; an unquoted name with spaces is taken whole."""
    items = parsed(response, start)
    if items and (len(items) == 3 or all(isinstance(each, tuple) for each in items[3:])):
        return items
    bare = _UNQUOTED.match(response[0][start:])
    if not bare:
        return None
    name = bare[2].rstrip().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return parsed([b'%b"%b"' % (bare[1], name)])


def mailbox_name(raw: bytes) -> str:
    """Return a name from the wire. INBOX is case-insensitive (§5.1); some servers send UTF-8."""
    if raw.upper() == b"INBOX":
        return "INBOX"
    try:
        name = imap_utf7.decode(raw) if raw.isascii() else raw.decode()
        name.encode()
    except UnicodeError:
        return raw.decode("utf-8", "replace")
    return name


# -- SEARCH (§7.3.5, RFC 4731) ---------------------------------------------------------------


def found(line: bytes) -> Iterable[int]:
    """Return the UIDs of a SEARCH or ESEARCH answer; none for any other line.

    Raises ProtocolViolation for an answer that cannot be parsed: treating it as empty would mean
    treating messages as gone.

    >>> list(found(b'* ESEARCH (TAG "A1") UID ALL 2,4:6'))
    [2, 4, 5, 6]
    """
    if plain := _SEARCH.match(line):
        return _found_plain(line[plain.end() :])
    if extended := _ESEARCH.match(line):
        return _found_extended(line[extended.end() :])
    return ()


def _found_plain(numbers: bytes) -> Iterable[int]:
    """Parse a line of a million numbers in one pass in C; anything else on it is RFC 7162's."""
    if not _USUAL_SEARCH.match(numbers) and len(numbers) > MAX_PARSED:
        raise _not_understood()
    try:
        return parse_message_list([numbers.strip()])
    except _NOT_UNDERSTOOD:
        raise _not_understood() from None


def _found_extended(text: bytes) -> Iterator[int]:
    """Parse a set, which for a sparse mailbox may fill a line: hence a fast path here too."""
    if usual := _USUAL_ESEARCH.match(text):
        return sequence.decode(usual[1])
    items = parsed([text])
    if items is None:
        raise _not_understood()
    words = [_upper(each) for each in items]
    at = words.index(b"ALL") + 1 if b"ALL" in words else len(words)
    return sequence.decode(_bytes(items[at])) if at < len(items) else iter(())


def _not_understood() -> ProtocolViolation:
    return ProtocolViolation("an answer to SEARCH that cannot be understood", step=Step.READING)


# -- FETCH (§7.5.2) --------------------------------------------------------------------------


def header(response: Response, latest: datetime) -> tuple[int, Headers] | None:
    """Return the headers in a FETCH answer, or None for an answer that is something else.

    A NIL header is not an answer: the caller finds the UID missing, and asks why.
    """
    items = _usual_items(_USUAL_HEADER, response) or _unusual_items(b"BODY[HEADER", response)
    if not items:
        return None
    uid, octets, stamp, raw = items
    return uid, Headers(uid, octets or None, internaldate.decode(stamp, latest), raw[:MAX_HEADER])


def body(response: Response) -> tuple[int, bytes] | None:
    """Return the UID and the message in a FETCH answer, or None for any other answer."""
    items = _usual_items(_USUAL_BODY, response) or _unusual_items(b"BODY[]", response)
    return (items[0], items[3]) if items else None


def _usual_items(shape: re.Pattern[bytes], response: Response) -> Items | None:
    """Return the items of an answer in the usual shape."""
    if len(response) != 3:
        return None
    head = shape.match(response[0])
    tail = _USUAL_TAIL.match(response[2]) if head else None
    if not head or not tail:
        return None
    uid, octets, stamp = head.groups()
    if tail.end() > 1:
        late_uid, late_octets, late_stamp = tail.groups()
        uid, octets, stamp = uid or late_uid, octets or late_octets, stamp or late_stamp
    return (int(uid), int(octets or 0), stamp, response[1]) if uid else None


def _unusual_items(section: bytes, response: Response) -> Items | None:
    """Return the items of any other answer: with quoted strings, NIL, literal8, other items."""
    text = b" ".join(response[::2])
    fetch = _FETCH.match(text)
    if not fetch or len(text) > MAX_PARSED or b"BODY[" not in text.upper():
        return None
    stamp = _STAMP.search(text)
    for items in _fetched(response, fetch).values():
        uid, octets = items.get(b"UID"), items.get(b"RFC822.SIZE")
        raw = next((value for key, value in items.items() if key.startswith(section)), None)
        if isinstance(uid, int) and isinstance(raw, bytes) and not _NIL.search(text):
            size_told = octets if isinstance(octets, int) else None
            return uid, size_told, stamp[1] if stamp else None, raw
    return None


def _fetched(response: Response, fetch: re.Match[bytes]) -> dict[int, dict[bytes, Any]]:
    # The date is read by ``internaldate``; to the parser an impossible one may be a fatal error.
    texts = [_STAMP.sub(b"INTERNALDATE NIL", text) for text in response[::2]]
    undated = list(response)
    undated[::2] = texts
    rows = _rows(undated, fetch.end())
    try:
        return parse_fetch_response([fetch[1], *rows], normalise_times=False, uid_is_key=False)
    except _NOT_UNDERSTOOD:
        return {}  # so its UID is found missing


# -- undoing the parser's conversion of atoms ------------------------------------------------


def _bytes(item: object) -> bytes:
    """Return an atom as it was on the wire: the parser turns ``7`` into 7 and ``NIL`` into None."""
    if isinstance(item, bytes):
        return item
    if isinstance(item, int):
        return b"%d" % item
    return b"NIL" if item is None else b""


def _upper(item: object) -> bytes:
    return _bytes(item).upper()


def append_limit(capabilities: Iterable[str]) -> int | None:
    """Return the largest message, in bytes, that may be filed (RFC 7889); None if unlimited."""
    for capability in capabilities:
        name, _, limit = capability.partition("=")
        if name == "APPENDLIMIT" and limit.isdigit():
            return int(limit)
    return None
