"""Files within text: uuencode (POSIX) and yEnc, as mail had them before MIME and still has."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .limits import MAX_BEGINNINGS, MAX_INLINE_FILES, MAX_UU_LINES

_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,250})\r?\n", re.MULTILINE)
_END = re.compile(rb"^end[ \t]*\r?$\n?", re.MULTILINE)
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


def without_files(data: bytes) -> tuple[bytes, list[Inline]]:
    """Return a text without the files in it, and the files, including one whose end is missing."""
    if b"begin " not in data:
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
    marks = {mark: _Mark(mark, data) for mark in (_BEGIN, _END, _YBEGIN, _YEND)}
    at = 0
    for _ in range(MAX_BEGINNINGS):
        begin = min(
            filter(None, (marks[mark].behind(at) for mark in (_BEGIN, _YBEGIN))),
            key=re.Match.start,
            default=None,
        )
        if not begin:
            return
        at = begin.end()
        is_uu = begin.re is _BEGIN
        stop = marks[_END if is_uu else _YEND].behind(at)
        end = inner = stop.start() if stop else len(data)
        if is_uu:
            content, inner = _uu(data, at, end)
        else:
            content = _yenc(data[at:end])
        is_whole = bool(stop) and inner == end
        if content or is_whole:
            at = stop.end() if is_whole else inner  # what is not the file's is text
            yield begin.start(), at, Inline(begin[1].strip(), content, is_whole)
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


def _yenc(body: bytes) -> bytes:
    """Decode yEnc; b"" if there are too many escapes for it to be yEnc."""
    if part := _YPART.match(body):
        body = body[part.end() :]
    body = body.translate(None, b"\r\n")
    if 16 * body.count(b"=") > len(body) + 256:
        return b""
    body = _YESCAPE.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), body)
    return body.translate(_MINUS_42)
