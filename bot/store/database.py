"""The Store port on SQLAlchemy: one schema, SQLite or PostgreSQL. Knows nothing of the news."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

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
from bot.core.schedule import Occurrence, Quiet, Subscription, Timing
from bot.store.engine import (
    batches,
    clean,
    inserts,
    instant,
    move_rows,
    open_database,
    seconds,
)
from bot.store.schema import (
    chats,
    editions,
    filters,
    follows,
    parts,
    place_choices,
    shelf,
    subscriptions,
    told,
)
from bot.store.statements import (
    CHAT,
    CLAIM,
    DROP,
    DUE,
    FREEZE,
    MARK,
    MOVE_ON,
    OLD_EDITIONS,
    OPEN,
    OPEN_EDITIONS,
    PARTS,
    RELEASE,
    REOPEN,
    RETRY,
    SETTLE,
    STANDING,
    WAITING_CHATS,
    settled,
    subscribed,
)
from bot.store.transactions import Database, count, rows

_OVER = case((parts.c.uncertain_since != 0, PartState.UNKNOWN), else_=PartState.DEAD)
"""What a message is that is not sent any more: nobody calls dead what may have arrived."""


class DatabaseStore:
    """The Store port. Make one with `await DatabaseStore.open(url)`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = inserts(database)
        self._me = uuid4().hex
        """Names this process in the claims that it makes."""

    @classmethod
    async def open(cls, url: str) -> DatabaseStore:
        """Open the database at an SQLAlchemy URL, make or migrate its tables, and return the store.

        Raises StoreError in words: no such folder, read-only, not a database, newer version.
        """
        return cls(await open_database(url))

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
        upserted = upsert.returning(subscriptions.c.id)
        [kept] = await self._database.write(rows(upserted))
        return replace(subscription, id=kept.id, paused="")

    async def unsubscribe(self, chat: Chat, number: int | None) -> Sequence[Subscription]:
        """See the Store port."""
        wanted = [*_same_chat(chat)]
        if number is not None:
            wanted.append(subscriptions.c.id == number)

        def drop(connection: Connection) -> list[Subscription]:
            found = list(connection.execute(subscribed().where(*wanted)))
            connection.execute(delete(subscriptions).where(*wanted))
            return [_subscription(row) for row in found]

        return await self._database.write(drop)

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        query = (
            subscribed().where(*_same_chat(chat)).order_by(subscriptions.c.at, subscriptions.c.id)
        )
        found = await self._database.read(rows(query))
        return [(_subscription(row), _occurrence(row.next_day, row.next_run_at)) for row in found]

    async def newest_day(self, number: int) -> date | None:
        """See the Store port."""
        query = select(func.max(editions.c.day)).where(editions.c.subscription == number)
        [[day]] = await self._database.read(rows(query))
        return date.fromisoformat(day) if day else None

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        """See the Store port."""
        found = await self._database.read(rows(DUE, {"now": seconds(now), "limit": limit}))
        return [(_subscription(row), _occurrence(row.next_day, row.next_run_at)) for row in found]

    async def open_due(self, openings: Sequence[Opening]) -> int:
        """See the Store port."""
        last = {one.subscription.id: one for one in openings}
        opening, moving = _same(openings), _same(last.values())
        open_, move_on = OPEN[self._database.dialect], MOVE_ON[self._database.dialect]

        def work(connection: Connection) -> int:
            written = [(one, connection.execute(open_, one).rowcount) for one in opening]
            for one in moving:
                connection.execute(move_on, one)
            return sum(number for one, number in written if not one["missed"])

        return await self._database.write(work)

    async def waiting_chats(
        self, platforms: Sequence[str], now: datetime, limit: int = 10_000
    ) -> Sequence[Chat]:
        """See the Store port."""
        wanted = {"platforms": list(platforms), "now": seconds(now), "limit": limit}

        def work(connection: Connection) -> list[Chat]:
            found = connection.execute(WAITING_CHATS, wanted).all()
            return [
                Chat(platform, chat, _KINDS[kind], thread) for platform, chat, thread, kind in found
            ]

        return await self._database.read(work)

    async def open_editions(self, chat: Chat, now: datetime) -> Sequence[Edition]:
        """See the Store port."""
        found = await self._database.read(rows(OPEN_EDITIONS, {**_key(chat), "now": seconds(now)}))
        return [
            Edition(
                row.edition,
                _subscription(row),
                _occurrence(row.day, row.due_at),
                row.frozen,
                instant(row.held_until) if row.held_until else None,
            )
            for row in found
        ]

    async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> Sequence[Part]:
        """See the Store port."""
        its = {"its_edition": edition.id}
        written = [
            {
                "edition": edition.id,
                "position": position,
                "payload": dict(payload),
                "state": PartState.PENDING,
            }
            for position, payload in enumerate(payloads)
        ]

        def work(connection: Connection) -> list[Row[Any]]:
            if connection.execute(FREEZE, {**its, "is_empty": not written}).rowcount and written:
                connection.execute(insert(parts), written)
            return list(connection.execute(PARTS, its))

        found = await self._database.write(work)
        return [_part(row, edition.subscription.chat) for row in found]

    async def parts(self, edition: Edition) -> Sequence[Part]:
        """See the Store port."""
        found = await self._database.read(rows(PARTS, {"its_edition": edition.id}))
        return [_part(row, edition.subscription.chat) for row in found]

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
        found = await self._database.read(rows(query))
        return [
            OutboxLine(
                _part(row, Chat(row.platform, row.chat, ChatKind(row.kind), row.thread)),
                date.fromisoformat(row.day),
            )
            for row in found
        ]

    async def retry(self, parts_: Sequence[int], now: datetime) -> int:
        """See the Store port."""
        reopen = {"its_due": seconds(now)}

        def work(connection: Connection) -> int:
            opened = [
                row.edition
                for batch in batches(parts_)
                for row in connection.execute(RETRY, {"its_parts": batch})
            ]
            for batch in batches(set(opened)):
                connection.execute(REOPEN, reopen | {"its_editions": batch})
            return len(opened)

        return await self._database.write(work)

    async def drop(self, parts_: Sequence[int]) -> int:
        """See the Store port."""

        def work(connection: Connection) -> int:
            each = [connection.execute(DROP, {"its_parts": batch}) for batch in batches(parts_)]
            connection.execute(settled(true()))
            return sum(one.rowcount for one in each)

        return await self._database.write(work)

    async def hold(self, edition: Edition, until: datetime) -> None:
        """See the Store port."""
        held = update(editions).where(editions.c.id == edition.id, editions.c.done.is_(False))
        await self._database.write(count(held.values(held_until=seconds(until))))

    async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
        """See the Store port."""
        taken = {
            "its_part": part.id,
            "its_attempts": part.attempts,
            "since": _since(part),
            "now": seconds(now),
            "until": seconds(now + lease),
            "me": self._me,
        }
        if not await self._database.write(count(CLAIM, taken)):
            return None
        return replace(part, state=PartState.SENDING, attempts=part.attempts + 1)

    async def release(self, part: Part) -> None:
        """See the Store port."""
        mine = {
            "its_part": part.id,
            "its_attempts": part.attempts + 1,
            "me": self._me,
            "since": _since(part),
        }

        def work(connection: Connection) -> None:
            if connection.execute(RELEASE, mine).rowcount:
                _end(connection, parts.c.id == part.id)

        await self._database.write(work)

    async def cut_waits(self, platforms: Sequence[str], latest: datetime) -> int:
        """See the Store port."""
        waits = parts.c.state == PartState.PENDING, parts.c.not_before > seconds(latest)
        cut = update(parts).where(*waits, _of_platforms(platforms))
        return await self._database.write(count(cut.values(not_before=seconds(latest))))

    async def mark(self, part: Part, outcome: Outcome) -> bool:
        """See the Store port."""
        written = {
            "its_part": part.id,
            "its_attempts": part.attempts,
            "its_state": outcome.state,
            "its_reason": clean(outcome.reason),
            # Rounded up: a platform that asks to wait is never asked early.
            "later": math.ceil(outcome.not_before.timestamp()) if outcome.not_before else 0,
            "its_message": outcome.message_id,
            "uncertain": outcome.uncertain,
            "since": _since(part),
        }

        def work(connection: Connection) -> bool:
            if not connection.execute(MARK, written).rowcount:
                return False
            if outcome.state is PartState.PENDING:
                _end(connection, parts.c.id == part.id)
            connection.execute(SETTLE, {"its_edition": part.edition})
            return True

        return await self._database.write(work)

    async def settle(self, platforms: Sequence[str], now: datetime) -> int:
        """See the Store port."""
        theirs = _of_platforms(platforms)
        take_back = (
            update(parts)
            .where(parts.c.state == PartState.SENDING, parts.c.lease_until < seconds(now))
            .where(theirs)
            .values(state=PartState.PENDING, reason="the bot stopped while sending it")
        )

        def work(connection: Connection) -> int:
            taken_back = connection.execute(take_back).rowcount
            if taken_back:
                _end(connection, theirs)
            return taken_back

        return await self._database.write(work)

    async def settings(self, chat: Chat) -> ChatSettings:
        """See the Store port."""
        query = select(chats.c.settings).where(*_same_chat(chat, chats))
        found = await self._database.read(rows(query))
        return chat_settings(found[0].settings if found else None)

    async def set_settings(self, chat: Chat, settings: ChatSettings) -> None:
        """See the Store port."""
        kept = settings_row(settings)
        upsert = (
            self._insert(chats)
            .values(_key(chat) | {"settings": kept})
            .on_conflict_do_update(index_elements=list(CHAT), set_={"settings": kept})
        )
        await self._database.write(count(upsert))

    async def standing(self, chat: Chat) -> Standing:
        """See the Store port."""
        [row] = await self._database.read(rows(STANDING, _key(chat)))
        return Standing(chat_settings(row.chosen), bool(row.stopped))

    async def shelve(self, arguments: Mapping[str, str], now: datetime) -> None:
        """See the Store port."""
        kept = [
            {"token": token, "arguments": clean(words), "at": seconds(now)}
            for token, words in sorted(arguments.items())  # in one order: nobody waits in a circle
        ]
        statement = self._insert(shelf)
        upsert = statement.on_conflict_do_update(
            index_elements=["token"], set_={"at": statement.excluded.at}
        )
        await self._database.write(lambda connection: connection.execute(upsert, kept).rowcount)

    async def unshelve(self, token: str) -> str | None:
        """See the Store port."""
        query = select(shelf.c.arguments).where(shelf.c.token == token)
        found = await self._database.read(rows(query))
        return found[0].arguments if found else None

    async def give_up(self, edition: Edition, reason: str) -> None:
        """See the Store port."""
        which = editions.c.id == edition.id
        await self._database.write(lambda connection: _give_up(connection, which, reason))

    async def pause(self, chat: Chat, reason: str) -> None:
        """See the Store port."""
        reason = clean(reason) or "unavailable"
        stop = update(subscriptions).where(*_same_chat(chat)).values(paused=reason)
        of_chat = select(subscriptions.c.id).where(*_same_chat(chat))

        def work(connection: Connection) -> None:
            connection.execute(stop)
            _give_up(connection, editions.c.subscription.in_(of_chat), reason)

        await self._database.write(work)

    async def threads(self, chat: Chat) -> Sequence[Chat]:
        """See the Store port."""
        its = subscriptions.c
        query = select(its.thread).where(its.platform == chat.platform, its.chat == chat.id)
        if chat.thread:
            query = query.where(its.thread == chat.thread)
        found = await self._database.read(rows(query.distinct().order_by(its.thread)))
        return [replace(chat, thread=row.thread) for row in found]

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """See the Store port."""
        if (old.platform, old.id) == (new.platform, new.id):
            return
        theirs = subscriptions.alias("theirs")
        heir = select(theirs.c.id).where(
            theirs.c.platform == new.platform,
            theirs.c.chat == new.id,
            theirs.c.thread == subscriptions.c.thread,
            theirs.c.at == subscriptions.c.at,
            theirs.c.command == subscriptions.c.command,
            theirs.c.arguments == subscriptions.c.arguments,
        )
        of_old = subscriptions.c.platform == old.platform, subscriptions.c.chat == old.id
        its = follows.c.platform == new.platform, follows.c.chat == new.id
        move = update(subscriptions).where(*of_old)
        moved = move.values(platform=new.platform, chat=new.id, kind=new.kind, paused="")
        changes = {"platform": (old.platform, new.platform), "chat": (old.id, new.id)}

        def work(connection: Connection) -> None:
            pairs = select(subscriptions.c.id, heir.scalar_subquery()).where(*of_old, heir.exists())
            for gone, stays in list(connection.execute(pairs)):
                _inherit(connection, gone, stays)
            connection.execute(moved)
            for table in (chats, follows, filters, told, place_choices):
                move_rows(connection, table, **changes)
            connection.execute(update(follows).where(*its).values(kind=new.kind))

        await self._database.write(work)

    async def forget(self, before: datetime) -> int:
        """See the Store port."""
        old_shelf = delete(shelf).where(shelf.c.at < seconds(before))
        await self._database.write(count(old_shelf))
        found = await self._database.read(rows(OLD_EDITIONS, {"before": seconds(before)}))
        forgotten = 0
        for some in batches(row.id for row in found):
            old = delete(editions).where(editions.c.id.in_(some), editions.c.done.is_(True))
            forgotten += await self._database.write(count(old))
        return forgotten

    async def tally(self) -> Mapping[str, int]:
        """See the Store port."""
        by_state = select(parts.c.state, func.count().label("number")).group_by(parts.c.state)
        subscribed = select(func.count()).select_from(subscriptions)
        missed = select(func.count()).where(editions.c.missed != "")

        def work(connection: Connection) -> Mapping[str, int]:
            return {
                **{row.state: row.number for row in connection.execute(by_state)},
                "subscriptions": connection.execute(subscribed).scalar_one(),
                "missed": connection.execute(missed).scalar_one(),
            }

        return await self._database.read(work)

    async def close(self) -> None:
        """See the Store port."""
        await self._database.close()


def _of_platforms(platforms: Sequence[str]) -> ColumnElement[bool]:
    """Say that a part is of one of these platforms."""
    return (
        select(editions.c.id)
        .join(subscriptions, subscriptions.c.id == editions.c.subscription)
        .where(editions.c.id == parts.c.edition, subscriptions.c.platform.in_(platforms))
        .correlate(parts)
        .exists()
    )


def _inherit(connection: Connection, gone: int, stays: int) -> None:
    """Give one subscription's editions to another, as far as it has none of the date; drop it.

    The one that stays is not paused: a chat that somebody moves to is one that the bot is in.
    """
    awake = update(subscriptions).where(subscriptions.c.id == stays).values(paused="")
    connection.execute(awake)
    days = select(editions.c.day).where(editions.c.subscription == stays).scalar_subquery()
    its = editions.c.subscription == gone, editions.c.day.not_in(days)
    connection.execute(update(editions).where(*its).values(subscription=stays))
    connection.execute(delete(subscriptions).where(subscriptions.c.id == gone))


def _give_up(connection: Connection, which: ColumnElement[bool], reason: str) -> None:
    """Nothing of these editions will be sent any more; what is done already stays as it is."""
    unfinished = select(editions.c.id).where(which, editions.c.done.is_(False))
    pending = parts.c.edition.in_(unfinished), parts.c.state == PartState.PENDING
    why = clean(reason)
    both = case((parts.c.reason == "", why), else_=literal(f"{why}; before: ") + parts.c.reason)
    dead = update(parts).where(*pending).values(state=_OVER, reason=both)
    done = update(editions).where(which, editions.c.done.is_(False))
    connection.execute(dead)
    connection.execute(done.values(done=True, missed=why))


def _end(connection: Connection, which: ColumnElement[bool]) -> None:
    """What waits in an edition that was given up meanwhile is not sent again either."""
    over = select(editions.c.id).where(editions.c.done.is_(True))
    waiting = parts.c.state == PartState.PENDING, parts.c.edition.in_(over)
    connection.execute(update(parts).where(which, *waiting).values(state=_OVER))


def _same_chat(chat: Chat, table: Table = subscriptions) -> tuple[ColumnElement[bool], ...]:
    return tuple(table.c[name] == value for name, value in _key(chat).items())


def _key(chat: Chat) -> dict[str, str]:
    return {"platform": chat.platform, "chat": chat.id, "thread": chat.thread}


_KINDS = {kind.value: kind for kind in ChatKind}


@lru_cache
def _chosen(settings: str | None) -> ChatSettings:
    """Read what a chat chose; most chose what others chose too."""
    return chat_settings(json.loads(settings) if settings else None)


@lru_cache
def _timing(at: str, zone: str, days: str, quiet: Quiet | None) -> Timing:
    return Timing(time.fromisoformat(at), zone, frozenset(map(int, days)), quiet)


@lru_cache
def _occurrence(day: str, at: int) -> Occurrence:
    return Occurrence(date.fromisoformat(day), instant(at))


def _subscription(row: Sequence[Any]) -> Subscription:
    """Read what `subscribed` selects, by its place: names would take longer than all the rest."""
    number, platform, chat, kind, thread, command, arguments, locale, at, zone, days = row[:11]
    paused, settings = row[13:15]
    chosen = _chosen(settings)
    return Subscription(
        Chat(platform, chat, _KINDS[kind], thread),
        _timing(at, zone, days, chosen.quiet),
        command,
        arguments,
        locale,
        number,
        paused,
        chosen.rather_twice,
        chosen.language,
    )


def _same(openings: Iterable[Opening]) -> list[dict[str, Any]]:
    """Return what is to be written once for all the subscriptions that have the same hour."""
    groups: dict[tuple[Occurrence, Occurrence, str], list[int]] = {}
    for one in openings:
        groups.setdefault((one.due, one.following, one.missed), []).append(one.subscription.id)
    return [
        {
            "ids": json.dumps(ids),
            "day": due.day.isoformat(),
            "due": seconds(due.at),
            "next_day": following.day.isoformat(),
            "next": seconds(following.at),
            "missed": clean(missed),
            "is_missed": bool(missed),
        }
        for (due, following, missed), ids in groups.items()
    ]


def _since(part: Part) -> int:
    """Return since when a part is uncertain, as the table keeps it: 0 where it is not."""
    return seconds(part.uncertain_since) if part.uncertain_since else 0


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
