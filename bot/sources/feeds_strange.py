"""Feeds in shapes of their own, through feedparser in a process that can be killed.

feedparser reads nearly everything, but slowly, and some documents keep it busy for hours; so it
gets a second of the processor, a limit on memory, and no network.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.errors import SourceError
from bot.core.news import Entry, Feed, ParsedFeed
from bot.core.said import said
from bot.core.words import N_
from bot.sources.feeds_markup import absolute, plain_line

MAX_BYTES = 1_000_000
"""Feeds larger than this are not strange but broken."""
DEADLINE = 10.0
"""Seconds on the clock, on a machine however busy."""
CPU_SECONDS = 1
MEMORY = 400_000_000
"""Bytes of address space (most of it Python's own, never touched)."""


def read_strange(body: bytes, url: str = "") -> ParsedFeed | None:
    """Return what feedparser finds in a body, or None where that is no entry.

    Raises SourceError where it takes too long or too much memory.
    """
    if len(body) > MAX_BYTES:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by the interpreter that runs us
            [sys.executable, "-m", "bot.sources.feeds_strange", url],
            input=body,
            capture_output=True,
            timeout=DEADLINE,
            check=True,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise SourceError(said(N_("That feed is so broken that it cannot be read."))) from error
    return _feed(found, url) if found["entries"] else None


def _feed(found: dict[str, Any], url: str) -> ParsedFeed:
    feed = Feed(url, plain_line(found["title"]), absolute(url, found["link"]))
    return ParsedFeed(
        title=feed.title,
        link=feed.link,
        language=found["language"],
        entries=tuple(_entry(entry, feed, url) for entry in found["entries"]),
        title_html=found["title"],
        description=found["subtitle"],
        author=found["author"],
        format="strange",
    )


def _entry(found: dict[str, Any], feed: Feed, url: str) -> Entry:
    return Entry(
        feed=feed,
        link=absolute(url, found["link"]) if found["link"] else "",
        title=plain_line(found["title"]),
        id=found["id"],
        title_html=found["title"],
        summary=found["summary"],
        content=found["content"],
        author=found["author"],
        published=_moment(found["published_parsed"]),
        updated=_moment(found["updated_parsed"]),
    )


def _moment(parts: list[int] | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(tuple(parts)), UTC) if parts else None
    except (ValueError, OverflowError):  # a leap second, the year 0
        return None


_TEXTS = ("id", "title", "link", "summary", "author")
_DATES = ("published_parsed", "updated_parsed")
_FEED_TEXTS = ("title", "link", "subtitle", "author", "language")


def _worker() -> None:
    """Read a feed from standard input, write what feedparser found to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import feedparser  # noqa: PLC0415 - under the limits from its first line on

    found = feedparser.parse(
        sys.stdin.buffer.read(), response_headers={"content-location": sys.argv[1]}
    )
    feed = {name: str(found.feed.get(name) or "") for name in _FEED_TEXTS}
    entries = [_plain(entry) for entry in found.entries]
    json.dump(feed | {"entries": entries}, sys.stdout)


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: str(entry.get(name) or "") for name in _TEXTS}
    dates = {name: entry.get(name) for name in _DATES}
    content = next((part["value"] for part in entry.get("content", ())), "")
    return texts | dates | {"content": content}


if __name__ == "__main__":
    _worker()
