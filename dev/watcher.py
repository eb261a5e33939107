"""A real process that watches the mailboxes of a database: `odoo-bin mail_sync_watch`."""

from __future__ import annotations

import signal
import subprocess
import time

from . import database, ending
from .console import Failure, say
from .machine import own
from .paths import LOG, PYTHON, ROOT

#: What it says once it watches.
READY = "watching the mailboxes of"


class Watcher:
    """A watcher of one database: `with Watcher(db) as watcher: …`. It writes to `watcher.log`."""

    def __init__(self, db: str, name: str = "watcher") -> None:
        self.db = db
        self.log = LOG / f"{name}-{db}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        if self._process is None:
            raise RuntimeError("This watcher has not been started.")
        return self._process.pid

    def command(self) -> list[str]:
        """Return the command that runs it."""
        # Odoo finds a command of an addon's before it has read its configuration.
        addons = "--addons-path=" + ",".join(map(str, database.addons_path()))
        config = ["-c", str(database.configure()), "-d", self.db]
        return [str(PYTHON), "-m", "odoo", addons, "mail_sync_watch", *config]

    def start(self, timeout: float = 60) -> Watcher:
        """Start it and wait until it watches."""
        own(LOG)
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            # However this process ends, no watcher stays behind.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", "--", *self.command()],
                env=database.environment(),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + timeout
        while READY not in self.log.read_text(errors="replace"):
            if not self.is_running() or time.monotonic() > deadline:
                self.kill()
                say(self.log.read_text(errors="replace")[-4000:])
                raise Failure(f"The watcher of {self.db} did not start.", f"Read {self.log}.")
            time.sleep(0.05)
        return self

    def is_running(self) -> bool:
        """Return whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout: float) -> int:
        """Wait until it has ended; return its exit code."""
        if self._process is None:
            raise RuntimeError("This watcher has not been started.")
        return self._process.wait(timeout)

    def stop(self) -> None:
        """Stop it as systemd would, and wait until it has ended."""
        self.signal(signal.SIGTERM)
        try:
            if self._process is not None:
                self._process.wait(ending.grace())
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it has ended."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self._process is not None and self.is_running():
            self._process.send_signal(number)

    def __enter__(self) -> Watcher:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
