"""What fails in reading feeds, in words for /status. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from bot.core.archive import FeedState
from bot.core.feed_words import short, trouble
from bot.core.words import _, day, hour


def failing(states: Iterable[FeedState], now: datetime, zone: tzinfo = UTC) -> Sequence[str]:
    """Return one line for each feed whose last read failed, the longest failing first.

    "example.org/feed: failing, last read 3 days ago: example.org has no such page (404). Next
    try: 14:00 UTC."
    """
    broken = sorted((state for state in states if state.failures), key=_last_good)
    return [
        f"{short(state.feed.url)}: {trouble(state, now)} {_next_try(state, now, zone)}"
        for state in broken
    ]


def _last_good(state: FeedState) -> tuple[float, str]:
    return (state.read_at.timestamp() if state.read_at else 0.0, state.feed.url)


def _next_try(state: FeedState, now: datetime, zone: tzinfo) -> str:
    if state.next_at <= now:
        return _("The next try is due.")
    local = state.next_at.astimezone(zone)
    moment = f"{hour(local.time())} {local.tzname()}"
    if local.date() != now.astimezone(zone).date():
        moment = f"{day(local.date(), 'long')}, {moment}"
    return _("Next try: {moment}.").format(moment=moment)
