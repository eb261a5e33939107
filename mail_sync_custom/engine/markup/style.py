"""The ``style`` attribute without what a browser would load from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

#: Odoo's sanitiser is quadratic in the length of a style.
MAX_STYLE = 2_000

_LOADS = re.compile(r"\(|@|\\|/\*|[<>\x00-\x1f\x7f]")
_HARMLESS = re.compile(r"\b(?:rgba?|hsla?|calc|min|max)\([\w\s.,%+*/-]*\)", re.IGNORECASE)
_PICTURE = re.compile(
    r"""\s*background(?:-image)?\s*:[^()]*?\burl\(\s*("[^"]*"|'[^']*'|[^\s"'()]*)\s*\)[^()]*""",
    re.IGNORECASE,
)
# A semicolon within quotes or brackets does not end a declaration.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")


@dataclass(frozen=True, slots=True)
class Part:
    """A reference to one of the mail's files, by its number: as a picture, or as a file."""

    file: int
    is_picture: bool = True


def quiet(css: str, resolve: Callable[[str], int | None]) -> list[str | Part]:
    """Return the declarations that load nothing, escaped, and the mail's own pictures."""
    if len(css) > MAX_STYLE:
        return []
    kept: list[str | Part] = []
    for declaration in _DECLARATION.findall(css.replace("\n", " ").replace("\t", " ")):
        kept += _quiet(declaration, resolve)
    return kept


def _quiet(declaration: str, resolve: Callable[[str], int | None]) -> Iterator[str | Part]:
    if not _LOADS.search(_HARMLESS.sub("", declaration)):
        if ":" in declaration:
            yield f"{escape(declaration.strip())};"
        return
    picture = _PICTURE.fullmatch(declaration)
    part = resolve(picture[1].strip("\"'").strip()) if picture else None
    if part is not None:
        yield from ("background-image:url(", Part(part), ");")


def quoted(address: str) -> str:
    """Return an address, escaped for CSS."""
    return '"' + address.replace('"', "").replace("\\", "") + '"'
