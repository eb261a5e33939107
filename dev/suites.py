"""`python3 -m dev test [SUITE … [-- PYTEST OPTIONS]]`: all suites, or those named.

Each suite has its own process, because a process can load either Odoo or the plain engine. All of
them run, even if one fails. A skipped test is a failed test: on a machine that we made ready
ourselves, there is no good reason to skip.
"""

from __future__ import annotations

import ctypes.util
import os
import time
from collections.abc import Callable

from . import certificates, database, lint, machine
from .console import Failure, say, show, succeeds
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


def system(options: list[str]) -> bool:
    """Run the system tests: real servers, a real Odoo process, a real browser."""
    need_browser()
    return succeeds([*PYTEST, *arguments("tests/system", options)])


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
    "system": system,
}


def run(*args: str) -> int:
    """Run the suites named, or all; return the exit code."""
    named, options = split(args)
    unknown = [name for name in named if name not in SUITES]
    if unknown:
        raise Failure(f"No such suite: {', '.join(unknown)}.", f"Name some of {', '.join(SUITES)}.")
    results = {name: timed(name, options) for name in named or SUITES}
    say("\nSuites:")
    for name, (passed, seconds) in results.items():
        say(f"  {name:10}{'passed' if passed else 'FAILED'}{seconds:8.1f} s")
    return 0 if all(passed for passed, _ in results.values()) else 1


def timed(name: str, options: list[str]) -> tuple[bool, float]:
    """Run a suite; return whether it passed, and its seconds."""
    say(f"\n=== {name}: {SUITES[name].__doc__}")
    begun = time.monotonic()
    try:
        passed = SUITES[name](options)
    except Failure as failure:
        show(failure)
        passed = False
    return passed, time.monotonic() - begun


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
