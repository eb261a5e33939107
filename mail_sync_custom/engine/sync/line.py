"""The connection of a run, and its replacement when the server drops it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConnectionLost
from ..values import Snapshot
from .protocols import Mailbox, Session

#: Connections that a run may open besides the one it is given. A message that kills connections
#: usually costs two of them; a server that drops them all must not be flooded.
MAX_RECONNECTS = 10


class Line:
    """A session that may be replaced. Closes the sessions that it opened, and no others."""

    def __init__(self, session: Session, reconnect: Callable[[], Session] | None = None):
        self.session = session
        self._reconnect = reconnect
        self._left = MAX_RECONNECTS if reconnect else 0
        self._opened: int | None = None
        self._own = False

    @property
    def may_renew(self) -> bool:
        """Whether another connection may be opened."""
        return self._reconnect is not None and self._left > 0

    def examine(self, mailbox: Mailbox) -> Snapshot:
        """Open a mailbox. Raises MailboxMissing if it cannot be opened."""
        self._opened = None
        snapshot = self.session.examine(mailbox.name)
        self._opened = mailbox.ref
        return snapshot

    def has_open(self, mailbox: Mailbox) -> bool:
        """Return whether that mailbox is open on this connection."""
        return self.session.alive and self._opened == mailbox.ref

    def renew(self) -> bool:
        """Replace a connection that has ended, if another may be opened.

        Raises MailError if the server does not let us in again.
        """
        if not self.may_renew:
            return False
        self._left -= 1
        self.close()
        self._opened = None
        self.session, self._own = self._reconnect(), True
        if not self.session.alive:
            raise ConnectionLost
        return True

    def close(self) -> None:
        """Log out, if the connection is our own. Never raises."""
        if self._own:
            self.session.close()
