"""The Discord emulator on the wire, with a plain HTTP client and with discord.py unchanged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import warnings
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import yarl
from aiohttp import ClientSession, ClientWebSocketResponse, FormData

from tests.emulators.discord import (
    TOKEN,
    Budget,
    DiscordEmulator,
    Fault,
    Limits,
    NotOfferedError,
    wire,
)

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.11 and 3.12 deprecate
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord
    from discord import app_commands

HEADERS = {"Authorization": f"Bot {TOKEN}", "User-Agent": "DiscordBot (https://example.org, 1)"}
INTENTS = wire.GUILDS | wire.GUILD_MESSAGES | wire.DIRECT_MESSAGES
BRIEF: dict[str, Any] = {
    "name": "brief",
    "description": "Today's briefing",
    "options": [{"type": 3, "name": "link", "description": "An article"}],
}


@pytest.fixture
async def emulator() -> AsyncIterator[DiscordEmulator]:
    async with DiscordEmulator(limits=None) as started:
        yield started


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(headers=HEADERS) as session:
        yield session


async def call(
    http: ClientSession, emulator: DiscordEmulator, request: str, body: Any = None
) -> tuple[int, Any]:
    """`"POST /channels/2001/messages"` -> status and JSON."""
    method, path = request.split(" ")
    sent = {} if body is None else {"json": body}
    async with http.request(method, emulator.api_url + path, **sent) as response:
        text = await response.text()
        return response.status, json.loads(text) if text else None


# --- discord.py


@contextlib.asynccontextmanager
async def echo_bot(
    emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[discord.Client]:
    """A bot of discord.py with one command, pointed at the emulator by its two seams."""
    monkeypatch.setattr("discord.http.Route.BASE", emulator.api_url)
    gateway = yarl.URL(emulator.gateway_url)
    monkeypatch.setattr("discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY", gateway)
    client = discord.Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0)
    tree = app_commands.CommandTree(client)

    @tree.command(name="echo", description="Says it again")
    async def echo(interaction: discord.Interaction, words: str) -> None:
        await interaction.response.defer()
        await interaction.followup.send(words, embed=discord.Embed(title="Echo"))

    async def sync() -> None:
        await tree.sync()

    client.setup_hook = sync  # type: ignore[method-assign] # the documented way is a subclass
    async with client:
        running = asyncio.create_task(client.start(TOKEN))
        try:
            yield client
        finally:
            await client.close()
            await running


async def test_discord_py_answers_a_slash_command(
    emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with echo_bot(emulator, monkeypatch):
        await emulator.wait_for_commands()
        await emulator.ready()
        made = await emulator.slash("echo", {"words": "hello"})
        posted = await emulator.wait_for_post()
    assert [one.content for one in posted] == ["hello"]
    assert posted[0].interaction_id == made
    assert posted[0].embeds[0]["title"] == "Echo"
    assert emulator.acks[made] < 3
    assert emulator.violations == []
