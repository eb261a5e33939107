"""S/MIME: the content of ``signed-data`` (RFC 8551 §3.5.2, RFC 5652 §5), or of compressed data.

The signature is not checked, because no trusted certificates are configured; the mail says so. This
is a bounded walk through the DER or BER to the content; nothing else is read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from .limits import MAX_INFLATED

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_COMPRESSED_DATA = bytes.fromhex("060b2a864886f70d0109100109")
_ZLIB = bytes.fromhex("060b2a864886f70d0109100308")
_SEQUENCE, _OCTETS, _OCTETS_IN_PARTS, _EXPLICIT_0 = 0x30, 0x04, 0x24, 0xA0
#: Constructed strings within each other, and elements in all, that are read.
_MAX_DEPTH, _MAX_ELEMENTS = 8, 100_000


class _Broken(ValueError):
    """The bytes are not what their label says."""


def signed_content(data: bytes) -> bytes:
    """Return the entity that was signed; b"" if it is encrypted, detached or broken."""
    try:
        signed = _behind_version(data, _SIGNED_DATA)
        signed.take()  # digestAlgorithms
        inner = signed.expect(_SEQUENCE)
        if inner.take() != _DATA:
            return b""
        return b"".join(inner.expect(_EXPLICIT_0).octets())
    except _Broken:
        return b""


def compressed_content(data: bytes) -> bytes:
    """Return the entity that was compressed (RFC 3274); b"" if it is too large or broken."""
    try:
        compressed = _behind_version(data, _COMPRESSED_DATA)
        if compressed.expect(_SEQUENCE).take() != _ZLIB:
            return b""
        inner = compressed.expect(_SEQUENCE)
        inner.take()  # the content's type
        inflating = zlib.decompressobj()
        content = inflating.decompress(b"".join(inner.expect(_EXPLICIT_0).octets()), MAX_INFLATED)
        return content if inflating.eof else b""
    except (_Broken, zlib.error):
        return b""


def _behind_version(data: bytes, kind: bytes) -> _Reader:
    """Return what follows the version in a ContentInfo (RFC 5652 §3).

    Raises _Broken if its content is of another kind.
    """
    info = _Reader(data).expect(_SEQUENCE)
    if info.take() != kind:
        raise _Broken
    content = info.expect(_EXPLICIT_0).expect(_SEQUENCE)
    content.take()
    return content


class _Reader:
    """Reads elements one after another (X.690 §8.1), also those of indefinite length."""

    def __init__(
        self, data: bytes, at: int = 0, end: int | None = None, left: list[int] | None = None
    ):
        self.data, self.at = data, at
        self.end = len(data) if end is None else end
        self.left = left or [_MAX_ELEMENTS]

    def _header(self) -> tuple[int, int, int | None]:
        """Return (tag, where the content begins, where it ends or None) of the next element."""
        data, at = self.data, self.at
        self.left[0] -= 1
        if at + 2 > self.end or self.left[0] < 0 or data[at] & 0x1F == 0x1F:
            raise _Broken
        tag, size, at = data[at], data[at + 1], at + 2
        if size == 0x80:
            return tag, at, None
        if size > 0x80:
            count = size & 0x7F
            if count > 6 or at + count > self.end:
                raise _Broken
            size, at = int.from_bytes(data[at : at + count]), at + count
        if at + size > self.end:
            raise _Broken
        return tag, at, at + size

    def expect(self, wanted: int) -> _Reader:
        """Step into the next element, which has this tag."""
        tag, start, end = self._header()
        if tag != wanted:
            raise _Broken
        if end is not None:
            self.at = end
        return _Reader(self.data, start, self.end if end is None else end, self.left)

    def take(self, depth: int = 0) -> bytes:
        """Return the whole next element, and step past it."""
        begin = self.at
        _, start, end = self._header()
        if end is None:
            self.at = start
            while self.data[self.at : self.at + 2] != b"\0\0":
                if depth > _MAX_DEPTH:
                    raise _Broken
                self.take(depth + 1)
            end = self.at + 2
        self.at = end
        return self.data[begin:end]

    def octets(self, depth: int = 0) -> Iterator[bytes]:
        """Yield the pieces of the next element, an octet string."""
        tag, start, end = self._header()
        if tag == _OCTETS and end is not None:
            yield self.data[start:end]
            self.at = end
        elif tag == _OCTETS_IN_PARTS and depth < _MAX_DEPTH:
            inner = _Reader(self.data, start, self.end if end is None else end, self.left)
            while inner.at < inner.end and inner.data[inner.at : inner.at + 2] != b"\0\0":
                yield from inner.octets(depth + 1)
            self.at = inner.at + 2 if end is None else end
        else:
            raise _Broken
