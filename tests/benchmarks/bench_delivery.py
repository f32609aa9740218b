"""How fast digests go out: the whole path beside stock python-telegram-bot, claims, idle memory.

A child process is a Telegram that takes everything. `--due N` says how many subscriptions are due
at once (100,000); `--sends N` how many messages are sent by each side.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.adapters.pace import Pace
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.app import SystemClock
from bot.core.delivery import Delivery
from bot.core.messages import Paragraph, Reply, Request
from bot.core.pacing import Rate
from bot.store.database import DatabaseStore
from bot.store.jobs import QueuedJobs
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import running, settings_for

TOKEN = "123456:BENCH"
AT_ONCE = 50
PROTOTYPE = 56_000
"""Claims a second of a prototype on SQLite: the reach is half of it."""
MEMORY = 120
TEXT = "Seven defence ministers met in Paris on Wednesday. They spoke about the war in Iraq. " * 6


# ---------------------------------------------------------------- the server, a child process


class _Server(asyncio.Protocol):
    """Answers every request as if a message had been sent."""

    def __init__(self) -> None:
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, _, rest = self._asked.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
            if len(rest) < length:
                return
            self._asked = rest[length:]
            self._transport.write(ANSWER)


def _answer() -> bytes:
    chat = {"id": 1, "type": "private", "first_name": "A"}
    message = {"message_id": 1, "date": 1, "chat": chat, "text": TEXT}
    body = json.dumps({"ok": True, "result": message}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


ANSWER = _answer()


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


async def stock(root: str, sends: int) -> float:
    """Send with the library as it comes, 50 at once; return messages a second."""
    request = HTTPXRequest(connection_pool_size=AT_ONCE, pool_timeout=60)
    bot = Bot(TOKEN, base_url=f"{root}/bot", request=request)
    await request.initialize()
    left = iter(range(sends))

    async def sender() -> None:
        for number in left:
            await bot.send_message(number + 1, TEXT)

    begun = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    rate = sends / (time.perf_counter() - begun)
    await request.shutdown()
    return rate


async def whole_path(root: str, sends: int, folder: Path) -> float:
    """Let so many digests come due and be posted, the outbox on disk; return messages a second."""
    url = f"sqlite:///{folder}/outbox.db"
    store = await DatabaseStore.open(url)
    subscribe(folder / "outbox.db", sends)
    unlimited = Pace(Rate(1_000_000, 1.0), lambda _: (), ahead=200)
    adapter = TelegramAdapter(TOKEN, root, (), pace=unlimited)
    jobs = await QueuedJobs.open(url)
    delivery = Delivery(store, {"telegram": adapter}, digest, SystemClock(), jobs)
    working = asyncio.create_task(jobs.run(["telegram"], delivery.work))
    begun = time.perf_counter()
    await delivery.tick()
    while left_to_send(folder / "outbox.db"):  # noqa: ASYNC110 - the ledger has no event
        await asyncio.sleep(0.1)
    rate = sends / (time.perf_counter() - begun)
    jobs.stop()
    await working
    await adapter._close()
    await store.close()
    return rate


def left_to_send(path: Path) -> int:
    """Return how many editions are not done; cheap, as few are."""
    with closing(sqlite3.connect(path)) as database:
        [left] = database.execute("SELECT count(*) FROM editions WHERE NOT done").fetchone()
    return int(left)


async def digest(_: Request) -> Reply:
    """What everybody gets: composing is measured elsewhere."""
    return Reply((Paragraph(TEXT),))


async def claims(count: int, folder: Path) -> float:
    """Let so many subscriptions be due at once; return how many a second have their edition."""
    store = await DatabaseStore.open(f"sqlite:///{folder}/due.db")
    subscribe(folder / "due.db", count)
    delivery = Delivery(store, {}, digest, SystemClock(), await QueuedJobs.open("sqlite://"))
    begun = time.perf_counter()
    await delivery._open_due()
    rate = count / (time.perf_counter() - begun)
    await store.close()
    with closing(sqlite3.connect(folder / "due.db")) as database:
        [opened] = database.execute("SELECT count(*) FROM editions").fetchone()
    assert opened == count, opened
    return rate


def subscribe(path: Path, count: int, *, due: bool = True) -> None:
    """Write subscriptions straight into the table, due a minute ago or tomorrow."""
    when = datetime.now(UTC) + (timedelta(seconds=-60) if due else timedelta(days=1))
    day, at = when.date().isoformat(), f"{when:%H:%M}"
    rows = ((str(1_000_000 + number), at, day, int(when.timestamp())) for number in range(count))
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO subscriptions (platform, chat, kind, thread, command, arguments, locale,"
            " at, zone, days, next_day, next_run_at) VALUES ('telegram', ?, 'private', '',"
            " 'brief', '', '', ?, 'UTC', '0123456', ?, ?)",
            rows,
        )


async def idle_memory(count: int, folder: Path) -> float:
    """Start the real bot with so many subscriptions and nothing to do; return its MB."""
    async with TelegramEmulator(validate=False) as emulator:
        environment = settings_for(folder, emulator)
        store = await DatabaseStore.open(f"sqlite:///{folder}/dateline.db")
        await store.close()
        subscribe(folder / "dateline.db", count, due=False)
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


async def best(measure: Callable[[Path], Awaitable[float]], rounds: int) -> float:
    """Return the best of some rounds, each in an empty folder."""
    rates = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            rates.append(await measure(Path(folder)))
    return max(rates)


async def compare(sends: int, due: int, rounds: int) -> int:
    """Print the table; return 1 where a reach was missed."""
    with telegram() as root:
        theirs = await best(lambda _: stock(root, sends), rounds)
        ours = await best(lambda folder: whole_path(root, sends, folder), rounds)
    claimed = await best(lambda folder: claims(due, folder), rounds)
    memory = await best(lambda folder: idle_memory(due, folder), 1)
    print(f"sends/s, whole path with the outbox on disk: {ours:,.0f}")
    print(f"sends/s, bare stock python-telegram-bot:     {theirs:,.0f}  ratio {ours / theirs:.2f}")
    print(
        f"claims/s of {due:,} due subscriptions:        {claimed:,.0f}  "
        f"ratio to the prototype's {PROTOTYPE:,}: {claimed / PROTOTYPE:.2f}"
    )
    print(f"idle memory with {due:,} subscriptions:       {memory:.0f} MB (reach {MEMORY})")
    return int(ours < theirs or claimed < PROTOTYPE / 2 or memory > MEMORY)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sends", type=int, default=2_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(_serve(asked.serve))
        return 0
    logging.disable(logging.WARNING)
    return asyncio.run(compare(asked.sends, asked.due, asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
