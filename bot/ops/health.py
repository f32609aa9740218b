"""Whether the running bot is well: a heartbeat file that another process can read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

STALE = timedelta(minutes=3)
"""A bot whose clock has not ticked for this long is not well."""


def beat(data_dir: Path, now: datetime) -> None:
    """Write that the clock ticked."""
    path = data_dir / "heartbeat.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"tick": now.isoformat()}))
    fresh.replace(path)


def is_well(data_dir: Path, now: datetime) -> tuple[bool, str]:
    """Tell whether the bot's clock ticked lately, and say so in words."""
    try:
        tick = datetime.fromisoformat(json.loads((data_dir / "heartbeat.json").read_text())["tick"])
    except (OSError, ValueError, KeyError):
        return False, "Dateline is not running: there is no heartbeat in the data folder."
    age = now - tick
    if age > STALE:
        return False, f"Dateline's clock last ticked {age.total_seconds() / 60:.0f} minutes ago."
    return True, f"Dateline is well: its clock ticked {age.total_seconds():.0f} seconds ago."
