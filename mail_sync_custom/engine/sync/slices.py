"""A part of a batch that is decided, read and committed together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from .. import plan
from ..values import Envelope, Headers, MailboxState

#: The headers of a message that may be a lead's, and the envelope parsed from them.
Wanted = tuple[Headers, Envelope]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a batch that is committed together.

    ``wanted`` are those that may be a lead's, and ``notices`` those that may be reports.
    ``lost`` are UIDs that exist and did not arrive, ``aside`` those that were not requested, and
    ``odd`` those whose correspondents a server-side search may miss.
    """

    part: plan.Batch
    headers: Sequence[Headers]
    wanted: Sequence[Wanted]
    lost: Sequence[int]
    aside: Collection[int]
    odd: Sequence[int] = ()
    notices: Sequence[int] = ()

    def kept(self, part: plan.Batch) -> Slice:
        """Return what is left of it if it has to end early."""
        covered = range(part.lo, part.hi)
        return replace(
            self,
            part=part,
            headers=[h for h in self.headers if h.uid in covered],
            wanted=[pair for pair in self.wanted if pair[0].uid in covered],
            lost=[uid for uid in self.lost if uid in covered],
            aside=[uid for uid in self.aside if uid in covered],
            odd=[uid for uid in self.odd if uid in covered],
            notices=[uid for uid in self.notices if uid in covered],
        )

    def noted(self, state: MailboxState) -> MailboxState:
        """Return the state with what is now known of the headers.

        A review reads every odd one in its range again; one that does not arrive no longer exists.
        """
        return plan.noted(state, self.part, self.odd)
