"""The command menu, for each language and for who reads it: private chats, groups, administrators.

Telegram forgets no menu, so it is told again only what changed: what it was told last is kept as a
digest in a file. https://core.telegram.org/bots/api#setmycommands
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from telegram import Bot, BotCommand, BotCommandScope
from telegram.constants import BotCommandScopeType
from telegram.error import RetryAfter, TelegramError

from bot.adapters.telegram.api import asked_to_wait
from bot.adapters.telegram.channels import CHANNEL
from bot.core import words
from bot.core.messages import CommandSpec

log = logging.getLogger(__name__)

DESCRIPTION = 256
"""The most that Telegram takes to describe a command."""
PATIENCE_SECONDS = 60
"""Where Telegram asks to wait longer, the menu stays as it is until the next start."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What one kind of chat is shown in one language; "" stands for all languages without one."""

    scope: str
    language: str
    commands: tuple[tuple[str, str], ...]


def menus(specs: Sequence[CommandSpec]) -> list[Menu]:
    """Return all menus. Who manages a group is shown more there than its other members."""
    everyone = [spec for spec in specs if not spec.manages]
    shown = {
        BotCommandScopeType.ALL_PRIVATE_CHATS: [*specs, CHANNEL],
        BotCommandScopeType.ALL_GROUP_CHATS: everyone,
        BotCommandScopeType.ALL_CHAT_ADMINISTRATORS: specs,
    }
    return [
        Menu(scope, code, tuple(_rows(rows, code or words.SOURCE)))
        for scope, rows in shown.items()
        for code in ("", *words.LANGUAGES[1:])
    ]


def _rows(specs: Sequence[CommandSpec], language: str) -> Iterator[tuple[str, str]]:
    for spec in specs:
        yield spec.name, words.translate(spec.description, language)[:DESCRIPTION]


async def announce(bot: Bot, wanted: Sequence[Menu], memory: Path | None) -> None:
    """Set the menus that are not as Telegram was last told; a bot without a menu still answers."""
    told = await asyncio.to_thread(_read, memory)
    changed = [menu for menu in wanted if told.get(_key(bot, menu)) != _digest(menu)]
    try:
        for menu in changed:
            await _set(bot, menu)
            told[_key(bot, menu)] = _digest(menu)
    except TelegramError as error:
        log.warning("Telegram: the command menu was not set: %s", error)
    if changed:
        await asyncio.to_thread(_write, memory, told)


async def _set(bot: Bot, menu: Menu) -> None:
    try:
        await _send(bot, menu)
    except RetryAfter as error:
        if (wait := asked_to_wait(error)) > PATIENCE_SECONDS:
            raise
        await asyncio.sleep(wait)
        await _send(bot, menu)


async def _send(bot: Bot, menu: Menu) -> None:
    commands = [BotCommand(name, meaning) for name, meaning in menu.commands]
    await bot.set_my_commands(commands, BotCommandScope(menu.scope), menu.language or None)


def _key(bot: Bot, menu: Menu) -> str:
    return f"{bot.id} {menu.scope} {menu.language}".strip()


def _digest(menu: Menu) -> str:
    return hashlib.sha256(json.dumps(menu.commands).encode()).hexdigest()[:16]


def _read(memory: Path | None) -> dict[str, str]:
    """Return what was told; what cannot be read was told to nobody."""
    try:
        kept = json.loads(memory.read_text()) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(memory: Path | None, told: dict[str, str]) -> None:
    if memory is None:
        return
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(told, indent=0))
    except OSError as error:
        log.warning("Telegram: the command menu is set again at the next start: %s", error)
