"""The driver's interfaces: a mail server, a place for records, and the values they exchange.

A :class:`Session` is a connection to a mail server, a :class:`Store` is where records go. The
driver is tested with in-memory versions of both, and runs on an IMAP server and Odoo's database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ..completeness import Checked, Gap, Marked, Order
from ..errors import MailError
from ..matching import Known, Owner, Verdict
from ..people import Latecomers
from ..reports.report import Report as Reported
from ..values import (
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

#: The suffix of the id under which a message is set aside until at least its headers arrive. The
#: id is made from the UID, and is meaningless in another numbering.
UNREAD = "@unread.invalid"


class Session(Protocol):
    """A logged-in connection to a mail server. It never changes a flag."""

    @property
    def alive(self) -> bool:
        """Whether another command can be sent: False once the connection has ended."""

    def status(self, names: Sequence[str]) -> dict[str, Snapshot | None]:
        """Return STATUS (UIDNEXT UIDVALIDITY) of each mailbox, all requested in one round trip.

        ``None`` for a mailbox that does not exist on the server (any more).
        """

    def examine(self, name: str) -> Snapshot:
        """Open a mailbox read-only (EXAMINE) and return what the server reports about it.

        Raises MailboxMissing if it is gone or cannot be selected.
        """

    def search(self, lo: int, hi: int, since: date | None = None) -> list[int]:
        """Return the existing UIDs in ``lo <= uid <= hi`` of the open mailbox, ascending.

        ``since`` keeps those with an INTERNALDATE of that day or later (RFC 9051 §6.4.4).
        """

    def mentioning(self, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
        """Return those of them with one of the addresses as a correspondent, ascending.

        The result may contain others, because the server need not distinguish the forms of an
        address, but must not omit any. ``None`` if the server cannot run this search.
        """

    def headers(
        self, ranges: Sequence[tuple[int, int]], *, traced: bool = False
    ) -> Iterator[Headers]:
        """Yield the headers of all messages in the (inclusive) ranges as they arrive.

        All ranges are requested before the first answer is read. A UID that does not exist is not
        yielded, nor is one that was not requested; each is yielded once. ``traced``: with
        Return-Path and Content-Type, which tell a report from other mail.
        """

    def bodies(self, uids: Sequence[int], limit: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield ``(uid, raw)`` as the messages arrive, without setting ``\\Seen`` (BODY.PEEK).

        ``limit`` requests only that many bytes of each. A message that has vanished, or for which
        the server answers NIL, is not yielded.
        """

    def folders(self) -> list[Folder]:
        """Return every mailbox that LIST shows, each once."""

    def find(self, name: str, header: str, value: str) -> list[int]:
        """Return the UIDs in a mailbox of the messages whose header field contains the value."""

    def append(self, name: str, raw: bytes, when: datetime) -> None:
        """File a message as seen (``\\Seen``) in a mailbox, in one command (RFC 9051 §6.3.12)."""

    def close(self) -> None:
        """Log out, whatever state the connection is in. Never raises."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox to be read, as stored. ``ref`` is the store's own reference to it.

    ``aside`` maps the UIDs of ``state`` that are set aside to whether each is due again.
    ``review`` is how far it has been read again for latecomers, under this UIDVALIDITY.
    ``reports_due`` says that it has reports to be read again: see :meth:`Store.reports_due`.
    """

    ref: int
    name: str
    special_use: SpecialUse | None
    state: MailboxState
    aside: Mapping[int, bool] = field(default_factory=dict)
    review: Review | None = None
    reports_due: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A mail that belongs on records. ``email`` is None if it is already on all of them.

    ``automatic`` says that a program answered, and not a person.
    """

    uid: int
    envelope: Envelope
    verdict: Verdict
    internaldate: datetime | None
    email: Email | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that reports what became of a mail, perhaps of one sent from this mailbox."""

    uid: int
    report: Reported


@dataclass(frozen=True, slots=True)
class Failure:
    """A message set aside, and why: a code and words.

    ``kept_back`` says that the server did not deliver it. It may still do so, and wrongly suspected
    messages are among these: they are retried for as long as they exist. ``envelope`` is what is
    known of it, if its headers arrived.
    """

    uid: int
    message_id: str
    code: str
    detail: str = ""
    direction: Direction = Direction.IN
    variant: int = 0
    kept_back: bool = False
    envelope: Envelope | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Met:
    """A message that has its outcome already: the mail with this key. It may have a new UID.

    ``envelope`` is what this copy says.
    """

    uid: int
    message_id: str
    variant: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction saves: outcomes, and the state that covers them.

    ``tally`` counts every message of the commit by its outcome. ``retried`` are the UIDs that
    were set aside before: those not set aside again are cleared. ``capped`` says that the commit
    ends before a mail that would exceed the quota. ``review`` is how far the mailbox has been read
    for latecomers, if this commit belongs to a review: its messages have been counted before.
    ``latest`` is when the latest of its messages reached the server. ``notices`` are its reports;
    ``reread`` the UIDs that were read again because they had been reports. ``met`` are those that
    had an outcome already. ``exists`` is how many messages the mailbox has, if it was opened.
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
    notices: tuple[Notice, ...] = ()
    reread: tuple[int, ...] = ()
    met: tuple[Met, ...] = ()
    exists: int | None = None

    @property
    def sent_before(self) -> dict[tuple[str, int], Envelope]:
        """The copies in Sent of mails that are recorded already, by their keys."""
        if self.mailbox.special_use is not SpecialUse.SENT:
            return {}
        there = [r for r in self.records if r.verdict.missing != r.verdict.targets]
        found = {(m.message_id, m.variant): m.envelope for m in self.met}
        return found | {(r.verdict.message_id, r.verdict.variant): r.envelope for r in there}


class Stale(Exception):
    """The basis of a commit has changed: look again and decide anew. Nothing was saved."""


class Store(Protocol):
    """Where records go. Each method is one short transaction of its own."""

    def owner(self) -> Owner:
        """Return whose mailbox it is."""

    def mailboxes(self) -> Sequence[Mailbox]:
        """Return the mailboxes to read, the inbox first."""

    def sift(self, emails: Collection[str], message_ids: Collection[str]) -> frozenset[str]:
        """Return those that may matter: addresses of leads or their contacts, ids from the CRM.

        This is asked for every single message, so it must be cheap.
        """

    def known(self, emails: Collection[str], message_ids: Collection[str]) -> Known:
        """Return all that is known of these addresses and ids."""

    def latecomers(self) -> Latecomers:
        """Return the leads whose past mails have not been searched for, or some of them."""

    def caught_up(self, number: int) -> None:
        """Save that the past mails of latecomers up to this number have been searched for."""

    def reports_due(self) -> Mapping[int, Sequence[int]]:
        """Return the UIDs of reports that may be about a mail recorded since, by mailbox.

        Nothing of a report about an unknown mail is stored, but where it is and a few bits of a
        hash. So it is read again when a mail is recorded that it may be about.
        """

    def order(self) -> Order | None:
        """Return the comparison with the server that somebody asked for, if it is not over."""

    def marked(self, mailbox: Mailbox) -> Marked:
        """Return the UIDs of recorded mails that have lost an entry, and of those set aside now."""

    def fetched(self) -> None:
        """Save that what was missing has been fetched: now everything is compared again."""

    def compared(self, mailbox: Mailbox, checked: Checked, gaps: Sequence[Gap]) -> None:
        """Save how far a mailbox has been compared, and what was found missing since."""

    def completed(self) -> None:
        """Save that the comparison is over."""

    def commit(self, commit: Commit) -> tuple[Failure, ...]:
        """Save a commit whole or not at all, and return the records that could not be saved.

        Those have been set aside as failures in the same transaction. Raises Stale, or LeaseLost
        when this run may no longer write.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a message is read, in bytes, and how many mails are recorded.

    ``message_bytes``: of a larger message only the beginning is recorded. ``attachment_bytes``:
    a larger attachment is left out. In both cases the entry says so. ``records``: the mails that
    this run may add to records. A mail that is already on all of its records is free.
    """

    message_bytes: int = 25 * 1024 * 1024
    attachment_bytes: int | None = None
    records: int | None = None


@dataclass
class Report:
    """What a run did. ``more`` says that its time ran out before its work was done.

    ``capped`` says that the quota of ``Limits.records`` is used up and a mail is waiting for the
    next one. ``past`` counts the mails recorded for latecomers, which ``tally`` does not.
    ``problems`` are the mailboxes that could not be read to the end, and why; ``beside`` is a
    failure outside the reading, which continues. ``came`` counts the messages whose headers the
    server delivered, ``bodies`` the bodies that it delivered, and ``undelivered`` the messages that
    it lists although it delivers none, neither these nor others.
    """

    tally: Counter[Outcome] = field(default_factory=Counter)
    past: int = 0
    problems: list[tuple[str, MailError]] = field(default_factory=list)
    beside: list[Exception] = field(default_factory=list)
    more: bool = False
    capped: bool = False
    came: int = 0
    bodies: int = 0
    undelivered: int = 0

    @property
    def barren(self) -> bool:
        """Whether the run read nothing although there was something to read."""
        return bool(self.problems) and not self.came

    @property
    def seen(self) -> int:
        return self.tally.total()
