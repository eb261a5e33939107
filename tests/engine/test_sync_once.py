"""A mail is recorded once on each record where it belongs.

Everything is real except the mail server and the database, which are in memory. Batches are small,
so that a few mails make many of them.
"""

from datetime import timedelta

import pytest

from engine.matching import Reason
from engine.memory.server import MemoryServer
from engine.values import Direction, Outcome
from tests.engine.world import (
    ANN,
    BOB,
    DAY,
    EVE,
    LEA,
    NOON,
    World,
    kept_up,
    mail,
)

pytestmark = pytest.mark.usefixtures("small_batches")


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


def test_one_mail_in_two_users_mailboxes_is_one_shared_entry(world):
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


def test_one_mail_recorded_by_two_workers_at_once_is_one_entry(world):
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


def test_an_answer_to_a_rewritten_id_is_recorded_with_its_question(world):
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


def test_copies_of_a_mail_without_an_id_are_one_entry_across_mailboxes(world):
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


def test_a_mail_with_a_wrong_clock_is_one_entry_in_two_mailboxes(world):
    wrong = {"message_id": "future@mail.example", "date": NOON + 400 * DAY}
    world.send(cc=ANN, **wrong)
    world.deliver(sender=ANN, to=LEA, cc=ANN, **wrong)
    world.sync()
    world.server["INBOX"].renumber()
    world.sync()
    assert world.timeline() == ["future@mail.example"]


@pytest.mark.parametrize("date", [NOON, NOON + 400 * DAY, None], ids=str)
def test_removed_mail_does_not_come_back(world, date):
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


def test_an_answer_follows_its_thread_and_goes_to_no_other_lead_of_that_address(world):
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


def test_a_mail_without_a_thread_goes_to_every_open_lead_and_the_contact(world):
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


def test_a_thread_recorded_only_on_the_contact_joins_a_lead_created_since(world):
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


def test_an_answer_to_a_crm_mail_from_another_address_is_recorded_with_it(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    answer = world.deliver(sender=EVE, in_reply_to="<smart@crm.example>")
    world.sync()
    assert world.timeline()[-1] == answer
    assert world.entry(answer).reason is Reason.ANSWER


def test_an_answer_to_a_mail_not_written_in_the_crm_is_unrelated(world):
    received = world.deliver()
    world.sync()
    world.deliver(sender=EVE, in_reply_to=f"<{received}>")
    world.sync()
    assert world.timeline() == [received]


def test_mail_forwarded_privately_from_a_thread_is_not_recorded(world):
    world.database.write(world.lead, "smart@crm.example", "Our offer", NOON)
    question = world.deliver(in_reply_to="<smart@crm.example>")
    thread = {"in_reply_to": f"<{question}>", "references": f"<smart@crm.example> <{question}>"}
    world.send(to=EVE, subject="Fwd: what do you think?", **thread)
    world.send(to=EVE, subject="Fwd: ours", in_reply_to="<smart@crm.example>")
    world.deliver(sender=EVE, subject="Re: Fwd: what do you think?", **thread)
    world.sync()
    assert world.timeline() == ["smart@crm.example", question]


# -- which copy wins ------------------------------------------------------------------------------

LIST = "team@lists.example"


NOWHERE = "From and Reply-To are the list"
#: How a list names the author of what it sends back (RFC 7960 §4.1.3.1 and what lists do).
AUTHORED = {
    "From is the author": {"sender": ANN},
    "From is the list, Reply-To the author": {"sender": f"Ann via Team <{LIST}>", "reply_to": ANN},
}
UNNAMED = {
    "From is the list, Cc the author": {"sender": f"Ann via Team <{LIST}>", "cc": f"{LIST}, {ANN}"},
    NOWHERE: {
        "sender": f"Ann via Team <{LIST}>",
        "reply_to": LIST,
        "x_original_from": ANN,
    },
}


def list_copy(message_id, author):
    """What a list sends back of Ann's mail to Lea and to the list, with a footer."""
    words = {"subject": "Hello [Team]", "body": "Good day.\n-- \nThe team list", "list_id": LIST}
    return {"to": LEA, "cc": LIST, "message_id": message_id, **words, **author}


@pytest.mark.parametrize("author", AUTHORED.values(), ids=AUTHORED)
@pytest.mark.parametrize("history", [True, False], ids=["first sync", "new mail"])
@pytest.mark.parametrize("first", ["INBOX", "Sent"])
def test_a_copy_returned_by_a_list_is_the_owners_mail_as_sent(author, history, first):
    world = World() if history else kept_up()
    message_id = "list-1@corp.example"
    copies = {
        "INBOX": lambda: world.deliver(**list_copy(message_id, author)),
        "Sent": lambda: world.send(message_id=message_id, cc=LIST),
    }
    for box in sorted(copies, key=lambda box: box != first):
        copies[box]()
    world.sync()
    entry = world.entry(message_id)
    assert entry.direction is Direction.OUT
    assert entry.subject == "Hello"
    assert "The team list" not in entry.email.text


@pytest.mark.parametrize(
    "author", [*AUTHORED.values(), *UNNAMED.values()], ids=[*AUTHORED, *UNNAMED]
)
def test_a_list_copy_that_arrives_before_the_sent_copy_still_counts_as_sent(author):
    world = kept_up()
    message_id = "list-1@corp.example"
    world.deliver(**list_copy(message_id, author))
    world.sync()
    world.send(message_id=message_id, cc=LIST)
    world.sync()
    entry = world.entry(message_id)
    assert entry.direction is Direction.OUT
    assert entry.sender.email == ANN


def test_a_list_copy_in_a_colleagues_mailbox_counts_as_sent_once_the_author_is_read():
    world = World()
    bobs, server = world.account(BOB), MemoryServer()
    server.create("Sent", "\\Sent")
    message_id = "list-1@corp.example"
    server.deliver("INBOX", mail(**list_copy(message_id, UNNAMED[NOWHERE])), NOON)
    world.sync(bobs, server)
    assert world.entry(message_id).direction is Direction.IN
    world.send(message_id=message_id, cc=LIST)
    world.sync()
    assert world.entry(message_id).direction is Direction.OUT


@pytest.mark.parametrize("author", [ANN, LEA, EVE])
def test_a_leads_mail_through_a_list_or_not_is_no_mail_of_whoever_files_a_copy(author):
    world = kept_up()
    direct = world.deliver(sender=LEA)
    listed = world.deliver(sender=LIST, reply_to=LEA, to=LIST, cc=ANN)
    world.sync()
    world.deliver("Sent", sender=author, to=LEA, message_id=direct)
    world.deliver("Sent", sender=LEA, to=LIST, message_id=listed)
    world.sync()
    assert [entry.direction for entry in world.database.timeline(world.lead)] == [Direction.IN] * 2
    assert world.entry(direct).sender.email == LEA


def test_a_leads_mail_that_is_put_into_sent_stays_received():
    world = kept_up()
    message_id = world.deliver(sender=LEA)
    world.sync()
    world.deliver("Sent", sender=LEA, message_id=message_id)
    world.sync()
    entry = world.entry(message_id)
    assert (entry.direction, entry.sender.email) == (Direction.IN, LEA)


def test_a_leads_mail_through_a_list_is_received():
    world = kept_up()
    fields = {"sender": f'"Lea via Team" <{LIST}>', "reply_to": LEA, "to": LIST, "cc": ANN}
    message_id = world.deliver(**fields)
    world.sync()
    assert world.entry(message_id).direction is Direction.IN
