"""The colours, and the sizes, that a mail's style sheets give to the letters of its elements.

Style sheets are not kept. Which of their rules apply to an element is not worked out either, as a
browser would: only which colours it may have had from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .colours import Colour
from .longhands import UNSTATED, Stated, stated, without_comments

#: Characters of sheets that are read, of a rule's selectors and of its declarations; and colours
#: that are kept for each name.
MAX_SHEETS, MAX_RULE, MAX_COLOURS = 200_000, 2_000, 4

_BEGIN = re.compile(r"<style(?=[\s/>])[^<>]*>", re.IGNORECASE)
_END = re.compile("</style", re.IGNORECASE)
_BRACE = re.compile("[{}]")
#: Colours that are seen only on interaction, or that are no element's.
_NOT_AT_REST = re.compile(":(?:hover|active|focus|before|after|:|selection)", re.IGNORECASE)
_SIZE = re.compile(r"(?<![\w-])font(?:-size)?\s*:[^;]*[1-9a-z]", re.IGNORECASE)
_OTHER_MEDIA = re.compile(
    r"@media(?:[^{@]*dark|(?![^{@]*\b(?:screen|all|not\s+print)\b)[^{@]*print)", re.IGNORECASE
)
_COMBINATOR = re.compile(r"[\s>+~]+")
#: What narrows a selector down; and an attribute in the place of a name.
_NARROWER = re.compile(r"\([^()]*\)|(?<=[\w)*\]-])\[[^\[\]]*\]")
_ATTRIBUTE = re.compile(r"\[[^\[\]]*\]")
#: Of the names in a selector, the one that says most.
_NAMES = tuple(
    re.compile(pattern) for pattern in (r"#([\w-]+)", r"\.([\w-]+)", r"\A([\w-]+)", r"\A\*")
)
_PREFIXES = ("#", ".", "", "*")

#: What a browser may have shown; None is a picture, or a colour that is not understood.
Possible = tuple[Colour | None, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """What an element may have had from style sheets; ``size``: whether its letters had one."""

    grounds: Stated = UNSTATED
    letters: Stated = UNSTATED
    size: bool = False


NOTHING = Lost()


@dataclass(frozen=True, slots=True)
class Sheets:
    """What is lost with the style sheets, by the ``#id``, ``.class`` or name of an element."""

    known: dict[str, Lost]

    def of(self, name: str, given: dict[str, str]) -> Lost:
        """Return what an element may have had from them."""
        if not self.known:
            return NOTHING
        # What says most comes first: not all of it is kept.
        keys = [f"#{given['id'].strip().lower()}"] if "id" in given else []
        keys += [f".{one}" for one in given.get("class", "").lower().split()]
        keys += (name, "*")
        return _joined([self.known[key] for key in keys if key in self.known])

    def of_root(self) -> Lost:
        """Return what the whole document may have had: it may have no tag of its own."""
        return _joined([self.known[key] for key in ("*", "html", "body") if key in self.known])


def _joined(found: list[Lost]) -> Lost:
    if len(found) < 2:
        return found[0] if found else NOTHING
    return Lost(
        _both([one.grounds for one in found]),
        _both([one.letters for one in found]),
        any(one.size for one in found),
    )


def _both(found: list[Stated]) -> Stated:
    colours = dict.fromkeys(colour for one in found for colour in one.colours)
    return Stated((*colours,)[:MAX_COLOURS], any(one.wins for one in found))


def sheets(source: str) -> Sheets:
    """Return what is lost with the style sheets of a document; linear in its length."""
    known: dict[str, Lost] = {}
    for prelude, block in _rules(source):
        lost = Lost(*stated(block), bool(_SIZE.search(block)))
        if lost != NOTHING:
            for key in _keys(prelude):
                known[key] = _joined([lost, known[key]]) if key in known else lost
    return Sheets(known)


def _rules(source: str) -> Iterator[tuple[str, str]]:
    """Yield (selectors, declarations) of each rule, also within ``@media`` and the like.

    Those for the dark or for paper are left out.
    """
    for css in _texts(source):
        around, others, at = [], 0, 0  # the open blocks, and how many of them are left out
        for brace in _BRACE.finditer(css):
            text, at = css[at : brace.start()], brace.end()
            if brace[0] == "{":
                around.append(text.rpartition(";")[2][-MAX_RULE:])
                others += bool(_OTHER_MEDIA.search(around[-1]))
            elif around:
                prelude = around.pop()
                if not others:
                    yield prelude, text[:MAX_RULE]
                others -= bool(_OTHER_MEDIA.search(prelude))


def _texts(source: str) -> Iterator[str]:
    at, left = 0, MAX_SHEETS
    while left > 0 and (begin := _BEGIN.search(source, at)):
        if not (end := _END.search(source, begin.end())):
            return
        css, at = source[begin.end() : end.start()][:left], end.end()
        left -= len(css)
        yield without_comments(css)


def _keys(selectors: str) -> Iterator[str]:
    selectors = _ATTRIBUTE.sub("*", _NARROWER.sub("", selectors.lower()))
    for selector in selectors.split(","):
        if _NOT_AT_REST.search(selector) or not selector.strip():
            continue
        last = _COMBINATOR.split(selector.strip())[-1].replace(":root", "html")
        for prefix, name in zip(_PREFIXES, _NAMES, strict=True):
            if found := name.search(last):
                yield prefix + (found[1] if found.groups() else "")
                break
