"""Notices that SQLite's file was taken away while it is open. Knows no table.

SQLite goes on with a file that has lost its name, and all of it is gone at the end of the process
(https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.core.errors import StoreError

log = logging.getLogger(__name__)


class SameFile:
    """The file of a database, known by its number on the disk since the first look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = _number(path)

    def is_there(self) -> bool:
        """Tell whether the file is where it was. Raises StoreError when another took its place."""
        number = _number(self._path)
        self._number = self._number or number
        if number is not None and number != self._number:
            raise StoreError(
                f"The database {self._path} was replaced while Dateline ran. "
                "Stop Dateline and start it again."
            )
        return number == self._number

    def put_back(self, connection: sqlite3.Connection, let_go: Callable[[], None]) -> None:
        """Write what an open connection still has to the file again.

        `let_go` closes the connections to the lost one. Raises StoreError, and then all is as it
        was.
        """
        try:
            # In a folder of its own, nobody else's file can have its name.
            with TemporaryDirectory(
                dir=self._path.parent, prefix="dateline-unfinished-", ignore_cleanup_errors=True
            ) as folder:
                fresh = Path(folder, self._path.name)
                with closing(sqlite3.connect(fresh)) as copy:
                    connection.backup(copy)
                let_go()
                for end in ("-wal", "-shm"):
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
                fresh.replace(self._path)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"The database {self._path} was taken away while Dateline ran, and could not be "
                f"written again: {error}. Make its folder anew, and let Dateline run meanwhile."
            ) from error
        self._number = _number(self._path)
        log.error("The database %s was taken away while Dateline ran: written anew", self._path)


def _number(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
