"""The operator is told once of each thing, and nothing that fails there spreads."""

from __future__ import annotations

import pytest

from bot.core.errors import DeliveryError
from bot.ops.operator import AGAIN, Operator
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
