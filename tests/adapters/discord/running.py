"""A Discord adapter that runs against an emulator for as long as a block lasts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.adapters.discord.adapter import DiscordAdapter
from bot.core.commands import BACK, COMMANDS, GONE, Desk
from bot.core.journal import Journal
from bot.core.messages import Reply, Request
from tests.adapters.clerk import Clerk
from tests.adapters.porter import Porter
from tests.emulators.discord import TOKEN, DiscordEmulator
from tests.emulators.discord.limits import Meter, Verdict
from tests.fakes import FakeJournal


class Doorman(Porter):
    """A porter who, as the core, does and notes nothing for a chat that is back and did not rest.

    `resting` are the channels that rest: those that are gone, and those that a test adds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resting: set[str] = set()

    async def answer(self, request: Request) -> Reply:
        """See bot.core.messages.Answer."""
        chat = request.chat.id
        if request.command == GONE:
            self.resting.add(chat)
        elif request.command == BACK and not self.faults:
            if chat not in self.resting:
                return Reply(())
            self.resting.remove(chat)
        return await super().answer(request)


class Running:
    """A running adapter; leaving it waits for what is in hand."""

    def __init__(
        self,
        emulator: DiscordEmulator,
        clerk: Clerk | Desk,
        journal: Journal | None = None,
        *,
        shards: int = 0,
        workers: int = 1,
    ) -> None:
        urls = emulator.api_url, emulator.gateway_url
        self.adapter = DiscordAdapter(TOKEN, *urls, COMMANDS, shards=shards, workers=workers)
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


@contextlib.asynccontextmanager
async def standing_by(emulator: DiscordEmulator, workers: int) -> AsyncIterator[DiscordAdapter]:
    """Run one more of so many adapters with the same token: it posts, and does not listen."""
    urls = emulator.api_url, emulator.gateway_url
    adapter = DiscordAdapter(TOKEN, *urls, COMMANDS, workers=workers)
    task = asyncio.create_task(adapter.stand_by())
    try:
        async with asyncio.timeout(10):
            while adapter._poster.client is None:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
        yield adapter
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Refusals(Meter):
    """An emulator's meter that counts its 429s: the library waits after one, and tells nobody."""

    def __init__(self, emulator: DiscordEmulator) -> None:
        super().__init__(emulator._meter.limits)
        self.count = 0
        emulator._meter = self

    def take(
        self, method: str, template: str, major: str, now: float, wall: float, *, counted: bool
    ) -> Verdict:
        verdict = super().take(method, template, major, now, wall, counted=counted)
        self.count += not verdict.passed
        return verdict


async def killed(adapter: DiscordAdapter) -> None:
    """Let all work in hand die without a word; to be run in the adapter's own loop."""
    assert adapter._listener is not None
    for task in (tasks := set(adapter._listener._tasks)):
        task.cancel()
    await asyncio.wait(tasks)
