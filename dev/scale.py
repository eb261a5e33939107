"""`python3 -m dev scale`: what thousands of mailboxes and millions of mails cost, against the bars.

Runs `bench/scale.py` and `bench/large.py`, which take about forty minutes together; `ONLY=` names
one of them. Exits 1 if a bar is missed. The bars hold for the sizes that the scripts have by
default.
"""

from __future__ import annotations

import os
import subprocess

from . import bench, database
from .console import Failure, say
from .paths import PYTHON, ROOT

#: The most that each figure may be, by name: ours, and ours against the peer's.
BARS = {
    "scale": (120, None),
    "scale_memory": (1024, None),
    "large_match": (None, 1.5),
    "large_timeline": (None, 1.5),
    "large_page": (None, 1.5),
    "large_remove": (None, 1.5),
}
#: Seconds that a script may take.
PATIENCE = 3600


def run() -> int:
    """Run the scripts; return 1 if one failed or missed a bar."""
    only = os.environ.get("ONLY")
    if only and only not in bench.LONG:
        raise Failure(f"There is no {only} here.", f"Name one of {', '.join(bench.LONG)}.")
    database.template()
    say(f"{'name':14}{'ours':>10}{'peer':>10}{'ratio':>9}  unit")
    missed = [
        name for script in bench.LONG if only in (None, "", script) for name in measure(script)
    ]
    for name in missed:
        say(f"{name}: the bar is missed.")
    return 1 if missed else 0


def measure(script: str) -> list[str]:
    """Run a script, print its lines, and return what missed its bar."""
    process = subprocess.Popen(
        # The script ends with this process, however that ends.
        ["setpriv", "--pdeathsig=TERM", "--", PYTHON, "-m", f"bench.{script}"],
        cwd=ROOT,
        env=database.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    missed = []
    for line in process.stdout:
        say(line.rstrip())
        missed += judged(line)
    return missed + ([script] if process.wait(PATIENCE) else [])


def judged(line: str) -> list[str]:
    """Return the name of a figure whose line misses its bar.

    >>> judged("scale                130        60     2.17  s (p99 age)")
    ['scale']
    >>> judged("large_page          12.1      11.8     1.03  ms")
    []
    """
    name, ours, _, ratio, *_ = line.split()
    most, times = BARS.get(name, (None, None))
    exceeds = (most is not None and float(ours) > most) or (
        times is not None and float(ratio) > times
    )
    return [name] if exceeds else []
