"""What a bot left in its database, as chaos reads it afterwards. Writes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.delivery import LEASE

TAKEN, BEGUN = 0, 1
"""States of an update: written down; its answer may be on its way."""
_TOKEN = re.compile(r"token-[0-9a-f]{32}")
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

EDITIONS = "SELECT id, subscription, day, done, missed FROM editions"
PARTS = "SELECT edition, state, CAST(payload AS text) AS payload FROM parts ORDER BY id"
OPEN_WORK = """SELECT (SELECT count(*) FROM editions WHERE NOT done)
    + (SELECT count(*) FROM subscriptions WHERE next_run_at <= :now)
    + (SELECT count(*) FROM updates WHERE state = 0)"""
# A lease longer than leases are was written by a clock that was ahead: it, too, is waited for.
WAITS = """SELECT coalesce(min(until), 0) AS until,
    coalesce(sum(CASE WHEN state = 'sending' AND until <= :lease THEN 1 ELSE 0 END), 0) AS under_way
    FROM (SELECT state, CASE WHEN state = 'sending' THEN lease_until ELSE not_before END AS until
        FROM parts JOIN editions ON editions.id = parts.edition
        WHERE NOT done AND state IN ('pending', 'sending')) AS waiting
    WHERE until > :now OR state = 'sending'"""
LEFT = """SELECT state, attempts, not_before, lease_until, reason
    FROM parts JOIN editions ON editions.id = parts.edition WHERE NOT done"""
UPDATES = "SELECT CAST(payload AS text) AS payload, state FROM updates"


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


class Ledger:
    """The tables of one bot. `close` it at the end."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._engine = create_async_engine(
            parsed.set(drivername=_DRIVERS[parsed.get_backend_name()]), pool_size=1
        )

    async def _rows(self, query: str, **parameters: int) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(text(query), parameters)).all()

    async def editions(self) -> list[Kept]:
        """Return every edition with its parts."""
        rows, parts = await self._rows(EDITIONS), await self._rows(PARTS)
        of = {
            row.id: tuple(
                KeptPart(one.state, one.payload) for one in parts if one.edition == row.id
            )
            for row in rows
        }
        return [
            Kept(row.id, row.subscription, row.day, bool(row.done), row.missed, of[row.id])
            for row in rows
        ]

    async def is_quiet(self, now: float) -> bool:
        """Tell whether nothing is due, under way, or still to be answered."""
        [[left]] = await self._rows(OPEN_WORK, now=int(now))
        return int(left) == 0

    async def next_wait(self, now: float) -> float:
        """Return until when everything waits that waits at all; 0 while something is under way."""
        longest = LEASE.total_seconds() + 60
        [row] = await self._rows(WAITS, now=int(now), lease=int(now + longest))
        return 0 if row.under_way else float(row.until)

    async def left(self) -> str:
        """Say what is not done."""
        return f"{[tuple(row) for row in await self._rows(LEFT)]}"

    async def updates(self) -> dict[int, int]:
        """Return the state of what each person asked last, by the person's number."""
        rows = await self._rows(UPDATES)
        return {json.loads(row.payload)["message"]["chat"]["id"]: row.state for row in rows}

    async def close(self) -> None:
        """Let go of the database."""
        await self._engine.dispose()


def tokens(words: str) -> list[str]:
    """Return the names of the messages that a text holds."""
    return _TOKEN.findall(words)
