"""Nothing is lost or recorded twice, whatever goes wrong in between.

Everything is real except the mail server and the database, which are in memory. Batches are small,
so that a few mails make many of them.
"""

from itertools import islice

import pytest

from engine.errors import (
    ConnectionLost,
    Kind,
    LeaseLost,
    ProtocolViolation,
    ServerRefused,
)
from engine.memory.server import MemorySession
from engine.memory.store import Killed
from engine.sync.bodies import PARTIAL_BYTES
from engine.sync.protocols import Limits
from engine.sync.run import run
from engine.values import Omitted, Outcome
from tests.engine.world import (
    ANN,
    EVE,
    LEA,
    World,
    bomb,
    deliver_many,
    kept_up,
    synced,
)

pytestmark = pytest.mark.usefixtures("small_batches")


# -- the process is killed, the connection is lost ------------------------------------------------


def every_time(world_of, strike):
    """Run again and again, struck one step later each time, until a run succeeds.

    After each strike one more run is undisturbed. Yield the worlds that were struck.
    """
    for step in range(100):
        world = world_of()
        strike(world, step)
        try:
            world.sync()
        except (Killed, ConnectionLost):
            world.store.dies_before = world.store.dies_after = None
            yield world
        else:
            assert step > 5, "it was hardly struck"
            return
    raise AssertionError("it never got through")


def first_sync():
    world = World()
    world.wanted = deliver_many(world, 9) + [world.send() for _ in range(4)]
    return world


def new_mail():
    world = kept_up()
    world.wanted = deliver_many(world, 9) + [world.send() for _ in range(4)]
    return world


def kill_before(world, step):
    world.store.dies_before = step


def kill_after(world, step):
    world.store.dies_after = step


def cut(world, step):
    world.server.fail_after(step, ConnectionLost())


@pytest.mark.parametrize("strike", [kill_before, kill_after, cut])
@pytest.mark.parametrize("world_of", [first_sync, new_mail])
def test_killed_at_any_moment_each_mail_is_recorded_once_afterwards(world_of, strike):
    for world in every_time(world_of, strike):
        world.sync()
        assert sorted(world.timeline()) == sorted(world.wanted)
        assert world.server.open == 0


@pytest.mark.parametrize("world_of", [first_sync, new_mail])
def test_committed_mail_is_not_read_again_after_a_kill(world_of):
    for world in every_time(world_of, kill_after):
        before = len(world.timeline())
        report = world.sync()
        assert report.tally[Outcome.RECORDED] == len(world.wanted) - before
        assert report.tally[Outcome.DUPLICATE] == 0


def test_a_stale_commit_is_decided_again(world):
    found = deliver_many(world, 5)
    world.store.read("Archive")  # its start is struck as well
    world.server.create("Archive")
    world.store.stale = 2
    report = world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert report.tally[Outcome.RECORDED] == 5


def test_constantly_changing_records_end_in_an_error_and_lose_nothing():
    world = kept_up()
    found = world.deliver()
    world.store.stale = 99
    with pytest.raises(ProtocolViolation) as caught:
        world.sync()
    assert caught.value.code == "busy" and caught.value.transient
    world.store.stale = 0
    world.sync()
    assert world.timeline() == [found]


def test_a_run_with_outdated_settings_writes_nothing_more():
    world = kept_up()
    deliver_many(world, 3)
    before = world.store.state("INBOX")

    def change_settings():
        world.store.lease = False

    world.store.meanwhile = change_settings
    with pytest.raises(LeaseLost):
        world.sync()
    assert world.timeline() == []
    assert world.store.state("INBOX") == before


# -- servers that leave out what they have --------------------------------------------------------


def test_a_mail_omitted_by_fetch_is_set_aside_and_the_others_continue():
    world = kept_up()
    first, hidden, last = world.deliver(), world.deliver(), world.deliver()
    world.server["INBOX"].hidden = {2}
    report = world.sync()
    assert world.timeline() == [first, last]
    assert report.tally[Outcome.FAILED] == 1
    world.server["INBOX"].hidden.clear()
    world.sync()
    assert world.timeline() == [first, last, hidden]
    assert world.store.set_aside == {}


def test_a_mail_omitted_by_fetch_once_is_requested_again():
    class Slow(MemorySession):
        calls = 0

        def headers(self, ranges, **options):
            self.calls += 1
            return islice(super().headers(ranges, **options), 1 if self.calls == 1 else None)

    world = kept_up()
    found = [world.deliver() for _ in range(3)]
    run(Slow(world.server), world.store)
    assert world.timeline() == found
    assert world.store.set_aside == {}


def test_a_uid_that_is_really_gone_is_a_gap_not_a_failure():
    world = kept_up()
    first, _, last = world.deliver(), world.deliver(), world.deliver()
    world.server["INBOX"].expunge(2)
    report = world.sync()
    assert world.timeline() == [first, last]
    assert report.tally[Outcome.FAILED] == 0
    assert world.store.set_aside == {}


def test_a_mail_with_a_nil_body_is_set_aside_and_the_others_continue(world):
    first, nil, last = world.deliver(), world.deliver(), world.deliver()
    world.server["INBOX"].nil = {2}
    report = world.sync()
    assert sorted(world.timeline()) == sorted([first, last])
    assert report.tally[Outcome.FAILED] == 1
    ((key, aside),) = world.store.set_aside.items()
    assert key == (nil, 0) and aside.failure.code == "message_not_delivered"
    world.server["INBOX"].nil.clear()
    world.sync()
    assert sorted(world.timeline()) == sorted([first, nil, last])
    assert world.store.set_aside == {}


def test_sizes_of_zero_lose_nothing_and_are_read_within_the_limit(world):
    small = world.deliver()
    large = world.deliver(body="x" * 5000)
    world.server["INBOX"].sizeless = {1, 2}
    world.sync(limits=Limits(message_bytes=1000))
    assert sorted(world.timeline()) == sorted([small, large])
    assert world.entry(small).email.omitted == ()
    assert world.entry(large).email.omitted == (Omitted("text_cut"),)


def test_a_mail_that_is_too_large_is_recorded_without_what_makes_it_large(world):
    file = "x" * (PARTIAL_BYTES + 10)
    body = (
        "--b\nContent-Type: text/plain\n\nAn offer.\n--b\nContent-Type: application/pdf\n"
        f"Content-Disposition: attachment; filename=offer.pdf\n\n{file}\n--b--"
    )
    large = world.deliver(content_type="multipart/mixed; boundary=b", body=body)
    behind = world.deliver()
    world.sync(limits=Limits(message_bytes=PARTIAL_BYTES))
    assert sorted(world.timeline()) == sorted([large, behind])
    email = world.entry(large).email
    assert email.text.strip() == "An offer."
    assert email.attachments == ()
    assert email.omitted == (Omitted("mail_too_large", "offer.pdf"),)


# -- messages that fail ---------------------------------------------------------------------------


@pytest.mark.parametrize("history", [True, False])
def test_a_message_that_fails_does_not_hold_up_later_ones(history):
    world = World() if history else kept_up()
    first, bad, last = world.deliver(), world.deliver(**bomb()), world.deliver()
    report = world.sync()
    assert sorted(world.timeline()) == sorted([first, last])
    assert report.tally[Outcome.FAILED] == 1
    (aside,) = world.store.set_aside.values()
    assert (aside.failure.message_id, aside.failure.code) == (bad, "message_bomb")
    assert world.store.state("INBOX").high == 4


@pytest.mark.parametrize("poison", ["poison", "header_poison"])
def test_a_server_limit_blames_no_message(world, poison):
    found = [world.deliver() for _ in range(3)]
    limit = ServerRefused("[OVERQUOTA] bandwidth limits", kind=Kind.LIMIT, code="throttled")
    getattr(world.server["INBOX"], poison)[2] = limit
    with pytest.raises(ServerRefused):
        world.sync()
    assert world.store.set_aside == {}
    getattr(world.server["INBOX"], poison).clear()
    world.sync()
    assert sorted(world.timeline()) == sorted(found)


def test_a_connection_lost_over_vanished_uids_blocks_nothing_after_them():
    world = kept_up()
    found = [world.deliver() for _ in range(4)]
    inbox = world.server["INBOX"]
    inbox.expunge(1, 2)
    inbox.header_poison[3] = ConnectionLost("* BYE")
    world.store.patient = True
    assert synced(world) <= 3
    inbox.header_poison.clear()
    world.store.patient = False
    world.sync()
    assert world.timeline() == [found[3], found[2]]
    assert world.store.set_aside == {}
    assert world.store.counts[Outcome.FAILED] == 1


def test_a_mail_refused_by_the_database_is_set_aside_and_recorded_once_accepted(world):
    first, bad, last = world.deliver(), world.deliver(), world.deliver()
    world.store.refused = {bad}
    report = world.sync()
    assert sorted(world.timeline()) == sorted([first, last])
    assert (report.tally[Outcome.RECORDED], report.tally[Outcome.FAILED]) == (2, 1)
    world.store.refused.clear()
    report = world.sync()
    assert sorted(world.timeline()) == sorted([first, bad, last])
    assert (report.tally[Outcome.RECORDED], report.tally[Outcome.FAILED]) == (1, 0)
    assert world.store.set_aside == {}


def test_a_mail_that_fails_again_stays_set_aside_and_moves_no_cursor(world):
    bad = world.deliver()
    world.store.refused = {bad}
    world.sync()
    state = world.store.state("INBOX")
    world.sync()
    ((key, aside),) = world.store.set_aside.items()
    assert key == (bad, 0) and aside.attempts == 2
    assert world.store.state("INBOX") == state


def test_messages_set_aside_are_not_retried_early(world):
    world.store.refused = {world.deliver()}
    world.sync()
    world.store.patient = True
    world.server.commands.clear()
    world.sync()
    assert world.server.commands == [("STATUS", "INBOX"), ("STATUS", "Sent")]


def test_a_mail_set_aside_and_then_deleted_is_dropped(world):
    world.store.refused = {world.deliver()}
    world.sync()
    world.server["INBOX"].expunge(1)
    world.sync()
    assert world.store.set_aside == {}


def test_a_mail_set_aside_that_is_no_longer_a_leads_is_dropped(world):
    world.store.refused = {world.deliver()}
    world.sync()
    world.database.change_lead(world.lead, email=EVE)
    world.sync()
    assert world.store.set_aside == {}
    assert world.timeline() == []


def test_new_mail_comes_before_what_failed_is_tried_again(world):
    bad = world.deliver()
    world.store.refused = {bad}
    world.sync()
    world.store.refused = set()
    new = world.deliver()
    world.sync()
    assert world.timeline() == [new, bad]


def test_unread_failures_are_dropped_with_their_numbering(world):
    world.deliver(sender=EVE), world.deliver(sender=EVE)
    world.server["INBOX"].hidden = {1}
    world.sync()
    assert len(world.store.set_aside) == 1
    world.server["INBOX"].hidden.clear()
    world.server["INBOX"].renumber()
    world.sync()
    assert world.store.set_aside == {}


def test_failures_under_an_old_numbering_are_found_under_the_new_one(world):
    other, bad = world.deliver(sender=EVE), world.deliver()
    world.store.refused = {bad}
    world.sync()
    assert other not in world.timeline()
    world.store.refused = set()
    world.server["INBOX"].expunge(1)
    world.server["INBOX"].renumber()
    world.sync()
    assert world.timeline() == [bad]
    assert world.store.set_aside == {}


def test_a_mail_that_failed_in_the_inbox_is_recorded_from_its_copy_in_sent(world):
    copy = world.send(cc=ANN)
    world.deliver(sender=ANN, to=LEA, cc=ANN, message_id=copy)
    world.server["INBOX"].nil = {1}
    world.sync()
    assert world.timeline() == [copy]
    assert world.store.set_aside == {}
