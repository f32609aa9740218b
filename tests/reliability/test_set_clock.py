"""The real process on a machine whose clock is set while it runs: nothing waits for hours by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.messages import Chat
from bot.core.schedule import Subscription, Timing, next_due
from bot.store.database import DatabaseStore
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import START_SECONDS, settings_for
from tests.reliability.wrapped import SKEW, Life, context, new_cells, start, virtual_now


async def subscribe(data: Path, chat: int, now: float) -> None:
    """Give a chat a digest that has just come due."""
    due = datetime.fromtimestamp(now, UTC).replace(second=0, microsecond=0)
    timing = Timing(due.time(), "UTC")
    store = await DatabaseStore.open(f"sqlite:///{data}/dateline.db")
    first = next_due(timing, due - timedelta(seconds=1))
    await store.subscribe(Subscription(Chat("telegram", str(chat)), timing), first)
    await store.close()


@pytest.mark.parametrize("hours", [-2, 5])
async def test_a_digest_comes_in_time_after_the_machines_clock_was_set(
    telegram: TelegramEmulator, tmp_path: Path, hours: int
) -> None:
    for chat in (5001, 5002):
        telegram.add_chat(chat)
    processes = context()
    cells = new_cells(processes)
    process = start(processes, Life(settings_for(tmp_path, telegram)), cells)
    try:
        await telegram.wait_until(lambda: telegram.world.updates.polls > 0, START_SECONDS)
        await subscribe(tmp_path, 5001, virtual_now(cells))
        await telegram.wait_for_post(5001)
        cells[SKEW] = hours * 3600
        await subscribe(tmp_path, 5002, virtual_now(cells) + cells[SKEW])
        await telegram.wait_for_post(5002)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
