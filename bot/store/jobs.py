"""The Jobs port on PgQueuer: in memory beside SQLite, in PostgreSQL where the URL says so.

Knows nothing of digests. The queue may forget or repeat a job: the ledger is the truth.
https://pgqueuer.readthedocs.io
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job
from sqlalchemy.engine import make_url

from bot.core.errors import StoreError

AT_ONCE = 200
"""The most chats of one queue that are worked on at once."""
CLOSE_SECONDS = 3.0
"""A stop waits so long for the queue's connections and no longer."""
_BATCH = 50
_ENQUEUED_AT_ONCE = 500
_LOOK_AGAIN = timedelta(seconds=5)
"""How often the queue is looked into without being told of anything new."""
_LONG_DUE = timedelta(days=-36_500)
"""When a job may begin, reckoned from now. One that may begin now waits for hours when the clock
(in PostgreSQL the server's) is set back by hours before its turn comes."""


class QueuedJobs:
    """The Jobs port. Make one with `await QueuedJobs.open(url)`, and `close` it at the end."""

    def __init__(self, queuer: PgQueuer, pool: Any = None) -> None:  # noqa: ANN401 - asyncpg is an extra
        self._queuer = queuer
        self._pool = pool
        self._served: set[str] = set()

    @classmethod
    async def open(cls, url: str) -> QueuedJobs:
        """Open the queue that goes with an SQLAlchemy URL. Raises StoreError."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(PgQueuer.in_memory())
        import asyncpg  # noqa: PLC0415 - an extra, which SQLite does not need

        arguments = parsed.translate_connect_args(username="user") | dict(parsed.query)
        with _in_words():
            connection = await asyncpg.connect(**arguments)
            try:
                await Queries.from_asyncpg_connection(connection).apply_upgrade()
            finally:
                await connection.close()
            pool = await asyncpg.create_pool(**arguments, min_size=1, max_size=4)
        return cls(PgQueuer.from_asyncpg_pool(pool), pool)

    async def enqueue(self, queue: str, keys: Sequence[str]) -> None:
        """See the Jobs port."""
        if keys:
            await self._forget(queue)
            await self._free()
        for begin in range(0, len(keys), _ENQUEUED_AT_ONCE):
            await self._enqueue(queue, keys[begin : begin + _ENQUEUED_AT_ONCE])
            await asyncio.sleep(0)  # whoever asks something meanwhile is not kept waiting

    async def _forget(self, queue: str) -> None:
        """Drop PgQueuer's log of what is done, which would grow for ever: the ledger has it."""
        queries: Any = self._queuer.queries  # its port does not name what both of its sides have
        with _in_words():
            await queries.clear_queue_log(queue)

    async def _free(self) -> None:
        """Let no sign of life lie ahead of the server's clock, as it does when that is set back.

        Who died before would seem alive until it is so late again, and hold what it had in hand.
        """
        if self._pool is None:  # in memory nobody dies alone
            return
        queries: Any = self._queuer.queries
        ahead = "status = 'picked' AND heartbeat > now()"
        table = queries.qbq.qualified.queue_table  # PgQueuer's own name for it
        with _in_words():
            await self._pool.execute(f"UPDATE {table} SET heartbeat = now() WHERE {ahead}")  # noqa: S608

    async def _enqueue(self, queue: str, keys: Sequence[str]) -> None:
        if self._queuer.queries is None:
            return
        count = len(keys)
        due: list[timedelta | None] = [_LONG_DUE] * count
        names = [f"{queue}:{key}" for key in keys]
        payloads: list[bytes | None] = [key.encode() for key in keys]
        with _in_words():
            await self._queuer.queries.enqueue(
                [queue] * count, payloads, [0] * count, due, list(names), on_conflict="skip"
            )

    async def run(self, queues: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
        """See the Jobs port. Raises StoreError; then it may be run again."""

        async def do(job: Job) -> None:
            await work((job.payload or b"").decode())

        self._renew()
        for queue in queues:
            if queue not in self._served:
                self._served.add(queue)
                self._queuer.entrypoint(queue, concurrency_limit=AT_ONCE)(do)
        with _in_words():
            await self._queuer.qm.run(batch_size=_BATCH, dequeue_timeout=_LOOK_AGAIN)

    def _renew(self) -> None:
        """Begin anew on the pool: a queuer that lost its server cannot be used a second time.

        It keeps the connection that it listened on, which is gone.
        """
        if self._pool is None or not self._served:
            return
        before, self._queuer = self._queuer, PgQueuer.from_asyncpg_pool(self._pool)
        self._served.clear()
        if before.shutdown.is_set():
            self.stop()

    def stop(self) -> None:
        """See the Jobs port."""
        self._queuer.shutdown.set()

    async def close(self) -> None:
        """Close the connections; one that somebody still holds is cut off after a while."""
        if self._pool is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._pool.close()  # cancelled, it cuts them off itself


@contextmanager
def _in_words() -> Iterator[None]:
    """Let whatever the database does wrong be a StoreError."""
    try:
        yield
    except Exception as error:
        foreign = type(error).__module__.partition(".")[0] in {"asyncpg", "pgqueuer"}
        if not foreign and not isinstance(error, OSError | TypeError):
            raise
        raise StoreError(f"The queue in PostgreSQL cannot be used: {error}") from error
