"""How much is committed at once follows the pace of the server, so that no lease ends within it.

Everything is real except the mail server and the database, which are in memory, and the clock,
which runs by what the server delivers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import plan
from engine.memory.message import MemoryMessage
from tests.engine.world import EVE, World

#: Seconds that a lease lasts unless a commit prolongs it: `bridge.store.LEASE`.
LEASE = 300
#: As long as it takes.
FOREVER = 1e9

Cost = Callable[[MemoryMessage], float]


class Slow:
    """A world whose server takes so many seconds for each body. ``commits`` are (mails, seconds)
    since the last commit.
    """

    def __init__(self, world: World, cost: Cost):
        self.world, self.cost = world, cost
        self.messages = world.server.mailboxes["INBOX"].messages
        self.commits: list[tuple[int, float]] = []

    def clock(self) -> float:
        bodies = (uids for _, *uids in self.world.commands("FETCH BODY"))
        return sum(self.cost(self.messages[uid]) for uids in bodies for uid in uids)

    def read(self, monkeypatch) -> None:
        """Read all there is."""
        begun, save = self.clock(), self.world.store.commit

        def commit(done):
            nonlocal begun
            now = self.clock()
            if now > begun:
                self.commits.append((len(done.records), now - begun))
            begun = now
            return save(done)

        monkeypatch.setattr(self.world.store, "commit", commit)
        self.world.sync(clock=self.clock, seconds=FOREVER)

    @property
    def seconds(self) -> list[float]:
        return [seconds for _, seconds in self.commits]


def deliver(world: World, count: int, **fields) -> None:
    for _ in range(count):
        world.deliver(**fields)


@pytest.mark.parametrize("pace", [0.2, 0.5, 1, 2, 5])
@pytest.mark.parametrize("new", [False, True], ids=["history", "new mail"])
def test_however_slow_the_server_a_lease_lasts_until_the_next_commit(world, monkeypatch, pace, new):
    if new:
        world.sync()
        world.server.commands.clear()
    for _ in range(400):
        deliver(world, 1)
        deliver(world, 2, sender=EVE)
    slow = Slow(world, lambda message: pace)
    slow.read(monkeypatch)
    assert len(world.timeline()) == 400
    assert max(slow.seconds) < LEASE
    # The first shows the pace. From then on each takes as long as it should, unless a batch ends.
    following = slow.seconds[1:]
    assert max(following) <= plan.SLICE_SECONDS
    full = [seconds for seconds in following if seconds > plan.SLICE_SECONDS - pace - 0.001]
    assert len(full) >= len(following) - 3


def test_however_slow_the_line_a_lease_lasts_until_the_next_commit(world, monkeypatch):
    deliver(world, 300, body="Kind regards. " * 4000)
    slow = Slow(world, lambda message: len(message.raw) / 10_000)
    slow.read(monkeypatch)
    assert len(world.timeline()) == 300
    assert max(slow.seconds) < LEASE
    assert max(slow.seconds[1:]) <= plan.SLICE_SECONDS


def test_the_pace_of_large_mails_says_nothing_about_small_ones(world, monkeypatch):
    """History is read newest first."""
    deliver(world, 450)
    deliver(world, 20, body="Kind regards. " * 30_000)
    slow = Slow(world, lambda message: 1.2)
    slow.read(monkeypatch)
    assert len(world.timeline()) == 470
    assert max(slow.seconds) < 2 * plan.SLICE_SECONDS


def test_mails_that_need_no_fetch_say_nothing_about_the_server(world, monkeypatch):
    deliver(world, 450)
    slow = Slow(world, lambda message: 1.2)
    colleague = World()
    for message in list(slow.messages.values())[225:]:
        colleague.server.deliver("INBOX", message.raw, message.internaldate)
    other = world.account("colleague@corp.example")
    world.sync(other, server=colleague.server)
    assert len(world.timeline()) == 225
    slow.read(monkeypatch)
    assert len(world.timeline()) == 450
    assert max(slow.seconds) <= plan.FIRST_SHARE * plan.SLICE_MESSAGES * 1.2


def test_the_first_commit_is_small_and_those_of_a_fast_server_are_full(world, monkeypatch):
    deliver(world, 1200)
    fast = Slow(world, lambda message: 0.001)
    fast.read(monkeypatch)
    mails = [mails for mails, _ in fast.commits]
    assert sum(mails) == 1200
    assert mails[0] == plan.SLICE_MESSAGES * plan.FIRST_SHARE
    assert max(mails) == plan.SLICE_MESSAGES
    assert len(mails) <= 5
