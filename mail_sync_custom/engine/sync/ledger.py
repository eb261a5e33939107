"""What a run may still do, and what it has done: its time, its quota, its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .. import plan
from ..matching import Owner
from ..values import Direction, Outcome
from .protocols import Commit, Limits, Report


@dataclass
class Ledger:
    """The accounting of one run.

    ``until`` is a time of ``clock``; ``quota`` is None if there is no limit. ``sent`` says that the
    run has recorded a mail from the owner. ``room`` is how much the next commit may have.
    """

    owner: Owner
    limits: Limits
    clock: Callable[[], float]
    until: float
    report: Report = field(default_factory=Report)
    quota: int | None = field(init=False)
    sent: bool = False
    room: plan.Room = field(default_factory=plan.first_room)

    def __post_init__(self):
        self.quota = self.limits.records

    @property
    def closed(self) -> bool:
        """Whether the run has already reported that it ends before its work does."""
        return self.report.more or self.report.capped

    def is_over(self) -> bool:
        """Return whether the time is up, or the quota used up."""
        self.report.more = self.report.more or self.clock() >= self.until
        return self.closed

    def take(self, commit: Commit, recorded: int, failed: int) -> None:
        """Enter a commit: what it looked at, and how much of the quota it used.

        ``recorded`` counts the mails that it recorded, ``failed`` those that it could not.
        """
        self.sent |= any(r.verdict.direction is Direction.OUT for r in commit.records)
        if commit.review:
            self.report.past += recorded
        else:
            self.report.tally.update(commit.tally)
            self.report.tally[Outcome.RECORDED] -= failed
            self.report.tally[Outcome.FAILED] += failed
        if self.quota is not None:
            self.quota -= recorded
        if commit.capped:
            # The share of a mail that ends up set aside goes to the next mail, one run later.
            self.report.capped = not self.quota
            self.report.more = self.report.more or bool(self.quota)
