"""The Store port on SQLAlchemy: one schema, SQLite or PostgreSQL. Knows nothing of the news."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.chats import ChatSettings, Standing, chat_settings, settings_row
from bot.core.messages import Chat, ChatKind
from bot.core.ports import (
    DROPPED,
    Edition,
    Opening,
    OutboxLine,
    Outcome,
    Part,
    PartState,
    Payload,
)
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.store.engine import (
    clean,
    inserts,
    instant,
    move_rows,
    open_engine,
    seconds,
    transaction,
)
from bot.store.schema import chats, editions, parts, shelf, subscriptions

_CHAT = ("platform", "chat", "thread")


class DatabaseStore:
    """The Store port. Make one with `await DatabaseStore.open(url)`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = inserts(engine)

    @classmethod
    async def open(cls, url: str) -> DatabaseStore:
        """Open the database at an SQLAlchemy URL, make or migrate its tables, and return the store.

        Raises StoreError in words: no such folder, read-only, not a database, newer version.
        """
        return cls(await open_engine(url))

    def _transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return transaction(self._engine)

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
            "next_run_at": seconds(first.at),
            "paused": "",
        }
        statement = self._insert(subscriptions).values(row)
        key = ["platform", "chat", "thread", "at", "command", "arguments"]
        upsert = statement.on_conflict_do_update(
            index_elements=key, set_={name: value for name, value in row.items() if name not in key}
        )
        async with self._transaction() as connection:
            await connection.execute(upsert)
            found = await connection.execute(
                select(subscriptions.c.id).where(
                    *(subscriptions.c[name] == row[name] for name in key)
                )
            )
            number = found.scalar_one()
        return replace(subscription, id=number, paused="")

    async def unsubscribe(self, chat: Chat, number: int | None) -> Sequence[Subscription]:
        """See the Store port."""
        wanted = [*_same_chat(chat)]
        if number is not None:
            wanted.append(subscriptions.c.id == number)
        async with self._transaction() as connection:
            rows = (await connection.execute(_subscribed().where(*wanted))).all()
            await connection.execute(delete(subscriptions).where(*wanted))
        return [_subscription(row) for row in rows]

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        async with self._transaction() as connection:
            query = (
                _subscribed()
                .where(*_same_chat(chat))
                .order_by(subscriptions.c.at, subscriptions.c.id)
            )
            rows = (await connection.execute(query)).all()
        return [(_subscription(row), _next(row)) for row in rows]

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        query = (
            _subscribed()
            .where(subscriptions.c.next_run_at <= seconds(now), subscriptions.c.paused == "")
            .order_by(subscriptions.c.next_run_at)
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [(_subscription(row), _next(row)) for row in rows]

    async def open_due(self, openings: Sequence[Opening]) -> int:
        """See the Store port."""
        last = {one.subscription.id: one for one in openings}
        write = {"rows": json.dumps([_opening_row(one) for one in openings])}
        move_on = {"rows": json.dumps([_opening_row(one) for one in last.values()])}
        name = self._engine.dialect.name
        async with self._transaction() as connection:
            written = (await connection.execute(OPEN[name], write)).all()
            await connection.execute(MOVE_ON[name], move_on)
        return sum(not row.missed for row in written)

    async def waiting_chats(
        self, platforms: Sequence[str], now: datetime, limit: int = 20_000
    ) -> Sequence[Chat]:
        """See the Store port."""
        where = subscriptions.c.platform, subscriptions.c.chat, subscriptions.c.thread
        query = (
            select(*where, func.max(subscriptions.c.kind).label("kind"))
            .join(editions, editions.c.subscription == subscriptions.c.id)
            .where(*_unfinished(now), subscriptions.c.platform.in_(platforms))
            .group_by(*where)
            .order_by(func.min(editions.c.due_at))
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [Chat(row.platform, row.chat, ChatKind(row.kind), row.thread) for row in rows]

    async def open_editions(self, chat: Chat, now: datetime) -> Sequence[Edition]:
        """See the Store port."""
        query = (
            _subscribed()
            .add_columns(
                editions.c.id.label("edition"),
                editions.c.day,
                editions.c.due_at,
                editions.c.frozen,
            )
            .join(editions, editions.c.subscription == subscriptions.c.id)
            .where(*_same_chat(chat), *_unfinished(now))
            .order_by(editions.c.due_at, editions.c.id)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Edition(
                row.edition,
                _subscription(row),
                Occurrence(date.fromisoformat(row.day), instant(row.due_at)),
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
        return [_part(row, edition.subscription.chat) for row in rows]

    async def outbox(self, limit: int = 100) -> Sequence[OutboxLine]:
        """See the Store port."""
        stuck = parts.c.state.in_([PartState.UNKNOWN, PartState.DEAD])
        waiting = (parts.c.state == PartState.PENDING) & (parts.c.reason != "")
        where = subscriptions.c.platform, subscriptions.c.chat, subscriptions.c.thread
        query = (
            select(parts, editions.c.day, *where, subscriptions.c.kind)
            .join(editions, editions.c.id == parts.c.edition)
            .join(subscriptions, subscriptions.c.id == editions.c.subscription)
            .where((stuck | waiting) & (parts.c.reason != DROPPED))
            .order_by(parts.c.id.desc())
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [
            OutboxLine(
                _part(row, Chat(row.platform, row.chat, ChatKind(row.kind), row.thread)),
                date.fromisoformat(row.day),
            )
            for row in rows
        ]

    async def retry(self, parts_: Sequence[int], now: datetime) -> int:
        """See the Store port."""
        stuck = parts.c.state.in_([PartState.UNKNOWN, PartState.DEAD])
        again = (
            update(parts)
            .where(parts.c.id.in_(parts_), stuck)
            .values(state=PartState.PENDING, not_before=0, uncertain_since=0, reason="")
            .returning(parts.c.edition)
        )
        async with self._transaction() as connection:
            opened = [row.edition for row in await connection.execute(again)]
            reopen = update(editions).where(editions.c.id.in_(opened))
            await connection.execute(reopen.values(done=False, missed="", due_at=seconds(now)))
        return len(opened)

    async def drop(self, parts_: Sequence[int]) -> int:
        """See the Store port."""
        waiting = parts.c.state.in_([PartState.UNKNOWN, PartState.DEAD, PartState.PENDING])
        give_up = (
            update(parts)
            .where(parts.c.id.in_(parts_), waiting)
            .values(state=PartState.DEAD, reason=DROPPED)
        )
        async with self._transaction() as connection:
            dropped = (await connection.execute(give_up)).rowcount
            await _settle(connection, true())
        return dropped

    async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
        """See the Store port."""
        first = case((parts.c.uncertain_since == 0, seconds(now)), else_=parts.c.uncertain_since)
        take = (
            update(parts)
            .where(parts.c.id == part.id, parts.c.state == PartState.PENDING)
            .where(parts.c.not_before <= seconds(now), parts.c.attempts == part.attempts)
            .values(
                state=PartState.SENDING,
                attempts=parts.c.attempts + 1,
                uncertain_since=first,
                lease_until=math.ceil((now + lease).timestamp()),
            )
        )
        async with self._transaction() as connection:
            if not (await connection.execute(take)).rowcount:
                return None
        return replace(part, state=PartState.SENDING, attempts=part.attempts + 1)

    async def mark(self, part: Part, outcome: Outcome) -> bool:
        """See the Store port."""
        values: dict[str, Any] = {
            "state": outcome.state,
            "reason": clean(outcome.reason),
            # Rounded up: a platform that asks to wait is never asked early.
            "not_before": math.ceil(outcome.not_before.timestamp()) if outcome.not_before else 0,
        }
        if outcome.message_id:
            values["message_id"] = outcome.message_id
        if not outcome.uncertain:
            before = part.uncertain_since
            values["uncertain_since"] = seconds(before) if before else 0
        may_write = (parts.c.attempts == part.attempts) & (parts.c.state == PartState.SENDING)
        if outcome.state is PartState.SENT:
            may_write |= parts.c.state.in_([PartState.UNKNOWN, PartState.PENDING])
        write = update(parts).where(parts.c.id == part.id, may_write).values(values)
        async with self._transaction() as connection:
            if not (await connection.execute(write)).rowcount:
                return False
            if outcome.state is PartState.PENDING:
                await _end(connection, parts.c.id == part.id)
            await _settle(connection, editions.c.id == part.edition)
        return True

    async def settle(self, platforms: Sequence[str], now: datetime) -> int:
        """See the Store port."""
        theirs = (
            select(editions.c.id)
            .join(subscriptions, subscriptions.c.id == editions.c.subscription)
            .where(subscriptions.c.platform.in_(platforms))
        )
        take_back = (
            update(parts)
            .where(parts.c.state == PartState.SENDING, parts.c.lease_until < seconds(now))
            .where(parts.c.edition.in_(theirs))
            .values(state=PartState.PENDING, reason="the bot stopped while sending it")
        )
        async with self._transaction() as connection:
            taken_back = (await connection.execute(take_back)).rowcount
            if taken_back:
                await _end(connection, parts.c.edition.in_(theirs))
        return taken_back

    async def settings(self, chat: Chat) -> ChatSettings:
        """See the Store port."""
        query = select(chats.c.settings).where(*_same_chat(chat, chats))
        async with self._transaction() as connection:
            return chat_settings((await connection.execute(query)).scalar_one_or_none())

    async def set_settings(self, chat: Chat, settings: ChatSettings) -> None:
        """See the Store port."""
        row = dict(zip(_CHAT, (chat.platform, chat.id, chat.thread), strict=True))
        kept = settings_row(settings)
        upsert = (
            self._insert(chats)
            .values(row | {"settings": kept})
            .on_conflict_do_update(index_elements=list(_CHAT), set_={"settings": kept})
        )
        async with self._transaction() as connection:
            await connection.execute(upsert)

    async def standing(self, chat: Chat) -> Standing:
        """See the Store port."""
        chosen = select(chats.c.settings).where(*_same_chat(chat, chats)).scalar_subquery()
        stopped = exists().where(*_same_chat(chat), subscriptions.c.paused != "")
        query = select(type_coerce(chosen, JSON).label("chosen"), stopped.label("stopped"))
        async with self._transaction() as connection:
            row = (await connection.execute(query)).one()
        return Standing(chat_settings(row.chosen), bool(row.stopped))

    async def shelve(self, arguments: Mapping[str, str], now: datetime) -> None:
        """See the Store port."""
        rows = [
            {"token": token, "arguments": clean(kept), "at": seconds(now)}
            for token, kept in sorted(arguments.items())  # in one order: nobody waits in a circle
        ]
        statement = self._insert(shelf)
        upsert = statement.on_conflict_do_update(
            index_elements=["token"], set_={"at": statement.excluded.at}
        )
        async with self._transaction() as connection:
            await connection.execute(upsert, rows)

    async def unshelve(self, token: str) -> str | None:
        """See the Store port."""
        query = select(shelf.c.arguments).where(shelf.c.token == token)
        async with self._transaction() as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def give_up(self, edition: Edition, reason: str) -> None:
        """See the Store port."""
        async with self._transaction() as connection:
            await _give_up(connection, editions.c.id == edition.id, reason)

    async def pause(self, chat: Chat, reason: str) -> None:
        """See the Store port."""
        reason = clean(reason) or "unavailable"
        stop = update(subscriptions).where(*_same_chat(chat)).values(paused=reason)
        of_chat = select(subscriptions.c.id).where(*_same_chat(chat))
        async with self._transaction() as connection:
            await connection.execute(stop)
            await _give_up(connection, editions.c.subscription.in_(of_chat), reason)

    async def threads(self, chat: Chat) -> Sequence[Chat]:
        """See the Store port."""
        its = subscriptions.c
        query = select(its.thread).where(its.platform == chat.platform, its.chat == chat.id)
        if chat.thread:
            query = query.where(its.thread == chat.thread)
        async with self._transaction() as connection:
            rows = await connection.execute(query.distinct().order_by(its.thread))
            return [replace(chat, thread=thread) for thread in rows.scalars()]

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """See the Store port."""
        if (old.platform, old.id) == (new.platform, new.id):
            return
        theirs = subscriptions.alias("theirs")
        taken = select(theirs.c.id).where(
            theirs.c.platform == new.platform,
            theirs.c.chat == new.id,
            theirs.c.thread == subscriptions.c.thread,
            theirs.c.at == subscriptions.c.at,
            theirs.c.command == subscriptions.c.command,
            theirs.c.arguments == subscriptions.c.arguments,
        )
        of_old = subscriptions.c.platform == old.platform, subscriptions.c.chat == old.id
        move = update(subscriptions).where(*of_old)
        async with self._transaction() as connection:
            await connection.execute(delete(subscriptions).where(*of_old, taken.exists()))
            await connection.execute(
                move.values(platform=new.platform, chat=new.id, kind=new.kind, paused="")
            )
            changes = {"platform": (old.platform, new.platform), "chat": (old.id, new.id)}
            await move_rows(connection, chats, **changes)

    async def forget(self, before: datetime) -> int:
        """See the Store port."""
        old = editions.c.done.is_(True), editions.c.due_at < seconds(before)
        async with self._transaction() as connection:
            await connection.execute(delete(shelf).where(shelf.c.at < seconds(before)))
            return (await connection.execute(delete(editions).where(*old))).rowcount

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
    dead = update(parts).where(*pending).values(state=PartState.DEAD, reason=clean(reason))
    done = update(editions).where(which, editions.c.done.is_(False))
    await connection.execute(dead)
    await connection.execute(done.values(done=True, missed=clean(reason)))


async def _end(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """What waits in an edition that was given up meanwhile is not sent again either."""
    over = select(editions.c.id).where(editions.c.done.is_(True))
    state = case((parts.c.uncertain_since != 0, PartState.UNKNOWN), else_=PartState.DEAD)
    waiting = parts.c.state == PartState.PENDING, parts.c.edition.in_(over)
    await connection.execute(update(parts).where(which, *waiting).values(state=state))


async def _settle(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """An edition is done when none of its parts is left to send."""
    left = select(parts.c.id).where(
        parts.c.edition == editions.c.id, parts.c.state.in_([PartState.PENDING, PartState.SENDING])
    )
    done = update(editions).where(
        which, editions.c.done.is_(False), editions.c.frozen.is_(True), ~left.exists()
    )
    await connection.execute(done.values(done=True))


def _same_chat(chat: Chat, table: Table = subscriptions) -> tuple[ColumnElement[bool], ...]:
    wanted = zip(_CHAT, (chat.platform, chat.id, chat.thread), strict=True)
    return tuple(table.c[name] == value for name, value in wanted)


def _unfinished(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select editions with something left to do in chats of which no part waits for later."""
    its, theirs = editions.alias("its"), subscriptions.alias("theirs")
    waiting = (
        select(parts.c.id)
        .join(its, its.c.id == parts.c.edition)
        .join(theirs, theirs.c.id == its.c.subscription)
        .where(parts.c.state == PartState.PENDING, parts.c.not_before > seconds(now))
        .where(*(theirs.c[name] == subscriptions.c[name] for name in _CHAT))
        .correlate(subscriptions)
    )
    return editions.c.done.is_(False), subscriptions.c.paused == "", ~waiting.exists()


def _subscribed() -> Select[Any]:
    """Select subscriptions with what their chats chose."""
    chosen = and_(*(chats.c[name] == subscriptions.c[name] for name in _CHAT))
    return select(subscriptions, chats.c.settings).outerjoin(chats, chosen)


def _subscription(row: Row[Any]) -> Subscription:
    chosen = chat_settings(row.settings)
    days = frozenset(map(int, row.days))
    timing = Timing(time.fromisoformat(row.at), row.zone, days, chosen.quiet)
    chat = Chat(row.platform, row.chat, ChatKind(row.kind), row.thread)
    return Subscription(
        chat,
        timing,
        row.command,
        row.arguments,
        row.locale,
        row.id,
        row.paused,
        chosen.rather_twice,
        chosen.language,
    )


def _opening_row(one: Opening) -> dict[str, Any]:
    return {
        "id": one.subscription.id,
        "day": one.due.day.isoformat(),
        "due": seconds(one.due.at),
        "next_day": one.following.day.isoformat(),
        "next": seconds(one.following.at),
        "missed": clean(one.missed),
    }


# A whole batch in one statement: thousands of chats have the same hour. The two dialects differ
# only in how they read rows out of JSON.
_ROWS = {
    "sqlite": """(SELECT value->>'id' AS id, value->>'day' AS day, value->>'due' AS due,
        value->>'next_day' AS next_day, value->>'next' AS next, value->>'missed' AS missed
        FROM json_each(:rows))""",
    "postgresql": """jsonb_to_recordset(CAST(:rows AS jsonb)) AS o(id integer, day text,
        due bigint, next_day text, next bigint, missed text)""",
}
# Whoever changed a subscription meanwhile keeps the change: then it is not due any more.
_STILL_DUE = "s.id = o.id AND s.paused = '' AND s.next_run_at <= o.due"
OPEN = {
    name: text(
        "INSERT INTO editions (subscription, day, due_at, frozen, done, missed) "  # noqa: S608 - constants
        f"SELECT s.id, o.day, o.due, false, o.missed <> '', o.missed FROM {rows}"
        f"{' AS o' if name == 'sqlite' else ''} JOIN subscriptions AS s ON {_STILL_DUE} WHERE true "
        "ON CONFLICT (subscription, day) DO NOTHING RETURNING missed"
    )
    for name, rows in _ROWS.items()
}
MOVE_ON = {
    name: text(
        "UPDATE subscriptions AS s SET next_day = o.next_day, next_run_at = o.next "  # noqa: S608 - constants
        f"FROM {rows}{' AS o' if name == 'sqlite' else ''} WHERE {_STILL_DUE}"
    )
    for name, rows in _ROWS.items()
}


def _part(row: Row[Any], chat: Chat) -> Part:
    return Part(
        id=row.id,
        edition=row.edition,
        position=row.position,
        chat=chat,
        payload=row.payload,
        state=PartState(row.state),
        attempts=row.attempts,
        message_id=row.message_id,
        reason=row.reason,
        uncertain_since=instant(row.uncertain_since) if row.uncertain_since else None,
    )


def _next(row: Row[Any]) -> Occurrence:
    return Occurrence(date.fromisoformat(row.next_day), instant(row.next_run_at))
