"""The Sources port: links and files through the readers, briefings from seeds. Knows no HTML."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.archive import Archive, Follow
from bot.core.errors import RequestError
from bot.core.failures import failing
from bot.core.filters import follows_of_topic, passes
from bot.core.messages import Chat
from bot.core.news import Reading
from bot.core.ports import ABOUT, Clock
from bot.core.said import heard
from bot.core.words import _, listed, ngettext, number
from bot.sources.articles import article_from_text, looks_like_html, read_file, text_of
from bot.sources.fetch import Fetcher
from bot.sources.reader import PageReader
from bot.sources.seeds import Seeds
from summaries.article import Article
from summaries.places.place import Place

RECENT = timedelta(days=3)
"""How far back a briefing looks."""
STALE = 50
"""How many older articles it chooses from when nothing is recent."""
NEAREST = 20
"""The most places around one that a question about its surroundings looks for."""
MOST = 1_000
"""The most articles that a briefing chooses from."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class NewsSources:
    """Where this bot's articles come from.

    `archive` keeps what feeds brought; without one there are only the samples. `standard_input` is
    what "-" stands for: the bytes that came in, or None in a chat, where standard input is the
    chat itself.
    """

    def __init__(
        self,
        seeds: Seeds,
        fetcher: Fetcher,
        standard_input: bytes | None = None,
        *,
        archive: Archive | None = None,
        clock: Clock | None = None,
        reader: PageReader | None = None,
    ) -> None:
        self._seeds = seeds
        self._fetcher = fetcher
        self._standard_input = standard_input
        self._archive = archive
        self._clock = clock
        self._reader = reader or PageReader()

    async def close(self) -> None:
        """End what reads the pages."""
        await self._reader.close()

    def with_standard_input(self, body: bytes) -> NewsSources:
        """Return the same sources, where "-" is this."""
        return NewsSources(
            self._seeds,
            self._fetcher,
            body,
            archive=self._archive,
            clock=self._clock,
            reader=self._reader,
        )

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        """See the Sources port."""
        follows = await self._follows(chat, topic)
        if self._archive is None or self._clock is None or not follows:
            return await self._samples(chat)
        now = self._clock.now()
        urls = [follow.feed.url for follow in follows]
        states = await self._archive.feeds(urls)
        found = await self._archive.articles(urls, now - RECENT, MOST)
        stale = not found
        if stale:  # quiet feeds: better old news, and said to be old, than none
            found = await self._archive.articles(urls, _LONG_AGO, STALE)
        kept = await self._wanted(chat, follows, found)
        unreadable = await self._archive.unreadable(urls, now - RECENT)
        return Reading(
            kept,
            (*failing(states, now), *_unread_words(unreadable)),
            stale=stale and bool(kept),
            feeds=len(urls),
            unread=sum(state.tried_at is None for state in states),
            topics={follow.feed.url: follow.topic for follow in follows},
            total=len(kept),
            failing=sum(bool(state.failures) for state in states),
            unreadable=sum(unreadable.values()),
            titles={state.feed.url: state.feed.title for state in states},
        )

    async def about(
        self, chat: Chat, place: Place, radius_km: float = 0, since: datetime | None = None
    ) -> Reading:
        """See the Sources port."""
        follows = await self._follows(chat)
        if self._archive is None or not follows:
            return await self._samples(chat)
        urls = [follow.feed.url for follow in follows]
        places = [place.id]
        if radius_km:
            where = place.latitude, place.longitude
            near = await self._archive.near(*where, radius_km, urls)
            places += near[:NEAREST]
        found = await self._archive.about(places, urls, since or _LONG_AGO, ABOUT)
        kept = await self._wanted(chat, follows, found.articles)
        titles = {follow.feed.url: follow.feed.title for follow in follows}
        return Reading(kept, feeds=len(urls), total=found.total, older=found.older, titles=titles)

    async def _samples(self, chat: Chat) -> Reading:
        """Return the sample articles; what the chat filters out is not told from them either."""
        reading = await asyncio.to_thread(self._seeds.articles)
        return replace(reading, articles=await self._wanted(chat, (), reading.articles))

    async def _follows(self, chat: Chat, topic: str = "") -> Sequence[Follow]:
        """Return what a chat follows, else what the operator chose."""
        if self._archive is None:
            return ()
        follows = await self._archive.follows(chat)
        if topic:
            chosen = follows_of_topic(follows, topic)
            if not chosen:
                raise _no_topic(topic, follows)
            return chosen
        return follows or [Follow(chat, feed) for feed in await self._archive.defaults()]

    async def _wanted(
        self, chat: Chat, follows: Sequence[Follow], found: Sequence[Article]
    ) -> tuple[Article, ...]:
        """Leave out what the chat's filters refuse."""
        filters = await self._archive.filters(chat) if self._archive else ()
        if not filters:
            return tuple(found)
        topics = {follow.feed.url: follow.topic for follow in follows}
        titles = {follow.feed.url: follow.feed.title for follow in follows}

        def is_wanted(one: Article) -> bool:
            return passes(one, filters, topics.get(one.feed, ""), titles.get(one.feed, ""))

        def choose() -> tuple[Article, ...]:
            return tuple(filter(is_wanted, found))

        return await asyncio.to_thread(choose)

    async def read(self, target: str, *, local: bool) -> Article:
        """See the Sources port."""
        link = as_link(target, local=local)
        if link:
            return await self._reader.read(await self._fetcher.get(link))
        if local:
            return await self._read_local(await self._local_text(target))
        raise RequestError(
            _("“{text}” is not a link.").format(text=target[:60]),
            _("Type /brief and a link such as https://example.org/news"),
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
            article = await self._read_local(text)
            if not looks_like_html(text):
                return text, article.language
        return f"{article.title}\n\n{article.text}", article.language

    async def _read_local(self, text: str) -> Article:
        """A bare text needs no parser that could fail to return, and so no child to kill."""
        if looks_like_html(text):
            return await self._reader.read_text(text)
        return await asyncio.to_thread(article_from_text, text)

    async def _local_text(self, target: str) -> str:
        if target != "-":
            return await asyncio.to_thread(read_file, target)
        if self._standard_input is None:
            raise RequestError("There is no standard input to read here.", "Give a path or a link.")
        return text_of(self._standard_input, "Standard input")


def _unread_words(reasons: Mapping[str, int]) -> Sequence[str]:
    """Say how many articles could not be read, and of the most why."""
    if not reasons:
        return ()
    count = sum(reasons.values())
    most = max(reasons, key=lambda reason: reasons[reason])
    words = ngettext(
        "{count} article could not be read: {reason}",
        "{count} articles could not be read; of {most} the reason is: {reason}",
        count,
    )
    told = {"count": number(count), "most": number(reasons[most]), "reason": heard(most)}
    return [words.format(**told)]


def _no_topic(topic: str, follows: Sequence[Follow]) -> RequestError:
    known = sorted({follow.topic for follow in follows if follow.topic})
    hint = _("The topics here: {topics}.").format(topics=listed(known))
    return RequestError(
        _("This chat has no topic “{topic}”, and that is no link.").format(topic=topic[:60]),
        hint if known else _("Give a feed a topic: {command}").format(command="/follow LINK sport"),
    )


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
