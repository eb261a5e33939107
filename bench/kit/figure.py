"""How a figure is measured and printed.

Both sides run alternately in one process, and the best of a few rounds counts: other work on the
machine makes a round slower, never faster.
"""

from __future__ import annotations

import cProfile
import gc
import os
import pstats
import sys
import time
from collections.abc import Callable

ROUNDS = int(os.environ.get("ROUNDS", "3"))
#: Short rounds go on until both sides have run this long together: a neighbour on the same machine
#: is busy for seconds, and would disturb all three of them.
SECONDS = 30
PROFILE = os.environ.get("PROFILE") == "1"


def show(name: str, ours: float, peer: float, unit: str) -> None:
    """Print the line of a figure."""
    print(
        f"{name:14}{_number(ours):>10}{_number(peer):>10}{_number(ours / peer):>9}  {unit}",
        flush=True,
    )


def note(text: str) -> None:
    """Print a note on a figure to stderr."""
    print(f"# {text}", file=sys.stderr, flush=True)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def seconds(
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    before_ours: Callable[[], object] = lambda: None,
    before_peer: Callable[[], object] = lambda: None,
) -> tuple[float, float]:
    """Return the seconds of each side: the best of a few alternating rounds.

    What has to be made ready ``before`` a round is not in its time.
    """
    took: list[tuple[float, float]] = []
    while len(took) < ROUNDS or sum(map(sum, took)) < SECONDS:
        took.append((time_of(ours, before_ours), time_of(peer, before_peer)))
        note("a round: ours {:.3f} s, peer {:.3f} s".format(*took[-1]))
    if PROFILE:
        before_ours()
        profile(ours)
    return min(one for one, _ in took), min(one for _, one in took)


def time_of(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Return the seconds that some work takes."""
    before()
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def profile(work: Callable[[], object], lines: int = 60) -> None:
    """Run once more and print which functions, ours and those they call, take the time.

    Each line has the time within the function alone (tottime) and with all that it calls
    (cumtime). Small functions look dearer than they are: being watched costs them most.
    """
    profiler = cProfile.Profile()
    profiler.runcall(work)
    stats = pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative")
    stats.print_stats(r"mail_sync_custom|tools/mail\.py|mail_message\.py|sql_db\.py", lines)
