"""What a part holds: its bytes decoded, its size, its text."""

from __future__ import annotations

import re

from .charsets import decode
from .limits import MAX_TEXT
from .transfer import DECODERS, as_it_is
from .tree import Part

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_.:-]{1,40})""", re.I)


def content_of(raw: bytes, part: Part, limit: int | None = None) -> bytes:
    """Return the decoded body of a part, of its first ``limit`` bytes. The one copy of it."""
    end = part.end if limit is None else min(part.end, part.start + limit)
    return DECODERS.get(part.encoding, as_it_is)(raw, part.start, end)


def size_of(raw: bytes, part: Part) -> int:
    """Return how large a part will be, without decoding it."""
    size = part.end - part.start
    if part.encoding != "base64":
        return size
    no_letters = sum(raw.count(byte, part.start, part.end) for byte in b"\r\n=")
    return (size - no_letters) * 3 // 4


def text_of(raw: bytes, part: Part) -> str:
    """Return the text of a part, its lines ended by a line feed."""
    data = content_of(raw, part, MAX_TEXT)
    cut = part.cut or part.end - part.start > MAX_TEXT
    charset = part.parameters.get("charset", "")
    if not charset and part.mimetype == "text/html":
        declared = _META_CHARSET.search(data[:2048])
        charset = declared[1].decode() if declared else ""
    text = decode(data, charset, cut).replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    if part.mimetype == "text/plain" and part.parameters.get("format", "").lower() == "flowed":
        return _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _unflowed(text: str, delsp: bool) -> str:
    """Return text with the paragraphs that RFC 3676 broke into lines joined again.

    A line that ends in a space goes on in the next one of the same quote depth; "-- " does not.
    """
    out: list[str] = []
    previous, flowing = 0, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if flowing and depth == previous and not signature:
            out.append(content)
        else:
            out.append(("\n" if out else "") + (">" * depth + " " if depth else "") + content)
        flowing = content.endswith(" ") and not signature
        if flowing and delsp:
            out[-1] = out[-1][:-1]
        previous = depth
    return "".join(out)
