"""The queue on PostgreSQL: what its contract does not say."""

from __future__ import annotations

import asyncio

import pytest

from bot.store import jobs
from bot.store.jobs import QueuedJobs


async def test_a_connection_that_is_never_given_back_holds_up_no_stop(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CLOSE_SECONDS", 0.05)
    queue = await QueuedJobs.open(postgresql_url)
    await queue._pool.acquire()
    async with asyncio.timeout(10):
        await queue.close()
    assert queue._pool.get_size() == 0
