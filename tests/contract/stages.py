"""A platform as the contract suite sees it: a person types and presses, and reads what came.

Each stage runs a real adapter, or the fake one, against its platform. Knows nothing of the answers.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console

from bot.adapters.console import CHAT as TERMINAL
from bot.adapters.console import ConsoleAdapter
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.commands import COMMANDS
from bot.core.messages import Answer, Chat, ChatKind, Request
from bot.core.ports import Adapter
from tests.emulators.discord import TOKEN as DISCORD_TOKEN
from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import TelegramEmulator
from tests.fakes import CHAT, FakeAdapter

ADA = 1001
NEWS_CHANNEL = 2001


class Stage(Protocol):
    """One platform with one person in one chat."""

    @property
    def adapter(self) -> Adapter:
        """The adapter that runs."""

    @property
    def chat(self) -> Chat:
        """Where the person types."""

    async def ready(self) -> None:
        """Wait until the platform takes what the person does."""

    async def type(self, command: str) -> None:
        """The person types a command, such as "/place Mosul"."""

    async def press(self, label: str) -> None:
        """The person presses the button with this label under the last message."""

    async def read(self, count: int) -> str:
        """Wait for `count` messages in all and return what the last says, without markup."""


class FakeStage:
    """The fake adapter."""

    def __init__(self) -> None:
        self.adapter = FakeAdapter()
        self.chat = CHAT

    async def ready(self) -> None:
        pass

    async def type(self, command: str) -> None:
        name, _, arguments = command.removeprefix("/").partition(" ")
        self.adapter.ask(Request(self.chat, name, arguments))

    async def press(self, label: str) -> None:
        [data] = [
            data for shown, data in self.adapter.posts[-1].payload["buttons"] if shown == label
        ]
        await self.type(f"/{data}")

    async def read(self, count: int) -> str:
        return (await self.adapter.wait_for_posts(count))[-1].text


class ConsoleStage:
    """The terminal: lines in, a rich console that writes into memory."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._paper = io.StringIO()
        self._read = 0
        self._asked = asyncio.Event()
        console = Console(file=self._paper, highlight=False, width=200)
        self.adapter = ConsoleAdapter(COMMANDS, read_line=self._next_line, console=console)
        self.chat = TERMINAL

    async def _next_line(self) -> str:
        """The adapter asks for a line when all it had to say is said."""
        self._asked.set()
        return await self._lines.get()

    async def ready(self) -> None:
        await self._asked.wait()

    async def type(self, command: str) -> None:
        self._asked.clear()
        self._lines.put_nowait(command)

    async def press(self, label: str) -> None:
        number = re.search(rf"\[(\d+)\] {re.escape(label)}", self._paper.getvalue()[self._last :])
        assert number, f"no button {label}"
        await self.type(number[1])

    _last = 0

    async def read(self, count: int) -> str:
        async with asyncio.timeout(10):
            await self._asked.wait()
        self._last, self._read = self._read, len(self._paper.getvalue())
        return self._paper.getvalue()[self._last :]


class TelegramStage:
    """python-telegram-bot against the emulator."""

    def __init__(self, emulator: TelegramEmulator) -> None:
        self._emulator = emulator
        self.adapter = TelegramAdapter(emulator.token, emulator.root, COMMANDS)
        self.chat = Chat("telegram", str(ADA))
        emulator.add_chat(ADA)

    async def ready(self) -> None:
        await self._emulator.wait_until(lambda: self._emulator.world.updates.polls > 0)

    async def type(self, command: str) -> None:
        await self._emulator.say(command)

    async def press(self, label: str) -> None:
        await self._emulator.press(self._emulator.posted()[-1].message_id, label)

    async def read(self, count: int) -> str:
        return (await self._emulator.wait_for_post(count=count))[-1].text


class DiscordStage:
    """discord.py against the emulator."""

    def __init__(self, emulator: DiscordEmulator) -> None:
        self._emulator = emulator
        self.adapter = DiscordAdapter(
            DISCORD_TOKEN, emulator.api_url, emulator.gateway_url, COMMANDS
        )
        self.chat = Chat("discord", str(NEWS_CHANNEL), ChatKind.GROUP)

    async def ready(self) -> None:
        await self._emulator.wait_for_commands()
        await self._emulator.ready()

    async def type(self, command: str) -> None:
        """Discord's app asks for one argument after another."""
        name, *words = command.removeprefix("/").split()
        arguments = [one.name for spec in COMMANDS if spec.name == name for one in spec.arguments]
        options = dict(zip(arguments, words, strict=False))
        await self._emulator.slash(name, options)

    async def press(self, label: str) -> None:
        await self._emulator.press(self._emulator.posted()[-1].message_id, label)

    async def read(self, count: int) -> str:
        said = (await self._emulator.wait_for_post(count=count))[-1]
        texts = [said.content]
        for embed in said.embeds:
            texts += [embed.get("title", ""), embed.get("description", "")]
        return re.sub(r"\\(.)", r"\1", "\n".join(texts))


class Running:
    """An adapter at work, until the block ends."""

    def __init__(self, stage: Stage, answer: Answer) -> None:
        self._stage = stage
        self._answer = answer

    async def __aenter__(self) -> Stage:
        self._task = asyncio.create_task(self._stage.adapter.run(self._answer))
        waiting = asyncio.create_task(self._stage.ready())
        await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            waiting.cancel()
            await self._task  # it raises what went wrong
        await waiting
        return self._stage

    async def __aexit__(self, *_error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def in_order(text: str, words: Sequence[str]) -> bool:
    """Whether a text says all of these, one after the other."""
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True
