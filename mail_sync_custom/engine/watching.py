"""Which accounts are watched, and when: the decisions of the watcher.

Decides: which accounts to start and stop watching, when an account has its ordinary turn and when
its other mailboxes are checked, how long to wait after a short-lived connection or an unreachable
host, whether mail arrived before the wait began. Knows nothing of sockets, threads and
databases. Times are seconds of one monotonic clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .values import MailboxState, Snapshot

#: An ordinary turn starts this many seconds before the account is due, spread over SPREAD more, so
#: that the scheduled action finds nothing to do and accounts do not run in step.
AHEAD = 30.0
SPREAD = 20.0

#: A connection that lasted this long succeeded. Servers end IDLE after half an hour (RFC 2177),
#: some after ten minutes.
LASTED = 9 * 60.0

#: The pause after a connection has ended, doubled for each consecutive one that did not last, up to
#: the longest. The first is short, because a server that restarts drops all of them.
PAUSE = 1.0
LONGEST_PAUSE = 30 * 60.0

#: The longest pause between two attempts to reach an unreachable host; one account tries.
LONGEST_AWAY = 15.0

#: IDLE reports one mailbox only (RFC 2177). The others are polled by STATUS this often, and less
#: often where that would exceed LOOKS a second for all accounts together.
LOOK = 30.0
LOOKS = 25.0

#: How long until a server without IDLE is asked again.
UNFIT_FOR = 60 * 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to be watched.

    ``signature`` changes with the connection settings; ``due_in`` are the seconds until the
    scheduled action would give it a turn; ``host`` is the host and port that it connects to.
    """

    signature: str
    due_in: float
    host: str = ""


@dataclass(frozen=True, slots=True)
class Setback:
    """Consecutive connections that did not last, and when the next one may begin.

    It holds for one signature: after a change of settings there is no wait.
    """

    signature: str
    count: int
    until: float


@dataclass(frozen=True, slots=True)
class Away:
    """A host that could not be reached, how often in a row, and when it is retried."""

    count: int
    until: float


def to_let_go(wanted: Mapping[int, Wanted], watched: Mapping[int, str]) -> list[int]:
    """Return the watched accounts that are no longer wanted under their signature."""
    return [
        account
        for account, signature in watched.items()
        if account not in wanted or wanted[account].signature != signature
    ]


def to_begin(
    wanted: Mapping[int, Wanted],
    watched: Mapping[int, str],
    setbacks: Mapping[int, Setback],
    away: Mapping[str, Away],
    trying: Collection[str],
    now: float,
) -> Iterator[int]:
    """Yield the wanted accounts that are not watched and need not wait, the first due first.

    Of the accounts of an unreachable host, one is tried at a time, in turn, when its pause is
    over; ``trying`` are the hosts being connected to now.
    """
    waiting: dict[str, list[int]] = {}
    for account, want in sorted(wanted.items(), key=lambda each: each[1].due_in):
        setback = setbacks.get(account)
        if account in watched or (
            setback and setback.signature == want.signature and now < setback.until
        ):
            continue
        if want.host in away:
            waiting.setdefault(want.host, []).append(account)
        else:
            yield account
    for host, accounts in waiting.items():
        if now >= away[host].until and host not in trying:
            yield accounts[away[host].count % len(accounts)]


def ahead(random: float) -> float:
    """Return how many seconds before it is due an account has its turn; ``random`` is 0 to 1."""
    return AHEAD + SPREAD * random


def after_end(
    before: Setback | None, signature: str, lasted: float, now: float, random: float
) -> Setback:
    """Return what follows when a connection ends that lasted this many seconds."""
    same = before is not None and before.signature == signature and lasted < LASTED
    count = before.count + 1 if before and same else 1
    return Setback(signature, count, now + pause(count, random))


def pause(count: int, random: float) -> float:
    """Return the seconds to wait after this many connections that did not last.

    ``random`` makes it up to twice as long, so that connections lost together return apart.
    """
    return min(PAUSE * 2 ** min(count - 1, 12), LONGEST_PAUSE) * (1 + random)


def after_no_answer(before: Away | None, now: float, random: float) -> Away:
    """Return what follows when a host cannot be reached."""
    count = before.count + 1 if before else 1
    wait = min(PAUSE * 2 ** min(count - 1, 12), LONGEST_AWAY) * (1 + random / 4)
    return Away(count, now + wait)


def look(watched: int, random: float) -> float:
    """Return the seconds until an account's other mailboxes are checked; ``watched`` accounts."""
    return max(LOOK, watched / LOOKS) * (1 + random / 4)


def unfit(signature: str, now: float) -> Setback:
    """Return the setback of an account whose server does not support waiting."""
    return Setback(signature, 0, now + UNFIT_FOR)


def missed(told: Snapshot, covered: MailboxState, before: Snapshot | None) -> bool:
    """Whether mail arrived between a turn and the wait, and so will not be reported again.

    What was reported ``before`` the turn has had its turn. A server whose numbers are
    inconsistent is not asked for ever.
    """
    if before and (before.uidvalidity, before.uidnext) == (told.uidvalidity, told.uidnext):
        return False
    renumbered = (told.uidvalidity or 0) != covered.uidvalidity
    return renumbered or (told.uidnext or 0) > covered.high
