"""Years of digests on a virtual clock: outages, a clock that jumps, crashes inside transactions.

`python -m tests.reliability.calendars --occurrences 1000000 --seed S`: the real delivery on a real
SQLite ledger in memory. What is due must be in the ledger once, sent or missed with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import sqlalchemy

from bot.core.delivery import GRACE, Delivery
from bot.core.errors import StoreError
from bot.core.messages import Chat, Paragraph, Reply, Request
from bot.core.schedule import EVERY_DAY, WEEKDAYS, Occurrence, Subscription, Timing, due_until
from bot.core.schedule import next_due as next_occurrence
from bot.store.database import DatabaseStore
from bot.store.transactions import SqliteDatabase, count, rows
from tests.core.test_schedule_zones import chances, some_time
from tests.fakes import FakeClock, FakeJobs

BEGINS = datetime(2027, 1, 1, tzinfo=UTC)
TICK = timedelta(hours=2)
"""Ticks are hours apart here: what a tick finds due does not depend on how often it looks."""
EMPTY = "UPDATE editions SET done = true, frozen = true WHERE NOT done"


class PowerCutError(Exception):
    """The process died inside a transaction."""


@dataclass
class Tally:
    """What became of the occurrences."""

    occurrences: int = 0
    lost: int = 0
    extra: int = 0
    late: int = 0
    merged: int = 0
    crashes: int = 0
    outages: int = 0
    jumps: int = 0

    def line(self, seed: int) -> str:
        """Say it in one line."""
        return (
            f"calendars: {self.occurrences:,} occurrences, seed {seed}: {self.lost} lost, "
            f"{self.extra} extra; recorded as missed: {self.late:,} too late, {self.merged:,} "
            f"merged; {self.outages} outages, {self.jumps} jumps of the clock, "
            f"{self.crashes} crashes inside transactions"
        )


@dataclass
class World:
    """Many chats, one ledger, and a clock that may be wrong."""

    chance: random.Random
    store: DatabaseStore
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGINS))
    tally: Tally = field(default_factory=Tally)
    latest: datetime = BEGINS
    kept: list[tuple[Subscription, Occurrence]] = field(default_factory=list)
    true_time: datetime = BEGINS
    cut: int = 0
    """The power goes at the so manyth statement or commit from now; 0 for never."""

    def listen(self) -> None:
        """Let statements and commits fail when the power goes."""
        database = self.store._database
        assert isinstance(database, SqliteDatabase)
        [engine] = database.engines
        sqlalchemy.event.listen(engine, "after_cursor_execute", self._step)
        sqlalchemy.event.listen(engine, "commit", self._step)

    def _step(self, *_: object) -> None:
        if self.cut:
            self.cut -= 1
            if self.cut == 0:
                raise PowerCutError

    async def subscribe(self, chats: int) -> None:
        """Give each chat one to three digests, on all sorts of days in all zones."""
        zones = sorted(available_timezones())
        for number in range(chats):
            chat, zone = Chat("none", str(number)), self.chance.choice(zones)
            for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
                days = self.chance.choice((EVERY_DAY, EVERY_DAY, WEEKDAYS, frozenset({5})))
                timing = Timing(some_time(self.chance), zone, days)
                first = next_occurrence(timing, BEGINS)
                kept = await self.store.subscribe(Subscription(chat, timing), first)
                self.kept = [pair for pair in self.kept if pair[0].id != kept.id]
                self.kept.append((kept, first))

    def start(self) -> Delivery:
        """Start a bot that opens digests and has no platform to post them on."""
        return Delivery(self.store, {}, no_answer, self.clock, FakeJobs())

    async def turn(self) -> None:
        """Some time passes; perhaps much of it; perhaps the clock is wrong; perhaps it ends."""
        away = self.chance.random() < 0.01
        self.tally.outages += away
        passed = timedelta(hours=self.chance.uniform(3, 60)) if away else TICK
        self.true_time += passed
        jumps = self.chance.random() < 0.02
        self.tally.jumps += jumps
        skew = timedelta(hours=self.chance.choice((-2, 2))) if jumps else timedelta()
        self.clock.instant = self.true_time + skew
        self.latest = max(self.latest, self.clock.instant)
        if self.chance.random() < 0.05:
            self.cut = self.chance.randint(1, 8)
        try:
            await self.start().tick()
        except (PowerCutError, StoreError):
            self.tally.crashes += 1
        self.cut = 0

    async def post(self) -> None:
        """What was opened is posted elsewhere: here the calendar alone is looked at."""
        await self.store._database.write(count(sqlalchemy.text(EMPTY)))

    async def verify(self) -> None:
        """Hold the ledger against the calendar."""
        await self.start().tick()
        query = "SELECT subscription, day, due_at, missed FROM editions ORDER BY 1, 2"
        self._verify(await self.store._database.read(rows(sqlalchemy.text(query))))

    def _verify(self, written: Sequence[sqlalchemy.Row[tuple[int, str, int, str]]]) -> None:
        found = {(row.subscription, row.day, row.due_at) for row in written}
        self.tally.extra += len(written) - len(found)
        wanted, allowed = set(), set()
        for subscription, first in self.kept:
            for due in due_until(subscription.timing, first, self.latest):
                key = subscription.id, due.day.isoformat(), int(due.at.timestamp())
                allowed.add(key)
                if due.at <= self.clock.instant:
                    wanted.add(key)
        self.tally.occurrences = len(found)
        self.tally.lost += len(wanted - found)
        self.tally.extra += len(found - allowed)
        self.tally.merged = sum(row.missed.startswith("merged into") for row in written)
        self.tally.late = sum(
            f"{GRACE.seconds // 3600} hours late" in row.missed for row in written
        )


async def no_answer(_: Request) -> Reply:
    """Nothing is posted here."""
    return Reply((Paragraph("x"),))


async def simulate(occurrences: int, seed: int, chats: int = 2_000) -> Tally:
    """Let so many digests come due."""
    logging.getLogger("bot.core.delivery").setLevel(logging.CRITICAL)
    store = await DatabaseStore.open("sqlite://")
    world = World(chances("calendars", seed), store)
    await world.subscribe(chats)
    world.listen()
    days = occurrences / (chats * 1.6 * 5.3 / 7)
    until = BEGINS + timedelta(days=days)
    while world.true_time < until:
        await world.turn()
        if world.chance.random() < 0.1:
            await world.post()
    world.clock.instant = world.true_time
    await world.verify()
    await store.close()
    return world.tally


def main() -> int:
    """Run from the command line; the exit status is 1 when anything was lost or extra."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--occurrences", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = clock.monotonic()
    tally = asyncio.run(simulate(asked.occurrences, asked.seed))
    print(f"{clock.monotonic() - begun:.0f} s")
    print(tally.line(asked.seed))
    return 1 if tally.lost or tally.extra else 0


if __name__ == "__main__":
    sys.exit(main())
