"""How many mails a provider takes from one mailbox, and when the next one may leave.

Providers count recipients, over the last minute and the last 24 hours, not by the clock: what was
handed over at 10:00:30 counts until 10:01:30. (support.google.com/a/answer/166852;
learn.microsoft.com/en-us/office365/servicedescriptions: exchange-online-limits.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: Mails that wait leave in groups, each this long after the one before: a job is woken for each.
STEP = timedelta(seconds=10)
#: The provider's clock starts when it has accepted a mail, a little later than ours.
MARGIN = timedelta(seconds=1)

Cause = Literal["", "minute", "day"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many recipients in a minute and in 24 hours; ``None`` is no limit."""

    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """When a mail may leave, and which limit made it wait; ``""`` if it may leave now."""

    at: datetime
    cause: Cause = ""


class _Window:
    """What counts towards one limit, the oldest first."""

    def __init__(self, cause: Cause, length: timedelta, limit: int):
        self.cause, self.limit, self.length = cause, limit, length + MARGIN
        self.counted: deque[tuple[datetime, int]] = deque()
        self.total = 0

    def add(self, at: datetime, size: int) -> None:
        self.counted.append((at, size))
        self.total += size

    def earliest(self, at: datetime, size: int) -> datetime:
        """Return when ``size`` more recipients fit in, not before ``at``.

        A mail to more recipients than the limit goes when nothing else counts: it would never go.
        """
        while self.counted:
            first, count = self.counted[0]
            leaves = first + self.length
            if leaves > at and self.total + size <= self.limit:
                break
            at = max(at, leaves)
            self.counted.popleft()
            self.total -= count
        return at


def slots(
    now: datetime, handed_over: Iterable[tuple[datetime, int]], sizes: Sequence[int], limits: Limits
) -> list[Slot]:
    """Return a :class:`Slot` for each mail that is to leave, in their order.

    ``handed_over`` are the times and numbers of recipients of earlier mails, the oldest first;
    ``sizes`` the numbers of recipients of the mails that are to leave. A mail to nobody waits for
    nothing.
    """
    given = (("minute", MINUTE, limits.per_minute), ("day", DAY, limits.per_day))
    windows = [_Window(cause, length, limit) for cause, length, limit in given if limit]
    for at, size in handed_over:
        for window in windows:
            window.add(at, size)
    found: list[Slot] = []
    latest = Slot(now)
    for size in sizes:
        if not size:
            found.append(Slot(now))
            continue
        latest = _next(latest, windows, size)
        for window in windows:
            window.add(latest.at, size)
        found.append(latest if latest.at > now else Slot(now))
    return found


def _next(latest: Slot, windows: Sequence[_Window], size: int) -> Slot:
    """Return when the next mail may leave: not before the one in front of it."""
    at, cause = latest.at, latest.cause
    for window in windows:
        fits = window.earliest(at, size)
        if fits > at:
            at, cause = _rounded(fits), window.cause
    return Slot(at, cause)


def _rounded(at: datetime) -> datetime:
    """Return the end of the step that a time is in."""
    whole = at.replace(microsecond=0, second=at.second // 10 * 10)
    return whole if whole == at else whole + STEP
