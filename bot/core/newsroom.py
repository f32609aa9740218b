"""From sources to stories: articles -> summaries -> stories. Knows no platform and no HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.core.archive import Archive
from bot.core.briefing import STORIES, choose
from bot.core.choosing import Chosen, choose_stories
from bot.core.errors import SourceError
from bot.core.messages import Chat, Told
from bot.core.news import Briefing, Reading, Since, Story
from bot.core.places import SURE
from bot.core.ports import Clock, Places, Sources
from bot.core.schedule import known_zone
from bot.core.words import _
from summaries.article import Article, Length, Summary
from summaries.extractive import METHODS, summarize
from summaries.likeness import HEAD
from summaries.places.finder import focus
from summaries.places.place import Mention, Place
from summaries.stories import group
from summaries.together import Sourced, brief_together

log = logging.getLogger(__name__)

MEMORY = timedelta(days=14)
"""How long a chat's memory of what it was told is."""
DATELINE = 3
"""The most places that a story is said to be about."""
DIGESTS = 1_000
"""How many digests are remembered, to be told once more at another length."""
TOGETHER = 4
"""The most articles that one story's sentences are chosen from."""


class Newsroom:
    """Makes stories and briefings of what the sources have."""

    def __init__(
        self,
        sources: Sources,
        clock: Clock,
        archive: Archive | None = None,
        places: Places | None = None,
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._archive = archive
        self._places = places
        self._mentions = lru_cache(maxsize=4096)(self._find)
        self._digests: OrderedDict[tuple[Chat, str], tuple[date, frozenset[str]]] = OrderedDict()

    async def story(
        self, target: str, length: Length, *, local: bool = False, method: str = METHODS[0]
    ) -> Story:
        """Read one link (or file, with `local`) and summarise it.

        Raises RequestError or SourceError, also for a page without a readable sentence.
        """
        article = await self._sources.read(target, local=local)
        if not article.paragraphs:
            raise SourceError(
                _("There is no article text in it: only page furniture, or nothing at all.")
            )
        summary = await asyncio.to_thread(summarize, article, length, method=method)
        return await asyncio.to_thread(self._placed, Story(article, summary))

    async def briefing(
        self,
        chat: Chat,
        length: Length,
        zone: str = "UTC",
        topic: str = "",
        *,
        since_last: bool = False,
        skip: int | None = None,
        again: bool = False,
    ) -> Briefing:
        """Return today's briefing for a chat, of one topic where one is named.

        `zone` (IANA) says what today is there. What was told on earlier days makes room for what
        is new; with `since_last` also what was told today: a second digest is no second time the
        first. With `skip` it goes on with what was not told yet; of the samples, of which nothing
        is remembered, it leaves so many out. With `again` it is the last one once more, for another
        length or a word about it. Raises RequestError for a topic the chat has not.
        """
        reading = await self._sources.articles(chat, topic)
        now = self._clock.now()
        today = now.astimezone(known_zone(zone)).date()
        if reading.samples or self._archive is None:
            chosen, left = choose(reading.articles, length, skip or 0)
            stories = await asyncio.to_thread(self._tell, chosen, length)
        else:
            until = today + timedelta(days=int(since_last or skip is not None))
            told = await self._archive.told(chat, until, today - MEMORY)
            told = self._before((chat, topic), today, told, again=again, is_digest=since_last)
            stories, left = await asyncio.to_thread(self._stories, reading, length, now, told)
        return Briefing(
            today,
            stories,
            reading.failures,
            reading.samples,
            left,
            topic,
            reading.feeds,
            reading.unread,
            reading.stale,
            repeats=bool(stories) and all(map(_was_told, stories)),
            goes_on=skip is not None,
            told=(skip or 0) + len(stories),
            failing=reading.failing,
            unreadable=reading.unreadable,
            titles=reading.titles,
        )

    def _before(
        self,
        which: tuple[Chat, str],
        today: date,
        told: frozenset[str],
        *,
        again: bool,
        is_digest: bool,
    ) -> frozenset[str]:
        """Return what was told before a briefing; before the last digest, where that is meant.

        A second digest of the day leaves out what the first told. Its longer version does, too: as
        long as this process remembers.
        """
        if again:
            day, before = self._digests.get(which, (today, told))
            return before if day == today else told
        self._digests.pop(which, None)
        if is_digest:
            self._digests[which] = today, told
            while len(self._digests) > DIGESTS:
                self._digests.popitem(last=False)
        return told

    async def remember(self, chat: Chat, told: Told) -> None:
        """Remember what a chat was told, so that the next day begins with what is new."""
        if self._archive is not None:
            await self._archive.tell(chat, told.day, told.urls)

    def _stories(
        self, reading: Reading, length: Length, now: datetime, told: frozenset[str]
    ) -> tuple[tuple[Story, ...], int]:
        clusters = group(_one_each(reading.articles), self._named)
        chosen, left = choose_stories(
            clusters,
            STORIES[length],
            now,
            told=told,
            topics=reading.topics,
            subjects=lambda article: self._named(article).values(),
        )
        return tuple(self._placed(_tell_story(one, length)) for one in chosen), left

    def _tell(self, articles: Sequence[Article], length: Length) -> tuple[Story, ...]:
        return tuple(self._placed(Story(one, _summary(one, length))) for one in articles)

    def _placed(self, story: Story) -> Story:
        """Say what places a story is about."""
        if self._places is None:
            return story
        return replace(story, places=datelined(self._mentions(story.article), self._places))

    def _named(self, article: Article) -> Mapping[str, int]:
        """Return the places that the beginning of an article names, by the names it uses."""
        return {mention.text: mention.place.id for mention in self._mentions(article)}

    def _find(self, article: Article) -> tuple[Mention, ...]:
        if self._places is None:
            return ()
        head = f"{article.title}\n\n{article.text}"[:HEAD]
        try:
            return tuple(self._places.find(head, article.language))
        except SourceError as error:  # a briefing needs no gazetteer
            log.warning("The places of %s are not known: %s", article.url, error)
            return ()

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        """Return what a chat's sources brought lately, newest first."""
        return await self._sources.articles(chat, topic)

    async def about(
        self, chat: Chat, place: Place, radius_km: float = 0, since: datetime | None = None
    ) -> Reading:
        """Return what a chat's sources have about a place."""
        return await self._sources.about(chat, place, radius_km, since)


def told_in(briefing: Briefing) -> Told:
    """Return what a briefing tells; of the samples nothing is remembered."""
    stories = () if briefing.samples else briefing.stories
    urls = [one.url for story in stories for one in (story.article, *story.also)]
    return Told(briefing.day, tuple(url for url in urls if url))


def _one_each(articles: Sequence[Article]) -> list[Article]:
    """Return what has a text, each page once: two feeds of one house bring the same."""
    pages = {article.url or str(number): article for number, article in enumerate(articles)}
    return [article for article in pages.values() if article.paragraphs]


def _tell_story(chosen: Chosen, length: Length) -> Story:
    """Summarise the article in front; where others tell more in its language, all together."""
    lead, *also = chosen.articles
    summary = _summary(lead, length)
    alike = [one for one in also if one.language == lead.language][: TOGETHER - 1]
    sourced: tuple[Sourced, ...] = ()
    if alike or chosen.told:
        sourced = _together((lead, *alike), length, tuple(chosen.told))
    return Story(lead, summary, tuple(also), sourced, chosen.why)


def _was_told(story: Story) -> bool:
    return story.why is not None and story.why.since is Since.TOLD


def datelined(mentions: Sequence[Mention], places: Places) -> tuple[Place, ...]:
    """Return the few weightiest places that are named: of one in another, the inner one."""
    found = focus(mention for mention in mentions if mention.score >= SURE)
    kept: list[Place] = []
    for place, share in zip(found.places, found.shares, strict=True):
        if share * 2 < found.shares[0]:
            continue
        if any(places.contains(place, one) for one in kept):
            continue
        around = next((one for one in kept if places.contains(one, place)), None)
        if around is None:
            kept.append(place)
        else:
            kept[kept.index(around)] = place
    return tuple(kept[:DATELINE])


@lru_cache(maxsize=1024)
def _summary(article: Article, length: Length) -> Summary:
    """Many chats are told the same article: it is summarised for the first of them."""
    return summarize(article, length)


@lru_cache(maxsize=512)
def _together(
    articles: tuple[Article, ...], length: Length, seen: tuple[str | Article, ...]
) -> tuple[Sourced, ...]:
    return brief_together(articles, length, seen=seen)
