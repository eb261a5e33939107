"""The ways of reading a mailbox: what is new, its history, a review for latecomers, a retry, and
fetching what a comparison found missing.

A pass says which UIDs it reads and in which order, which of them need not be fetched, and what a
commit saves. How a batch is read is the same for all passes, and is up to the reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Protocol

from .. import plan
from ..mime.glance import is_plain
from ..people import Latecomers
from ..plan import Batch
from ..values import Headers, MailboxState, Outcome, Review
from .protocols import Commit, Session


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pass begins: what is covered, what is set aside, how far the review has got."""

    state: MailboxState
    aside: Collection[int] = frozenset()
    review: Review | None = None

    def left(self, uids: Sequence[int]) -> list[int]:
        """Return the UIDs that are not set aside."""
        return [uid for uid in uids if uid not in self.aside]


@dataclass(frozen=True, slots=True)
class Looked:
    """A slice that was read: the headers that arrived, and the outcomes that were decided.

    ``tally`` counts those that are neither recorded nor failed; ``judged`` is how many were
    examined closely; ``aside`` how many were skipped because they are set aside.
    """

    part: Batch
    headers: Sequence[Headers]
    tally: Counter[Outcome]
    judged: int
    aside: int = 0

    @property
    def latest(self) -> datetime | None:
        """Return when the latest of the messages reached the server."""
        return max((h.internaldate for h in self.headers if h.internaldate), default=None)

    def counted(self, commit: Commit) -> Counter[Outcome]:
        """Return the outcomes of all messages of the slice."""
        tally = self.tally.copy()
        tally[Outcome.UNRELATED] += len(self.headers) - self.judged - self.tally.total()
        tally[Outcome.RECORDED] = len(commit.records)
        tally[Outcome.FAILED] = len(commit.failures) + self.aside
        return tally


class Pass(Protocol):
    """One way of reading a mailbox.

    ``back`` says that it reads from newest to oldest, and that the owner's history window
    applies. ``traced`` says that reports without any usual sign are noticed, too. ``late`` has the
    records that mails are searched for by address only, if any. ``restoring`` says that a mail is
    recorded again where its entry is gone.
    """

    back: ClassVar[bool]
    traced: ClassVar[bool]
    restoring: ClassVar[bool]
    late: Latecomers

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        """Yield what to look at in the open mailbox."""

    def skipped(self, aside: frozenset[int]) -> frozenset[int]:
        """Return the set-aside messages that are not requested."""

    def lost(self, missing: Sequence[int]) -> Sequence[int]:
        """Return the existing messages that did not arrive and must be set aside."""

    def saved(self, commit: Commit, looked: Looked) -> Commit:
        """Return the commit with its tally, and with what it covers."""


class _Covering:
    """A pass that covers UIDs for the first time."""

    traced = False
    late = Latecomers()
    restoring = False

    def skipped(self, aside: frozenset[int]) -> frozenset[int]:
        return aside

    def lost(self, missing: Sequence[int]) -> Sequence[int]:
        return missing

    def saved(self, commit: Commit, looked: Looked) -> Commit:
        return replace(
            commit,
            state=commit.state.after(looked.part.lo, looked.part.hi),
            tally=looked.counted(commit),
            latest=looked.latest,
        )


@dataclass(frozen=True)
class New(_Covering):
    """What has arrived since, oldest first, up to UIDNEXT."""

    uidnext: int
    back = False
    traced = True

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        state, uids = place.state, None
        is_aside = any(state.high <= uid < self.uidnext for uid in place.aside)
        if is_aside or state.at_once or plan.needs_search(state, self.uidnext):
            uids = place.left(session.search(state.high, self.uidnext - 1))
        return plan.forward(state, self.uidnext, uids)


class History(_Covering):
    """The history window, newest first."""

    back = True

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        state = place.state
        return plan.backward(state, place.left(session.search(state.floor, state.low - 1)))


class Retry:
    """Messages set aside that are due again, one at a time: one of them caused the failure."""

    back = False
    traced = False
    late = Latecomers()
    restoring = False

    def __init__(self, uids: Sequence[int]):
        self.uids = sorted(uids)

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        return (Batch(uid, uid + 1, (uid,)) for uid in self.uids)

    def skipped(self, aside: frozenset[int]) -> frozenset[int]:
        return frozenset()

    def lost(self, missing: Sequence[int]) -> Sequence[int]:
        return missing

    def saved(self, commit: Commit, looked: Looked) -> Commit:
        return replace(
            commit,
            retried=tuple(range(looked.part.lo, looked.part.hi)),
            tally=looked.counted(commit),
            latest=looked.latest,
        )


class Fetch(Retry):
    """What a comparison found missing. All of it has been counted before."""

    restoring = True

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        size = place.state.at_once or plan.CHUNK
        uids = place.left(self.uids)
        for start in range(0, len(uids), size):
            part = tuple(uids[start : start + size])
            yield Batch(part[0], part[-1] + 1, part, len(uids) - start - len(part), exact=True)

    def skipped(self, aside: frozenset[int]) -> frozenset[int]:
        return aside

    def saved(self, commit: Commit, looked: Looked) -> Commit:
        recorded = sum(not record.verdict.again for record in commit.records)
        tally = {Outcome.RECORDED: recorded}
        # What is left of the whole mailbox is not what is left of these.
        return replace(commit, retried=looked.part.uids or (), tally=tally, remaining=0)


class LookBack:
    """What is covered, read again newest first, for the mails of latecomers.

    All of it is already counted; some of it is recorded only now. Messages that do not arrive
    already have an outcome.
    """

    back = True
    traced = False
    restoring = False

    def __init__(self, latecomers: Latecomers):
        self.late = latecomers

    def batches(self, session: Session, place: Place) -> Iterator[Batch]:
        state, done = place.state, place.review
        hi = state.high
        if done and done.number == self.late.number:
            hi = min(done.uid, hi)
        if hi <= state.low:
            return iter(())
        uids, exact = self._candidates(session, state, hi)
        return plan.review(state, hi, place.left(uids), exact)

    def _candidates(self, session: Session, state: MailboxState, hi: int) -> tuple[list[int], bool]:
        """Return the UIDs below ``hi`` to read again, and whether others lie between them.

        In a large mailbox the server searches for a few addresses. It finds those in plain header
        fields; the odd ones are read here, because a server's own parser may miss an address in
        them. With many of either, it is cheaper to read all headers.
        """
        exists = session.search(state.low, hi - 1)
        odd = plan.odd_among(state, exists)
        if not plan.worth_searching(self.late.by_address, len(exists), len(odd)):
            return exists, False
        plain = sorted(filter(is_plain, self.late.by_address))
        found = session.mentioning(state.low, hi - 1, plain) if plain else []
        return (exists, False) if found is None else (sorted({*found, *odd}), True)

    def skipped(self, aside: frozenset[int]) -> frozenset[int]:
        return aside

    def lost(self, missing: Sequence[int]) -> Sequence[int]:
        return ()

    def saved(self, commit: Commit, looked: Looked) -> Commit:
        recorded = sum(not record.verdict.again for record in commit.records)
        return replace(
            commit,
            tally={Outcome.RECORDED: recorded},
            review=Review(self.late.number, looked.part.lo),
        )
