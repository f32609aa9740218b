"""A backup is whole, taken while others write, and puts everything back."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from bot.core.errors import SettingsError, StoreError
from bot.core.schedule import Subscription, next_due, parse_timing
from bot.ops.backup import backup, restore
from bot.store.database import DatabaseStore
from bot.store.engine import MIGRATIONS
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


OLD_SUBSCRIPTION = """
INSERT INTO subscriptions (platform, chat, kind, thread, command, arguments, locale, at, zone, days,
    next_day, next_run_at)
VALUES ('fake', '1001', 'private', '', 'brief', '', '', '08:00', 'UTC', '0123456', '2026-03-02', 0)
"""

COMMIT = "UPDATE subscriptions SET arguments = 'committed'"


def committed(path: Path) -> int:
    """How many subscriptions have what COMMIT wrote."""
    with closing(sqlite3.connect(path)) as one:
        query = "SELECT count(*) FROM subscriptions WHERE arguments = 'committed'"
        return int(one.execute(query).fetchone()[0])


def names(folder: Path, part: str) -> list[str]:
    """The files with this in their names."""
    return [path.name for path in folder.iterdir() if part in path.name]


async def test_a_backup_holds_what_the_database_held(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=3)
    size = backup(database, tmp_path / "copy.db")
    assert size > 0
    assert await kept(tmp_path / "copy.db") == 3
    assert set(names(tmp_path, "")) == {"dateline.db", "copy.db"}


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
    before = restore(tmp_path / "copy.db", database)
    assert before is not None
    assert await kept(before) == 2


def make_old_tables(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0002")


async def test_an_older_backup_is_migrated_and_keeps_its_data(tmp_path: Path) -> None:
    database = tmp_path / "dateline.db"
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        make_old_tables(connection)
        connection.execute(text(OLD_SUBSCRIPTION))
    engine.dispose()
    backup(database, tmp_path / "old.db")
    restore(tmp_path / "old.db", tmp_path / "again.db")
    assert await kept(tmp_path / "again.db") == 1


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 4000])
async def test_what_is_no_backup_is_refused_and_changes_nothing(
    tmp_path: Path, content: bytes
) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    (tmp_path / "other.db").write_bytes(content)
    with pytest.raises(SettingsError, match=r"other\.db cannot be read as a database of Dateline"):
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
    assert not names(tmp_path, "unfinished")
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


# --- nothing is touched that was not named


@pytest.mark.parametrize("name", ["copy.db.new", "copy.db-new", "copy.db.before-restore"])
async def test_a_backup_leaves_the_files_beside_it_alone(tmp_path: Path, name: str) -> None:
    database = await made(tmp_path / "dateline.db")
    (tmp_path / name).write_bytes(b"of the user")
    backup(database, tmp_path / "copy.db")
    assert (tmp_path / name).read_bytes() == b"of the user"


async def test_a_database_of_any_name_outlives_its_backup(tmp_path: Path) -> None:
    database = await made(tmp_path / "live.new", hours=3)
    backup(database, tmp_path / "live")
    assert await kept(database) == 3
    assert await kept(tmp_path / "live") == 3


async def test_a_backup_of_any_name_can_be_restored_and_stays(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=5)
    copy = await made(tmp_path / "dateline.db.new", hours=2)
    before = restore(copy, database)
    assert before is not None
    assert [await kept(one) for one in (database, copy, before)] == [2, 2, 5]


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
async def test_a_backup_never_is_what_sqlite_keeps_beside_the_database(
    tmp_path: Path, end: str
) -> None:
    database = await made(tmp_path / "dateline.db")
    with pytest.raises(SettingsError, match="name of a new file"):
        backup(database, tmp_path / f"dateline.db{end}", replaces=True)


async def test_the_log_of_a_lost_copy_does_not_spoil_the_new_one(tmp_path: Path) -> None:
    database, copy = await made(tmp_path / "dateline.db", hours=3), tmp_path / "copy.db"
    crashed(database, copy)
    copy.unlink()
    with pytest.raises(SettingsError, match=r"copy\.db-wal is there already"):
        backup(database, copy)
    backup(database, copy, replaces=True)
    assert await kept(copy) == 3
    assert committed(copy) == 0


# --- nothing that was committed is lost


def crashed(database: Path, copy: Path) -> Path:
    """Copy what a crash would leave of a database: what was written last is only in the log."""
    with closing(sqlite3.connect(database)) as bot, bot:
        bot.execute("PRAGMA journal_mode=WAL")
        bot.execute("SELECT count(*) FROM subscriptions")
        bot.execute(COMMIT)
        bot.commit()
        for end in ("", "-wal"):
            shutil.copyfile(f"{database}{end}", f"{copy}{end}")
        bot.execute("UPDATE subscriptions SET arguments = ''")
    return copy


async def test_what_only_the_log_of_a_copied_folder_holds_is_restored_too(tmp_path: Path) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    copy = crashed(database, tmp_path / "copy.db")
    restore(copy, database)
    assert committed(database) == 2


async def test_what_only_the_log_of_the_database_holds_is_kept_too(tmp_path: Path) -> None:
    copy = await made(tmp_path / "copy.db", hours=2)
    database = crashed(await made(tmp_path / "live.db", hours=5), tmp_path / "dateline.db")
    before = restore(copy, database)
    assert before is not None
    assert (committed(before), committed(database)) == (5, 0)


async def test_the_log_of_a_broken_database_is_kept_with_it(tmp_path: Path) -> None:
    copy = await made(tmp_path / "copy.db", hours=2)
    database = crashed(await made(tmp_path / "live.db", hours=5), tmp_path / "dateline.db")
    database.write_bytes(b"what a failing disk left" * 200)
    log = (tmp_path / "dateline.db-wal").read_bytes()
    before = restore(copy, database)
    assert before is not None
    assert before.with_name(f"{before.name}-wal").read_bytes() == log
    assert await kept(database) == 2


async def test_nothing_is_restored_while_another_program_has_the_database_open(
    tmp_path: Path,
) -> None:
    database, copy = await made(tmp_path / "dateline.db", hours=5), await made(tmp_path / "copy.db")
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM subscriptions").fetchone()
        with closing(sqlite3.connect(database)) as writer, writer:
            writer.execute(COMMIT)
        with pytest.raises(SettingsError, match=r"program has the database .*dateline\.db open"):
            restore(copy, database)
    assert committed(database) == 5
    assert not names(tmp_path, "before-restore")
    assert not names(tmp_path, "unfinished")


async def test_a_database_behind_a_link_is_replaced_where_it_is(tmp_path: Path) -> None:
    copy = await made(tmp_path / "copy.db", hours=2)
    (tmp_path / "disk").mkdir()
    real = crashed(await made(tmp_path / "live.db", hours=5), tmp_path / "disk" / "dateline.db")
    (tmp_path / "dateline.db").symlink_to(real)
    before = restore(copy, tmp_path / "dateline.db")
    assert before is not None
    assert (committed(before), await kept(real)) == (5, 2)
    assert (tmp_path / "dateline.db").is_symlink()


STRIKE = """
import os, signal, sys
from pathlib import Path
from bot.ops.backup import restore

how, number, copy, database = sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:])

def strike(event, arguments):
    global number
    if event == "open" and not isinstance(arguments[0], str):  # no file, or by its number
        return
    if event in {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}:
        number -= 1
        if number == 0 and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 0 or (how == "link" and event == "os.link"):
            raise OSError(5, "the disk fails")

sys.addaudithook(strike)
restore(copy, database)
sys.exit(42 if number > 0 else 0)
"""
NEVER = 42
"""The restore had fewer steps than that."""


def strike(how: str, number: int, copy: Path, database: Path) -> int:
    """Restore in another process that is hit at this step; return its exit status."""
    command = [sys.executable, "-c", STRIKE, how, str(number), str(copy), str(database)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def held(folder: Path) -> dict[str, int | bytes]:
    """Every file of a folder: how many subscriptions are in it, or what else is."""
    found: dict[str, int | bytes] = {}
    for path in folder.iterdir():
        if path.is_file() and not path.name.endswith("-shm"):  # SQLite's own, made anew when needed
            found[path.name] = what = path.read_bytes()
            if what.startswith(b"SQLite"):
                with closing(sqlite3.connect(path)) as one:
                    query = "SELECT count(*) FROM subscriptions"
                    found[path.name] = int(one.execute(query).fetchone()[0])
    return found


Hit = tuple[int, dict[str, int | bytes], dict[str, int | bytes]]


async def hit_at_every_step(how: str, folder: Path, state: str) -> list[Hit]:
    """Restore a copy again and again; return its exit status, and what was there before and then.

    The copy has 1 subscription, and the database 5, unless it is broken.
    """
    copy, sound = await made(folder / "copy.db"), await made(folder / "sound.db", hours=5)
    hits: list[Hit] = []
    while not hits or hits[-1][0] != NEVER:
        (database := folder / f"{len(hits) + 1}" / "dateline.db").parent.mkdir()
        if state == "sound":
            shutil.copyfile(sound, database)
        else:
            crashed(sound, database).write_bytes(b"what a failing disk left" * 200)
        before = held(database.parent)
        status = strike(how, len(hits) + 1, copy, database)
        hits.append((status, before, held(database.parent)))
    assert len(hits) > 5
    return hits


@pytest.mark.parametrize("state", ["sound", "broken"])
async def test_a_restore_killed_at_any_step_leaves_one_of_the_two_databases(
    tmp_path: Path, state: str
) -> None:
    for status, before, after in await hit_at_every_step("kill", tmp_path, state):
        assert status in {-signal.SIGKILL, NEVER}
        assert after["dateline.db"] in {before["dateline.db"], 1}


@pytest.mark.parametrize("state", ["sound", "broken"])
async def test_a_restore_that_fails_at_any_step_has_changed_nothing(
    tmp_path: Path, state: str
) -> None:
    for status, before, after in await hit_at_every_step("fail", tmp_path, state):
        if status in {0, NEVER}:  # what fails at the very end is only the tidying up
            assert after["dateline.db"] == 1
        else:
            assert after == before


async def test_the_database_is_kept_also_where_a_file_has_only_one_name(tmp_path: Path) -> None:
    database, copy = await made(tmp_path / "dateline.db", hours=5), await made(tmp_path / "copy.db")
    assert strike("link", 1000, copy, database) == NEVER
    assert await kept(database) == 1
    assert await kept(tmp_path / "dateline.db.before-restore") == 5
    assert not names(tmp_path, "unfinished")


# --- what is at fault is said


def foreign(path: Path, *statements: str) -> Path:
    """Make an SQLite database of something else."""
    with closing(sqlite3.connect(path)) as other, other:
        for statement in statements:
            other.execute(statement)
    return path


VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32))"


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([VERSIONS], "it does not say of which version it is"),
        ([VERSIONS, "INSERT INTO alembic_version VALUES ('0002')"], "no such table: subscriptions"),
    ],
)
async def test_a_database_of_something_else_is_refused_by_its_name(
    tmp_path: Path, statements: list[str], why: str
) -> None:
    database = await made(tmp_path / "dateline.db", hours=2)
    if why.startswith("it"):
        statements = [*statements, "CREATE TABLE subscriptions (id INTEGER)"]
    other = foreign(tmp_path / "other.db", *statements)
    with pytest.raises(SettingsError) as refused:
        restore(other, database)
    assert str(refused.value) == f"{other} cannot be read as a database of Dateline: {why}."
    assert await kept(database) == 2


async def test_a_database_that_cannot_be_read_is_named_by_its_backup(tmp_path: Path) -> None:
    database = tmp_path / "dateline.db"
    database.write_bytes(b"what a failing disk left")
    with pytest.raises(SettingsError, match=r"dateline\.db cannot be read.*not a database"):
        backup(database, tmp_path / "copy.db")
    assert names(tmp_path, "") == ["dateline.db"]


def no_more_files_beside(database: Path) -> None:
    """Hinder SQLite, which follows no link there, as a disk does that became read-only."""
    database.with_name(f"{database.name}-shm").symlink_to("nowhere")


async def test_a_database_on_a_disk_that_became_read_only_is_backed_up(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    database = await made(tmp_path / "disk" / "dateline.db", hours=3)
    no_more_files_beside(database)
    backup(database, tmp_path / "copy.db")
    assert await kept(tmp_path / "copy.db") == 3


async def test_a_database_is_never_backed_up_without_its_log(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    database = crashed(await made(tmp_path / "live.db"), tmp_path / "disk" / "dateline.db")
    no_more_files_beside(database)
    with pytest.raises(SettingsError, match=r"disk/dateline\.db cannot be read.*unable to open"):
        backup(database, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


async def test_of_a_copy_that_cannot_be_written_it_is_said_why(tmp_path: Path) -> None:
    database, target = await made(tmp_path / "dateline.db"), tmp_path / "no" / "copy.db"
    with pytest.raises(SettingsError) as refused:
        backup(database, target)
    assert str(refused.value) == (
        f"The backup {target} of {database} could not be written: No such file or directory."
    )
