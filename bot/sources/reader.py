"""Reads pages in child processes that can be killed. Knows what a page is, not how it is parsed.

A parser may not return, or ask for all memory there is; then only its page is lost. A child is
reused for the next page (starting one takes a second), has no more memory than `MEMORY` above its
own size, and is ended by the kernel's own timers, so that it cannot outlive its parent for long:
it leaves when the socket to its parent closes, and SIGPROF or SIGALRM ends it within
a page.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import weakref
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from bot.core.errors import DatelineError, RequestError, SourceError
from bot.core.said import heard, kept, said, said_by
from bot.core.words import N_, _
from bot.sources.fetch import MAX_BYTES, Page
from summaries.article import Article
from summaries.language import detect

SECONDS: Final = 2.0
"""Of the processor, for one page."""
CLOCK: Final = 30.0
"""Seconds on the clock for one page: a parser that sleeps must end, but a machine that does thirty
things at once must lose no page (at a load of 29, half a second of work took 4 to 7)."""
MEMORY: Final = 70_000_000
"""Bytes that one page may take beside its own text, which comes and goes as JSON: 100 MB in all."""
START_SECONDS: Final = 30.0
"""For a child to start, on a machine however busy; the kernel's own timers hold for the page."""
PAGES_A_CHILD: Final = 300
"""The parsers' caches grow, so a child is replaced after so many pages."""

TOO_HARD: Final = N_("That page takes too long to read, or too much memory, so it was left.")
_FULL: Final = N_("That page takes too much memory to read, so it was left.")


class PageReader:
    """Reads pages, `workers` at a time, each in at most `seconds` of the
    processor, `clock` seconds in all, and `memory` bytes.

    Starts its first child when the first page comes. One instance serves any event loop.
    """

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        clock: float = CLOCK,
        memory: int = MEMORY,
        workers: int = 2,
    ) -> None:
        self._limits = _Limits(seconds, clock, memory)
        self._turns = _Turns(workers)
        self._idle: list[_Child] = []

    async def read(self, page: Page) -> Article:
        """Return the article of a fetched page. Raises SourceError in words."""
        _check_length(page.text)
        return await self._ask({"page": asdict(page)})

    async def read_text(self, text: str) -> Article:
        """Return the article in an HTML page or a bare text. Raises SourceError or RequestError."""
        _check_length(text)
        return await self._ask({"text": text})

    async def close(self) -> None:
        """End the children."""
        while self._idle:
            self._idle.pop().end()

    async def _ask(self, request: dict[str, Any]) -> Article:
        async with self._turns.one():
            child = self._idle.pop() if self._idle else _Child(self._limits)
            try:
                reply = await asyncio.to_thread(child.ask, request)
            except BaseException:  # cancelled too: its answer would be taken for the next page's
                child.end()
                raise
            self._keep(child)
        return _article_of(reply)

    def _keep(self, child: _Child) -> None:
        if child.usable:
            self._idle.append(child)
        else:
            child.end()


def _check_length(text: str) -> None:
    """Raise SourceError for more text than is ever fetched: to hand it over would cost 100 MB."""
    if len(text) > MAX_BYTES:
        raise SourceError(said(_FULL))


class _Turns:
    """So many at a time, in whatever event loop: a semaphore belongs to its first one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._semaphores: weakref.WeakKeyDictionary[
            asyncio.AbstractEventLoop, asyncio.Semaphore
        ] = weakref.WeakKeyDictionary()

    def one(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        return self._semaphores.setdefault(loop, asyncio.Semaphore(self._count))


@dataclass(frozen=True, slots=True)
class _Limits:
    seconds: float
    clock: float
    memory: int


class _Child:
    """The parent's side of one child. Ended when nobody holds it any more, and at exit."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        self._pages = 0
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, by our interpreter
                [sys.executable, "-m", "bot.sources.reader", json.dumps(asdict(limits))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        ours.settimeout(limits.clock + START_SECONDS)
        self._socket = ours
        self._file = ours.makefile("rb")
        self.end = weakref.finalize(self, _end, self._process, ours, self._file)

    @property
    def usable(self) -> bool:
        """Whether it may be given another page."""
        return self.end.alive and self._pages < PAGES_A_CHILD

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the child's reply. Blocks; raises SourceError where the child is lost."""
        try:
            self._pages += 1
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            reply: dict[str, Any] = json.loads(self._line())
        except (OSError, ValueError) as error:
            self.end()
            raise SourceError(said(TOO_HARD)) from error
        return reply

    def _line(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the child has gone")
        return line


def _end(process: subprocess.Popen[bytes], channel: socket.socket, file: Any) -> None:  # noqa: ANN401 - a socket's file has no public name
    """Kill a child, wait until it is gone, so that it is no zombie, and close the channel."""
    process.kill()
    process.wait()
    file.close()
    channel.close()


def _article_of(reply: dict[str, Any]) -> Article:
    """Return the article of a reply, or raise the refusal in it."""
    if "article" not in reply:
        words = heard(reply["refused"])  # the child speaks no language but its own
        raise RequestError(words, _(reply["hint"])) if reply["asked"] else SourceError(words)
    told = reply["article"]
    published = told["published"] and datetime.fromisoformat(told["published"])
    lists = {name: tuple(told[name]) for name in ("paragraphs", "furniture")}
    return Article(**(told | lists | {"published": published}))


# --- the child's side ----------------------------------------------------------------------------


def _serve() -> None:
    """Answer requests, a line each, until the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    limits = _Limits(**json.loads(sys.argv[1]))
    channel = socket.socket(fileno=sys.stdin.fileno())
    with channel, channel.makefile("rwb") as file:
        from bot.sources.pages import warm_up  # noqa: PLC0415 - its imports take a second

        warm_up()
        for line in file:
            file.write(json.dumps(_reply(json.loads(line), limits)).encode() + b"\n")
            file.flush()


def _reply(request: dict[str, Any], limits: _Limits) -> dict[str, Any]:
    from bot.sources.articles import article_from_any, article_from_page  # noqa: PLC0415

    ceiling = _size() + limits.memory

    def tell(text: str) -> str:
        """Tell the language off the clock: it may load a second's worth of tables, once."""
        nonlocal ceiling
        _unlimit()
        before = _size()
        code = detect(text)
        ceiling += max(0, _size() - before)  # the tables stay, and are not the page's
        _limit(limits, ceiling)
        return code

    _limit(limits, ceiling)
    try:
        if "text" in request:
            article = article_from_any(request["text"], tell)
        else:
            article = article_from_page(Page(**request["page"]), tell)
    except MemoryError:
        return _refusal(SourceError(said(_FULL)))
    except DatelineError as error:
        full = isinstance(error.__cause__, MemoryError)
        return _refusal(SourceError(said(_FULL)) if full else error)
    finally:
        _unlimit()
    published = article.published.isoformat() if article.published else None
    return {"article": asdict(article) | {"published": published}}


def _refusal(error: DatelineError) -> dict[str, Any]:
    asked = isinstance(error, RequestError)
    return {"refused": kept(said_by(error)), "hint": getattr(error, "hint", ""), "asked": asked}


def _limit(limits: _Limits, ceiling: int) -> None:
    """Let the kernel end this process after so much time, and refuse it memory above a size."""
    signal.setitimer(signal.ITIMER_PROF, limits.seconds)
    signal.setitimer(signal.ITIMER_REAL, limits.clock)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.RLIM_INFINITY))


def _unlimit() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _size() -> int:
    """The address space of this process, in bytes; where the system does not say, a large guess."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 - a file of the kernel
            return int(told.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1_000_000_000


if __name__ == "__main__":
    _serve()
