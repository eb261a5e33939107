"""One start tag of a mail → the start tag that is written for it, of known attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from . import elements, quotes, style
from .legible import Needs, Paint
from .longhands import of_attributes, old_colour, without_comments
from .sheets import Sheets
from .style import Part
from .tokens import attributes, value

MAX_VALUE, MAX_URL = 1_000, 8_000
#: Addresses of one picture that are looked at.
MAX_CANDIDATES = 20
#: Bytes of a picture that is in its tag (``data:``) and not in a part of the mail.
MAX_DATA = 256 * 1024

_BAD_IN_VALUE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_DATA = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp)[;,]", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp|mailto|tel|sms|callto|sip|news|webcal|geo):", re.IGNORECASE)
_BARE_HOST = re.compile(r"www\.[\w-]+\.|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#]|$)", re.IGNORECASE)

#: A tag of most mails: short, and without anything that could be an address of a part of its mail.
MAX_COMMON = 300
_ADDRESS = re.compile(r"[&\\]|src|href|url|image|data|background\s*=", re.IGNORECASE)

# A link as most are written, to an address that is written as it stands: what is before that, and
# what is behind it.
_OTHERS = r"""((?:[\t\n\f\r ]++(?!href=)[a-z-]++="[^"<>]*+")*+)"""
_USUAL_LINK = re.compile(
    rf"""{_OTHERS}[\t\n\f\r ]++href="(https?://[!#-%(-;=?-\[\]-~]*+)"{_OTHERS}[\t\n\f\r ]*+""",
    re.IGNORECASE,
)

#: The attributes, besides a style, from which letters have their colours and size.
_OF_PAINT = "class id color bgcolor size".split()
_SPACE = re.compile(r"\s")
_OTHER_MEDIA = re.compile("dark|print", re.IGNORECASE)

Resolve = Callable[[str], int | None]


@dataclass(slots=True)
class Tag:
    """What a start tag becomes: an element's name, and its start tag in pieces."""

    name: str
    pieces: tuple[str | Part, ...] = ()
    text: str = ""  # what an input field shows, or the name of some options
    source: str = ""  # its attributes, as they stand in the mail
    paint: Paint | None = None
    shows: str | Part | None = None  # a picture
    size: int = 0  # characters
    quoting: bool = False  # whether it may begin a quote
    hides: bool = False  # whether a browser shows nothing of what is in it
    end: str = ""  # its end tag
    is_inline: bool = False

    def __post_init__(self) -> None:
        written = "".join([piece for piece in self.pieces if isinstance(piece, str)])
        self.size = len(written)
        self.end = f"</{self.name}>"
        self.is_inline = self.name in elements.INLINE
        self.quoting = self.name == "blockquote" or bool(quotes.NAMED.search(written))
        self.hides = bool(style.HIDES.search(written))
        is_plain = Part not in map(type, self.pieces) and written.rfind("<") == 0
        if is_plain and not self.quoting:  # where `quotes` looks for no attribute and no other tag
            self.pieces = (written,)

    def shown(self) -> Tag:
        """Return a tag that hides nothing: without attributes, if these do."""
        return Tag(self.name, (f"<{self.name}>",)) if self.hides else self


@dataclass(slots=True)
class Tags:
    """Makes the tags of one mail, each once.

    ``resolve`` returns the number of the file that an address refers to, and ``may_be_picture``
    whether that may be one; ``marked`` says that the marks of quotes are kept.
    """

    resolve: Resolve
    marked: bool
    sheets: Sheets
    may_be_picture: Callable[[int], bool]
    known: dict[tuple[str, str], Tag] = field(default_factory=dict)
    others: dict[tuple[str, str, Needs], Tag] = field(default_factory=dict)
    styles: dict[str, style.Kept] = field(default_factory=dict)
    paints: dict[tuple[object, ...], Paint | None] = field(default_factory=dict)
    option: bool = False  # within one, nothing is hidden

    def tag(self, name: str, source: str) -> Tag:
        """Return the tag for an element's name and its attributes as they stand."""
        return self.known.get((name, source)) or self.known.setdefault(
            (name, source), self._new(name, source)
        )

    def _new(self, name: str, source: str) -> Tag:
        if name == "a" and (link := self._usual_link(source)):
            return link
        depends_on_the_mail = self.option or self.sheets.known or _ADDRESS.search(source)
        if depends_on_the_mail or len(source) > MAX_COMMON:
            return self._tag(name, source, ())
        return _common(name, source, self.marked)

    def _usual_link(self, source: str) -> Tag | None:
        """Return a link that differs from others in its address alone; None for an unusual one."""
        if not (found := _USUAL_LINK.fullmatch(source)):
            return None
        before, address, behind = found.groups()
        if len(address) > MAX_URL or "encoding=" in address:
            return None
        like = self.tag("a", f'{before}{behind} href=""')
        if len(like.pieces) > 1 or self.resolve(address) is not None:
            return None
        return Tag("a", (f'{like.pieces[0][:-1]} href="{address}">',), "", source, like.paint)

    def with_needs(self, name: str, tag: Tag, needs: Needs) -> Tag:
        """Return a tag with the declarations that its words need to be seen."""
        key = (name, tag.source, needs)
        return self.others.get(key) or self.others.setdefault(key, self._tag(*key))

    def within_option(self, option: bool) -> None:
        """Note whether what follows is in an option: the same tags mean something else there."""
        self.option = option
        self.known.clear()
        self.others.clear()

    def _tag(self, name: str, source: str, needs: Needs) -> Tag:
        shown_as = elements.SHOWN_AS[name]
        given = attributes(source) if source else {}
        if name in elements.SHOWN_ALWAYS or self.option:
            given.pop("style", None)
            given.pop("hidden", None)
        if shown_as == "img":
            return self.picture(name, given)
        shows = self.of_object(given) if name == "object" else None
        pieces: list[str | Part] = ['<img src="', shows, '">'] if shows else []
        pieces.append(f"<{shown_as}")
        kept = self.style(name, given)
        paint = self.known_paint(name, given, kept)
        if needs:
            if "color" in dict(needs):
                given.pop("color", None)
            kept = kept.with_needs(needs)
        if given or needs:
            self.add_attributes(pieces, shown_as, given, kept)
        if shown_as == "a" and "href" in given:
            self.add_link(pieces, value(given["href"]))
        text = value(given.get("label", "")) if name in elements.LABELLED else ""
        return Tag(shown_as, (*pieces, ">"), text, source, paint, shows)

    def style(self, name: str, given: dict[str, str]) -> style.Kept:
        """Return the declarations of an element: those of its attributes, its own behind them."""
        if not given:
            return style.NOTHING
        css = of_attributes(name, given) + without_comments(value(given.get("style", "")))
        if not css:
            return style.NOTHING
        return self.styles.get(css) or self.styles.setdefault(css, style.kept(css, self.resolve))

    def known_paint(self, name: str, given: dict[str, str], kept: style.Kept) -> Paint | None:
        """Return the same paint for all elements that say the same of it."""
        key = (id(kept), name, "href" in given, *map(given.get, _OF_PAINT))
        if key not in self.paints:
            self.paints[key] = self.paint(name, given, kept)
        return self.paints[key]

    def paint(self, name: str, given: dict[str, str], kept: style.Kept) -> Paint | None:
        """Return what an element says of its letters; None if that is nothing."""
        lost = self.sheets.of(name, given)
        grounds, letters = lost.grounds.colours, lost.letters.colours
        if kept.ground is not None and "bgcolor" not in given and not lost.grounds.wins:
            grounds = ()
        if kept.colour is not None and not lost.letters.wins:
            letters = ()
        colour = old_colour(given["color"]) if "color" in given else None
        paint = Paint(
            kept.ground,
            colour if kept.colour is None else kept.colour,
            (*grounds, None) if kept.lost else grounds,
            letters,
            name == "a" and "href" in given,
            kept.on_purpose,
            True if "size" in given and name == "font" else kept.has_size,
            lost.size or name in elements.OWN_SIZE,
        )
        return paint if paint else None

    def add_attributes(
        self, pieces: list[str | Part], name: str, given: dict[str, str], kept: style.Kept
    ) -> None:
        if kept.values:
            pieces += (' style="', *kept.pieces(), '"')
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
        if not _LINK.match(address):
            if address.startswith("//"):
                address = f"https:{address}"
            elif _BARE_HOST.match(address):
                address = f"http://{address}"
            else:
                return
        if len(address) > MAX_URL:
            return
        pieces.append(f' href="{_value(address)}"')

    def picture(self, name: str, given: dict[str, str], instead: str | Part | None = None) -> Tag:
        """Return a picture that is a part of the mail; for any other, its replacement."""
        kind = given.get("type", "").lower()
        if name == "input" and kind != "image":
            text = given.get("value") or given.get("placeholder", "")
            return Tag("img", text=value(text) if kind in elements.VALUE_SHOWN else "")
        pieces: list[str | Part] = ["<img"]
        source = self.of_embed(given) if name == "embed" else self.of_img(given) or instead
        if source is not None:
            pieces += (' src="', source, '"')
        elif name == "embed":
            return Tag("img")
        self.add_attributes(pieces, "img", given, self.style(name, given))
        return Tag("img", (*pieces, ">"), shows=source)

    def img(self, source: str, instead: str | Part) -> Tag:
        """Return a picture that shows something else where it is no part of the mail itself."""
        return self.picture("img", attributes(source) if source else {}, instead)

    def of_img(self, given: dict[str, str]) -> str | Part | None:
        """Return what a picture shows: one of the mail's parts, or what is in the tag itself."""
        addresses = [given.get(name, "") for name in ("src", "xlink:href", "href")]
        return self.first(*addresses, *_candidates(given))

    def of_source(self, source: str) -> str | Part | None:
        """Return what a source offers a picture, unless that is for the dark or for paper."""
        given = attributes(source)
        return (
            None if _OTHER_MEDIA.search(given.get("media", "")) else self.first(*_candidates(given))
        )

    def of_object(self, given: dict[str, str]) -> str | Part | None:
        """Return the picture that an object shows instead of its content (HTML §4.8.7)."""
        return self.picture_only(self.first(given.get("data", "")))

    def of_embed(self, given: dict[str, str]) -> str | Part | None:
        return self.picture_only(self.of_img(given))

    def picture_only(self, found: str | Part | None) -> str | Part | None:
        """Return what is shown by an element that shows any kind of file, if that is a picture."""
        if isinstance(found, Part) and not self.may_be_picture(found.file):
            return None
        return found

    def first(self, *addresses: str) -> str | Part | None:
        """Return the first that is one of the mail's parts, or a picture itself."""
        for address in addresses:
            address = _BAD_IN_VALUE.sub("", value(address)).strip() if address else ""
            part = self.resolve(address) if address else None
            if part is not None:
                return Part(part)
            if _DATA.match(address) and len(address) <= MAX_DATA:
                return _value(address)
        return None


@lru_cache(2_000)
def _common(name: str, source: str, marked: bool) -> Tag:
    """Return a tag that is the same in all mails: those of one sender have the same ones."""
    return Tags(lambda _address: None, marked, Sheets({}), lambda _file: False)._tag(
        name, source, ()
    )


def _candidates(given: dict[str, str]) -> list[str]:
    """Return the addresses in a srcset (HTML §2.4.4)."""
    rest, found = given.get("srcset", ""), []
    while len(found) < MAX_CANDIDATES and (rest := rest.lstrip(" \t\n\r\f,")):
        address, _, rest = _SPACE.sub(" ", rest, count=1).partition(" ")
        if not address.endswith(","):
            rest = rest.partition(",")[2]
        found.append(address.rstrip(","))
    return found


def _value(text: str) -> str:
    """Return an attribute's value, escaped for use between quotes.

    Odoo's sanitiser removes every tag that contains ``encoding=``.
    """
    text = escape(_BAD_IN_VALUE.sub(" ", text))
    return text.replace("encoding=", "encoding&#61;") if "encoding=" in text else text
