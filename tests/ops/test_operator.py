"""The operator is told once of each thing, and nothing that fails there spreads."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.core.errors import ChatUnavailable, DeliveryError
from bot.core.messages import Chat
from bot.core.ports import Payload
from bot.ops import operator
from bot.ops.operator import AGAIN, NEWS, SOON, Operator
from tests.fakes import CHAT, FakeAdapter, FakeClock


class World:
    """An operator, with a platform, a clock and a memory; they can be started anew."""

    def __init__(self, folder: Path) -> None:
        self.adapter, self.clock = FakeAdapter(), FakeClock()
        self.memory = folder / "told.json"
        self.start()

    def start(self) -> None:
        self.operator = Operator({"fake": self.adapter}, CHAT, self.clock, self.memory)

    async def goes_wrong(self, *abouts: str) -> None:
        """Each is something of its own that goes wrong; what can be told now is told."""
        for about in abouts:
            await self.operator.tell(about, f"Trouble with {about}.")
        await self.operator.post_due()

    async def later(self, seconds: float = SOON.total_seconds()) -> None:
        self.clock.advance(seconds)
        await self.operator.post_due()

    @property
    def told(self) -> Sequence[str]:
        return [post.text for post in self.adapter.posts]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_the_operator_is_told_once_a_day_of_the_same_thing(world: World) -> None:
    for _ in range(5):
        await world.goes_wrong("a message")
    await world.goes_wrong("another")
    assert len(world.told) == 2
    assert "Trouble with a message." in world.told[0]
    await world.later(AGAIN.total_seconds())
    await world.goes_wrong("a message")
    assert len(world.told) == 3


async def test_a_thousand_messages_that_fail_alike_are_told_as_one(world: World) -> None:
    for number in range(1000):
        await world.operator.tell("dead fake too long", f"Gave up on a message for fake:{number}")
    await world.operator.post_due()
    assert len(world.told) == 1


async def test_what_was_told_is_not_told_again_after_a_new_start(world: World) -> None:
    for _start in range(3):
        await world.goes_wrong("a message")
        world.start()
    assert len(world.told) == 1


@pytest.mark.parametrize(
    "left", ["half a li", "[]", '{"told": [], "untold": {}}', '{"dead": "now"}']
)
async def test_a_memory_that_a_failing_disk_spoiled_costs_only_telling_again(
    world: World, left: str
) -> None:
    await world.goes_wrong("a message")
    world.memory.write_text(left)
    world.start()
    await world.goes_wrong("a message")
    assert len(world.told) == 2
    assert list(json.loads(world.memory.read_text())["told"]) == ["a message"]


async def test_what_could_not_be_told_is_told_once_when_the_platform_is_back(world: World) -> None:
    world.adapter.faults = [DeliveryError("down"), DeliveryError("down")]
    await world.goes_wrong("a message")
    await world.later(0)  # too soon
    assert len(world.adapter.faults) == 1
    for _ in range(4):
        await world.later()
    assert len(world.told) == 1


async def test_what_is_told_late_says_when_it_was(world: World) -> None:
    at = f"{world.clock.now():%Y-%m-%d %H:%M} UTC: "
    world.adapter.faults = [DeliveryError("down")]
    await world.goes_wrong("a message")
    await world.later(3600)
    assert at + "Trouble with a message." in world.told[0]


async def test_what_could_not_be_told_is_told_after_a_new_start(world: World) -> None:
    """Although something else was told meanwhile, and whether it still goes wrong or not."""
    world.adapter.faults = [DeliveryError("down")]
    await world.goes_wrong("first", "second")
    assert len(world.told) == 1
    world.start()
    await world.later(1)
    assert len(world.told) == 2
    assert "Trouble with first." in world.told[1]
    world.start()
    await world.goes_wrong("first", "second")
    assert len(world.told) == 2


async def test_what_goes_wrong_right_before_a_stop_is_told_after_it(world: World) -> None:
    running = asyncio.create_task(world.operator.run())
    await asyncio.sleep(0)
    await world.operator.tell("standstill", "Dateline ends.")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert world.told == []
    world.start()
    await world.operator.post_due()
    assert len(world.told) == 1


async def test_a_slow_disk_ends_with_what_was_known_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, first, real = threading.Event(), threading.Event(), operator._write

    def write(memory: Path, text: str) -> bool:
        slow.wait(0 if "Trouble" in text else 20)
        written = real(memory, text)
        if "Trouble" not in text:
            first.set()
        return written

    monkeypatch.setattr(operator, "_write", write)
    running = asyncio.create_task(world.operator.run())
    await asyncio.sleep(0)
    await world.operator.tell("a message", "Trouble")
    running.cancel()
    await asyncio.sleep(0.05)
    slow.set()
    await asyncio.gather(running, return_exceptions=True)
    assert await asyncio.to_thread(first.wait, 5)
    assert list(json.loads(world.memory.read_text())["untold"]) == ["a message"]


async def test_a_disk_that_hangs_keeps_nobody_from_telling(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(operator, "DISK_SECONDS", 0.01)
    monkeypatch.setattr(operator, "_write", lambda *_: hangs.wait(20))
    before = threading.active_count()
    async with asyncio.timeout(5):
        await world.goes_wrong("first")
        await world.goes_wrong("second")
    assert len(world.told) == 2
    assert threading.active_count() <= before + 1  # others need threads, too
    hangs.set()


async def test_a_full_disk_costs_only_telling_again(world: World) -> None:
    world.memory.with_suffix(".new").mkdir()
    await world.goes_wrong("a message")
    world.start()
    await world.goes_wrong("a message")
    assert len(world.told) == 2


async def test_what_goes_wrong_while_one_is_told_survives_a_power_cut(world: World) -> None:
    world.adapter.held[CHAT.id] = asyncio.Event()
    await world.operator.tell("first", "Trouble")
    posting = asyncio.create_task(world.operator.post_due())
    await world.adapter.wait_for_attempts(1)
    assert list(json.loads(world.memory.read_text())["untold"]) == ["first"]
    world.adapter.held[CHAT.id].set()
    await posting


async def test_what_is_old_is_told_no_more(world: World) -> None:
    world.adapter.faults = [DeliveryError("down")]
    await world.goes_wrong("a message")
    await world.later(NEWS.total_seconds())
    await world.later()
    assert world.told == []


async def test_a_chat_that_takes_nothing_is_asked_again_a_day_later(world: World) -> None:
    world.adapter.faults = [ChatUnavailable("blocked")]
    await world.goes_wrong("a message")
    await world.later()
    assert world.told == []
    await world.later(AGAIN.total_seconds())
    assert len(world.told) == 1


class Moved(FakeAdapter):
    """A platform on which a chat is somewhere else now."""

    def __init__(self, moves: dict[str, str]) -> None:
        super().__init__()
        self.moves = moves

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        if chat.id in self.moves:
            self.attempts += 1
            raise ChatUnavailable("the group became a supergroup", self.moves[chat.id])
        return await super().post(chat, payload, key)


async def test_a_group_that_became_a_supergroup_is_told_there(world: World) -> None:
    world.adapter = Moved({CHAT.id: "-100777"})
    world.start()
    await world.goes_wrong("first", "second")
    assert [post.chat.id for post in world.adapter.posts] == ["-100777", "-100777"]


async def test_two_chats_that_name_each_other_are_asked_once_each(world: World) -> None:
    world.adapter = Moved({CHAT.id: "-100777", "-100777": CHAT.id})
    world.start()
    await world.goes_wrong("a message")
    assert world.adapter.attempts == 2


async def test_whoever_tells_does_not_wait_for_the_platform(world: World) -> None:
    world.adapter.held[CHAT.id] = asyncio.Event()
    running = asyncio.create_task(world.operator.run())
    async with asyncio.timeout(5):
        for number in range(4):
            await world.operator.tell(f"thing {number}", "Trouble")
        await world.adapter.wait_for_attempts(1)
        await world.operator.tell("one more", "Trouble")
        world.adapter.held[CHAT.id].set()
        while len(world.told) < 5:  # noqa: ASYNC110 - the last of them has no event
            await asyncio.sleep(0)
    running.cancel()


async def test_an_operator_who_cannot_be_reached_costs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    adapter = FakeAdapter()
    adapter.faults = [DeliveryError("down")]
    for one, words in (
        (Operator({"fake": adapter}, CHAT, FakeClock()), "words"),
        (Operator({}, CHAT, FakeClock()), "words of another"),
        (Operator({"fake": adapter}, None, FakeClock()), "words for the log"),
    ):
        await one.tell("x", words)
        await one.post_due()
        assert words in caplog.text
    assert adapter.posts == []
