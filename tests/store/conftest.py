"""The store's tests need a PostgreSQL server."""

from __future__ import annotations

from tests.postgresql import postgresql_url

__all__ = ["postgresql_url"]
