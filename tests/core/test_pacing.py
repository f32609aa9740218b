"""Budgets: never more than the platform allows, and no slower than that."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.pacing import AT_ONE_CHAT, Budget, Rate, at_one_chat

rates = st.builds(
    lambda count, seconds, burst: Rate(count, seconds, min(burst, count)),
    st.integers(1, 40),
    st.sampled_from([1.0, 5.0, 60.0]),
    st.integers(1, 40),
)
arrivals = st.lists(st.floats(0, 20), min_size=1, max_size=80).map(sorted)


def posted(rate: Rate, asked: list[float]) -> list[float]:
    """When messages go out that were asked for at these seconds."""
    budget = Budget(rate)
    return [now + budget.take("chat", now) for now in asked]


@given(rates, arrivals)
def test_no_window_holds_more_than_the_rate_allows(rate: Rate, asked: list[float]) -> None:
    times = posted(rate, asked)
    for start in times:
        inside = [one for one in times if start <= one < start + rate.seconds - 1e-6]
        assert len(inside) <= rate.count


@given(rates, st.integers(1, 60))
def test_shares_together_are_no_more_than_the_rate(rate: Rate, number: int) -> None:
    share = rate.shared_by(number)
    assert share.seconds == rate.seconds
    assert share.count * number <= rate.count or share.count == share.burst


@pytest.mark.parametrize("workers", [1, 2, 3, 20])
@pytest.mark.parametrize("limit", [Rate(3, 3.0), Rate(5, 5.0), Rate(20, 60.0)])
def test_those_at_one_chat_together_keep_its_limit(limit: Rate, workers: int) -> None:
    share = limit.shared_by(at_one_chat(workers))
    assert share.count * min(workers, AT_ONE_CHAT) <= limit.count
    assert share.seconds == limit.seconds
    assert workers > 1 or share == limit


@given(rates, arrivals)
def test_messages_keep_their_order(rate: Rate, asked: list[float]) -> None:
    times = posted(rate, asked)
    assert all(late - early > -1e-6 for early, late in pairwise(times))


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    assert posted(Rate(20, 60.0, burst=5), [0.0] * 7) == pytest.approx([0.0] * 5 + [3.75, 7.5])


def test_a_quiet_chat_gets_its_burst_back() -> None:
    assert posted(Rate(2, 10.0, burst=2), [0.0, 0.0, 100.0, 100.0]) == [0.0, 0.0, 100.0, 100.0]


def test_one_chat_never_waits_for_another() -> None:
    budget = Budget(Rate(1, 10.0))
    assert [budget.take(chat, 0.0) for chat in ("a", "a", "b")] == [0.0, 10.0, 0.0]


def test_chats_that_were_quiet_for_long_are_forgotten() -> None:
    budget = Budget(Rate(1, 1.0))
    for number in range(10_001):
        budget.take(str(number), 0.0)
    budget.take("one more", 100.0)
    assert len(budget._arrivals) < 10
