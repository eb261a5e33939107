"""Headers → whose mail it is, its direction, where it is recorded and why.

Pure functions of an :class:`~.values.Envelope`, the mailbox's :class:`Owner` and the database's
:class:`Known`. How any of them was found is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .copies import (
    SAME_DELIVERY,
    dated,
    identify,
    plausible_date,
    same_mail,
    variant_of,
)
from .people import Owner, Target
from .values import Direction, Envelope, Outcome

#: The history window is compared with the server's clock, which is not ours.
CLOCK_SKEW = timedelta(minutes=10)


class Reason(StrEnum):
    """Why a mail is recorded where it is; shown as *recorded here because…*."""

    THREAD = "thread"  # it answers, or follows, a mail already recorded there
    ANSWER = "answer"  # it answers a mail that was written in the CRM, from another address
    ADDRESS = "address"  # a correspondent is the address of the lead or the contact
    HAND = "hand"  # somebody chose it
    BEFORE = "before"  # it was recorded there before, and its entry was deleted


@dataclass(frozen=True, slots=True)
class Standing:
    """A mail already recorded, by whichever account, and what distinguishes it from another.

    ``reachable`` says that the record is within the owner's companies. A thread leads only to such
    a record; elsewhere, a colleague's entry only shows that the mail is recorded. ``is_open`` says
    that a lead is neither won nor lost.
    """

    target: Target
    date: datetime | None
    subject: str
    variant: int = 0
    from_crm: bool = False
    reachable: bool = True
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """A mail for which this account has a final outcome: recorded, or removed by its user.

    ``final`` says that it goes to no other record now: it was removed, can no longer be read, or
    is being recorded. ``places`` are the existing records that have had it, ``lost``: others too.
    """

    variant: int
    date: datetime | None
    final: bool = False
    places: tuple[Target, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows about the addresses and ids of a batch. Keys are normalised.

    ``excluded`` are the addresses that keep a mail from being recorded.
    """

    by_address: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    standing: Mapping[str, tuple[Standing, ...]] = field(default_factory=dict)
    settled: Mapping[str, tuple[Settled, ...]] = field(default_factory=dict)
    colleagues: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on a mail. ``message_id`` and ``variant`` are its key in the records.

    ``targets`` are all the records where it belongs, ``missing`` those where it is not recorded
    yet: if there are none, the body need not be fetched. ``again`` says that this account has
    recorded it before, and that more records now apply. ``by_colleague`` says that somebody else of
    the company wrote it.
    """

    outcome: Outcome
    direction: Direction = Direction.IN
    message_id: str = ""
    variant: int = 0
    targets: tuple[Target, ...] = ()
    missing: tuple[Target, ...] = ()
    reason: Reason = Reason.ADDRESS
    because: str = ""
    again: bool = False
    by_colleague: bool = False

    @property
    def entry_direction(self) -> Direction:
        """Which way it went for the company, whosever mailbox is read first."""
        return Direction.OUT if self.by_colleague else self.direction


def ids(envelope: Envelope) -> frozenset[str]:
    """Return every id that a decision about this mail needs to be looked up."""
    found = (identify(envelope), envelope.stamp, *envelope.in_reply_to, *envelope.references)
    return frozenset(filter(None, found))


def everyone(envelope: Envelope) -> frozenset[str]:
    """Return every address on a mail."""
    fields = (envelope.senders, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc)
    found = (envelope.sender.email, *(a.email for field in fields for a in field))
    return frozenset(filter(None, found))


def direction(envelope: Envelope, owner: Owner, sent: bool) -> Direction:
    """Return OUT for mail in Sent, and for mail from one of the owner's addresses.

    Mail that comes back from a list is OUT too: its From is the list it was written to. Many lists
    put themselves into From, and the author into Reply-To, because of DMARC (RFC 7960).
    """
    written_to = {address.email for address in (*envelope.to, *envelope.cc)}
    answered = {address.email for address in envelope.reply_to}
    comes_back = envelope.sender.email in written_to and any(map(owner.owns, answered))
    own = sent or comes_back or owner.owns(envelope.sender.email)
    return Direction.OUT if own else Direction.IN


def correspondents(envelope: Envelope, owner: Owner, way: Direction) -> tuple[str, ...]:
    """Return the other people on a mail: From, Reply-To, To, Cc, and Bcc on the owner's own mail.

    Each appears once, in that order. All authors count; Sender counts only where From names nobody.
    A Bcc on somebody else's mail is not a correspondent: it shows that a mail was delivered here,
    not to whom it was written.
    """
    addresses = [envelope.sender, *envelope.authors, *envelope.reply_to]
    addresses += [*envelope.to, *envelope.cc]
    if way is Direction.OUT:
        addresses += envelope.bcc
    return tuple(dict.fromkeys(a.email for a in addresses if a.email and not owner.owns(a.email)))


def judge(
    envelope: Envelope,
    owner: Owner,
    known: Known,
    *,
    sent: bool = False,
    internaldate: datetime | None = None,
    history: bool = False,
    late: Mapping[str, tuple[Target, ...]] | None = None,
) -> Verdict:
    """Decide on one mail.

    ``history`` says that it was found by reading back, where the owner's history window applies:
    new mail is read whatever its date, for it has just arrived. ``late`` has the latecomers it was
    searched for, by their address. They get it too, unless it is another open lead's, or deleted.

    An excluded address anywhere on a mail keeps it out, whatever it belongs to or answers. What
    this account recorded before stays.
    """
    way = direction(envelope, owner, sent)
    people = correspondents(envelope, owner, way)
    if history and is_before_window(owner, internaldate):
        return Verdict(Outcome.EXCLUDED, way)
    by_address = _first(known.by_address, people)
    answered = _answered(envelope, known) if way is Direction.IN else ()
    if not by_address and not answered:
        return Verdict(Outcome.UNRELATED, way)
    if _internal(people, owner, known):
        return Verdict(Outcome.EXCLUDED, way)
    message_id, variant, settled = _key(envelope, known, way, internaldate)
    standing = [s for s in known.standing.get(message_id, ()) if s.variant == variant]
    excluded = not known.excluded.isdisjoint(everyone(envelope))
    asked = () if excluded else _asked(late or {}, people, known, standing)
    if settled and (settled.final or not asked):
        return Verdict(Outcome.DUPLICATE, way, message_id, variant)
    if excluded:
        return Verdict(Outcome.EXCLUDED, way)
    if settled:
        targets, reason, because = asked, Reason.ADDRESS, _first(late or {}, people)
    else:
        targets, reason, because = _place(
            envelope, people, known, by_address, answered, own_id=message_id
        )
        targets = _joined(targets, asked)
    there = {*(s.target for s in standing), *(settled.places if settled else ())}
    missing = tuple(t for t in targets if t not in there)
    place = (targets, missing, reason, because)
    ours = envelope.sender.email in known.colleagues
    return Verdict(
        Outcome.RECORDED, way, message_id, variant, *place, again=bool(settled), by_colleague=ours
    )


def by_hand(
    envelope: Envelope, target: Target, known: Known, owner: Owner, now: datetime
) -> Verdict:
    """Return the verdict on a mail that somebody records on one record, wherever it came from.

    It went out if its sender is the owner or a colleague, unless it was only sent to colleagues.
    ``missing`` is empty if the record has it already. An excluded address keeps it out.
    """
    written_to = {address.email for address in (*envelope.to, *envelope.cc)}
    ours = {e for e in everyone(envelope) if owner.owns(e) or e in known.colleagues}
    way = direction(envelope, owner, sent=False)
    if envelope.sender.email in ours and not written_to <= ours:
        way = Direction.OUT
    # A file has no server's date, and when it is logged says nothing about the mail.
    own = replace(envelope, date=plausible_date(envelope, now))
    message_id, variant, _settled = _key(own, known, way, None)
    if not known.excluded.isdisjoint(everyone(envelope)):
        return Verdict(Outcome.EXCLUDED, way, message_id, variant)
    standing = known.standing.get(message_id, ())
    missing = () if any((s.target, s.variant) == (target, variant) for s in standing) else (target,)
    return Verdict(Outcome.RECORDED, way, message_id, variant, (target,), missing, Reason.HAND)


def tells_author(copy: Envelope, named: str, because: str, owner: Owner) -> bool:
    """Whether a copy in Sent says who wrote a mail whose entry names somebody else.

    Its author is the owner, and the entry names a list that it was written to: such a list puts
    itself into From because of DMARC (RFC 7960 §4), and may have brought its copy first. A mail of
    the person ``because`` of whom it is recorded is theirs.
    """
    written_to = {address.email for address in (*copy.to, *copy.cc)}
    is_list = named in written_to and named != because and not owner.owns(named)
    return is_list and owner.owns(copy.sender.email)


def with_record(
    known: Known, envelope: Envelope, verdict: Verdict, internaldate: datetime | None = None
) -> Known:
    """Return what is known once a mail is to be recorded.

    For later mails in the same batch: two copies are one mail, two mails with one id are two, and
    an answer goes where its question goes.
    """
    key, variant = verdict.message_id, verdict.variant
    date = dated(envelope, internaldate).date
    places = (Standing(t, date, envelope.subject, variant) for t in verdict.targets)
    done = Settled(variant, date, final=True)
    return replace(
        known,
        standing={**known.standing, key: (*known.standing.get(key, ()), *places)},
        settled={**known.settled, key: (*known.settled.get(key, ()), done)},
    )


def is_before_window(owner: Owner, internaldate: datetime | None) -> bool:
    """Whether a message of the past is too old for the owner's history window."""
    return bool(owner.since and internaldate and internaldate < owner.since - CLOCK_SKEW)


def _internal(people: Iterable[str], owner: Owner, known: Known) -> bool:
    return not owner.record_internal and all(email in known.colleagues for email in people)


def _answered(envelope: Envelope, known: Known) -> tuple[Target, ...]:
    """Return where the mail that this one answers is recorded, if it was written in the CRM.

    Only In-Reply-To counts. References would also let in what the owner forwarded privately from
    a thread with a lead, and the answers to that.
    """
    return _targets(
        standing
        for message_id in envelope.in_reply_to
        for standing in known.standing.get(message_id, ())
        if standing.from_crm
    )


def _key(
    envelope: Envelope, known: Known, way: Direction, internaldate: datetime | None
) -> tuple[str, int, Settled | None]:
    """Return the key of a mail, and the outcome that this account already has for it."""
    own = dated(envelope, internaldate)
    stamp = envelope.stamp
    copies, settled = known.standing.get(stamp, ()), known.settled.get(stamp, ())
    # Anyone who has received the header can repeat it, so on others' mails it must match. What was
    # written in the CRM without a subject got one when it was sent.
    if stamp and (
        (way is Direction.OUT and (copies or settled))
        or any(same_mail(own, s.date, s.subject or None) for s in copies)
    ):
        return stamp, 0, next(iter(settled), None)
    message_id = identify(envelope)
    settled = known.settled.get(message_id, ())
    if not (envelope.message_id or envelope.date):
        return message_id, *_by_arrival(own, settled, known.standing.get(message_id, ()))
    for standing in known.standing.get(message_id, ()):
        if standing.from_crm or same_mail(own, standing.date, standing.subject):
            variant = standing.variant
            return message_id, variant, next((s for s in settled if s.variant == variant), None)
    # A removed mail is recorded nowhere: only its date is left to recognise it by.
    standing_variants = {s.variant for s in known.standing.get(message_id, ())}
    for done in settled:
        if done.variant not in standing_variants and same_mail(own, done.date, None):
            return message_id, done.variant, done
    if not settled and not standing_variants:
        return message_id, 0, None
    return message_id, variant_of(envelope), None


def _by_arrival(
    own: Envelope, settled: Sequence[Settled], standing: Sequence[Standing]
) -> tuple[int, Settled | None]:
    """Return the variant of a mail without an id and a Date, and its outcome for this account.

    In one mailbox such mails differ in when they arrived. A colleague's copy may have been held up.
    """
    for done in settled:
        if same_mail(own, done.date, None, SAME_DELIVERY):
            return done.variant, done
    met = {done.variant for done in settled}
    for copy in standing:
        if copy.variant not in met and same_mail(own, copy.date, copy.subject):
            return copy.variant, None
    return (variant_of(own) if settled or standing else 0), None


def _place(
    envelope: Envelope,
    people: Iterable[str],
    known: Known,
    by_address: str,
    answered: tuple[Target, ...],
    own_id: str,
) -> tuple[tuple[Target, ...], Reason, str]:
    """Return the records of the thread, else those of the addresses, and why."""
    if written := _targets(s for s in known.standing.get(own_id, ()) if s.from_crm):
        # The author chose the record in the CRM.
        return written, Reason.THREAD, own_id
    if not by_address:
        return answered, Reason.ANSWER, _first(known.standing, envelope.in_reply_to)
    ancestor, thread = _thread(envelope, known)
    if any(target.is_lead for target in thread):
        return thread, Reason.THREAD, ancestor
    # A thread so far recorded on a contact only joins the lead that was created since.
    return _joined(thread, _all(known.by_address, people)), Reason.ADDRESS, by_address


def _asked(
    late: Mapping[str, tuple[Target, ...]],
    people: Iterable[str],
    known: Known,
    standing: Sequence[Standing],
) -> tuple[Target, ...]:
    """Return the latecomers that a mail also goes to: those that new mail would go to.

    A mail recorded on another open lead belongs to that conversation. A won or lost lead keeps its
    mails, and they go to a returning customer's new lead as well.
    """
    now = _all(known.by_address, people)
    asked = tuple(target for target in _all(late, people) if target in now)
    others = (s for s in standing if s.reachable and s.target.is_lead and s.target not in asked)
    return () if any(s.is_open for s in others) else asked


def _thread(envelope: Envelope, known: Known) -> tuple[str, tuple[Target, ...]]:
    """Return the nearest ancestor that is recorded anywhere, and where (RFC 5322 §3.6.4)."""
    for message_id in (*envelope.in_reply_to, *reversed(envelope.references)):
        if found := _targets(known.standing.get(message_id, ())):
            return message_id, found
    return "", ()


def _targets(standing: Iterable[Standing]) -> tuple[Target, ...]:
    return tuple(dict.fromkeys(s.target for s in standing if s.reachable))


def _all(by_address: Mapping[str, tuple[Target, ...]], people: Iterable[str]) -> tuple[Target, ...]:
    return _joined(*(by_address.get(email, ()) for email in people))


def _joined(*targets: Iterable[Target]) -> tuple[Target, ...]:
    return tuple(dict.fromkeys(target for each in targets for target in each))


def _first(mapping: Mapping[str, object], keys: Iterable[str]) -> str:
    return next((key for key in keys if mapping.get(key)), "")
