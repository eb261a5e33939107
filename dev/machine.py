"""The machine: programs, Debian packages, ports, and the processes that we start."""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from . import ending
from .console import Failure, run, say, step
from .paths import LOG, STATE, write

# Below the range that Linux uses for outgoing connections.
PORTS = range(20000, 32000)

# A port must be free on all of these, for the servers listen on each (see `dovecot.CERTIFICATES`).
LOOPBACKS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")

# PostgreSQL and Dovecot refuse to run as root. They run as this user instead, and keep one
# capability of root: to enter folders that are root's alone, as the clone may be in one.
UNPRIVILEGED = "nobody"
KEEP = "+dac_override"


def is_root() -> bool:
    """Return whether we are root."""
    return os.geteuid() == 0


def unprivileged() -> list[str]:
    """Return the prefix of the command of a program that refuses to run as root."""
    if not is_root():
        return []
    return [
        "setpriv",
        f"--reuid={UNPRIVILEGED}",
        f"--regid={os_group()}",
        "--clear-groups",
        f"--inh-caps=-all,{KEEP}",
        f"--ambient-caps=-all,{KEEP}",
        "--",
    ]


def service_user() -> str:
    """Return the name of the user that PostgreSQL and Dovecot run as."""
    import pwd

    return UNPRIVILEGED if is_root() else pwd.getpwuid(os.geteuid()).pw_name


def os_group() -> str:
    """Return the name of that user's group."""
    import grp
    import pwd

    return grp.getgrgid(pwd.getpwnam(service_user()).pw_gid).gr_name


def own(path: Path) -> Path:
    """Make a folder that the service user owns."""
    path.mkdir(parents=True, exist_ok=True)
    if is_root():
        shutil.chown(path, service_user(), os_group())
    return path


# --- programs -----------------------------------------------------------------------------


def find(name: str, *folders: str) -> Path | None:
    """Return the program of that name, on the path or in one of the folders (globs)."""
    for pattern in folders:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if os.access(folder / name, os.X_OK):
                return folder / name
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    return Path(found) if found else None


def browser() -> Path | None:
    """Return the Chromium or Chrome of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(find, names)), None)


def need(packages: Sequence[str], present: Callable[[], object]) -> None:
    """Make sure that Debian packages are installed: as root install them, else say how."""
    if present():
        return
    line = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if not is_root() or not shutil.which("apt-get"):
        raise Failure(f"Missing programs: {', '.join(packages)}.", f"Run `sudo {line}`.")
    with step(f"Installing {', '.join(packages)} (Debian packages)"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], env=env, fix="See that apt reaches its mirror.")
        run([*line.split(), "-y", "-q"], env=env, fix=f"Run `{line}` by hand.")
    if not present():
        raise Failure(f"{', '.join(packages)}: installed, but not usable.", f"Run `{line}`.")


# --- ports --------------------------------------------------------------------------------


def is_free(port: int) -> bool:
    """Return whether the port is free on all of our addresses."""
    for host in LOOPBACKS:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError:
                return False
    return True


def ports(service: str, *names: str) -> dict[str, int]:
    """Return the ports for a service that is about to start: its last ones, if still free."""
    file = STATE / "ports.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        key = f"{service}.{name}"
        taken = {port for other, port in known.items() if other != key}
        while known.get(key) in {None, *taken} or not is_free(known[key]):
            known[key] = random.choice(PORTS)
    write(file, json.dumps(known, indent=1))
    return {name: known[f"{service}.{name}"] for name in names}


def known_ports(service: str) -> dict[str, int]:
    """Return the ports on which a running service listens."""
    known = json.loads((STATE / "ports.json").read_text())
    return {
        name.split(".", 1)[1]: port
        for name, port in known.items()
        if name.startswith(f"{service}.")
    }


def answers(host: str, port: int) -> bool:
    """Return whether something accepts connections there."""
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex((host, port)) == 0


# --- processes ----------------------------------------------------------------------------


def birth(pid: int) -> str | None:
    """Return the start time of a process, which tells it from a later one with its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Daemon:
    """A background program that we started, known by its pidfile."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pidfile = STATE / "pid" / name
        self.log = LOG / f"{name}.log"

    @property
    def pid(self) -> int | None:
        """The process, or None if it is dead or not the one that we started."""
        if not self.pidfile.exists():
            return None
        pid, _, born = self.pidfile.read_text().partition(" ")
        return int(pid) if birth(int(pid)) == born else None

    def start(
        self,
        argv: Sequence[str | Path],
        ready: Callable[[], bool],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start the program and wait until it is ready."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in argv],
                env=ending.unmarked(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        write(self.pidfile, f"{process.pid} {birth(process.pid)}")
        deadline = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                say(self.log.read_text(errors="replace")[-2000:])
                self.stop()
                raise Failure(f"{self.name} did not start.", f"Read {self.log}.")
            time.sleep(0.05)

    def stop(self) -> bool:
        """Stop the program and what it started, politely first; return whether it was running."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + ending.STOPPING
            while self.pid is not None and time.monotonic() < deadline:
                time.sleep(0.05)
                reap(pid)
            with suppress(ProcessLookupError):
                # It led a group of its own (see `start`), some of which may be left.
                os.killpg(pid, signal.SIGKILL)
            reap(pid)
        self.pidfile.unlink(missing_ok=True)
        return pid is not None


def reap(pid: int) -> None:
    """Reap a dead child; do nothing for a process that is not our child."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


_depth = 0


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock on `.dev/`, so that one process at a time changes it."""
    global _depth
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        # This process may hold it already, and would wait for itself.
        if not _depth:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("- Waiting for another `dev` in this clone …")
                fcntl.flock(lock, fcntl.LOCK_EX)
        _depth += 1
        try:
            yield
        finally:
            _depth -= 1
