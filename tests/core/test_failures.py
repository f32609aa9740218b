"""Failing feeds in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.archive import FeedState
from bot.core.failures import failing
from bot.core.feed_words import short
from bot.core.news import Feed
from bot.core.said import kept, said
from bot.core.words import N_

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NEXT = NOW + timedelta(hours=2)


def state(url: str, *, failures: int = 1, read_days_ago: int | None = 3) -> FeedState:
    read_at = None if read_days_ago is None else NOW - timedelta(days=read_days_ago)
    return FeedState(
        Feed(url), NEXT, read_at=read_at, failures=failures, reason="It has no such page (404)."
    )


def test_a_failing_feed_says_since_when_why_and_when_it_is_tried_again() -> None:
    (line,) = failing([state("https://www.example.org/feed/")], NOW)
    assert line.startswith("example.org/feed: failing, last read 3 days ago: It has no such page")
    assert line.endswith(" Next try: 14:00 UTC.")


def test_the_time_is_told_in_the_zone_of_the_chat_with_the_day_when_it_is_another() -> None:
    (line,) = failing([state("https://example.org/feed")], NOW, ZoneInfo("Asia/Tokyo"))
    assert line.endswith("Next try: 23:00 JST.")
    (line,) = failing([state("https://example.org/feed")], NOW, ZoneInfo("Pacific/Auckland"))
    assert line.endswith("Next try: 03:00 NZDT.")
    (line,) = failing([state("https://example.org/feed")], NOW - timedelta(days=1))
    assert line.endswith("Next try: 4 March 2026, 14:00 UTC.")


def test_a_feed_that_was_never_read_says_so_and_comes_first() -> None:
    lines = failing(
        [state("https://b.example/"), state("https://c.example/", read_days_ago=None)], NOW
    )
    assert [line.partition(":")[0] for line in lines] == ["c.example", "b.example"]
    assert "never read so far" in lines[0]


def test_a_feed_that_is_read_is_not_named() -> None:
    assert failing([state("https://example.org/", failures=0)], NOW) == []


def test_a_reason_kept_in_no_language_is_said_in_the_readers() -> None:
    reason = kept(said(N_("{host} has no such page ({status})."), host="a.example", status=404))
    (line,) = failing([replace(state("https://a.example/"), reason=reason)], NOW)
    assert "a.example has no such page (404)." in line


def test_a_try_that_is_due_is_said_to_be() -> None:
    assert failing([state("https://example.org/")], NEXT)[0].endswith("The next try is due.")


def test_a_long_address_is_shortened_in_its_middle() -> None:
    assert len(short("https://example.org/" + "x" * 300)) == 80
