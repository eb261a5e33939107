"""Containers other than multiparts → their contents.

S/MIME's signed-data, winmail.dat, and what a Macintosh wraps a file in.
"""

from __future__ import annotations

from dataclasses import dataclass
from mimetypes import guess_type

from .charsets import decode
from .content import content_of
from .fields import EMPTY_LINE, fields_of
from .macintosh import unwrapped
from .smime import compressed_content, signed_content
from .tnef import tnef_content
from .tree import Part

_SMIME = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime"])
_TNEF = frozenset(["application/ms-tnef", "application/vnd.ms-tnef"])
_MACINTOSH = frozenset(["application/mac-binhex40", "application/binhex", "application/applefile"])
_UNKNOWN = "application/octet-stream"
#: What the header of an entity has (RFC 8551 §3.1); and the bytes in which it is looked for.
_ENTITY_FIELDS = frozenset((b"content-type", b"content-transfer-encoding", b"mime-version"))
_HEAD = 4 * 1024
_LOOKED_AT = 100
#: How documents begin that people sign.
_DOCUMENTS = (
    b"%PDF-",
    b"<?xml",
    b"PK\3\4",
    b"{\\rtf",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\xd0\xcf\x11\xe0",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in a container: another entity, or text and files (name, type, content, id)."""

    entity: bytes = b""
    signed: bool = False  # by a signature that nobody has checked
    body: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, bytes, str], ...] = ()
    cut: bool = False  # the text is not whole


def is_container(part: Part, name: str) -> bool:
    """Whether a part's type or name says that it is a container."""
    name = name.lower()
    if part.mimetype in _SMIME | _TNEF | _MACINTOSH or name.endswith(".hqx"):
        return True
    return part.mimetype == _UNKNOWN and (
        name.endswith((".p7m", ".p7z")) or (name.endswith(".dat") and _begins_as_tnef(part))
    )


def _begins_as_tnef(part: Part) -> bool:
    """Whether a file begins like a winmail.dat, as it is or in base64 (MS-OXTNEF §2.1.3.1)."""
    beginning = part.raw[part.start : min(part.end, part.start + _LOOKED_AT)].lstrip()
    return beginning.startswith((b"\x78\x9f\x3e\x22", b"eJ8+I"))


def opened(part: Part, name: str) -> Opened | None:
    """Return the contents of a container; None if it is encrypted, a file, or cannot be read."""
    data = content_of(part)
    if entity := signed_content(data):
        return Opened(entity=entity, signed=True) if _is_entity(entity, name) else None
    if entity := compressed_content(data):
        return Opened(entity=entity)
    if file := unwrapped(data):
        return Opened(files=((_file_name(file[0], name), "", file[1], part.content_id),))
    found = tnef_content(data)
    if found and (found.body or found.files):
        return Opened(body=found.body, files=found.files, cut=found.cut)
    return None


def _file_name(own: bytes, name: str) -> str:
    """Return the name of a file in a Macintosh's wrapping, else that of the wrapping without it."""
    return decode(own, "macintosh") or name.removesuffix(".hqx")


def _is_entity(content: bytes, name: str) -> bool:
    """Whether what was signed is a part of the mail, and not a document: ``invoice.xml.p7m``.

    A document's name has an ending of its own before ``.p7m``. Some programs sign text without a
    header.
    """
    beginning = content[:_HEAD]
    if guess_type(name.rpartition(".")[0])[0] or beginning.lstrip().startswith(_DOCUMENTS):
        return False
    if fields_of(EMPTY_LINE.split(beginning, maxsplit=1)[0], _ENTITY_FIELDS):
        return True
    return b"\0" not in beginning
