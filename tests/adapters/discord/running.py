"""A Discord adapter that runs against an emulator for as long as a block lasts."""

from __future__ import annotations

import asyncio
import contextlib

from bot.adapters.discord.adapter import DiscordAdapter
from bot.core.commands import COMMANDS, Desk
from bot.core.journal import Journal
from tests.adapters.clerk import Clerk
from tests.emulators.discord import TOKEN, DiscordEmulator
from tests.fakes import FakeJournal


class Running:
    """A running adapter; leaving it waits for what is in hand."""

    def __init__(
        self,
        emulator: DiscordEmulator,
        clerk: Clerk | Desk,
        journal: Journal | None = None,
        *,
        shards: int = 0,
    ) -> None:
        urls = emulator.api_url, emulator.gateway_url
        self.adapter = DiscordAdapter(TOKEN, *urls, COMMANDS, shards=shards)
        self._emulator = emulator
        self._task = asyncio.create_task(self.adapter.run(clerk.answer, journal or FakeJournal()))

    async def __aenter__(self) -> DiscordAdapter:
        await self._emulator.wait_for_commands()
        await self._emulator.ready()
        return self.adapter

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._emulator.wait_until(lambda: not self._emulator.gateway.live)


async def killed(adapter: DiscordAdapter) -> None:
    """Let all work in hand die without a word; to be run in the adapter's own loop."""
    assert adapter._listener is not None
    for task in (tasks := set(adapter._listener._tasks)):
        task.cancel()
    await asyncio.wait(tasks)
