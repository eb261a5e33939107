"""Names of time zones → hours ahead of UTC.

RFC 5322 §4.3 knows ten. The others occur in Date all the same; if two zones share a name, the one
that mailers have used is meant.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONES: dict[str, float] = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0,
    # America
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "akst": -9, "akdt": -8, "hst": -10, "hdt": -9,
    "brt": -3, "brst": -2, "art": -3, "clt": -4, "clst": -3, "cot": -5, "pet": -5, "vet": -4,
    "uyt": -3, "bot": -4, "ect": -5, "pyt": -4, "gft": -3,
    # Europe and Africa
    "bst": 1, "ist": 5.5, "west": 1, "cet": 1, "met": 1, "mez": 1, "hec": 1, "cest": 2, "mest": 2,
    "mesz": 2, "eet": 2, "oez": 2, "eest": 3, "oesz": 3, "msk": 3, "msd": 4, "samt": 4, "trt": 3,
    "fet": 3, "wat": 1, "cat": 2, "sast": 2, "eat": 3,
    # Asia
    "idt": 3, "gst": 4, "irst": 3.5, "irdt": 4.5, "aft": 4.5, "pkt": 5, "uzt": 5, "yekt": 5,
    "npt": 5.75, "omst": 6, "almt": 6, "mmt": 6.5, "novt": 7, "krat": 7, "ict": 7, "wib": 7,
    "hkt": 8, "sgt": 8, "myt": 8, "pht": 8, "phst": 8, "wita": 8, "irkt": 8, "ulat": 8,
    "jst": 9, "kst": 9, "wit": 9, "yakt": 9, "vlat": 10, "magt": 11, "pett": 12,
    # Australia and the Pacific
    "awst": 8, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "chst": 10, "nzst": 12,
    "nzdt": 13, "fjt": 12, "sst": -11,
}  # fmt: skip

#: The names that Windows uses for zones, in standard time.
_WINDOWS: dict[str, float] = {
    "gmt": 0, "greenwich mean": 0, "w. europe": 1, "central europe": 1, "central european": 1,
    "romance": 1, "gtb": 2, "fle": 2, "e. europe": 2, "israel": 2, "south africa": 2, "russian": 3,
    "turkey": 3, "arab": 3, "arabian": 4, "west asia": 5, "india": 5.5, "se asia": 7, "china": 8,
    "singapore": 8, "w. australia": 8, "tokyo": 9, "korea": 9, "aus eastern": 10,
    "e. australia": 10, "new zealand": 12, "atlantic": -4, "eastern": -5, "us eastern": -5,
    "central": -6, "mountain": -7, "us mountain": -7, "pacific": -8, "alaskan": -9, "hawaiian": -10,
    "e. south america": -3, "sa pacific": -5,
}  # fmt: skip
_NAME = re.compile(r"\b([a-z. ]{3,20}?) (standard|daylight|summer) time\b")


_NUMBER = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")
_DST = re.compile(r"\b([a-z]{3,4}) dst\b", re.IGNORECASE)
#: In the database of zones: Europe/Berlin, EST5EDT.
_ZONE = re.compile(r"\b([A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}|(?:EST5E|CST6C|MST7M|PST8P)DT)\b")


def offset_by_name(text: str, local: datetime) -> timedelta | None:
    """Return the offset of a zone named in full; None if there is none, or also a number.

    >>> offset_by_name("5 Oct 2026 10:00 Pacific Daylight Time", datetime(2026, 10, 5, 10))
    datetime.timedelta(days=-1, seconds=61200)
    """
    if not (" time" in (low := text.lower()) or "/" in text or "DT" in text or " dst" in low):
        return None
    if _NUMBER.search(text):
        return None
    if found := _NAME.search(low):
        hours = _WINDOWS.get(found[1].strip())
        return None if hours is None else timedelta(hours=hours + (found[2] != "standard"))
    if (found := _DST.search(text)) and (zone := found[1].lower()) in ZONES:
        return timedelta(hours=ZONES[zone] + 1)
    return _offset_in(found[1], local) if (found := _ZONE.search(text)) else None


def _offset_in(zone: str, local: datetime) -> timedelta | None:
    try:
        return local.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError):  # there is none of that name
        return None
