"""Bytes → text, by the charset that a mail claims or, where that is wrong, the one it is in.

One unreadable byte costs one replacement mark, U+FFFD, and nothing around it. Text that is valid
multi-byte UTF-8 is hardly ever anything else, so UTF-8 takes precedence over a label, unless the
text is so short that the label may be right.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial

from .iso2022 import is_iso2022, iso2022, jis_pair
from .labels import ISO_2022, charset_of

MARK = "\ufffd"
#: Returns the likely codec of some bytes.
Detect = Callable[[bytes], str]
#: Characters of a text that are compared to choose between two readings of it.
_ENOUGH = 4_000
#: Bytes decoded at once; replacement marks beyond which a text is not worth more effort.
_CHUNK, _MAX_MARKS = 256 * 1024, 10_000
#: Signs of UTF-7 beyond which one that is not escaped is a mark.
_MAX_SIGNS = 300_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MULTI_BYTE = frozenset("big5hkscs cp932 cp949 euc_jp gb18030 hz johab shift_jisx0213".split())
_WIDE = frozenset("utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be".split())
_NO_OTHERS = _WIDE | {"", "utf-8", ISO_2022}
_LATIN = frozenset(
    "cp1252 cp1250 cp1254 cp1257 cp1258 cp437 cp850 cp852 cp858 iso8859-2 iso8859-3 iso8859-4 "
    "iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 mac-roman mac-latin2 "
    "hp-roman8 mac-croatian mac-iceland mac-romanian mac-turkish mail_viscii mail_tcvn".split()
)
# What PostgreSQL does not take, and the controls of ISO 6429, which no mail means: they are what
# Windows-1252 has in their place.
_UNWANTED = re.compile("[\x80-\x9f\ud800-\udfff]")
_BLANK = b" \r\n"
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_TEXT = re.compile("[^\x00-\x7f]")
# Surrogates among them, which are wrong, but nothing else.
_MULTI_BYTE_UTF8 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# A character beyond U+FFFF as two surrogates, as Java and Oracle write it (CESU-8).
_CESU = re.compile(rb"\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])")
#: These have a letter and its tone apart, which nobody who searches for a word types.
_IN_PARTS = frozenset(["cp1258", "mail_tcvn"])
# No more marks than a letter has: to put a run of them in order takes quadratic time.
_APART = re.compile("[^\\W\\d_][\u0300\u0301\u0303\u0309\u0323]{1,2}")
_ERRORS = "mail_sync_marks"


def clean(text: str) -> str:
    """Return text that PostgreSQL accepts: no NUL, no lone surrogate; and no C1 control."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _UNWANTED.sub(_wanted, text)


def _wanted(found: re.Match[str]) -> str:
    if found[0] >= "\ud800":
        return MARK
    return found[0].encode("latin-1").decode("cp1252", "replace")


def is_utf8(data: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_mostly_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, but for some characters that are broken or cut off."""
    return _utf8_share(data) >= 0.5


def guess(data: bytes) -> str:
    """Return the text of bytes without a stated charset: UTF-8, else Windows-1252.

    The result never changes, because mails are identified by text read this way.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def decode(
    data: bytes,
    label: str = "",
    *,
    cut: bool = False,
    others: tuple[str, ...] = (),
    detect: Detect = lambda _data: "cp1252",
) -> str:
    """Return the text of some bytes by a label that may be wrong, unknown or missing. Never raises.

    ``others`` are labels to try if that one cannot read the text; then ``detect`` is asked for a
    codec. ``cut`` bytes may end inside a character, which is dropped.
    """
    charset = charset_of(label)
    if data.isascii() and charset not in _SEVEN_BIT and b"\x1b" not in data and b"\0" not in data:
        return data.decode("ascii")
    return clean(_decode(data, charset, cut, others, detect))


# In these, ASCII bytes have other meanings.
_EBCDIC = frozenset("cp037 cp1026 cp1140 cp273 cp424 cp500 cp875".split())
_SEVEN_BIT = _EBCDIC | {"utf-7", "hz", ISO_2022}


def _decode(data: bytes, charset: str, cut: bool, others: tuple[str, ...], detect: Detect) -> str:
    for bom, named in _BOMS:
        if data.startswith(bom) and not (charset in _MULTI_BYTE and named == "utf-16"):
            return _read(data[len(bom) :] if named == "utf-8" else data, named, cut)
    if is_iso2022(data) or (charset == ISO_2022 and (b"\x1b" in data or b"\x0e" in data)):
        return iso2022(data)
    if charset == ISO_2022:
        return _without_escapes(data, cut, detect)
    if charset in _WIDE:
        return _read(data, _width(data, charset), cut)
    if charset == "utf-7" and not data.isascii():
        charset = ""  # which it cannot be
    if charset in ("utf-7", "hz") or charset in _EBCDIC:
        return _read(data, charset, cut)
    share = _utf8_share(data)
    if share == 1 and _means_utf8(data, charset, cut):
        return _read(data, "utf-8", cut)
    usable = (one for one in map(charset_of, others) if one not in _NO_OTHERS)
    second = partial(_by_others, data, tuple(usable), detect, cut)
    if charset and charset != "utf-8":
        return _by_label(data, charset, share, cut, second)
    if share >= 0.5:
        return _read(data, "utf-8", cut)
    return second() or _read(data, "cp1252", cut)


def _without_escapes(data: bytes, cut: bool, detect: Detect) -> str:
    """Return text that is labelled as ISO-2022 and has no escape sequence: it is in another."""
    likely = "utf-8" if is_utf8(data) else detect(data)
    if likely == "utf-8" or (likely in _MULTI_BYTE and _reads(data, likely, cut)):
        return _read(data, likely, cut)
    return iso2022(data)


def _by_label(data: bytes, charset: str, share: float, cut: bool, second: Callable[[], str]) -> str:
    """Return text by a charset other than UTF-8, unless nearly all of it is in another."""
    if charset not in _MULTI_BYTE:
        return _read(data, "utf-8" if 0.8 <= share < 1 else charset, cut)
    text = _read(data, charset, cut)
    sample = text[: 4 * _ENOUGH]
    if 5 * sample.count(MARK) > len(_HIGH_TEXT.findall(sample)):
        return second() or text
    return text


def _by_others(data: bytes, stated: tuple[str, ...], detect: Detect, cut: bool) -> str:
    """Return text by the first charset that reads all of it, or else by the most likely one."""
    for charset in stated:
        if _reads(data, charset, cut):
            return _read(data, charset, cut)
    likely = detect(data)
    return _read(data, likely, cut) if _reads(data, likely, cut) else ""


def _reads(data: bytes, charset: str, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder(charset)().decode(data, not cut)
    except (UnicodeError, ValueError):
        return False
    return True


def _read(data: bytes, charset: str, cut: bool) -> str:
    """Return text by a charset, its unreadable bytes marked one by one."""
    if charset == "utf-8" and b"\xed" in data:
        data = _CESU.sub(_paired, data, count=_MAX_MARKS)
    many = charset == "utf-7" and data.count(b"+") > _MAX_SIGNS
    decoder = codecs.getincrementaldecoder(charset)("replace" if many else _ERRORS)
    text, at = "", 0
    for at in range(0, len(data), _CHUNK):
        if at and decoder.errors == _ERRORS and text.count(MARK) > _MAX_MARKS:
            decoder.errors = "replace"  # which does not look for vendors' characters, and is quick
        text += decoder.decode(data[at : at + _CHUNK], not cut and at + _CHUNK >= len(data))
    if charset in _IN_PARTS:
        return _APART.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return text.translate(_NO_CP932) if charset == "cp932" else text


def _paired(found: re.Match[bytes]) -> bytes:
    return (
        found[0]
        .decode("utf-8", "surrogatepass")
        .encode("utf-16", "surrogatepass")
        .decode("utf-16")
        .encode()
    )


def _marked(error: UnicodeError) -> tuple[str, int]:
    """Return the replacement for bytes that a codec cannot read: a vendor's character, or a mark.

    Called by a codec as an error handler; also returns where to continue.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    at, pair = error.start, error.object[error.start : error.start + 2]
    if error.encoding == "utf7":  # a sign that should have been written as "+-"
        return error.object[at : error.end].decode("ascii", "replace"), error.end
    if error.encoding == "euc_jp" and len(pair) == 2 and 0xA1 <= min(pair) <= max(pair) < 0xFF:
        return jis_pair(pair[0] & 0x7F, pair[1] & 0x7F), at + 2
    if error.encoding == "gb18030" and pair[:1] == b"\x80":
        return "€", at + 1
    if len(pair) == 2 and (other := _VENDORS.get(error.encoding)):
        try:
            return pair.decode(other), at + 2
        except UnicodeDecodeError:
            pass
    return MARK, max(error.end, at + 1)


#: If a charset lacks a pair of bytes, the charset from which a vendor took it.
_VENDORS = {"big5hkscs": "cp950", "cp932": "shift_jis_2004", "shift_jisx0213": "cp932"}
# What Python makes of bytes that CP932 does not define.
_NO_CP932 = dict.fromkeys([0x80, 0xA0, *range(0xF8F0, 0xF8F4)], MARK)
codecs.register_error(_ERRORS, _marked)


def _utf8_share(data: bytes) -> float:
    """Return the share of non-ASCII text that is UTF-8: 1 for all of it, or if all is ASCII."""
    try:
        data.decode("utf-8")
        return 1
    except UnicodeDecodeError as error:
        # A text whose last character is cut off still counts as valid.
        if error.end == len(data) and error.reason == "unexpected end of data" and error.start:
            head = data[: error.start]
            if not head.isascii():
                return _utf8_share(head)
    first = _HIGH.search(data).start()
    sample = data[first : first + 64 * 1024]
    whole = len(_MULTI_BYTE_UTF8.findall(sample))
    broken = len(_HIGH.findall(_MULTI_BYTE_UTF8.sub(b"", sample)))
    return min(whole / (whole + broken), 0.999) if whole + broken else 0.999


def _means_utf8(data: bytes, charset: str, cut: bool) -> bool:
    """Whether valid UTF-8 really is UTF-8, whatever its label."""
    if charset in _MULTI_BYTE:
        # One or two characters of such a charset can be valid UTF-8 by chance.
        many = len(_MULTI_BYTE_UTF8.findall(data[: 4 * _ENOUGH])) > 2
        return many or not _reads(data, charset, cut)
    return charset in ("", "utf-8") or _is_utf8(data, charset)


def _is_utf8(data: bytes, charset: str) -> bool:
    """Whether valid UTF-8 labelled as a single-byte charset really is UTF-8.

    Two letters of Thai, Greek or Cyrillic can be valid UTF-8. Then the label is believed, unless
    the UTF-8 is in its script.
    """
    high = b"".join(_HIGH.findall(data[: 4 * _ENOUGH]))
    if not high or charset in _LATIN:
        return True
    labelled = high.decode(charset, "replace")
    if not all(unicodedata.category(char)[0] in "LM" for char in labelled):
        return True
    script = _script(charset)
    sample = data[: 4 * _ENOUGH].decode("utf-8", "ignore")
    return any(script == _first_word(char) for char in _HIGH_TEXT.findall(sample))


@lru_cache(maxsize=64)
def _script(charset: str) -> str:
    names = [_first_word(char) for char in bytes(range(0xC0, 0x100)).decode(charset, "replace")]
    return max(set(names), key=names.count)


def _first_word(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _width(data: bytes, charset: str) -> str:
    """Return the byte order of UTF-16 or UTF-32 without a BOM, whatever its label says of it.

    UTF-8 if it cannot be either.
    """
    if b"\0" not in data and is_utf8(data):
        return "utf-8"
    little, big = f"{charset[:6]}-le", f"{charset[:6]}-be"
    if charset.startswith("utf-32"):  # no character has four bytes
        usual = big if charset == big else little
        first, last = data[:1] == b"\0", data[3:4] == b"\0"
        return usual if first == last else big if first else little
    sample = data[: 2 * _ENOUGH]
    if charset == "utf-16":
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        return big if even > odd else little
    # Letters may have any bytes, but not the space that is between words.
    pairs = Counter(zip(sample[::2], sample[1::2], strict=False))
    spaces, swapped = sum(pairs[0, one] for one in _BLANK), sum(pairs[one, 0] for one in _BLANK)
    if charset == little:
        return big if spaces > swapped else little
    return little if swapped > spaces else big
