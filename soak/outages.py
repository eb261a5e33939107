"""What breaks: the mail server, connections to it, the database, a backend, Odoo."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg2

from dev import dovecot, postgres

#: Seconds within which PostgreSQL must have recovered.
PATIENCE = 60


def kill_dovecot() -> None:
    """Kill the mail server with SIGKILL, all its processes, and start it again."""
    pid, before = dovecot.DAEMON.pid, dovecot.listening()
    os.killpg(pid, signal.SIGKILL)
    # Until its parent has reaped it, the next one would believe that it runs.
    (dovecot.HOME / "run" / "master.pid").unlink(missing_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        dovecot.stop()
        dovecot.start()
    if dovecot.listening() != before:
        raise RuntimeError("Dovecot has other ports than before: something took them.")


def kill_connections(rng: random.Random) -> int:
    """Kill half of the processes that serve IMAP connections; return how many there were."""
    serving = [pid for pid in _group(dovecot.DAEMON.pid) if _name(pid) == "imap"]
    killed = [pid for pid in serving if rng.random() < 0.5]
    for pid in killed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(killed)


def _group(leader: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError, FileNotFoundError):
            if os.getpgid(int(folder.name)) == leader:
                found.append(int(folder.name))
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def backends(db: str) -> list[int]:
    """Return the PostgreSQL processes that serve Odoo's connections to a database."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'odoo-%%'"
    )
    return [pid for (pid,) in postgres.execute(query, (db,))]


def terminate_backend(db: str, rng: random.Random) -> bool:
    """End one connection to the database, as an administrator can; return whether there was one."""
    found = backends(db)
    if found:
        postgres.execute("SELECT pg_terminate_backend(%s)", (rng.choice(found),))
    return bool(found)


def kill_backend(db: str, rng: random.Random) -> bool:
    """Kill a backend with SIGKILL: PostgreSQL ends all others, and recovers as after a crash."""
    found = backends(db)
    if not found:
        return False
    with suppress(ProcessLookupError):
        os.kill(rng.choice(found), signal.SIGKILL)
    time.sleep(0.05)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            postgres.execute("SELECT 1", db=db)
            return True
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
