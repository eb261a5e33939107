"""Message-ID, In-Reply-To and References → message ids (RFC 5322 §3.6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from .fields import unfolded
from .limits import MAX_ID, MAX_REFERENCES

_ANGLED = re.compile(r"<([^<>]+)>")
_ID_BREAK = re.compile(r"[\s,;<>]+")


def read_ids(text: str) -> list[str]:
    """Return the message ids of a value, without duplicates, ``<>`` or white space.

    Old clients write sentences into In-Reply-To. If nothing is in angle brackets, a word with an @
    is an id, and so is a single word.
    """
    found = ["".join(angled.split()) for angled in _ANGLED.findall(text)]
    if not any(found):
        words = [word for word in _ID_BREAK.split(text) if word]
        found = words if len(words) == 1 else [word for word in words if "@" in word]
    return list(dict.fromkeys(_bounded_id(one) for one in found if one))


def _bounded_id(message_id: str) -> str:
    """Return an id that an index can hold: a longer one is cut and completed by a hash."""
    if len(message_id) <= MAX_ID // 4:
        return message_id
    data = message_id.encode()
    if len(data) <= MAX_ID:
        return message_id
    return f"{message_id[:100]}.{sha256(data).hexdigest()}"


def ids_of(values: Iterable[bytes]) -> tuple[str, ...]:
    """Return the ids of all values of a field; if there are too many, the first and the last."""
    found = read_ids(" ".join(map(unfolded, values))) if values else []
    half = MAX_REFERENCES // 2
    return tuple(found if len(found) <= MAX_REFERENCES else found[:half] + found[-half:])
