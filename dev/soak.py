"""`make soak`: chaos with an oracle, sending under faults, and the scripted bad servers.

`ONLY=` names one of the three. `KILLS=`, `MAILS=` and `FAULTS=` (sendings at each of the eight
points) are how much is done, `SECONDS=` how long the chaos may last at most, `SEED=` what it begins
with. Prints the figures; exits 1 if one is wrong, or if the time was over first.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable

from . import database, suites
from .console import Failure, say

#: Accounts that are read in the chaos, and the customers that write to them.
PEOPLE, CUSTOMERS = 10, 40


def number(name: str, usual: int) -> int:
    """Return a number from the environment."""
    return int(os.environ.get(name) or usual)


def chaos() -> bool:
    """Deliver mails while everything is killed; return whether each is recorded once."""
    from soak.chaos import Chaos
    from soak.firm import Firm

    seed = number("SEED", secrets.randbelow(10**6))
    with database.copy("soak") as db, database.OdooServer(db) as server:
        firm = Firm(server)
        firm.hire(PEOPLE)
        firm.win(CUSTOMERS)
        run = Chaos(
            firm, number("MAILS", 10_000), number("KILLS", 1_000), number("SECONDS", 3_600), seed
        )
        run.run()
    say("\n".join(run.lines()))
    return run.is_good


def sending() -> bool:
    """Send mails through servers that fail; return whether each says what became of it."""
    from soak.sending import Sending

    with (
        database.copy("soak") as db,
        database.OdooServer(db, "--max-cron-threads=0") as server,
    ):
        run = Sending(server, number("FAULTS", 100), number("SEED", 1))
        run.run()
    say("\n".join(run.lines()))
    return run.is_good


def servers() -> bool:
    """Read an account from every scripted bad server; return whether none did harm."""
    return suites.bad_servers() == 0


PARTS: dict[str, Callable[[], bool]] = {"chaos": chaos, "sending": sending, "servers": servers}


def run() -> int:
    """Run all parts, or the one named; return the exit code."""
    only = os.environ.get("ONLY")
    if only and only not in PARTS:
        raise Failure(f"There is no {only} here.", f"Name one of {', '.join(PARTS)}.")
    database.template()
    wrong = [name for name, part in PARTS.items() if only in (None, "", name) and not part()]
    for name in wrong:
        say(f"{name}: something is wrong.")
    return 1 if wrong else 0
