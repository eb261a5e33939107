"""How the next tag of a document is read: as HTML, as svg or math, or in doubt (§13.2.6).

Within svg and math no element's content is raw: ``<style>`` or ``<xmp>`` has tags in it like any
other. Where they end depends on the elements that are open around them. Only what all parsers agree
on is followed here: svg and math that are properly nested, and a select with nothing but options.
After anything else (``<p><svg></p>``, ``<select><div>``), only a complete tree builder knows, and
browsers differ: since 2025, some allow any element in a select. The rest of the document is then in
doubt: the content of its raw elements is shown as it is written, which loses no word.

Each step takes the same time, however many elements are open.
"""

from __future__ import annotations

import re
from enum import IntEnum

from . import elements


class Reading(IntEnum):
    """What a start tag begins."""

    HTML = 1
    SVG = 2
    MATH = 3
    CLOSED = 4  # an svg or math element without content: ``<path/>``
    DOUBT = 5  # any of these


class _In(IntEnum):
    SVG = Reading.SVG
    MATH = Reading.MATH
    POINT = 4  # an svg or math element that contains HTML: an integration point
    HTML = 5  # within such a one


_ROOTS = {"svg": _In.SVG, "math": _In.MATH}
_POINTS = {
    _In.SVG: frozenset("desc foreignobject title".split()),
    _In.MATH: frozenset("mi mn mo ms mtext".split()),
}
_OPTIONS = frozenset("hr optgroup option script".split())
_TABLE = frozenset("table tbody tfoot thead tr".split())
#: Within an integration point, these may end elements outside of it, or are read as math.
_REACH_OUT = frozenset(
    "body frame frameset head html malignmark mglyph option select template".split()
)
_VOID = frozenset(
    "area base basefont bgsound br col embed hr img input link meta param source track wbr".split()
)
_FONT = re.compile(r"(?:^|[\s/\"'])(?:color|face|size)(?=[\s/=]|$)", re.IGNORECASE)


class Place:
    """The place in a document that has been reached."""

    def __init__(self) -> None:
        self.doubt = False
        self.open: list[tuple[str, _In]] = []  # from the outermost svg or math element on
        self.points = 0  # integration points in ``open``
        self.select = False
        self.templates = 0

    @property
    def cdata(self) -> bool:
        """Whether ``<![CDATA[`` may begin text here, and not a comment (§13.2.5.42)."""
        return self.doubt or bool(self.open and self.open[-1][1] is not _In.HTML)

    @property
    def follows(self) -> bool:
        """Whether each tag has to be told to this place, and not only those that turn it."""
        return self.doubt or bool(self.open or self.select or self.templates)

    def start(self, name: str, attributes: str) -> Reading:
        """Read a start tag."""
        if self.doubt:
            return Reading.DOUBT
        if self.open:
            return self._start_within(name, attributes)
        if self.select:
            if name == "select":
                self.select = False  # a second one ends the first
            elif name not in _OPTIONS:
                return self._lose()
        elif name in _ROOTS:
            return self._push(name, _ROOTS[name], attributes)
        elif name == "select":
            self.select = True
        elif name == "template":
            self.templates += 1
        elif name == "option" or (name == "col" and self.templates):
            # An option shows all its text, a title too; after a col, tags may be ignored.
            return self._lose()
        return Reading.HTML

    def end(self, name: str) -> None:
        """Read an end tag."""
        if self.doubt:
            return
        if self.open:
            self._end_within(name)
        elif self.select:
            if name == "select":
                self.select = False
            elif name not in _OPTIONS:
                self._lose()
        elif name == "template" and self.templates:
            self.templates -= 1

    def _start_within(self, name: str, attributes: str) -> Reading:
        if name in elements.LEAVES_FOREIGN or (name == "font" and _FONT.search(attributes)):
            while self.open and self.open[-1][1] in _POINTS:
                self.open.pop()
            if not self.open:
                return self.start(name, attributes)
        inside = self.open[-1][1]
        if inside in _POINTS:
            return self._push(name, inside, attributes)
        if name in _ROOTS:
            return self._push(name, _ROOTS[name], attributes)
        if name in _REACH_OUT or (
            name in elements.IN_TABLE and (inside is _In.POINT or self.open[-1][0] not in _TABLE)
        ):
            return self._lose()
        if name not in _VOID:
            self.open.append((name, _In.HTML))
        return Reading.HTML

    def _push(self, name: str, inside: _In, attributes: str) -> Reading:
        if name == "annotation-xml":  # an integration point or not, by its encoding
            return self._lose()
        if attributes.endswith("/"):
            return Reading.CLOSED
        is_point = name in _POINTS[inside]
        self.points += is_point
        self.open.append((name, _In.POINT if is_point else inside))
        return Reading(inside)

    def _end_within(self, name: str) -> None:
        if self.open[-1][0] == name:
            self.points -= self.open.pop()[1] is _In.POINT
        elif self.points:
            self._lose()
        else:
            self._end_further(name)

    def _end_further(self, name: str) -> None:
        """End the nearest element of a name, all of which are svg or math (§13.2.6.5)."""
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at][0] == name:
                del self.open[at:]
                return
        self._lose()

    def _lose(self) -> Reading:
        self.doubt = True
        self.open.clear()
        return Reading.DOUBT
