"""The HTML of a mail → HTML that is safe to show to a colleague and tells its sender nothing.

The output is written from the tables of ``elements`` alone: known elements, known attributes,
escaped text, every element closed. No later parser can read it differently, nothing in it runs,
and a browser loads only the mail's own pictures for it: a picture loaded from elsewhere tells the
sender that the mail was read, when and where.

Every word that the mail shows is in it, up to ``MAX_OUTPUT``; ``cut`` says whether that was too
little. Deeply nested elements become flat, since libxml2 gives up at a depth of 256.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape, unescape

from . import elements, quotes
from .hiding import Hiding
from .legible import Around, Paint
from .sheets import sheets
from .style import Part
from .tags import Resolve, Tag, Tags
from .tokens import DOUBT, END, START, TEXT, tokens

#: Characters that are kept. Nobody writes more, and a browser hardly shows it.
MAX_OUTPUT = 2 * 1024 * 1024
#: Nested elements that are kept; libxml2 takes 256, including those that Odoo adds.
MAX_DEPTH = 150
#: Elements that are kept. Odoo's sanitiser takes 25 µs for each.
MAX_ELEMENTS = 30_000
#: In a mail with more tags, or more parts after which all is quoted, what a mail program calls a
#: quote is not marked: Odoo's sanitiser, which may see the body again in an answer, is quadratic.
MAX_MARKED, MAX_YAHOO = 10_000, 20
#: Elements that are reopened after a misplaced end tag has closed them.
MAX_REOPENED = 8

# Characters that PostgreSQL and XML, and so libxml2, do not accept.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


def storable(text: str) -> str:
    """Return text without the characters that a database, XML or Odoo's sanitiser refuse."""
    if not _CONTROL.search(text):
        return text
    return _CONTROL.sub("", text.replace("\f", " ").replace("\v", " "))


@dataclass(frozen=True, slots=True)
class Shown:
    """A body that is safe, in pieces: HTML, and references to the mail's own parts.

    ``cut`` says that part of the text is missing; ``quoting``, that some of it may be a quote.
    """

    pieces: tuple[str | Part, ...]
    cut: bool = False
    quoting: bool = False

    def html(self, address: Callable[[Part], str]) -> str:
        """Return the HTML, with an address for each of the mail's own parts."""
        written = "".join(
            piece if isinstance(piece, str) else escape(address(piece)) for piece in self.pieces
        )
        return written.replace("\xa0", "&nbsp;")  # as Odoo stores it


def shown(
    source: str,
    resolve: Resolve = lambda _address: None,
    may_be_picture: Callable[[int], bool] = lambda _file: True,
) -> Shown:
    """Return the HTML of a mail made safe. Never raises; linear in the length of the source.

    ``resolve`` returns the number of the file that an address refers to, or None;
    ``may_be_picture`` tells whether a file may be shown as one.
    """
    rests = source.count("yahoo_quoted") + source.count("stopSpelling")
    marked = source.count("<") <= MAX_MARKED and rests <= MAX_YAHOO
    sheet = sheets(source)
    root = sheet.of_root()
    arounds = [Around().enter(Paint(grounds=root.grounds.colours, colours=root.letters.colours))[0]]
    return _Writer(Tags(resolve, marked, sheet, may_be_picture), arounds).written(source)


_counts = partial(defaultdict, int)


@dataclass(slots=True)
class _Writer:
    tags: Tags
    arounds: list[Around]  # the colours around all, and those in each of ``open``
    out: list[str | Part] = field(default_factory=lambda: ["<div>"])
    open: list[tuple[str, Tag]] = field(default_factory=list)
    count: defaultdict[str, int] = field(default_factory=_counts)  # of each name in ``open``
    flat: defaultdict[str, int] = field(default_factory=_counts)  # open, but not written
    size: int = 0
    elements: int = 0
    quoting: bool = False  # whether there may be a quote
    parted: bool = True  # only the edge of an element since the last word
    break_due: bool = False
    pictured: str | Part | None = None  # what a picture element shows, before its img
    hiding: Hiding = field(init=False)

    def __post_init__(self) -> None:
        self.hiding = Hiding(self.out)

    def written(self, source: str) -> Shown:
        cut, is_storable = False, not _CONTROL.search(source)
        for kind, text, attrs in tokens(source):
            if kind == START:
                self.start(text, attrs)
            elif kind == END:
                self.end(text)
            elif kind == DOUBT:
                self.hiding.give_up()
            else:
                if kind == TEXT and "&" in text:
                    text = storable(unescape(text))
                elif not is_storable:
                    text = storable(text)
                cut = self.text(text)
            if cut or self.size > MAX_OUTPUT:
                cut = True
                break
        self.close(0)
        self.out.append("</div>")
        return Shown(tuple(self.out), cut, self.quoting)

    # -- text -------------------------------------------------------------------------------------

    def text(self, text: str) -> bool:
        """Write text that can be stored; return whether it had to be cut."""
        if not text:
            return False
        if text.isspace():
            self.out.append(text)
            self.size += len(text)
            return False
        if self.break_due:
            self.part()
        room = MAX_OUTPUT - self.size
        cut = len(text) > room
        if cut:
            text = text[: max(0, room)]
        if not self.quoting:
            self.quoting = quotes.may_quote(text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        self.out.append(text)
        self.size += len(text)
        self.parted = False
        return cut

    def part(self) -> None:
        """Separate the words before and after an element that separated them and is not kept."""
        self.break_due = False
        if not self.parted:
            self.out.append("<br>" if self.elements < MAX_ELEMENTS else "\n")
            self.elements += 1

    # -- elements ---------------------------------------------------------------------------------

    def start(self, name: str, attrs: str) -> None:
        rule = elements.STARTS.get(name)
        if not rule or (rule.in_table and not self.count["table"]):
            self.start_other(name, attrs)
            return
        if name == "body":
            self.hiding.give_up()  # in a browser it is no element, if it is not the first
        if rule.ends_p and self.count["p"]:
            self.end_open(frozenset("p"), elements.ENDS_P)
        if rule.context:
            self.back_to(rule.context)
        elif rule.ends:
            self.end_open(*rule.ends)
            if name in elements.ALONE and self.count[name]:
                self.hiding.give_up()  # what a table keeps open here may have ended in a browser
        if name == "img":
            tag = self.img(attrs)
            if self.count["object"] and self.is_shown(tag):
                return
        else:
            tag = self.tags.tag(name, attrs)
        if self.elements >= MAX_ELEMENTS or (len(self.open) >= MAX_DEPTH and not rule.is_void):
            self.flat[name] += not rule.is_void
            self.break_due |= not tag.is_inline
        elif tag.pieces:
            self.write(name, tag, rule.is_void)
        if tag.text:
            self.break_due = not self.parted
            self.text(storable(tag.text))
            self.break_due = True

    def start_other(self, name: str, attrs: str) -> None:
        """Read the start tag of an element that is not kept."""
        if name in elements.BREAKS or name in elements.IN_TABLE:
            self.break_due = True
        if name == "picture":
            self.pictured = None
        elif name == "source":
            self.pictured = self.pictured or self.tags.of_source(attrs)
        self.hiding.begin_other(name)

    def img(self, attrs: str) -> Tag:
        if not self.pictured:
            return self.tags.tag("img", attrs)
        tag, self.pictured = self.tags.img(attrs, self.pictured), None
        return tag

    def is_shown(self, tag: Tag) -> bool:
        """Return whether an open object shows the same picture, which is instead of it."""
        return any(
            name == "object" and around.shows is not None and around.shows == tag.shows
            for name, around in self.open
        )

    def write(self, name: str, tag: Tag, is_void: bool) -> None:
        if not tag.is_inline:
            self.break_due, self.parted = False, True
        elif self.break_due and tag.name == "img":
            self.part()
        around = self.arounds[-1]
        if tag.paint is not None:
            around, needs = around.enter(tag.paint)
            if needs:
                tag = self.tags.with_needs(name, tag, needs)
        if tag.hides and not is_void:
            self.hiding.begin(len(self.open), tag.name, len(tag.pieces))
        self.out += tag.pieces
        self.size += tag.size
        self.elements += 1
        self.quoting |= tag.quoting
        if not is_void:
            self.open.append((name, tag))
            self.arounds.append(around)
            self.count[name] += 1
            if name == "option":
                self.tags.within_option(True)

    def end_open(self, names: frozenset[str], beyond: frozenset[str]) -> None:
        """End the nearest of some elements, if it is not beyond others, and all within it."""
        if not any(map(self.count.get, names)):
            return
        for at in range(len(self.open) - 1, -1, -1):
            name = self.open[at][0]
            if name in names:
                self.close(at)
                return
            if name in beyond:
                return

    def back_to(self, context: frozenset[str]) -> None:
        """End all that is within the innermost of some elements, the context of a table's part."""
        within = self.within(context)
        if within < len(self.open):
            self.close(within)

    def within(self, context: frozenset[str]) -> int:
        """Return which open element is the first within the innermost of some others."""
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at][0] in context:
                return at + 1
        return len(self.open)

    def end_implied(self, name: str) -> None:
        """End a row, or rows, whose start tag was left out (§13.2.6.4.13, §13.2.6.4.15)."""
        within = self.within(elements.CONTEXT[name])
        if within < len(self.open) and self.open[within][0] in elements.IN_ROWS:
            self.close(within)

    def end(self, name: str) -> None:
        if self.open and self.open[-1][0] == name and not self.flat and name != "body":
            self.close(len(self.open) - 1)
            return
        if name in ("body", "html") and self.count["table"]:
            return  # in a table it ends nothing (§13.2.6.4.9)
        if name in elements.HEADINGS:  # the end tag of any ends the innermost
            headings = (one for one, _tag in reversed(self.open) if one in elements.HEADINGS)
            name = next(headings, name)
        if self.flat.get(name):
            self.flat[name] -= 1
            self.break_due |= elements.SHOWN_AS[name] not in elements.INLINE
            return
        if not self.count.get(name):
            self.break_due |= name in elements.BREAKS or name in ("p", "br")
            if name == "picture":
                self.pictured = None
            self.hiding.end_other(name)
            if name in elements.IMPLIED:
                self.end_implied(name)
            return
        within = elements.ENDS_WITHIN.get(name, elements.ENDS_WITHIN_OTHERWISE)
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at][0] == name:
                self.end_at(at)
                return
            if self.open[at][0] in within:
                if name in elements.IMPLIED:
                    self.end_implied(name)
                return

    def end_at(self, at: int) -> None:
        """End an open element; what is open within it may go on."""
        name, within = self.open[at][0], self.open[at + 1 :]
        if name in elements.FORMATTING:
            self.hiding.give_up(at + 1)  # browsers move some of it out of the others
        self.close(at)
        if name in elements.FORMATTING:
            for other, tag in within[-MAX_REOPENED:]:
                if self.elements < MAX_ELEMENTS:
                    self.write(other, tag.shown(), False)
        elif name == "body":
            for other, _tag in within:  # in a browser, they stay open
                self.hiding.begin_other(other)

    def close(self, at: int) -> None:
        """End the open elements from the innermost up to number ``at``."""
        while len(self.open) > at:
            name, tag = self.open.pop()
            self.count[name] -= 1
            if name == "option":
                self.tags.within_option(self.count[name] > 0)
            self.out.append(tag.end)
            if not tag.is_inline:
                self.break_due, self.parted = False, True
        del self.arounds[at + 1 :]
        self.hiding.end(at)
        self.flat.clear()
