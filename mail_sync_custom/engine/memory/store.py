"""A Store in memory, with the failures of a database, for testing what is above a Store.

A :class:`MemoryStore` is one account's view of a :class:`~.crm.MemoryDatabase`; several may share
one. Failures are switched on per store; none is on by default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from .. import exclusion
from ..copies import dated, plausible_date
from ..errors import LeaseLost
from ..matching import Known, Owner, Settled, Standing, Target
from ..people import Latecomers
from ..reports import pending
from ..reports.attribution import attribute, replaces
from ..reports.report import Mark, Sent
from ..sync.protocols import UNREAD, Commit, Failure, Mailbox, Record, Stale
from ..values import Direction, MailboxState, Outcome, SpecialUse
from .checking import Comparing
from .crm import Entry, MemoryDatabase


class Killed(BaseException):
    """The process is gone at this point. Not an Exception, so that nothing handles it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link between an account and a mail. ``removed`` is a tombstone.

    ``recipients`` are those of a mail that was sent, ``places`` the records that had it.
    """

    uid: int
    date: datetime | None
    alias: str = ""
    removed: bool = False
    subject: str = ""
    recipients: frozenset[str] = frozenset()
    places: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that could not be recorded, and how often that was tried."""

    mailbox: int
    uidvalidity: int | None
    failure: Failure
    attempts: int = 1


#: The key by which an account knows a mail: its message id and variant.
Key = tuple[str, int]


class MemoryStore(Comparing):
    """The Store of ``sync`` for one account, on a :class:`MemoryDatabase`.

    Its failures: after ``dies_before`` or ``dies_after`` more commits the process is Killed, before
    or after the next one completes. The next ``stale`` commits come too late. ``refused`` are the
    ids of mails that cannot be written. Without its ``lease`` it may not write. ``meanwhile`` is
    called once, between a decision and its commit. With ``patient``, nothing is due to be retried.

    ``saved`` lists the commits made. ``marks`` are the marks of reports on mails that were sent, by
    id, recipient, and whether a person or a mail server caused it. ``pending`` has the keys of the
    reports that are about no known mail, by mailbox and UID.
    """

    def __init__(
        self,
        database: MemoryDatabase,
        *emails: str,
        since: datetime | None = None,
        companies: Collection[str] = (),
        record_internal: bool = False,
    ):
        super().__init__()
        self.database = database
        self.companies = frozenset(companies)
        self.account = Owner(frozenset(emails), since, record_internal)
        self.excluded: set[str] = set()
        self.boxes: dict[int, Mailbox] = {}
        self.links: dict[Key, Link] = {}
        self.set_aside: dict[Key, SetAside] = {}
        self.saved: list[Commit] = []
        self.marks: dict[tuple[str, str, bool], Mark] = {}
        self.pending: dict[tuple[int, int], tuple[str, ...]] = {}
        self.due: set[tuple[int, int]] = set()
        self.dies_before: int | None = None
        self.dies_after: int | None = None
        self.stale = 0
        self.refused: set[str] = set()
        self.lease = True
        self.meanwhile: Callable[[], object] | None = None
        self.patient = False
        self.arrived = len(database.arrivals)
        database.stores.append(self)

    def read(
        self,
        name: str,
        special_use: SpecialUse | None = None,
        state: MailboxState | None = None,
    ) -> int:
        """Have a mailbox read; return its ref."""
        ref = len(self.boxes) + 1
        self.boxes[ref] = Mailbox(ref, name, special_use, state or MailboxState())
        return ref

    def state(self, name: str) -> MailboxState:
        """Return how far a mailbox has been read."""
        return next(box.state for box in self.boxes.values() if box.name == name)

    def remove(self, message_id: str, variant: int = 0) -> None:
        """Remove a mail from every timeline, permanently."""
        key = (message_id, variant)
        self.links[key] = replace(self.links[key], removed=True)
        self.database.entries = [
            e for e in self.database.entries if (e.message_id, e.variant) != key
        ]

    @property
    def counts(self) -> Counter[Outcome]:
        """The outcomes of the messages, summed over all commits."""
        return sum((Counter(commit.tally) for commit in self.saved), Counter())

    # -- the protocol -------------------------------------------------------------------------

    def owner(self) -> Owner:
        return self.account

    def mailboxes(self) -> list[Mailbox]:
        refs = {ref for ref, _ in self.due}
        return [
            replace(box, aside=self._aside(box.ref, box.state), reports_due=box.ref in refs)
            for box in self.boxes.values()
        ]

    def sift(self, emails: Collection[str], message_ids: Collection[str]) -> frozenset[str]:
        database = self.database
        known = {lead.email for lead in database.leads.values()}
        known |= {
            database.contacts[lead.contact] for lead in database.leads.values() if lead.contact
        }
        answered = {id_ for id_ in message_ids if any(e.from_crm for e in database.standing(id_))}
        return frozenset(known.intersection(emails) | answered)

    def known(self, emails: Collection[str], message_ids: Collection[str]) -> Known:
        return Known(
            by_address={email: found for email in emails if (found := self._of_address(email))},
            standing={id_: found for id_ in message_ids if (found := self._standing(id_))},
            settled={id_: found for id_ in message_ids if (found := self._settled(id_))},
            colleagues=frozenset(self.database.colleagues.intersection(emails)),
            excluded=frozenset(email for email in emails if self._excludes(email)),
        )

    def _excludes(self, email: str) -> bool:
        patterns = self.database.excluded | self.excluded
        return not patterns.isdisjoint(exclusion.covering(email))

    def latecomers(self) -> Latecomers:
        late: dict[str, tuple[Target, ...]] = {}
        for email, target in self.database.arrivals[self.arrived :]:
            lead = self.database.leads[target]
            if self._reaches(lead.company) and email in self.database.addresses(lead):
                late[email] = (*late.get(email, ()), target)
        number = len(self.database.arrivals)
        return Latecomers(number if number > self.arrived else 0, late)

    def caught_up(self, number: int) -> None:
        if not self.lease:
            raise LeaseLost
        self.arrived = number

    def _aside(self, ref: int, state: MailboxState) -> dict[int, bool]:
        return {
            aside.failure.uid: not self.patient
            for aside in self.set_aside.values()
            if (aside.mailbox, aside.uidvalidity) == (ref, state.uidvalidity)
        }

    def commit(self, commit: Commit) -> tuple[Failure, ...]:
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        self.dies_before = _countdown(self.dies_before)
        if not self.lease:
            raise LeaseLost
        if self.stale:
            self.stale -= 1
            raise Stale
        # Everything is prepared first, so that nothing can fail while it is put in place.
        failures = tuple(
            _as_failure(r) for r in commit.records if r.verdict.message_id in self.refused
        )
        records = [r for r in commit.records if r.verdict.message_id not in self.refused]
        entries = self._entries(records)
        links = {_key(r): self._link(r) for r in records}
        set_aside = self._set_aside(commit, (*commit.failures, *failures), links)

        self.database.entries += entries
        self.links |= links
        self.database.correct_authors(commit.sent_before, self.account)
        for met in commit.met:
            key = (met.message_id, met.variant)
            if link := self.links.get(key):
                self.links[key] = replace(link, uid=met.uid)
        self.set_aside = set_aside
        box = self.boxes[commit.mailbox.ref]
        same = box.state.uidvalidity == commit.state.uidvalidity
        review = commit.review or (box.review if same else None)
        self.boxes[commit.mailbox.ref] = replace(box, state=commit.state, review=review)
        self._report(commit, links)
        self.saved.append(commit)
        self.dies_after = _countdown(self.dies_after)
        return failures

    def reports_due(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for ref, uid in sorted(self.due):
            found.setdefault(ref, []).append(uid)
        return found

    def _link(self, record: Record) -> Link:
        envelope = record.envelope
        is_out = record.verdict.direction is Direction.OUT
        people = (*envelope.to, *envelope.cc, *envelope.bcc) if is_out else ()
        recipients = frozenset(a.email for a in people if not self.account.owns(a.email))
        return Link(
            record.uid,
            dated(envelope, record.internaldate).date,
            _alias(record),
            subject=envelope.subject,
            recipients=recipients,
            places=self._places(record),
        )

    def _places(self, record: Record) -> tuple[Target, ...]:
        before = self.links.get(_key(record))
        return tuple({*(before.places if before else ()), *record.verdict.targets})

    def _report(self, commit: Commit, links: dict[Key, Link]) -> None:
        """Mark the mails that reports are about, and keep the place of the other reports."""
        ref = commit.mailbox.ref
        for (message_id, _), link in links.items():
            if link.recipients:
                found = set(pending.keys((message_id, link.alias), link.recipients))
                self.due |= {place for place, keys in self.pending.items() if found & set(keys)}
        for uid in commit.reread:
            self.pending.pop((ref, uid), None)
            self.due.discard((ref, uid))
        sent = [
            Sent(key[0], frozenset((key[0], link.alias)), link.recipients, link.subject, link.date)
            for key, link in self.links.items()
            if link.recipients and not link.removed
        ]
        for notice in commit.notices:
            marks = attribute(notice.report, sent)
            for mark in marks:
                place = (mark.sent.ref, mark.address, mark.state.is_disposition)
                if place not in self.marks or replaces(mark, self.marks[place]):
                    self.marks[place] = mark
            if not marks and notice.report.fates:
                self.pending[ref, notice.uid] = pending.keys_of(notice.report)

    # -- how it is found and written ----------------------------------------------------------

    def _reaches(self, company: str | None) -> bool:
        return company is None or company in self.companies

    def _of_address(self, email: str) -> tuple[Target, ...]:
        """Return its open leads and its contact or, if there are none, the last closed lead."""
        contacts = self.database.contacts
        leads = [
            lead
            for lead in self.database.leads.values()
            if self._reaches(lead.company) and email in (lead.email, contacts.get(lead.contact))
        ]
        found = [lead.target for lead in leads if lead.is_open]
        found += dict.fromkeys(
            lead.contact for lead in leads if lead.contact and contacts[lead.contact] == email
        )
        return tuple(found or [lead.target for lead in leads][-1:])

    def _standing(self, message_id: str) -> tuple[Standing, ...]:
        return tuple(
            Standing(
                e.target,
                e.date,
                e.subject,
                e.variant,
                e.from_crm,
                self._can_reach(e.target),
                self._is_open(e.target),
            )
            for e in self.database.standing(message_id)
        )

    def _can_reach(self, target: Target) -> bool:
        lead = self.database.leads.get(target)
        return lead is None or self._reaches(lead.company)

    def _is_open(self, target: Target) -> bool:
        lead = self.database.leads.get(target)
        return lead is None or lead.is_open

    def _settled(self, message_id: str) -> tuple[Settled, ...]:
        return tuple(
            Settled(
                variant,
                link.date,
                link.removed,
                tuple(filter(self._exists, link.places)),
                not all(map(self._exists, link.places)),
            )
            for (id_, variant), link in self.links.items()
            if id_ == message_id
        )

    def _exists(self, target: Target) -> bool:
        database = self.database
        return target in database.leads or target in database.contacts

    def _entries(self, records: Iterable[Record]) -> list[Entry]:
        """Return the entries to add. Raises Stale if one exists already (a unique index)."""
        taken = {entry.place for entry in self.database.entries}
        found = [entry for record in records for entry in _new_entries(record)]
        if len(taken | {entry.place for entry in found}) < len(taken) + len(found):
            raise Stale
        return found

    def _set_aside(
        self, commit: Commit, failures: Iterable[Failure], recorded: Collection[Key]
    ) -> dict[Key, SetAside]:
        """Return what is set aside after a commit."""
        uidvalidity, ref = commit.state.uidvalidity, commit.mailbox.ref
        before = self.set_aside
        left = {
            key: aside
            for key, aside in before.items()
            if key not in recorded and not (aside.mailbox == ref and _is_over(key, aside, commit))
        }
        for failure in failures:
            key = (failure.message_id, failure.variant)
            attempts = before[key].attempts + 1 if key in before else 1
            left[key] = SetAside(ref, uidvalidity, failure, attempts)
        return left


def _is_over(key: Key, aside: SetAside, commit: Commit) -> bool:
    """Whether a message was read again, or was known by a UID that is no longer valid."""
    if aside.uidvalidity != commit.state.uidvalidity:
        return commit.state.complete or key[0].endswith(UNREAD)
    return aside.failure.uid in commit.retried


def _key(record: Record) -> Key:
    return record.verdict.message_id, record.verdict.variant


def _as_failure(record: Record) -> Failure:
    message_id, variant = _key(record)
    return Failure(record.uid, message_id, "not_recordable", "", record.verdict.direction, variant)


def _alias(record: Record) -> str:
    own = record.envelope.message_id
    return own if own != record.verdict.message_id else ""


def _new_entries(record: Record) -> Iterator[Entry]:
    verdict, envelope = record.verdict, record.envelope
    for target in verdict.missing:
        if record.email is None:
            raise ValueError(f"{verdict.message_id} is to be written and was not read")
        yield Entry(
            target,
            verdict.message_id,
            subject=envelope.subject,
            date=plausible_date(envelope, record.internaldate) or record.internaldate,
            variant=verdict.variant,
            direction=verdict.entry_direction,
            reason=verdict.reason,
            because=verdict.because,
            email=record.email,
            sender=envelope.sender,
            automatic=record.automatic,
        )


def _countdown(left: int | None) -> int | None:
    if left == 0:
        raise Killed
    return left and left - 1
