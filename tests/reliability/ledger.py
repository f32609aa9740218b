"""What a bot left in its SQLite file, as chaos reads it afterwards. Writes nothing."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

TAKEN, BEGUN = 0, 1
"""States of an update: written down; its answer may be on its way."""
_TOKEN = re.compile(r"token-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class KeptPart:
    """One message of the outbox."""

    state: str
    payload: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One edition and its messages."""

    id: int
    subscription: int
    day: str
    done: bool
    missed: str
    parts: tuple[KeptPart, ...]


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "dateline.db", timeout=30)) as database:
        yield database


def editions(folder: Path) -> list[Kept]:
    """Return every edition with its parts."""
    with _opened(folder) as database:
        rows = database.execute("SELECT id, subscription, day, done, missed FROM editions")
        found = rows.fetchall()
        parts = database.execute("SELECT edition, state, payload FROM parts ORDER BY id").fetchall()
    of = {
        row[0]: tuple(KeptPart(*part) for number, *part in parts if number == row[0])
        for row in found
    }
    return [
        Kept(number, subscription, day, bool(done), missed, of[number])
        for number, subscription, day, done, missed in found
    ]


def is_quiet(folder: Path, now: float) -> bool:
    """Tell whether nothing is due, under way, or still to be answered."""
    open_work = (
        "SELECT (SELECT count(*) FROM editions WHERE NOT done)"
        " + (SELECT count(*) FROM subscriptions WHERE next_run_at <= ?)"
        " + (SELECT count(*) FROM updates WHERE state = 0)"
    )
    with _opened(folder) as database:
        [left] = database.execute(open_work, (int(now),)).fetchone()
    return int(left) == 0


def next_wait(folder: Path, now: float) -> float:
    """Return until when everything waits that waits at all; 0 while something is under way."""
    query = (
        "SELECT coalesce(min(not_before), 0), coalesce(sum(not_before <= ?), 0) FROM parts"
        " JOIN editions ON editions.id = parts.edition"
        " WHERE NOT done AND state IN ('pending', 'sending') AND (not_before > ? OR"
        " state = 'sending')"
    )
    with _opened(folder) as database:
        until, under_way = database.execute(query, (int(now), int(now))).fetchone()
    return 0 if under_way else float(until)


def updates(folder: Path) -> dict[int, int]:
    """Return the state of what each person asked last, by the person's number."""
    with _opened(folder) as database:
        rows = database.execute("SELECT payload, state FROM updates").fetchall()
    return {json.loads(payload)["message"]["chat"]["id"]: state for payload, state in rows}


def tokens(text: str) -> list[str]:
    """Return the names of the messages that a text holds."""
    return _TOKEN.findall(text)
