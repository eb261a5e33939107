"""The Date field → a moment in UTC (RFC 5322 §3.3), in the forms that mailers write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .foreign_dates import in_latin
from .months import MONTHS, NUMERALS, bare
from .zones import ZONES, offset_by_name

#: A clock that shows an earlier year was never set: 1904, 1970 and 1980 are where clocks start.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
#: The same years as Thailand counts them.
_BUDDHIST = range(_FIRST_YEAR + 543, _LAST_YEAR + 544)

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
    r"([+\-−]\s?(?:[0-9]{4}00|[0-9]{1,2}:?[0-9]{2})\b|[+\-−][0-9]{1,2}\b"
    r"|[a-z]{1,5}\b(?! +[a-z.]+ time))?"
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
    rf"(?<![0-9])([0-9]{{4}})\s?[-/.年년]\s?([0-9]{{1,2}})\s?[-/.月월]\s?([0-9]{{1,2}})[日일.]?"
    rf"(?:t|\s|\s?\([^()]{{1,5}}\)\s?)\s*{_CLOCK}{_ZONE}"
)
_DOTTED = re.compile(
    rf"(?<![0-9.])([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{2,4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)
_COMMENT = re.compile(r"\([^()]*\)")
#: What some programs write, and the usual form of it; applied in this order.
_PLAINER = (
    (_COMMENT, " "),  # between the parts (RFC 5322 §3.2.2)
    (re.compile(r"\bth(?:g|áng)?\s?([0-9]{1,2})\b"), r"\1月"),  # Vietnamese
    (re.compile(r"\bd['’](?=[^\W\d_]{3})"), ""),  # Catalan: 5 d'octubre
    (re.compile(r"(?<![^\W\d_])ב(?=[א-ת]{3})"), ""),  # Hebrew: in October
    (re.compile(r"\b([0-9]{4})(?:\.?\sm\b\.?)"), r"\1"),  # Lithuanian: year
    (re.compile(r"(?<=[^\W\d_]{3} )([0-9]{1,2}) d\.?(?=\s)"), r"\1"),  # Lithuanian: day
    (re.compile(r"([0-9]{1,2})/([^\W\d_]{3,12})/(?=[0-9])"), r"\1 \2 "),
    (re.compile(r"\b([0-9]{1,2})([a-z]{3})([0-9]{4})\b"), r"\1 \2 \3"),
    # ISO 8601's basic format.
    (re.compile(r"\b([0-9]{4})([0-9]{2})([0-9]{2})t([0-9]{2})([0-9]{2})([0-9]{2})?"),
     r"\1-\2-\3t\4:\5"),
    # The clock first.
    (re.compile(r"\A\s*([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)((?:\s+[+-][0-9]{4})?),?\s+(.*)\Z"),
     r"\3 \1\2"),
    # The half of the day before the clock.
    (re.compile(r"(?<=\b[0-9]{4})[.,]?\s*\b([ap])\.?m\.?\s+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"),
     r" \2 \1m"),
    # A day of the week, "year", "at" in any language between the date and its clock.
    (re.compile(r"(?<=\b[0-9]{4})[.,]?\s*[^\W\d_][^\d:+-]{0,30}?(?=[0-9]{1,2}\s?[:.][0-9]{2})"),
     " "),
)  # fmt: skip
#: Which of the two first numbers is the day, only the numbers tell.
_SLASHED = re.compile(
    rf"(?<![0-9/])([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}){_BETWEEN}{_CLOCK}{_ZONE}"
)


def read_date(text: str) -> datetime | None:
    """Return a Date in UTC; None if it is unreadable, or from a clock that was never set.

    Without a zone, or with an unknown one, it counts as UTC (RFC 5322 §4.3).

    >>> read_date("Mon, 5 Okt 2026 10:00:00 +0200").isoformat()
    '2026-10-05T08:00:00+00:00'
    """
    text = text[:200]
    low = text.lower()
    if not low.isascii():
        low = in_latin(low)
    found = _parts(low) or _parts(_plainer(low))
    return _moment(text, *found) if found else None


def _plainer(text: str) -> str:
    """Return a date without what stands between its parts, in the order of a usual one."""
    for pattern, usual in _PLAINER:
        text = pattern.sub(usual, text)
    return text


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
    elif found := _SLASHED.search(text):
        first, second, year, *clock = found.groups()
        day, month = _day_and_month(int(first), int(second))
    else:
        return None
    return (year, month, day, *clock) if month else None


def _day_and_month(first: int, second: int) -> tuple[int, int]:
    """Return both; month 0 where either number could be the month."""
    if first == second or first > 12 >= second:
        return first, second
    return (second, first) if second > 12 else (0, 0)


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
    days, hours = (1, 0) if hours == 24 and not int(minute) else (0, hours)  # ISO 8601: midnight
    try:
        local = datetime(
            _year(year), int(month), int(day), hours, int(minute), min(int(second or 0), 59),
            tzinfo=UTC,
        ) + timedelta(days=days)  # fmt: skip
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
    if year in _BUDDHIST:
        return year - 543
    return year + 1900 if len(digits) == 3 else year


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-", "−"):
        return timedelta(hours=ZONES.get(zone, 0))
    digits = re.sub(r"[^0-9]", "", zone)
    digits = digits.zfill(2) + "00" if len(digits) <= 2 else digits.zfill(4)[:4]
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 24 or minutes > 59:
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
