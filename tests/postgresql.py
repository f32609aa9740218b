"""A PostgreSQL server of our own for the tests: `from tests.postgresql import postgresql_url`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, for the whole session."""
    with warnings.catch_warnings():  # platformdirs complains of a missing XDG_RUNTIME_DIR
        warnings.simplefilter("ignore", RuntimeWarning)
        pgserver = pytest.importorskip("pgserver", reason="pgserver is not made for this Python")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
