"""The Sources port: links and files through the readers, briefings from seeds. Knows no HTML."""

from __future__ import annotations

import asyncio
import re

from bot.core.errors import RequestError
from bot.core.messages import Chat
from bot.core.news import Reading
from bot.sources.articles import (
    article_from_any,
    article_from_page,
    looks_like_html,
    read_file,
    text_of,
)
from bot.sources.fetch import Fetcher
from bot.sources.seeds import Seeds
from summaries.article import Article


class NewsSources:
    """Where this bot's articles come from.

    `standard_input` is what "-" stands for: the bytes that came in, or None in a chat, where
    standard input is the chat itself.
    """

    def __init__(self, seeds: Seeds, fetcher: Fetcher, standard_input: bytes | None = None) -> None:
        self._seeds = seeds
        self._fetcher = fetcher
        self._standard_input = standard_input

    def with_standard_input(self, body: bytes) -> NewsSources:
        """Return the same sources, where "-" is this."""
        return NewsSources(self._seeds, self._fetcher, body)

    async def articles(self, chat: Chat) -> Reading:
        """See the Sources port."""
        return await asyncio.to_thread(self._seeds.articles)

    async def read(self, target: str, *, local: bool) -> Article:
        """See the Sources port."""
        link = as_link(target, local=local)
        if link:
            page = await self._fetcher.get(link)
            return await asyncio.to_thread(article_from_page, page)
        if local:
            return await asyncio.to_thread(article_from_any, await self._local_text(target))
        raise RequestError(
            f"“{target[:60]}” is not a link.",
            "Type /brief and a link such as https://example.org/news",
        )

    async def read_text(self, target: str) -> tuple[str, str]:
        """Return the whole text of a link, file or "-", and its language, for `dateline places`.

        A text file is returned as it is, page furniture included, so that offsets mean something
        to its owner; of an HTML page, the title and the article. Raises as `read` does.
        """
        if as_link(target, local=True):
            article = await self.read(target, local=True)
        else:
            text = await self._local_text(target)
            article = await asyncio.to_thread(article_from_any, text)
            if not looks_like_html(text):
                return text, article.language
        return f"{article.title}\n\n{article.text}", article.language

    async def _local_text(self, target: str) -> str:
        if target != "-":
            return await asyncio.to_thread(read_file, target)
        if self._standard_input is None:
            raise RequestError("There is no standard input to read here.", "Give a path or a link.")
        return text_of(self._standard_input, "Standard input")


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BARE = re.compile(r"[^\s/.]+(\.[^\s/.]+)+(/\S*)?")


def as_link(target: str, *, local: bool) -> str:
    """Return the link that was meant, or "" for none.

    Whatever names a scheme is one (the fetcher refuses the wrong ones in words). In a chat,
    "example.org/news" is one too; at this machine it is a path.
    """
    if _SCHEME.match(target):
        return target
    return f"https://{target}" if not local and _BARE.fullmatch(target) else ""
