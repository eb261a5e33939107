"""An address in a mail → the part of the mail that it refers to (RFC 2392, RFC 2557 §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

from ..values import Attachment

#: Slashes of a Content-Location that are considered.
_MAX_DEPTH = 20


def resolver(attachments: Sequence[Attachment]) -> Callable[[str], int | None]:
    """Return a function: an address → the number of the file that it refers to, or None.

    ``cid:`` is a Content-ID, percent-encoded (RFC 2392 §2). Any other address is a
    Content-Location, or the end of one: it is relative to the text's own location (RFC 2557 §5).
    Programs also write a Content-ID or a file's name without ``cid:``, and ``cid:`` with a file's
    name.
    """
    if not attachments:
        return lambda _address: None
    known = _names(attachments)

    def resolve(address: str) -> int | None:
        scheme, colon, rest = address.partition(":")
        if colon and scheme.strip().lower() == "cid":
            address = rest
        for one in (address, unquote(address)):
            one = one.strip(" \t\r\n<>")
            for found in (known.get(one), known.get(one.casefold())):
                if found is not None:
                    return found
        return None

    return resolve


def _names(attachments: Sequence[Attachment]) -> dict[str, int]:
    """Return every name of every file; an exact one wins, an id before a location and a name."""
    known: dict[str, int] = {}
    for names in (_ids, _locations, _filenames, _endings):
        for number, file in enumerate(attachments):
            for name in names(file):
                known.setdefault(name, number)
    return {name.casefold(): number for name, number in reversed(known.items())} | known


def _ids(file: Attachment) -> Iterator[str]:
    if file.content_id:
        yield file.content_id
        yield unquote(file.content_id)


def _locations(file: Attachment) -> Iterator[str]:
    if file.content_location:
        yield file.content_location


def _filenames(file: Attachment) -> Iterator[str]:
    if file.mimetype.startswith("image/"):
        yield file.name


def _endings(file: Attachment) -> Iterator[str]:
    parts = file.content_location.partition("://")[2].split("/", _MAX_DEPTH)
    for number in range(1, len(parts)):
        yield "/".join(parts[number:])
