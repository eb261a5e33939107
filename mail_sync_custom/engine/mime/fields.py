"""Header blocks: where one ends, which fields it has, and their values as text (RFC 5322 §2.2).

Works on the original bytes. Knows nothing of what a field means.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .charsets import clean, decode, guess, is_mostly_utf8, is_utf8
from .detection import detected
from .iso2022 import is_iso2022, iso2022
from .labels import charset_of
from .limits import MAX_HEADER, MAX_PARAMETERS, MAX_PART_HEADER, bomb
from .words import CONTROL

# RFC 5322 §2.2: printable characters except the colon, then the value with its folded lines. The
# space before the colon is §4.5's obsolete form. A line that is neither is skipped, because
# stopping there would lose the addresses after it. A script saved with a byte order mark sends it
# before the first field that it writes.
BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"\n(?:\xef\xbb\xbf)?([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_NAME = re.compile(rb"(?:\xef\xbb\xbf)?[!-9;-~]+[ \t]*:")
_NO_FIELD = re.compile(rb"^(?![ \t]|(?:\xef\xbb\xbf)?[!-9;-~]+[ \t]*:)", re.MULTILINE)
EMPTY_LINE = re.compile(rb"\n\r?\n")
#: Bytes of a message that are searched for a charset.
_SEARCHED = 64 * 1024
_LF_CR = re.compile(rb"\n\r[^\n]")
BARE_CR = re.compile(rb"\r[^\n]")
#: A bare CR that ends a field: another one follows that a mail program or a server writes.
_END_CR = re.compile(
    rb"\r(?=(?:from|to|cc|bcc|reply-to|sender|subject|date|message-id|in-reply-to|references"
    rb"|mime-version|received|return-path|delivered-to|(?:content|list|x|resent|dkim|arc)-[a-z-]+)"
    rb"[ \t]*:)",
    re.IGNORECASE,
)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


def with_line_feeds(raw: bytes) -> bytes:
    """Return a mail or a header block whose lines end as usual; the same object if they do.

    RFC 5322 §2.3 allows nothing but CR LF. Lines that end in CR, LF CR or CR CR LF, as the first
    one tells, are ended anew. Elsewhere in a header, a bare CR is such an end before another field.
    """
    first = raw.find(b"\n")
    if first < 0:
        return raw.replace(b"\r", b"\n")
    if raw[max(0, first - 2) : first] == b"\r\r":
        return raw.replace(b"\r\r\n", b"\r\n")
    if _LF_CR.match(raw, first):  # where each LF may have got a CR of its own on the way
        return raw.replace(b"\n\r", b"\n")
    found = EMPTY_LINE.search(raw, 0, MAX_HEADER)
    end = found.start() if found else min(len(raw), MAX_HEADER)
    if not BARE_CR.search(raw, 0, end):
        return raw
    empty = raw.find(b"\r\r", 0, end)
    if empty >= 0 and _END_CR.search(raw, 0, empty):  # another program has added the rest
        head = raw[: empty + 2].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return head + raw[empty + 2 :]
    return _END_CR.sub(b"\n", raw[:end]) + raw[end:]


def fields_of(head: bytes, wanted: frozenset[bytes]) -> dict[bytes, list[bytes]]:
    """Return the values of the wanted fields, in order, still folded, by lower-case name."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in _FIELD.findall(b"\n" + head):
        name = name.lower()
        if name in wanted:
            found.setdefault(name, []).append(value)
    return found


def header_end(raw: bytes, start: int, end: int, *, top: bool) -> tuple[int, int]:
    """Return where the header block of ``raw[start:end]`` ends, and where its body begins.

    Without an empty line, the body begins at the first line that is not a header field. A part that
    begins with such a line has no header: searching for one would lose text.
    """
    limit = MAX_HEADER if top else MAX_PART_HEADER
    if raw.startswith((b"\n", b"\r\n"), start, end):
        return start, min(end, start + (1 if raw[start] == 10 else 2))
    if not top and not _NAME.match(raw, start, end):
        return start, start
    stop = min(end, start + limit + 4)
    found = EMPTY_LINE.search(raw, start, stop)
    if found and (not top or _FIELD.search(b"\n" + raw[start : found.start() + 1])):
        return found.start() + 1, found.end()
    if found:  # a paragraph of text
        return start, start
    if stop < end:
        raise bomb(f"a header block of more than {limit} bytes")
    broken = _NO_FIELD.search(raw, start, end)
    at = broken.start() if broken else end
    return at, at


#: Returns the label of a mail's own charset; called only for a value that needs it.
Label = Callable[[], str]


def unfolded(raw: bytes, label: Label | None = None) -> str:
    """Return a field's value as one line: unfolded (RFC 5322 §2.2.3), without control characters.

    Before RFC 6532, eight-bit bytes are not allowed but do occur: nearly always UTF-8, else the
    mail's own charset. Without ``label`` they are read as Windows-1252, so the result never
    changes.
    """
    raw = _FOLD.sub(b"", raw) if b"\n" in raw else raw
    raw = raw.replace(b"\0", b"") if b"\0" in raw else raw
    if raw.isascii() and b"\x1b" not in raw:
        text = raw.decode("ascii")
    elif is_iso2022(raw):
        text = iso2022(raw)
    else:
        text = _by_charset(raw, label) if label and not is_utf8(raw) else guess(raw)
    return clean(CONTROL.sub(" ", text)).strip()


def _by_charset(raw: bytes, label: Label) -> str:
    # Programs that cut a value after so many bytes cut through a character.
    return decode(raw, "utf-8" if is_mostly_utf8(raw) else label())


def first_of(fields: dict[bytes, list[bytes]], name: bytes, label: Label | None = None) -> str:
    """Return the first value of a field that is not empty, as one line; "" if there is none."""
    values = (unfolded(one[:MAX_PARAMETERS], label) for one in fields.get(name, ()))
    return next(filter(None, values), "")


_CHARSET = re.compile(rb"charset\*?\s*=\s*[\"']?([\w.:+-]{2,40})", re.IGNORECASE)


def own_charset(raw: bytes) -> str:
    """Return the charset that a mail is written in: the first that it states other than UTF-8.

    If it states none, the likely charset of its eight-bit bytes, as far as they are not UTF-8.
    """
    for found in _CHARSET.finditer(raw[:_SEARCHED]):
        label = found[1].decode("ascii", "replace")
        if charset_of(label) not in ("", "utf-8"):
            return label
    others = (line for line in raw[:_SEARCHED].split(b"\n") if not is_utf8(line))
    return detected(b"\n".join(others))
