"""A running Telegram adapter for tests: started when it listens, stopped when it has finished."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.commands import COMMANDS
from bot.core.journal import Journal
from bot.core.messages import Answer
from bot.core.ports import FORGETFUL
from tests.emulators.telegram import TelegramEmulator

ADA, BEN = 1001, 1002
BOT = 123456
GROUP, SUPERGROUP, CHANNEL = -5001, -1001234567890, -1009876543210


@contextlib.asynccontextmanager
async def running(
    telegram: TelegramEmulator,
    answer: Answer,
    journal: Journal = FORGETFUL,
    adapter: TelegramAdapter | None = None,
) -> AsyncIterator[TelegramAdapter]:
    """Run an adapter that polls the emulator: the usual one, or the one that is given."""
    adapter = adapter or TelegramAdapter(telegram.token, telegram.root, COMMANDS)
    task = asyncio.create_task(adapter.run(answer, journal))
    try:
        polls = telegram.world.updates.polls
        await telegram.wait_until(lambda: telegram.world.updates.polls > polls)
        yield adapter
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def taken(telegram: TelegramEmulator) -> None:
    """Wait until the bot has taken all that happened; leaving it waits for what is in hand."""
    await telegram.wait_until(lambda: telegram.pending == 0)
