"""The first minute: three buttons, no manual, and no time zone taken in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.archive import Follow
from bot.core.commands import COMMANDS, Desk
from bot.core.messages import ChatKind, Heading, Listing, Notice, Reply, Request
from bot.core.news import Feed
from tests.fake_archive import FakeArchive
from tests.fakes import CHAT, MONDAY, FakeStore, make_desk, press

GROUP = replace(CHAT, kind=ChatKind.GROUP)
DIGEST = "A digest at 08:00 here"


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def desk(store: FakeStore) -> Desk:
    return make_desk(store=store, default_zone="Europe/Berlin")


async def ask(desk: Desk, line: str, **how: Any) -> Reply:  # noqa: ANN401 - Request's own fields
    command, _, arguments = line.removeprefix("/").partition(" ")
    return await desk.answer(Request(CHAT, command, arguments, **how))


def words(reply: Reply) -> str:
    return "\n".join(str(block) for block in reply.blocks)


@pytest.mark.parametrize("payload", ["", " x", " subscribe", " ~0123456789abcdef", " " + "я" * 64])
async def test_the_first_minute_offers_three_buttons_whatever_the_link_carried(
    desk: Desk, store: FakeStore, payload: str
) -> None:
    reply = await ask(desk, f"/start{payload}")
    assert [one.label for one in reply.actions] == ["Today's briefing", DIGEST, "Ask about a place"]
    assert await store.subscriptions(CHAT) == []


async def test_the_digest_button_asks_for_the_zone_and_the_next_press_subscribes(
    desk: Desk, store: FakeStore
) -> None:
    start = await ask(desk, "/start", locale="ar-DZ")
    asked = await ask(desk, start.actions[1].data, locale="en-DZ", is_press=True)
    assert "which time zone" in words(asked)
    assert await store.subscriptions(CHAT) == []
    done = await ask(desk, press(asked, "Algiers · 07:00").data, is_press=True)
    assert done.in_place
    [(kept, _)] = await store.subscriptions(CHAT)
    assert (kept.timing.at.hour, kept.timing.zone) == (8, "Africa/Algiers")
    assert (await store.settings(CHAT)).zone == "Africa/Algiers"
    assert "Africa/Algiers is the time zone of this chat now." in words(done)


async def test_a_button_without_a_zone_asks_also_where_its_press_is_not_known_to_be_one(
    desk: Desk, store: FakeStore
) -> None:
    asked = await ask(desk, press(await ask(desk, "/start"), DIGEST).data)
    assert "which time zone" in words(asked)
    assert await store.subscriptions(CHAT) == []


async def test_a_chat_whose_zone_is_known_is_not_asked_again(desk: Desk, store: FakeStore) -> None:
    start = await ask(desk, "/start")
    await ask(desk, "/settings zone Asia/Tokyo")
    done = await ask(desk, press(start, DIGEST).data, is_press=True)
    assert not done.in_place  # the other two buttons stay
    [(kept, _)] = await store.subscriptions(CHAT)
    assert kept.timing.zone == "Asia/Tokyo"


async def test_following_a_place_by_a_button_asks_for_the_zone_and_keeps_the_place(
    desk: Desk, store: FakeStore
) -> None:
    asked = await ask(desk, "/subscribe 08:00 place geo:2", is_press=True)
    await ask(desk, press(asked, "London · 06:00").data, is_press=True)
    [(kept, _)] = await store.subscriptions(CHAT)
    assert (kept.arguments, kept.timing.zone) == ("geo:2 today", "Europe/London")


async def test_only_who_manages_a_group_may_press_for_a_digest(desk: Desk) -> None:
    start = await desk.answer(Request(GROUP, "start"))
    request = Request(GROUP, "subscribe", press(start, DIGEST).arguments, may_manage=False)
    reply = await desk.answer(replace(request, is_press=True))
    assert "Only those who manage" in words(reply)
    assert not reply.in_place


async def test_asking_about_a_place_shows_three_examples_that_work(desk: Desk) -> None:
    start = await ask(desk, "/start")
    reply = await ask(desk, press(start, "Ask about a place").data, is_press=True)
    assert len(reply.actions) == 3
    for action in reply.actions:
        told = await ask(desk, action.data)
        assert action.label in words(told)


async def test_a_chat_that_has_a_digest_or_a_feed_is_greeted_in_short(desk: Desk) -> None:
    await ask(desk, "/subscribe 08:00 UTC")
    assert DIGEST not in [one.label for one in (await ask(desk, "/start")).actions]
    archive = FakeArchive()
    await archive.follow([Follow(CHAT, Feed("https://sport.example/feed"))], MONDAY)
    greeted = await ask(make_desk(archive=archive), "/start")
    assert len(words(greeted)) < 100


async def test_the_help_is_grouped_and_short(desk: Desk) -> None:
    reply = await ask(desk, "/help")
    groups = [block.text for block in reply.blocks if isinstance(block, Heading)]
    assert groups == ["Read the news", "Places", "What you follow", "Digests", "The bot"]
    lines = [item for block in reply.blocks if isinstance(block, Listing) for item in block.items]
    assert len(lines) == len(COMMANDS)
    assert all(len(f"{term} {meaning}") < 80 for term, meaning in lines)


@pytest.mark.parametrize("asked", ["place", "/place", "PLACE", "place please"])
async def test_one_command_is_explained_with_its_examples(desk: Desk, asked: str) -> None:
    reply = await ask(desk, f"/help {asked}")
    assert Heading("/place NAME") in reply.blocks
    assert "/place near Mosul 100 km" in words(reply)


async def test_a_command_that_there_is_not_cannot_be_explained(desk: Desk) -> None:
    [told] = (await ask(desk, "/help plaec")).blocks
    assert isinstance(told, Notice)
    assert "/place" in told.hint
