"""The FeedFinder port: a link -> the feeds behind it; files that list feeds. Knows no chat."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from bot.core.errors import RequestError, SettingsError, SourceError
from bot.core.news import Entry, Feed, FeedList, ListedFeed
from bot.core.said import said, said_by
from bot.core.words import N_, _
from bot.sources.discover import FoundFeed, find_feeds, is_of_comments, usual_places
from bot.sources.feeds import MAX_BYTES, parse_feed
from bot.sources.fetch import Fetcher, Response, decode
from bot.sources.opml import read_opml, write_opml

DEADLINE = 40.0
"""Seconds for one link with all that must be tried, and for all that a list includes."""
TITLE = 200

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
)
_WORD = re.compile(r"[^\W_]+")
_FORMATS = frozenset(
    ["rss", "rss2", "atom", "rdf", "json", "xml", "feed", "feeds", "index", "php", "alt"]
)


class FetchingFinder:
    """Finds feeds with the fetcher, so private addresses are refused here as everywhere."""

    def __init__(self, fetcher: Fetcher, *, deadline: float = DEADLINE) -> None:
        self._fetcher = fetcher
        self._deadline = deadline

    async def find(self, link: str) -> Sequence[Feed]:
        """See the FeedFinder port."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._find(link, deeper=True)
        except TimeoutError as error:
            raise SourceError(
                said(N_("No feed was found within {seconds} s."), seconds=f"{self._deadline:g}")
            ) from error

    async def _find(self, link: str, *, deeper: bool) -> Sequence[Feed]:
        """Read a link; with `deeper`, also what its page points to."""
        answer = await self._fetcher.ask(link, accept=_ACCEPT, largest=MAX_BYTES)
        try:
            return (await _as_feed(answer),)
        except SourceError:
            text = await asyncio.to_thread(decode, answer.body, answer.charset)
            if "<opml" in text[:2000].lower():
                raise _a_list() from None
            if not _is_page(answer, text):
                raise
        offered = await asyncio.to_thread(find_feeds, text, answer.url)
        return await self._offered(answer.url, likeliest(offered), deeper=deeper)

    async def _offered(
        self, url: str, offered: Sequence[FoundFeed], *, deeper: bool
    ) -> Sequence[Feed]:
        """Return the feeds that a page offers; a single one is read first."""
        if len(offered) > 1:
            return tuple(Feed(one.url, one.title, url) for one in offered)
        trouble = None
        if offered and deeper:
            try:
                return await self._find(offered[0].url, deeper=False)
            except (RequestError, SourceError) as error:
                trouble = error
        if deeper and (found := await self._at_usual_places(url)):
            return (found,)
        if trouble:
            raise SourceError(
                said(
                    N_("The feed that the page names cannot be read: {reason}"),
                    reason=said_by(trouble),
                )
            )
        raise _no_feed(url)

    async def _at_usual_places(self, url: str) -> Feed | None:
        for place in usual_places(url):
            try:
                return await _as_feed(
                    await self._fetcher.ask(place, accept=_ACCEPT, largest=MAX_BYTES)
                )
            except (RequestError, SourceError):
                continue
        return None

    async def read_list(self, body: bytes) -> FeedList:
        """See the FeedFinder port."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._deadline

        def include(link: str) -> bytes:
            work = self._included(link, until)
            return asyncio.run_coroutine_threadsafe(work, loop).result()

        return await asyncio.to_thread(read_opml, body, "", include)

    async def _included(self, link: str, until: float) -> bytes:
        try:
            async with asyncio.timeout_at(until):
                return (await self._fetcher.ask(link)).body
        except TimeoutError as error:
            raise SourceError(
                said(N_("Reading all that the list includes took too long."))
            ) from error

    def write_list(self, feeds: Iterable[ListedFeed]) -> bytes:
        """See the FeedFinder port."""
        return write_opml(feeds)


def read_defaults(path: Path) -> tuple[Feed, ...]:
    """Return the operator's feeds from an OPML file. Raises SettingsError in words."""
    try:
        read = read_opml(path.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"The operator's feeds cannot be read: {path}: {error.strerror}."
        ) from error
    except (RequestError, SourceError) as error:
        raise SettingsError(f"The operator's feeds cannot be read: {path}: {error}") from error
    if read.failures or read.left_out:
        left = [f"{read.left_out} feeds are too many."] if read.left_out else []
        raise SettingsError(*(f"{path}: {failure}" for failure in [*read.failures, *left]))
    return tuple(one.feed for one in read.feeds)


async def _as_feed(answer: Response) -> Feed:
    """Return the feed in an answer. Raises SourceError for what is none, RequestError for an empty
    or broken one: who follows it would hear nothing."""
    url = urldefrag(answer.permanent_url)[0]
    parsed = await asyncio.to_thread(
        parse_feed, answer.body, answer.url, answer.media_type, answer.charset
    )
    if not any(map(_is_readable, parsed.entries)):
        raise RequestError(
            _("There is nothing to read in that feed: it has no entry with a title or a text."),
            _("If it is new, follow it when it has a first entry."),
        )
    return Feed(url, parsed.title[:TITLE], parsed.link)


def _is_readable(entry: Entry) -> bool:
    return any(text.strip() for text in (entry.title, entry.summary, entry.content))


def _is_page(answer: Response, text: str) -> bool:
    return "html" in answer.media_type or "<html" in text[:2000].lower()


def likeliest(offered: Sequence[FoundFeed]) -> tuple[FoundFeed, ...]:
    """Return which of a page's feeds a person may mean, each once.

    Feeds of comments and mere links count only where there is nothing better, and one feed in two
    formats is one.
    """
    declared = [feed for feed in offered if feed.declared] or list(offered)
    articles = [feed for feed in declared if not is_of_comments(feed)] or declared
    first: dict[tuple[str, str], FoundFeed] = {}
    for feed in articles:
        first.setdefault(_gist(feed), feed)
    return tuple(first.values())


def _gist(feed: FoundFeed) -> tuple[str, str]:
    """Return what a feed's title and address say beside its format ("RSS 2.0", "/atom.xml")."""
    parts = urlsplit(feed.url)
    title = [word for word in _words(feed.title) if not word.isdecimal()]
    return " ".join(title), " ".join(_words(f"{parts.netloc} {parts.path} {parts.query}"))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _FORMATS]


def _a_list() -> RequestError:
    return RequestError(
        _("That is a list of feeds (OPML), not a feed."), _("Download it and send me the file.")
    )


def _no_feed(url: str) -> RequestError:
    host = urlsplit(url).hostname or url
    return RequestError(
        _("{host} offers no feed that I can find.").format(host=host),
        _("Look on the site for “RSS” and send that link, or read the one page: {command}").format(
            command=f"/brief {url}"
        ),
    )
