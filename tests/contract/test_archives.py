"""What every archive promises, whatever keeps it: memory, SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.archive import Archive, Arrival, ArticlePlace, FeedState, Follow, Reading, WordFilter
from bot.core.messages import Chat, ChatKind
from bot.core.news import Enclosure, Entry, Feed, KeyedEntry
from bot.store.archive import DatabaseArchive
from bot.store.engine import open_database
from bot.store.schema import metadata
from bot.store.transactions import count
from summaries.article import Article
from tests.fake_archive import FakeArchive
from tests.fakes import MONDAY

OpenArchive = Callable[[], Awaitable[Archive]]

NOW = MONDAY
CHAT = Chat("fake", "-5001", ChatKind.GROUP, thread="7")
OTHER = Chat("fake", "2")
WORLD = Feed("https://example.org/world.xml", "World", "https://example.org/")
SPORT = Feed("https://example.org/sport.xml", "Sport", "https://example.org/")
BOTH = [WORLD.url, SPORT.url]
IRAQ, MOSUL, PARIS = 99237, 99072, 2988507
SAHEL = 3069884011
MOSUL_IN_IRAQ = (
    ArticlePlace(MOSUL, 3, is_about=True, latitude=36.335, longitude=43.119),
    ArticlePlace(IRAQ, 4, is_about=True, inside=True, latitude=33.0, longitude=44.0),
)
PARIS_ONCE = (ArticlePlace(PARIS, 1, latitude=48.853, longitude=2.349),)
ODD = "\0 \ud83d “é” & <b> \U0001f30d"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def open_archive(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[OpenArchive]:
    """Opens the same archive as often as a test likes, as two processes would."""
    if request.param == "memory":
        memory = FakeArchive()

        async def same() -> Archive:
            return memory

        yield same
        return
    url = f"sqlite:///{tmp_path}/dateline.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    opened = [await open_database(url)]
    if request.param == "postgresql":
        tables = ", ".join(metadata.tables)
        await opened[0].write(count(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")))

    async def another() -> Archive:
        opened.append(await open_database(url))
        return DatabaseArchive(opened[-1])

    yield another
    for database in opened:
        await database.close()


@pytest.fixture
async def archive(open_archive: OpenArchive) -> Archive:
    """One archive without anything in it."""
    return await open_archive()


# --- what the tests put in


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


async def following(archive: Archive, *feeds: Feed, chat: Chat = CHAT) -> None:
    await archive.follow([Follow(chat, feed) for feed in feeds or (WORLD, SPORT)], NOW)


async def state_of(archive: Archive, feed: Feed = WORLD) -> FeedState:
    [state] = await archive.feeds([feed.url])
    return state


def entry(number: int, feed: Feed = WORLD, published: datetime | None = None) -> Entry:
    link = f"https://example.org/{number}"
    return Entry(feed, link, f"Title {number}", str(number), published=published)


def keyed(one: Entry, *keys: str) -> KeyedEntry:
    return KeyedEntry(one, keys or (f"{int(one.id):016x}",))


async def recorded(
    archive: Archive, *given: KeyedEntry, feed: Feed = WORLD, when: datetime = NOW
) -> Sequence[Arrival]:
    return await archive.record(FeedState(feed, at(1)), given, when)


async def kept(
    archive: Archive,
    number: int,
    published: datetime | None = NOW,
    places: Sequence[ArticlePlace] = (),
    *,
    feed: Feed = WORLD,
    arrived: datetime = NOW,
) -> Article:
    """An article of a feed that is followed."""
    one = entry(number, feed, published)
    [arrival] = await recorded(archive, keyed(one), feed=feed, when=arrived)
    article = Article(one.title, ("It happened.", "It is over."), url=one.link, published=published)
    await archive.keep(arrival, article, places)
    return replace(article, feed=feed.url)


def numbers(articles: Sequence[Article]) -> list[int]:
    return [int(article.title.removeprefix("Title ")) for article in articles]


async def waiting(archive: Archive, now: datetime = NOW) -> list[str]:
    return [arrival.entry.id for arrival in await archive.arrivals(now)]


# --- following


async def test_what_a_chat_follows_comes_by_topic_and_title(archive: Archive) -> None:
    politics = Feed("https://example.org/p.xml", "älter")
    given = [Follow(CHAT, SPORT, "b"), Follow(CHAT, WORLD, "A"), Follow(CHAT, politics, "b")]
    assert await archive.follow(given, NOW) == 3
    assert await archive.follow([Follow(OTHER, WORLD)], NOW) == 1
    assert await archive.follows(CHAT) == [given[1], given[0], given[2]]
    assert await archive.follows(OTHER) == [Follow(OTHER, WORLD)]
    assert await archive.follows(replace(CHAT, thread="")) == []


async def test_following_again_sets_the_topic_and_is_not_new(archive: Archive) -> None:
    await following(archive, WORLD)
    assert await archive.follow([Follow(CHAT, WORLD, "news"), Follow(CHAT, SPORT)], NOW) == 1
    assert await archive.follow([Follow(CHAT, SPORT), Follow(CHAT, SPORT, "x")], NOW) == 0
    assert await archive.follow([], NOW) == 0
    assert [one.topic for one in await archive.follows(CHAT)] == ["news", "x"]


async def test_a_feed_keeps_the_name_it_has_over_what_follows_it(archive: Archive) -> None:
    bare = Feed(WORLD.url)
    await following(archive, bare)
    assert (await state_of(archive)).feed == bare
    await following(archive, WORLD, chat=OTHER)
    await following(archive, replace(WORLD, title="Another"), chat=OTHER)
    assert [one.feed for one in await archive.follows(CHAT)] == [WORLD]


async def test_unfollowing_returns_what_was_followed_and_leaves_the_rest(archive: Archive) -> None:
    await following(archive)
    await following(archive, WORLD, chat=OTHER)
    assert await archive.unfollow(CHAT, [WORLD.url, "https://nobody.example/"]) == [
        Follow(CHAT, WORLD)
    ]
    assert await archive.unfollow(CHAT, [WORLD.url]) == []
    assert await archive.unfollow(CHAT, []) == []
    assert [one.feed for one in await archive.follows(CHAT)] == [SPORT]
    assert [one.feed for one in await archive.follows(OTHER)] == [WORLD]


async def test_thousands_of_feeds_are_followed_at_once(archive: Archive) -> None:
    many = [Feed(f"https://example.org/{number}", f"{number:05}") for number in range(5_500)]
    await archive.follow([Follow(CHAT, feed) for feed in many], NOW)
    assert [one.feed for one in await archive.follows(CHAT)] == many
    assert len(await archive.feeds([feed.url for feed in many])) == len(many)
    assert len(await archive.due_feeds(NOW, limit=10_000)) == len(many)
    assert len(await archive.unfollow(CHAT, [feed.url for feed in many])) == len(many)


async def test_an_address_longer_than_any_index_is_followed(archive: Archive) -> None:
    long = Feed("https://example.org/?" + "".join(map(str, range(3_000))))
    await following(archive, long)
    assert [one.feed for one in await archive.follows(CHAT)] == [long]
    await archive.tell(CHAT, NOW.date(), [long.url])
    assert await archive.told(CHAT, date.max, date.min) == {long.url}


async def test_a_filter_replaces_the_one_before_and_an_empty_one_drops_it(archive: Archive) -> None:
    sport = WordFilter("sport", ("“tennis”", "judo"), ("golf",))
    every = WordFilter("", (), ("ads",))
    for words in (WordFilter("sport", ("ski",)), sport, every):
        await archive.set_filter(CHAT, words)
    await archive.set_filter(OTHER, WordFilter("sport", ("ski",)))
    assert await archive.filters(CHAT) == [every, sport]
    await archive.set_filter(CHAT, WordFilter("sport"))
    assert await archive.filters(CHAT) == [every]
    assert await archive.filters(replace(CHAT, thread="")) == []


async def test_the_operators_feeds_keep_their_order_and_are_replaced(archive: Archive) -> None:
    await archive.set_defaults([WORLD, SPORT, WORLD], NOW)
    assert await archive.defaults() == [WORLD, SPORT]
    await archive.set_defaults([SPORT], at(1))
    assert await archive.defaults() == [SPORT]
    assert [state.feed for state in await archive.due_feeds(at(2))] == [SPORT]
    await archive.set_defaults([], NOW)
    assert await archive.defaults() == []


# --- reading feeds


async def test_a_new_feed_is_due_when_it_is_followed(archive: Archive) -> None:
    await following(archive, WORLD)
    assert await archive.due_feeds(NOW - timedelta(seconds=1)) == []
    assert await archive.due_feeds(NOW) == [FeedState(WORLD, NOW)]
    await archive.follow([Follow(OTHER, WORLD)], at(5))
    assert await archive.due_feeds(NOW) == [FeedState(WORLD, NOW)]


async def test_the_most_overdue_feed_comes_first_and_the_limit_holds(archive: Archive) -> None:
    for hours, name in ((3, "c"), (1, "a"), (2, "b")):
        await archive.follow([Follow(CHAT, Feed(f"https://{name}.example/"))], at(hours))
    found = await archive.due_feeds(at(9), limit=2)
    assert [state.feed.url for state in found] == ["https://a.example/", "https://b.example/"]


async def test_what_nobody_follows_is_read_no_more(archive: Archive) -> None:
    await following(archive, WORLD)
    await following(archive, WORLD, chat=OTHER)
    [arrival] = await recorded(archive, keyed(entry(1)))
    await archive.unfollow(CHAT, BOTH)
    assert [state.feed for state in await archive.due_feeds(at(9))] == [WORLD]
    await archive.unfollow(OTHER, BOTH)
    assert await archive.due_feeds(at(9)) == []
    assert await archive.feeds() == []
    assert await waiting(archive) == []
    await archive.set_defaults([WORLD], NOW)
    assert [state.feed for state in await archive.due_feeds(at(9))] == [WORLD]
    assert await waiting(archive) == [arrival.entry.id]


async def test_the_state_of_a_feed_comes_back_as_it_was_recorded(archive: Archive) -> None:
    await following(archive)
    state = FeedState(
        replace(WORLD, title="World news", link="https://example.org/world"), at(2), '"e-tag"',
        "Mon, 02 Mar 2026 06:00:00 GMT", at(1), NOW, 3600, 2, "it answered “404”",
    )  # fmt: skip
    await archive.record(state, [], NOW)
    assert await state_of(archive) == state
    assert [one.feed.url for one in await archive.feeds()] == [SPORT.url, WORLD.url]
    assert await archive.feeds(["https://nobody.example/"]) == []
    assert await archive.feeds([]) == []


async def test_a_feed_that_gives_no_name_keeps_its_name(archive: Archive) -> None:
    await following(archive)
    await recorded(archive, feed=Feed(WORLD.url))
    assert (await state_of(archive)).feed == WORLD


async def test_many_attempts_are_recorded_together_as_each_alone(archive: Archive) -> None:
    await archive.follow([Follow(CHAT, WORLD), Follow(CHAT, Feed(SPORT.url))], NOW)
    await recorded(archive, keyed(entry(1), "a", "b"))
    went_well = FeedState(
        Feed(SPORT.url, "Sport", "https://example.org/"), at(2), '"2"', read_at=NOW
    )
    went_wrong = FeedState(
        Feed(WORLD.url), at(1), '"1"', "then", NOW, at(-1), 900, 2, "It is away.", 0
    )
    given = (
        keyed(entry(1, SPORT), "a", "c"),
        keyed(entry(2, SPORT), "c"),
        keyed(entry(3, SPORT), "d"),
    )
    readings = [
        Reading(went_wrong, (keyed(entry(1), "b", "x"),)),
        Reading(FeedState(Feed("https://nobody.example/"), NOW), given),
        Reading(went_well, given),
    ]
    arrivals = await archive.record_all(readings, NOW)
    assert [one.entry for one in arrivals] == [entry(1, SPORT), entry(3, SPORT)]
    assert len({one.id for one in arrivals}) == 2
    assert await archive.record_all(readings, NOW) == []
    assert await archive.record_all([], NOW) == []
    assert await archive.feeds(BOTH) == [
        replace(went_well, entries=2),
        replace(went_wrong, feed=WORLD, entries=1),
    ]


async def test_a_feed_nobody_ever_followed_is_not_recorded(archive: Archive) -> None:
    assert await recorded(archive, keyed(entry(1))) == []
    assert await archive.feeds([WORLD.url]) == []


async def test_the_first_poll_brings_every_entry_and_the_second_only_new_ones(
    archive: Archive,
) -> None:
    await following(archive)
    first = await recorded(archive, keyed(entry(1)), keyed(entry(2)))
    assert [arrival.entry for arrival in first] == [entry(1), entry(2)]
    assert {(arrival.arrived_at, arrival.attempts) for arrival in first} == {(NOW, 0)}
    again = await recorded(archive, keyed(entry(2)), keyed(entry(3)), when=at(1))
    assert [(arrival.entry, arrival.arrived_at) for arrival in again] == [(entry(3), at(1))]
    assert (await state_of(archive)).entries == 3
    assert len({arrival.id for arrival in (*first, *again)}) == 3


async def test_an_entry_any_of_whose_keys_was_seen_is_old_and_teaches_its_keys(
    archive: Archive,
) -> None:
    await following(archive)
    await recorded(archive, keyed(entry(1), "a", "b"))
    assert await recorded(archive, keyed(entry(2), "b", "c")) == []
    assert await recorded(archive, keyed(entry(3), "c", "d")) == []
    assert len(await recorded(archive, keyed(entry(4), "e"))) == 1


async def test_the_same_key_in_another_feed_is_another_entry(archive: Archive) -> None:
    await following(archive)
    await recorded(archive, keyed(entry(1)))
    assert len(await recorded(archive, keyed(entry(1, SPORT)), feed=SPORT)) == 1


async def test_following_again_brings_no_old_entry_twice(archive: Archive) -> None:
    await following(archive)
    await recorded(archive, keyed(entry(1)))
    await archive.unfollow(CHAT, BOTH)
    await following(archive)
    assert await recorded(archive, keyed(entry(1)), when=at(1)) == []
    assert await waiting(archive) == ["1"]


async def test_an_entry_comes_back_with_all_that_it_said(archive: Archive) -> None:
    await following(archive)
    said = Entry(
        WORLD, "https://example.org/é", "A “title”", "tag:1", "A <b>title</b>", "<p>short</p>",
        "<p>whole</p>", "Ada", at(-3), at(-2), "fr-CA", "https://example.org/i.png",
        (Enclosure("https://example.org/a.mp3", "audio/mpeg", 123), Enclosure("b")),
    )  # fmt: skip
    [arrival] = await recorded(archive, keyed(said, "k"))
    assert arrival.entry == said
    assert await archive.arrivals(NOW) == [arrival]


async def test_an_entry_is_named_by_its_feed_as_it_is_now(archive: Archive) -> None:
    await following(archive)
    named = replace(WORLD, title="World news")
    [arrival] = await recorded(archive, keyed(entry(1, Feed("https://old.example/"))), feed=named)
    assert arrival.entry.feed == named
    assert [one.entry.feed for one in await archive.arrivals(NOW)] == [named]


async def test_a_feed_of_twenty_thousand_entries_is_recorded_at_once(archive: Archive) -> None:
    await following(archive)
    many = [keyed(entry(number), f"{number:x}", f"x{number:x}") for number in range(20_000)]
    found = await recorded(archive, *many)
    assert [arrival.entry.id for arrival in found] == [one.entry.id for one in many]
    assert await recorded(archive, *many) == []
    assert (await state_of(archive)).entries == len(many)


async def test_two_who_record_a_feed_at_once_never_double_an_entry(
    open_archive: OpenArchive,
) -> None:
    archives = [await open_archive(), await open_archive()]
    await following(archives[0])
    given = [keyed(entry(number)) for number in range(50)]
    found = await asyncio.gather(*(recorded(one, *given) for one in archives * 4))
    assert sorted(len(new) for new in found) == [0] * 7 + [50]
    assert (await state_of(archives[1])).entries == 50
    assert len(await archives[0].arrivals(NOW)) == 50


async def test_everything_is_there_for_whoever_opens_the_archive_next(
    open_archive: OpenArchive,
) -> None:
    archive = await open_archive()
    await following(archive)
    article = await kept(archive, 1)
    again = await open_archive()
    assert await again.articles(BOTH, at(-1)) == [article]
    assert await again.follows(CHAT) == await archive.follows(CHAT)


# --- a feed that moves


async def test_a_feed_that_moves_takes_followers_keys_and_articles_along(archive: Archive) -> None:
    await archive.set_defaults([WORLD], NOW)
    await following(archive)
    article = await kept(archive, 1, places=MOSUL_IN_IRAQ)
    new = replace(WORLD, url="https://new.example/feed")
    await archive.rename(WORLD.url, new.url)
    assert [one.feed for one in await archive.follows(CHAT)] == [SPORT, new]
    assert await archive.defaults() == [new]
    assert await archive.feeds([WORLD.url]) == []
    assert await recorded(archive, keyed(entry(1)), feed=new) == []
    moved = replace(article, feed=new.url)
    assert await archive.articles([WORLD.url, new.url], at(-1)) == [moved]
    assert (await archive.about([MOSUL], [WORLD.url, new.url])).articles == (moved,)


async def test_a_feed_that_moves_to_a_followed_one_becomes_one_with_it(archive: Archive) -> None:
    await following(archive, chat=OTHER)
    await archive.follow([Follow(CHAT, WORLD, "mine"), Follow(CHAT, SPORT, "stays")], NOW)
    await archive.set_defaults([WORLD], NOW)
    await kept(archive, 1, at(-1), MOSUL_IN_IRAQ)
    await kept(archive, 1, at(-1), MOSUL_IN_IRAQ, feed=SPORT)
    await kept(archive, 2, at(-2), MOSUL_IN_IRAQ)
    await recorded(archive, keyed(entry(3)), keyed(entry(4)))
    await recorded(archive, keyed(entry(4, SPORT)), feed=SPORT)
    await archive.rename(WORLD.url, SPORT.url)
    assert await archive.follows(CHAT) == [Follow(CHAT, SPORT, "stays")]
    assert await archive.follows(OTHER) == [Follow(OTHER, SPORT)]
    assert await archive.defaults() == [SPORT]
    assert [state.feed for state in await archive.feeds()] == [SPORT]
    assert numbers(await archive.articles(BOTH, at(-9))) == [1, 2]
    found = await archive.about([IRAQ], BOTH)
    assert (numbers(found.articles), found.total) == ([1, 2], 2)
    assert await archive.usual_places(SPORT.url) == {MOSUL: 2}
    assert await archive.usual_places(WORLD.url) == {}
    assert sorted(await waiting(archive)) == ["3", "4"]
    assert await recorded(archive, keyed(entry(3, SPORT)), feed=SPORT) == []


async def test_moving_nowhere_or_what_nobody_knows_changes_nothing(archive: Archive) -> None:
    await following(archive)
    await archive.rename(WORLD.url, WORLD.url)
    await archive.rename("https://nobody.example/", WORLD.url)
    assert [one.feed for one in await archive.follows(CHAT)] == [SPORT, WORLD]


# --- articles


async def test_arrivals_come_newest_first_and_undated_ones_by_their_arrival(
    archive: Archive,
) -> None:
    await following(archive)
    dated = [keyed(entry(1, published=at(-5))), keyed(entry(2, published=at(-1)))]
    await recorded(archive, *dated, keyed(entry(3)), keyed(entry(4, published=at(9))))
    await recorded(archive, keyed(entry(5)), when=at(-3))
    assert await waiting(archive) == ["3", "4", "2", "5", "1"]
    assert len(await archive.arrivals(NOW, limit=2)) == 2


async def test_an_arrival_put_off_waits_to_the_second_and_counts_its_attempts(
    archive: Archive,
) -> None:
    await following(archive)
    [arrival] = await recorded(archive, keyed(entry(1)))
    await archive.put_off(arrival, "it answered \0 “503”", at(1) + timedelta(seconds=0.4))
    assert await archive.arrivals(at(1)) == []
    assert await archive.arrivals(at(1) + timedelta(seconds=1)) == [replace(arrival, attempts=1)]


async def test_what_could_not_be_read_is_counted_by_reason(archive: Archive) -> None:
    await following(archive)
    arrivals = await recorded(archive, *(keyed(entry(number)) for number in range(3)))
    await archive.put_off(arrivals[0], "it asks for consent", None)
    await archive.put_off(arrivals[1], "it asks for consent", at(9))
    urls = [WORLD.url, "https://other.example/feed"]
    assert dict(await archive.unreadable(urls, NOW)) == {"it asks for consent": 2}
    assert dict(await archive.unreadable(urls, at(99))) == {}
    assert dict(await archive.unreadable([], NOW)) == {}


async def test_an_old_entry_that_could_not_be_read_is_not_counted_among_the_new(
    archive: Archive,
) -> None:
    await following(archive)
    given = keyed(entry(1, published=at(-9_000))), keyed(entry(2, published=at(-1)))
    for arrival in await recorded(archive, *given):
        await archive.put_off(arrival, "it cannot be read", None)
    assert dict(await archive.unreadable([WORLD.url], at(-72))) == {"it cannot be read": 1}


async def test_an_arrival_put_off_for_ever_never_comes_again(archive: Archive) -> None:
    await following(archive)
    [arrival] = await recorded(archive, keyed(entry(1)))
    await archive.put_off(arrival, "it asks for consent", None)
    assert await archive.arrivals(at(9_000)) == []
    assert await recorded(archive, keyed(entry(1))) == []


async def test_an_article_comes_back_as_it_was_kept(archive: Archive) -> None:
    await following(archive)
    [arrival] = await recorded(archive, keyed(entry(1)))
    article = Article(
        "“Title”", ("Первый абзац.", "Deux\nlignes."), "ru", ("Photo: AFP", "Lire 2 min"),
        "Example", "https://example.org/canonical", at(-2), "Ada", "https://example.org/i.png",
        published_guessed=True,
    )  # fmt: skip
    await archive.keep(arrival, article, MOSUL_IN_IRAQ)
    assert await archive.articles(BOTH, at(-9)) == [replace(article, feed=WORLD.url)]
    assert await archive.arrivals(at(9)) == []


async def test_articles_come_newest_first_since_an_instant_of_the_asked_feeds(
    archive: Archive,
) -> None:
    await following(archive)
    await kept(archive, 1, at(-5))
    await kept(archive, 2, None, arrived=at(-1))
    await kept(archive, 3, at(-3))
    await kept(archive, 4, at(-2), feed=SPORT)
    await kept(archive, 5, at(90))
    await kept(archive, 6, at(-30))
    assert numbers(await archive.articles(BOTH, at(-5))) == [5, 2, 4, 3, 1]
    assert numbers(await archive.articles([WORLD.url], at(-4))) == [5, 2, 3]
    assert numbers(await archive.articles(BOTH, at(-5), limit=2)) == [5, 2]
    assert await archive.articles([], at(-5)) == []


async def test_one_address_is_kept_once_and_comes_once_for_each_feed(archive: Archive) -> None:
    await following(archive)
    first = await kept(archive, 1, at(-2), MOSUL_IN_IRAQ)
    [late] = await recorded(archive, keyed(entry(1, SPORT)), feed=SPORT, when=at(1))
    changed = replace(first, title="Title 9", published=at(-1))
    await archive.keep(late, changed, PARIS_ONCE)
    again = replace(first, feed=SPORT.url)
    found = await archive.articles(BOTH, at(-9))
    assert sorted(found, key=lambda one: one.feed) == [again, first]
    about = await archive.about([MOSUL], BOTH)
    assert (numbers(about.articles), about.total) == ([1], 1)
    assert (await archive.about([MOSUL], [SPORT.url])).articles == (again,)
    assert (await archive.about([PARIS], BOTH)).total == 0


async def test_an_article_without_an_address_is_kept_by_its_entry(archive: Archive) -> None:
    await following(archive)
    bare = [replace(entry(number), link="") for number in (1, 2)]
    linked = [entry(3), entry(3, SPORT)]
    arrivals = [*await recorded(archive, *map(keyed, (*bare, linked[0])))]
    arrivals += await recorded(archive, keyed(linked[1]), feed=SPORT)
    for arrival in arrivals:
        await archive.keep(arrival, Article(arrival.entry.title, ("It happened.",)), PARIS_ONCE)
    assert sorted(numbers(await archive.articles(BOTH, at(-1)))) == [1, 2, 3, 3]
    assert (await archive.about([PARIS], BOTH)).total == 3


async def test_keeping_twice_keeps_once(open_archive: OpenArchive) -> None:
    archives = [await open_archive(), await open_archive()]
    await following(archives[0])
    [arrival] = await recorded(archives[0], keyed(entry(1)))
    article = Article("Title 1", ("It happened.",), url="https://example.org/1", published=NOW)
    await asyncio.gather(*(one.keep(arrival, article, MOSUL_IN_IRAQ) for one in archives * 4))
    assert numbers(await archives[1].articles(BOTH, at(-1))) == [1]
    assert await archives[1].usual_places(WORLD.url) == {MOSUL: 1}


async def test_two_feeds_that_bring_one_article_at_once_keep_it_once(
    open_archive: OpenArchive,
) -> None:
    archives = [await open_archive(), await open_archive()]
    await following(archives[0])
    [first] = await recorded(archives[0], keyed(entry(1)))
    [second] = await recorded(archives[0], keyed(entry(1, SPORT)), feed=SPORT)
    article = Article("Title 1", ("It happened.",), url="https://example.org/1", published=NOW)
    await asyncio.gather(
        archives[0].keep(first, article, PARIS_ONCE), archives[1].keep(second, article, PARIS_ONCE)
    )
    assert (await archives[0].about([PARIS], BOTH)).total == 1
    assert numbers(await archives[0].articles(BOTH, at(-1))) == [1, 1]


# --- places


async def test_articles_about_a_place_come_before_those_that_name_it(archive: Archive) -> None:
    await following(archive)
    mention = ArticlePlace(MOSUL, 1)
    await kept(archive, 1, at(-9), MOSUL_IN_IRAQ)
    await kept(archive, 2, at(-1), [mention])
    await kept(archive, 3, at(-8), MOSUL_IN_IRAQ, feed=SPORT)
    await kept(archive, 4, at(-2), [mention], feed=SPORT)
    await kept(archive, 5, at(-2), PARIS_ONCE)
    found = await archive.about([MOSUL], BOTH)
    assert (numbers(found.articles), found.total, found.older) == ([3, 1, 2, 4], 4, 0)
    assert {article.feed for article in found.articles} == set(BOTH)
    assert numbers((await archive.about([MOSUL], [SPORT.url])).articles) == [3, 4]


async def test_a_place_has_the_articles_of_the_places_inside_it(archive: Archive) -> None:
    await following(archive)
    await kept(archive, 1, places=MOSUL_IN_IRAQ)
    await kept(archive, 2, places=[ArticlePlace(IRAQ, 1)])
    assert numbers((await archive.about([IRAQ], BOTH)).articles) == [1, 2]
    assert numbers((await archive.about([MOSUL], BOTH)).articles) == [1]


async def test_an_article_that_names_several_of_the_places_comes_once(archive: Archive) -> None:
    await following(archive)
    await kept(archive, 1, at(-1), [ArticlePlace(PARIS, 1), *MOSUL_IN_IRAQ])
    await kept(archive, 2, NOW, PARIS_ONCE)
    await kept(archive, 3, at(-2), [ArticlePlace(SAHEL, 2, is_about=True)])
    found = await archive.about([PARIS, IRAQ, MOSUL, SAHEL], BOTH)
    assert (numbers(found.articles), found.total) == ([1, 3, 2], 3)


async def test_the_limit_cuts_the_articles_and_not_the_count(archive: Archive) -> None:
    await following(archive)
    for number in range(7):
        feed = (WORLD, SPORT)[number % 2]
        about = replace(MOSUL_IN_IRAQ[0], is_about=number % 3 == 0)
        await kept(archive, number, at(-number), [about], feed=feed)
    cut = [await archive.about([MOSUL], BOTH, limit=limit) for limit in (1, 3, 4, 6, 60)]
    order = [0, 3, 6, 1, 2, 4, 5]
    assert [numbers(found.articles) for found in cut] == [
        order[:limit] for limit in (1, 3, 4, 6, 60)
    ]
    assert {found.total for found in cut} == {7}


async def test_many_undated_articles_of_one_arrival_are_all_found(archive: Archive) -> None:
    await following(archive)
    for number in range(9):
        await kept(archive, number, None, MOSUL_IN_IRAQ)
    found = await archive.about([MOSUL], BOTH, limit=5)
    assert (len(set(numbers(found.articles))), found.total) == (5, 9)


async def test_older_articles_are_counted_and_not_shown(archive: Archive) -> None:
    await following(archive)
    for number in range(5):
        await kept(archive, number, at(-number), MOSUL_IN_IRAQ)
    found = await archive.about([MOSUL], BOTH, since=at(-1))
    assert (numbers(found.articles), found.total, found.older) == ([0, 1], 2, 3)
    none = await archive.about([MOSUL], BOTH, since=at(1))
    assert (none.articles, none.total, none.older) == ((), 0, 5)


async def test_nothing_is_found_of_no_place_or_no_feed(archive: Archive) -> None:
    await following(archive)
    await kept(archive, 1, places=MOSUL_IN_IRAQ)
    for places, feeds in (([], BOTH), ([MOSUL], []), ([PARIS], BOTH), ([MOSUL], ["x"])):
        found = await archive.about(places, feeds, since=NOW)
        assert (found.articles, found.total, found.older) == ((), 0, 0)


async def test_the_places_named_near_a_point_come_nearest_first(archive: Archive) -> None:
    await following(archive)
    erbil = ArticlePlace(1, 1, latitude=36.19, longitude=44.01)
    kirkuk = ArticlePlace(2, 1, latitude=35.47, longitude=44.39)
    await kept(archive, 1, places=[*MOSUL_IN_IRAQ, *PARIS_ONCE, kirkuk])
    await kept(archive, 2, places=[erbil], feed=SPORT)
    assert await archive.near(36.34, 43.12, 100, BOTH) == [MOSUL, 1]
    assert await archive.near(36.34, 43.12, 200, BOTH) == [MOSUL, 1, 2]
    assert await archive.near(36.34, 43.12, 200, [WORLD.url]) == [MOSUL, 2]
    # Iraq's middle lies in the circle, but nobody named Iraq itself.
    assert await archive.near(33.0, 44.0, 50, BOTH) == []


async def test_nearness_knows_no_date_line_and_no_pole(archive: Archive) -> None:
    await following(archive)
    fiji = ArticlePlace(1, 1, latitude=-17.0, longitude=179.9)
    pole = ArticlePlace(2, 1, latitude=89.9, longitude=-90.0)
    await kept(archive, 1, places=[fiji, pole])
    assert await archive.near(-17.0, -179.9, 50, BOTH) == [1]
    assert await archive.near(89.9, 90.0, 50, BOTH) == [2]


async def test_a_feeds_usual_places_are_those_its_articles_name_most(archive: Archive) -> None:
    await following(archive)
    for number in range(3):
        await kept(archive, number, places=MOSUL_IN_IRAQ)
    await kept(archive, 3, places=[ArticlePlace(IRAQ, 9), *PARIS_ONCE])
    await kept(archive, 4, places=PARIS_ONCE, feed=SPORT)
    assert await archive.usual_places(WORLD.url) == {MOSUL: 3, IRAQ: 1, PARIS: 1}
    assert list(await archive.usual_places(WORLD.url, limit=2)) == [MOSUL, IRAQ]
    assert await archive.usual_places("https://nobody.example/") == {}


# --- what a chat was told, and what it means


async def test_what_a_chat_was_told_is_remembered_by_local_date(archive: Archive) -> None:
    days = [date(2026, 3, day) for day in (1, 2, 3)]
    for number, day in enumerate(days):
        await archive.tell(CHAT, day, [f"https://example.org/{number}", "https://example.org/x"])
    await archive.tell(CHAT, days[0], ["https://example.org/0"] * 2)
    await archive.tell(CHAT, days[0], [])
    await archive.tell(OTHER, days[0], ["https://example.org/9"])
    assert await archive.told(CHAT, before=days[2], since=days[1]) == {
        "https://example.org/1",
        "https://example.org/x",
    }
    assert await archive.told(CHAT, before=days[0], since=date.min) == frozenset()


async def test_a_chosen_place_is_remembered_for_every_spelling_of_the_name(
    archive: Archive,
) -> None:
    await archive.remember_place(CHAT, "Paris", PARIS)
    await archive.remember_place(CHAT, "Sahel", IRAQ)
    await archive.remember_place(CHAT, " SAHEL", SAHEL)
    assert await archive.remembered_place(CHAT, "ＰＡＲＩＳ ") == PARIS
    assert await archive.remembered_place(CHAT, "sahel") == SAHEL
    assert await archive.remembered_place(CHAT, "Mosul") is None
    assert await archive.remembered_place(OTHER, "Paris") is None
    await archive.remember_place(CHAT, "x" * 5_000, 1)
    assert await archive.remembered_place(CHAT, "x" * 5_000) == 1


# --- forgetting, and odd characters


async def test_pruning_forgets_old_articles_and_no_keys(archive: Archive) -> None:
    await following(archive)
    for number in range(3):
        await kept(archive, number, at(-1), MOSUL_IN_IRAQ, arrived=at(number))
    [shared] = await recorded(archive, keyed(entry(0, SPORT)), feed=SPORT, when=at(1))
    await archive.keep(shared, Article("Title 0", ("x",), url=entry(0).link), ())
    await recorded(archive, keyed(entry(7)), when=NOW)
    assert await archive.prune(at(2)) == 2
    assert await archive.prune(at(2)) == 0
    assert numbers(await archive.articles(BOTH, at(-9))) == [2]
    found = await archive.about([MOSUL], BOTH)
    assert (numbers(found.articles), found.total) == ([2], 1)
    assert await archive.usual_places(WORLD.url) == {MOSUL: 1}
    assert await archive.usual_places(SPORT.url) == {}
    assert await archive.near(36.34, 43.12, 9, [SPORT.url]) == []
    assert await waiting(archive) == []
    assert await recorded(archive, *(keyed(entry(number)) for number in (0, 1, 2, 7))) == []


async def test_pruning_forgets_what_chats_were_told_long_ago(archive: Archive) -> None:
    await archive.tell(CHAT, date(2026, 3, 1), ["https://example.org/1"])
    await archive.tell(CHAT, date(2026, 3, 2), ["https://example.org/2"])
    await archive.prune(NOW)
    assert await archive.told(CHAT, date.max, date.min) == {"https://example.org/2"}


async def test_odd_characters_anywhere_cost_nothing(archive: Archive) -> None:
    odd = Feed(f"https://example.org/{ODD}", ODD, ODD)
    await archive.follow([Follow(CHAT, odd, ODD)], NOW)
    await archive.set_filter(CHAT, WordFilter(ODD, (ODD,), (ODD,)))
    [feed] = [state.feed for state in await archive.due_feeds(NOW)]
    said = Entry(feed, ODD, ODD, ODD, ODD, ODD, ODD, ODD, None, None, ODD, ODD)
    state = FeedState(feed, at(1), ODD, ODD, reason=ODD)
    [first, second] = await archive.record(state, [keyed(said, "1"), keyed(said, "2")], NOW)
    await archive.put_off(second, ODD, at(1))
    article = Article(ODD, (ODD, "It happened."), ODD, (ODD,), ODD, ODD, None, ODD, ODD)
    await archive.keep(first, article, MOSUL_IN_IRAQ)
    [kept] = await archive.articles([feed.url], at(-1))
    assert kept.paragraphs[1] == "It happened."
    assert (await archive.about([MOSUL], [feed.url])).articles == (kept,)
    await archive.tell(CHAT, NOW.date(), [ODD])
    await archive.remember_place(CHAT, ODD, PARIS)
    assert await archive.remembered_place(CHAT, ODD) == PARIS
    await archive.rename(feed.url, f"https://new.example/{ODD}")
    assert len(await archive.filters(CHAT)) == len(await archive.follows(CHAT)) == 1
