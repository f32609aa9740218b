"""What every queue promises: in memory, in PostgreSQL, and the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.core.ports import Jobs
from bot.store.jobs import QueuedJobs
from tests.fakes import FakeJobs


class Worker:
    """Works on keys, and lets a test wait for it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun: list[str] = []
        self.hold: dict[str, asyncio.Event] = {}
        self._changed = asyncio.Event()

    async def work(self, key: str) -> None:
        self.begun.append(key)
        self._changed.set()
        if key in self.hold:
            await self.hold[key].wait()
        self.done.append(key)
        self._changed.set()

    async def until(self, count: int, what: list[str] | None = None) -> None:
        async with asyncio.timeout(20):
            while len(self.done if what is None else what) < count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[Jobs]:
    if request.param == "memory":
        yield FakeJobs()
        return
    url = "sqlite://"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    made = await QueuedJobs.open(url)
    yield made
    await made.close()


@asynccontextmanager
async def running(jobs: Jobs, worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(jobs.run(["one", "two"], worker.work))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        jobs.stop()
        async with asyncio.timeout(20):
            await task


async def test_every_key_is_worked_on(jobs: Jobs) -> None:
    worker = Worker()
    async with running(jobs, worker):
        await jobs.enqueue("one", ["a", "b"])
        await jobs.enqueue("two", ["c"])
        await jobs.enqueue("two", [])
        await worker.until(3)
    assert sorted(worker.done) == ["a", "b", "c"]


async def test_a_key_at_work_is_left_alone_and_can_be_asked_for_again(jobs: Jobs) -> None:
    worker = Worker()
    hold = worker.hold["a"] = asyncio.Event()
    async with running(jobs, worker):
        await jobs.enqueue("one", ["a"])
        await worker.until(1, worker.begun)
        await jobs.enqueue("one", ["a"])
        await jobs.enqueue("one", ["b"])
        await worker.until(1)
        hold.set()
        await worker.until(2)
        assert worker.begun == ["a", "b"]
        async with asyncio.timeout(20):
            while len(worker.done) < 3:  # the queue forgets a finished key in its own time
                await jobs.enqueue("one", ["a"])
                await asyncio.sleep(0.01)


async def test_at_a_stop_what_is_in_hand_is_finished(jobs: Jobs) -> None:
    worker = Worker()
    hold = worker.hold["a"] = asyncio.Event()
    async with running(jobs, worker):
        await jobs.enqueue("one", ["a"])
        await worker.until(1, worker.begun)
        jobs.stop()
        asyncio.get_running_loop().call_soon(hold.set)
    assert worker.done == ["a"]
