"""Whether the running bot is well: a heartbeat file that any process can read. Knows no bot."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

STALE = timedelta(minutes=3)
"""A bot whose clock has not ticked for this long is not well."""

_FILE = "heartbeat.json"


def beat(data_dir: Path, now: datetime) -> None:
    """Write that the clock ticked."""
    path = data_dir / _FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"tick": now.isoformat()}))
    fresh.replace(path)


def end(data_dir: Path) -> None:
    """Take the heartbeat away: the bot stopped because it was asked to."""
    (data_dir / _FILE).unlink(missing_ok=True)


def is_well(data_dir: Path, now: datetime) -> tuple[bool, str]:
    """Tell whether the bot's clock ticked lately, and say so in words."""
    tick = last_tick(data_dir)
    if tick is None:
        return False, f"Dateline is not running: there is no heartbeat in {data_dir}."
    age = now - tick
    if age > STALE:
        return False, f"Dateline's clock last ticked {_in_words(age)} ago."
    if age < -STALE:
        return False, "Dateline's heartbeat is in the future: was this machine's clock set back?"
    return (
        True,
        f"Dateline is well: its clock ticked {max(0, age.total_seconds()):.0f} seconds ago.",
    )


def last_tick(data_dir: Path) -> datetime | None:
    """Return when the bot's clock last ticked; None when it does not run, or nobody can tell."""
    try:
        tick = datetime.fromisoformat(json.loads((data_dir / _FILE).read_text())["tick"])
    except (OSError, ValueError, KeyError, TypeError):  # none, unreadable, or not as `beat` writes
        return None
    return tick if tick.tzinfo else None


def _in_words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
