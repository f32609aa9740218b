"""What every adapter promises, whatever its platform: the same answers to the same person."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.commands import Desk
from bot.core.errors import DeliveryError
from bot.core.messages import Notice, Paragraph, Reply, Request, StoryItem
from bot.core.ports import Payload
from bot.core.schedule import parse_timing
from tests.contract.stages import (
    ConsoleStage,
    DiscordStage,
    FakeStage,
    Running,
    Stage,
    TelegramStage,
    in_order,
)
from tests.emulators.discord import NotOfferedError
from tests.fakes import CHAT, COMET, PARIS_TALKS, FakeClock, FakeStore, make_delivery, make_desk


@pytest.fixture(params=["fake", "console", "telegram", "discord"])
def stage(request: pytest.FixtureRequest) -> Stage:
    match request.param:
        case "telegram":
            return TelegramStage(request.getfixturevalue("telegram"))
        case "discord":
            return DiscordStage(request.getfixturevalue("discord"))
        case "console":
            return ConsoleStage()
        case _:
            return FakeStage()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def desk(store: FakeStore, clock: FakeClock) -> Desk:
    return make_desk(store=store, clock=clock)


async def stories(desk: Desk, command: str, arguments: str = "") -> list[str]:
    """The titles and sentences that the desk answers with, in order."""
    reply = await desk.answer(Request(CHAT, command, arguments))
    items = [block for block in reply.blocks if isinstance(block, StoryItem)]
    assert items
    return [text for item in items for text in (item.title, *item.sentences)]


async def test_a_briefing_tells_the_same_stories_everywhere(stage: Stage, desk: Desk) -> None:
    async with Running(stage, desk.answer):
        await stage.type("/brief")
        said = await stage.read(1)
    expected = await stories(desk, "brief")
    assert PARIS_TALKS.title in expected
    assert in_order(said, expected)


async def test_a_place_is_told_in_the_articles_own_words(stage: Stage, desk: Desk) -> None:
    async with Running(stage, desk.answer):
        await stage.type("/place Mosul")
        said = await stage.read(1)
    expected = await stories(desk, "place", "Mosul")
    assert expected == [PARIS_TALKS.title, "The army wants to take Mosul back this year."]
    assert in_order(said, expected)
    assert COMET.title not in said


async def test_a_command_typed_wrong_is_answered_with_what_to_type(
    stage: Stage, desk: Desk
) -> None:
    reply = await desk.answer(Request(CHAT, "subscribe", "25:00"))
    [notice] = reply.blocks
    assert isinstance(notice, Notice)
    async with Running(stage, desk.answer):
        await stage.type("/subscribe 25:00")
        said = await stage.read(1)
    assert in_order(said, [notice.text, notice.hint])


async def test_an_unknown_command_is_answered_with_the_nearest(stage: Stage, desk: Desk) -> None:
    async with Running(stage, desk.answer):
        if stage.adapter.platform == "discord":  # its app does not even send it
            with pytest.raises(NotOfferedError):
                await stage.type("/breif")
            return
        await stage.type("/breif")
        said = await stage.read(1)
    assert "/brief" in said


async def test_a_pressed_button_comes_back_as_its_command(stage: Stage, desk: Desk) -> None:
    async with Running(stage, desk.answer):
        await stage.type("/place Tripoli")
        asked = await stage.read(1)
        assert "Which one?" in asked
        await stage.press("Tripoli, LB")
        said = await stage.read(2)
    assert "Tripoli, LB" in said
    assert "None of the articles" in said


async def test_after_an_answer_the_next_question_is_answered_too(stage: Stage, desk: Desk) -> None:
    async with Running(stage, desk.answer):
        await stage.type("/about")
        assert "Dateline 1.2.3" in await stage.read(1)
        await stage.type("/subscriptions")
        assert "No digests come to this chat." in await stage.read(2)


async def test_a_fault_of_the_answer_is_said_and_the_adapter_goes_on(stage: Stage) -> None:
    class Broken(FakeStore):
        async def tally(self) -> dict[str, int]:
            raise ZeroDivisionError

    broken = make_desk(store=Broken())
    async with Running(stage, broken.answer):
        await stage.type("/status")
        assert "went wrong" in await stage.read(1)
        await stage.type("/about")
        assert "Dateline 1.2.3" in await stage.read(2)


async def test_a_digest_arrives_in_the_chat_that_subscribed(
    stage: Stage, desk: Desk, store: FakeStore, clock: FakeClock
) -> None:
    adapters = {stage.adapter.platform: stage.adapter}
    delivery, jobs = make_delivery(store, adapters, desk.answer, clock)
    async with Running(stage, desk.answer):
        await stage.type("/subscribe 08:00 Europe/Paris")
        assert "08:00, Europe/Paris" in await stage.read(1)
        [(kept, due)] = await store.subscriptions(stage.chat)
        assert kept.timing == parse_timing("08:00 Europe/Paris", "UTC")
        for _ in range(3):
            clock.instant = due.at
            await delivery.tick()
            await jobs.drain()
        said = await stage.read(2)
    assert in_order(said, await stories(desk, "brief"))
    assert await store.tally() == {"sent": 1, "subscriptions": 1, "missed": 0}


async def test_an_adapter_that_stands_by_posts(stage: Stage) -> None:
    standing = asyncio.create_task(stage.adapter.stand_by())
    [payload] = stage.adapter.render(Reply((Paragraph("It rains."),)))
    try:
        async with asyncio.timeout(10):
            while not await posted(stage, payload):  # noqa: ASYNC110 - a log-in has no event
                await asyncio.sleep(0)
    finally:
        standing.cancel()
        await asyncio.gather(standing, return_exceptions=True)


async def posted(stage: Stage, payload: Payload) -> bool:
    """Whether a message went out: before the adapter has logged in none does."""
    try:
        return bool(await stage.adapter.post(stage.chat, payload, "dateline-1"))
    except DeliveryError:
        return False


async def test_an_adapter_says_who_it_is(stage: Stage) -> None:
    assert await stage.adapter.check()
    assert stage.adapter.platform == stage.chat.platform
