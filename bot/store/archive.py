"""The Archive port on the Store's database. Knows SQL, and nothing of feeds' formats or of chats.

Only what the newest articles need is read: see `place_index` for how a question about a place is
answered quickly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.core.archive import (
    Arrival,
    ArticlePlace,
    FeedState,
    Follow,
    Found,
    Reading,
    WordFilter,
    folded_name,
)
from bot.core.messages import Chat
from bot.core.news import Feed, KeyedEntry
from bot.store import place_index, schema
from bot.store.archive_rows import (
    article_of,
    article_row,
    digest,
    entry_came,
    entry_of,
    feed_of,
    feed_row,
    filter_of,
    follow_of,
    packed_entry,
    state_of,
    state_row,
    where,
)
from bot.store.engine import clean, inserts, instant, move_rows, seconds, transaction
from bot.store.place_index import Filed
from summaries.article import Article
from summaries.places.nesting import EARTH_RADIUS_KM, distance

CHUNK = 500
"""How many articles one transaction forgets: others wait for it."""
_BATCH = 5_000
"""How many values one statement names: a driver takes 32,767 at the most."""
_CHAT = ("platform", "chat", "thread")

T = TypeVar("T")


class DatabaseArchive:
    """The Archive port on an engine of `bot.store.engine`, which it shares with the Store."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = inserts(engine)

    def _transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return transaction(self._engine)

    # --- what is followed

    async def follow(self, follows: Sequence[Follow], at: datetime) -> int:
        """See the Archive port."""
        chats = {_key(one.chat): one.chat for one in follows}.values()
        async with self._transaction() as connection:
            await self._know(connection, [one.feed for one in follows], at)
            numbers = await _numbers(connection, [one.feed.url for one in follows])
            before = [await _follow_count(connection, chat) for chat in chats]
            await self._set_follows(connection, follows, numbers)
            after = [await _follow_count(connection, chat) for chat in chats]
        return sum(after) - sum(before)

    async def _know(self, connection: AsyncConnection, known: Iterable[Feed], at: datetime) -> None:
        """Make rows of feeds nobody knew. In one order: so two who follow never deadlock."""
        rows = {row["digest"]: row for row in (feed_row(feed, at) for feed in known)}
        new = self._insert(schema.feeds)
        names = {
            name: func.coalesce(func.nullif(schema.feeds.c[name], ""), new.excluded[name])
            for name in ("title", "link")
        }
        upsert = new.on_conflict_do_update(index_elements=["digest"], set_=names)
        if rows:
            await connection.execute(upsert, [rows[key] for key in sorted(rows)])

    async def _set_follows(
        self, connection: AsyncConnection, wanted: Sequence[Follow], numbers: Mapping[str, int]
    ) -> None:
        rows = [
            {
                **where(one.chat),
                "feed": numbers[digest(one.feed.url)],
                "kind": one.chat.kind,
                "topic": clean(one.topic),
            }
            for one in wanted
        ]
        new = self._insert(schema.follows)
        changes = {"kind": new.excluded.kind, "topic": new.excluded.topic}
        upsert = new.on_conflict_do_update(index_elements=[*_CHAT, "feed"], set_=changes)
        if rows:
            await connection.execute(upsert, rows)

    async def unfollow(self, chat: Chat, urls: Sequence[str]) -> Sequence[Follow]:
        """See the Archive port."""
        unwanted = {digest(url) for url in urls}
        async with self._transaction() as connection:
            rows = await connection.execute(_followed(chat))
            gone = [row for row in rows if row.digest in unwanted]
            its = [{"its_feed": row.feed} for row in gone]
            drop = delete(schema.follows).where(
                *_of(schema.follows, chat), schema.follows.c.feed == bindparam("its_feed")
            )
            if its:
                await connection.execute(drop, its)
        return sorted(map(follow_of, gone), key=_by_topic_and_title)

    async def follows(self, chat: Chat) -> Sequence[Follow]:
        """See the Archive port."""
        async with self._transaction() as connection:
            rows = (await connection.execute(_followed(chat))).all()
        return sorted(map(follow_of, rows), key=_by_topic_and_title)

    async def set_filter(self, chat: Chat, words: WordFilter) -> None:
        """See the Archive port."""
        topic = clean(words.topic)
        lists = {"wanted": list(words.wanted), "unwanted": list(words.unwanted)}
        row = {**where(chat), "topic": topic, **lists}
        async with self._transaction() as connection:
            await connection.execute(
                delete(schema.filters).where(
                    *_of(schema.filters, chat), schema.filters.c.topic == topic
                )
            )
            if words.wanted or words.unwanted:
                await connection.execute(insert(schema.filters).values(row))

    async def filters(self, chat: Chat) -> Sequence[WordFilter]:
        """See the Archive port."""
        async with self._transaction() as connection:
            rows = (
                await connection.execute(select(schema.filters).where(*_of(schema.filters, chat)))
            ).all()
        return sorted(map(filter_of, rows), key=lambda words: words.topic)

    async def set_defaults(self, feeds: Sequence[Feed], at: datetime) -> None:
        """See the Archive port."""
        none = (
            update(schema.feeds).where(schema.feeds.c.position.is_not(None)).values(position=None)
        )
        one = update(schema.feeds).where(schema.feeds.c.digest == bindparam("its_digest"))
        places = [
            {"its_digest": name, "its_position": position}
            for position, name in enumerate(dict.fromkeys(digest(feed.url) for feed in feeds))
        ]
        async with self._transaction() as connection:
            await self._know(connection, feeds, at)
            await connection.execute(none)
            if places:
                await connection.execute(one.values(position=bindparam("its_position")), places)

    async def defaults(self) -> Sequence[Feed]:
        """See the Archive port."""
        query = (
            select(schema.feeds)
            .where(schema.feeds.c.position.is_not(None))
            .order_by(schema.feeds.c.position)
        )
        async with self._transaction() as connection:
            return [feed_of(row) for row in await connection.execute(query)]

    # --- reading feeds

    async def feeds(self, urls: Sequence[str] | None = None) -> Sequence[FeedState]:
        """See the Archive port."""
        async with self._transaction() as connection:
            if urls is None:
                rows = list(await connection.execute(select(schema.feeds).where(_is_read())))
            else:
                rows = [
                    row
                    for batch in _batches({digest(url) for url in urls})
                    for row in await connection.execute(
                        select(schema.feeds).where(schema.feeds.c.digest.in_(batch))
                    )
                ]
        return sorted(map(state_of, rows), key=lambda state: state.feed.url)

    async def due_feeds(self, now: datetime, limit: int = 500) -> Sequence[FeedState]:
        """See the Archive port."""
        query = (
            select(schema.feeds)
            .where(schema.feeds.c.next_at <= seconds(now), _is_read())
            .order_by(schema.feeds.c.next_at)
            .limit(limit)
        )
        async with self._transaction() as connection:
            return [state_of(row) for row in await connection.execute(query)]

    async def record(
        self, state: FeedState, entries: Sequence[KeyedEntry], at: datetime
    ) -> Sequence[Arrival]:
        """See the Archive port."""
        async with self._transaction() as connection:
            feed = await _lock(connection, state.feed.url)
            if feed is None:
                return []
            new = await self._enter(connection, feed.id, entries, at)
            changes = state_row(state) | {"entries": schema.feeds.c.entries + len(new)}
            changed = update(schema.feeds).where(schema.feeds.c.id == feed.id).values(changes)
            named = feed_of((await connection.execute(changed.returning(schema.feeds))).one())
        return [Arrival(number, replace(one.entry, feed=named), at) for number, one in new]

    async def record_all(self, readings: Sequence[Reading], at: datetime) -> Sequence[Arrival]:
        """See the Archive port."""
        async with self._transaction() as connection:
            rows = await _lock_all(connection, [one.state.feed.url for one in readings])
            known = [
                (rows[digest(one.state.feed.url)], one)
                for one in readings
                if digest(one.state.feed.url) in rows
            ]
            new = await self._enter_all(connection, known, at)
            count = Counter(feed.id for feed, _, _ in new)
            changes = [_changed_row(feed, one.state, count[feed.id]) for feed, one in known]
            if changes:
                names: dict[str, Any] = {
                    name: bindparam(name) for name in changes[0] if name != "its_id"
                }
                its = schema.feeds.c.id == bindparam("its_id")
                await connection.execute(update(schema.feeds).where(its).values(**names), changes)
        named = {row["its_id"]: row for row in changes}
        return [
            Arrival(number, replace(one.entry, feed=_named_feed(feed, named[feed.id])), at)
            for feed, number, one in new
        ]

    async def _enter_all(
        self, connection: AsyncConnection, known: Sequence[tuple[Row[Any], Reading]], at: datetime
    ) -> list[tuple[Row[Any], int, KeyedEntry]]:
        """Keep what is new of many feeds, and every key; return it with its feed and number."""
        rows = sorted(
            {(feed.id, key) for feed, one in known for given in one.entries for key in given.keys}
        )
        if not rows:
            return []
        keys = schema.feed_keys.c
        once = self._insert(schema.feed_keys).on_conflict_do_nothing()
        entered = await connection.execute(
            once.returning(keys.feed, keys.key), [{"feed": feed, "key": key} for feed, key in rows]
        )
        seen = set(rows) - {(row.feed, row.key) for row in entered}
        new = [
            (feed, given)
            for feed, one in known
            for given in _new_ones(
                one.entries, {key for key in _keys_of(one) if (feed.id, key) in seen}
            )
        ]
        if not new:
            return []
        entries = schema.entries.c
        made = await connection.execute(
            insert(schema.entries).returning(entries.feed, entries.key, entries.id),
            [_entry_row(feed.id, given, at) for feed, given in new],
        )
        numbers = {(row.feed, row.key): row.id for row in made}
        return [(feed, numbers[feed.id, given.key], given) for feed, given in new]

    async def _enter(
        self, connection: AsyncConnection, feed: int, given: Sequence[KeyedEntry], at: datetime
    ) -> list[tuple[int, KeyedEntry]]:
        """Keep the entries whose keys are all new, and every key; return those with a number."""
        keys = {key for one in given for key in one.keys}
        new = _new_ones(given, keys - await self._remember(connection, feed, keys))
        if not new:
            return []
        kept = insert(schema.entries).returning(schema.entries.c.key, schema.entries.c.id)
        made = await connection.execute(kept, [_entry_row(feed, one, at) for one in new])
        numbers = {row.key: row.id for row in made}
        return [(numbers[one.key], one) for one in new]

    async def _remember(self, connection: AsyncConnection, feed: int, keys: set[str]) -> set[str]:
        """Remember the keys; return those that this feed never had. One step: so two never both
        take an entry for new."""
        once = self._insert(schema.feed_keys).on_conflict_do_nothing()
        rows = [{"feed": feed, "key": key} for key in sorted(keys)]
        if not rows:
            return set()
        entered = await connection.execute(once.returning(schema.feed_keys.c.key), rows)
        return set(entered.scalars())

    async def rename(self, old: str, new: str) -> None:
        """See the Archive port."""
        async with self._transaction() as connection:
            gone, stays = await _lock(connection, old), await _lock(connection, new)
            if gone is None or (stays and stays.id == gone.id):
                return
            if stays is None:
                named = {"url": clean(new), "digest": digest(new)}
                await connection.execute(
                    update(schema.feeds).where(schema.feeds.c.id == gone.id).values(named)
                )
            else:
                await self._merge(connection, gone, stays)

    async def _merge(self, connection: AsyncConnection, gone: Row[Any], stays: Row[Any]) -> None:
        """Give everything of one feed to another, which stays as it is where both have it."""
        await move_rows(connection, schema.follows, feed=(gone.id, stays.id))
        known = select(schema.feed_keys.c.key).where(schema.feed_keys.c.feed == stays.id)
        of_gone = schema.entries.c.feed == gone.id
        await connection.execute(
            delete(schema.entries).where(of_gone, schema.entries.c.key.in_(known))
        )
        await connection.execute(update(schema.entries).where(of_gone).values(feed=stays.id))
        await move_rows(connection, schema.feed_keys, feed=(gone.id, stays.id))
        brought = await _filed(connection, schema.article_feeds.c.feed == gone.id)
        there = [Filed(stays.id, one.article, one.instant, one.places) for one in brought]
        await place_index.file(connection, self._insert, there)
        await place_index.remove(connection, brought)
        position = stays.position if gone.position is None else gone.position
        total = {"entries": stays.entries + gone.entries, "position": position}
        await connection.execute(
            update(schema.feeds).where(schema.feeds.c.id == stays.id).values(total)
        )
        for table in (schema.feed_places, schema.follows):
            await connection.execute(delete(table).where(table.c.feed == gone.id))
        await connection.execute(delete(schema.feeds).where(schema.feeds.c.id == gone.id))

    # --- articles

    async def arrivals(self, now: datetime, limit: int = 100) -> Sequence[Arrival]:
        """See the Archive port."""
        query = (
            select(schema.entries, schema.feeds.c.url, schema.feeds.c.title, schema.feeds.c.link)
            .join(schema.feeds, schema.feeds.c.id == schema.entries.c.feed)
            .where(
                schema.entries.c.given_up.is_(False),
                schema.entries.c.not_before <= seconds(now),
                _is_read(),
            )
            .order_by(schema.entries.c.instant.desc(), schema.entries.c.id)
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Arrival(
                row.id, entry_of(row.entry, feed_of(row)), instant(row.arrived_at), row.attempts
            )
            for row in rows
        ]

    async def unreadable(self, feeds: Sequence[str], since: datetime) -> Mapping[str, int]:
        """See the Archive port."""
        its = schema.entries.c
        async with self._transaction() as connection:
            numbers = await _numbers(connection, feeds)
            query = (
                select(its.reason, func.count().label("number"))
                .where(its.feed.in_(numbers.values()), its.reason != "")
                .where(its.instant >= seconds(since))
                .group_by(its.reason)
            )
            rows = (await connection.execute(query)).all()
        return {row.reason: row.number for row in rows}

    async def keep(
        self, arrival: Arrival, article: Article, places: Sequence[ArticlePlace]
    ) -> None:
        """See the Archive port."""
        read = delete(schema.entries).where(schema.entries.c.id == arrival.id)
        async with self._transaction() as connection:
            entry = (
                await connection.execute(
                    read.returning(schema.entries.c.feed, schema.entries.c.key)
                )
            ).first()
            if entry is None:
                return
            address = article.url or arrival.entry.link or f"{entry.feed} {entry.key}"
            row = article_row(article, address, arrival.arrived_at, places)
            once = self._insert(schema.articles).values(row).on_conflict_do_nothing()
            await connection.execute(once)
            query = select(
                schema.articles.c.id, schema.articles.c.instant, schema.articles.c.places
            )
            kept = (
                await connection.execute(query.where(schema.articles.c.digest == row["digest"]))
            ).one()
            filed = Filed(entry.feed, kept.id, kept.instant, place_index.unpacked(kept.places))
            await place_index.file(connection, self._insert, [filed])

    async def put_off(self, arrival: Arrival, reason: str, until: datetime | None) -> None:
        """See the Archive port."""
        tried = {
            "attempts": schema.entries.c.attempts + 1,
            "reason": clean(reason),
            "given_up": until is None,
            # Rounded up: a site that asks to wait is never asked early.
            "not_before": math.ceil(until.timestamp()) if until else 0,
        }
        async with self._transaction() as connection:
            await connection.execute(
                update(schema.entries).where(schema.entries.c.id == arrival.id).values(tried)
            )

    async def articles(
        self, feeds: Sequence[str], since: datetime, limit: int = 500
    ) -> Sequence[Article]:
        """See the Archive port."""
        newest = (
            select(
                schema.article_feeds.c.article,
                schema.article_feeds.c.instant,
                schema.feeds.c.url.label("brought_by"),
            )
            .join(schema.feeds, schema.feeds.c.id == schema.article_feeds.c.feed)
            .where(schema.feeds.c.digest.in_([digest(url) for url in feeds]))
            .where(schema.article_feeds.c.instant >= seconds(since))
            .order_by(schema.article_feeds.c.instant.desc(), schema.article_feeds.c.article.desc())
            .limit(limit)
            .subquery()
        )
        query = (
            select(schema.articles, newest.c.brought_by)
            .join(newest, newest.c.article == schema.articles.c.id)
            .order_by(newest.c.instant.desc(), newest.c.article.desc())
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).all()
        return [article_of(row, row.brought_by) for row in rows]

    async def about(
        self,
        places: Sequence[int],
        feeds: Sequence[str],
        since: datetime | None = None,
        limit: int = 60,
    ) -> Found:
        """See the Archive port."""
        after = None if since is None else seconds(since)
        async with self._transaction() as connection:
            named = await _naming(connection, feeds, places)
            if not named:
                return Found(())
            hits = await place_index.search(connection, places, list(named), after, limit)
            wanted = select(schema.articles).where(
                schema.articles.c.id.in_([one for _, one in hits.found])
            )
            rows = {row.id: row for row in await connection.execute(wanted)}
        told_in_order = tuple(article_of(rows[one], named[feed]) for feed, one in hits.found)
        return Found(told_in_order, hits.total, hits.older)

    # --- places

    async def near(
        self, latitude: float, longitude: float, radius_km: float, feeds: Sequence[str]
    ) -> Sequence[int]:
        """See the Archive port."""
        query = (
            select(
                schema.feed_places.c.place,
                schema.feed_places.c.latitude,
                schema.feed_places.c.longitude,
            )
            .join(schema.feeds, schema.feeds.c.id == schema.feed_places.c.feed)
            .where(schema.feeds.c.digest.in_([digest(url) for url in feeds]))
            .where(schema.feed_places.c.named > 0, *_box(latitude, longitude, radius_km))
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(query.distinct())).all()
        away = {
            row.place: distance(latitude, longitude, row.latitude, row.longitude) for row in rows
        }
        within = [place for place, km in away.items() if km <= radius_km]
        return sorted(within, key=lambda place: (away[place], place))

    async def usual_places(self, feed: str, limit: int = 50) -> Mapping[int, int]:
        """See the Archive port."""
        query = (
            select(schema.feed_places.c.place, schema.feed_places.c.named)
            .join(schema.feeds, schema.feeds.c.id == schema.feed_places.c.feed)
            .where(schema.feeds.c.digest == digest(feed), schema.feed_places.c.named > 0)
            .order_by(schema.feed_places.c.named.desc(), schema.feed_places.c.place)
            .limit(limit)
        )
        async with self._transaction() as connection:
            return {row.place: row.named for row in await connection.execute(query)}

    # --- what a chat was told, and what it means

    async def tell(self, chat: Chat, day: date, urls: Sequence[str]) -> None:
        """See the Archive port."""
        rows = [
            {**where(chat), "day": day.isoformat(), "digest": digest(url), "url": clean(url)}
            for url in urls
        ]
        if not rows:
            return
        async with self._transaction() as connection:
            await connection.execute(self._insert(schema.told).on_conflict_do_nothing(), rows)

    async def told(self, chat: Chat, before: date, since: date) -> frozenset[str]:
        """See the Archive port."""
        days = schema.told.c.day >= since.isoformat(), schema.told.c.day < before.isoformat()
        async with self._transaction() as connection:
            found = await connection.execute(
                select(schema.told.c.url).where(*_of(schema.told, chat), *days)
            )
            return frozenset(found.scalars())

    async def remember_place(self, chat: Chat, name: str, place: int) -> None:
        """See the Archive port."""
        row = {**where(chat), "name": clean(folded_name(name)), "place": place}
        chosen = self._insert(schema.place_choices).values(row)
        upsert = chosen.on_conflict_do_update(
            index_elements=[*_CHAT, "name"], set_={"place": place}
        )
        async with self._transaction() as connection:
            await connection.execute(upsert)

    async def remembered_place(self, chat: Chat, name: str) -> int | None:
        """See the Archive port."""
        wanted = schema.place_choices.c.name == clean(folded_name(name))
        query = select(schema.place_choices.c.place).where(*_of(schema.place_choices, chat), wanted)
        async with self._transaction() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """See the Archive port."""
        if (old.platform, old.id) == (new.platform, new.id):
            return
        changes = {"platform": (old.platform, new.platform), "chat": (old.id, new.id)}
        async with self._transaction() as connection:
            for table in (schema.follows, schema.filters, schema.told, schema.place_choices):
                await move_rows(connection, table, **changes)
            its = schema.follows.c.platform == new.platform, schema.follows.c.chat == new.id
            await connection.execute(update(schema.follows).where(*its).values(kind=new.kind))

    async def prune(self, before: datetime) -> int:
        """See the Archive port."""
        pruned = 0
        while chunk := await self._prune_some(seconds(before)):
            pruned += chunk
        too_old = (
            select(schema.entries.c.id)
            .where(schema.entries.c.arrived_at < seconds(before))
            .limit(_BATCH)
        )
        while await self._drop(delete(schema.entries).where(schema.entries.c.id.in_(too_old))):
            pass
        await self._drop(delete(schema.told).where(schema.told.c.day < before.date().isoformat()))
        return pruned

    async def _prune_some(self, before: int) -> int:
        old = select(schema.articles.c.id).where(schema.articles.c.arrived_at < before).limit(CHUNK)
        async with self._transaction() as connection:
            numbers = list((await connection.execute(old)).scalars())
            filed = await _filed(connection, schema.article_feeds.c.article.in_(numbers))
            await place_index.remove(connection, filed)
            await connection.execute(
                delete(schema.articles).where(schema.articles.c.id.in_(numbers))
            )
        return len(numbers)

    async def _drop(self, statement: Delete) -> int:
        async with self._transaction() as connection:
            return (await connection.execute(statement)).rowcount


# --- queries that several of these share


def _key(chat: Chat) -> tuple[str, ...]:
    return tuple(where(chat).values())


def _of(table: Table, chat: Chat) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in where(chat).items()]


def _followed(chat: Chat) -> Select[Any]:
    return (
        select(
            schema.follows,
            schema.feeds.c.digest,
            schema.feeds.c.url,
            schema.feeds.c.title,
            schema.feeds.c.link,
        )
        .join(schema.feeds, schema.feeds.c.id == schema.follows.c.feed)
        .where(*_of(schema.follows, chat))
    )


def _is_read() -> ColumnElement[bool]:
    """Somebody follows the feed, or the operator lists it."""
    followed = (
        select(schema.follows.c.feed).where(schema.follows.c.feed == schema.feeds.c.id).exists()
    )
    return or_(schema.feeds.c.position.is_not(None), followed)


async def _follow_count(connection: AsyncConnection, chat: Chat) -> int:
    query = select(func.count()).select_from(schema.follows).where(*_of(schema.follows, chat))
    return (await connection.execute(query)).scalar_one()


async def _numbers(connection: AsyncConnection, urls: Iterable[str]) -> dict[str, int]:
    """Return the numbers of feeds by their digests."""
    return {
        row.digest: row.id
        for batch in _batches({digest(url) for url in urls})
        for row in await connection.execute(
            select(schema.feeds.c.digest, schema.feeds.c.id).where(schema.feeds.c.digest.in_(batch))
        )
    }


async def _naming(
    connection: AsyncConnection, urls: Iterable[str], places: Sequence[int]
) -> dict[int, str]:
    """Return those of the feeds that ever named one of the places: their addresses by number."""
    named = select(schema.feed_places.c.feed).where(
        schema.feed_places.c.feed == schema.feeds.c.id, schema.feed_places.c.place.in_(places)
    )
    digests = [digest(url) for url in urls]
    query = select(schema.feeds.c.id, schema.feeds.c.url).where(
        schema.feeds.c.digest.in_(digests), named.exists()
    )
    return {row.id: row.url for row in await connection.execute(query)}


def _box(latitude: float, longitude: float, radius_km: float) -> list[ColumnElement[bool]]:
    """Return what holds for every place in the circle, and is quick to look up.

    Its width in degrees of longitude: asin(sin r / cos latitude). Across the date line a place is
    looked for a whole turn further on; a circle around a pole has every longitude.
    """
    angle = radius_km / EARTH_RADIUS_KM
    band = math.degrees(angle)
    columns = schema.feed_places.c
    box: list[ColumnElement[bool]] = [columns.latitude.between(latitude - band, latitude + band)]
    if abs(latitude) + band < 90:
        half = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(latitude)))) + 1e-9
        turns = (longitude - 360, longitude, longitude + 360)
        box.append(or_(*(columns.longitude.between(one - half, one + half) for one in turns)))
    return box


async def _lock(connection: AsyncConnection, url: str) -> Row[Any] | None:
    """Return a feed's row and let nobody else write to it before this transaction ends."""
    query = select(schema.feeds).where(schema.feeds.c.digest == digest(url)).with_for_update()
    return (await connection.execute(query)).first()


async def _lock_all(connection: AsyncConnection, urls: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the rows of feeds by digest, and let nobody else write to them.

    In the order of the index, so that two who write the same feeds wait but never deadlock.
    """
    its = schema.feeds.c.digest
    rows: dict[str, Row[Any]] = {}
    for some in _batches(sorted(digest(url) for url in urls)):
        query = select(schema.feeds).where(its.in_(some)).order_by(its).with_for_update()
        rows |= {row.digest: row for row in await connection.execute(query)}
    return rows


def _changed_row(feed: Row[Any], state: FeedState, new: int) -> dict[str, Any]:
    """Return what an attempt changes; a name it no longer gives stays."""
    names = {"title": feed.title, "link": feed.link}
    return {"its_id": feed.id} | names | state_row(state) | {"entries": feed.entries + new}


def _named_feed(feed: Row[Any], changed: dict[str, Any]) -> Feed:
    return Feed(feed.url, changed["title"], changed["link"])


def _keys_of(reading: Reading) -> set[str]:
    return {key for given in reading.entries for key in given.keys}


def _new_ones(given: Sequence[KeyedEntry], seen: set[str]) -> list[KeyedEntry]:
    """Return the entries none of whose keys were seen, be it in an entry before them."""
    known = set(seen)
    new = []
    for one in given:
        if known.isdisjoint(one.keys):
            new.append(one)
        known.update(one.keys)
    return new


def _entry_row(feed: int, one: KeyedEntry, at: datetime) -> dict[str, Any]:
    return {
        "feed": feed,
        "key": one.key,
        "entry": packed_entry(one.entry),
        "instant": seconds(entry_came(one.entry, at)),
        "arrived_at": seconds(at),
        "given_up": False,
    }


async def _filed(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Filed]:
    query = select(schema.article_feeds, schema.articles.c.places).join(
        schema.articles, schema.articles.c.id == schema.article_feeds.c.article
    )
    return [
        Filed(row.feed, row.article, row.instant, place_index.unpacked(row.places))
        for row in await connection.execute(query.where(which))
    ]


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _by_topic_and_title(follow: Follow) -> tuple[str, str, str]:
    return follow.topic.casefold(), follow.feed.title.casefold(), follow.feed.url
