"""Mails of programs and scanners that state neither a Message-ID nor a Date."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.world import ANN, BOB, DAY, NOON, World

pytestmark = pytest.mark.usefixtures("small_batches")


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two runs"])
@pytest.mark.parametrize("stated", [None, datetime(1970, 1, 1, tzinfo=UTC)], ids=str)
def test_scans_without_an_id_and_a_date_are_as_many_entries(world, apart, stated):
    """What a scanner without a clock sends differs in nothing but its arrival."""
    for number in range(3):
        at = NOON + number * timedelta(minutes=1)
        world.deliver(message_id=None, date=stated, subject="Scan", at=at)
        if apart:
            world.sync()
    world.sync()
    assert len(world.timeline()) == 3
    world.server["INBOX"].renumber()
    world.sync()
    assert len(world.timeline()) == 3


@pytest.mark.parametrize("held_up", [3, 300])
def test_scans_for_two_colleagues_are_one_entry_each(world, held_up):
    bobs = World()
    store = world.account(BOB)
    for one, seconds in ((world, 0), (bobs, held_up)):
        for minute in (0, 1):
            at = NOON + timedelta(minutes=minute, seconds=seconds)
            one.deliver(to=f"{ANN}, {BOB}", message_id=None, date=None, subject="Scan", at=at)
    for _ in range(2):
        world.sync()
        world.sync(store, bobs.server)
        assert len(world.timeline()) == 2
        world.server["INBOX"].renumber()
        bobs.server["INBOX"].renumber()


def test_copies_with_a_date_from_a_wrong_clock_are_one_entry(world):
    """The Date is the same in all of them, however late they reach a server."""
    bobs = World()
    store = world.account(BOB)
    for one, minutes in ((world, 0), (bobs, 7)):
        at = NOON + timedelta(minutes=minutes)
        stated = NOON + 3 * DAY
        one.deliver(to=f"{ANN}, {BOB}", message_id=None, date=stated, subject="Scan", at=at)
    world.sync()
    world.sync(store, bobs.server)
    assert len(world.timeline()) == 1


def test_after_a_removed_scan_the_next_one_is_recorded(world):
    world.deliver(message_id=None, date=None, subject="Scan", at=NOON)
    world.sync()
    [first] = world.timeline()
    world.store.remove(first)
    world.deliver(message_id=None, date=None, subject="Scan", at=NOON + DAY)
    world.sync()
    assert len(world.timeline()) == 1
    world.server["INBOX"].renumber()
    world.sync()
    assert len(world.timeline()) == 1
