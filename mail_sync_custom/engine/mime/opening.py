"""Containers that are no multiparts → what is in them: S/MIME's signed-data, and winmail.dat."""

from __future__ import annotations

from dataclasses import dataclass

from .content import content_of
from .smime import signed_content
from .tnef import tnef_content
from .tree import Part

_SMIME = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime"])
_TNEF = frozenset(["application/ms-tnef", "application/vnd.ms-tnef"])
_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in a container: another entity, or text and files (name, type, content, id)."""

    entity: bytes = b""
    body: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, bytes, str], ...] = ()


def opened(part: Part, name: str) -> Opened | None:
    """Return what a container holds; None for what is none, is encrypted or cannot be read."""
    name = name.lower()
    if part.mimetype in _SMIME or (part.mimetype == _UNKNOWN and name.endswith(".p7m")):
        entity = signed_content(content_of(part))
        return Opened(entity=entity) if entity else None
    if part.mimetype in _TNEF or (part.mimetype == _UNKNOWN and name == "winmail.dat"):
        found = tnef_content(content_of(part))
        if found and (found.body or found.files):
            return Opened(body=found.body, files=found.files)
    return None
