"""The database itself: its tables, how it is opened, and what it says when it cannot be."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event

from bot.core.delivery import LEASE
from bot.core.errors import StoreError
from bot.core.journal import Update
from bot.core.messages import Chat, Paragraph, Reply, Request
from bot.core.ports import Edition, Opening, Outcome, Part, PartState
from bot.core.schedule import Subscription, Timing, next_due
from bot.store import journal
from bot.store.database import DatabaseStore
from bot.store.engine import HEAD, MIGRATIONS, open_database
from bot.store.journal import DatabaseJournal
from bot.store.schema import metadata
from bot.store.transactions import SqliteDatabase
from tests.fakes import CHAT, MONDAY, FakeAdapter, FakeClock, make_delivery

TIMING = Timing(time(8), "UTC")
EDITION = Edition(1, Subscription(CHAT, TIMING), next_due(TIMING, MONDAY))
PART = Part(1, EDITION.id, 0, CHAT, {}, PartState.SENDING)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


async def opened_and_closed(url: str) -> None:
    await (await DatabaseStore.open(url)).close()


async def refusal(url: str) -> str:
    """What is said about a database that cannot be opened."""
    with pytest.raises(StoreError) as caught:
        await DatabaseStore.open(url)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


# --- the tables


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "render_as_batch": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_the_migrations_make_exactly_the_schema(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = url_of(tmp_path / "new.db")
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    store = await DatabaseStore.open(url)
    assert await store._database.read(differences) == []
    await store.close()


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


async def test_two_starting_at_once_make_the_tables_once(tmp_path: Path) -> None:
    url = url_of(tmp_path / "new.db")
    await asyncio.gather(*(opened_and_closed(url) for _ in range(4)))
    await opened_and_closed(url)


async def test_sqlite_is_set_up_so_that_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    def look(connection: Connection) -> dict[str, object]:
        return {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    store = await DatabaseStore.open(url_of(tmp_path / "new.db"))
    found = await store._database.write(look)
    await store.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    await opened_and_closed(url_of(tmp_path / "a" / "b c" / "é.db"))
    assert (tmp_path / "a" / "b c" / "é.db").is_file()


# --- what cannot be opened


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    await opened_and_closed(url_of(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = await refusal(url_of(path))
    assert "A newer Dateline made the database (version 9999" in said
    assert "DATELINE_DATABASE_URL" in said
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    assert rows == [("9999",)]


async def test_a_read_only_database_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE something (id INTEGER)")
    connection.close()
    said = await refusal(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert "writable" in said
    assert "DATELINE_DATA_DIR" in said
    assert await asyncio.to_thread(os.listdir) == ["old.db"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in a read-only folder")
async def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    assert "writable" in await refusal(url_of(folder / "dateline.db"))
    assert "may not write" in await refusal(url_of(folder / "sub" / "dateline.db"))


async def test_a_folder_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, **_how: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "writable" in await refusal(url_of(tmp_path / "x" / "y.db"))


async def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    assert "Cannot use the database" in await refusal(url_of(tmp_path))


async def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = await refusal(url_of(tmp_path / "file" / "dateline.db"))
    assert "Cannot use the database" in said


@pytest.mark.parametrize("content", [b"no database\n" * 100, b"SQLite format 3\0" + b"\xff" * 900])
async def test_a_file_that_is_no_database_is_said_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert "Cannot use the database" in await refusal(url_of(path))
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "://x",
        "oracle://x",
        "nosuch://x",
        "postgresql://host:port/name",
        "postgresql://127.0.0.1:1/name",
    ],
)
async def test_an_address_that_leads_nowhere_is_said(url: str) -> None:
    assert "Cannot use the database" in await refusal(url)


async def test_a_password_is_never_said() -> None:
    for url in ("postgresql://me:secret@127.0.0.1:1/x", "postgresql://me:secret@host:port/x"):
        assert "secret" not in await refusal(url)


async def test_a_server_that_refuses_is_said(postgresql_url: str) -> None:
    assert "does not exist" in await refusal(postgresql_url.replace("/postgres?", "/nosuch?"))
    assert "?ssl=require" in await refusal(f"{postgresql_url}&sslmode=require")


# --- while it runs


async def test_a_database_that_goes_away_is_said_at_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    store = await DatabaseStore.open(url_of(path))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE parts")
    connection.close()
    with pytest.raises(StoreError, match="no such table"):
        await store.tally()
    await store.close()


async def test_hundreds_of_digests_at_one_hour_never_lock_each_other_out(tmp_path: Path) -> None:
    async def answer(_: Request) -> Reply:
        return Reply((Paragraph("hello"),))

    store = await DatabaseStore.open(url_of(tmp_path / "new.db"))
    clock, adapter = FakeClock(), FakeAdapter()
    chats = [Chat("fake", str(number)) for number in range(60)]
    for chat in chats:
        await store.subscribe(Subscription(chat, TIMING), next_due(TIMING, MONDAY))
    clock.advance(hours=2)
    delivery, jobs = make_delivery(store, {"fake": adapter}, answer, clock)
    await delivery.tick()
    await jobs.drain()
    assert sorted(post.chat.id for post in adapter.posts) == sorted(chat.id for chat in chats)
    assert await store.tally() == {"sent": 60, "subscriptions": 60, "missed": 0}
    await store.close()


async def test_a_digest_comes_once_over_a_restart_on_the_real_database(tmp_path: Path) -> None:
    async def answer(_: Request) -> Reply:
        return Reply((Paragraph("one"), Paragraph("two")))

    clock, adapter = FakeClock(), FakeAdapter(long=True)
    for start in range(3):
        store = await DatabaseStore.open(url_of(tmp_path / "new.db"))
        if start == 0:
            await store.subscribe(Subscription(CHAT, TIMING), next_due(TIMING, MONDAY))
            clock.advance(hours=2)
        delivery, jobs = make_delivery(store, {"fake": adapter}, answer, clock)
        await delivery.recover()
        await delivery.tick()
        await jobs.drain()
        await store.close()
    assert [post.text for post in adapter.posts] == ["one", "two"]


async def test_an_update_that_nobody_offers_any_more_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(url_of(tmp_path / "new.db"))
    ledger = DatabaseJournal(database)
    first, second = Update("1", {}), Update("2", {})
    assert await ledger.take("telegram", [first]) == [first]
    assert await ledger.take("telegram", [first]) == []
    monkeypatch.setattr(journal, "KEPT_SECONDS", -1)
    await ledger.take("telegram", [second])
    assert await ledger.unfinished("telegram") == [second]
    await database.close()


async def test_a_claim_of_another_process_is_not_given_back(tmp_path: Path) -> None:
    url, clock = url_of(tmp_path / "new.db"), FakeClock()
    mine, theirs = await DatabaseStore.open(url), await DatabaseStore.open(url)
    kept = await mine.subscribe(Subscription(CHAT, TIMING), due := next_due(TIMING, MONDAY))
    await mine.open_due([Opening(kept, due, next_due(TIMING, due.at))])
    [edition] = await mine.open_editions(CHAT, due.at)
    [part] = await mine.freeze(edition, [{"text": "one"}])
    assert await theirs.claim(part, clock.now(), LEASE)
    await mine.release(part)
    [left] = await mine.parts(edition)
    assert left.state is PartState.SENDING
    await theirs.release(part)
    [left] = await mine.parts(edition)
    assert left.state is PartState.PENDING
    for store in (mine, theirs):
        await store.close()


# --- what it costs


async def test_one_chat_is_looked_at_without_looking_at_what_everybody_has_left(
    tmp_path: Path,
) -> None:
    store = await DatabaseStore.open(url_of(tmp_path / "new.db"))
    assert isinstance(store._database, SqliteDatabase)
    steps: list[str] = []

    def explain(connection: Any, _: object, statement: str, values: Any, *_more: object) -> None:  # noqa: ANN401 - the event's own
        if not statement.startswith(("EXPLAIN", "BEGIN", "INSERT")):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
            steps.extend(step for *_, step in plan)

    for engine in store._database.engines:
        event.listen(engine, "before_cursor_execute", explain)
    await store.open_editions(CHAT, MONDAY)
    await store.give_up(EDITION, "too late")
    await store.pause(CHAT, "blocked")
    await store.freeze(EDITION, [])
    await store.mark(PART, Outcome(PartState.PENDING))
    await store.close()
    looks = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    assert len(looks) > 10
    everybody = "(done=?)", "(state=?)", "(platform=?)"
    assert not [step for step in looks if "SCAN" in step or step.endswith(everybody)]
