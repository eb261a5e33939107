"""At random: mail comes and goes, servers renumber, workers die; each of Lea's mails is once."""

from contextlib import suppress
from functools import cache
from random import Random

import pytest

from engine import plan
from engine.errors import ConnectionLost
from engine.memory.store import Killed
from engine.mime.envelope import envelope
from engine.sync.protocols import UNREAD
from engine.values import Outcome
from tests.engine.world import DAY, EVE, NOON, Clock, World

SMALL = {"CHUNK": 3, "FIRST_BATCH": 3, "BATCH": 5, "SLICE_MESSAGES": 2, "FIRST_SHARE": 1}
WINDOW = 30


def steps(random):
    """Yield events, as the name of a method of Chance and its arguments."""
    for _ in range(30):
        box = random.choice(["INBOX", "Sent"])
        days = random.choice([0, 1, WINDOW, WINDOW + 1, 3 * WINDOW])
        mood = random.choice(["", "", "hidden", "nil", "sizeless"])
        change = random.choice(["deleted", "skips", "renumbers", "restored", "mute"])
        strike = random.choice(["dies_before", "dies_after", "stale", "cut", "time"])
        yield random.choice(
            [
                ("comes", box, random.randint(1, 9), random.randint(1, 2), days, mood),
                ("comes", box, random.randint(1, 9), random.randint(1, 2), days, mood),
                ("is_filed_again", box, random.randrange(5), random.randint(1, 3)),
                ("changes", box, change),
                ("is_struck", strike, random.randrange(8)),
                ("is_struck", strike, random.randrange(8)),
                ("eve_becomes_a_lead",),
                ("is_read",),
            ]
        )
    yield ("is_read",)


@pytest.fixture(autouse=True, scope="module")
def small_batches():
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items():
            patch.setattr(plan, name, size)
        yield


@cache
def id_of(raw):
    return envelope(raw).message_id


class Chance:
    """Ann's mailbox, read by workers that may die, and Lea's timeline."""

    def __init__(self, window, timeless):
        self.timeless = {"uidvalidity"} if timeless else set()  # a Sent without UIDVALIDITY
        self.world = World(since=window and NOON - window * DAY)
        self.window = window
        self.world.server["Sent"].mute = set(self.timeless)
        self.leas = {}  # every mail that she ever sent: its INTERNALDATE
        self.eve = None  # a stranger at first

    # -- what happens on the server

    def comes(self, box, count, leas, days, mood):
        """Every mail, or every second, is Lea's; the last but one has a mood."""
        when = NOON - days * DAY
        for number in range(count):
            if number % leas:
                self.world.deliver(box, sender=EVE, at=when)
            else:
                self.leas[self.world.deliver(box, at=when)] = when
        if mood:
            mailbox = self.world.server[box]
            getattr(mailbox, mood).add(max(mailbox.uidnext - 2, 1))

    def is_filed_again(self, box, which, copies):
        for message_id in list(self.leas)[-1 - which :][:1] * copies:
            self.world.deliver(box, message_id=message_id, at=self.leas[message_id])

    def changes(self, box, what):
        mailbox = self.world.server[box]
        timeless = self.timeless if box == "Sent" else set()
        if what == "deleted":
            mailbox.expunge(*sorted(mailbox.messages)[1::3], -1)
        elif what == "skips":
            mailbox.skip_to(mailbox.uidnext + 50)
        elif what == "mute":
            mailbox.mute = timeless | (set() if "uidnext" in mailbox.mute else {"uidnext"})
        elif what == "renumbers" and not timeless:  # or nobody could tell
            mailbox.renumber()
        elif what == "restored" and "uidnext" not in mailbox.mute:
            uidnext = max(mailbox.uidnext - 4, 1)
            mailbox.expunge(*range(uidnext, mailbox.uidnext), -1)
            mailbox.skip_to(uidnext)
            self.world.sync()  # later UIDNEXT might have risen again, and nobody could tell

    def eve_becomes_a_lead(self):
        self.eve = self.eve or self.world.database.add_lead(EVE)

    # -- runs that end early

    def is_struck(self, strike, step):
        store, server, how = self.world.store, self.world.server, {}
        if strike == "cut":
            server.fail_after(step, ConnectionLost())
        elif strike == "time":
            how = {"seconds": 1 + step, "clock": Clock()}
        else:
            setattr(store, strike, step if strike != "stale" else step % 3)
        with suppress(Killed, ConnectionLost):
            self.world.sync(**how)
        store.dies_before, store.dies_after, store.stale = None, None, 0
        server.fail_after(10**6, ConnectionLost())

    # -- and one that does not

    def is_read(self):
        for mailbox in self.world.server.mailboxes.values():
            mailbox.hidden.clear()
            mailbox.nil.clear()
        assert not self.world.sync().more
        assert self.world.sync().tally[Outcome.RECORDED] == 0
        for box in self.world.store.boxes.values():
            assert box.state.complete
            assert self.covered(box) == self.world.server[box.name].messages
        self.every_mail_of_eves_stands_on_her_lead_if_she_is_one()
        # What failed under an old numbering, and is not found in the new one, waits for its user.
        boxes = self.world.store.boxes
        for aside in self.world.store.set_aside.values():
            assert aside.uidvalidity != boxes[aside.mailbox].state.uidvalidity

    # -- invariants

    def covered(self, box):
        """UIDs on the server that have an outcome according to the store."""
        mailbox, state = self.world.server[box.name], box.state
        if state.uidvalidity not in (mailbox.uidvalidity, 0):
            return {}
        return {
            u: m
            for u, m in mailbox.messages.items()
            if state.low <= u < state.high or u < state.floor
        }

    def every_mail_of_leas_that_is_covered_stands_there_or_is_set_aside(self):
        there = {*self.world.timeline(), *(id_ for id_, _ in self.world.store.set_aside)}
        hidden = {
            (aside.mailbox, aside.failure.uid)
            for (id_, _), aside in self.world.store.set_aside.items()
            if id_.endswith(UNREAD)
        }
        for box in self.world.store.boxes.values():
            for uid, message in self.covered(box).items():
                message_id = id_of(message.raw)
                if message_id in self.leas and self.is_inside(message):
                    assert message_id in there or (box.ref, uid) in hidden

    def every_mail_of_eves_stands_on_her_lead_if_she_is_one(self):
        if self.eve:
            there = self.world.timeline(self.eve)
            assert len(there) == len(set(there))
            aside = {id_ for id_, _ in self.world.store.set_aside}
            for box in self.world.store.boxes.values():
                for message in self.covered(box).values():
                    eves = id_of(message.raw) not in self.leas and self.is_inside(message)
                    assert not eves or id_of(message.raw) in {*there, *aside}

    def is_inside(self, message):
        return self.window is None or message.internaldate >= NOON - self.window * DAY

    def nothing_stands_there_twice_nor_is_anybody_elses(self):
        timeline = self.world.timeline()
        assert len(timeline) == len(set(timeline))
        assert set(timeline) <= self.leas.keys()

    def every_connection_was_closed(self):
        assert self.world.server.open == 0

    def flags_are_as_they_were(self):
        for mailbox in self.world.server.mailboxes.values():
            assert all(m.flags == frozenset() for m in mailbox.messages.values())


@pytest.mark.parametrize("seed", range(16))
def test_whatever_happens_each_mail_of_a_lead_is_recorded_once(seed):
    random = Random(seed)
    chance = Chance(window=random.choice([None, WINDOW]), timeless=random.choice([False, True]))
    for step, *arguments in steps(random):
        getattr(chance, step)(*arguments)
        chance.every_mail_of_leas_that_is_covered_stands_there_or_is_set_aside()
        chance.nothing_stands_there_twice_nor_is_anybody_elses()
        chance.every_connection_was_closed()
        chance.flags_are_as_they_were()
