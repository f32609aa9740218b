"""A day of use in minutes: the real bot, its clock many times faster, nothing may pile up.

`python -m tests.reliability.day`: digests all round the clock on both platforms, people who type
commands, a feed that grows. Its memory, its open files and the tasks of its event loop are looked
at every hour; the exit status is 1 where one of them grows, or a digest is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from aiohttp import web

from bot.core.messages import Chat, ChatKind
from bot.core.schedule import Subscription, Timing, next_due
from bot.store.database import DatabaseStore
from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.guard import guarded
from tests.reliability.ledger import Ledger
from tests.reliability.process import settings_for
from tests.reliability.wrapped import (
    TASKS,
    Cells,
    Life,
    context,
    new_cells,
    start,
    virtual_now,
)

HOUR = 3600
PERSON = 9001
PAUSE = 0.3
"""Real seconds between an answer and what is typed next."""
TYPED = ("/brief", "/place Mosul", "/status", "/help", "/subscriptions", "/following", "/nonsense")
WARM = 1
"""The sample from which on nothing may grow: that of the second hour."""
MAY_GROW_MB = 10
"""Python's allocator gives back little: what stays within this over a day is flat."""
MAY_GROW = 5
"""Tasks and files: a connection more or less is none left behind."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How the bot stands at one hour."""

    hour: float
    megabytes: float
    files: int
    tasks: int

    def line(self) -> str:
        """Say it in one line."""
        return (
            f"hour {self.hour:4.1f}: {self.megabytes:6.1f} MB, {self.files} files, "
            f"{self.tasks} tasks"
        )


@dataclass(frozen=True, slots=True)
class Day:
    """What was seen of one day."""

    samples: Sequence[Sample]
    typed: int
    digests: int
    missing: int

    def is_flat(self) -> bool:
        """Tell whether nothing piled up, from the second hour on, and nothing is missing."""
        first, last = self.samples[WARM], self.samples[-1]
        return (
            last.megabytes - first.megabytes <= MAY_GROW_MB
            and last.files - first.files <= MAY_GROW
            and last.tasks - first.tasks <= MAY_GROW
            and not self.missing
        )

    def line(self) -> str:
        """Say it in one line."""
        first, last = self.samples[WARM], self.samples[-1]
        return (
            f"day: {last.hour:.0f} hours, {self.digests} digests ({self.missing} missing), "
            f"{self.typed} commands; memory {first.megabytes:.1f} -> {last.megabytes:.1f} MB, "
            f"files {first.files} -> {last.files}, tasks {first.tasks} -> {last.tasks}"
        )


def look(process: ForkServerProcess, cells: Cells, begun: float) -> Sample:
    """Look at the bot from outside; its tasks it has counted itself."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    files = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    hour = (virtual_now(cells) - begun) / HOUR
    return Sample(hour, int(resident.split()[1]) / 1024, files, int(cells[TASKS]))


@asynccontextmanager
async def growing_feed(cells: Cells) -> AsyncIterator[str]:
    """Serve a feed that has one more story every quarter of an hour."""

    async def feed(_: web.Request) -> web.Response:
        newest = int(virtual_now(cells) // 900)
        items = "".join(map(_item, range(newest - 30, newest)))
        body = f"<rss version='2.0'><channel><title>Harbour News</title>{items}</channel></rss>"
        return web.Response(text=body, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/feed", feed)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed"
    finally:
        await runner.cleanup()


def _item(number: int) -> str:
    when = datetime.fromtimestamp(number * 900, UTC)
    told = f"Ship {number} came into the harbour of Marseille on {when:%A}. It brought grain. " * 9
    return (
        f"<item><title>Ship {number} arrives in Marseille</title><guid>ship-{number}</guid>"
        f"<pubDate>{when:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{told}</description></item>"
    )


async def subscribe(url: str, chats: Sequence[Chat], now: float) -> None:
    """Give each chat a digest a day, at any minute."""
    chance = random.Random(1)  # noqa: S311 - not secrets
    store = await DatabaseStore.open(url)
    for chat in chats:
        at = datetime.fromtimestamp(now + chance.uniform(HOUR, 23 * HOUR), UTC)
        timing = Timing(at.time().replace(second=0, microsecond=0), "UTC")
        first = next_due(timing, at - timedelta(minutes=1))
        await store.subscribe(Subscription(chat, timing), first)
    await store.close()


async def day(hours: float, chats: int, speed: float) -> Day:
    """Let so many hours pass."""
    processes = context()
    with guarded() as folder:
        url, cells = f"sqlite:///{folder}/dateline.db", new_cells(processes, speed)
        async with (
            TelegramEmulator(validate=False) as telegram,
            DiscordEmulator(validate=False) as discord,
            growing_feed(cells) as feed,
        ):
            discord.state.wall = lambda: virtual_now(cells)  # type: ignore[method-assign] # its clock
            await subscribe(url, list(_chats(chats, telegram, discord)), virtual_now(cells))
            settings = settings_for(folder, telegram, discord)
            settings["DATELINE_ALLOW_NETWORKS"] = "127.0.0.0/8"
            process = start(processes, Life(settings, cheap=False), cells)
            try:
                samples, typed = await _lived(process, cells, telegram, feed, hours)
                process.terminate()
                await asyncio.to_thread(process.join, 30)
            finally:
                process.kill()
            sent = await _sent(url)
    return Day(samples, typed, sent, chats - sent)


def _chats(count: int, telegram: TelegramEmulator, discord: DiscordEmulator) -> Sequence[Chat]:
    people, channels = range(5001, 5001 + count // 2), range(2101, 2101 + count // 2)
    for person in people:
        telegram.add_chat(person)
    for channel in channels:
        discord.add_channel(channel, f"news-{channel}")
    return [Chat("telegram", str(one)) for one in people] + [
        Chat("discord", str(one), ChatKind.GROUP) for one in channels
    ]


async def _lived(
    process: ForkServerProcess, cells: Cells, telegram: TelegramEmulator, feed: str, hours: float
) -> tuple[list[Sample], int]:
    """Type one command after another; return what was seen every hour, and how many they were."""
    begun, samples, typed = virtual_now(cells), list[Sample](), 0
    for command in itertools.chain([f"/follow {feed}"], itertools.cycle(TYPED)):
        before = len(telegram.posted(PERSON))
        await telegram.say(command, chat=PERSON)
        await telegram.wait_for_post(PERSON, count=before + 1, timeout=120)
        typed += 1
        passed = (virtual_now(cells) - begun) / HOUR
        if passed >= len(samples) + 1:
            samples.append(look(process, cells, begun))
            print(samples[-1].line(), flush=True)
        if passed >= hours:
            break
        await asyncio.sleep(PAUSE)
    return samples, typed


async def _sent(url: str) -> int:
    """Return how many chats have their digest: some may have a second day's at a slow end."""
    ledger = Ledger(url)
    kept = await ledger.editions()
    await ledger.close()
    told = [one for one in kept if one.parts and {part.state for part in one.parts} == {"sent"}]
    return len({one.subscription for one in told})


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="at least 24 for every digest")
    parser.add_argument("--chats", type=int, default=400)
    parser.add_argument("--speed", type=float, default=240, help="times faster than the clock")
    asked = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    begun = time.monotonic()
    lived = asyncio.run(day(asked.hours, asked.chats, asked.speed))
    print(f"{time.monotonic() - begun:.0f} s")
    print(lived.line())
    return 0 if lived.is_flat() else 1


if __name__ == "__main__":
    sys.exit(main())
