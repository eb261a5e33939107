"""Reads mailboxes as soon as new mail arrives: one process with a connection to each.

One thread looks after all connections that wait in IDLE; a few others run turns on the same
connections (``giver``). ``turn`` defines what a turn is, what it saves and how it fails;
``engine.watching`` decides whom to watch, and when; ``register`` makes PostgreSQL ensure that each
account has only one watcher, on whichever host. While an account waits, there is neither a lease
nor a transaction. When this process dies, nothing is lost: the scheduled action finds the accounts
due.
"""

from __future__ import annotations

import logging
import queue
import selectors
import socket
import time
from contextlib import closing, suppress
from itertools import islice

import psycopg2
from odoo.modules.registry import Registry
from psycopg2 import errorcodes

from ..engine import watching
from ..engine.errors import MailError
from ..engine.watching import Away, Setback, Wanted
from ..models.account.connection import CONNECTION_FIELDS
from . import lease
from .doors import Doors
from .giver import Giver
from .register import Register
from .watch import After, Lane, Watch, spread

_logger = logging.getLogger(__name__)

#: Seconds between two checks of which accounts to watch.
ASK = 1.0
#: Accounts started per check, so that start-up does not flood servers with log-ins.
BEGIN = 50
#: Seconds until an account that another process is reading is tried again.
BUSY = 0.5
#: An account whose turn is further away (its daily quota is used up) is not watched.
HORIZON = 10 * 60
#: Seconds that running turns have to finish when the process ends.
FAREWELL = 8.0
#: Seconds until the database is tried again.
AGAIN = (1.0, 30.0)

_IMAP = (*(name for name in CONNECTION_FIELDS if name.startswith("imap_")), "oauth_grant_id")
#: The errors of a lost database connection.
_DATABASE_GONE = (psycopg2.OperationalError, psycopg2.InterfaceError)
#: PostgreSQL has no room for more locks.
_NO_ROOM = errorcodes.OUT_OF_MEMORY


class Ended(Exception):
    """This process has nothing more to do; the words say why."""


class Watcher:
    """Watches the accounts of one database until it is stopped: `Watcher("db").run()`."""

    def __init__(self, dbname: str):
        self.dbname = dbname
        self._watches: dict[int, Watch] = {}
        self._setbacks: dict[int, Setback] = {}
        self._away: dict[str, Away] = {}
        self._doors = Doors()
        self._busy: dict[int, float] = {}
        self._turning: set[Watch] = set()
        self._selector = selectors.DefaultSelector()
        self._giver = Giver(dbname, self._ring)
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        self._version: str | None = None

    def stop(self) -> None:
        """Make ``run`` end within seconds. Callable from any thread and from a signal handler."""
        self._giver.stopping = True
        self._ring()

    def run(self) -> None:
        """Watch until stopped. Raises Ended if the addon is not installed or has been upgraded."""
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._giver.start()
        with lease.holding(self.dbname):
            try:
                self._watch_whatever_the_database_does()
            finally:
                self._let_all_go()
                self._see_turns_out()

    def _watch_whatever_the_database_does(self) -> None:
        pause, longest = AGAIN
        while not self._giver.stopping:
            began = time.monotonic()
            try:
                self._watch()
            except _DATABASE_GONE as error:
                self._let_all_go()
                pause = AGAIN[0] if time.monotonic() - began > longest else pause
                _logger.warning("Mail Sync: the database is gone, and tried again: %s", error)
                self._rest(pause)
                pause = min(2 * pause, longest)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._giver.stopping and time.monotonic() < until:
            time.sleep(0.1)

    # -- the one thread that looks after all connections --------------------------------------

    def _watch(self) -> None:
        with closing(Register(self.dbname)) as register:
            ask_at = 0.0
            while not self._giver.stopping:
                if time.monotonic() >= ask_at:
                    self._ask(register)
                    ask_at = time.monotonic() + ASK
                wake_at = min(ask_at, *self._busy.values()) if self._busy else ask_at
                for key, _ in self._selector.select(max(0.0, wake_at - time.monotonic())):
                    self._hear(key.data, register)
                self._take_results(register)
                self._ask_the_busy_again()

    def _ask(self, register: Register) -> None:
        """Start watching, stop watching, and give ordinary turns to the accounts that are due."""
        self._check_addon(register)
        Registry(self.dbname).check_signaling()
        wanted = register.wanted(_IMAP, HORIZON)
        watched = {account: watch.signature for account, watch in self._watches.items()}
        for account in watching.to_let_go(wanted, watched):
            self._let_go(self._watches[account], register)
        now = time.monotonic()
        for account, watch in self._watches.items():
            if watch.turning or watch.entering:
                continue
            due = wanted[account].due_in <= watch.ahead
            if due or now >= watch.look_at:
                watch.looking = not due
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
        candidates = watching.to_begin(
            wanted, watched, self._setbacks, self._away, self._doors.hosts(), now
        )
        # Accounts held by other watchers are skipped: there may be many of them at the front.
        room = BEGIN
        while room and (some := list(islice(candidates, room))):
            taken = self._take(some, register)
            room -= len(taken)
            for account in taken:
                watch = self._watches[account] = Watch(account, wanted[account])
                self._let_in(self._doors.arrive(watch))

    def _let_in(self, watches: list[Watch]) -> None:
        for watch in watches:
            self._begin_turn(watch, Lane.ORDINARY)

    def _take(self, accounts: list[int], register: Register) -> list[int]:
        try:
            return register.take(accounts)
        except psycopg2.OperationalError as error:
            if error.pgcode != _NO_ROOM:
                raise
            _logger.error("Mail Sync: raise max_locks_per_transaction in PostgreSQL: %s", error)
            for account in accounts:  # a failed statement releases none of its locks
                register.let_go(account)
            return []

    def _hear(self, watch: Watch | None, register: Register) -> None:
        """Process what a connection reports or, without one, the results of the other threads."""
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
        watch.look_at = float("inf")
        self._giver.put(watch)

    def _ask_the_busy_again(self) -> None:
        now = time.monotonic()
        for account in [account for account, at in self._busy.items() if at <= now]:
            watch = self._watches[account]
            self._begin_turn(watch, watch.lane)

    def _take_results(self, register: Register) -> None:
        with suppress(queue.Empty):
            while True:
                watch, after = self._giver.results.get_nowait()
                watch.turning = False
                self._turning.discard(watch)
                self._has_entered(watch, after, register)
                if watch.ended:
                    self._let_go(watch, register)
                else:
                    self._go_on(watch, after, register)

    def _has_entered(self, watch: Watch, after: After, register: Register) -> None:
        """Process what a first turn says about the host; admit the next, or none if it is away."""
        if not watch.entering:
            return
        watch.entering = False
        if after is After.AWAY:
            self._away[watch.host] = watching.after_no_answer(
                self._away.get(watch.host), time.monotonic(), spread()
            )
            for other in self._doors.turn_away(watch.host):
                self._let_go(other, register)
        elif after not in (After.LET_GO, After.BUSY):
            self._away.pop(watch.host, None)
        self._let_in(self._doors.leave(watch))

    def _go_on(self, watch: Watch, after: After, register: Register) -> None:
        match after:
            case After.IDLE:
                watch.ahead = watching.ahead(spread())
                if watch.quiet:
                    watch.look_at = time.monotonic() + watching.look(len(self._watches), spread())
                self._selector.register(watch.connection, selectors.EVENT_READ, watch)
                # Data that arrived together with the server's go-ahead: no selector reports it.
                self._hear(watch, register)
            case After.MISSED:
                self._begin_turn(watch, Lane.NEWS)
            case After.MORE:
                self._begin_turn(watch, Lane.ORDINARY)
            case After.BUSY:
                self._busy[watch.account] = time.monotonic() + BUSY
            case After.LET_GO | After.AWAY:
                self._let_go(watch, register)
            case After.LOST:
                self._lose(watch, register)
            case After.UNFIT:
                now = time.monotonic()
                self._setbacks[watch.account] = watching.unfit(watch.signature, now)
                self._let_go(watch, register)

    def _lose(self, watch: Watch, register: Register) -> None:
        """Release an account whose connection has ended, until its pause is over."""
        now = time.monotonic()
        self._setbacks[watch.account] = watching.after_end(
            self._setbacks.get(watch.account), watch.signature, now - watch.began, now, spread()
        )
        self._let_go(watch, register)

    def _let_go(self, watch: Watch, register: Register) -> None:
        """Log out and release the account; if it has a turn now, at the end of the turn."""
        watch.ended = True
        if watch.turning:
            return
        self._close(watch)
        if self._watches.get(watch.account) is watch:
            del self._watches[watch.account]
            register.let_go(watch.account)

    def _let_all_go(self) -> None:
        """Log out everywhere; the locks end with the connection that holds them."""
        for watch in self._watches.values():
            watch.ended = True
            if not watch.turning:
                self._close(watch)
        self._watches.clear()
        self._busy.clear()

    def _close(self, watch: Watch) -> None:
        self._forget_socket(watch)
        if self._watches.get(watch.account) is watch:  # and not one that has replaced it
            self._busy.pop(watch.account, None)
        watch.close()

    def _forget_socket(self, watch: Watch) -> None:
        if watch.connection:
            with suppress(KeyError):  # there is no wait while the account is being read
                self._selector.unregister(watch.connection)

    def _see_turns_out(self) -> None:
        """Wait for running turns, for as long as a process may take to end."""
        until = time.monotonic() + FAREWELL
        while self._turning and time.monotonic() < until:
            with suppress(queue.Empty):
                watch, _ = self._giver.results.get(timeout=0.1)
                self._turning.discard(watch)
                watch.close()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # it has been rung already
            self._bell.send(b"!")
