"""An address in a mail → the part of the mail that it refers to (RFC 2392, RFC 2557 §5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

from ..values import Attachment

#: Slashes of a Content-Location that are considered.
_MAX_DEPTH = 20
#: The schemes of what is in the mail itself.
_OWN = frozenset("cid mid thismessage".split())
# Before what a part is called: steps from the place of the text; and what is behind it.
_AROUND = re.compile(r"\A\s*(?://|(?:\.{0,2}/)+)|[?#].*\Z", re.DOTALL)


def resolver(attachments: Sequence[Attachment]) -> Callable[[str], int | None]:
    """Return a function: an address → the number of the file that it refers to, or None.

    ``cid:`` is a Content-ID, percent-encoded, and ``mid:`` ends in one (RFC 2392 §2). Any other
    address is a Content-Location, or the end of one: it is relative to the text's own location (RFC
    2557 §5). Programs also write a Content-ID or a file's name without ``cid:``, and ``cid:`` with
    a file's name; ids with spaces in them, which are none in a header; and more around an id, as
    in any other address: ``cid://``, a query, a fragment.
    """
    if not attachments:
        return lambda _address: None
    known = _names(attachments)

    def resolve(address: str) -> int | None:
        scheme, colon, rest = address.partition(":")
        scheme, whole = scheme.strip().lower() if colon else "", address
        if scheme in _OWN:
            address = rest.rpartition("/")[2] if scheme == "mid" else rest
        bare = _AROUND.sub("", address) if scheme in _OWN or not scheme else ""
        for one in (whole, address, unquote(address), "".join(unquote(address).split()), bare):
            one = one.strip(" \t\r\n<>").removeprefix("./")
            for found in (known.get(one), known.get(one.casefold())):
                if one and found is not None:
                    return found
        return None

    return resolve


def may_be(mimetype: str) -> bool:
    """Return whether a file of this type may be a picture: one of any type is not known."""
    return mimetype.startswith("image/") or mimetype == "application/octet-stream"


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
        yield file.content_location.removeprefix("./")
        yield unquote(file.content_location).removeprefix("./")


def _filenames(file: Attachment) -> Iterator[str]:
    if file.mimetype.startswith("image/"):
        yield file.name


def _endings(file: Attachment) -> Iterator[str]:
    parts = file.content_location.partition("://")[2].split("/", _MAX_DEPTH)
    for number in range(len(parts)):
        yield "/".join(parts[number:])
