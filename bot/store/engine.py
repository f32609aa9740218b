"""Opens the database of an URL: SQLite or PostgreSQL, tables made or migrated. Knows no table.

SQLite runs in WAL with synchronous=FULL, and every write begins IMMEDIATE, so that two processes
never deadlock on an upgrade from read to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    StaticPool,
    Table,
    create_engine,
    delete,
    event,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import StoreError
from bot.store.faults import explain
from bot.store.transactions import Database, PostgresqlDatabase, SqliteDatabase

HEAD = "0007"
"""The newest revision in `migrations/versions`; a test holds the two together."""

MIGRATIONS = Path(__file__).parent / "migrations"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_MIGRATING = 0x_DA7E_714E
"""PostgreSQL's advisory lock that two starting bots take one after the other."""

_READ_ONLY = "PRAGMA query_only=ON"

BATCH = 5_000
"""How many values one statement names: a driver takes 32,767 at the most."""

T = TypeVar("T")


async def open_database(url: str) -> Database:
    """Open the database at an SQLAlchemy URL and make or migrate its tables.

    Raises StoreError in words: no such folder, read-only, not a database, newer version.
    """
    database = _database(url)
    try:
        await database.write(_migrate)
    except TypeError as error:  # what asyncpg makes of ?sslmode=
        await database.close()
        raise StoreError(explain(url, error)) from error
    except StoreError:
        await database.close()
        raise
    return database


def inserts(database: Database) -> Callable[[Table], SqliteInsert | PostgresqlInsert]:
    """Return the dialect's own `insert`: SQLAlchemy's common one knows no ON CONFLICT."""
    return sqlite_insert if database.dialect == "sqlite" else postgresql_insert


def move_rows(connection: Connection, table: Table, **changes: tuple[Any, Any]) -> None:
    """Change part of a primary key from one value to another; where both are there, the other
    stays."""
    theirs = table.alias("theirs")
    of_old = [table.c[name] == old for name, (old, _) in changes.items()]
    of_new = [theirs.c[name] == new for name, (_, new) in changes.items()]
    rest = [column.name for column in table.primary_key if column.name not in changes]
    same = [theirs.c[name] == table.c[name] for name in rest]
    taken = select(1).select_from(theirs).where(*of_new, *same).correlate(table).exists()
    connection.execute(delete(table).where(*of_old, taken))
    values = {name: new for name, (_, new) in changes.items()}
    connection.execute(update(table).where(*of_old).values(values))


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values, as many at a time as one statement names."""
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch


def seconds(when: datetime) -> int:
    """Return an instant as the tables keep it: whole seconds since the epoch."""
    return int(when.timestamp())


def instant(kept: int) -> datetime:
    """Return the instant that a table keeps, in UTC."""
    return datetime.fromtimestamp(kept, UTC)


def clean(words: str) -> str:
    """Drop what PostgreSQL cannot keep: foreign words may hold anything, also NUL."""
    return words.encode("utf-8", "replace").decode().replace("\0", "")


def _database(url: str) -> Database:
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.get_backend_name(), parsed.drivername))
        if parsed.drivername == "sqlite":
            return _sqlite(parsed)
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - SQLite needs none

        # A server's connection may have died while idle.
        return PostgresqlDatabase(create_async_engine(parsed, pool_pre_ping=True))
    except (SQLAlchemyError, ModuleNotFoundError, OSError, ValueError) as error:
        raise StoreError(explain(url, error)) from error


def _sqlite(url: URL) -> SqliteDatabase:
    if not url.database or url.database == ":memory:":
        whole = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        return SqliteDatabase(_prepared(whole, "BEGIN IMMEDIATE"), None)
    if not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    writing = _prepared(create_engine(url), "BEGIN IMMEDIATE")
    reading = _prepared(create_engine(url), "BEGIN")
    event.listen(reading, "connect", lambda connection, _: connection.execute(_READ_ONLY))
    return SqliteDatabase(writing, reading)


def _prepared(engine: Engine, begin: str) -> Engine:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


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
