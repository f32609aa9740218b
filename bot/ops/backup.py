"""A copy of the database while the bot runs, and back. Knows SQLite's files, and of the tables no
more than tells a database of Dateline from another one.

https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.core.errors import SettingsError

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database: of another database it would be read as this one's."""


def backup(database: Path, target: Path, *, replaces: bool = False) -> int:
    """Copy the database to a new file, also while the bot writes; return its size in bytes.

    The copy is whole or it is not there at all. With `replaces` it may take the place of a file.
    Raises SettingsError in words.
    """
    if not database.exists():
        raise SettingsError(f"There is no database at {database} yet: nothing to back up.")
    if target.is_dir() or target.resolve() in _files(database.resolve()):
        raise SettingsError(f"{target} cannot be written to: give the name of a new file.")
    taken = [file for file in _files(target) if file.exists()]
    if taken and not replaces:
        raise SettingsError(
            f"{taken[0]} is there already. Give the name of a new file, or add --force to replace "
            "it."
        )
    try:
        with _new_file_beside(target) as fresh:
            _copy(database, fresh, "rw")  # reading alone leaves behind what SQLite keeps beside
            _check(fresh, database)
            _sync(fresh)
            for file in _files(target)[1:]:
                file.unlink(missing_ok=True)
            fresh.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise SettingsError(
            f"The backup {target} of {database} could not be written: {_cause(error)}."
        ) from error
    return target.stat().st_size


def restore(
    source: Path, database: Path, prepare: Callable[[Path], None] = lambda fresh: None
) -> Path | None:
    """Put a backup in the place of the database; return where the one before is kept.

    `prepare` is given the copy before it takes the place: it migrates an older one, and raises a
    DatelineError for a newer one. The bot must not be running. Raises SettingsError in words, and
    then nothing has changed. Killed at any moment, it leaves one of the two databases, whole.
    """
    if not source.is_file():
        raise SettingsError(f"There is no backup at {source}.")
    database = database.resolve()  # SQLite keeps its log beside the file that a link leads to
    _check(source, source)
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with _new_file_beside(database) as fresh:
            _copy(source, fresh, "ro")
            prepare(fresh)
            _into_one_file(fresh)
            _check(fresh, source)
            _sync(fresh)
            return _take_the_place(fresh, database)
    except (sqlite3.Error, OSError) as error:
        raise SettingsError(f"{source} could not be restored: {_cause(error)}.") from error


def _take_the_place(fresh: Path, database: Path) -> Path | None:
    """Let a file be the database, in one step; keep the one before under another name."""
    _close_log(database)
    was_there = database.exists()
    kept = _free_name(database.with_name(database.name + ".before-restore"))
    moved: list[tuple[Path, Path]] = []
    try:
        if was_there:
            _keep(database, kept)
        # What is still beside it is of a database that is broken or gone.
        for old, new in list(zip(_files(database), _files(kept), strict=True))[1:]:
            if old.exists():
                old.replace(new)
                moved.append((old, new))
        fresh.replace(database)
    except OSError:
        for old, new in moved:
            new.replace(old)
        kept.unlink(missing_ok=True)
        raise
    return kept if was_there else None


def _close_log(database: Path) -> None:
    """Have all of a database in its one file; one that is broken stays as it is.

    Raises SettingsError while another program has it open: when that program ends, it removes the
    log by its name, and by then it would be the log of the restored database.
    """
    if not database.exists():
        return
    try:
        _into_one_file(database)
    except sqlite3.Error as error:
        if _is(error, sqlite3.SQLITE_BUSY):
            raise SettingsError(
                f"Another program has the database {database} open. End it first."
            ) from error


def _into_one_file(database: Path) -> None:
    with closing(_open(database, "rw")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _keep(database: Path, kept: Path) -> None:
    """Give a file a second name. It has its first one until another file takes that."""
    try:
        os.link(database, kept)
    except OSError:  # a file system without links
        with _new_file_beside(database) as copy:
            shutil.copy2(database, copy)
            _sync(copy)
            copy.replace(kept)


def _free_name(path: Path) -> Path:
    """Return the path, or the first of path-2, path-3... of which no file is there."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(
        one for one in chain([path], numbered) if not any(file.exists() for file in _files(one))
    )


def _files(database: Path) -> list[Path]:
    """Return the names of a database's file and of all that SQLite may keep beside it."""
    return [database.with_name(database.name + end) for end in ("", *_BESIDE)]


@contextmanager
def _new_file_beside(path: Path) -> Iterator[Path]:
    """Name a file in a new folder beside the path: nobody else's file can have that name.

    What is in the folder at the end is removed.
    """
    with TemporaryDirectory(
        dir=path.parent, prefix="dateline-unfinished-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder, "dateline.db")


def _copy(source: Path, fresh: Path, mode: str) -> None:
    """Copy a database with what its log holds. Raises SettingsError where it cannot be read."""
    try:
        connection = _open(source, mode)
    except sqlite3.Error as error:
        raise _unreadable(source, error) from error
    with closing(connection), closing(sqlite3.connect(fresh)) as copy:
        connection.backup(copy)  # in one go: between two steps a write would begin it anew
        copy.execute("PRAGMA journal_mode=DELETE")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database that is there.

    On a disk that is read-only SQLite cannot make the files beside it. A database without a log
    needs none of them (https://sqlite.org/wal.html#read_only_databases).
    """
    is_alone = not any(file.exists() for file in _files(path)[1:])
    try:
        return _connect(path, mode)
    except sqlite3.Error as error:
        if is_alone and _is(error, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return _connect(path, "ro&immutable=1")
        raise


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    url = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(url, uri=True, timeout=30)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")  # before this no file is opened
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check(path: Path, named: Path) -> None:
    """Raise SettingsError, which names a file, unless this is a sound database of Dateline."""
    try:
        with closing(_open(path, "ro")) as one:
            sound = one.execute("PRAGMA quick_check").fetchone()[0]
            versions = one.execute("SELECT version_num FROM alembic_version").fetchall()
            one.execute("SELECT count(*) FROM subscriptions")  # every version has them
    except sqlite3.Error as error:
        raise _unreadable(named, error) from error
    if sound != "ok":
        raise SettingsError(f"{named} is damaged: {sound}.")
    if not versions:
        raise _unreadable(named, "it does not say of which version it is")


def _unreadable(path: Path, why: object) -> SettingsError:
    return SettingsError(f"{path} cannot be read as a database of Dateline: {why}.")


def _is(error: sqlite3.Error, *codes: int) -> bool:
    """Tell whether SQLite's error is of one of these kinds (https://sqlite.org/rescode.html)."""
    return error.sqlite_errorcode & 0xFF in codes


def _cause(error: sqlite3.Error | OSError) -> object:
    """Leave out the names of our own new files, which nobody knows."""
    return error.strerror if isinstance(error, OSError) else error


def _sync(path: Path) -> None:
    """Have the file on the disk before its name is: a power cut must not leave an empty one."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
