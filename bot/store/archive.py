"""The Archive port on the Store's database. Knows SQL, and nothing of feeds' formats or of chats.

Only what the newest articles need is read: see `place_index` for how a question about a place is
answered quickly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
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
from bot.store.engine import BATCH, batches, clean, inserts, instant, move_rows, seconds
from bot.store.place_index import Filed
from bot.store.transactions import Database, count, rows
from summaries.article import Article
from summaries.places.nesting import EARTH_RADIUS_KM, distance

CHUNK = 500
"""How many articles one transaction forgets: others wait for it."""
_CHAT = ("platform", "chat", "thread")


class DatabaseArchive:
    """The Archive port on a database of `bot.store.engine`, which it shares with the Store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = inserts(database)

    # --- what is followed

    async def follow(self, follows: Sequence[Follow], at: datetime) -> int:
        """See the Archive port."""
        chats = {_key(one.chat): one.chat for one in follows}.values()

        def work(connection: Connection) -> int:
            self._know(connection, [one.feed for one in follows], at)
            numbers = _numbers(connection, [one.feed.url for one in follows])
            before = sum(_follow_count(connection, chat) for chat in chats)
            self._set_follows(connection, follows, numbers)
            return sum(_follow_count(connection, chat) for chat in chats) - before

        return await self._database.write(work)

    def _know(self, connection: Connection, known: Iterable[Feed], at: datetime) -> None:
        """Make rows of feeds nobody knew. In one order: so two who follow never deadlock."""
        rows = {row["digest"]: row for row in (feed_row(feed, at) for feed in known)}
        new = self._insert(schema.feeds)
        names = {
            name: func.coalesce(func.nullif(schema.feeds.c[name], ""), new.excluded[name])
            for name in ("title", "link")
        }
        upsert = new.on_conflict_do_update(index_elements=["digest"], set_=names)
        if rows:
            connection.execute(upsert, [rows[key] for key in sorted(rows)])

    def _set_follows(
        self, connection: Connection, wanted: Sequence[Follow], numbers: Mapping[str, int]
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
            connection.execute(upsert, rows)

    async def unfollow(self, chat: Chat, urls: Sequence[str]) -> Sequence[Follow]:
        """See the Archive port."""
        unwanted = {digest(url) for url in urls}
        drop = delete(schema.follows).where(
            *_of(schema.follows, chat), schema.follows.c.feed == bindparam("its_feed")
        )

        def work(connection: Connection) -> list[Row[Any]]:
            gone = [row for row in connection.execute(_followed(chat)) if row.digest in unwanted]
            if gone:
                connection.execute(drop, [{"its_feed": row.feed} for row in gone])
            return gone

        gone = await self._database.write(work)
        return sorted(map(follow_of, gone), key=_by_topic_and_title)

    async def follows(self, chat: Chat) -> Sequence[Follow]:
        """See the Archive port."""
        found = await self._database.read(rows(_followed(chat)))
        return sorted(map(follow_of, found), key=_by_topic_and_title)

    async def set_filter(self, chat: Chat, words: WordFilter) -> None:
        """See the Archive port."""
        topic = clean(words.topic)
        lists = {"wanted": list(words.wanted), "unwanted": list(words.unwanted)}
        row = {**where(chat), "topic": topic, **lists}
        its = *_of(schema.filters, chat), schema.filters.c.topic == topic

        def work(connection: Connection) -> None:
            connection.execute(delete(schema.filters).where(*its))
            if words.wanted or words.unwanted:
                connection.execute(insert(schema.filters).values(row))

        await self._database.write(work)

    async def filters(self, chat: Chat) -> Sequence[WordFilter]:
        """See the Archive port."""
        query = select(schema.filters).where(*_of(schema.filters, chat))
        found = await self._database.read(rows(query))
        return sorted(map(filter_of, found), key=lambda words: words.topic)

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

        def work(connection: Connection) -> None:
            self._know(connection, feeds, at)
            connection.execute(none)
            if places:
                connection.execute(one.values(position=bindparam("its_position")), places)

        await self._database.write(work)

    async def defaults(self) -> Sequence[Feed]:
        """See the Archive port."""
        query = (
            select(schema.feeds)
            .where(schema.feeds.c.position.is_not(None))
            .order_by(schema.feeds.c.position)
        )
        return [feed_of(row) for row in await self._database.read(rows(query))]

    # --- reading feeds

    async def feeds(self, urls: Sequence[str] | None = None) -> Sequence[FeedState]:
        """See the Archive port."""
        if urls is None:
            wanted = [_is_read()]
        else:
            digests = {digest(url) for url in urls}
            wanted = [schema.feeds.c.digest.in_(batch) for batch in batches(digests)]

        def work(connection: Connection) -> list[Row[Any]]:
            queries = [select(schema.feeds).where(which) for which in wanted]
            return [row for query in queries for row in connection.execute(query)]

        found = await self._database.read(work)
        return sorted(map(state_of, found), key=lambda state: state.feed.url)

    async def due_feeds(self, now: datetime, limit: int = 500) -> Sequence[FeedState]:
        """See the Archive port."""
        query = (
            select(schema.feeds)
            .where(schema.feeds.c.next_at <= seconds(now), _is_read())
            .order_by(schema.feeds.c.next_at)
            .limit(limit)
        )
        return [state_of(row) for row in await self._database.read(rows(query))]

    async def record(
        self, state: FeedState, entries: Sequence[KeyedEntry], at: datetime
    ) -> Sequence[Arrival]:
        """See the Archive port."""

        def work(connection: Connection) -> list[Arrival]:
            feed = _lock(connection, state.feed.url)
            if feed is None:
                return []
            new = self._enter(connection, feed.id, entries, at)
            changes = state_row(state) | {"entries": schema.feeds.c.entries + len(new)}
            changed = update(schema.feeds).where(schema.feeds.c.id == feed.id).values(changes)
            named = feed_of(connection.execute(changed.returning(schema.feeds)).one())
            return [Arrival(number, replace(one.entry, feed=named), at) for number, one in new]

        return await self._database.write(work)

    async def record_all(self, readings: Sequence[Reading], at: datetime) -> Sequence[Arrival]:
        """See the Archive port."""
        return await self._database.write(lambda one: self._record_all(one, readings, at))

    def _record_all(
        self, connection: Connection, readings: Sequence[Reading], at: datetime
    ) -> list[Arrival]:
        locked = _lock_all(connection, [one.state.feed.url for one in readings])
        known = [
            (locked[digest(one.state.feed.url)], one)
            for one in readings
            if digest(one.state.feed.url) in locked
        ]
        new = self._enter_all(connection, known, at)
        number_new = Counter(feed.id for feed, _, _ in new)
        changes = [_changed_row(feed, one.state, number_new[feed.id]) for feed, one in known]
        if changes:
            names: dict[str, Any] = {
                name: bindparam(name) for name in changes[0] if name != "its_id"
            }
            its = schema.feeds.c.id == bindparam("its_id")
            connection.execute(update(schema.feeds).where(its).values(**names), changes)
        named = {row["its_id"]: row for row in changes}
        return [
            Arrival(number, replace(one.entry, feed=_named_feed(feed, named[feed.id])), at)
            for feed, number, one in new
        ]

    def _enter_all(
        self, connection: Connection, known: Sequence[tuple[Row[Any], Reading]], at: datetime
    ) -> list[tuple[Row[Any], int, KeyedEntry]]:
        """Keep what is new of many feeds, and every key; return it with its feed and number."""
        rows = sorted(
            {(feed.id, key) for feed, one in known for given in one.entries for key in given.keys}
        )
        if not rows:
            return []
        keys = schema.feed_keys.c
        once = self._insert(schema.feed_keys).on_conflict_do_nothing()
        entered = connection.execute(
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
        made = connection.execute(
            insert(schema.entries).returning(entries.feed, entries.key, entries.id),
            [_entry_row(feed.id, given, at) for feed, given in new],
        )
        numbers = {(row.feed, row.key): row.id for row in made}
        return [(feed, numbers[feed.id, given.key], given) for feed, given in new]

    def _enter(
        self, connection: Connection, feed: int, given: Sequence[KeyedEntry], at: datetime
    ) -> list[tuple[int, KeyedEntry]]:
        """Keep the entries whose keys are all new, and every key; return those with a number."""
        keys = {key for one in given for key in one.keys}
        new = _new_ones(given, keys - self._remember(connection, feed, keys))
        if not new:
            return []
        kept = insert(schema.entries).returning(schema.entries.c.key, schema.entries.c.id)
        made = connection.execute(kept, [_entry_row(feed, one, at) for one in new])
        numbers = {row.key: row.id for row in made}
        return [(numbers[one.key], one) for one in new]

    def _remember(self, connection: Connection, feed: int, keys: set[str]) -> set[str]:
        """Remember the keys; return those that this feed never had. One step: so two never both
        take an entry for new."""
        once = self._insert(schema.feed_keys).on_conflict_do_nothing()
        rows = [{"feed": feed, "key": key} for key in sorted(keys)]
        if not rows:
            return set()
        entered = connection.execute(once.returning(schema.feed_keys.c.key), rows)
        return set(entered.scalars())

    async def rename(self, old: str, new: str) -> None:
        """See the Archive port."""
        await self._database.write(lambda connection: self._rename(connection, old, new))

    def _rename(self, connection: Connection, old: str, new: str) -> None:
        gone, stays = _lock(connection, old), _lock(connection, new)
        if gone is None or (stays and stays.id == gone.id):
            return
        if stays is None:
            named = {"url": clean(new), "digest": digest(new)}
            its = schema.feeds.c.id == gone.id
            connection.execute(update(schema.feeds).where(its).values(named))
        else:
            self._merge(connection, gone, stays)

    def _merge(self, connection: Connection, gone: Row[Any], stays: Row[Any]) -> None:
        """Give everything of one feed to another, which stays as it is where both have it."""
        move_rows(connection, schema.follows, feed=(gone.id, stays.id))
        known = select(schema.feed_keys.c.key).where(schema.feed_keys.c.feed == stays.id)
        of_gone = schema.entries.c.feed == gone.id
        connection.execute(delete(schema.entries).where(of_gone, schema.entries.c.key.in_(known)))
        connection.execute(update(schema.entries).where(of_gone).values(feed=stays.id))
        move_rows(connection, schema.feed_keys, feed=(gone.id, stays.id))
        brought = _filed(connection, schema.article_feeds.c.feed == gone.id)
        there = [Filed(stays.id, one.article, one.instant, one.places) for one in brought]
        place_index.file(connection, self._insert, there)
        place_index.remove(connection, brought)
        position = stays.position if gone.position is None else gone.position
        total = {"entries": stays.entries + gone.entries, "position": position}
        connection.execute(update(schema.feeds).where(schema.feeds.c.id == stays.id).values(total))
        for table in (schema.feed_places, schema.follows):
            connection.execute(delete(table).where(table.c.feed == gone.id))
        connection.execute(delete(schema.feeds).where(schema.feeds.c.id == gone.id))

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
        return [
            Arrival(
                row.id, entry_of(row.entry, feed_of(row)), instant(row.arrived_at), row.attempts
            )
            for row in await self._database.read(rows(query))
        ]

    async def unreadable(self, feeds: Sequence[str], since: datetime) -> Mapping[str, int]:
        """See the Archive port."""
        its = schema.entries.c

        def work(connection: Connection) -> dict[str, int]:
            numbers = _numbers(connection, feeds)
            query = (
                select(its.reason, func.count().label("number"))
                .where(its.feed.in_(numbers.values()), its.reason != "")
                .where(its.instant >= seconds(since))
                .group_by(its.reason)
            )
            return {row.reason: row.number for row in connection.execute(query)}

        return await self._database.read(work)

    async def keep(
        self, arrival: Arrival, article: Article, places: Sequence[ArticlePlace]
    ) -> None:
        """See the Archive port."""
        await self._database.write(lambda one: self._keep(one, arrival, article, places))

    def _keep(
        self,
        connection: Connection,
        arrival: Arrival,
        article: Article,
        places: Sequence[ArticlePlace],
    ) -> None:
        its = schema.entries.c
        read = delete(schema.entries).where(its.id == arrival.id).returning(its.feed, its.key)
        entry = connection.execute(read).first()
        if entry is None:
            return
        address = article.url or arrival.entry.link or f"{entry.feed} {entry.key}"
        row = article_row(article, address, arrival.arrived_at, places)
        connection.execute(self._insert(schema.articles).values(row).on_conflict_do_nothing())
        articles = schema.articles.c
        query = select(articles.id, articles.instant, articles.places)
        kept = connection.execute(query.where(articles.digest == row["digest"])).one()
        filed = Filed(entry.feed, kept.id, kept.instant, place_index.unpacked(kept.places))
        place_index.file(connection, self._insert, [filed])

    async def put_off(self, arrival: Arrival, reason: str, until: datetime | None) -> None:
        """See the Archive port."""
        tried = {
            "attempts": schema.entries.c.attempts + 1,
            "reason": clean(reason),
            "given_up": until is None,
            # Rounded up: a site that asks to wait is never asked early.
            "not_before": math.ceil(until.timestamp()) if until else 0,
        }
        its = update(schema.entries).where(schema.entries.c.id == arrival.id)
        await self._database.write(count(its.values(tried)))

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
        return [article_of(row, row.brought_by) for row in await self._database.read(rows(query))]

    async def about(
        self,
        places: Sequence[int],
        feeds: Sequence[str],
        since: datetime | None = None,
        limit: int = 60,
    ) -> Found:
        """See the Archive port."""
        after = None if since is None else seconds(since)

        def work(connection: Connection) -> Found:
            named = _naming(connection, feeds, places)
            if not named:
                return Found(())
            hits = place_index.search(connection, places, list(named), after, limit)
            wanted = select(schema.articles).where(
                schema.articles.c.id.in_([one for _, one in hits.found])
            )
            found = {row.id: row for row in connection.execute(wanted)}
            in_order = tuple(article_of(found[one], named[feed]) for feed, one in hits.found)
            return Found(in_order, hits.total, hits.older)

        return await self._database.read(work)

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
        found = await self._database.read(rows(query.distinct()))
        away = {
            row.place: distance(latitude, longitude, row.latitude, row.longitude) for row in found
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
        return {row.place: row.named for row in await self._database.read(rows(query))}

    # --- what a chat was told, and what it means

    async def tell(self, chat: Chat, day: date, urls: Sequence[str]) -> None:
        """See the Archive port."""
        new = [
            {**where(chat), "day": day.isoformat(), "digest": digest(url), "url": clean(url)}
            for url in urls
        ]
        once = self._insert(schema.told).on_conflict_do_nothing()
        if new:
            await self._database.write(lambda connection: connection.execute(once, new).rowcount)

    async def told(self, chat: Chat, before: date, since: date) -> frozenset[str]:
        """See the Archive port."""
        days = schema.told.c.day >= since.isoformat(), schema.told.c.day < before.isoformat()
        query = select(schema.told.c.url).where(*_of(schema.told, chat), *days)
        return frozenset(row.url for row in await self._database.read(rows(query)))

    async def remember_place(self, chat: Chat, name: str, place: int) -> None:
        """See the Archive port."""
        row = {**where(chat), "name": clean(folded_name(name)), "place": place}
        chosen = self._insert(schema.place_choices).values(row)
        upsert = chosen.on_conflict_do_update(
            index_elements=[*_CHAT, "name"], set_={"place": place}
        )
        await self._database.write(count(upsert))

    async def remembered_place(self, chat: Chat, name: str) -> int | None:
        """See the Archive port."""
        wanted = schema.place_choices.c.name == clean(folded_name(name))
        query = select(schema.place_choices.c.place).where(*_of(schema.place_choices, chat), wanted)
        found = await self._database.read(rows(query))
        return found[0].place if found else None

    async def prune(self, before: datetime) -> int:
        """See the Archive port."""
        pruned = 0
        while chunk := await self._database.write(partial(_prune_some, seconds(before))):
            pruned += chunk
        too_old = (
            select(schema.entries.c.id)
            .where(schema.entries.c.arrived_at < seconds(before))
            .limit(BATCH)
        )
        entries = delete(schema.entries).where(schema.entries.c.id.in_(too_old))
        while await self._database.write(count(entries)):
            pass
        told = delete(schema.told).where(schema.told.c.day < before.date().isoformat())
        await self._database.write(count(told))
        return pruned


# --- queries that several of these share


def _prune_some(before: int, connection: Connection) -> int:
    old = select(schema.articles.c.id).where(schema.articles.c.arrived_at < before).limit(CHUNK)
    numbers = list(connection.execute(old).scalars())
    filed = _filed(connection, schema.article_feeds.c.article.in_(numbers))
    place_index.remove(connection, filed)
    connection.execute(delete(schema.articles).where(schema.articles.c.id.in_(numbers)))
    return len(numbers)


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


def _follow_count(connection: Connection, chat: Chat) -> int:
    query = select(func.count()).select_from(schema.follows).where(*_of(schema.follows, chat))
    return connection.execute(query).scalar_one()


def _numbers(connection: Connection, urls: Iterable[str]) -> dict[str, int]:
    """Return the numbers of feeds by their digests."""
    return {
        row.digest: row.id
        for batch in batches({digest(url) for url in urls})
        for row in connection.execute(
            select(schema.feeds.c.digest, schema.feeds.c.id).where(schema.feeds.c.digest.in_(batch))
        )
    }


def _naming(connection: Connection, urls: Iterable[str], places: Sequence[int]) -> dict[int, str]:
    """Return those of the feeds that ever named one of the places: their addresses by number."""
    named = select(schema.feed_places.c.feed).where(
        schema.feed_places.c.feed == schema.feeds.c.id, schema.feed_places.c.place.in_(places)
    )
    digests = [digest(url) for url in urls]
    query = select(schema.feeds.c.id, schema.feeds.c.url).where(
        schema.feeds.c.digest.in_(digests), named.exists()
    )
    return {row.id: row.url for row in connection.execute(query)}


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


def _lock(connection: Connection, url: str) -> Row[Any] | None:
    """Return a feed's row and let nobody else write to it before this transaction ends."""
    query = select(schema.feeds).where(schema.feeds.c.digest == digest(url)).with_for_update()
    return connection.execute(query).first()


def _lock_all(connection: Connection, urls: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the rows of feeds by digest, and let nobody else write to them.

    In the order of the index, so that two who write the same feeds wait but never deadlock.
    """
    its = schema.feeds.c.digest
    rows: dict[str, Row[Any]] = {}
    for some in batches(sorted(digest(url) for url in urls)):
        query = select(schema.feeds).where(its.in_(some)).order_by(its).with_for_update()
        rows |= {row.digest: row for row in connection.execute(query)}
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


def _filed(connection: Connection, which: ColumnElement[bool]) -> list[Filed]:
    query = select(schema.article_feeds, schema.articles.c.places).join(
        schema.articles, schema.articles.c.id == schema.article_feeds.c.article
    )
    return [
        Filed(row.feed, row.article, row.instant, place_index.unpacked(row.places))
        for row in connection.execute(query.where(which))
    ]


def _by_topic_and_title(follow: Follow) -> tuple[str, str, str]:
    return follow.topic.casefold(), follow.feed.title.casefold(), follow.feed.url
