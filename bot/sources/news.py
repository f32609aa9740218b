"""The Sources port: links and files through the readers, briefings from the seeds."""

from __future__ import annotations

import asyncio

from bot.core.errors import RequestError
from bot.core.messages import Chat
from bot.core.news import Reading
from bot.sources.articles import article_from_file, article_from_page
from bot.sources.fetch import Fetcher
from bot.sources.seeds import Seeds
from summaries.article import Article


class NewsSources:
    """Where this bot's articles come from."""

    def __init__(self, seeds: Seeds, fetcher: Fetcher) -> None:
        self._seeds = seeds
        self._fetcher = fetcher

    async def articles(self, chat: Chat) -> Reading:  # noqa: ARG002 - chats will follow feeds
        """See the Sources port."""
        return await asyncio.to_thread(self._seeds.articles)

    async def read(self, target: str, *, local: bool) -> Article:
        """See the Sources port."""
        if is_link(target):
            page = await self._fetcher.get(target)
            return await asyncio.to_thread(article_from_page, page)
        if local:
            return await asyncio.to_thread(article_from_file, target)
        if "." in target and "/" not in target.partition(".")[0]:
            return await self.read(f"https://{target}", local=False)
        raise RequestError(f"“{target[:60]}” is not a link.", "Type /brief and a link such as https://example.org/news")


def is_link(target: str) -> bool:
    """Tell a link from a path."""
    return target.lower().startswith(("http://", "https://"))
