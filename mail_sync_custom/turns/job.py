"""One account's turn in a thread: the short one if nothing has changed, else the whole one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from odoo.tools import SQL

from ..bridge.store import OdooStore
from ..engine import pacing
from ..engine.errors import Kind, LeaseLost, MailError
from ..engine.imap import session
from ..engine.pacing import Trouble
from ..engine.sync import poll as polling
from ..engine.sync.protocols import Session
from ..transactions import again
from . import hosts, lease, turn
from .lease import Claimed
from .poll import Poll

#: Seconds that one account may be read at a time, so that the others get their turn.
RUN_SECONDS = 60
#: Mailboxes with something to read that are read at the same time: each may have a large mail in
#: memory. Turns in the slow lane do not count.
READERS = 8
#: Accounts that are told together that their host does not answer.
TOGETHER = 20

_readers = threading.BoundedSemaphore(READERS)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended. ``answered``: whether the host did; None if it was not asked."""

    unchanged: bool = False
    answered: bool | None = None


class Job:
    """The turn of an account that this process has claimed. ``poll``: None for a whole turn."""

    def __init__(self, dbname: str, claimed: Claimed, poll: Poll | None):
        self.dbname = dbname
        self.claimed = claimed
        self.account = claimed.account
        self._poll = poll
        self._guard = threading.Lock()
        self._reads = self._aside = False

    def step_aside(self) -> None:
        """Do not count as a reader any more: others may read instead."""
        with self._guard:
            self._aside = True
            if self._reads:
                self._reads = False
                _readers.release()

    def give_back(self) -> None:
        """Give the account back after a fault, with a pause. Raises psycopg2.Error."""
        lease.give_back(self.dbname, self.account, self.claimed.token, turn.PAUSE_AFTER_FAULT)

    def give(self) -> Ended:
        """Read the account, and save the result unless nothing has changed. Raises no MailError."""
        connection, refusal = None, None
        if self._poll:
            try:
                connection = self._connect(self._poll)
                if polling.unchanged(connection, self._poll.covered):
                    connection.close()
                    return Ended(unchanged=True, answered=True)
            except MailError as error:
                # A whole turn renews a token that is refused.
                mended = (connection and connection.alive) or error.code == "token_refused"
                refusal = None if mended else error
        return self._read(connection, refusal)

    @staticmethod
    def _connect(poll: Poll) -> session.ImapSession:
        return session.connect(
            poll.endpoint, poll.credentials, budget=turn.CONNECT_SECONDS, policy=poll.policy
        )

    def _read(self, connection: Session | None, refusal: MailError | None) -> Ended:
        """Give a whole turn, on the connection that there is, or with the refusal of one."""

        @contextmanager
        def connecting(store: OdooStore) -> Iterator[Session]:
            if refusal:
                raise refusal
            with connection or turn.connect(store) as usable, self._reader():
                yield usable

        claimed = self.claimed
        taken = turn.take(self.dbname, claimed.account, claimed.token, RUN_SECONDS, connecting)
        error = taken.error
        if isinstance(error, LeaseLost):
            return Ended()
        if error and (found := pacing.trouble(error)):
            self._note(found, error)
            return Ended(answered=False)
        return Ended(answered=None if error and error.kind is Kind.NET else True)

    @contextmanager
    def _reader(self) -> Iterator[None]:
        """Wait until few enough others are reading; not in the slow lane."""
        while not self._aside and not self._reads:
            if _readers.acquire(timeout=0.5):
                with self._guard:
                    self._reads = not self._aside
                    if self._aside:
                        _readers.release()
        try:
            yield
        finally:
            with self._guard:
                if self._reads:
                    self._reads = False
                    _readers.release()

    # -- what concerns all accounts of a host -----------------------------------------------------

    def _note(self, found: Trouble, error: MailError) -> None:
        known = hosts.note_trouble(self.dbname, self.claimed.host, self.account, found, error)
        if found is Trouble.AWAY and known.away:
            self._share(error)

    def _share(self, error: MailError) -> None:
        """Save for all other accounts of the host that are due: they fail as this one did.

        Each would have waited as long, for the same. Only this account has tried, so only those
        that are due now are told, and the next one that is due tries again.
        """

        def all_of_them(_env, due):
            return [account for account, _ in due], set()

        of_host = SQL("%s = %s", hosts.NAME, self.claimed.host)
        while others := lease.claim_due(
            self.dbname, of_host, hosts.NAME, all_of_them, set(), TOGETHER
        ):
            for other in others:
                again(lambda other=other: self._fail(other, error))

    def _fail(self, other: Claimed, error: MailError) -> None:
        store = OdooStore(self.dbname, other.account, other.token)
        # Without the lease, it has new settings, or another worker.
        with suppress(LeaseLost), store.transaction() as env:
            store.hold(env)
            account = env["mail.sync.account"].browse(other.account)
            account._failed(error, datetime.now(UTC))
            account.write({"lease_token": False, "lease_until": False, "slow": True})
