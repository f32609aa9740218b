"""A PostgreSQL server of our own for the tests: `from tests.postgresql import postgresql_url`."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server whose data lies in this folder; give its address."""
    with warnings.catch_warnings():  # platformdirs complains of a missing XDG_RUNTIME_DIR
        warnings.simplefilter("ignore", RuntimeWarning)
        pgserver: Any = importlib.import_module("pgserver")  # not made for every Python
    running = pgserver.get_server(folder, cleanup_mode="stop")
    running.psql("ALTER SYSTEM SET fsync = off")  # nobody pulls the plug on a test
    running.psql("SELECT pg_reload_conf()")
    yield running.get_uri()
    running.cleanup()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server for the whole session of one worker.

    Its folder is not pytest's: as root the server runs as another user, who may not enter there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pytest.importorskip("pgserver", reason="pgserver is not made for this Python")
    with (
        tempfile.TemporaryDirectory(prefix="dateline-pg-", ignore_cleanup_errors=True) as folder,
        server(Path(folder)) as url,
    ):
        yield url
