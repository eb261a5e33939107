"""How much is committed at once follows the pace of the server, so that no lease ends within it.

Everything is real except the mail server and the database, which are in memory, and the clock,
which runs by what the server delivers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import plan
from engine.memory.message import MemoryMessage
from tests.engine.world import World

#: Seconds that a lease lasts unless a commit prolongs it: `bridge.store.LEASE`.
LEASE = 300
MAILS = 1200
#: As long as it takes.
FOREVER = 1e9


def asked(world: World) -> list[tuple[int, ...]]:
    """Return the UIDs of each request for bodies."""
    return [tuple(uids) for _, *uids in world.commands("FETCH BODY")]


def deliver(world: World, count: int, **fields) -> None:
    for _ in range(count):
        world.deliver(**fields)


def committed(world: World, cost: Callable[[MemoryMessage], float]) -> list[float]:
    """Read the mailbox; return the seconds between the commits that recorded mails."""
    messages = world.server.mailboxes["INBOX"].messages

    def clock() -> float:
        return sum(cost(messages[uid]) for uids in asked(world) for uid in uids)

    world.sync(clock=clock, seconds=FOREVER)
    assert len(world.timeline()) == len(messages)
    return [sum(cost(messages[uid]) for uid in uids) for uids in asked(world)]


@pytest.mark.parametrize("pace", [0.5, 1, 2, 5])
def test_however_slow_the_server_a_lease_lasts_until_the_next_commit(world, pace):
    deliver(world, MAILS)
    seconds = committed(world, lambda message: pace)
    assert max(seconds) < LEASE
    # The first shows the pace; from then on each takes as long as it should, or one mail.
    assert max(seconds[1:]) <= max(plan.SLICE_SECONDS, pace)


def test_however_slow_the_line_a_lease_lasts_until_the_next_commit(world):
    text = "Kind regards. " * 4000
    deliver(world, 300, body=text)
    seconds = committed(world, lambda message: len(message.raw) / 5_000)
    assert max(seconds) < LEASE
    assert max(seconds[1:]) <= plan.SLICE_SECONDS


def test_the_first_commit_is_small_and_those_of_a_fast_server_are_full(world):
    deliver(world, MAILS)
    committed(world, lambda message: 0.001)
    sizes = [len(uids) for uids in asked(world)]
    assert sizes[0] == plan.SLICE_MESSAGES * plan.FIRST_SHARE
    assert max(sizes) == plan.SLICE_MESSAGES
    assert len(sizes) <= 5
