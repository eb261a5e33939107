"""Reads one open mailbox, a pass at a time: headers, whose they are, bodies, one commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .. import matching, plan
from ..errors import Kind, MailError, ProtocolViolation, Step
from ..matching import Known
from ..mime.envelope import envelope as read_envelope
from ..mime.glance import glance
from ..values import Envelope, Headers, MailboxState, Outcome, Snapshot, SpecialUse
from .bodies import Bodies, weight
from .ledger import Ledger
from .passes import Looked, Pass, Place
from .protocols import UNREAD, Commit, Failure, Mailbox, Record, Session, Stale, Store

#: How often a commit is tried again because someone else recorded one of its mails meanwhile.
MAX_STALE = 5

#: Headers, and the envelope in them, of a message that may be a lead's.
Wanted = tuple[Headers, Envelope]


@dataclass(frozen=True, slots=True)
class _Slice:
    """A part of a batch that is committed together.

    ``lost`` are UIDs that exist and did not come, ``aside`` is how many were not asked for.
    """

    part: plan.Batch
    headers: Sequence[Headers]
    wanted: Sequence[Wanted]
    lost: Sequence[int]
    aside: int

    def kept(self, part: plan.Batch) -> _Slice:
        """Return what of it is left where it has to end early."""
        covered = range(part.lo, part.hi)
        return replace(
            self,
            part=part,
            headers=[h for h in self.headers if h.uid in covered],
            wanted=[pair for pair in self.wanted if pair[0].uid in covered],
            lost=[uid for uid in self.lost if uid in covered],
        )


class Reader:
    """One mailbox, while it is open. ``state`` is what has been saved of it."""

    def __init__(
        self, session: Session, store: Store, ledger: Ledger, mailbox: Mailbox, uidnext: int
    ):
        self.session = session
        self.store = store
        self.ledger = ledger
        self.mailbox = mailbox
        self.uidnext = uidnext
        self.state: MailboxState = mailbox.state
        self.aside = frozenset(mailbox.aside)

    def begin(self, snapshot: Snapshot, floor: int) -> None:
        """Forget the old numbering. What it covered is told from its ids, not from its UIDs."""
        self.state = plan.begin(snapshot, self.uidnext, floor)
        self.aside = frozenset()
        self._save(lambda: Commit(self.mailbox, self.state))

    def read(self, reading: Pass) -> None:
        """Go through a pass, until its end or the run's."""
        place = Place(self.state, self.aside, self.mailbox.review)
        for batch in reading.batches(self.session, place):
            if self.ledger.is_over():
                return
            self._batch(batch, reading)

    def _batch(self, batch: plan.Batch, reading: Pass) -> None:
        aside = reading.skipped(self.aside)
        headers, missing = self._headers(batch, aside)
        wanted = self._sift(headers, reading)
        limits = self.ledger.limits
        weights = {h.uid: weight(h.size, limits) for h, _ in wanted}
        uids = [*(h.uid for h in headers), *missing]
        whole = _Slice(
            batch,
            headers,
            wanted,
            reading.lost(missing),
            len(aside.intersection(batch.uids or ())),
        )
        for number, part in enumerate(plan.slices(batch, uids, weights, down=reading.back)):
            if number and self.ledger.is_over():
                return
            passed = aside.intersection(batch.uids or (), range(part.lo, part.hi))
            self._slice(replace(whole.kept(part), aside=len(passed)), reading)

    # headers

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

    def _unread_id(self, uid: int) -> str:
        """Return a key for a message of which not even the headers could be read."""
        return f"{self.state.uidvalidity}.{uid}.{self.mailbox.ref}{UNREAD}"

    # whose they are

    def _sift(self, headers: Sequence[Headers], reading: Pass) -> list[Wanted]:
        """Return the few that may be a lead's, parsed exactly; the rest cost a glance each."""
        glances = [(h, glance(h.raw)) for h in headers]
        if late := reading.late:
            return [(h, read_envelope(h.raw)) for h, g in glances if not g[0].isdisjoint(late)]
        emails = frozenset().union(*(g[0] for _, g in glances))
        ids = frozenset().union(*(g[1] for _, g in glances))
        matter = self.store.sift(emails - self.ledger.owner.emails, ids)
        return [
            (h, read_envelope(h.raw))
            for h, (addresses, answers) in glances
            if not (matter.isdisjoint(addresses) and matter.isdisjoint(answers))
        ]

    def _affordable(
        self, whole: _Slice, reading: Pass
    ) -> tuple[_Slice, list[Record], Counter[Outcome]]:
        """Judge a slice up to the first mail that the quota has no room for.

        Returns what is left of the slice, the mails of it to be recorded, and the outcomes of the
        others. What is cut off has been judged in vain: what it made known counts for nothing.
        """
        wanted = whole.wanted
        emails = {email for _, e in wanted for email in matching.everyone(e)}
        ids = frozenset().union(*(matching.ids(e) for _, e in wanted))
        known = self.store.known(emails, ids) if wanted else Known()
        kept = whole
        while True:
            records, tally = self._judge(kept.wanted, known, reading)
            beyond = self._beyond_quota(records, reading)
            if beyond is None:
                return kept, records, tally
            kept = kept.kept(plan.before(kept.part, beyond, down=reading.back))

    def _beyond_quota(self, records: Sequence[Record], reading: Pass) -> int | None:
        """Return the first UID, in the order of reading, that the quota has no room for."""
        quota = self.ledger.quota
        uids = sorted((r.uid for r in records if r.verdict.missing), reverse=reading.back)
        return None if quota is None or len(uids) <= quota else uids[quota]

    def _judge(
        self, wanted: Sequence[Wanted], known: Known, reading: Pass
    ) -> tuple[list[Record], Counter[Outcome]]:
        """Return the mails to be recorded, still without their bodies, and count the others."""
        sent = self.mailbox.special_use is SpecialUse.SENT
        tally: Counter[Outcome] = Counter()
        records: list[Record] = []
        for headers, envelope in wanted:
            verdict = matching.judge(
                envelope,
                self.ledger.owner,
                known,
                sent=sent,
                internaldate=headers.internaldate,
                history=reading.back,
                late=reading.late,
            )
            if verdict.outcome is not Outcome.RECORDED:
                tally[verdict.outcome] += 1
                continue
            known = matching.with_record(known, envelope, verdict)
            records.append(Record(headers.uid, envelope, verdict, headers.internaldate))
        return records, tally

    # outcomes

    def _slice(self, whole: _Slice, reading: Pass) -> None:
        """Give every message of a slice its outcome, and commit.

        Where the quota ends in the middle of it, the slice ends there.
        """
        sizes = {h.uid: h.size for h, _ in whole.wanted}
        bodies = Bodies(self.session, self.ledger.limits)

        def decide() -> Commit:
            kept, verdicts, tally = self._affordable(whole, reading)
            records, failures = self._filled(bodies, verdicts, sizes)
            unread = [
                Failure(uid, self._unread_id(uid), "message_not_delivered") for uid in kept.lost
            ]
            commit = Commit(
                self.mailbox,
                self.state,
                tuple(records),
                (*failures, *unread),
                remaining=kept.part.remaining,
                capped=kept.part != whole.part,
            )
            looked = Looked(kept.part, kept.headers, tally, len(verdicts), kept.aside)
            return reading.saved(commit, looked)

        self._save(decide)

    def _filled(
        self, bodies: Bodies, verdicts: Sequence[Record], sizes: Mapping[int, int | None]
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

    def _save(self, decide: Callable[[], Commit]) -> None:
        """Commit what is decided, and decide anew as often as something has changed meanwhile."""
        for _ in range(MAX_STALE):
            commit = decide()
            try:
                failed = {failure.uid for failure in self.store.commit(commit)}
            except Stale:
                continue
            self.state = commit.state
            recorded = {r.uid for r in commit.records if r.verdict.missing} - failed
            self.ledger.take(commit, len(recorded), len(failed))
            return
        raise ProtocolViolation("records keep changing", step=Step.RECORDING, code="busy")
