"""The command table -> Discord's application commands. Pure; no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.core.messages import Argument, CommandSpec

MENU = "Brief this link"
_MANAGE_GUILD = discord.Permissions(manage_guild=True)


def command_payload(commands: Sequence[CommandSpec]) -> list[dict[str, Any]]:
    """Return the command table as Discord's application commands, plus the message menu.

    https://discord.com/developers/docs/interactions/application-commands
    """
    slash = [_slash_command(spec) for spec in commands]
    menu = {
        "type": discord.AppCommandType.message.value,
        "name": MENU,
        "contexts": [0, 1, 2],
        "integration_types": [0],
    }
    return [*slash, menu]


def _slash_command(spec: CommandSpec) -> dict[str, Any]:
    command: dict[str, Any] = {
        "type": discord.AppCommandType.chat_input.value,
        "name": spec.name,
        "description": spec.description[:100],
        "options": [_option(argument) for argument in spec.arguments],
        "contexts": [0, 1, 2],
        "integration_types": [0],
    }
    if spec.manages:  # not even offered to those who would be refused
        command["default_member_permissions"] = _MANAGE_GUILD.value
    return command


def _option(argument: Argument) -> dict[str, Any]:
    kinds = discord.AppCommandOptionType
    option: dict[str, Any] = {
        "type": (kinds.attachment if argument.is_file else kinds.string).value,
        "name": argument.name,
        "description": argument.description[:100],
        "required": argument.required,
    }
    if argument.choices:
        option["choices"] = [{"name": choice, "value": choice} for choice in argument.choices]
    if argument.suggests:
        option["autocomplete"] = True
    return option
