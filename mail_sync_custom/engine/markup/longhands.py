"""Shorthand properties, and attributes of old → the longhands that are kept.

Words keep their colour and size together with the background they are on: white letters without
their dark background, or letters of no size whose own size was dropped, are words that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .colours import NAMED, Colour, colour
from .tokens import value

_WITH_BGCOLOR = frozenset("body table tr td th thead tbody tfoot".split())
#: A colour as attributes of old have it: the sign before the digits may be missing.
_OLD_COLOUR = re.compile(rf"#?([0-9a-f]{{6}}|(?<=#)[0-9a-f]{{3}})|{'|'.join(NAMED)}", re.IGNORECASE)
_NO_DIGIT, _ASTRAL = re.compile("[^0-9a-fA-F]"), re.compile("[\U00010000-\U0010ffff]")

_COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\([^()]{1,60}\)|(?<![\w#.-])[a-z]{3,20}(?![\w.(-])",
    re.IGNORECASE,
)
_URL = re.compile(r"""url\((?:"[^"]*"|'[^']*'|[^()"'])*\)""", re.IGNORECASE)
_GRADIENT = re.compile(r"gradient\((?:[^()]|\([^()]{0,60}\)){0,500}\)", re.IGNORECASE)
IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_IS_PICTURE = re.compile(r"(?:url|image-set)\(", re.IGNORECASE)
#: The properties that state what is behind words.
GROUNDS = frozenset("background background-color background-image".split())
_NO_STATEMENTS = frozenset("inherit initial none transparent unset".split()) | {""}
#: A colour through which something is seen.
_THIN = re.compile(r"transparent|(?:rgb|hsl)a\(.*|.*/.*|#[0-9a-f]{4}|#[0-9a-f]{8}", re.IGNORECASE)
#: Words of a background, or of a gradient in it, that are no colours.
_NO_COLOURS = frozenset(
    "at auto bottom center circle color conic contain cover ellipse fixed from hsl hue hwb in "
    "inherit initial lab lch left linear local longer none oklab oklch radial repeat revert right "
    "round scroll shorter space srgb stop text to top unset xyz".split()
)

# style, weight and the like; the size, and the height of a line behind a slash; the family.
_FONT = re.compile(
    r"((?:[a-z0-9-]+\s+){0,5}?)"
    r"((?:\d+(?:\.\d*)?|\.\d+)(?:[a-z]{2,4}|%)|0|(?:x{1,2}-)?(?:small|large)|medium|smaller|larger)"
    r"(?:\s*/\s*([\w.%]+))?\s+(\S.*)",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"[0.]+(?:[a-z]+|%)?", re.IGNORECASE)
_STYLES = frozenset("italic oblique".split())
_WEIGHT = re.compile("bold|bolder|lighter|[1-9]00")


def longhands(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the longhands (property, value) that a shorthand sets.

    CSS Backgrounds §2.10, Fonts §2.7. A font of no size is left out: what is within it may have a
    size that is not understood.
    """
    if name == "background":
        own = _colours(_GRADIENT.sub(" ", _URL.sub(" ", _plain(text))))
        if own:
            yield "background-color", own[-1]
    elif name == "font" and (found := _FONT.fullmatch(_plain(text))):
        before, size, height, family = found.groups()
        if _NOTHING.fullmatch(size):
            return
        for word in before.lower().split():
            if word in _STYLES:
                yield "font-style", word
            elif _WEIGHT.fullmatch(word):
                yield "font-weight", word
        yield "font-size", size
        if height:
            yield "line-height", height
        yield "font-family", family


def without_comments(css: str) -> str:
    """Return a style without comments, each of which is a space."""
    out, at = [], 0
    while (begin := css.find("/*", at)) >= 0 and (end := css.find("*/", begin + 2)) >= 0:
        out += (css[at:begin], " ")
        at = end + 2
    return "".join((*out, css[at:])) if out else css


@dataclass(frozen=True, slots=True)
class Stated:
    """The colours that declarations state; None is a picture, or one that is not understood.

    ``wins``: whether it is important, and stands against an element's own style.
    """

    colours: tuple[Colour | None, ...] = ()
    wins: bool = False


UNSTATED = Stated()


def stated(css: str) -> tuple[Stated, Stated]:
    """Return the grounds, and the colours of letters, that declarations state."""
    grounds, letters = UNSTATED, UNSTATED
    for declaration in css.split(";"):
        name, _, text = declaration.partition(":")
        name, wins, text = name.strip().lower(), bool(IMPORTANT.search(text)), _plain(text)
        if text.lower() in _NO_STATEMENTS:
            continue
        if name == "color":
            letters = Stated((*letters.colours, colour(text)), letters.wins or wins)
        elif name in GROUNDS:
            own = tuple(map(colour, _colours(_URL.sub(" ", text))))
            own += (None,) if not own or _IS_PICTURE.search(text) else ()
            grounds = Stated(grounds.colours + own, grounds.wins or wins)
    return grounds, letters


def shade(name: str, text: str) -> str:
    """Return the colour that stands for a gradient in a ground; "" without one."""
    if name == "background-color":
        return ""
    found = _colours(" ".join(_GRADIENT.findall(_URL.sub(" ", _plain(text)))))
    return next((one for one in found if not _THIN.fullmatch(one)), "")


def _plain(text: str) -> str:
    return IMPORTANT.sub("", " ".join(text.split()))


def _colours(text: str) -> tuple[str, ...]:
    found = (one[0] for one in _COLOUR.finditer(text))
    return tuple(one for one in found if one.lower() not in _NO_COLOURS)


def of_attributes(name: str, given: dict[str, str]) -> str:
    """Return the declarations that an element's other attributes stand for (HTML §15.3)."""
    out = "display:none;" if "hidden" in given else ""
    if name == "font" and "face" in given:  # in Wingdings, letters are other signs
        out += f"font-family:{value(given['face']).replace(';', ',')};"
    if "background" in given:
        address = value(given["background"]).replace('"', "").replace("\\", "")
        out += f'background-image:url("{address}");'
    if name in _WITH_BGCOLOR and (ground := old_colour(given.get("bgcolor", ""))):
        out += f"background-color:{ground};"
        text = old_colour(given.get("text", "")) if name == "body" else ""
        out += f"color:{text};" if text else ""  # letters without their background may be lost
    return out


def old_colour(text: str) -> str:
    """Return what an attribute's value says of a colour, however it is written (HTML §2.3.6)."""
    text = value(text).strip()
    if found := _OLD_COLOUR.fullmatch(text):
        return f"#{found[1]}" if found[1] else found[0]
    if not text or text.lower() == "transparent":
        return ""
    digits = _NO_DIGIT.sub("0", _ASTRAL.sub("00", text)[:128].removeprefix("#")) or "0"
    digits += "0" * (-len(digits) % 3)
    length = len(digits) // 3
    parts = [digits[at : at + length][-8:] for at in range(0, len(digits), length)]
    while len(parts[0]) > 2 and all(one.startswith("0") for one in parts):
        parts = [one[1:] for one in parts]
    return "#" + "".join(one[:2].rjust(2, "0") for one in parts)
