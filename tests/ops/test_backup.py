"""A backup is whole, taken while others write, and puts everything back."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import SettingsError, StoreError
from bot.core.schedule import Subscription, next_due, parse_timing
from bot.ops.backup import backup, restore
from bot.store.database import DatabaseStore
from tests.fakes import CHAT, MONDAY


async def made(path: Path, hours: int = 1) -> Path:
    """A database with so many subscriptions."""
    store = await DatabaseStore.open(f"sqlite:///{path}")
    for hour in range(hours):
        timing = parse_timing(f"{hour}:00", "UTC")
        await store.subscribe(Subscription(CHAT, timing), next_due(timing, MONDAY))
    await store.close()
    return path


async def kept(path: Path) -> int:
    store = await DatabaseStore.open(f"sqlite:///{path}")
    try:
        return len(await store.subscriptions(CHAT))
    finally:
        await store.close()


def names(folder: Path, part: str) -> list[str]:
    """The files with this in their names."""
    return [path.name for path in folder.iterdir() if part in path.name]


async def test_a_backup_holds_what_the_database_held(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=3)
    size = backup(database, tmp_path / "copy.db")
    assert size > 0
    assert await kept(tmp_path / "copy.db") == 3
    assert not (tmp_path / "copy.db.new").exists()


async def test_a_backup_while_the_bot_writes_is_whole(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db")
    stop = threading.Event()

    with sqlite3.connect(database) as first:
        first.execute("CREATE TABLE pairs (one INTEGER, other INTEGER)")
    first.close()

    def write() -> None:
        connection = sqlite3.connect(database, timeout=30)
        number = 0
        while not stop.is_set():
            with connection:
                connection.execute("INSERT INTO pairs VALUES (?, ?)", (number, number))
                connection.execute("UPDATE pairs SET other = one")
            number += 1
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(3):
            backup(database, tmp_path / f"{round_}.db")
    finally:
        stop.set()
        writer.join()
    for round_ in range(3):
        copy = sqlite3.connect(tmp_path / f"{round_}.db")
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM pairs WHERE one <> other").fetchone() == (0,)
        copy.close()


async def test_a_large_backup_ends_although_the_bot_never_stops_writing(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db")
    with closing(sqlite3.connect(database)) as first, first:
        first.execute("CREATE TABLE pages (page BLOB)")
        first.executemany("INSERT INTO pages VALUES (?)", [(b"x" * 4000,)] * 12_000)
    stop, ended = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous=OFF")  # so that it writes all the time
            while not stop.wait(0.001):
                with connection:
                    connection.execute("INSERT INTO pages VALUES (?)", (b"y",))

    def copy() -> None:
        backup(database, tmp_path / "copy.db")
        ended.set()

    threads = [threading.Thread(target=work) for work in (write, copy)]
    for thread in threads:
        thread.start()
    in_time = ended.wait(10)
    stop.set()
    for thread in threads:
        thread.join()
    assert in_time


async def test_restoring_puts_everything_back_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    backup(database, tmp_path / "copy.db")
    await made(database, hours=5)
    before = restore(tmp_path / "copy.db", database)
    assert await kept(database) == 2
    assert before is not None
    assert await kept(before) == 5


async def test_restoring_where_there_is_nothing_yet_makes_the_database(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    backup(database, tmp_path / "copy.db")
    assert restore(tmp_path / "copy.db", tmp_path / "new" / "dateline.db") is None
    assert await kept(tmp_path / "new" / "dateline.db") == 2


async def test_what_a_lost_database_left_beside_it_does_not_spoil_the_restored_one(
    tmp_path: Path,
) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    backup(database, tmp_path / "copy.db")
    with closing(sqlite3.connect(database)) as crashed:
        with crashed:
            crashed.execute("DELETE FROM subscriptions")
        left = (tmp_path / "dateline.db-wal").read_bytes()
    database.unlink()
    (tmp_path / "dateline.db-wal").write_bytes(left)
    restore(tmp_path / "copy.db", database)
    assert await kept(database) == 2


async def test_an_older_backup_is_migrated_and_keeps_its_data(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    with sqlite3.connect(database) as old:
        for later in ("updates", "chats", "shelf"):
            old.execute(f"DROP TABLE {later}")
        old.execute("ALTER TABLE parts DROP COLUMN lease_until")
        old.execute("DROP INDEX ix_editions_done_subscription_due_at")
        old.execute("CREATE INDEX ix_editions_done_due_at ON editions (done, due_at)")
        old.execute("DROP INDEX ix_parts_state_edition")
        old.execute("CREATE INDEX ix_parts_state ON parts (state)")
        old.execute("UPDATE alembic_version SET version_num = '0002'")
    old.close()
    backup(database, tmp_path / "old.db")
    restore(tmp_path / "old.db", tmp_path / "again.db")
    assert await kept(tmp_path / "again.db") == 2


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 4000])
async def test_what_is_no_backup_is_refused_and_changes_nothing(
    tmp_path: Path, content: bytes
) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    (tmp_path / "other.db").write_bytes(content)
    with pytest.raises(SettingsError, match="not a backup"):
        restore(tmp_path / "other.db", database)
    assert await kept(database) == 2


async def test_restoring_twice_keeps_each_database_that_was_there(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=5)
    await made(tmp_path / "copy.db", hours=2)
    first = restore(tmp_path / "copy.db", database)
    second = restore(tmp_path / "copy.db", database)
    assert first is not None
    assert second is not None
    assert (await kept(first), await kept(second)) == (5, 2)


async def test_a_backup_that_cannot_be_prepared_changes_nothing(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=5)
    await made(tmp_path / "copy.db", hours=2)

    def refuse(fresh: Path) -> None:
        raise StoreError(f"A newer Dateline made {fresh}")

    with pytest.raises(StoreError):
        restore(tmp_path / "copy.db", database, refuse)
    assert await kept(database) == 5
    assert not names(tmp_path, ".new")
    assert not names(tmp_path, "before-restore")


async def test_a_backup_takes_the_place_of_a_database_that_is_broken(tmp_path: Path) -> None:
    database, copy = tmp_path / "dateline.db", await made(tmp_path / "copy.db", hours=2)
    database.write_bytes(b"what a failing disk left")
    before = restore(copy, database)
    assert await kept(database) == 2
    assert before is not None
    assert before.read_bytes() == b"what a failing disk left"


async def test_a_backup_replaces_a_file_only_when_told_to(tmp_path: Path) -> None:
    database, copy = await made(tmp_path / "dateline.db", hours=3), tmp_path / "copy.db"
    copy.write_bytes(b"the only copy of last week")
    with pytest.raises(SettingsError, match=r"is there already.*--force"):
        backup(database, copy)
    assert copy.read_bytes() == b"the only copy of last week"
    backup(database, copy, replaces=True)
    assert await kept(copy) == 3


async def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no backup at"):
        restore(tmp_path / "none.db", tmp_path / "dateline.db")
    with pytest.raises(SettingsError, match="nothing to back up"):
        backup(tmp_path / "none.db", tmp_path / "copy.db")
    database = await made(tmp_path / "dateline.db")
    for target in (database, tmp_path):
        with pytest.raises(SettingsError, match="name of a new file"):
            backup(database, target)
    with pytest.raises(SettingsError, match="could not be written"):
        backup(database, tmp_path / "no" / "such" / "copy.db")
