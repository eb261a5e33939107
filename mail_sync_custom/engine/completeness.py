"""A mail on the server and what the CRM has of it → whether it stands where it belongs today.

Pure functions, on top of :mod:`matching`. Today's leads and lists decide, not those of the day on
which the mail was first read. What somebody removed on purpose is never missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from . import copies, matching
from .matching import Known, Owner, Reason, Settled, Target, Verdict
from .values import Envelope, Outcome


class Found(StrEnum):
    """What a comparison finds out about one message on the server."""

    PRESENT = "present"  # it stands on the records to which it belongs
    UNRELATED = "unrelated"  # no correspondent is a lead
    REPORT = "report"  # it reports what became of a mail, and is shown with that mail
    OLD = "old"  # before the history window
    LISTED = "listed"  # an address on it is on a list of what is never recorded
    INTERNAL = "internal"  # only among colleagues
    REMOVED = "removed"  # somebody removed it on purpose
    SET_ASIDE = "set_aside"  # it could not be recorded, and is tried again
    DELETED = "deleted"  # it was recorded, and its entry is gone
    LEAD_DELETED = "lead_deleted"  # the same, and a lead that had it is gone too
    LEFT_OUT = "left_out"  # it was not recorded when it was read; today it would be


#: What should be recorded and is not.
MISSING = frozenset({Found.DELETED, Found.LEAD_DELETED, Found.LEFT_OUT})


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a mailbox has been compared, newest first, under its UIDVALIDITY.

    Every covered UID from ``uid`` up has been compared. ``exists`` is how many messages the mailbox
    has; ``tally`` counts those compared.
    """

    uidvalidity: int
    uid: int
    exists: int = 0
    tally: Mapping[Found, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """A mail that should be recorded and is not, and what was found out about it."""

    uid: int
    envelope: Envelope
    internaldate: datetime | None
    found: Found
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Marked:
    """UIDs of a mailbox: recorded mails that have lost an entry, and those that are set aside."""

    gone: frozenset[int] = frozenset()
    aside: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """A comparison that somebody asked for, and how far it is, by mailbox.

    With ``fetching``, the UIDs of ``wanted`` are recorded first: what the last one found missing.
    """

    fetching: bool = False
    wanted: Mapping[int, Sequence[int]] = field(default_factory=dict)
    checked: Mapping[int, Checked] = field(default_factory=dict)


def restored(
    envelope: Envelope,
    owner: Owner,
    known: Known,
    *,
    sent: bool = False,
    internaldate: datetime | None = None,
    history: bool = False,
    late: Mapping[str, tuple[Target, ...]] | None = None,
) -> Verdict:
    """Return the verdict on a mail as if it were read today for the first time.

    The records that had it before and have lost it are ``missing``, and so are those to which it
    belongs if it stands nowhere. A lead that was created later does not take a mail from another
    lead. What is removed on purpose stays a duplicate. ``history`` and ``late`` change nothing:
    the parameters are those of :func:`matching.judge`.
    """
    verdict = matching.judge(envelope, owner, known, sent=sent, internaldate=internaldate)
    key, variant, done = _done(envelope, known, verdict, internaldate)
    if done and done.final:
        return replace(verdict, outcome=Outcome.DUPLICATE, message_id=key, variant=variant)
    anew = verdict
    if done:
        rest = {id_: each for id_, each in known.settled.items() if id_ != key}
        fresh = replace(known, settled=rest)
        anew = matching.judge(envelope, owner, fresh, sent=sent, internaldate=internaldate)
    there = {s.target for s in known.standing.get(key, ()) if s.variant == variant}
    places = done.places if done and anew.outcome is not Outcome.EXCLUDED else ()
    belongs = tuple(dict.fromkeys((*anew.targets, *places)))
    missing = tuple(t for t in belongs if t not in there and (t in places or _lacks(t, there)))
    if done and not missing and (there or anew.outcome is Outcome.RECORDED):
        return replace(verdict, outcome=Outcome.DUPLICATE, message_id=key, variant=variant)
    if not belongs:
        return anew
    by_place = anew.outcome is not Outcome.RECORDED
    return replace(
        anew,
        outcome=Outcome.RECORDED,
        message_id=key,
        variant=variant,
        targets=(*(t for t in belongs if t in there), *missing),
        missing=missing,
        reason=Reason.BEFORE if by_place else anew.reason,
        again=bool(done),
    )


def examine(
    envelope: Envelope,
    owner: Owner,
    known: Known,
    *,
    sent: bool = False,
    internaldate: datetime | None = None,
) -> tuple[Found, Verdict]:
    """Return what is found out about a mail on the server, and the verdict that would mend it."""
    verdict = restored(envelope, owner, known, sent=sent, internaldate=internaldate)
    return _found(envelope, owner, known, verdict, internaldate), verdict


def _found(
    envelope: Envelope,
    owner: Owner,
    known: Known,
    verdict: Verdict,
    internaldate: datetime | None,
) -> Found:
    match verdict.outcome:
        case Outcome.UNRELATED:
            return Found.UNRELATED
        case Outcome.EXCLUDED:
            listed = not known.excluded.isdisjoint(matching.everyone(envelope))
            return Found.LISTED if listed else Found.INTERNAL
        case Outcome.DUPLICATE:
            stands = any(
                s.variant == verdict.variant for s in known.standing.get(verdict.message_id, ())
            )
            return Found.PRESENT if stands else Found.REMOVED
    if not verdict.missing:
        return Found.PRESENT
    if not verdict.again:
        old = matching.is_before_window(owner, internaldate)
        return Found.OLD if old else Found.LEFT_OUT
    done = _settled(known, verdict.message_id, verdict.variant)
    return Found.LEAD_DELETED if done and done.lost else Found.DELETED


def _done(
    envelope: Envelope, known: Known, verdict: Verdict, internaldate: datetime | None
) -> tuple[str, int, Settled | None]:
    """Return the key of a mail, and what this account has settled about it."""
    if verdict.message_id:
        key, variant = verdict.message_id, verdict.variant
        return key, variant, _settled(known, key, variant)
    # Its address is no lead's any more: its id and its date are left.
    key = copies.identify(envelope)
    own = copies.dated(envelope, internaldate)
    for done in known.settled.get(key, ()):
        if copies.same_mail(own, done.date, None):
            return key, done.variant, done
    return key, 0, None


def _settled(known: Known, message_id: str, variant: int) -> Settled | None:
    return next((s for s in known.settled.get(message_id, ()) if s.variant == variant), None)


def _lacks(target: Target, there: Iterable[Target]) -> bool:
    """Whether a mail that stands there belongs on a record that never had it."""
    return not there or (target.is_lead and not any(each.is_lead for each in there))
