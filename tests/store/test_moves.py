"""A chat that gets another id takes all along, in one transaction: store and archive share one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.archive import Follow, WordFilter
from bot.core.chats import ChatSettings
from bot.core.errors import StoreError
from bot.core.messages import Chat, ChatKind
from bot.core.news import Feed
from bot.core.schedule import Subscription, Timing, next_due
from bot.store.archive import DatabaseArchive
from bot.store.database import DatabaseStore
from bot.store.engine import open_database
from bot.store.schema import metadata
from bot.store.transactions import Database, count
from tests.fakes import MONDAY

OLD = Chat("fake", "-5001", ChatKind.GROUP, thread="7")
NEW = Chat("fake", "-1005001", ChatKind.CHANNEL, thread="7")
WORLD = Feed("https://example.org/world.xml", "World", "https://example.org/")
SPORT = Feed("https://example.org/sport.xml", "Sport", "https://example.org/")
STORY = "https://example.org/1"
PARIS = 2988507


@dataclass
class Both:
    """A store and an archive on one database."""

    database: Database

    def __post_init__(self) -> None:
        self.store, self.archive = DatabaseStore(self.database), DatabaseArchive(self.database)


@pytest.fixture(params=["sqlite", "postgresql"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    url = f"sqlite:///{tmp_path}/dateline.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    database = await open_database(url)
    for table in reversed(metadata.sorted_tables):
        await database.write(count(table.delete()))
    yield Both(database)
    await database.close()


async def settled_in(both: Both, chat: Chat, name: str) -> None:
    """A chat with something in every table; `name` tells whose it is."""
    timing = Timing(time(8), "UTC")
    await both.store.subscribe(Subscription(chat, timing), next_due(timing, MONDAY))
    await both.store.set_settings(chat, ChatSettings(zone=name))
    await both.archive.follow([Follow(chat, WORLD, name)], MONDAY)
    await both.archive.set_filter(chat, WordFilter("", (name,)))
    await both.archive.tell(chat, MONDAY.date(), [STORY, f"https://{name}"])
    await both.archive.remember_place(chat, "Paris", len(name))


async def all_of(both: Both, chat: Chat) -> tuple[object, ...]:
    return (
        [kept.chat for kept, _ in await both.store.subscriptions(chat)],
        (await both.store.settings(chat)).zone,
        [(one.feed, one.topic, one.chat) for one in await both.archive.follows(chat)],
        await both.archive.filters(chat),
        await both.archive.told(chat, date.max, date.min),
        await both.archive.remembered_place(chat, "Paris"),
    )


def expected(chat: Chat, name: str, *told: str) -> tuple[object, ...]:
    follows = [(WORLD, name, chat)]
    stories = {STORY, *(f"https://{one}" for one in told or (name,))}
    return [chat], name, follows, [WordFilter("", (name,))], stories, len(name)


NOTHING: tuple[object, ...] = ([], "", [], [], set(), None)


async def test_a_chat_that_moves_takes_all_its_own_along(both: Both) -> None:
    plain, new_plain = replace(OLD, thread=""), replace(NEW, thread="")
    await settled_in(both, OLD, "old")
    await both.archive.follow([Follow(plain, SPORT)], MONDAY)
    await both.store.move_chat(OLD, NEW)
    assert await all_of(both, OLD) == NOTHING
    assert await all_of(both, NEW) == expected(NEW, "old")
    assert await both.archive.follows(new_plain) == [Follow(new_plain, SPORT)]


async def test_a_chat_that_moves_to_one_with_its_own_leaves_both_together(both: Both) -> None:
    await settled_in(both, OLD, "former")
    await settled_in(both, NEW, "new")
    await both.store.move_chat(OLD, NEW)
    await both.store.move_chat(NEW, NEW)
    assert await all_of(both, OLD) == NOTHING
    assert await all_of(both, NEW) == expected(NEW, "new", "former", "new")


@pytest.mark.parametrize("table", ["subscriptions", "chats", "follows", "told", "place_choices"])
async def test_a_move_that_stops_anywhere_leaves_all_where_it_is_told_of_it_again(
    tmp_path: Path, table: str
) -> None:
    both = Both(await open_database(f"sqlite:///{tmp_path}/dateline.db"))
    await settled_in(both, OLD, "old")
    trap = f"CREATE TRIGGER trap BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
    await both.database.write(count(text(trap)))
    with pytest.raises(StoreError):
        await both.store.move_chat(OLD, NEW)
    assert await all_of(both, NEW) == NOTHING
    assert await all_of(both, OLD) == expected(OLD, "old")
    await both.database.write(count(text("DROP TRIGGER trap")))
    await both.store.move_chat(OLD, NEW)
    assert await all_of(both, NEW) == expected(NEW, "old")
    await both.database.close()
