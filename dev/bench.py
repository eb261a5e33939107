"""`python3 -m dev bench`: the figures, one script of `bench/` each; `ONLY=` names one.

A script prints its line `name ours peer ratio unit`, and ends with an error if it could not
measure. Each runs its peer in the same run, for absolute figures say little on another machine.
"""

from __future__ import annotations

import os
import subprocess

from . import database
from .console import Failure
from .paths import PYTHON, ROOT


def run() -> int:
    """Run the scripts one after another; return the exit code."""
    scripts = sorted((ROOT / "bench").glob("[a-z]*.py"))
    only = os.environ.get("ONLY")
    if only:
        scripts = [script for script in scripts if script.stem == only]
    if not scripts:
        raise Failure(f"No figure {only or 'at all'} in bench/.", "See `ls bench`.")
    codes = [
        subprocess.run(
            [PYTHON, "-m", f"bench.{script.stem}"],
            cwd=ROOT,
            env=database.environment(),
            check=False,
        ).returncode
        for script in scripts
    ]
    return 1 if any(codes) else 0
