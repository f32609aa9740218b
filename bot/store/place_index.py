"""Which articles name a place: the archive's index, kept and asked. Knows no article's words.

One row for each (place, feed, article), clustered so that the newest articles of one feed about one
place lie next to each other: an answer reads a few rows of each followed feed and no more, however
many articles the archive holds. `feed_places` says which of these heaps there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from bot.core.archive import MOST_COUNTED, ArticlePlace
from bot.store.schema import article_feeds, article_places, feed_places

Inserts = Callable[[Table], SqliteInsert | PostgresqlInsert]
Row = dict[str, Any]
Which = Sequence[ColumnElement[bool]]
Number = tuple[int, int]
"""A feed and an article that it brought (or a place that it names)."""
_COUNTED = ("feed", "place", "named")
_FIELDS = attrgetter(*(field.name for field in fields(ArticlePlace)))
_EVER = -(10**12)
"""Before every instant."""


@dataclass(frozen=True, slots=True)
class Filed:
    """An article in the index: which feed brought it, when it came, and what it names."""

    feed: int
    article: int
    instant: int
    places: tuple[ArticlePlace, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """The articles that fit, each with a feed, in the order they are told, and the numbers."""

    found: tuple[Number, ...] = ()
    total: int = 0
    older: int = 0


def packed(places: Iterable[ArticlePlace]) -> str:
    """Return an article's places as its row keeps them."""
    return json.dumps([_FIELDS(place) for place in places])


def unpacked(kept: str) -> tuple[ArticlePlace, ...]:
    """Return the places that a row keeps."""
    return tuple(ArticlePlace(*fields) for fields in json.loads(kept))


# --- keeping it


def file(connection: Connection, inserts: Inserts, filed: Sequence[Filed]) -> None:
    """Enter articles; what a feed has brought already is left as it is."""
    if not filed:
        return
    once = inserts(article_feeds).on_conflict_do_nothing()
    entered = connection.execute(
        once.returning(article_feeds.c.feed, article_feeds.c.article),
        [_feed_row(one) for one in filed],
    )
    numbers = {(row.feed, row.article) for row in entered}
    new = [one for one in filed if (one.feed, one.article) in numbers]
    if rows := [row for one in new for row in _place_rows(one)]:
        connection.execute(insert(article_places), rows)
        connection.execute(_counting(inserts), _count_rows(new))


def remove(connection: Connection, filed: Sequence[Filed]) -> None:
    """Take articles out."""
    if not filed:
        return
    if rows := [row for one in filed for row in _place_rows(one)]:
        connection.execute(delete(article_places).where(*_is(article_places)), _its(rows))
        less = feed_places.c.named - bindparam("its_named")
        discount = update(feed_places).where(*_is(feed_places)).values(named=less)
        counts = [{name: row[name] for name in _COUNTED} for row in _count_rows(filed)]
        connection.execute(discount, _its(counts))
    feed_rows = [_feed_row(one) for one in filed]
    connection.execute(delete(article_feeds).where(*_is(article_feeds)), _its(feed_rows))


def _feed_row(one: Filed) -> Row:
    return {"feed": one.feed, "instant": one.instant, "article": one.article}


def _place_rows(one: Filed) -> list[Row]:
    about = {place.place for place in one.places if place.is_about}
    return [
        {"place": place, "about": place in about, **_feed_row(one)}
        for place in dict.fromkeys(place.place for place in one.places)
    ]


def _count_rows(filed: Sequence[Filed]) -> list[Row]:
    """How many of these articles of each feed name each place, and where it is.

    In one order: so two writers never deadlock.
    """
    rows: dict[Number, Row] = {}
    for one in filed:
        for place in one.places:
            row = rows.setdefault(
                (one.feed, place.place),
                {
                    "feed": one.feed, "place": place.place, "named": 0,
                    "latitude": place.latitude, "longitude": place.longitude,
                },
            )  # fmt: skip
            row["named"] += not place.inside
    return [rows[key] for key in sorted(rows)]


def _counting(inserts: Inserts) -> SqliteInsert | PostgresqlInsert:
    new = inserts(feed_places)
    more = feed_places.c.named + new.excluded.named
    return new.on_conflict_do_update(index_elements=["feed", "place"], set_={"named": more})


def _is(table: Table) -> list[ColumnElement[bool]]:
    """One row by its primary key, given by `_its`."""
    return [column == bindparam(f"its_{column.name}") for column in table.primary_key]


def _its(rows: Sequence[Row]) -> list[Row]:
    return [{f"its_{name}": value for name, value in row.items()} for row in rows]


# --- asking it


def search(
    connection: Connection,
    places: Sequence[int],
    feeds: Sequence[int],
    since: int | None,
    limit: int,
) -> Hits:
    """Return the articles of these feeds that name one of the places: those about it first."""
    heaps = feed_places.c.place.in_(places), feed_places.c.feed.in_(feeds)
    about = _newest(connection, heaps, since, limit, about=True)
    told = {article for _, article in about}
    rest = []
    if len(about) < limit:
        rest = _newest(connection, heaps, since, limit + len(about), about=False)
    found = [*about, *(number for number in rest if number[1] not in told)][:limit]
    after = None if since is None else article_places.c.instant >= since
    total = len(found) if len(found) < limit else _number(connection, heaps, after)
    if since is None:
        return Hits(tuple(found), total)
    older = _number(connection, heaps, article_places.c.instant < since)
    return Hits(tuple(found), total, older)


def _newest(
    connection: Connection, which: Which, since: int | None, limit: int, *, about: bool
) -> list[Number]:
    """Return the newest articles, each once. Only the newest of each heap are looked at."""
    same, after = article_places.alias("same"), _EVER if since is None else since
    last = (
        select(same.c.instant)
        .where(same.c.place == feed_places.c.place, same.c.feed == feed_places.c.feed)
        .where(same.c.about == about, same.c.instant >= after)
        .order_by(same.c.instant.desc())
        .limit(1)
        .offset(limit - 1)
        .scalar_subquery()
    )
    heaps = _heaps(which, func.coalesce(last, after).label("last"))
    query = (
        select(func.min(article_places.c.feed), article_places.c.article)
        .join_from(heaps, article_places, _in_heap(heaps))
        .where(article_places.c.about == about, article_places.c.instant >= heaps.c.last)
        .group_by(article_places.c.article, article_places.c.instant)
        .order_by(article_places.c.instant.desc(), article_places.c.article.desc())
        .limit(limit)
    )
    return [(feed, article) for feed, article in connection.execute(query)]


def _number(connection: Connection, which: Which, when: ColumnElement[bool] | None) -> int:
    """Count the articles that fit, each once, up to MOST_COUNTED."""
    heaps = _heaps(which)
    some = select(article_places.c.article).join_from(heaps, article_places, _in_heap(heaps))
    if when is not None:
        some = some.where(when, article_places.c.about.in_([True, False]))
    counted = some.distinct().limit(MOST_COUNTED).subquery()
    return (connection.execute(select(func.count()).select_from(counted))).scalar_one()


def _heaps(which: Which, *more: ColumnElement[Any]) -> CTE:
    """Return which heaps there are. Materialized: the few heaps are to lead to the many articles,
    and a database that joins in the other order looks at every article."""
    found = select(feed_places.c.place, feed_places.c.feed, *more).where(*which)
    return found.cte("heaps").prefix_with("MATERIALIZED")


def _in_heap(heaps: CTE) -> ColumnElement[bool]:
    return and_(article_places.c.place == heaps.c.place, article_places.c.feed == heaps.c.feed)
