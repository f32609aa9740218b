"""A copy of the database while the bot runs, and back. Knows SQLite's files and no table.

https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import chain, count
from pathlib import Path

from bot.core.errors import DatelineError, SettingsError

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database: of another database it would be read as this one's."""


def backup(database: Path, target: Path, *, replaces: bool = False) -> int:
    """Copy the database to a new file, also while the bot writes; return its size in bytes.

    The copy is whole or it is not there at all. With `replaces` it may take the place of a file.
    Raises SettingsError in words.
    """
    if not database.exists():
        raise SettingsError(f"There is no database at {database} yet: nothing to back up.")
    if target.exists() and (target.is_dir() or target.samefile(database)):
        raise SettingsError(f"{target} cannot be written to: give the name of a new file.")
    if target.exists() and not replaces:
        raise SettingsError(
            f"{target} is there already. Give the name of a new file, or add --force to replace it."
        )
    fresh = target.with_name(target.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        with closing(_open(database)) as source, closing(sqlite3.connect(fresh)) as copy:
            source.backup(copy)  # in one go: between two steps a write would begin it anew
            copy.execute("PRAGMA journal_mode=DELETE")
        _check(fresh)
        _sync(fresh)
        fresh.replace(target)
    except (sqlite3.Error, OSError) as error:
        _forget(fresh)
        raise SettingsError(f"The backup {target} could not be written: {error}.") from error
    return target.stat().st_size


def restore(
    source: Path, database: Path, prepare: Callable[[Path], None] = lambda fresh: None
) -> Path | None:
    """Put a backup in the place of the database; return where the one before was moved to.

    `prepare` is given the copy before it takes the place: it migrates an older one, and raises a
    DatelineError for a newer one. The bot must not be running. Raises SettingsError in words, and
    then nothing has changed.
    """
    if not source.is_file():
        raise SettingsError(f"There is no backup at {source}.")
    fresh = database.with_name(database.name + ".new")
    try:
        _check(source)
        database.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, fresh)
        prepare(fresh)
        with closing(_open(fresh)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # all of it into the one file
        _check(fresh)
        _sync(fresh)
        kept = _put_aside(database)
        fresh.replace(database)
    except (sqlite3.Error, OSError) as error:
        _forget(fresh)
        raise SettingsError(f"{source} could not be restored: {error}.") from error
    except DatelineError:
        _forget(fresh)
        raise
    return kept


def _put_aside(database: Path) -> Path | None:
    """Keep the present database under another name, all that belongs to it included."""
    kept = None
    if database.exists():
        kept = _free_name(database.with_name(database.name + ".before-restore"))
        _into_one_file(database)
        database.replace(kept)
    for end in _BESIDE:
        database.with_name(database.name + end).unlink(missing_ok=True)
    return kept


def _into_one_file(database: Path) -> None:
    """Write what the log holds into the file; one that is broken is kept as it is."""
    with suppress(sqlite3.Error), closing(_open(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _free_name(path: Path) -> Path:
    """Return the path, or the first of path-2, path-3... that is not taken."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(one for one in chain([path], numbered) if not one.exists())


def _forget(fresh: Path) -> None:
    """Leave no half a copy, as far as the disk lets us."""
    for end in ("", *_BESIDE):
        with suppress(OSError):
            fresh.with_name(fresh.name + end).unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)


def _check(path: Path) -> None:
    """Raise SettingsError unless the file is a sound database of Dateline."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as one:
            sound = one.execute("PRAGMA quick_check").fetchone()[0]
            named = one.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error as error:
        raise SettingsError(f"{path} is not a backup of Dateline: {error}.") from error
    if sound != "ok" or not named:
        raise SettingsError(f"{path} is damaged: {sound}.")


def _sync(path: Path) -> None:
    """Have the file on the disk before its name is: a power cut must not leave an empty one."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
