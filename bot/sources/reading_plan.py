"""When to read a feed next. Pure: time and chance are arguments. Knows no HTTP and no archive.

A feed is read about twice for each entry it gives, between every ten minutes and once a day. What
its server asks for makes that less often, never more; failures too, but it is never given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

FLOOR = 600
"""Seconds: no feed is read more often."""
CEILING = 86_400
"""Seconds: no feed is read less often, unless it is gone for good or asks for it in a refusal."""
LONGEST_ASKED = 21_600
"""Seconds that max-age and ttl can ask for: some say a month and speak every hour."""
GONE = 604_800
"""Seconds between looks at a feed whose server says that it is gone for good (410)."""
LONGEST_REFUSAL = GONE
"""Seconds that Retry-After can ask for."""
FIRST_PAUSE = FLOOR
"""Seconds after a first failure; each further one doubles it."""
JITTER = 0.1
"""The most that is added, as a share, so that feeds read together do not stay together."""
START = 3_600
"""Seconds between reads of a feed that gave no sign of how often it speaks."""
NEWEST = 10
"""The entries that tell how often a feed speaks now."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one good look at a feed told of time.

    `dates` are those of its entries; `new` counts the entries nobody had seen; `unchanged` says
    that the server answered 304. `fresh_for` (seconds) and `ttl` (minutes) are what it asks for.
    """

    dates: Sequence[datetime] = ()
    new: int = 0
    unchanged: bool = False
    fresh_for: float = 0.0
    ttl: int | None = None


def interval_after(look: Look, before: int, now: datetime) -> int:
    """Return the seconds until the next read of a feed that was read well.

    `before` is the present interval, 0 on the first look.
    """
    asked = min(max(look.fresh_for, 60.0 * (look.ttl or 0)), LONGEST_ASKED)
    return round(_clamped(max(_own_pace(look, before, now), asked)))


def _own_pace(look: Look, before: int, now: datetime) -> float:
    """Return half the time that passes between a feed's entries, as far as it can be told.

    Where no date tells it, the interval shrinks when there was something new, and grows slowly when
    there was not.
    """
    gap = None if look.unchanged else typical_gap(look.dates, now)
    if gap is not None:
        return gap / 2
    if not before:
        return START
    return before / 2 if look.new else before * 1.2


def typical_gap(dates: Iterable[datetime], now: datetime) -> float | None:
    """Return the seconds between a feed's newest entries, counting its silence up to now.

    None where fewer than two different moments are known: one date may be that of the reading.
    """
    newest = list(islice(sorted({one for one in dates if one <= now}, reverse=True), NEWEST))
    if len(newest) < 2:
        return None
    return (now - newest[-1]).total_seconds() / len(newest)


def pause_after(
    failures: int, *, before: int = 0, retry_after: float | None = None, gone: bool = False
) -> int:
    """Return the seconds until a feed is tried again that failed `failures` times in a row.

    Doubling from ten minutes, or from its interval `before` that, up to a day; once a week for one
    that is gone for good. `retry_after` is what its server asks for, in seconds.
    """
    if gone:
        return GONE
    first = max(FIRST_PAUSE, min(before, START))
    doubled = min(CEILING, first * 2.0 ** min(max(failures, 1) - 1, 20))
    return round(max(doubled, min(retry_after or 0.0, LONGEST_REFUSAL)))


def next_read(now: datetime, seconds: float, chance: float) -> datetime:
    """Return the moment of the next read: never earlier than asked. 0 <= `chance` < 1."""
    return now + timedelta(seconds=seconds * (1 + JITTER * chance))


def _clamped(seconds: float) -> float:
    return min(max(seconds, FLOOR), CEILING)


PAGE_PAUSES = (300, 1_800, 7_200)
"""Seconds until a page is tried again that could not be reached the first, second, third time."""


def page_pause(attempts: int) -> int | None:
    """Return the seconds until a page is tried again after that many tries failed; None: never."""
    return PAGE_PAUSES[attempts - 1] if 1 <= attempts <= len(PAGE_PAUSES) else None
