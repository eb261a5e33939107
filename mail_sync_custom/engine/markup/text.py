"""HTML written in the CRM → the text alternative that says the same (RFC 2046 §5.1.4).

It has what a reader sees, and nothing else: paragraphs, lists, tables, quotes marked by ``>``, the
addresses of links. Whatever is hidden in the HTML is left out.
"""

from __future__ import annotations

import re
from html import unescape

from .tokens import DOUBT, END, START, TEXT, attributes, tokens, value

#: They are separated from their surroundings by an empty line.
_APART = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl pre blockquote table hr".split())
#: They begin and end on a line of their own.
_LINES = _APART | frozenset(
    "address article aside body caption center dd div dt fieldset figcaption figure footer form "
    "header html li main nav section tbody tfoot thead tr".split()
)
_CELLS = frozenset(("td", "th"))
#: Mail programs take what is below this line for a signature (RFC 3676 §4.3).
_SIGNATURE = "-- "
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEEPS_LINES = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_LINKS = ("http://", "https://", "mailto:", "tel:")


def text(html: str) -> str:
    """Return the text of HTML, its lines separated by ``\\n``; never raises."""
    writer = _Writer()
    for kind, content, attrs in tokens(html):
        if kind == START:
            writer.start(content, attrs)
        elif kind == END:
            writer.end(content)
        elif kind == DOUBT:
            writer.hidden.clear()
        else:
            writer.words(unescape(content) if kind == TEXT else content)
    return writer.whole()


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.mark = ""  # the beginning of a line without words so far
        # How deep the quote is in which an empty line is due before the next words.
        self.apart: int | None = None
        self.quotes = 0
        self.lists: list[int | None] = []  # the next number of each list; None for bullets
        self.links: list[tuple[str, int, int]] = []  # address, and where its words begin
        self.keeping: list[str] = []  # the open elements in which spaces and lines count
        self.hidden: list[str] = []  # the hidden element and those of its name within it

    def start(self, name: str, attrs: str) -> None:
        if self.hidden:
            self.hidden += [name] if name == self.hidden[0] else []
            return
        given = attributes(attrs) if attrs else {}
        style = given.get("style", "")
        if name not in _VOID and ("hidden" in given or _HIDDEN.search(style)):
            self.hidden = [name]
            return
        self._begin(name)
        if name == "pre" or _KEEPS_LINES.search(style) or name in self.keeping:
            self.keeping.append(name)
        self._element(name, given)

    def _element(self, name: str, given: dict[str, str]) -> None:
        if name == "br":
            self._break()
        elif name == "hr":
            self._put("-" * 30)
            self._begin(name)
        elif name == "img":
            alt = value(given.get("alt", "")).strip()
            self._put(f"[{alt}]" if alt else "")
        elif name == "a":
            address = value(given.get("href", "")).strip()
            self.links.append((address, len(self.lines), len(self.line)))
        elif name == "blockquote":
            self.quotes += 1
        elif name in ("ul", "ol"):
            first = given.get("start", "1")
            ordered = int(first) if first.isdecimal() and len(first) < 6 else 1
            self.lists.append(ordered if name == "ol" else None)
        elif name == "li":
            self._item()
        elif name in _CELLS and self.line:
            self.line += "\t"

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else None
        mark = "-" if number is None else f"{number}."
        if number is not None:
            self.lists[-1] = number + 1
        self._put("  " * (len(self.lists) - 1) + mark + " ")
        self.mark = self.line

    def end(self, name: str) -> None:
        if self.hidden:
            if name == self.hidden[-1]:
                self.hidden.pop()
            return
        if name == "a" and self.links:
            self._link(*self.links.pop())
        self._begin(name)
        if name == "blockquote":
            self.quotes = max(0, self.quotes - 1)
            self._stand_apart()
        elif name in ("ul", "ol") and self.lists:
            self.lists.pop()
        if name in self.keeping:
            self.keeping.remove(name)

    def _link(self, address: str, line: int, column: int) -> None:
        """Write the address of a link, unless it is what the link shows."""
        shown = self.line[column:] if line == len(self.lines) else self.line
        bare = address.split(":", 1)[-1].strip("/")
        if address.lower().startswith(_LINKS) and bare not in shown:
            self._put(f" <{address}>" if shown.strip() else f"<{address}>")

    def words(self, words: str) -> None:
        if self.hidden:
            return
        words = words.replace("\xa0", " ")
        if self.keeping:
            first, *rest = words.replace("\r\n", "\n").split("\n")
            self._put(first)
            for one in rest:
                self._break()
                self._put(one)
            return
        words = _SPACE.sub(" ", words)
        if not self.line or self.line[-1] in " \t":
            words = words.lstrip(" ")
        self._put(words)

    def _put(self, words: str) -> None:
        if not words:
            return
        self._leave_space()
        self.line += words

    def _begin(self, name: str) -> None:
        """End the line before a block begins, or where it ends."""
        if name in _LINES and self.line.strip() and self.line != self.mark:
            self._break()
        # No empty line before a nested list, or within an item.
        if name in _APART and not (self.lists and name != "blockquote"):
            self._stand_apart()

    def _stand_apart(self) -> None:
        self.apart = self.quotes if self.apart is None else min(self.apart, self.quotes)

    def _leave_space(self) -> None:
        if self.apart is not None and self.lines and self.lines[-1] != _SIGNATURE:
            self.lines.append(_quoted("", self.apart))
        self.apart = None

    def _break(self) -> None:
        self._leave_space()
        line = self.line if self.keeping else self.line.rstrip()
        self.lines.append(_quoted(_SIGNATURE if line == "--" else line, self.quotes))
        self.line = self.mark = ""

    def whole(self) -> str:
        if self.line.strip():
            self._break()
        return "\n".join(self.lines).strip("\n") + "\n"


def _quoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}".rstrip() if depth else line
