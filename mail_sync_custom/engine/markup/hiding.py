"""What a ``style`` hides, and where that is given up: better a word too many than one lost.

The elements that are open here are those that are kept. A browser has others open as well, and ends
some of them elsewhere (WHATWG HTML §13.2.6): a hidden one may have ended before words that are
still in it here. Then it hides nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Hidden:
    depth: int  # how many elements are open around it
    at: int  # where its start tag begins in what is written
    pieces: int
    name: str


class Hiding:
    """The open elements that hide what is in them, the outermost first."""

    def __init__(self, out: list):
        self._out = out
        self._open: list[_Hidden] = []
        #: Of each element that is not kept: how many were hidden when each was opened.
        self._others: defaultdict[str, list[int]] = defaultdict(list)

    def begin(self, depth: int, name: str, pieces: int) -> None:
        """Note an element whose start tag is written next, in so many pieces."""
        self._open.append(_Hidden(depth, len(self._out), pieces, name))

    def end(self, depth: int) -> None:
        """Note that all elements within the first ``depth`` have ended."""
        while self._open and self._open[-1].depth >= depth:
            self._open.pop()

    def begin_other(self, name: str) -> None:
        """Note an element that is not kept."""
        self._others[name].append(len(self._open))

    def end_other(self, name: str) -> None:
        """Note the end tag of one: if it was opened outside, it may end what is hidden."""
        opened = self._others.get(name)
        if opened and opened.pop() < len(self._open):
            self.give_up()

    def give_up(self, depth: int = 0) -> None:
        """Show what is in the hidden elements that have at least ``depth`` others around them."""
        while self._open and self._open[-1].depth >= depth:
            hidden = self._open.pop()
            shown = [f"<{hidden.name}>", *[""] * (hidden.pieces - 1)]
            self._out[hidden.at : hidden.at + hidden.pieces] = shown
