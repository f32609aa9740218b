"""Second client libraries run against the emulators unchanged, so that ours does not shape them.

aiogram and hikari are optional. They are used where this environment has them; else set
`DATELINE_OTHER_CLIENTS` to a folder, and they are installed there once, apart from the bot's own
libraries. Without either the tests are skipped.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import venv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import TelegramEmulator

BOTS = Path(__file__).parent / "other_clients"
START_SECONDS = 60
DISCORD_TOKEN = "NDAwMQ==.EMULATOR.TOKEN"
"""Discord's tokens begin with the bot's id in base64, and hikari reads it there."""


def python_with(library: str) -> str:
    """The interpreter that has the library; skips the test where there is none."""
    if importlib.util.find_spec(library):
        return sys.executable
    folder = os.environ.get("DATELINE_OTHER_CLIENTS")
    if not folder:
        pytest.skip(f"{library} is not installed: set DATELINE_OTHER_CLIENTS to a folder for it")
    python = Path(folder) / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if subprocess.run(
        [python, "-c", f"import {library}"], capture_output=True, check=False
    ).returncode:
        wanted = BOTS / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True)
    return str(python)


@asynccontextmanager
async def running(bot: str, *arguments: str) -> AsyncIterator[None]:
    """Run an echo bot for as long as the block lasts; what it says is shown when a test fails."""
    python = await asyncio.to_thread(python_with, bot.partition("_")[0])
    process = await asyncio.create_subprocess_exec(python, str(BOTS / f"{bot}.py"), *arguments)
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


# --- Telegram, by aiogram


async def test_aiogram_greets_is_pressed_and_edits() -> None:
    async with (
        TelegramEmulator() as telegram,
        running("aiogram_bot", telegram.root, telegram.token),
    ):
        await telegram.wait_until(lambda: telegram.world.updates.polls > 0, START_SECONDS)
        await telegram.say("/start")
        [hello] = await telegram.wait_for_post()
        assert (hello.text, hello.buttons) == ("Hello", (("More",),))
        await telegram.press(hello.message_id, "More")
        await telegram.wait_until(lambda: bool(telegram.callback_answers))
        [edited] = telegram.posted()
        assert edited.message_id == hello.message_id
        assert (edited.text, edited.buttons) == ("Here is more", ())
        assert telegram.callback_answers[0].text == "Done"
        assert telegram.commands() == ["start"]
        assert telegram.violations == []


async def test_aiogram_echoes_any_text_and_sends_a_picture() -> None:
    async with (
        TelegramEmulator() as telegram,
        running("aiogram_bot", telegram.root, telegram.token),
    ):
        await telegram.wait_until(lambda: telegram.world.updates.polls > 0, START_SECONDS)
        words = "Mosul <b>&amp; 👩🏽‍🚀 العربية"
        await telegram.say(words)
        [echo] = await telegram.wait_for_post()
        assert echo.text == words
        await telegram.say("/picture")
        [_, picture] = await telegram.wait_for_post(count=2)
        assert (picture.method, picture.text) == ("sendPhoto", "A dot")
        assert telegram.violations == []
        await telegram.wait_until(lambda: telegram.pending == 0)


# --- Discord, by hikari


async def test_hikari_registers_a_command_answers_it_and_its_button() -> None:
    async with (
        DiscordEmulator(DISCORD_TOKEN) as discord,
        running("hikari_bot", discord.api_url, DISCORD_TOKEN),
    ):
        [command] = await discord.wait_for_commands(START_SECONDS)
        assert command["name"] == "echo"
        await discord.ready(START_SECONDS)
        words = "Mosul *&* 👩🏽‍🚀 العربية"
        number = await discord.slash("echo", {"words": words})
        [said] = await discord.wait_for_post()
        assert (said.content, said.buttons, said.interaction_id) == (words, (("More",),), number)
        pressed = await discord.press(said.message_id, "More")
        await discord.wait_until(lambda: discord.posted()[0].edited)
        [edited] = discord.posted()
        assert (edited.content, edited.buttons) == ("Here is more", ())
        assert discord.acks.keys() >= {number, pressed}
        assert discord.violations == []


async def test_hikari_hears_what_mentions_it_and_replies() -> None:
    async with (
        DiscordEmulator(DISCORD_TOKEN) as discord,
        running("hikari_bot", discord.api_url, DISCORD_TOKEN),
    ):
        await discord.ready(START_SECONDS)
        await discord.say("small talk that the bot does not hear")
        await discord.say("<@4001> hello")
        [said] = await discord.wait_for_post()
        assert said.content == "hello"
        assert [embed["title"] for embed in said.embeds] == ["Echo"]
        assert discord.violations == []
