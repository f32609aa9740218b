"""Measures the place index: python -m tests.benchmarks.bench_archive (make bench-archive).

Builds an archive of synthetic articles in a temporary SQLite file (`--articles`, a million unless
told; `--postgresql` also fills a PostgreSQL server of our own), whose places and feeds are spread
as words are (Zipf). Asks it as chats do: the answer is timed whole, with its counts and articles.
Beside it, in the same run: an unindexed LIKE, and SQLite's full-text search (FTS5) for the name.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Table, insert, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.core.archive import ArticlePlace
from bot.core.news import Feed
from bot.store.archive import DatabaseArchive
from bot.store.archive_rows import article_row, feed_row
from bot.store.engine import open_database, seconds
from bot.store.schema import article_feeds, article_places, articles, feed_places, feeds
from bot.store.transactions import Database
from summaries.article import Article

NOW = datetime(2026, 3, 2, tzinfo=UTC)
YEARS = 3
COMMON, COMMON_SHARE = 1, 0.25
"""The place that every fourth article names (say, the United States)."""
PLACES_AN_ARTICLE = 6
FEED_COUNT, PLACE_COUNT = 1_000, 20_000
CHUNK = 10_000
ROUNDS = 40
SEED = 20260302

T = TypeVar("T")
Rows = dict[Table, list[tuple[Any, ...]]]
Load = Callable[[Rows], Awaitable[None]]


def say(line: str = "") -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def zipf(number: int) -> list[float]:
    """Return cumulative weights: each rank comes as often as its inverse."""
    return list(accumulate(1 / rank for rank in range(1, number + 1)))


# --- a made-up archive


@dataclass
class Synthetic:
    """A stream of articles, the same at each run; it counts who names what."""

    number: int
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - data
    named: Counter[tuple[int, int]] = field(default_factory=Counter)
    totals: Counter[int] = field(default_factory=Counter)

    def chunks(self) -> Iterator[Rows]:
        """Yield the rows of some articles at a time."""
        by_feed, by_place = zipf(FEED_COUNT), zipf(PLACE_COUNT)
        numbers = iter(range(1, self.number + 1))
        while some := list(islice(numbers, CHUNK)):
            brought = self.chance.choices(
                range(1, FEED_COUNT + 1), cum_weights=by_feed, k=len(some)
            )
            wanted = len(some) * (PLACES_AN_ARTICLE - 1)
            drawn = iter(
                self.chance.choices(range(2, PLACE_COUNT + 2), cum_weights=by_place, k=wanted)
            )
            rows: Rows = {articles: [], article_feeds: [], article_places: []}
            for number, feed in zip(some, brought, strict=True):
                self._add(rows, number, feed, list(islice(drawn, PLACES_AN_ARTICLE - 1)))
            yield rows
        yield from self._counts()

    def _add(self, rows: Rows, number: int, feed: int, drawn: list[int]) -> None:
        if self.chance.random() < COMMON_SHARE:
            drawn.append(COMMON)
        when = NOW - timedelta(seconds=self.chance.randrange(YEARS * 365 * 86_400))
        about = self.chance.choice(drawn)
        places = [ArticlePlace(place, 1, place == about) for place in dict.fromkeys(drawn)]
        url = f"https://example.org/{feed}/{number}"
        words = (f"It happened in Place{one.place} while nobody looked." for one in places)
        article = Article(f"Title {number}", tuple(words), "en", url=url, published=when)
        row = {"id": number, **article_row(article, url, NOW, places)}
        instant = seconds(when)
        rows[articles].append(tuple(row[column.name] for column in articles.columns))
        rows[article_feeds].append((feed, instant, number))
        rows[article_places] += [(one.place, feed, one.is_about, instant, number) for one in places]
        self.named.update((feed, one.place) for one in places)
        self.totals.update(one.place for one in places)

    def _counts(self) -> Iterator[Rows]:
        rest = iter(sorted(self.named.items()))
        while some := list(islice(rest, CHUNK)):
            yield {
                feed_places: [
                    (feed, place, count, place % 180 - 90.0, place * 7 % 360 - 180.0)
                    for (feed, place), count in some
                ]
            }


def url_of(feed: int) -> str:
    """Return the address of a feed by its number."""
    return f"https://example.org/feeds/{feed}"


async def build(database: Database, synthetic: Synthetic, load: Load) -> float:
    """Fill the database; return the seconds that it took."""
    start = time.perf_counter()
    rows = [feed_row(Feed(url_of(number)), NOW) for number in range(1, FEED_COUNT + 1)]
    await database.write(lambda connection: connection.execute(insert(feeds), rows).rowcount)
    for chunk in synthetic.chunks():
        await load(chunk)
    return time.perf_counter() - start


@asynccontextmanager
async def sqlite_load(path: Path) -> AsyncIterator[Load]:
    """Loads rows into a SQLite file as fast as it takes them."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-600000")

        async def load(rows: Rows) -> None:
            for table, some in rows.items():
                marks = ", ".join("?" * len(table.columns))
                connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", some)  # noqa: S608 - our own names

        yield load
        connection.commit()


def postgresql_load(engine: AsyncEngine) -> Load:
    """Load rows into PostgreSQL by COPY."""

    async def load(rows: Rows) -> None:
        async with engine.begin() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for table, some in rows.items():
                columns = [column.name for column in table.columns]
                await driver.copy_records_to_table(table.name, records=some, columns=columns)

    return load


# --- asking


@dataclass(frozen=True)
class Question:
    """A kind of question: who asks, of which place, and since when."""

    name: str
    feeds: Sequence[Sequence[str]]
    places: Sequence[Sequence[int]]
    since: datetime | None = None


def questions(synthetic: Synthetic) -> list[Question]:
    """Return the kinds of questions, from chats of every size, of rare and common places."""
    chance = random.Random(SEED)  # noqa: S311 - data
    ranked = [place for place, _ in synthetic.totals.most_common()]
    kinds = {
        "most common": [[COMMON]] * ROUNDS,
        "common": [[place] for place in chance.sample(ranked[1:50], ROUNDS)],
        "rare": [[place] for place in chance.sample(ranked[len(ranked) // 2 :], ROUNDS)],
        "30 near": [chance.sample(ranked[1:5_000], 30) for _ in range(ROUNDS)],
    }
    numbers = range(1, FEED_COUNT + 1)
    sizes = {
        "1 feed": [_urls([one]) for one in chance.sample(numbers, ROUNDS)],
        "20 feeds": [_urls(chance.sample(numbers, 20)) for _ in range(ROUNDS)],
        "200 feeds": [_urls(chance.sample(numbers, 200)) for _ in range(ROUNDS)],
        "200 biggest": [_urls(range(1, 201))] * ROUNDS,
    }
    times = {"": None, ", this week": NOW - timedelta(days=7)}
    return [
        Question(f"{kind}, {size}{when}", urls, places, since)
        for kind, places in kinds.items()
        for size, urls in sizes.items()
        for when, since in times.items()
    ]


def _urls(numbers: Iterable[int]) -> list[str]:
    return [url_of(number) for number in numbers]


@dataclass
class Spent:
    """How long answers took, in milliseconds: by the clock, and of this process's own time.

    The second says what it costs on a machine that others keep busy.
    """

    clock: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    async def time(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask once."""
        clock, own = time.perf_counter(), time.process_time()
        answer = await ask()
        self.clock.append((time.perf_counter() - clock) * 1000)
        self.own.append((time.process_time() - own) * 1000)
        return answer

    def say(self, name: str, more: str = "") -> None:
        """Print one row."""
        figures = [statistics.median(self.clock), p95(self.clock), max(self.clock), p95(self.own)]
        say(f"{name:40}" + "".join(f"{figure:9.1f}" for figure in figures) + more)


async def asked(archive: DatabaseArchive, question: Question) -> Spent:
    """Ask one kind of question, and print what it took."""
    spent, most = Spent(), 0
    for urls, places in zip(question.feeds, question.places, strict=True):
        found = await spent.time(partial(archive.about, places, urls, question.since))
        most = max(most, found.total)
    spent.say(question.name, f"{most:>12,}")
    return spent


def p95(spent: Sequence[float]) -> float:
    """Return the value that 95 of 100 stay under."""
    return sorted(spent)[max(0, round(len(spent) * 0.95) - 1)]


async def report(database: Database, synthetic: Synthetic) -> float:
    """Print what each kind of question takes; return the p95 of one place's, in milliseconds."""
    archive = DatabaseArchive(database)
    say(f"{'place, chat':40}{'p50 ms':>9}{'p95':>9}{'max':>9}{'p95 CPU':>9}{'most found':>12}")
    of_one = Spent()
    for question in questions(synthetic):
        spent = await asked(archive, question)
        if "near" not in question.name:
            of_one.clock += spent.clock
            of_one.own += spent.own
    of_one.say("all questions about one place")
    await others(archive)
    return p95(of_one.clock)


async def others(archive: DatabaseArchive) -> None:
    """Print what the other questions to the archive cost a chat of the 200 biggest feeds."""
    urls = [url_of(number) for number in range(1, 201)]
    asks: dict[str, Callable[[], Awaitable[object]]] = {
        "near (100 km)": lambda: archive.near(20.0, 30.0, 100.0, urls),
        "near (1,000 km)": lambda: archive.near(20.0, 30.0, 1000.0, urls),
        "usual places": lambda: archive.usual_places(urls[0]),
        "a briefing's articles (two days)": lambda: archive.articles(urls, NOW - timedelta(days=2)),
        "due feeds": lambda: archive.due_feeds(NOW),
    }
    for name, ask in asks.items():
        spent = Spent()
        for _ in range(ROUNDS // 2):
            await spent.time(ask)
        spent.say(name)


# --- peers, on the same file


_NEWEST = """
    SELECT articles.* FROM articles JOIN article_feeds ON article_feeds.article = articles.id
    WHERE {which} AND article_feeds.feed IN ({feeds})
    ORDER BY article_feeds.instant DESC LIMIT 60
"""


def peers(path: Path, ours: float) -> None:
    """Print what others take for the newest articles of 200 feeds that name a place."""
    feeds_in = ", ".join(map(str, range(1, 201)))
    with closing(sqlite3.connect(path)) as connection:
        start = time.perf_counter()
        options = "paragraphs, content='articles', content_rowid='id'"
        connection.execute(f"CREATE VIRTUAL TABLE words USING fts5({options})")
        connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
        connection.commit()
        say(f"(FTS5 took {time.perf_counter() - start:.0f} s to build)")
        matching = "articles.id IN (SELECT rowid FROM words WHERE words MATCH ?)"
        for name, which, term in (
            ("LIKE, most common place", "paragraphs LIKE ?", f"%Place{COMMON} %"),
            ("LIKE, rare place", "paragraphs LIKE ?", f"%Place{PLACE_COUNT} %"),
            ("FTS5, most common place", matching, f"Place{COMMON}"),
            ("FTS5, rare place", matching, f"Place{PLACE_COUNT}"),
        ):
            query = _NEWEST.format(which=which, feeds=feeds_in)
            spent = [_timed(connection, query, term) for _ in range(3)]
            middle = statistics.median(spent)
            say(f"{name:40}{middle:9.1f} ms, {middle / ours:,.1f} times our p95")


def _timed(connection: sqlite3.Connection, query: str, term: str) -> float:
    start = time.perf_counter()
    connection.execute(query, [term]).fetchall()
    return (time.perf_counter() - start) * 1000


# --- the whole run


async def on_sqlite(number: int) -> None:
    """Measure on SQLite, with the peers."""
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as folder:
        path = Path(folder) / "archive.db"
        database = await open_database(f"sqlite:///{path}")
        synthetic = Synthetic(number)
        async with sqlite_load(path) as load:
            spent = await build(database, synthetic, load)
        say(f"SQLite: {number:,} articles, {synthetic.totals.total():,} places in them, built in "
            f"{spent:.0f} s, {path.stat().st_size / 1e6:,.0f} MB")  # fmt: skip
        ours = await report(database, synthetic)
        await database.close()
        peers(path, ours)


async def on_postgresql(number: int) -> None:
    """Measure on a PostgreSQL server of our own."""
    warnings.simplefilter("ignore", RuntimeWarning)  # platformdirs misses XDG_RUNTIME_DIR
    pgserver: Any = import_module("pgserver")  # only this needs it

    with tempfile.TemporaryDirectory(prefix="dateline-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        database = await open_database(server.get_uri())
        url = make_url(server.get_uri()).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url)
        synthetic = Synthetic(number)
        spent = await build(database, synthetic, postgresql_load(engine))
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))
            size = text("SELECT pg_database_size(current_database())")
            room = (await connection.execute(size)).scalar_one()
        say(f"PostgreSQL: {number:,} articles, built in {spent:.0f} s, {room / 1e6:,.0f} MB")
        await report(database, synthetic)
        await database.close()
        await engine.dispose()
        server.cleanup()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    asyncio.run(on_sqlite(options.articles))
    if options.postgresql:
        asyncio.run(on_postgresql(options.articles))


if __name__ == "__main__":
    main()
