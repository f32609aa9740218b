"""Reading what is due, end to end: a site on loopback, the poller, an archive in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.archive import Arrival, ArticlePlace, FeedState, Follow
from bot.core.errors import SourceError, StoreError
from bot.core.failures import failing
from bot.core.news import Feed, KeyedEntry
from bot.core.said import heard
from bot.sources.fetch import Fetcher, Page
from bot.sources.poller import Poller, Tally, places_of
from summaries.article import Article
from summaries.places.place import Mention, Place
from tests.fake_archive import FakeArchive
from tests.fakes import CHAT, IRAQ, MONDAY, MOSUL, PARIS, FakeClock, FakePlaces
from tests.sources.sites import LEAD, Site, feed, fetcher, item, site

LONG = " ".join([LEAD] * 12)


class Nested(FakePlaces):
    """Places that also say what they lie in."""

    def within(self, place: Place) -> Sequence[Place]:
        return [one for one in self.known if one.id != place.id and self.contains(one, place)]


async def first_paragraph(page: Page) -> Article:
    """Read the pages of these tests: a title, and one paragraph or none."""
    title, _, rest = page.text.partition("<title>")[2].partition("</title>")
    text = rest.partition("<p>")[2].partition("</p>")[0]
    if not text:
        raise SourceError("There is no article to be found on that page.")
    return Article(title, (text,), language="en", url=page.url, source="The Site")


@dataclass
class World:
    """A site that a chat follows, and what reads it."""

    site: Site
    poller: Poller
    archive: FakeArchive = field(default_factory=FakeArchive)
    clock: FakeClock = field(default_factory=FakeClock)

    async def follow(self, *urls: str) -> None:
        follows = [Follow(CHAT, Feed(url)) for url in urls]
        await self.archive.follow(follows, self.clock.now())

    async def later(self, *, hours: float = 25) -> Tally:
        """Tick once after a while."""
        self.clock.advance(hours=hours)
        return await self.poller.tick()

    async def titles(self) -> list[str]:
        """The titles of all that was kept, in their order of letters."""
        return sorted(article.title for article in await self.articles())

    async def articles(self) -> Sequence[Article]:
        urls = [state.feed.url for state in await self.archive.feeds()]
        return await self.archive.articles(urls, datetime(1970, 1, 1, tzinfo=UTC))

    async def state(self, number: int = 0) -> FeedState:
        return (await self.archive.feeds())[number]


@asynccontextmanager
async def world(
    *,
    archive: FakeArchive | None = None,
    deadline: float = 5.0,
    read_page: Callable[[Page], object] = first_paragraph,
) -> AsyncIterator[World]:
    archive = archive or FakeArchive()
    clock = FakeClock()
    async with site() as served, fetcher(deadline=deadline) as asking:
        poller = make_poller(archive, asking, clock, read_page)
        try:
            yield World(served, poller, archive, clock)
        finally:
            await poller.close()


def make_poller(
    archive: FakeArchive,
    asking: Fetcher,
    clock: FakeClock,
    read_page: Callable[[Page], object] = first_paragraph,
) -> Poller:
    return Poller(archive, asking, read_page, Nested(), clock, chance=lambda: 0.0)  # type: ignore[arg-type] # a test may hand over a broken reader


# From a feed to kept articles


async def test_what_a_feed_announces_is_kept_with_what_feed_and_page_know() -> None:
    async with world() as w:
        url = w.site.put_feed("/feed", [item(1, hours_ago=3)])
        w.site.put_article("/news/1", "A bridge opens")
        await w.follow(url)
        assert await w.poller.tick() == Tally(read=1, entries=1, kept=1)
        (article,) = await w.articles()
    assert article == Article(
        title="A bridge opens",
        paragraphs=(LEAD,),
        language="en",
        source="The Site",
        url=f"{w.site.root}/news/1",
        published=MONDAY - timedelta(hours=3),
        feed=url,
    )


async def test_the_feed_gets_its_title_and_its_next_read() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(n, hours_ago=2 * n) for n in range(1, 11)]))
        await w.poller.tick()
        state = await w.state()
    assert (state.feed.title, state.feed.link) == ("The News", f"{w.site.root}/")
    assert (state.failures, state.reason, state.read_at) == (0, "", MONDAY)
    assert state.interval == 3600  # every two hours there is something new
    assert state.next_at == MONDAY + timedelta(hours=1)


async def test_a_feed_that_is_not_due_is_not_asked() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", []))
        await w.poller.tick()
        w.clock.advance(seconds=599)
        assert await w.poller.tick() == Tally()
        assert w.site.asked == ["/feed"]


async def test_a_feed_is_asked_only_for_what_changed() -> None:
    async with world() as w:
        named = {"ETag": '"one"', "Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
        await w.follow(w.site.put_feed("/feed", [item(1, text=LEAD)], named))
        await w.poller.tick()
        assert await w.later() == Tally(read=1, unchanged=1)
        assert w.site.headers[-1]["If-None-Match"] == '"one"'
        assert w.site.headers[-1]["If-Modified-Since"] == named["Last-Modified"]
        assert (await w.state()).etag == '"one"'
        w.site.put_feed("/feed", [item(2, text=LEAD)], {"ETag": '"two"'})
        assert (await w.later()).entries == 1
        state = await w.state()
    assert (state.etag, state.last_modified) == ('"two"', "")


async def test_an_article_that_the_feed_gives_whole_is_not_fetched() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text=f"<p>{LONG}</p>")]))
        assert (await w.poller.tick()).kept == 1
        assert w.site.asked == ["/feed"]
        (article,) = await w.articles()
    assert article.text == LONG
    assert (article.source, article.title) == ("The News", "Bridge number 1 opens")


@pytest.mark.parametrize("end", ["…", "[...]", " Read more", "<p>Continue reading →</p>"])
async def test_a_text_that_breaks_off_is_fetched_whole(end: str) -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text=f"<p>{LONG} {end}</p>")]))
        w.site.put_article("/news/1", "Whole")
        await w.poller.tick()
        assert await w.titles() == ["Whole"]


@pytest.mark.parametrize(("status", "body"), [(403, ""), (404, ""), (200, "<h1>Subscribe</h1>")])
async def test_of_a_page_that_cannot_be_read_the_feeds_own_words_are_kept(
    status: int, body: str
) -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text=f"<b>{LEAD}</b> Read more")]))
        w.site.put("/news/1", body, status=status)
        assert (await w.poller.tick()).kept == 1
        (article,) = await w.articles()
    assert article.text.startswith(LEAD)
    assert article.url == f"{w.site.root}/news/1"


async def test_a_page_that_cannot_be_read_and_no_words_in_the_feed_is_given_up_in_words() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text="Photos")]))
        assert (await w.poller.tick()).put_off == 1
        assert [str(heard(one.reason)) for one in w.archive._arrivals.values()] == [
            "127.0.0.1 has no such page (404)."
        ]
        assert (await w.later()).put_off == 0


async def test_a_page_in_passing_trouble_is_tried_again_and_then_the_feeds_words_are_kept() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text=LEAD)], {"ETag": '"1"'}))
        w.site.put("/news/1", status=503)
        ticks = [await w.poller.tick()] + [await w.later(hours=3) for _ in range(3)]
        assert [tally.put_off for tally in ticks] == [1, 1, 1, 0]
        assert [tally.kept for tally in ticks] == [0, 0, 0, 1]
        assert w.site.asked.count("/news/1") == 4
        assert (await w.articles())[0].text == LEAD


async def test_a_page_that_recovers_is_kept() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1)]))
        w.site.put("/news/1", status=500)
        await w.poller.tick()
        w.site.put_article("/news/1", "Here at last")
        await w.later(hours=1)
        assert await w.titles() == ["Here at last"]


async def test_of_an_old_entry_no_page_is_fetched() -> None:
    async with world() as w:
        old = [item(1, hours_ago=24 * 30, text=LEAD), item(2, hours_ago=24 * 30)]
        await w.follow(w.site.put_feed("/feed", old))
        assert await w.poller.tick() == Tally(read=1, entries=2, kept=1, put_off=1)
        assert w.site.asked == ["/feed"]


async def test_a_link_that_leads_to_no_page_leaves_the_feeds_words() -> None:
    async with world() as w:
        links = ["mailto:news@example.org", "magnet:?xt=urn:1"]
        items = [item(n, link=link, text=LEAD) for n, link in enumerate(links)]
        await w.follow(w.site.put_feed("/feed", items))
        assert (await w.poller.tick()).kept == 2


async def test_a_reader_that_falls_over_costs_only_its_own_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fragile(page: Page) -> Article:
        if page.url.endswith("/1"):
            raise ZeroDivisionError
        return await first_paragraph(page)

    async with world(read_page=fragile) as w:
        await w.follow(w.site.put_feed("/feed", [item(1), item(2)]))
        w.site.put_article("/news/1", "One")
        w.site.put_article("/news/2", "Two")
        assert await w.poller.tick() == Tally(read=1, entries=2, kept=1, put_off=1)
        assert await w.titles() == ["Two"]
    assert "ZeroDivisionError" in caplog.text


# Places


async def test_an_article_is_found_by_its_places_and_by_what_they_lie_in() -> None:
    async with world() as w:
        url = w.site.put_feed("/feed", [item(1, text=LONG)])
        await w.follow(url)
        await w.poller.tick()
        for place in (MOSUL, IRAQ):
            assert (await w.archive.about([place.id], [url])).total == 1
        assert (await w.archive.about([PARIS.id], [url])).total == 0


def test_what_is_about_a_city_is_about_its_country_too() -> None:
    mentions = [Mention("Mosul", 0, 5, MOSUL, 1.0), Mention("Mosul", 9, 14, MOSUL, 1.0)]
    assert places_of(mentions, Nested().within) == [
        ArticlePlace(MOSUL.id, 2, is_about=True),
        ArticlePlace(IRAQ.id, 2, is_about=True, inside=True),
    ]


def test_a_country_that_is_named_itself_is_not_only_named_by_its_city() -> None:
    mentions = [Mention("Iraq", 0, 4, IRAQ, 1.0), Mention("Mosul", 9, 14, MOSUL, 1.0)]
    found = {one.place: one for one in places_of(mentions, Nested().within)}
    assert (found[IRAQ.id].count, found[IRAQ.id].inside) == (2, False)


# Feeds in trouble


async def test_one_broken_feed_never_costs_the_others() -> None:
    async with world() as w:
        good = w.site.put_feed("/good", [item(1, text=LONG)])
        bad = [
            w.site.put("/page", "<html><title>Oops</title></html>"),
            w.site.put("/empty", ""),
            w.site.put("/binary", b"\x00\xff" * 500, kind="application/rss+xml"),
            w.site.put("/error", "<rss/>", status=500),
            "http://127.0.0.1:1/feed",
            "http://10.0.0.1/feed",
            "nonsense",
        ]
        await w.follow(good, *bad)
        assert await w.poller.tick() == Tally(read=1, failed=len(bad), entries=1, kept=1)
        said = {state.feed.url: str(heard(state.reason)) for state in await w.archive.feeds()}
    assert said.pop(good) == ""
    assert all(said.values())
    assert "called “Oops”" in said[bad[0]]
    assert "empty answer" in said[bad[1]]
    assert "not on the public internet" in said["http://10.0.0.1/feed"]


async def test_a_feed_that_fails_is_asked_less_and_less_and_never_given_up() -> None:
    async with world() as w:
        await w.follow(w.site.put("/feed", status=500))
        waits = []
        for _ in range(12):
            await w.poller.tick()
            state = await w.state()
            waits.append((state.next_at - w.clock.now()).total_seconds() / 60)
            w.clock.instant = state.next_at
        assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]
        w.site.put_feed("/feed", [item(1, text=LONG)])
        assert (await w.poller.tick()).kept == 1
        assert (await w.state()).failures == 0


async def test_a_failing_feed_is_told_in_words() -> None:
    async with world() as w:
        url = w.site.put_feed("/feed", [])
        await w.follow(url)
        await w.poller.tick()
        del w.site.paths["/feed"]
        await w.later(hours=72)
        (line,) = failing(await w.archive.feeds(), w.clock.now())
    assert line == (
        f"{url[7:]}: failing, last read 3 days ago: 127.0.0.1 has no such page (404). "
        "Next try: 07:00 UTC."
    )


async def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    async with world() as w:
        await w.follow(w.site.put("/feed", status=429, headers={"Retry-After": "7200"}))
        await w.poller.tick()
        state = await w.state()
    assert state.next_at == MONDAY + timedelta(hours=2)
    assert "had enough requests" in str(heard(state.reason))


async def test_a_host_that_has_had_enough_is_asked_for_none_of_its_other_feeds() -> None:
    async with site() as served:
        busy = {"Retry-After": "7200"}
        urls = [served.put(f"/{n}", status=429, headers=busy) for n in range(9)]
        archive, clock = FakeArchive(), FakeClock()
        await archive.follow([Follow(CHAT, Feed(url)) for url in urls], MONDAY)
        async with fetcher() as asking:
            poller = make_poller(archive, asking, clock)
            assert (await poller.tick()).failed == 9
            await poller.close()
        assert len(served.asked) <= 2  # two at once
        waits = [state.next_at - MONDAY for state in await archive.feeds()]
    assert min(waits) > timedelta(hours=1.9)


async def test_a_feed_that_is_gone_for_good_is_looked_for_once_a_week_and_said() -> None:
    async with world() as w:
        await w.follow(w.site.put("/feed", status=410))
        await w.poller.tick()
        state = await w.state()
    assert state.next_at == MONDAY + timedelta(days=7)
    assert "(410)" in str(heard(state.reason))
    assert heard(state.reason).values["status"] == 410  # so that it is said in any language


async def test_what_feed_and_server_ask_for_is_heeded() -> None:
    often = [item(n, hours_ago=n / 10) for n in range(1, 11)]
    async with world() as w:
        slow = w.site.put("/ttl", feed(often, head="<ttl>90</ttl>"), kind="text/xml")
        fresh = w.site.put_feed("/age", often, {"Cache-Control": "public, max-age=3600"})
        await w.follow(slow, fresh)
        await w.poller.tick()
        assert [state.interval for state in await w.archive.feeds(None)] == [3600, 5400]


async def test_a_feed_that_moved_for_good_is_read_at_its_new_address() -> None:
    async with world() as w:
        old = w.site.put("/old", status=301, headers={"Location": "/new"})
        new = w.site.put_feed("/new", [item(1, text=LONG)])
        await w.follow(old)
        await w.poller.tick()
        assert [follow.feed.url for follow in await w.archive.follows(CHAT)] == [new]
        assert (await w.later()).entries == 0
        assert w.site.asked == ["/old", "/new", "/new"]


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_feed_that_is_elsewhere_for_now_keeps_its_address(status: int) -> None:
    async with world() as w:
        old = w.site.put("/old", status=status, headers={"Location": "/new"})
        w.site.put_feed("/new", [item(1, text=LONG)])
        await w.follow(old)
        assert (await w.poller.tick()).entries == 1
        assert (await w.state()).feed.url == old


async def test_a_move_for_good_to_what_is_no_feed_is_not_believed() -> None:
    async with world() as w:
        old = w.site.put("/old", status=301, headers={"Location": "/login"})
        w.site.put("/login", "<html><title>Log in</title></html>")
        await w.follow(old)
        assert (await w.poller.tick()).failed == 1
        assert (await w.state()).feed.url == old


async def test_a_page_followed_in_place_of_its_feed_is_read_by_its_feed() -> None:
    async with world() as w:
        link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
        page = w.site.put("/", f"<html><head>{link}</head><body>Hello</body></html>")
        real = w.site.put_feed("/feed", [item(1, text=LONG)])
        await w.follow(page)
        assert (await w.poller.tick()).entries == 1
        assert (await w.state()).feed.url == real


async def test_a_feed_that_turned_into_a_page_fails_in_words_and_keeps_its_address() -> None:
    async with world() as w:
        url = w.site.put_feed("/feed", [item(1, text=LONG)])
        await w.follow(url)
        await w.poller.tick()
        link = '<link rel="alternate" type="application/rss+xml" href="/other">'
        w.site.put("/feed", f"<html><head><title>Shop</title>{link}</head></html>")
        assert (await w.later()).failed == 1
        state = await w.state()
        reason = str(heard(state.reason))
        assert "web page, called “Shop”" in reason
        assert f"It offers {w.site.root}/other" in reason
        w.site.put_feed("/feed", [item(2, text=LONG)])
        assert (await w.later()).entries == 1


# No entry twice, none lost

CHANGING: dict[str, Callable[[int], str]] = {
    "a changed GUID": (lambda n: item(1, guid=f"g{n}", text=LONG)),
    "no GUID": (lambda _: item(1, guid=None, text=LONG)),
    "an edited title": (lambda n: item(1, title=f"Bridge opens, update {n}", text=LONG)),
    "an edited text": (lambda n: item(1, text=f"{LONG} {n}")),
    "an edited date": (lambda n: item(1, hours_ago=1 / (n + 1), text=LONG)),
    "a link with tracking": (lambda n: item(1, link=f"/news/1?utm_source={n}", text=LONG)),
    "no date": (lambda _: item(1, hours_ago=None, text=LONG)),
}


@pytest.mark.parametrize("name", CHANGING)
async def test_an_entry_comes_once_however_it_changes(name: str) -> None:
    async with world() as w:
        other = item(9, text=LONG)
        url = w.site.put_feed("/feed", [CHANGING[name](0), other])
        await w.follow(url)
        assert (await w.poller.tick()).entries == 2
        for number in range(1, 6):
            w.site.put_feed("/feed", [CHANGING[name](number), other])
            assert (await w.later()).entries == 0


async def test_an_entry_that_slides_back_after_months_does_not_come_again() -> None:
    async with world() as w:
        await w.follow(w.site.put_feed("/feed", [item(1, text=LONG)]))
        await w.poller.tick()
        w.site.put_feed("/feed", [item(2, text=LONG)])
        assert (await w.later(hours=24 * 90)).entries == 1
        await w.archive.prune(w.clock.now())
        w.site.put_feed("/feed", [item(2, text=LONG), item(1, text=LONG)])
        assert (await w.later()).entries == 0


async def test_entries_of_one_guid_all_come() -> None:
    async with world() as w:
        items = [item(n, guid="same", title=f"Story {n}", text=LONG) for n in range(4)]
        await w.follow(w.site.put_feed("/feed", items))
        assert (await w.poller.tick()).entries == 4
        assert (await w.later()).entries == 0
        assert len(await w.titles()) == 4


async def test_two_workers_keep_each_entry_once() -> None:
    async with world() as w, fetcher() as asking:
        await w.follow(w.site.put_feed("/feed", [item(n, text=LONG) for n in range(20)]))
        second = make_poller(w.archive, asking, w.clock)
        tallies = await asyncio.gather(w.poller.tick(), second.tick())
        await second.close()
        assert sum(tally.entries for tally in tallies) == 20
        assert len(await w.titles()) == 20


# robots.txt


async def test_a_page_that_is_not_for_programs_is_not_fetched() -> None:
    async with world() as w:
        w.site.put("/robots.txt", "User-agent: *\nDisallow: /news/", kind="text/plain")
        w.site.put_article("/news/1", "Secret")
        await w.follow(w.site.put_feed("/feed", [item(1, text=LEAD), item(2)]))
        assert await w.poller.tick() == Tally(read=1, entries=2, kept=1, put_off=1)
        assert w.site.asked == ["/feed", "/robots.txt"]
        assert await w.titles() == ["Bridge number 1 opens"]


async def test_a_page_that_leads_to_a_site_that_forbids_it_is_not_kept() -> None:
    async with world() as w, site("127.0.0.2") as other:
        other.put("/robots.txt", "User-agent: Dateline\nDisallow: /", kind="text/plain")
        target = other.put_article("/secret", "Secret")
        w.site.put("/news/1", status=302, headers={"Location": target})
        await w.follow(w.site.put_feed("/feed", [item(1)]))
        assert (await w.poller.tick()).put_off == 1


async def test_while_robots_txt_cannot_be_reached_no_page_is_fetched() -> None:
    async with world() as w:
        w.site.put("/robots.txt", status=503)
        w.site.put_article("/news/1", "Patience")
        await w.follow(w.site.put_feed("/feed", [item(1)]))
        assert (await w.poller.tick()).put_off == 1
        assert "/news/1" not in w.site.asked
        del w.site.paths["/robots.txt"]
        await w.later(hours=1)
        assert await w.titles() == ["Patience"]


# Stops, faults, the whole of it


async def test_a_stop_in_the_middle_loses_nothing_and_doubles_nothing() -> None:
    async with world(deadline=60) as w:
        quick = w.site.put_feed("/quick", [item(1, text=LONG)])
        slow = w.site.put("/slow", hangs=True)
        await w.follow(quick, slow)
        ticking = asyncio.create_task(w.poller.tick())
        async with asyncio.timeout(10):
            await w.site.hanging.wait()
        ticking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ticking
        assert await w.titles() == []
        w.site.put_feed("/slow", [item(2, text=LONG)])
        assert (await w.poller.tick()).kept == 2
        assert await w.titles() == ["Bridge number 1 opens", "Bridge number 2 opens"]
        assert (await w.later()).entries == 0


async def test_a_new_feed_is_read_while_slow_pages_keep_the_reader_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.sources.poller.LOOK_SECONDS", 0.01)
    async with world(deadline=60) as w, asyncio.timeout(30):
        await w.follow(w.site.put_feed("/feed", [item(1)]))
        w.site.put("/news/1", hangs=True)
        ticking = asyncio.create_task(w.poller.tick())
        await w.site.hanging.wait()
        w.site.hanging.clear()
        await w.follow(w.site.put("/new", hangs=True))
        await w.site.hanging.wait()
        assert w.site.asked[-1] == "/new"
        assert not ticking.done()
        ticking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ticking


async def test_what_was_read_before_a_stop_is_written_down() -> None:
    async with world(deadline=60) as w:
        quick, slow = w.site.put_feed("/quick", []), w.site.put("/slow", hangs=True)
        await w.follow(quick, slow)

        def stop(_done: int, _total: int, _state: FeedState) -> None:
            reading.cancel()

        reading = asyncio.create_task(w.poller.read_all(stop))
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert [state.read_at for state in await w.archive.feeds([quick])] == [MONDAY]


class Failing(FakeArchive):
    """An archive whose disk is full for one feed."""

    async def record(
        self, state: FeedState, entries: Sequence[KeyedEntry], at: datetime
    ) -> Sequence[Arrival]:
        if state.feed.url.endswith("/full"):
            raise StoreError("The disk is full.")
        return await super().record(state, entries, at)


async def test_when_the_archive_fails_the_other_feeds_are_read_and_then_it_is_said() -> None:
    async with world(archive=Failing()) as w:
        await w.follow(w.site.put_feed("/full", []), w.site.put_feed("/good", []))
        with pytest.raises(StoreError, match="disk is full"):
            await w.poller.tick()
        read = {state.feed.url[-5:]: state.read_at for state in await w.archive.feeds()}
    assert read == {"/full": None, "/good": MONDAY}


async def test_a_tick_while_one_runs_does_nothing() -> None:
    async with world(deadline=60) as w:
        await w.follow(w.site.put("/slow", hangs=True))
        first = asyncio.create_task(w.poller.tick())
        async with asyncio.timeout(10):
            await w.site.hanging.wait()
        assert await w.poller.tick() == Tally()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_all_feeds_are_read_at_once_with_word_of_each() -> None:
    async with world() as w:
        urls = [w.site.put_feed(f"/{n}", [item(n, text=LONG)]) for n in range(5)]
        await w.follow(*urls)
        await w.poller.tick()
        told: list[tuple[int, int, str]] = []
        tally = await w.poller.read_all(
            lambda done, total, state: told.append((done, total, state.feed.url))
        )
        assert tally == Tally(read=5)
    assert [one[:2] for one in told] == [(n, 5) for n in range(1, 6)]
    assert {one[2] for one in told} == set(urls)


async def test_only_so_much_is_done_in_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.poller.FEEDS_A_TICK", 2)
    monkeypatch.setattr("bot.sources.poller.ARRIVALS_A_TICK", 3)
    async with world() as w:
        items = [item(n, text=LONG) for n in range(5)]
        await w.follow(*[w.site.put_feed(f"/{n}", items) for n in range(3)])
        assert await w.poller.tick() == Tally(read=2, entries=10, kept=3)
        assert await w.poller.tick() == Tally(read=1, entries=5, kept=3)


def test_tallies_add_up() -> None:
    assert Tally(1, 2, 3, 4, 5, 6) + Tally(read=1) == replace(Tally(1, 2, 3, 4, 5, 6), read=2)
