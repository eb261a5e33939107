"""How a command ends: whatever it started is gone within five seconds.

Ctrl-C, SIGTERM and SIGHUP all mean *stop now*, in the foreground and in the background. The
command unwinds, as it would for an exception. What is left then is found by a mark: every process
that a command starts inherits an environment variable that names the clone and the command. The
services (PostgreSQL, Dovecot, SMTP) are started without it, for they outlive the command that
ends by itself; each of them has a pidfile.

`down` looks for the mark of every command of this clone, so it ends demos in the background, and
what a command that was killed with SIGKILL has left behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

from .paths import STATE

MARK = "MAIL_SYNC_DEV"

#: Seconds for each stage: the command itself, the processes that are left, each service. Their
#: sum stays below five.
UNWINDING, LEAVING, STOPPING = 1.5, 1.2, 1.5

#: Seconds that a server has to end when nobody is in a hurry.
AT_LEISURE = 30.0

PR_SET_PDEATHSIG = 1  # prctl(2)

_begun = False


def begun() -> bool:
    """Return whether this command was told to stop."""
    return _begun


def grace() -> float:
    """Return the seconds that a process has to end after SIGTERM."""
    return UNWINDING / 2 if _begun else AT_LEISURE


# --- the mark -------------------------------------------------------------------------------


def mark() -> bool:
    """Mark this process and all that it starts; return False if it was started with the mark.

    Only what a process was started with can be read from outside, so it has to start anew.
    """
    if os.environ.get(MARK, "").startswith(f"{STATE}:"):
        return False
    os.environ[MARK] = f"{STATE}:{os.getpid()}"
    return True


def unmarked(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment, or this process's, without the mark: for what outlives it."""
    return {k: v for k, v in (os.environ if env is None else env).items() if k != MARK}


def marked(mark: str) -> list[int]:
    """Return the living processes whose mark begins so, but for this one and its ancestors."""
    spared = set(lineage())
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid not in spared and any(v.startswith(wanted) for v in environment(folder)):
            found.append(pid)
    return found


def environment(folder: Path) -> list[bytes]:
    """Return the variables that a process was started with; none once it is dead."""
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile, is a zombie, or is another user's
        return []


def lineage() -> Iterator[int]:
    """Yield this process, its parent, and so on up."""
    pid = os.getpid()
    while pid > 0:
        yield pid
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return


def sweep(mark: str) -> int:
    """End all processes with that mark, politely first; return how many there were."""
    first = marked(mark)
    left = first
    deadline = time.monotonic() + LEAVING
    send(left, signal.SIGTERM)
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = marked(mark)
    while left:
        send(left, signal.SIGKILL)
        time.sleep(0.05)
        left = marked(mark)
    return len(first)


def send(pids: list[int], number: int) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


# --- being told to stop ---------------------------------------------------------------------


def listen(stop_services: Callable[[], object]) -> None:
    """From now on, a signal to stop ends this command and all that it started."""

    def hurry(_number: int, _frame: FrameType | None) -> None:
        finish(stop_services)
        os._exit(128 + signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        global _begun
        if _begun:
            return
        _begun = True
        signal.signal(signal.SIGALRM, hurry)
        signal.setitimer(signal.ITIMER_REAL, UNWINDING)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # `nohup` asks to survive a hang-up. SIGINT is ignored by whatever a script starts with
        # `&`, which nobody asked for.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    if "MAKELEVEL" in os.environ:
        die_with_parent()


def finish(stop_services: Callable[[], object]) -> None:
    """End what is left of this command: its processes, then the services that it started."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    sweep(os.environ[MARK])
    stop_services()


def die_with_parent() -> None:
    """Be told to stop when the parent dies, however it dies."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), signal.SIGTERM)
