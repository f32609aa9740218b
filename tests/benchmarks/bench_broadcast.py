"""People who ask while thousands get their digest at Telegram's own limit.

First on a virtual clock, the pace alone: how long 10,000 messages take beside the time that the
limit itself asks for. Then in real time, the real bot against the emulator with Telegram's limits:
how long /brief takes meanwhile. `--chats N` says how many digests are due at once.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import random
import selectors
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bot.adapters.pace import Pace
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.messages import Chat
from bot.store.database import DatabaseStore
from bot.store.jobs import AT_ONCE
from tests.benchmarks.bench_delivery import subscribe
from tests.emulators.telegram import DEFAULT_LIMITS, TelegramEmulator
from tests.emulators.telegram.limits import RateLimiter
from tests.reliability.process import running, settings_for

CHATS = 10_000
REACH_SECONDS = 1.0
"""The 95th percentile of the time that /brief takes."""
REACH_OVER = 0.02
"""How much longer than the limit's own time all messages may take."""
LATENCIES = (0.005, 0.05, 0.1)
"""Seconds that a request takes: on loopback as in the second part, and over a good line."""
ASK_SECONDS = 1.0


# ---------------------------------------------------------------- the total, on a virtual clock


class _Leap(selectors.SelectSelector):
    """Whenever the loop would sleep, the time is at once later."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time costs nothing. It waits for no file, socket or thread."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._leap.now


@dataclass
class Platform:
    """A Telegram that only counts; each request takes about so long, and is counted within."""

    latency: float
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter(DEFAULT_LIMITS))
    refused: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - not secrets

    async def post(self, chat: Chat) -> None:
        """Take one message."""
        there, back = (self.latency * self.chance.uniform(0.3, 0.7) for _ in range(2))
        await asyncio.sleep(there)
        now = asyncio.get_running_loop().time()
        self.refused += bool(self.limiter.retry_after(int(chat.id), is_group=False, now=now))
        await asyncio.sleep(back)


async def broadcast(pace: Pace, platform: Platform, chats: int) -> tuple[float, list[float]]:
    """Post one message to each of so many chats while somebody asks every second.

    Returns the seconds that it took, and those that each answer took.
    """
    loop, places = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    begun, waits = loop.time(), list[float]()

    async def digest(number: int) -> None:
        async with places:
            chat = Chat("telegram", str(1_000_000 + number))
            await pace.turn(chat)
            async with pace.passing(chat):
                await platform.post(chat)

    async def ask() -> None:
        for person in range(1, 1_000_000):
            await asyncio.sleep(ASK_SECONDS)
            asked, chat = loop.time(), Chat("telegram", str(person))
            async with pace.passing(chat):
                await platform.post(chat)
            waits.append(loop.time() - asked)

    asking = asyncio.create_task(ask())
    await asyncio.gather(*map(digest, range(chats)))
    asking.cancel()
    return loop.time() - begun, waits


def on_a_virtual_clock(chats: int, latency: float) -> bool:
    """Print the total; return whether it is within reach."""
    loop, platform = VirtualLoop(), Platform(latency)
    clock: Any = SimpleNamespace(monotonic=loop.time)
    pacing: Any = importlib.import_module("bot.adapters.pace")
    real, pacing.time = pacing.time, clock
    try:
        usual = TelegramAdapter("1:virtual", "http://127.0.0.1:9", ())._pace
        took, waits = loop.run_until_complete(broadcast(usual, platform, chats))
    finally:
        pacing.time = real
        loop.close()
    limit = (chats + len(waits)) / DEFAULT_LIMITS.overall_per_second
    over = took / limit - 1
    print(
        f"virtual clock, {latency * 1000:.0f} ms a request: {chats:,} digests and {len(waits)} "
        f"answers in {took:.1f} s, the limit's own time {limit:.1f} s: {over:+.1%}; "
        f"{platform.refused} x 429; answers p95 {percentile(waits):.2f} s"
    )
    return not platform.refused and (over <= REACH_OVER or latency > min(LATENCIES))


# ---------------------------------------------------------------- /brief, in real time


async def in_real_time(chats: int) -> bool:
    """Let the real bot post digests while people type /brief; print what they waited."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with TelegramEmulator(validate=False) as telegram:
            refused = count_refusals(telegram)
            store = await DatabaseStore.open(f"sqlite:///{folder}/dateline.db")
            await subscribe(store, chats)
            await store.close()
            for number in range(chats):
                telegram.add_chat(1_000_000 + number)
            async with running(settings_for(folder, telegram)) as bot:
                begun, waits = time.monotonic(), list[float]()
                while taken(telegram, refused) < chats + len(waits):
                    waits.append(await asked(telegram, 1 + len(waits)))
                took = time.monotonic() - begun
                await bot.stop()
            limit = taken(telegram, refused) / DEFAULT_LIMITS.overall_per_second
    print(
        f"real time: {chats:,} digests and {len(waits)} x /brief in {took:.1f} s, the limit's own "
        f"time {limit:.1f} s: {took / limit - 1:+.1%}; {len(refused)} x 429; "
        f"/brief p50 {percentile(waits, 0.5):.2f} s, p95 {percentile(waits):.2f} s, "
        f"longest {max(waits):.2f} s (reach: p95 under {REACH_SECONDS:g} s)"
    )
    return percentile(waits) < REACH_SECONDS and not refused


async def asked(telegram: TelegramEmulator, person: int) -> float:
    """Type /brief in a chat of one's own and return the seconds until its answer is there."""
    begun = time.monotonic()
    await telegram.say("/brief", chat=person)
    await telegram.wait_for_post(person, timeout=60)
    took = time.monotonic() - begun
    await asyncio.sleep(max(0.0, ASK_SECONDS - took))
    return took


def taken(telegram: TelegramEmulator, refused: list[int]) -> int:
    """Return how many messages there are, without a look at each of them."""
    sent = [method for method, _ in telegram.requests if method.startswith("send")]
    return len(sent) - sent.count("sendChatAction") - len(refused)


def count_refusals(telegram: TelegramEmulator) -> list[int]:
    """Return a list that grows by one at each 429."""
    limiter, refused = telegram.world.limiter, list[int]()
    real = limiter.retry_after

    def noted(chat: int, *, is_group: bool, now: float) -> int:
        if wait := real(chat, is_group=is_group, now=now):
            refused.append(wait)
        return wait

    limiter.retry_after = noted  # type: ignore[method-assign] # an emulator's, to be looked at
    return refused


def percentile(waits: list[float], share: float = 0.95) -> float:
    """Return the smallest wait that so many of all are not longer than."""
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]


def main() -> int:
    """Run from the command line; the exit status is 1 where a reach was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=CHATS)
    wanted = parser.parse_args()
    reached = [on_a_virtual_clock(CHATS, latency) for latency in LATENCIES]
    reached.append(asyncio.run(in_real_time(wanted.chats)))
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
