"""Sets of UIDs as IMAP writes them (RFC 9051 §9, sequence-set). Pure.

``9:5`` means ``5:9`` to a server, and ``n:*`` the last message whatever n is: neither is ever
sent, nor UID 0 (frappe/frappe#42092, mscdex/node-imap#473, Wino-Mail#575).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ..errors import ProtocolViolation, Step
from ..values import MAX_UID

#: UIDs that a server may list in one answer.
MAX_FOUND = 5_000_000

Ranges = list[tuple[int, int]]


def wanted(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges that may be requested: ascending, disjoint, never UID 0, never descending.

    ``9:5`` means ``5:9`` to a server and ``n:*`` the last message whatever n is (§9, seq-range):
    neither is ever sent.

    >>> wanted([(7, 9), (0, 3), (4, 5), (6, 1)])
    [(1, 5), (7, 9)]
    """
    merged: Ranges = []
    for lo, hi in sorted((max(lo, 1), min(hi, MAX_UID)) for lo, hi in ranges):
        if lo > hi:
            continue
        if merged and lo <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    return merged


def of_uids(uids: Iterable[int]) -> Ranges:
    """Return the ranges that cover single UIDs.

    >>> of_uids([3, 1, 2, 7])
    [(1, 3), (7, 7)]
    """
    return wanted((uid, uid) for uid in uids)


def gathered(ranges: Iterable[tuple[int, int]], most: int) -> list[Ranges]:
    """Return the ranges in sets of at most ``most`` UIDs, or of a single larger range.

    >>> gathered([(1, 1), (3, 3), (4, 9), (20, 21)], 3)
    [[(1, 1), (3, 3)], [(4, 9)], [(20, 21)]]
    """
    sets: list[Ranges] = []
    for one in wanted(ranges):
        if sets and size(sets[-1]) + size([one]) <= most:
            sets[-1].append(one)
        else:
            sets.append([one])
    return sets


def encode(ranges: Iterable[tuple[int, int]]) -> bytes:
    """
    >>> encode([(1, 5), (7, 7)])
    b'1:5,7'
    """
    return b",".join(b"%d" % lo if lo == hi else b"%d:%d" % (lo, hi) for lo, hi in ranges)


def ranges(sequence_set: bytes) -> Ranges:
    """Return the ranges of a set that :func:`encode` wrote.

    >>> ranges(b"1:5,7"), ranges(b"")
    ([(1, 5), (7, 7)], [])
    """
    parts = (part.partition(b":") for part in sequence_set.split(b",") if part)
    return [(int(lo), int(hi or lo)) for lo, _, hi in parts]


def size(ranges: Iterable[tuple[int, int]]) -> int:
    """Return how many UIDs the ranges contain."""
    return sum(hi - lo + 1 for lo, hi in ranges)


def covers(ranges: Ranges, uid: int) -> bool:
    """Return whether a UID is in the ranges, which are ascending and disjoint."""
    at = bisect_right(ranges, (uid, MAX_UID)) - 1
    return at >= 0 and ranges[at][0] <= uid <= ranges[at][1]


def halves(ranges: Ranges) -> list[Ranges]:
    """Return a set split in two, as evenly as possible; nothing for a set of one.

    >>> halves([(1, 5), (8, 8)])
    [[(1, 3)], [(4, 5), (8, 8)]]
    """
    total = size(ranges)
    if total < 2:
        return []
    first: Ranges = []
    room = total // 2
    for at, (lo, hi) in enumerate(ranges):
        if hi - lo + 1 >= room:
            cut = lo + room
            return [
                [*first, (lo, cut - 1)],
                [(cut, hi), *ranges[at + 1 :]] if cut <= hi else ranges[at + 1 :],
            ]
        first.append((lo, hi))
        room -= hi - lo + 1
    return [first]


def decode(sequence_set: bytes) -> Iterator[int]:
    """Yield the numbers of a set. A short line may claim four billion of them."""
    room = MAX_FOUND
    for part in sequence_set.split(b","):
        lo, _, hi = part.partition(b":")
        if not lo.isdigit() or not (hi or lo).isdigit():
            continue
        first, last = sorted((int(lo), int(hi or lo)))
        room -= last - first + 1
        if room < 0:
            raise ProtocolViolation("more UIDs than any mailbox has", step=Step.READING)
        yield from range(first, last + 1)
