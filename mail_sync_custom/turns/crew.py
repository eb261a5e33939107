"""Reads many accounts at the same time: the threads behind the scheduled action.

Each turn runs in a thread of its own. The cron's thread claims as many accounts as there are
places, and no more: whatever is claimed is being read. ``engine.pacing`` decides which ones.
Accounts that are slow have places of their own, so that the others never wait for them; a turn that
turns out to be slow moves there. A host that does not answer is tried by one account at a time, and
what that account learns holds for all that are due.

A run of the scheduled action is short, as Odoo's limits demand. Turns that are still running at its
end go on without it: they hold their leases and a place, and save their result themselves.
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg2
from odoo import api, fields
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.service.server import CommonServer
from odoo.tools import SQL

from ..engine import pacing
from ..engine.pacing import Lane
from ..transactions import as_superuser, share_connections
from . import hosts, lease, poll
from .job import Ended, Job
from .lease import Claimed

_logger = logging.getLogger(__name__)

#: Turns at the same time in each lane.
PLACES = {Lane.FAST: 40, Lane.SLOW: 16}
#: Seconds in which results are gathered, to save them and claim the next accounts together.
GATHER = 0.1
#: Seconds until it is asked again whether further accounts are due.
ASK = 1.0
#: Virtual memory of a thread's stack: Odoo's limits count it.
_STACK = 2 * 1024 * 1024

_SLOW = {Lane.FAST: SQL("slow IS NOT TRUE"), Lane.SLOW: SQL("slow")}


@dataclass
class _Place:
    """A running turn: its lane, and since when."""

    job: Job
    lane: Lane
    since: float = field(default_factory=time.monotonic)


class Crew:
    """The turns that this process gives to the accounts of one database."""

    def __init__(self, dbname: str, places: Mapping[Lane, int] = PLACES):
        self.dbname = dbname
        self.places = places
        self.stopping = self.asked = False
        self._running: dict[int, _Place] = {}
        self._results: queue.SimpleQueue[tuple[Job, Ended]] = queue.SimpleQueue()
        self._windows = pacing.Windows()
        self._ailing: set[str] = set()
        self._ask_at = dict.fromkeys(Lane, 0.0)
        # The hosts that had no room for all of their due accounts when these were last claimed.
        self._full: dict[Lane, set[str]] = {lane: set() for lane in Lane}
        self._guard = threading.Lock()
        self._attended = False

    @contextmanager
    def attended(self) -> Iterator[bool]:
        """Let this thread run the crew; yields False if another thread of the process does.

        Afterwards, ``asked`` says whether another thread wanted to run it meanwhile: that it looked
        for due accounts before they were due is possible.
        """
        with self._guard:
            mine = not self._attended
            self._attended, self.asked = True, not mine
        try:
            yield mine
        finally:
            if mine:
                with self._guard:
                    self._attended = False
                self._book(self._gathered(0))

    def run(self, seconds: float, progress: Callable[[int, int], None]) -> bool:
        """Give turns to the accounts that are due; return whether there is more to do.

        ``progress`` is called with the number of turns that have ended and that are running. It
        returns once nothing is due and nothing runs, or when the time is over. Raises
        psycopg2.Error if the database is lost.
        """
        until = time.monotonic() + seconds
        self._ask_at = dict.fromkeys(Lane, 0.0)
        with lease.holding(self.dbname):
            while not self._over(until):
                if not self._begin() and self._is_idle():
                    # The last look may be a moment old.
                    self._ask_at = dict.fromkeys(Lane, 0.0)
                    if not self._begin():
                        return False
                ended = self._gathered(min(ASK, until - time.monotonic()))
                self._book(ended)
                progress(len(ended), len(self._running))
        return True

    def stop(self) -> None:
        """Claim nothing more: the process ends."""
        self.stopping = True

    def _is_idle(self) -> bool:
        with self._guard:
            return not self._running and self._results.empty()

    def _over(self, until: float) -> bool:
        return self.stopping or _worker_ends() or time.monotonic() >= until

    # -- beginning turns -----------------------------------------------------------------------

    def _begin(self) -> int:
        """Claim accounts for the free places, and begin their turns; return how many."""
        self._step_aside()
        return sum(self._begin_in(lane) for lane in Lane)

    def _begin_in(self, lane: Lane) -> int:
        begun = 0
        while time.monotonic() >= self._ask_at[lane]:
            room = self.places[lane] - self._count(lane)
            if room <= 0:
                break
            claimed = self._claim(lane, room)
            polls = poll.prepare(self.dbname, [one.account for one in claimed]) if claimed else {}
            for one in claimed:
                self._start(Job(self.dbname, one, polls.get(one.account)), lane)
            begun += len(claimed)
            # Accounts of a host that has no room may have hidden those of another one.
            if not claimed or not self._full[lane]:
                self._ask_at[lane] = time.monotonic() + ASK if len(claimed) < room else 0.0
                break
        return begun

    def _step_aside(self) -> None:
        with self._guard:
            fast = [(a, p.since) for a, p in self._running.items() if p.lane is Lane.FAST]
            slow = len(self._running) - len(fast)
            for account in pacing.steps_aside(fast, slow, self.places[Lane.SLOW], time.monotonic()):
                self._running[account].lane = Lane.SLOW
                self._running[account].job.step_aside()

    def _count(self, lane: Lane) -> int:
        with self._guard:
            return sum(place.lane is lane for place in self._running.values())

    def _claim(self, lane: Lane, room: int) -> list[Claimed]:
        """Claim up to that many accounts that are due, within the limits of their hosts."""

        def choosing(
            env: api.Environment, due: Sequence[tuple[int, str]]
        ) -> tuple[list[int], set[str]]:
            now = fields.Datetime.now()
            budget = hosts.budget(env, lease.free(now), now)
            self._ailing = {host for host, known in budget.known.items() if known.failures}
            rooms = {}
            for host in {host for _, host in due}:
                mine, all_ours = self._windows.left(host), budget.room(host)
                rooms[host] = mine if all_ours < 0 else min(mine, all_ours)
            chosen, full = pacing.choose(due, rooms, room)
            self._full[lane] |= full
            by_account = dict(due)
            hosts.count_connections(env, [by_account[account] for account in chosen], now)
            return chosen, full | budget.closed()

        self._full[lane] = full = self._windows.full()
        return lease.claim_due(self.dbname, _SLOW[lane], hosts.NAME, choosing, set(full), 4 * room)

    def _start(self, work: Job, lane: Lane) -> None:
        with self._guard:
            self._running[work.account] = _Place(work, lane)
            self._windows.begin(work.claimed.host)
        if module.current_test:
            self._work(work)  # a test's transactions are all on one connection
            return
        with _small_stacks():
            threading.Thread(target=self._work, args=(work,), daemon=True).start()

    # -- in the threads ------------------------------------------------------------------------

    def _work(self, work: Job) -> None:
        if not module.current_test:
            # Odoo's log names the database in each line.
            threading.current_thread().dbname = self.dbname
            share_connections()
        with lease.holding(self.dbname):
            try:
                ended = work.give()
                Registry(self.dbname).signal_changes()
            except Exception:
                # A bug of ours, or a lost database: it is this account's alone.
                if not self.stopping:
                    _logger.exception("Mail Sync: account %s", work.account)
                with suppress(psycopg2.Error):
                    work.give_back()
                ended = Ended()
            self._end(work, ended)

    def _end(self, work: Job, ended: Ended) -> None:
        with self._guard:
            attended = self._attended
            if attended:
                self._results.put((work, ended))
        if not attended:
            self._book([(work, ended)])

    # -- the results ---------------------------------------------------------------------------

    def _gathered(self, seconds: float) -> list[tuple[Job, Ended]]:
        """Return the results that have come, after waiting for one at most that long."""
        found = []
        with suppress(queue.Empty):
            if seconds > 0 and not module.current_test:
                found.append(self._results.get(timeout=seconds))
                if len(self._running) > len(found):
                    time.sleep(min(GATHER, seconds))
            while True:
                found.append(self._results.get_nowait())
        return found

    def _book(self, results: Sequence[tuple[Job, Ended]]) -> None:
        """Save what short turns found and what is new of hosts; free the places."""
        if not results:
            return
        try:
            if same := [work.claimed for work, ended in results if ended.unchanged]:
                poll.save_unchanged(self.dbname, same)
            self._note_hosts(results)
        finally:
            with self._guard:
                for work, ended in results:
                    self._running.pop(work.account, None)
                    self._windows.end(work.claimed.host, ended.answered)
                for lane, full in self._full.items():
                    if not full.isdisjoint(work.claimed.host for work, _ in results):
                        self._ask_at[lane] = 0.0

    def _note_hosts(self, results: Sequence[tuple[Job, Ended]]) -> None:
        well = {work.claimed.host for work, ended in results if ended.answered}
        if again := well & self._ailing:
            with as_superuser(self.dbname) as env:
                hosts.note_answers(env, again)
            self._ailing -= again


_crews: dict[str, Crew] = {}
_guard = threading.Lock()


def of(dbname: str) -> Crew:
    """Return this process's crew for a database."""
    with _guard:
        if dbname not in _crews:
            _crews[dbname] = Crew(dbname)
            CommonServer.on_stop(_crews[dbname].stop)
        return _crews[dbname]


def _worker_ends() -> bool:
    """Whether this is one of Odoo's worker processes, and has been told to end.

    ``Worker.start`` handles SIGINT alone; there is no hook such as ``on_stop`` in these processes.
    """
    worker = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    return getattr(worker, "alive", True) is False


@contextmanager
def _small_stacks() -> Iterator[None]:
    """Have the threads started inside use less virtual memory than usual."""
    before = threading.stack_size(_STACK)
    try:
        yield
    finally:
        threading.stack_size(before)
