"""Files within text: uuencode (POSIX) and yEnc, as mail had them before MIME and still has."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .limits import MAX_BEGINNINGS, MAX_INLINE_FILES, MAX_UU_LINES

_BEGIN = re.compile(rb"^begin [0-7]{3,6} ([^\r\n]{1,250})\r?\n", re.MULTILINE)
_END = re.compile(rb"^end[ \t]*\r?$\n?", re.MULTILINE)
#: The other form of uuencode: base64.
_BEGIN_64 = re.compile(rb"^begin-base64 [0-7]{3,6} ([^\r\n]{1,250})\r?\n", re.MULTILINE)
_END_64 = re.compile(rb"^====[ \t]*\r?$\n?", re.MULTILINE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{1,100}={0,2}[ \t]*\r?")
_YBEGIN = re.compile(
    rb"^=ybegin [^\r\n]{0,100}?size=\d+ [^\r\n]{0,100}?name=([^\r\n]{1,250})\r?\n", re.MULTILINE
)
_YPART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_YEND = re.compile(rb"^=yend[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)
_YESCAPE = re.compile(rb"=(.)", re.DOTALL)
_MINUS_42 = bytes((byte - 42) % 256 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Inline:
    """A file inside a text."""

    name: bytes
    content: bytes
    whole: bool  # its end is there


def uudecoded(raw: bytes, start: int, end: int) -> bytes:
    """Return the first uuencoded file in ``raw[start:end]``, or those bytes if there is none."""
    found = _BEGIN.search(raw, start, end)
    if not found:
        return raw[start:end]
    stop = _END.search(raw, found.end(), end)
    return _uu(raw, found.end(), stop.start() if stop else end)[0]


def has_beginning(data: bytes) -> bool:
    """Whether there may be a file in a text."""
    return any(word in data for word, _, _ in _FORMS.values())


def without_files(data: bytes) -> tuple[bytes, list[Inline]]:
    """Return a text without the files in it, and the files, including one whose end is missing."""
    if not has_beginning(data):
        return data, []
    kept, files, at = [], [], 0
    for start, end, file in _files(data):
        kept.append(data[at:start])
        files.append(file)
        at = end
        if len(files) >= MAX_INLINE_FILES:
            break
    return b"".join([*kept, data[at:]]), files


def _files(data: bytes) -> Iterator[tuple[int, int, Inline]]:
    """Yield (start, end, file). Each byte is searched once for each of the marks."""
    forms = {begin: ends for begin, ends in _FORMS.items() if ends[0] in data}
    marks = {mark: _Mark(mark, data) for form in forms for mark in (form, forms[form][1])}
    at = 0
    for _ in range(MAX_BEGINNINGS):
        begin = min(
            filter(None, (marks[mark].behind(at) for mark in forms)),
            key=re.Match.start,
            default=None,
        )
        if not begin:
            return
        at = begin.end()
        _, closing, decoded = forms[begin.re]
        stop = marks[closing].behind(at)
        end = stop.start() if stop else len(data)
        content, inner = decoded(data, at, end)
        is_whole = bool(stop) and inner == end
        if content or is_whole:
            at = stop.end() if is_whole else inner  # what is not the file's is text
            yield begin.start(), at, Inline(begin[1].strip(b' \t"'), content, is_whole)
        # Else it is a sentence that begins so.


class _Mark:
    """Where a mark is next."""

    def __init__(self, mark: re.Pattern[bytes], data: bytes):
        self.mark, self.data = mark, data
        self.found = mark.search(data)

    def behind(self, at: int) -> re.Match[bytes] | None:
        """Return the first match from there on; ``at`` never decreases."""
        if self.found and self.found.start() < at:
            self.found = self.mark.search(self.data, at)
        return self.found


_LINE = re.compile(rb"[^\n]+")
_UU_LETTERS = bytes(range(0x20, 0x61))


def _uu(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Decode lines of uuencode; return also where the first other line is, or ``end``.

    After the empty line that ends the encoding, anything but white space counts as other.
    """
    out = []
    for found in islice(_LINE.finditer(data, start, end), MAX_UU_LINES):
        line = found[0].rstrip(b"\r")
        # Trailing spaces, which are zeros, get lost on the way.
        size = (line[0] - 32) & 63 if line else 0
        if not size:
            rest = line.strip(b"` ") or data[found.end() : end].strip()
            return b"".join(out), found.start() if rest else end
        letters = line[: 1 + (size + 2) // 3 * 4]
        if len(line) > len(letters) + 2 or letters.translate(None, _UU_LETTERS):
            return b"".join(out), found.start()
        out.append(binascii.a2b_uu(letters))
    return b"".join(out), end


def _base64(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Decode lines of base64; return also where the first other line is, or ``end``."""
    out = []
    for found in islice(_LINE.finditer(data, start, end), MAX_UU_LINES):
        if not _BASE64_LINE.fullmatch(found[0]):
            end = found.start()
            break
        out.append(found[0])
    letters = b"".join(out).translate(None, b"= \t\r")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)), end


def _yenc(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Decode yEnc; b"" if there are too many escapes for it to be yEnc."""
    body = data[start:end]
    if part := _YPART.match(body):
        body = body[part.end() :]
    body = body.translate(None, b"\r\n")
    if 16 * body.count(b"=") > len(body) + 256:
        return b"", end
    body = _YESCAPE.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), body)
    return body.translate(_MINUS_42), end


#: The line with which each form begins → a word of it, the line that ends it, and its decoder.
_FORMS = {
    _BEGIN: (b"begin ", _END, _uu),
    _BEGIN_64: (b"begin-base64 ", _END_64, _base64),
    _YBEGIN: (b"=ybegin ", _YEND, _yenc),
}
