"""Reads what is due: feeds, then the pages of what they announced. Knows no feed format, no SQL.

When to read next is `reading_plan`'s, what is new the archive's. One attempt at a feed is one
transaction, and an entry waits in the archive until its article is kept or put off, so a stop at
any moment loses nothing and doubles nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.archive import Archive, Arrival, ArticlePlace, FeedState, Reading
from bot.core.errors import DatelineError, RequestError, SourceError, StoreError
from bot.core.news import Feed, KeyedEntry, ParsedFeed
from bot.core.ports import Clock
from bot.core.said import kept, said, said_by
from bot.core.words import N_
from bot.sources import feeds
from bot.sources.entries import announcement, completed, full_text
from bot.sources.feed_work import offered_feeds, read_feed
from bot.sources.fetch import Fetcher, FetchError, Page, Response
from bot.sources.reading_plan import Look, interval_after, next_read, page_pause, pause_after
from bot.sources.robots import Robots, site_of
from bot.sources.workshop import Workshop
from summaries.article import Article
from summaries.places.finder import focus
from summaries.places.place import Mention, Place

log = logging.getLogger(__name__)

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
FEEDS_A_TICK = 500
ARRIVALS_A_TICK = 100
LOOK_SECONDS = 5.0
"""How often it is looked what is due while pages are read."""
IN_HAND = 50
"""The most feeds fetched or parsed at once: it bounds the memory that their bodies take."""
ATTEMPTS_AT_ONCE = 100
ENTRIES_AT_ONCE = 1_000
"""The most attempts, and about the most entries, that are written down in one transaction."""
STALE = timedelta(days=14)
"""Of an entry that was older when it came, no page is fetched: a feed's first reading brings
years of them."""
MOST_TEXT = 100_000
"""Characters of an article that are searched for places: a long read has half of them."""

_CHILDREN_KNOW = (read_feed.__module__, full_text.__module__)

ReadPage = Callable[[Page], Awaitable[Article]]
Progress = Callable[[int, int, FeedState], None]


class Gazetteer(Protocol):
    """What the poller asks of places."""

    def find(
        self, text: str, language: str = "", *, usual: Mapping[int, float] | None = None
    ) -> Sequence[Mention]:
        """Return the places that a text names, in order; see the Places port."""

    def within(self, place: Place) -> Sequence[Place]:
        """Return what a place lies in: its region, its country, areas."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some work: feeds read (of which unchanged), feeds that failed, new entries,
    articles kept, articles put off."""

    read: int = 0
    unchanged: int = 0
    failed: int = 0
    entries: int = 0
    kept: int = 0
    put_off: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.read + other.read,
            self.unchanged + other.unchanged,
            self.failed + other.failed,
            self.entries + other.entries,
            self.kept + other.kept,
            self.put_off + other.put_off,
        )


class _Ledger:
    """Attempts to be written down, many in one transaction: each alone would take milliseconds."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive = archive
        self._clock = clock
        self._waiting: list[Reading] = []
        self.arrived = 0
        """How many entries were new so far."""

    async def add(self, reading: Reading) -> None:
        """Have an attempt written down soon."""
        if any(one.state.feed.url == reading.state.feed.url for one in self._waiting):
            await self.write()  # two addresses have become one feed
        self._waiting.append(reading)
        entries = sum(len(one.entries) for one in self._waiting)
        if len(self._waiting) >= ATTEMPTS_AT_ONCE or entries >= ENTRIES_AT_ONCE:
            await self.write()

    async def write(self) -> None:
        """Write down what waits. Raises StoreError when an attempt cannot be; others are."""
        readings, self._waiting = self._waiting, []
        if not readings:
            return
        try:
            new = await self._archive.record_all(readings, self._clock.now())
        except StoreError:
            new = await self._write_each(readings)
        self.arrived += len(new)

    async def _write_each(self, readings: Sequence[Reading]) -> Sequence[Arrival]:
        new: list[Arrival] = []
        failed: StoreError | None = None
        for one in readings:
            try:
                new += await self._archive.record(one.state, one.entries, self._clock.now())
            except StoreError as error:
                failed = error
        if failed is not None:
            raise failed
        return new


def _silent(_done: int, _total: int, _state: FeedState) -> None:
    """Tell nobody."""


class Poller:
    """Reads feeds and pages into the archive.

    `fetcher` should wait for its turn at each host. `read_page` finds the article in a page, and
    raises SourceError in words where there is none to read. `chance` draws from 0 to 1.
    """

    def __init__(
        self,
        archive: Archive,
        fetcher: Fetcher,
        read_page: ReadPage,
        places: Gazetteer,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._archive = archive
        self._fetcher = fetcher
        self._read_page = read_page
        self._places = places
        self._clock = clock
        self._chance = chance
        self._robots = Robots(fetcher, clock)
        self._workshop = Workshop(_CHILDREN_KNOW)
        self._busy = asyncio.Lock()
        self._hands = asyncio.Semaphore(IN_HAND)

    async def tick(self) -> Tally:
        """Read the feeds that are due, then pages that wait. A tick while one runs does nothing.

        While pages keep it waiting, it goes on reading what is due: a feed is read soon after
        somebody follows it. Raises StoreError when the archive fails; whatever a feed or page does
        costs only itself.
        """
        if self._busy.locked():
            return Tally()
        async with self._busy:
            tally = await self.read_feeds()
            pages = asyncio.create_task(self.read_articles())
            try:
                while not (await asyncio.wait({pages}, timeout=LOOK_SECONDS))[0]:
                    tally += await self.read_feeds()
            finally:
                pages.cancel()  # changes nothing where they are read
                await asyncio.wait({pages})
            return tally + pages.result()

    async def read_all(self, progress: Progress = _silent) -> Tally:
        """Read every feed now, due or not, and every page that waits.

        `progress` is told after each feed how many of how many are done, and how it stands.
        """
        async with self._busy:
            tally = await self._read_feeds(await self._archive.feeds(), progress)
            while (more := await self.read_articles()) != Tally():
                tally += more
            return tally

    async def read_feeds(self) -> Tally:
        """Read some of the feeds that are due, the most overdue first."""
        due = await self._archive.due_feeds(self._clock.now(), FEEDS_A_TICK)
        return await self._read_feeds(due, _silent)

    async def read_articles(self) -> Tally:
        """Read some of the articles that wait, the newest first."""
        waiting = await self._archive.arrivals(self._clock.now(), ARRIVALS_A_TICK)
        return sum(await _together(self._read_arrival(one) for one in waiting), Tally())

    async def close(self) -> None:
        """Let go of children and questions; the fetcher is its owner's to close."""
        await self._robots.close()
        self._workshop.close()

    # --- feeds

    async def _read_feeds(self, states: Sequence[FeedState], progress: Progress) -> Tally:
        ledger = _Ledger(self._archive, self._clock)
        done = 0

        async def read(state: FeedState) -> Tally:
            nonlocal done
            tally, reading = await self._read_feed(state)
            await ledger.add(reading)
            done += 1
            progress(done, len(states), reading.state)
            return tally

        try:
            tally = sum(await _together(read(state) for state in states), Tally())
        finally:
            await ledger.write()
        return tally + Tally(entries=ledger.arrived)

    async def _read_feed(self, state: FeedState) -> tuple[Tally, Reading]:
        """Make one attempt at a feed."""
        try:
            async with self._hands:
                reading, unchanged = await self._look(state)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one broken feed never costs the others
            return Tally(failed=1), Reading(self._failed(state, error))
        return Tally(read=1, unchanged=int(unchanged)), reading

    async def _look(self, state: FeedState) -> tuple[Reading, bool]:
        """Ask a feed; return what it gave, and whether it is as it was."""
        answer = await self._fetcher.ask(
            state.feed.url,
            etag=state.etag,
            last_modified=state.last_modified,
            accept=ACCEPT,
            largest=feeds.MAX_BYTES,
        )
        if answer.unchanged:
            return Reading(self._succeeded(state, answer, Look(unchanged=True))), True
        try:
            parsed, entries = await self._parsed(answer)
        except SourceError as error:
            return await self._look_elsewhere(state, answer, error), False
        state = await self._moved(state, answer.permanent_url)
        return self._read_well(state, answer, parsed, entries), False

    async def _parsed(self, answer: Response) -> tuple[ParsedFeed, Sequence[KeyedEntry]]:
        told = answer.url, answer.media_type, answer.charset
        return await self._workshop.do(read_feed, answer.body, *told, self._clock.now())

    def _read_well(
        self,
        state: FeedState,
        answer: Response,
        parsed: ParsedFeed,
        entries: Sequence[KeyedEntry],
    ) -> Reading:
        feed = Feed(
            state.feed.url, parsed.title or state.feed.title, parsed.link or state.feed.link
        )
        entries = [replace(one, entry=replace(one.entry, feed=feed)) for one in entries]
        dates = tuple(one.entry.dated for one in entries if one.entry.dated)
        look = Look(dates, fresh_for=answer.fresh_for, ttl=parsed.ttl)
        return Reading(self._succeeded(replace(state, feed=feed), answer, look), entries)

    async def _moved(self, state: FeedState, address: str) -> FeedState:
        """Follow a feed that moved for good to where it can be read now."""
        if address == state.feed.url:
            return state
        await self._archive.rename(state.feed.url, address)
        return replace(state, feed=replace(state.feed, url=address))

    async def _look_elsewhere(
        self, state: FeedState, answer: Response, error: SourceError
    ) -> Reading:
        """Look once for the feed of a page that stands where a feed should.

        Where there never was one, the page was meant, and its feed is read instead. Where there
        was, the page may be a passing fault, so its feeds are only named.
        """
        if state.failures:
            raise error
        page = answer.body, answer.url, answer.charset
        offered = await self._workshop.do(offered_feeds, *page)
        offered = [url for url in offered if url not in {state.feed.url, answer.url}]
        if not offered:
            raise error
        if state.read_at is not None:
            raise SourceError(
                said(
                    N_("{reason} It offers {address}: perhaps that is the feed now."),
                    reason=said_by(error),
                    address=offered[0],
                )
            ) from error
        second = await self._fetcher.ask(offered[0], accept=ACCEPT, largest=feeds.MAX_BYTES)
        parsed, entries = await self._parsed(second)
        state = await self._moved(state, offered[0])
        return self._read_well(state, second, parsed, entries)

    def _succeeded(self, state: FeedState, answer: Response, look: Look) -> FeedState:
        now = self._clock.now()
        interval = interval_after(look, state.interval, now)
        kept = state if look.unchanged else replace(state, etag="", last_modified="")
        return replace(
            state,
            etag=answer.etag or kept.etag,
            last_modified=answer.last_modified or kept.last_modified,
            tried_at=now,
            read_at=now,
            next_at=next_read(now, interval, self._chance()),
            interval=interval,
            failures=0,
            reason="",
        )

    def _failed(self, state: FeedState, error: Exception) -> FeedState:
        now = self._clock.now()
        failures = state.failures + 1
        told = error if isinstance(error, FetchError) else FetchError(said(""))
        pause = pause_after(
            failures, before=state.interval, retry_after=told.retry_after, gone=told.gone
        )
        return replace(
            state,
            tried_at=now,
            next_at=next_read(now, pause, self._chance()),
            failures=failures,
            reason=_reason(error, state.feed.url),
        )

    # --- articles

    async def _read_arrival(self, arrival: Arrival) -> Tally:
        """Keep an entry's article, or say when to try again, or why never."""
        try:
            article = await self._article(arrival)
            usual = await self._archive.usual_places(arrival.entry.feed.url)
            places = await asyncio.to_thread(self._places_in, article, usual)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one broken page never costs the others
            until = self._try_again(arrival, error)
            await self._archive.put_off(arrival, _reason(error, arrival.entry.link), until)
            return Tally(put_off=1)
        await self._archive.keep(arrival, article, places)
        return Tally(kept=1)

    def _try_again(self, arrival: Arrival, error: Exception) -> datetime | None:
        pause = page_pause(arrival.attempts + 1) if _may_pass(error) else None
        if pause is None:
            return None
        asked = error.retry_after or 0.0 if isinstance(error, FetchError) else 0.0
        return self._clock.now() + timedelta(seconds=max(pause, min(asked, 86_400.0)))

    async def _article(self, arrival: Arrival) -> Article:
        """Return the article as far as it can be had: the feed's text when that is all of it, else
        the page's, else what the feed announces. Raises DatelineError."""
        entry = arrival.entry
        whole = await self._workshop.do(full_text, entry)
        if whole is not None:
            return whole
        try:
            if _is_stale(arrival):
                raise SourceError(said(N_("It is too old to be fetched.")))
            return completed(await self._page(entry.link), entry)
        except Exception as error:
            last_try = not _may_pass(error) or page_pause(arrival.attempts + 1) is None
            announced = await self._workshop.do(announcement, entry) if last_try else None
            if announced is None:
                raise
            return announced

    async def _page(self, url: str) -> Article:
        """Fetch and read a page that may be read. Raises RequestError or SourceError."""
        if not url:
            raise SourceError(said(N_("The feed gives no link to it.")))
        _check_link(url)
        await self._robots.check(url)
        page = await self._fetcher.get(url)
        if site_of(page.url) != site_of(url):  # it led to another site, which has rules of its own
            await self._robots.check(page.url)
        return await self._read_page(page)

    def _places_in(self, article: Article, usual: Mapping[int, float]) -> Sequence[ArticlePlace]:
        """`usual` is what the feed's earlier articles named: it helps to tell namesakes apart."""
        text = f"{article.title}\n\n{article.text}"[:MOST_TEXT]
        found = self._places.find(text, article.language, usual=usual)
        return places_of(found, self._places.within)


def places_of(
    mentions: Sequence[Mention], within: Callable[[Place], Sequence[Place]]
) -> Sequence[ArticlePlace]:
    """Return the places that an article names, and those they lie in, with how often.

    What it is about is so of what that lies in too: who asks for Iraq wants what is about Mosul.
    """
    named = {mention.place.id: mention.place for mention in mentions}
    around = {number: within(place) for number, place in named.items()}
    counts: Counter[int] = Counter()
    for mention in mentions:
        counts.update([mention.place.id, *(outer.id for outer in around[mention.place.id])])
    about = {place.id for place in focus(mentions).places}
    about |= {outer.id for number in about for outer in around[number]}
    every = {outer.id: outer for outers in around.values() for outer in outers} | named
    return [
        ArticlePlace(
            number,
            count,
            is_about=number in about,
            inside=number not in named,
            latitude=every[number].latitude,
            longitude=every[number].longitude,
        )
        for number, count in counts.items()
    ]


def _check_link(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise RequestError(said(N_("The link that the feed gives leads to no page.")))


def _is_stale(arrival: Arrival) -> bool:
    dated = arrival.entry.dated
    return dated is not None and arrival.arrived_at - dated > STALE


def _may_pass(error: Exception) -> bool:
    return isinstance(error, FetchError) and error.passing


def _reason(error: Exception, url: str) -> str:
    """Keep why something failed. What is not ours is a bug of ours: the log has it all."""
    if isinstance(error, DatelineError):
        return kept(said_by(error))
    log.error("Reading %s went wrong", url, exc_info=error)
    return kept(said(N_("Something went wrong inside the bot; its log says what.")))


async def _together(work: Iterable[Awaitable[Tally]]) -> list[Tally]:
    """Do it all at once; only when all is done raise what went wrong first."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return [one for one in done if isinstance(one, Tally)]
