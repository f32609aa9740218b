"""What fails in reading feeds, in words for /status. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from bot.core.archive import FeedState
from bot.core.feed_words import trouble


def failing(states: Iterable[FeedState], now: datetime, zone: tzinfo = UTC) -> Sequence[str]:
    """Return one line for each feed whose last read failed, the longest failing first.

    "example.org/feed: failing for 3 days: example.org has no such page (404). Next try at ..."
    """
    broken = sorted((state for state in states if state.failures), key=_last_good)
    return [
        f"{short(state.feed.url)}: {trouble(state, now).rstrip('.')}. {_next_try(state, now, zone)}"
        for state in broken
    ]


def _last_good(state: FeedState) -> tuple[float, str]:
    return (state.read_at.timestamp() if state.read_at else 0.0, state.feed.url)


def _next_try(state: FeedState, now: datetime, zone: tzinfo) -> str:
    if state.next_at <= now:
        return "The next try is due."
    local = state.next_at.astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f" on {local:%Y-%m-%d}"
    return f"Next try{day} at {local:%H:%M} {local.tzname()}."


def short(url: str) -> str:
    """Return an address as people write it: without scheme, www. and the last slash."""
    bare = (url.partition("://")[2] or url).removeprefix("www.").rstrip("/")
    return bare if len(bare) <= 80 else f"{bare[:50]}…{bare[-29:]}"
