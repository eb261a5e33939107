"""Headers → which mails may matter, and what is decided about them, all of a slice together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .. import completeness, matching
from ..matching import Known, Owner
from ..mime.envelope import envelope as read_envelope
from ..mime.glance import Glance
from ..values import Headers, Outcome
from .passes import Pass
from .protocols import Met, Record, Store
from .slices import Wanted


@dataclass(frozen=True, slots=True)
class Judged:
    """The mails to be recorded, without their bodies so far, and the outcomes of the others.

    ``met`` are those for which this account has an outcome already.
    """

    records: tuple[Record, ...]
    tally: Counter[Outcome]
    met: tuple[Met, ...]


def sift(
    store: Store, owner: Owner, glances: Sequence[tuple[Headers, Glance]], reading: Pass
) -> list[Wanted]:
    """Return the few that may be a lead's, fully parsed; the rest cost one quick check each."""
    if reading.restoring:
        return [(h, read_envelope(h.raw)) for h, _ in glances]
    if (late := reading.late).by_address:
        return [(h, read_envelope(h.raw)) for h, g in glances if late.among(g[0])]
    return among(store, owner, glances)


def among(
    store: Store,
    owner: Owner,
    glances: Sequence[tuple[Headers, Glance]],
    also: Collection[int] = (),
) -> list[Wanted]:
    """Return those that may be a lead's by today's leads; ``also`` those UIDs in any case."""
    emails = frozenset().union(*(g[0] for _, g in glances))
    ids = frozenset().union(*(g[1] for _, g in glances))
    matter = store.sift(emails.difference(filter(owner.owns, emails)), ids)
    return [
        (h, read_envelope(h.raw))
        for h, (addresses, answers, _) in glances
        if h.uid in also or not (matter.isdisjoint(addresses) and matter.isdisjoint(answers))
    ]


def known(store: Store, wanted: Sequence[Wanted]) -> Known:
    """Return what the store knows about these mails."""
    emails = {email for _, e in wanted for email in matching.everyone(e)}
    ids = frozenset().union(*(matching.ids(e) for _, e in wanted))
    return store.known(emails, ids) if wanted else Known()


def judge(
    wanted: Sequence[Wanted], owner: Owner, known: Known, reading: Pass, *, sent: bool
) -> Judged:
    """Decide on each of the mails; what is decided about one counts for those after it."""
    tally: Counter[Outcome] = Counter()
    records: list[Record] = []
    met: list[Met] = []
    everyone = {email for _, e in wanted for email in matching.everyone(e)}
    late = reading.late.among(everyone)
    decide = completeness.restored if reading.restoring else matching.judge
    for headers, envelope in wanted:
        verdict = decide(
            envelope,
            owner,
            known,
            sent=sent,
            internaldate=headers.internaldate,
            history=reading.back,
            late=late,
        )
        if verdict.outcome is not Outcome.RECORDED:
            tally[verdict.outcome] += 1
            if verdict.outcome is Outcome.DUPLICATE:
                key = (verdict.message_id, verdict.variant)
                met.append(Met(headers.uid, *key, envelope))
            continue
        known = matching.with_record(known, envelope, verdict, headers.internaldate)
        records.append(Record(headers.uid, envelope, verdict, headers.internaldate))
    return Judged(tuple(records), tally, tuple(met))
