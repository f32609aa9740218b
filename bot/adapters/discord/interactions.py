"""What people do on Discord -> Request. Pure; it answers nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from bot.core.messages import Chat, ChatKind, Request


def request_from(interaction: discord.Interaction) -> Request | None:
    """Return what an interaction asks, or None for a kind that the bot has no use for."""
    data: Mapping[str, Any] = interaction.data or {}  # a union of TypedDicts
    quoted = ""
    if interaction.type is discord.InteractionType.component:
        command, _, arguments = str(data.get("custom_id", "")).partition(" ")
    elif interaction.type is not discord.InteractionType.application_command:
        return None
    elif data.get("type") == discord.AppCommandType.message.value:
        command, arguments, quoted = "brief", "", _quoted(data)
    else:
        command, arguments = (
            str(data["name"]),
            " ".join(str(option["value"]) for option in options(data, files=False)),
        )
    return Request(
        chat=chat_of(interaction),
        command=command,
        arguments=arguments,
        quoted=quoted,
        sender=str(interaction.user.id),
        locale=str(interaction.locale.value),
        may_manage=interaction.guild_id is None or interaction.permissions.manage_guild,
    )


def options(data: Mapping[str, Any], *, files: bool) -> list[Mapping[str, Any]]:
    """Return the options of a command that are files, or those that are none."""
    kind = discord.AppCommandOptionType.attachment.value
    return [option for option in data.get("options", []) if (option.get("type") == kind) is files]


def uploaded(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the attachment that an option holds, or None."""
    known = data.get("resolved", {}).get("attachments", {})
    found = [known.get(str(option["value"])) for option in options(data, files=True)]
    return found[0] if found else None


def manages(message: discord.Message) -> bool:
    """Tell whether who wrote a message may change what its channel is subscribed to."""
    author = message.author
    if isinstance(author, discord.Member):
        return author.guild_permissions.manage_guild
    return message.guild is None


def chat_of(interaction: discord.Interaction) -> Chat:
    """Return where an interaction happened; a thread is a chat of its own."""
    kind = ChatKind.PRIVATE if interaction.guild_id is None else ChatKind.GROUP
    return Chat("discord", str(interaction.channel_id), kind)


def focused(data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the option that the person is at, and what is typed in it so far."""
    for option in data.get("options", []):
        if option.get("focused"):
            return str(option["name"]), str(option["value"])
    return "", ""


def _quoted(data: Mapping[str, Any]) -> str:
    """Return the text and the embeds' links of the message that the menu was opened on."""
    message = data.get("resolved", {}).get("messages", {}).get(data.get("target_id"), {})
    links = [embed.get("url", "") for embed in message.get("embeds", [])]
    return "\n".join([message.get("content", "") or "-", *links])


def event_request(channel: int, command: str, why: str) -> Request:
    """Return what happened to a channel as the core hears it."""
    chat = Chat("discord", str(channel), ChatKind.GROUP)
    return Request(chat, command, why, is_event=True)
