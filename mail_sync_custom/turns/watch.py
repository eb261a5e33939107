"""One watched account: its connection, and what the server reported about its mailboxes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from ..bridge.store import OdooStore
from ..engine import watching
from ..engine.errors import Kind, MailError
from ..engine.imap.session import ImapSession
from ..engine.sync.protocols import Session
from ..engine.values import MailboxState, Snapshot
from ..engine.watching import Wanted
from . import turn


class Lane(Enum):
    """The queue in which a turn waits for a thread.

    News has its own threads, so that neither a stalled host nor a mailbox with a long first sync
    delays anybody's new mail.
    """

    NEWS = "the server has told of new mail"
    ORDINARY = "it is time, or there is much to read"


class After(Enum):
    """What follows a turn."""

    IDLE = "the account waits for news"
    MISSED = "something came before the wait began"
    MORE = "there is more to read"
    BUSY = "somebody else reads it"
    LET_GO = "its settings have changed"
    LOST = "its turn or its connection failed"
    AWAY = "its host cannot be reached"
    UNFIT = "it cannot be waited at"


class HostAway(Exception):
    """The host cannot be reached: a server restarts, or a network is down."""


class Unfit(Exception):
    """The server cannot be waited at; the words say why."""


class Watch:
    """One watched account. Only one thread uses it at a time."""

    __slots__ = (
        "account",
        "ahead",
        "began",
        "connection",
        "ended",
        "entering",
        "host",
        "lane",
        "look_at",
        "looking",
        "overdue",
        "quiet",
        "refusal",
        "signature",
        "told",
        "turning",
    )

    def __init__(self, account: int, wanted: Wanted):
        self.account = account
        self.signature = wanted.signature
        self.host = wanted.host
        self.connection: ImapSession | None = None
        self.refusal: MailError | None = None
        self.began = time.monotonic()
        self.told: Mapping[str, Snapshot | None] = {}
        self.overdue = wanted.due_in <= 0
        self.quiet = 0
        self.entering = True
        self.turning = self.ended = self.looking = False
        self.lane = Lane.ORDINARY
        self.ahead = watching.ahead(spread())
        self.look_at = float("inf")

    def wake(self) -> None:
        """End the wait on the connection, if any. Raises MailError if it has died."""
        if self.connection:
            self.connection.done()

    def connect(self, store: OdooStore) -> None:
        """Connect if necessary; a refusal is kept for the turn to report.

        Raises HostAway, which is a failure of the account only once its turn is due.
        """
        if self.connection:
            return
        self.began = time.monotonic()
        try:
            self.connection = turn.connect(store)
        except MailError as error:
            if error.kind is Kind.NET and not self.overdue:
                raise HostAway(str(error)) from error
            self.refusal = error

    @contextmanager
    def connecting(self, _store: OdooStore) -> Iterator[Session]:
        """Yield the connection, and keep it unless the turn fails. Raises the server's refusal."""
        refusal, self.refusal = self.refusal, None
        if refusal:
            raise refusal
        connection, self.connection = self.connection, None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self.connection = connection

    def has_news(self) -> bool:
        """Whether new mail arrived in any mailbox, including those that have to be polled.

        The wait continues. Raises MailError.
        """
        return bool(self.connection.look())

    def wait(self, inbox: str, covered: Mapping[str, MailboxState]) -> bool:
        """Have the server report new mail from now on; return whether some arrived before.

        ``covered`` is what has been read of each mailbox. Raises Unfit if the server does not
        support waiting, and MailError.
        """
        others = [name for name in covered if name != inbox]
        watched = self.connection.watch([inbox, *others])
        if watched is None:
            offered = self.connection.can_idle
            raise Unfit("IDLE was refused" if offered else "its server has no IDLE")
        if not (opened := watched.told[inbox]) or opened.uidnext is None:
            raise Unfit("its server has no UIDNEXT")
        before, self.told = self.told, watched.told
        self.quiet = len(watched.told.keys() - watched.pushed)
        return any(
            found and watching.missed(found, covered[name], before.get(name))
            for name, found in watched.told.items()
        )

    def close(self) -> None:
        """Log out."""
        connection, self.connection = self.connection, None
        if connection:
            connection.close()


def spread() -> float:
    """Return a number from 0 up to 1, for spreading turns and pauses; not for security."""
    return random.random()  # noqa: S311
