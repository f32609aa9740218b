"""What a poller has done to the bytes of feeds where it can be killed. Pure; knows no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.news import KeyedEntry, ParsedFeed
from bot.sources.charset import decode
from bot.sources.discover import find_feeds
from bot.sources.feeds import parse_feed
from bot.sources.feeds_keys import keyed


def read_feed(
    body: bytes, url: str, media_type: str, charset: str | None, now: datetime
) -> tuple[ParsedFeed, Sequence[KeyedEntry]]:
    """Return the feed in a body, and its entries with their keys. Raises SourceError."""
    parsed = parse_feed(body, url, media_type, charset, now)
    return parsed, keyed(parsed.entries)


def offered_feeds(body: bytes, url: str, charset: str | None) -> Sequence[str]:
    """Return the addresses of the feeds that a page declares."""
    return [feed.url for feed in find_feeds(decode(body, charset), url) if feed.declared]
