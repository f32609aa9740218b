"""The Sources port: links and files through the readers, briefings from the seeds."""

from __future__ import annotations

import asyncio

from bot.core.errors import RequestError
from bot.core.messages import Chat
from bot.core.news import Reading
from bot.sources.articles import (
    article_from_file,
    article_from_html,
    article_from_page,
    article_from_text,
    looks_like_html,
    read_file,
)
from bot.sources.fetch import Fetcher
from bot.sources.seeds import Seeds
from summaries.article import Article


class NewsSources:
    """Where this bot's articles come from."""

    def __init__(self, seeds: Seeds, fetcher: Fetcher) -> None:
        self._seeds = seeds
        self._fetcher = fetcher

    async def articles(self, chat: Chat) -> Reading:
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
        raise RequestError(
            f"“{target[:60]}” is not a link.",
            "Type /brief and a link such as https://example.org/news",
        )

    async def read_text(self, target: str) -> tuple[str, str]:
        """Return the whole text of a link, file or "-", and its language, for `dateline places`.

        A text file is returned as it is, page furniture included, so that offsets mean something
        to its owner; of an HTML page, the title and the article. Raises as `read` does.
        """
        if is_link(target):
            article = await self.read(target, local=False)
        else:
            text = await asyncio.to_thread(read_file, target)
            if not looks_like_html(text):
                return text, article_from_text(text).language
            article = article_from_html(text)
        return f"{article.title}\n\n{article.text}", article.language


def is_link(target: str) -> bool:
    """Tell a link from a path."""
    return target.lower().startswith(("http://", "https://"))
