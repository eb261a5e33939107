"""Which accounts are watched, and when: the decisions of the watcher.

Decides: whom to begin and whom to let go, when an account has its ordinary turn, how long to wait
after a connection that did not last, whether a mail came before the wait began. Refuses to know:
sockets, threads and databases. Times are seconds of one clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .values import MailboxState, Snapshot

#: An ordinary turn comes so many seconds before the account is due, spread over SPREAD more: the
#: scheduled action finds nothing to do, and no two accounts keep step.
AHEAD = 30.0
SPREAD = 20.0

#: A connection that lasted so long did well, and is begun again at once. Servers end IDLE after
#: half an hour (RFC 2177), some after ten minutes.
LASTED = 9 * 60.0

#: The pause after one that did not, doubled for each in a row, up to the longest.
PAUSE = 60.0
LONGEST_PAUSE = 30 * 60.0

#: When a server without IDLE is asked again.
UNFIT_FOR = 60 * 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that is to be watched.

    ``signature`` changes with what its connection is made of; ``due_in`` are the seconds until the
    scheduled action would give it a turn.
    """

    signature: str
    due_in: float


@dataclass(frozen=True, slots=True)
class Setback:
    """Connections that did not last, in a row, and when the next one may begin.

    It holds for one signature: who changes the settings need not wait.
    """

    signature: str
    count: int
    until: float


def to_let_go(wanted: Mapping[int, Wanted], watched: Mapping[int, str]) -> list[int]:
    """Return who is watched, by their signature, and is not wanted so any more."""
    return [
        account
        for account, signature in watched.items()
        if account not in wanted or wanted[account].signature != signature
    ]


def to_begin(
    wanted: Mapping[int, Wanted],
    watched: Mapping[int, str],
    setbacks: Mapping[int, Setback],
    now: float,
) -> Iterator[int]:
    """Yield who is wanted, not watched, and need not wait, whoever is due first at the front."""
    for account, want in sorted(wanted.items(), key=lambda each: each[1].due_in):
        setback = setbacks.get(account)
        waits = setback and setback.signature == want.signature and now < setback.until
        if account not in watched and not waits:
            yield account


def ahead(random: float) -> float:
    """Return how many seconds before it is due an account has its turn, ``random`` from 0 to 1."""
    return AHEAD + SPREAD * random


def after_end(
    before: Setback | None, signature: str, lasted: float, now: float, random: float
) -> Setback:
    """Return what follows from the end of a connection that lasted so many seconds."""
    if lasted >= LASTED:
        return Setback(signature, 0, now)
    count = before.count + 1 if before and before.signature == signature else 1
    return Setback(signature, count, now + pause(count, random))


def pause(count: int, random: float) -> float:
    """Return the seconds to wait after so many connections that did not last."""
    return min(PAUSE * 2 ** min(count - 1, 10), LONGEST_PAUSE) * (1 + random / 4)


def unfit(signature: str, now: float) -> Setback:
    """Return the setback of an account whose server cannot be waited at."""
    return Setback(signature, 0, now + UNFIT_FOR)


def missed(told: Snapshot, covered: MailboxState, before: Snapshot | None) -> bool:
    """Whether something came between a turn and the wait: it is told of no more.

    What was told ``before`` the turn has had its turn. A server whose numbers do not agree is not
    asked for ever.
    """
    if before and (before.uidvalidity, before.uidnext) == (told.uidvalidity, told.uidnext):
        return False
    renumbered = (told.uidvalidity or 0) != covered.uidvalidity
    return renumbered or (told.uidnext or 0) > covered.high
