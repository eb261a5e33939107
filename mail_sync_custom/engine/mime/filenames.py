"""Names for files: safe to store, to show and to save."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from .charsets import clean, decode, is_utf8
from .limits import MAX_FILENAME
from .words import CONTROL, SPACES, decode_words

# Direction marks and zero-width characters: they make "exe.fdp" look like "pdf.exe".
_TRICKS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u061c\x80-\x9f]+")
SLASH = re.compile(r"[/\\]")
_EXTENDED = re.compile(
    r"(?i)((?:utf|iso|windows|gb|big5|euc|shift|koi8)[\w-]{0,30})'[\w-]{0,20}'(.*)"
)
_FORBIDDEN = re.compile(r'[<>:"|?*]')

#: The default name of a nameless part, by type; other types become attachment.bin.
_DEFAULT_NAMES = {
    "text/plain": "text.txt",
    "text/html": "text.html",
    "text/calendar": "invite.ics",
    "text/csv": "attachment.csv",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "text/rfc822-headers": "headers.txt",
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/global-delivery-status": "delivery-status.txt",
    "message/disposition-notification": "receipt.txt",
    "application/pdf": "attachment.pdf",
    "application/zip": "attachment.zip",
    "application/ics": "invite.ics",
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-keys": "keys.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/msword": "attachment.doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "attachment.docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "attachment.xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "attachment.pptx",
    "image/jpeg": "image.jpg",
    "image/jpg": "image.jpg",
    "image/png": "image.png",
    "image/gif": "image.gif",
    "image/webp": "image.webp",
    "image/bmp": "image.bmp",
    "image/tiff": "image.tiff",
    "image/svg+xml": "image.svg",
    "audio/mpeg": "audio.mp3",
    "audio/wav": "audio.wav",
    "video/mp4": "video.mp4",
    "video/quicktime": "video.mov",
}


def safe_name(name: str, mimetype: str) -> str:
    """Return a file name that is safe to store, show and save; never an empty one."""
    name = CONTROL.sub("", _TRICKS.sub("", clean(_unescaped(decode_words(name)))))
    name = next(filter(None, (p.strip() for p in SLASH.split(name)[::-1])), "")
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    name = _shortened(SPACES.sub(" ", name).strip(" ."))
    return name or _DEFAULT_NAMES.get(mimetype, "attachment.bin")


def _unescaped(name: str) -> str:
    """Return a name without the escapes of RFC 2231 §4, which some write into a parameter as it is.

    Without a charset before them they count only where they are letters in UTF-8: ``100%20.pdf``
    may be what the file is called.
    """
    if "%" not in name:
        return name
    if found := _EXTENDED.fullmatch(name):
        return decode(unquote_to_bytes(found[2]), found[1])
    data = unquote_to_bytes(name) if name.isascii() else b""
    return name if data.isascii() or not is_utf8(data) else data.decode()


def _shortened(name: str) -> str:
    """Return a name of at most ``MAX_FILENAME`` characters that keeps its extension."""
    if len(name) <= MAX_FILENAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:MAX_FILENAME].strip(" .")
    return stem[: MAX_FILENAME - len(extension) - 1].strip(" .") + dot + extension
