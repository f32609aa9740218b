"""The Store port on SQLAlchemy: one schema, SQLite or PostgreSQL. Knows nothing of the news."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    case,
    delete,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.messages import Chat, ChatKind
from bot.core.ports import Edition, Part, PartState, Payload
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.store.engine import clean, inserts, instant, open_engine, seconds, transaction
from bot.store.schema import editions, parts, subscriptions

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
            .where(subscriptions.c.next_run_at <= seconds(now), subscriptions.c.paused == "")
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
            "subscription": subscription.id, "day": due.day.isoformat(), "due_at": seconds(due.at),
            "frozen": False, "done": bool(missed), "missed": missed,
        }  # fmt: skip
        once = (
            self._insert(editions)
            .values(edition)
            .on_conflict_do_nothing(index_elements=["subscription", "day"])
        )
        # Whoever changed the subscription meanwhile keeps the change: then it is not due any more.
        still_due = subscriptions.c.next_run_at <= seconds(due.at)
        move_on = (
            update(subscriptions)
            .where(subscriptions.c.id == subscription.id, subscriptions.c.paused == "", still_due)
            .values(next_day=following.day.isoformat(), next_run_at=seconds(following.at))
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
            .where(parts.c.state == PartState.PENDING, parts.c.not_before > seconds(now))
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
                uncertain_since=instant(row.uncertain_since) if row.uncertain_since else None,
            )
            for row in rows
        ]

    async def claim(self, part: Part, now: datetime) -> bool:
        """See the Store port."""
        first = case((parts.c.uncertain_since == 0, seconds(now)), else_=parts.c.uncertain_since)
        take = (
            update(parts)
            .where(parts.c.id == part.id, parts.c.state == PartState.PENDING)
            .where(parts.c.not_before <= seconds(now))
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
            "reason": clean(reason),
            # Rounded up: a platform that asks to wait is never asked early.
            "not_before": math.ceil(not_before.timestamp()) if not_before else 0,
        }
        if message_id:
            values["message_id"] = message_id
        if not uncertain:
            before = part.uncertain_since
            values["uncertain_since"] = seconds(before) if before else 0
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
        reason = clean(reason) or "unavailable"
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
    dead = update(parts).where(*pending).values(state=PartState.DEAD, reason=clean(reason))
    done = update(editions).where(which, editions.c.done.is_(False))
    await connection.execute(dead)
    await connection.execute(done.values(done=True, missed=clean(reason)))


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
    return Occurrence(date.fromisoformat(row.next_day), instant(row.next_run_at))
