"""The values of the news side, in the order of the main flow: Feed -> Entry -> Story -> Briefing.

Article, Sentence and Summary stand in `summaries.article`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.core.words import N_
from summaries.article import Article, Summary
from summaries.places.place import Place
from summaries.together import Sourced

SAMPLE = N_("Sample article")
"""The source of the articles in `seeds/`."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Something that publishes entries at an address. `link` is the site it belongs to, or ""."""

    url: str
    title: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed in a list, and the folders it stands in, outermost first."""

    feed: Feed
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedList:
    """A list of feeds, each once. `left_out` counts feeds beyond the most that is taken;
    `failures` says in words what could not be read of it."""

    title: str = ""
    feeds: tuple[ListedFeed, ...] = ()
    left_out: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an entry. `length` is in bytes, or None when the feed does not say."""

    url: str
    media_type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one article.

    `title` is plain text on one line; `title_html`, `summary` and `content` are harmless HTML (or
    plain text, where the feed had no more). `id` is what the feed calls the entry, made absolute
    where it is a link; it may be "", doubled or changing: see `bot.sources.feeds_keys`. `link` and
    `image` are absolute where anything tells how, else as the feed wrote them. Times are aware, in
    UTC, or None when the feed does not say (or says something impossible). `language` is a tag as
    the feed wrote it ("fr", "en-US"), or "".
    """

    feed: Feed
    link: str = ""
    title: str = ""
    id: str = ""
    title_html: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()

    @property
    def dated(self) -> datetime | None:
        """When it came out, as far as the feed tells: RDF feeds only say when it was updated."""
        return self.published or self.updated


@dataclass(frozen=True, slots=True)
class KeyedEntry:
    """An entry and its keys: whoever has seen any of them has seen the entry.

    `key` is the one to name it by. Remember all of `keys` when the entry was taken, and again at
    each later poll (an edited entry gains new ones), for as long as the feed is followed: entries
    slide back after months. A key is 16 hexadecimal digits.
    """

    entry: Entry
    keys: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name of the entry as it stands now."""
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed's document holds, its entries in the document's order.

    `title` is plain text on one line; `title_html` and `description` are harmless HTML. `link` is
    the site's page. `ttl` is how many minutes the feed asks to be left alone, or None. `format` is
    "rss", "rdf", "atom", "cdf" or "json". `left_out` counts entries beyond the most that is read.
    """

    title: str = ""
    link: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    ttl: int | None = None
    title_html: str = ""
    description: str = ""
    author: str = ""
    id: str = ""
    image: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    format: str = ""
    left_out: int = 0


class Since(StrEnum):
    """What a story is beside what its chat was told on earlier days."""

    FIRST = "first"  # nothing was told yet, so nothing can be new
    NEW = "new"
    GOES_ON = "goes on"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a story stands where it stands.

    `carriers` counts the independent sources that have it; `age` is that of its newest article,
    None where none says when it came out; `topic` is the chat's own word for the feed of one of
    its articles, or ""; of a story that goes on, `new` counts the articles that came since.
    """

    carriers: int = 1
    age: timedelta | None = None
    topic: str = ""
    since: Since = Since.FIRST
    new: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """One event: the article that tells it, what was chosen from it, and who else tells it.

    `sourced` are the sentences to read where several articles tell it, each with its own; without
    them `summary` has them all. Without `why` it is told because it is the newest. `places` are the
    few that it is about, the weightiest first.
    """

    article: Article
    summary: Summary
    also: tuple[Article, ...] = ()
    sourced: tuple[Sourced, ...] = ()
    why: Why | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a chat's sources gave: its articles, newest first, and in words what
    could not be read. One broken source never costs the others.

    `feeds` counts the feeds that were looked at, `unread` those that have not been read yet and
    `failing` those that cannot be read; `unreadable` counts articles that could not be. By a feed's
    address, `topics` gives the chat's own word for it and `titles` its own title. `total` counts
    the articles that fit, also those left out; `older` those from before the asked time. `stale`
    says that there was nothing recent, so these are the newest of the old.
    """

    articles: tuple[Article, ...]
    failures: tuple[str, ...] = ()
    samples: bool = False
    feeds: int = 0
    unread: int = 0
    topics: Mapping[str, str] = field(default_factory=dict)
    total: int = 0
    older: int = 0
    stale: bool = False
    failing: int = 0
    unreadable: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Briefing:
    """The stories of one day for one chat, in the order they are told.

    `samples` says that the chat follows nothing yet and these are the articles in `seeds/`;
    `left` counts the stories that did not fit the asked length. `stale` says that nothing is
    recent, `repeats` that all of it was told before, `goes_on` that it takes up where the last one
    ended, `told` how many stories were told with these. The rest is as in `Reading`.
    """

    day: date
    stories: tuple[Story, ...]
    failures: tuple[str, ...] = ()
    samples: bool = False
    left: int = 0
    topic: str = ""
    feeds: int = 0
    unread: int = 0
    stale: bool = False
    repeats: bool = False
    goes_on: bool = False
    told: int = 0
    failing: int = 0
    unreadable: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)
