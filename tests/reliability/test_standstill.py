"""The real process whose disk stops answering: it ends, and says so.

As a script it is that process: `dateline run` on a disk that hangs as soon as a file named "hang"
is in the data folder. Its patience is counted in seconds, not in minutes.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from bot import app
from bot.__main__ import main
from bot.ops import health
from bot.store import transactions
from bot.store.same_file import SameFile
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import START_SECONDS, settings_for

STANDSTILL, FOR_EVER = 3.0, 3600.0


@dataclass
class Hanging:
    """A bot on a disk that can be made to hang."""

    data: Path
    process: asyncio.subprocess.Process
    log: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def hang(self) -> None:
        (self.data / "hang").touch()
        await self.says("the disk hangs")

    async def says(self, words: str) -> None:
        async with asyncio.timeout(START_SECONDS):
            while words not in "".join(self.log):
                self.changed.clear()
                await self.changed.wait()

    async def ends(self) -> int:
        """Return the exit status of a process that ends by itself."""
        async with asyncio.timeout(20):
            return await self.process.wait()

    async def listen(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.log.append(line.decode())
            self.changed.set()


@asynccontextmanager
async def hanging(
    telegram: TelegramEmulator, data: Path, what: str, standstill: float
) -> AsyncIterator[Hanging]:
    """Start such a bot, and end it at the end, whatever hangs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, what, str(standstill)),
        env=settings_for(data, telegram) | {"DATELINE_OPERATOR_CHAT": "telegram:1001"},
        stderr=asyncio.subprocess.PIPE,
    )
    bot = Hanging(data, process)
    listening = asyncio.create_task(bot.listen())
    try:
        await bot.says("listening as")
        yield bot
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await listening


@pytest.mark.parametrize("what", ["database", "heartbeat"])
async def test_a_bot_on_a_disk_that_hangs_ends_and_says_so(
    telegram: TelegramEmulator, tmp_path: Path, what: str
) -> None:
    async with hanging(telegram, tmp_path, what, STANDSTILL) as bot:
        await bot.hang()
        assert await bot.ends() == 1
    log = "".join(bot.log)
    assert "waits to be started again" in log
    assert "Traceback" not in log
    assert "no digest could be looked after" in (tmp_path / "told.json").read_text()


@pytest.mark.parametrize("what", ["database", "heartbeat"])
async def test_a_bot_on_a_disk_that_hangs_ends_when_it_is_asked_to(
    telegram: TelegramEmulator, tmp_path: Path, what: str
) -> None:
    async with hanging(telegram, tmp_path, what, FOR_EVER) as bot:
        await bot.hang()
        bot.process.terminate()
        assert await bot.ends() == 1
    log = "".join(bot.log)
    assert "has kept Dateline from ending" in log
    assert "Traceback" not in log


def _be_hanging(what: str, standstill: float) -> int:
    """Run the bot; what it asks the disk for in a file's name never comes back."""
    app.TICK_SECONDS, app.STOP_SECONDS, app.WAY_OUT_SECONDS = 1, 1, 2
    transactions.CLOSE_SECONDS = FOR_EVER
    watch = partial(app._watch, pause=standstill / app.LOOKS)
    owner, name = (SameFile, "is_there") if what == "database" else (health, "beat")
    for where, called, value in (
        (app, "_watch", watch),
        (owner, name, _hooked(getattr(owner, name))),
    ):
        setattr(where, called, value)
    return main(["run"])


def _hooked(real: Callable[..., object]) -> Callable[..., object]:
    hang = Path(os.environ["DATELINE_DATA_DIR"]) / "hang"

    def call(*arguments: object) -> object:
        if hang.exists():
            print("the disk hangs", file=sys.stderr, flush=True)
            threading.Event().wait()
        return real(*arguments)

    return call


if __name__ == "__main__":
    sys.exit(_be_hanging(sys.argv[1], float(sys.argv[2])))
