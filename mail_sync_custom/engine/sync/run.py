"""One account's run: what is new, whose is it, what to fetch, and one commit for all of it.

The driver talks to two protocols that it declares here: a :class:`Session` is a mail server, a
:class:`Store` is where records go. It decides nothing itself: ``plan`` says which UIDs to look
at, ``matching`` says whose a mail is, ``parse`` says what is in it.

The one rule that everything else serves: a mailbox's state is saved in the same transaction as
the outcomes that it covers, so that whatever kills the run, the next one goes on where the last
commit stood, and nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from .. import matching, plan
from ..errors import Kind, MailboxMissing, MailError, MessageUnreadable, ProtocolViolation, Step
from ..matching import Known, Latecomers, Owner, Verdict
from ..mime import email as parse
from ..values import (
    MAX_UID,
    Direction,
    Email,
    Envelope,
    Folder,
    Headers,
    MailboxState,
    Outcome,
    Review,
    Snapshot,
    SpecialUse,
)

#: How often a commit is tried again because someone else recorded one of its mails meanwhile.
MAX_STALE = 5
#: Of a message that is too large, so much is read: its headers and, as a rule, its text.
PARTIAL_BYTES = 256 * 1024
#: How the id ends that a message is set aside under while not even its headers came. It is made
#: from the UID, and means nothing in another numbering.
UNREAD = "@unread.invalid"


class Session(Protocol):
    """A connection to a mail server that is logged in. Nothing it does changes a flag there."""

    def status(self, names: Sequence[str]) -> dict[str, Snapshot | None]:
        """Return STATUS (UIDNEXT UIDVALIDITY) of each mailbox, all asked for in one round trip.

        ``None`` for a mailbox that the server does not have (any more).
        """

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (EXAMINE) and return what the server said of it.

        Raises MailboxMissing where it is gone or cannot be selected.
        """

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        """Return the UIDs that exist in ``lo <= uid <= hi``, ascending, of the open mailbox.

        ``since`` keeps those with an INTERNALDATE of that day or later (RFC 9051 §6.4.4).
        """

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        """Return those of them that name one of the addresses as a correspondent, ascending.

        ``None`` where the server cannot search for that.
        """

    def headers(self, ranges: Sequence[tuple[int, int]]) -> Iterator[Headers]:
        """Yield the headers of all messages in the ranges (both ends included) as they come.

        All ranges are asked for before the first answer is read. A UID that does not exist is
        not in the answer; one that was not asked for never is; and each is there once.
        """

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield ``(uid, raw)`` as the messages come, without setting ``\\Seen`` (BODY.PEEK).

        ``limit`` asks for the first so many bytes of each only. A message that has vanished, or
        of which the server answers NIL, is not yielded.
        """

    def folders(self) -> list[Folder]:
        """Return every mailbox that LIST shows, each once."""

    def find(self, name: str, header: str, value: str) -> list[int]:
        """Return the UIDs in a mailbox of the messages whose header field contains the value."""

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        """File a message as seen (``\\Seen``) in a mailbox, in one go (RFC 9051 §6.3.12)."""

    def close(self) -> None:
        """Log out, whatever state the connection is in. Never raises."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox to be read, as the store has it. ``ref`` is the store's own name for it.

    ``aside`` has the UIDs of ``state`` that are set aside, and whether each is due again.
    ``review`` is how far it has been looked through again for latecomers, under this UIDVALIDITY.
    """

    ref: int
    name: str
    special_use: SpecialUse | None
    state: MailboxState
    aside: Mapping[int, bool] = field(default_factory=dict)
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A mail that belongs on records. ``email`` is None where it stands on all of them already."""

    uid: int
    envelope: Envelope
    verdict: Verdict
    internaldate: datetime | None
    email: Email | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A message set aside, with its reason in a code and in words."""

    uid: int
    message_id: str
    code: str
    detail: str = ""
    direction: Direction = Direction.IN
    variant: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction saves: the outcomes, and the state that covers them.

    ``tally`` counts every message of the commit by its outcome. ``retried`` are the UIDs that
    were set aside before: of those, what is not set aside again is to be let go. ``capped`` says
    that it ends before a mail for which the quota has no room. ``review`` is how far the mailbox
    has been looked through for latecomers, where that is what was done: its messages have been
    counted before. ``latest`` is when the latest of its messages reached the server.
    """

    mailbox: Mailbox
    state: MailboxState
    records: tuple[Record, ...] = ()
    failures: tuple[Failure, ...] = ()
    tally: Mapping[Outcome, int] = field(default_factory=dict)
    remaining: int = 0
    retried: tuple[int, ...] = ()
    capped: bool = False
    review: Review | None = None
    latest: datetime | None = None


class Stale(Exception):
    """What a commit was decided on is no longer true: look again and decide anew. Nothing saved."""


class Store(Protocol):
    """Where records go. Each method is one short transaction of its own."""

    def owner(self) -> Owner:
        """Return whose mailbox it is."""

    def mailboxes(self) -> Sequence[Mailbox]:
        """Return the mailboxes to be read, the inbox first."""

    def sift(self, emails: Collection[str], message_ids: Collection[str]) -> frozenset[str]:
        """Return those that may matter: addresses of leads or their contacts, ids from the CRM.

        The one question that is asked for every message there is; it has to be cheap.
        """

    def known(self, emails: Collection[str], message_ids: Collection[str]) -> Known:
        """Return all that is known of these addresses and ids."""

    def latecomers(self) -> Latecomers:
        """Return the leads of which the past mails have not been looked for, or some of them."""

    def caught_up(self, number: int) -> None:
        """Save that the past mails of the latecomers up to a number have been looked for."""

    def commit(self, commit: Commit) -> tuple[Failure, ...]:
        """Save a commit whole or not at all, and return the records that could not be saved.

        These have been set aside as failures in the same transaction. Raises Stale, or LeaseLost
        when this run must not write any more.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """What of a message is read, in bytes, and how many are recorded.

    ``message_bytes``: a larger message is recorded by its beginning alone. ``attachment_bytes``:
    a larger attachment is left out. The entry says which, in both cases. ``records``: the mails
    that this run may bring to the records. One that stands on all of its records costs nothing.
    """

    message_bytes: int = 25 * 1024 * 1024
    attachment_bytes: int | None = None
    records: int | None = None


@dataclass
class Report:
    """What a run did. ``more`` says that its time was over before its work was.

    ``capped`` says that the quota of ``Limits.records`` is used up, and that a mail waits for the
    next one. ``past`` counts the mails that were brought to latecomers, and ``tally`` does not.
    """

    tally: Counter[Outcome] = field(default_factory=Counter)
    past: int = 0
    problems: list[tuple[str, MailError]] = field(default_factory=list)
    more: bool = False
    capped: bool = False

    @property
    def seen(self) -> int:
        return self.tally.total()


def run(
    session: Session,
    store: Store,
    *,
    limits: Limits | None = None,
    seconds: float = float("inf"),
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Read what is new in every mailbox of an account, and return what was done.

    A mailbox that is gone is a problem in the report and does not keep the others from being
    read. Raises MailError when the connection itself fails; what was committed stays.
    """
    return _Run(session, store, limits or Limits(), clock, clock() + seconds).all()


class _Run:
    def __init__(
        self,
        session: Session,
        store: Store,
        limits: Limits,
        clock: Callable[[], float],
        until: float,
    ):
        self.session = session
        self.store = store
        self.limits = limits
        self.quota = limits.records
        self.clock = clock
        self.until = until
        self.owner = store.owner()
        self.report = Report()
        self.opened: Mailbox | None = None

    def all(self) -> Report:
        mailboxes = self.store.mailboxes()
        snapshots = self.session.status([mailbox.name for mailbox in mailboxes])
        # What is new in all mailboxes comes before the history of any: that of a large inbox
        # takes hours, and what is sent meanwhile must not wait for it.
        readers: list[_Reader] = []
        for mailbox in mailboxes:
            with self._goes_on_without(mailbox):
                readers.append(self._news(mailbox, snapshots.get(mailbox.name)))
        for reader in readers:
            if not reader.state.complete:
                with self._goes_on_without(reader.mailbox):
                    self._history(reader)
        self._review(readers)
        return self.report

    @contextmanager
    def _goes_on_without(self, mailbox: Mailbox) -> Iterator[None]:
        try:
            yield
        except MailboxMissing as error:
            self.report.problems.append((mailbox.name, error))

    def _news(self, mailbox: Mailbox, snapshot: Snapshot | None) -> _Reader:
        if snapshot is None:
            raise MailboxMissing(mailbox.name)
        retries = [uid for uid, is_due in mailbox.aside.items() if is_due]
        if plan.unchanged(mailbox.state, snapshot) and not retries:
            return _Reader(self, mailbox, mailbox.state.high)
        # Between STATUS and EXAMINE mail may come: from here on only EXAMINE counts.
        snapshot = self._open(mailbox)
        reader = _Reader(self, mailbox, self._uidnext(snapshot))
        if plan.renumbered(mailbox.state, snapshot):
            reader.begin(snapshot, self._floor(reader.uidnext))
            retries = []
        reader.forward()
        reader.retry(retries)
        return reader

    def _history(self, reader: _Reader) -> None:
        if self._opened_again(reader):
            reader.backward()

    def _review(self, readers: Sequence[_Reader]) -> None:
        """Look for the past mails of the leads that have come since they were looked at.

        A mailbox that is gone for now may have some: then they are looked for once more.
        """
        if self.report.more or self.report.capped:
            return
        late = self.store.latecomers()
        for reader in readers if late.by_address else ():
            with self._goes_on_without(reader.mailbox):
                if self._opened_again(reader):
                    reader.look_back(late)
        ended_early = self.report.more or self.report.capped or self.report.problems
        if late.number and not ended_early:
            self.store.caught_up(late.number)

    def _opened_again(self, reader: _Reader) -> bool:
        """Whether the run goes on, and the mailbox is open under the numbering that was read."""
        if self.report.more or self.report.capped:
            return False
        if self.opened != reader.mailbox:
            self.report.more = plan.renumbered(reader.state, self._open(reader.mailbox))
        return not self.report.more

    def _open(self, mailbox: Mailbox) -> Snapshot:
        self.opened = None
        snapshot = self.session.examine(mailbox.name)
        self.opened = mailbox
        return snapshot

    def _uidnext(self, snapshot: Snapshot) -> int:
        """Return UIDNEXT, or what it must be where the server does not say (frappe PR#6960)."""
        if snapshot.uidnext is not None:
            return snapshot.uidnext
        return max(self.session.search(1, MAX_UID), default=0) + 1

    def _floor(self, uidnext: int) -> int:
        """Return the first UID of the history window.

        SINCE knows days only, and the server's own: one more day is read, and the window is
        applied to each message.
        """
        if self.owner.since is None or uidnext <= 1:
            return 1
        since = (self.owner.since - timedelta(days=1)).date()
        return min(self.session.search(1, uidnext - 1, since), default=uidnext)

    def is_over(self) -> bool:
        """Whether the time is over, or the quota."""
        self.report.more = self.report.more or self.clock() >= self.until
        return self.report.more or self.report.capped

    def count(self, commit: Commit, brought: int, failed: int) -> None:
        """Take a commit into the report."""
        if commit.review:
            self.report.past += brought
            return
        self.report.tally.update(commit.tally)
        self.report.tally[Outcome.RECORDED] -= failed
        self.report.tally[Outcome.FAILED] += failed

    def spend(self, records: int, capped: bool) -> None:
        """Take what was recorded from the quota. ``capped``: the next mail needs more than that."""
        if self.quota is not None:
            self.quota -= records
        if capped:
            # A mail that was set aside in the end leaves its room to the next one: a run more.
            self.report.capped = not self.quota
            self.report.more = self.report.more or bool(self.quota)


class _Reader:
    """Reads one open mailbox forward to what is new, then back through the history window."""

    def __init__(self, run: _Run, mailbox: Mailbox, uidnext: int):
        self.run = run
        self.aside = frozenset(mailbox.aside)
        self.session = run.session
        self.store = run.store
        self.mailbox = mailbox
        self.uidnext = uidnext
        self.state = mailbox.state
        self.late = Latecomers()

    def begin(self, snapshot: Snapshot, floor: int) -> None:
        """Forget the old numbering. What it covered is told from its ids, not from its UIDs."""
        self.state = plan.begin(snapshot, self.uidnext, floor)
        self.aside = frozenset()
        self._save(lambda: Commit(self.mailbox, self.state))

    def forward(self) -> None:
        """Read what has come since."""
        uids = None
        cut_short = any(self.state.high <= uid < self.uidnext for uid in self.aside)
        if cut_short or plan.needs_search(self.state, self.uidnext):
            uids = self.session.search(self.state.high, self.uidnext - 1)
        for batch in plan.forward(self.state, self.uidnext, uids):
            if self.run.is_over():
                return
            self._batch(batch, history=False)

    def backward(self) -> None:
        """Read the history window, the newest first."""
        uids = self.session.search(self.state.floor, self.state.low - 1)
        for batch in plan.backward(self.state, uids):
            if self.run.is_over():
                return
            self._batch(batch, history=True)

    def look_back(self, late: Latecomers) -> None:
        """Look again at what is covered, the newest first, for the mails of latecomers."""
        self.late = late
        done = self.mailbox.review
        hi = self.state.high
        if done and done.number == late.number:
            hi = min(done.uid, hi)
        if hi <= self.state.low:
            return
        uids, exact = self._candidates(hi)
        for batch in plan.review(self.state, hi, uids, exact):
            if self.run.is_over():
                return
            self._batch(batch, history=True)

    def _candidates(self, hi: int) -> tuple[list[int], bool]:
        """Return the UIDs below ``hi`` to look at again; and whether the server chose them.

        Few addresses are searched for. With many it is cheaper to look through the headers.
        """
        lo, emails = self.state.low, self.late.by_address
        if plan.worth_searching(emails):
            found = self.session.mentioning(lo, hi - 1, sorted(emails))
            if found is not None:
                return found, True
        return self.session.search(lo, hi - 1), False

    def retry(self, uids: Sequence[int]) -> None:
        """Look again at what was set aside, one at a time: one of them is why it was."""
        for uid in sorted(uids):
            if self.run.is_over():
                return
            batch = plan.Batch(uid, uid + 1, (uid,))
            headers, missing = self._headers(batch, frozenset())
            self._slice(batch, headers, missing, history=False, retried=True)

    def _batch(self, batch: plan.Batch, history: bool) -> None:
        headers, missing = self._headers(batch, self.aside)
        wanted = self._sift(headers)
        weights = {h.uid: self._weight(h) for h, _ in wanted}
        by_uid = {h.uid: h for h in headers}
        # What did not come has an outcome already where it is looked at again.
        lost = set() if self.late.number else set(missing)
        parts = plan.slices(batch, [*by_uid, *missing], weights, down=history)
        for number, part in enumerate(parts):
            if number and self.run.is_over():
                return
            uids = part.uids or ()
            self._slice(
                part,
                [by_uid[uid] for uid in uids if uid in by_uid],
                [uid for uid in uids if uid in lost],
                history,
                aside=self.aside.intersection(batch.uids or ()),
                wanted=[pair for pair in wanted if part.lo <= pair[0].uid < part.hi],
            )

    def _headers(self, batch: plan.Batch, aside: frozenset[int]) -> tuple[list[Headers], list[int]]:
        """Return the headers of a batch, and the UIDs that exist and of which none came.

        A UID missing from an OK answer is a gap only when SEARCH lacks it too: some servers
        leave out what they are slow to load (emailengine b78b314).
        """
        expected = range(batch.lo, batch.hi) if batch.uids is None else batch.uids
        expected = [uid for uid in expected if uid not in aside]
        found: dict[int, Headers] = {}
        for ranges in batch.requests(aside):
            self._fetch(ranges, found, expected)
        lacking: list[int] = []
        if len(found) < len(expected):
            exists = set(self.session.search(batch.lo, batch.hi - 1))
            lacking = sorted(exists.intersection(expected).difference(found))
        if lacking:
            self._fetch([(uid, uid) for uid in lacking], found, lacking)
        return [found[uid] for uid in sorted(found)], [uid for uid in lacking if uid not in found]

    def _fetch(
        self, ranges: list[tuple[int, int]], found: dict[int, Headers], expected: Sequence[int]
    ) -> None:
        """Add headers to those that are found; where the connection ends over one, set it aside.

        As with bodies: one message must not keep all behind it from ever being read.
        """
        try:
            for headers in self.session.headers(ranges):
                found[headers.uid] = headers
        except MailError as error:
            if suspect := next((uid for uid in expected if uid not in found), None):
                self._set_aside(Failure(suspect, self._unread_id(suspect), error.code), error)
            raise

    def _set_aside(self, failure: Failure, error: MailError) -> None:
        """Save that a message could not be had, before the run ends over it.

        That the server has given out as much as it wants to is no message's fault.
        """
        if error.kind is Kind.LIMIT:
            return
        failure = replace(failure, code=error.code, detail=error.detail)
        tally = {Outcome.FAILED: 0}
        self._save(lambda: Commit(self.mailbox, self.state, (), (failure,), tally))

    def _sift(self, headers: Sequence[Headers]) -> list[tuple[Headers, Envelope]]:
        """Return the few that may be a lead's, parsed exactly; the rest cost a glance each."""
        glances = [(h, parse.glance(h.raw)) for h in headers]
        if late := self.late.by_address:
            return [(h, parse.envelope(h.raw)) for h, g in glances if not g[0].isdisjoint(late)]
        emails = frozenset().union(*(g[0] for _, g in glances))
        ids = frozenset().union(*(g[1] for _, g in glances))
        matter = self.store.sift(emails - self.run.owner.emails, ids)
        return [
            (h, parse.envelope(h.raw))
            for h, (addresses, answers) in glances
            if not (matter.isdisjoint(addresses) and matter.isdisjoint(answers))
        ]

    def _slice(
        self,
        part: plan.Batch,
        headers: Sequence[Headers],
        missing: Sequence[int],
        history: bool,
        wanted: Sequence[tuple[Headers, Envelope]] | None = None,
        retried: bool = False,
        aside: Collection[int] = (),
    ) -> None:
        """Give every message of a slice its outcome, and commit.

        Where the quota ends in the middle of it, the slice ends there. ``aside`` are UIDs that a
        run was cut short over: their turn comes by itself, alone.
        """
        wanted = self._sift(headers) if wanted is None else wanted
        sizes = {h.uid: h.size for h, _ in wanted}
        bodies = _Bodies(self.session, self.run.limits)

        def decide() -> Commit:
            kept, verdicts, tally = self._affordable(part, wanted, history)
            covered = range(kept.lo, kept.hi)
            records, failures = self._filled(bodies, verdicts, sizes)
            failures += [
                Failure(uid, self._unread_id(uid), "message_not_delivered")
                for uid in missing
                if uid in covered
            ]
            commit = Commit(
                self.mailbox,
                self.state,
                tuple(records),
                tuple(failures),
                remaining=kept.remaining,
                capped=kept != part,
            )
            if self.late.number:
                # All that was looked at has been counted; some of it is recorded only now.
                tally = {Outcome.RECORDED: sum(not r.verdict.again for r in records)}
                return replace(commit, tally=tally, review=Review(self.late.number, kept.lo))
            looked_at = [h for h in headers if h.uid in covered]
            latest = max((h.internaldate for h in looked_at if h.internaldate), default=None)
            commit = replace(commit, latest=latest)
            tally[Outcome.UNRELATED] += len(looked_at) - len(verdicts) - tally.total()
            tally[Outcome.RECORDED] = len(records)
            tally[Outcome.FAILED] = len(failures) + sum(uid in covered for uid in aside)
            if retried:
                return replace(commit, tally=tally, retried=tuple(kept.uids or ()))
            return replace(commit, tally=tally, state=self.state.after(kept.lo, kept.hi))

        self._save(decide)

    def _filled(
        self, bodies: _Bodies, verdicts: Sequence[Record], sizes: Mapping[int, int | None]
    ) -> tuple[list[Record], list[Failure]]:
        """Return the mails with their bodies; where the connection ends over one, set that aside.

        A message that a server cannot hand out may end every connection that asks for it, and
        nothing behind it would ever be read (zammad/zammad#2754). Suspecting the wrong one, on a
        bad line, costs it a few minutes.
        """
        try:
            return bodies.fill(verdicts, sizes)
        except MailError as error:
            if suspect := bodies.suspect(verdicts):
                self._set_aside(suspect, error)
            raise

    def _affordable(
        self, part: plan.Batch, wanted: Sequence[tuple[Headers, Envelope]], history: bool
    ) -> tuple[plan.Batch, list[Record], Counter[Outcome]]:
        """Judge a slice up to the first mail that the quota has no room for.

        Returns what is left of the slice, the mails of it to be recorded, and the outcomes of the
        others. What is cut off has been judged in vain: what it made known counts for nothing.
        """
        emails = {email for _, e in wanted for email in matching.everyone(e)}
        ids = frozenset().union(*(matching.ids(e) for _, e in wanted))
        known = self.store.known(emails, ids) if wanted else Known()
        while True:
            kept = [pair for pair in wanted if part.lo <= pair[0].uid < part.hi]
            records, tally = self._judge(kept, known, history)
            beyond = self._beyond_quota(records, history)
            if beyond is None:
                return part, records, tally
            part = plan.before(part, beyond, down=history)

    def _beyond_quota(self, records: Sequence[Record], history: bool) -> int | None:
        """Return the first UID, in the order of reading, that the quota has no room for."""
        quota = self.run.quota
        uids = sorted((r.uid for r in records if r.verdict.missing), reverse=history)
        return None if quota is None or len(uids) <= quota else uids[quota]

    def _judge(
        self, wanted: Sequence[tuple[Headers, Envelope]], known: Known, history: bool
    ) -> tuple[list[Record], Counter[Outcome]]:
        """Return the mails to be recorded, still without their bodies, and count the others."""
        sent = self.mailbox.special_use is SpecialUse.SENT
        tally: Counter[Outcome] = Counter()
        records: list[Record] = []
        for headers, envelope in wanted:
            verdict = matching.judge(
                envelope,
                self.run.owner,
                known,
                sent=sent,
                internaldate=headers.internaldate,
                history=history,
                late=self.late.by_address,
            )
            if verdict.outcome is not Outcome.RECORDED:
                tally[verdict.outcome] += 1
                continue
            known = matching.with_record(known, envelope, verdict)
            records.append(Record(headers.uid, envelope, verdict, headers.internaldate))
        return records, tally

    def _save(self, decide: Callable[[], Commit]) -> None:
        """Commit what is decided, and decide anew as often as something has changed meanwhile."""
        for _ in range(MAX_STALE):
            commit = decide()
            try:
                failed = {failure.uid for failure in self.store.commit(commit)}
            except Stale:
                continue
            self.state = commit.state
            brought = {r.uid for r in commit.records if r.verdict.missing} - failed
            self.run.count(commit, len(brought), len(failed))
            self.run.spend(len(brought), commit.capped)
            return
        raise ProtocolViolation("records keep changing", step=Step.RECORDING, code="busy")

    def _weight(self, headers: Headers) -> int:
        size = headers.size or PARTIAL_BYTES
        return size if size <= self.run.limits.message_bytes else PARTIAL_BYTES

    def _unread_id(self, uid: int) -> str:
        """Return a key for a message of which not even the headers could be read."""
        return f"{self.state.uidvalidity}.{uid}.{self.mailbox.ref}{UNREAD}"


class _Bodies:
    """Fetches the bodies of records, once each, whole or in part."""

    def __init__(self, session: Session, limits: Limits):
        self.session = session
        self.limits = limits
        self.emails: dict[int, Email] = {}
        self.errors: dict[int, MessageUnreadable] = {}
        self.asked: list[int] = []

    def fill(
        self, records: Sequence[Record], sizes: Mapping[int, int | None]
    ) -> tuple[list[Record], list[Failure]]:
        """Return the records with their mail in them, and those that have to be set aside."""
        needed = [r.uid for r in records if r.verdict.missing and r.uid not in self.emails]
        large = {uid for uid in needed if (sizes.get(uid) or 0) > self.limits.message_bytes}
        # A server that gives no size may still send more than we want to hold.
        unsized = {uid for uid in needed if not sizes.get(uid)}
        self._fetch([uid for uid in needed if uid not in large | unsized], None)
        self._fetch(sorted(large), PARTIAL_BYTES)
        self._fetch(sorted(unsized), self.limits.message_bytes)
        self.asked = []
        whole, failures = [], []
        for record in records:
            if record.verdict.missing and record.uid not in self.emails:
                failures.append(self._failure(record))
            else:
                email = self.emails.get(record.uid)
                whole.append(
                    Record(record.uid, record.envelope, record.verdict, record.internaldate, email)
                )
        return whole, failures

    def suspect(self, records: Sequence[Record]) -> Failure | None:
        """Return the message over which a fetch ended: the first that was asked for in vain."""
        missing = (uid for uid in self.asked if uid not in self.emails and uid not in self.errors)
        uid = next(missing, None)
        return next((self._failure(record) for record in records if record.uid == uid), None)

    def _fetch(self, uids: Sequence[int], limit: int | None) -> None:
        if not uids:
            return
        self.asked = sorted(uids)
        for uid, raw in self.session.bodies(uids, limit):
            try:
                truncated = limit is not None and len(raw) >= limit
                self.emails[uid] = parse.email(
                    raw, truncated=truncated, max_attachment=self.limits.attachment_bytes
                )
            except MessageUnreadable as error:
                self.errors[uid] = error

    def _failure(self, record: Record) -> Failure:
        error = self.errors.get(record.uid)
        verdict = record.verdict
        return Failure(
            record.uid,
            verdict.message_id,
            error.code if error else "message_not_delivered",
            error.detail if error else "",
            verdict.direction,
            verdict.variant,
        )
