"""Thirty bad nights with a fixed seed, a slice of the calendar; `make chaos` is the long form."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability import calendars
from tests.reliability.chaos import Order, chaos

SEED = 1
RUNS = 30


async def test_over_thirty_bad_nights_every_digest_comes_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Kills, stops past the lease, lost answers, floods of 429, gateway closes, clock jumps."""
    caplog.set_level(logging.CRITICAL, "aiohttp.server")  # its clients are killed
    total = await chaos(Order(RUNS, SEED))
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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's end")
def test_a_killed_chaos_leaves_neither_a_bot_nor_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.reliability.chaos", "--runs", "1"]
    night = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(tmp_path)})
    try:
        _wait_until(lambda: bool(list(tmp_path.glob("dateline-chaos-*/run-*/bot.log"))))
        assert len(_born_with(tmp_path)) > 1
    finally:
        night.kill()
        night.wait()
    _wait_until(lambda: not list(tmp_path.glob("dateline-chaos-*")) and not _born_with(tmp_path))


def _wait_until(is_true: Callable[[], bool]) -> None:
    """Wait for what has no event: files and processes."""
    gives_up = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < gives_up
        time.sleep(0.05)


def _born_with(folder: Path) -> list[str]:
    """Return the processes whose environment names a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append(process.name)
    return found
