"""No platform is ever asked for more than it takes; answers go before digests."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.adapters import pace
from bot.adapters.pace import Gate, Pace
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.commands import COMMANDS
from bot.core.errors import DeliveryError
from bot.core.messages import Chat, ChatKind
from bot.core.pacing import Rate
from bot.core.ports import Adapter, Payload
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Refusals, Running
from tests.adapters.telegram.living import running
from tests.benchmarks.bench_broadcast import VirtualLoop
from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import Fault, TelegramEmulator
from tests.emulators.telegram.limits import Limits, RateLimiter
from tests.fakes import FakeJournal

ADA, SUPERGROUP = 1001, -1001234567890
HERE = Chat("fake", "1")


# --- gates


async def test_a_place_is_free_a_window_after_the_end_and_not_after_the_start() -> None:
    loop = asyncio.get_running_loop()
    gate = Gate(1, 0.1)
    await gate.enter()
    gate.leave()
    ended = loop.time()
    await gate.enter()
    assert loop.time() - ended >= 0.1


async def test_a_request_that_hangs_does_not_hold_its_place_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "HUNG_SECONDS", 0.05)
    one = Pace(Rate(1, 0.05), lambda _: [])
    async with one.passing(HERE), asyncio.timeout(5), one.passing(HERE):
        pass


async def test_a_turn_that_is_not_used_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "READY_SECONDS", 0.05)
    one = Pace(Rate(100, 0.05), lambda _: [], ahead=1)
    async with asyncio.timeout(5):
        for number in range(3):
            await one.turn(Chat("fake", str(number)))


async def test_a_turn_that_is_used_lets_the_next_one_in_at_once() -> None:
    one = Pace(Rate(100, 0.05), lambda _: [], ahead=1)
    async with asyncio.timeout(2):
        for number in range(5):
            chat = Chat("fake", str(number))
            await one.turn(chat)
            async with one.passing(chat):
                pass


async def test_a_chat_that_is_ready_takes_no_second_turn() -> None:
    one = Pace(Rate(100, 0.05), lambda _: [], ahead=1)
    async with asyncio.timeout(2):
        for _ in range(3):
            await one.turn(HERE)


async def test_few_digests_are_ready_at_once_so_answers_wait_behind_few() -> None:
    one = Pace(Rate(100, 0.05), lambda _: [], ahead=2)
    turns = [asyncio.create_task(one.turn(Chat("fake", str(number)))) for number in range(5)]
    done, waiting = await asyncio.wait(turns, timeout=0.3)
    assert len(done) == 2
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_stops_waiting_takes_no_place_along() -> None:
    one = Pace(Rate(1, 0.2), lambda _: [Rate(1, 0.01)], ahead=1)
    async with one.passing(HERE):
        pass
    for wait in (one.turn(HERE), one.turn(Chat("fake", "2"))):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wait, 0.01)
    async with asyncio.timeout(pace.READY_SECONDS + 2):
        await one.turn(Chat("fake", "3"))


async def test_a_chat_that_is_held_holds_no_other() -> None:
    one = Pace(Rate(100, 0.01), lambda _: [], ahead=1)
    one.hold(43_200, HERE)
    one.hold(60, HERE)  # a shorter wait does not end a longer one
    assert one.held(HERE) == pytest.approx(43_200, abs=5)
    assert one.held(Chat("fake", "2")) == 0
    async with asyncio.timeout(1):
        await one.turn(HERE)  # posting says how long to wait: a turn would be wasted
        await one.turn(Chat("fake", "2"))
    one.hold(10)
    assert one.held(Chat("fake", "2")) == pytest.approx(10, abs=5)


async def test_a_digest_for_a_chat_whose_gate_is_shut_takes_nobodys_turn() -> None:
    one = Pace(Rate(100, 0.01), lambda _: [Rate(1, 60)], ahead=1)
    async with one.passing(HERE):
        pass
    waiting = asyncio.create_task(one.turn(HERE))
    await asyncio.sleep(0)
    async with asyncio.timeout(pace.READY_SECONDS / 2):
        await one.turn(Chat("fake", "2"))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_waits_that_are_over_take_no_memory() -> None:
    one = Pace(Rate(100, 0.01), lambda _: [])
    for number in range(100):
        one.hold(0, Chat("fake", str(number)))
    assert len(one._held) <= 2


async def test_what_is_held_stays_held_in_another_event_loop() -> None:
    one = Pace(Rate(100, 0.01), lambda _: [])
    one.hold(43_200, HERE)
    assert one.renewed().held(HERE) == pytest.approx(43_200, abs=5)


async def test_digests_go_evenly_so_that_an_answer_never_finds_the_whole_window_taken() -> None:
    one, loop = Pace(Rate(20, 1.0), lambda _: []), asyncio.get_running_loop()
    began = loop.time()
    for number in range(5):
        await one.turn(Chat("fake", str(number)))
    assert loop.time() - began > 3 / 20


async def test_the_gates_of_chats_that_rest_take_no_memory() -> None:
    one = Pace(Rate(1000, 0.001), lambda _: [Rate(1, 0.001)])
    for number in range(200):
        async with one.passing(Chat("fake", str(number))):
            pass
    await asyncio.sleep(0.05)
    assert len(one._gates) == 0


# --- Telegram, with its limits on


async def digest(adapter: Adapter, chat: Chat, payload: Payload) -> None:
    """Post as the delivery does; a refusal of any kind fails the test."""
    await adapter.wait_turn(chat)
    await adapter.post(chat, payload, f"dateline-{chat.id}")


def on(number: int) -> Chat:
    return Chat("telegram", str(number), ChatKind.PRIVATE if number > 0 else ChatKind.GROUP)


async def test_a_broadcast_and_answers_together_stay_below_thirty_a_second(
    telegram: TelegramEmulator,
) -> None:
    readers, askers = range(5001, 5121), range(6001, 6041)
    for reader in readers:
        telegram.add_chat(reader)
    async with running(telegram, Clerk().answer, FakeJournal()) as adapter:
        began = time.monotonic()
        digests = [
            asyncio.create_task(digest(adapter, on(reader), {"text": "Good morning."}))
            for reader in readers
        ]
        for asker in askers:
            await telegram.say("/brief", chat=asker)
        await telegram.wait_for_post(None, len(readers) + len(askers), timeout=60)
        took = time.monotonic() - began
        await asyncio.gather(*digests)  # none of them was refused with a 429
    posts = telegram.posted(None)
    at = sorted(post.at for post in posts)
    assert all(later - earlier > 1 for earlier, later in zip(at, at[30:], strict=False))
    answered = [position for position, post in enumerate(posts) if post.chat in askers]
    assert max(answered) < len(askers) + 30  # not behind the broadcast
    assert took < 2 * len(posts) / 30


async def test_a_private_chat_gets_one_a_second_after_a_short_burst(
    telegram: TelegramEmulator,
) -> None:
    telegram.add_chat(ADA)
    async with running(telegram, Clerk().answer, FakeJournal()) as adapter:
        await asyncio.gather(*(adapter.post(on(ADA), {"text": "x"}, "") for _ in range(5)))
    at = [post.at for post in telegram.posted()]
    assert at[3] - at[0] > 3


@pytest.mark.parametrize(("workers", "at_once"), [(1, 20), (2, 20), (3, 18), (9, 18)])
async def test_a_group_gets_twenty_a_minute_from_all_who_post_there(
    monkeypatch: pytest.MonkeyPatch, workers: int, at_once: int
) -> None:
    monkeypatch.setattr("bot.adapters.telegram.adapter._A_CHAT", Rate(90, 0.3))
    async with TelegramEmulator(limits=Limits(chat_burst=30)) as telegram:
        telegram.add_chat(SUPERGROUP)
        adapters = [
            TelegramAdapter(telegram.token, telegram.root, COMMANDS, workers=workers)
            for _ in range(min(workers, 3))
        ]
        posts = [
            asyncio.create_task(adapter.post(on(SUPERGROUP), {"text": "x"}, ""))
            for adapter in adapters
            for _ in range(25)
        ]
        done, waiting = await asyncio.wait(posts, timeout=2)
        assert [task.exception() for task in done] == [None] * at_once
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert len(telegram.posted(SUPERGROUP)) == at_once
        for adapter in adapters:
            await adapter._close()


async def test_a_429_of_twelve_hours_holds_one_chat_and_is_not_asked_again(
    telegram: TelegramEmulator,
) -> None:
    telegram.fail_next("sendMessage", Fault.retry_after(43_200), chat=ADA)
    for reader in (ADA, 5001):
        telegram.add_chat(reader)
    async with running(telegram, Clerk().answer, FakeJournal()) as adapter:
        for _ in range(3):
            await adapter.wait_turn(on(ADA))
            with pytest.raises(DeliveryError) as caught:
                await adapter.post(on(ADA), {"text": "Good morning."}, "dateline-1")
            assert caught.value.retry_after == pytest.approx(43_200, abs=10)
            assert not caught.value.final
        await digest(adapter, on(5001), {"text": "Good morning."})
    assert [name for name, _ in telegram.requests].count("sendMessage") == 2


async def test_paid_broadcasts_go_faster_and_say_so(telegram: TelegramEmulator) -> None:
    telegram.world.limiter.limits = None
    adapter = TelegramAdapter(telegram.token, telegram.root, COMMANDS, paid_broadcast=True)
    readers = range(5001, 5101)
    for reader in readers:
        telegram.add_chat(reader)
    async with asyncio.timeout(3):  # at 30 a second it takes longer
        await asyncio.gather(*(digest(adapter, on(one), {"text": "x"}) for one in readers))
    sent = [asked for name, asked in telegram.requests if name == "sendMessage"]
    assert all(asked["allow_paid_broadcast"] for asked in sent)
    await adapter._close()


# --- Discord, with its limits on


async def test_discord_refuses_nothing_of_a_broadcast_with_questions_between(
    discord: DiscordEmulator,
) -> None:
    channels = range(7001, 7101)
    async with Running(discord, Clerk()) as adapter:
        for channel in channels:
            discord.add_channel(channel, f"news-{channel}")
        chats = [Chat("discord", str(channel), ChatKind.GROUP) for channel in channels]
        digests = [asyncio.create_task(digest(adapter, chat, {"content": "x"})) for chat in chats]
        for _ in range(8):
            await discord.say("<@4001> what's new in Iraq?")
        await discord.wait_for_post(None, len(channels) + 8, timeout=60)
        await asyncio.gather(*digests)
    posts = [path for method, path, _ in discord.requests if path.endswith("/messages")]
    assert len(posts) == len(channels) + 8  # each was taken at once


async def test_to_look_through_many_channels_beside_a_broadcast_is_refused_nothing(
    discord: DiscordEmulator,
) -> None:
    refusals, channels = Refusals(discord), range(7001, 7101)
    async with Running(discord, Clerk()) as adapter:
        for channel in channels:
            discord.add_channel(channel, f"news-{channel}")
        chats = [Chat("discord", str(channel), ChatKind.GROUP) for channel in channels]
        now, words = datetime.now(UTC), {"content": "x"}
        looks = (adapter.look_up(chat, words, "dateline-1", now) for chat in chats[:70])
        digests = (digest(adapter, chat, words) for chat in chats[70:])
        found, _ = await asyncio.gather(asyncio.gather(*looks), asyncio.gather(*digests))
    assert found == [""] * 70
    assert refusals.count == 0


# --- messages that are under way


@pytest.mark.parametrize("seed", range(12))
def test_however_long_messages_are_under_way_no_second_holds_too_many(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Ways of any length, more or less even, and now and then a message that takes far longer."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    ways = [chance.uniform(0, 0.2), chance.uniform(0, 0.2)]
    uneven = chance.choice([0.001, 0.01, 0.1])
    limiter, refused = RateLimiter(Limits()), 0
    loop = VirtualLoop()
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=loop.time))
    one = Pace(Rate(30, 1.0), lambda _: [])

    def way(least: float) -> float:
        return least + chance.expovariate(1 / uneven) + (chance.random() < 0.02)

    async def post(number: int) -> None:
        nonlocal refused
        async with one.passing(Chat("fake", str(number))):
            await asyncio.sleep(way(ways[0]))
            refused += bool(limiter.retry_after(number, is_group=False, now=loop.time()))
            await asyncio.sleep(way(ways[1]))

    async def broadcast() -> float:
        await asyncio.gather(*map(post, range(1200)))
        return loop.time()

    took = loop.run_until_complete(broadcast())
    loop.close()
    assert refused == 0
    assert took >= 1200 / 30 - 1


async def test_the_way_to_the_platform_does_not_make_a_broadcast_longer_by_all_of_it() -> None:
    one = Pace(Rate(50, 0.2), lambda _: [])

    async def round_of(count: int) -> float:
        began = asyncio.get_running_loop().time()
        for _ in range(count):
            async with one.passing(HERE):
                await asyncio.sleep(0.05)
        return asyncio.get_running_loop().time() - began

    await asyncio.gather(*(round_of(2) for _ in range(50)))
    assert one._way.least() == pytest.approx(0.05 * pace.SURE, rel=0.3)


def test_few_messages_tell_nothing_of_the_way() -> None:
    way = pace.Way()
    for _ in range(pace.LATEST - 1):
        way.note(1.0)
    assert way.least() == 0
    way.note(0.5)
    assert way.least() == 0.5 * pace.SURE
