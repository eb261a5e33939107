"""What the driver talks to: a mail server, a place for records, and what passes between them.

A :class:`Session` is a connection to a mail server, a :class:`Store` is where records go. The
driver is tested on both in memory, and runs on an IMAP server and on Odoo's database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ..errors import MailError
from ..matching import Known, Latecomers, Owner, Verdict
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

#: How the id ends that a message is set aside under while not even its headers came. It is made
#: from the UID, and means nothing in another numbering.
UNREAD = "@unread.invalid"


class Session(Protocol):
    """A connection to a mail server that is logged in. Nothing it does changes a flag there."""

    @property
    def alive(self) -> bool:
        """Whether another command can be sent: False once the connection has ended."""

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

        There may be others among them: the server need not know one form of an address from
        another, and must not leave any out. ``None`` where the server cannot search for that.
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
    """A message set aside, with its reason in a code and in words.

    ``kept_back`` says that the server did not hand it out. It may yet do so, and a message that
    was suspected wrongly is among these: they are tried again for as long as they are there.
    """

    uid: int
    message_id: str
    code: str
    detail: str = ""
    direction: Direction = Direction.IN
    variant: int = 0
    kept_back: bool = False


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
    ``problems`` are the mailboxes that could not be read to their end, and why; ``beside`` is what
    failed beside the reading, which goes on without it. ``came`` counts the messages of which the
    server has handed out the headers, ``bodies`` the bodies that it has, and ``undelivered`` those
    that it lists although it hands out none, neither these nor others.
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
