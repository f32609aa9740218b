"""One running bot on one SQLite database: a lock that ends with its process, however that ends.

Knows no table. Two bots would each take back what the other has in hand.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import SettingsError


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Hold the lock beside the database. Raises SettingsError while another process holds it.

    A record lock: children of the process do not inherit it, so none of them outlives it with the
    lock in hand (https://man7.org/linux/man-pages/man2/fcntl_locking.2.html).
    """
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}. Make the folder of the database writable "
            "for this user, or set DATELINE_DATA_DIR or DATELINE_DATABASE_URL."
        ) from error
    with file:
        _take(file.fileno(), database)
        yield


def _take(lock: int, database: Path) -> None:
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:  # POSIX allows either
        raise SettingsError(
            f"Dateline is running on {database} already. Stop it first: one process runs all "
            "platforms, and several need PostgreSQL (dateline work)."
        ) from error
    except OSError:
        return  # a file system without locks
