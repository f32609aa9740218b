"""The dates that feeds write -> aware datetimes in UTC, or None. Knows no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"""
    ([+-]?\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?               # 2004-07-08, 2004-07, 2004, 20040708
    (?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?  # T22:08:09.5
    \s*(Z|[+-]\d{2}(?::?\d{2})?|[A-Z]{1,4})?)?             # Z, +02:00, +0200, EST
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_ISO_ORDINAL = re.compile(r"(\d{2}|\d{4})-?(\d{3})", re.ASCII)
_PLAIN_ISO = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
_USUAL = re.compile(  # Thu, 01 Jan 2004 19:48:21 +0200
    r"[A-Za-z]{3}, (\d\d?) ([A-Za-z]{3}) (\d{4}) ([01]\d|2[0-3]):(\d\d):([0-5]\d)"
    r" (?:GMT|([+-]\d{4}))",
    re.ASCII,
)
_WORDED = re.compile(
    r"""
    (?:[^\W\d]+\.?,?\s+)?                                  # Thu,
    (?:(\d{1,2})[\s-]+([^\W\d]{3})[^\W\d]*\.?|([^\W\d]{3})[^\W\d]*\.?[\s-]+(\d{1,2})),?
    (?:[\s-]+(\d{4}|\d{2})(?!:))?,?                        # 1 Jan 2004, Jan 1 2004; asctime: later
    (?:[\s,]+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?
    \s*(?:\(?(?:Etc/)?(?:GMT|UTC)?([+-]\d{1,2}:?\d{2}|[A-Z]{1,4})?\)?)?
    (?:\s+(\d{4}))?
    (?:\s*\(.*\))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "adt": -3, "ast": -4, "edt": -4, "est": -5,
    "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8, "at": -4, "et": -5,
    "ct": -6, "mt": -7, "pt": -8, "a": -1, "n": 1, "m": -12, "y": 12, "met": 1, "mest": 2,
    "cet": 1, "cest": 2, "eet": 2, "eest": 3, "bst": 1, "msk": 3, "ist": 5.5, "jst": 9, "kst": 9,
}  # fmt: skip
"""Hours east of Greenwich (RFC 822, and what feeds use beside it)."""


def parse_date(text: str) -> datetime | None:
    """Return the moment a feed's date means, or None. A date without a zone is taken as UTC.

    Reads RFC 822 and 2822 (also with two-digit years, swapped days, zone names), ISO 8601 and
    W3C-DTF (also shortened), and what C's asctime writes.
    """
    text = " ".join(text[:100].split())
    if not text:
        return None
    try:
        return _usual(text) or _worded(text) or _iso(text) or _ordinal(text)
    except (ValueError, OverflowError):  # the 45th of the 13th month; the year 0
        return None


def _usual(text: str) -> datetime | None:
    """Read the two forms that nearly all feeds use, fast."""
    found = _USUAL.fullmatch(text)
    if found is not None:
        day, name, year, hour, minute, second, zone = found.groups()
        month = _MONTHS.get(name.lower(), 0)
        local = datetime(
            int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return local if zone is None or zone == "+0000" else local - _offset(zone)
    if _PLAIN_ISO.fullmatch(text):
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    return None


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    return datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC) + (
        _clock(hour, minute, second) - _offset(zone)
    )


def _ordinal(text: str) -> datetime | None:
    """Read a year and its day (2003-335)."""
    found = _ISO_ORDINAL.fullmatch(text)
    if found is None:
        return None
    return datetime(_year(found[1]), 1, 1, tzinfo=UTC) + timedelta(days=int(found[2]) - 1)


def _worded(text: str) -> datetime | None:
    found = _WORDED.fullmatch(text)
    if found is None:
        return None
    day, month, swapped_month, swapped_day, year, hour, minute, second, zone, late_year = (
        found.groups()
    )
    number = _MONTHS.get((month or swapped_month).lower())
    if number is None or not (year or late_year):
        return None
    midnight = datetime(_year(year or late_year), number, int(day or swapped_day), tzinfo=UTC)
    return midnight + _clock(hour, minute, second) - _offset(zone)


def _clock(hour: str | None, minute: str | None, second: str | None) -> timedelta:
    """Return a time of day. The second 60 (a leap second) and the hour 24 are the next one's."""
    clock = timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
    if clock > timedelta(hours=24, minutes=1):
        raise ValueError("no such hour")
    return clock


def _year(text: str) -> int:
    """Return a year; two digits mean 1990 to 2089."""
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 90 else 1900)


def _offset(zone: str | None) -> timedelta:
    if not zone:
        return timedelta()
    if zone[0] not in "+-":
        return timedelta(hours=_ZONES.get(zone.lower(), 0))
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    east = timedelta(hours=int(hours), minutes=int(minutes))
    return -east if zone[0] == "-" else east
