"""The archive in the database itself: how its tables came, and what it says when they are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.archive import ArticlePlace, FeedState, Follow
from bot.core.errors import StoreError
from bot.core.news import Entry, Feed, KeyedEntry
from bot.store import archive as archive_module
from bot.store import engine as engine_module
from bot.store import place_index
from bot.store.archive import DatabaseArchive
from bot.store.database import DatabaseStore
from bot.store.engine import MIGRATIONS, open_database
from bot.store.schema import subscriptions
from bot.store.transactions import SqliteDatabase, count, rows
from summaries.article import Article
from tests.fakes import CHAT, MONDAY

FEED = Feed("https://example.org/feed", "Example")
MOSUL = ArticlePlace(99072, 1, is_about=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await open_database(f"sqlite:///{tmp_path}/dateline.db")
    assert isinstance(opened, SqliteDatabase)
    yield opened
    await opened.close()


async def filled(database: SqliteDatabase, number: int) -> DatabaseArchive:
    """An archive of so many articles about Mosul, one an hour."""
    archive = DatabaseArchive(database)
    await archive.follow([Follow(CHAT, FEED)], MONDAY)
    entries = [
        KeyedEntry(Entry(FEED, f"https://example.org/{one}"), (f"{one}",)) for one in range(number)
    ]
    for arrival in await archive.record(FeedState(FEED, MONDAY), entries, MONDAY):
        published = MONDAY - timedelta(hours=arrival.id)
        article = Article("Title", ("It happened.",), url=arrival.entry.link, published=published)
        await archive.keep(arrival, article, [MOSUL])
    return archive


# --- tables


def make_first_tables(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


SUBSCRIPTION = {
    "platform": CHAT.platform, "chat": CHAT.id, "kind": CHAT.kind, "thread": CHAT.thread,
    "command": "brief", "arguments": "long", "locale": "fr", "at": "08:00", "zone": "Europe/Paris",
    "days": "0123456", "next_day": "2026-03-02", "next_run_at": 1772434800, "paused": "",
}  # fmt: skip
EDITION = (
    "INSERT INTO editions (subscription, day, due_at, frozen, done, missed) "
    "VALUES (1, '2026-03-01', 1772348400, true, false, '')"
)
PART = (
    "INSERT INTO parts (edition, position, payload, state, attempts, not_before, uncertain_since) "
    """VALUES (1, 0, '{"text": "Hello"}', 'pending', 0, 0, 0)"""
)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_database_of_the_first_version_keeps_its_digests_and_gains_what_is_new(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/dateline.db"
    if database == "postgresql":
        url = await new_database(request.getfixturevalue("postgresql_url"))
    columns = [column.name for column in subscriptions.columns if column.name in SUBSCRIPTION]
    marks = ", ".join(f":{name}" for name in columns)
    insert = text(f"INSERT INTO subscriptions ({', '.join(columns)}) VALUES ({marks})")  # noqa: S608 - our own names
    old = engine_module._database(url)
    await old.write(make_first_tables)
    await old.write(count(insert, SUBSCRIPTION))
    for row in (EDITION, PART):
        await old.write(count(text(row)))
    await old.close()
    store = await DatabaseStore.open(url)
    [(kept, due)] = await store.subscriptions(CHAT)
    assert (kept.arguments, kept.locale, kept.timing.zone) == ("long", "fr", "Europe/Paris")
    [edition] = await store.open_editions(CHAT, MONDAY)
    assert [part.payload for part in await store.parts(edition)] == [{"text": "Hello"}]
    other = await store.subscribe(replace(kept, arguments="short"), due)
    assert {one.id for one, _ in await store.subscriptions(CHAT)} == {kept.id, other.id}
    await store.close()
    opened = await open_database(url)
    archive = DatabaseArchive(opened)
    await archive.follow([Follow(CHAT, FEED)], MONDAY)
    assert await archive.follows(CHAT) == [Follow(CHAT, FEED)]
    await opened.close()


async def new_database(url: str) -> str:
    """An empty database beside the one that the other tests share."""
    engine = create_async_engine(
        url.replace("postgresql", "postgresql+asyncpg", 1), isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        await connection.execute(text("DROP DATABASE IF EXISTS migrating"))
        await connection.execute(text("CREATE DATABASE migrating"))
    await engine.dispose()
    return url.replace("/postgres?", "/migrating?")


async def test_store_and_archive_share_one_database(database: SqliteDatabase) -> None:
    store, archive = DatabaseStore(database), await filled(database, 1)
    assert (await store.tally())["subscriptions"] == 0
    assert len(await archive.articles([FEED.url], MONDAY - timedelta(days=1))) == 1


# --- what goes wrong


async def test_a_table_that_goes_away_is_said_in_words(database: SqliteDatabase) -> None:
    archive = await filled(database, 1)
    await database.write(count(text("DROP TABLE article_places")))
    with pytest.raises(StoreError, match="no such table: article_places"):
        await archive.about([MOSUL.place], [FEED.url])


async def test_a_record_that_fails_halfway_leaves_nothing(database: SqliteDatabase) -> None:
    archive = await filled(database, 0)
    entry = KeyedEntry(Entry(FEED, "https://example.org/1"), ("k",))
    stop = (
        "CREATE TRIGGER stop BEFORE UPDATE ON feeds BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    await database.write(count(text(stop)))
    with pytest.raises(StoreError, match="Make room on the disk"):
        await archive.record(FeedState(FEED, MONDAY), [entry], MONDAY)
    await database.write(count(text("DROP TRIGGER stop")))
    assert await archive.arrivals(MONDAY) == []
    assert len(await archive.record(FeedState(FEED, MONDAY), [entry], MONDAY)) == 1


# --- what it costs


def overheard(database: SqliteDatabase) -> list[tuple[str, Any]]:
    """What the database is asked from now on: each statement with its values."""
    asked: list[tuple[str, Any]] = []

    def hear(*said: Any) -> None:  # noqa: ANN401 - the event's own: connection, cursor, statement, values
        asked.append((said[2], said[3]))

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", hear)
    return asked


async def test_an_answer_goes_from_the_followed_feeds_to_their_newest_articles(
    database: SqliteDatabase,
) -> None:
    archive = await filled(database, 3)
    asked = overheard(database)
    week = MONDAY - timedelta(days=7)
    await archive.about([MOSUL.place], [FEED.url], since=week, limit=2)
    searches = [one for one in asked if "heaps" in one[0]]
    assert len(searches) == 3  # the newest, their number, the number of the older ones
    for statement, values in searches:
        plan = await explained(database, statement, values)
        step = plan[plan.index("SCAN heaps") + 1]
        assert step.startswith("SEARCH article_places USING PRIMARY KEY (place=? AND feed=? AND ")
        assert "instant" in step


async def explained(database: SqliteDatabase, statement: str, values: Any) -> list[str]:  # noqa: ANN401 - the driver's
    def explain(connection: Connection) -> list[str]:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        return [str(detail) for *_, detail in plan]

    return await database.read(explain)


async def test_a_feed_of_thousands_of_entries_takes_few_statements(
    database: SqliteDatabase,
) -> None:
    archive = await filled(database, 0)
    many = [
        KeyedEntry(Entry(FEED, f"https://example.org/{one}"), (f"{one}", f"x{one}"))
        for one in range(2_000)
    ]
    asked = overheard(database)
    await archive.record(FeedState(FEED, MONDAY), many, MONDAY)
    assert len(asked) < 15
    asked.clear()
    await archive.record(FeedState(FEED, MONDAY), many[:50], MONDAY)
    assert len(asked) <= 4  # begin, lock, remember, note the state


async def test_counting_ends_where_nobody_reads_on(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = await filled(database, 7)
    monkeypatch.setattr(place_index, "MOST_COUNTED", 3)
    day = MONDAY - timedelta(days=1)
    found = await archive.about([MOSUL.place], [FEED.url], since=day, limit=1)
    assert (len(found.articles), found.total) == (1, 3)
    old = await archive.about([MOSUL.place], [FEED.url], since=MONDAY)
    assert (old.total, old.older) == (0, 3)


async def test_pruning_takes_one_chunk_after_another(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = await filled(database, 5)
    monkeypatch.setattr(archive_module, "CHUNK", 2)
    begun: list[object] = []
    event.listen(database.engines[0], "commit", begun.append)
    assert await archive.prune(MONDAY + timedelta(seconds=1)) == 5
    assert len(begun) >= 5
    for table in ("articles", "article_feeds", "article_places", "entries"):
        assert await database.read(rows(text(f"SELECT 1 FROM {table} LIMIT 1"))) == []  # noqa: S608 - our own names
