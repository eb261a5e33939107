"""The ``style`` attribute: known properties, and nothing that a browser would load from elsewhere.

What is kept is what Odoo's sanitiser keeps, written as it writes it. Without the list a mail could
place itself above the page that shows it (``position``, ``z-index``, ``transform``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from .longhands import GROUNDS, IMPORTANT, longhands, shade

#: Odoo's sanitiser is quadratic in the length of a style.
MAX_STYLE = 2_000

#: The properties that are kept.
PROPERTIES = frozenset(
    "font-size font-family font-weight font-style color background-color background-image "
    "background-position background-size background-repeat background-origin text-align "
    "line-height letter-spacing text-transform text-decoration white-space opacity float "
    "vertical-align display object-fit padding padding-top padding-right padding-bottom "
    "padding-left margin margin-top margin-right margin-bottom margin-left height width "
    "max-width min-width min-height border border-color border-radius border-style border-width "
    "border-top border-bottom border-collapse border-spacing caption-side empty-cells "
    "table-layout".split()
) | {
    f"border-{side}-{what}"
    for side in ("top", "right", "bottom", "left")
    for what in ("style", "color", "width", "left-radius", "right-radius")
}

#: A style that hides an element, as it is written here.
HIDES = re.compile(
    r' style="[^"]*?(?:display:(?:none|table-column)|(?:opacity|font-size):[0.]+(?![0-9.]))',
    re.IGNORECASE,
)

# What loads something, runs in some browser, or only looks like that to Odoo's sanitiser.
_SUSPECT = re.compile(r"""[(@\\<>:=;\x00-\x1f\x7f]|/\*""")
_HARMLESS = re.compile(r"\b(?:rgba?|hsla?|calc|min|max)\([\w\s.,%+*/-]*\)", re.IGNORECASE)
_VALUE = re.compile(r"""(?:[^"']|"[^"]*"|'[^']*')+""")
_PICTURE = re.compile(r"""\burl\(\s*("[^"]*"|'[^']*'|[^\s"'()]*)\s*\)""", re.IGNORECASE)
#: The background is seen in the letters only.
_CUT_OUT = re.compile(
    r"background-clip\s*:\s*text|background\s*:[^;]*(?<=[\s)])text(?=\s|;|\Z)", re.IGNORECASE
)
#: A colour of letters that nobody sees, but for what they are cut out of.
_UNSEEN = re.compile(
    r"transparent|(?:rgb|hsl)a?\([^()]*[,/]\s*(?:0|0?\.0+|0%)\s*\)|#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)",
    re.IGNORECASE,
)
#: A ground that is no colour: not kept, unless it is a picture of the mail.
_NO_COLOUR = re.compile(r"(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
#: What shows words on a ground of their colour, and is not kept.
_SHOWS = re.compile(r"(?:text-shadow|box-shadow|text-fill-color|filter)\s*:", re.IGNORECASE)
#: Sizes of letters: of nothing, and in terms of the size around them (CSS Fonts 4 §2.5).
_NO_SIZE = re.compile("[0.]+(?![0-9.])")
_RELATIVE = re.compile(
    r"(?<!r)(?:em|ex|ch|lh)\b|[1-9][0-9.]*%|smaller|larger|inherit|unset", re.IGNORECASE
)
#: Colours that are what is around an element.
_AS_AROUND = frozenset("currentcolor inherit initial none revert transparent unset".split()) | {""}
#: What hides words in some programs, and is not kept; or all but hides them.
_ON_PURPOSE = re.compile(
    r"mso-hide|visibility\s*:\s*hidden|(?<![\w-])(?:max-|line-)?height\s*:\s*0(?![.\d])|font-size\s*:\s*(?:0?\.\d+|[12](?:\.\d+)?)(?:px|pt)",
    re.IGNORECASE,
)
# A semicolon within quotes or brackets does not end a declaration.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")


@dataclass(frozen=True, slots=True)
class Part:
    """A reference to one of the mail's files, by its number: as a picture, or as a file."""

    file: int
    is_picture: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """The declarations of an element that are kept, by property: pieces of values, escaped."""

    values: dict[str, tuple[str | Part, ...]]
    #: The colour behind its words: "" for a picture, None if none is stated; and that of its words.
    ground: str | None = None
    colour: str | None = None
    lost: bool = False  # its ground may have been something else
    on_purpose: bool = False  # its words are hidden in a way that is not kept
    has_size: bool | None = None  # None if it depends on what is around it

    def with_needs(self, needs: tuple[tuple[str, str], ...]) -> Kept:
        """Return them with others in their place; "" for none."""
        values = {name: value for name, value in self.values.items() if name not in dict(needs)}
        return Kept(values | {name: (value,) for name, value in needs if value})

    def pieces(self) -> list[str | Part]:
        """Return them as they are written."""
        out: list[str | Part] = []
        for name, value in self.values.items():
            out += (f"; {name}:" if out else f"{name}:", *value)
        return out


def _colour(pieces: tuple[str | Part, ...]) -> str | None:
    text = IMPORTANT.sub("", pieces[0]) if pieces and isinstance(pieces[0], str) else ""
    return None if text.strip().lower() in _AS_AROUND else text


def _has_size(pieces: tuple[str | Part, ...]) -> bool | None:
    text = str(pieces[0]) if pieces else ""
    return None if not text or _RELATIVE.search(text) else not _NO_SIZE.match(text)


NOTHING = Kept({})


def kept(css: str, resolve: Callable[[str], int | None]) -> Kept:
    """Return the declarations that load nothing, and the mail's own pictures.

    Of two declarations of one property, the last one counts, unless only the first is important.
    """
    if len(css) > MAX_STYLE:
        return Kept({}, lost="background" in css)
    kept: dict[str, tuple[str | Part, ...]] = {}
    important: set[str] = set()
    shades: tuple[str, ...] = ()
    lost = False
    for declared, value in _declarations(css):
        is_important = bool(IMPORTANT.search(value))
        for name, pieces in _longhands(declared, value, resolve):
            if pieces and (is_important or name not in important):
                kept[name] = pieces
                important |= {name} if is_important else set()
        if declared in GROUNDS:
            shades = shades or _value(shade(declared, value))
            lost = lost or bool(_NO_COLOUR.search(value))
    if shades:
        kept.setdefault("background-color", shades)
    if _CUT_OUT.search(css):
        kept.pop("background-color", None)
    is_picture = "background-image" in kept
    return Kept(
        kept,
        "" if is_picture else _colour(kept.get("background-color", ())),
        _colour(kept.get("color", ())),
        (lost and not is_picture) or bool(_SHOWS.search(css)),
        bool(_ON_PURPOSE.search(css)),
        _has_size(kept.get("font-size", ())),
    )


def _longhands(
    name: str, value: str, resolve: Callable[[str], int | None]
) -> Iterator[tuple[str, tuple[str | Part, ...]]]:
    """Yield (property, pieces of its value) for a declaration; no pieces where it is unsafe."""
    if name in PROPERTIES and (pieces := _value(value)):
        yield name, pieces
    elif name in ("background", "background-image"):
        yield "background-image", _picture(value, resolve)
    elif name == "font-size" and value:
        yield name, ("medium",)  # a size that is not understood, perhaps within one of nothing
    for longhand, text in longhands(name, value):
        yield longhand, _value(text)


def _declarations(css: str) -> Iterator[tuple[str, str]]:
    """Yield (property, value), without `color: transparent` and the like.

    Such letters show a gradient, which is not kept.
    """
    for declaration in _DECLARATION.findall(css.replace("\n", " ").replace("\t", " ")):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not (name == "color" and _UNSEEN.match(value)):
            yield name, value


def _value(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    if _SUSPECT.search(value) and _SUSPECT.search(_HARMLESS.sub("", value)):
        return ()
    return (escape(value),) if _VALUE.fullmatch(value) else ()


def _picture(value: str, resolve: Callable[[str], int | None]) -> tuple[str | Part, ...]:
    """Return the first picture of the mail in a ground, which may have others beside it."""
    for found in _PICTURE.finditer(value):
        part = resolve(found[1].strip("\"'").strip())
        if part is not None:
            return ("url(", Part(part), ")")
    return ()
