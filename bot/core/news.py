"""The values of the news side, in the order of the main flow: Feed -> Entry -> Story -> Briefing.

Article, Sentence and Summary stand in `summaries.article`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from summaries.article import Article, Summary


@dataclass(frozen=True, slots=True)
class Feed:
    """Something that publishes entries at an address."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one article. `published` is aware, or None when the feed does not say."""

    feed: Feed
    url: str
    title: str
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One event: the article that tells it, what was chosen from it, and who else tells it."""

    article: Article
    summary: Summary
    also: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a chat's sources gave: its articles, newest first, and in words what
    could not be read. One broken source never costs the others."""

    articles: tuple[Article, ...]
    failures: tuple[str, ...] = ()
    samples: bool = False


@dataclass(frozen=True, slots=True)
class Briefing:
    """The stories of one day for one chat, in the order they are told.

    `samples` says that the chat follows nothing yet and these are the articles in `seeds/`;
    `left` counts the stories that did not fit the asked length.
    """

    day: date
    stories: tuple[Story, ...]
    failures: tuple[str, ...] = ()
    samples: bool = False
    left: int = 0
