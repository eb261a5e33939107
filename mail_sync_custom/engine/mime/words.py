"""Encoded words (RFC 2047), and text prepared for one line."""

from __future__ import annotations

import binascii
import re

from .charsets import clean, decode
from .transfer import base64

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
SPACES = re.compile(r"\s+")

# RFC 2047 §2, and more than it allows: an empty charset, spaces and question marks in the text,
# and a last word that was cut.
_ENCODED = re.compile(
    r"=\?([^?\s]{0,75})\?([bBqQ])\?(?:([^?]*(?:\?(?!=)[^?]*){0,8})\?=|([^?\s]+)\?{0,1}\Z)"
)
_BETWEEN = re.compile(r"\?=\s+=\?")
#: Some senders use the other alphabet of base64 (RFC 4648 §5).
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def decode_words(text: str) -> str:
    """Return text with its encoded words decoded (RFC 2047), whatever surrounds them.

    Adjacent words in one charset are decoded together: many senders split a word in the middle of a
    character (§5 forbids it).
    """
    if "=?" not in text:
        return text
    text = _BETWEEN.sub("?==?", text)
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for word in _ENCODED.finditer(text):
        if pending and (word.start() != at or word[1].lower() != charset):
            out.append(decode(pending, charset))
            pending = b""
        out.append(text[at : word.start()])
        charset = word[1].lower()
        pending += _word_bytes(word[2], word[3] if word[4] is None else word[4])
        at = word.end()
    if pending:
        out.append(decode(pending, charset))
    out.append(text[at:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        data = data.translate(_URL_SAFE)
        return base64(data, 0, len(data))
    return binascii.a2b_qp(data.replace(b"=\n", b""), header=True)


def one_line(text: str, limit: int) -> str:
    """Return decoded text as one line: an encoded word may hide a line break."""
    return SPACES.sub(" ", clean(CONTROL.sub(" ", text))).strip()[:limit].strip()
