"""The real `dateline run` as a process of its own, pointed at the emulators."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import TelegramEmulator

DISCORD_TOKEN = "EMULATOR.DISCORD.TOKEN"
START_SECONDS = 30


@dataclass
class BotProcess:
    """A running bot and what it has logged."""

    process: asyncio.subprocess.Process
    log: list[str]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, as a supervisor would, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            return await self.process.wait()


def settings_for(
    data: Path, telegram: TelegramEmulator | None = None, discord: DiscordEmulator | None = None
) -> dict[str, str]:
    """Return the environment of a bot that talks to these emulators."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "DATELINE_DATA_DIR": str(data)}
    if telegram is not None:
        environment["DATELINE_TELEGRAM_TOKEN"] = telegram.token
        environment["DATELINE_TELEGRAM_API_URL"] = telegram.root
    if discord is not None:
        environment["DATELINE_DISCORD_TOKEN"] = DISCORD_TOKEN
        environment["DATELINE_DISCORD_API_URL"] = discord.api_url
        environment["DATELINE_DISCORD_GATEWAY_URL"] = discord.gateway_url
    return environment


@asynccontextmanager
async def running(
    environment: dict[str, str], listening: int = 1, command: str = "run"
) -> AsyncIterator[BotProcess]:
    """Start the bot, wait until it is on so many platforms, and end it at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", command, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    log: list[str] = []
    reading = asyncio.create_task(_read(process.stderr, log))
    try:
        async with asyncio.timeout(START_SECONDS):
            # The log grows by a reader that has no event to wait for.
            while _listening(log) < listening and process.returncode is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield BotProcess(process, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


async def _read(stream: asyncio.StreamReader, log: list[str]) -> None:
    while line := await stream.readline():
        log.append(line.decode())


def _listening(log: list[str]) -> int:
    return sum("listening as" in line or "posting as" in line for line in log)


def make_due(data: Path) -> None:
    """Let the next occurrence of every subscription be a minute ago: the clock moved on."""
    with sqlite3.connect(data / "dateline.db") as database:
        database.execute(
            "UPDATE subscriptions SET next_run_at = CAST(strftime('%s', 'now') AS INTEGER) - 60,"
            " next_day = date('now', '-60 seconds')"
        )
    database.close()


def states(data: Path) -> list[str]:
    """Return the state of every part in the ledger, in order."""
    database = sqlite3.connect(data / "dateline.db")
    try:
        return [state for (state,) in database.execute("SELECT state FROM parts ORDER BY id")]
    finally:
        database.close()
