"""The operator is told once of each thing, and nothing that fails there spreads."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ChatUnavailable, DeliveryError
from bot.ops.operator import AGAIN, SOON, Operator
from tests.fakes import CHAT, FakeAdapter, FakeClock


async def test_the_operator_is_told_once_a_day_of_the_same_thing() -> None:
    adapter, clock = FakeAdapter(), FakeClock()
    operator = Operator({"fake": adapter}, CHAT, clock)
    for _ in range(5):
        await operator.tell("dead fake", "Gave up on a message")
    await operator.tell("unknown fake", "Nobody knows")
    assert len(adapter.posts) == 2
    assert "Gave up on a message" in adapter.posts[0].text
    clock.advance(AGAIN.total_seconds())
    await operator.tell("dead fake", "Gave up on a message")
    assert len(adapter.posts) == 3


async def test_a_thousand_messages_that_fail_alike_are_told_as_one() -> None:
    adapter = FakeAdapter()
    operator = Operator({"fake": adapter}, CHAT, FakeClock())
    for number in range(1000):
        await operator.tell("dead fake too long", f"Gave up on a message for fake:{number}")
    assert len(adapter.posts) == 1


async def test_what_was_told_is_not_told_again_after_a_new_start(tmp_path: Path) -> None:
    adapter, clock, memory = FakeAdapter(), FakeClock(), tmp_path / "told.json"
    for _start in range(3):
        await Operator({"fake": adapter}, CHAT, clock, memory).tell("dead", "Gave up on a message")
    assert len(adapter.posts) == 1
    memory.write_text("what a failing disk left")
    await Operator({"fake": adapter}, CHAT, clock, memory).tell("dead", "Gave up on a message")
    assert len(adapter.posts) == 2


async def test_what_could_not_be_told_is_told_once_when_the_platform_is_back() -> None:
    adapter, clock = FakeAdapter(), FakeClock()
    adapter.faults = [DeliveryError("down"), DeliveryError("down")]
    operator = Operator({"fake": adapter}, CHAT, clock)
    await operator.tell("dead", "Gave up on a message")
    await operator.tell_again()  # too soon
    assert len(adapter.faults) == 1
    for _ in range(4):
        clock.advance(SOON.total_seconds())
        await operator.tell_again()
    assert len(adapter.posts) == 1


async def test_a_chat_that_takes_nothing_is_not_asked_again() -> None:
    adapter, clock = FakeAdapter(), FakeClock()
    adapter.faults = [ChatUnavailable("blocked")]
    operator = Operator({"fake": adapter}, CHAT, clock)
    await operator.tell("dead", "Gave up on a message")
    clock.advance(SOON.total_seconds())
    await operator.tell_again()
    assert adapter.posts == []


async def test_an_operator_who_cannot_be_reached_costs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    adapter = FakeAdapter()
    adapter.faults = [DeliveryError("down")]
    await Operator({"fake": adapter}, CHAT, FakeClock()).tell("x", "words")
    await Operator({}, CHAT, FakeClock()).tell("x", "words of another")
    await Operator({"fake": adapter}, None, FakeClock()).tell("x", "words for the log")
    assert adapter.posts == []
    assert "words for the log" in caplog.text
