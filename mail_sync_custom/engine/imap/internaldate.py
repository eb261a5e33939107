"""The server's date of a message, as IMAP writes it (RFC 9051 §9, date-time). Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ..values import ABSURD

#: A date before this year is an error of a server or tool.
FIRST_YEAR = 1980

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = {name.lower(): f"{number:02}" for number, name in enumerate(_MONTHS, 1)}


def latest() -> datetime:
    """Return the latest date that is plausible now."""
    return datetime.now(UTC) + ABSURD


def plausible(when: datetime | None, until: datetime) -> datetime | None:
    """Return a date, or None if no message can have arrived then."""
    return when if when and when.year >= FIRST_YEAR and when <= until else None


def decode(stamp: bytes | None, until: datetime) -> datetime | None:
    """Return an INTERNALDATE in UTC; None if it is unreadable or implausible.

    ``strptime`` takes eight times as long, and its month names depend on the locale.

    >>> decode(b" 7-Jul-2024 02:44:25 -0700", datetime(2030, 1, 1, tzinfo=UTC)).isoformat()
    '2024-07-07T09:44:25+00:00'
    """
    if not stamp or len(stamp) != 26:
        return None
    try:
        text = stamp.decode("ascii")
        day = f"{text[7:11]}-{_MONTH[text[3:6].lower()]}-{text[:2].replace(' ', '0')}"
        when = datetime.fromisoformat(f"{day}T{text[12:20]}{text[21:]}").astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None
    return plausible(when, until)


def encode(when: datetime) -> bytes:
    """Return a date and time for APPEND.

    >>> encode(datetime(2024, 7, 7, 9, 44, 25, tzinfo=UTC))
    b'"07-Jul-2024 09:44:25 +0000"'
    """
    when = when.astimezone(UTC)
    return f'"{when.day:02}-{_month(when)}-{when.year:04} {when:%H:%M:%S} +0000"'.encode()


def encode_day(day: date) -> bytes:
    """Return a day for SEARCH.

    >>> encode_day(date(2024, 7, 7))
    b'7-Jul-2024'
    """
    return f"{day.day}-{_month(day)}-{day.year:04}".encode()


def _month(day: date) -> str:
    return _MONTHS[day.month - 1]
