"""The part of a Store in memory that compares a mailbox with the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..completeness import Checked, Gap, Marked, Order
from ..errors import LeaseLost
from ..sync.protocols import Mailbox


class Comparing:
    """What was asked for, how far it is, and what is missing: by message id and variant."""

    def __init__(self):
        self.asked: Order | None = None
        self.gaps: dict[tuple[str, int], tuple[int, Gap]] = {}
        self.result: dict[int, Checked] = {}

    def compare(self) -> None:
        """Press *Check completeness*."""
        self.asked, self.gaps, self.result = Order(), {}, {}

    def fetch_missing(self) -> None:
        """Press *Fetch what is missing*."""
        wanted: dict[int, list[int]] = {}
        for ref, gap in self.gaps.values():
            wanted.setdefault(ref, []).append(gap.uid)
        self.asked = Order(True, wanted)

    # -- the protocol -------------------------------------------------------------------------

    def order(self) -> Order | None:
        return self.asked and replace(self.asked, checked=dict(self.result))

    def marked(self, mailbox: Mailbox) -> Marked:
        gone = {
            link.uid
            for (message_id, variant), link in self.links.items()
            if not link.removed
            and set(link.places).difference(
                e.target for e in self.database.standing(message_id) if e.variant == variant
            )
        }
        box = self.boxes[mailbox.ref]
        return Marked(frozenset(gone), frozenset(self._aside(box.ref, box.state)))

    def fetched(self) -> None:
        self.compare()

    def compared(self, mailbox: Mailbox, checked: Checked, gaps: Sequence[Gap]) -> None:
        if not self.lease:
            raise LeaseLost
        self.result[mailbox.ref] = checked
        for gap in gaps:
            self.gaps[gap.verdict.message_id, gap.verdict.variant] = (mailbox.ref, gap)

    def completed(self) -> None:
        self.asked = None
