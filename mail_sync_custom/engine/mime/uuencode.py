"""Files within text: uuencode (POSIX) and yEnc, as mail had them before MIME and still has."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .limits import MAX_INLINE_FILES

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
    """A file that stands in a text."""

    name: bytes
    content: bytes
    whole: bool  # its end is there


def uudecoded(raw: bytes, start: int, end: int) -> bytes:
    """Return the first uuencoded file of ``raw[start:end]``; what is none as it is."""
    found = _BEGIN.search(raw, start, end)
    if not found:
        return raw[start:end]
    stop = _END.search(raw, found.end(), end)
    return _uu(raw[found.end() : stop.start() if stop else end])


def without_files(data: bytes) -> tuple[bytes, list[Inline]]:
    """Return a text without the files in it, and the files. A file without its end is one, too."""
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
    at = 0
    while True:
        uu, yenc = _BEGIN.search(data, at), _YBEGIN.search(data, at)
        begin = min(filter(None, (uu, yenc)), key=re.Match.start, default=None)
        if not begin:
            return
        stop = (_END if begin is uu else _YEND).search(data, begin.end())
        end = stop.end() if stop else len(data)
        body = data[begin.end() : stop.start() if stop else end]
        content = _uu(body) if begin is uu else _yenc(body)
        if content or stop:
            yield begin.start(), end, Inline(begin[1].strip(), content, bool(stop))
            at = end
        else:  # a sentence that begins so
            at = begin.end()


def _uu(body: bytes) -> bytes:
    """Return what lines of uuencode say; the first that is none of them ends it."""
    out = []
    for line in body.splitlines():
        line = line.rstrip(b"\r")
        if not line or line[0] in b"` ":
            break
        # Trailing spaces, which are zeros, get lost on the way.
        size = (line[0] - 32) & 63
        try:
            out.append(binascii.a2b_uu(line[: 1 + (size + 2) // 3 * 4]))
        except binascii.Error:
            break
    return b"".join(out)


def _yenc(body: bytes) -> bytes:
    if part := _YPART.match(body):
        body = body[part.end() :]
    body = body.translate(None, b"\r\n")
    return _YESCAPE.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), body).translate(_MINUS_42)
