"""`python3 -m dev test [SUITE … [-- PYTEST OPTIONS]]`: all suites, or those named.

Each suite has its own process, because a process can load either Odoo or the plain engine. All of
them run, even if one fails. A skipped test is a failed test: on a machine that we made ready
ourselves, there is no good reason to skip.

The short suites and `shared` run beside the addon's, which keeps one core busy; what they print
follows when it is over. Nothing runs beside `system`, which stops servers that all share, and where
seconds count.
"""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import certificates, database, lint, machine
from .console import Failure, say, show, succeeds
from .machine import own
from .paths import ADDON, LOG, PYTHON, ROOT

PYTEST = [str(PYTHON), "-m", "pytest", "-p", "dev.strict"]


def style(options: list[str]) -> bool:
    """Check what `make lint` does: style, Odoo's rules, XML, sizes, pages and translations."""
    return lint.check(options)


def engine(options: list[str]) -> bool:
    """Run the engine's pure tests."""
    return succeeds([*PYTEST, *arguments("tests/engine", options)])


def contract(options: list[str]) -> bool:
    """Run the contract tests, against the servers in memory and the real ones."""
    return succeeds([*PYTEST, *arguments("tests/contract", options)])


def addon(options: list[str]) -> bool:
    """Run the addon's tests inside Odoo, with its web server and a browser, on a fresh copy."""
    need_browser()
    with database.copy("addon") as name:
        # Here the engine is `odoo.addons.mail_sync_custom.engine`, never `engine`.
        inside_odoo = ["-p", "odoo", "--import-mode=prepend", "-o", "pythonpath=."]
        on_database = [f"--odoo-config={database.configure()}", f"--odoo-database={name}"]
        pictures = [f"--odoo-extra=screenshots={LOG / 'screenshots'}"]
        what = arguments("mail_sync_custom/tests", options)
        return succeeds(
            [*PYTEST, *inside_odoo, "--odoo-http", *on_database, *pictures, *what],
            env=database.environment(),
        )


def shared(options: list[str]) -> bool:
    """Run the system tests that neither stop a server nor count seconds."""
    return system(options or ["-m", "shared"])


def system(options: list[str]) -> bool:
    """Run the other system tests, or those named: real servers, a real Odoo, a real browser."""
    need_browser()
    return succeeds([*PYTEST, *arguments("tests/system", options or ["-m", "not shared"])])


def bad_servers() -> int:
    """Print the table of bad servers, and what becomes of an account there."""
    certificates.make()
    environment = {**os.environ, "PYTHONPATH": str(ADDON)}
    command = [PYTHON, "-m", "tests.contract.show_bad_servers"]
    return 0 if succeeds(command, env=environment) else 1


SUITES: dict[str, Callable[[list[str]], bool]] = {
    "style": style,
    "engine": engine,
    "contract": contract,
    "addon": addon,
    "shared": shared,
    "system": system,
}

#: The suites that run beside another one, one after another.
BESIDE = {"addon": ("style", "engine", "contract", "shared")}


@dataclass(frozen=True)
class Result:
    """Whether a suite passed, and how long it took."""

    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"  {self.name:10}{'passed' if self.passed else 'FAILED'}{self.seconds:8.1f} s"


def run(*args: str) -> int:
    """Run the suites named, or all; return the exit code."""
    named, options = split(args)
    unknown = [name for name in named if name not in SUITES]
    if unknown:
        raise Failure(f"No such suite: {', '.join(unknown)}.", f"Name some of {', '.join(SUITES)}.")
    begun = time.monotonic()
    results = [
        result
        for name, others in planned(named or list(SUITES))
        for result in together(name, others, options)
    ]
    say("\nSuites:")
    for result in sorted(results, key=lambda result: list(SUITES).index(result.name)):
        say(str(result))
    if len(results) > 1:
        say(f"  {'together':16}{time.monotonic() - begun:8.1f} s")
    return 0 if all(result.passed for result in results) else 1


def planned(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the suites to run in turn, each with those that run beside it."""
    beside = {
        name: [other for other in others if other in names]
        for name, others in BESIDE.items()
        if name in names
    }
    taken = {other for others in beside.values() for other in others}
    return [(name, beside.get(name, [])) for name in names if name not in taken]


def together(name: str, others: Sequence[str], options: list[str]) -> list[Result]:
    """Run a suite in view, others beside it; then print what those printed. Return all results."""
    if not others:
        return [in_view(name, options)]
    pool = ThreadPoolExecutor(1)
    try:
        aside = [pool.submit(out_of_view, other, options) for other in others]
        say(f"\nBeside {name}: {', '.join(others)}. What they print follows.")
        first = in_view(name, options)
        results = [future.result() for future in aside]
    finally:
        # After an interrupt none of those that wait may start.
        pool.shutdown(cancel_futures=True)
    for result in results:
        say(output_of(result.name).read_text(errors="replace").rstrip())
    return [first, *results]


def in_view(name: str, options: list[str]) -> Result:
    """Run a suite; return its result."""
    say(f"\n=== {name}: {SUITES[name].__doc__}")
    begun = time.monotonic()
    try:
        passed = SUITES[name](options)
    except Failure as failure:
        show(failure)
        passed = False
    return Result(name, passed, time.monotonic() - begun)


def out_of_view(name: str, options: list[str]) -> Result:
    """Run a suite by a command of its own, which prints to a file; return its result."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "dev", "test", name, "--", *options]
    own(LOG)
    with output_of(name).open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return Result(name, done.returncode == 0, time.monotonic() - begun)


def output_of(name: str) -> Path:
    """Return the file with what a suite printed that ran out of view."""
    return LOG / f"suite-{name}.log"


def split(args: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Separate the names of suites from the options after `--`."""
    words = list(args)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def arguments(folder: str, options: list[str]) -> list[str]:
    """Return pytest's arguments: the suite's folder, unless the options name a path."""
    names_a_path = any((ROOT / option.partition("::")[0]).exists() for option in options)
    return options if names_a_path else [folder, *options]


def need_browser() -> None:
    """Make sure that Chromium is installed, and what Playwright needs to drive it."""

    def present() -> bool:
        # Playwright brings Node.js, but not the libatomic that it is linked with.
        return bool(machine.browser() and ctypes.util.find_library("atomic"))

    machine.need(["chromium", "libatomic1"], present)
