"""The command menu that Telegram is told: for whom, in which language, and when."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.adapters.telegram.menu import menus
from bot.core import words
from bot.core.commands import COMMANDS
from bot.core.messages import CommandSpec
from tests.adapters.clerk import Clerk
from tests.adapters.telegram.living import running
from tests.emulators.telegram import Fault, TelegramEmulator

LANGUAGES = ("", *words.LANGUAGES[1:])
PRIVATE, GROUPS, MANAGERS = "all_private_chats", "all_group_chats", "all_chat_administrators"


@contextlib.asynccontextmanager
async def started(
    telegram: TelegramEmulator, memory: Path | None, specs: Sequence[CommandSpec] = COMMANDS
) -> AsyncIterator[None]:
    """A bot that has done all it does at a start: leaving it waits for the menu."""
    adapter = TelegramAdapter(telegram.token, telegram.root, specs, menu_file=memory)
    async with running(telegram, Clerk().answer, adapter=adapter):
        pass
    yield


def told(telegram: TelegramEmulator) -> int:
    return sum(method == "setMyCommands" for method, _ in telegram.requests)


async def test_every_language_has_a_menu_for_private_chats_groups_and_administrators(
    telegram: TelegramEmulator,
) -> None:
    names = [spec.name for spec in COMMANDS]
    for_everyone = [spec.name for spec in COMMANDS if not spec.manages]
    async with started(telegram, None):
        for language in LANGUAGES:
            assert telegram.commands(PRIVATE, language=language) == [*names, "channel"]
            assert telegram.commands(GROUPS, language=language) == for_everyone
            assert telegram.commands(MANAGERS, language=language) == names


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_menu_speaks_its_language(language: str) -> None:
    shown = {menu.language: dict(menu.commands) for menu in menus(COMMANDS) if menu.scope == GROUPS}
    help_ = next(spec for spec in COMMANDS if spec.name == "help")
    assert shown[language]["help"] == words.translate(help_.description, language or "en")


async def test_a_second_start_tells_nothing_again(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    memory = tmp_path / "menu.json"
    async with started(telegram, memory):
        first = told(telegram)
    async with started(telegram, memory):
        assert first == told(telegram) == 3 * len(LANGUAGES)


async def test_only_what_changed_is_told_again(telegram: TelegramEmulator, tmp_path: Path) -> None:
    memory = tmp_path / "menu.json"
    managing = next(spec for spec in COMMANDS if spec.manages)
    other = replace(managing, description="Something new that nobody has translated")
    changed = [other if spec is managing else spec for spec in COMMANDS]
    async with started(telegram, memory):
        first = told(telegram)
    async with started(telegram, memory, changed):
        assert told(telegram) - first == 2 * len(LANGUAGES)  # members do not see it


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"x": 1}'])
async def test_a_memory_that_cannot_be_read_is_none(
    telegram: TelegramEmulator, tmp_path: Path, kept: str
) -> None:
    memory = tmp_path / "menu.json"
    memory.write_text(kept)
    async with started(telegram, memory):
        assert told(telegram) == 3 * len(LANGUAGES)


async def test_what_telegram_did_not_take_is_told_at_the_next_start(
    telegram: TelegramEmulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = tmp_path / "menu.json"
    telegram.fail_next("setMyCommands", Fault.error(500, "Internal Server Error"))
    async with started(telegram, memory):
        assert telegram.commands(PRIVATE) == []
    async with started(telegram, memory):
        assert telegram.commands(PRIVATE) != []
    assert "menu was not set" in caplog.text
