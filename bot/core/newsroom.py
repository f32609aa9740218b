"""From sources to stories: articles -> summaries -> stories. Knows no platform and no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.briefing import choose
from bot.core.errors import SourceError
from bot.core.messages import Chat
from bot.core.news import Briefing, Reading, Story
from bot.core.ports import Clock, Sources
from summaries.article import Article, Length
from summaries.extractive import METHODS, summarize
from summaries.places.place import Place


class Newsroom:
    """Makes stories and briefings of what the sources have."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    async def story(
        self, target: str, length: Length, *, local: bool = False, method: str = METHODS[0]
    ) -> Story:
        """Read one link (or file, with `local`) and summarise it.

        Raises RequestError or SourceError, also for a page without a readable sentence.
        """
        article = await self._sources.read(target, local=local)
        if not article.paragraphs:
            raise SourceError(
                "There is no article text in it: only page furniture, or nothing at all."
            )
        summary = await asyncio.to_thread(summarize, article, length, method=method)
        return Story(article, summary)

    async def briefing(self, chat: Chat, length: Length, zone: str = "UTC") -> Briefing:
        """Return today's briefing for a chat; `zone` (IANA) says what today is there."""
        reading = await self._sources.articles(chat)
        chosen, left = choose(reading.articles, length)
        stories = await asyncio.to_thread(_tell, chosen, length)
        today = self._clock.now().astimezone(ZoneInfo(zone)).date()
        return Briefing(today, stories, reading.failures, reading.samples, left)

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        """Return what a chat's sources brought lately, newest first."""
        return await self._sources.articles(chat, topic)

    async def about(
        self, chat: Chat, place: Place, radius_km: float = 0, since: datetime | None = None
    ) -> Reading:
        """Return what a chat's sources have about a place."""
        return await self._sources.about(chat, place, radius_km, since)


def _tell(articles: Sequence[Article], length: Length) -> tuple[Story, ...]:
    return tuple(Story(article, summarize(article, length)) for article in articles)
