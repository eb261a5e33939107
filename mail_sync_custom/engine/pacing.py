"""Which accounts are read at the same time: the decisions behind the scheduled action's threads.

Decides: how many connections a host may have, which of the due accounts are read next, which lane
a turn belongs to, and when a host counts as away or is left alone for a while. Knows nothing of
sockets, threads and databases. ``now`` and ``paused_until`` are UTC; durations are seconds.

A host that does not answer holds a connection for as long as an attempt may take. So a host starts
with a few connections, and gets one more with each answer (as TCP's slow start, RFC 5681 §3.1);
after a failure it has one, until it answers again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from .errors import Kind, MailError, Step

#: Connections of one process to a host that has not answered yet, and to one that answers.
FIRST, MOST = 4, 40

#: A turn that takes longer than this is slow, and so is the account's next one.
SLOW = 5.0
#: A turn that has been running for this long no longer counts in the fast lane.
STEPS_ASIDE = 2.0

#: A host is away, or asks for a pause, after this many failures in a row of different accounts.
TOGETHER = 2
#: The pause after a host has refused several accounts because there are too many connections;
#: doubled with each further refusal, up to the longest.
PAUSE, LONGEST = timedelta(seconds=15), timedelta(minutes=5)

#: Codes with which a server refuses a connection for a reason that concerns all of its users.
_CROWDED = frozenset({"too_many_connections", "too_many_logins", "throttled"})
#: The steps before a server knows which account is connecting.
_NAMELESS = frozenset({Step.LOOKUP, Step.CONNECTION, Step.TLS})


class Lane(Enum):
    """The accounts that are read at the same time, in two groups that never wait for each other."""

    FAST = "a server that answers, and little to read"
    SLOW = "it failed or took long the last time, or there is much to read"


class Trouble(Enum):
    """What an account's failure says about its host."""

    AWAY = "the host does not answer"
    CROWDED = "the host has too many connections"


@dataclass(frozen=True, slots=True)
class Host:
    """What is saved of a host.

    ``at_once`` and ``a_minute`` are the administrator's limits of connections, 0 for none.
    ``failures`` counts those in a row of different accounts, ``account`` had the last one.
    """

    at_once: int = 0
    a_minute: int = 0
    failures: int = 0
    account: int = 0
    paused_until: datetime | None = None

    @property
    def away(self) -> bool:
        """Whether the host has failed so often that only one account at a time tries it."""
        return self.failures >= TOGETHER

    def paused(self, now: datetime) -> bool:
        """Whether no account may connect now."""
        return self.paused_until is not None and now < self.paused_until


def trouble(error: MailError) -> Trouble | None:
    """Return what a failure says about the host; None if it concerns the account alone."""
    if error.kind is Kind.NET and error.step in _NAMELESS:
        return Trouble.AWAY
    return Trouble.CROWDED if error.code in _CROWDED else None


def after_trouble(
    host: Host, found: Trouble, account: int, now: datetime, random: float, asked: float = 0.0
) -> Host:
    """Return what to save of a host after one of its accounts has failed.

    ``random``, from 0 up to 1, lengthens a pause by up to a quarter; ``asked`` is the pause in
    seconds that the server asked for. One account that fails again and again says nothing new.
    """
    again = account == host.account and host.failures > 0
    failures = host.failures if again else host.failures + 1
    host = replace(host, failures=failures, account=account)
    if found is not Trouble.CROWDED or not host.away or again:
        return host
    pause = min(PAUSE * 2 ** min(failures - TOGETHER, 10), LONGEST) * (1 + random / 4)
    wished = min(timedelta(seconds=min(asked, 1e6)), LONGEST)
    return replace(host, paused_until=now + max(pause, wished))


def room(host: Host, connected: int, left_this_minute: int, now: datetime) -> int:
    """Return how many more connections all processes together may make to a host now.

    ``connected`` is how many there are. -1: as many as one process likes.
    """
    if host.paused(now):
        return 0
    limits = [1 - connected] if host.away else []
    if host.at_once:
        limits.append(host.at_once - connected)
    if host.a_minute:
        limits.append(left_this_minute)
    return max(0, min(limits)) if limits else -1


class Windows:
    """How many connections one process has to each host, and how many it may have."""

    def __init__(self) -> None:
        self._most: dict[str, int] = {}
        self._open: Counter[str] = Counter()

    def begin(self, host: str) -> None:
        """Record that a turn begins."""
        self._open[host] += 1

    def end(self, host: str, answered: bool | None) -> None:
        """Record that a turn has ended. ``answered``: None if the host was not asked."""
        self._open[host] -= 1
        if not self._open[host]:
            del self._open[host]
        if answered is not None:
            self._most[host] = min(self._most.get(host, FIRST) + 1, MOST) if answered else 1

    def left(self, host: str) -> int:
        """Return how many more turns may begin."""
        return max(0, self._most.get(host, FIRST) - self._open[host])

    def full(self) -> set[str]:
        """Return the hosts at which no more turns may begin."""
        return {host for host in self._open if not self.left(host)}


def choose(
    due: Sequence[tuple[int, str]], rooms: Mapping[str, int], count: int
) -> tuple[list[int], set[str]]:
    """Return the accounts to read next, and the hosts that have no room for the others.

    ``due`` are accounts with their hosts, the longest due first. ``rooms`` has the number of
    connections that each host may still have; ``count`` is how many turns may begin.
    """
    chosen: list[int] = []
    left = dict(rooms)
    full: set[str] = set()
    for account, host in due:
        if len(chosen) == count:
            break
        if left[host] > 0:
            left[host] -= 1
            chosen.append(account)
        else:
            full.add(host)
    return chosen, full


def steps_aside(
    fast: Iterable[tuple[int, float]], slow: int, most: int, now: float
) -> Collection[int]:
    """Return the accounts whose turns leave the fast lane because they take long, oldest first.

    ``fast`` are the accounts in the fast lane, and since when; ``slow`` is how many are in the
    slow lane, which has room for ``most``.
    """
    long = sorted((since, account) for account, since in fast if now - since >= STEPS_ASIDE)
    return [account for _, account in long[: max(0, most - slow)]]
