"""Which accounts are watched, and when: the decisions of the watcher.

Decides: whom to begin and whom to let go, when an account has its ordinary turn and when its other
mailboxes are looked at, how long to wait after a connection that did not last and for a host that
is away, whether a mail came before the wait began. Refuses to know: sockets, threads and
databases. Times are seconds of one clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .values import MailboxState, Snapshot

#: An ordinary turn comes so many seconds before the account is due, spread over SPREAD more: the
#: scheduled action finds nothing to do, and no two accounts keep step.
AHEAD = 30.0
SPREAD = 20.0

#: A connection that lasted so long did well. Servers end IDLE after half an hour (RFC 2177), some
#: after ten minutes.
LASTED = 9 * 60.0

#: The pause after a connection has ended, doubled for each in a row that did not last, up to the
#: longest. The first is short, because a server that restarts ends all of them.
PAUSE = 1.0
LONGEST_PAUSE = 30 * 60.0

#: The longest pause between two attempts to reach a host that is away; one account tries.
LONGEST_AWAY = 15.0

#: IDLE tells of one mailbox alone (RFC 2177). The others are asked for by STATUS this often, and
#: less often where that would be more than LOOKS a second for all accounts together.
LOOK = 30.0
LOOKS = 25.0

#: When a server without IDLE is asked again.
UNFIT_FOR = 60 * 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that is to be watched.

    ``signature`` changes with what its connection is made of; ``due_in`` are the seconds until the
    scheduled action would give it a turn; ``host`` is where it connects to, with the port.
    """

    signature: str
    due_in: float
    host: str = ""


@dataclass(frozen=True, slots=True)
class Setback:
    """Connections that did not last, in a row, and when the next one may begin.

    It holds for one signature: who changes the settings need not wait.
    """

    signature: str
    count: int
    until: float


@dataclass(frozen=True, slots=True)
class Away:
    """A host that could not be reached, how often in a row, and when it is tried again."""

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
    away: Mapping[str, Away],
    trying: Collection[str],
    now: float,
) -> Iterator[int]:
    """Yield who is wanted, not watched, and need not wait, whoever is due first at the front.

    Of the accounts of a host that is away one is tried at a time, each in turn, when its pause is
    over; ``trying`` are the hosts that are just being connected to.
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
    """Return how many seconds before it is due an account has its turn, ``random`` from 0 to 1."""
    return AHEAD + SPREAD * random


def after_end(
    before: Setback | None, signature: str, lasted: float, now: float, random: float
) -> Setback:
    """Return what follows from the end of a connection that lasted so many seconds."""
    same = before is not None and before.signature == signature and lasted < LASTED
    count = before.count + 1 if before and same else 1
    return Setback(signature, count, now + pause(count, random))


def pause(count: int, random: float) -> float:
    """Return the seconds to wait after so many connections that did not last.

    Up to twice as long by ``random``: those that have lost theirs together come back apart.
    """
    return min(PAUSE * 2 ** min(count - 1, 12), LONGEST_PAUSE) * (1 + random)


def after_no_answer(before: Away | None, now: float, random: float) -> Away:
    """Return what follows where a host cannot be reached."""
    count = before.count + 1 if before else 1
    wait = min(PAUSE * 2 ** min(count - 1, 12), LONGEST_AWAY) * (1 + random / 4)
    return Away(count, now + wait)


def look(watched: int, random: float) -> float:
    """Return in how many seconds the other mailboxes of one of so many accounts are looked at."""
    return max(LOOK, watched / LOOKS) * (1 + random / 4)


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
