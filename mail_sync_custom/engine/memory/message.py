"""A message in a mailbox in memory, and how a server's SEARCH reads its header."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import HeaderRegistry

HEADERS = HeaderRegistry()
#: The fields that are searched for an address.
CORRESPONDENTS = frozenset((b"from", b"to", b"cc", b"bcc", b"reply-to", b"sender"))

_FIELD = re.compile(rb"([^\s:]+)[ \t]*:.*?\r\n(?![ \t])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MemoryMessage:
    """A message as stored in a mailbox. Reading never changes it."""

    raw: bytes = field(repr=False)
    internaldate: datetime | None
    flags: frozenset[str] = frozenset()

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header's fields: the name in lower case, and the lines, still folded."""
        head = self.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
        return [(found[1].lower(), found[0]) for found in _FIELD.finditer(head)]

    def names_any(self, wanted: Iterable[Collection[bytes]], strictly: bool) -> bool:
        """Whether all parts of one of the addresses, in lower case, stand among correspondents."""
        lines = [lines for name, lines in self.fields if name in CORRESPONDENTS]
        text = b"".join(map(_read_strictly, lines) if strictly else lines).lower()
        return any(all(part in text for part in parts) for parts in wanted)


def _read_strictly(lines: bytes) -> bytes:
    """Return a field as a server sees it that parses addresses by RFC 5322 alone."""
    name, _, value = lines.decode("ascii", "surrogateescape").partition(":")
    field = HEADERS(name.strip(), " ".join(value.split()))
    return b"" if field.defects else ", ".join(map(str, field.addresses)).encode()
