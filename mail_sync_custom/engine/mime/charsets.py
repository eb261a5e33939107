"""Bytes → text, by the charset that a mail claims or, where that is wrong, the one it is in."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text that PostgreSQL takes: no NUL, no lone surrogate."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def guess(data: bytes) -> str:
    """Return text of bytes that say nothing of their charset: UTF-8, else what Windows wrote."""
    for charset in ("utf-8", "cp1252"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


# What senders call a charset, and the superset that they mean by it (WHATWG Encoding §4.2).
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "unicode-1-1-utf-7": "utf-7",
    "windows-874": "cp874",
    "cp-850": "cp850",
    "utf8mb4": "utf-8",
}
# Codecs of Python that are no charset of a mail: they run escapes, or are quadratic.
_NO_CHARSETS = frozenset(
    ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"]
)


@lru_cache(maxsize=256)
def charset_of(name: str) -> str:
    """Return Python's name of a mail's charset, "" for one that is unknown: ``utf-8"`` is known."""
    name = name.partition("*")[0].strip(" \t'\";,=").lower()[:40]
    try:
        known = codecs.lookup(_ALIASES.get(name, name)).name
        "".encode(known)  # refuses what is no text encoding, such as zlib
    except (LookupError, ValueError, UnicodeError, TypeError):
        return ""
    return "" if known.replace("-", "_") in _NO_CHARSETS else _MEANT.get(known, known)


def decode(data: bytes, charset: str, cut: bool = False) -> str:
    """Return the text of some bytes by a charset that may be wrong, unknown or missing.

    Strictly as declared, else strictly as UTF-8, else as declared with the unreadable marked.
    ``cut`` bytes may end in the middle of a character.
    """
    known = charset_of(charset[:80])
    for candidate in dict.fromkeys((known or "utf-8", "utf-8")):
        for end in range(len(data), max(-1, len(data) - (4 if cut else 1)), -1):
            try:
                return clean(data[:end].decode(candidate))
            except (UnicodeError, ValueError):
                continue
    if not known or known == "utf-8":
        return clean(guess(data))
    return clean(data.decode(known, "replace"))
