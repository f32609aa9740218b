"""The queue on a PostgreSQL that went away and came back."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.core.errors import StoreError
from bot.store.jobs import QueuedJobs
from tests.postgresql import postgresql_url
from tests.reliability.databases import arguments

__all__ = ["postgresql_url"]

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


async def do(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(**arguments(make_url(url)))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_queue_that_lost_its_server_works_again_when_it_is_back(
    postgresql_url: str,
) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    jobs = await QueuedJobs.open(postgresql_url)
    try:
        first = asyncio.create_task(jobs.run(["outage"], done.put))
        await jobs.enqueue("outage", ["before"])
        async with asyncio.timeout(20):
            assert await done.get() == "before"
            await do(postgresql_url, "ALTER TABLE pgqueuer RENAME TO away", CUT)
            with pytest.raises(StoreError, match="cannot be used"):
                await first
            await do(postgresql_url, "ALTER TABLE away RENAME TO pgqueuer")
            again = asyncio.create_task(jobs.run(["outage"], done.put))
            await jobs.enqueue("outage", ["after"])
            assert await done.get() == "after"
            jobs.stop()
            await again
    finally:
        await jobs.close()
