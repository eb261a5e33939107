"""A lead created later, or given an address later, gets its past mails."""

from datetime import timedelta

import pytest

from engine import plan
from engine.errors import ConnectionLost
from engine.matching import Reason
from engine.memory.store import Killed
from engine.sync.protocols import Limits
from engine.values import Direction, Outcome
from tests.engine.world import ANN, BOB, DAY, EVE, HOUR, LEA, NOON, Clock, World, synced

BATCH = 4


pytestmark = pytest.mark.usefixtures("tiny_batches")


@pytest.fixture(params=["a server that searches", "one that cannot"])
def world(request):
    world = World()
    world.server.searches = request.param == "a server that searches"
    return world


def exchanged(world, count=1, **fields):
    """Let Eve and Ann exchange mails, among others; read all of it; return the ids of Eve's."""
    mails = []
    for _ in range(count):
        world.deliver(sender=BOB, **fields)
        mails.append(world.deliver(sender=EVE, **fields))
        mails.append(world.send(to=EVE, **fields))
    world.sync()
    world.server.commands.clear()
    world.store.saved.clear()
    return mails


# -- who gets what --------------------------------------------------------------------------------


def test_a_lead_that_is_created_later_gets_its_past_mails_of_both_directions(world):
    mails = exchanged(world, 3)
    eve = world.database.add_lead(EVE)
    report = world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails)
    assert report.past == len(mails)
    assert world.entry(mails[0], eve).direction is Direction.IN
    assert world.entry(mails[1], eve).direction is Direction.OUT
    assert world.entry(mails[0], eve).because == EVE


def test_a_lead_that_is_given_an_address_later_gets_the_past_mails_of_that_address(world):
    mails = exchanged(world)
    world.database.change_lead(world.lead, email=EVE)
    world.sync()
    assert sorted(world.timeline()) == sorted(mails)


def test_a_lead_given_a_contact_later_and_the_contact_get_its_past_mails(world):
    mails = exchanged(world)
    contact = world.database.add_contact(EVE)
    world.database.change_lead(world.lead, contact=contact)
    world.sync()
    assert sorted(world.timeline()) == sorted(world.timeline(contact)) == sorted(mails)


def test_it_is_named_in_any_field(world):
    fields = ({"cc": EVE}, {"reply_to": EVE}, {"to": f"{ANN}, {EVE.upper()}"})
    mails = [world.deliver(sender=BOB, **field) for field in fields]
    mails.append(world.send(to=BOB, bcc=EVE))
    world.sync()
    eve = world.database.add_lead(EVE)
    world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails)


def test_an_address_that_merely_contains_the_leads_is_another_one(world):
    world.deliver(sender=f"not{EVE}")
    world.sync()
    eve = world.database.add_lead(EVE)
    world.sync()
    assert world.timeline(eve) == []


def test_no_other_mail_is_fetched_for_it(world):
    exchanged(world)
    world.database.add_lead("nobody@elsewhere.example")
    world.sync()
    assert world.commands("FETCH BODY") == []


def test_mail_before_the_history_window_is_not_looked_at():
    world = World(since=NOON - 10 * DAY)
    world.server.mailboxes["INBOX"].skip_to(5)
    inside = world.deliver(sender=EVE, at=NOON - 10 * DAY + HOUR)
    world.deliver(sender=EVE, at=NOON - 11 * DAY)
    world.sync()
    eve = world.database.add_lead(EVE)
    world.sync()
    assert world.timeline(eve) == [inside]


def test_internal_mail_is_not_recorded_for_it(world):
    world.database.colleagues.add(BOB)
    world.deliver(sender=BOB)
    world.sync()
    late = world.database.add_lead(BOB)
    world.sync()
    assert world.timeline(late) == []


@pytest.mark.parametrize("entry", [EVE, BOB, "corp.example"])
def test_mail_with_an_excluded_address_is_not_recorded_for_it(world, entry):
    world.deliver(sender=EVE, cc=BOB)
    world.sync()
    world.database.excluded = {entry}
    late = world.database.add_lead(EVE)
    world.sync()
    assert world.timeline(late) == []


def test_a_lead_of_another_company_gets_nothing(world):
    exchanged(world)
    foreign = world.database.add_lead(EVE, company="another")
    world.sync()
    assert world.timeline(foreign) == []


# -- mail on other records ------------------------------------------------------------------------


def test_mail_on_an_open_lead_stays_there(world):
    mail = world.deliver()
    world.sync()
    second = world.database.add_lead(LEA)
    world.sync()
    assert (world.timeline(), world.timeline(second)) == ([mail], [])


def test_a_new_lead_after_a_lost_one_gets_the_past_mails(world):
    mail = world.deliver()
    world.sync()
    world.database.change_lead(world.lead, is_open=False)
    new = world.database.add_lead(LEA)
    report = world.sync()
    assert (world.timeline(), world.timeline(new)) == ([mail], [mail])
    assert world.entry(mail, new).reason is Reason.ADDRESS
    assert report.past == 1


def test_a_lead_lost_before_the_look_back_gets_nothing_if_another_is_open(world):
    mail = world.deliver(sender=EVE)
    world.sync()
    eve, lost = world.database.add_lead(EVE), world.database.add_lead(EVE)
    world.database.change_lead(lost, is_open=False)
    world.sync()
    assert (world.timeline(eve), world.timeline(lost)) == ([mail], [])


def test_a_colleagues_mailbox_is_linked_to_an_entry_that_it_did_not_create(world):
    mail = world.deliver()
    bob = world.account(BOB)
    world.sync()
    world.sync(bob)
    world.database.change_lead(world.lead, is_open=False)
    new = world.database.add_lead(LEA)
    world.sync()
    assert world.sync(bob).past == 0
    assert world.timeline(new) == [mail]
    linked = {record.uid for commit in bob.saved[-2:] for record in commit.records}
    assert linked == {1}


def test_what_was_removed_stays_away(world):
    mail = world.deliver()
    world.sync()
    world.store.remove(mail)
    world.database.change_lead(world.lead, is_open=False)
    new = world.database.add_lead(LEA)
    world.sync()
    assert world.timeline(new) == []


def test_a_mail_in_two_folders_is_recorded_once(world):
    mail = world.deliver(sender=EVE)
    world.deliver("Sent", sender=EVE, message_id=mail)
    world.deliver(sender=EVE, message_id=mail)
    world.sync()
    eve = world.database.add_lead(EVE)
    world.sync()
    assert world.timeline(eve) == [mail]


# -- cost -----------------------------------------------------------------------------------------


def test_without_latecomers_nothing_is_requested_from_the_server(world):
    exchanged(world)
    world.sync()
    assert {name for name, *_ in world.server.commands} == {"STATUS"}


def test_it_is_looked_for_once(world):
    exchanged(world)
    world.database.add_lead(EVE)
    world.sync()
    world.server.commands.clear()
    world.sync()
    assert {name for name, *_ in world.server.commands} == {"STATUS"}


def test_few_addresses_are_searched_for_and_only_what_is_found_is_fetched():
    world = World()
    mails = exchanged(world, 10)
    world.database.add_lead(EVE)
    world.sync()
    ranges = [each for _, *asked in world.commands("FETCH HEADER") for each in asked]
    assert sum(hi - lo + 1 for lo, hi in ranges) == len(mails)


def test_for_many_addresses_the_headers_are_read(monkeypatch):
    monkeypatch.setattr(plan, "SEARCHED", 2)
    world = World()
    mails = exchanged(world)
    world.database.add_lead(EVE)
    for number in range(2):
        world.database.add_lead(f"{number}@elsewhere.example")
    world.sync()
    assert world.commands("SEARCH ADDRESS") == []
    assert world.store.counts[Outcome.RECORDED] == len(mails)


def test_mail_already_looked_at_is_not_counted_again(world):
    mails = exchanged(world, 3)
    world.database.add_lead(EVE)
    report = world.sync()
    assert report.seen == 0
    assert world.store.counts == {Outcome.RECORDED: len(mails)}


# -- interruptions --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["dies_before", "dies_after"])
@pytest.mark.parametrize("commits", range(4))
def test_killed_at_any_commit_nothing_is_lost_and_nothing_comes_twice(world, moment, commits):
    mails = exchanged(world, BATCH)
    eve = world.database.add_lead(EVE)
    setattr(world.store, moment, commits)
    with pytest.raises(Killed):
        world.sync()
    setattr(world.store, moment, None)
    world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails)


def test_a_look_back_that_runs_out_of_time_continues_where_it_was():
    world = World()
    world.server.searches = False
    mails = exchanged(world, 2 * BATCH)
    eve = world.database.add_lead(EVE)
    runs = 1
    while world.sync(seconds=6, clock=Clock()).more:
        runs += 1
    assert 2 < runs < 12
    assert sorted(world.timeline(eve)) == sorted(mails)
    assert len(world.commands("FETCH BODY")) == len(set(world.commands("FETCH BODY")))


def test_a_lead_created_during_a_look_back_has_its_turn_afterwards():
    world = World()
    world.server.searches = False
    exchanged(world, BATCH)
    bobs = world.database.add_lead(BOB)
    assert world.sync(seconds=6, clock=Clock()).more
    eve = world.database.add_lead(EVE)
    while world.sync(seconds=6, clock=Clock()).more:
        pass
    assert len(world.timeline(bobs)) == BATCH
    assert len(world.timeline(eve)) == 2 * BATCH


def test_after_a_lost_connection_the_look_back_continues_in_the_next_turn(world):
    mails = exchanged(world, BATCH)
    eve = world.database.add_lead(EVE)
    for commands in range(3, 8):
        world.server.fail_after(commands, ConnectionLost())
        try:
            world.sync()
        except ConnectionLost:
            continue
        break
    world.server.fail_after(10**6, ConnectionLost())
    world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails)


def test_the_quota_holds_for_past_mails_as_well(world):
    mails = exchanged(world, BATCH)
    eve = world.database.add_lead(EVE)
    days = 0
    while len(world.timeline(eve)) < len(mails):
        report = world.sync(limits=Limits(records=3))
        days += 1
        assert len(world.timeline(eve)) == min(3 * days, len(mails))
        assert report.capped == (len(mails) > 3 * days)


def test_new_mail_comes_before_past_mail(world):
    exchanged(world, BATCH)
    eve = world.database.add_lead(EVE)
    new = world.deliver(sender=EVE)
    world.sync(limits=Limits(records=1))
    assert world.timeline(eve) == [new]


def test_renumbering_means_reading_the_window_again(world):
    mails = exchanged(world, BATCH)
    eve = world.database.add_lead(EVE)
    world.sync(limits=Limits(records=2))
    world.server["INBOX"].renumber()
    world.server["Sent"].renumber()
    while world.sync().more:
        pass
    assert sorted(world.timeline(eve)) == sorted(mails)


def test_a_temporarily_missing_folder_is_searched_when_it_is_back(world):
    sent = [world.send(to=EVE)]
    world.sync()
    world.server.rename("Sent", "Elsewhere")
    eve = world.database.add_lead(EVE)
    assert world.sync().problems
    world.server.rename("Elsewhere", "Sent")
    world.sync()
    assert world.timeline(eve) == sent


def test_a_missing_folder_does_not_block_the_others(world):
    received = world.deliver(sender=EVE)
    world.send(to=EVE)
    world.sync()
    world.server.rename("Sent", "Elsewhere")
    eve = world.database.add_lead(EVE)
    assert world.sync().problems
    assert world.timeline(eve) == [received]


def test_a_past_mail_that_cannot_be_recorded_is_set_aside_and_blocks_no_other(world):
    mails = exchanged(world, 2)
    world.store.refused = {mails[0]}
    eve = world.database.add_lead(EVE)
    world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails[1:])
    world.store.refused = set()
    world.sync()
    assert sorted(world.timeline(eve)) == sorted(mails)


@pytest.mark.parametrize("poison", ["poison", "header_poison"])
@pytest.mark.parametrize("again", [True, False], ids=["one run", "several"])
def test_a_past_mail_that_drops_the_connection_blocks_no_other(world, poison, again):
    mails = exchanged(world, 2)
    getattr(world.server["INBOX"], poison)[2] = ConnectionLost()
    eve = world.database.add_lead(EVE)
    world.store.patient = True
    assert synced(world, again=again) <= (1 if again else 4)
    assert sorted(world.timeline(eve)) == sorted(mails[1:])
    getattr(world.server["INBOX"], poison).clear()
    world.store.patient = False
    world.sync()


def test_an_unfinished_first_sync_finds_them_anyway():
    world = World(since=NOON - timedelta(days=30))
    mails = [world.deliver(sender=EVE) for _ in range(4 * BATCH)]
    assert world.sync(seconds=2, clock=Clock()).more
    eve = world.database.add_lead(EVE)
    while world.sync(seconds=3, clock=Clock()).more:
        pass
    assert sorted(world.timeline(eve)) == sorted(mails)
