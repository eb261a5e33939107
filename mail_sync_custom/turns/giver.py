"""The threads that run the turns of watched accounts, and then start their wait for news."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from odoo.modules.registry import Registry
from odoo.tools import SQL

from ..bridge.store import OdooStore
from ..engine.errors import LeaseLost, MailError
from ..engine.values import MailboxState
from ..transactions import RACES, as_superuser
from . import lease, turn
from .watch import After, HostAway, Lane, Unfit, Watch

_logger = logging.getLogger(__name__)

#: Threads of each lane, and the seconds that one turn may take while others are waiting.
THREADS = {Lane.NEWS: 4, Lane.ORDINARY: 8}
TURN_SECONDS = 10


class Giver:
    """Runs turns until its process ends. Outcomes go to ``results``; ``ring`` announces them."""

    def __init__(self, dbname: str, ring: Callable[[], None]):
        self.dbname = dbname
        self.stopping = False
        self.results: queue.SimpleQueue[tuple[Watch, After]] = queue.SimpleQueue()
        self._ring = ring
        self._turns: dict[Lane, queue.SimpleQueue[Watch]] = {
            lane: queue.SimpleQueue() for lane in Lane
        }

    def start(self) -> None:
        """Start the threads."""
        for lane, turns in self._turns.items():
            for _ in range(THREADS[lane]):
                threading.Thread(target=self._give_turns, args=(turns,), daemon=True).start()

    def put(self, watch: Watch) -> None:
        """Schedule a turn for an account, in its lane."""
        self._turns[watch.lane].put(watch)

    def _give_turns(self, turns: queue.SimpleQueue[Watch]) -> None:
        # Odoo's log names the database in each line.
        threading.current_thread().dbname = self.dbname
        while True:
            watch = turns.get()
            try:
                after = self._give_turn(watch)
            except Exception:
                # A bug of ours, or a lost database, must not end the thread.
                _logger.exception("Mail Sync: account %s", watch.account)
                watch.close()
                after = After.LOST
            self.results.put((watch, after))
            self._ring()

    def _give_turn(self, watch: Watch) -> After:
        if watch.ended or self.stopping:
            return After.LET_GO
        looking, watch.looking = watch.looking, False
        try:
            if looking and not watch.has_news():
                return After.IDLE
            watch.wake()
        except MailError as error:
            # Not a fault, and not an error of the account: it is polled until it is started again.
            _logger.info("Mail Sync: account %s: %s", watch.account, error)
            return After.LOST
        token = self._claim(watch)
        return self._read(watch, token) if token else After.BUSY

    def _claim(self, watch: Watch) -> str | None:
        try:
            claimed = lease.claim(self.dbname, 1, watch.account)
        except RACES:
            return None
        return claimed[0][1] if claimed else None

    def _read(self, watch: Watch, token: str) -> After:
        try:
            watch.connect(OdooStore(self.dbname, watch.account, token))
        except HostAway as away:
            _logger.info("Mail Sync: account %s: %s", watch.account, away)
            lease.give_back(self.dbname, watch.account, token)
            return After.AWAY
        taken = turn.take(self.dbname, watch.account, token, TURN_SECONDS, watch.connecting)
        Registry(self.dbname).signal_changes()
        if isinstance(taken.error, LeaseLost):
            return After.LET_GO
        if taken.error or taken.problems:
            return After.LOST
        if taken.report.more and not taken.paused_until:
            return After.MORE
        return self._wait(watch)

    def _wait(self, watch: Watch) -> After:
        inbox, covered = self._mailboxes(watch)
        try:
            if not inbox:
                raise Unfit("it reads no inbox")
            return After.MISSED if watch.wait(inbox, covered) else After.IDLE
        except Unfit as unfit:
            _logger.info("Mail Sync: account %s is polled: %s", watch.account, unfit)
            return After.UNFIT
        except MailError as error:
            _logger.info("Mail Sync: account %s: %s", watch.account, error)
            return After.LOST

    def _mailboxes(self, watch: Watch) -> tuple[str, dict[str, MailboxState]]:
        """Return the inbox's own name, "" if there is none, and what is covered of each mailbox."""
        query = SQL(
            "SELECT name, special_use, uidvalidity, uid_low, uid_high, uid_floor"
            " FROM mail_sync_mailbox WHERE account_id = %s",
            watch.account,
        )
        with as_superuser(self.dbname) as env:
            rows = env.execute_query(query)
        inbox = next((name for name, use, *_ in rows if use == "inbox"), "")
        return inbox, {name: MailboxState(*cursor) for name, _, *cursor in rows}
