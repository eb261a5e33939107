"""Message bytes → values. Never raises on what a mail says, however broken it is.

Three depths, each dearer than the one before and each asked for less often:

* :func:`glance` runs on every header block of a mailbox: which addresses and which thread could
  this be about? Too many is fine, one missing is a lost mail.
* :func:`envelope` is the exact parse of the header fields that decisions are made from.
* :func:`email` reads a whole message: text, files, and what had to be left out.

The standard library's parser is not used. It works on ``str``, so that a file of 20 MB costs ten
times its size; it has no bounds, so that 30 KB of semicolons or 100,000 parts hold up everybody's
mail; and how it reads an address changed between patch releases of Python (CVE-2023-27043).
Here everything works on the bytes as they came, by offsets, and is linear in their number. The
limits below are the only ones; beyond them a message is set aside with MessageUnreadable, code
``message_bomb``, which is the one exception that leaves this file.
"""

from __future__ import annotations

import binascii
import codecs
import html as markup
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from urllib.parse import unquote_to_bytes

from ..errors import MessageUnreadable
from ..values import Address, Attachment, Email, Envelope, Omitted

# --- limits ------------------------------------------------------------------------------------
# Each is far beyond what people send and far below what hurts.

MAX_HEADER = 256 * 1024  # bytes of the message's own header block
MAX_PART_HEADER = 16 * 1024  # bytes of a part's header block
MAX_PARAMETERS = 16 * 1024  # bytes of a Content-Type that are looked at
MAX_DEPTH = 12  # multiparts within each other; a forwarded message is a file and not descended
MAX_PARTS = 1_000
MAX_FALSE_BOUNDARIES = 10_000  # lines that begin like a boundary and are none
MAX_ADDRESSES = 1_000  # kept of To, of Cc, of Bcc, of Reply-To
MAX_TOKENS = 30_000  # words, commas and brackets of one address field that are looked at
MAX_REFERENCES = 200  # kept: the first half and the last half
MAX_ADDRESS = 320  # characters: 64 + @ + 255 (RFC 5321 §4.5.3.1)
MAX_ID = 900  # bytes of a message id; an index of PostgreSQL takes no more than 2,700
MAX_NAME = 500  # characters of a display name
MAX_SUBJECT = 2_000
MAX_STAMP = 200
MAX_FILENAME = 120
MAX_CHUNKS = 1_000  # pieces of base64, each with padding of its own, in one part
MAX_TEXT = 16 * 1024 * 1024  # bytes of one part that is shown as text
QUICK = 16 * 1024  # beyond, glance takes the exact way, which is bounded

#: Why something is in ``Email.omitted``: a file is too large; the mail is, and was not read to its
#: end; there are more files than are kept; the mail's own text is kept only so far.
TOO_LARGE = "too_large"
MAIL_TOO_LARGE = "mail_too_large"
TOO_MANY = "too_many"
TEXT_CUT = "text_cut"


def _bomb(detail: str) -> MessageUnreadable:
    return MessageUnreadable(detail, code="message_bomb")


# --- header fields: bytes ----------------------------------------------------------------------

# RFC 5322 §2.2: printable characters but the colon, then the value with its folded lines. The
# space before the colon is §4.5's obsolete form. A line that is neither is skipped, because to
# stop there would lose the addresses behind it.
_FIELD = re.compile(rb"\n([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_GLANCED = re.compile(
    rb"\n(?:(from|to|cc|bcc|reply-to|sender)|(in-reply-to))[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE,
)
_NAME = re.compile(rb"[!-9;-~]+[ \t]*:")
_NO_FIELD = re.compile(rb"^(?![ \t]|[!-9;-~]+[ \t]*:)", re.MULTILINE)
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")

_ENVELOPE_FIELDS = frozenset(
    b"from to cc bcc reply-to sender message-id in-reply-to references date subject "
    b"x-mail-sync-id".split()
)
_PART_FIELDS = frozenset(
    b"content-type content-transfer-encoding content-disposition content-id".split()
)


def _fields(head: bytes, wanted: frozenset[bytes]) -> dict[bytes, list[bytes]]:
    """Return the values of the wanted fields, in order, still folded, by lower-case name."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in _FIELD.findall(b"\n" + head):
        name = name.lower()
        if name in wanted:
            found.setdefault(name, []).append(value)
    return found


def _header_end(raw: bytes, start: int, end: int, *, top: bool) -> tuple[int, int]:
    """Return where the header block of ``raw[start:end]`` ends, and where its body begins.

    Without an empty line the body begins at the first line that is no header field, and a part
    that begins with one has no header: to look for one would lose text.
    """
    limit = MAX_HEADER if top else MAX_PART_HEADER
    if raw.startswith((b"\n", b"\r\n"), start, end):
        return start, min(end, start + (1 if raw[start] == 10 else 2))
    if not top and not _NAME.match(raw, start, end):
        return start, start
    stop = min(end, start + limit + 4)
    found = _EMPTY_LINE.search(raw, start, stop)
    if found:
        return found.start() + 1, found.end()
    if stop < end:
        raise _bomb(f"a header block of more than {limit} bytes")
    broken = _NO_FIELD.search(raw, start, end)
    at = broken.start() if broken else end
    return at, at


# --- header fields: text -----------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")

# RFC 2047 §2, and more than it allows: an empty charset, spaces and question marks in the text.
_ENCODED = re.compile(r"=\?([^?\s]{0,75})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,8})\?=")
_BETWEEN = re.compile(r"\?=\s+=\?")


def _clean(text: str) -> str:
    """Return text that PostgreSQL takes: no NUL, no lone surrogate."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _value(raw: bytes) -> str:
    """Return a field's value as one line: unfolded (RFC 5322 §2.2.3), without control characters.

    Eight-bit bytes should not be there before RFC 6532 and are: UTF-8 nearly always, else what
    Windows wrote.
    """
    text = _guess(_FOLD.sub(b"", raw) if b"\n" in raw else raw)
    return _clean(_CONTROL.sub(" ", text)).strip()


def _guess(data: bytes) -> str:
    for charset in ("utf-8", "cp1252"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


# What senders call a charset, and the superset that they mean by it (WHATWG Encoding §4.2).
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "unicode-1-1-utf-7": "utf-7",
    "windows-874": "cp874",
    "cp-850": "cp850",
    "utf8mb4": "utf-8",
}
# Codecs of Python that are no charset of a mail: they run escapes, or are quadratic.
_NO_CHARSETS = frozenset(
    ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"]
)


@lru_cache(maxsize=256)
def _charset(name: str) -> str:
    """Return Python's name of a mail's charset, "" for one that is unknown: ``utf-8"`` is known."""
    name = name.partition("*")[0].strip(" \t'\";,=").lower()[:40]
    try:
        known = codecs.lookup(_ALIASES.get(name, name)).name
        "".encode(known)  # refuses what is no text encoding, such as zlib
    except (LookupError, ValueError, UnicodeError, TypeError):
        return ""
    return "" if known.replace("-", "_") in _NO_CHARSETS else _MEANT.get(known, known)


def _decode(data: bytes, charset: str, cut: bool = False) -> str:
    """Return the text of some bytes by a charset that may be wrong, unknown or missing.

    Strictly as declared, else strictly as UTF-8, else as declared with the unreadable marked.
    ``cut`` bytes may end in the middle of a character.
    """
    known = _charset(charset[:80])
    for candidate in dict.fromkeys((known or "utf-8", "utf-8")):
        for end in range(len(data), max(-1, len(data) - (4 if cut else 1)), -1):
            try:
                return _clean(data[:end].decode(candidate))
            except (UnicodeError, ValueError):
                continue
    if not known or known == "utf-8":
        return _clean(_guess(data))
    return _clean(data.decode(known, "replace"))


def _decode_words(text: str) -> str:
    """Return text with its encoded words decoded (RFC 2047), whatever stands around them.

    Neighbours of one charset are decoded together: many senders split a word in the middle of a
    character (§5 forbids it).
    """
    if "=?" not in text:
        return text
    text = _BETWEEN.sub("?==?", text)
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for word in _ENCODED.finditer(text):
        if pending and (word.start() != at or word[1].lower() != charset):
            out.append(_decode(pending, charset))
            pending = b""
        out.append(text[at : word.start()])
        charset = word[1].lower()
        pending += _word_bytes(word[2], word[3])
        at = word.end()
    if pending:
        out.append(_decode(pending, charset))
    out.append(text[at:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return _base64(data, 0, len(data))
    return binascii.a2b_qp(data.replace(b"=\n", b""), header=True)


def _line(text: str, limit: int) -> str:
    """Return decoded text as one line: an encoded word may hide a line break."""
    return _SPACES.sub(" ", _clean(_CONTROL.sub(" ", text))).strip()[:limit].strip()


# --- addresses (RFC 5322 §3.4, with §4.4's obsolete forms) -------------------------------------

_QUOTED = r"""| "(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"|\\?\Z)"""
_PLAIN = r"""(?P<space>\s+)
    | (?P<word>=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)
    | (?P<atom>(?:[^\s"(),:;<>\\\[\]]+|\[[^\[\]\s]*\])+)
    {}
    | (?P<special>.)"""
_TOKEN = re.compile(_PLAIN.format(_QUOTED), re.VERBOSE | re.DOTALL)
_TOKEN_UNQUOTED = re.compile(_PLAIN.format(""), re.VERBOSE | re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ADDRESS = re.compile(
    r"""([^\s"(),:;<>@\[\]\\]+|"[^"\\]+")@([^\s"(),:;<>@\[\]\\]+|\[[^\s\[\]@]+\])"""
)
_DOT_ATOM = re.compile(r'"([^\s"(),:;<>@\[\]\\]+)"@')


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield what an address field is made of, as (kind, text).

    A quote or a bracket that is never closed is junk, and from there on all of its kind are,
    which keeps this linear.
    """
    at, size, lexer, comments = 0, len(text), _TOKEN, True
    while at < size:
        token = lexer.match(text, at)
        kind, value = token.lastgroup, token[token.lastgroup]
        at = token.end()
        if kind == "closed":
            if value == '"':
                yield "quoted", _ESCAPED.sub(r"\1", token["quoted"])
            else:
                lexer, at = _TOKEN_UNQUOTED, token.start() + 1
        elif value == "(" and comments:
            end = _comment_end(text, at)
            comments = end > 0
            if comments:
                yield "comment", _ESCAPED.sub(r"\1", text[at : end - 1])
                at = end
        else:
            yield (value if kind == "special" else kind), value


def _comment_end(text: str, at: int) -> int:
    """Return the end of the comment whose text begins at ``at``; 0 for one that has no end."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return 0


@dataclass(slots=True)
class _Mailbox:
    """One mailbox while it is being read: a name, and words that may be its address."""

    name: list[str] = field(default_factory=list)
    spec: list[str] = field(default_factory=list)
    comment: str = ""
    angle: str = ""  # "", "open", "closed"

    def add(self, kind: str, value: str) -> None:
        if kind == "comment":
            self.comment = self.comment or value
            return
        if not self.angle:
            self.name.append(value)
        if self.angle != "closed":
            self.spec.append(f'"{value}"' if kind == "quoted" else value)

    def open(self) -> None:
        self.angle, self.spec = "open", []

    def addresses(self) -> list[Address]:
        """Return the address in the angle brackets; without them, every word that is one.

        A display name never becomes an address where there are brackets.
        """
        words = _words(self.spec)
        if self.angle and len(words) != 1:
            return []
        found = [(word, _address(word)) for word in words]
        emails = [email for _, email in found if email]
        if not emails:
            return []
        if not self.angle:
            self.name = [f" {word}" for word, email in found if not email]
        if len(emails) > 1:
            return [Address("", email) for email in emails]
        name = _line(_decode_words("".join(self.name)[:MAX_PARAMETERS]), MAX_NAME)
        name = name or _line(_decode_words(self.comment[:MAX_PARAMETERS]), MAX_NAME)
        if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
            name = name[1:-1].strip()
        return [Address(name, emails[0])]


def _words(spec: list[str]) -> list[str]:
    """Return the words that an address can be: white space parts them, but not around the @."""
    words: list[str] = []
    apart = True
    for piece in spec:
        if piece.isspace():
            apart = apart or not (words and words[-1].endswith("@"))
        elif words and (not apart or piece.startswith("@")):
            words[-1] += piece
            apart = False
        else:
            words.append(piece)
            apart = False
    return words


def _address(word: str) -> str:
    """Return a word as an address in lower case, "" if it is none."""
    if "@" not in word or "=?" in word or len(word) > MAX_ADDRESS:
        return ""  # an encoded word is text and no address, whatever it decodes to (RFC 2047 §5)
    if word[0] == "'" == word[-1]:
        word = word[1:-1]
    word = _DOT_ATOM.sub(r"\1@", word.rstrip("."))
    return word.lower() if _ADDRESS.fullmatch(word) else ""


def _addresses(text: str, limit: int = MAX_ADDRESSES) -> list[Address]:
    """Return the addresses of a field's value, in order: of groups their members."""
    found: list[Address] = []
    box = _Mailbox()
    for kind, value in islice(_tokens(text), MAX_TOKENS):
        if kind == "<":
            if box.angle:  # a comma is missing
                found += box.addresses()
                box = _Mailbox()
            box.open()
        elif kind == ">":
            box.angle = box.angle and "closed"
            box.add("space", " ")
        elif kind in ",;":
            if box.angle == "open" and box.spec[:1] and box.spec[0].startswith("@"):
                continue  # a route, <@a,@b:c@d> (RFC 5322 §4.4)
            found += box.addresses()
            box = _Mailbox()
        elif kind == ":":  # a group's name, a route, or mailto:
            box.spec = []
            if not box.angle:
                box.name = []
        else:
            box.add(kind, value)
        if len(found) >= limit:
            return found[:limit]
    return (found + box.addresses())[:limit]


def _all_addresses(values: Iterable[bytes]) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in values:
        found += _addresses(_value(value), MAX_ADDRESSES - len(found))
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


# --- message ids (RFC 5322 §3.6.4) -------------------------------------------------------------

_ANGLED = re.compile(r"<([^<>]+)>")
_ID_BREAK = re.compile(r"[\s,;<>]+")


def _ids(text: str) -> list[str]:
    """Return the message ids of a value, each once: without ``<>`` and white space.

    Old clients write sentences into In-Reply-To. Where nothing stands in brackets, a word with an
    @ is an id, and so is one that stands alone.
    """
    found = ["".join(angled.split()) for angled in _ANGLED.findall(text)]
    if not any(found):
        words = [word for word in _ID_BREAK.split(text) if word]
        found = words if len(words) == 1 else [word for word in words if "@" in word]
    return list(dict.fromkeys(_bounded_id(one) for one in found if one))


def _bounded_id(message_id: str) -> str:
    """Return an id that an index can hold: one that is too long keeps its start and a hash."""
    if len(message_id) <= MAX_ID // 4:
        return message_id
    data = message_id.encode()
    if len(data) <= MAX_ID:
        return message_id
    return f"{message_id[:100]}.{sha256(data).hexdigest()}"


def _all_ids(values: Iterable[bytes]) -> tuple[str, ...]:
    found = _ids(" ".join(map(_value, values))) if values else []
    half = MAX_REFERENCES // 2
    return tuple(found if len(found) <= MAX_REFERENCES else found[:half] + found[-half:])


# --- dates (RFC 5322 §3.3) ---------------------------------------------------------------------

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_CLOCK = r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?(?:[.,][0-9]+)?(?:\s*([ap]m)\b)?"
_ZONE = r"\s*(?:gmt|utc)?\s*([+-]\s?[0-9]{1,2}:?[0-9]{2}\b|[a-z]{1,5}\b)?"
_USUAL = re.compile(
    rf"\b([0-9]{{1,2}})[\s-]+([a-z]{{3}})[a-z]*\.?[\s,-]+([0-9]{{2,4}})[\s,]+{_CLOCK}{_ZONE}",
    re.ASCII,
)
_ASCTIME = re.compile(
    rf"\b([a-z]{{3}})[a-z]*\.?\s+([0-9]{{1,2}}),?\s+{_CLOCK}{_ZONE}\s+([0-9]{{4}})\b{_ZONE}",
    re.ASCII,
)
_ISO = re.compile(rf"\b([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[t\s]\s*{_CLOCK}{_ZONE}", re.ASCII)
# RFC 5322 §4.3, and those that mailers write though it does not know them. Others count as UTC.
_ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "bst": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "jst": 9, "kst": 9,
}  # fmt: skip


def _date(text: str) -> datetime | None:
    """Return a Date in UTC; None where it cannot be read, or is out of 1970 to 2100."""
    text = text[:200].lower()
    if found := _USUAL.search(text):
        day, month, year, *clock = found.groups()
        month = _MONTHS.get(month)
    elif found := _ISO.search(text):
        year, month, day, *clock = found.groups()
    elif found := _ASCTIME.search(text):
        month, day, hour, minute, second, half, before, year, behind = found.groups()
        month = _MONTHS.get(month)
        clock = [hour, minute, second, half, before or behind]
    else:
        return None
    return _moment(year, month, day, *clock) if month else None


def _moment(year, month, day, hour, minute, second, half, zone) -> datetime | None:
    hours = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    try:
        local = datetime(
            _year(year), int(month), int(day), hours, int(minute), min(int(second or 0), 59),
            tzinfo=UTC,
        )  # fmt: skip
        moment = local - _offset(zone or "")
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year <= 2100 else None


def _year(digits: str) -> int:
    """Return a year of two, three or four digits (RFC 5322 §4.3)."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-"):
        return timedelta(hours=_ZONES.get(zone, 0))
    digits = re.sub(r"[^0-9]", "", zone).zfill(4)
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 24 or minutes > 59:
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


# --- glance ------------------------------------------------------------------------------------

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


# --- envelope ----------------------------------------------------------------------------------


def envelope(raw: bytes) -> Envelope:
    """Return the header fields that decisions are made from, of a header block or a message.

    Never raises. Of From, Date, Message-ID and Subject the first counts, of the others all do.
    What stands beyond ``MAX_HEADER`` bytes is not looked at.
    """
    head = raw[:MAX_HEADER]
    end = 0 if head.startswith((b"\n", b"\r\n")) else len(head)
    if found := _EMPTY_LINE.search(head):
        end = min(end, found.start() + 1)
    return _envelope(_fields(head[:end], _ENVELOPE_FIELDS))


def _envelope(fields: dict[bytes, list[bytes]]) -> Envelope:
    def first(name: bytes) -> str:
        return _value(fields[name][0]) if name in fields else ""

    def every(name: bytes) -> tuple[Address, ...]:
        return _all_addresses(fields.get(name, ()))

    senders = every(b"from") + every(b"sender")
    author = _addresses(first(b"from"), 1) or _addresses(first(b"sender"), 1)
    return Envelope(
        message_id=next(iter(_ids(first(b"message-id"))), ""),
        in_reply_to=_all_ids(fields.get(b"in-reply-to", ())),
        references=_all_ids(fields.get(b"references", ())),
        sender=author[0] if author else Address("", ""),
        senders=senders,
        reply_to=every(b"reply-to"),
        to=every(b"to"),
        cc=every(b"cc"),
        bcc=every(b"bcc"),
        date=_date(first(b"date")),
        subject=_line(_decode_words(first(b"subject")[:MAX_PARAMETERS]), MAX_SUBJECT),
        stamp=_line(first(b"x-mail-sync-id").strip("<> "), MAX_STAMP),
    )


# --- parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2231) --------------

_PARAMETER = re.compile(
    r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|([^;]*))""", re.DOTALL
)
_MIMETYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_SECTION = re.compile(r"([^*]+)\*(?:([0-9]{1,3})(\*)?)?", re.ASCII)


def _parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return the value before the first semicolon, in lower case, and the parameters decoded."""
    text = text[:MAX_PARAMETERS]
    simple: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(text):
        # Only these two are escapes: Windows clients write C:\path as it is.
        value = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted else bare.strip()
        if section := _SECTION.fullmatch(name):
            number = int(section[2] or 0)
            encoded = section[2] is None or bool(section[3])
            sections.setdefault(section[1].lower(), {}).setdefault(number, (encoded, value))
        else:
            simple.setdefault(name.lower(), value)
    extended = {name: _joined(parts) for name, parts in sections.items()}
    return text.partition(";")[0].strip().lower(), simple | extended


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """Return a value that RFC 2231 §3 continued over several parameters, §4 percent-encoded."""
    data, charset = b"", ""
    for position, (_, (encoded, value)) in enumerate(sorted(parts.items())):
        if encoded and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return _decode(data, charset)


# --- file names --------------------------------------------------------------------------------

# Marks of direction and characters of no width: they make "exe.fdp" look like "pdf.exe".
_TRICKS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u061c\x80-\x9f]+")
_SLASH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')

#: The name of a part that brings none, by its type; other types become attachment.bin.
_DEFAULT_NAMES = {
    "text/plain": "text.txt",
    "text/html": "text.html",
    "text/calendar": "invite.ics",
    "text/csv": "attachment.csv",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "text/rfc822-headers": "headers.txt",
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/global-delivery-status": "delivery-status.txt",
    "message/disposition-notification": "receipt.txt",
    "application/pdf": "attachment.pdf",
    "application/zip": "attachment.zip",
    "application/ics": "invite.ics",
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-keys": "keys.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/msword": "attachment.doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "attachment.docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "attachment.xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "attachment.pptx",
    "image/jpeg": "image.jpg",
    "image/jpg": "image.jpg",
    "image/png": "image.png",
    "image/gif": "image.gif",
    "image/webp": "image.webp",
    "image/bmp": "image.bmp",
    "image/tiff": "image.tiff",
    "image/svg+xml": "image.svg",
    "audio/mpeg": "audio.mp3",
    "audio/wav": "audio.wav",
    "video/mp4": "video.mp4",
    "video/quicktime": "video.mov",
}


def _filename(name: str, mimetype: str) -> str:
    """Return a file name that is safe to store, to show and to save; never an empty one."""
    name = _CONTROL.sub("", _TRICKS.sub("", _clean(_decode_words(name))))
    name = next(filter(None, (p.strip() for p in _SLASH.split(name)[::-1])), "")
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    name = _shortened(_SPACES.sub(" ", name).strip(" ."))
    return name or _DEFAULT_NAMES.get(mimetype, "attachment.bin")


def _shortened(name: str) -> str:
    """Return a name of at most ``MAX_FILENAME`` characters that keeps its extension."""
    if len(name) <= MAX_FILENAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:MAX_FILENAME].strip(" .")
    return stem[: MAX_FILENAME - len(extension) - 1].strip(" .") + dot + extension


# --- the tree of parts (RFC 2046 §5.1) ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A part by its place: ``raw[start:end]`` is its body, nothing is copied yet."""

    mimetype: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    encoding: str
    content_id: str
    start: int
    end: int
    cut: bool  # the message was read only so far, and this part with it
    bare: bool  # no header and no body: what a cut leaves behind a boundary
    children: tuple[_Part, ...] = ()


class _Tree:
    """Reads the parts of one message, and counts what a bomb has too many of."""

    def __init__(self, raw: bytes):
        self.raw = raw
        self.parts = 0
        self.false = 0

    def part(self, start: int, end: int, *, cut: bool, depth: int = 0, default="text/plain"):
        """Return the part in ``raw[start:end]``, with its children if it is a multipart."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise _bomb(f"more than {MAX_PARTS} parts")
        head_end, body = _header_end(self.raw, start, end, top=not depth)
        fields = _fields(self.raw[start:head_end], _PART_FIELDS)
        mimetype, parameters = self._content_type(fields, default)
        children: tuple[_Part, ...] = ()
        if mimetype.startswith("multipart/"):
            if depth >= MAX_DEPTH:
                raise _bomb(f"more than {MAX_DEPTH} multiparts within each other")
            inner = "message/rfc822" if mimetype == "multipart/digest" else "text/plain"
            ranges = self._ranges(parameters.get("boundary", ""), body, end)
            children = tuple(
                self.part(lo, hi, cut=cut and last, depth=depth + 1, default=inner)
                for lo, hi, last in ranges
            )
            if not children:  # a multipart of which nothing can be told apart is text
                mimetype = "text/plain"
        disposition, extra = _parameters(_first(fields, b"content-disposition"))
        return _Part(
            mimetype=mimetype,
            parameters=parameters,
            disposition=disposition,
            filename=extra.get("filename") or parameters.get("name") or "",
            encoding=_first(fields, b"content-transfer-encoding").lower().strip("\"' ;"),
            content_id="".join(_first(fields, b"content-id").strip("<> ").split())[:MAX_ID],
            start=body,
            end=end,
            cut=cut,
            bare=not fields and body >= end,
            children=children,
        )

    @staticmethod
    def _content_type(fields: dict[bytes, list[bytes]], default: str) -> tuple[str, dict]:
        mimetype, parameters = _parameters(_first(fields, b"content-type"))
        if not mimetype:
            return default, parameters
        if not _MIMETYPE.fullmatch(mimetype):
            # RFC 2045 §5.2 says text/plain; what is plainly a file stays one.
            named = parameters.get("name")
            return ("application/octet-stream" if named else "text/plain"), parameters
        return mimetype, parameters

    def _ranges(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Yield (start, end, last) of the parts between the lines of a boundary.

        ``last`` says that no boundary follows: at the message's end, or where it is cut.
        """
        if not boundary.strip():
            return
        line = b"\n--" + boundary.rstrip().encode()
        opened = 0  # where the part that is being read begins; 0 in the preamble
        at = start - 1 if start else 0  # the first line needs no line break of its own
        while (found := self._next(line, at, end)) is not None:
            before, behind, closing = found
            if opened:
                yield opened, max(opened, before), False
            if closing:
                return
            opened = at = behind
            at -= 1
        if opened:
            yield opened, end, True

    def _next(self, line: bytes, at: int, end: int) -> tuple[int, int, bool] | None:
        """Return the next line that is the boundary: (its part's end, its own end, is it the last).

        The line break before it is its own (RFC 2046 §5.1.1). One that goes on with other
        characters is another boundary that begins alike.
        """
        raw = self.raw
        while (found := raw.find(line, at, end)) >= 0:
            stop = found + len(line)
            eol = raw.find(b"\n", stop, end)
            rest = raw[stop : min(eol if eol >= 0 else end, stop + 200)]
            if rest.startswith(b"--") or not rest.strip():
                before = found - 1 if found and raw[found - 1] == 13 else found
                return before, (eol + 1 if eol >= 0 else end), rest.startswith(b"--")
            self.false += 1
            if self.false > MAX_FALSE_BOUNDARIES:
                raise _bomb(f"more than {MAX_FALSE_BOUNDARIES} lines that resemble a boundary")
            at = stop
        return None


def _first(fields: dict[bytes, list[bytes]], name: bytes) -> str:
    return _value(fields[name][0][:MAX_PARAMETERS]) if name in fields else ""


# --- contents ----------------------------------------------------------------------------------

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))


_CHUNK = re.compile(rb"[^=]+=*")


def _base64(raw: bytes, start: int, end: int) -> bytes:
    """Return what the base64 in ``raw[start:end]`` says, as far as it can be read (RFC 2045 §6.8).

    Padding ends it, and what lists add below is dropped, unless it is more base64: some senders
    encode line by line. Python's own answer to that differs between its releases.
    """
    first = _CHUNK.search(raw, start, end)
    if not first:
        return b""
    data = _letters(raw, start, first.end())
    if raw.find(b"=", first.start(), first.end()) < 0 or first.end() == end:
        return data
    rest = raw[first.end() : end].strip()
    if not rest or rest.translate(None, _LETTERS + b"=\r\n \t"):
        return data
    chunks = islice(_CHUNK.finditer(rest), MAX_CHUNKS)
    return data + b"".join(_letters(rest, *chunk.span()) for chunk in chunks)


def _letters(raw: bytes, start: int, end: int) -> bytes:
    """Return what one piece of base64 with at most its own padding says."""
    try:
        with memoryview(raw)[start:end] as view:
            return binascii.a2b_base64(view)
    except (binascii.Error, ValueError):
        letters = raw[start:end].translate(None, _NO_LETTERS)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _quoted_printable(raw: bytes, start: int, end: int) -> bytes:
    """Return what quoted-printable says (RFC 2045 §6.7)."""
    with memoryview(raw)[start:end] as view:
        return binascii.a2b_qp(view)


def _as_it_is(raw: bytes, start: int, end: int) -> bytes:
    return raw[start:end]


#: Other encodings, uuencode among them, are left as they came.
_DECODERS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "base64": _base64,
    "quoted-printable": _quoted_printable,
}


def _content(raw: bytes, part: _Part, limit: int | None = None) -> bytes:
    """Return the decoded body of a part, of its first ``limit`` bytes. The one copy of it."""
    end = part.end if limit is None else min(part.end, part.start + limit)
    return _DECODERS.get(part.encoding, _as_it_is)(raw, part.start, end)


def _size(raw: bytes, part: _Part) -> int:
    """Return how large a part will be, without decoding it."""
    size = part.end - part.start
    if part.encoding != "base64":
        return size
    no_letters = sum(raw.count(byte, part.start, part.end) for byte in b"\r\n=")
    return (size - no_letters) * 3 // 4


_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_.:-]{1,40})""", re.I)


def _text(raw: bytes, part: _Part) -> str:
    """Return the text of a part, its lines ended by a line feed."""
    data = _content(raw, part, MAX_TEXT)
    cut = part.cut or part.end - part.start > MAX_TEXT
    charset = part.parameters.get("charset", "")
    if not charset and part.mimetype == "text/html":
        declared = _META_CHARSET.search(data[:2048])
        charset = declared[1].decode() if declared else ""
    text = _decode(data, charset, cut).replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    if part.mimetype == "text/plain" and part.parameters.get("format", "").lower() == "flowed":
        return _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _unflowed(text: str, delsp: bool) -> str:
    """Return text with the paragraphs that RFC 3676 broke into lines joined again.

    A line that ends in a space goes on in the next one of the same quote depth; "-- " does not.
    """
    out: list[str] = []
    previous, flowing = 0, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if flowing and depth == previous and not signature:
            out.append(content)
        else:
            out.append(("\n" if out else "") + (">" * depth + " " if depth else "") + content)
        flowing = content.endswith(" ") and not signature
        if flowing and delsp:
            out[-1] = out[-1][:-1]
        previous = depth
    return "".join(out)


# --- email -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Rendered:
    """What a part of the tree comes to: pieces of the body (type, text), and files."""

    body: list[tuple[str, str]] = field(default_factory=list)
    files: list[_Part] = field(default_factory=list)
    cut: bool = False  # some text is not whole

    def __iadd__(self, other: _Rendered) -> _Rendered:
        self.body += other.body
        self.files += other.files
        self.cut |= other.cut
        return self

    def has(self, mimetype: str) -> bool:
        return any(kind == mimetype and text.strip() for kind, text in self.body)


_SHOWN = ("text/plain", "text/html")


def email(
    raw: bytes,
    *,
    truncated: bool = False,
    max_attachment: int | None = None,
    max_attachments: int = 200,
) -> Email:
    """Return a whole message.

    ``truncated`` says that ``raw`` is only the beginning of a message that is too large. What is
    complete is kept; the part in which it ends is named in ``omitted``. Files above
    ``max_attachment`` bytes, or beyond ``max_attachments``, are left out and named too.

    ``omitted`` begins with ``TEXT_CUT`` where the mail's own text is kept only so far.

    Raises MessageUnreadable, code ``message_bomb``, and nothing else.
    """
    tree = _Tree(raw)
    root = tree.part(0, len(raw), cut=truncated)
    rendered = _render(raw, root)
    attachments: list[Attachment] = []
    omitted = [Omitted(TEXT_CUT)] if rendered.cut else []
    for part in rendered.files:
        name, size = _part_name(raw, part), _size(raw, part)
        if part.cut:
            omitted.append(Omitted(MAIL_TOO_LARGE, name))
        elif max_attachment is not None and size > max_attachment:
            omitted.append(Omitted(TOO_LARGE, name, size, max_attachment))
        elif len(attachments) >= max_attachments:
            omitted.append(Omitted(TOO_MANY, name, size, max_attachments))
        else:
            attachments.append(_attachment(raw, part, name))
    html, text = _joined_body(rendered.body)
    return Email(
        envelope=envelope(raw),
        html=html,
        text=text,
        attachments=tuple(attachments),
        omitted=tuple(omitted),
    )


def _attachment(raw: bytes, part: _Part, name: str) -> Attachment:
    return Attachment(name, part.mimetype, _content(raw, part), part.content_id)


def _part_name(raw: bytes, part: _Part) -> str:
    """Return a file's name; a forwarded message without one is called after its subject."""
    if part.filename or part.mimetype != "message/rfc822":
        return _filename(part.filename, part.mimetype)
    subject = envelope(raw[part.start : min(part.end, part.start + MAX_HEADER)]).subject
    subject = _SLASH.sub("-", subject)  # which is no path
    return _filename(f"{subject}.eml" if subject else "", part.mimetype)


def _render(raw: bytes, part: _Part, first: bool = True) -> _Rendered:
    """Return what a part comes to. ``first``: nothing of the body stands before it."""
    if part.children:
        return _CONTAINERS.get(part.mimetype, _mixed)(raw, part, first)
    if part.bare:
        return _Rendered()
    if _is_body(part, first):
        cut = part.cut or part.end - part.start > MAX_TEXT
        return _Rendered(body=[(part.mimetype, _text(raw, part))], cut=cut)
    return _Rendered(files=[part])


def _is_body(part: _Part, first: bool) -> bool:
    """Say whether a part is shown as the mail's text rather than kept as a file."""
    if part.mimetype not in _SHOWN or part.disposition == "attachment":
        return False
    return not part.filename or (first and part.disposition != "inline")


def _mixed(raw: bytes, part: _Part, first: bool) -> _Rendered:
    """All in order: multipart/mixed, signed, report, and every multipart that is unknown."""
    out = _Rendered()
    for child in part.children:
        out += _render(raw, child, first and not out.body)
    return out


def _related(raw: bytes, part: _Part, first: bool) -> _Rendered:
    """The root is shown, the others are the files that it refers to (RFC 2387)."""
    start = part.parameters.get("start", "").strip("<> ")
    named = [child for child in part.children if start and child.content_id == start]
    root = (named or part.children)[0]
    out = _render(raw, root, first)
    for child in part.children:
        if child is not root:
            out += _mixed(raw, child, False) if child.children else _file_of(child)
    return out


def _file_of(part: _Part) -> _Rendered:
    return _Rendered() if part.bare else _Rendered(files=[part])


def _alternative(raw: bytes, part: _Part, first: bool) -> _Rendered:
    """The last rendition with html, else the last with text (RFC 2046 §5.1.4), and all files.

    A rendition of another text type (AMP, enriched text) says the same once more and is a file
    only where there is no other; an invitation is none, and always kept.
    """
    renditions = [(child, _render(raw, child, first)) for child in part.children]
    shown = [out for _, out in renditions if out.has("text/html")] or [
        out for _, out in renditions if out.has("text/plain")
    ]
    out = _Rendered()
    if shown:
        out.body, out.cut = shown[-1].body, shown[-1].cut
    for child, rendition in renditions:
        if not (shown and _says_it_again(child)):
            out.files += rendition.files
    return out


def _says_it_again(part: _Part) -> bool:
    known = (*_SHOWN, "text/calendar")
    is_file = part.filename or part.disposition == "attachment"
    return part.mimetype.startswith("text/") and part.mimetype not in known and not is_file


_CONTAINERS = {"multipart/alternative": _alternative, "multipart/related": _related}


def _joined_body(pieces: list[tuple[str, str]]) -> tuple[str, str]:
    """Return (html, text) of the pieces of a body: plain ones become html where any is html."""
    pieces = [(kind, text) for kind, text in pieces if text.strip()]
    if all(kind == "text/plain" for kind, _ in pieces):
        return "", "\n".join(text for _, text in pieces)
    return "\n".join(text if kind == "text/html" else _as_html(text) for kind, text in pieces), ""


def _as_html(text: str) -> str:
    escaped = markup.escape(text.strip("\n"), quote=False).replace("\n", "<br/>\n")
    return f"<p>{escaped}</p>"
