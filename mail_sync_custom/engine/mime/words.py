"""Encoded words (RFC 2047), and text prepared for one line."""

from __future__ import annotations

import binascii
import re
import string

from .charsets import clean, decode
from .transfer import URL_SAFE, base64

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
SPACES = re.compile(r"\s+")

# RFC 2047 §2, and more than it allows: an empty charset, spaces and question marks in the text,
# and a last word that was cut.
_ENCODED = re.compile(
    r"=\?([^?\s]{0,75})\?([bBqQ])\?(?:([^?]*(?:\?(?!=)[^?]*){0,8})\?=|([^?\s]+)\?{0,1}\Z)"
)
_BETWEEN = re.compile(r"\?=\s+=\?")
#: An escape of an eight-bit byte that was folded like text.
_FOLDED_SIGN = re.compile(rb"=\s*([89A-F])\s*([0-9A-F])")
_VALUES = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def decode_words(text: str) -> str:
    """Return text with its encoded words decoded (RFC 2047), whatever surrounds them.

    Adjacent words in one charset are decoded together: many senders split a word in the middle of a
    character, or of four letters of base64 (§5 forbids both).
    """
    if "=?" not in text:
        return text
    text = _BETWEEN.sub("?==?", text)
    out: list[str] = []
    words: list[tuple[str, str]] = []
    charset, at = "", 0
    for word in _ENCODED.finditer(text):
        if words and (word.start() != at or word[1].lower() != charset):
            out.append(decode(_words_bytes(words), charset))
            words = []
        out.append(text[at : word.start()])
        charset = word[1].lower()
        words.append((word[2].upper(), word[3] if word[4] is None else word[4]))
        at = word.end()
    if words:
        out.append(decode(_words_bytes(words), charset))
    out.append(text[at:])
    return "".join(out)


def _words_bytes(words: list[tuple[str, str]]) -> bytes:
    """Return the bytes of adjacent words, each (encoding, text)."""
    data: list[bytes] = []
    begun: list[str] = []  # base64 that may go on in the next word
    letters = 0  # in all of these
    for encoding, text in words:
        if encoding == "Q":
            data += [*_base64_bytes(begun), _word_bytes("Q", text)]
            begun, letters = [], 0
            continue
        begun.append(text)
        letters += len(text)
        if text.endswith("=") or len(text) % 4 == 0 == letters % 4:
            data += _base64_bytes(begun)
            begun, letters = [], 0
    return b"".join((*data, *_base64_bytes(begun)))


def _base64_bytes(texts: list[str]) -> list[bytes]:
    """Return the bytes of words in base64, which may be one that was split anywhere."""
    in_fours = sum(map(len, texts)) % 4 == 0 and texts[-1:] and texts[-1].endswith("=")
    if in_fours or not all(map(_is_whole, texts)):
        return [_word_bytes("B", "".join(texts))]
    return [_word_bytes("B", text) for text in texts]  # which lack nothing but their padding


def _is_whole(text: str) -> bool:
    """Whether base64 without padding can end here: what is left of its last letter is zero."""
    text = text.rstrip("=")
    left = {0: 1, 2: 16, 3: 4}.get(len(text) % 4, 0)
    return not text or bool(left and _VALUES.find(text[-1]) % left == 0)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding == "B":
        data = data.translate(URL_SAFE)
        return base64(data, 0, len(data))
    data = _FOLDED_SIGN.sub(rb"=\1\2", data.replace(b"=\n", b""))
    return binascii.a2b_qp(data, header=True)


def one_line(text: str, limit: int) -> str:
    """Return decoded text as one line: an encoded word may hide a line break."""
    return SPACES.sub(" ", clean(CONTROL.sub(" ", text))).strip()[:limit].strip()
