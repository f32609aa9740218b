"""What the queue keeps, and that nobody waits while much is put into it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.store.jobs import QueuedJobs


@pytest.fixture(params=["sqlite", "postgresql"])
async def jobs(request: pytest.FixtureRequest) -> AsyncIterator[QueuedJobs]:
    url = "sqlite://"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    made = await QueuedJobs.open(url)
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
