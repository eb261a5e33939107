"""Content-Transfer-Encoding → the bytes that were meant (RFC 2045 §6)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from itertools import islice

from .limits import MAX_CHUNKS

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))


_CHUNK = re.compile(rb"[^=]+=*")


def base64(raw: bytes, start: int, end: int) -> bytes:
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


def as_it_is(raw: bytes, start: int, end: int) -> bytes:
    """Return the bytes of ``raw[start:end]``."""
    return raw[start:end]


#: Other encodings, uuencode among them, are left as they came.
DECODERS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "base64": base64,
    "quoted-printable": _quoted_printable,
}
