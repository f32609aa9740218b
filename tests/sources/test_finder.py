"""Finding the feeds behind a link, and reading lists, against servers on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.core.errors import DatelineError, RequestError, SettingsError, SourceError
from bot.core.news import Feed, ListedFeed
from bot.settings import ROOT
from bot.sources.discover import FoundFeed
from bot.sources.fetch import Fetcher
from bot.sources.finder import FetchingFinder, likeliest, read_defaults
from bot.sources.opml import write_opml

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Example News</title>
<link>https://news.example/</link><item><title>One</title></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>The blog</title><entry><title>One</title></entry></feed>"""


@asynccontextmanager
async def site(pages: Mapping[str, str], moved: Mapping[str, str] = {}) -> AsyncIterator[str]:
    """Serve pages by their paths, and send readers on for good from others; yields the root."""

    async def handle(request: web.BaseRequest) -> web.Response:
        if request.path in moved:
            raise web.HTTPMovedPermanently(moved[request.path])
        if request.path not in pages:
            return web.Response(status=404, text="nothing here")
        text = pages[request.path]
        kind = "text/html" if "<html" in text or "<p>" in text else "application/xml"
        return web.Response(text=text, content_type=kind)

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def finder(deadline: float = 10) -> FetchingFinder:
    return FetchingFinder(Fetcher(LOOPBACK), deadline=deadline)


def page(*links: str, body: str = "") -> str:
    return f"<html><head>{''.join(links)}</head><body>{body}</body></html>"


def declared(href: str, title: str = "", kind: str = "rss") -> str:
    return f'<link rel="alternate" type="application/{kind}+xml" title="{title}" href="{href}">'


async def test_a_feed_is_itself_with_its_own_title_and_site() -> None:
    async with site({"/feed": RSS}) as root:
        assert await finder().find(f"{root}/feed#top") == (
            Feed(f"{root}/feed", "Example News", "https://news.example/"),
        )


@pytest.mark.parametrize(
    "body",
    [
        "<rss version='2.0'><channel><title>Empty</title></channel></rss>",
        "<rss version='2.0'><channel><title>Cut</title><item><title>",
        "<rss version='2.0'><channel><item><pubDate>Mon, 2 Mar 2026</pubDate></item>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry></feed>",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Empty", "items": []}',
    ],
)
async def test_a_feed_with_nothing_to_read_in_it_is_not_followed(body: str) -> None:
    async with site({"/feed": body}) as root:
        with pytest.raises(RequestError, match="There is nothing to read in that feed") as refused:
            await finder().find(f"{root}/feed")
    assert refused.value.hint


async def test_a_feed_that_moved_for_good_is_known_by_its_new_address() -> None:
    async with site({"/new": RSS}, moved={"/old": "/new"}) as root:
        [feed] = await finder().find(f"{root}/old")
    assert feed.url == f"{root}/new"


async def test_a_sites_only_feed_is_found_and_read() -> None:
    async with site({"/": page(declared("/feed", "RSS")), "/feed": RSS}) as root:
        [feed] = await finder().find(root)
    assert (feed.url, feed.title) == (f"{root}/feed", "Example News")


async def test_a_site_with_several_feeds_offers_them() -> None:
    html = page(declared("/world.xml", "World"), declared("/sport.xml", "Sport"))
    async with site({"/": html}) as root:
        feeds = await finder().find(f"{root}/")
    assert feeds == (
        Feed(f"{root}/world.xml", "World", f"{root}/"),
        Feed(f"{root}/sport.xml", "Sport", f"{root}/"),
    )


@pytest.mark.parametrize("place", ["/feed", "/rss.xml", "/index.xml"])
async def test_a_page_that_names_no_feed_is_tried_at_the_usual_places(place: str) -> None:
    async with site({"/": page(), place: ATOM}) as root:
        [feed] = await finder().find(root)
    assert (feed.url, feed.title) == (f"{root}{place}", "The blog")


async def test_a_page_of_feeds_that_a_site_links_to_is_looked_into() -> None:
    feeds_page = page(body='<p><a href="/world.rss">World</a> <a href="/sport.rss">Sport</a></p>')
    pages = {"/": page(body='<a href="/rss">Our feeds</a>'), "/rss": feeds_page}
    async with site(pages) as root:
        feeds = await finder().find(root)
    assert [feed.url for feed in feeds] == [f"{root}/world.rss", f"{root}/sport.rss"]


async def test_a_declared_feed_that_is_broken_gives_way_to_one_that_works() -> None:
    async with site({"/": page(declared("/gone")), "/feed.xml": RSS}) as root:
        [feed] = await finder().find(root)
    assert feed.url == f"{root}/feed.xml"


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({"/": page()}, "127.0.0.1 offers no feed that I can find."),
        ({"/": page(declared("/gone"))}, "The feed that the page names cannot be read"),
        ({"/": "<?xml version='1.0'?><data/>"}, "XML, but not a feed"),
        ({"/": "<opml version='2.0'><body/></opml>"}, "That is a list of feeds (OPML)"),
        ({}, "127.0.0.1 has no such page (404)."),
    ],
)
async def test_what_is_no_feed_is_refused_in_words(pages: dict[str, str], said: str) -> None:
    async with site(pages) as root:
        with pytest.raises(DatelineError) as refused:
            await finder().find(f"{root}/")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:9/feed", "http://[::1]/", "http://169.254.169.254/latest"]
)
async def test_a_private_address_is_refused(link: str) -> None:
    with pytest.raises(SourceError, match="not on the public internet"):
        await FetchingFinder(Fetcher()).find(link)


async def test_a_page_that_points_to_a_private_address_does_not_get_there() -> None:
    html = page(declared("http://10.0.0.1/feed"))
    async with site({"/": html}) as root:
        with pytest.raises(SourceError, match=r"10\.0\.0\.1 is not on the public internet"):
            await finder().find(root)


@pytest.mark.parametrize("link", ["file:///etc/passwd", "ftp://example.org", "https://"])
async def test_a_link_that_is_none_is_refused(link: str) -> None:
    with pytest.raises(RequestError):
        await finder().find(link)


async def test_a_site_that_keeps_one_waiting_is_left_after_the_deadline() -> None:
    closing = asyncio.Event()

    async def hang(_: web.BaseRequest) -> web.Response:
        await closing.wait()
        return web.Response()

    runner = web.ServerRunner(web.Server(hang), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        link = f"http://127.0.0.1:{runner.addresses[0][1]}"
        with pytest.raises(SourceError, match=r"within 0\.2 s"):
            async with asyncio.timeout(5):
                await finder(deadline=0.2).find(link)
    finally:
        closing.set()
        await runner.cleanup()


# --- which of a page's feeds


def found(url: str, title: str = "", *, is_declared: bool = True) -> FoundFeed:
    return FoundFeed(f"https://news.example{url}", title, is_declared)


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ([found("/feed", "News"), found("/comments/feed", "News » Comments")], ["/feed"]),
        ([found("/comments/feed", "Comments")], ["/comments/feed"]),
        ([found("/feed", "News » RSS Feed"), found("/atom", "News » Atom Feed")], ["/feed"]),
        (
            [
                found("/feeds/posts/default", "Blog - Atom"),
                found("/feeds/posts/default?alt=rss", "Blog - RSS"),
            ],
            ["/feeds/posts/default"],
        ),
        ([found("/rss", "RSS 2.0"), found("/rss.atom", "Atom 1.0")], ["/rss"]),
        ([found("/feed"), found("/old.rss", is_declared=False)], ["/feed"]),
        ([found("/world.rss", "News"), found("/sport.rss", "News")], ["/world.rss", "/sport.rss"]),
        ([found("/rss?cat=1", "News"), found("/rss?cat=2", "News")], ["/rss?cat=1", "/rss?cat=2"]),
        (
            [found("/a.rss", is_declared=False), found("/b.rss", is_declared=False)],
            ["/a.rss", "/b.rss"],
        ),
        ([], []),
    ],
)
def test_comments_mere_links_and_second_formats_are_no_choice(
    offered: list[FoundFeed], expected: list[str]
) -> None:
    urls = [feed.url.removeprefix("https://news.example") for feed in likeliest(offered)]
    assert urls == expected


# --- lists


def outline(kind: str, url: str) -> str:
    address = "xmlUrl" if kind == "rss" else "url"
    return f'<outline type="{kind}" text="x" {address}="{url}"/>'


def list_of(*outlines: str) -> str:
    return f"<opml version='2.0'><body>{''.join(outlines)}</body></opml>"


async def test_lists_that_include_each_other_are_read_once_each() -> None:
    first = list_of(outline("rss", "https://a.example/1"), outline("include", "/second.opml"))
    second = list_of(outline("rss", "https://a.example/2"), outline("include", "/first.opml"))
    async with site({"/first.opml": first, "/second.opml": second}) as root:
        body = list_of(outline("include", f"{root}/first.opml")).encode()
        read = await finder().read_list(body)
    assert [one.feed.url for one in read.feeds] == ["https://a.example/1", "https://a.example/2"]
    assert read.failures == ()


async def test_an_included_list_that_cannot_be_read_is_said() -> None:
    body = list_of(
        outline("rss", "https://a.example/1"),
        outline("include", "http://10.0.0.1/list.opml"),
    )
    read = await finder().read_list(body.encode())
    assert [one.feed.url for one in read.feeds] == ["https://a.example/1"]
    [failure] = read.failures
    assert "http://10.0.0.1/list.opml" in failure
    assert "not on the public internet" in failure


async def test_five_thousand_feeds_are_read_in_seconds() -> None:
    many = [
        ListedFeed(Feed(f"https://{n}.example/feed", f"Feed {n}"), (f"Topic {n % 50}", "More"))
        for n in range(5_000)
    ]
    begun = time.perf_counter()
    read = await finder().read_list(write_opml(many))
    assert len(read.feeds) == 5_000
    assert time.perf_counter() - begun < 5


# --- the operator's feeds


def test_the_operators_list_that_comes_with_the_bot_is_valid_and_empty() -> None:
    assert read_defaults(ROOT / "config" / "feeds.opml") == ()


def test_the_operators_feeds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    feed = Feed("https://a.example/1", "One", "https://a.example/")
    path.write_bytes(write_opml([ListedFeed(feed, ("News",))]))
    assert read_defaults(path) == (feed,)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"feeds: none", "not an OPML file"),
        (list_of(outline("include", "https://a.example/l.opml")).encode(), "includes another"),
    ],
)
def test_a_bad_list_of_the_operator_is_a_setting_to_mend(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "feeds.opml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read_defaults(path)
    assert said in str(refused.value)
    assert "feeds.opml" in str(refused.value)
