"""The metrics are what the ledger holds, in the format that Prometheus reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from bot.ops.metrics import FILE, exposition, write

TICK = datetime(2016, 1, 20, 8, 0, tzinfo=UTC)
TALLY = {"sent": 12, "unknown": 3, "dead": 1, "missed": 2, "subscriptions": 50}
_LINE = re.compile(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"\\]*"\})? \d+(\.\d+)?')


def test_every_state_of_a_message_is_counted_also_those_without_any() -> None:
    lines = exposition(TALLY, TICK, "0.1.0").splitlines()
    assert 'dateline_messages{state="sent"} 12' in lines
    assert 'dateline_messages{state="unknown"} 3' in lines
    assert 'dateline_messages{state="pending"} 0' in lines
    assert "dateline_digests_missed 2" in lines
    assert "dateline_subscriptions 50" in lines
    assert f"dateline_last_tick_timestamp_seconds {TICK.timestamp()}" in lines


def test_each_line_is_one_that_prometheus_reads() -> None:
    text = exposition(TALLY, None, "0.1.0")
    assert text.endswith("\n")
    assert all(_LINE.fullmatch(line) for line in text.splitlines())
    assert "dateline_last_tick_timestamp_seconds 0" in text.splitlines()


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path, "old\n")
    write(tmp_path, "new\n")
    assert (tmp_path / FILE).read_text() == "new\n"
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
