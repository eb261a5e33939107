"""Check completeness: a mailbox is compared with what is recorded of it, and changes nothing."""

from datetime import timedelta

import pytest

from engine.matching import Reason
from engine.sync.protocols import Limits
from tests.engine.world import ANN, BOB, DAY, EVE, HOUR, LEA, NOON, Clock, World, kept_up

BATCH = 4


pytestmark = pytest.mark.usefixtures("tiny_batches")


@pytest.fixture
def world():
    return kept_up()


def compared(world, **settings):
    """Check completeness; return what was found, by mailbox, and the ids of what is missing."""
    world.store.compare()
    world.sync(**settings)
    return found(world), missing(world)


def found(world):
    names = {ref: box.name for ref, box in world.store.boxes.items()}
    return {
        names[ref]: {str(kind): count for kind, count in checked.tally.items() if count}
        for ref, checked in world.store.result.items()
    }


def missing(world):
    return {key[0]: str(gap.found) for key, (_, gap) in world.store.gaps.items()}


def fetched(world, **settings):
    """Fetch what is missing; return what is missing after that."""
    world.store.fetch_missing()
    world.sync(**settings)
    return missing(world)


def delete(world, *ids, target=None):
    """Delete entries behind the addon's back."""
    world.database.entries = [
        entry
        for entry in world.database.entries
        if entry.message_id not in ids or (target and entry.target != target)
    ]


# -- a mailbox of which everything is recorded --------------------------------------------------


def test_a_mailbox_that_is_complete_lacks_nothing(world):
    world.deliver()
    world.deliver(sender=EVE)
    world.send()
    world.sync()
    counted, gaps = compared(world)
    assert counted == {"INBOX": {"present": 1, "unrelated": 1}, "Sent": {"present": 1}}
    assert gaps == {}


def test_an_empty_mailbox_is_compared_too(world):
    assert compared(world) == ({"INBOX": {}, "Sent": {}}, {})
    assert world.store.asked is None


def test_a_check_commits_nothing_and_fetches_no_bodies(world):
    mails = [world.deliver() for _ in range(3)]
    world.sync()
    delete(world, *mails)
    world.store.saved.clear()
    world.server.commands.clear()
    _, gaps = compared(world)
    assert set(gaps) == set(mails)
    assert world.store.saved == []
    assert not world.commands("BODIES", "bodies")
    assert world.timeline() == []


# -- what is missing, and why -------------------------------------------------------------------


def test_entries_deleted_by_hand_are_missing_and_are_recorded_again(world):
    mails = [world.deliver() for _ in range(7)] + [world.send()]
    world.sync()
    gone = [mails[0], mails[3], mails[-1]]
    delete(world, *gone)
    counted, gaps = compared(world)
    assert gaps == dict.fromkeys(gone, "deleted")
    assert counted == {"INBOX": {"present": 5, "deleted": 2}, "Sent": {"deleted": 1}}
    assert fetched(world) == {}
    assert sorted(world.timeline()) == sorted(mails)


def test_an_entry_deleted_on_one_of_two_records_is_missing_there(world):
    contact = world.database.add_contact(EVE)
    lead = world.database.add_lead("other@client.example", contact)
    world.sync()
    mails = [world.deliver(sender=EVE) for _ in range(2)]
    world.sync()
    delete(world, mails[0], target=lead)
    delete(world, mails[1], target=contact)
    assert compared(world)[1] == dict.fromkeys(mails, "deleted")
    assert fetched(world) == {}
    assert sorted(world.timeline(lead)) == sorted(world.timeline(contact)) == sorted(mails)


def test_the_mails_of_a_deleted_lead_are_missing_once_another_lead_has_the_address(world):
    lead = world.database.add_lead(EVE)
    mail = world.deliver()
    world.sync()
    del world.database.leads[world.lead]
    delete(world, mail)
    assert compared(world)[1] == {}
    # Nobody tells the mailboxes of the new address, which would have them look back.
    world.database.change_lead(lead, email=LEA)
    world.database.arrivals.pop()
    assert compared(world)[1] == {mail: "lead_deleted"}
    assert fetched(world) == {}
    assert world.timeline(lead) == [mail]


def test_mail_that_came_while_its_sender_was_excluded_is_missing_once_they_are_not(world):
    world.store.excluded.add(LEA)
    mail = world.deliver()
    world.sync()
    assert compared(world) == ({"INBOX": {"listed": 1}, "Sent": {}}, {})
    world.store.excluded.clear()
    assert compared(world)[1] == {mail: "left_out"}
    assert fetched(world) == {}
    assert world.timeline() == [mail]


def test_mail_that_was_no_leads_when_it_was_read_is_missing(world):
    mail = world.deliver(sender=EVE)
    world.sync()
    world.database.add_lead(EVE)
    world.store.caught_up(len(world.database.arrivals))  # its look back was lost
    assert compared(world)[1] == {mail: "left_out"}


def test_a_mail_of_an_address_that_is_no_leads_any_more_is_missing_where_it_was(world):
    mail = world.deliver()
    world.sync()
    world.database.change_lead(world.lead, email="new@client.example")
    world.sync()
    delete(world, mail)
    assert compared(world)[1] == {mail: "deleted"}
    assert fetched(world) == {}
    assert world.entry(mail).reason is Reason.BEFORE


def test_what_is_set_aside_is_counted_as_such_and_tried_by_fetching(world):
    mail = world.deliver()
    world.store.refused.add(mail)
    world.sync()
    world.store.patient = True
    assert compared(world) == ({"INBOX": {"set_aside": 1}, "Sent": {}}, {})
    world.store.patient = False
    world.store.refused.clear()
    assert fetched(world) == {}
    assert found(world) == {"INBOX": {"present": 1}, "Sent": {}}


# -- what is not missing ------------------------------------------------------------------------


def test_what_was_removed_on_purpose_is_not_missing(world):
    mail = world.deliver()
    world.sync()
    world.store.remove(mail)
    assert compared(world) == ({"INBOX": {"removed": 1}, "Sent": {}}, {})


def test_a_mail_of_another_lead_is_not_missing_on_one_created_later(world):
    mail = world.deliver()
    world.sync()
    later = world.database.add_lead(LEA)
    world.sync()
    assert compared(world)[1] == {}
    assert (world.timeline(), world.timeline(later)) == ([mail], [])


def test_a_mail_that_a_colleagues_mailbox_brought_is_there(world):
    bob = world.account(BOB)
    mail = world.deliver(to=f"{ANN}, {BOB}")
    world.sync(bob)
    world.store.links.clear()
    assert compared(world)[1] == {}
    assert world.timeline() == [mail]


def test_a_mail_that_is_in_two_folders_is_missing_once(world):
    mail = world.send(to=f"{LEA}, {ANN}")
    world.deliver(sender=ANN, to=f"{LEA}, {ANN}", message_id=mail)
    world.sync()
    delete(world, mail)
    assert compared(world)[1] == {mail: "deleted"}
    assert fetched(world) == {}
    assert world.timeline() == [mail]


def test_a_receipt_from_a_leads_address_is_no_missing_mail(world):
    sent = world.send()
    world.deliver(
        subject="Read: Hello",
        content_type="multipart/report; report-type=disposition-notification; boundary=b",
        body="--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822;{LEA}\nOriginal-Message-ID: <{sent}>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--b--",
    )
    world.sync()
    assert world.timeline() == [sent]
    assert compared(world) == ({"INBOX": {"report": 1}, "Sent": {"present": 1}}, {})


def test_mail_among_colleagues_is_left_out_on_purpose():
    world = World()
    world.database.colleagues |= {ANN, BOB, LEA}
    world.deliver()
    world.sync()
    assert compared(world)[0]["INBOX"] == {"internal": 1}


def test_mail_before_the_history_window_is_not_missing():
    world = World(since=NOON - DAY)
    world.deliver(at=NOON - DAY - HOUR)
    world.deliver(at=NOON)
    world.sync()
    assert compared(world)[0]["INBOX"] == {"old": 1, "present": 1}


# -- two mails with one Message-ID --------------------------------------------------------------


def test_of_two_mails_with_one_id_the_deleted_one_is_missing(world):
    world.deliver(message_id="same@x", subject="Invoice 1")
    world.deliver(message_id="same@x", subject="Invoice 2", date=NOON + timedelta(days=9))
    world.sync()
    variants = {entry.subject: entry.variant for entry in world.database.entries}
    world.database.entries = [e for e in world.database.entries if e.subject == "Invoice 1"]
    assert compared(world)[1] == {"same@x": "deleted"}
    assert fetched(world) == {}
    assert {entry.subject: entry.variant for entry in world.database.entries} == variants


# -- long, interrupted, limited -----------------------------------------------------------------


def test_a_check_that_runs_out_of_time_goes_on_where_it_stopped(world):
    mails = [world.deliver() for _ in range(3 * BATCH)]
    world.sync()
    delete(world, mails[0], mails[-1])
    world.store.compare()
    runs = 0
    while world.store.asked:
        world.sync(seconds=4, clock=Clock())
        runs += 1
        assert runs < 40
    assert runs > 1
    assert missing(world) == dict.fromkeys((mails[0], mails[-1]), "deleted")
    assert found(world)["INBOX"] == {"present": 3 * BATCH - 2, "deleted": 2}


def test_fetching_keeps_the_quota_of_the_day_and_goes_on(world):
    mails = [world.deliver() for _ in range(5)]
    world.sync()
    delete(world, *mails)
    compared(world)
    world.store.fetch_missing()
    assert world.sync(limits=Limits(records=2)).capped
    assert len(world.timeline()) == 2
    assert world.store.asked.fetching
    world.sync()
    assert sorted(world.timeline()) == sorted(mails)
    assert missing(world) == {}


def test_a_mailbox_that_was_renumbered_is_read_before_it_is_compared(world):
    mails = [world.deliver() for _ in range(3)]
    world.sync()
    delete(world, mails[1])
    world.server["INBOX"].renumber()
    assert compared(world)[1] == {mails[1]: "deleted"}
    assert fetched(world) == {}
    assert sorted(world.timeline()) == sorted(mails)


def test_mail_that_arrives_meanwhile_is_read_and_not_missing(world):
    world.deliver()
    world.sync()
    world.store.compare()
    mail = world.deliver()
    world.sync()
    assert mail in world.timeline()
    assert missing(world) == {}


def test_a_mail_that_has_left_the_server_is_not_looked_for(world):
    mail = world.deliver()
    world.sync()
    delete(world, mail)
    compared(world)
    world.server["INBOX"].expunge(1)
    assert fetched(world) == {}
    assert world.timeline() == []
