"""Mailboxes that tell of new mail by themselves: one process that keeps a connection to each.

One thread looks after all the connections that wait in IDLE, and a few give turns, on the same
connections. What a turn is, what it saves and how it fails is ``turn``'s; whom to watch, and when,
is decided in ``engine.watching``; that each account is watched by one watcher, on whichever host,
is PostgreSQL's, in ``watched``. While an account waits there is neither a lease nor a transaction.
When this process dies nothing is lost: the scheduled action finds the accounts due.
"""

from __future__ import annotations

import logging
import queue
import random
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from itertools import islice

import psycopg2
from odoo.modules.registry import Registry
from odoo.tools import SQL
from psycopg2 import errorcodes

from ..bridge.store import OdooStore
from ..engine import watching
from ..engine.errors import LeaseLost, MailError
from ..engine.imap.session import ImapSession
from ..engine.sync.protocols import Session
from ..engine.values import MailboxState, Snapshot
from ..engine.watching import Setback, Wanted
from ..models.account.connection import CONNECTION_FIELDS
from ..transactions import RACES, as_superuser
from . import turn
from .register import Register

_logger = logging.getLogger(__name__)

#: Threads of each lane, and the seconds that one turn may take while others wait for theirs.
THREADS = 4
TURN_SECONDS = 10
#: Seconds between two looks at who is to be watched.
ASK = 1.0
#: Accounts that are begun at one look, so that a start is no storm of log-ins.
BEGIN = 25
#: Seconds until an account is asked for again that somebody else is just reading.
BUSY = 0.5
#: An account whose turn is further away (its mails of the day are used up) is not watched.
HORIZON = 10 * 60
#: Seconds that turns under way have to end when the process does.
FAREWELL = 8.0
#: Seconds until the database is tried again.
AGAIN = (1.0, 30.0)

_IMAP = tuple(name for name in CONNECTION_FIELDS if name.startswith("imap_"))
#: What a lost connection to the database looks like.
_DATABASE_GONE = (psycopg2.OperationalError, psycopg2.InterfaceError)
#: PostgreSQL has room for so many locks, and for no more.
_NO_ROOM = errorcodes.OUT_OF_MEMORY


class Ended(Exception):
    """There is nothing more to do for this process; the words say why."""


class Lane(Enum):
    """Where a turn waits for a thread.

    News has threads of its own: a host that stalls and tells nothing, and a mailbox that takes
    long at first, hold up nobody's new mail.
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
    UNFIT = "it cannot be waited at"


class Watch:
    """An account that is watched, and its connection while it has one."""

    __slots__ = (
        "account",
        "ahead",
        "began",
        "connection",
        "ended",
        "lane",
        "signature",
        "told",
        "turning",
    )

    def __init__(self, account: int, signature: str):
        self.account = account
        self.signature = signature
        self.connection: ImapSession | None = None
        self.began = time.monotonic()
        self.told: Snapshot | None = None
        self.turning = self.ended = False
        self.lane = Lane.ORDINARY
        self.ahead = watching.ahead(_random())

    def wake(self) -> None:
        """End the wait on the connection, if there is one. Raises MailError where it has died."""
        if self.connection:
            self.connection.done()

    @contextmanager
    def connecting(self, store: OdooStore) -> Iterator[Session]:
        """Yield the connection that was kept, or another; keep it unless the turn fails."""
        connection, self.connection = self.connection or self._connect(store), None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self.connection = connection

    def _connect(self, store: OdooStore) -> ImapSession:
        connection = turn.connect(store)
        self.began = time.monotonic()
        return connection

    def close(self) -> None:
        """Log out."""
        connection, self.connection = self.connection, None
        if connection:
            connection.close()


class Watcher:
    """Watches the accounts of one database until it is stopped: `Watcher("db").run()`."""

    def __init__(self, dbname: str):
        self.dbname = dbname
        self._watches: dict[int, Watch] = {}
        self._setbacks: dict[int, Setback] = {}
        self._busy: dict[int, float] = {}
        self._turning: set[Watch] = set()
        self._selector = selectors.DefaultSelector()
        self._turns: dict[Lane, queue.SimpleQueue[Watch]] = {
            lane: queue.SimpleQueue() for lane in Lane
        }
        self._results: queue.SimpleQueue[tuple[Watch, After]] = queue.SimpleQueue()
        self._stopping = False
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        self._version: str | None = None

    def stop(self) -> None:
        """Have ``run`` end within seconds. For any thread, and for a signal's handler."""
        self._stopping = True
        self._ring()

    def run(self) -> None:
        """Watch until stopped. Raises Ended where the addon is not installed, or is a new one."""
        self._selector.register(self._alarm, selectors.EVENT_READ)
        for turns in self._turns.values():
            for _ in range(THREADS):
                threading.Thread(target=self._give_turns, args=(turns,), daemon=True).start()
        pause, longest = AGAIN
        try:
            while not self._stopping:
                began = time.monotonic()
                try:
                    self._watch()
                except _DATABASE_GONE as error:
                    self._let_all_go()
                    pause = AGAIN[0] if time.monotonic() - began > longest else pause
                    _logger.warning("Mail Sync: the database is gone, and tried again: %s", error)
                    self._rest(pause)
                    pause = min(2 * pause, longest)
        finally:
            self._let_all_go()
            self._see_turns_out()

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)

    # -- the one thread that looks after all connections --------------------------------------

    def _watch(self) -> None:
        with closing(Register(self.dbname)) as register:
            ask_at = 0.0
            while not self._stopping:
                if time.monotonic() >= ask_at:
                    self._ask(register)
                    ask_at = time.monotonic() + ASK
                wake_at = min(ask_at, *self._busy.values()) if self._busy else ask_at
                for key, _ in self._selector.select(max(0.0, wake_at - time.monotonic())):
                    self._hear(key.data, register)
                self._take_results(register)
                self._ask_the_busy_again()

    def _ask(self, register: Register) -> None:
        """Begin, let go and give their ordinary turns to whom it is time for."""
        self._check_addon(register)
        Registry(self.dbname).check_signaling()
        wanted = register.wanted(_IMAP, HORIZON)
        watched = {account: watch.signature for account, watch in self._watches.items()}
        for account in watching.to_let_go(wanted, watched):
            self._let_go(self._watches[account], register)
        for account, watch in self._watches.items():
            if not watch.turning and wanted[account].due_in <= watch.ahead:
                self._begin_turn(watch, Lane.ORDINARY)
        self._begin(wanted, watched, register)

    def _check_addon(self, register: Register) -> None:
        state, version = register.addon()
        if state in ("uninstalled", "uninstallable", "to install"):
            raise Ended(f"Mail Sync is not installed in the database {self.dbname}.")
        if self._version not in (None, version):
            raise Ended("Mail Sync has been upgraded: start this process again.")
        self._version = version

    def _begin(
        self, wanted: dict[int, Wanted], watched: dict[int, str], register: Register
    ) -> None:
        now = time.monotonic()
        candidates = watching.to_begin(wanted, watched, self._setbacks, now)
        # Whoever another watcher holds is passed over: there may be many of them in front.
        room = BEGIN
        while room and (some := list(islice(candidates, room))):
            taken = self._take(some, register)
            room -= len(taken)
            for account in taken:
                watch = self._watches[account] = Watch(account, wanted[account].signature)
                self._begin_turn(watch, Lane.ORDINARY)

    def _take(self, accounts: list[int], register: Register) -> list[int]:
        try:
            return register.take(accounts)
        except psycopg2.OperationalError as error:
            if error.pgcode != _NO_ROOM:
                raise
            _logger.error("Mail Sync: raise max_locks_per_transaction in PostgreSQL: %s", error)
            for account in accounts:  # a statement that fails lets none of its locks go
                register.let_go(account)
            return []

    def _hear(self, watch: Watch | None, register: Register) -> None:
        """Take in what a connection says, or, without one, what the other threads have done."""
        if watch is None:
            with suppress(BlockingIOError):
                while self._alarm.recv(4096):
                    pass
            return
        try:
            news = watch.connection.news()
        except MailError as error:
            _logger.info("Mail Sync: account %s: the wait has ended: %s", watch.account, error)
            self._lose(watch, register)
        else:
            if news:
                self._begin_turn(watch, Lane.NEWS)

    def _begin_turn(self, watch: Watch, lane: Lane) -> None:
        self._forget_socket(watch)
        self._busy.pop(watch.account, None)
        watch.turning = True
        self._turning.add(watch)
        watch.lane = lane
        self._turns[lane].put(watch)

    def _ask_the_busy_again(self) -> None:
        now = time.monotonic()
        for account in [account for account, at in self._busy.items() if at <= now]:
            watch = self._watches[account]
            self._begin_turn(watch, watch.lane)

    def _take_results(self, register: Register) -> None:
        with suppress(queue.Empty):
            while True:
                watch, after = self._results.get_nowait()
                watch.turning = False
                self._turning.discard(watch)
                if watch.ended:
                    self._let_go(watch, register)
                else:
                    self._go_on(watch, after, register)

    def _go_on(self, watch: Watch, after: After, register: Register) -> None:
        match after:
            case After.IDLE:
                watch.ahead = watching.ahead(_random())
                self._selector.register(watch.connection, selectors.EVENT_READ, watch)
                # What came together with the server's leave to wait: no selector tells of it.
                self._hear(watch, register)
            case After.MISSED:
                self._begin_turn(watch, Lane.NEWS)
            case After.MORE:
                self._begin_turn(watch, Lane.ORDINARY)
            case After.BUSY:
                self._busy[watch.account] = time.monotonic() + BUSY
            case After.LET_GO:
                self._let_go(watch, register)
            case After.LOST:
                self._lose(watch, register)
            case After.UNFIT:
                now = time.monotonic()
                self._setbacks[watch.account] = watching.unfit(watch.signature, now)
                self._let_go(watch, register)

    def _lose(self, watch: Watch, register: Register) -> None:
        """Let go of an account whose connection has ended, until its pause is over."""
        now = time.monotonic()
        self._setbacks[watch.account] = watching.after_end(
            self._setbacks.get(watch.account), watch.signature, now - watch.began, now, _random()
        )
        self._let_go(watch, register)

    def _let_go(self, watch: Watch, register: Register) -> None:
        """Log out, and leave the account to others; at the end of its turn if it has one now."""
        watch.ended = True
        if watch.turning:
            return
        self._close(watch)
        if self._watches.get(watch.account) is watch:
            del self._watches[watch.account]
            register.let_go(watch.account)

    def _let_all_go(self) -> None:
        """Log out everywhere; the locks are gone, or go, with the connection that holds them."""
        for watch in self._watches.values():
            watch.ended = True
            if not watch.turning:
                self._close(watch)
        self._watches.clear()
        self._busy.clear()

    def _close(self, watch: Watch) -> None:
        self._forget_socket(watch)
        if self._watches.get(watch.account) is watch:  # and not another that has taken its place
            self._busy.pop(watch.account, None)
        watch.close()

    def _forget_socket(self, watch: Watch) -> None:
        if watch.connection:
            with suppress(KeyError):  # it is not waited at while somebody else reads the account
                self._selector.unregister(watch.connection)

    def _see_turns_out(self) -> None:
        """Wait for the turns that are under way, for as long as a process may take to end."""
        until = time.monotonic() + FAREWELL
        while self._turning and time.monotonic() < until:
            with suppress(queue.Empty):
                watch, _ = self._results.get(timeout=0.1)
                self._turning.discard(watch)
                watch.close()

    # -- the threads that give turns ----------------------------------------------------------

    def _give_turns(self, turns: queue.SimpleQueue[Watch]) -> None:
        # Odoo's log names the database of each line.
        threading.current_thread().dbname = self.dbname
        while True:
            watch = turns.get()
            try:
                after = self._give_turn(watch)
            except Exception:
                # A fault of ours, or a database that is gone, is no reason for a thread to end.
                _logger.exception("Mail Sync: account %s", watch.account)
                watch.close()
                after = After.LOST
            self._results.put((watch, after))
            self._ring()

    def _give_turn(self, watch: Watch) -> After:
        if watch.ended or self._stopping:
            return After.LET_GO
        try:
            watch.wake()
        except MailError as error:
            # Nobody's fault, and no error of the account: it is polled until it is begun again.
            _logger.info("Mail Sync: account %s: %s", watch.account, error)
            return After.LOST
        lease = self._claim(watch)
        if not lease:
            return After.BUSY
        taken = turn.take(self.dbname, watch.account, lease, TURN_SECONDS, watch.connecting)
        Registry(self.dbname).signal_changes()
        if isinstance(taken.error, LeaseLost):
            return After.LET_GO
        if taken.error or taken.problems:
            return After.LOST
        if taken.report.more and not taken.paused_until:
            return After.MORE
        return self._wait_for_news(watch)

    def _claim(self, watch: Watch) -> str | None:
        try:
            claimed = turn.claim(self.dbname, 1, watch.account)
        except RACES:
            return None
        return claimed[0][1] if claimed else None

    def _wait_for_news(self, watch: Watch) -> After:
        name, covered = self._inbox(watch)
        if not name:
            return _unfit(watch, "it reads no inbox")
        try:
            told = watch.connection.idle(name)
        except MailError as error:
            _logger.info("Mail Sync: account %s: %s", watch.account, error)
            return After.LOST
        if told is None:
            offered = watch.connection.can_idle
            return _unfit(watch, "IDLE was refused" if offered else "its server has no IDLE")
        if told.uidnext is None:
            return _unfit(watch, "its server has no UIDNEXT")
        before, watch.told = watch.told, told
        return After.MISSED if watching.missed(told, covered, before) else After.IDLE

    def _inbox(self, watch: Watch) -> tuple[str, MailboxState]:
        """Return the inbox's own name, empty where there is none, and what is covered of it."""
        query = SQL(
            "SELECT name, uidvalidity, uid_low, uid_high, uid_floor FROM mail_sync_mailbox"
            " WHERE account_id = %s AND special_use = 'inbox'",
            watch.account,
        )
        with as_superuser(self.dbname) as env:
            name, *cursor = next(iter(env.execute_query(query)), ("", 0, 0, 0, 0))
        return name, MailboxState(*cursor)

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # it has been rung already
            self._bell.send(b"!")


def _unfit(watch: Watch, reason: str) -> After:
    _logger.info("Mail Sync: account %s is polled: %s", watch.account, reason)
    return After.UNFIT


def _random() -> float:
    return random.random()  # noqa: S311 - it spreads turns and pauses, and guards nothing
