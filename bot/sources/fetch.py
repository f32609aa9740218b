"""HTTP for reading pages and feeds: one deadline, capped bodies, never a private address.

Knows no article and no feed. The guard (`guard.py`) sees every address before it is connected to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from types import TracebackType

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.core.errors import RequestError, SourceError
from bot.core.said import Said, said
from bot.core.words import N_, _
from bot.sources.charset import decode
from bot.sources.freshness import fresh_for, retry_after
from bot.sources.guard import Guard, Network, is_readable, was_refused
from bot.sources.turns import Turns

__all__ = [
    "MAX_BYTES", "FetchError", "Fetcher", "Page", "Response", "decode", "is_readable", "not_a_page",
]  # fmt: skip

MAX_BYTES = 5_000_000
"""The largest body read, after decompression."""
DEADLINE = 20.0
"""Seconds for everything: resolve, connect, redirects, body."""
MAX_REDIRECTS = 5

_AGENT = "Dateline (self-hosted news-briefing bot)"
PAUSE = 60.0
LONGEST_PAUSE = 86_400.0
"""Seconds that a whole host is left alone that has had enough and does not say for how long; and
the most that it can ask for."""
_GONE = 410
_HASTE = 429
_BUSY = 503
_UNCHANGED = 304
_FOR_GOOD = frozenset((301, 308))


class FetchError(SourceError):
    """A server refused, or gave no answer.

    `status` is what it answered (RFC 9110), 0 for nothing. `retry_after` is how many seconds it
    asks to be left alone, or None.
    """

    def __init__(self, message: Said, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """Whether the server says that there will never be an answer again."""
        return self.status == _GONE

    @property
    def passing(self) -> bool:
        """Whether it may well be over soon: silence, haste, a server in trouble."""
        return self.status in {0, 408, 425, 429} or self.status >= 500


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered: where it ended up, its media type without parameters, its text.

    `media_type` is "" where the server told none.
    """

    url: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Response:
    """A server's raw answer. With `unchanged` (304) there is no body: the one known still holds.

    `url` is where it ended; `permanent_url` where the address moved for good (only 301 and 308 on
    the way, and not from https to http), else as it was asked. `etag` and `last_modified` are to be
    sent back the next time; `fresh_for` is how many seconds the answer says it holds.
    """

    url: str
    permanent_url: str
    unchanged: bool
    body: bytes
    media_type: str
    charset: str | None
    etag: str
    last_modified: str
    fresh_for: float


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for: the headers to send, the most bytes to take, and what to do with more."""

    headers: dict[str, str]
    largest: int
    cut: bool = False
    only_text: bool = False


class Fetcher:
    """Fetches pages and feeds. `allow` lists the networks that are read although they are private.

    `deadline` is in seconds and holds for a whole answer; `resolver` is how names become addresses;
    `turns` makes it wait for its turn at each host. Used as an async context manager it keeps one
    session, so that who asks a busy host again finds the connection open; else each answer has its
    own.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        deadline: float = DEADLINE,
        resolver: AbstractResolver | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._guard = Guard(allow)
        self._deadline = deadline
        self._resolver = resolver
        self._turns = turns
        self._kept: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Fetcher:
        self._kept = self._session()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections that are kept. A second call changes nothing."""
        if self._kept is not None:
            await self._kept.close()
            self._kept = None

    async def get(self, url: str) -> Page:
        """Fetch a page. Raises RequestError for an address nobody can read, else SourceError."""
        answer = await self._answer(url, _Wanted({}, MAX_BYTES, only_text=True))
        text = await asyncio.to_thread(decode, answer.body, answer.charset)
        return Page(answer.url, answer.media_type, text)

    async def ask(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = "*/*",
        largest: int = MAX_BYTES,
        cut: bool = False,
    ) -> Response:
        """Fetch whatever is there, or learn that it is as it was (RFC 9110, 13.1).

        `largest` is the most bytes taken, after decompression; with `cut` the rest is left there,
        else a larger answer is refused. Raises as `get` does.
        """
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._answer(url, _Wanted(headers, largest, cut))

    async def _answer(self, url: str, wanted: _Wanted) -> Response:
        host = _host(url)
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._turn(host))
                await stack.enter_async_context(asyncio.timeout(self._deadline))
                session = await stack.enter_async_context(self._using(host, wanted))
                return await _answer(session, url, host, wanted)
        except TimeoutError as error:
            raise FetchError(
                said(
                    N_("{host} did not answer within {seconds} s."),
                    host=host,
                    seconds=f"{self._deadline:g}",
                )
            ) from error
        except FetchError as error:
            self._heed(host, error)
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(_explain(host, error)) from error

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at the host. Raises FetchError while it wants to be left alone."""
        if self._turns is None:
            yield
            return
        async with self._turns.turn(host):
            resting = self._turns.resting(host)
            if resting > 0:
                raise FetchError(_status_in_words(host, _HASTE), _HASTE, resting)
            yield

    def _heed(self, host: str, error: FetchError) -> None:
        """Leave a host alone that has had enough: what else is wanted there would fail too."""
        asked = error.retry_after or (PAUSE if error.status == _HASTE else 0.0)
        if self._turns is not None and error.status in {_HASTE, _BUSY} and asked:
            self._turns.rest(host, min(asked, LONGEST_PAUSE))

    @asynccontextmanager
    async def _using(self, host: str, wanted: _Wanted) -> AsyncIterator[aiohttp.ClientSession]:
        """Give the session to ask with. A connection is kept only while somebody wants its host:
        five thousand hosts would leave five thousand open."""
        if self._turns is None or not self._turns.others(host):
            wanted.headers["Connection"] = "close"
        if self._kept is not None:
            yield self._kept
            return
        async with self._session() as session:
            yield session

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # the turns keep count
            socket_factory=self._guard.open,
            resolver=self._resolver,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # the deadline holds for it all
            headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"},
        )


async def _answer(session: aiohttp.ClientSession, url: str, host: str, wanted: _Wanted) -> Response:
    headers = wanted.headers
    async with session.get(url, headers=headers, max_redirects=MAX_REDIRECTS) as response:
        unchanged = response.status == _UNCHANGED and _is_conditional(headers)
        if not unchanged and not 200 <= response.status < 300:
            raise _refusal(host, response)
        if wanted.only_text:
            _refuse_unless_text(response)
        return Response(
            url=str(response.url),
            permanent_url=_permanent(url, response),
            unchanged=unchanged,
            body=b"" if unchanged else await _read(response, host, wanted),
            media_type=response.content_type if "Content-Type" in response.headers else "",
            charset=response.charset,
            etag=_validator(response, "ETag"),
            last_modified=_validator(response, "Last-Modified"),
            fresh_for=fresh_for(response.headers, datetime.now(UTC)),
        )


def _is_conditional(headers: Mapping[str, str]) -> bool:
    return "If-None-Match" in headers or "If-Modified-Since" in headers


MAX_VALIDATOR = 500
"""Characters of an ETag: a longer one would only be carried to and fro."""


def _validator(response: aiohttp.ClientResponse, name: str) -> str:
    """Return a validator that can be sent back as it came, else ""."""
    value = response.headers.get(name, "")
    return value if len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def _permanent(asked: str, response: aiohttp.ClientResponse) -> str:
    """Return where an address moved for good: as far as the redirects that say so lead."""
    moved = asked
    for step, following in pairwise([*response.history, response]):
        if step.status not in _FOR_GOOD:
            break
        moved = str(following.url)
    is_downgrade = asked.startswith("https:") and not moved.startswith("https:")
    return asked if is_downgrade else moved


def _refusal(host: str, response: aiohttp.ClientResponse) -> FetchError:
    return FetchError(
        _status_in_words(host, response.status),
        response.status,
        retry_after(response.headers, datetime.now(UTC)),
    )


def _refuse_unless_text(response: aiohttp.ClientResponse) -> None:
    media_type = response.content_type if "Content-Type" in response.headers else ""
    if media_type and not _TEXTUAL.fullmatch(media_type):
        raise not_a_page(media_type)


async def _read(response: aiohttp.ClientResponse, host: str, wanted: _Wanted) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > wanted.largest and not wanted.cut:
            raise SourceError(_too_large(host, wanted.largest))
        if len(body) >= wanted.largest and wanted.cut:
            break
    return bytes(body[: wanted.largest])


def _too_large(host: str, largest: int) -> Said:
    size = f"{largest / 1_000_000:g}"
    return said(N_("What {host} sends is larger than {size} MB."), host=host, size=size)


_TEXTUAL = re.compile(r"text/.*|.*[/+](xml|json)")
_PACKED = N_("That link is not a page: it is a packed archive.")
_KINDS = {
    "image": N_("That link is not a page: it is a picture."),
    "audio": N_("That link is not a page: it is a sound."),
    "video": N_("That link is not a page: it is a film."),
    "font": N_("That link is not a page: it is a font."),
    "application/pdf": N_("That link is not a page: it is a PDF file."),
    "application/zip": _PACKED,
    "application/gzip": _PACKED,
}


def not_a_page(media_type: str) -> SourceError:
    """Return the refusal of something that is no text, in words."""
    known = _KINDS.get(media_type) or _KINDS.get(media_type.partition("/")[0])
    if known:
        return SourceError(said(known))
    return SourceError(said(N_("That link is not a page: it is “{kind}”."), kind=media_type))


def _status_in_words(host: str, status: int) -> Said:
    if status in {404, 410}:
        words = N_("{host} has no such page ({status}).")
    elif status in {401, 402, 403, 451}:
        words = N_("{host} does not let this bot read that page ({status}).")
    elif status == _HASTE:
        words = N_("{host} has had enough requests for now ({status}). Try again later.")
    elif status >= 500:
        words = N_("{host} is in trouble and cannot show that page ({status}). Try again later.")
    else:
        words = N_("{host} refused to show that page ({status}).")
    return said(words, host=host, status=status)


_LOOKS = N_("It should look like https://example.org/news")


def _host(url: str) -> str:
    """Return the host of a link. Raises RequestError for what is not a link to a page."""
    try:
        link = URL(url)
    except ValueError as error:
        raise RequestError(
            said(N_("That link cannot be read as an address.")), _(_LOOKS)
        ) from error
    if not link.host or link.scheme not in {"http", "https"}:
        raise RequestError(said(N_("That is not a link I can read.")), _(_LOOKS))
    if link.user is not None or link.password is not None:
        raise RequestError(
            said(N_("That link carries a user name or a password, so it is not read.")),
            _("Send it without what stands before the @."),
        )
    return link.host


_REASONS: Sequence[tuple[type[Exception], str]] = (
    (aiohttp.TooManyRedirects, N_("{host} sends its readers round in circles.")),
    (
        aiohttp.RedirectClientError,
        N_("{host} sends its readers to something that is not a page."),
    ),
    (aiohttp.ClientConnectorDNSError, N_("There is no host named {at}.")),
    (
        aiohttp.ClientConnectorCertificateError,
        N_("{at} cannot prove who it is: its certificate is not to be trusted."),
    ),
    (aiohttp.ClientConnectorError, N_("{at} cannot be reached.")),
    (aiohttp.ServerDisconnectedError, N_("{host} closed the connection without an answer.")),
    (Exception, N_("{host} did not answer as a web server should.")),
)
"""The first that fits is said."""


def _explain(host: str, error: Exception) -> Said:
    at = str(getattr(error, "host", host))  # the hop that failed
    if was_refused(error):
        return _refused(host, at)
    words = next(words for kind, words in _REASONS if isinstance(error, kind))
    return said(words, host=host, at=at)


def _refused(host: str, at: str) -> Said:
    if at == host:
        words = N_(
            "{at} is not on the public internet, so it is not read. "
            "The operator can allow it with {setting}."
        )
    else:
        words = N_(
            "{host} sends its readers on to {at}. That is not on the public internet, so it is "
            "not read. The operator can allow it with {setting}."
        )
    return said(words, host=host, at=at, setting="DATELINE_ALLOW_NETWORKS")
