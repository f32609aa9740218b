"""A PostgreSQL server of our own for the tests: `from tests.postgresql import postgresql_url`."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server for the whole session of one worker.

    Its folder is not pytest's: as root the server runs as another user, who may not enter there.
    """
    with warnings.catch_warnings():  # platformdirs complains of a missing XDG_RUNTIME_DIR
        warnings.simplefilter("ignore", RuntimeWarning)
        pgserver = pytest.importorskip("pgserver", reason="pgserver is not made for this Python")
    with tempfile.TemporaryDirectory(prefix="dateline-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off")  # nobody pulls the plug on a test
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()
