"""Five thousand feeds on loopback, 90 % of them unchanged: the whole poller against aiohttp alone.

A child process serves the feeds, each under a host of its own. Both sides ask with what they know
(ETag), at most a hundred at once, in turns in the same run; the best of some rounds counts. The
reach is twice aiohttp's time.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.core.archive import Archive, Follow
from bot.core.news import Feed
from bot.sources.fetch import Fetcher, Page
from bot.sources.poller import Poller, Tally
from bot.sources.turns import Turns
from summaries.article import Article
from tests.fake_archive import FakeArchive
from tests.fakes import CHAT, FakeClock
from tests.sources.sites import LEAD, feed, item

FEEDS = 5_000
CHANGED = 10
"""One feed of so many has changed at each round."""
ROUNDS = 3
ITEMS = 5
"""Entries of each feed."""
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
TEXT = " ".join([LEAD] * 10)


# ---------------------------------------------------------------- the server, a child process


class _Server(asyncio.Protocol):
    """Answers GET /N: every CHANGED-th feed has one entry more than the ETag says, others none."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        number = int(request.split(b" ", 2)[1].lstrip(b"/"))
        known = request.partition(b'If-None-Match: "')[2].partition(b'"')[0]
        if known and number % CHANGED:
            self._transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "%s"\r\n\r\n' % known)
        else:
            version = int(known) + 1 if known else 0
            body = self._bodies[version % len(self._bodies)]
            head = b'HTTP/1.1 200 OK\r\nETag: "%d"\r\nContent-Type: text/xml\r\n' % version
            self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if b"onnection: close" in request:
            self._transport.close()


async def _serve() -> None:
    items = [item(number, text=TEXT, hours_ago=None) for number in range(ITEMS + ROUNDS + 2)]
    bodies = [feed(items[v : v + ITEMS][::-1]).encode() for v in range(ROUNDS + 2)]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(bodies), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)  # until the parent lets go


@asynccontextmanager
async def serving() -> AsyncIterator[list[str]]:
    """Serve the feeds from a child process; yields their addresses, a host for each."""
    child = subprocess.Popen(  # noqa: ASYNC220 - it takes a moment, once
        [sys.executable, "-m", "tests.benchmarks.bench_polling", "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        port = int(await asyncio.to_thread(child.stdout.readline))
        yield [f"http://feed-{number}.example:{port}/{number}" for number in range(FEEDS)]
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


class Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


# ---------------------------------------------------------------- the two sides


@dataclass(frozen=True)
class Timed:
    """Seconds on the clock and of this process's processor."""

    wall: float
    processor: float


@asynccontextmanager
async def timed(into: list[Timed]) -> AsyncIterator[None]:
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    yield
    into.append(Timed(time.perf_counter() - wall, time.process_time() - processor))


async def aiohttp_alone(urls: list[str]) -> None:
    """Ask all, a hundred at once, and take the answers in."""
    connector = aiohttp.TCPConnector(limit=0, resolver=Loopback(), force_close=True)
    turns = asyncio.Semaphore(100)  # its own limit takes longer the more wait
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(url: str) -> None:
            async with turns, session.get(url, headers={"If-None-Match": '"0"'}) as response:
                await response.read()

        await asyncio.gather(*map(ask, urls))


async def poll(poller: Poller) -> Tally:
    """Read feeds until none is due."""
    tally = Tally()
    while (more := await poller.read_feeds()) != Tally():
        tally += more
    return tally


async def _no_page(_: Page) -> Article:
    raise AssertionError("every entry of this bench is whole")


class _Nowhere:
    """No places: finding them is another bench's."""

    def find(self, text: str, language: str = "", *, usual: object = None) -> tuple[()]:
        return ()

    def within(self, _place: object) -> tuple[()]:
        return ()


async def compare(name: str, archive: Archive, urls: list[str]) -> None:
    """Poll into an archive and ask with aiohttp alone, in turns, and print both."""
    clock = FakeClock()
    await archive.follow([Follow(CHAT, Feed(url)) for url in urls], clock.now())
    ours: list[Timed] = []
    theirs: list[Timed] = []
    turns = Turns(gap=0)
    async with Fetcher(LOOPBACK, resolver=Loopback(), turns=turns) as fetcher:
        poller = Poller(archive, fetcher, _no_page, _Nowhere(), clock, chance=lambda: 0.0)
        start = time.perf_counter()
        first = await poll(poller)
        print(f"{name}: first reading, {first.entries:,} entries: {_since(start):.1f} s")
        for _ in range(ROUNDS):
            clock.advance(days=2)
            async with timed(theirs):
                await aiohttp_alone(urls)
            async with timed(ours):
                tally = await poll(poller)
            assert tally.read == FEEDS, tally
            assert tally.unchanged == FEEDS * (CHANGED - 1) // CHANGED, tally
            assert tally.entries == FEEDS // CHANGED, tally
        await poller.close()
    _print(name, ours, theirs)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _print(name: str, ours: list[Timed], theirs: list[Timed]) -> None:
    for what in ("wall", "processor"):
        mine, alone = (min(getattr(one, what) for one in side) for side in (ours, theirs))
        print(
            f"{name}: {what} {mine:.2f} s for {FEEDS:,} feeds, aiohttp alone {alone:.2f} s, "
            f"ratio {mine / alone:.2f}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{name}: peak memory of the process {peak:.0f} MB")


async def main() -> None:
    """Compare with the archive in memory, and with the one on disk."""
    async with serving() as urls:
        await compare("archive in memory", FakeArchive(), urls)
        with tempfile.TemporaryDirectory() as folder:
            await _compare_on_disk(Path(folder) / "archive.db", urls)


async def _compare_on_disk(path: Path, urls: list[str]) -> None:
    from bot.store.archive import DatabaseArchive  # noqa: PLC0415 - beside what needs it
    from bot.store.engine import open_database  # noqa: PLC0415

    database = await open_database(f"sqlite:///{path}")
    try:
        await compare("archive on disk", DatabaseArchive(database), urls)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(_serve() if "--serve" in sys.argv else main())
