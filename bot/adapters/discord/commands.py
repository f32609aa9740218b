"""The command table -> Discord's application commands, in every language. Pure; no network.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import discord
import regex  # type: ignore[import-untyped] # it ships no types

from bot.core.messages import Argument, CommandSpec
from bot.core.words import N_, localised, translate

MENU: Final = N_("Brief this link")
LOCALES: Final = {
    "fr": ("fr",),
    "es": ("es-ES", "es-419"),
    "de": ("de",),
    "it": ("it",),
    "pt": ("pt-BR",),
    "ar": ("ar",),
    "ru": ("ru",),
}
"""Which of Discord's locales read which language. Those in English need nothing.

https://discord.com/developers/docs/reference#locales and AvailableLocalesEnum of
https://github.com/discord/discord-api-spec, which has "ar".
"""
EVERYWHERE: Final = (0, 1, 2)
"""Contexts: servers, direct messages with the bot, and those between other people."""
NAME, DESCRIPTION, CHOICE = 32, 100, 100
_NAME = regex.compile(r"[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}")
_MANAGE_GUILD = discord.Permissions(manage_guild=True)


def command_payload(
    commands: Sequence[CommandSpec], installs: Collection[int] = (0, 1)
) -> list[dict[str, Any]]:
    """Return the command table as Discord's application commands, plus the message menu.

    `installs` is where the application can be installed: 0 in servers, 1 by a person.
    """
    menu = {
        "type": discord.AppCommandType.message.value,
        "name": MENU,
        "name_localizations": _in_all(lambda language: translate(MENU, language), MENU, _is_menu),
    }
    taken = _english(spec.name for spec in commands)
    slash = [_slash_command(spec, taken) for spec in commands]
    where = {"contexts": list(EVERYWHERE), "integration_types": sorted(installs)}
    return [command | where for command in (*slash, menu)]


def _slash_command(spec: CommandSpec, taken: dict[str, set[str]]) -> dict[str, Any]:
    inner = _english(argument.name for argument in spec.arguments)
    command: dict[str, Any] = {
        "type": discord.AppCommandType.chat_input.value,
        **_named("command", spec.name, spec.description, taken),
        "options": [_option(argument, inner) for argument in spec.arguments],
    }
    if spec.manages:  # not even offered to others, until a server's settings say so
        command["default_member_permissions"] = str(_MANAGE_GUILD.value)
    return command


def _option(argument: Argument, taken: dict[str, set[str]]) -> dict[str, Any]:
    kinds = discord.AppCommandOptionType
    option: dict[str, Any] = {
        "type": (kinds.attachment if argument.is_file else kinds.string).value,
        **_named("argument", argument.name, argument.description, taken),
        "required": argument.required,
    }
    if argument.choices:
        option["choices"] = [_choice(choice) for choice in argument.choices]
    if argument.suggests:
        option["autocomplete"] = True
    return option


def _choice(choice: str) -> dict[str, Any]:
    """Return what can be chosen: it is sent as it is typed elsewhere, and shown translated."""
    shown = _in_all(lambda language: localised("choice", choice, language), choice, _is_choice)
    return {"name": choice, "value": choice, "name_localizations": shown}


def _named(context: str, name: str, description: str, taken: dict[str, set[str]]) -> dict[str, Any]:
    """Return a name and what it means, in every language; `taken` are the names beside it."""
    short = description[:DESCRIPTION]
    names = _in_all(lambda language: localised(context, name, language), name, _is_name)
    return {
        "name": name,
        "name_localizations": _still_free(names, taken),
        "description": short,
        "description_localizations": _in_all(
            lambda language: translate(description, language), description, _is_description
        ),
    }


def _in_all(say: Callable[[str], str], english: str, fits: Callable[[str], bool]) -> dict[str, str]:
    """Return a word in Discord's locales; without one that fits, people see the English."""
    said = {language: say(language) for language in LOCALES}
    good = {key: text for key, text in said.items() if text != english and fits(text)}
    return {locale: text for key, text in good.items() for locale in LOCALES[key]}


def _still_free(names: Mapping[str, str], taken: dict[str, set[str]]) -> dict[str, str]:
    """Leave out a name that a neighbour has in the same language: Discord refuses two of them."""
    free = {locale: text for locale, text in names.items() if text not in taken.get(locale, ())}
    for locale, text in free.items():
        taken[locale].add(text)
    return free


def _english(names: Iterable[str]) -> dict[str, set[str]]:
    """Return the names that are taken in every locale before any is translated."""
    english = frozenset(names)
    return {locale: set(english) for locales in LOCALES.values() for locale in locales}


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and text == text.lower()


def _is_menu(text: str) -> bool:
    return 1 <= len(text) <= NAME


def _is_description(text: str) -> bool:
    return 1 <= len(text) <= DESCRIPTION


def _is_choice(text: str) -> bool:
    return 1 <= len(text) <= CHOICE


def in_english(commands: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the commands without translations: better than none, where Discord refuses one."""
    return [_plain(command) for command in commands]


def _plain(part: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in part.items() if not key.endswith("_localizations")}
    inner = {
        key: [_plain(one) for one in part[key]] for key in ("options", "choices") if key in part
    }
    return kept | inner


def is_registered(wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether Discord's answer says that it has these commands, and no others.

    The answer leaves out what is as usual, adds its own ids, and keeps no order of commands.
    """
    return sorted(map(_essence, wanted), key=_key) == sorted(map(_essence, found), key=_key)


def _key(essence: Mapping[str, Any]) -> tuple[int, str]:
    return essence["type"], essence["name"]


def _essence(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a command, an option or a choice is about, as usual where nothing is said."""
    return {
        "type": part.get("type") or 1,
        "name": part["name"],
        "description": part.get("description") or "",
        "names": part.get("name_localizations") or {},
        "descriptions": part.get("description_localizations") or {},
        "permissions": part.get("default_member_permissions"),
        "contexts": sorted(part.get("contexts") or ()),
        "installs": sorted(part.get("integration_types") or ()),
        "value": part.get("value"),
        "required": bool(part.get("required")),
        "autocomplete": bool(part.get("autocomplete")),
        "options": [_essence(one) for one in part.get("options") or ()],
        "choices": [_essence(one) for one in part.get("choices") or ()],
    }
