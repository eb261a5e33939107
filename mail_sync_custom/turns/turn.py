"""One account's turn: claim it, connect, file what was sent, read what is new, say how it went.

PostgreSQL is the queue. Whoever gives turns (the cron, *Sync now*) claims an account for itself
first, and gives it back at the end; a worker that died has it until its lease is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from odoo import fields
from odoo.tools import SQL

from ..bridge.store import LEASE, OdooStore
from ..engine.errors import LeaseLost, MailError, Step, safe_text
from ..engine.imap import session
from ..engine.sync.protocols import Report, Session
from ..engine.sync.run import run
from ..transactions import again, as_superuser
from . import filing

_logger = logging.getLogger(__name__)

#: What connecting and logging in may take.
CONNECT_SECONDS = 20


@dataclass
class Turn:
    """What a turn did: the report of what was read, or the error that ended it.

    ``paused_until`` is when it goes on, where the day's mails are used up.
    """

    report: Report | None = None
    error: MailError | None = None
    filed: int = 0
    problems: list[MailError] = field(default_factory=list)
    paused_until: datetime | None = None


def claim(dbname: str, limit: int, account_id: int | None = None) -> list[tuple[int, str]]:
    """Return ``[(account id, lease token)]`` of accounts that are due, or of the one asked for.

    Whoever is being claimed by another worker is skipped, on this host and on every other, and a
    lease that has run out is free again.
    """
    now = fields.Datetime.now()
    due = SQL("id = %s", account_id) if account_id else SQL("next_sync_at <= %s", now)
    query = SQL(
        """
        UPDATE mail_sync_account
        SET lease_token = gen_random_uuid()::varchar, lease_until = %(until)s
        WHERE id IN (
            SELECT id FROM mail_sync_account
            WHERE active AND state IN ('enabled', 'error') AND %(due)s
              AND (lease_token IS NULL OR lease_until IS NULL OR lease_until < %(now)s)
            ORDER BY next_sync_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING id, lease_token
        """,
        until=now + LEASE,
        now=now,
        due=due,
        limit=limit,
    )
    with as_superuser(dbname) as env:
        return env.execute_query(query)


def connect(store: OdooStore) -> session.ImapSession:
    """Return a connection that is logged in. Raises MailError where there is none."""
    with store.transaction() as env:
        account = env["mail.sync.account"].browse(store.account_id)
        endpoint, credentials = account._endpoint("imap"), account._credentials("imap")
    return session.connect(endpoint, credentials, budget=CONNECT_SECONDS)


@contextmanager
def own_connection(store: OdooStore) -> Iterator[Session]:
    """Yield a connection for one turn, logged out at its end. Raises MailError where none is."""
    with connect(store) as connection:
        yield connection


#: Where a turn gets its connection from.
Connecting = Callable[[OdooStore], AbstractContextManager[Session]]


def take(
    dbname: str,
    account_id: int,
    token: str,
    seconds: float,
    connecting: Connecting = own_connection,
) -> Turn:
    """Read one account under its lease, and give it back.

    Never raises a MailError, for an account's misfortune is its own.
    """
    store = OdooStore(dbname, account_id, token)
    turn = Turn()
    try:
        with connecting(store) as connection:
            turn = _read(store, connection, seconds)
    except MailError as error:
        turn.error = error
    except Exception as error:
        # A fault of ours is recorded where its owner sees it, and held against no other account.
        _logger.exception("Mail Sync: account %s", account_id)
        turn.error = MailError(safe_text(type(error).__name__), code="internal", step=Step.READING)
    _finish(store, turn)
    return turn


def _read(store: OdooStore, connection: Session, seconds: float) -> Turn:
    with store.transaction() as env:
        limits = env["mail.sync.account"].browse(store.account_id)._limits()
    filed = filing.file_sent(store, connection)
    report = run(connection, store, limits=limits, seconds=seconds)
    return Turn(report, filed=filed, problems=[error for _, error in report.problems])


def _finish(store: OdooStore, turn: Turn) -> None:
    """Save what a turn means for the account, and when its next one is; give the lease back."""
    error = turn.error or next(iter(turn.problems), None)
    if isinstance(error, LeaseLost):
        return
    try:
        again(lambda: _save(store, turn, error))
    except LeaseLost:
        _logger.info("Mail Sync: account %s has new settings, or another worker", store.account_id)


def _save(store: OdooStore, turn: Turn, error: MailError | None) -> None:
    with store.transaction() as env:
        store.hold(env)
        account = env["mail.sync.account"].browse(store.account_id)
        now = datetime.now(UTC)
        if error:
            account._failed(error, now)
        else:
            account._succeeded(now, more=turn.report.more)
            turn.paused_until = account.paused_until or None
        account.write({"lease_token": False, "lease_until": False})
        store.live.end(account)
