"""What people do on Discord -> Asked. Pure; it answers nothing.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.adapters.discord.asked import Asked
from bot.adapters.several import unmarked
from bot.core.commands import in_words
from bot.core.follow_orders import is_list_file
from bot.core.messages import Chat, ChatKind, CommandSpec, Request

PRIVATELY = frozenset({"settings"})
"""Commands whose answer is nobody else's business: in a server only their person sees it."""


def asked_by_interaction(
    interaction: discord.Interaction, commands: Sequence[CommandSpec], *, guarded: bool
) -> Asked | None:
    """Return what an interaction asks, or None for a kind that the bot has no use for.

    `guarded` says that Discord knows who may use which command: see `_may_manage`.
    """
    data: Mapping[str, Any] = interaction.data or {}  # a union of TypedDicts
    pressed = interaction.type is discord.InteractionType.component
    if not pressed and interaction.type is not discord.InteractionType.application_command:
        return None
    specs = {spec.name: spec for spec in commands}
    command, arguments, quoted = _order(data, specs, pressed=pressed)
    decided = guarded and not pressed and command in specs and specs[command].manages
    request = Request(
        chat=chat_of(interaction),
        command=command,
        arguments=arguments,
        quoted=quoted,
        sender=str(interaction.user.id),
        locale=str(interaction.locale.value),
        may_manage=_may_manage(interaction, decided=decided),
        is_press=pressed,
    )
    return Asked(
        f"i{interaction.id}",
        request,
        _uploaded(data),
        interaction.application_id,
        interaction.token,
        hidden=_is_hidden(interaction, command),
        elsewhere=is_elsewhere(interaction),
        last=_one_of_several(interaction, data) if pressed else 0,
    )


def _order(
    data: Mapping[str, Any], specs: Mapping[str, CommandSpec], *, pressed: bool
) -> tuple[str, str, str]:
    """Return the command, its arguments and the text that it is about."""
    if pressed:
        command, _, arguments = unmarked(str(data.get("custom_id", "")))[0].partition(" ")
        return command, arguments, ""
    if data.get("type") == discord.AppCommandType.message.value:
        return "brief", "", _quoted(data)
    name = str(data["name"])
    return name, " ".join(_typed(data, specs.get(name))), ""


def _typed(data: Mapping[str, Any], spec: CommandSpec | None) -> list[str]:
    """Return what was typed, in the table's order: the app sends it in that of the typing."""
    typed = {str(one["name"]): str(one["value"]) for one in _options(data, files=False)}
    known = [argument.name for argument in spec.arguments] if spec else []
    return [typed[name] for name in sorted(typed, key=lambda name: _place(name, known))]


def _place(name: str, known: Sequence[str]) -> int:
    return known.index(name) if name in known else len(known)


def is_elsewhere(interaction: discord.Interaction) -> bool:
    """Tell whether only its person has the bot here: no server or chat that the bot is in.

    Nothing can be posted there but the answer to the interaction itself.
    """
    in_server = interaction.guild_id is not None
    stranger = in_server and not interaction.is_guild_integration()
    return stranger or bool(interaction.context.private_channel)


def _may_manage(interaction: discord.Interaction, *, decided: bool) -> bool:
    """Tell whether who acts may change what the chat is subscribed to.

    Managing commands are registered for those who have "Manage Server", and a server's settings
    may let others use them, or not. So what Discord let through as a command is allowed (`decided`)
    - but not for one's own installation of the bot, of which the server decides nothing. For a
    button "Manage Server" counts, until the server's settings are asked (`permissions`).
    """
    if is_elsewhere(interaction):
        return False
    if interaction.guild_id is None:
        return True
    from_server = decided and not interaction.is_user_integration()
    return from_server or interaction.permissions.manage_guild


def _is_hidden(interaction: discord.Interaction, command: str) -> bool:
    """Tell whether only its person shall see the answer: as with the message it is asked under."""
    message = interaction.message
    under_hidden = message is not None and message.flags.ephemeral
    return under_hidden or (interaction.guild_id is not None and command in PRIVATELY)


def _one_of_several(interaction: discord.Interaction, data: Mapping[str, Any]) -> int:
    """Return the message of a pressed button where its answer has several messages, or 0."""
    _order, several = unmarked(str(data.get("custom_id", "")))
    return interaction.message.id if several and interaction.message is not None else 0


def _options(data: Mapping[str, Any], *, files: bool) -> list[Mapping[str, Any]]:
    """Return the options of a command that are files, or those that are none."""
    kind = discord.AppCommandOptionType.attachment.value
    return [option for option in data.get("options", []) if (option.get("type") == kind) is files]


def _uploaded(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the attachment that an option holds, or None."""
    known = data.get("resolved", {}).get("attachments", {})
    found = [known.get(str(option["value"])) for option in _options(data, files=True)]
    return found[0] if found else None


def _quoted(data: Mapping[str, Any]) -> str:
    """Return the text and the embeds' links of the message that the menu was opened on."""
    message = data.get("resolved", {}).get("messages", {}).get(data.get("target_id"), {})
    links = [embed.get("url", "") for embed in message.get("embeds", [])]
    return "\n".join([message.get("content", "") or "-", *links])


def chat_of(interaction: discord.Interaction) -> Chat:
    """Return where an interaction happened; a thread is a chat of its own."""
    shared = interaction.guild_id is not None or interaction.context.private_channel
    kind = ChatKind.GROUP if shared else ChatKind.PRIVATE
    return Chat("discord", str(interaction.channel_id), kind)


def half_typed(data: Mapping[str, Any], commands: Sequence[CommandSpec]) -> str:
    """Return what the option that a person is at is about, and what is typed of it."""
    name, typed = _focused(data)
    kinds = {
        (spec.name, argument.name): argument.suggests
        for spec in commands
        for argument in spec.arguments
    }
    return f"{kinds.get((str(data.get('name')), name), '')} {typed}"


def _focused(data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the option that the person is at, and what is typed in it so far."""
    for option in data.get("options", []):
        if option.get("focused"):
            return str(option["name"]), str(option["value"])
    return "", ""


def asked_by_message(
    message: discord.Message, me: discord.ClientUser, locale: str = ""
) -> Asked | None:
    """Return what words ask that mention the bot, or that are said to it in private.

    Discord does not say in which language a message's author reads: `locale`, where it is known.
    """
    if message.author.bot or (message.guild and me not in message.mentions):
        return None
    words = message.content.replace(f"<@{me.id}>", "").replace(f"<@!{me.id}>", "").strip()
    command, arguments = in_words(words)
    lists = [file.to_dict() for file in message.attachments if is_list_file(file.filename)]
    if lists:
        command, arguments = "follow", ""
    kind = ChatKind.GROUP if message.guild else ChatKind.PRIVATE
    chat = Chat("discord", str(message.channel.id), kind)
    sender = str(message.author.id)
    may = _manages(message)
    request = Request(chat, command, arguments, sender=sender, locale=locale, may_manage=may)
    return Asked(f"m{message.id}", request, lists[0] if lists else None)


def _manages(message: discord.Message) -> bool:
    author = message.author
    if isinstance(author, discord.Member):
        return author.guild_permissions.manage_guild
    return message.guild is None


def event_request(channel: int, command: str, why: str) -> Request:
    """Return what happened to a channel as the core hears it."""
    chat = Chat("discord", str(channel), ChatKind.GROUP)
    return Request(chat, command, why, is_event=True)
