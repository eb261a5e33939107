"""So many mails a day are recorded and no more; the next day goes on where that one stopped.

Batches are small here, so that the quota ends within one, between two, and in the middle of what
they are cut into.
"""

import pytest

from engine.sync.protocols import Limits
from engine.values import Outcome
from tests.engine.world import BOB, EVE, World

pytestmark = pytest.mark.usefixtures("small_batches")


def kept_up(**settings):
    """A world whose mailboxes have been read, and in which no mail has come so far."""
    world = World(**settings)
    world.sync()
    world.server.commands.clear()
    world.store.saved.clear()
    return world


def a_day(world, quota, **settings):
    """Sync as often as a day does; return how many mails it brought."""
    before, left = len(world.database.entries), quota
    for _ in range(20):
        report = world.sync(limits=Limits(records=left), **settings)
        left = quota - (len(world.database.entries) - before)
        if not report.more:
            break
    return quota - left


def days(world, quota):
    """Sync day after day until one brings less than it may; return what each brought."""
    found = []
    while not found or found[-1] == quota:
        found.append(a_day(world, quota))
    return found


@pytest.mark.parametrize("quota", range(1, 13))
@pytest.mark.parametrize("new", [True, False], ids=["new", "history"])
def test_each_day_brings_its_quota_and_in_the_end_all_is_there_once(quota, new):
    world = kept_up() if new else World()
    ours = [world.deliver() if n % 3 else world.send() for n in range(11)]
    for _ in range(5):
        world.deliver(sender=EVE)
    found = days(world, quota)
    assert sum(found) == len(ours)
    assert set(found[:-1]) <= {quota}
    assert sorted(world.timeline()) == sorted(ours)
    assert world.store.counts[Outcome.UNRELATED] == 5  # each looked at once, too


def test_new_mail_is_cut_after_the_oldest_and_history_after_the_newest():
    world = World()
    history = [world.deliver() for _ in range(5)]
    world.sync(limits=Limits(records=2))
    assert sorted(world.timeline()) == sorted(history[-2:])
    new = [world.deliver() for _ in range(5)]
    world.sync(limits=Limits(records=2))
    assert sorted(world.timeline()) == sorted(history[-2:] + new[:2])


def test_the_cursor_stops_before_the_first_mail_over_quota():
    world = kept_up()
    world.deliver(sender=EVE)
    world.deliver()
    world.deliver(sender=EVE)
    beyond = world.server["INBOX"].uidnext
    world.deliver()
    report = world.sync(limits=Limits(records=1))
    assert report.capped and not report.more
    assert world.store.state("INBOX").high == beyond
    assert world.store.saved[-1].remaining == 1


def test_no_body_is_fetched_of_a_mail_without_room():
    world = kept_up()
    for _ in range(3):
        world.deliver()
    world.sync(limits=Limits(records=2))
    assert sum(len(uids) for _, *uids in world.commands("FETCH BODY")) == 2


def test_a_quota_that_is_just_enough_is_not_called_used_up():
    world = kept_up()
    for _ in range(3):
        world.deliver()
    assert not world.sync(limits=Limits(records=3)).capped


def test_with_the_quota_used_up_mail_of_strangers_is_still_passed():
    world = kept_up()
    for _ in range(10):
        world.deliver(sender=EVE)
    report = world.sync(limits=Limits(records=0))
    assert +report.tally == {Outcome.UNRELATED: 10} and not report.capped


def test_a_mail_recorded_earlier_costs_no_quota():
    world = kept_up()
    bob = world.account(BOB)
    first = world.deliver()
    world.sync(bob)  # the same server: a mailbox that two users have connected
    second = world.deliver()
    world.sync(bob)
    report = world.sync(limits=Limits(records=0))
    assert not report.capped
    assert report.tally[Outcome.RECORDED] == 2
    assert world.timeline() == [first, second]
    assert len(world.store.links) == 2


def test_the_second_copy_of_a_mail_costs_nothing():
    world = kept_up()
    for _ in range(2):
        world.deliver(message_id="same@mail.example")
    report = world.sync(limits=Limits(records=1))
    assert not report.capped
    assert +report.tally == {Outcome.RECORDED: 1, Outcome.DUPLICATE: 1}


@pytest.mark.parametrize("new", [True, False], ids=["new", "history"])
def test_of_two_copies_the_one_read_first_is_recorded_when_the_other_is_cut_off(new):
    world = kept_up() if new else World()
    for _ in range(2):
        world.deliver(message_id="same@mail.example")
        world.deliver()
    assert days(world, 1) == [1, 1, 1, 0]
    assert len(world.timeline()) == 3 == len(set(world.timeline()))


def test_a_mail_set_aside_costs_no_quota():
    world = kept_up()
    world.store.patient = True
    world.store.refused = {world.deliver()}
    good = [world.deliver() for _ in range(3)]
    report = world.sync(limits=Limits(records=2))
    # Its room is given to the next one at once: that is a run more, and not a day.
    assert report.more and not report.capped
    assert a_day(world, 2 - len(world.timeline())) == 1
    assert world.timeline() == good[:2]


def test_what_was_set_aside_waits_for_room_and_is_not_forgotten():
    world = kept_up()
    unlucky = world.deliver()
    world.store.refused = {unlucky}
    world.sync()
    world.store.refused = set()
    assert world.sync(limits=Limits(records=0)).capped
    assert [message_id for message_id, _ in world.store.set_aside] == [unlucky]
    world.sync(limits=Limits(records=1))
    assert world.timeline() == [unlucky] and not world.store.set_aside


def test_what_is_decided_anew_is_counted_anew():
    world = kept_up()
    bob = world.account(BOB)
    mails = [world.deliver() for _ in range(3)]
    # Between decision and commit a colleague's run brings all three: now they cost nothing.
    world.store.meanwhile = lambda: world.sync(bob)
    world.store.stale = 1
    report = world.sync(limits=Limits(records=1))
    assert not report.capped
    assert world.timeline() == mails
    assert len(world.store.links) == 3


def test_a_mail_without_a_body_costs_no_quota():
    world = kept_up()
    first = world.deliver()
    world.server["INBOX"].nil = {world.server["INBOX"].uidnext - 1}
    second = world.deliver()
    world.store.patient = True
    assert a_day(world, 1) == 1
    assert world.timeline() == [second]
    assert [message_id for message_id, _ in world.store.set_aside] == [first]
