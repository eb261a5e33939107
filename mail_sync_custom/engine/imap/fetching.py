"""Headers and messages of the open mailbox, as they arrive (RFC 9051 §6.4.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..errors import ProtocolViolation, ServerRefused, Step
from ..net.wire import Response
from ..values import MAX_UID, Headers
from . import answers, commands, internaldate, scope, sequence
from .dialogue import Dialogue
from .sequence import Ranges

#: Bytes of all headers requested together.
MAX_HEADERS = 128 * 1024 * 1024

#: FETCH commands that a server may refuse before the fault is the server's and not a message's. One
#: bad message among 500 costs ten.
MAX_REFUSED = 64

Read = TypeVar("Read")


def headers(
    dialogue: Dialogue, ranges: Sequence[tuple[int, int]], *, traced: bool = False
) -> Iterator[Headers]:
    """Yield the headers of all messages in the ranges as they arrive, each once."""
    items = commands.TRACED_ITEMS if traced else commands.HEADER_ITEMS
    latest = internaldate.latest()
    sets = sequence.gathered(ranges, commands.MAX_NAMED)
    seen: set[int] = set()
    room = MAX_HEADERS

    def read(response: Response) -> tuple[int, Headers] | None:
        return answers.header(response, latest)

    for uid, header in _fetch(dialogue, sets, items, read):
        room -= len(header.raw)
        if room < 0:
            raise ProtocolViolation("headers without end", step=Step.READING)
        if uid not in seen:
            seen.add(uid)
            yield header


def bodies(
    dialogue: Dialogue, uids: Sequence[int], limit: int | None
) -> Iterator[tuple[int, bytes]]:
    """Yield ``(uid, raw)`` as the messages arrive, with only one in memory at a time."""
    named = sorted({uid for uid in uids if 0 < uid <= MAX_UID})
    sets = [sequence.of_uids(part) for part in commands.in_parts(named, commands.MAX_NAMED)]
    seen: set[int] = set()
    for uid, raw in _fetch(dialogue, sets, commands.body_items(limit), answers.body):
        if uid not in seen:
            seen.add(uid)
            yield uid, raw if limit is None else raw[:limit]
            dialogue.begin()  # the consumer's time is not the server's


def _fetch(
    dialogue: Dialogue,
    sets: list[Ranges],
    items: bytes,
    read: Callable[[Response], tuple[int, Read] | None],
) -> Iterator[tuple[int, Read]]:
    """Yield what ``read`` returns for the answers to UID FETCH, with all sets in flight at once.

    A set that is refused is requested again in halves: one message that the server cannot read must
    not block the others. A message that is refused alone is not yielded.
    """
    dialogue.wire.step = Step.READING
    asked = sequence.wanted(each for ranges in sets for each in ranges)
    refusals = 0
    while sets:
        halves: list[Ranges] = []
        tags = dialogue.pipeline(
            [(b"UID FETCH", sequence.encode(ranges), items) for ranges in sets]
        )
        for ranges, tag in zip(sets, tags, strict=True):
            try:
                for response in dialogue.answers(tag, _at_most(ranges)):
                    if (found := read(response)) and sequence.covers(asked, found[0]):
                        yield found
            except ServerRefused as error:
                refusals += 1
                if error.code not in scope.OF_MESSAGE or refusals > MAX_REFUSED:
                    raise
                halves += sequence.halves(ranges)
        sets = halves


def _at_most(ranges: Ranges) -> int:
    """Return the largest number of answers to a set; UIDs within a range may not exist."""
    return min(sequence.size(ranges), sequence.MAX_FOUND)
