"""Containers other than multiparts → their contents: S/MIME's signed-data, and winmail.dat."""

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
    cut: bool = False  # the text is not whole


def is_container(part: Part, name: str) -> bool:
    """Whether a part's type or name says that it is a container."""
    name = name.lower()
    unknown = part.mimetype == _UNKNOWN and (name.endswith(".p7m") or name == "winmail.dat")
    return unknown or part.mimetype in _SMIME or part.mimetype in _TNEF


def opened(part: Part) -> Opened | None:
    """Return the contents of a container; None if it is encrypted or cannot be read."""
    data = content_of(part)
    if entity := signed_content(data):
        return Opened(entity=entity)
    found = tnef_content(data)
    if found and (found.body or found.files):
        return Opened(body=found.body, files=found.files, cut=found.cut)
    return None
