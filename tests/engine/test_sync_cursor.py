"""The cursor: every mail is found, however many there are and however they are numbered.

Everything is real except the mail server and the database, which are in memory. Batches are small,
so that a few mails make many of them.
"""

import pytest

from engine.errors import (
    ConnectionLost,
    MailboxMissing,
)
from engine.memory.server import MemorySession
from engine.sync.run import run
from engine.values import MailboxState, Outcome
from tests.engine.world import (
    DAY,
    NOON,
    SIZES,
    SLICE,
    World,
    deliver_many,
    kept_up,
    mail,
)

pytestmark = pytest.mark.usefixtures("small_batches")


# -- the cursor -----------------------------------------------------------------------------------


def test_a_second_run_writes_nothing_and_opens_nothing(world):
    deliver_many(world, 5)
    world.sync()
    world.store.saved.clear()
    world.server.commands.clear()
    world.sync()
    assert world.store.saved == []
    assert world.server.commands == [("STATUS", "INBOX"), ("STATUS", "Sent")]


@pytest.mark.parametrize("mute", [{"uidnext"}, {"uidvalidity"}, {"uidnext", "uidvalidity"}])
def test_a_second_run_writes_nothing_even_if_the_server_reports_little(world, mute):
    world.server["INBOX"].mute = mute
    found = deliver_many(world, 5)
    world.sync()
    world.store.saved.clear()
    world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert world.store.saved == []


@pytest.mark.parametrize("count", SIZES)
def test_the_first_sync_finds_every_mail_whatever_their_number(count):
    world = World()
    found = [world.deliver() for _ in range(count)]
    report = world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert world.store.state("INBOX") == MailboxState(1000, 1, count + 1, 1)
    assert report.tally[Outcome.RECORDED] == report.seen == count


@pytest.mark.parametrize("count", SIZES)
def test_new_mail_is_found_whatever_its_number(count):
    world = kept_up()
    found = [world.deliver() for _ in range(count)]
    world.sync()
    assert world.timeline() == found  # the oldest first
    assert world.store.state("INBOX") == MailboxState(1000, 1, count + 1, 1)


@pytest.mark.parametrize("count", SIZES)
def test_new_mail_among_others_is_found_whatever_their_number(count):
    world = kept_up()
    found = deliver_many(world, count)
    report = world.sync()
    assert world.timeline() == found
    assert report.tally[Outcome.UNRELATED] == count


def test_no_commit_holds_more_mails_than_a_crash_may_cost(world):
    deliver_many(world, 10)
    world.sync()
    assert max(len(commit.records) for commit in world.store.saved) == SLICE


def test_no_command_asks_for_uid_zero_or_for_an_open_end(world):
    deliver_many(world, 10)
    world.sync()
    deliver_many(world, 1)
    world.sync()
    for _, *ranges in world.commands("FETCH HEADER"):
        assert all(1 <= lo <= hi < world.server["INBOX"].uidnext for lo, hi in ranges)


def test_all_mail_is_found_after_an_outage_of_days():
    world = kept_up()
    found = []
    for day in range(3):
        found += deliver_many(world, 7, at=NOON + day * DAY)
        world.server.fail_after(0, ConnectionLost())
        with pytest.raises(ConnectionLost):
            world.sync()
    world.sync()
    assert world.timeline() == found


class Late(MemorySession):
    """A session during which a mail comes between STATUS and EXAMINE."""

    late = b""

    def examine(self, name):
        if name == "INBOX" and self.late:
            self.server.deliver(name, self.late, NOON)
            self.late = b""
        return super().examine(name)


@pytest.mark.parametrize("history", [True, False])
def test_mail_that_comes_between_status_and_examine_is_recorded_once(history):
    world = World() if history else kept_up()
    world.deliver()
    session = Late(world.server)
    session.late = mail(message_id="late@mail.example")
    run(session, world.store)
    assert "late@mail.example" in world.timeline()
    world.sync()
    assert len(world.timeline()) == world.store.counts.total() == 2


def test_a_gap_of_420000_uids_costs_no_more_commands_than_a_single_mail():
    world = kept_up()
    world.deliver()
    world.server["INBOX"].skip_to(420_000)
    found = world.deliver()
    world.sync()
    assert world.timeline()[-1] == found
    assert len(world.commands()) <= 6  # STATUS twice, EXAMINE, SEARCH, headers, bodies


def test_a_gap_with_nothing_after_it_is_skipped_at_once():
    world = kept_up()
    world.server["INBOX"].skip_to(420_000)
    world.sync()
    assert len(world.commands()) <= 5
    assert world.store.state("INBOX").high == 420_000


def test_a_sparse_mailbox_is_read_back_in_as_few_commands_as_a_dense_one(world):
    for uid in range(1, 400_001, 50_000):
        world.server["INBOX"].skip_to(uid)
        world.deliver()
    world.sync()
    assert len(world.timeline()) == 8
    assert len(world.commands("FETCH HEADER")) <= 3


def test_sent_has_its_own_cursor():
    world = kept_up()
    deliver_many(world, 20)
    world.sync()
    found = world.send()
    world.sync()
    assert world.timeline()[-1] == found
    assert world.store.state("Sent").high == 2


# -- numbering ------------------------------------------------------------------------------------


def test_renumbering_duplicates_nothing_and_finds_mail_from_the_gap(world):
    found = deliver_many(world, 6)
    world.sync()
    found += deliver_many(world, 2)
    world.server["INBOX"].renumber()
    report = world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert report.tally[Outcome.RECORDED] == 2
    assert world.store.state("INBOX").uidvalidity == 1001 + 0


def test_a_new_mail_under_a_known_uid_is_recorded_after_renumbering(world):
    world.deliver()
    world.sync()
    world.server["INBOX"].expunge()
    world.server["INBOX"].renumber()
    found = world.deliver()  # UID 1 again, and UIDNEXT as before
    world.sync()
    assert world.timeline()[-1] == found


def test_a_restored_backup_with_a_lower_uidnext_is_a_new_numbering(world):
    deliver_many(world, 6)
    world.sync()
    inbox = world.server["INBOX"]
    inbox.expunge(*range(5, 13))
    inbox.skip_to(5)
    found = [world.deliver() for _ in range(3)]
    before = set(world.timeline())
    world.sync()
    assert set(world.timeline()) - before == set(found)
    assert len(world.timeline()) == len(set(world.timeline()))
    assert world.store.state("INBOX").high == 8


@pytest.mark.parametrize("mute", [{"uidnext"}, {"uidvalidity"}, {"uidnext", "uidvalidity"}])
def test_new_mail_is_found_even_if_the_server_reports_little(mute):
    world = World()
    world.server["INBOX"].mute = mute
    world.sync()
    found = [world.deliver() for _ in range(2)]
    world.sync()
    world.server["INBOX"].expunge(2)  # what UIDNEXT is told from is gone
    world.sync()
    found.append(world.deliver())
    world.sync()
    assert world.timeline() == found


def test_a_uidvalidity_of_zero_never_changes():
    world = World()
    world.server["INBOX"].uidvalidity = 0
    first = world.deliver()
    world.sync()
    world.store.saved.clear()
    second = world.deliver()
    report = world.sync()
    assert world.timeline() == [first, second]
    assert report.seen == 1


# -- mailboxes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["deleted", "renamed", "phantom"])
def test_a_missing_mailbox_does_not_block_the_others(what):
    world = kept_up()
    if what == "deleted":
        world.server.delete("INBOX")
    elif what == "renamed":
        world.server.rename("INBOX", "Old")
    else:
        world.deliver()
        world.server["INBOX"].selectable = False
    found = world.send()
    report = world.sync()
    assert world.timeline() == [found]
    assert [(name, type(error)) for name, error in report.problems] == [("INBOX", MailboxMissing)]


def test_a_phantom_that_answers_status_but_refuses_examine_does_not_block_the_others():
    class Phantom(MemorySession):
        def examine(self, name):
            if name == "INBOX":
                raise MailboxMissing(name)
            return super().examine(name)

    world = kept_up()
    world.deliver()
    found = world.send()
    report = run(Phantom(world.server), world.store)
    assert world.timeline() == [found]
    assert [name for name, _ in report.problems] == ["INBOX"]


def test_a_mailbox_that_reappears_continues_where_it_was():
    world = kept_up()
    missed = world.deliver()
    world.server["INBOX"].selectable = False
    world.sync()
    world.server["INBOX"].selectable = True
    world.sync()
    assert world.timeline() == [missed]


def test_a_mailbox_that_was_emptied_before_it_was_connected_is_read_to_its_end(world):
    deliver_many(world, 3)
    world.server["INBOX"].expunge()
    world.sync()
    world.server.commands.clear()
    world.sync()
    assert world.server.commands == [("STATUS", "INBOX"), ("STATUS", "Sent")]


def test_a_suddenly_empty_mailbox_removes_nothing_from_the_lead(world):
    found = world.deliver()
    world.sync()
    world.server["INBOX"].expunge()
    world.sync()
    new = world.deliver()
    world.sync()
    assert world.timeline() == [found, new]
