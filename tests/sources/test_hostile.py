"""What feeds and their servers do to a reader, through the poller: 2 seconds, 100 MB, and no other
feed pays. INDEX names where each kind of harm is tested, here or beside what it hits."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import importlib
import inspect
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.core.archive import FeedState, Follow
from bot.core.news import Feed
from bot.core.said import heard
from bot.sources.fetch import Fetcher
from bot.sources.poller import Tally
from bot.sources.turns import Turns
from tests.fake_archive import FakeArchive
from tests.fakes import CHAT, FakeClock
from tests.sources import hanging
from tests.sources.sites import LOOPBACK, item, site
from tests.sources.test_feeds import HARMFUL
from tests.sources.test_fetch import zipped
from tests.sources.test_poller import LONG, make_poller

INDEX = {
    "billion laughs": "test_feeds.test_what_means_harm_costs_little",
    "quadratic entities": "test_feeds.test_what_means_harm_costs_little",
    "external entity": "test_feeds.test_no_entity_is_ever_expanded_or_fetched",
    "200,000 attributes": "test_feeds.test_what_means_harm_costs_little",
    "200,000 nested elements": "test_feeds.test_what_means_harm_costs_little",
    "200,000 items": "test_feeds.test_what_means_harm_costs_little",
    "20 MB title": "test_feeds.test_what_means_harm_costs_little",
    "deep JSON": "test_feeds.test_what_means_harm_costs_little",
    "any of these, served": "test_hostile.test_a_harmful_feed_costs_little_and_only_itself",
    "gzip bomb": "test_hostile.test_a_bomb_is_refused_before_it_fills_the_memory",
    "brotli bomb": "test_hostile.test_a_bomb_is_refused_before_it_fills_the_memory",
    "zstd bomb": "test_hostile.test_a_bomb_is_refused_before_it_fills_the_memory",
    "bomb in a bomb": "test_fetch.test_a_bomb_in_a_bomb_is_never_unpacked_twice",
    "endless body": "test_hostile.test_an_endless_body_is_refused_at_the_cap",
    "one byte every half second": "test_hostile.test_who_drips_runs_into_the_deadline",
    "drip headers": "test_hostile.test_who_drips_runs_into_the_deadline",
    "header flood": "test_hostile.test_a_flood_of_headers_is_refused",
    "redirect loop": "test_fetch.test_a_redirect_loop_ends",
    "redirect to a private address": (
        "test_fetch.test_a_redirect_to_a_private_address_is_refused_at_the_second_hop"
    ),
    "DNS name to a private address": (
        "test_fetch.test_a_name_that_leads_to_a_private_address_is_not_connected_to"
    ),
    "DNS rebinding": (
        "test_fetch.test_a_name_that_changes_its_address_between_two_questions_is_judged_anew"
    ),
    "decimal, octal, hex, mapped, NAT64, 6to4": (
        "test_fetch.test_this_machine_is_not_read_however_its_address_is_written"
    ),
    "file://": "test_fetch.test_what_is_no_link_to_a_page_is_refused_with_an_example",
    "file:// behind a redirect": "test_fetch.test_a_redirect_to_what_is_no_page_is_refused",
    "wrong declared charset": "test_feeds.test_the_declared_charset_is_not_believed_over_the_bytes",
    "invalid UTF-8": "test_feeds.test_invalid_utf_8_costs_only_itself",
    "NUL and control characters": "test_feeds.test_nul_and_control_characters_go",
    "bare & and HTML entities": "test_feeds.test_a_bare_ampersand_and_names_of_html_are_read",
    "HTML in titles, twice encoded": "test_feeds.test_a_title_is_plain_text_on_one_line",
    "scripts in bodies": "test_feeds.test_what_could_run_is_taken_out_of_a_body",
    "right-to-left override, zero width": "test_feeds.test_a_title_is_plain_text_on_one_line",
    "no date": "test_feeds.test_an_item_without_a_date_has_none",
    "unparseable date": "test_feeds.test_what_is_no_date_is_none",
    "future date": "test_feeds.test_a_date_in_the_future_is_none_where_now_is_known",
    "duplicate GUID": "test_poller.test_entries_of_one_guid_all_come",
    "changing GUID, text, title": "test_poller.test_an_entry_comes_once_however_it_changes",
    "relative links": "test_feeds.test_relative_links_are_made_absolute",
    "feed turned into HTML": (
        "test_poller.test_a_feed_that_turned_into_a_page_fails_in_words_and_keeps_its_address"
    ),
    "200 with an error page": "test_poller.test_one_broken_feed_never_costs_the_others",
    "empty 200": "test_poller.test_one_broken_feed_never_costs_the_others",
    "429 with Retry-After": "test_poller.test_a_server_that_asks_for_a_pause_gets_it",
    "cyclic OPML": "test_opml.test_lists_that_include_each_other_are_read_once",
    "a parser that never returns": (
        "test_hostile.test_a_parser_that_never_returns_is_killed_and_costs_only_its_feed"
    ),
    "hostile robots.txt": "test_robots.test_rules_that_are_none_or_mean_harm_cost_little",
}


@pytest.mark.parametrize("harm", INDEX)
def test_each_kind_of_harm_has_its_test(harm: str) -> None:
    module, _, name = INDEX[harm].partition(".")
    assert inspect.isfunction(getattr(importlib.import_module(f"tests.sources.{module}"), name))


# ---------------------------------------------------------------- limits

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
SECONDS, MEGABYTES = 2, 100
BUSY = 2
"""The same work takes up to twice the processor's time where other tests use its caches."""


def _memory(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+)", _STATUS.read_text())
    assert found is not None
    return int(found[1]) / 1000


def _processor() -> float:
    return sum(os.times()[:4])


def said(state: FeedState) -> str:
    """Say why a feed could not be read."""
    return str(heard(state.reason))


@contextmanager
def costs_little() -> Iterator[None]:
    """Fail unless what is done inside takes less than 2 s of a quiet processor, and 100 MB."""
    if not _CLEAR.exists():
        pytest.skip(f"there is no {_CLEAR}")
    _CLEAR.write_text("5")  # the peak of memory is now what it is (proc(5))
    gc.collect()
    gc.freeze()  # to look through what other tests left is no cost of this feed
    before, start = _memory("VmRSS"), _processor()
    try:
        yield
    finally:
        gc.unfreeze()
    assert _processor() - start < SECONDS * BUSY
    assert _memory("VmHWM") - before < MEGABYTES


# ---------------------------------------------------------------- harm in the feed itself


async def tick(*urls: str, deadline: float = 20) -> tuple[Tally, dict[str, FeedState]]:
    """Poll some feeds once; return what came of it, and how each stands."""
    archive, clock = FakeArchive(), FakeClock()
    await archive.follow([Follow(CHAT, Feed(url)) for url in urls], clock.now())
    async with Fetcher(LOOPBACK, deadline=deadline, turns=Turns(gap=0)) as fetcher:
        poller = make_poller(archive, fetcher, clock)
        try:
            tally = await poller.read_feeds()
        finally:
            await poller.close()
    return tally, {state.feed.url: state for state in await archive.feeds()}


@pytest.mark.parametrize("name", HARMFUL)
async def test_a_harmful_feed_costs_little_and_only_itself(name: str) -> None:
    async with site() as served:
        good = served.put_feed("/good", [item(1, text=LONG)])
        bad = served.put("/bad", HARMFUL[name], kind="application/rss+xml")
        with costs_little():
            _, states = await tick(good, bad)
    assert (states[good].failures, states[good].entries) == (0, 1)
    assert states[bad].tried_at is not None


async def test_a_parser_that_never_returns_is_killed_and_costs_only_its_feed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.sources.poller.read_feed", hanging.read_feed)
    async with site() as served, asyncio.timeout(60):
        good = [served.put_feed(f"/{number}", [item(number)]) for number in range(20)]
        bad = served.put("/bad", "<rss>HANG</rss>", kind="application/rss+xml")
        tally, states = await tick(bad, *good)
    assert tally == Tally(read=20, failed=1, entries=20)
    assert said(states[bad]).startswith("It takes too long to read")


# ---------------------------------------------------------------- harm in the answer

ZEROS = 150_000_000
# What brotli makes of so many zeros; no library is needed to tell it.
BROTLI_BOMB = base64.b85decode(
    "&;S2_03-n7u|RU~|M~y_4}b(f92S7?{XhTz{{fHyh{FQVz5nO`|33f{0C89Vy7&M5|NjR-0w4|xK==Ni|Ns90NC3oP0"
    "qEZU^Z)-J011FNECAj6fBygf10VqqhXtT}|DS)+@BkzL;;;a8lHma"
)
# RFC 8878: a frame without a size, a window of 2 MB, and 128 KiB of zeros in each block of 4 bytes.
ZSTD_BOMB = bytes.fromhex("28b52ffd0058") + bytes.fromhex("02001000") * (ZEROS >> 17) + b"\3\0\0\0"
BOMBS = {
    "gzip": zipped("gzip", ZEROS),
    "deflate": zipped("deflate", ZEROS),
    "br": BROTLI_BOMB,
    "zstd": ZSTD_BOMB,
    "identity": bytes(12_000_000),
}


@pytest.mark.parametrize("encoding", BOMBS)
async def test_a_bomb_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    """With or without the libraries that unpack brotli and zstd, which are offered to nobody."""
    async with site() as served:
        url = served.put("/bomb", BOMBS[encoding], headers={"Content-Encoding": encoding})
        with costs_little():
            tally, states = await tick(url)
    assert tally == Tally(failed=1)
    assert "larger than 10 MB" in said(states[url]) or "web server should" in said(states[url])
    assert served.headers[0]["Accept-Encoding"] == "gzip, deflate"


@asynccontextmanager
async def streaming(*pieces: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """Send the first piece to who asks, then the others in turn for ever, with a pause before."""

    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            await reader.read(65536)
            writer.write(pieces[0])
            while len(pieces) > 1:
                for piece in pieces[1:]:
                    await asyncio.sleep(pause)
                    writer.write(piece)
                    await writer.drain()
            await writer.drain()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/drip"
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


async def test_an_endless_body_is_refused_at_the_cap() -> None:
    async with streaming(OK + b"\r\n<rss>", b"<item/>" * 10_000) as url:
        with costs_little():
            _, states = await tick(url)
    assert "larger than 10 MB" in said(states[url])


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"\r\n<rss>", b"x"),  # the body drips
        (OK, b"X-Drip: 1\r\n"),  # the headers drip
        (b"HTTP/1.1 200", b" "),  # the first line drips
        (b"HTTP/1.1 302 Found\r\nLocation: /", b"x"),  # the address of the redirect drips
    ],
    ids=["body", "headers", "status", "redirect"],
)
async def test_who_drips_runs_into_the_deadline(pieces: tuple[bytes, ...]) -> None:
    async with streaming(*pieces, pause=0.02) as url, asyncio.timeout(10):
        with costs_little():
            _, states = await tick(url, deadline=0.3)
    assert "did not answer within 0.3 s." in said(states[url])


@pytest.mark.parametrize(
    "flood",
    [
        b"X-Flood: " + b"x" * 5_000_000,
        b"X-Flood: x\r\n" * 400_000,
        b"Set-Cookie: a=b\r\n" * 100_000,
    ],
    ids=["one long", "many", "cookies"],
)
async def test_a_flood_of_headers_is_refused(flood: bytes) -> None:
    async with streaming(OK + flood + b"\r\n\r\n<rss/>") as url:
        with costs_little():
            _, states = await tick(url)
    assert "did not answer as a web server should" in said(states[url])


async def test_many_feeds_that_never_answer_cost_only_the_deadline() -> None:
    async with streaming(b"", b"", pause=1) as root, site() as served:
        good = served.put_feed("/good", [item(1, text=LONG)])
        silent = [f"{root}/{number}" for number in range(40)]
        async with asyncio.timeout(20):
            tally, states = await tick(*silent, good, deadline=0.05)
    assert tally == Tally(read=1, failed=40, entries=1)
    assert states[good].failures == 0
