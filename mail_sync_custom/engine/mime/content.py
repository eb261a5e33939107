"""What a part holds: its bytes decoded, its size, its text."""

from __future__ import annotations

import re

from .charsets import decode
from .formats import CONVERTERS
from .limits import MAX_TEXT
from .transfer import DECODERS, as_it_is, is_base64
from .tree import Part


def content_of(part: Part, limit: int | None = None) -> bytes:
    """Return the decoded body of a part, of its first ``limit`` bytes. The one copy of it."""
    end = part.end if limit is None else min(part.end, part.start + limit)
    decoder = DECODERS.get(part.encoding, as_it_is)
    if part.encoding == "base64" and not is_base64(part.raw, part.start, end):
        decoder = as_it_is
    return decoder(part.raw, part.start, end)


def size_of(part: Part) -> int:
    """Return how large a part will be, without decoding it."""
    size = part.end - part.start
    if part.encoding != "base64":
        return size
    no_letters = sum(part.raw.count(byte, part.start, part.end) for byte in b"\r\n=")
    return (size - no_letters) * 3 // 4


_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([a-z0-9_.:-]{1,40})""", re.I)


def is_cut(part: Part) -> bool:
    """Whether a part's text is not whole."""
    return part.cut or part.end - part.start > MAX_TEXT


def text_of(part: Part, data: bytes, label: str = "") -> tuple[str, str]:
    """Return (type, text) of a part's decoded bytes: text/plain or text/html, lines ended by \\n.

    ``label`` is the mail's own charset, for a part that states none.
    """
    others = (label,)
    if part.mimetype in _HTML and (declared := _META_CHARSET.search(data[:4096])):
        others = (declared[1].decode("ascii"), label)
    text = decode(data, part.parameters.get("charset", ""), cut=is_cut(part), others=others)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if part.mimetype in _HTML:
        return "text/html", text
    if part.mimetype == "text/plain" and part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    elif converter := CONVERTERS.get(part.mimetype):
        text = converter(text)
    return "text/plain", text


#: Types whose text is HTML. AMP's and the watch's are renditions of their own.
_HTML = frozenset("text/html text/x-amp-html text/watch-html".split())


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
