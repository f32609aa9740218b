"""The Store port on SQLAlchemy: one schema, SQLite or PostgreSQL, the URL is the only switch.

Knows SQL and nothing of chats or news. SQLite runs in WAL with synchronous=FULL, and every write
begins IMMEDIATE, so that two processes never deadlock on an upgrade from read to write.
"""

from __future__ import annotations

import asyncio
import math
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    case,
    delete,
    event,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.errors import StoreError
from bot.core.messages import Chat, ChatKind
from bot.core.ports import Edition, Part, PartState, Payload
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.store.schema import editions, parts, subscriptions

HEAD = "0001"
"""The newest revision in `migrations/versions`; a test holds the two together."""

MIGRATIONS = Path(__file__).parent / "migrations"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_CHAT = ("platform", "chat", "thread")
_MIGRATING = 0x_DA7E_714E
"""PostgreSQL's advisory lock that two starting bots take one after the other."""
POOL_SECONDS = 120
"""How long a transaction waits for its turn."""


class DatabaseStore:
    """The Store port. Make one with `await DatabaseStore.open(url)`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = sqlite_insert if engine.dialect.name == "sqlite" else postgresql_insert

    @classmethod
    async def open(cls, url: str) -> DatabaseStore:
        """Open the database at an SQLAlchemy URL, make or migrate its tables, and return the store.

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
        return cls(engine)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(_explain(str(self._engine.url), error)) from error

    async def subscribe(self, subscription: Subscription, first: Occurrence) -> Subscription:
        """See the Store port."""
        chat, timing = subscription.chat, subscription.timing
        row = {
            "platform": chat.platform,
            "chat": chat.id,
            "kind": chat.kind,
            "thread": chat.thread,
            "command": subscription.command,
            "arguments": subscription.arguments,
            "locale": subscription.locale,
            "at": f"{timing.at:%H:%M}",
            "zone": timing.zone,
            "days": "".join(map(str, sorted(timing.days))),
            "next_day": first.day.isoformat(),
            "next_run_at": _seconds(first.at),
            "paused": "",
        }
        statement = self._insert(subscriptions).values(row)
        key = ["platform", "chat", "thread", "at"]
        upsert = statement.on_conflict_do_update(
            index_elements=key, set_={name: value for name, value in row.items() if name not in key}
        )
        async with self._transaction() as connection:
            await connection.execute(upsert)
            found = await connection.execute(
                select(subscriptions.c.id).where(*_same_chat(chat), subscriptions.c.at == row["at"])
            )
            number = found.scalar_one()
        return Subscription(
            chat, timing, subscription.command, subscription.arguments, subscription.locale, number
        )

    async def unsubscribe(self, chat: Chat, number: int | None) -> Sequence[Subscription]:
        """See the Store port."""
        wanted = [*_same_chat(chat)]
        if number is not None:
            wanted.append(subscriptions.c.id == number)
        async with self._transaction() as connection:
            rows = (await connection.execute(select(subscriptions).where(*wanted))).all()
            await connection.execute(delete(subscriptions).where(*wanted))
        return [_subscription(row) for row in rows]

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        async with self._transaction() as connection:
            query = select(subscriptions).where(*_same_chat(chat)).order_by(subscriptions.c.at)
            rows = (await connection.execute(query)).all()
        return [(_subscription(row), _next(row)) for row in rows]

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        query = (
            select(subscriptions)
            .where(subscriptions.c.next_run_at <= _seconds(now), subscriptions.c.paused == "")
            .order_by(subscriptions.c.next_run_at)
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [(_subscription(row), _next(row)) for row in rows]

    async def open_edition(
        self, subscription: Subscription, due: Occurrence, following: Occurrence
    ) -> bool:
        """See the Store port."""
        return await self._open(subscription, due, following, missed="")

    async def skip(
        self, subscription: Subscription, due: Occurrence, following: Occurrence, reason: str
    ) -> None:
        """See the Store port."""
        await self._open(subscription, due, following, missed=reason)

    async def _open(
        self, subscription: Subscription, due: Occurrence, following: Occurrence, missed: str
    ) -> bool:
        edition = {
            "subscription": subscription.id, "day": due.day.isoformat(), "due_at": _seconds(due.at),
            "frozen": False, "done": bool(missed), "missed": missed,
        }  # fmt: skip
        once = (
            self._insert(editions)
            .values(edition)
            .on_conflict_do_nothing(index_elements=["subscription", "day"])
        )
        # Whoever changed the subscription meanwhile keeps the change: then it is not due any more.
        still_due = subscriptions.c.next_run_at <= _seconds(due.at)
        move_on = (
            update(subscriptions)
            .where(subscriptions.c.id == subscription.id, subscriptions.c.paused == "", still_due)
            .values(next_day=following.day.isoformat(), next_run_at=_seconds(following.at))
        )
        async with self._transaction() as connection:
            if not (await connection.execute(move_on)).rowcount:
                return False
            return (await connection.execute(once)).rowcount == 1

    async def open_editions(
        self, platforms: Sequence[str], now: datetime, limit: int = 500
    ) -> Sequence[Edition]:
        """See the Store port."""
        its, theirs = editions.alias("its"), subscriptions.alias("theirs")
        waiting = (
            select(parts.c.id)
            .join(its, its.c.id == parts.c.edition)
            .join(theirs, theirs.c.id == its.c.subscription)
            .where(parts.c.state == PartState.PENDING, parts.c.not_before > _seconds(now))
            .where(*(theirs.c[name] == subscriptions.c[name] for name in _CHAT))
            .correlate(subscriptions)
        )
        query = (
            select(
                subscriptions,
                editions.c.id.label("edition"),
                editions.c.day,
                editions.c.due_at,
                editions.c.frozen,
            )
            .join(editions, editions.c.subscription == subscriptions.c.id)
            .where(
                editions.c.done.is_(False),
                subscriptions.c.paused == "",
                subscriptions.c.platform.in_(platforms),
            )
            .where(~waiting.exists())
            .order_by(editions.c.due_at, editions.c.id)
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Edition(
                row.edition,
                _subscription(row),
                Occurrence(date.fromisoformat(row.day), _instant(row.due_at)),
                row.frozen,
            )
            for row in rows
        ]

    async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> None:
        """See the Store port."""
        rows = [
            {
                "edition": edition.id,
                "position": position,
                "payload": dict(payload),
                "state": PartState.PENDING,
                "attempts": 0,
                "not_before": 0,
                "uncertain_since": 0,
            }
            for position, payload in enumerate(payloads)
        ]
        claim = (
            update(editions)
            .where(editions.c.id == edition.id)
            .where(editions.c.frozen.is_(False), editions.c.done.is_(False))
            .values(frozen=True, done=not rows)
        )
        async with self._transaction() as connection:
            if (await connection.execute(claim)).rowcount and rows:
                await connection.execute(insert(parts), rows)

    async def parts(self, edition: Edition) -> Sequence[Part]:
        """See the Store port."""
        query = select(parts).where(parts.c.edition == edition.id).order_by(parts.c.position)
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Part(
                id=row.id,
                edition=edition.id,
                position=row.position,
                chat=edition.subscription.chat,
                payload=row.payload,
                state=PartState(row.state),
                attempts=row.attempts,
                message_id=row.message_id,
                reason=row.reason,
                uncertain_since=_instant(row.uncertain_since) if row.uncertain_since else None,
            )
            for row in rows
        ]

    async def claim(self, part: Part, now: datetime) -> bool:
        """See the Store port."""
        first = case((parts.c.uncertain_since == 0, _seconds(now)), else_=parts.c.uncertain_since)
        take = (
            update(parts)
            .where(parts.c.id == part.id, parts.c.state == PartState.PENDING)
            .where(parts.c.not_before <= _seconds(now))
            .values(state=PartState.SENDING, attempts=parts.c.attempts + 1, uncertain_since=first)
        )
        async with self._transaction() as connection:
            return (await connection.execute(take)).rowcount == 1

    async def mark(
        self,
        part: Part,
        state: PartState,
        *,
        message_id: str = "",
        reason: str = "",
        not_before: datetime | None = None,
        uncertain: bool = False,
    ) -> None:
        """See the Store port."""
        values: dict[str, Any] = {
            "state": state,
            "reason": _clean(reason),
            # Rounded up: a platform that asks to wait is never asked early.
            "not_before": math.ceil(not_before.timestamp()) if not_before else 0,
        }
        if message_id:
            values["message_id"] = message_id
        if not uncertain:
            before = part.uncertain_since
            values["uncertain_since"] = _seconds(before) if before else 0
        async with self._transaction() as connection:
            await connection.execute(update(parts).where(parts.c.id == part.id).values(values))
            await _settle(connection, editions.c.id == part.edition)

    async def recover(self, platforms: Mapping[str, bool]) -> int:
        """See the Store port."""
        half_sent = (
            select(parts.c.id, subscriptions.c.platform)
            .join(editions, editions.c.id == parts.c.edition)
            .join(subscriptions, subscriptions.c.id == editions.c.subscription)
            .where(parts.c.state == PartState.SENDING, subscriptions.c.platform.in_(platforms))
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(half_sent)).all()
            for row in rows:
                state = PartState.PENDING if platforms[row.platform] else PartState.UNKNOWN
                reason = "the bot stopped while sending it"
                await connection.execute(
                    update(parts).where(parts.c.id == row.id).values(state=state, reason=reason)
                )
            await _settle(connection, true())
        return len(rows)

    async def give_up(self, edition: Edition, reason: str) -> None:
        """See the Store port."""
        async with self._transaction() as connection:
            await _give_up(connection, editions.c.id == edition.id, reason)

    async def pause(self, chat: Chat, reason: str) -> None:
        """See the Store port."""
        reason = _clean(reason) or "unavailable"
        stop = update(subscriptions).where(*_same_chat(chat)).values(paused=reason)
        of_chat = select(subscriptions.c.id).where(*_same_chat(chat))
        async with self._transaction() as connection:
            await connection.execute(stop)
            await _give_up(connection, editions.c.subscription.in_(of_chat), reason)

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """See the Store port."""
        theirs = subscriptions.alias("theirs")
        taken = select(theirs.c.id).where(
            theirs.c.platform == new.platform,
            theirs.c.chat == new.id,
            theirs.c.thread == subscriptions.c.thread,
            theirs.c.at == subscriptions.c.at,
        )
        of_old = subscriptions.c.platform == old.platform, subscriptions.c.chat == old.id
        move = update(subscriptions).where(*of_old)
        async with self._transaction() as connection:
            await connection.execute(delete(subscriptions).where(*of_old, taken.exists()))
            await connection.execute(
                move.values(platform=new.platform, chat=new.id, kind=new.kind, paused="")
            )

    async def tally(self) -> Mapping[str, int]:
        """See the Store port."""
        async with self._transaction() as connection:
            states = (
                await connection.execute(
                    select(parts.c.state, func.count().label("number")).group_by(parts.c.state)
                )
            ).all()
            subscribed = (
                await connection.execute(select(func.count()).select_from(subscriptions))
            ).scalar_one()
            missed = (
                await connection.execute(select(func.count()).where(editions.c.missed != ""))
            ).scalar_one()
        return {
            **{row.state: row.number for row in states},
            "subscriptions": subscribed,
            "missed": missed,
        }

    async def close(self) -> None:
        """See the Store port."""
        await self._engine.dispose()


async def _give_up(connection: AsyncConnection, which: ColumnElement[bool], reason: str) -> None:
    """Nothing of these editions will be sent any more; what is done already stays as it is."""
    unfinished = select(editions.c.id).where(which, editions.c.done.is_(False))
    pending = parts.c.edition.in_(unfinished), parts.c.state == PartState.PENDING
    dead = update(parts).where(*pending).values(state=PartState.DEAD, reason=_clean(reason))
    done = update(editions).where(which, editions.c.done.is_(False))
    await connection.execute(dead)
    await connection.execute(done.values(done=True, missed=_clean(reason)))


async def _settle(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """An edition is done when none of its parts is left to send."""
    left = select(parts.c.id).where(
        parts.c.edition == editions.c.id, parts.c.state.in_([PartState.PENDING, PartState.SENDING])
    )
    done = update(editions).where(
        which, editions.c.done.is_(False), editions.c.frozen.is_(True), ~left.exists()
    )
    await connection.execute(done.values(done=True))


def _same_chat(chat: Chat) -> tuple[Any, ...]:
    wanted = zip(_CHAT, (chat.platform, chat.id, chat.thread), strict=True)
    return tuple(subscriptions.c[name] == value for name, value in wanted)


def _subscription(row: Row[Any]) -> Subscription:
    timing = Timing(time.fromisoformat(row.at), row.zone, frozenset(map(int, row.days)))
    chat = Chat(row.platform, row.chat, ChatKind(row.kind), row.thread)
    return Subscription(chat, timing, row.command, row.arguments, row.locale, row.id, row.paused)


def _next(row: Row[Any]) -> Occurrence:
    return Occurrence(date.fromisoformat(row.next_day), _instant(row.next_run_at))


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _clean(words: str) -> str:
    """Keep what PostgreSQL cannot: a platform's error may say anything, also NUL."""
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
