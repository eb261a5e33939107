"""The values of this room: what a report says, and what that means for a mail that was sent."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What became of a mail for one recipient.

    The first five are the actions of RFC 3464 §2.3.3, the others dispositions of RFC 8098 §3.2.6.2.
    """

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"  # handed to a system that reports no more
    EXPANDED = "expanded"  # handed to all members of a list
    READ = "read"
    DELETED = "deleted"  # without having been read

    @property
    def is_disposition(self) -> bool:
        """Whether it says what a person did, and not what a mail server did."""
        return self in (State.READ, State.DELETED)

    @property
    def is_final(self) -> bool:
        """Whether nothing more is to be expected from the mail servers."""
        return self in (State.FAILED, State.DELIVERED)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a report says about one recipient.

    ``addresses`` are the keys by which it names the recipient, the original one first; empty if it
    names none. ``status`` is the enhanced status code (RFC 3463), ``words`` what the server said.
    ``code`` is the meaning of both: a code of ``words.remedies``, empty where all is well.
    """

    addresses: tuple[str, ...]
    state: State
    status: str = ""
    words: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a message reports. ``fates`` is empty if it says nothing that we show.

    ``ids`` are the ids of the mail that it is about, the surest first. ``subject`` and ``sent_at``
    are the returned mail's own, where it was returned. ``date`` is the report's.
    ``sender`` is the key of the report's own author. ``is_standard`` says that the message is
    marked as a report; otherwise its text was recognised.
    """

    fates: tuple[Fate, ...] = ()
    ids: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    date: datetime | None = None
    sender: str = ""
    is_standard: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that was sent from the mailbox: ``ref`` is the store's own reference to it."""

    ref: Hashable
    ids: frozenset[str]
    recipients: frozenset[str]
    subject: str = ""
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be saved of a report: the fate of one mail for one of its recipients."""

    sent: Sent = field(repr=False)
    address: str
    state: State
    status: str = ""
    words: str = ""
    code: str = ""
    date: datetime | None = None
