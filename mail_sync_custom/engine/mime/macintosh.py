"""Files that a Macintosh wrapped, BinHex (RFC 1741) and AppleSingle (RFC 1740) → the file itself.

Only the data fork is returned, which is what other computers call the file. Neither the checksums
nor the resource fork are read.
"""

from __future__ import annotations

import binascii
import re
import struct
from itertools import islice

#: The letters of BinHex by their values (RFC 1741 §5).
_LETTERS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_BASE64 = bytes.maketrans(_LETTERS, _BASE64)
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))
_HEXED = re.compile(rb"(?:\A|[\r\n])[ \t]*:([^:]+)(?::|\Z)")
_BEGINNING = re.compile(rb"\(This file must be converted with BinHex")
#: Bytes that come of repetitions.
_MOST = 40 * 1024 * 1024
_SINGLE = b"\x00\x05\x16\x00"
_DATA, _NAME = 1, 3
_MAX_ENTRIES = 100


def unwrapped(data: bytes) -> tuple[bytes, bytes] | None:
    """Return (name, content) of the file in BinHex or AppleSingle; None if it is in neither."""
    return _from_single(data) if data.startswith(_SINGLE) else _from_binhex(data)


def _from_binhex(data: bytes) -> tuple[bytes, bytes] | None:
    begin = _BEGINNING.search(data, 0, 64 * 1024)
    found = _HEXED.search(data, begin.end()) if begin else None
    if not found:
        return None
    raw = _expanded(_bytes(found[1]))
    size = raw[0] if raw else 0
    # Behind the name: a zero, type, creator, flags, the lengths of both forks, a checksum.
    if not size or len(raw) < size + 22:
        return None
    length = struct.unpack_from(">L", raw, size + 12)[0]
    content = raw[size + 22 : size + 22 + length]
    return (raw[1 : size + 1], content) if len(content) == length else None


def _bytes(text: bytes) -> bytes:
    letters = text.translate(_TO_BASE64, _NO_LETTERS)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _expanded(data: bytes) -> bytes:
    """Return data with its runs written out (RFC 1741 §5): a byte, 0x90, and how often.

    0x90 and 0 stand for 0x90 itself. Empty if there would be too much.
    """
    first, *others = data.split(b"\x90")
    out, last, size = [first], first[-1:], 0
    for piece in others:
        count = piece[0] if piece else 0
        run = last * (count - 1) if count else b"\x90"
        last = piece[-1:] if len(piece) > 1 else run[-1:] or last
        out += (run, piece[1:])
        size += count
        if size > _MOST:
            return b""
    return b"".join(out)


def _from_single(data: bytes) -> tuple[bytes, bytes] | None:
    if len(data) < 26:
        return None
    count = struct.unpack_from(">H", data, 24)[0]
    table = data[26 : 26 + 12 * count]
    entries = islice(struct.iter_unpack(">LLL", table[: len(table) // 12 * 12]), _MAX_ENTRIES)
    found = {kind: data[start : start + size] for kind, start, size in entries}
    return (found.get(_NAME, b""), found[_DATA]) if found.get(_DATA) else None
