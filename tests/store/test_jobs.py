"""What the queue keeps, that nobody waits while much is put into it, and clocks that are set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pgqueuer.adapters.inmemory.queries as in_memory
import pytest

from bot.store.jobs import AT_ONCE, QueuedJobs


@pytest.fixture(params=["sqlite", "postgresql"])
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[QueuedJobs]:
    url = "sqlite://"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    async with opened(url) as made:
        yield made


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[QueuedJobs]:
    """Open a queue without what another test left in it."""
    made = await QueuedJobs.open(url)
    assert made._queuer.queries is not None
    await made._queuer.queries.clear_queue()
    yield made
    await made.close()


async def logged(jobs: QueuedJobs) -> int:
    assert jobs._queuer.queries is not None
    return len(await jobs._queuer.queries.queue_log())


async def test_the_queue_does_not_remember_what_was_asked_before(jobs: QueuedJobs) -> None:
    await jobs.enqueue("one", ["a", "b"])
    assert await logged(jobs) == 2
    for _ in range(5):
        await jobs.enqueue("one", ["c"])
        assert await logged(jobs) <= 1


async def test_others_get_their_turn_while_many_chats_are_queued(jobs: QueuedJobs) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await jobs.enqueue("one", [str(number) for number in range(5_000)])
    task.cancel()
    assert turns >= 10


class ManyAtWork:
    """Keys that are worked on until a test lets them go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.let_go = asyncio.Event()
        self._changed = asyncio.Event()

    async def work(self, key: str) -> None:
        self.begun.append(key)
        self._changed.set()
        await self.let_go.wait()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.begun) < count:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def working(jobs: QueuedJobs) -> AsyncIterator[ManyAtWork]:
    many = ManyAtWork()
    task = asyncio.create_task(jobs.run(["one"], many.work))
    try:
        yield many
    finally:
        many.let_go.set()
        jobs.stop()
        async with asyncio.timeout(20):
            await task


async def set_clock(jobs: QueuedJobs, hours: float, patch: pytest.MonkeyPatch) -> None:
    """Set the clock that PgQueuer goes by: this machine's, or the server's.

    Nobody can set a server's: instead all that it has written down is moved the other way.
    """
    by = timedelta(hours=hours)
    patch.setattr(in_memory, "utc_now", lambda: datetime.now(UTC) + by)
    if jobs._pool is not None:
        await jobs._pool.execute(
            "UPDATE pgqueuer SET heartbeat = heartbeat - $1::interval,"
            " execute_after = execute_after - $1::interval",
            by,
        )


async def test_keys_that_wait_when_the_clock_is_set_back_are_worked_on(
    jobs: QueuedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [str(number) for number in range(AT_ONCE + 100)]
    async with working(jobs) as many:
        await jobs.enqueue("one", keys)
        await many.until(AT_ONCE)
        await set_clock(jobs, -2, monkeypatch)
        many.let_go.set()
        await many.until(len(keys))
    assert sorted(many.begun) == sorted(keys)


async def test_keys_at_work_when_the_clock_is_set_forward_are_not_begun_twice(
    jobs: QueuedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(jobs) as many:
        await jobs.enqueue("one", ["a"])
        await many.until(1)
        await set_clock(jobs, 5, monkeypatch)
        await jobs.enqueue("one", ["b"])
        await many.until(2)
        await jobs.enqueue("one", ["a", "c"])
        await many.until(3)
        assert many.begun == ["a", "b", "c"]


async def test_what_a_dead_worker_had_in_hand_is_free_although_the_clock_was_set_back(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(postgresql_url) as jobs:
        await jobs.enqueue("one", ["a"])
        await jobs._pool.execute("UPDATE pgqueuer SET status = 'picked', heartbeat = now()")
        await set_clock(jobs, -2, monkeypatch)
        await jobs.enqueue("one", ["b"])
        await set_clock(jobs, 1 / 60, monkeypatch)  # a minute passes without a sign of life
        async with working(jobs) as many:
            await many.until(2)
        assert sorted(many.begun) == ["a", "b"]
