"""How fast digests go out: the whole path beside stock python-telegram-bot, claims, idle memory.

A child process is a Telegram that takes everything. `--due N` says how many subscriptions are due
at once (100,000); `--sends N` how many messages are sent by each side. Beside each rate stands how
many that is for a second of this process's own CPU time: other programs disturb it less. For the
claims a bare loop over the driver does in the same run what the prototype did. `--parts` chooses
what is measured. PostgreSQL is as it comes (fsync on, 128 MB of shared buffers), but analyzed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import make_url
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.adapters.pace import Pace
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.app import SystemClock
from bot.core.delivery import AT_A_TICK, Delivery
from bot.core.messages import Paragraph, Reply, Request
from bot.core.pacing import Rate
from bot.store.database import DatabaseStore
from bot.store.jobs import QueuedJobs
from bot.store.schema import editions, subscriptions
from bot.store.transactions import rows
from tests.benchmarks.taker import Taker, told
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.databases import arguments
from tests.reliability.process import running, settings_for

TOKEN = "123456:BENCH"
AT_ONCE = 50
PARTS = ("sends", "sqlite", "postgresql", "memory")
PROTOTYPE = 56_000
"""Claims a second of a prototype on SQLite: the reach is half of it."""
PROTOTYPE_SERVER = 36_000
"""The same on PostgreSQL, the lower end of what it reached."""
CLAIMED_AT_ONCE = 2_000
MEMORY = 120
TEXT = "Seven defence ministers met in Paris on Wednesday. They spoke about the war in Iraq. " * 6


# ---------------------------------------------------------------- the server, a child process


_CHAT = {"id": 1, "type": "private", "first_name": "A"}
ANSWER = told({"message_id": 1, "date": 1, "chat": _CHAT, "text": TEXT})


class _Server(Taker):
    """Answers every request as if a message had been sent."""

    def answer(self, _line: bytes) -> bytes:
        return ANSWER


async def _serve(descriptor: int) -> None:
    listening = socket.socket(fileno=descriptor)
    server = await asyncio.get_running_loop().create_server(_Server, sock=listening)
    await server.serve_forever()


@contextmanager
def telegram() -> Iterator[str]:
    """Run the server; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = [sys.executable, "-m", __spec__.name, "--serve", str(number)]
        child = subprocess.Popen(command, pass_fds=[number])
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            child.kill()
            child.wait()


# ---------------------------------------------------------------- what is measured


@dataclass(frozen=True, order=True)
class Speed:
    """How many a second, by the clock on the wall and by the process's own CPU time."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.rate:>9,.0f}   ({self.cpu:,.0f} by its CPU time)"


@dataclass
class Stopwatch:
    """Measures from when it is made."""

    begun: float = field(default_factory=time.perf_counter)
    begun_cpu: float = field(default_factory=time.process_time)

    def speed(self, count: int) -> Speed:
        """Return how fast so many were done."""
        wall, cpu = time.perf_counter() - self.begun, time.process_time() - self.begun_cpu
        return Speed(count / wall, count / cpu)


async def stock(root: str, sends: int) -> Speed:
    """Send with the library as it comes, 50 at once; return messages a second."""
    # Patient: also a busy machine is to send everything.
    request = HTTPXRequest(connection_pool_size=AT_ONCE, pool_timeout=60, read_timeout=60)
    bot = Bot(TOKEN, base_url=f"{root}/bot", request=request)
    await request.initialize()
    left = iter(range(sends))

    async def sender() -> None:
        for number in left:
            await bot.send_message(number + 1, TEXT)

    watch = Stopwatch()
    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    speed = watch.speed(sends)
    await request.shutdown()
    return speed


async def whole_path(root: str, sends: int, folder: Path) -> Speed:
    """Let so many digests come due and be posted, the outbox on disk; return messages a second."""
    url = f"sqlite:///{folder}/outbox.db"
    store = await DatabaseStore.open(url)
    await subscribe(store, sends)
    unlimited = Pace(Rate(1_000_000, 1.0), lambda _: (), ahead=200)
    adapter = TelegramAdapter(TOKEN, root, (), pace=unlimited)
    jobs = await QueuedJobs.open(url)
    delivery = Delivery(store, {"telegram": adapter}, digest, SystemClock(), jobs)
    working = asyncio.create_task(jobs.run(["telegram"], delivery.work))
    watch = Stopwatch()
    await delivery.tick()
    while left_to_send(folder / "outbox.db"):  # noqa: ASYNC110 - the ledger has no event
        await asyncio.sleep(0.1)
    speed = watch.speed(sends)
    jobs.stop()
    await working
    await adapter._close()
    await store.close()
    return speed


def left_to_send(path: Path) -> int:
    """Return how many editions are not done; cheap, as few are."""
    with closing(sqlite3.connect(path)) as database:
        [left] = database.execute("SELECT count(*) FROM editions WHERE NOT done").fetchone()
    return int(left)


async def digest(_: Request) -> Reply:
    """What everybody gets: composing is measured elsewhere."""
    return Reply((Paragraph(TEXT),))


async def due_store(url: str, count: int) -> DatabaseStore:
    """Open a store in which so many subscriptions are due, its tables analyzed.

    A server looks at its tables by itself, but only after a minute.
    """
    store = await DatabaseStore.open(url)
    await subscribe(store, count)
    await store._database.write(lambda one: one.execute(text("ANALYZE")).rowcount)
    return store


async def claims(url: str, count: int) -> Speed:
    """Let so many subscriptions be due at once; return how many a second have their edition.

    Ticks follow one another until nothing is due.
    """
    store = await due_store(url, count)
    delivery = Delivery(store, {}, digest, SystemClock(), await QueuedJobs.open("sqlite://"))
    watch = Stopwatch()
    for _ in range(0, count, AT_A_TICK):
        await delivery.tick()
    speed = watch.speed(count)
    [opened] = await store._database.read(rows(select(func.count()).select_from(editions)))
    await store.close()
    assert opened[0] == count, opened
    return speed


async def bare_claims(folder: Path, count: int) -> Speed:
    """Do by sqlite3 alone what claims do: no time zone, no type, no merging, no other thread."""
    store = await DatabaseStore.open(f"sqlite:///{folder}/bare.db")
    await subscribe(store, count)
    await store.close()
    now, watch = int(time.time()), Stopwatch()
    with closing(sqlite3.connect(folder / "bare.db")) as database:
        database.execute("PRAGMA synchronous=FULL")
        while due := database.execute(BARE_DUE, (now, CLAIMED_AT_ONCE)).fetchall():
            database.executemany(BARE_OPEN, due)
            database.executemany(BARE_MOVE_ON, [(when + 86_400, one) for one, _, when in due])
            database.commit()
    return watch.speed(count)


async def bare_server_claims(url: str, count: int) -> Speed:
    """Do by asyncpg alone what claims do, a batch in two statements: no zone, type or merging."""
    await (await due_store(url, count)).close()
    server: Any = await asyncpg.connect(**arguments(make_url(url)))
    now, watch = int(time.time()), Stopwatch()
    while due := await server.fetch(SERVER_DUE, now, CLAIMED_AT_ONCE):
        numbers, days, moments = (list(column) for column in zip(*due, strict=True))
        async with server.transaction():
            await server.execute(SERVER_OPEN, numbers, days, moments)
            await server.execute(SERVER_MOVE_ON, numbers)
    speed = watch.speed(count)
    await server.close()
    return speed


SERVER_DUE = (
    "SELECT id, next_day, next_run_at FROM subscriptions WHERE next_run_at <= $1 "
    "ORDER BY next_run_at LIMIT $2"
)
SERVER_OPEN = (
    "INSERT INTO editions (subscription, day, due_at, frozen, done) "
    "SELECT *, false, false FROM unnest($1::int[], $2::text[], $3::bigint[]) "
    "ON CONFLICT (subscription, day) DO NOTHING"
)
SERVER_MOVE_ON = "UPDATE subscriptions SET next_run_at = next_run_at + 86400 WHERE id = ANY($1)"
BARE_DUE = (
    "SELECT id, next_day, next_run_at FROM subscriptions WHERE next_run_at <= ? "
    "ORDER BY next_run_at LIMIT ?"
)
BARE_OPEN = (
    "INSERT OR IGNORE INTO editions (subscription, day, due_at, frozen, done) "
    "VALUES (?, ?, ?, 0, 0)"
)
BARE_MOVE_ON = "UPDATE subscriptions SET next_run_at = ? WHERE id = ?"


async def subscribe(store: DatabaseStore, count: int, *, due: bool = True) -> None:
    """Write subscriptions straight into the table, due a minute ago or tomorrow."""
    when = datetime.now(UTC) + (timedelta(seconds=-60) if due else timedelta(days=1))
    same = {
        "platform": "telegram", "kind": "private", "thread": "", "command": "brief",
        "arguments": "", "locale": "", "at": f"{when:%H:%M}", "zone": "UTC", "days": "0123456",
        "next_day": when.date().isoformat(), "next_run_at": int(when.timestamp()),
    }  # fmt: skip
    some = [{**same, "chat": str(1_000_000 + number)} for number in range(count)]
    await store._database.write(lambda one: one.execute(insert(subscriptions), some).rowcount)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server of our own; give its address."""
    warnings.simplefilter("ignore", RuntimeWarning)  # platformdirs misses XDG_RUNTIME_DIR
    pgserver: Any = import_module("pgserver")
    with tempfile.TemporaryDirectory(prefix="dateline-pg-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


async def idle_memory(count: int, folder: Path) -> float:
    """Start the real bot with so many subscriptions and nothing to do; return its MB."""
    async with TelegramEmulator(validate=False) as emulator:
        environment = settings_for(folder, emulator)
        store = await DatabaseStore.open(f"sqlite:///{folder}/dateline.db")
        await subscribe(store, count, due=False)
        await store.close()
        async with running(environment) as bot:
            await emulator.say("/about")
            await emulator.wait_for_post()
            await asyncio.sleep(6)  # a tick of the clock
            return resident(bot.process.pid)


def resident(process: int) -> float:
    """Return the MB of memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def best(measure: Callable[[Path], Awaitable[Speed]], rounds: int) -> Speed:
    """Return the best of some rounds, each in an empty folder."""
    speeds = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            speeds.append(await measure(Path(folder)))
    return max(speeds)


async def compare_sends(sends: int, rounds: int) -> bool:
    """Print what is sent; tell whether the reach is met."""
    with telegram() as root:
        theirs = await best(lambda _: stock(root, sends), rounds)
        ours = await best(lambda folder: whole_path(root, sends, folder), rounds)
    ratio = ours.rate / theirs.rate
    print(f"sends/s, whole path with the outbox on disk: {ours}")
    print(f"sends/s, bare stock python-telegram-bot:     {theirs}")
    print(f"  ratio {ratio:.2f}, by CPU time {ours.cpu / theirs.cpu:.2f} (reach 1)")
    return ratio >= 1


async def compare_claims(due: int, rounds: int) -> bool:
    """Print how fast what is due is opened; tell whether the reach is met."""
    bare = await best(lambda folder: bare_claims(folder, due), rounds)
    ours = await best(lambda folder: claims(f"sqlite:///{folder}/due.db", due), rounds)
    print(f"claims/s of {due:,} due subscriptions, SQLite: {ours}")
    print(f"claims/s of a bare loop over sqlite3:          {bare}")
    print(
        f"  ratio to the bare loop {ours.rate / bare.rate:.2f}; "
        f"to the prototype's {PROTOTYPE:,}: {ours.rate / PROTOTYPE:.2f}, "
        f"by CPU time {ours.cpu / PROTOTYPE:.2f} (reach 0.5)"
    )
    return ours.cpu >= PROTOTYPE / 2


async def compare_server(due: int, rounds: int) -> bool:
    """Print how fast a server of our own opens what is due; tell whether the reach is met."""
    speeds: dict[Callable[[str, int], Awaitable[Speed]], list[Speed]] = {}
    for _ in range(rounds):
        for side in (claims, bare_server_claims):
            with postgresql() as url:
                speeds.setdefault(side, []).append(await side(url, due))
    ours, bare = max(speeds[claims]), max(speeds[bare_server_claims])
    print(f"claims/s of {due:,} due subscriptions, PostgreSQL: {ours}")
    print(f"claims/s of a bare loop over asyncpg:              {bare}")
    print(
        f"  ratio to the bare loop {ours.rate / bare.rate:.2f}; "
        f"to the prototype's {PROTOTYPE_SERVER:,}: {ours.rate / PROTOTYPE_SERVER:.2f} (reach 0.5)"
    )
    return ours.rate >= PROTOTYPE_SERVER / 2


async def compare_memory(due: int) -> bool:
    """Print what the bot holds while nothing is to be done; tell whether the reach is met."""
    with tempfile.TemporaryDirectory() as folder:
        memory = await idle_memory(due, Path(folder))
    print(f"idle memory with {due:,} subscriptions: {memory:.0f} MB (reach {MEMORY})")
    return memory <= MEMORY


async def compare(parts: list[str], sends: int, due: int, rounds: int) -> int:
    """Print the chosen parts of the table; return 1 where a reach was missed."""
    measures: dict[str, Callable[[], Awaitable[bool]]] = {
        "sends": lambda: compare_sends(sends, rounds),
        "sqlite": lambda: compare_claims(due, rounds),
        "postgresql": lambda: compare_server(due, rounds),
        "memory": lambda: compare_memory(due),
    }
    met = [await measures[part]() for part in parts]
    return int(not all(met))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sends", type=int, default=2_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(_serve(asked.serve))
        return 0
    logging.disable(logging.WARNING)
    return asyncio.run(compare(asked.parts, asked.sends, asked.due, asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
