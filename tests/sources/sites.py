"""Web sites on loopback that a test writes: what stands at each path, and who asked for it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

from bot.sources.fetch import Fetcher
from bot.sources.turns import Turns
from tests.fakes import MONDAY

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
LEAD = "The mayor of Mosul met the ministers on Monday and spoke of the new bridge over the river."


@dataclass(frozen=True)
class Served:
    """What stands at a path."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


@dataclass
class Site:
    """A site: `paths` says what stands where, `asked` which paths were asked for.

    `hanging` is set when somebody waits at a path that hangs.
    """

    root: str = ""
    paths: dict[str, Served] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    def put(
        self,
        path: str,
        body: str | bytes = "",
        *,
        status: int = 200,
        kind: str = "text/html",
        hangs: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Put something at a path; return its address."""
        self.paths[path] = Served(body, status, {"Content-Type": kind, **(headers or {})}, hangs)
        return self.root + path

    def put_feed(
        self, path: str, items: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> str:
        """Put an RSS feed at a path."""
        document = feed(items, self.root)
        return self.put(path, document, kind="application/rss+xml", headers=headers)

    def put_article(self, path: str, title: str, text: str = LEAD) -> str:
        """Put a page with an article at a path."""
        return self.put(path, f"<html><title>{title}</title><p>{text}</p></html>")

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request; an ETag that the asker knows is answered with 304."""
        self.asked.append(request.path)
        self.headers.append(dict(request.headers))
        served = self.paths.get(request.path, Served("<h1>Not found</h1>", 404))
        if served.hangs:
            self.hanging.set()
            await asyncio.Event().wait()
        etag = served.headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        body = served.body.encode() if isinstance(served.body, str) else served.body
        return web.Response(body=body, status=served.status, headers=served.headers)


def feed(items: Sequence[str], link: str = "", title: str = "The News", head: str = "") -> str:
    """Return an RSS document."""
    channel = f"<title>{title}</title><link>{link}/</link>{head}{''.join(items)}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}</channel></rss>'


def item(
    number: int,
    *,
    link: str = "",
    guid: str | None = "",
    title: str = "",
    text: str = "",
    hours_ago: float | None = 1,
) -> str:
    """Return an item of an RSS feed; `guid` None leaves it out."""
    dated = "" if hours_ago is None else f"<pubDate>{_ago(hours_ago)}</pubDate>"
    named = "" if guid is None else f"<guid isPermaLink='false'>{guid or f'id-{number}'}</guid>"
    return (
        f"<item><title>{title or f'Bridge number {number} opens'}</title>"
        f"<link>{link or f'/news/{number}'}</link>{named}{dated}"
        f"<description>{escape(text)}</description></item>"
    )


def _ago(hours: float) -> str:
    return format_datetime(MONDAY - timedelta(hours=hours))


@asynccontextmanager
async def site(host: str = "127.0.0.1") -> AsyncIterator[Site]:
    """Serve a site of its own."""
    made = Site()
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    made.root = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def fetcher(*, deadline: float = 5.0) -> Fetcher:
    """Return a fetcher that may read loopback and waits for no gap."""
    return Fetcher(LOOPBACK, deadline=deadline, turns=Turns(gap=0))
