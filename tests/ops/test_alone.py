"""The lock beside the database: one bot holds it, and it ends with that bot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.core.errors import SettingsError
from bot.ops.alone import alone

HOLD = """
import sys
from pathlib import Path
from bot.ops.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock."""
    command = [sys.executable, "-c", HOLD, str(database)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_bot_on_one_database_is_refused_in_words(tmp_path: Path) -> None:
    database = tmp_path / "dateline.db"
    with holding(database), pytest.raises(SettingsError, match="is running on"):
        alone(database).__enter__()
    with alone(tmp_path / "other.db"):
        pass


def test_a_bot_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    database = tmp_path / "dateline.db"
    with holding(database) as process:
        process.kill()
        process.wait()
        with alone(database):
            pass


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="DATELINE_DATA_DIR"), alone(tmp_path / "file" / "x.db"):
        pass
