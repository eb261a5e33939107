"""A later lead finds the same mails as an earlier one, in every form of the address."""

from dataclasses import replace
from random import Random

import pytest

from engine import plan
from engine.values import MailboxState
from tests.engine.world import EVE, World

PLAIN = [
    {"sender": "eve@elsewhere.example"},
    {"sender": "EVE@Elsewhere.EXAMPLE"},
    {"sender": "Eve <eve@elsewhere.example>, bob@corp.example"},
    {"sender": "bob@corp.example", "reply_to": "<eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "to": "ann@corp.example,\r\n <eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "subject": "eve@elsewhere.example"},
    {"sender": "eve@elsewhere.example.org"},
    {"sender": "steve@elsewhere.example"},
    {"sender": '"eve@elsewhere.example" <bob@corp.example>'},
]
ODD = [
    {"sender": '"eve"@elsewhere.example'},
    {"sender": "Eve Moss eve@elsewhere.example"},
    {"sender": "Eve <<eve@elsewhere.example>>"},
    {"sender": "Eve <eve@elsewhere.example"},
    {"sender": "<SMTP:eve@elsewhere.example>"},
    {"sender": "<mailto:eve@elsewhere.example>"},
    {"sender": "Eve (Moss) <eve@elsewhere.example>"},
    {"sender": "Eve <eve@elsewhere.example.>"},
    {"sender": "Ève <eve@elsewhere.example>"},
    {"sender": "bob@corp.example eve@elsewhere.example"},
    {"sender": "bob@corp.example", "from": "eve@elsewhere.example"},
    {"sender": "bob@corp.example", "to": "friends: ann@corp.example, eve@elsewhere.example;"},
    {"sender": "bob@corp.example", "to": "ann@corp.example; eve@elsewhere.example"},
    {"sender": "bob@corp.example", "cc": "Eve (of old) <eve@elsewhere.example>"},
    {"sender": "bob@corp.example", "cc": "eve @elsewhere.example"},
]
IDN = [
    {"sender": "Eve <eve@m\N{LATIN SMALL LETTER U WITH DIAERESIS}ller.example>"},
    {"sender": "eve@xn--mller-kva.example"},
    {"sender": "eve@XN--MLLER-KVA.example"},
    {"sender": "=?utf-8?q?Eve?= <eve@m\N{LATIN SMALL LETTER U WITH DIAERESIS}ller.example>"},
]
SERVERS = ["a server that cannot search", "one that searches the text", "one that reads strictly"]


def gets_the_same(address, mails, searches="one that reads strictly"):
    """Check that a lead gets the same of the mails before and after; return how many."""
    found = []
    for comes_first in (True, False):
        world = World()
        world.server.searches = searches != SERVERS[0]
        world.server.reads_strictly = searches == SERVERS[2]
        lead = world.database.add_lead(address) if comes_first else None
        for number, fields in enumerate(mails):
            world.deliver(message_id=f"{number}@mail.example", **fields)
        world.sync()
        if not lead:
            lead = world.database.add_lead(address)
            world.sync()
        found.append(sorted(world.timeline(lead)))
    assert found[0] == found[1]
    return len(found[0])


@pytest.fixture(params=[0, plan.FEW], ids=["a large mailbox", "a small one"])
def mailbox(request, monkeypatch):
    monkeypatch.setattr(plan, "FEW", request.param)


@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("searches", SERVERS)
@pytest.mark.parametrize("seed", range(6))
def test_a_lead_gets_the_same_mails_whether_it_comes_before_them_or_after(searches, seed):
    mails = Random(seed).choices([*PLAIN, *PLAIN, *ODD], k=25)
    assert gets_the_same(EVE, mails, searches)


@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("form", ODD, ids=str)
def test_a_malformed_header_is_found_among_many_plain_ones(form):
    strangers = [{"sender": f"{n}@corp.example"} for n in range(4)]
    assert gets_the_same(EVE, [*strangers, form, *strangers]) == 1


@pytest.mark.parametrize("form", IDN, ids=str)
def test_a_domain_in_its_other_form_is_found_and_nobody_is_searched_for(form, monkeypatch):
    monkeypatch.setattr(plan, "FEW", 0)
    strangers = [{"sender": f"{n}@corp.example"} for n in range(4)]
    assert gets_the_same("eve@xn--mller-kva.example", [*strangers, form]) == 1


# -- which headers are looked at again ------------------------------------------------------------


@pytest.fixture
def world(monkeypatch):
    """Return a world with a strict server and a mailbox that counts as large."""
    monkeypatch.setattr(plan, "FEW", 0)
    world = World()
    world.server.reads_strictly = True
    return world


def fetched(world):
    """Return the UIDs of the inbox whose headers have been asked for since the last call."""
    ranges = [each for _, *asked in world.commands("FETCH HEADER") for each in asked]
    world.server.commands.clear()
    return [uid for lo, hi in ranges for uid in range(lo, hi + 1)]


def test_plain_headers_that_name_somebody_else_are_not_fetched_again(world):
    for number in range(9):
        world.deliver(sender=f"{number}@corp.example")
    world.deliver(**ODD[1])
    world.sync()
    world.server.commands.clear()
    world.database.add_lead(EVE)
    world.sync()
    assert fetched(world) == [10]


def test_a_mailbox_that_was_read_before_they_were_noted_is_looked_through_once(world):
    for form in (PLAIN[-1], *PLAIN[-3:], ODD[1], PLAIN[-1]):
        world.deliver(**form)
    world.sync()
    (ref,) = (ref for ref, box in world.store.boxes.items() if box.name == "INBOX")
    box = world.store.boxes[ref]
    world.store.boxes[ref] = replace(box, state=replace(box.state, odd=((1, 6),)))
    world.server.commands.clear()
    eve = world.database.add_lead(EVE)
    world.sync()
    assert (len(world.timeline(eve)), fetched(world)) == (1, [1, 2, 3, 4, 5, 6])
    world.database.add_lead("nobody@elsewhere.example")
    world.sync()
    assert fetched(world) == [5]


def test_another_numbering_forgets_them(world):
    world.deliver(sender="bob@corp.example")
    world.deliver(**ODD[1])
    world.sync()
    assert world.store.state("INBOX").odd == ((2, 2),)
    inbox = world.server.mailboxes["INBOX"]
    inbox.expunge(1)
    inbox.renumber()
    world.sync()
    assert world.store.state("INBOX").odd == tuple((uid, uid) for uid in inbox.messages)


def test_of_too_many_only_the_first_and_the_last_are_kept(monkeypatch):
    monkeypatch.setattr(plan, "MAX_ODD", 3)
    state = plan.noted(MailboxState(), plan.Batch(1, 9), [1, 3, 5])
    assert state.odd == ((1, 1), (3, 3), (5, 5))
    assert plan.noted(state, plan.Batch(9, 20), [9]).odd == ((1, 9),)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_noted_is_what_was_found_odd_at_the_last_look(seed):
    random, state, odd = Random(seed), MailboxState(), set()
    for _ in range(20):
        lo, hi = sorted(random.choices(range(1, 40), k=2))
        found = {uid for uid in range(lo, hi) if random.random() < 0.3}
        odd = {uid for uid in odd if not lo <= uid < hi} | found
        state = plan.noted(state, plan.Batch(lo, hi), sorted(found))
        assert plan.odd_among(state, range(1, 50)) == sorted(odd)
