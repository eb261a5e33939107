"""The Date field → a moment in UTC (RFC 5322 §3.3), in the forms that mailers write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .months import MONTHS, bare
from .zones import ZONES, windows_offset

#: A clock that shows an earlier year was never set: 1904, 1970 and 1980 are where clocks start.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100

_DAY = r"(?<![0-9:])([0-9]{1,2})(?:st|nd|rd|th|er|\.|º|ª)?"
_MONTH = r"([^\W\d_]{3,12}|[0-9]{1,2}(?=月))月?\.?"
_OF = r"(?:[\s,/-]+(?:de|di|of|del)\b)?"
# Spaces around a colon are obsolete, but have to be read (RFC 5322 §4.3). Some programs write
# minutes and seconds with one digit.
_CLOCK = (
    r"([0-9]{1,2})(?:\s?:\s?|[.h時时시](?=[0-9]{2}))([0-9]{1,2})"
    r"(?:(?:\s?:\s?|[.m分분](?=[0-9]{2}))([0-9]{1,2})[s秒초]?)?(?:[.,][0-9]+)?"
    r"(?:\s*([ap])\.?m\b\.?)?"
)
_ZONE = (
    r"\s*\(?(?:(?:gmt|utc|z)\b)?\s*"
    r"([+\-−]\s?[0-9]{1,2}:?[0-9]{2}\b|[+\-−][0-9]{1,2}\b|[a-z]{1,5}\b(?! +[a-z.]+ time))?"
)
_BETWEEN = r"(?:[\s,]+(?:um|at|à|às|a las|alle|om|kl\.?|klo)\b\.?)?[\s,]+"
_USUAL = re.compile(
    rf"{_DAY}{_OF}[\s-]+{_MONTH}{_OF}[\s,/-]+([0-9]{{2,4}})(?!:){_BETWEEN}{_CLOCK}{_ZONE}"
)
_ASCTIME = re.compile(
    rf"\b([^\W\d_]{{3,12}})\.?\s+([0-9]{{1,2}}),?\s+{_CLOCK}{_ZONE}\s+([0-9]{{4}})\b{_ZONE}"
)
_AMERICAN = re.compile(
    rf"\b([^\W\d_]{{3,12}})\.?\s+([0-9]{{1,2}}),\s+([0-9]{{4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)
_ISO = re.compile(
    rf"(?<![0-9])([0-9]{{4}})\s?[-/.年년]\s?([0-9]{{1,2}})\s?[-/.月월]\s?([0-9]{{1,2}})[日일]?"
    rf"(?:t|\s|\s?\([^()]{{1,5}}\)\s?)\s*{_CLOCK}{_ZONE}"
)
_DOTTED = re.compile(
    rf"(?<![0-9.])([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{2,4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)


def read_date(text: str) -> datetime | None:
    """Return a Date in UTC; None if it is unreadable, or from a clock that was never set.

    Without a zone, or with an unknown one, it counts as UTC (RFC 5322 §4.3).

    >>> read_date("Mon, 5 Okt 2026 10:00:00 +0200").isoformat()
    '2026-10-05T08:00:00+00:00'
    """
    text = text[:200].lower()
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
    elif found := _ASCTIME.search(text):
        name, day, hour, minute, second, half, before, year, behind = found.groups()
        month = _month(name)
        clock = [hour, minute, second, half, before or behind]
    else:
        return None
    return _moment(year, month, day, *clock, windows_offset(text)) if month else None


def _month(name: str) -> int | None:
    """Return the number of a month's name, whole or shortened, in any of the known languages."""
    if name.isdecimal():
        return int(name)
    short = bare(name)
    lengths = range(min(len(short), 9), 2, -1)
    return next((MONTHS[short[:n]] for n in lengths if short[:n] in MONTHS), None)


def _moment(year, month, day, hour, minute, second, half, zone, by_name) -> datetime | None:
    hours = int(hour) % 12 + (12 if half == "p" else 0) if half else int(hour)
    try:
        local = datetime(
            _year(year), int(month), int(day), hours, int(minute), min(int(second or 0), 59),
            tzinfo=UTC,
        )  # fmt: skip
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
