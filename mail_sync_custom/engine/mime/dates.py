"""The Date field → a moment in UTC (RFC 5322 §3.3), in the forms that mailers write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_CLOCK = r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?(?:[.,][0-9]+)?(?:\s*([ap]m)\b)?"
_ZONE = r"\s*(?:gmt|utc)?\s*([+-]\s?[0-9]{1,2}:?[0-9]{2}\b|[a-z]{1,5}\b)?"
_USUAL = re.compile(
    rf"\b([0-9]{{1,2}})[\s-]+([a-z]{{3}})[a-z]*\.?[\s,-]+([0-9]{{2,4}})[\s,]+{_CLOCK}{_ZONE}",
    re.ASCII,
)
_ASCTIME = re.compile(
    rf"\b([a-z]{{3}})[a-z]*\.?\s+([0-9]{{1,2}}),?\s+{_CLOCK}{_ZONE}\s+([0-9]{{4}})\b{_ZONE}",
    re.ASCII,
)
_ISO = re.compile(rf"\b([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[t\s]\s*{_CLOCK}{_ZONE}", re.ASCII)
# RFC 5322 §4.3, and those that mailers write though it does not know them. Others count as UTC.
_ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "bst": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "jst": 9, "kst": 9,
}  # fmt: skip


def read_date(text: str) -> datetime | None:
    """Return a Date in UTC; None where it cannot be read, or is out of 1970 to 2100."""
    text = text[:200].lower()
    if found := _USUAL.search(text):
        day, month, year, *clock = found.groups()
        month = _MONTHS.get(month)
    elif found := _ISO.search(text):
        year, month, day, *clock = found.groups()
    elif found := _ASCTIME.search(text):
        month, day, hour, minute, second, half, before, year, behind = found.groups()
        month = _MONTHS.get(month)
        clock = [hour, minute, second, half, before or behind]
    else:
        return None
    return _moment(year, month, day, *clock) if month else None


def _moment(year, month, day, hour, minute, second, half, zone) -> datetime | None:
    hours = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    try:
        local = datetime(
            _year(year), int(month), int(day), hours, int(minute), min(int(second or 0), 59),
            tzinfo=UTC,
        )  # fmt: skip
        moment = local - _offset(zone or "")
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year <= 2100 else None


def _year(digits: str) -> int:
    """Return a year of two, three or four digits (RFC 5322 §4.3)."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-"):
        return timedelta(hours=_ZONES.get(zone, 0))
    digits = re.sub(r"[^0-9]", "", zone).zfill(4)
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 24 or minutes > 59:
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
