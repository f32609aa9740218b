"""The Archive port in memory: it passes the same contract suite as the database. Knows no SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count

from bot.core.archive import (
    MOST_COUNTED,
    Arrival,
    ArticlePlace,
    FeedState,
    Follow,
    Found,
    Reading,
    WordFilter,
    came,
    folded_name,
)
from bot.core.messages import Chat
from bot.core.news import Feed, KeyedEntry
from summaries.article import Article
from summaries.places.nesting import distance

Where = tuple[str, str, str]


def where(chat: Chat) -> Where:
    """What makes two chats the same: not their kind."""
    return chat.platform, chat.id, chat.thread


@dataclass
class _Feed:
    state: FeedState
    default: bool = False
    keys: set[str] = field(default_factory=set)


@dataclass
class _Arrival:
    arrival: Arrival
    feed: _Feed
    key: str
    not_before: datetime | None = None
    given_up: bool = False
    reason: str = ""


@dataclass
class _Kept:
    """An article as it first came, and the feeds that brought it."""

    article: Article
    came: datetime
    arrived_at: datetime
    places: tuple[ArticlePlace, ...]
    feeds: set[str] = field(default_factory=set)

    def of(self, feed: str) -> Article:
        return replace(self.article, feed=feed)


@dataclass
class FakeArchive:
    """The Archive port in memory. A method that does not wait is a transaction of its own."""

    _feeds: dict[str, _Feed] = field(default_factory=dict)
    _follows: dict[Where, dict[str, Follow]] = field(default_factory=dict)
    _filters: dict[Where, dict[str, WordFilter]] = field(default_factory=dict)
    _defaults: list[str] = field(default_factory=list)
    _arrivals: dict[int, _Arrival] = field(default_factory=dict)
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _told: dict[Where, set[tuple[date, str]]] = field(default_factory=dict)
    _choices: dict[Where, dict[str, int]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    # --- what is followed

    async def follow(self, follows: Sequence[Follow], at: datetime) -> int:
        before = self._followed_pairs()
        for one in follows:
            self._know(one.feed, at)
            self._follows.setdefault(where(one.chat), {})[one.feed.url] = one
        return len(self._followed_pairs() - before)

    def _followed_pairs(self) -> set[tuple[Where, str]]:
        return {(chat, url) for chat, feeds in self._follows.items() for url in feeds}

    def _know(self, feed: Feed, at: datetime) -> None:
        known = self._feeds.setdefault(feed.url, _Feed(FeedState(feed, at)))
        title, link = known.state.feed.title or feed.title, known.state.feed.link or feed.link
        known.state = replace(known.state, feed=Feed(feed.url, title, link))

    async def unfollow(self, chat: Chat, urls: Sequence[str]) -> Sequence[Follow]:
        gone = [one for one in await self.follows(chat) if one.feed.url in urls]
        for one in gone:
            del self._follows[where(chat)][one.feed.url]
        return gone

    async def follows(self, chat: Chat) -> Sequence[Follow]:
        mine = self._follows.get(where(chat), {}).values()
        named = [replace(one, feed=self._feeds[one.feed.url].state.feed) for one in mine]
        return sorted(named, key=_by_topic_and_title)

    async def set_filter(self, chat: Chat, words: WordFilter) -> None:
        mine = self._filters.setdefault(where(chat), {})
        mine.pop(words.topic, None)
        if words.wanted or words.unwanted:
            mine[words.topic] = words

    async def filters(self, chat: Chat) -> Sequence[WordFilter]:
        mine = self._filters.get(where(chat), {})
        return [mine[topic] for topic in sorted(mine)]

    async def set_defaults(self, feeds: Sequence[Feed], at: datetime) -> None:
        for feed in feeds:
            self._know(feed, at)
        self._defaults = list(dict.fromkeys(feed.url for feed in feeds))

    async def defaults(self) -> Sequence[Feed]:
        return [self._feeds[url].state.feed for url in self._defaults]

    # --- reading feeds

    def _read(self) -> set[str]:
        """The feeds that somebody wants to read."""
        return {url for feeds in self._follows.values() for url in feeds} | set(self._defaults)

    async def feeds(self, urls: Sequence[str] | None = None) -> Sequence[FeedState]:
        wanted = self._read() if urls is None else set(urls) & set(self._feeds)
        return [self._feeds[url].state for url in sorted(wanted)]

    async def due_feeds(self, now: datetime, limit: int = 500) -> Sequence[FeedState]:
        states = [self._feeds[url].state for url in sorted(self._read())]
        due = [state for state in states if state.next_at <= now]
        return sorted(due, key=lambda state: state.next_at)[:limit]

    async def record(
        self, state: FeedState, entries: Sequence[KeyedEntry], at: datetime
    ) -> Sequence[Arrival]:
        feed = self._feeds.get(state.feed.url)
        if feed is None:
            return []
        new = []
        for one in entries:
            if feed.keys.isdisjoint(one.keys):
                new.append(_Arrival(Arrival(next(self._numbers), one.entry, at), feed, one.key))
            feed.keys.update(one.keys)
        self._arrivals.update({one.arrival.id: one for one in new})
        named = Feed(
            state.feed.url,
            state.feed.title or feed.state.feed.title,
            state.feed.link or feed.state.feed.link,
        )
        feed.state = replace(state, feed=named, entries=feed.state.entries + len(new))
        return [self._named(one) for one in new]

    async def record_all(self, readings: Sequence[Reading], at: datetime) -> Sequence[Arrival]:
        new = [await self.record(one.state, one.entries, at) for one in readings]
        return [arrival for some in new for arrival in some]

    def _named(self, one: _Arrival) -> Arrival:
        """The entry's feed is named as it is now."""
        return replace(one.arrival, entry=replace(one.arrival.entry, feed=one.feed.state.feed))

    async def rename(self, old: str, new: str) -> None:
        if old == new or old not in self._feeds:
            return
        gone = self._feeds.pop(old)
        stays = self._feeds.setdefault(new, gone)
        if stays is gone:
            gone.state = replace(gone.state, feed=replace(gone.state.feed, url=new))
        else:
            self._merge(gone, stays)
        self._follow_to(old, new)
        self._defaults = list(dict.fromkeys(new if url == old else url for url in self._defaults))
        for kept in self._kept.values():
            if old in kept.feeds:
                kept.feeds = kept.feeds - {old} | {new}

    def _merge(self, gone: _Feed, stays: _Feed) -> None:
        for number, one in list(self._arrivals.items()):
            if one.feed is gone and one.key in stays.keys:
                del self._arrivals[number]
            elif one.feed is gone:
                one.feed = stays
        stays.keys |= gone.keys
        entries = stays.state.entries + gone.state.entries
        stays.state = replace(stays.state, entries=entries)

    def _follow_to(self, old: str, new: str) -> None:
        for feeds in self._follows.values():
            if old in feeds:
                moved = feeds.pop(old)
                feeds.setdefault(new, replace(moved, feed=replace(moved.feed, url=new)))

    # --- articles

    async def arrivals(self, now: datetime, limit: int = 100) -> Sequence[Arrival]:
        read = self._read()
        waiting = [
            one
            for one in self._arrivals.values()
            if not one.given_up
            and (one.not_before is None or one.not_before <= now)
            and one.feed.state.feed.url in read
        ]
        waiting.sort(key=lambda one: (_entry_came(one.arrival), -one.arrival.id), reverse=True)
        return [self._named(one) for one in waiting[:limit]]

    async def unreadable(self, feeds: Sequence[str], since: datetime) -> Mapping[str, int]:
        return Counter(
            one.reason
            for one in self._arrivals.values()
            if one.reason and one.feed.state.feed.url in feeds and _entry_came(one.arrival) >= since
        )

    async def keep(
        self, arrival: Arrival, article: Article, places: Sequence[ArticlePlace]
    ) -> None:
        one = self._arrivals.pop(arrival.id, None)
        if one is None:
            return
        feed = one.feed.state.feed.url
        address = article.url or arrival.entry.link or f"{feed} {one.key}"
        when = came(article, arrival.arrived_at)
        kept = self._kept.setdefault(
            address, _Kept(article, when, arrival.arrived_at, tuple(places))
        )
        kept.feeds.add(feed)

    async def put_off(self, arrival: Arrival, reason: str, until: datetime | None) -> None:
        one = self._arrivals.get(arrival.id)
        if one is not None:
            one.arrival = replace(one.arrival, attempts=one.arrival.attempts + 1)
            one.not_before, one.given_up, one.reason = until, until is None, reason

    async def articles(
        self, feeds: Sequence[str], since: datetime, limit: int = 500
    ) -> Sequence[Article]:
        found = [
            (kept.came, kept.of(feed))
            for kept in self._kept.values()
            for feed in sorted(kept.feeds & set(feeds))
            if kept.came >= since
        ]
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [article for _, article in found[:limit]]

    async def about(
        self,
        places: Sequence[int],
        feeds: Sequence[str],
        since: datetime | None = None,
        limit: int = 60,
    ) -> Found:
        found, older = [], 0
        for kept in self._kept.values():
            named = [place for place in kept.places if place.place in places]
            its = kept.feeds & set(feeds)
            if named and its and since is not None and kept.came < since:
                older += 1
            elif named and its:
                is_about = any(place.is_about for place in named)
                found.append((is_about, kept.came, kept.of(min(its))))
        found.sort(key=lambda one: one[:2], reverse=True)
        articles = tuple(article for _, _, article in found[:limit])
        return Found(articles, min(len(found), MOST_COUNTED), min(older, MOST_COUNTED))

    # --- places

    async def near(
        self, latitude: float, longitude: float, radius_km: float, feeds: Sequence[str]
    ) -> Sequence[int]:
        away = {
            place.place: distance(latitude, longitude, place.latitude, place.longitude)
            for place in self._named_places(feeds)
        }
        return sorted(
            (place for place, km in away.items() if km <= radius_km),
            key=lambda place: (away[place], place),
        )

    def _named_places(self, feeds: Sequence[str]) -> list[ArticlePlace]:
        """The places that articles name themselves, each once for each article and feed."""
        return [
            place
            for kept in self._kept.values()
            for place in kept.places * len(kept.feeds & set(feeds))
            if not place.inside
        ]

    async def usual_places(self, feed: str, limit: int = 50) -> Mapping[int, int]:
        counts = Counter(place.place for place in self._named_places([feed]))
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:limit])

    # --- what a chat was told, and what it means

    async def tell(self, chat: Chat, day: date, urls: Sequence[str]) -> None:
        self._told.setdefault(where(chat), set()).update((day, url) for url in urls)

    async def told(self, chat: Chat, before: date, since: date) -> frozenset[str]:
        mine = self._told.get(where(chat), set())
        return frozenset(url for day, url in mine if since <= day < before)

    async def remember_place(self, chat: Chat, name: str, place: int) -> None:
        self._choices.setdefault(where(chat), {})[folded_name(name)] = place

    async def remembered_place(self, chat: Chat, name: str) -> int | None:
        return self._choices.get(where(chat), {}).get(folded_name(name))

    async def prune(self, before: datetime) -> int:
        old = [address for address, kept in self._kept.items() if kept.arrived_at < before]
        for address in old:
            del self._kept[address]
        for number, one in list(self._arrivals.items()):
            if one.arrival.arrived_at < before:
                del self._arrivals[number]
        for mine in self._told.values():
            mine -= {(day, url) for day, url in mine if day < before.date()}
        return len(old)


def _by_topic_and_title(follow: Follow) -> tuple[str, str, str]:
    return follow.topic.casefold(), follow.feed.title.casefold(), follow.feed.url


def _entry_came(arrival: Arrival) -> datetime:
    return min(arrival.entry.dated or arrival.arrived_at, arrival.arrived_at)
