"""Limits on CPU time, for machines of any speed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: CPU seconds that `_work` takes on the machine for which the limits are meant.
_USUAL = 0.022
#: Nothing is given more time than this many times its limit.
_MOST = 4.0

_WORD = re.compile("<([a-z]+)>")


def _work() -> float:
    """Do a fixed piece of work, of the kind that is measured; return its CPU seconds."""
    begun = time.process_time()
    counts: dict[str, int] = {}
    for found in _WORD.finditer("<b><i>" * 40_000):
        name = found[1].lower()
        counts[name] = counts.get(name, 0) + 1
    return time.process_time() - begun


def slowness() -> float:
    """Return how many times slower than usual this machine is at the moment; 1 if it is not."""
    return min(_MOST, max(1.0, _work() / _USUAL))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes more CPU seconds, on a machine of the usual speed."""
    slow, begun = slowness(), time.process_time()
    yield
    taken = time.process_time() - begun
    allowed = seconds * max(slow, slowness())
    assert taken < allowed, f"{taken:.2f} s of CPU; {allowed:.2f} s allowed"
