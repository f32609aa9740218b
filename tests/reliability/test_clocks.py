"""What chaos found out about clocks that are wrong, each made small: nothing comes twice by it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from bot.adapters.discord import posting
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.posting import HISTORY
from bot.core.commands import COMMANDS
from bot.core.delivery import LEASE, REPEAT, STALE
from bot.core.errors import DeliveryError, OutcomeUnknown
from bot.core.fence import fenced, last_look
from bot.core.messages import Action, Chat, ChatKind, Paragraph, Reply, Request, StoryItem
from bot.core.ports import Payload
from bot.core.schedule import Subscription, next_due, parse_timing
from tests.adapters.telegram.living import running
from tests.emulators.discord import TOKEN, DiscordEmulator, Fault
from tests.emulators.telegram import TelegramEmulator
from tests.fakes import FakeAdapter, FakeClock, FakeStore, make_delivery

NEWS = Chat("discord", "2001", ChatKind.GROUP)
LOST = OutcomeUnknown("the answer was lost")


async def no_answer(_: Request) -> Reply:
    return Reply(())


@pytest.fixture
async def bot(discord: DiscordEmulator) -> AsyncIterator[DiscordAdapter]:
    adapter = DiscordAdapter(TOKEN, discord.api_url, discord.gateway_url, COMMANDS)
    task = asyncio.create_task(adapter.run(no_answer))
    await discord.ready()
    yield adapter
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_message_is_found_although_our_clock_was_hours_ahead(bot: DiscordAdapter) -> None:
    [payload] = bot.render(Reply((Paragraph("the news"),)))
    number = await bot.post(NEWS, payload, "dateline-1")
    ahead = datetime.now(UTC) + timedelta(hours=5)
    assert await bot.look_up(NEWS, payload, "dateline-1", ahead) == number


async def test_a_message_is_found_in_a_channel_where_much_was_said(
    bot: DiscordAdapter, discord: DiscordEmulator
) -> None:
    [payload] = bot.render(Reply((Paragraph("the news"),)))
    for number in range(HISTORY + 1):
        await discord.say(f"{number}")
    posted = await bot.post(NEWS, payload, "dateline-1")
    for number in range(HISTORY):
        await discord.say(f"{number}")
    assert await bot.look_up(NEWS, payload, "dateline-1", datetime.now(UTC)) == posted


async def test_what_never_arrived_is_not_found(bot: DiscordAdapter) -> None:
    [payload] = bot.render(Reply((Paragraph("the news"),)))
    assert await bot.look_up(NEWS, payload, "dateline-1", datetime.now(UTC)) == ""


async def test_what_somebody_else_said_is_not_our_message(
    bot: DiscordAdapter, discord: DiscordEmulator
) -> None:
    """Their words are not shown to a bot: to it they look like a picture without words."""
    await discord.say("the news")
    assert await bot.look_up(NEWS, {"content": ""}, "dateline-1", datetime.now(UTC)) == ""


BRIDGE = StoryItem("The bridge opens", (), source="Herald")
LONGER = Action("Longer", "brief", "long")


@pytest.mark.parametrize(
    "other",
    [
        Reply((replace(BRIDGE, title="The bridge closes"),), (LONGER,)),
        Reply((replace(BRIDGE, source="Courier"),), (LONGER,)),
        Reply((BRIDGE,), (Action("Longer", "brief", "sport long"),)),
        Reply((BRIDGE,)),
        Reply((BRIDGE, replace(BRIDGE, title="A tunnel, too")), (LONGER,)),
    ],
)
async def test_a_story_without_sentences_is_not_taken_for_another(
    bot: DiscordAdapter, other: Reply
) -> None:
    [told], [lost] = bot.render(Reply((BRIDGE,), (LONGER,))), bot.render(other)
    posted = await bot.post(NEWS, told, "dateline-1")
    assert await bot.look_up(NEWS, lost, "dateline-2", datetime.now(UTC)) == ""
    assert await bot.look_up(NEWS, told, "dateline-2", datetime.now(UTC)) == posted


async def test_a_message_is_found_as_discord_keeps_it(
    bot: DiscordAdapter, discord: DiscordEmulator
) -> None:
    """White space is trimmed, addresses are written anew, and links get a preview."""
    [story] = bot.render(Reply((replace(BRIDGE, title=" The bridge\topens "),)))
    words = {"content": " See https://example.org "}
    posted = [await bot.post(NEWS, story, "dateline-1"), await bot.post(NEWS, words, "dateline-2")]
    discord.state.messages[int(posted[0])].embeds[0]["url"] = "https://xn--bcher-kva.example/"
    preview = {"type": "link", "url": "https://example.org", "title": "Example"}
    discord.state.messages[int(posted[1])].embeds.append(preview)
    found = [await bot.look_up(NEWS, one, "other", datetime.now(UTC)) for one in (story, words)]
    assert found == posted


async def test_where_too_much_was_said_nobody_can_tell(
    bot: DiscordAdapter, discord: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "PAGES", 1)
    for number in range(HISTORY):
        await discord.say(f"{number}")
    assert await bot.look_up(NEWS, {"content": "x"}, "dateline-1", datetime.now(UTC)) is None


@pytest.mark.parametrize("status", [403, 400])
async def test_where_the_history_is_not_shown_nobody_can_tell_or_it_is_asked_again(
    bot: DiscordAdapter, discord: DiscordEmulator, status: int
) -> None:
    history = "/channels/{channel_id}/messages"
    refused = Fault(status, {"message": "Missing Access", "code": 50001})
    discord.fail_next("GET", history, refused, times=10)
    if status == 403:
        asked = await bot.look_up(NEWS, {"content": "x"}, "dateline-1", datetime.now(UTC))
        assert asked is None
    else:
        with pytest.raises(DeliveryError):
            await bot.look_up(NEWS, {"content": "x"}, "dateline-1", datetime.now(UTC))


def stale() -> None:
    raise DeliveryError("this process was stopped", retry_after=0)


async def test_no_request_to_telegram_leaves_under_a_stale_claim_and_that_is_known(
    telegram: TelegramEmulator,
) -> None:
    async with running(telegram, no_answer) as adapter:
        [payload] = adapter.render(Reply((Paragraph("the news"),)))
        with fenced(stale), pytest.raises(DeliveryError, match=r"^this process was st") as raised:
            await adapter.post(Chat("telegram", "1001"), payload, "dateline-1")
    assert not isinstance(raised.value, OutcomeUnknown)
    assert telegram.posted() == []


async def test_no_request_to_discord_leaves_under_a_stale_claim(
    bot: DiscordAdapter, discord: DiscordEmulator
) -> None:
    """The library may have sent an earlier one by itself, so nobody can tell."""
    [payload] = bot.render(Reply((Paragraph("the news"),)))
    with fenced(stale), pytest.raises(OutcomeUnknown, match="stopped"):
        await bot.post(NEWS, payload, "dateline-1")
    assert discord.posted() == []


@pytest.mark.parametrize("kept_seconds", [15, 0])
async def test_no_request_leaves_under_a_claim_that_went_stale_while_a_connection_was_got(
    bot: DiscordAdapter,
    discord: DiscordEmulator,
    monkeypatch: pytest.MonkeyPatch,
    kept_seconds: int,
) -> None:
    """The one of the last request, where it is kept; else a new one."""
    words, slept = {"content": "the news"}, asyncio.Event()
    await bot.post(NEWS, words, "dateline-1")
    monkeypatch.setattr(bot._poster.connected.http.connector, "_keepalive_timeout", kept_seconds)
    connect = aiohttp.TCPConnector.connect

    async def slowly(
        self: aiohttp.TCPConnector,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> Connection:
        slept.set()
        return await connect(self, req, traces, timeout)

    def look() -> None:
        if slept.is_set():
            stale()

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", slowly)
    connections = len(connected(discord))
    with fenced(look), pytest.raises(OutcomeUnknown, match="stopped"):
        await bot.post(NEWS, words, "dateline-2")
    assert len(discord.posted()) == 1
    await bot.post(NEWS, words, "dateline-2")
    if kept_seconds:
        assert len(connected(discord)) == connections  # it was put back, not forgotten


def connected(discord: DiscordEmulator) -> Sequence[object]:
    assert discord._runner is not None
    assert discord._runner.server is not None
    return discord._runner.server.connections


def test_whatever_is_done_under_a_claim_is_over_before_somebody_else_may_have_it() -> None:
    """The last request leaves before the claim is stale."""
    assert STALE + timedelta(seconds=posting.POST_SECONDS) < LEASE
    assert timedelta(seconds=posting.LOOK_SECONDS) < STALE


async def a_digest(_: Request) -> Reply:
    return Reply((Paragraph("the news"),))


class Forgetful(FakeAdapter):
    """A platform that has forgotten every key, and can show what it holds."""

    def __init__(self) -> None:
        super().__init__(idempotent=True)
        self.can_look_up = True

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        self.idempotent = False
        try:
            return await super().post(chat, payload, key)
        finally:
            self.idempotent = True


async def test_a_clock_set_back_after_a_lost_answer_does_not_make_it_come_twice() -> None:
    """How long ago the attempt was, nobody knows then: the platform is asked."""
    adapter, store, clock = Forgetful(), FakeStore(), FakeClock()
    timing = parse_timing("08:00", "UTC")
    chat = Chat("fake", "1")
    await store.subscribe(Subscription(chat, timing), next_due(timing, clock.now()))
    delivery, jobs = make_delivery(store, {"fake": adapter}, a_digest, clock)
    clock.advance(hours=5)
    adapter.faults, adapter.after_commit = [LOST], True
    await delivery.tick()
    await jobs.drain()
    clock.advance(hours=-1)  # it was wrong; the wait of two seconds is now an hour away
    clock.advance(REPEAT.total_seconds())
    for part in store._parts.values():
        part.not_before = None
    await delivery.tick()
    await jobs.drain()
    assert len(adapter.posts) == 1
    assert (await store.tally())["sent"] == 1


async def test_after_a_crash_under_a_clock_that_was_ahead_the_next_start_goes_on_at_once() -> None:
    adapter, store, clock = FakeAdapter(), FakeStore(), FakeClock()
    timing = parse_timing("07:00", "UTC")
    chat = Chat("fake", "1")
    await store.subscribe(Subscription(chat, timing), next_due(timing, clock.now()))
    delivery, jobs = make_delivery(store, {"fake": adapter}, a_digest, clock)
    clock.advance(hours=6)
    hold = adapter.held["1"] = asyncio.Event()
    await delivery.tick()
    await adapter.wait_for_attempts(1)
    for task in jobs.tasks.values():  # the process dies in the middle of the post
        task.cancel()
    clock.advance(hours=-4)  # and the clock is put right
    hold.set()
    delivery, jobs = make_delivery(store, {"fake": adapter}, a_digest, clock)
    await delivery.recover()
    await delivery.tick()
    await jobs.drain()
    assert (await store.tally())["unknown"] == 1


async def test_a_post_that_waited_longer_than_the_claim_holds_is_not_sent_under_it() -> None:
    clock = FakeClock()

    class Waiting(FakeAdapter):
        waits = True

        async def post(self, chat: Chat, payload: Payload, key: str) -> str:
            if self.waits:
                clock.advance(LEASE.total_seconds())
            last_look()
            return await super().post(chat, payload, key)

    adapter, store = Waiting(), FakeStore()
    timing = parse_timing("08:00", "UTC")
    await store.subscribe(Subscription(Chat("fake", "1"), timing), next_due(timing, clock.now()))
    delivery, jobs = make_delivery(store, {"fake": adapter}, a_digest, clock)
    clock.advance(hours=2)
    await delivery.tick()
    await jobs.drain()
    assert adapter.attempts == 0
    adapter.waits = False
    await delivery.tick()
    await jobs.drain()
    assert len(adapter.posts) == 1
