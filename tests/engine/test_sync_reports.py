"""Bounces and receipts in Ann's inbox, and the mails of hers that they are about."""

import pytest

from engine.reports.report import State

from . import bounces
from .test_reports import UNMARKED
from .world import DAY, EVE, HOUR, LEA, NOON, World, kept_up


def about(message_id="offer@corp.example", to=LEA, raw=bounces.POSTFIX, subject="Offer"):
    """A report about another mail than the one in the table."""
    return (
        raw.replace(bounces.ABOUT.encode(), message_id.encode())
        .replace(b"lena@customer.example", to.encode())
        .replace(b"Subject: Offer\r\n", b"Subject: " + subject.encode() + b"\r\n")
    )


def sent(world, message_id="offer@corp.example", **fields):
    return world.send(message_id=message_id, subject="Offer", **fields)


def receive(world, raw, at=NOON + HOUR):
    world.server.deliver("INBOX", raw, at)


def marks(world, store=None):
    """What is marked, by id and recipient."""
    found = (store or world.store).marks
    return {(id_, address): mark.state for (id_, address, _), mark in found.items()}


FAILED = {("offer@corp.example", LEA): State.FAILED}


@pytest.fixture
def world():
    return kept_up()


def test_a_bounce_marks_the_mail_and_is_no_received_mail(world):
    sent(world)
    receive(world, about())
    report = world.sync()
    assert marks(world) == FAILED
    assert world.timeline() == ["offer@corp.example"]
    assert report.seen == 2


@pytest.mark.parametrize("name", UNMARKED)
def test_a_new_bounce_without_any_sign_marks_the_mail(world, name):
    sent(world)
    world.sync()
    receive(world, about(raw=UNMARKED[name]))
    world.sync()
    assert marks(world) == FAILED
    assert world.timeline() == ["offer@corp.example"]


def test_a_bounce_about_a_mail_that_was_never_sent_leaves_nothing(world):
    sent(world)
    receive(world, about("other@corp.example", subject="Another"))
    world.sync()
    assert marks(world) == {}
    assert world.timeline() == ["offer@corp.example"]


def test_a_bounce_for_somebody_who_did_not_get_the_mail_leaves_nothing(world):
    sent(world)
    receive(world, about(to=EVE))
    world.sync()
    assert marks(world) == {}


def test_one_of_three_recipients_is_marked(world):
    sent(world, to=f"{LEA}, max@client.example, zoe@client.example")
    receive(world, about(to="max@client.example"))
    world.sync()
    assert marks(world) == {("offer@corp.example", "max@client.example"): State.FAILED}


def test_a_bounce_without_any_id_is_found_by_recipient_subject_and_time(world):
    sent(world)
    receive(world, about(raw=bounces.SES))
    world.sync()
    assert marks(world) == FAILED


def test_of_two_mails_with_one_subject_the_one_of_that_time_is_marked(world):
    sent(world, "old@corp.example", date=NOON - 2 * DAY)
    sent(world)
    receive(world, about(raw=bounces.SES))
    world.sync()
    assert marks(world) == FAILED


def test_another_recipients_mail_with_the_same_subject_is_not_marked(world):
    world.database.add_lead("max@client.example")
    sent(world, to="max@client.example")
    receive(world, about(raw=bounces.SES))
    world.sync()
    assert marks(world) == {}


@pytest.mark.parametrize("failed_first", [True, False])
def test_a_failure_replaces_a_delay_in_either_order(world, failed_first):
    sent(world)
    first, second = about(raw=bounces.DELAYED), about()
    for raw in (second, first) if failed_first else (first, second):
        receive(world, raw)
    world.sync()
    assert marks(world) == FAILED


def test_a_success_replaces_a_delay(world):
    sent(world)
    receive(world, about(raw=bounces.DELAYED))
    world.sync()
    assert set(marks(world).values()) == {State.DELAYED}
    receive(world, about(raw=bounces.DELIVERED))
    world.sync()
    assert set(marks(world).values()) == {State.DELIVERED}


def test_a_read_receipt_from_the_lead_is_a_mark_and_no_entry(world):
    sent(world)
    receive(world, about(raw=bounces.READ))
    world.sync()
    assert set(marks(world).values()) == {State.READ}
    assert world.timeline() == ["offer@corp.example"]


def test_a_receipt_beside_a_delivery_does_not_hide_it(world):
    sent(world)
    receive(world, about(raw=bounces.READ))
    receive(world, about(raw=bounces.DELIVERED))
    world.sync()
    assert {mark.state for mark in world.store.marks.values()} == {State.READ, State.DELIVERED}


def test_past_mails_and_their_bounces_are_read_in_any_order():
    world = World()
    receive(world, about(), at=NOON - DAY)
    sent(world, at=NOON - 2 * DAY)
    world.sync()
    assert marks(world) == FAILED


def test_a_bounce_that_was_read_before_its_mail_is_read_again(world):
    receive(world, about())
    world.sync()
    assert marks(world) == {}
    sent(world)
    world.sync()
    assert marks(world) == FAILED
    bodies = len(world.commands("FETCH BODY"))
    world.sync()
    assert len(world.commands("FETCH BODY")) == bodies


def test_a_lead_that_comes_late_gets_the_bounce_of_its_past_mail_too():
    world = kept_up()
    sent(world, to="max@client.example")
    receive(world, about(to="max@client.example"))
    world.sync()
    late = world.database.add_lead("max@client.example")
    world.sync()
    assert world.timeline(late) == ["offer@corp.example"]
    assert marks(world) == {("offer@corp.example", "max@client.example"): State.FAILED}


def test_nothing_is_kept_of_a_bounce_about_a_strangers_mail(world):
    receive(world, about("private@corp.example", to="doctor@clinic.example"))
    world.sync()
    kept = repr(world.store.pending)
    assert len(world.store.pending) == 1
    assert not any(word in kept for word in ("private", "doctor", "clinic", "Offer"))


def test_mails_of_nobody_are_not_fetched(world):
    world.deliver(sender=EVE, subject="Hello", auto_submitted="auto-generated")
    world.deliver(sender="news@shop.example", subject="News", precedence="bulk")
    world.sync()
    assert not world.commands("FETCH BODY")


def test_only_the_beginning_of_a_possible_report_is_read(world):
    sent(world)
    long = b"\r\n" + b"x" * 70 * 2000
    receive(world, about().replace(b"This is the mail system", long + b"\r\nThis is", 1))
    world.sync()
    assert marks(world) == {}


def test_an_automatic_answer_is_on_the_timeline_and_known_as_one(world):
    world.deliver(message_id="a@x.example", auto_submitted="auto-replied", in_reply_to="<o@x>")
    world.deliver(message_id="b@x.example")
    world.sync()
    assert world.entry("a@x.example").automatic
    assert not world.entry("b@x.example").automatic


def test_an_unknown_id_and_the_subject_of_a_known_mail_are_not_enough(world):
    sent(world)
    raw = about("spoofed@corp.example").replace(b"Date: Mon, 4 Mar 2024 12:00:00", b"Date: ")
    receive(world, raw)
    world.sync()
    assert marks(world) == {}
