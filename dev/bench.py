"""`python3 -m dev bench`: the figures, one script of `bench/` each; `ONLY=` names one.

A script prints its line `name ours peer ratio unit`, and ends with an error if it could not
measure. Each runs its peer in the same run, for absolute figures say little on another machine.
What else it has to say it says on stderr; `PROFILE=1` has it show there where the time goes.
"""

from __future__ import annotations

import os
import subprocess

from . import database
from .console import Failure, say
from .paths import PYTHON, ROOT

#: Seconds after which a script has gone wrong.
PATIENCE = 900


def run() -> int:
    """Run the scripts one after another; return the exit code."""
    scripts = sorted((ROOT / "bench").glob("[a-z]*.py"))
    only = os.environ.get("ONLY")
    if only:
        scripts = [script for script in scripts if script.stem == only]
    if not scripts:
        raise Failure(f"No figure {only or 'at all'} in bench/.", "See `ls bench`.")
    database.template()
    say(f"{'name':14}{'ours':>10}{'peer':>10}{'ratio':>9}  unit")
    failed = [script.stem for script in scripts if measure(script.stem)]
    return 1 if failed else 0


def measure(name: str) -> int:
    """Run one script; return its exit code."""
    try:
        return subprocess.run(
            # However this process ends, no script stays behind.
            ["setpriv", "--pdeathsig=TERM", "--", PYTHON, "-m", f"bench.{name}"],
            cwd=ROOT,
            env=database.environment(),
            timeout=PATIENCE,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        say(f"{name}: not within {PATIENCE} s.")
        return 1
