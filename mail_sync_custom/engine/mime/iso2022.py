"""ISO-2022-JP, -KR and -CN → text, as mailers write them rather than as the RFCs define them.

Python's codecs reject a whole text because of one unknown sequence, and they know neither the rows
that vendors added to JIS X 0208 (①, ㈱, 髙), nor half-width kana, nor ISO-2022-CN. Here bytes are
decoded set by set (RFC 1468, 1554, 1557, 1922), each through a charset that Python knows with all
of its extensions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

_MARK = "\ufffd"
#: Shifts and line ends that are followed; a text has a few per line.
_MAX_TOKENS = 200_000
# An escape sequence, whole or cut by the end of the text; a shift; a line's end.
_TOKEN = re.compile(
    rb"\x1b(\$[()*+]?[@-_]|[()*+][0-~]|\.[AF]|\$[()*+]?\Z|[()*+.]?\Z)|\x1b([NO])|([\x0e\x0f])|(\r?\n)"
)


def is_iso2022(data: bytes) -> bool:
    """Whether seven-bit text contains the escape sequences of a two-byte set."""
    return b"\x1b$" in data and data.isascii()


def iso2022(data: bytes) -> str:
    """Return the text, unreadable characters marked one by one. Never raises.

    >>> iso2022(b"\\x1b$B-!3t\\x1b(B x")
    '①株 x'
    """
    out: list[str] = []
    # Japanese text need not say that it shifts to kana (JIS X 0201); Korean and Chinese text does.
    sets: dict[str, Callable[[bytes], str]] = {"G0": _single, "G1": _kana, "G2": _latin1}
    shifted, at = False, 0
    for token in islice(_TOKEN.finditer(data), _MAX_TOKENS):
        out.append(sets["G1" if shifted else "G0"](data[at : token.start()]))
        at = token.end()
        escape, single, shift, newline = token.groups()
        if escape is not None:
            _designate(sets, escape)
        elif single:
            out.append(sets["G2"](data[at : at + 1]))
            at += 1
        elif shift:
            shifted = shift == b"\x0e"
        else:
            out.append("\n" if newline == b"\n" else "\r\n")
            shifted = False  # RFC 1468, RFC 1557: a line begins in ASCII
            sets["G0"] = _single
    out.append(sets["G1" if shifted else "G0"](data[at:]))
    return "".join(out)


def _designate(sets: dict[str, Callable[[bytes], str]], escape: bytes) -> None:
    """Apply an escape sequence (ISO/IEC 2022 §13); an unknown one changes nothing."""
    final = escape[-1:]
    if escape.startswith(b"$"):
        target = {b")": "G1", b"*": "G2"}.get(escape[1:2], "G0")
        table = _DOUBLE.get(final)
    elif escape.startswith(b"."):
        target, table = "G2", {b"A": _latin1, b"F": _greek}.get(final)
    else:
        target, table = {b")": "G1", b"*": "G2"}.get(escape[:1], "G0"), _SINGLE.get(final)
    if table:
        sets[target] = table


def _single(data: bytes) -> str:
    # Eight-bit bytes are half-width kana, as in CP50221.
    return data.decode("ascii") if data.isascii() else data.decode("cp932", "replace")


def _kana(data: bytes) -> str:
    return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in data).decode(
        "cp932", "replace"
    )


def _latin1(data: bytes) -> str:
    return bytes(byte | 0x80 for byte in data).decode("latin-1")


def _greek(data: bytes) -> str:
    return bytes(byte | 0x80 for byte in data).decode("iso8859-7", "replace")


class _Table(dict[bytes, str]):
    """Two seven-bit bytes → a character; filled as characters are met."""

    def __init__(self, decode: Callable[[int, int], str]):
        super().__init__()
        self.decode = decode

    def __missing__(self, pair: bytes) -> str:
        self[pair] = found = self.decode(pair[0] & 0x7F, pair[1] & 0x7F)
        return found


# Runs of bytes that form pairs, and everything else.
_RUNS = re.compile(rb"([\x21-\x7e\xa1-\xfe]+)|([^\x21-\x7e\xa1-\xfe]+)")


def _pairs(decode: Callable[[int, int], str]) -> Callable[[bytes], str]:
    """Return a decoder of text in pairs of bytes; other bytes stand for themselves."""
    table = _Table(decode)

    def read(data: bytes) -> str:
        out: list[str] = []
        for pairs, others in islice(map(re.Match.groups, _RUNS.finditer(data)), _MAX_TOKENS):
            if pairs:
                out += [table[pairs[at : at + 2]] for at in range(0, len(pairs) - 1, 2)]
                out.append(_MARK if len(pairs) % 2 else "")
            else:
                out.append(others.decode("ascii", "replace"))
        return "".join(out)

    return read


def _in(*charsets: str, prefix: bytes = b"") -> Callable[[int, int], str]:
    """Return a decoder of a pair in a charset's eight-bit form, using the first that has it."""

    def decode(first: int, second: int) -> str:
        pair = prefix + bytes((first | 0x80, second | 0x80))
        for charset in charsets:
            try:
                return pair.decode(charset)
            except UnicodeDecodeError:
                continue
        return _MARK

    return decode


def jis_pair(first: int, second: int) -> str:
    """Return the character of two seven-bit bytes of JIS X 0208, including vendors' rows."""
    lead = ((first + 1) >> 1) + (0x70 if first < 0x5F else 0xB0)
    trail = second + ((0x20 if second > 0x5F else 0x1F) if first & 1 else 0x7E)
    try:
        return bytes((lead, trail)).decode("cp932")
    except UnicodeDecodeError:
        return _in("euc_jisx0213")(first, second)


_jis = _pairs(jis_pair)
_DOUBLE = {
    b"@": _jis,
    b"B": _jis,
    b"D": _pairs(_in("euc_jp", prefix=b"\x8f")),  # JIS X 0212
    b"O": _pairs(_in("euc_jisx0213")),
    b"Q": _pairs(_in("euc_jis_2004")),
    b"P": _pairs(_in("euc_jis_2004", prefix=b"\x8f")),
    b"A": _pairs(_in("gb18030")),
    b"C": _pairs(_in("cp949")),
}
_SINGLE = {b"B": _single, b"J": _single, b"H": _single, b"I": _kana}
