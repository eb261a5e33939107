"""Which elements of a body are quoted: an earlier mail, or a signature.

The web client folds them. The rules are those of Odoo's ``tag_quote`` (odoo/tools/mail.py), which
it applies to every body that it sanitises: what Gmail, Yahoo and Outlook put around the mail that
is answered, ``blockquote``, and lines that begin with ``>``. Each rule sees the marks that those
before it made, so the order of the elements and of the rules counts.

Time is linear in the length of the body, but for the siblings of ``yahoo_quoted``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from .elements import VOID
from .style import Part

#: Quoted pieces of one text that are marked; Odoo's sanitiser is quadratic in their number.
MAX_QUOTES = 500

#: An attribute that may make its element a quote, as ``safe`` writes it.
NAMED = re.compile(r' (class|id)="([^"]*)"')
# Lines that begin with ">"; all that follows a line "-- " (RFC 3676 §4.3).
_QUOTED = re.compile(r"(?:\n>+[^\n\r]*)+|(?:^|\n)--\s?[\r\n]{1,2}[\s\S]+")
_SIGNATURE = re.compile(r"(?:^|\n)--\s?$")
_SPAN = '<span data-o-mail-quote="1">{}</span>'
#: After an element, Odoo looks for no quoted lines.
_GUARD = "<span></span>"


def may_quote(text: str) -> bool:
    """Whether text may contain something to mark, or complete what was written before it."""
    return "\n>" in text or "--" in text or text.startswith((">", "-"))


@dataclass(slots=True, eq=False)
class _Node:
    """An element among the pieces. ``at`` is the piece in which its start tag ends."""

    name: str
    parent: _Node | None
    at: int = 0
    classes: str = ""
    id: str = ""
    children: list[_Node] = field(default_factory=list)
    number: int = 0  # among the parent's children
    texts: list[int] = field(default_factory=list)  # the pieces before its first child
    blank: bool = True  # no words in it, at any depth
    quote: bool = False
    container: bool = False
    follows_quote: bool = False  # whether one of the children so far is quoted


def marked(pieces: Sequence[str | Part]) -> tuple[str | Part, ...]:
    """Return a body, in pieces as ``safe`` and ``plain`` write them, with its quotes marked."""
    marker = _Marker(list(pieces))
    nodes = list(_nodes(marker.pieces))
    for node in nodes:
        marker.mark(node)
    for node in nodes:
        marker.write(node)
    return tuple(marker.pieces)


def _nodes(pieces: Sequence[str | Part]) -> Iterator[_Node]:
    """Yield the elements in the order of the document, each one with all that is in it.

    The text is escaped and every element closed, so only a tag begins with ``<``.
    """
    found: list[_Node] = []
    node: _Node | None = None
    in_tag = False
    for at, piece in enumerate(pieces):
        if in_tag:
            in_tag = _read_attribute(found[-1], at, piece)
        elif piece.startswith("</"):
            node = node.parent
        elif piece.startswith("<"):
            new = _Node(piece[1:].split(" ")[0].rstrip(">"), node)
            found.append(new)
            if node is not None:
                new.number = len(node.children)
                node.children.append(new)
            in_tag = _read_attribute(new, at, piece)
            node = node if new.name in VOID else new
        elif node is not None:
            _read_text(node, at, piece)
    yield from found


def _read_attribute(node: _Node, at: int, piece: str | Part) -> bool:
    """Read a piece of a start tag; return whether the tag goes on."""
    if isinstance(piece, Part):
        return True
    if named := NAMED.fullmatch(piece):
        if named[1] == "class":
            node.classes = named[2]
        else:
            node.id = named[2]
    node.at = at
    return not piece.endswith(">")


def _read_text(node: _Node, at: int, piece: str) -> None:
    if not node.children:
        node.texts.append(at)
    if piece.strip():
        while node is not None and node.blank:
            node.blank = False
            node = node.parent


class _Marker:
    def __init__(self, pieces: list[str | Part]):
        self.pieces = pieces

    def mark(self, node: _Node) -> None:
        parent = node.parent
        before = parent.children[node.number - 1] if parent and node.number else None
        self.mark_by_name(node, before)
        text = self.text(node)
        if "--" in text and _SIGNATURE.search(text) and any(c.name == "br" for c in node.children):
            node.quote = True
            _contain(parent)
        if not node.quote and may_quote(text):
            node.follows_quote = self.mark_text(node, text)
        if node.name == "blockquote":
            node.quote = True
        if parent and parent.name != "blockquote":
            node.quote |= parent.quote or (parent.container and parent.follows_quote)
        after_quote = before.quote if before else bool(parent and parent.follows_quote)
        node.quote |= after_quote and node.blank
        if parent:
            parent.follows_quote |= node.quote

    def mark_by_name(self, node: _Node, before: _Node | None) -> None:
        """Mark what a mail program has given a name."""
        names = node.classes + node.id
        if not names:
            return
        if "gmail_extra" in node.classes or "SkyDrivePlaceholder" in node.classes:
            node.quote = True
            _contain(node.parent)
        if "yahoo_quoted" in node.classes or (node.name == "hr" and "stopSpelling" in names):
            node.quote = True
            for one in _siblings_after(node):
                one.quote = True
        is_reply = "divRplyFwdMsg" in node.id
        if is_reply or _is_wrapper(node):
            node.quote = node.container = True
        if is_reply and before and before.name == "hr":
            before.quote = True
        if is_reply and (after := next(_siblings_after(node), None)):
            after.quote = after.container = True
        if "appendonsend" in node.id and not self.text(node).strip():
            node.quote = node.container = True

    def text(self, node: _Node) -> str:
        """Return the text before the first child, as it is read."""
        text = "".join(self.pieces[at] for at in node.texts)
        if "&" in text:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return text

    def mark_text(self, node: _Node, text: str) -> bool:
        """Mark quoted lines and the signature of a text; return whether there are any."""
        found = list(islice(_QUOTED.finditer(text), MAX_QUOTES + 1))
        if not found:
            return False
        first, *rest = node.texts
        for at in rest:
            self.pieces[at] = ""
        if len(found) > MAX_QUOTES:
            self.pieces[first] = _GUARD + _escaped(text)
            return False
        written, done = [], 0
        for one in found:
            written += (_escaped(text[done : one.start()]), _SPAN.format(_escaped(one[0])))
            done = one.end()
        self.pieces[first] = "".join((*written, _escaped(text[done:])))
        return True

    def write(self, node: _Node) -> None:
        """Write the marks of an element into its start tag; Odoo stores none of a container."""
        marks = ' data-o-mail-quote="1"' if node.quote else ""
        marks += ' data-o-mail-quote-node="1"' if node.name == "blockquote" else ""
        if marks:
            self.pieces[node.at] = f"{self.pieces[node.at][:-1]}{marks}>"


def _is_wrapper(node: _Node) -> bool:
    names = ("odoo_signature_wrapper", "gmail_signature", "gmail_quote")
    return node.id == "Signature" or any(name in node.classes for name in names)


def _siblings_after(node: _Node) -> Iterator[_Node]:
    siblings = node.parent.children if node.parent else [node]
    return islice(siblings, node.number + 1, None)


def _contain(node: _Node | None) -> None:
    if node:
        node.container = True


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
