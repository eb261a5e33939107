"""One account's turn: connect, read what is new, file what was sent, save the result.

PostgreSQL is the queue. Whatever runs turns (the scheduled action, *Sync now*, the watcher) claims
an account first (see ``lease``), and gives it back at the end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from ..bridge.store import OdooStore
from ..engine import pacing
from ..engine.errors import LeaseLost, MailError, ServerRefused, Step, safe_text
from ..engine.imap import session
from ..engine.sync.protocols import Report, Session
from ..engine.sync.run import run
from ..models.account.connection import logged_in
from ..transactions import again
from . import filing, lease

_logger = logging.getLogger(__name__)

#: The time limit for connecting and logging in.
CONNECT_SECONDS = 20
#: A turn that takes longer than this, in seconds, is in the slow lane the next time.
SLOW = pacing.SLOW
#: When an account is read again if not even the result of its turn could be saved.
PAUSE_AFTER_FAULT = timedelta(minutes=15)


@dataclass
class Turn:
    """The result of a turn: the report of what was read, or the error that ended it.

    ``unfiled`` is why some copies in Sent have to wait. ``paused_until`` is when reading resumes,
    if the day's mails are used up. ``began`` is on the monotonic clock.
    """

    report: Report | None = None
    error: MailError | None = None
    filed: int = 0
    unfiled: MailError | None = None
    problems: list[MailError] = field(default_factory=list)
    paused_until: datetime | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def slow(self) -> bool:
        """Whether the account's next turn may take long."""
        whole = self.report is not None and not self.report.more
        return bool(self.error) or not whole or time.monotonic() - self.began > SLOW


def connect(store: OdooStore) -> session.ImapSession:
    """Return a logged-in connection. Raises MailError if there is none."""
    with store.transaction() as env:
        account = env["mail.sync.account"].browse(store.account_id)
        settings, policy = account._settings("imap"), account._host_policy()
    # Outside of the transaction: it may have to ask a provider for a new token.
    return logged_in(
        store.dbname, settings, partial(session.connect, budget=CONNECT_SECONDS, policy=policy)
    )


@contextmanager
def own_connection(store: OdooStore) -> Iterator[Session]:
    """Yield a connection for one turn, logged out at its end. Raises MailError if there is none."""
    with connect(store) as connection:
        yield connection


#: The source of a turn's connection.
Connecting = Callable[[OdooStore], AbstractContextManager[Session]]


def take(
    dbname: str,
    account_id: int,
    token: str,
    seconds: float,
    connecting: Connecting = own_connection,
) -> Turn:
    """Read one account under its lease, and give it back.

    Never raises a MailError, which is the account's own problem. If a step other than reading fails
    (filing, a notice, updating open pages), only that step fails, and it is logged.
    """
    store = OdooStore(dbname, account_id, token)
    turn = Turn()
    try:
        with connecting(store) as connection:
            _use(store, connection, seconds, turn)
    except MailError as error:
        turn.error = error
    except Exception as error:
        # Our bug is shown to the account's owner, and does not affect any other account.
        turn.error = _fault(store, error, Step.READING)
    _finish(store, turn)
    return turn


def _use(store: OdooStore, connection: Session, seconds: float, turn: Turn) -> None:
    """Read, then file: whatever filing does to the connection, reading is done by then."""
    try:
        _read(store, connection, seconds, turn)
    except ServerRefused:  # the connection is still good
        _file(store, connection, turn)
        raise
    _file(store, connection, turn)


def _read(store: OdooStore, connection: Session, seconds: float, turn: Turn) -> None:
    with store.transaction() as env:
        limits = env["mail.sync.account"].browse(store.account_id)._limits()
    turn.report = run(
        connection, store, limits=limits, seconds=seconds, reconnect=lambda: connect(store)
    )
    turn.problems = [error for _, error in turn.report.problems]
    for error in turn.report.beside:
        with _beside_the_reading(store, Step.READING):
            raise error


def _file(store: OdooStore, connection: Session, turn: Turn) -> None:
    with _beside_the_reading(store, Step.SENDING), _usable(store, connection) as usable:
        turn.filed, turn.unfiled = filing.file_sent(store, usable)


def _usable(store: OdooStore, connection: Session) -> AbstractContextManager[Session]:
    """Return the connection or, if the server dropped it because of a message, a new one."""
    return nullcontext(connection) if connection.alive else own_connection(store)


def _finish(store: OdooStore, turn: Turn) -> None:
    """Save what a turn means for the account and when the next one is; give the lease back."""
    error = turn.error or next(iter(turn.problems), None)
    if isinstance(error, LeaseLost):
        return
    try:
        again(lambda: _save(store, turn, error))
    except LeaseLost:
        _logger.info("Mail Sync: account %s has new settings, or another worker", store.account_id)
        return
    except Exception as fault:
        # Without this, one account would end the whole run, and every run after it.
        turn.error = _fault(store, fault, Step.RECORDING)
        lease.give_back(store.dbname, store.account_id, store.token, pause=PAUSE_AFTER_FAULT)
        _log(store, turn.error)
        return
    with _beside_the_reading(store, Step.RECORDING), store.transaction() as env:
        store.live.end(env["mail.sync.account"].browse(store.account_id))


def _save(store: OdooStore, turn: Turn, error: MailError | None) -> None:
    with store.transaction() as env:
        store.hold(env)
        account = env["mail.sync.account"].browse(store.account_id)
        now = datetime.now(UTC)
        if error:
            account._failed(error, now, barren=bool(turn.report and turn.report.barren))
        else:
            account._succeeded(now, more=turn.report.more)
            turn.paused_until = account.paused_until or None
        account.write({"lease_token": False, "lease_until": False, "slow": turn.slow})


@contextmanager
def _beside_the_reading(store: OdooStore, step: Step) -> Iterator[None]:
    """Isolate the failure of a step: it is logged, and the account continues."""
    try:
        yield
    except MailError as error:
        _log(store, error)
    except Exception as error:
        _log(store, _fault(store, error, step))


def _fault(store: OdooStore, error: Exception, step: Step) -> MailError:
    """Return a bug of ours as an error of the account; the log has its traceback."""
    _logger.error("Mail Sync: account %s", store.account_id, exc_info=error)
    return MailError(safe_text(type(error).__name__), code="internal", step=step)


def _log(store: OdooStore, error: MailError) -> None:
    with store.transaction() as env:
        env["mail.sync.account"].browse(store.account_id)._log_beside(error)
