"""What each command does, inside the virtual environment."""

from __future__ import annotations

import signal

from . import (
    bench,
    demo,
    ending,
    figures,
    fuzz,
    lint,
    machine,
    mails,
    odoo_tests,
    readme,
    scale,
    screenshots,
    serve,
    services,
    sizes,
    soak,
    suites,
    translations,
    words,
)
from .console import say
from .paths import STATE

COMMANDS = {
    "demo": demo.run,
    "test": suites.run,
    "bench": bench.run,
    "mails": mails.run,
    "figures": figures.run,
    "fuzz": fuzz.run,
    "servers": suites.bad_servers,
    "odoo-tests": odoo_tests.run,
    "scale": scale.run,
    "soak": soak.run,
    "serve": serve.run,
    "lint": lint.run,
    "screenshots": screenshots.run,
    "sizes": sizes.run,
    "words": words.run,
    "translations": translations.update,
    "readme": readme.run,
}

#: These look at files alone.
WITHOUT_SERVICES = ("figures", "fuzz", "readme", "sizes")


def run(command: str, *args: str) -> int:
    """Run a command; return the exit code."""
    if command == "status":
        return 0 if services.status() else 1
    if command == "down":
        return down()
    if command in WITHOUT_SERVICES:
        return COMMANDS[command](*args)
    ending.listen(services.down_if_unused)
    try:
        code = work(command, *args)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    if ending.begun():
        ending.finish(services.down_if_unused)
    return code


def down() -> int:
    """End every command of this clone, and the services; return the exit code."""
    # Not under the lock: whoever holds it is ended.
    ended = ending.sweep(f"{STATE}:")
    if ended:
        say(f"- Processes of other commands ended: {ended}")
    services.down()
    return 0


def work(command: str, *args: str) -> int:
    """Run a command that needs the services; return the exit code."""
    with machine.alone():
        services.up()
    if command == "up":
        return 0 if services.status() else 1
    return COMMANDS[command](*args)
