"""A feed reader that never returns from some feeds, for tests that hand it to a child."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.core.news import KeyedEntry, ParsedFeed
from bot.sources import feed_work


def read_feed(
    body: bytes, url: str, media_type: str, charset: str | None, now: datetime
) -> tuple[ParsedFeed, Sequence[KeyedEntry]]:
    """Read a feed; one that says HANG, never: and hold the interpreter's lock all the while."""
    if b"HANG" in body:
        re.fullmatch(r"(a*)*b", "a" * 60)
    return feed_work.read_feed(body, url, media_type, charset, now)
