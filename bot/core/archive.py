"""The Archive port: what is followed, when each feed is read, and every article that was kept.

Knows no SQL and no HTTP. The Store port remembers what must be sent; this one what was read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.core.messages import Chat
from bot.core.news import Entry, Feed, KeyedEntry
from summaries.article import Article

MOST_COUNTED = 10_000
"""`Found` counts up to here: more than anybody reads, and counting on would cost the answer time.
"""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Follow:
    """A feed that a chat follows. `topic` is the chat's own word for it ("sport"), or ""."""

    chat: Chat
    feed: Feed
    topic: str = ""


@dataclass(frozen=True, slots=True)
class WordFilter:
    """Which articles of a topic (with "", of every feed) a chat wants, by plain words.

    An article passes that has one of `wanted` (when there are any) and none of `unwanted`.
    """

    topic: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of reading one feed.

    `etag` and `last_modified` are the server's own words, sent back to it (RFC 9110, 13.1).
    `tried_at` is the last attempt, `read_at` the last good one (304 is good), `next_at` the next.
    `interval` is the present seconds between reads; `failures` counts the attempts in a row that
    failed, `reason` says in words why the last one did. `entries` is how many the feed has given.
    """

    feed: Feed
    next_at: datetime
    etag: str = ""
    last_modified: str = ""
    tried_at: datetime | None = None
    read_at: datetime | None = None
    interval: int = 0
    failures: int = 0
    reason: str = ""
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt at a feed: its new state, and the entries it gave."""

    state: FeedState
    entries: Sequence[KeyedEntry] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry that came in and whose article has not been read yet.

    `id` is the archive's number; `attempts` counts the tries so far to read it.
    """

    id: int
    entry: Entry
    arrived_at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class ArticlePlace:
    """A place that an article names `count` times, itself or by a place inside it.

    `place` is the gazetteer's number; `inside` says that only places inside it are named;
    `is_about` that the article is about it. Latitude and longitude are in degrees.
    """

    place: int
    count: int
    is_about: bool = False
    inside: bool = False
    latitude: float = 0.0
    longitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """Articles of the archive, those about the place first, newest first in each.

    `total` counts all that fit, also those beyond the limit; `older` those before the asked time.
    Both end at MOST_COUNTED: then there are so many or more.
    """

    articles: tuple[Article, ...]
    total: int = 0
    older: int = 0


def came(article: Article, arrived_at: datetime) -> datetime:
    """Return when an article counts as come: when it was published, or arrived where that is
    unknown. Nothing was published after it arrived, whatever it says."""
    return min(article.published or arrived_at, arrived_at)


def folded_name(name: str) -> str:
    """Return what two spellings of a typed name have in common (Unicode NFKC, case folded)."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:_LONGEST_NAME]


class Archive(Protocol):
    """Every method is one committed transaction. Raises StoreError when the database fails."""

    async def follow(self, follows: Sequence[Follow], at: datetime) -> int:
        """Let chats follow feeds; return how many are new. A feed nobody knew is due at `at`.

        Following again sets the topic.
        """

    async def unfollow(self, chat: Chat, urls: Sequence[str]) -> Sequence[Follow]:
        """Stop following; return what was followed. What nobody follows is read no more."""

    async def follows(self, chat: Chat) -> Sequence[Follow]:
        """Return what a chat follows, by topic and title."""

    async def set_filter(self, chat: Chat, words: WordFilter) -> None:
        """Keep the chat's filter of one topic in place of the one before; an empty one drops it."""

    async def filters(self, chat: Chat) -> Sequence[WordFilter]:
        """Return the chat's filters, by topic."""

    async def set_defaults(self, feeds: Sequence[Feed], at: datetime) -> None:
        """Say what the operator lets chats read that follow nothing; these feeds are read too."""

    async def defaults(self) -> Sequence[Feed]:
        """Return the operator's feeds."""

    async def feeds(self, urls: Sequence[str] | None = None) -> Sequence[FeedState]:
        """Return how the reading of these feeds stands, by address (None: of all that are read)."""

    async def due_feeds(self, now: datetime, limit: int = 500) -> Sequence[FeedState]:
        """Return the followed feeds whose next read is not after `now`, the most overdue first."""

    async def record(
        self, state: FeedState, entries: Sequence[KeyedEntry], at: datetime
    ) -> Sequence[Arrival]:
        """Write one attempt down: the feed's new state, and the entries it gave.

        `state.feed.url` names the feed; its title and link are brought up to date. An entry none
        of whose keys this feed had is new: it is kept and returned. All keys are remembered.
        `state.entries` is not looked at: the archive counts. Of an unknown feed nothing is kept.
        """

    async def record_all(self, readings: Sequence[Reading], at: datetime) -> Sequence[Arrival]:
        """Write many attempts down in one transaction, each as `record` does; each feed once."""

    async def rename(self, old: str, new: str) -> None:
        """Give a feed that moved for good its new address; followers and keys go with it."""

    async def arrivals(self, now: datetime, limit: int = 100) -> Sequence[Arrival]:
        """Return entries whose article is still to be read, newest first."""

    async def keep(
        self, arrival: Arrival, article: Article, places: Sequence[ArticlePlace]
    ) -> None:
        """Keep the article of an entry, with its places; one address is kept once, as it first
        came, for every feed that brings it."""

    async def put_off(self, arrival: Arrival, reason: str, until: datetime | None) -> None:
        """Say why an article could not be read, and when to try again (None: never)."""

    async def unreadable(self, feeds: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Count the entries of these feeds whose article could not be read, by reason.

        Those that came since then, by their date: what a feed's first reading brings of earlier
        years is nobody's loss. A reason is the last one, in words.
        """

    async def articles(
        self, feeds: Sequence[str], since: datetime, limit: int = 500
    ) -> Sequence[Article]:
        """Return the kept articles of these feeds, newest first; undated ones by their arrival.

        An article that several of the feeds carry comes once for each, `feed` set to it.
        """

    async def about(
        self,
        places: Sequence[int],
        feeds: Sequence[str],
        since: datetime | None = None,
        limit: int = 60,
    ) -> Found:
        """Return the articles of these feeds that name one of the places, or a place inside it."""

    async def near(
        self, latitude: float, longitude: float, radius_km: float, feeds: Sequence[str]
    ) -> Sequence[int]:
        """Return the places that these feeds' articles name within a distance, nearest first."""

    async def usual_places(self, feed: str, limit: int = 50) -> Mapping[int, int]:
        """Return the places that a feed's articles named most, with how many articles each."""

    async def tell(self, chat: Chat, day: date, urls: Sequence[str]) -> None:
        """Remember that a chat was told these articles on a local date."""

    async def told(self, chat: Chat, before: date, since: date) -> frozenset[str]:
        """Return the addresses of the articles that a chat was told from `since` until `before`."""

    async def remember_place(self, chat: Chat, name: str, place: int) -> None:
        """Keep which place a chat means by a name that fits several."""

    async def remembered_place(self, chat: Chat, name: str) -> int | None:
        """Return the place that a chat once chose for this name, or None."""

    async def prune(self, before: datetime) -> int:
        """Forget articles that arrived before this; return how many. Keys stay: none comes twice.

        Entries still to be read, and what chats were told, go with them.
        """
