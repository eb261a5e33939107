"""What a person sees: one line a step, and a failure that says what to do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .paths import ROOT


class Failure(Exception):
    """Something that a person must mend: what is wrong, and what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def say(line: str = "") -> None:
    """Print a line at once, whatever the output is piped to."""
    print(line, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what begins, and how long it took once it is over."""
    say(f"- {title} …")
    begun = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - begun:.1f} s")


def show(failure: Failure) -> None:
    """Print a failure as two lines."""
    print(f"Failed: {failure.message}\nFix:    {failure.fix}", file=sys.stderr, flush=True)


def succeeds(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> bool:
    """Run a command from the clone's root with its output in view; return whether it exits 0."""
    return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode == 0


def run(
    argv: Sequence[str | Path],
    *,
    fix: str = "Read the output above; `python3 -m dev status` tells what is running.",
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdin: bytes | None = None,
) -> str:
    """Run a command and return what it printed; a person sees that only if it fails."""
    done = subprocess.run(
        [str(word) for word in argv],
        env=env,
        cwd=cwd,
        # Without an input of ours it gets none: no step may wait for a person.
        input=stdin if stdin is not None else b"",
        capture_output=True,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        say((output + done.stderr.decode(errors="replace"))[-8000:].rstrip())
        raise Failure(f"`{' '.join(map(str, argv))}` ended with {done.returncode}.", fix)
    return output
