"""The charset of text whose mail states none, by ``charset-normalizer`` on a bounded sample."""

from __future__ import annotations

import re
from functools import lru_cache

#: The most bytes that are examined, of the lines that are not ASCII.
MAX_SAMPLE = 4 * 1024
#: With fewer non-ASCII bytes than these, any answer would be chance.
_ENOUGH = 6

_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Hiragana and katakana, rare in Korean and Chinese text (JIS X 0208 rows 4 and 5).
_EUC_KANA = re.compile(rb"[\xa4\xa5][\xa1-\xf6]")
_EUC_PAIR = re.compile(rb"[\xa1-\xfe]{2}")
# The same in Shift_JIS, whose second byte may be ASCII.
_SJIS_KANA = re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x7e\x80-\x96]")
_SJIS_PAIR = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")
# Hebrew has no capitals, so nothing but these letters; Cyrillic text of some length has others.
_HEBREW = re.compile(rb"[\xe0-\xfa]+")
_HEBREW_ENOUGH = 24
# Within a word, these are letters of Polish, and signs in the other charsets.
_POLISH = re.compile(rb"[A-Za-z\xc0-\xff][\xa3\xa5\xaf\xb3\xb9\xbf][a-z]")

_EUROPEAN = ["cp1252", "cp1250", "cp1254", "cp1257"]
_OTHERS = [
    "cp1251", "koi8_r", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1253", "cp1255",
    "cp1256", "cp874", "cp866", "iso8859_5",
]  # fmt: skip


def detected(data: bytes) -> str:
    """Return the likely charset of a text, by Python's name; cp1252 if the text is too short."""
    return _detected(_sample(data))


@lru_cache(maxsize=64)
def _detected(sample: bytes) -> str:
    runs = _HIGH_RUN.findall(sample)
    if sum(map(len, runs)) < _ENOUGH:
        return "cp1252"
    pairs = [pair for run in runs for pair in _EUC_PAIR.findall(run)]
    if pairs and 4 * sum(map(bool, map(_EUC_KANA.fullmatch, pairs))) > len(pairs):
        return "euc_jp"
    pairs = _SJIS_PAIR.findall(sample)
    if pairs and 4 * sum(map(bool, map(_SJIS_KANA.fullmatch, pairs))) > len(pairs):
        return "cp932"
    if sum(map(len, runs)) >= _HEBREW_ENOUGH and all(map(_HEBREW.fullmatch, runs)):
        return "cp1255"
    # In a Latin alphabet most letters are ASCII, and the others stand alone.
    alone = sum(len(run) == 1 for run in runs)
    charsets = _EUROPEAN if 2 * alone > len(runs) else _OTHERS
    if charsets is _EUROPEAN and len(_POLISH.findall(sample)) > 1:
        return "cp1250"

    from charset_normalizer import from_bytes  # 70 ms, for a mail in a thousand

    found = from_bytes(sample, cp_isolation=charsets, preemptive_behaviour=False).best()
    codec = {"big5": "big5hkscs"}.get(found.encoding, found.encoding) if found else "cp1252"
    if codec in _EUROPEAN and _same(sample, codec):
        return "cp1252"
    return codec


def _sample(data: bytes) -> bytes:
    out, size = [], 0
    for line in _LINE.finditer(data[: 64 * 1024]):
        out.append(line[0][: MAX_SAMPLE - size])
        size += len(out[-1])
        if size >= MAX_SAMPLE:
            break
    return b"\n".join(out)


def _same(sample: bytes, codec: str) -> bool:
    return sample.decode(codec, "replace") == sample.decode("cp1252", "replace")
