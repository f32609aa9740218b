"""How fast the bot answers on Telegram and Discord, beside bare echo bots of the stock libraries.

Ours is the real `dateline run`; ours and the peer have an emulator each and are asked in turn, so
that both meet the same load of this machine. `--cases N` says how many replies with any text both
renderers are given (100,000), `--asks N` how often each command is asked, `--updates N` how many
updates arrive by webhook, 256 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from bot.adapters.telegram.webhook import HEADER, secret_of
from bot.core.commands import COMMANDS
from tests.adapters.test_any_text import cases
from tests.benchmarks.chat_sides import PATH, TOKEN, Counting, side
from tests.emulators.discord import DiscordEmulator, NotOfferedError
from tests.emulators.discord.server import Posted
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import running, settings_for

MARGIN_MS = 30
ACK_MS = 500
RATE = 1_000
AT_ONCE = 256
PAUSE = 0.07
"""Between two questions: Telegram takes 30 messages a second, and so much the bot keeps to."""
BATCH = 1_000
PARTS = ("latency", "acks", "webhook", "text")

Ask = Callable[[int], Awaitable[float]]
"""Asks one question in a chat of that number; gives the seconds until the first reply."""
ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    "help": ("/help", "help", {}),
    "about": ("/about", "about", {}),
    "brief": ("/brief short", "brief", {"length": "short"}),
    "place": ("/place Mossoul", "place", {"name": "Mossoul"}),
}


# ---------------------------------------------------------------- command to first reply


def on_telegram(emulator: TelegramEmulator, text: str, first_chat: int) -> Ask:
    """Ask in a private chat of its own each time: a chat takes one message a second."""

    async def ask(number: int) -> float:
        chat = first_chat + number
        begun = time.perf_counter()
        await emulator.say(text, chat=chat)
        await emulator.wait_for_post(chat, timeout=30)
        return time.perf_counter() - begun

    return ask


def on_discord(emulator: DiscordEmulator, name: str, options: dict[str, str], first: int) -> Ask:
    """The same on Discord; what only says "thinking" is no reply."""

    async def ask(number: int) -> float:
        user = first + number
        emulator.add_user(user, f"User {user}")
        channel = emulator.dm_channel(user)
        begun = time.perf_counter()
        await emulator.slash(name, options, user=user, dm=True)
        await emulator.wait_for_post(channel, timeout=30)
        return time.perf_counter() - begun

    return ask


async def in_turn(ours: Ask, theirs: Ask, asks: int) -> tuple[list[float], list[float]]:
    """Ask both in turn; return the milliseconds of each. The first answers warm up both."""
    mine: list[float] = []
    peers: list[float] = []
    for number in range(asks + 3):
        for ask, times in ((ours, mine), (theirs, peers)):
            times.append(1000 * await ask(number))
            await asyncio.sleep(PAUSE)
    return mine[3:], peers[3:]


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


def latency_row(name: str, ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Print one row; tell whether the reach is met."""
    over = p95(ours) - p95(theirs)
    print(
        f"{name:18} ours p50 {median(ours):6.1f} p95 {p95(ours):6.1f} ms   "
        f"echo p50 {median(theirs):6.1f} p95 {p95(theirs):6.1f} ms   "
        f"p95 is echo {over:+.1f} ms (reach +{MARGIN_MS})",
        flush=True,
    )
    return over <= MARGIN_MS


async def latency(asks: int) -> tuple[bool, list[str]]:
    """Measure how long a first reply takes; then check every request that this made."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        tg, tg_echo = await enter(TelegramEmulator(limits=None)), await enter(TelegramEmulator())
        dc, dc_echo = await enter(DiscordEmulator(limits=None)), await enter(DiscordEmulator())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await enter(running(settings_for(folder, tg, dc), listening=2))
        await enter(side("telegram_echo", tg_echo.root, tg_echo.token))
        await enter(side("discord_echo", dc_echo.api_url, dc_echo.gateway_url))
        await dc.wait_for_commands()
        await dc.ready()
        met = True
        for row, (name, (text, command, options)) in enumerate(ASKED.items()):
            base = 10_000 * (row + 1)
            ping = on_telegram(tg_echo, "/ping", base), on_discord(dc_echo, "ping", {}, base)
            ours = on_telegram(tg, text, base), on_discord(dc, command, options, base)
            for platform, mine, echo in zip(("telegram", "discord"), ours, ping, strict=True):
                times = await in_turn(mine, echo, asks)
                met = latency_row(f"{platform} /{name}", *times) and met
        await walk_telegram(tg)
        await walk_discord(dc)
        return met, validity(tg, dc)


# ---------------------------------------------------------------- every request against the specs


async def walk_telegram(emulator: TelegramEmulator) -> None:
    """Type every example of the help and press every button that comes of it."""
    for number, example in enumerate(examples()):
        chat = 900_000 + number
        await emulator.say(f"/{example}", chat=chat)
        [*_, last] = await emulator.wait_for_post(chat, timeout=30)
        for label in [label for row in last.buttons for label in row][:8]:
            before = len(emulator.callback_answers)
            try:
                await emulator.press(last.message_id, label, chat)
            except LookupError:  # an earlier press put other buttons there
                continue
            await emulator.wait_until(partial(pressed, emulator, before), 30)
            await asyncio.sleep(1.1)  # a chat takes one message a second


def pressed(emulator: TelegramEmulator, before: int) -> bool:
    """Whether the bot has let go of one more button than before."""
    return len(emulator.callback_answers) > before


async def walk_discord(emulator: DiscordEmulator) -> None:
    """The same on Discord, where an example's words are options in their order."""
    for number, example in enumerate(examples()):
        user = 900_000 + number
        emulator.add_user(user, f"User {user}")
        channel = emulator.dm_channel(user)
        name, _, rest = example.partition(" ")
        [spec] = [one for one in COMMANDS if one.name == name]
        named = [one.name for one in spec.arguments if not one.is_file]
        try:
            await emulator.slash(name, dict(zip(named, [rest], strict=False)), user=user, dm=True)
        except NotOfferedError:
            await emulator.slash(name, user=user, dm=True)
        [*_, last] = await emulator.wait_for_post(channel, timeout=30)
        await press_all(emulator, last, channel, user)


async def press_all(emulator: DiscordEmulator, last: Posted, channel: int, user: int) -> None:
    """Press the buttons under a message while they are there."""
    for label in [label for row in last.buttons for label in row][:8]:
        try:
            number = await emulator.press(last.message_id, label, channel, user)
        except NotOfferedError:
            continue
        await emulator.wait_until(partial(emulator.acks.__contains__, number), 30)
        await asyncio.sleep(0.3)


def examples() -> list[str]:
    """Each command alone, and each example of the command table."""
    alone = [spec.name for spec in COMMANDS]
    told = [f"{spec.name} {one}".strip() for spec in COMMANDS for one in spec.examples]
    return list(dict.fromkeys([*alone, *(one.lstrip("/") for one in told)]))


def validity(tg: TelegramEmulator, dc: DiscordEmulator) -> list[str]:
    """Print how many requests there were; return what is wrong with them."""
    wrong = [*tg.violations, *(str(one) for one in dc.violations)]
    for name, checked, count in (
        ("telegram", tg.validates, len(tg.requests)),
        ("discord", dc.validates, len(dc.requests)),
    ):
        print(f"{name}: {count} requests " + ("checked" if checked else "NOT checked: no specs"))
    kinds = Counter(method for method, _ in tg.requests)
    print("  of Telegram's methods: " + ", ".join(f"{n} {name}" for name, n in kinds.items()))
    print(f"requests against the specs: {len(wrong)} violations {wrong[:5]}", flush=True)
    return wrong


# ---------------------------------------------------------------- Discord's three seconds


async def acks(way: str, count: int) -> bool:
    """Let so many people ask a core that needs 5 s for each; print the slowest acknowledgement."""
    async with DiscordEmulator() as emulator:
        async with side("discord_slow", emulator.api_url, emulator.gateway_url, way):
            await emulator.wait_for_commands(30)
            await emulator.ready(30)
            numbers = [await emulator.slash("help") for _ in range(count)]
            await emulator.wait_until(lambda: all(n in emulator.acks for n in numbers), 20)
        times = [1000 * emulator.acks[number] for number in numbers]
    print(
        f"discord ack, the core {way} for 5 s: {count} asked at once, "
        f"slowest {max(times):.0f} ms (reach {ACK_MS})",
        flush=True,
    )
    return max(times) < ACK_MS


# ---------------------------------------------------------------- commands a second by webhook


@dataclass(frozen=True, slots=True)
class Throughput:
    """Commands a second by the clock, and milliseconds of the processor for each."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        """The rate, and what a processor of its own would make."""
        return f"{self.rate:7,.0f} commands/s ({self.cpu:.2f} ms of CPU each)"


async def by_webhook(name: str, updates: int, *arguments: str) -> Throughput:
    """Deliver updates, 256 at once, each answered with a message; measure the bot's process."""
    Counting.sent = 0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Counting, "127.0.0.1", 0)
    port = free_port()
    root = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, side(name, root, str(port), *arguments) as process:
        await deliver(port, AT_ONCE, -AT_ONCE)  # warms up
        await sent(AT_ONCE)
        begun, used = time.perf_counter(), cpu_seconds(process)
        await deliver(port, updates, 0)
        await sent(AT_ONCE + updates)
        took = time.perf_counter() - begun
        return Throughput(updates / took, 1000 * (cpu_seconds(process) - used) / updates)


def cpu_seconds(process: int) -> float:
    """The seconds that a process has used a processor, its own and the system's."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def sent(count: int) -> None:
    """Wait until so many messages were sent."""
    async with asyncio.timeout(300):
        while Counting.sent < count:  # noqa: ASYNC110 - an event for each message would be measured, too
            await asyncio.sleep(0.005)


async def deliver(port: int, count: int, first: int) -> None:
    """Post so many updates over 256 connections, each waiting for its 200."""
    left = iter(range(first, first + count))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in left:
            writer.write(update(10_000_000 + number))
            answer = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in answer.split(b"\r\n")[0], answer
            length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(AT_ONCE)))


def update(number: int) -> bytes:
    """An update as Telegram posts it: somebody types /ping, which ours knows as /help."""
    person = {"id": number, "first_name": "A"}
    word = "/help"
    message = {
        "message_id": 1,
        "date": int(time.time()),
        "text": word,
        "chat": person | {"type": "private"},
        "from": person | {"is_bot": False, "language_code": "en"},
        "entities": [{"type": "bot_command", "offset": 0, "length": len(word)}],
    }
    body = json.dumps({"update_id": number, "message": message}).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bot.example\r\nContent-Type: application/json\r\n"
        f"{HEADER}: {secret_of(TOKEN)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def webhooks(updates: int) -> bool:
    """Print the table of webhooks; tell whether the reach is met."""
    theirs = await by_webhook("telegram_hook", max(AT_ONCE, updates // 10))
    print(f"webhook, stock python-telegram-bot: {theirs}", flush=True)
    found = {}
    for way, name in (("constant", "a constant answer"), ("whole", "the desk's answer")):
        found[way] = await by_webhook("our_hook", updates, way)
        ratio = found[way].rate / theirs.rate
        print(
            f"webhook, ours, {name}: {found[way]}  ratio {ratio:.1f} (reach {RATE:,}/s)", flush=True
        )
    return found["constant"].rate >= RATE


# ---------------------------------------------------------------- any text


def any_text(count: int, workers: int) -> bool:
    """Give both renderers so many replies; print the failures."""
    begun = time.monotonic()
    seeds = range(int(time.time()), int(time.time()) + -(-count // BATCH))
    with ProcessPoolExecutor(workers) as pool:
        failures = [one for one in pool.map(cases, *_batches(count, seeds)) if one]
    took = time.monotonic() - begun
    print(f"any text: {count:,} replies, each on both platforms: {len(failures)} failures")
    print(f"  seeds {seeds[0]} to {seeds[-1]}, {took:.0f} s", *failures[:5], sep="\n  ", flush=True)
    return not failures


def _batches(count: int, seeds: Sequence[int]) -> Iterator[list[int]]:
    yield [min(BATCH, count - BATCH * number) for number in range(len(seeds))]
    yield list(seeds)


async def measured(asks: int, updates: int, parts: Sequence[str]) -> bool:
    """Everything that needs a loop; tell whether every reach is met."""
    met = True
    if "latency" in parts:
        fast, wrong = await latency(asks)
        met = fast and not wrong
    if "acks" in parts:
        for way, count in (("waits", 20), ("blocks", 3), ("is busy", 3)):
            met = await acks(way, count) and met
    if "webhook" in parts:
        met = await webhooks(updates) and met
    return met


def main() -> int:
    """Run from the command line; 1 where a reach was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--asks", type=int, default=60)
    parser.add_argument("--updates", type=int, default=5_000)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    met = asyncio.run(measured(asked.asks, asked.updates, asked.parts))
    if "text" in asked.parts:
        met = any_text(asked.cases, asked.workers) and met
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
