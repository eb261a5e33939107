"""The Date field → a moment in UTC (RFC 5322 §3.3), in the forms that mailers write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from unicodedata import decimal

from .months import MONTHS, NUMERALS, bare
from .zones import ZONES, offset_by_name

#: A clock that shows an earlier year was never set: 1904, 1970 and 1980 are where clocks start.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100

_DAY = r"(?<![0-9:])([0-9]{1,2})(?:st|nd|rd|th|er|\.|º|ª)?"
_MONTH = r"([一二三四五六七八九十]{1,2}(?=月)|[0-9]{1,2}(?=[月월])|[^\W\d_]{3,12})[月월]?[.׳']?"
_OF = r"(?:[\s,/-]+(?:de|di|of|del)\b)?"
# Spaces around a colon are obsolete, but have to be read (RFC 5322 §4.3). Some programs write
# minutes and seconds with one digit.
_CLOCK = (
    r"([0-9]{1,2})(?:\s?:\s?|[.h時时시](?=[0-9]{2}))([0-9]{1,2})"
    r"(?:(?:\s?:\s?|[.m分분](?=[0-9]{2}))([0-9]{1,2})[s秒초]?)?(?:[.,][0-9]+)?"
    r"(?:\s*([ap])\.?\s?m\b\.?)?"
)
_ZONE = (
    r"\s*\(?(?:(?:gmt|utc|z)\b)?\s*"
    r"([+\-−]\s?[0-9]{1,2}:?[0-9]{2}\b|[+\-−][0-9]{1,2}\b|[a-z]{1,5}\b(?! +[a-z.]+ time))?"
)
_BETWEEN = r"\.?(?:[\s,]+(?:um|at|à|às|a las|alle|om|kl\.?|klo)\b\.?)?[\s,]+"
_USUAL = re.compile(
    rf"{_DAY}{_OF}[\s-]+{_MONTH}{_OF}[\s,/-]+([0-9]{{2,4}})(?!:){_BETWEEN}{_CLOCK}{_ZONE}"
)
_ASCTIME = re.compile(
    rf"\b([^\W\d_]{{3,12}})\.?\s+([0-9]{{1,2}}),?\s+{_CLOCK}{_ZONE}\s+([0-9]{{4}})\b{_ZONE}"
)
_AMERICAN = re.compile(
    rf"\b([^\W\d_]{{3,12}})\.?\s+([0-9]{{1,2}}),?\s+([0-9]{{4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)
_HUNGARIAN = re.compile(
    rf"(?<![0-9])([0-9]{{4}})[.,]?[\s-]+{_MONTH}[\s-]+([0-9]{{1,2}}){_BETWEEN}{_CLOCK}{_ZONE}"
)
_ISO = re.compile(
    rf"(?<![0-9])([0-9]{{4}})\s?[-/.年년]\s?([0-9]{{1,2}})\s?[-/.月월]\s?([0-9]{{1,2}})[日일]?"
    rf"(?:t|\s|\s?\([^()]{{1,5}}\)\s?)\s*{_CLOCK}{_ZONE}"
)
_DOTTED = re.compile(
    rf"(?<![0-9.])([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{2,4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)
#: Halves of the day before the clock, or in Greek and Arabic behind it.
_HALF_BEFORE = re.compile(
    r"(上午|午前|오전)?(下午|午後|오후)?\s*([0-9]{1,2}[:時时시][0-9]{2}(?:[:분分](?:[0-9]{2}[秒초]?)?)?)"
)
_HALF_BEHIND = re.compile(r"(?<=[0-9])\s?(?:(π\.?μ\b|ص)|μ\.?μ\b|م)(?!\w)\.?")
_COMMENT = re.compile(r"\([^()]*\)")
_VIETNAMESE = re.compile(r"\bth(?:g|áng)\s?([0-9]{1,2})\b")


def read_date(text: str) -> datetime | None:
    """Return a Date in UTC; None if it is unreadable, or from a clock that was never set.

    Without a zone, or with an unknown one, it counts as UTC (RFC 5322 §4.3).

    >>> read_date("Mon, 5 Okt 2026 10:00:00 +0200").isoformat()
    '2026-10-05T08:00:00+00:00'
    """
    text = text[:200]
    low = text.lower()
    if not low.isascii():
        low = _in_latin(low)
    found = _parts(low) or _parts(_plainer(low))
    return _moment(text, *found) if found else None


def _in_latin(text: str) -> str:
    """Return a date with the digits and the halves of the day of other scripts in Latin ones."""
    text = "".join(str(decimal(one, one)) for one in text)
    text = _HALF_BEFORE.sub(_half_behind, text)
    return _HALF_BEHIND.sub(lambda found: " am" if found[1] else " pm", text)


def _half_behind(found: re.Match[str]) -> str:
    half = " am" if found[1] else " pm" if found[2] else ""
    return f" {found[3].rstrip('分분')}{half}" if half else found[0]


def _plainer(text: str) -> str:
    """Return a date without comments between its parts (RFC 5322 §3.2.2), months as numbers."""
    return _VIETNAMESE.sub(r"\1月", _COMMENT.sub(" ", text))


def _parts(text: str) -> tuple | None:
    """Return (year, month, day, hour, minute, second, half of the day, zone), or None."""
    if found := _USUAL.search(text):
        day, name, year, *clock = found.groups()
        month = _month(name)
    elif found := _ISO.search(text):
        year, month, day, *clock = found.groups()
    elif found := _DOTTED.search(text):
        day, month, year, *clock = found.groups()
    elif found := _AMERICAN.search(text):
        name, day, year, *clock = found.groups()
        month = _month(name)
    elif found := _HUNGARIAN.search(text):
        year, name, day, *clock = found.groups()
        month = _month(name)
    elif found := _ASCTIME.search(text):
        name, day, hour, minute, second, half, before, year, behind = found.groups()
        month = _month(name)
        clock = [hour, minute, second, half, before or behind]
    else:
        return None
    return (year, month, day, *clock) if month else None


def _month(name: str) -> int | None:
    """Return the number of a month's name, whole or shortened, in any of the known languages."""
    if name.isdecimal():
        return int(name)
    if name in NUMERALS:
        return NUMERALS[name]
    short = bare(name)
    lengths = range(min(len(short), 9), 2, -1)
    return next((MONTHS[short[:n]] for n in lengths if short[:n] in MONTHS), None)


def _moment(text, year, month, day, hour, minute, second, half, zone) -> datetime | None:
    hours = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)
    try:
        local = datetime(
            _year(year), int(month), int(day), hours, int(minute), min(int(second or 0), 59),
            tzinfo=UTC,
        )  # fmt: skip
        by_name = offset_by_name(text, local)
        moment = local - (_offset(zone or "") if by_name is None else by_name)
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _year(digits: str) -> int:
    """Return a year of two, three or four digits (RFC 5322 §4.3)."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-", "−"):
        return timedelta(hours=ZONES.get(zone, 0))
    digits = re.sub(r"[^0-9]", "", zone)
    digits = digits.zfill(2) + "00" if len(digits) <= 2 else digits.zfill(4)
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 24 or minutes > 59:
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
