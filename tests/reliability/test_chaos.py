"""Thirty bad nights with a fixed seed, a slice of the calendar; `make chaos` is the long form."""

from __future__ import annotations

import json
import logging

import pytest

from tests.reliability import calendars
from tests.reliability.chaos import chaos

SEED = 1
RUNS = 30


async def test_over_thirty_bad_nights_every_digest_comes_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Kills, stops past the lease, lost answers, floods of 429, gateway closes, clock jumps."""
    caplog.set_level(logging.CRITICAL, "aiohttp.server")  # its clients are killed
    total = await chaos(RUNS, SEED)
    assert (total.lost, total.doubled) == (0, 0), json.dumps(total.wrong, indent=1)
    assert total.runs == RUNS
    assert total.kills > RUNS
    assert total.messages > RUNS


async def test_over_outages_clock_jumps_and_crashes_no_occurrence_is_lost_or_told_twice() -> None:
    tally = await calendars.simulate(3_000, SEED, chats=100)
    assert (tally.lost, tally.extra) == (0, 0)
    assert tally.occurrences > 2_000
    assert tally.crashes > 0
    assert tally.late + tally.merged > 0
