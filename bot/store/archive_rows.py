"""The archive's values as rows of its tables and back. Pure; knows no connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from bot.core.archive import ArticlePlace, FeedState, Follow, WordFilter, came
from bot.core.messages import Chat, ChatKind
from bot.core.news import Enclosure, Entry, Feed
from bot.store.engine import clean, instant, seconds
from bot.store.place_index import packed
from summaries.article import Article

_WORDS = ("link", "title", "id", "title_html", "summary", "content", "author", "language", "image")
"""What an entry says in words."""
_ARTICLE = ("url", "title", "source", "author", "language", "image")


def digest(url: str) -> str:
    """Return what stands for an address in an index: 32 hexadecimal digits."""
    return blake2b(clean(url).encode(), digest_size=16).hexdigest()


def where(chat: Chat) -> dict[str, str]:
    """Return the columns that name a chat."""
    return {"platform": chat.platform, "chat": chat.id, "thread": chat.thread}


# --- feeds


def feed_row(feed: Feed, at: datetime) -> dict[str, Any]:
    """Return the row of a feed that is new, due at `at`."""
    return {
        "digest": digest(feed.url),
        "url": clean(feed.url),
        "title": clean(feed.title),
        "link": clean(feed.link),
        "next_at": seconds(at),
    }


def state_row(state: FeedState) -> dict[str, Any]:
    """Return what changes with each attempt to read a feed; a name it no longer gives stays."""
    names = {"title": clean(state.feed.title), "link": clean(state.feed.link)}
    return {name: value for name, value in names.items() if value} | {
        "next_at": seconds(state.next_at),
        "etag": clean(state.etag),
        "last_modified": clean(state.last_modified),
        "tried_at": _seconds(state.tried_at),
        "read_at": _seconds(state.read_at),
        "interval": state.interval,
        "failures": state.failures,
        "reason": clean(state.reason),
    }


def feed_of(row: Row[Any]) -> Feed:
    """Return the feed of a row of `feeds`."""
    return Feed(row.url, row.title, row.link)


def state_of(row: Row[Any]) -> FeedState:
    """Return how the reading of the feed of a row of `feeds` stands."""
    return FeedState(
        feed_of(row),
        instant(row.next_at),
        row.etag,
        row.last_modified,
        _instant(row.tried_at),
        _instant(row.read_at),
        row.interval,
        row.failures,
        row.reason,
        row.entries,
    )


def follow_of(row: Row[Any]) -> Follow:
    """Return what a chat follows, of a row of `follows` and its feed's."""
    chat = Chat(row.platform, row.chat, ChatKind(row.kind), row.thread)
    return Follow(chat, feed_of(row), row.topic)


def filter_of(row: Row[Any]) -> WordFilter:
    """Return the filter of a row of `filters`."""
    return WordFilter(row.topic, tuple(row.wanted), tuple(row.unwanted))


# --- entries


def packed_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON; its feed is named by the row."""
    return {name: getattr(entry, name) for name in _WORDS} | {
        "published": entry.published and entry.published.isoformat(),
        "updated": entry.updated and entry.updated.isoformat(),
        "enclosures": [[one.url, one.media_type, one.length] for one in entry.enclosures],
    }


def entry_of(kept: Mapping[str, Any], feed: Feed) -> Entry:
    """Return the entry that a row keeps as JSON."""
    return Entry(
        feed,
        **{name: kept[name] for name in _WORDS},
        published=_time(kept["published"]),
        updated=_time(kept["updated"]),
        enclosures=tuple(Enclosure(*fields) for fields in kept["enclosures"]),
    )


def entry_came(entry: Entry, arrived_at: datetime) -> datetime:
    """Return when an entry counts as come, as `came` says of an article."""
    return min(entry.dated or arrived_at, arrived_at)


# --- articles


def article_row(
    article: Article, address: str, arrived_at: datetime, places: Iterable[ArticlePlace]
) -> dict[str, Any]:
    """Return the row of an article; `address` is what it is kept by."""
    return {name: clean(getattr(article, name)) for name in _ARTICLE} | {
        "digest": digest(address),
        "published": _seconds(article.published),
        "published_guessed": article.published_guessed,
        "instant": seconds(came(article, arrived_at)),
        "arrived_at": seconds(arrived_at),
        "paragraphs": _packed_lines(article.paragraphs),
        "furniture": _packed_lines(article.furniture),
        "places": packed(places),
    }


def article_of(row: Row[Any], feed: str) -> Article:
    """Return the article of a row of `articles`, as this feed brought it."""
    return Article(
        **{name: getattr(row, name) for name in _ARTICLE},
        published=_instant(row.published),
        published_guessed=row.published_guessed,
        paragraphs=tuple(json.loads(row.paragraphs)),
        furniture=tuple(json.loads(row.furniture)),
        feed=feed,
    )


def _packed_lines(lines: Iterable[str]) -> str:
    """Other scripts stay as they are: escaped they would take three times the room."""
    return json.dumps([clean(line) for line in lines], ensure_ascii=False)


def _seconds(when: datetime | None) -> int | None:
    return None if when is None else seconds(when)


def _instant(kept: int | None) -> datetime | None:
    return None if kept is None else instant(kept)


def _time(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None
