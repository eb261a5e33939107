"""The tree of a message's parts, by their places in its bytes (RFC 2046 §5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice

from .detection import detected
from .fields import fields_of, first_of, header_end, own_charset, with_line_feeds
from .limits import (
    MAX_DEPTH,
    MAX_DETECTIONS,
    MAX_FALSE_BOUNDARIES,
    MAX_ID,
    MAX_OPENED,
    MAX_PARTS,
    bomb,
)
from .parameters import read_parameters, token
from .transfer import DECODERS, encoding_of
from .words import decode_words

_PART_FIELDS = frozenset(
    b"content-type content-transfer-encoding content-disposition content-id "
    b"content-location".split()
)
_MIMETYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
#: Misspellings of the two types that senders mean.
_SHORT = {
    **dict.fromkeys(("html", "text/htm", "text\\html", "html/text"), "text/html"),
    **dict.fromkeys(("text", "plain", "text\\plain"), "text/plain"),
}
# A line that can only be the boundary that the Content-Type fails to name.
_BOUNDARY = re.compile(rb"^--([!-~]{1,70})[ \t]*\r?\n(?i:content)-[A-Za-z-]+:", re.MULTILINE)
_ANGLED = re.compile(r"<([^<>]+)>")
# Behind a boundary and two dashes: the rest of another boundary, which begins with the first and
# its dashes. Words that were appended to the closing line have a space, or are longer.
_LONGER = re.compile(rb"--[!-~]{1,66}[ \t]*\r?")


@dataclass(frozen=True, slots=True)
class Part:
    """A part by its place: ``raw[start:end]`` is its body, nothing is copied yet."""

    raw: bytes = field(repr=False)
    mimetype: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    encoding: str
    content_id: str
    content_location: str
    start: int
    end: int
    depth: int
    cut: bool  # the message, and this part with it, was truncated
    bare: bool  # no header and no body: what a cut leaves behind a boundary
    children: tuple[Part, ...] = ()


class Tree:
    """Reads the parts of one message, and enforces the limits against bombs."""

    def __init__(self, raw: bytes):
        #: Returns the mail's own charset, for parts that do not state one.
        self.label = cache(partial(own_charset, raw))
        self.parts = 0
        self.false = 0
        self.detections = 0
        self.opened = 0

    def detect(self, data: bytes) -> str:
        """Return the charset that bytes are likely in, of the first few texts that need it."""
        self.detections += 1
        return detected(data) if self.detections <= MAX_DETECTIONS else "cp1252"

    def may_open(self, size: int) -> bool:
        """Whether this many bytes may still be extracted from a container, and count them."""
        self.opened += size
        return self.opened <= MAX_OPENED

    def part(
        self,
        raw: bytes,
        start: int,
        end: int,
        *,
        cut: bool,
        depth: int = 0,
        default: str = "text/plain",
    ) -> Part:
        """Return the part in ``raw[start:end]``, with its children if it is a multipart."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise bomb(f"more than {MAX_PARTS} parts")
        head_end, body = header_end(raw, start, end, top=not depth)
        fields = fields_of(raw[start:head_end], _PART_FIELDS)
        mimetype, parameters = self._content_type(fields, default)
        encoding = encoding_of(token(first_of(fields, b"content-transfer-encoding")))
        children: tuple[Part, ...] = ()
        if mimetype.startswith("multipart/"):
            if depth >= MAX_DEPTH:
                raise bomb(f"more than {MAX_DEPTH} multiparts within each other")
            inside = partial(
                self.part,
                depth=depth + 1,
                default="message/rfc822" if mimetype == "multipart/digest" else "text/plain",
            )
            boundary = parameters.get("boundary", "")
            children = tuple(self._children(raw, body, end, boundary, encoding, cut, inside))
            if not children:  # a multipart without recognisable parts is text
                mimetype = "text/plain"
        disposition, extra = read_parameters(first_of(fields, b"content-disposition", self.label))
        return Part(
            raw=raw,
            mimetype=mimetype,
            parameters=parameters,
            disposition=disposition,
            filename=extra.get("filename") or parameters.get("name") or "",
            encoding=encoding,
            content_id=_reference(fields, b"content-id"),
            content_location=_reference(fields, b"content-location"),
            start=body,
            end=end,
            depth=depth,
            cut=cut,
            bare=not fields and body >= end,
            children=children,
        )

    def _content_type(self, fields: dict[bytes, list[bytes]], default: str) -> tuple[str, dict]:
        mimetype, parameters = read_parameters(first_of(fields, b"content-type", self.label))
        mimetype = _SHORT.get(mimetype, mimetype)
        if not mimetype:
            return default, parameters
        if mimetype == "message/partial" and parameters.get("number") == "1":
            return "message/rfc822", parameters  # its beginning (RFC 2046 §5.2.2.1)
        if not _MIMETYPE.fullmatch(mimetype):
            # RFC 2045 §5.2 says text/plain; what is clearly a file stays one.
            named = parameters.get("name")
            return ("application/octet-stream" if named else "text/plain"), parameters
        return mimetype, parameters

    def _children(self, raw, start, end, boundary, encoding, cut, inside) -> Iterator[Part]:
        """Yield the parts of a multipart. RFC 2045 §6.4 allows it no encoding; some have one."""
        ranges = self._first(self._ranges(raw, boundary, start, end))
        decoder = DECODERS.get(encoding)
        if not decoder and raw.find(b"\n", start, end) < 0 <= raw.find(b"\r", start, end):
            decoder = _with_line_feeds
        if not ranges and decoder and self.may_open(end - start):
            raw = decoder(raw, start, end)
            start, end = 0, len(raw)
            ranges = self._first(self._ranges(raw, boundary, start, end))
        if not ranges and (found := _BOUNDARY.search(raw, start, end)):
            ranges = self._first(self._ranges(raw, found[1].decode("ascii"), start, end))
        for lo, hi, last in ranges:
            yield inside(raw, lo, hi, cut=cut and last)

    @staticmethod
    def _first(ranges: Iterator[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
        return list(islice(ranges, MAX_PARTS + 1))

    def _ranges(
        self, raw: bytes, boundary: str, start: int, end: int
    ) -> Iterator[tuple[int, int, bool]]:
        """Yield (start, end, last) of the parts between the lines of a boundary.

        ``last`` says that no boundary follows: at the message's end, or where it is truncated. What
        comes after the closing line is not a part, unless the boundary opens one again.
        """
        if not boundary.strip():
            return
        line = b"\n--" + boundary.rstrip().encode()
        opened = 0  # where the part that is being read begins; 0 in the preamble
        at = start - 1 if start else 0  # the first line needs no line break of its own
        if not start and raw.startswith(line[1:]):
            raw = b"\n" + raw  # a body with nothing before it: a decoded one
            for lo, hi, last in self._ranges(raw, boundary, 1, end + 1):
                yield lo - 1, hi - 1, last
            return
        while (found := self._next(raw, line, at, end)) is not None:
            before, behind, closing = found
            if opened:
                yield opened, max(opened, before), False
            opened = 0 if closing else behind
            at = behind - 1
        if opened:
            yield opened, end, True

    def _next(self, raw: bytes, line: bytes, at: int, end: int) -> tuple[int, int, bool] | None:
        """Return the next line that is the boundary: (its part's end, its own end, is it the last).

        The preceding line break belongs to it (RFC 2046 §5.1.1). A line that continues with other
        characters is a different boundary with the same beginning.
        """
        while (found := raw.find(line, at, end)) >= 0:
            stop = found + len(line)
            eol = raw.find(b"\n", stop, end)
            rest = raw[stop : min(eol if eol >= 0 else end, stop + 200)]
            closing = rest.startswith(b"--") and not _LONGER.fullmatch(rest)
            if closing or not rest.strip():
                before = found - 1 if found and raw[found - 1] == 13 else found
                return before, (eol + 1 if eol >= 0 else end), closing
            self.false += 1
            if self.false > MAX_FALSE_BOUNDARIES:
                raise bomb(f"more than {MAX_FALSE_BOUNDARIES} lines that resemble a boundary")
            at = stop
        return None


def _with_line_feeds(raw: bytes, start: int, end: int) -> bytes:
    return with_line_feeds(raw[start:end])


def _reference(fields: dict[bytes, list[bytes]], name: bytes) -> str:
    """Return the reference by which the text names a part, without white space (RFC 2392, 2557).

    Some libraries write it in encoded words or quotes, and some put a comment behind it.
    """
    if name not in fields:
        return ""
    text = decode_words(first_of(fields, name)).strip()
    before, opening, _comment = text.rpartition("(")
    if opening and text.endswith(")") and "://" in before and before[-1].isspace():
        text = before.rstrip()
    text = text.strip('"')
    angled = _ANGLED.search(text)
    return "".join((angled[1] if angled else text.strip("<> ")).split())[:MAX_ID]
