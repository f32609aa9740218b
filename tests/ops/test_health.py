"""The heartbeat: written by the bot's clock, read by any process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.ops.health import STALE, beat, end, is_well

NOW = datetime(2016, 1, 20, 8, 0, tzinfo=UTC)


def test_a_bot_whose_clock_ticks_is_well(tmp_path: Path) -> None:
    beat(tmp_path, NOW)
    assert is_well(tmp_path, NOW + timedelta(seconds=7)) == (
        True,
        "Dateline is well: its clock ticked 7 seconds ago.",
    )


def test_each_beat_takes_the_place_of_the_last_and_leaves_no_other_file(tmp_path: Path) -> None:
    beat(tmp_path, NOW - timedelta(days=1))
    beat(tmp_path, NOW)
    assert is_well(tmp_path, NOW)[0]
    assert [path.name for path in tmp_path.iterdir()] == ["heartbeat.json"]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (STALE + timedelta(seconds=1), "3 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_a_clock_that_stands_still_is_told_with_its_age(
    age: timedelta, words: str, tmp_path: Path
) -> None:
    beat(tmp_path, NOW)
    well, told = is_well(tmp_path, NOW + age)
    assert not well
    assert words in told


def test_a_clock_set_back_a_little_is_well_and_one_set_back_far_is_told(tmp_path: Path) -> None:
    beat(tmp_path, NOW)
    assert is_well(tmp_path, NOW - timedelta(seconds=30))[1].endswith("ticked 0 seconds ago.")
    assert "in the future" in is_well(tmp_path, NOW - timedelta(days=1))[1]


@pytest.mark.parametrize(
    "content",
    [None, "", "{}", "[]", "5", '{"tick": 5}', '{"tick": "x"}', '{"tick": "2016-01-20T08:00:00"}'],
)  # fmt: skip
def test_without_a_heartbeat_the_bot_is_not_running(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "heartbeat.json").write_text(content)
    well, told = is_well(tmp_path, NOW)
    assert not well
    assert told == f"Dateline is not running: there is no heartbeat in {tmp_path}."


def test_a_bot_that_stopped_as_asked_is_not_well(tmp_path: Path) -> None:
    beat(tmp_path, NOW)
    end(tmp_path)
    end(tmp_path)  # nor is it a fault when there was no beat
    assert not is_well(tmp_path, NOW)[0]
