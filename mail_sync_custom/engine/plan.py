"""One mailbox: what we know and what the server says → which UIDs to look at, in which order.

Decides: whether anything changed, whether the UIDs are still valid, and how the UIDs between what
is covered and what exists are cut into batches. Knows nothing of what a message is, or whose.

Neither flags nor expunges matter to a recorder, so CONDSTORE and QRESYNC are not used, which rules
out a whole class of lost mail.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

from .values import MAX_UID, MailboxState, Snapshot

#: UIDs in one FETCH. Some servers drop the connection over a longer command line or answer.
CHUNK = 500
#: Messages whose headers are read together; first fewer, so that the user sees something early.
FIRST_BATCH = CHUNK
BATCH = 4 * CHUNK
#: Bytes of bodies in one commit. Bounds memory, and what must be fetched again after a crash.
SLICE_BYTES = 8 * 1024 * 1024
#: Mails in one commit. Only short ones get there: a hundred usual ones fill SLICE_BYTES. With 250,
#: what Odoo does once per commit and lead makes a run a ninth slower.
SLICE_MESSAGES = 500
#: The part of both that a run begins with: it does not yet know how fast the server is.
FIRST_SHARE = 0.1
#: Seconds that a slice should take. A lease lasts for minutes, and only commits prolong it. If it
#: ended within a slice, all of that would be lost, and the next run would fare no better.
SLICE_SECONDS = 10.0
#: Addresses in one server-side search. In 20,000 mails Dovecot finds 50 in 0.6 s; fetching all the
#: headers takes 0.2 s however many addresses there are, and transfers 9 MB.
SEARCHED = 50
#: In a mailbox with no more messages, all headers are read instead: 20 ms and 1 MB.
FEW = 2_000
#: Ranges of UIDs saved for a mailbox because a server-side search may miss their correspondents.
#: With more, they become one range, and all headers in it are read.
MAX_ODD = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """UIDs to look at together. Once they all have an outcome, ``lo <= uid < hi`` is covered.

    ``uids`` are the existing ones according to SEARCH, ascending. ``None`` if it was not asked,
    because the range is so short that FETCH answers the question itself. ``remaining`` is how many
    are left after this batch. ``exact`` says that UIDs exist between them that are not wanted.
    """

    lo: int
    hi: int
    uids: tuple[int, ...] | None = None
    remaining: int = 0
    exact: bool = False

    def ranges(self, aside: Collection[int] = ()) -> list[tuple[int, int]]:
        """Return the ranges to FETCH: inclusive, ascending, at most CHUNK messages each.

        Never ``n:*``, which always answers the last message, even below n (RFC 9051 §9,
        ``seq-range``; mscdex/node-imap#473), never UID 0, and nothing that is set aside.
        """
        if self.uids is None:
            return [(self.lo, self.hi - 1)] if self.hi > self.lo else []
        uids = [uid for uid in self.uids if uid not in aside]
        if self.exact:
            return [(uid, uid) for uid in uids]
        edges = sorted(uid for uid in aside if self.lo <= uid < self.hi)
        parts = (part for piece in _split(uids, edges) for part in _cut(piece, repeat(CHUNK)))
        return [(part[0], part[-1]) for part in parts]


@dataclass(frozen=True, slots=True)
class Room:
    """How many mails the next slice may have, and how many bytes of them. One mail always fits."""

    mails: float
    size: float

    def after(self, sizes: Sequence[int], seconds: float) -> Room:
        """Return the room after a slice that fetched mails of these sizes in so many seconds.

        Each part scales by itself: how fast a few large mails came says nothing about many small
        ones. A slice that fetched nothing says nothing about the server.
        """
        if not sizes:
            return self
        times = SLICE_SECONDS / max(seconds, 0.001)
        return Room(min(SLICE_MESSAGES, len(sizes) * times), min(SLICE_BYTES, sum(sizes) * times))


def first_room() -> Room:
    """Return the room of a run's first slice."""
    return Room(FIRST_SHARE * SLICE_MESSAGES, FIRST_SHARE * SLICE_BYTES)


def unchanged(state: MailboxState, snapshot: Snapshot) -> bool:
    """Whether nothing has changed, so that the mailbox need not even be opened."""
    return (
        state.complete
        and not renumbered(state, snapshot)
        and snapshot.uidnext is not None
        and snapshot.uidnext == state.high
    )


def renumbered(state: MailboxState, snapshot: Snapshot) -> bool:
    """Whether the saved UIDs are no longer valid (RFC 9051 §2.3.1.1).

    A UIDNEXT that falls under the same UIDVALIDITY means a restored backup, whose UIDs will be
    reused: that is a new numbering too, whatever the RFC says (chatmail/core#2188).
    """
    if state.uidvalidity is None or state.uidvalidity != (snapshot.uidvalidity or 0):
        return True
    return snapshot.uidnext is not None and snapshot.uidnext < state.high


def begin(snapshot: Snapshot, uidnext: int, floor: int) -> MailboxState:
    """Return the state of a mailbox with nothing covered yet, down to ``floor``."""
    return MailboxState(
        uidvalidity=snapshot.uidvalidity or 0, low=uidnext, high=uidnext, floor=min(floor, uidnext)
    )


def wary(state: MailboxState) -> MailboxState:
    """Return the state after the server dropped the connection during a batch: one message next.

    Doubling then isolates the cause: each batch that succeeds is committed, and the next is twice
    as large. A batch that fails has at most one message more than those read since, so after at
    most eleven of them the message to blame stands alone.
    """
    return replace(state, at_once=1)


def eased(state: MailboxState) -> MailboxState:
    """Return the state after a batch that succeeded: the next may be twice as large."""
    more = 2 * state.at_once
    return replace(state, at_once=more if more < BATCH else 0)


def _sizes(state: MailboxState) -> Iterator[int]:
    if not state.at_once:
        return chain([FIRST_BATCH], repeat(BATCH))
    return _growing(state.at_once)


def _growing(size: int) -> Iterator[int]:
    while size < BATCH:
        yield size
        size *= 2
    yield from repeat(BATCH)


def needs_search(state: MailboxState, uidnext: int) -> bool:
    """Whether the UIDs above what is covered may be so sparse that SEARCH must list them.

    A mailbox may skip hundreds of thousands of UIDs; reading them 500 at a time would cost
    hundreds of empty round trips.
    """
    return uidnext - state.high > CHUNK


def forward(state: MailboxState, uidnext: int, uids: Sequence[int] | None) -> Iterator[Batch]:
    """Yield the batches of new mail, oldest first: ``high`` rises and never jumps."""
    if uids is None:
        if uidnext > state.high:
            yield Batch(state.high, uidnext)
        return
    lo, left = state.high, len(uids)
    for part in _cut(uids, _sizes(state)):
        left -= len(part)
        hi = part[-1] + 1 if left else uidnext
        yield Batch(lo, hi, tuple(part), left)
        lo = hi
    if lo < uidnext:
        yield Batch(lo, uidnext, ())


def backward(state: MailboxState, uids: Sequence[int]) -> Iterator[Batch]:
    """Yield the batches of the history window, newest first: ``low`` falls to ``floor``."""
    hi, left = state.low, len(uids)
    for part in _cut(uids[::-1], _sizes(state)):
        left -= len(part)
        lo = part[-1] if left else state.floor
        yield Batch(lo, hi, tuple(reversed(part)), left)
        hi = lo
    if hi > state.floor:
        yield Batch(state.floor, hi, ())


def worth_searching(emails: Collection[str], messages: int, odd: int) -> bool:
    """Whether a server-side search for these addresses is cheaper than reading all headers.

    The headers of ``odd`` of the messages must be read in any case.
    """
    return len(emails) <= SEARCHED and messages > FEW and odd <= messages // 2


def noted(state: MailboxState, part: Batch, odd: Iterable[int]) -> MailboxState:
    """Return the state after the headers of a part have been read.

    ``odd`` are the UIDs in it whose correspondents a server-side search may miss.
    """
    left = (piece for one in state.odd for piece in _outside(one, part.lo, part.hi - 1))
    found = _merged([*left, *((uid, uid) for uid in odd)])
    if len(found) > MAX_ODD:
        found = [(found[0][0], found[-1][1])]
    return state if tuple(found) == state.odd else replace(state, odd=tuple(found))


def odd_among(state: MailboxState, uids: Iterable[int]) -> list[int]:
    """Return those of the ascending UIDs whose correspondents a server-side search may miss."""
    found, ranges = [], iter(state.odd)
    lo, hi = next(ranges, _NONE)
    for uid in uids:
        while hi < uid:
            lo, hi = next(ranges, _NONE)
        if lo <= uid:
            found.append(uid)
    return found


#: Above every UID.
_NONE = (MAX_UID + 1, MAX_UID + 1)


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges ascending and apart."""
    found: list[tuple[int, int]] = []
    for lo, hi in sorted(ranges):
        if found and lo <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(hi, found[-1][1]))
        elif lo <= hi:
            found.append((lo, hi))
    return found


def _outside(one: tuple[int, int], lo: int, hi: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a range outside ``lo <= uid <= hi``."""
    first, last = one
    if last < lo or first > hi:
        yield one
        return
    if first < lo:
        yield first, lo - 1
    if last > hi:
        yield hi + 1, last


def review(
    state: MailboxState, hi: int, uids: Sequence[int], exact: bool = False
) -> Iterator[Batch]:
    """Yield batches of what is covered below ``hi``, to be read again, newest first."""
    for batch in backward(replace(state, low=hi, floor=state.low), uids):
        yield replace(batch, exact=exact)


def slices(
    batch: Batch,
    uids: Sequence[int],
    weights: Mapping[int, int],
    down: bool,
    room: Callable[[], Room],
) -> Iterator[Batch]:
    """Yield a batch whose headers are known in parts, for commits of bounded size.

    ``weights`` gives the bytes to fetch for a UID; a UID that is not in it costs nothing. The
    slices come in commit order: descending for a batch of the history window, so that coverage
    has no gap. ``room()`` says, before each, how large it may be. Only the last one has the
    ``remaining`` of the batch.
    """
    left, lo, hi = sorted(uids, reverse=down), batch.lo, batch.hi
    while True:
        count = _fitting(left, weights, room())
        part, left = left[:count], left[count:]
        remaining = batch.remaining + len(left)
        if not left:
            yield Batch(lo, hi, tuple(sorted(part)), remaining)
            return
        if down:
            yield Batch(part[-1], hi, tuple(reversed(part)), remaining)
            hi = part[-1]
        else:
            yield Batch(lo, part[-1] + 1, tuple(part), remaining)
            lo = part[-1] + 1


def before(batch: Batch, uid: int, down: bool) -> Batch:
    """Return the part of a batch that is read before ``uid``, for a run that must stop there.

    When reading downwards, that is the part above it. Either way it adjoins what is covered, and
    ``uid`` itself is the first one that the next run reads.
    """
    lo, hi = (uid + 1, batch.hi) if down else (batch.lo, uid)
    kept = tuple(u for u in batch.uids or () if lo <= u < hi)
    return Batch(lo, hi, kept, batch.remaining + len(batch.uids or ()) - len(kept))


def _cut(uids: Sequence[int], sizes: Iterator[int]) -> Iterator[Sequence[int]]:
    start = 0
    while start < len(uids):
        end = start + next(sizes)
        yield uids[start:end]
        start = end


def _split(uids: Sequence[int], edges: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield ascending UIDs in parts, so that no edge falls inside a part."""
    start = 0
    for edge in edges:
        end = bisect_left(uids, edge)
        yield uids[start:end]
        start = end
    yield uids[start:]


def _fitting(uids: Sequence[int], weights: Mapping[int, int], room: Room) -> int:
    """Return how many of the messages fit; the first always does."""
    size = count = 0
    for number, uid in enumerate(uids):
        more = weights.get(uid, 0)
        if more and number and (size + more > room.size or count >= room.mails):
            return number
        size += more
        count += bool(more)
    return len(uids)
