"""The bot's counts for a monitoring system, in Prometheus's text format. Knows no database.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from bot.core.ports import PartState

FILE = "metrics.prom"
"""Its name ends as node_exporter's textfile collector wants it."""


def exposition(tally: Mapping[str, int], last_tick: datetime | None, version: str) -> str:
    """Return the metrics; `tally` is the store's. 0 stands for a tick that is not known."""
    messages = {f'{{state="{state}"}}': tally.get(state, 0) for state in PartState}
    tick = last_tick.timestamp() if last_tick is not None else 0
    lines = [
        *_gauge("messages", "Messages of digests in the ledger.", messages),
        *_gauge("digests_missed", "Digests recorded as not sent.", {"": tally.get("missed", 0)}),
        *_gauge("subscriptions", "Digests subscribed to.", {"": tally.get("subscriptions", 0)}),
        *_gauge("last_tick_timestamp_seconds", "When the clock last ticked.", {"": tick}),
        *_gauge("info", "The version that runs.", {f'{{version="{version}"}}': 1}),
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, text: str) -> None:
    """Put the file of metrics into a folder, whole or not at all."""
    fresh = folder / f"{FILE}.new"
    fresh.write_text(text)
    fresh.replace(folder / FILE)


def _gauge(name: str, words: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP dateline_{name} {words}"
    yield f"# TYPE dateline_{name} gauge"
    for labels, value in values.items():
        yield f"dateline_{name}{labels} {value}"
