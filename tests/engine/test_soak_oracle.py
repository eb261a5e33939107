"""The oracle of the long tests, tested on entries that are as they should be, and on others."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from soak.letters import Address, Writer
from soak.oracle import Firm, Verdict, judge
from soak.sending import planned
from soak.timelines import Entry, Place
from soak.told import told

ANN, BEN = Address("Ann Söller", "ann@sales.example"), Address("Ben", "ben@sales.example")
LENA, TOM = Address("Lena", "lena@client.example"), Address("Tom", "tom@client.example")
STRANGER = Address("Stranger", "x@strange.example")
LEAD, OTHER, TOMS = (Place("crm.lead", number) for number in (1, 2, 3))
FIRM = Firm(
    frozenset({ANN.email, BEN.email}),
    {LENA.email: frozenset({LEAD, OTHER}), TOM.email: frozenset({TOMS})},
)
WRITER = Writer(random.Random(1), "test")
QUESTION = told(WRITER.write(LENA, [ANN], anonymous=False)[0])
ANSWER = told(WRITER.write(ANN, [TOM], [BEN], anonymous=False)[0])
PRIVATE = told(WRITER.write(STRANGER, [ANN])[0])


def entries_of(mail):
    return [
        Entry(
            number,
            place,
            mail.message_id,
            mail.subject,
            FIRM.direction(mail),
            mail.date,
            mail.words,
            mail.files,
        )
        for number, place in enumerate(sorted(FIRM.belongs(mail)))
    ]


def verdict_on(entries, sure=(QUESTION, ANSWER, PRIVATE), perhaps=()):
    verdict = Verdict()
    judge(verdict, FIRM, sure, perhaps, entries)
    return len(verdict.missing), len(verdict.twice), len(verdict.wrong)


GOOD = [*entries_of(QUESTION), *entries_of(ANSWER)]


def test_all_entries_as_they_should_be():
    verdict = Verdict()
    judge(verdict, FIRM, (QUESTION, ANSWER, PRIVATE), (), GOOD)
    assert verdict.is_good
    assert verdict.expected == len(GOOD) == 3


@pytest.mark.parametrize("gone", range(3))
def test_an_entry_that_is_not_there_is_missing(gone):
    assert verdict_on(GOOD[:gone] + GOOD[gone + 1 :]) == (1, 0, 0)


@pytest.mark.parametrize("again", GOOD)
def test_an_entry_that_is_there_again_is_twice(again):
    assert verdict_on([*GOOD, replace(again, id=99)]) == (0, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Another"},
        {"direction": "out"},
        {"date": QUESTION.date + timedelta(seconds=1)},
        {"words": QUESTION.words + " more"},
        {"words": QUESTION.words.rpartition(" ")[0]},
        {"files": (("a.pdf", "0" * 64),)},
    ],
    ids=str,
)
def test_an_entry_that_differs_from_its_mail_is_wrong(change):
    assert verdict_on([replace(GOOD[0], **change), *GOOD[1:]]) == (0, 0, 1)


def test_an_entry_on_a_lead_of_somebody_else_is_wrong_there_and_missing_here():
    assert verdict_on([replace(GOOD[0], place=TOMS), *GOOD[1:]]) == (1, 0, 1)


def test_a_private_mail_in_the_crm_is_wrong():
    entry = replace(GOOD[0], message_id=PRIVATE.message_id, subject=PRIVATE.subject)
    assert verdict_on([*GOOD, replace(entry, id=99)])[2] >= 1


def test_an_entry_without_a_mail_is_wrong():
    assert verdict_on([*GOOD, replace(GOOD[0], message_id="who@knows", subject="?")]) == (0, 0, 1)


def test_a_mail_that_nobody_may_have_seen_need_not_be_there_but_not_twice_or_otherwise():
    there = entries_of(QUESTION)
    assert verdict_on([], sure=(), perhaps=(QUESTION,)) == (0, 0, 0)
    assert verdict_on(there, sure=(), perhaps=(QUESTION,)) == (0, 0, 0)
    assert verdict_on([*there, there[0]], sure=(), perhaps=(QUESTION,)) == (0, 1, 0)
    changed = replace(there[0], words="")
    assert verdict_on([changed], sure=(), perhaps=(QUESTION,)) == (0, 0, 1)


def test_a_mail_without_an_id_is_known_by_its_subject():
    mail = replace(QUESTION, message_id="")
    there = [replace(one, message_id="hash@no-message-id.invalid") for one in entries_of(QUESTION)]
    assert verdict_on(there, sure=(mail,)) == (0, 0, 0)


def test_what_the_oracle_reads_in_a_mail():
    raw = (
        b"From: =?iso-8859-1?q?S=F6ller?= <Ann@Sales.example>\r\n"
        b"To: Lena <lena@client.example>,\r\n tom@client.example\r\n"
        b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\r\n =?utf-8?q?_und_Preis?=\r\n"
        b"Date: Mon, 1 Jun 2026 01:30:00 +0530\r\nMessage-ID: <1@x>\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="="\r\n\r\n'
        b"--=\r\nContent-Type: text/html\r\n\r\n<p>Hello</p><p>you<b>r</b> offer</p>\r\n"
        b"--=\r\nContent-Disposition: attachment; filename*=utf-8''M%C3%A4rz.txt\r\n\r\nabc\r\n"
        b"--=--\r\n"
    )
    mail = told(raw)
    assert (mail.message_id, mail.subject, mail.sender) == (
        "1@x",
        "Größe und Preis",
        "ann@sales.example",
    )
    assert mail.people == {"lena@client.example", "tom@client.example"}
    assert mail.date.isoformat() == "2026-05-31T20:00:00+00:00"
    assert mail.words == "Hello your offer"
    sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert mail.files == (("März.txt", sha256_of_abc),)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_as_many_sendings_at_each_point_as_asked_for(count):
    faults = planned(count, random.Random(1))
    points = [fault.point for fault in faults]
    assert {points.count(point) for point in set(points)} == {count}
    assert len(set(points)) == 8
