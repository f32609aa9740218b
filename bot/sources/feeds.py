"""A feed's bytes -> ParsedFeed, whatever they are. Knows no network, no clock and no database.

The usual goes through our own readers on lxml and json, whose time and memory are bounded. The
strange (an XML document with entries in it, but not in any shape we know) goes to feedparser, in
a process of its own that is killed when it takes too long.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.errors import SourceError
from bot.core.news import Entry, ParsedFeed
from bot.core.said import Said, said
from bot.core.words import N_
from bot.sources.charset import decode
from bot.sources.feeds_json import read_json
from bot.sources.feeds_strange import read_strange
from bot.sources.feeds_xml import first_tag, has_items, read_xml

MAX_BYTES = 10_000_000
"""The largest document read: ten times the largest feed of news we met."""
FUTURE = timedelta(days=1)
"""How far ahead of now a date may lie: clocks are wrong, and zones mistaken."""


def parse_feed(
    body: bytes,
    url: str = "",
    media_type: str = "",
    charset: str | None = None,
    now: datetime | None = None,
) -> ParsedFeed:
    """Return the feed in a body. Raises SourceError in words for what is none.

    `url` is where it was read (after redirects): relative links are relative to it. `media_type`
    and `charset` are what the server said; the bytes themselves are believed before it. With
    `now`, dates more than a day ahead of it are taken for none. Takes up to seconds for a large
    body, so call it in a thread.
    """
    if len(body) > MAX_BYTES:
        raise SourceError(
            said(
                N_("That feed is larger than {size} MB, so it is not read."),
                size=MAX_BYTES // 1_000_000,
            )
        )
    text = decode(body, charset).strip("\ufeff\0 \t\r\n")
    if not text:
        raise SourceError(said(N_("That address gave an empty answer instead of a feed.")))
    feed = _read(text, body, url)
    if feed is None:
        raise _no_feed(text, media_type)
    return (
        replace(feed, entries=tuple(_without_future(entry, now) for entry in feed.entries))
        if now
        else feed
    )


def _read(text: str, body: bytes, url: str) -> ParsedFeed | None:
    if text[0] in "{[":
        return read_json(text, url)
    feed = read_xml(text, url)
    if feed is None and has_items(text) and not _is_page(text):
        return read_strange(body, url)
    return feed


def _without_future(entry: Entry, now: datetime) -> Entry:
    return replace(
        entry,
        published=_past(entry.published, now),
        updated=_past(entry.updated, now),
    )


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is None or moment <= now + FUTURE else None


_PAGE = re.compile(r"<(?:html|head|body|title|meta|script|div|p|h1|main|article|center)\b", re.I)


def _is_page(text: str) -> bool:
    return _PAGE.match(text, max(0, first_tag(text))) is not None


_HTML_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,200})", re.IGNORECASE)


def _no_feed(text: str, media_type: str) -> SourceError:
    """Say what came instead of a feed."""
    if _is_page(text) or (media_type in {"text/html", "application/xhtml+xml"} and "<" in text):
        title = _HTML_TITLE.search(text[:100_000])
        return SourceError(_a_page(" ".join(title[1].split())[:100] if title else ""))
    if text[0] in "{[":
        return SourceError(said(N_("That address gives data (JSON), but not a feed.")))
    if text[0] == "<":
        return SourceError(said(N_("That address gives XML, but not a feed.")))
    return SourceError(said(N_("What that address gives is not a feed.")))


def _a_page(title: str) -> Said:
    if not title:
        return said(N_("That address gives a web page, not a feed."))
    return said(N_("That address gives a web page, called “{title}”, not a feed."), title=title)
