"""Which messages are copies of one mail."""

from dataclasses import replace

import pytest

from engine.copies import identify, same_mail
from engine.matching import ids
from engine.values import Address, Envelope
from tests.engine.world import ANN, BOB, EVE, HOUR, LEA, MINUTE, NOON

SECOND = MINUTE / 60


def people(*emails):
    return tuple(Address("", email) for email in emails)


def envelope(sender=LEA, to=(ANN,), **fields):
    fields = {"message_id": "1@mail.example", "date": NOON, "subject": "Hello"} | fields
    return Envelope(sender=Address("", sender), to=people(*to), **fields)


def test_a_mail_without_an_id_is_identified_by_what_all_copies_share():
    mine = envelope(LEA, (ANN, BOB), message_id="")
    assert identify(mine) == identify(
        replace(mine, to=people(BOB), cc=people(ANN), bcc=people(EVE))
    )
    assert "@" in identify(mine)
    assert ids(mine) == {identify(mine)}


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Other"},
        {"date": NOON + SECOND},
        {"date": None},
        {"sender": Address("", EVE)},
        {"to": people(EVE)},
    ],
    ids=str,
)
def test_a_difference_in_any_of_these_makes_another_mail(change):
    mail = envelope(message_id="")
    assert identify(mail) != identify(replace(mail, **change))


@pytest.mark.parametrize(
    ("subject", "same"),
    [
        ("Hello", True),
        ("hello ", True),
        ("[EXTERNAL] Hello", True),
        ("*** SPAM *** Hello", True),
        ("Re: Hello", True),
        ("AW: [list] Hello", True),
        ("Hello [Team]", True),
        ("[EXTERNAL] Hello [Team] [1/2]", True),
        ("Hello [Team] again", False),
        ("Hello again", False),
        ("Othello", False),
        ("", False),
        (None, True),
    ],
)
def test_what_a_gateway_adds_to_a_subject_does_not_make_another_mail(subject, same):
    assert same_mail(envelope(), NOON, subject) is same
    if subject is not None:
        assert same_mail(envelope(subject=subject), NOON, "Hello") is same


def test_a_tag_that_came_later_is_another_mail():
    assert not same_mail(envelope(subject="Ticket 12 [closed]"), NOON + MINUTE, "Ticket 12")


def test_two_mails_that_differ_in_their_tags_are_two():
    assert not same_mail(envelope(subject="Report [north]"), NOON, "Report [south]")


def test_two_mails_without_a_subject_are_distinguished_by_date():
    assert same_mail(envelope(subject=""), NOON + SECOND, "")
    assert not same_mail(envelope(subject=""), NOON + 2 * HOUR, "")


def test_copies_may_differ_by_the_time_a_client_needs_to_send():
    assert same_mail(envelope(), NOON - MINUTE, "Hello")
    assert not same_mail(envelope(), NOON - 2 * HOUR, "Hello")
    assert same_mail(envelope(date=None), NOON, "Hello")
    assert same_mail(envelope(), None, "Hello")
