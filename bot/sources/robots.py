"""What a site lets programs read, by its robots.txt. Knows no article.

Source: RFC 9309. A site without one (4xx) lets everything be read; one whose robots.txt cannot be
reached lets nothing be read until it can.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from bot.core.errors import RequestError, SourceError
from bot.core.ports import Clock
from bot.core.said import said, said_by
from bot.core.words import N_
from bot.sources.charset import decode
from bot.sources.fetch import Fetcher, FetchError, Response

AGENT = "Dateline"
"""What sites call us in their robots.txt."""
LARGEST = 1_000_000
"""Bytes of a robots.txt: twice what every reader must take (RFC 9309, 2.5)."""
KEPT = timedelta(days=1)
KEPT_UNREACHED = timedelta(minutes=30)
"""How long an answer, and how long the lack of one, is believed (RFC 9309, 2.4)."""
MAX_SITES = 5_000
_HASTE = 429


class Forbidden(SourceError):  # noqa: N818 - it says what the page is
    """A site's robots.txt says that a page is not for programs."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one site said. Without `parser` everything may be read, unless there is an `error`."""

    until: datetime
    parser: Protego | None = None
    error: FetchError | None = None


class Robots:
    """Asks each site's robots.txt once a day."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._sites: dict[str, asyncio.Task[_Rules]] = {}

    async def check(self, url: str) -> None:
        """Return when a page may be read.

        Raises Forbidden when it may not, FetchError when that cannot be known now.
        """
        site = site_of(url)
        rules = await self._rules(site)
        if rules.error is not None:
            raise FetchError(
                said(
                    N_("What may be read there is not known: its robots.txt is missing. {reason}"),
                    reason=said_by(rules.error),
                ),
                rules.error.status,
                rules.error.retry_after,
            ) from rules.error
        if rules.parser is not None and not rules.parser.can_fetch(url, AGENT):
            raise Forbidden(
                said(
                    N_("{host} asks programs not to read that page."),
                    host=urlsplit(url).hostname or site,
                )
            )

    async def _rules(self, site: str) -> _Rules:
        """Return a site's rules, asking it once however many want to know."""
        asked = self._sites.get(site)
        if asked is None or _is_stale(asked, self._clock.now()):
            self._forget()
            asked = self._sites[site] = asyncio.create_task(self._ask(site))
        return await asyncio.shield(asked)

    def _forget(self) -> None:
        """Keep no more sites than can be wanted again; those in question stay."""
        if len(self._sites) >= MAX_SITES:
            self._sites = {site: task for site, task in self._sites.items() if not task.done()}

    async def _ask(self, site: str) -> _Rules:
        try:
            answer = await self._fetcher.ask(f"{site}/robots.txt", largest=LARGEST, cut=True)
        except FetchError as error:
            return _refused(error, self._clock.now())
        except (SourceError, RequestError):  # no host that could have rules
            return _Rules(self._clock.now() + KEPT)
        parser = await asyncio.to_thread(_parse, answer)
        return _Rules(self._clock.now() + KEPT, parser)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._sites.values():
            task.cancel()
        await asyncio.gather(*self._sites.values(), return_exceptions=True)
        self._sites.clear()


def _is_stale(asked: asyncio.Task[_Rules], now: datetime) -> bool:
    if not asked.done():
        return False
    return asked.cancelled() or asked.exception() is not None or asked.result().until <= now


def _refused(error: FetchError, now: datetime) -> _Rules:
    """Judge a robots.txt that was not given: 4xx means that there are no rules, but 429 that the
    site is busy (as Google reads it), and anything else that it cannot be reached."""
    if 400 <= error.status < 500 and error.status != _HASTE:
        return _Rules(now + KEPT)
    return _Rules(now + KEPT_UNREACHED, error=error)


def _parse(answer: Response) -> Protego:
    return Protego.parse(decode(answer.body, answer.charset))


def site_of(url: str) -> str:
    """Return the scheme, host and port of a link: each has rules of its own."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
