"""Address fields → addresses, their names decoded."""

from __future__ import annotations

from collections.abc import Iterable

from ..addresses import MAX_ADDRESSES, Mailbox, mailboxes
from ..values import Address
from .fields import Label, unfolded
from .limits import MAX_NAME, MAX_PARAMETERS
from .words import decode_words, one_line


def addresses_of(
    values: Iterable[bytes], limit: int = MAX_ADDRESSES, label: Label | None = None
) -> tuple[Address, ...]:
    """Return the addresses of all values of a field, at most ``limit``."""
    found: list[Address] = []
    for value in values:
        found += map(_address, mailboxes(unfolded(value, label), limit - len(found)))
        if len(found) >= limit:
            break
    return tuple(found)


def _address(box: Mailbox) -> Address:
    name = _name(box.name) or _name(box.comment)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return Address(name, box.email)


def _name(text: str) -> str:
    return one_line(decode_words(text[:MAX_PARAMETERS]), MAX_NAME) if text else ""
