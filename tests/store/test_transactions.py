"""Work on SQLite: many pieces in one commit, each with its own fate; readers wait for nobody."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bot.core.errors import StoreError
from bot.store import transactions
from bot.store.engine import open_database
from bot.store.transactions import SqliteDatabase, count, rows

NUMBERS = rows(text("SELECT at FROM updates ORDER BY at"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_database(f"sqlite:///{tmp_path}/dateline.db")
    assert isinstance(opened, SqliteDatabase)
    yield opened
    await opened.close()


def add(number: int) -> Callable[[Connection], int]:
    """Work that writes a number, which may be there once."""
    row = {"number": str(number), "at": number}
    return count(
        text(
            "INSERT INTO updates (platform, number, payload, state, at) "
            "VALUES ('fake', :number, '{}', 0, :at)"
        ),
        row,
    )


async def numbers(database: SqliteDatabase) -> list[int]:
    return [row.at for row in await database.read(NUMBERS)]


class Gate:
    """Work that goes on when it is let go: what comes meanwhile waits for one commit."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._open = threading.Event()
        self._begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.task = asyncio.create_task(database.write(self._wait))

    def _wait(self, _: Connection) -> None:
        self._loop.call_soon_threadsafe(self._begun.set)
        assert self._open.wait(20)

    async def shut(self) -> Gate:
        """Return once the work is in hand."""
        await self._begun.wait()
        return self

    def open(self) -> None:
        self._open.set()


async def asked(database: SqliteDatabase, *works: Callable[[Connection], Any]) -> list[Any]:
    """Ask for all of it while the writer is busy; return what became of each."""
    gate = await Gate(database).shut()
    tasks = [asyncio.create_task(database.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open()
    return await asyncio.gather(gate.task, *tasks, return_exceptions=True)


def commits(database: SqliteDatabase) -> list[object]:
    """Return the commits from now on."""
    seen: list[object] = []
    event.listen(database.engines[0], "commit", seen.append)
    return seen


async def test_what_waits_together_is_committed_together(database: SqliteDatabase) -> None:
    seen = commits(database)
    await asked(database, *map(add, range(50)))
    assert await numbers(database) == list(range(50))
    assert len(seen) == 2  # the one in hand, and all that waited


async def test_a_fault_costs_only_the_one_who_made_it(database: SqliteDatabase) -> None:
    def half(connection: Connection) -> None:
        add(7)(connection)
        raise ValueError("changed my mind")

    seen = commits(database)
    _, one, twice, mind, two = await asked(database, add(1), add(1), half, add(2))
    assert (one, two) == (1, 1)
    assert isinstance(twice, StoreError)
    assert isinstance(mind, ValueError)
    assert await numbers(database) == [1, 2]
    assert len(seen) == 2


async def test_nobody_is_told_of_what_could_not_be_committed(database: SqliteDatabase) -> None:
    def fail(_: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(database.engines[0], "commit", fail)
    told = await asked(database, add(1), add(2))
    assert [type(one) for one in told] == [StoreError] * 3
    event.remove(database.engines[0], "commit", fail)
    assert await numbers(database) == []
    assert await database.write(add(1)) == 1


async def test_a_full_disk_is_said_to_everybody_whose_work_it_undid(
    database: SqliteDatabase,
) -> None:
    def undone(connection: Connection) -> None:
        """SQLite itself takes back the whole transaction at some faults."""
        sqlite: Any = connection.connection.driver_connection
        sqlite.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    told = await asked(database, add(1), undone, add(2))
    for one in told[1:]:
        with pytest.raises(StoreError, match="Make room on the disk"):
            raise one
    assert await numbers(database) == []


async def test_a_reader_waits_for_no_writer_and_sees_what_is_committed(
    database: SqliteDatabase,
) -> None:
    await database.write(add(1))
    gate = await Gate(database).shut()
    waiting = asyncio.create_task(database.write(add(2)))
    async with asyncio.timeout(20):
        assert await numbers(database) == [1]
    gate.open()
    await waiting
    assert await numbers(database) == [1, 2]


async def test_a_reader_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(StoreError, match="readonly"):
        await database.read(add(1))


async def test_who_gives_up_before_his_turn_has_written_nothing(database: SqliteDatabase) -> None:
    gate = await Gate(database).shut()
    task = asyncio.create_task(database.write(add(1)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gate.open()
    await database.write(add(2))
    assert await numbers(database) == [2]


async def test_closing_finishes_what_was_asked_and_then_says_so(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/one.db")
    tasks = [asyncio.create_task(database.write(add(number))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*tasks) == [1] * 20
    with pytest.raises(StoreError, match="closed"):
        await database.read(NUMBERS)


async def test_closing_does_not_wait_for_ever_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transactions, "CLOSE_SECONDS", 0.05)
    database = await open_database(f"sqlite:///{tmp_path}/one.db")
    assert isinstance(database, SqliteDatabase)
    gate = await Gate(database).shut()
    async with asyncio.timeout(10):
        await database.close()
    assert "did not answer" in caplog.text
    gate.open()
    await gate.task
    await database.close()


async def test_a_database_in_memory_is_one_for_readers_and_writers() -> None:
    database = await open_database("sqlite://")
    await database.write(add(1))
    assert [row.at for row in await database.read(NUMBERS)] == [1]
    await database.close()
