"""The ``style`` attribute: known properties, and nothing that a browser would load from elsewhere.

What is kept is what Odoo's sanitiser keeps, written as it writes it. Without the list a mail could
place itself above the page that shows it (``position``, ``z-index``, ``transform``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

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

# What loads something, runs in some browser, or only looks like that to Odoo's sanitiser.
_SUSPECT = re.compile(r"""[(@\\<>:=;\x00-\x1f\x7f]|/\*""")
_HARMLESS = re.compile(r"\b(?:rgba?|hsla?|calc|min|max)\([\w\s.,%+*/-]*\)", re.IGNORECASE)
_VALUE = re.compile(r"""(?:[^"']|"[^"]*"|'[^']*')+""")
_PICTURE = re.compile(
    r"""[^()]*?\burl\(\s*("[^"]*"|'[^']*'|[^\s"'()]*)\s*\)[^()]*""", re.IGNORECASE
)
# A semicolon within quotes or brackets does not end a declaration.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")


@dataclass(frozen=True, slots=True)
class Part:
    """A reference to one of the mail's files, by its number: as a picture, or as a file."""

    file: int
    is_picture: bool = True


def quiet(css: str, resolve: Callable[[str], int | None]) -> list[str | Part]:
    """Return the declarations that load nothing, escaped, and the mail's own pictures.

    Of two declarations of one property, the last one counts.
    """
    if len(css) > MAX_STYLE:
        return []
    kept: dict[str, tuple[str | Part, ...]] = {}
    for declaration in _DECLARATION.findall(css.replace("\n", " ").replace("\t", " ")):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name in PROPERTIES and (pieces := _value(value.strip())):
            kept[name] = pieces
        elif name in ("background", "background-image") and (pieces := _picture(value, resolve)):
            kept["background-image"] = pieces
    pieces: list[str | Part] = []
    for name, value in kept.items():
        pieces += (f"; {name}:" if pieces else f"{name}:", *value)
    return pieces


def _value(value: str) -> tuple[str, ...]:
    if _SUSPECT.search(value) and _SUSPECT.search(_HARMLESS.sub("", value)):
        return ()
    return (escape(value),) if _VALUE.fullmatch(value) else ()


def _picture(value: str, resolve: Callable[[str], int | None]) -> tuple[str | Part, ...]:
    found = _PICTURE.fullmatch(value)
    part = resolve(found[1].strip("\"'").strip()) if found else None
    return () if part is None else ("url(", Part(part), ")")


def quoted(address: str) -> str:
    """Return an address, escaped for CSS."""
    return '"' + address.replace('"', "").replace("\\", "") + '"'
