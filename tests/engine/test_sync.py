"""A mailbox is read into the CRM: what is recorded, and how far back.

Everything is real except the mail server and the database, which are in memory. Batches are small,
so that a few mails make many of them.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.matching import Reason
from engine.memory.server import MemorySession
from engine.sync.run import run
from engine.values import Direction, Outcome
from tests.engine.world import (
    BATCH,
    BOB,
    DAY,
    EVE,
    HOUR,
    LEA,
    MINUTE,
    NOON,
    Clock,
    World,
    deliver_many,
    kept_up,
    mail,
)

pytestmark = pytest.mark.usefixtures("small_batches")


# -- what is recorded, and what is not ------------------------------------------------------------


def test_mail_from_and_to_a_lead_is_recorded_on_the_lead(world):
    received, sent = world.deliver(), world.send()
    world.sync()
    assert sorted(world.timeline()) == sorted([received, sent])
    assert world.entry(received).direction is Direction.IN
    assert world.entry(sent).direction is Direction.OUT
    assert world.entry(received).email.text == "Good day.\n"
    assert (world.entry(received).reason, world.entry(received).because) == (Reason.ADDRESS, LEA)


def test_the_body_of_unrelated_mail_is_not_even_read(world):
    world.deliver(sender=EVE)
    report = world.sync()
    assert report.tally[Outcome.UNRELATED] == 1
    assert world.commands("FETCH BODY") == []
    assert world.database.entries == [] and world.store.links == {}


@pytest.mark.parametrize("field", ["cc", "reply_to", "to"])
def test_a_leads_address_counts_in_every_correspondent_field(world, field):
    found = world.deliver(**{"sender": EVE, field: f"Lea <{LEA.upper()}>"})
    world.sync()
    assert world.timeline() == [found]


def test_a_lead_in_bcc_counts_only_on_our_own_mail(world):
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


def test_internal_mail_is_recorded_if_the_company_allows_it():
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
def test_a_mail_with_an_excluded_address_is_not_even_read(world, field, entry):
    world.store.excluded = {entry}
    world.deliver(**field)
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.commands("FETCH BODY") == []
    assert world.timeline() == []


def test_a_leads_answer_to_a_crm_mail_is_not_recorded_with_an_excluded_address(world):
    world.database.excluded = {EVE}
    world.database.write(world.lead, "written@crm", "Offer", NOON)
    world.deliver(sender=BOB, cc=EVE, in_reply_to="<written@crm>")
    report = world.sync()
    assert report.tally[Outcome.EXCLUDED] == 1
    assert world.timeline() == ["written@crm"]


def test_one_users_exclusion_does_not_apply_to_another_user(world):
    world.store.excluded = {LEA}
    bobs = world.account(BOB)
    found = world.deliver(cc=BOB)
    world.sync()
    assert world.timeline() == []
    world.sync(bobs)
    assert world.timeline() == [found]


def test_mail_recorded_before_an_exclusion_stays_and_keeps_its_count_when_read_again(world):
    found = world.deliver()
    world.sync()
    world.store.excluded = {LEA}
    world.server["INBOX"].renumber()
    report = world.sync()
    assert world.timeline() == [found]
    assert report.tally[Outcome.EXCLUDED] == 0


def test_a_mail_set_aside_is_dropped_once_it_is_excluded(world):
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
def test_history_is_read_back_as_far_as_chosen(window, days):
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


def test_mail_without_an_internaldate_is_inside_the_window():
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


def test_a_first_sync_that_runs_out_of_time_continues_where_it_stopped(world):
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


def test_a_long_inbox_history_does_not_delay_new_mail_in_sent(world):
    for _ in range(6 * BATCH):
        world.deliver()
    world.sync(seconds=2, clock=Clock())
    sent = world.send()
    report = world.sync(seconds=3, clock=Clock())
    assert report.more
    assert sent in world.timeline()


def test_renumbering_before_the_history_is_read_costs_only_one_run():
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


def test_time_that_runs_out_after_all_work_is_done_requests_no_more(world):
    world.deliver()
    world.sync()
    assert not world.sync(seconds=0).more
