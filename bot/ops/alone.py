"""One running bot on one SQLite database: a lock that ends with its process, however that ends.

Knows no table. Two bots would each take back what the other has in hand.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import IO

from bot.core.errors import SettingsError

LOOK_SECONDS = 1.0
"""How often it is looked whether the lock is where it was."""

log = logging.getLogger(__name__)


@contextmanager
def alone(database: Path, look_seconds: float = LOOK_SECONDS) -> Iterator[None]:
    """Hold the lock beside the database. Raises SettingsError while another process holds it.

    A record lock: children of the process do not inherit it, so none of them outlives it with the
    lock in hand (https://man7.org/linux/man-pages/man2/fcntl_locking.2.html). Its file is made anew
    when it is taken away, as the database is.
    """
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = [_locked(path, database)]
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}. Make the folder of the database writable "
            "for this user, or set DATELINE_DATA_DIR or DATELINE_DATABASE_URL."
        ) from error
    ended = Event()
    guard = Thread(target=_guard, args=(held, path, database, ended, look_seconds), daemon=True)
    guard.start()
    try:
        yield
    finally:
        ended.set()
        guard.join()
        for file in held:
            file.close()


def _guard(
    held: list[IO[str]], path: Path, database: Path, ended: Event, look_seconds: float
) -> None:
    """Take the lock again whenever its file is taken away, until it is let go.

    A lost file stays open: it may come back, and closing it would let go of a lock on it.
    """
    is_told = False
    while not ended.wait(look_seconds):
        if _is_at(path, held[-1]):
            continue
        try:
            held.append(_locked(path, database))
        except OSError:  # its folder is gone, too: the database says so, and gets no second lock
            continue
        except SettingsError:
            if not is_told:
                log.error("The lock %s was taken away, and another Dateline runs: end one", path)
            is_told = True
        else:
            log.warning("The lock %s was taken away while Dateline ran: made anew", path)


def _is_at(path: Path, file: IO[str]) -> bool:
    """Tell whether the open file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def _locked(path: Path, database: Path) -> IO[str]:
    """Open the file and lock it. Raises OSError, or SettingsError where another process has."""
    file = path.open("w")
    try:
        _take(file.fileno(), database)
    except SettingsError:
        file.close()
        raise
    return file


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
