"""Content-Transfer-Encoding → the bytes that were meant (RFC 2045 §6)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from itertools import islice

from .limits import MAX_CHUNKS
from .uuencode import uudecoded

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#: Some senders use the other alphabet of base64 (RFC 4648 §5).
URL_SAFE = bytes.maketrans(b"-_", b"+/")
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))
_CHUNK = re.compile(rb"[^=]+=*")
_NOISE = re.compile(r"[^a-z0-9]")
_NAMES = {
    "base64": "base64",
    "quotedprintable": "quoted-printable",
    **dict.fromkeys(("uuencode", "xuuencode", "uue", "xuue"), "x-uuencode"),
}


def encoding_of(name: str) -> str:
    """Return an encoding's usual name, "" for one that changes nothing or is unknown."""
    return _NAMES.get(_NOISE.sub("", name), "") if name else ""


def base64(raw: bytes, start: int, end: int) -> bytes:
    """Return the decoded base64 of ``raw[start:end]``, as far as it is readable (RFC 2045 §6.8).

    Padding ends it, and text that lists append is dropped, unless it is more base64: some senders
    encode line by line. Python's own behaviour here differs between releases.
    """
    end = _before_footer(raw, start, end)
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


def _is_url_safe(raw: bytes, start: int, end: int) -> bool:
    in_other = any(raw.find(letter, start, end) >= 0 for letter in (b"-", b"_"))
    return in_other and not any(raw.find(letter, start, end) >= 0 for letter in (b"+", b"/"))


def _letters(raw: bytes, start: int, end: int) -> bytes:
    """Return one decoded piece of base64 that has at most its own padding."""
    if _is_url_safe(raw, start, end):
        raw, start, end = raw[start:end].translate(URL_SAFE), 0, end - start
    try:
        with memoryview(raw)[start:end] as view:
            return binascii.a2b_base64(view)
    except (binascii.Error, ValueError):
        letters = raw[start:end].translate(None, _NO_LETTERS)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


# In either alphabet; not a line that separates a footer.
_BASE64_LINE = re.compile(rb"(?=[+/_-]*[A-Za-z0-9])[A-Za-z0-9+/_-]+=*")
_LINE = re.compile(rb"[^\n]*[^\s][^\n]*")
#: Bytes at the beginning or the end that distinguish base64 from text.
_LOOKED_AT = 2_000
#: What hardly any word has, and nearly every line of base64: a capital letter within.
_INNER_CAPITAL = re.compile(rb"[a-z0-9+/][A-Z]")
#: This many letters in a row are not a word of a text.
_NO_WORD = 16


def _is_base64_line(line: bytes) -> bool:
    """Whether a line looks like base64: also with a stray sign in it, or spaces between lines."""
    if _BASE64_LINE.fullmatch(line):
        return True
    if not _INNER_CAPITAL.search(line) or b"://" in line or b"@" in line:
        return False
    *words, last = line.split()
    if all(map(_BASE64_LINE.fullmatch, (*words, last))):
        return all(len(word) >= _NO_WORD and _INNER_CAPITAL.search(word) for word in words)
    odd = len(line.translate(None, _LETTERS + b"-_="))
    letters = len(line.translate(None, _NO_LETTERS))
    return not words and _NO_WORD * odd <= letters


def _before_footer(raw: bytes, start: int, end: int) -> int:
    """Return where base64 without padding ends: before any text that a list has appended.

    One wrong line among others of base64 does not end it.
    """
    at = max(start, end - _LOOKED_AT)
    lines = [(found.start(), found[0].strip()) for found in _LINE.finditer(raw, at, end)]
    if at > start:
        lines = lines[1:]  # which may be the rest of one
    wrong = [not _is_base64_line(line) for _, line in lines]
    if True not in wrong or 2 * sum(wrong[(first := wrong.index(True)) :]) <= len(wrong) - first:
        return end
    letters = sum(len(line) for _, line in lines[:first])
    is_whole = at > start or (letters >= _NO_WORD and letters % 4 == 0)
    return lines[first][0] if is_whole else end


def is_base64(raw: bytes, start: int, end: int) -> bool:
    """Whether the first lines look like base64: some senders claim it without encoding."""
    end = min(_before_footer(raw, start, end), start + _LOOKED_AT)
    head = raw[start:end].partition(b"=")[0].split(b"\n")
    lines = [line.strip() for line in head if line.strip()]
    wrong = sum(not _is_base64_line(line) for line in lines)
    return 2 * wrong <= len(lines)


# White space behind the sign was added in transit (rule 3).
_PADDED_BREAK = re.compile(rb"=[ \t]+\r*\n")
_BARE_CR = re.compile(rb"=\r(?!\n)")
_BARE_SIGN = re.compile(rb"=(?==)")
#: Signs without an escape that are kept where there are several.
_MAX_SIGNS = 100_000


def _quoted_printable(raw: bytes, start: int, end: int) -> bytes:
    """Return decoded quoted-printable (RFC 2045 §6.7).

    Python drops all up to the next line feed behind a bare CR, and one of two signs.
    """
    if _PADDED_BREAK.search(raw, start, end):
        raw, start, end = _whole(_PADDED_BREAK.sub(b"=\n", raw[start:end]))
    if _BARE_CR.search(raw, start, end):
        lines = raw[start:end].replace(b"\r\r\n", b"\r\n").replace(b"=\r\n", b"=\n")
        raw, start, end = _whole(lines.replace(b"=\r", b"=\n"))
    if raw.find(b"==", start, end) >= 0:
        raw, start, end = _whole(_BARE_SIGN.sub(b"=3D", raw[start:end], count=_MAX_SIGNS))
    with memoryview(raw)[start:end] as view:
        return binascii.a2b_qp(view)


def _whole(data: bytes) -> tuple[bytes, int, int]:
    return data, 0, len(data)


def as_it_is(raw: bytes, start: int, end: int) -> bytes:
    """Return the bytes of ``raw[start:end]``."""
    return raw[start:end]


#: Other encodings are left as they came.
DECODERS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "base64": base64,
    "quoted-printable": _quoted_printable,
    "x-uuencode": uudecoded,
}
