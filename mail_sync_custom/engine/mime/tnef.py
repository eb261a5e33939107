"""winmail.dat → the text and the files in it (MS-OXTNEF, MS-OXCMSG, MS-OXRTFCP).

Our own reader of what a mail needs: ``tnefparse`` copies the remaining data at each attribute, so
that a file of 1 MB in small pieces takes minutes. Here each byte is read once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from .charsets import decode
from .labels import charset_of
from .limits import MAX_CONVERTED
from .rtf import rtf_html, rtf_text

_SIGNATURE = 0x223E9F78
#: Messages within each other that are opened.
_MAX_MESSAGES = 4
_MAX_ATTRIBUTES, _MAX_FILES, _MAX_PROPERTIES, _MAX_VALUES = 5_000, 500, 500, 100

_ATT_BODY, _ATT_MAPI, _ATT_CODEPAGE = 0x800C, 0x9003, 0x9007
_ATT_FILE, _ATT_DATA, _ATT_TITLE, _ATT_FILE_MAPI = 0x9002, 0x800F, 0x8010, 0x9005
_BODY, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_DISPLAY_NAME = 0x3001
_FILE_DATA, _FILE_NAME, _LONG_NAME, _MIMETYPE, _CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_CODEPAGE = 0x3FDE
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102

#: What compressed RTF begins with in the decoder's memory (MS-OXRTFCP §2.1.2.1).
_RTF_SEED = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


@dataclass(slots=True)
class Tnef:
    """What is in a winmail.dat: pieces of text (type, text); files (name, type, content, id)."""

    body: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, bytes, str], ...] = ()
    cut: bool = False  # the text is incomplete


@dataclass(slots=True)
class _File:
    name: str = ""
    mimetype: str = ""
    content: bytes = b""
    content_id: str = ""


@dataclass(slots=True)
class _Mail:
    charset: str = "cp1252"
    text: str = ""
    html: str = ""
    rtf: str = ""
    files: list[_File] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    cut: bool = False


def tnef_content(data: bytes, depth: int = 0, left: list[int] | None = None) -> Tnef | None:
    """Return what can be read of a winmail.dat; None if the data is something else.

    A message in it (MS-OXCMSG §2.2.2.9) is in the same format: its text becomes a file, as its
    files do, because no other program opens it. ``left`` is how much RTF may yet be decompressed.
    """
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    mail = _Mail(left=left or [MAX_CONVERTED])
    for name, value in _attributes(data):
        _read(mail, name, value)
    html = mail.html or rtf_html(mail.rtf)
    text = mail.text or rtf_text(mail.rtf)
    body = ("text/html", html) if html.strip() else ("text/plain", text)
    opened = (_opened(one, depth, mail.left) for one in mail.files if one.content)
    cut = mail.cut and not mail.html
    return Tnef((body,) if body[1].strip() else (), tuple(chain.from_iterable(opened)), cut)


def _opened(file: _File, depth: int, left: list[int]) -> list[tuple[str, str, bytes, str]]:
    """Return a file, or the text and the files of a message that it is."""
    found = tnef_content(file.content, depth + 1, left) if depth < _MAX_MESSAGES else None
    if not found or found.cut or not (found.body or found.files):
        return [(file.name, file.mimetype, file.content, file.content_id)]
    endings = {"text/html": ".html", "text/plain": ".txt"}
    texts = [
        (f"{file.name or 'message'}{endings[kind]}", kind, text.encode("utf-8-sig"), "")
        for kind, text in found.body
    ]
    return [*texts, *found.files]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (name, value) of the complete attributes. Checksums are ignored."""
    at = 6
    for _ in range(_MAX_ATTRIBUTES):
        if at + 9 > len(data):
            return
        name, _, size = struct.unpack_from("<HHI", data, at + 1)
        at += 9
        if at + size > len(data):
            return
        yield name, data[at : at + size]
        at += size + 2


def _read(mail: _Mail, name: int, value: bytes) -> None:
    if name == _ATT_CODEPAGE and len(value) >= 4:
        mail.charset = charset_of(f"cp{struct.unpack_from('<I', value)[0]}") or mail.charset
    elif name == _ATT_BODY:
        mail.text = mail.text or _string(value, mail.charset)
    elif name == _ATT_MAPI:
        _read_mail(mail, value)
    elif name == _ATT_FILE and len(mail.files) < _MAX_FILES:
        mail.files.append(_File())
    elif not mail.files:
        return
    elif name == _ATT_TITLE:
        mail.files[-1].name = mail.files[-1].name or _string(value, mail.charset)
    elif name == _ATT_DATA:
        mail.files[-1].content = value
    elif name == _ATT_FILE_MAPI:
        _read_file(mail.files[-1], value, mail.charset)


def _read_mail(mail: _Mail, value: bytes) -> None:
    found = dict(_properties(value))
    if (codepage := found.get(_CODEPAGE)) and len(codepage[1]) >= 4:
        mail.charset = charset_of(f"cp{struct.unpack_from('<I', codepage[1])[0]}") or mail.charset
    if body := found.get(_BODY):
        mail.text = _text(*body, mail.charset) or mail.text
    if html := found.get(_HTML):
        mail.html = _text(*html, mail.charset)
    if not mail.rtf and (rtf := found.get(_RTF)):
        mail.rtf = decompressed(rtf[1], mail.left[0]).decode("latin-1")
        mail.left[0] -= len(mail.rtf)
        mail.cut |= mail.left[0] <= 0


def _read_file(file: _File, value: bytes, charset: str) -> None:
    found = dict(_properties(value))
    for name in (_LONG_NAME, _FILE_NAME):
        if name in found and (text := _text(*found[name], charset)):
            file.name = text
            break
    if not file.name and (shown := found.get(_DISPLAY_NAME)):
        file.name = _text(*shown, charset)
    if kind := found.get(_MIMETYPE):
        file.mimetype = _text(*kind, charset).lower()
    if own := found.get(_CONTENT_ID):
        file.content_id = _text(*own, charset).strip("<> ")
    if content := found.get(_FILE_DATA):
        # An object's data begins with its interface's id.
        file.content = content[1][16:] if content[0] == _OBJECT else content[1]


def _properties(value: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield (id, (type, first value)) of a list of MAPI properties (MS-OXTNEF §2.1.3.4)."""
    if len(value) < 4:
        return
    at = 4
    for _ in range(min(struct.unpack_from("<I", value)[0], _MAX_PROPERTIES)):
        if at + 4 > len(value):
            return
        kind, name = struct.unpack_from("<HH", value, at)
        at += 4
        if name >= 0x8000:
            at = _behind_name(value, at)
        many, kind = kind & 0x1000, kind & 0x0FFF
        if kind in _FIXED:
            count, size = 1, _FIXED[kind]
            if many:
                if at + 4 > len(value):
                    return
                count, at = struct.unpack_from("<I", value, at)[0], at + 4
            yield name, (kind, value[at : at + size])
            at += min(count, len(value)) * size
            continue
        if at + 4 > len(value):
            return
        count, at = struct.unpack_from("<I", value, at)[0], at + 4
        if count > _MAX_VALUES:
            return
        for number in range(count):
            if at + 4 > len(value):
                return
            size, at = struct.unpack_from("<I", value, at)[0], at + 4
            if not number:
                yield name, (kind, value[at : at + size])
            at += size + -size % 4


def _behind_name(value: bytes, at: int) -> int:
    """Return where a named property continues after its name."""
    if at + 24 > len(value):
        return len(value)
    kind, size = struct.unpack_from("<II", value, at + 16)
    return at + 24 + (size + -size % 4 if kind else 0)


def _text(kind: int, value: bytes, charset: str) -> str:
    if kind == _UNICODE:
        return decode(value, "utf-16-le").rstrip("\0")
    return _string(value, charset)


def _string(value: bytes, charset: str) -> str:
    return decode(value.rstrip(b"\0"), charset)


def decompressed(data: bytes, most: int = MAX_CONVERTED) -> bytes:
    """Return decompressed RTF (MS-OXRTFCP §3.1), up to ``most`` bytes."""
    if len(data) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:  # MELA: not compressed
        return data[16 : 16 + min(size, most)]
    if kind != 0x75465A4C:  # LZFu
        return b""
    limit = min(size, most)
    window = bytearray(_RTF_SEED.ljust(4096, b"\0"))
    write, out, at, end = len(_RTF_SEED), bytearray(), 16, len(data)
    while at < end and len(out) < limit:
        control, at = data[at], at + 1
        for bit in range(8):
            if at >= end or len(out) >= limit:
                break
            if not control >> bit & 1:
                piece, at = data[at : at + 1], at + 1
                window[write] = piece[0]
            else:
                if at + 2 > end:
                    return bytes(out)
                token, at = data[at] << 8 | data[at + 1], at + 2
                read, length = token >> 4, (token & 15) + 2
                if read == write:
                    return bytes(out)
                piece = _copied(window, read, write, length)
            out += piece
            write = (write + len(piece)) % 4096
    return bytes(out[:limit])


def _copied(window: bytearray, read: int, write: int, length: int) -> bytearray:
    """Copy within the decoder's memory, which is a ring, and return what was copied."""
    if max(read, write) + length <= len(window) and (write - read) % len(window) >= length:
        piece = window[read : read + length]
        window[write : write + length] = piece
        return piece
    piece = bytearray()
    for step in range(length):  # what is written may be what is read next
        piece.append(window[(read + step) % len(window)])
        window[(write + step) % len(window)] = piece[-1]
    return piece
