"""When to read a feed next: rules that hold for every feed, and those for some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.reading_plan import (
    CEILING,
    FLOOR,
    GONE,
    JITTER,
    LONGEST_ASKED,
    LONGEST_REFUSAL,
    START,
    Look,
    interval_after,
    next_read,
    page_pause,
    pause_after,
    typical_gap,
)

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = 3600

moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
seconds = st.floats(0, 1e12)
looks = st.builds(
    Look,
    dates=st.lists(moments, max_size=30),
    new=st.integers(0, 10_000),
    unchanged=st.booleans(),
    fresh_for=seconds,
    ttl=st.none() | st.integers(0, 10**7),
)


def every(hours: float, count: int = 12) -> tuple[datetime, ...]:
    """Return the dates of a feed that speaks so often, the last time just that long ago."""
    return tuple(NOW - timedelta(hours=hours * (number + 1)) for number in range(count))


# For every feed


@given(looks, st.integers(0, 10**9))
def test_no_feed_is_read_more_than_every_ten_minutes_or_less_than_once_a_day(
    look: Look, before: int
) -> None:
    assert FLOOR <= interval_after(look, before, NOW) <= CEILING


@given(looks, st.integers(0, CEILING))
def test_what_a_server_asks_for_is_waited_for_up_to_six_hours(look: Look, before: int) -> None:
    asked = max(look.fresh_for, 60 * (look.ttl or 0))
    assert interval_after(look, before, NOW) >= min(asked, LONGEST_ASKED) - 1


@given(
    st.integers(0, 10**6), st.integers(0, CEILING), st.none() | seconds, st.booleans()
)  # fmt: skip
def test_a_failing_feed_is_always_tried_again(
    failures: int,
    before: int,
    retry_after: float | None,
    gone: bool,  # noqa: FBT001 - drawn
) -> None:
    pause = pause_after(failures, before=before, retry_after=retry_after, gone=gone)
    assert FLOOR <= pause <= max(CEILING, LONGEST_REFUSAL, GONE)


@given(st.integers(1, 1000), st.integers(0, CEILING))
def test_a_pause_never_gets_shorter_while_a_feed_goes_on_failing(
    failures: int, before: int
) -> None:
    assert pause_after(failures + 1, before=before) >= pause_after(failures, before=before)


@given(st.integers(1, 1000), st.floats(0, LONGEST_REFUSAL))
def test_a_server_that_names_its_pause_gets_it(failures: int, retry_after: float) -> None:
    assert pause_after(failures, retry_after=retry_after) >= retry_after - 1


@given(st.floats(0, GONE), st.floats(0, 1, exclude_max=True))
def test_chance_makes_a_read_later_but_not_much(pause: float, chance: float) -> None:
    waited = (next_read(NOW, pause, chance) - NOW).total_seconds()
    assert pause - 0.001 <= waited <= pause * (1 + JITTER) + 0.001


@given(st.lists(moments, max_size=40))
def test_a_gap_is_never_negative_and_never_counts_the_future(dates: list[datetime]) -> None:
    gap = typical_gap(dates, NOW)
    assert gap is None or gap > 0
    assert gap == typical_gap([one for one in dates if one <= NOW], NOW)


# For some


@pytest.mark.parametrize(
    ("hours", "read_every"),
    [(0.01, FLOOR), (1, HOUR / 2), (6, 3 * HOUR), (24, 12 * HOUR), (24 * 30, CEILING)],
)
def test_a_feed_is_read_twice_for_each_entry(hours: float, read_every: float) -> None:
    assert interval_after(Look(every(hours)), 0, NOW) == read_every


def test_a_feed_that_fell_silent_is_read_less_often() -> None:
    once = [one - timedelta(days=20) for one in every(1)]
    assert interval_after(Look(once), HOUR // 2, NOW) == CEILING


def test_a_feed_without_dates_is_read_hourly_at_first() -> None:
    assert interval_after(Look(), 0, NOW) == START


def test_entries_all_dated_at_the_moment_of_reading_tell_nothing() -> None:
    assert interval_after(Look((NOW,) * 20), 0, NOW) == START


def test_without_dates_something_new_brings_the_next_read_nearer() -> None:
    assert interval_after(Look(new=3), 4 * HOUR, NOW) == 2 * HOUR


def test_without_dates_nothing_new_puts_it_off_slowly() -> None:
    assert interval_after(Look(), HOUR, NOW) == 1.2 * HOUR


def test_an_unchanged_feed_is_put_off_slowly() -> None:
    assert interval_after(Look(unchanged=True), HOUR, NOW) == 1.2 * HOUR


def test_the_longer_of_ttl_and_max_age_counts() -> None:
    assert interval_after(Look(every(1), ttl=60, fresh_for=300), 0, NOW) == HOUR
    assert interval_after(Look(every(1), ttl=5, fresh_for=7200), 0, NOW) == 2 * HOUR


def test_a_feed_that_asks_for_a_year_is_read_four_times_a_day() -> None:
    assert interval_after(Look(every(1), fresh_for=31_536_000), 0, NOW) == LONGEST_ASKED
    assert interval_after(Look(every(1), ttl=9_999_999), 0, NOW) == LONGEST_ASKED


def test_pauses_double_up_to_a_day() -> None:
    assert [pause_after(n) // 60 for n in (1, 2, 3, 4, 8, 9, 99)] == [
        10, 20, 40, 80, 1280, 1440, 1440,
    ]  # fmt: skip


def test_a_slow_feed_starts_from_its_own_pace() -> None:
    assert pause_after(1, before=HOUR // 2) == HOUR // 2
    assert pause_after(1, before=CEILING) == HOUR


def test_a_feed_that_is_gone_for_good_is_looked_for_once_a_week() -> None:
    assert pause_after(1, gone=True) == pause_after(50, gone=True) == 7 * CEILING


def test_a_server_that_asks_for_a_century_gets_a_week() -> None:
    assert pause_after(1, retry_after=3e9) == 7 * CEILING


def test_a_page_is_tried_four_times() -> None:
    assert [page_pause(attempts) for attempts in range(6)] == [None, 300, 1800, 7200, None, None]
