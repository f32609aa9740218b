"""A folder that goes away with the process that made it, however that ends; kill -9 included.

A child process holds the end of a pipe: when the pipe breaks, it stops the PostgreSQL server in the
folder, if there is one, and removes the folder. Knows nothing of the bot.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = "server"
"""Where in the folder a PostgreSQL server has its data."""
STOP_SECONDS = 20


@contextmanager
def guarded() -> Iterator[Path]:
    """Make the folder; it is gone when the block, or this process, has ended."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-chaos-"))
    folder.chmod(0o755)  # as root the server runs as another user
    command = [sys.executable, __file__, str(folder)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield folder
    finally:
        guard.communicate()


def _stop_server(data: Path) -> None:
    """https://www.postgresql.org/docs/current/server-shutdown.html: SIGINT is a fast shutdown."""
    lock = data / "postmaster.pid"
    try:
        os.kill(int(lock.read_text().split()[0]), signal.SIGINT)
    except (OSError, ValueError, IndexError):
        return
    gives_up = time.monotonic() + STOP_SECONDS
    while lock.exists() and time.monotonic() < gives_up:
        time.sleep(0.05)


def main(folder: Path) -> None:
    """Wait until nobody holds the other end of the pipe, and clean up."""
    sys.stdin.read()
    _stop_server(folder / SERVER)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
