"""Every time zone there is: no date twice, none left out but those that a zone deleted.

The long form, all of 2005 to 2035: `python -m tests.core.test_schedule_zones --long --seed S`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.core.schedule import Occurrence, Timing, due_until, next_due

FIRST, LAST = datetime(2005, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
DELETED = {("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Fakaofo", date(2011, 12, 30))}
"""The dates that zones left out in these years: Samoa and Tokelau crossed the date line."""
ZONES = sorted(name for name in available_timezones() if not name.startswith(("posix", "right")))
MINUTE = timedelta(minutes=1)


def occurrences(timing: Timing, begins: datetime, ends: datetime) -> Iterator[Occurrence]:
    yield from due_until(timing, next_due(timing, begins), ends)


def check(timing: Timing, begins: datetime, ends: datetime) -> tuple[int, set[date]]:
    """Walk from one day to the next; return how many came and which dates never did."""
    zone = ZoneInfo(timing.zone)
    left_out: set[date] = set()
    count, before = 0, None
    for one in occurrences(timing, begins, ends):
        count += 1
        if before is not None:
            assert one.at > before.at, f"{timing}: {one} is not later than {before}"
            assert one.day > before.day, f"{timing}: {one} has the date of {before}"
            left_out |= dates_between(before.day, one.day)
        check_instant(timing, one, zone)
        before = one
    return count, left_out


def check_instant(timing: Timing, one: Occurrence, zone: ZoneInfo) -> None:
    """It is the first minute at or after the hour: the minute before was still before it."""
    wanted = datetime.combine(one.day, timing.at)
    wall = one.at.astimezone(zone)
    assert wall.fold == 0, f"{timing}: {one} is the second of two"
    assert wall.replace(tzinfo=None) >= wanted, f"{timing}: {one} is too early"
    minute_before = (one.at - MINUTE).astimezone(zone).replace(tzinfo=None)
    assert minute_before < wanted, f"{timing}: {one} is too late"


def dates_between(first: date, last: date) -> set[date]:
    return {first + timedelta(days=number) for number in range(1, (last - first).days)}


def exists(day: date, zone: ZoneInfo) -> bool:
    """Look at every quarter of an hour around: is it ever that date there?"""
    noon = datetime.combine(day, time(12), UTC)
    quarters = (noon + timedelta(minutes=15 * number) for number in range(-200, 200))
    return any(one.astimezone(zone).date() == day for one in quarters)


def chances(*seed: object) -> random.Random:
    return random.Random(repr(seed))  # noqa: S311 - chance, not secrets


def some_time(chance: random.Random) -> time:
    """Half of them in the hours in which clocks change."""
    hour = chance.choice((0, 1, 2, 3, 23)) if chance.random() < 0.5 else chance.randrange(24)
    return time(hour, chance.randrange(60))


@pytest.mark.parametrize("name", ZONES[::10])
def test_in_every_tenth_zone_no_date_of_thirty_years_is_missed_or_told_twice(name: str) -> None:
    chance = chances(name)
    timing = Timing(some_time(chance), name)
    begins = FIRST + timedelta(days=chance.randrange(365 * 28))
    count, left_out = check(timing, begins, begins + timedelta(days=365 * 3))
    assert count >= 365 * 3 - 1
    assert {(name, day) for day in left_out} <= DELETED


@pytest.mark.parametrize("seed", range(2))
def test_in_every_zone_no_date_of_some_year_is_missed_or_told_twice(seed: int) -> None:
    for name in ZONES:
        chance = chances(name, seed)
        timing = Timing(some_time(chance), name)
        begins = FIRST + timedelta(days=chance.randrange(365 * 30))
        _, left_out = check(timing, begins, begins + timedelta(days=120))
        assert {(name, day) for day in left_out} <= DELETED


@pytest.mark.parametrize(("name", "day"), sorted(DELETED))
def test_a_deleted_date_is_left_out_and_was_really_deleted(name: str, day: date) -> None:
    assert not exists(day, ZoneInfo(name))
    begins = datetime.combine(day, time(), UTC) - timedelta(days=5)
    _, left_out = check(Timing(time(8), name), begins, begins + timedelta(days=10))
    assert left_out == {day}


def long_form(seed: int, times: int) -> int:
    """Check every zone over all the years; return how many occurrences that were."""
    total, found = 0, set()
    begun = clock.monotonic()
    for number, name in enumerate(ZONES, 1):
        for turn in range(times):
            timing = Timing(some_time(chances(name, seed, turn)), name)
            count, left_out = check(timing, FIRST, LAST)
            total += count
            found |= {(name, day) for day in left_out}
        if number % 100 == 0:
            print(f"{number} zones, {total:,} occurrences", flush=True)
    assert found == DELETED, found ^ DELETED
    assert not any(exists(day, ZoneInfo(name)) for name, day in found)
    print(
        f"zones: {len(ZONES)} zones, 2005-2035, seed {seed}: {total:,} occurrences, strictly "
        f"increasing, one a date; left out only {sorted((n, str(d)) for n, d in found)}; "
        f"{clock.monotonic() - begun:.0f} s"
    )
    return total


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=1, help="times of day for each zone")
    asked = parser.parse_args()
    sys.exit(long_form(asked.seed, asked.times) == 0)
