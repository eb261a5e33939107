"""The content of a part: its decoded bytes, its size, its text."""

from __future__ import annotations

import re
from html import escape

from .charsets import Detect, decode
from .formats import CONVERTERS
from .limits import MAX_CONVERTED
from .transfer import DECODERS, as_it_is, is_base64
from .tree import Part


def content_of(part: Part, limit: int | None = None) -> bytes:
    """Return the decoded body of a part, or of its first ``limit`` bytes: the only copy of it."""
    end = part.end if limit is None else min(part.end, part.start + limit)
    decoder = DECODERS.get(part.encoding, as_it_is)
    if part.encoding == "base64" and not is_base64(part.raw, part.start, end):
        decoder = as_it_is
    return decoder(part.raw, part.start, end)


def size_of(part: Part) -> int:
    """Return the size that a part will have, without decoding it."""
    size = part.end - part.start
    if part.encoding != "base64":
        return size
    no_letters = sum(part.raw.count(byte, part.start, part.end) for byte in b"\r\n=")
    return (size - no_letters) * 3 // 4


# In HTML's own tag, or in the declaration of XML.
_META_CHARSET = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml\s[^>]{0,100}?encoding)\s*=\s*["']?([a-z0-9_.:-]{1,40})""",
    re.I,
)


# A picture inlined in its tag that is too large to be kept there.
_LARGE_DATA = re.compile(rb"data:image/[a-z.+-]{1,20};base64,[A-Za-z0-9+/=\s]{262144,}")


def text_bytes(part: Part, limit: int) -> tuple[bytes, bool]:
    """Return the bytes of a part's text, up to ``limit``, and whether there are more."""
    data = content_of(part)
    if len(data) > limit > 0 and part.mimetype in HTML:
        data = _LARGE_DATA.sub(b"data:,", data)
    return data[:limit], part.cut or len(data) > limit


def text_of(
    part: Part, data: bytes, *, cut: bool, label: str, detect: Detect
) -> tuple[str, str, bool]:
    """Return (type, text, whether there is more) for the bytes of a part's text.

    The type is text/plain or text/html; lines end in \\n. ``label`` is the mail's own charset, for
    a part that states none, and ``detect`` is for a part in yet another charset.
    """
    others = (label,)
    if part.mimetype in HTML and (declared := _META_CHARSET.search(data[:4096])):
        others = (declared[1].decode("ascii"), label)
    text = decode(data, part.parameters.get("charset", ""), cut=cut, others=others, detect=detect)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if part.mimetype == "application/xhtml+xml":
        text = _without_cdata(text)
    if part.mimetype in HTML:
        return "text/html", text, cut
    if part.mimetype == "text/plain" and part.parameters.get("format", "").lower() == "flowed":
        # Beyond, the lines stay as they are.
        head, tail = text[:MAX_CONVERTED], text[MAX_CONVERTED:]
        text = _unflowed(head, part.parameters.get("delsp", "").lower() == "yes") + tail
    elif converter := CONVERTERS.get(part.mimetype):
        cut = cut or len(text) > MAX_CONVERTED
        text = converter(text[:MAX_CONVERTED])
    return "text/plain", text, cut


#: Types whose text is HTML. AMP's and the watch's are renditions of their own.
HTML = frozenset("text/html application/xhtml+xml text/x-amp-html text/watch-html".split())


def _without_cdata(text: str) -> str:
    """Return XML with the text of its CDATA sections written as text: HTML has no such sections."""
    out, at = [], 0
    while (begin := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", begin)) >= 0:
        out += (text[at:begin], escape(text[begin + 9 : end], quote=False))
        at = end + 3
    return "".join((*out, text[at:]))


def _unflowed(text: str, delsp: bool) -> str:
    """Return text with paragraphs rejoined that RFC 3676 broke into lines.

    A line that ends in a space continues in the next one of the same quote depth; "-- " does not.
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
