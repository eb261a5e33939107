"""A mailbox is read into the CRM: nothing lost, nothing twice, whatever goes wrong between.

All of it is real but the mail server and the database, which are in memory. Batches are small,
so that a few mails are many of them.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from engine import plan
from engine.errors import (
    ConnectionLost,
    Kind,
    LeaseLost,
    MailboxMissing,
    ProtocolViolation,
    ServerRefused,
)
from engine.matching import Reason
from engine.memory.server import MemorySession
from engine.memory.store import Killed
from engine.sync.run import PARTIAL_BYTES, Limits, run
from engine.values import Direction, MailboxState, Omitted, Outcome
from tests.engine.world import (
    ANN,
    BOB,
    DAY,
    EVE,
    HOUR,
    LEA,
    MINUTE,
    NOON,
    Clock,
    World,
    mail,
)

CHUNK, BATCH, SLICE = 4, 8, 3
EDGES = (-1, 0, 1)
SIZES = {n * size + edge for size in (SLICE, CHUNK, BATCH) for n in (1, 2) for edge in EDGES}
SIZES = sorted(SIZES | {0, 1})


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    sizes = {"CHUNK": CHUNK, "FIRST_BATCH": CHUNK, "BATCH": BATCH, "SLICE_MESSAGES": SLICE}
    for name, size in sizes.items():
        monkeypatch.setattr(plan, name, size)


@pytest.fixture
def world():
    return World()


def kept_up(**settings):
    """A world whose mailboxes have been read, and in which no mail has come so far."""
    world = World(**settings)
    world.sync()
    world.server.commands.clear()
    world.store.saved.clear()
    return world


def synced(world):
    """Sync until a run ends well; return how many it took."""
    for number in range(1, 20):
        with suppress(ConnectionLost):
            world.sync()
            return number
    raise AssertionError("The mailbox is never read to its end.")


def deliver_many(world, count, **fields):
    """Every second one is Lea's. Return the ids of those."""
    return [world.deliver(**fields) for _ in range(count) if world.deliver(sender=EVE, **fields)]


# -- what is recorded, and what is not ------------------------------------------------------------


def test_mail_from_a_lead_and_mail_to_a_lead_stand_on_the_lead(world):
    received, sent = world.deliver(), world.send()
    world.sync()
    assert world.timeline() == [received, sent]
    assert world.entry(received).direction is Direction.IN
    assert world.entry(sent).direction is Direction.OUT
    assert world.entry(received).email.text == "Good day.\n"
    assert (world.entry(received).reason, world.entry(received).because) == (Reason.ADDRESS, LEA)


def test_of_mail_that_is_no_leads_not_even_the_body_is_read(world):
    world.deliver(sender=EVE)
    report = world.sync()
    assert report.tally[Outcome.UNRELATED] == 1
    assert world.commands("FETCH BODY") == []
    assert world.database.entries == [] and world.store.links == {}


@pytest.mark.parametrize("field", ["cc", "reply_to", "to"])
def test_a_leads_address_counts_wherever_it_stands_among_the_correspondents(world, field):
    found = world.deliver(**{"sender": EVE, field: f"Lea <{LEA.upper()}>"})
    world.sync()
    assert world.timeline() == [found]


def test_a_lead_in_bcc_counts_on_our_own_mail_alone(world):
    ours = world.send(to=EVE, bcc=LEA)
    world.deliver(sender=EVE, bcc=LEA)
    world.sync()
    assert world.timeline() == [ours]


@pytest.mark.parametrize("name", [f'"{LEA}" <{EVE}>', f"({LEA}) {EVE}", f'"<{LEA}>" <{EVE}>'])
def test_a_display_name_that_looks_like_a_leads_address_is_no_match(world, name):
    world.deliver(sender=name)
    world.sync()
    assert world.database.entries == []


def test_internal_mail_about_a_lead_is_not_recorded():
    world = World()
    world.database.colleagues = {BOB, LEA}  # Lea was hired
    world.deliver(sender=BOB, cc=LEA)
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.timeline() == []


def test_internal_mail_is_recorded_where_the_company_says_so():
    world = World(record_internal=True)
    world.database.colleagues = {BOB, LEA}
    found = world.deliver(sender=BOB, cc=LEA)
    world.sync()
    assert world.timeline() == [found]


def test_a_colleague_in_cc_does_not_make_a_leads_mail_internal(world):
    world.database.colleagues = {BOB}
    found = world.deliver(cc=BOB)
    world.sync()
    assert world.timeline() == [found]


@pytest.mark.parametrize(
    "field", [{"sender": f"{LEA}, {EVE}"}, {"Sender": EVE}, *({f: EVE} for f in "cc bcc".split())]
)
@pytest.mark.parametrize("entry", [EVE, "elsewhere.example"])
def test_a_mail_with_somebody_who_is_never_recorded_is_not_even_read(world, field, entry):
    world.store.excluded = {entry}
    world.deliver(**field)
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.commands("FETCH BODY") == []
    assert world.timeline() == []


def test_a_leads_answer_to_a_mail_from_the_crm_is_not_recorded_with_somebody_who_never_is(world):
    world.database.excluded = {EVE}
    world.database.write(world.lead, "written@crm", "Offer", NOON)
    world.deliver(sender=BOB, cc=EVE, in_reply_to="<written@crm>")
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.timeline() == ["written@crm"]


def test_whom_one_user_never_records_is_recorded_by_another(world):
    world.store.excluded = {LEA}
    bobs = world.account(BOB)
    found = world.deliver(cc=BOB)
    world.sync()
    assert world.timeline() == []
    world.sync(bobs)
    assert world.timeline() == [found]


def test_what_stood_there_before_stays_and_is_counted_as_what_it_was_when_read_again(world):
    found = world.deliver()
    world.sync()
    world.store.excluded = {LEA}
    world.server["INBOX"].renumber()
    report = world.sync()
    assert world.timeline() == [found]
    assert report.tally[Outcome.EXCLUDED] == 0


def test_a_mail_that_is_set_aside_is_let_go_when_it_is_not_to_be_recorded_any_more(world):
    world.deliver()
    world.server["INBOX"].nil = {1}
    world.sync()
    assert len(world.store.set_aside) == 1
    world.server["INBOX"].nil.clear()
    world.store.excluded = {LEA}
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.store.set_aside == {} and world.timeline() == []


def test_flags_are_as_before(world):
    world.server.deliver("INBOX", mail(), NOON, frozenset({"\\Flagged"}))
    world.server.deliver("INBOX", mail(), NOON, frozenset({"\\Seen"}))
    before = dict(world.server["INBOX"].messages)
    world.sync()
    assert world.server["INBOX"].messages == before
    assert len(world.timeline()) == 2  # what was read on the phone first, too


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
def test_a_second_run_writes_nothing_though_the_server_says_little(world, mute):
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


def test_mail_that_comes_after_an_outage_of_days_is_all_there():
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


def test_a_gap_with_nothing_behind_it_is_passed_at_once():
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


def test_sent_has_a_cursor_of_its_own():
    world = kept_up()
    deliver_many(world, 20)
    world.sync()
    found = world.send()
    world.sync()
    assert world.timeline()[-1] == found
    assert world.store.state("Sent").high == 2


# -- the process is killed, the connection is lost ------------------------------------------------


def every_time(world_of, strike):
    """Run again and again, struck one step later each time, until a run gets through.

    After each strike one more run goes undisturbed. Yield the worlds that were struck.
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
def test_whatever_moment_it_is_killed_each_mail_stands_there_once_afterwards(world_of, strike):
    for world in every_time(world_of, strike):
        world.sync()
        assert sorted(world.timeline()) == sorted(world.wanted)
        assert world.server.open == 0


@pytest.mark.parametrize("world_of", [first_sync, new_mail])
def test_what_was_committed_is_not_read_again_after_a_kill(world_of):
    for world in every_time(world_of, kill_after):
        before = len(world.timeline())
        report = world.sync()
        assert report.tally[Outcome.RECORDED] == len(world.wanted) - before
        assert report.tally[Outcome.DUPLICATE] == 0


def test_a_commit_that_comes_too_late_is_decided_anew(world):
    found = deliver_many(world, 5)
    world.store.read("Archive")  # its begin is struck as well
    world.server.create("Archive")
    world.store.stale = 2
    report = world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert report.tally[Outcome.RECORDED] == 5


def test_records_that_never_keep_still_end_in_an_error_and_lose_nothing():
    world = kept_up()
    found = world.deliver()
    world.store.stale = 99
    with pytest.raises(ProtocolViolation) as caught:
        world.sync()
    assert caught.value.code == "busy" and caught.value.transient
    world.store.stale = 0
    world.sync()
    assert world.timeline() == [found]


def test_a_run_whose_settings_were_changed_writes_nothing_any_more():
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


# -- numbering ------------------------------------------------------------------------------------


def test_a_new_numbering_brings_nothing_twice_and_what_came_in_the_gap(world):
    found = deliver_many(world, 6)
    world.sync()
    found += deliver_many(world, 2)
    world.server["INBOX"].renumber()
    report = world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert report.tally[Outcome.RECORDED] == 2
    assert world.store.state("INBOX").uidvalidity == 1001 + 0


def test_another_mail_under_a_uid_that_was_seen_is_recorded_in_a_new_numbering(world):
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
def test_new_mail_is_found_though_the_server_says_little(mute):
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


def test_a_uidvalidity_of_zero_is_one_that_never_changes():
    world = World()
    world.server["INBOX"].uidvalidity = 0
    first = world.deliver()
    world.sync()
    world.store.saved.clear()
    second = world.deliver()
    report = world.sync()
    assert world.timeline() == [first, second]
    assert report.seen == 1


# -- servers that leave out what they have --------------------------------------------------------


def test_a_mail_that_fetch_leaves_out_is_set_aside_and_the_others_go_on():
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


def test_a_mail_that_fetch_leaves_out_once_is_asked_for_again():
    class Slow(MemorySession):
        calls = 0

        def headers(self, ranges):
            self.calls += 1
            return islice(super().headers(ranges), 1 if self.calls == 1 else None)

    world = kept_up()
    found = [world.deliver() for _ in range(3)]
    run(Slow(world.server), world.store)
    assert world.timeline() == found
    assert world.store.set_aside == {}


def test_a_uid_that_is_really_gone_is_a_gap_and_not_a_failure():
    world = kept_up()
    first, _, last = world.deliver(), world.deliver(), world.deliver()
    world.server["INBOX"].expunge(2)
    report = world.sync()
    assert world.timeline() == [first, last]
    assert report.tally[Outcome.FAILED] == 0
    assert world.store.set_aside == {}


def test_a_mail_whose_body_is_nil_is_set_aside_and_the_others_go_on(world):
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


def bomb(**fields):
    """A mail that no parser should have to read to its end."""
    parts = "--b\n\nx\n" * 1500
    return {"content_type": "multipart/mixed; boundary=b", "body": f"{parts}--b--", **fields}


@pytest.mark.parametrize("history", [True, False])
def test_a_message_that_fails_does_not_hold_up_the_ones_behind_it(history):
    world = World() if history else kept_up()
    first, bad, last = world.deliver(), world.deliver(**bomb()), world.deliver()
    report = world.sync()
    assert sorted(world.timeline()) == sorted([first, last])
    assert report.tally[Outcome.FAILED] == 1
    (aside,) = world.store.set_aside.values()
    assert (aside.failure.message_id, aside.failure.code) == (bad, "message_bomb")
    assert world.store.state("INBOX").high == 4


@pytest.mark.parametrize("history", [True, False], ids=["first sync", "new mail"])
def test_a_message_that_ends_every_connection_holds_up_the_ones_behind_it_for_one_run(history):
    world = World() if history else kept_up()
    first, poison, last = (world.deliver() for _ in range(3))
    inbox = world.server["INBOX"]
    inbox.poison[inbox.uidnext - 2] = ConnectionLost("* BYE")
    world.store.patient = True
    with pytest.raises(ConnectionLost):
        world.sync()
    world.sync()
    assert sorted(world.timeline()) == sorted([first, last])
    (aside,) = world.store.set_aside.values()
    assert (aside.failure.message_id, aside.failure.code) == (poison, "connection_lost")
    inbox.poison.clear()
    world.store.patient = False
    world.sync()
    assert sorted(world.timeline()) == sorted([first, poison, last])
    assert world.store.set_aside == {}


@pytest.mark.parametrize("unflushed", [0, 1, 5])
@pytest.mark.parametrize("history", [True, False], ids=["first sync", "new mail"])
def test_a_message_whose_headers_end_every_connection_keeps_none_behind_it(history, unflushed):
    world = World() if history else kept_up()
    found = [world.deliver() for _ in range(20)]
    inbox = world.server["INBOX"]
    inbox.header_poison[11] = ConnectionLost("* BYE")
    inbox.unflushed = unflushed
    world.store.patient = True
    assert synced(world) <= 4
    aside = [aside.failure for aside in world.store.set_aside.values()]
    assert 11 in [failure.uid for failure in aside] and len(aside) <= 3
    assert {failure.code for failure in aside} == {"connection_lost"}
    looked_at = [commit.tally for commit in world.store.saved]
    assert sum(tally[outcome] for tally in looked_at for outcome in tally) == 20
    world.store.patient = False
    with pytest.raises(ConnectionLost):
        world.sync()
    assert sorted(world.timeline()) == sorted(found[:10] + found[11:])
    inbox.header_poison.clear()
    world.sync()
    assert sorted(world.timeline()) == sorted(found)
    assert world.store.set_aside == {}


@pytest.mark.parametrize("poison", ["poison", "header_poison"])
def test_a_limit_of_the_server_is_no_messages_fault(world, poison):
    found = [world.deliver() for _ in range(3)]
    limit = ServerRefused("[OVERQUOTA] bandwidth limits", kind=Kind.LIMIT, code="throttled")
    getattr(world.server["INBOX"], poison)[2] = limit
    with pytest.raises(ServerRefused):
        world.sync()
    assert world.store.set_aside == {}
    getattr(world.server["INBOX"], poison).clear()
    world.sync()
    assert sorted(world.timeline()) == sorted(found)


def test_a_connection_lost_over_uids_that_are_no_more_keeps_nothing_behind_it():
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


def test_a_mail_that_the_database_refuses_is_set_aside_and_recorded_when_it_no_longer_does(world):
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


def test_what_was_set_aside_is_not_looked_at_before_its_time(world):
    world.store.refused = {world.deliver()}
    world.sync()
    world.store.patient = True
    world.server.commands.clear()
    world.sync()
    assert world.server.commands == [("STATUS", "INBOX"), ("STATUS", "Sent")]


def test_a_mail_that_was_set_aside_and_then_deleted_is_let_go(world):
    world.store.refused = {world.deliver()}
    world.sync()
    world.server["INBOX"].expunge(1)
    world.sync()
    assert world.store.set_aside == {}


def test_a_mail_that_was_set_aside_and_is_no_leads_any_more_is_let_go(world):
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


def test_what_was_never_read_is_let_go_with_the_numbering_that_named_it(world):
    world.deliver(sender=EVE)
    world.server["INBOX"].hidden = {1}
    world.sync()
    assert len(world.store.set_aside) == 1
    world.server["INBOX"].hidden.clear()
    world.server["INBOX"].renumber()
    world.sync()
    assert world.store.set_aside == {}


def test_what_failed_under_an_old_numbering_is_found_under_the_new_one(world):
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


# -- mailboxes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["deleted", "renamed", "phantom"])
def test_a_mailbox_that_is_gone_keeps_no_other_from_being_read(what):
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


def test_a_phantom_that_answers_status_and_refuses_examine_keeps_no_other_from_being_read():
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


def test_a_mailbox_that_comes_back_goes_on_where_it_was():
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


def test_a_mailbox_suddenly_empty_takes_nothing_from_the_lead(world):
    found = world.deliver()
    world.sync()
    world.server["INBOX"].expunge()
    world.sync()
    new = world.deliver()
    world.sync()
    assert world.timeline() == [found, new]


# -- how far back ---------------------------------------------------------------------------------


def dated_mails(world):
    """One mail for each of the last 200 days, 40 apart, the oldest first."""
    return {days: world.deliver(at=NOON - days * DAY) for days in (200, 160, 120, 80, 40, 1)}


@pytest.mark.parametrize(
    ("window", "days"),
    [
        (None, {200, 160, 120, 80, 40, 1}),
        (timedelta(days=91), {80, 40, 1}),
        (timedelta(0), set()),
    ],
)
def test_history_is_read_as_far_back_as_was_chosen(window, days):
    world = World(since=NOON - window if window is not None else None)
    mails = dated_mails(world)
    world.sync()
    assert set(world.timeline()) == {mails[each] for each in days}
    assert world.store.state("INBOX").complete


def test_from_now_on_means_from_the_minute_and_not_from_the_day():
    world = World(since=NOON)
    world.deliver(at=NOON - HOUR)
    found = world.deliver(at=NOON + MINUTE)
    world.sync()
    assert world.timeline() == [found]


def test_new_mail_counts_whatever_date_the_server_gives_it():
    world = kept_up(since=NOON)
    found = world.deliver(at=NOON - 300 * DAY)  # moved here from an archive
    world.sync()
    assert world.timeline() == [found]


def test_old_mail_that_was_moved_among_the_new_is_outside_the_window():
    world = World(since=NOON - DAY)
    new = world.deliver()
    world.deliver(at=NOON - 300 * DAY)
    newer = world.deliver()
    report = world.sync()
    assert sorted(world.timeline()) == sorted([new, newer])
    assert report.tally[Outcome.EXCLUDED] == 1


def test_mail_without_a_date_of_the_servers_is_inside_the_window():
    world = World(since=NOON - DAY)
    first = world.deliver()
    undated = world.deliver()
    messages = world.server["INBOX"].messages
    messages[2] = replace(messages[2], internaldate=None)
    world.sync()
    assert sorted(world.timeline()) == sorted([first, undated])


def test_the_first_sync_goes_newest_first(world):
    found = [world.deliver() for _ in range(2 * BATCH)]
    world.sync(seconds=2, clock=Clock())
    assert world.timeline()
    assert set(world.timeline()) == set(found[-len(world.timeline()) :])


def test_a_first_sync_that_runs_out_of_time_goes_on_where_it_stopped(world):
    found = [world.deliver() for _ in range(3 * BATCH)]
    reports = [world.sync(seconds=2, clock=Clock())]
    while reports[-1].more and len(reports) < 50:
        reports.append(world.sync(seconds=2, clock=Clock()))
    assert len(reports) > 3
    assert sorted(world.timeline()) == sorted(found)
    assert sum(report.seen for report in reports) == len(found)  # nothing is looked at again


def test_mail_that_comes_during_the_history_does_not_wait_for_its_end(world):
    for _ in range(3 * BATCH):
        world.deliver()
    world.sync(seconds=2, clock=Clock())
    before = set(world.timeline())
    new = world.deliver()
    report = world.sync(seconds=2, clock=Clock())
    assert report.more
    assert new in set(world.timeline()) - before


def test_a_long_history_of_the_inbox_does_not_keep_new_mail_in_sent_waiting(world):
    for _ in range(6 * BATCH):
        world.deliver()
    world.sync(seconds=2, clock=Clock())
    sent = world.send()
    report = world.sync(seconds=3, clock=Clock())
    assert report.more
    assert sent in world.timeline()


def test_a_numbering_that_changes_before_the_history_is_read_costs_nothing_but_a_run():
    class Moved(MemorySession):
        def examine(self, name):
            if ("EXAMINE", name) in self.server.commands:
                self.server[name].renumber()
            return super().examine(name)

    world = World()
    found = [*deliver_many(world, 9), world.send()]
    world.server["INBOX"].expunge(1)
    report = run(Moved(world.server), world.store)
    assert report.more
    world.sync()
    assert sorted(world.timeline()) == sorted(found)


def test_time_that_runs_out_when_all_is_done_asks_for_no_more(world):
    world.deliver()
    world.sync()
    assert not world.sync(seconds=0).more


# -- once -----------------------------------------------------------------------------------------


def test_a_mail_in_the_inbox_and_in_sent_is_one_entry(world):
    copy = world.send(cc=ANN)
    world.deliver(sender=ANN, to=LEA, cc=ANN, message_id=copy)
    report = world.sync()
    assert world.timeline() == [copy]
    assert world.entry(copy).direction is Direction.OUT
    assert report.tally[Outcome.DUPLICATE] == 1


@pytest.mark.parametrize("apart", [False, True])
def test_four_copies_in_sent_are_one_entry(world, apart):
    sent = world.send()
    for later in range(1, 4):
        if apart:
            world.sync()
        world.send(message_id=sent, date=NOON + timedelta(seconds=later))
    world.sync()
    assert world.timeline() == [sent]
    assert world.store.counts[Outcome.DUPLICATE] == 3


def test_one_mail_in_two_users_mailboxes_is_one_entry_that_both_have(world):
    bobs = World()
    store = world.account(BOB)
    sent = world.deliver(to=f"{ANN}, {BOB}", message_id="both@mail.example")
    bobs.deliver(to=f"{ANN}, {BOB}", message_id="both@mail.example")
    world.sync()
    bobs.server.commands.clear()
    report = world.sync(store, bobs.server)
    assert world.timeline() == [sent]
    assert report.tally[Outcome.RECORDED] == 1
    assert bobs.commands("FETCH BODY") == []  # there was nothing to read
    assert (sent, 0) in world.store.links and (sent, 0) in store.links


def test_one_mail_that_two_workers_bring_at_the_same_moment_is_one_entry(world):
    world.sync()
    bobs, store = World(), world.account(BOB)
    sent = world.deliver(to=f"{ANN}, {BOB}")
    bobs.deliver(to=f"{ANN}, {BOB}", message_id=sent)
    world.store.meanwhile = lambda: world.sync(store, bobs.server)
    world.sync()
    assert world.timeline() == [sent]
    assert (sent, 0) in world.store.links and (sent, 0) in store.links


def test_a_mail_from_the_crm_and_its_copy_in_sent_are_one_entry(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    world.send(message_id="smart@crm.example", subject="Our offer")
    world.sync()
    assert world.timeline() == ["smart@crm.example"]
    assert ("smart@crm.example", 0) in world.store.links


@pytest.mark.parametrize("new_id", ["rewritten@provider.example", None])
def test_a_mail_from_the_crm_whose_id_the_provider_rewrote_is_one_entry(world, new_id):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    world.send(message_id=new_id, subject="Our offer", x_mail_sync_id="smart@crm.example")
    world.sync()
    world.server["Sent"].renumber()
    world.sync()
    assert world.timeline() == ["smart@crm.example"]


def test_an_answer_to_a_rewritten_id_stands_with_the_mail_that_it_answers(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    world.send(
        message_id="new@provider.example", subject="Our offer", x_mail_sync_id="smart@crm.example"
    )
    world.sync()
    answer = world.deliver(
        sender=EVE, in_reply_to="<new@provider.example>", subject="Re: Our offer"
    )
    world.sync()
    assert answer in world.timeline()
    assert world.entry(answer).reason is Reason.ANSWER
    assert world.entry(answer).because == "new@provider.example"


def test_somebody_who_repeats_our_stamp_does_not_hide_their_mail(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    found = world.deliver(
        subject="About something else", date=NOON + DAY, x_mail_sync_id="smart@crm.example"
    )
    world.sync()
    assert world.timeline() == ["smart@crm.example", found]


def test_copies_of_a_mail_without_an_id_are_one_entry_in_whichever_mailbox(world):
    world.send(message_id=None, cc=ANN)
    world.deliver(sender=ANN, to=LEA, cc=ANN, message_id=None)
    world.sync()
    assert len(world.timeline()) == 1


def test_two_mails_without_an_id_are_two_entries(world):
    world.deliver(message_id=None, subject="One")
    world.deliver(message_id=None, subject="Two")
    world.sync()
    assert len(world.timeline()) == 2


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two runs"])
@pytest.mark.parametrize(
    "second", [{"subject": "Two"}, {"date": NOON + DAY}, {"subject": ""}], ids=str
)
def test_two_mails_with_one_id_are_two_entries(world, apart, second):
    world.deliver(message_id="always@program.example", subject="One")
    if apart:
        world.sync()
    world.deliver(message_id="always@program.example", **{"subject": "One"} | second)
    world.sync()
    assert len(world.timeline()) == 2
    world.server["INBOX"].renumber()
    world.sync()
    found = [(e.subject, e.date) for e in world.database.timeline(world.lead)]
    assert found == [("One", NOON), (second.get("subject", "One"), second.get("date", NOON))]


def test_a_mail_of_a_clock_gone_wrong_is_one_entry_in_two_mailboxes(world):
    wrong = {"message_id": "future@mail.example", "date": NOON + 400 * DAY}
    world.send(cc=ANN, **wrong)
    world.deliver(sender=ANN, to=LEA, cc=ANN, **wrong)
    world.sync()
    world.server["INBOX"].renumber()
    world.sync()
    assert world.timeline() == ["future@mail.example"]


@pytest.mark.parametrize("date", [NOON, NOON + 400 * DAY, None], ids=str)
def test_what_was_removed_does_not_come_back(world, date):
    removed, kept = world.deliver(date=date), world.deliver()
    world.sync()
    world.store.remove(removed)
    world.server["INBOX"].renumber()
    world.sync()
    assert world.timeline() == [kept]


def test_a_mail_from_the_crm_that_was_removed_does_not_come_back_under_a_rewritten_id(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    world.send(message_id="new@provider.example", x_mail_sync_id="smart@crm.example")
    world.sync()
    world.store.remove("smart@crm.example")
    world.server["Sent"].renumber()
    world.sync()
    assert world.timeline() == []


# -- where it goes --------------------------------------------------------------------------------


def test_an_answer_goes_where_its_thread_stands_and_to_no_other_lead_of_that_address(world):
    question = world.deliver()
    world.sync()
    other = world.database.add_lead(LEA)
    answer = world.deliver(in_reply_to=f"<{question}>")
    follow_up = world.deliver(references=f"<{question}> <lost@mail.example>")
    world.sync()
    assert world.timeline() == [question, answer, follow_up]
    assert world.timeline(other) == []
    assert world.entry(answer).reason is Reason.THREAD
    assert world.entry(answer).because == question


def test_a_mail_without_a_thread_stands_on_every_open_lead_and_on_the_contact(world):
    contact = world.database.add_contact(LEA)
    second = world.database.add_lead("lea.private@client.example", contact)
    closed = world.database.add_lead(LEA)
    world.database.change_lead(closed, is_open=False)
    foreign = world.database.add_lead(LEA, company="another")
    found = world.deliver()
    world.sync()
    for target in (world.lead, second, contact):
        assert world.timeline(target) == [found]
    assert world.timeline(closed) == world.timeline(foreign) == []


def test_a_thread_that_stood_on_the_contact_alone_joins_the_lead_that_has_come_since(world):
    contact = world.database.add_contact(LEA)
    world.database.change_lead(world.lead, contact=contact, is_open=False)
    question = world.deliver()
    world.sync()
    assert (world.timeline(), world.timeline(contact)) == ([], [question])
    new = world.database.add_lead(LEA, contact)
    answer = world.deliver(in_reply_to=f"<{question}>")
    world.sync()
    assert world.timeline(new) == [answer, question]
    assert world.timeline(contact) == [question, answer]
    assert world.entry(answer, new).reason is Reason.ADDRESS


def test_a_thread_on_another_companys_lead_leads_nowhere(world):
    foreign = world.database.add_lead(LEA, company="another")
    world.database.write(foreign, "theirs@crm.example", "Offer", NOON)
    answer = world.deliver(in_reply_to="<theirs@crm.example>")
    world.sync()
    assert world.timeline() == [answer]
    assert world.timeline(foreign) == ["theirs@crm.example"]


def test_an_answer_from_another_address_to_a_mail_from_the_crm_stands_with_it(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    answer = world.deliver(sender=EVE, in_reply_to="<smart@crm.example>")
    world.sync()
    assert world.timeline()[-1] == answer
    assert world.entry(answer).reason is Reason.ANSWER


def test_an_answer_to_a_mail_that_no_lead_was_written_from_is_nobodys(world):
    received = world.deliver()
    world.sync()
    world.deliver(sender=EVE, in_reply_to=f"<{received}>")
    world.sync()
    assert world.timeline() == [received]


def test_what_is_forwarded_privately_from_a_thread_is_not_recorded(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    question = world.deliver(in_reply_to="<smart@crm.example>")
    thread = {"in_reply_to": f"<{question}>", "references": f"<smart@crm.example> <{question}>"}
    world.send(to=EVE, subject="Fwd: what do you think?", **thread)
    world.send(to=EVE, subject="Fwd: ours", in_reply_to="<smart@crm.example>")
    world.deliver(sender=EVE, subject="Re: Fwd: what do you think?", **thread)
    world.sync()
    assert world.timeline() == ["smart@crm.example", question]
