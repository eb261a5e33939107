"""Whether letters are seen on the ground that remains, where their own may have been lost.

Style sheets and pictures from elsewhere are not kept: white letters may have been on a dark ground
that is not there any more, or a dark ground may have had white letters. Letters that nobody could
see in the mail either are hidden on purpose, and stay so.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .colours import WHITE, Colour, colour, contrast, over
from .sheets import MAX_COLOURS, Possible

#: Letters of less contrast are hardly seen (WCAG 2.1 wants 4.5 of ordinary text).
_SEEN = 2.3
#: Letters and links of Odoo that have no colour of their own.
_LETTERS, _LINK = "#374151", "#71639e"


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """What an element adds to the colours around it: what remains, and what may have been lost."""

    ground: str | None = None  # "" for a picture, None for nothing
    colour: str | None = None
    grounds: Possible = ()
    colours: Possible = ()
    is_link: bool = False
    on_purpose: bool = False  # it says in other ways that it is not to be seen

    def __bool__(self) -> bool:
        stated = (self.ground, self.colour) != (None, None)
        return stated or self.is_link or bool(self.grounds or self.colours)


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The colours in a place: first the one that remains, then those that may have been lost."""

    grounds: Possible = (WHITE,)
    colours: Possible = (colour(_LETTERS),)
    within: dict[Paint, tuple[Around, str | None]] = field(default_factory=dict)

    def enter(self, paint: Paint) -> tuple[Around, str | None]:
        """Return the colours in an element, and the one that its letters need.

        None if they may keep theirs, "" if they need none of their own.
        """
        if (known := self.within.get(paint)) is None:
            known = self.within[paint] = self._entered(paint)
        return known

    def _entered(self, paint: Paint) -> tuple[Around, str | None]:
        ground, letters = self.grounds[0], self.colours[0]
        grounds, colours = self.grounds[1:], self.colours[1:]
        if paint.ground is not None:
            own = colour(paint.ground)
            ground, grounds = _laid(own, ground), ()
        if paint.colour is not None or paint.is_link:
            letters, colours = colour(paint.colour or _LINK), ()
        inside = Around(
            (ground, *(grounds + paint.grounds)[-MAX_COLOURS:]),
            (letters, *(colours + paint.colours)[-MAX_COLOURS:]),
        )
        if paint.on_purpose or not inside.lost_letters():
            return inside, None
        kept = self.colours[0] if paint.colour is not None and not paint.is_link else None
        if kept and _is_seen(kept, ground):
            return Around(inside.grounds, self.colours), ""
        needed = max("#ffffff", "#000000", key=lambda one: contrast(colour(one), ground))
        return Around(inside.grounds, (colour(needed),)), needed

    def lost_letters(self) -> bool:
        """Return whether letters are not seen here that may have been seen in the mail."""
        ground, letters = self.grounds[0], self.colours[0]
        if len(self.grounds) + len(self.colours) == 2 or _is_seen(letters, ground):
            return False
        return any(_is_seen(one, other) for other in self.grounds for one in self.colours)


def _laid(upper: Colour | None, lower: Colour | None) -> Colour | None:
    """Return what is seen of a ground on another; None where that is not known."""
    if upper is None or upper[3] >= 1:
        return upper
    return over(upper, lower) if lower else None


def _is_seen(letters: Colour | None, ground: Colour | None) -> bool:
    """Return whether letters are seen on a ground; of what is not known, they are."""
    if letters is None or ground is None:
        return True
    beneath = over(ground, WHITE)
    return contrast(over(letters, beneath), beneath) >= _SEEN
