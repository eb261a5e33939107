"""Which messages exist, and which of them name an address (RFC 9051 §6.4.4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ..errors import ServerRefused, Step
from ..net import dial
from . import answers, commands, internaldate, scope, sequence
from .dialogue import Dialogue


def search(dialogue: Dialogue, lo: int, hi: int, since: date | None) -> list[int]:
    """Return the existing UIDs in ``lo <= uid <= hi`` of the open mailbox, ascending."""
    wanted = sequence.wanted([(lo, hi)])
    if not wanted:
        return []
    criteria = [b"UID " + sequence.encode(wanted)]
    if since:
        criteria.append(b"SINCE " + internaldate.encode_day(since))
    (lo, hi), *_ = wanted
    return [uid for uid in _found(dialogue, *criteria) if lo <= uid <= hi]


def mentioning(dialogue: Dialogue, lo: int, hi: int, emails: Collection[str]) -> list[int] | None:
    """Return the UIDs of ``lo <= uid <= hi`` with one of the addresses in a header, ascending.

    All correspondent fields are searched, a few addresses at a time, all in flight together. The
    result may contain more. ``None`` if the server refuses such a search, or would have to know how
    a non-ASCII address is written in each header.
    """
    if not all(map(commands.searchable, emails)):
        return None
    wanted = sequence.encode(sequence.wanted([(lo, hi)]))
    if not wanted:
        return []
    dialogue.wire.step = Step.READING
    parts = commands.in_parts(sorted(emails), commands.MAX_SEARCHED)
    keys = [key for part in parts for key in commands.any_address(part)]
    asked = [(_command(dialogue), b"UID", wanted, key) for key in keys]
    found: set[int] = set()
    try:
        for tag in dialogue.pipeline(asked):
            for response in dialogue.answers(tag):
                found.update(answers.found(response[0]))
    except ServerRefused as error:
        if error.code not in scope.OF_SEARCH:
            raise
        return None
    return sorted(uid for uid in found if lo <= uid <= hi)


def with_header(dialogue: Dialogue, header: str, value: str) -> list[int]:
    """Return the UIDs of the open mailbox whose header field contains a value, ascending."""
    dial.check_text(value)
    charset = [] if value.isascii() else [b"CHARSET UTF-8"]
    key = (b"HEADER", commands.string(header.encode()), commands.string(value.encode()))
    return _found(dialogue, *charset, *key)


def _found(dialogue: Dialogue, *criteria: bytes) -> list[int]:
    dialogue.wire.step = Step.READING
    found: set[int] = set()
    for response in dialogue.command(_command(dialogue), *criteria):
        found.update(answers.found(response[0]))
    return sorted(found)


def _command(dialogue: Dialogue) -> bytes:
    """Prefer ESEARCH: it answers 1:20000 where SEARCH lists 20,000 numbers (RFC 4731)."""
    extended = not {"ESEARCH", "IMAP4REV2"}.isdisjoint(dialogue.capabilities)
    return b"UID SEARCH RETURN (ALL)" if extended else b"UID SEARCH"
