"""Reads one open mailbox, one pass at a time: headers, owners, bodies, one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .. import matching, plan
from ..errors import LeaseLost, MailError, NothingDelivered, ProtocolViolation, Step
from ..mime.envelope import envelope as read_envelope
from ..mime.glance import Glance, glance
from ..reports import notices
from ..values import Headers, MailboxState, Snapshot, SpecialUse
from . import judging
from .bodies import Bodies, weight
from .judging import Judged
from .ledger import Ledger
from .line import Line
from .passes import Looked, Pass, Place, Retry
from .proof import Part, Proof
from .protocols import UNREAD, Commit, Failure, Mailbox, Notice, Record, Session, Stale, Store
from .slices import Slice

#: How often a commit is retried because someone else recorded one of its mails meanwhile.
MAX_STALE = 5
#: Messages of a mailbox that a run may convict although none of its other messages arrives.
MAX_CONVICTED = 10


class Reader:
    """One mailbox, over as many connections as needed. ``state`` is what is saved of it.

    ``due`` are the UIDs that were set aside and are retried in this run; ``convicted`` counts the
    messages set aside because the server dropped the connection over them. ``exists`` is how many
    messages the mailbox has, once it has been opened.
    """

    def __init__(self, line: Line, store: Store, ledger: Ledger, mailbox: Mailbox, proof: Proof):
        self.line = line
        self.store = store
        self.ledger = ledger
        self.mailbox = mailbox
        self.state: MailboxState = mailbox.state
        self.review = mailbox.review
        self.aside = frozenset(mailbox.aside)
        self.due = [uid for uid, is_due in mailbox.aside.items() if is_due]
        self.proof = proof
        self._suspect: Failure | None = None
        self._part = Part.HEADERS
        self._blamed = False
        self._reached = 0
        self.convicted = 0
        self.exists: int | None = None

    def heard(self) -> dict[Part, int]:
        """Return how much the server has delivered so far, by part of a message."""
        convicted = min(self.convicted, MAX_CONVICTED)
        return {part: count + convicted for part, count in self.proof.counts.items()}

    def has_heard(self, before: dict[Part, int]) -> bool:
        """Return whether the part that the last batch requested last has made progress.

        A convicted message counts too, up to a limit: the others may arrive now.
        """
        return self.heard()[self._part] > before[self._part]

    @property
    def session(self) -> Session:
        return self.line.session

    def begin(self, snapshot: Snapshot, uidnext: int, floor: int) -> None:
        """Discard the old numbering. What it covered is recognised by its ids, not by its UIDs."""
        self.aside, self.due, self.review = frozenset(), [], None
        state = plan.begin(snapshot, uidnext, floor)
        self._save_state(replace(state, at_once=self.state.at_once))

    def read(self, reading: Pass) -> None:
        """Run a pass, until its end or the run's.

        Raises MailError if it breaks off. The cause has then been narrowed down and saved, so that
        the next attempt gets further.
        """
        place = Place(self.state, self.aside, self.review)
        for batch in reading.batches(self.session, place):
            if self.ledger.is_over():
                return
            self._reached = batch.lo
            try:
                self._batch(batch, reading)
            except MailError as error:
                self._blame(batch, reading, error)
                raise

    def has_blamed(self) -> bool:
        """Return whether the cause of the last failure was narrowed down, and clear that."""
        found, self._blamed = self._blamed, False
        return found

    def retry(self) -> None:
        """Retry what is due. One message that drops the connection again is enough for a run."""
        due, self.due = sorted(self.due), []
        before = self.convicted
        try:
            self.read(Retry(due))
        except MailError:
            if self.convicted == before:  # not yet known whether it is to blame
                self.due = [uid for uid in due if uid >= self._reached]
            raise

    def beware(self) -> None:
        """Save that the server dropped the connection here: read this mailbox last, and slowly."""
        if not self.state.at_once:
            self._save_state(plan.wary(self.state))

    def settle(self) -> None:
        """Save that all is well: the mailbox has been read to the end."""
        if self.state.at_once and self.state.complete:
            self._save_state(replace(self.state, at_once=0))

    def _save_state(self, state: MailboxState) -> None:
        self._save(lambda: Commit(self.mailbox, state))

    def _batch(self, batch: plan.Batch, reading: Pass) -> None:
        self._suspect, self._part = None, Part.HEADERS
        aside = reading.skipped(self.aside)
        headers, missing = self.headers(batch, aside, traced=reading.traced)
        glances = [(h, glance(h.raw)) for h in headers]
        wanted = judging.sift(self.store, self.ledger.owner, glances, reading)
        odd = [*(h.uid for h, (*_, is_odd) in glances if is_odd), *missing]
        limits = self.ledger.limits
        maybe = self._notices(glances, reading)
        weights = {h.uid: notices.weight(h.size) for h in headers if h.uid in maybe}
        weights |= {h.uid: weight(h.size, limits) for h, _ in wanted}
        uids = [*(h.uid for h in headers), *missing]
        whole = Slice(batch, headers, wanted, reading.lost(missing), aside, odd, maybe)
        ledger = self.ledger
        parts = plan.slices(batch, uids, weights, reading.back, lambda: ledger.room)
        for number, part in enumerate(parts):
            if number and ledger.is_over():
                return
            begun = ledger.clock()
            is_last = part.remaining == batch.remaining
            fetched = self._slice(whole.kept(part), reading, is_last)
            sizes = [weights[uid] for uid in fetched & weights.keys()]
            ledger.room = ledger.room.after(sizes, ledger.clock() - begun)

    # what is to blame

    def _blame(self, batch: plan.Batch, reading: Pass, error: MailError) -> None:
        """Save what is known about the message at which a batch failed, before the run ends.

        A message that a server cannot deliver may drop every connection that requests it, and
        nothing after it would ever be read (zammad/zammad#2754). After a failed batch the next one
        has one message, and a message that fails alone is set aside. A wrong suspicion, on a bad
        line, costs a few minutes: the message is retried, alone.
        """
        if isinstance(error, LeaseLost | NothingDelivered) or error.step is Step.RECORDING:
            return  # not caused by a message
        self._blamed = True
        uids = self._asked(batch, reading.skipped(self.aside))
        state, remaining = plan.wary(self.state), batch.remaining + len(uids)
        # The last request on a connection may just be one too many; it must fail as the first.
        is_alone = len(uids) == 1 and (self.state.at_once == 1 or isinstance(reading, Retry))
        if not is_alone or not self.proof.convicts(self._part):
            self._save(lambda: Commit(self.mailbox, state, remaining=remaining))
            return
        (uid,) = uids
        failure = self._suspect or Failure(uid, self._unread_id(uid), error.code)
        failure = replace(failure, code=error.code, detail=error.detail, kept_back=True)
        retried = (uid,) if isinstance(reading, Retry) else ()
        self._save(
            lambda: Commit(
                self.mailbox, state, (), (failure,), remaining=remaining, retried=retried
            )
        )
        self.aside |= {uid}
        self.convicted += 1

    def _asked(self, batch: plan.Batch, aside: frozenset[int]) -> list[int]:
        uids = range(batch.lo, batch.hi) if batch.uids is None else batch.uids
        return [uid for uid in uids if uid not in aside]

    def _check_delivery(self, part: Part, lacking: Sequence[int]) -> None:
        """Raise NothingDelivered if the server delivers no message at all.

        Setting everything aside would help nobody. A single message may itself be at fault.
        """
        found = self.proof.ask(part, self.state, self.aside.union(lacking))
        is_alone = len(lacking) == 1 and found is not False
        if not (self.proof.there_is(part) or is_alone):
            self.ledger.report.undelivered += len(lacking)
            raise NothingDelivered(f"{self.mailbox.name}: {len(lacking)}")

    def _unread_id(self, uid: int) -> str:
        """Return a key for a message whose headers could not be read either."""
        return f"{self.state.uidvalidity}.{uid}.{self.mailbox.ref}{UNREAD}"

    # headers

    def headers(
        self, batch: plan.Batch, aside: frozenset[int], *, traced: bool = False
    ) -> tuple[list[Headers], list[int]]:
        """Return the headers of a batch, and the existing UIDs whose headers did not arrive.

        A UID missing from an OK answer is a gap only when SEARCH lacks it too: some servers
        leave out what they are slow to load (emailengine b78b314). Raises NothingDelivered if the
        server delivers nothing at all.
        """
        expected = self._asked(batch, aside)
        if len(expected) == 1:
            self.proof.seek(Part.HEADERS, self.state, self.aside.union(expected))
        found = self._fetched(batch.ranges(aside), traced)
        lacking: list[int] = []
        if len(found) < len(expected):
            exists = set(self.session.search(batch.lo, batch.hi - 1))
            lacking = sorted(exists.intersection(expected).difference(found))
        progress = bool(lacking)
        while progress:  # a server may limit the messages of one answer (RFC 9738)
            more = self._fetched([(uid, uid) for uid in lacking], traced)
            found |= more
            lacking = [uid for uid in lacking if uid not in more]
            progress = bool(more and lacking)
        if lacking and not found:
            self._check_delivery(Part.HEADERS, lacking)
        return [found[uid] for uid in sorted(found)], lacking

    def _fetched(self, ranges: list[tuple[int, int]], traced: bool) -> dict[int, Headers]:
        found: dict[int, Headers] = {}
        try:
            for headers in self.session.headers(ranges, traced=traced):
                found[headers.uid] = headers
        finally:
            self.proof.count(Part.HEADERS, len(found))
        return found

    # whose they are

    def _notices(self, glances: Sequence[tuple[Headers, Glance]], reading: Pass) -> list[int]:
        """Return the UIDs of those that may report what became of a mail."""
        if reading.late.by_address or self.mailbox.special_use is SpecialUse.SENT:
            return []
        owner = self.ledger.owner
        blocks = [(h.raw, addresses) for h, (addresses, *_) in glances]
        maybe = (
            glances[number][0]
            for number in notices.possible(blocks, owner.emails, traced=reading.traced)
        )
        return [
            h.uid
            for h in maybe
            if notices.is_notice(read_envelope(h.raw), h.raw)
            and not (reading.back and matching.is_before_window(owner, h.internaldate))
        ]

    def _affordable(self, whole: Slice, reading: Pass) -> tuple[Slice, Judged]:
        """Judge a slice up to the first mail that exceeds the quota.

        Returns the remaining slice, and what was decided about it. What is cut off is discarded,
        together with everything learnt from it.
        """
        known = judging.known(self.store, whole.wanted)
        sent = self.mailbox.special_use is SpecialUse.SENT
        kept = whole
        while True:
            judged = judging.judge(kept.wanted, self.ledger.owner, known, reading, sent=sent)
            beyond = self._beyond_quota(judged.records, reading)
            if beyond is None:
                return kept, judged
            kept = kept.kept(plan.before(kept.part, beyond, down=reading.back))

    def _beyond_quota(self, records: Sequence[Record], reading: Pass) -> int | None:
        """Return the first UID, in reading order, that exceeds the quota."""
        quota = self.ledger.quota
        uids = sorted((r.uid for r in records if r.verdict.missing), reverse=reading.back)
        return None if quota is None or len(uids) <= quota else uids[quota]

    # outcomes

    def _slice(self, whole: Slice, reading: Pass, last: bool) -> set[int]:
        """Give every message of a slice its outcome, and commit; return the UIDs that were fetched.

        If the quota runs out within it, the slice ends there. ``last``: with it the batch has
        succeeded.
        """
        sizes = {h.uid: h.size for h, _ in whole.wanted}
        bodies = Bodies(self.session, self.ledger.limits)

        def decide() -> Commit:
            kept, judged = self._affordable(whole, reading)
            records, failures = self._filled(bodies, judged.records, sizes)
            reports = self._reports(bodies, kept.notices, judged.records)
            unread = [
                Failure(uid, self._unread_id(uid), "message_not_delivered", kept_back=True)
                for uid in kept.lost
            ]
            commit = Commit(
                self.mailbox,
                kept.noted(plan.eased(self.state) if last else self.state),
                tuple(records),
                (*failures, *unread),
                remaining=kept.part.remaining,
                capped=kept.part != whole.part,
                notices=reports,
                met=judged.met,
            )
            closely = len(records) + len(failures)
            looked = Looked(kept.part, kept.headers, judged.tally, closely, len(kept.aside))
            return reading.saved(commit, looked)

        self._save(decide)
        return bodies.fetched()

    def _filled(
        self, bodies: Bodies, verdicts: Sequence[Record], sizes: Mapping[int, int | None]
    ) -> tuple[list[Record], list[Failure]]:
        """Return the mails with their bodies, and those that must be set aside.

        Raises NothingDelivered if the server delivers no body at all.
        """
        needed = [record.uid for record in verdicts if record.verdict.missing]
        self._part = Part.BODY
        if len(needed) == 1:
            self.proof.seek(Part.BODY, self.state, self.aside.union(needed))
        try:
            records, failures = bodies.fill(verdicts, sizes)
        except MailError:
            self._suspect = bodies.suspect(verdicts)
            raise
        finally:
            self.proof.count(Part.BODY, bodies.came)
            bodies.came = 0
        if failures and len(failures) == len(needed) and not bodies.errors:
            self._check_delivery(Part.BODY, needed)
        return records, failures

    def _reports(
        self, bodies: Bodies, uids: Sequence[int], verdicts: Sequence[Record]
    ) -> tuple[Notice, ...]:
        """Return the reports among these messages, and among those that were to be recorded."""
        self._part = Part.BODY
        try:
            return bodies.notices(uids, verdicts)
        finally:
            self.proof.count(Part.BODY, bodies.came)
            bodies.came = 0

    def reread(self, uids: Sequence[int]) -> None:
        """Read reports again that may be about a mail that has been recorded since."""
        bodies = Bodies(self.session, self.ledger.limits)
        reports = self._reports(bodies, uids, ())
        self._save(lambda: Commit(self.mailbox, self.state, notices=reports, reread=tuple(uids)))

    def _save(self, decide: Callable[[], Commit]) -> None:
        """Commit what is decided, and decide again whenever something has changed meanwhile."""
        for _ in range(MAX_STALE):
            commit = replace(decide(), exists=self.exists)
            try:
                failed = {failure.uid for failure in self.store.commit(commit)}
            except Stale:
                continue
            self.state = commit.state
            self.review = commit.review or self.review
            recorded = {r.uid for r in commit.records if r.verdict.missing} - failed
            self.ledger.take(commit, len(recorded), len(failed))
            return
        raise ProtocolViolation("records keep changing", step=Step.RECORDING, code="busy")
