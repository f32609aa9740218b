"""Runs pieces of work on a database, each a transaction of its own. Knows no table.

SQLite works in threads: one writes, and what waits for it is written in one commit (group commit,
DeWitt et al. 1984, https://doi.org/10.1145/602259.602261), so one sync of the disk serves hundreds
of digests; others read what was committed, and wait for no writer (https://sqlite.org/wal.html).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

from sqlalchemy import Connection, Engine, Executable, Row

from bot.core.errors import StoreError
from bot.store.faults import in_words
from bot.store.same_file import SameFile

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

log = logging.getLogger(__name__)

TOGETHER = 256
"""The most pieces of work in one commit."""
READERS = 2
"""A long question leaves one thread for the short ones."""
CLOSE_SECONDS = 10.0
"""At the end the threads get so long to finish: a disk that hangs must not hold the bot back."""

T = TypeVar("T")
Work: TypeAlias = Callable[[Connection], T]
Values: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Database(Protocol):
    """Runs work on a connection; raises StoreError when the database fails."""

    dialect: str
    """"sqlite" or "postgresql"."""

    async def write(self, work: Work[T]) -> T:
        """Do the work in a transaction, and return what it does once that is committed."""

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing, on what is committed by now."""

    async def close(self) -> None:
        """Finish what was asked and let go of the database."""


def rows(query: Executable, values: Values = None) -> Work[list[Row[Any]]]:
    """Return the work that fetches every row of a query."""
    return lambda connection: [*connection.execute(query, values).all()]


def count(statement: Executable, values: Values = None) -> Work[int]:
    """Return the work that tells how many rows a statement changes."""
    return lambda connection: connection.execute(statement, values).rowcount


class PostgresqlDatabase:
    """A server: it has connections for everybody."""

    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._url = str(engine.url)

    async def write(self, work: Work[T]) -> T:
        """See Database."""
        with in_words(self._url):
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def read(self, work: Work[T]) -> T:
        """See Database."""
        return await self.write(work)

    async def close(self) -> None:
        """See Database."""
        await self._engine.dispose()


class SqliteDatabase:
    """A file: one thread writes, others read. Without readers (in memory) the writer reads too."""

    dialect = "sqlite"

    def __init__(self, writing: Engine, reading: Engine | None) -> None:
        self._url = str(writing.url)
        self.engines = [writing] if reading is None else [writing, reading]
        name = writing.url.database or ""
        named = reading is not None and not name.startswith("file:")
        self._file = SameFile(Path(name)) if named else None
        self._writers = _Threads(writing, 1, self._look)
        self._readers = self._writers if reading is None else _Threads(reading, READERS)

    async def write(self, work: Work[T]) -> T:
        """See Database."""
        with in_words(self._url):
            return await self._writers.do(work)

    async def read(self, work: Work[T]) -> T:
        """See Database."""
        with in_words(self._url):
            return await self._readers.do(work)

    def _look(self) -> None:
        """Make sure that what is written now will be found again. Raises StoreError."""
        if self._file is None or self._file.is_there():
            return
        connection = self.engines[0].raw_connection()
        try:
            self._file.put_back(cast("Any", connection.driver_connection), self._let_go)
        finally:
            connection.close()

    def _let_go(self) -> None:
        for engine in self.engines:
            engine.dispose()

    async def close(self) -> None:
        """See Database."""
        ended = [
            await asyncio.to_thread(threads.close) for threads in {self._writers, self._readers}
        ]
        if all(ended):
            self._let_go()
        else:  # to close a connection that a thread is using would wait for that thread
            log.error("The database did not answer for %.0f s and is left as it is", CLOSE_SECONDS)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a job: a result or an error."""

    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class _Threads:
    """Threads that do the jobs of one queue, those that wait in one transaction.

    `look` is called before each transaction; what it raises, whoever waits gets.
    """

    def __init__(
        self, engine: Engine, number: int, look: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._look = look
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    async def do(self, work: Work[T]) -> T:
        """Let a thread do the work; return its result once it is committed."""
        if self._closed:
            raise StoreError("The database is closed.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, future))
        return await future

    def close(self) -> bool:
        """Finish what was asked, and end; tell whether that is done, or takes too long."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        limit = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0, limit - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [one for one in (job, *self._waiting()) if not one.future.cancelled()]
            if jobs:
                _tell(self._together(jobs))

    def _waiting(self) -> Iterator[_Job]:
        """Yield the jobs that wait by now."""
        with suppress(Empty):
            for _ in range(TOGETHER - 1):
                job = self._jobs.get_nowait()
                if job is None:  # the end: for whoever comes next
                    self._jobs.put(None)
                    return
                yield job

    def _together(self, jobs: list[_Job]) -> list[_Done]:
        """Do jobs in one transaction. Where it cannot be committed, none of them happened."""
        try:
            self._look()
            with self._engine.begin() as connection:
                return [_do(connection, job) for job in jobs]
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            return [_Done(job.future, error=error) for job in jobs]


def _do(connection: Connection, job: _Job) -> _Done:
    """Do a job whose fault costs only itself, unless SQLite gives up the whole transaction
    (https://sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction)."""
    sqlite: Any = connection.connection.driver_connection
    sqlite.execute("SAVEPOINT job")
    try:
        result = job.work(connection)
    except Exception as error:
        if not sqlite.in_transaction:
            raise
        sqlite.execute("ROLLBACK TO job")
        return _Done(job.future, error=error)
    sqlite.execute("RELEASE job")
    return _Done(job.future, result)


def _tell(done: list[_Done]) -> None:
    """Wake up everybody who waits, all at once. A loop that has ended waits no more."""
    with suppress(RuntimeError):
        done[0].future.get_loop().call_soon_threadsafe(_resolve, done)


def _resolve(done: list[_Done]) -> None:
    for one in done:
        if one.future.cancelled():
            continue
        if one.error is None:
            one.future.set_result(one.result)
        else:
            one.future.set_exception(one.error)
