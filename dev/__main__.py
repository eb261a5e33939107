"""The commands: `python3 -m dev COMMAND`; the Makefile's targets are these."""

from __future__ import annotations

import os
import sys

from . import console, ending, machine, odoo, venv

COMMANDS = {
    "up": "make the machine ready and start PostgreSQL, Dovecot and SMTP",
    "down": "end all that runs in this clone",
    "status": "say which services are running",
    "demo": "run the main job on sample mailboxes, then serve the result",
    "test": "run all tests, or: test SUITE … -- PYTEST OPTIONS",
    "bench": "measure all figures, or ONLY=name",
    "scale": "measure thousands of mailboxes and a large database, or ONLY=name",
    "soak": "chaos, sending under faults, bad servers: KILLS= MAILS= FAULTS= SECONDS= ONLY=",
    "mails": "put the mails of a folder through: mails DIR",
    "words": "count the visible words that random mails lose on their way: words MAILS SEED",
    "servers": "read an account from every bad server, and print what became of it",
    "odoo-tests": "run Odoo's own tests with and without the addon, or ONLY=/crm:TestClass",
    "fuzz": "fuzz what reads bytes from strangers, a million runs or RUNS=",
    "serve": "serve the web client on the database DB=, by default demo",
    "screenshots": "take the pictures in docs/screenshots anew",
    "lint": "check style, Odoo's rules, XML, the addon's pages and translations",
    "sizes": "print the longest files and functions",
    "figures": "write the figures in docs/benchmarks.md anew: figures OUTPUT-OF-BENCH …",
    "translations": "bring the addon's translations up to date",
    "readme": "write the addon's README.md and index.html from readme/*.md",
}

#: The exit code after Ctrl-C, as of shells.
INTERRUPTED = 130


def no_services() -> None:
    """Stop no services: none has been started yet."""


def main(argv: list[str]) -> int:
    """Run a command; return the exit code."""
    if not argv or argv[0] not in COMMANDS:
        console.say("\n".join(f"python3 -m dev {name:14}{what}" for name, what in COMMANDS.items()))
        return 2
    # A Python too old to read the other modules comes as far as this.
    if sys.version_info < (3, 10):  # noqa: UP036
        raise console.Failure("This Python is older than 3.10.", "Use another: `make PYTHON=…`.")
    if ending.mark():
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    if not venv.inside():
        # `down` waits for nobody, and makes nothing only to stop it.
        if argv[0] != "down" and not prepared():
            return INTERRUPTED
        venv.enter()
    # Only now is there what these import.
    from . import commands

    return commands.run(*argv)


def prepared() -> bool:
    """Make what commands run in, an Odoo and the virtual environment; False if interrupted."""
    ending.listen(no_services)
    try:
        with machine.alone():
            folder = odoo.locate()
            venv.make()
            venv.link(folder)
    except KeyboardInterrupt:
        ending.finish(no_services)
        return False
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except console.Failure as failure:
        console.show(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
