"""What a person's Discord app sends when a person types or presses; pure, given the state.

It refuses what the app would not offer: a command that is not registered, an option it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.emulators.discord import rules, wire
from tests.emulators.discord.state import BOT, Channel, Interaction, Message, State
from tests.emulators.discord.wire import AnyJson, Json

Options: TypeAlias = Mapping[str, Any]
BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 5, 6, 7, 8, 9, 11
GUILD_CONTEXT, DM_CONTEXT, PRIVATE_CONTEXT = 0, 1, 2
MAX_SAFE_INTEGER = 2**53


class NotOfferedError(Exception):
    """The app would not let a person do this."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, where, with which permissions there and in which language.

    `has_app` says that the person has installed the application for their own use.
    """

    user: int
    place: Channel
    permissions: int
    locale: str = "en-US"
    has_app: bool = False


# --- which command


def find_command(state: State, kind: int, name: str, person: Person) -> Json:
    """The command as the app's menu would list it for this person in this place."""
    channel = person.place
    here = {None, None if channel.guild is None else str(channel.guild)}
    found = [
        one
        for one in state.commands.values()
        if one["type"] == kind and one["name"] == name and one.get("guild_id") in here
    ]
    if not found:
        names = sorted(one["name"] for one in state.commands.values() if one["type"] == kind)
        raise NotOfferedError(f"no command {name!r} here; registered: {', '.join(names) or 'none'}")
    command = max(found, key=lambda one: one.get("guild_id") is not None)
    _check_context(state, command, person)
    if "0" in owners(state, person):  # in one's own installation nobody's permissions count
        _check_permissions(state, command, person)
    return command


def context_of(channel: Channel) -> int:
    """Which interaction context a place is."""
    if channel.guild is not None:
        return GUILD_CONTEXT
    return PRIVATE_CONTEXT if channel.kind == wire.GROUP_DM else DM_CONTEXT


def owners(state: State, person: Person) -> dict[str, str]:
    """Who installed the application, that it can be used here: "0" the server, "1" the person.

    https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
    """
    channel, found = person.place, {}
    guild = state.guilds.get(channel.guild or 0)
    if guild is not None and BOT in guild.members:
        found["0"] = str(guild.id)
    if context_of(channel) == DM_CONTEXT:
        found["0"] = "0"
    if person.has_app:
        found["1"] = str(person.user)
    return found


def _check_context(state: State, command: Json, person: Person) -> None:
    channel, context = person.place, context_of(person.place)
    contexts, types = command.get("contexts"), command.get("integration_types") or [0]
    allowed = context == GUILD_CONTEXT or command["dm_permission"]
    installed = any(int(key) in types for key in owners(state, person))
    if installed and (context in contexts if contexts is not None else allowed):
        return
    where = "in direct messages" if channel.guild is None else "in servers"
    raise NotOfferedError(f"command {command['name']!r} is not offered {where}")


def _check_permissions(state: State, command: Json, person: Person) -> None:
    """The server's settings for the command decide, and without any its default permissions.

    Those of the command come before those of all commands, a person before roles, roles before
    @everyone. https://discord.com/developers/docs/interactions/application-commands#permissions
    """
    channel, permissions = person.place, person.permissions
    if channel.guild is None or permissions & wire.ADMINISTRATOR:
        return
    settings = state.command_permissions.get(channel.guild, {})
    told = settings.get(int(command["id"])) or settings.get(BOT) or []
    for wanted in ((2, person.user), (1, channel.guild)):
        for one in told:
            if (one["type"], int(one["id"])) == wanted:
                if one["permission"]:
                    return
                raise NotOfferedError(
                    f"command {command['name']!r} is switched off for this person"
                )
    needed = command["default_member_permissions"]
    if needed is None:
        return
    if int(needed) == 0 or int(needed) & ~permissions:
        raise NotOfferedError(f"command {command['name']!r} needs permissions {needed}")


# --- which options


def command_data(state: State, command: Json, words: list[str], options: Options) -> Json:
    """`data` of the interaction, with option values in their types and what they refer to."""
    node, typed = _descend(command, words)
    offered = node.get("options") or []
    unknown = set(options) - {one["name"] for one in offered}
    if unknown:
        names = ", ".join(one["name"] for one in offered) or "none"
        raise NotOfferedError(f"no option {sorted(unknown)}; {command['name']!r} has: {names}")
    missing = [one["name"] for one in offered if one.get("required") and one["name"] not in options]
    if missing:
        raise NotOfferedError(f"{command['name']!r} needs {', '.join(missing)}")
    by_name = {one["name"]: one for one in offered}
    values = [_typed(by_name[name], value) for name, value in options.items()]
    return _head(command) | _wrapped(typed, values) | _resolved(state, values)


def _head(command: Json) -> Json:
    head = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return head | ({"guild_id": command["guild_id"]} if command.get("guild_id") else {})


def _descend(command: Json, words: list[str]) -> tuple[Json, list[Json]]:
    """Follow `subscribe add` down to the subcommand."""
    node, path = command, []
    for word in words:
        found = [one for one in node.get("options") or [] if one["name"] == word]
        if not found or found[0]["type"] not in {rules.SUBCOMMAND, rules.GROUP}:
            raise NotOfferedError(f"{node['name']!r} has no subcommand {word!r}")
        node = found[0]
        path.append({"name": word, "type": node["type"]})
    kinds = {one["type"] for one in node.get("options") or []}
    if kinds & {rules.SUBCOMMAND, rules.GROUP}:
        raise NotOfferedError(f"{node['name']!r} is used with a subcommand")
    return node, path


def _wrapped(path: list[Json], values: list[Json]) -> Json:
    inner = values
    for step in reversed(path):
        inner = [step | {"options": inner}]
    return {"options": inner} if inner else {}


def _typed(option: Json, value: AnyJson) -> Json:
    made = _value(option, value)
    choices = option.get("choices") or []
    if choices:
        made = _chosen(option["name"], choices, made)
    _check_range(option, made)
    return {"name": option["name"], "type": option["type"], "value": made}


def _value(option: Json, value: AnyJson) -> AnyJson:
    try:
        if option["type"] == rules.INTEGER:
            return _integer(value)
        if option["type"] == rules.NUMBER:
            return float(value)
    except (ValueError, TypeError):
        raise NotOfferedError(f"option {option['name']!r} takes a number, not {value!r}") from None
    if option["type"] == BOOLEAN:
        return _boolean(option, value)
    return str(value)


def _integer(value: AnyJson) -> int:
    number = int(value)
    if abs(number) > MAX_SAFE_INTEGER:
        raise ValueError
    return number


def _boolean(option: Json, value: AnyJson) -> bool:
    known = {"true": True, "false": False}
    if str(value).lower() not in known:
        raise NotOfferedError(f"option {option['name']!r} takes true or false, not {value!r}")
    return known[str(value).lower()]


def _chosen(name: str, choices: list[Json], value: AnyJson) -> AnyJson:
    for choice in choices:
        if value in {choice["value"], choice["name"]}:
            return choice["value"]
    offered = ", ".join(str(one["name"]) for one in choices)
    raise NotOfferedError(f"option {name!r} has no choice {value!r}; it has: {offered}")


def _check_range(option: Json, value: AnyJson) -> None:
    size = len(value) if isinstance(value, str) else value
    least = option.get("min_length" if isinstance(value, str) else "min_value")
    most = option.get("max_length" if isinstance(value, str) else "max_value")
    if option["type"] == rules.STRING:
        most = 6000 if most is None else most
    if (least is not None and size < least) or (most is not None and size > most):
        raise NotOfferedError(f"option {option['name']!r} is out of its range")


def _resolved(state: State, values: Iterable[Json]) -> Json:
    """Users, channels and roles that options name, as the app sends them along."""
    resolved: dict[str, Json] = {}
    for value in values:
        key = str(value["value"])
        if not key.isdecimal():
            continue
        if value["type"] in {USER, MENTIONABLE} and int(key) in state.users:
            resolved.setdefault("users", {})[key] = state.user_wire(int(key))
            resolved.setdefault("members", {})[key] = _partial_member(state, int(key))
        elif value["type"] == ATTACHMENT and int(key) in state.uploads:
            resolved.setdefault("attachments", {})[key] = state.uploads[int(key)][0]
        elif value["type"] == CHANNEL and int(key) in state.channels:
            channel = state.channels[int(key)]
            shown = state.channel_wire(channel) | {"permissions": str(wire.MEMBER_PERMISSIONS)}
            resolved.setdefault("channels", {})[key] = shown
    return {"resolved": resolved} if resolved else {}


def _partial_member(state: State, user: int) -> Json:
    guild = next(iter(state.guilds.values()))
    member = state.member_wire(guild, user, with_user=False)
    hidden = {"deaf", "mute"}
    shown = {key: value for key, value in member.items() if key not in hidden}
    return shown | {"permissions": str(guild.permissions)}


def focused_data(state: State, command: Json, words: list[str], typed: Options, at: str) -> Json:
    """`data` of an autocomplete interaction: half-typed options, one of them in focus."""
    node, path = _descend(command, words)
    by_name = {one["name"]: one for one in node.get("options") or []}
    if not by_name.get(at, {}).get("autocomplete"):
        raise NotOfferedError(f"option {at!r} of {command['name']!r} has no autocompletion")
    values = [
        {"name": name, "type": by_name[name]["type"], "value": str(value)}
        | ({"focused": True} if name == at else {})
        for name, value in typed.items()
    ]
    return _head(command) | _wrapped(path, values)


def menu_data(state: State, command: Json, message: Message) -> Json:
    """`data` of a command from a message's context menu."""
    shown = {str(message.id): state.message_wire(message)}
    target = {"target_id": str(message.id), "resolved": {"messages": shown}}
    return _head(command) | target


# --- components


def labels(components: list[Json]) -> tuple[tuple[str, ...], ...]:
    """The rows of buttons as a person reads them."""
    rows = [part for part in rules.walk(components) if part.get("type") == rules.ACTION_ROW]
    shown = [tuple(_label(part) for part in row["components"] if _is_button(part)) for row in rows]
    return tuple(row for row in shown if row)


def _is_button(part: Json) -> bool:
    return part.get("type") == rules.BUTTON


def _label(button: Json) -> str:
    emoji = (button.get("emoji") or {}).get("name") or ""
    return " ".join(part for part in (emoji, button.get("label") or "") if part)


def find_button(message: Message, label: str) -> Json:
    buttons = [part for part in rules.walk(message.components) if _is_button(part)]
    found = [part for part in buttons if label in {_label(part), part.get("label")}]
    if not found:
        names = ", ".join(map(_label, buttons)) or "none"
        raise NotOfferedError(f"no button {label!r}; the message has: {names}")
    if found[0].get("disabled") or not found[0].get("custom_id"):
        raise NotOfferedError(f"button {label!r} is disabled or a link")
    return found[0]


def find_select(message: Message, values: list[str]) -> Json:
    """The select menu that offers these values (or labels)."""
    for part in rules.walk(message.components):
        offered = {one["label"]: one["value"] for one in part.get("options") or []}
        if all(one in offered or one in offered.values() for one in values) and offered:
            return part | {"values": [offered.get(one, one) for one in values]}
    raise NotOfferedError(f"no select menu offers {values}")


# --- the interaction around the data


def interaction_wire(
    state: State,
    interaction: Interaction,
    data: Json,
    person: Person,
    message: Message | None = None,
) -> Json:
    """INTERACTION_CREATE, as the gateway sends it."""
    channel, permissions = person.place, person.permissions
    shown = state.channel_wire(channel)
    body: Json = {
        "id": str(interaction.id),
        "application_id": str(BOT),
        "type": interaction.kind,
        "data": data,
        "channel_id": str(channel.id),
        "channel": shown | ({"permissions": str(permissions)} if channel.guild else {}),
        "token": interaction.token,
        "version": 1,
        "app_permissions": str(state.bot_permissions(channel) or wire.MEMBER_PERMISSIONS),
        "locale": person.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if message is not None:
        body["message"] = state.message_wire(message)
    return body | _who_and_where(state, person)


def _who_and_where(state: State, person: Person) -> Json:
    channel = person.place
    about: Json = {
        "authorizing_integration_owners": owners(state, person),
        "context": context_of(channel),
    }
    if channel.guild is None:
        return about | {"user": state.user_wire(person.user)}
    guild = state.guilds[channel.guild]
    member = state.member_wire(guild, person.user)
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "member": member | {"permissions": str(person.permissions)},
    } | about
