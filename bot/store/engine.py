"""Opens the database of an URL: SQLite or PostgreSQL, tables made or migrated. Knows no table.

SQLite runs in WAL with synchronous=FULL, and every write begins IMMEDIATE, so that two processes
never deadlock on an upgrade from read to write.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, event, select, text, update
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.errors import StoreError

HEAD = "0005"
"""The newest revision in `migrations/versions`; a test holds the two together."""

MIGRATIONS = Path(__file__).parent / "migrations"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_MIGRATING = 0x_DA7E_714E
"""PostgreSQL's advisory lock that two starting bots take one after the other."""
POOL_SECONDS = 120
"""How long a transaction waits for its turn."""


async def open_engine(url: str) -> AsyncEngine:
    """Open the database at an SQLAlchemy URL and make or migrate its tables.

    Raises StoreError in words: no such folder, read-only, not a database, newer version.
    """
    engine = _engine(url)
    try:
        if engine.dialect.name == "sqlite":
            await asyncio.to_thread(_try_sqlite, engine)
        async with engine.begin() as connection:
            await connection.run_sync(_migrate)
    except StoreError:
        await engine.dispose()
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError, TypeError) as error:
        # TypeError is what asyncpg makes of ?sslmode=
        await engine.dispose()
        raise StoreError(_explain(url, error)) from error
    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction, committed at the end. Raises StoreError when the database fails."""
    try:
        async with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(_explain(str(engine.url), error)) from error


def inserts(engine: AsyncEngine) -> Callable[[Table], SqliteInsert | PostgresqlInsert]:
    """Return the dialect's own `insert`: SQLAlchemy's common one knows no ON CONFLICT."""
    return sqlite_insert if engine.dialect.name == "sqlite" else postgresql_insert


async def move_rows(connection: AsyncConnection, table: Table, **changes: tuple[Any, Any]) -> None:
    """Change part of a primary key from one value to another; where both are there, the other
    stays."""
    theirs = table.alias("theirs")
    of_old = [table.c[name] == old for name, (old, _) in changes.items()]
    of_new = [theirs.c[name] == new for name, (_, new) in changes.items()]
    rest = [column.name for column in table.primary_key if column.name not in changes]
    same = [theirs.c[name] == table.c[name] for name in rest]
    taken = select(1).select_from(theirs).where(*of_new, *same).correlate(table).exists()
    await connection.execute(delete(table).where(*of_old, taken))
    values = {name: new for name, (_, new) in changes.items()}
    await connection.execute(update(table).where(*of_old).values(values))


def seconds(when: datetime) -> int:
    """Return an instant as the tables keep it: whole seconds since the epoch."""
    return int(when.timestamp())


def instant(kept: int) -> datetime:
    """Return the instant that a table keeps, in UTC."""
    return datetime.fromtimestamp(kept, UTC)


def clean(words: str) -> str:
    """Drop what PostgreSQL cannot keep: foreign words may hold anything, also NUL."""
    return words.encode("utf-8", "replace").decode().replace("\0", "")


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.get_backend_name(), parsed.drivername))
        if (
            parsed.get_backend_name() == "sqlite"
            and parsed.database
            and not parsed.database.startswith((":memory:", "file:"))
        ):
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(parsed, **_pool(parsed))
    except (SQLAlchemyError, ModuleNotFoundError, OSError, ValueError) as error:
        raise StoreError(_explain(url, error)) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    """A server's connection may have died while idle. SQLite has one writer at a time, so its
    transactions queue here: hundreds of digests at one hour would find each other's lock instead.
    """
    if url.get_backend_name() == "postgresql":
        return {"pool_pre_ping": True}
    if not url.database or url.database == ":memory:":
        return {}
    return {"pool_size": 1, "max_overflow": 0, "pool_timeout": POOL_SECONDS}


def _try_sqlite(engine: AsyncEngine) -> None:
    """Open, prepare and lock the database once without aiosqlite. Raises sqlite3.Error.

    Where a connection fails, aiosqlite's thread outlives the loop and dies with a traceback.
    """
    arguments, options = engine.dialect.create_connect_args(engine.url)
    connect: Any = sqlite3.connect  # the options are SQLAlchemy's, which the type cannot know
    with closing(connect(*arguments, **options)) as connection:
        _prepare_sqlite(connection, None)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(connection: Connection) -> None:
    """Bring the tables to HEAD. Alembic is imported only where there is something to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
    revision = _revision(connection)
    if revision == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - a third of a second that most starts need not pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"A newer Dateline made the database (version {revision}, this one knows {HEAD}). "
            "Install the newer Dateline again, or set DATELINE_DATABASE_URL to another database."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return re.sub(r"(?<=:)[^:@/]*(?=@)", "***", url)


def _explain(url: str, error: Exception) -> str:
    """Say in words what is wrong with the database and what mends it."""
    shown = _without_password(url)
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    for sign, advice in {
        "readonly": "Make the data folder and the file writable for this user",
        "Read-only": "Make the data folder writable for this user",
        "unable to open": "Make sure that its folder exists and this user may write in it",
        "Permission denied": "Make the data folder writable for this user",
        "not a database": "Move that file away",
        "disk is full": "Make room on the disk",
        "locked": "Stop the other program that holds it",
        "sslmode": "Write ?ssl=require in the place of ?sslmode=require",
        "asyncpg": "Install the extra for PostgreSQL: pip install 'dateline-bot[postgresql]'",
        "parse": "Write an address such as sqlite:////srv/dateline.db or postgresql://user@host/name",
    }.items():
        if sign in cause:
            other = "or set DATELINE_DATABASE_URL or DATELINE_DATA_DIR"
            return f"Cannot use the database {shown}: {cause}. {advice}, {other}."
    return f"Cannot use the database {shown}: {cause}."
