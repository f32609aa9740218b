"""The lock beside the database: one bot holds it, and it ends with that bot."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


def waited_for(is_so: Callable[[], bool]) -> bool:
    """Wait until it is so, for ten seconds at the most."""
    gives_up = time.monotonic() + 10
    while not is_so() and time.monotonic() < gives_up:
        time.sleep(0.01)
    return is_so()


def test_a_lock_that_is_taken_away_with_its_folder_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "data" / "dateline.db"
    with alone(database, look_seconds=0.01):
        shutil.rmtree(database.parent)
        time.sleep(0.05)  # nothing is done while there is no folder
        assert not database.parent.exists()
        database.parent.mkdir()
        assert waited_for(lambda: "made anew" in caplog.text)
        refused = subprocess.run(
            [sys.executable, "-c", HOLD, str(database)], check=False, capture_output=True, text=True
        )
        assert "is running on" in refused.stderr
    with holding(database):  # it is let go of at the end
        pass


def test_a_second_bot_that_was_let_in_is_told_once_until_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database, other = tmp_path / "dateline.db", tmp_path / "other.db"
    with holding(other) as second, alone(database, look_seconds=0.01):
        (tmp_path / "other.db.lock").replace(tmp_path / "dateline.db.lock")
        assert waited_for(lambda: "another Dateline runs" in caplog.text)
        time.sleep(0.1)
        second.kill()
        assert waited_for(lambda: "made anew" in caplog.text)
    assert caplog.text.count("another Dateline runs") == 1
