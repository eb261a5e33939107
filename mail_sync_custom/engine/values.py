"""The values that the engine's parts hand to each other.

All are frozen: a function that wants another value makes another value. Numbers carry the names
of RFC 9051; times are aware ``datetime`` in UTC unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

#: UIDs and UIDVALIDITY are non-zero unsigned 32-bit numbers (RFC 9051 §9, ``nz-number``).
MAX_UID = 2**32 - 1

#: A date this much later than the clock it is compared with comes from a wrong clock.
ABSURD = timedelta(days=2)


class Direction(StrEnum):
    """Which way a mail went, seen from the owner of the mailbox."""

    IN = "in"
    OUT = "out"


class Outcome(StrEnum):
    """What happened to a message that was looked at. Every message has exactly one outcome."""

    RECORDED = "recorded"
    UNRELATED = "unrelated"  # no correspondent is a lead; counted, but not stored
    EXCLUDED = "excluded"  # internal, on a never-log list, outside the history window
    DUPLICATE = "duplicate"  # this account has already seen this mail in another mailbox
    FAILED = "failed"  # set aside with its reason, to be tried again


class SpecialUse(StrEnum):
    """The uses of RFC 6154 §2 that matter to a recorder, and INBOX, which needs no attribute."""

    INBOX = "inbox"
    SENT = "sent"


class Security(StrEnum):
    """How a connection came to be encrypted, or that it is not."""

    IMPLICIT_TLS = "implicit_tls"
    STARTTLS = "starttls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is, and what its connection must be like before a password is sent.

    ``fingerprint`` is the SHA-256 of the one certificate to accept, as 64 lower-case hexadecimal
    digits. ``pin`` without a fingerprint is for looking at a certificate before its owner has
    confirmed it: nobody can log in with it.
    """

    host: str
    port: int
    implicit_tls: bool = True
    pin: bool = False
    fingerprint: str = ""
    starttls_required: bool = False  # it was offered before: its absence now is an attack
    plain_allowed: bool = False  # the user has been warned and agreed


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and its secret. The secret shows in no ``repr``, hence in no log and no traceback.

    ``bearer`` says that ``password`` is an access token of OAuth (RFC 6750), for ``sasl``.
    """

    username: str
    password: str = field(repr=False)
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """What a connection turned out to be: how it is encrypted and by which certificate."""

    security: Security
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server's certificate says of itself, for its user to compare.

    ``fingerprint`` is the SHA-256, as 64 lower-case hexadecimal digits. Names are written as in
    RFC 4514. Whatever cannot be read is empty or ``None``.
    """

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """One line of LIST (RFC 9051 §7.3.1): the name decoded, the attributes in lower case."""

    name: str
    delimiter: str = "/"
    attributes: frozenset[str] = frozenset()

    @property
    def selectable(self) -> bool:
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What STATUS or EXAMINE reports about a mailbox. ``None`` where the server did not say."""

    uidvalidity: int | None = None
    uidnext: int | None = None
    exists: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a server reported about each mailbox when a wait began.

    ``told`` has ``None`` for a mailbox that does not exist. ``pushed`` names those whose changes
    the server reports unasked from then on; the others have to be polled.
    """

    told: Mapping[str, Snapshot | None]
    pushed: frozenset[str]


@dataclass(frozen=True, slots=True)
class MailboxState:
    """What is saved for a mailbox: every UID in ``low <= uid < high`` has an outcome.

    ``high`` rises with new mail; ``low`` falls to ``floor``, the first UID of the history window,
    while the first sync reads newest first. All three apply to ``uidvalidity`` only, which is
    ``None`` before the first look and 0 for a server that reports none.

    ``at_once`` is how many messages the next batch has, or 0 for the usual number. It is 1 after
    the server has dropped the connection during a batch, and grows with each batch that succeeds.

    ``odd`` are the UIDs whose correspondents a server-side search may miss: ranges, both ends
    included, ascending and not adjacent. Covered UIDs outside them have plain header fields.
    """

    uidvalidity: int | None = None
    low: int = 0
    high: int = 0
    floor: int = 0
    at_once: int = 0
    odd: tuple[tuple[int, int], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the history window has been read to its end."""
        return self.uidvalidity is not None and self.low <= self.floor

    def after(self, lo: int, hi: int) -> MailboxState:
        """The state once every UID of ``lo <= uid < hi`` has an outcome too.

        Raises ValueError when the range does not touch what is covered: a cursor that jumps is a
        cursor that loses mail.
        """
        if lo > self.high or hi < self.low or lo > hi:
            raise ValueError(f"{lo}:{hi} does not touch {self.low}:{self.high}")
        return replace(self, low=min(self.low, lo), high=max(self.high, hi))


@dataclass(frozen=True, slots=True)
class Review:
    """How far a mailbox has been read again for records that were created later.

    Every covered UID from ``uid`` up has been read; ``number`` says for which latecomers.
    """

    number: int
    uid: int


@dataclass(frozen=True, slots=True)
class Headers:
    """A message before its body is fetched: three numbers and the header fields asked for.

    ``raw`` is the answer to BODY.PEEK[HEADER.FIELDS (…)], still folded. ``size`` is RFC822.SIZE,
    ``None`` where the server gave none or zero. ``internaldate`` is ``None`` where implausible.
    """

    uid: int
    size: int | None
    internaldate: datetime | None
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header: its name decoded, ``email`` normalised by ``addresses.key``."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header fields that decisions are made from, parsed exactly.

    Message ids carry neither ``<>`` nor white space. ``date`` is the Date header in UTC, ``None``
    where it is missing or unreadable. ``stamp`` is the id that we put into a header of our own
    when we sent the mail, for providers that rewrite Message-ID. ``authors`` are all of From,
    ``senders`` those and Sender (RFC 5322 §3.6.2); ``sender`` is the first of them.
    ``subject_guessed`` says that the subject's charset is known only from the whole mail.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Address = Address("", "")
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    date: datetime | None = None
    subject: str = ""
    subject_guessed: bool = False
    stamp: str = ""
    authors: tuple[Address, ...] = ()
    senders: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is kept as a file.

    The text may refer to it by ``content_id``, without ``<>``, or ``content_location`` (RFC 2557).
    """

    name: str
    mimetype: str
    content: bytes = field(repr=False)
    content_id: str = ""
    content_location: str = ""


@dataclass(frozen=True, slots=True)
class Omitted:
    """Something left out of a mail.

    ``why`` is a code of ``mime.limits``, ``name`` the file's. ``size`` is in bytes, 0 if unknown;
    ``limit`` is what was exceeded: bytes, or a number of files.
    """

    why: str
    name: str = ""
    size: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Email:
    """A whole message, ready to be recorded.

    ``html`` is the body as the sender made it, not yet safe: the store sanitises it with Odoo's
    own sanitiser. ``envelope`` is the header parsed again with the mail's own charset, where that
    makes a difference: it is used for its text only and changes no decision. A plain-text mail has
    an empty ``html`` and its ``text`` set. ``followup_to`` and ``list_post`` are the addresses of
    Mail-Followup-To and List-Post, which say where answers to everyone go. ``omitted`` lists, in
    the user's reading order, what was left out and why.
    """

    envelope: Envelope | None = None
    followup_to: tuple[Address, ...] = ()
    list_post: tuple[Address, ...] = ()
    html: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    omitted: tuple[Omitted, ...] = ()
