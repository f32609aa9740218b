"""The Journal port on SQLAlchemy. Knows nothing of what an update says."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.journal import Update
from bot.store.engine import inserts, transaction
from bot.store.schema import updates

KEPT_SECONDS = 2 * 24 * 3600
"""How long a finished update is remembered: Telegram offers one again for at most 24 hours."""
_TAKEN, _BEGUN, _FINISHED = range(3)


class DatabaseJournal:
    """The Journal port, on an engine that the store shares."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = inserts(engine)

    async def take(self, platform: str, updates_: Sequence[Update]) -> Sequence[Update]:
        """See the Journal port."""
        if not updates_:
            return ()
        now = int(time.time())
        rows = [
            {
                "platform": platform,
                "number": one.id,
                "payload": dict(one.payload),
                "state": _TAKEN,
                "at": now,
            }
            for one in updates_
        ]
        write = self._insert(updates).on_conflict_do_nothing().returning(updates.c.number)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(updates).where(updates.c.at < now - KEPT_SECONDS))
            new = {row.number for row in (await connection.execute(write.values(rows))).all()}
        return [one for one in updates_ if one.id in new]

    async def begin(self, platform: str, number: str) -> bool:
        """See the Journal port."""
        return await self._move(platform, number, (_TAKEN,), _BEGUN)

    async def finish(self, platform: str, number: str) -> None:
        """See the Journal port."""
        await self._move(platform, number, (_TAKEN, _BEGUN), _FINISHED)

    async def _move(self, platform: str, number: str, before: tuple[int, ...], after: int) -> bool:
        its = updates.c.platform == platform, updates.c.number == number
        move = update(updates).where(*its, updates.c.state.in_(before)).values(state=after)
        async with transaction(self._engine) as connection:
            return (await connection.execute(move)).rowcount == 1

    async def unfinished(self, platform: str) -> Sequence[Update]:
        """See the Journal port."""
        query = (
            select(updates.c.number, updates.c.payload)
            .where(updates.c.platform == platform, updates.c.state == _TAKEN)
            .order_by(updates.c.at, updates.c.id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Update(row.number, row.payload) for row in rows]
