"""What a part of a mail becomes: pieces of its body, and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape, unescape

from .formats import has_words
from .tree import Part

_TAG = re.compile("<[^<>]*>")
#: Characters of two texts that are compared word for word.
_COMPARED = 500_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail; its content is decoded on demand."""

    name: str
    mimetype: str
    size: int
    load: Callable[[], bytes] = field(repr=False)
    content_id: str = ""
    content_location: str = ""
    cut: bool = False
    part: Part | None = field(default=None, repr=False)
    shown: Piece | None = field(default=None, repr=False)  # its text is also in the body


class Piece:
    """A text of the body: text/plain or text/html."""

    def __init__(self, kind: str, text: str):
        self.kind, self.text = kind, text

    @cached_property
    def has_words(self) -> bool:
        """Whether a reader sees a word in it."""
        return has_words(self.kind, self.text)


@dataclass(slots=True)
class Rendered:
    """The result for a part of the tree: pieces of the body, and files.

    ``unverified`` names what was extracted from a signature that nobody has checked.
    """

    body: list[Piece] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    cut: bool = False  # some text is incomplete

    def __iadd__(self, other: Rendered) -> Rendered:
        self.body += other.body
        self.files += other.files
        self.unverified += other.unverified
        self.cut |= other.cut
        return self

    def shows(self, kind: str | None = None) -> bool:
        return any(kind in (None, one.kind) and one.has_words for one in self.body)


def is_in(one: Rendered, other: Rendered) -> bool:
    """Whether all words of a text, if it is not too long, are also those of another."""
    pieces = [piece.text for piece in (*one.body, *other.body)]
    return sum(map(len, pieces)) < _COMPARED and _words(one) <= _words(other)


def _words(rendered: Rendered) -> set[str]:
    return {word for one in rendered.body for word in _seen(one).split()}


def _seen(piece: Piece) -> str:
    return unescape(_TAG.sub(" ", piece.text)) if piece.kind == "text/html" else piece.text


def joined(pieces: list[Piece]) -> tuple[str, str]:
    """Return (html, text) of the pieces of a body: plain ones become html where any is html."""
    pieces = [one for one in pieces if one.text.strip()]
    if all(one.kind == "text/plain" for one in pieces):
        return "", "\n".join(one.text for one in pieces)
    return "\n".join(
        one.text if one.kind == "text/html" else _as_html(one.text) for one in pieces
    ), ""


def _as_html(text: str) -> str:
    lines = escape(text.strip("\n"), quote=False).replace("\n", "<br/>\n")
    return f"<p>{lines}</p>"
