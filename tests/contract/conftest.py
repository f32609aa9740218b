"""Every store of the contract suite: in memory, on SQLite, and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.ports import Store
from bot.store.database import DatabaseStore
from bot.store.transactions import count
from tests.fakes import FakeStore
from tests.postgresql import postgresql_url

__all__ = ["postgresql_url"]

OpenStore = Callable[[], Awaitable[Store]]
EMPTY = "TRUNCATE subscriptions, editions, parts, chats, shelf RESTART IDENTITY CASCADE"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens the same store as often as a test likes, as two processes would."""
    opened: list[Store] = []
    memory = FakeStore()
    empty = request.param == "postgresql"

    async def open_one() -> Store:
        if request.param == "memory":
            return memory
        if request.param == "postgresql":
            store = await DatabaseStore.open(request.getfixturevalue("postgresql_url"))
        else:
            store = await DatabaseStore.open(f"sqlite:///{tmp_path}/dateline.db")
        opened.append(store)
        return store

    if empty:
        request.getfixturevalue("postgresql_url")
        await _empty(await open_one())
    yield open_one
    for store in opened:
        await store.close()


async def _empty(store: Store) -> None:
    assert isinstance(store, DatabaseStore)
    await store._database.write(count(text(EMPTY)))


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    """One store without anything in it."""
    return await open_store()
