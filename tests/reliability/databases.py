"""An empty database for each bad night, SQLite or PostgreSQL: its migrations are paid for once.

Knows nothing of what is kept in them.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import asyncpg
from sqlalchemy.engine import URL, make_url

from bot.store.database import DatabaseStore
from bot.store.jobs import QueuedJobs
from tests.postgresql import server
from tests.reliability.guard import SERVER


class Databases(Protocol):
    """Makes databases, and forgets them."""

    async def make(self, folder: Path) -> str:
        """Make an empty one for the night of this folder; return its URL."""

    async def drop(self, url: str) -> None:
        """Nobody needs it any more."""


class SqliteFiles:
    """Each is a file in its night's folder."""

    def __init__(self, template: Path) -> None:
        self._template = template

    async def make(self, folder: Path) -> str:
        shutil.copy(self._template, folder / "dateline.db")
        return f"sqlite:///{folder}/dateline.db"

    async def drop(self, url: str) -> None:
        """It goes with its folder."""


class PostgresqlServer:
    """Each is a database of one server."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    async def make(self, folder: Path) -> str:
        url = self._url.set(database=folder.name.replace("-", "_").lower())
        await self._do(f'CREATE DATABASE "{url.database}" TEMPLATE template_dateline')
        return url.render_as_string(hide_password=False)

    async def drop(self, url: str) -> None:
        await self._do(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    async def prepare(self) -> None:
        """Make the empty database that the others are copies of, its queue included."""
        await self._do("CREATE DATABASE template_dateline")
        url = self._url.set(database="template_dateline").render_as_string(hide_password=False)
        await (await DatabaseStore.open(url)).close()
        await (await QueuedJobs.open(url)).close()

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(**arguments(self._url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def arguments(url: URL) -> dict[str, object]:
    """Return a URL as asyncpg takes it."""
    return url.translate_connect_args(username="user") | dict(url.query)


@asynccontextmanager
async def databases(kind: str, folder: Path) -> AsyncIterator[Databases]:
    """Make what makes databases of a kind, "sqlite" or "postgresql", in a guarded folder."""
    if kind == "sqlite":
        await (await DatabaseStore.open(f"sqlite:///{folder}/template.db")).close()
        yield SqliteFiles(folder / "template.db")
        return
    with server(folder / SERVER) as url:
        made = PostgresqlServer(url)
        await made.prepare()
        yield made
