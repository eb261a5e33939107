"""Output: one line per step, and failures that say what to do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .paths import ROOT


class Failure(Exception):
    """Something that the user has to fix: what is wrong, and how to fix it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def say(line: str = "") -> None:
    """Print a line without buffering."""
    print(line, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, then say how long it took."""
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
    fix: str = "Read the output above; `python3 -m dev status` says what is running.",
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdin: bytes | None = None,
) -> str:
    """Run a command and return its output, which is printed only if the command fails.

    Raises Failure, with the fix given, if it exits with another code than 0.
    """
    done = subprocess.run(
        [str(word) for word in argv],
        env=env,
        cwd=cwd,
        # No input unless there is one: no step may wait for someone to type.
        input=stdin if stdin is not None else b"",
        capture_output=True,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        say((output + done.stderr.decode(errors="replace"))[-8000:].rstrip())
        raise Failure(f"`{' '.join(map(str, argv))}` ended with {done.returncode}.", fix)
    return output
