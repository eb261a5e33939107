"""Everything that a `dev` command has started is gone within five seconds of a stop.

Each test has its own clone, with its own servers, which nobody else uses.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev import odoo

ROOT = Path(__file__).parents[2]

#: What CONTRIBUTING.md promises.
SECONDS = 5


class Clone:
    """A clone of the project that borrows this one's virtual environment and Odoo."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".dev").mkdir(parents=True)
        for name in ("dev", "mail_sync_custom", "Makefile"):
            (root / name).symlink_to(ROOT / name)
        # A module's folder tells where its clone is, so this one is a copy.
        (root / "dev").unlink()
        shutil.copytree(ROOT / "dev", root / "dev")
        (root / ".dev" / "venv").symlink_to(ROOT / ".dev" / "venv")

    def start(self, *argv: str, **options: object) -> subprocess.Popen[bytes]:
        """Start a command in the background, in its own process group."""
        kept = {k: v for k, v in os.environ.items() if k not in ("MAIL_SYNC_DEV", "MAKELEVEL")}
        # By the same path as here: the environment they share has it written down.
        kept["ODOO"] = str(odoo.locate())
        with (self.root / "output").open("ab") as output:
            return subprocess.Popen(
                argv,
                cwd=self.root,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )

    def down(self) -> None:
        """Run `dev down`."""
        done = self.start(sys.executable, "-m", "dev", "down")
        assert done.wait(SECONDS * 4) == 0, self.output()

    def output(self) -> str:
        return (self.root / "output").read_text()

    def processes(self) -> dict[int, str]:
        """Return the processes that have this clone in their command line or working directory."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                where = os.readlink(folder / "cwd")
            except OSError:  # it ended meanwhile
                continue
            if f"{self.root}/" in f"{command} {where}/":
                found[int(folder.name)] = command
        return found

    def wait_for(self, condition: Callable[[], object], seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"{self.output()}\n{self.processes()}"
            time.sleep(0.05)

    def has_an_odoo(self) -> bool:
        """Return whether an Odoo is running here, and with it all the servers."""
        return any(" odoo " in command for command in self.processes().values())


@pytest.fixture
def clone() -> Iterator[Clone]:
    # Sockets are below it: pytest's own directories have too long a path.
    made = Clone(Path(subprocess.check_output(["mktemp", "-d"], text=True).strip()) / "c")
    try:
        yield made
    finally:
        made.down()
        shutil.rmtree(made.root.parent)


def ignore_interrupts() -> None:
    """Do as a shell without job control does for a command started with `&`.

    What `nohup` asked for on behalf of the tests is not meant for it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_ends_a_demo_in_the_background(clone, number):
    demo = clone.start(sys.executable, "-m", "dev", "demo", preexec_fn=ignore_interrupts)
    clone.wait_for(clone.has_an_odoo)
    demo.send_signal(number)
    demo.wait(SECONDS)
    clone.wait_for(lambda: not clone.processes(), 0.5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_processes_started_by_make_end_with_it(clone, number):
    make = clone.start("make", "demo", f"PYTHON={sys.executable}")
    clone.wait_for(clone.has_an_odoo)
    make.send_signal(number)
    clone.wait_for(lambda: not clone.processes(), SECONDS)
    make.wait(SECONDS)


def test_down_ends_what_a_killed_demo_left_behind(clone):
    demo = clone.start(sys.executable, "-m", "dev", "demo")
    clone.wait_for(clone.has_an_odoo)
    demo.kill()
    demo.wait()
    assert clone.processes()
    begun = time.monotonic()
    clone.down()
    clone.wait_for(lambda: not clone.processes(), SECONDS - (time.monotonic() - begun))


def test_down_ends_a_waiting_demo_without_waiting_itself(clone):
    with (clone.root / ".dev/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        demo = clone.start(sys.executable, "-m", "dev", "demo")
        clone.wait_for(lambda: "Waiting for another" in clone.output())
        clone.down()
        demo.wait(SECONDS)
    assert not clone.processes()


def test_earlier_processes_survive_an_interrupted_command(clone):
    assert clone.start(sys.executable, "-m", "dev", "up").wait(90) == 0, clone.output()
    before = set(clone.processes())
    demo = clone.start(sys.executable, "-m", "dev", "demo")
    clone.wait_for(clone.has_an_odoo)
    demo.send_signal(signal.SIGINT)
    demo.wait(SECONDS)
    assert before
    assert before <= set(clone.processes())
