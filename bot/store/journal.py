"""The Journal port on SQLAlchemy. Knows nothing of what an update says."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.core.journal import Update
from bot.store.engine import inserts
from bot.store.schema import updates
from bot.store.transactions import Database, count, rows

KEPT_SECONDS = 2 * 24 * 3600
"""How long a finished update is remembered: Telegram offers one again for at most 24 hours."""
_TAKEN, _BEGUN, _FINISHED = range(3)
_FORGET = delete(updates).where(updates.c.at < bindparam("before"))
_MOVE = (
    update(updates)
    .where(updates.c.platform == bindparam("its_platform"))
    .where(updates.c.number == bindparam("its_number"), updates.c.state <= bindparam("at_most"))
    .values(state=bindparam("its_state"))
)


class DatabaseJournal:
    """The Journal port, on a database that the store shares."""

    def __init__(self, database: Database) -> None:
        self._database = database
        once = inserts(database)(updates).on_conflict_do_nothing()
        self._take = once.returning(updates.c.number)

    async def take(self, platform: str, updates_: Sequence[Update]) -> Sequence[Update]:
        """See the Journal port."""
        if not updates_:
            return ()
        now = int(time.time())
        its = {"platform": platform, "state": _TAKEN, "at": now}
        given = [{**its, "number": one.id, "payload": dict(one.payload)} for one in updates_]

        def work(connection: Connection) -> set[str]:
            connection.execute(_FORGET, {"before": now - KEPT_SECONDS})
            return set(connection.execute(self._take, given).scalars())

        new = await self._database.write(work)
        return [one for one in updates_ if one.id in new]

    async def begin(self, platform: str, number: str) -> bool:
        """See the Journal port."""
        return await self._move(platform, number, _TAKEN, _BEGUN)

    async def finish(self, platform: str, number: str) -> None:
        """See the Journal port."""
        await self._move(platform, number, _BEGUN, _FINISHED)

    async def _move(self, platform: str, number: str, at_most: int, after: int) -> bool:
        its = {"its_platform": platform, "its_number": number}
        move = count(_MOVE, {**its, "at_most": at_most, "its_state": after})
        return await self._database.write(move) == 1

    async def unfinished(self, platform: str) -> Sequence[Update]:
        """See the Journal port."""
        query = (
            select(updates.c.number, updates.c.payload)
            .where(updates.c.platform == platform, updates.c.state == _TAKEN)
            .order_by(updates.c.at, updates.c.id)
        )
        found = await self._database.read(rows(query))
        return [Update(row.number, row.payload) for row in found]
