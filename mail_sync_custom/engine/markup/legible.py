"""Whether letters are seen on the ground that remains, where their own may have been lost.

Style sheets and pictures from elsewhere are not kept: white letters may have been on a dark ground
that is not there any more, a dark ground may have had white letters, and letters in an element of
size zero may have had a size of their own. Letters that nobody could see in the mail either are
hidden on purpose, and stay so.
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
    """What an element says of its letters and their ground: what remains, and what may be lost."""

    ground: str | None = None  # "" for a picture, None for nothing
    colour: str | None = None
    grounds: Possible = ()
    colours: Possible = ()
    is_link: bool = False
    on_purpose: bool = False  # it says in other ways that it is not to be seen
    has_size: bool | None = None  # whether its letters have one; None if that is not stated
    may_have_size: bool = False

    def __bool__(self) -> bool:
        stated = (self.ground, self.colour, self.has_size) != (None, None, None)
        lost = bool(self.grounds or self.colours or self.may_have_size)
        return stated or lost or self.is_link


#: Declarations that an element needs instead of its own; "" for none.
Needs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The colours in a place: first the one that remains, then those that may have been lost."""

    grounds: Possible = (WHITE,)
    colours: Possible = (colour(_LETTERS),)
    sizeless: bool = False  # letters have no size here
    within: dict[Paint, tuple[Around, Needs]] = field(default_factory=dict)

    def enter(self, paint: Paint) -> tuple[Around, Needs]:
        """Return what is around the words of an element, and what it needs for them to be seen."""
        if (known := self.within.get(paint)) is None:
            known = self.within[paint] = self._entered(paint)
        return known

    def _entered(self, paint: Paint) -> tuple[Around, Needs]:
        inside, needs = self._coloured(paint)
        sizeless = self.sizeless if paint.has_size is None else not paint.has_size
        if not sizeless or paint.on_purpose:
            return inside, needs
        if paint.may_have_size and paint.has_size is None:
            return inside, (*needs, ("font-size", "medium"))
        return Around(inside.grounds, inside.colours, sizeless=True), needs

    def _coloured(self, paint: Paint) -> tuple[Around, Needs]:
        inside = self._with_colours_of(paint)
        if paint.on_purpose or not inside.lost_letters():
            return inside, ()
        ground = inside.grounds[0]
        without = (colour(_LINK),) if paint.is_link else self.colours
        if paint.colour is not None and _is_seen(without[0], ground):
            return Around(inside.grounds, without), (("color", ""),)
        needed = max("#ffffff", "#000000", key=lambda one: contrast(colour(one), ground))
        return Around(inside.grounds, (colour(needed),)), (("color", needed),)

    def _with_colours_of(self, paint: Paint) -> Around:
        ground, letters = self.grounds[0], self.colours[0]
        grounds, colours = self.grounds[1:], self.colours[1:]
        if paint.ground is not None:
            ground, grounds = _laid(colour(paint.ground), ground), ()
        if paint.colour is not None or paint.is_link:
            letters, colours = colour(paint.colour or _LINK), ()
        return Around(
            (ground, *(grounds + paint.grounds)[-MAX_COLOURS:]),
            (letters, *(colours + paint.colours)[-MAX_COLOURS:]),
        )

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
