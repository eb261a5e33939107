"""`python3 -m dev bench`: the figures, one script of `bench/` each; `ONLY=` names one.

A script prints its line `name ours peer ratio unit`, and fails if it could not measure. Each
measures its peer in the same run, because absolute figures say little on another machine. Notes go
to stderr; with `PROFILE=1`, so does a profile.
"""

from __future__ import annotations

import os
import subprocess

from . import database
from .console import Failure, say
from .paths import PYTHON, ROOT

#: Seconds that a script may take.
PATIENCE = 900
#: Scripts that take long, and have a command of their own: `make scale`.
LONG = ("scale", "large")


def run() -> int:
    """Run the scripts one after another; return the exit code."""
    scripts = sorted((ROOT / "bench").glob("[a-z]*.py"))
    only = os.environ.get("ONLY")
    if not only:
        scripts = [script for script in scripts if script.stem not in LONG]
    if only:
        scripts = [script for script in scripts if script.stem == only]
    if not scripts:
        raise Failure(f"There is no figure {only or ''} in bench/.", "See `ls bench`.")
    database.template()
    say(f"{'name':14}{'ours':>10}{'peer':>10}{'ratio':>9}  unit")
    failed = [script.stem for script in scripts if measure(script.stem)]
    return 1 if failed else 0


def measure(name: str) -> int:
    """Run one script; return its exit code."""
    try:
        return subprocess.run(
            # The script ends with this process, however that ends.
            ["setpriv", "--pdeathsig=TERM", "--", PYTHON, "-m", f"bench.{name}"],
            cwd=ROOT,
            env=database.environment(),
            timeout=PATIENCE,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        say(f"{name}: not within {PATIENCE} s.")
        return 1
