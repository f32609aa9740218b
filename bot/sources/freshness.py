"""What the headers of an answer say of time: Retry-After, Cache-Control, Expires. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_NEVER_FRESH = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds a server asks to be left alone, or None (RFC 9110, 10.2.3).

    It says seconds or a date; a date is compared with the server's own clock where it tells it.
    """
    value = headers.get("Retry-After", "").strip()
    if _is_count(value):
        return float(value)
    until = _date(value)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("Date", "")) or now)).total_seconds())


def fresh_for(headers: Mapping[str, str], now: datetime) -> float:
    """Return for how many seconds an answer says it stays fresh; 0 where it does not say.

    RFC 9111, 4.2: max-age wins over Expires; what the answer spent in caches is taken off.
    """
    control = headers.get("Cache-Control", "")
    if _NEVER_FRESH.search(control):
        return 0.0
    told = _MAX_AGE.search(control)
    if told:
        age = headers.get("Age", "").strip()
        return max(0.0, float(told[1]) - (float(age) if _is_count(age) else 0.0))
    expires = _date(headers.get("Expires", ""))
    if expires is None:
        return 0.0
    return max(0.0, (expires - (_date(headers.get("Date", "")) or now)).total_seconds())


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _date(text: str) -> datetime | None:
    """Return the moment of an HTTP date, or None."""
    try:
        moment = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
