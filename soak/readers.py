"""The processes that read the accounts, made to be killed: `python -m soak.readers DATABASE`.

Loading Odoo takes seconds, too long for a thousand kills. So one process loads it, and each reader
is forked from it, as Odoo's own prefork server does with its workers. A reader gives turns with the
crew behind the scheduled action, and makes all accounts due again and again.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from dev import database, postgres
from dev.machine import own
from dev.paths import LOG, PYTHON, ROOT

#: The first key of the locks of reading processes (see the addon's decision 0016).
LIVES = 1297307983

#: Seconds within which a reader that is to be killed within a turn has begun one, and between two
#: looks at it.
PATIENCE, LOOK = 30, 0.02
#: Time passes: whatever has a pause may be done now. A turn that is under way is left alone.
_LATER = (
    """
    UPDATE mail_sync_account SET next_sync_at = now() AT TIME ZONE 'UTC' - interval '1 s'
    WHERE id IN (SELECT id FROM mail_sync_account
                 WHERE active AND lease_token IS NULL
                   AND next_sync_at > now() AT TIME ZONE 'UTC' - interval '1 s'
                 FOR NO KEY UPDATE SKIP LOCKED)
    """,
    "UPDATE mail_sync_host SET paused_until = NULL WHERE paused_until IS NOT NULL",
    """
    UPDATE mail_sync_message SET retry_at = now() AT TIME ZONE 'UTC' - interval '1 s'
    WHERE id IN (SELECT id FROM mail_sync_message
                 WHERE outcome = 'failed' AND retry_at > now() AT TIME ZONE 'UTC'
                 FOR NO KEY UPDATE SKIP LOCKED)
    """,
)
#: What a reader is doing: the accounts it holds, and its transactions under way.
_DOING = """
    SELECT (SELECT count(*) FROM mail_sync_account a
            WHERE a.lease_token IS NOT NULL AND a.lease_holder IN (
                SELECT l.objid::bigint FROM pg_locks l JOIN pg_stat_activity s USING (pid)
                WHERE l.locktype = 'advisory' AND l.classid = %s AND l.granted
                  AND s.application_name = %s)),
           (SELECT count(*) FROM pg_stat_activity
            WHERE application_name = %s AND backend_xid IS NOT NULL)
"""


class Readers:
    """Some readers of a database: `with Readers(db, 2) as readers: readers.kill(0)`.

    ``died`` counts those that ended without having been killed.
    """

    def __init__(self, db: str, count: int):
        self.db, self.died = db, 0
        self.log = own(LOG) / "soak-readers.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", "--", PYTHON, "-m", "soak.readers", db],
                cwd=ROOT,
                env=database.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"The readers did not start. Read {self.log}.")
        self.pids = [self._new() for _ in range(count)]

    def _new(self) -> int:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def doing(self, number: int) -> tuple[int, int]:
        """Return how many accounts a reader holds, and how many of its transactions write."""
        name = f"odoo-{self.pids[number]}"
        return postgres.execute(_DOING, (LIVES, name, name), db=self.db)[0]

    def kill(self, number: int, inside: bool = False) -> tuple[int, int]:
        """Kill a reader with SIGKILL and start another; return what it was doing.

        It stands still while that is looked up. With ``inside``, it goes on until it is found
        within a turn, or until `PATIENCE` is over.
        """
        pid, doing = self.pids[number], (0, 0)
        deadline = time.monotonic() + (PATIENCE if inside else 0)
        while os.path.exists(f"/proc/{pid}"):
            os.kill(pid, signal.SIGSTOP)
            doing = self.doing(number)
            if doing[0] or time.monotonic() >= deadline:
                os.kill(pid, signal.SIGKILL)
                break
            os.kill(pid, signal.SIGCONT)
            time.sleep(LOOK)
        else:
            self.died += 1
        self.pids[number] = self._new()
        return doing

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait()


# --- in the process that loads Odoo, and in those forked from it --------------------------------


def serve(db: str) -> None:
    """Load Odoo, then fork a reader for each line that arrives, and print its number."""
    import odoo.sql_db
    import odoo.tools
    from odoo.modules.registry import Registry

    config = [f"--config={database.configure()}", f"--database={db}", "--log-level=warn"]
    odoo.tools.config.parse_config(config, setup_logging=True)
    registry = Registry(db)
    # A connection must not be shared by two processes.
    odoo.sql_db.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    parent = os.getpid()
    for _ in sys.stdin:
        if pid := os.fork():
            print(pid, flush=True)
        else:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)
            # With a pool of its own, whose connections have the name of this process.
            odoo.sql_db._Pool = None
            registry._db = odoo.sql_db.db_connect(db)
            while os.getppid() == parent:
                read(db)
            os._exit(0)


def read(db: str) -> None:
    """Give a turn to every account."""
    import psycopg2
    from odoo.addons.mail_sync_custom.turns.crew import of

    try:
        for statement in _LATER:
            postgres.execute(statement, db=db)
        crew = of(db)
        with crew.attended():
            crew.run(60, lambda ended, running: None)
    except psycopg2.Error:
        # The database is being restarted, or another was faster; Odoo runs its jobs again, too.
        time.sleep(0.1)


if __name__ == "__main__":
    serve(sys.argv[1])
