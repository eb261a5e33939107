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
from tests.engine.world import ANN, DAY, EVE, LEA, NOON, Clock, World

SMALL = {"CHUNK": 3, "FIRST_BATCH": 3, "BATCH": 5, "SLICE_MESSAGES": 2}
WINDOW = 30

boxes = st.sampled_from(["INBOX", "Sent"])
few = st.integers(0, 6)


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
        self.leas = {}  # each mail of hers that there ever was: the server's date
        self.says_less("Sent", False)

    # -- what happens on the server

    @rule(box=boxes, count=st.integers(1, 7), lea=st.booleans(), days=st.integers(0, 2 * WINDOW))
    def comes(self, box, count, lea, days):
        for _ in range(count):
            people = (ANN, LEA) if box == "Sent" else (LEA, ANN)
            people = people if lea else (EVE, ANN)
            when = NOON - days * DAY
            message_id = self.world.deliver(box, sender=people[0], to=people[1], at=when)
            if lea:
                self.leas[message_id] = when

    @precondition(lambda self: self.leas)
    @rule(data=st.data(), box=boxes)
    def is_filed_again(self, data, box):
        message_id = data.draw(st.sampled_from(sorted(self.leas)))
        self.world.deliver(box, message_id=message_id, at=self.leas[message_id])

    @rule(box=boxes, data=st.data())
    def is_deleted(self, box, data):
        mailbox = self.world.server[box]
        if mailbox.messages:
            mailbox.expunge(data.draw(st.sampled_from(sorted(mailbox.messages))))

    @rule(box=boxes, gap=st.sampled_from([1, 5, 500]))
    def skips(self, box, gap):
        mailbox = self.world.server[box]
        mailbox.skip_to(mailbox.uidnext + gap)

    @rule(box=boxes)
    def renumbers(self, box):
        if not (self.timeless and box == "Sent"):  # or nobody could tell
            self.world.server[box].renumber()

    @rule(box=boxes, lost=st.integers(1, 5))
    def is_restored_from_a_backup(self, box, lost):
        mailbox = self.world.server[box]
        uidnext = max(mailbox.uidnext - lost, 1)
        if "uidnext" not in mailbox.mute:
            mailbox.expunge(*range(uidnext, mailbox.uidnext))
            mailbox.skip_to(uidnext)
            self.world.sync()  # later UIDNEXT might have risen again, and nobody could tell

    @rule(box=boxes, less=st.booleans())
    def says_less(self, box, less):
        mute = self.timeless if box == "Sent" else set()
        self.world.server[box].mute = mute | ({"uidnext"} if less else set())

    @rule(box=boxes, data=st.data(), mood=st.sampled_from(["hidden", "nil", "sizeless"]))
    def leaves_out(self, box, data, mood):
        mailbox = self.world.server[box]
        if mailbox.messages:
            getattr(mailbox, mood).add(data.draw(st.sampled_from(sorted(mailbox.messages))))

    # -- runs that end early

    @rule(step=few, after=st.booleans())
    def is_killed(self, step, after):
        store = self.world.store
        store.dies_before, store.dies_after = (None, step) if after else (step, None)
        with suppress(Killed):
            self.world.sync()
        store.dies_before = store.dies_after = None

    @rule(step=st.integers(0, 12))
    def is_cut_off(self, step):
        self.world.server.fail_after(step, ConnectionLost())
        with suppress(ConnectionLost):
            self.world.sync()
        self.world.server.fail_after(10**6, ConnectionLost())

    @rule(seconds=st.integers(1, 6), stale=st.integers(0, 2))
    def has_little_time(self, seconds, stale):
        self.world.store.stale = stale
        self.world.sync(seconds=seconds, clock=Clock())
        self.world.store.stale = 0

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
    max_examples=30,
    stateful_step_count=20,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestMailboxes = Mailboxes.TestCase
