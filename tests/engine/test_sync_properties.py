"""By chance: mail comes and goes, servers renumber, workers die; each mail of Lea's stands once."""

from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import parse, plan
from engine.errors import ConnectionLost
from engine.memory_store import Killed
from engine.sync import UNREAD
from engine.values import Outcome
from tests.engine.world import DAY, EVE, NOON, Clock, World

SMALL = {"CHUNK": 3, "FIRST_BATCH": 3, "BATCH": 5, "SLICE_MESSAGES": 2}
WINDOW = 30

boxes = st.sampled_from(["INBOX", "Sent"])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    for name, size in SMALL.items():
        monkeypatch.setattr(plan, name, size)


class Mailboxes(RuleBasedStateMachine):
    """Ann's mailbox, while workers that may die read it, and Lea's timeline."""

    @initialize(window=st.sampled_from([None, WINDOW]), timeless=st.booleans())
    def connect(self, window, timeless):
        self.timeless = {"uidvalidity"} if timeless else set()  # a Sent without UIDVALIDITY
        self.world = World(since=window and NOON - window * DAY)
        self.window = window
        self.world.server["Sent"].mute = set(self.timeless)
        self.leas = {}  # each mail of hers that there ever was: the server's date

    # -- what happens on the server

    @rule(
        box=boxes,
        count=st.integers(1, 9),
        leas=st.integers(1, 3),
        days=st.sampled_from([0, 1, WINDOW, WINDOW + 1, 3 * WINDOW]),
        mood=st.sampled_from(["", "", "hidden", "nil", "sizeless"]),
    )
    def comes(self, box, count, leas, days, mood):
        """Every first, second or third mail is Lea's; the last but one has a mood."""
        when = NOON - days * DAY
        for number in range(count):
            if number % leas:
                self.world.deliver(box, sender=EVE, at=when)
            else:
                self.leas[self.world.deliver(box, at=when)] = when
        if mood:
            mailbox = self.world.server[box]
            getattr(mailbox, mood).add(max(mailbox.uidnext - 2, 1))

    @precondition(lambda self: self.leas)
    @rule(data=st.data(), box=boxes, copies=st.integers(1, 3))
    def is_filed_again(self, data, box, copies):
        message_id = data.draw(st.sampled_from(sorted(self.leas)[-5:]))
        for _ in range(copies):
            self.world.deliver(box, message_id=message_id, at=self.leas[message_id])

    @rule(box=boxes, what=st.sampled_from(["deleted", "skips", "renumbers", "restored", "mute"]))
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

    # -- runs that end early

    @rule(
        strike=st.sampled_from(["dies_before", "dies_after", "stale", "cut", "time"]),
        step=st.integers(0, 9),
    )
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

    @rule()
    def is_read(self):
        for mailbox in self.world.server.mailboxes.values():
            mailbox.hidden.clear()
            mailbox.nil.clear()
        assert not self.world.sync().more
        assert self.world.sync().tally[Outcome.RECORDED] == 0
        for box in self.world.store.boxes.values():
            assert box.state.complete
            assert self.covered(box) == self.world.server[box.name].messages
        assert self.world.store.set_aside == {}

    def teardown(self):
        self.is_read()

    # -- what is true at any moment

    def covered(self, box):
        """What is on the server, and has an outcome by what the store says."""
        mailbox, state = self.world.server[box.name], box.state
        if state.uidvalidity not in (mailbox.uidvalidity, 0):
            return {}
        return {
            u: m
            for u, m in mailbox.messages.items()
            if state.low <= u < state.high or u < state.floor
        }

    @invariant()
    def every_mail_of_leas_that_is_covered_stands_there_or_is_set_aside(self):
        there = {*self.world.timeline(), *(id_ for id_, _ in self.world.store.set_aside)}
        hidden = {
            (aside.mailbox, aside.failure.uid)
            for (id_, _), aside in self.world.store.set_aside.items()
            if id_.endswith(UNREAD)
        }
        for box in self.world.store.boxes.values():
            for uid, message in self.covered(box).items():
                message_id = parse.envelope(message.raw).message_id
                if message_id in self.leas and self.is_inside(message):
                    assert message_id in there or (box.ref, uid) in hidden

    def is_inside(self, message):
        return self.window is None or message.internaldate >= NOON - self.window * DAY

    @invariant()
    def nothing_stands_there_twice_nor_is_anybody_elses(self):
        timeline = self.world.timeline()
        assert len(timeline) == len(set(timeline))
        assert set(timeline) <= self.leas.keys()

    @invariant()
    def every_connection_was_closed(self):
        assert self.world.server.open == 0

    @invariant()
    def flags_are_as_they_were(self):
        for mailbox in self.world.server.mailboxes.values():
            assert all(m.flags == frozenset() for m in mailbox.messages.values())


Mailboxes.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestMailboxes = Mailboxes.TestCase
