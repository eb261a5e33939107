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

#: A date so much later than the clock it is compared with is that of a clock gone wrong.
ABSURD = timedelta(days=2)


class Direction(StrEnum):
    """Which way a mail went, seen from the owner of the mailbox."""

    IN = "in"
    OUT = "out"


class Outcome(StrEnum):
    """What became of a message that was looked at. Every message has exactly one."""

    RECORDED = "recorded"
    UNRELATED = "unrelated"  # no correspondent is a lead's; counted, and nothing of it stored
    EXCLUDED = "excluded"  # internal, on a never-log list, outside the history window
    DUPLICATE = "duplicate"  # this account has looked at this mail already, in another mailbox
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
    digits. ``pin`` without a fingerprint accepts the certificate it meets, for the first
    connection of a set-up, whose answer then carries the fingerprint to keep.
    """

    host: str
    port: int
    implicit_tls: bool = True
    pin: bool = False
    fingerprint: str = ""
    starttls_required: bool = False  # it was offered before: not to have it now is an attack
    plain_allowed: bool = False  # the user has read what it means


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and its secret. The secret shows in no ``repr``, hence in no log and no traceback."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Connected:
    """What a connection turned out to be: how it is encrypted and by which certificate."""

    security: Security
    fingerprint: str = ""


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
    """What STATUS or EXAMINE told us of a mailbox now. ``None`` where the server did not say."""

    uidvalidity: int | None = None
    uidnext: int | None = None
    exists: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a server told of each mailbox when a wait at them began.

    ``told`` has ``None`` for a mailbox that there is not. ``pushed`` are the names of those that
    the server tells of by itself from then on; the others have to be asked for.
    """

    told: Mapping[str, Snapshot | None]
    pushed: frozenset[str]


@dataclass(frozen=True, slots=True)
class MailboxState:
    """What is saved of a mailbox: every UID in ``low <= uid < high`` has an outcome.

    ``high`` rises with new mail; ``low`` falls to ``floor``, the first UID of the history window,
    while the first sync reads newest first. All three belong to ``uidvalidity`` and to nothing
    else. ``uidvalidity`` is ``None`` before the first look and 0 for a server that has none.

    ``at_once`` is how many messages the next batch has, or 0 for as many as usual. It is 1 after
    the server has ended the connection over a batch, and grows again with each that goes well.
    """

    uidvalidity: int | None = None
    low: int = 0
    high: int = 0
    floor: int = 0
    at_once: int = 0

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
    """How far a mailbox has been looked through again for records that came late.

    Of what is covered, every UID from ``uid`` up has been; ``number`` says for whom.
    """

    number: int
    uid: int


@dataclass(frozen=True, slots=True)
class Headers:
    """A message before its body is fetched: three numbers and the header fields asked for.

    ``raw`` is the answer to BODY.PEEK[HEADER.FIELDS (…)], still folded. ``size`` is RFC822.SIZE,
    ``None`` where the server gave none or zero. ``internaldate`` is ``None`` where absurd.
    """

    uid: int
    size: int | None
    internaldate: datetime | None
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a header: its name decoded, ``email`` as ``addresses.key`` has it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header fields that decisions are made from, parsed exactly.

    Message ids carry neither ``<>`` nor white space. ``date`` is the Date header in UTC, ``None``
    where it is missing or cannot be read. ``stamp`` is the id that we wrote into a header of our
    own when we sent the mail, for providers that rewrite Message-ID. ``authors`` are all of From,
    ``senders`` those and Sender (RFC 5322 §3.6.2); ``sender`` is the first of them.
    ``subject_guessed`` says that only the whole mail tells which charset the subject is in.
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
    """What of a mail was left out.

    ``why`` is a code of ``mime.limits``, ``name`` the file's. ``size`` is in bytes, and 0 where it
    is not known; ``limit`` is what was exceeded: bytes, or a number of files.
    """

    why: str
    name: str = ""
    size: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Email:
    """A whole message, ready to be recorded.

    ``html`` is the body as the sender made it, not yet safe: the store sanitises it with Odoo's
    own sanitiser. ``envelope`` is the header read once more by the mail's own charset, where that
    makes a difference: for its words only, what was decided stays. A mail of plain text has
    ``html`` empty and ``text`` set. ``omitted`` names, in the user's reading order, what was left
    out and why.
    """

    envelope: Envelope | None = None
    html: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    omitted: tuple[Omitted, ...] = ()
