"""The tree of a message's parts, by their places in its bytes (RFC 2046 §5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .fields import fields_of, first_of, header_end
from .limits import (
    MAX_DEPTH,
    MAX_FALSE_BOUNDARIES,
    MAX_ID,
    MAX_PARTS,
    bomb,
)
from .parameters import read_parameters

_PART_FIELDS = frozenset(
    b"content-type content-transfer-encoding content-disposition content-id".split()
)
_MIMETYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part by its place: ``raw[start:end]`` is its body, nothing is copied yet."""

    mimetype: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    encoding: str
    content_id: str
    start: int
    end: int
    cut: bool  # the message was read only so far, and this part with it
    bare: bool  # no header and no body: what a cut leaves behind a boundary
    children: tuple[Part, ...] = ()


class Tree:
    """Reads the parts of one message, and counts what a bomb has too many of."""

    def __init__(self, raw: bytes):
        self.raw = raw
        self.parts = 0
        self.false = 0

    def part(self, start: int, end: int, *, cut: bool, depth: int = 0, default="text/plain"):
        """Return the part in ``raw[start:end]``, with its children if it is a multipart."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise bomb(f"more than {MAX_PARTS} parts")
        head_end, body = header_end(self.raw, start, end, top=not depth)
        fields = fields_of(self.raw[start:head_end], _PART_FIELDS)
        mimetype, parameters = self._content_type(fields, default)
        children: tuple[Part, ...] = ()
        if mimetype.startswith("multipart/"):
            if depth >= MAX_DEPTH:
                raise bomb(f"more than {MAX_DEPTH} multiparts within each other")
            inner = "message/rfc822" if mimetype == "multipart/digest" else "text/plain"
            ranges = self._ranges(parameters.get("boundary", ""), body, end)
            children = tuple(
                self.part(lo, hi, cut=cut and last, depth=depth + 1, default=inner)
                for lo, hi, last in ranges
            )
            if not children:  # a multipart of which nothing can be told apart is text
                mimetype = "text/plain"
        disposition, extra = read_parameters(first_of(fields, b"content-disposition"))
        return Part(
            mimetype=mimetype,
            parameters=parameters,
            disposition=disposition,
            filename=extra.get("filename") or parameters.get("name") or "",
            encoding=first_of(fields, b"content-transfer-encoding").lower().strip("\"' ;"),
            content_id="".join(first_of(fields, b"content-id").strip("<> ").split())[:MAX_ID],
            start=body,
            end=end,
            cut=cut,
            bare=not fields and body >= end,
            children=children,
        )

    @staticmethod
    def _content_type(fields: dict[bytes, list[bytes]], default: str) -> tuple[str, dict]:
        mimetype, parameters = read_parameters(first_of(fields, b"content-type"))
        if not mimetype:
            return default, parameters
        if not _MIMETYPE.fullmatch(mimetype):
            # RFC 2045 §5.2 says text/plain; what is plainly a file stays one.
            named = parameters.get("name")
            return ("application/octet-stream" if named else "text/plain"), parameters
        return mimetype, parameters

    def _ranges(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Yield (start, end, last) of the parts between the lines of a boundary.

        ``last`` says that no boundary follows: at the message's end, or where it is cut.
        """
        if not boundary.strip():
            return
        line = b"\n--" + boundary.rstrip().encode()
        opened = 0  # where the part that is being read begins; 0 in the preamble
        at = start - 1 if start else 0  # the first line needs no line break of its own
        while (found := self._next(line, at, end)) is not None:
            before, behind, closing = found
            if opened:
                yield opened, max(opened, before), False
            if closing:
                return
            opened = at = behind
            at -= 1
        if opened:
            yield opened, end, True

    def _next(self, line: bytes, at: int, end: int) -> tuple[int, int, bool] | None:
        """Return the next line that is the boundary: (its part's end, its own end, is it the last).

        The line break before it is its own (RFC 2046 §5.1.1). One that goes on with other
        characters is another boundary that begins alike.
        """
        raw = self.raw
        while (found := raw.find(line, at, end)) >= 0:
            stop = found + len(line)
            eol = raw.find(b"\n", stop, end)
            rest = raw[stop : min(eol if eol >= 0 else end, stop + 200)]
            if rest.startswith(b"--") or not rest.strip():
                before = found - 1 if found and raw[found - 1] == 13 else found
                return before, (eol + 1 if eol >= 0 else end), rest.startswith(b"--")
            self.false += 1
            if self.false > MAX_FALSE_BOUNDARIES:
                raise bomb(f"more than {MAX_FALSE_BOUNDARIES} lines that resemble a boundary")
            at = stop
        return None
