"""Numbers, errors and small values of Discord's wire; knows neither sockets nor state.

Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
AnyJson: TypeAlias = Any  # any JSON value: a wire gives what it gives

# Permissions (https://discord.com/developers/docs/topics/permissions).
ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_APPLICATION_COMMANDS = 1 << 31
SEND_IN_THREADS = 1 << 38
MEMBER_PERMISSIONS = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | USE_APPLICATION_COMMANDS
    | SEND_IN_THREADS
)
ALL_PERMISSIONS = (1 << 53) - 1

# Gateway intents (https://discord.com/developers/docs/events/gateway#gateway-intents).
GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
DIRECT_MESSAGES = 1 << 12
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
KNOWN_INTENTS = ((1 << 17) - 1) | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25

# Message flags.
SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15

# Channel types.
TEXT, DM, GROUP_DM, THREAD, FORUM = 0, 1, 3, 11, 15

# Gateway opcodes.
DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE = 0, 1, 2, 3, 4
RESUME, RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 6, 7, 8, 9, 10, 11
REQUEST_SOUNDBOARD, REQUEST_CHANNEL_INFO = 31, 43

# Interaction types and callback types.
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, REPLY, DEFER_REPLY, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9

# Application command types.
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3

INVALID_FORM = 50035


class ApiError(Exception):
    """An answer of the HTTP API that says no: status, Discord's code and message."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


def unknown(thing: str, code: int) -> ApiError:
    return ApiError(404, code, f"Unknown {thing}")


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


class FormErrors:
    """The nested `errors` object of an "Invalid Form Body"."""

    def __init__(self) -> None:
        self.tree: Json = {}

    def add(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        node = self.tree
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def required(self, *path: str | int) -> None:
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def length(self, path: tuple[str | int, ...], text: str, longest: int, least: int = 0) -> None:
        """Count code points: the API is written in Python 3 and takes `len` of a string, says
        its maintainer in https://github.com/discord/discord-api-docs/issues/1315."""
        if least and not least <= len(text) <= longest:
            message = f"Must be between {least} and {longest} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", message)
        elif len(text) > longest:
            message = f"Must be {longest} or fewer in length."
            self.add(path, "BASE_TYPE_MAX_LENGTH", message)

    def done(self) -> None:
        if self.tree:
            raise ApiError(400, INVALID_FORM, "Invalid Form Body", self.tree)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the HTTP API, read whole. `path` is below /api/v10."""

    method: str
    path: str
    query: dict[str, str]
    body: AnyJson = None
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def form(self) -> Json:
        """The body where an object is expected."""
        if not isinstance(self.body, dict):
            errors = FormErrors()
            errors.add((), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            errors.done()
        return dict(self.body)

    def id(self, name: str) -> int:
        """A snowflake of the path."""
        text = self.ids[name]
        if not text.isdecimal():
            errors = FormErrors()
            message = f'Value "{text}" is not snowflake.'
            errors.add((name,), "NUMBER_TYPE_COERCE", message)
            errors.done()
        return int(text)


def template_pattern(template: str) -> re.Pattern[str]:
    """`/channels/{channel_id}/messages` -> a pattern; `{x}` is one segment, `*` anything."""
    parts = re.split(r"(\{\w+\}|\*)", template)
    return re.compile("".join(_piece(part) for part in parts))


def _piece(part: str) -> str:
    if part == "*":
        return ".*"
    if part.startswith("{"):
        return f"(?P<{part[1:-1]}>[^/]+)"
    return re.escape(part)
