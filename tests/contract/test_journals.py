"""What every journal promises: SQLite, PostgreSQL, and the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.journal import Journal, Update
from bot.store.engine import open_database
from bot.store.journal import DatabaseJournal
from bot.store.transactions import count
from tests.fakes import FakeJournal

ONE, TWO = Update("1", {"text": "“/brief” \U0001f30d"}), Update("2", {"text": "/help"})


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    if request.param == "memory":
        yield FakeJournal()
        return
    url = f"sqlite:///{tmp_path}/dateline.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    database = await open_database(url)
    await database.write(count(text("DELETE FROM updates")))
    yield DatabaseJournal(database)
    await database.close()


async def test_an_update_is_taken_once_however_often_it_is_offered(journal: Journal) -> None:
    assert await journal.take("telegram", [ONE]) == [ONE]
    assert await journal.take("telegram", [ONE, TWO]) == [TWO]
    assert await journal.take("telegram", []) in ([], ())
    assert await journal.take("discord", [ONE]) == [ONE]


async def test_many_updates_are_taken_at_once_and_each_once(journal: Journal) -> None:
    many = [Update(str(number), {"text": "/brief"}) for number in range(2_000)]
    taken = await asyncio.gather(*(journal.take("telegram", many[part:]) for part in range(4)))
    assert sorted(int(one.id) for new in taken for one in new) == list(range(2_000))
    assert len(await journal.unfinished("telegram")) == 2_000


async def test_what_was_only_taken_is_still_to_do_in_its_order(journal: Journal) -> None:
    await journal.take("telegram", [TWO, ONE])
    await journal.take("discord", [ONE])
    assert list(await journal.unfinished("telegram")) == [TWO, ONE]


async def test_what_was_begun_is_never_begun_again(journal: Journal) -> None:
    await journal.take("telegram", [ONE])
    begun = await asyncio.gather(*(journal.begin("telegram", "1") for _ in range(5)))
    assert sorted(begun) == [False] * 4 + [True]
    assert list(await journal.unfinished("telegram")) == []
    await journal.finish("telegram", "1")
    assert not await journal.begin("telegram", "1")


async def test_the_same_number_on_two_platforms_is_two_updates(journal: Journal) -> None:
    for platform in ("telegram", "discord"):
        await journal.take(platform, [ONE])
    assert await journal.begin("telegram", "1")
    assert list(await journal.unfinished("discord")) == [ONE]
    assert await journal.begin("discord", "1")


async def test_what_needs_no_answer_is_finished_without_one(journal: Journal) -> None:
    await journal.take("telegram", [ONE])
    await journal.finish("telegram", "1")
    await journal.finish("telegram", "77")
    assert list(await journal.unfinished("telegram")) == []
    assert not await journal.begin("telegram", "1")
    assert await journal.take("telegram", [ONE]) in ([], ())
