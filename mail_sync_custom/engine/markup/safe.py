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

from . import elements, quotes, style
from .hiding import Hiding
from .longhands import of_attributes
from .style import Part
from .tokens import Kind, attributes, tokens, value

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
MAX_VALUE, MAX_URL = 1_000, 8_000
#: Bytes of a picture that is in its tag (``data:``) and not in a part of the mail.
MAX_DATA = 256 * 1024

# Characters that PostgreSQL and XML, and so libxml2, do not accept.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_BAD_IN_VALUE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_DATA = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp)[;,]", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp|mailto|tel|sms|callto|sip|news|webcal|geo):", re.IGNORECASE)
_BARE_HOST = re.compile(r"www\.[\w-]+\.|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#]|$)", re.IGNORECASE)


def storable(text: str) -> str:
    """Return text without the characters that a database, XML or Odoo's sanitiser refuse."""
    if not _CONTROL.search(text):
        return text
    return _CONTROL.sub("", text.replace("\f", " ").replace("\v", " "))


Resolve = Callable[[str], int | None]


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


def shown(source: str, resolve: Resolve = lambda _address: None) -> Shown:
    """Return the HTML of a mail made safe. Never raises; linear in the length of the source.

    ``resolve`` returns the number of the file that an address refers to, or None.
    """
    rests = source.count("yahoo_quoted") + source.count("stopSpelling")
    marked = source.count("<") <= MAX_MARKED and rests <= MAX_YAHOO
    return _Writer(resolve, marked).written(source)


@dataclass(slots=True)
class _Tag:
    """What a start tag becomes: an element's name, and its start tag in pieces."""

    name: str
    pieces: tuple[str | Part, ...] = ()
    text: str = ""  # what an input field shows
    size: int = 0  # characters
    quoting: bool = False  # whether it may begin a quote
    hides: bool = False  # whether a browser shows nothing of what is in it

    def __post_init__(self) -> None:
        strings = [piece for piece in self.pieces if isinstance(piece, str)]
        self.size = sum(map(len, strings))
        self.quoting = self.name == "blockquote" or any(map(quotes.NAMED.fullmatch, strings))
        self.hides = bool(style.HIDES.search("".join(strings)))

    def shown(self) -> _Tag:
        """Return a tag that hides nothing: without attributes, if these do."""
        return _Tag(self.name, (f"<{self.name}>",)) if self.hides else self


_counts = partial(defaultdict, int)


@dataclass(slots=True)
class _Writer:
    resolve: Resolve
    marked: bool
    out: list[str | Part] = field(default_factory=lambda: ["<div>"])
    open: list[tuple[str, _Tag]] = field(default_factory=list)
    count: defaultdict[str, int] = field(default_factory=_counts)  # of each name in ``open``
    flat: defaultdict[str, int] = field(default_factory=_counts)  # open, but not written
    known: dict[tuple[str, str], _Tag] = field(default_factory=dict)
    size: int = 0
    elements: int = 0
    quoting: bool = False  # whether there may be a quote
    parted: bool = True  # only the edge of an element since the last word
    break_due: bool = False
    hiding: Hiding = field(init=False)

    def __post_init__(self) -> None:
        self.hiding = Hiding(self.out)

    def written(self, source: str) -> Shown:
        cut = False
        for kind, text, attrs in tokens(source):
            if kind is Kind.TEXT or kind is Kind.LITERAL:
                if kind is Kind.TEXT and "&" in text:
                    text = unescape(text)
                cut = self.text(text)
            elif kind is Kind.START:
                self.start(text, attrs)
            elif kind is Kind.END:
                self.end(text)
            else:
                self.hiding.give_up()
            if cut or self.size > MAX_OUTPUT:
                cut = True
                break
        self.close(0)
        self.out.append("</div>")
        return Shown(tuple(self.out), cut, self.quoting)

    # -- text -------------------------------------------------------------------------------------

    def text(self, text: str) -> bool:
        """Write text; return whether it had to be cut."""
        text = storable(text)
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
        self.quoting |= quotes.may_quote(text)
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
        shown_as = elements.SHOWN_AS.get(name)
        if not shown_as or (name in elements.IN_TABLE and not self.count.get("table")):
            if name in elements.BREAKS or name in elements.IN_TABLE:
                self.break_due = True
            self.hiding.begin_other(name)
            return
        if name == "body":
            self.hiding.give_up()  # in a browser it is no element, if it is not the first
        if name in elements.ENDS_P and self.count.get("p"):
            self.end_open(frozenset("p"), elements.ENDS_P)
        if context := elements.CONTEXT.get(name):
            self.back_to(context)
        elif rule := elements.ENDS.get(name):
            self.end_open(*rule)
            if name in elements.ALONE and self.count.get(name):
                self.hiding.give_up()  # what a table keeps open here may have ended in a browser
            if name == "option":
                self.known.clear()  # within it, the same tags mean something else
        tag = self.known.get((name, attrs)) or self.known.setdefault(
            (name, attrs), self.tag(name, shown_as, attrs)
        )
        is_void = shown_as in elements.VOID
        if (not is_void and len(self.open) >= MAX_DEPTH) or self.elements >= MAX_ELEMENTS:
            self.flat[name] += not is_void
            self.break_due |= shown_as not in elements.INLINE
        elif tag.pieces:
            self.write(name, tag, is_void)
        if tag.text:
            self.break_due = not self.parted
            self.text(tag.text)
            self.break_due = True

    def write(self, name: str, tag: _Tag, is_void: bool) -> None:
        if tag.name not in elements.INLINE:
            self.break_due, self.parted = False, True
        elif self.break_due and tag.name == "img":
            self.part()
        if tag.hides and not is_void:
            self.hiding.begin(len(self.open), tag.name, len(tag.pieces))
        self.out += tag.pieces
        self.size += tag.size
        self.elements += 1
        self.quoting |= tag.quoting
        if not is_void:
            self.open.append((name, tag))
            self.count[name] += 1

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
        if name in elements.HEADINGS:  # the end tag of any ends the innermost
            headings = (one for one, _tag in reversed(self.open) if one in elements.HEADINGS)
            name = next(headings, name)
        if self.open and self.open[-1][0] == name and not self.flat:
            self.close(len(self.open) - 1)
            return
        if self.flat.get(name):
            self.flat[name] -= 1
            self.break_due |= elements.SHOWN_AS[name] not in elements.INLINE
            return
        if not self.count.get(name):
            self.break_due |= name in elements.BREAKS or name in ("p", "br")
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
            self.out.append(f"</{tag.name}>")
            if tag.name not in elements.INLINE:
                self.break_due, self.parted = False, True
        self.hiding.end(at)
        self.flat.clear()

    # -- one start tag ----------------------------------------------------------------------------

    def tag(self, name: str, shown_as: str, source: str) -> _Tag:
        given = attributes(source) if source else {}
        if name in elements.SHOWN_ALWAYS or self.count.get("option"):
            given.pop("style", None)
            given.pop("hidden", None)
        if shown_as == "img":
            return self.picture(name, given)
        pieces: list[str | Part] = [f"<{shown_as}"]
        if given:
            self.add_attributes(pieces, shown_as, given, of_attributes(name, given))
        if shown_as == "a" and "href" in given:
            self.add_link(pieces, value(given["href"]))
        return _Tag(shown_as, (*pieces, ">"))

    def add_attributes(
        self, pieces: list[str | Part], name: str, given: dict[str, str], css: str
    ) -> None:
        css += style.without_comments(value(given.get("style", "")))
        if css and (kept := style.quiet(css, self.resolve)):
            pieces += (' style="', *kept, '"')
        for attribute, text in given.items():
            owners = elements.ATTRIBUTES.get(attribute)
            if owners is None or (owners and name not in owners):
                if not (self.marked and attribute in ("class", "id")):
                    continue
                text = " ".join(elements.QUOTE_MARKS.findall(text))
                if not text:
                    continue
            pieces.append(f' {attribute}="{_value(value(text)[:MAX_VALUE])}"')

    def add_link(self, pieces: list[str | Part], address: str) -> None:
        address = _BAD_IN_VALUE.sub("", address).strip()
        part = self.resolve(address)
        if part is not None:
            pieces += (' href="', Part(part, is_picture=False), '"')
            return
        if address.startswith("//"):
            address = f"https:{address}"
        elif _BARE_HOST.match(address):
            address = f"http://{address}"
        if len(address) > MAX_URL or not _LINK.match(address):
            return
        pieces.append(f' href="{_value(address)}"')

    def picture(self, name: str, given: dict[str, str]) -> _Tag:
        """Return a picture that is a part of the mail; for any other, its replacement."""
        kind = given.get("type", "").lower()
        if name == "input" and kind != "image":
            text = value(given.get("value", "")) if kind in elements.VALUE_SHOWN else ""
            return _Tag("img", text=text)
        pieces: list[str | Part] = ["<img"]
        source = self.source(given)
        if source is not None:
            pieces += (' src="', source, '"')
        elif name == "embed":
            return _Tag("img")
        if given:
            self.add_attributes(pieces, "img", given, of_attributes(name, given))
        return _Tag("img", (*pieces, ">"))

    def source(self, given: dict[str, str]) -> str | Part | None:
        """Return what a picture shows: one of the mail's parts, or what is in the tag itself."""
        addresses = [given.get(name, "") for name in ("src", "xlink:href", "href")]
        addresses += [one.split()[0] for one in given.get("srcset", "").split(",") if one.strip()]
        for address in addresses:
            address = _BAD_IN_VALUE.sub("", value(address)).strip() if address else ""
            part = self.resolve(address) if address else None
            if part is not None:
                return Part(part)
            if _DATA.match(address) and len(address) <= MAX_DATA:
                return _value(address)
        return None


def _value(text: str) -> str:
    """Return an attribute's value, escaped for use between quotes.

    Odoo's sanitiser removes every tag that contains ``encoding=``.
    """
    text = escape(_BAD_IN_VALUE.sub(" ", text))
    return text.replace("encoding=", "encoding&#61;") if "encoding=" in text else text
