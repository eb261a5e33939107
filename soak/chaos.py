"""Mail under chaos: thousands of mails are delivered while everything around them breaks.

Two processes read the accounts; one of them is killed at a random moment, again and again. The
mail server, the database and Odoo are killed as well; folders are renamed, made anew and
renumbered; mails are moved and expunged. In the end the oracle says what is missing, there twice,
or wrong.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2

from . import oracle, outages, timelines
from .firm import Firm
from .post import Post
from .readers import Readers

READERS = 2
#: The mean of the seconds between two kills.
PAUSE = 0.2
#: Kills between two of each, on average.
EVERY = {
    "move": 6,
    "expunge": 8,
    "rename": 20,
    "come_back": 15,
    "renumber": 25,
    "kill_connections": 10,
    "terminate_backend": 8,
    "kill_backend": 120,
    "kill_dovecot": 60,
    "kill_odoo": 250,
}
#: Seconds within which all accounts must have been read when all is well again.
PATIENCE = 300


@dataclass
class Chaos:
    """A run: so many ``mails`` (copies) and ``kills``, within ``seconds``, by a ``seed``."""

    firm: Firm
    mails: int
    kills: int
    seconds: float
    seed: int
    killed: int = 0
    inside: int = 0
    writing: int = 0
    took: float = 0.0
    failures: list[str] = field(default_factory=list)
    verdict: oracle.Verdict = field(default_factory=oracle.Verdict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        places = timelines.places(self.firm.admin)
        self.post = Post(self.firm, self.random, places)

    def run(self) -> None:
        """Do everything, and ask the oracle."""
        begun = time.monotonic()
        schedule = self._schedule()
        with Readers(self.firm.db, READERS) as readers:
            for tick in range(self.kills):
                if time.monotonic() - begun > self.seconds:
                    self.failures.append(f"the time was over after {tick} kills")
                    break
                left = self.mails - self.post.delivered
                self.post.deliver(max(0, round(left / (self.kills - tick))))
                for event in schedule.get(tick, ()):
                    event()
                time.sleep(min(self.random.expovariate(1 / PAUSE), 5 * PAUSE))
                self._kill(readers)
            self._quiet(readers)
            if readers.died:
                self.failures.append(f"{readers.died} readers ended by themselves")
        self.took = time.monotonic() - begun
        self._ask()

    def _schedule(self) -> dict[int, list[Callable[[], None]]]:
        """Return what happens before each kill.

        Each event happens at least once, but for a kill of Odoo itself, whose start takes longer
        than a short run.
        """
        found: dict[int, list[Callable[[], None]]] = {}
        for name, every in EVERY.items():
            for _ in range(round(self.kills / every) or (name != "kill_odoo")):
                event = getattr(self, f"_{name}", None) or getattr(self.post, name)
                found.setdefault(self.random.randrange(self.kills), []).append(event)
        return found

    def _kill(self, readers: Readers) -> None:
        # A busy machine gives few turns between two kills: what luck does not hit is waited for.
        behind = 2 * self.inside < self.killed + 1
        held, writing = readers.kill(self.random.randrange(READERS), inside=behind)
        self.killed += 1
        self.inside += held > 0
        self.writing += writing > 0

    # -- what breaks ----------------------------------------------------------------------------

    def _come_back(self) -> None:
        self.post.come_back(keep=1)

    def _kill_connections(self) -> None:
        self.post.count("IMAP connections killed", outages.kill_connections(self.random))

    def _terminate_backend(self) -> None:
        if outages.terminate_backend(self.firm.db, self.random):
            self.post.count("database connections ended")

    def _kill_backend(self) -> None:
        if outages.kill_backend(self.firm.db, self.random):
            self.post.count("database crashes")

    def _kill_dovecot(self) -> None:
        outages.kill_dovecot()
        self.post.count("mail server killed")

    def _kill_odoo(self) -> None:
        self.firm.server.kill()
        self.firm.server.start()
        self.post.count("Odoo killed")

    # -- when all is well again -------------------------------------------------------------------

    def _quiet(self, readers: Readers) -> None:
        """Bring the folders back; wait until every account has been read to the end, twice."""
        self.post.settle()
        for _ in range(2):
            since = self._now()
            deadline = time.monotonic() + PATIENCE
            while left := self._unread(since):
                if time.monotonic() > deadline:
                    self.failures.append(f"{left} accounts were not read to the end")
                    return
                time.sleep(0.1)
        [(aside,)] = self.firm.sql(
            "SELECT count(*) FROM mail_sync_message WHERE outcome = 'failed'"
        )
        if aside:
            self.failures.append(f"{aside} mails are still set aside")

    def _now(self) -> object:
        return self.firm.sql("SELECT date_trunc('second', now() AT TIME ZONE 'UTC')")[0][0]

    def _unread(self, since: object) -> int:
        """Return how many accounts have not been read to the end, without an error, since then."""
        try:
            [(left,)] = self.firm.sql(
                "SELECT count(*) FROM mail_sync_account WHERE active AND NOT COALESCE("
                " last_sync_at > %s AND state = 'enabled' AND slow IS NOT TRUE, FALSE)",
                since,
            )
        except psycopg2.OperationalError:
            return -1
        return left

    def _ask(self) -> None:
        post, users = self.post, [one.email for one in self.firm.people]
        perhaps = [raw for key, raw in post.perhaps.items() if key not in post.gone]
        self.verdict = oracle.look(self.firm.admin, users, post.gone.values(), perhaps)
        if 2 * self.inside < self.killed:
            self.failures.append("fewer than half of the kills fell inside a turn")
        if self.post.delivered < self.mails:
            self.failures.append(f"only {self.post.delivered} mails were delivered")

    @property
    def is_good(self) -> bool:
        """Whether the oracle found nothing, and all was done."""
        return self.verdict.is_good and not self.failures

    def lines(self) -> list[str]:
        """Return the figures, a line each."""
        found = self.verdict
        return [
            f"chaos: seed {self.seed}, {self.took:.0f} s",
            f"mails delivered: {self.post.delivered}",
            f"kills of the reading process: {self.killed}, inside a turn: {self.inside},"
            f" while it wrote to the database: {self.writing}",
            *(f"{what}: {count}" for what, count in sorted(self.post.done.items())),
            f"entries expected: {found.expected}",
            f"missing: {len(found.missing)}, twice: {len(found.twice)}, wrong: {len(found.wrong)}",
            *list(found.findings())[:40],
            *(f"failed: {why}" for why in self.failures),
        ]
