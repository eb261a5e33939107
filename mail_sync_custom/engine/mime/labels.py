"""The charset names that mails use → Python's name of the charset that is meant.

The labels of the WHATWG Encoding standard (§4.2, by ``webencodings``), which take a charset for
the superset that senders mean by it; those of mailers that the web does not know; Python's own.
"""

from __future__ import annotations

import codecs
import re
from encodings.aliases import aliases
from functools import lru_cache

from .tables import OWN

#: Stands for ISO-2022-JP, -KR and -CN, which :mod:`.iso2022` reads instead of a Python codec.
ISO_2022 = "iso-2022"

_MEANT = {
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "iso-8859-8-i": "iso8859-8",
    "windows-874": "cp874",
    "x-user-defined": "cp1252",
    "iso-2022-jp": ISO_2022,
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "euc_kr": "cp949",
    "ascii": "",
    "utf-8-sig": "utf-8",
    **{f"iso2022_{name}": ISO_2022 for name in
       ("jp", "jp_1", "jp_2", "jp_2004", "jp_3", "jp_ext", "kr")},
}  # fmt: skip

#: Labels used by mailers, reduced to letters and digits.
_MAILERS = {
    "default": "", "unknown": "", "unknown8bit": "", "xunknown": "", "8bit": "", "7bit": "",
    "binary": "", "none": "", "null": "", "auto": "", "autodetect": "", "ascii": "", "usascii": "",
    "ansix341968": "", "ansix341986": "", "iso646us": "", "iso646": "", "646": "", "ansi": "",
    "us": "", "utf8mb4": "utf-8", "utf8n": "utf-8", "utf8mac": "utf-8", "cesu8": "utf-8",
    "unicode11utf7": "utf-7", "unicode11utf8": "utf-8", "unicode20utf8": "utf-8",
    "xunicode20utf8": "utf-8", "xunicode20utf7": "utf-7", "unicode20utf7": "utf-7",
    "ucs2le": "utf-16-le", "ucs2be": "utf-16-be", "ucs4le": "utf-32-le", "ucs4be": "utf-32-be",
    "iso10646ucs4": "utf-32", "ucs2": "utf-16", "iso10646ucs2": "utf-16", "unicode": "utf-16",
    "ucs4": "utf-32", "hproman8": "hp_roman8",
    "csiso2022jp": ISO_2022, "cp50220": ISO_2022, "cp50221": ISO_2022, "cp50222": ISO_2022,
    "cp50225": ISO_2022, "cp50227": ISO_2022, "iso2022jpms": ISO_2022, "jis": ISO_2022,
    "iso2022cn": ISO_2022, "iso2022cnext": ISO_2022, "xiso2022jp": ISO_2022,
    "iso2022jp2022": ISO_2022, "iso2022jpopen": ISO_2022, "xwindowsiso2022jp": ISO_2022,
    "windows50220": ISO_2022, "windows50221": ISO_2022, "windows50222": ISO_2022,
    "sjiswin": "cp932", "cp943": "cp932", "cp943c": "cp932", "ms932": "cp932",
    "cswindows31j": "cp932", "ibm943": "cp932", "xmacjapanese": "cp932", "macjapanese": "cp932",
    "sjis": "cp932", "xsjiscp932": "cp932", "shiftjisx0213": "shift_jisx0213", "eucjpms": "euc_jp",
    "eucjpwin": "euc_jp", "ujis": "euc_jp", "cp51932": "euc_jp", "eucj": "euc_jp", "hz": "hz",
    "hzgb2312": "hz", "cngb": "gb18030", "gb231280": "gb18030", "gb23121980": "gb18030",
    "euccn": "gb18030", "xeuccn": "gb18030", "ms936": "gb18030", "mswin936": "gb18030",
    "gb": "gb18030", "gb18030200": "gb18030", "gb180302000": "gb18030", "gb180302005": "gb18030",
    "gb180302022": "gb18030", "cp54936": "gb18030", "chinese": "gb18030",
    "xmacchinesesimp": "gb18030", "gb13000": "gb18030", "cnbig5": "big5hkscs",
    "xxbig5": "big5hkscs", "big5eten": "big5hkscs", "ms950": "big5hkscs",
    "big5hkscs2004": "big5hkscs", "xmacchinesetrad": "big5hkscs", "big5e": "big5hkscs",
    "uhc": "cp949", "xwindows949": "cp949", "ms949": "cp949", "korean": "cp949", "ksc5601": "cp949",
    "ksx1001": "cp949", "xmackorean": "cp949", "ksc56011992": "cp949", "xjohab": "johab",
    "ms1361": "johab", "cp1361": "johab", "xmacce": "mac_latin2",
    "xmaccentraleurroman": "mac_latin2", "macce": "mac_latin2", "xmacgreek": "mac_greek",
    "xmacturkish": "mac_turkish", "xmaciceland": "mac_iceland", "xmacicelandic": "mac_iceland",
    "xmaccroatian": "mac_croatian",
    "xmacromanian": "mac_romanian", "xmacarabic": "mac_arabic", "xmacfarsi": "mac_farsi",
    "xmacukrainian": "mac_cyrillic", "xmacroman": "mac_roman", "mac": "mac_roman",
    "applemac": "mac_roman", "macosroman": "mac_roman", "xmachebrew": "cp1255", "xmacthai": "cp874",
    "koi8ru": "koi8_u", "koi": "koi8_r", "koi8": "koi8_r", "cskoi8r": "koi8_r",
    "dosrussian": "cp866", "xcp866": "cp866", "alt": "cp866", "iso88598e": "iso8859-8",
    "logical": "iso8859-8", "visual": "iso8859-8", "latin9": "iso8859-15", "latin0": "iso8859-15",
    "latin10": "iso8859-16", "iso2022kr": ISO_2022, "csiso2022kr": ISO_2022, "xiso2022kr": ISO_2022,
    "extendedunixcodepackedformatforjapanese": "euc_jp", "jisx0201": "cp932", "xutf8": "utf-8",
    "isoir179": "iso8859-13", "isoir203": "iso8859-15", "tis6202533": "cp874",
    "viscii": "mail_viscii", "viscii111": "mail_viscii", "xviscii": "mail_viscii",
    "tcvn": "mail_tcvn", "tcvn5712": "mail_tcvn", "tcvn57121": "mail_tcvn", "tcvn3": "mail_tcvn",
    "tcvn571211993": "mail_tcvn", "xviettcvn5712": "mail_tcvn", "armscii8": "mail_armscii",
    "armscii": "mail_armscii", "xarmscii8": "mail_armscii", "georgianps": "mail_georgian_ps",
    "geostd8": "mail_georgian_ps", "georgianacademy": "mail_georgian_academy", "mik": "mail_mik",
    "bulgariamik": "mail_mik",
    "xbig5": "big5hkscs", "xcp20936": "gb18030", "cp20936": "gb18030", "xcp50220": ISO_2022,
    "xcp50221": ISO_2022, "xcp50222": ISO_2022, "xcp50227": ISO_2022,
    "iso88591windows30latin1": "cp1252", "iso88591windows31latin1": "cp1252",
    "iso88592windowslatin2": "cp1250", "iso88599windowslatin5": "cp1254",
    # The charset of a font in Windows, by its number and by its name.
    "128": "cp932", "129": "cp949", "130": "johab", "134": "gb18030", "136": "big5hkscs",
    "161": "cp1253", "162": "cp1254", "163": "cp1258", "177": "cp1255", "178": "cp1256",
    "186": "cp1257", "204": "cp1251", "222": "cp874", "238": "cp1250",
    "easteuropecharset": "cp1250", "russiancharset": "cp1251", "greekcharset": "cp1253",
    "turkishcharset": "cp1254", "hebrewcharset": "cp1255", "arabiccharset": "cp1256",
    "balticcharset": "cp1257", "vietnamesecharset": "cp1258", "thaicharset": "cp874",
    "chinesebig5charset": "big5hkscs", "chinesebig5": "big5hkscs", "hangeulcharset": "cp949",
    "hangulcharset": "cp949", "johabcharset": "johab",
}  # fmt: skip

#: Python codecs that are never a mail's charset: they evaluate escapes, or are quadratic.
_NO_CHARSETS = frozenset(
    ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"]
)
#: The numbers that Windows gives to charsets, where Python's name is not that number.
_NUMBERS = {
    "65001": "utf-8", "65000": "utf-7", "1200": "utf-16-le", "1201": "utf-16-be",
    "12000": "utf-32-le", "12001": "utf-32-be", "20127": "", "20866": "koi8_r", "21866": "koi8_u",
    "708": "iso8859-6", "38596": "iso8859-6", "38598": "iso8859-8", "31": "cp932",
    "20932": "euc_jp", "51936": "gb18030", "51949": "cp949", "52936": "hz", "819": "cp1252",
    "10000": "mac_roman", "10001": "cp932", "10002": "big5hkscs", "10003": "cp949",
    "10004": "mac_arabic", "10005": "cp1255", "10006": "mac_greek", "10007": "mac_cyrillic",
    "10008": "gb18030", "10010": "mac_romanian", "10017": "mac_cyrillic", "10021": "cp874",
    "10029": "mac_latin2", "10079": "mac_iceland", "10081": "mac_turkish", "10082": "mac_croatian",
    "28591": "cp1252", "28599": "cp1254",
    **{f"{28590 + part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 13, 15)},
}  # fmt: skip
_JUNK = re.compile(r"[^a-z0-9]+")
_NO_NAME = re.compile(r"[^a-z0-9.]+")
_WORD = re.compile(r"[a-z0-9_.:+()-]+")
_NUMBERED = re.compile(
    r"(?:x?windows(?:cp)?|x?win|x?cp|x?ms|x?ibm|x?dos|ansi|codepage|csibm|xmswin)0{0,3}(\d{2,5})"
)
# A label with something else attached to it.
_GLUED = re.compile(r"x?(?:windows12\d\d|koi8[ru]|gb2312|gbk|big5|shiftjis|euc(?:jp|kr)|iso2022jp)")
_ISO_8859 = re.compile(r"x?(?:iso)?8859(\d{1,2})(?:\d{4})?[ei]?")


@lru_cache(maxsize=512)
def charset_of(label: str) -> str:
    """Return the codec for a label, or ``ISO_2022``; "" if the label says nothing.

    That includes ``us-ascii``, because eight-bit text is never that. Anything around a label is
    ignored, such as quotes, or the language of RFC 2231 §5.

    >>> charset_of('"UTF8"; format=flowed'), charset_of("ks_c_5601-1987"), charset_of("x-unknown")
    ('utf-8', 'cp949', '')
    """
    # Some repeat the whole parameter as its value.
    label = label[:80].lower().rpartition("charset=")[2]
    label = label.partition("*")[0].strip(" \t'\"<>=;,.")
    whole = _JUNK.sub("", label)
    word = _WORD.match(label)
    for name in (whole, _JUNK.sub("", word[0]) if word else ""):
        if (known := _known(name)) is not None:
            return known if known in ("", ISO_2022) else _codec(known)
    for name in filter(None, (label, label.replace(" ", "-"), word and word[0], whole)):
        if known := _standard(name):
            known = _MEANT.get(known, known)
            return known if known in ("", ISO_2022) else _codec(known)
    if whole.startswith("cs") and (known := charset_of(whole[2:])):
        return known  # an alias that IANA made for programs (RFC 3808)
    glued = _GLUED.match(whole)
    return charset_of(glued[0]) if glued and glued[0] != whole else ""


def _known(name: str) -> str | None:
    """Return the codec for a label that mailers use; None if the label is not one of theirs."""
    if name in _MAILERS:
        return _MAILERS[name]
    if name.startswith("utf8"):
        return "utf-8"
    if found := _ISO_8859.fullmatch(name):
        codec = _codec(f"iso8859-{int(found[1])}")
        return _MEANT.get(codec, codec) or None
    if found := _NUMBERED.fullmatch(name):
        codec = _NUMBERS.get(found[1])
        codec = _codec(f"cp{found[1]}") if codec is None else codec
        return _MEANT.get({"cp936": "gbk"}.get(codec, codec), codec) or None
    return None


def _standard(name: str) -> str:
    """Return the codec for a label of the WHATWG's or of Python's."""
    from webencodings.labels import LABELS  # only mail that is not UTF-8 needs it

    name = LABELS.get(name, name)
    if name in _MEANT:
        return name
    return "utf-16" if name == "utf-16le" else _codec(name)


@lru_cache(maxsize=1)
def _codecs() -> frozenset[str]:
    """Return the names of Python's codecs. Asking ``codecs`` for others would search for files."""
    others = "koi8_t koi8_u cp720 cp737 cp856 cp874 cp1006 mac_arabic mac_croatian mac_farsi"
    return frozenset({*aliases, *aliases.values(), *others.split(), "mac_romanian", *OWN})


def _codec(name: str) -> str:
    if _NO_NAME.sub("_", name) not in _codecs():
        return ""
    try:
        known = codecs.lookup(name).name
        "".encode(known)  # refuses what is no text encoding, such as zlib
    except (LookupError, ValueError, UnicodeError, TypeError):
        return ""
    return "" if known.replace("-", "_") in _NO_CHARSETS else known
