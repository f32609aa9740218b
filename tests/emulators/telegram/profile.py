"""The bot about itself: getMe, its commands and its descriptions. Knows no HTTP.

https://core.telegram.org/bots/api#setmycommands
"""

from __future__ import annotations

import re

from tests.emulators.telegram.errors import Json, bad_request
from tests.emulators.telegram.params import Params, to_integer
from tests.emulators.telegram.rooms import find_room
from tests.emulators.telegram.world import World

MAX_COMMANDS = 100
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
Key = tuple[str, int, int, str]


def get_me(world: World, params: Params) -> Json:
    """getMe."""
    del params
    return world.bot.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(world: World, params: Params) -> bool:
    """setMyCommands."""
    commands = params.array("commands")
    if commands is None:
        raise bad_request('can\'t parse BotCommand: parameter "commands" is required')
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_key(world, params)] = [_command(command) for command in commands]
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """getMyCommands: those of exactly this scope and language, or none."""
    return world.commands.get(_key(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """deleteMyCommands."""
    world.commands.pop(_key(world, params), None)
    return True


def _command(command: object) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    # Telegram takes the slash and drops it.
    name = str(command.get("command", "")).removeprefix("/")
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(command.get("description", "")).strip()
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _key(world: World, params: Params) -> Key:
    scope = params.mapping("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if "chat_id" in _SCOPES[kind]:
        find_room(world, Params(scope))
    chat, user = (to_integer(scope.get(name)) for name in ("chat_id", "user_id"))
    return kind, chat, user, _language(params)


def _language(params: Params) -> str:
    language = params.text("language_code")
    if not re.fullmatch(r"([a-z]{2})?", language):
        raise bad_request("invalid language code specified")
    return language


_LONGEST = {"name": 64, "description": 512, "short_description": 120}


def set_my(world: World, params: Params, what: str) -> bool:
    """setMyName, setMyDescription, setMyShortDescription."""
    text = params.text(what)
    if len(text) > _LONGEST[what]:
        raise bad_request(f"BOT_{what.upper()}_TOO_LONG")
    world.profile[what, _language(params)] = text
    return True


def get_my(world: World, params: Params, what: str) -> Json:
    """getMyName, getMyDescription, getMyShortDescription."""
    default = world.bot.first_name if what == "name" else ""
    texts = world.profile
    return {what: texts.get((what, _language(params)), texts.get((what, ""), default))}
