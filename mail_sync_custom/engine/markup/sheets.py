"""The colours that a mail's style sheets give to its elements.

Style sheets are not kept. Which of their rules apply to an element is not worked out either, as a
browser would: only which colours it may have had from them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from .colours import Colour
from .longhands import colours_of, without_comments

#: Characters of sheets that are read, of a rule's selectors and of its declarations; and colours
#: that are kept for each name.
MAX_SHEETS, MAX_RULE, MAX_COLOURS = 200_000, 2_000, 4

_BEGIN = re.compile(r"<style(?=[\s/>])[^<>]*>", re.IGNORECASE)
_END = re.compile("</style", re.IGNORECASE)
_BRACE = re.compile("[{}]")
#: Colours that nobody sees who does nothing, or that are no element's.
_NOT_AT_REST = re.compile(":(?:hover|active|focus|before|after|:|selection)", re.IGNORECASE)
_LAST = re.compile(r"[^\s>+~]+\Z")
#: Of the names in a selector, the one that says most.
_NAMES = tuple(
    re.compile(pattern) for pattern in (r"#([\w-]+)", r"\.([\w-]+)", r"\A([\w-]+)", r"\A\*")
)
_PREFIXES = ("#", ".", "", "*")

#: What a browser may have shown; None is a picture, or a colour that is not understood.
Possible = tuple[Colour | None, ...]


@dataclass(frozen=True, slots=True)
class Sheets:
    """Possible colours, by the ``#id``, ``.class`` or name of an element: grounds, and letters."""

    grounds: dict[str, Possible] = field(default_factory=dict)
    letters: dict[str, Possible] = field(default_factory=dict)

    def of(self, name: str, given: dict[str, str]) -> tuple[Possible, Possible]:
        """Return the possible grounds and colours of letters of an element."""
        if not (self.grounds or self.letters):
            return (), ()
        keys = [name, "*", *(f".{one}" for one in given.get("class", "").lower().split())]
        if "id" in given:
            keys.append(f"#{given['id'].strip().lower()}")
        return _among(self.grounds, keys), _among(self.letters, keys)

    @property
    def root(self) -> tuple[Possible, Possible]:
        """Return those of the whole document, which may have no tag of its own."""
        keys = ["*", "html", "body"]
        return _among(self.grounds, keys), _among(self.letters, keys)


def _among(known: dict[str, Possible], keys: list[str]) -> Possible:
    found = (one for key in keys if key in known for one in known[key])
    return tuple(dict.fromkeys(found))[:MAX_COLOURS]


def sheets(source: str) -> Sheets:
    """Return what the style sheets of a document state; linear in its length."""
    found = defaultdict(dict), defaultdict(dict)
    for prelude, block in _rules(source):
        own = colours_of(block)
        if not any(own):
            continue
        for key in _keys(prelude):
            for known, colours in zip(found, own, strict=True):
                known[key].update(dict.fromkeys(colours))
    return Sheets(*({key: (*one,)[:MAX_COLOURS] for key, one in known.items()} for known in found))


def _rules(source: str) -> Iterator[tuple[str, str]]:
    """Yield (selectors, declarations) of each rule; those of ``@media`` and the like too."""
    for css in _texts(source):
        prelude, at = "", 0
        for brace in _BRACE.finditer(css):
            text, at = css[at : brace.start()], brace.end()
            if brace[0] == "}" and prelude:
                yield prelude[-MAX_RULE:], text[:MAX_RULE]
            prelude = text.rpartition(";")[2] if brace[0] == "{" else ""


def _texts(source: str) -> Iterator[str]:
    at, left = 0, MAX_SHEETS
    while left > 0 and (begin := _BEGIN.search(source, at)):
        if not (end := _END.search(source, begin.end())):
            return
        css, at = source[begin.end() : end.start()][:left], end.end()
        left -= len(css)
        yield without_comments(css)


def _keys(selectors: str) -> Iterator[str]:
    for selector in selectors.lower().split(","):
        if _NOT_AT_REST.search(selector) or not (last := _LAST.search(selector.strip())):
            continue
        for prefix, name in zip(_PREFIXES, _NAMES, strict=True):
            if found := name.search(last[0]):
                yield prefix + (found[1] if found.groups() else "")
                break
