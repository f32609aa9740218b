"""What headers say of time, in every spelling, sane or not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.freshness import fresh_for, retry_after

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
IN_AN_HOUR = "Wed, 04 Mar 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        (IN_AN_HOUR, 3600),
        ("Wednesday, 04-Mar-26 13:00:00 GMT", 3600),
        ("Wed Mar  4 13:00:00 2026", 3600),
        ("Tue, 03 Mar 2026 13:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("Wed, 45 Mar 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(written: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": written}, NOW) == seconds


def test_a_date_is_compared_with_the_clock_of_the_server() -> None:
    wrong_clock = {"Retry-After": IN_AN_HOUR, "Date": "Wed, 04 Mar 2026 12:59:00 GMT"}
    assert retry_after(wrong_clock, NOW) == 60


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, MAX-AGE = 600, s-maxage=9"}, 600),
        ({"Cache-Control": 'max-age="600"'}, 600),
        ({"Cache-Control": "s-maxage=600"}, 0),
        ({"Cache-Control": "max-age=600", "Age": "500"}, 100),
        ({"Cache-Control": "max-age=600", "Age": "900"}, 0),
        ({"Cache-Control": "max-age=600, no-cache"}, 0),
        ({"Cache-Control": "no-store"}, 0),
        ({"Cache-Control": "max-age=-1", "Expires": IN_AN_HOUR}, 3600),
        ({"Expires": IN_AN_HOUR}, 3600),
        ({"Expires": IN_AN_HOUR, "Cache-Control": "max-age=5"}, 5),
        ({"Expires": "0"}, 0),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
    ],
)
def test_an_answer_stays_fresh_as_its_server_says(headers: dict[str, str], seconds: float) -> None:
    assert fresh_for(headers, NOW) == seconds


@given(st.dictionaries(st.sampled_from(["Retry-After", "Date", "Expires", "Age"]), st.text()))
def test_no_header_raises(headers: dict[str, str]) -> None:
    assert fresh_for(headers, NOW) >= 0
    assert (retry_after(headers, NOW) or 0) >= 0
