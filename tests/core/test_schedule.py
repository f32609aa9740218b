"""When a digest is due: in every time zone, over every change of the clocks."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.errors import RequestError
from bot.core.schedule import (
    EVERY_DAY,
    WEEKDAYS,
    WEEKEND,
    Occurrence,
    Quiet,
    Timing,
    describe,
    due_until,
    next_due,
    parse_days,
    parse_hour,
    parse_timing,
    parse_zone,
)
from bot.core.words import speaking

ZONES = sorted(
    name for name in available_timezones() if not name.startswith(("posix", "right", "localtime"))
)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
hours = st.builds(time, st.integers(0, 23), st.integers(0, 59))
days = st.frozensets(st.integers(0, 6), min_size=1)
timings = st.builds(Timing, hours, st.sampled_from(ZONES), days)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def told(timing: Timing, after: datetime, count: int) -> list[str]:
    """The next occurrences, as the chat's date and the clock on the chat's wall."""
    found = []
    for _ in range(count):
        due = next_due(timing, after)
        local = due.at.astimezone(ZoneInfo(timing.zone))
        found.append(f"{due.day} {local:%d %H:%M}")
        after = due.at
    return found


@settings(max_examples=600, deadline=None)
@given(timings, instants)
def test_the_next_one_is_later_on_a_chosen_day_at_the_hour_or_at_the_end_of_a_gap(
    timing: Timing, after: datetime
) -> None:
    zone = ZoneInfo(timing.zone)
    due = next_due(timing, after)
    assert due.at > after
    assert due.day.weekday() in timing.days
    wall = datetime.combine(due.day, timing.at)
    shown = due.at.astimezone(zone).replace(tzinfo=None)
    if shown != wall:  # the hour does not exist: it is the first minute that does
        assert (
            wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
        )
        before = (due.at - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wall < shown


@settings(max_examples=300, deadline=None)
@given(timings, instants)
@example(Timing(time(2, 30), "Europe/Paris"), at("2026-03-27T00:00"))
@example(Timing(time(2, 30), "Europe/Paris"), at("2026-10-23T00:00"))
@example(Timing(time(0, 0), "Africa/Cairo"), at("2026-04-22T00:00"))
@example(Timing(time(2, 0), "Antarctica/Troll"), at("2026-03-27T00:00"))
@example(Timing(time(2, 15), "Australia/Lord_Howe"), at("2026-10-02T00:00"))
def test_no_date_comes_twice_and_no_chosen_date_is_left_out(
    timing: Timing, after: datetime
) -> None:
    dues = [next_due(timing, after)]
    for _ in range(8):
        dues.append(next_due(timing, dues[-1].at))
    for one, following in pairwise(dues):
        between = [
            one.day + timedelta(days=number) for number in range(1, (following.day - one.day).days)
        ]
        assert one.day < following.day
        assert not [day for day in between if day.weekday() in timing.days]


@settings(max_examples=200, deadline=None)
@given(timings, instants, st.integers(1, 10**6))
def test_it_does_not_matter_when_one_asks(timing: Timing, after: datetime, seconds: int) -> None:
    due = next_due(timing, after)
    asked = min(after + timedelta(seconds=seconds), due.at - timedelta(seconds=1))
    if asked >= after:
        assert next_due(timing, asked) == due


def test_an_hour_moves_in_utc_when_the_clocks_change() -> None:
    paris = Timing(time(8), "Europe/Paris")
    assert next_due(paris, at("2026-03-28T12:00")).at == at("2026-03-29T06:00")
    assert next_due(paris, at("2026-03-27T12:00")).at == at("2026-03-28T07:00")


def test_an_hour_that_does_not_exist_is_due_at_the_first_minute_that_does() -> None:
    paris = Timing(time(2, 30), "Europe/Paris")
    assert told(paris, at("2026-03-28T12:00"), 2) == ["2026-03-29 29 03:00", "2026-03-30 30 02:30"]


@pytest.mark.parametrize("start", [time(22), time(1)])
def test_quiet_hours_hold_until_their_end_and_not_at_it(start: time) -> None:
    quiet, evening = Quiet(start, time(7)), datetime(2026, 3, 1, 20, tzinfo=UTC)
    seven = Occurrence(date(2026, 3, 2), datetime(2026, 3, 2, 7, tzinfo=UTC))
    for at in (time(6, 59), time(7)):
        assert next_due(Timing(at, "UTC", quiet=quiet), evening) == seven


def test_what_was_held_last_evening_is_due_this_morning_whenever_one_asks() -> None:
    held = Timing(time(23), "UTC", quiet=Quiet(time(22), time(7)))
    morning = Occurrence(date(2026, 3, 1), datetime(2026, 3, 2, 7, tzinfo=UTC))
    for hour in (0, 3, 6):
        assert next_due(held, datetime(2026, 3, 2, hour, 30, tzinfo=UTC)) == morning


def test_quiet_hours_that_end_in_an_hour_that_does_not_exist_end_when_it_is_over() -> None:
    held = Timing(time(23), "Europe/Paris", quiet=Quiet(time(22), time(2, 30)))
    evening = datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert next_due(held, evening).at == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 there


def test_an_hour_that_comes_twice_is_due_the_first_time_only() -> None:
    paris = Timing(time(2, 30), "Europe/Paris")
    first = next_due(paris, at("2026-10-24T12:00"))
    assert first.at == at("2026-10-25T00:30")  # in summer time still
    assert next_due(paris, first.at).day == date(2026, 10, 26)


def test_a_midnight_that_does_not_exist_is_due_at_one() -> None:
    cairo = Timing(time(0, 0), "Africa/Cairo")
    assert told(cairo, at("2026-04-23T12:00"), 2) == ["2026-04-24 24 01:00", "2026-04-25 25 00:00"]


def test_an_hour_skipped_before_midnight_is_due_after_it_and_the_next_day_keeps_its_own() -> None:
    scoresbysund = Timing(time(23, 30), "America/Scoresbysund")  # 28 March 2026: 23:00 -> 00:00
    due = told(scoresbysund, at("2026-03-28T12:00", "America/Scoresbysund"), 3)
    assert due == ["2026-03-28 29 00:00", "2026-03-29 29 23:30", "2026-03-30 30 23:30"]


@pytest.mark.parametrize("hour", [time(0, 0), time(8, 0), time(23, 59)])
def test_a_day_that_a_zone_deleted_has_no_digest(hour: time) -> None:
    samoa = Timing(hour, "Pacific/Apia")
    before = at("2011-12-29T00:00", "Pacific/Apia") - timedelta(seconds=1)
    assert [line[:10] for line in told(samoa, before, 3)] == [
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]


def test_chosen_days_are_the_chats_own() -> None:
    auckland = Timing(time(8), "Pacific/Auckland", frozenset({0}))
    due = next_due(auckland, at("2026-03-01T00:00"))
    assert (due.day, due.at) == (date(2026, 3, 2), at("2026-03-01T19:00"))


def test_what_is_due_up_to_now_comes_oldest_first_and_now_counts() -> None:
    timing = Timing(time(8), "UTC")
    first = next_due(timing, at("2026-03-01T12:00"))
    found = list(due_until(timing, first, at("2026-03-04T08:00")))
    assert [one.day.day for one in found] == [2, 3, 4]
    assert list(due_until(timing, first, first.at - timedelta(seconds=1))) == []
    assert list(due_until(timing, first, first.at)) == [Occurrence(date(2026, 3, 2), first.at)]


# --- what people type


@pytest.mark.parametrize(
    ("typed", "hour"),
    [
        ("8", time(8)),
        ("8:00", time(8)),
        ("08:00", time(8)),
        ("8h", time(8)),
        ("8h30", time(8, 30)),
        ("8H30", time(8, 30)),
        ("8.30", time(8, 30)),
        ("8am", time(8)),
        ("8:30PM", time(20, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("0:00", time(0)),
        ("23:59", time(23, 59)),
        ("٠٨:٣٠", time(8, 30)),
    ],
)
def test_an_hour_is_read_as_people_write_it(typed: str, hour: time) -> None:
    assert parse_hour(typed) == hour


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("25:00", "There is no 25:00"),
        ("24:00", "There is no 24:00"),
        ("8:60", "There is no 8:60"),
        ("13pm", "pm goes with 1 to 12"),
        ("0am", "am goes with 1 to 12"),
        ("soon", "“soon” is not a time of day"),
        ("8:0", "not a time of day"),
        ("-8", "not a time of day"),
        ("8:00:00", "not a time of day"),
        ("8²", "not a time of day"),
        ("x" * 500, "not a time of day"),
    ],
)
def test_an_impossible_hour_is_said_in_words_with_what_to_type(typed: str, words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        parse_hour(typed)
    assert "/subscribe 08:00" in caught.value.hint
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("typed", "zone", "chosen"),
    [
        ("8", "Africa/Tunis", EVERY_DAY),
        ("8 weekdays", "Africa/Tunis", WEEKDAYS),
        ("8 Europe/Paris", "Europe/Paris", EVERY_DAY),
        ("8 europe/paris WEEKENDS", "Europe/Paris", WEEKEND),
        ("8 weekends paris", "Europe/Paris", WEEKEND),
        ("8 mon,wed,fri paris", "Europe/Paris", frozenset({0, 2, 4})),
        ("8 mon, wed , friday", "Africa/Tunis", frozenset({0, 2, 4})),
        ("8 Saturday sunday", "Africa/Tunis", WEEKEND),
        ("8 Saturdays sundays", "Africa/Tunis", WEEKEND),
        ("8 New York weekdays", "America/New_York", WEEKDAYS),
        ("8 am buenos aires", "America/Argentina/Buenos_Aires", EVERY_DAY),
        ("8 AM UTC daily", "UTC", EVERY_DAY),
    ],
)
def test_zone_and_days_come_in_any_order(typed: str, zone: str, chosen: frozenset[int]) -> None:
    assert parse_timing(typed, "Africa/Tunis") == Timing(time(8), zone, chosen)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("Europe/Pariss", "Europe/Paris"),
        ("Europ/Berlin", "Europe/Berlin"),
        ("Los Angles", "America/Los_Angeles"),
        ("tokio", "Asia/Tokyo"),
    ],
)
def test_an_unknown_zone_suggests_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(RequestError, match="neither a time zone nor days") as caught:
        parse_timing(f"08:00 {typed}", "UTC")
    assert nearest in caught.value.hint


def test_a_zone_like_no_other_says_what_one_looks_like() -> None:
    with pytest.raises(RequestError) as caught:
        parse_zone("ß" * 3000)
    assert "Europe/Paris" in caught.value.hint
    assert len(str(caught.value)) < 120


def test_a_zone_that_is_like_none_gets_no_odd_advice() -> None:
    with pytest.raises(RequestError, match="There is no time zone “Mars”") as caught:
        parse_zone("Mars")
    assert caught.value.hint == "A time zone looks like Europe/Paris or America/New_York."


@pytest.mark.parametrize("name", ["Europe/Paris", "UTC", "Asia/Kolkata", "Etc/GMT+3"])
def test_every_zone_is_found_by_its_own_name(name: str) -> None:
    assert parse_zone(name) == name
    assert parse_zone(name.lower()) == name


def test_every_known_zone_can_be_subscribed_in() -> None:
    for name in ZONES:
        assert parse_timing(f"08:00 {name}", "UTC").zone == name


def test_nothing_typed_asks_for_the_hour() -> None:
    with pytest.raises(RequestError, match="At what time"):
        parse_timing("  ", "UTC")


@pytest.mark.parametrize(
    ("language", "typed", "days"),
    [
        ("fr", "lundi", {0}),
        ("fr", "mar,jeudi", {1, 3}),
        ("fr", "monday", {0}),
        ("ru", "понедельник", {0}),
        ("ar", "الأحد", {6}),
    ],
)
def test_days_are_read_in_the_readers_language_and_in_english(
    language: str, typed: str, days: set[int]
) -> None:
    with speaking(language):
        assert parse_days(typed) == frozenset(days)


@pytest.mark.parametrize("word", ["", ",", "mo", "someday", "mon,someday"])
def test_a_word_that_names_no_days_is_none(word: str) -> None:
    assert parse_days(word) is None


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_timing_or_a_clear_refusal(typed: str) -> None:
    with contextlib.suppress(RequestError):
        timing = parse_timing(typed, "UTC")
        assert timing.days
        assert next_due(timing, at("2026-01-01T00:00")).at > at("2026-01-01T00:00")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (EVERY_DAY, "08:00, UTC, every day"),
        (WEEKDAYS, "08:00, UTC, weekdays"),
        (WEEKEND, "08:00, UTC, weekends"),
        (frozenset({6, 0}), "08:00, UTC, Mon, Sun"),
    ],
)
def test_a_timing_is_said_in_words(chosen: frozenset[int], words: str) -> None:
    assert describe(Timing(time(8), "UTC", chosen)) == words
