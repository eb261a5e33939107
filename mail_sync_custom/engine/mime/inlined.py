"""Large pictures in the tags of HTML (``data:``, RFC 2397) → files that the tags refer to.

A body with megabytes in it is slow to show, and too large to be kept. Small ones stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .transfer import base64

#: Characters of base64 that may stay; `engine.markup` drops what has more than 256 K.
_SMALL = 200_000
_PICTURE = re.compile(
    rb"data:(image/[a-z.+-]{1,20})(?:;[a-z-]{1,20}=[^;,\s\"'<>]{0,99})?;base64,"
    rb"((?:[A-Za-z0-9+/=]{60,}[ \t]*\r?\n[ \t]*)*[A-Za-z0-9+/=]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class InTag:
    """A picture that was in a tag; ``content_id`` stands there now."""

    mimetype: str
    encoded: bytes
    content_id: str
    whole: bool  # its end is there

    def content(self) -> bytes:
        """Return the picture."""
        return base64(self.encoded, 0, len(self.encoded))


def has_pictures_in_tags(data: bytes) -> bool:
    """Return whether there may be a large picture in a tag."""
    return len(data) > _SMALL and b"base64," in data


def without_pictures(data: bytes, label: str) -> tuple[bytes, list[InTag]]:
    """Return HTML with an address in place of each large picture, and the pictures.

    Their ids begin with ``label``.
    """
    kept, pictures, at = [], [], 0
    large = (found for found in _PICTURE.finditer(data) if len(found[2]) > _SMALL)
    for number, found in enumerate(large):
        content_id = f"{label}.{number}"
        kept += (data[at : found.start()], f"cid:{content_id}".encode())
        at = found.end()
        mimetype = found[1].decode("ascii").lower()
        pictures.append(InTag(mimetype, found[2].strip(), content_id, at < len(data)))
    return b"".join((*kept, data[at:])), pictures
