"""The routes of Discord's HTTP API, each a function from a call to an answer; knows no sockets.

Source: https://discord.com/developers/docs/reference
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from tests.emulators.discord import interactions, messages, rules, wire
from tests.emulators.discord.state import BOT, GUILD, Channel, Message, State
from tests.emulators.discord.wire import ApiError, Call, FormErrors, Json, unknown

Answer: TypeAlias = tuple[int, Any]
Handler: TypeAlias = Callable[[State, Call], Answer]
NOTHING: Answer = (204, None)
ROUTES: list[tuple[str, str, re.Pattern[str], Handler]] = []
OPEN_ROUTES = ("/interactions/", "/webhooks/", "/gateway")


def route(*places: str) -> Callable[[Handler], Handler]:
    """Register a handler: `@route("GET /users/@me")`."""

    def register(handler: Handler) -> Handler:
        for place in places:
            method, template = place.split(" ")
            ROUTES.append((method, template, wire.template_pattern(template), handler))
        return handler

    return register


def find(method: str, path: str) -> tuple[str, dict[str, str], Handler]:
    """The template, the ids in the path and the handler, or a 404 or 405."""
    found = [(one, match) for one in ROUTES if (match := one[2].fullmatch(path))]
    for (verb, template, _, handler), match in found:
        if verb == method:
            return template, match.groupdict(), handler
    if found:
        raise ApiError(405, 0, "405: Method Not Allowed")
    raise ApiError(404, 0, "404: Not Found")


# --- the bot and its application


@route("GET /users/@me")
def get_me(state: State, _call: Call) -> Answer:
    return 200, state.me_wire()


@route("GET /users/@me/guilds")
def get_my_guilds(state: State, _call: Call) -> Answer:
    mine = [one for one in state.guilds.values() if BOT in one.members]
    names = ("id", "name", "icon", "banner", "features")
    extra = {"owner": False}
    return 200, [
        {key: state.guild_wire(one)[key] for key in names}
        | extra
        | {"permissions": str(one.permissions)}
        for one in mine
    ]


@route("GET /users/{user_id}")
def get_user(state: State, call: Call) -> Answer:
    if call.id("user_id") not in state.users:
        raise unknown("User", 10013)
    return 200, state.user_wire(call.id("user_id"))


@route("POST /users/@me/channels")
def open_direct_channel(state: State, call: Call) -> Answer:
    recipient = str(call.form.get("recipient_id") or "")
    errors = FormErrors()
    if not recipient.isdecimal():
        errors.add(("recipient_id",), "NUMBER_TYPE_COERCE", f'Value "{recipient}" is not snowflake')
    errors.done()
    if int(recipient) not in state.users or int(recipient) == BOT:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return 200, state.channel_wire(state.direct_channel(int(recipient)))


@route("GET /applications/@me", "GET /oauth2/applications/@me")
def get_application(state: State, _call: Call) -> Answer:
    return 200, application_wire(state)


def application_wire(state: State) -> Json:
    owner = state.guilds[GUILD].owner
    return {
        "id": str(BOT),
        "name": state.users[BOT].name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "verify_key": "0" * 64,
        "bot_public": True,
        "bot_require_code_grant": False,
        "flags": application_flags(state.privileged),
        "flags_new": str(application_flags(state.privileged)),
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "owner": state.user_wire(owner),
        "team": None,
        "bot": state.user_wire(BOT),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": len(state.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "integration_types_config": {str(one): {} for one in sorted(state.installs)},
    }


def application_flags(privileged: int) -> int:
    """The "limited" flags that say which privileged intents are switched on."""
    flags = {wire.GUILD_PRESENCES: 1 << 13, wire.GUILD_MEMBERS: 1 << 15}
    flags[wire.MESSAGE_CONTENT] = 1 << 19
    return sum(flag for intent, flag in flags.items() if privileged & intent)


@route("GET /applications/{application_id}/emojis")
def get_application_emojis(_state: State, _call: Call) -> Answer:
    return 200, {"items": []}


# --- application commands


def _scope(state: State, call: Call) -> int | None:
    if call.ids["application_id"] != str(BOT):
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    return state.guild(call.id("guild_id")).id if "guild_id" in call.ids else None


def _in_scope(state: State, guild: int | None) -> list[Json]:
    wanted = None if guild is None else str(guild)
    return [one for one in state.commands.values() if one.get("guild_id") == wanted]


GLOBAL = "/applications/{application_id}/commands"
LOCAL = "/applications/{application_id}/guilds/{guild_id}/commands"


@route(f"GET {GLOBAL}", f"GET {LOCAL}")
def get_commands(state: State, call: Call) -> Answer:
    """The dictionaries of translations are only there for those who ask for them."""
    found = _in_scope(state, _scope(state, call))
    whole = call.query.get("with_localizations", "").lower() in {"1", "true"}
    return 200, found if whole else [_without_localizations(one) for one in found]


def _without_localizations(part: Json) -> Json:
    kept = {key: value for key, value in part.items() if not key.endswith("_localizations")}
    for key in ("options", "choices"):
        if key in kept:
            kept[key] = [_without_localizations(one) for one in kept[key]]
    return kept


@route(f"PUT {GLOBAL}", f"PUT {LOCAL}")
def put_commands(state: State, call: Call) -> Answer:
    guild, wanted = _scope(state, call), call.body if isinstance(call.body, list) else []
    rules.check_commands(wanted, state.installs)
    old = {_key(one): one for one in _in_scope(state, guild)}
    for one in old.values():
        del state.commands[int(one["id"])]
    made = [_command(state, one, guild, old.get(_key(one))) for one in wanted]
    state.commands |= {int(one["id"]): one for one in made}
    state.commands_set = True
    return 200, made


@route(f"POST {GLOBAL}", f"POST {LOCAL}")
def post_command(state: State, call: Call) -> Answer:
    guild, body = _scope(state, call), call.form
    old = {_key(one): one for one in _in_scope(state, guild)}
    _check_one(body)
    if _key(body) not in old:
        rules.check_commands([*old.values(), body], state.installs)
    made = _command(state, body, guild, old.get(_key(body)))
    state.commands[int(made["id"])] = made
    state.commands_set = True
    return 200 if _key(body) in old else 201, made


def _check_one(command: Json) -> None:
    errors = FormErrors()
    rules.check_command(command, (), errors)
    errors.done()


def _key(command: Json) -> tuple[int, str]:
    return command.get("type") or wire.CHAT_INPUT, command["name"]


def _command(state: State, body: Json, guild: int | None, old: Json | None) -> Json:
    permissions = body.get("default_member_permissions")
    menu = _key(body)[0] != wire.CHAT_INPUT
    made: Json = {
        "id": old["id"] if old else str(state.new_id()),
        "application_id": str(BOT),
        "version": str(state.new_id()),
        "default_member_permissions": None if permissions is None else str(permissions),
        "type": _key(body)[0],
        "name": body["name"],
        "name_localizations": body.get("name_localizations"),
        "description": "" if menu else body["description"],
        "description_localizations": body.get("description_localizations"),
        "dm_permission": body.get("dm_permission") is not False,
        "contexts": body.get("contexts"),
        "integration_types": body.get("integration_types") or sorted(state.installs),
        "nsfw": bool(body.get("nsfw")),
    }
    if body.get("options"):
        made["options"] = body["options"]
    return made | ({} if guild is None else {"guild_id": str(guild)})


def _one_command(state: State, call: Call) -> Json:
    command = state.commands.get(call.id("command_id"))
    if command not in _in_scope(state, _scope(state, call)):
        raise unknown("application command", 10063)
    return command


@route(f"GET {LOCAL}/permissions")
def get_command_permissions(state: State, call: Call) -> Answer:
    """What a server's settings say; the application's own id is that of all commands."""
    guild = call.id("guild_id")
    state.guild(guild)
    return 200, [
        {
            "id": str(command),
            "application_id": str(BOT),
            "guild_id": str(guild),
            "permissions": permissions,
        }
        for command, permissions in state.command_permissions.get(guild, {}).items()
    ]


ONE_GLOBAL, ONE_LOCAL = GLOBAL + "/{command_id}", LOCAL + "/{command_id}"


@route(f"GET {ONE_GLOBAL}", f"GET {ONE_LOCAL}")
def get_command(state: State, call: Call) -> Answer:
    return 200, _one_command(state, call)


@route(f"PATCH {ONE_GLOBAL}", f"PATCH {ONE_LOCAL}")
def patch_command(state: State, call: Call) -> Answer:
    old = _one_command(state, call)
    body = old | call.form
    _check_one(body)
    state.commands[int(old["id"])] = _command(state, body, _scope(state, call), old)
    return 200, state.commands[int(old["id"])]


@route(f"DELETE {ONE_GLOBAL}", f"DELETE {ONE_LOCAL}")
def delete_command(state: State, call: Call) -> Answer:
    del state.commands[int(_one_command(state, call)["id"])]
    return NOTHING


# --- interactions


@route("POST /interactions/{interaction_id}/{interaction_token}/callback")
def post_callback(state: State, call: Call) -> Answer:
    interaction = interactions.acknowledge(state, call)
    if call.query.get("with_response", "").lower() not in {"1", "true"}:
        return NOTHING
    return 200, interactions.callback_answer(state, interaction)


HOOK = "/webhooks/{webhook_id}/{webhook_token}"


@route(f"POST {HOOK}")
def post_follow_up(state: State, call: Call) -> Answer:
    return 200, state.message_wire(interactions.follow_up(state, call))


@route(f"GET {HOOK}/messages/{{message_id}}")
def get_follow_up(state: State, call: Call) -> Answer:
    return 200, state.message_wire(interactions.webhook_message(state, call))


@route(f"PATCH {HOOK}/messages/{{message_id}}")
def patch_follow_up(state: State, call: Call) -> Answer:
    message = interactions.webhook_message(state, call)
    messages.change(state, message, call.form, call.files)
    return 200, state.message_wire(message)


@route(f"DELETE {HOOK}/messages/{{message_id}}")
def delete_follow_up(state: State, call: Call) -> Answer:
    messages.remove(state, interactions.webhook_message(state, call))
    return NOTHING


# --- channels


@route("GET /channels/{channel_id}")
def get_channel(state: State, call: Call) -> Answer:
    return 200, state.channel_wire(state.channel(call.id("channel_id")))


@route("POST /channels/{channel_id}/typing")
def post_typing(state: State, call: Call) -> Answer:
    channel = state.channel(call.id("channel_id"), wire.SEND_MESSAGES)
    state.typing.append(channel.id)
    return NOTHING


@route("POST /channels/{channel_id}/messages")
def post_message(state: State, call: Call) -> Answer:
    channel = state.channel(call.id("channel_id"))
    return 200, state.message_wire(messages.post(state, channel, call.form, call.files))


@route("GET /channels/{channel_id}/messages")
def get_messages(state: State, call: Call) -> Answer:
    channel = state.channel(call.id("channel_id"))
    limit = _history_limit(call.query.get("limit", "50"))
    if not state.bot_permissions(channel) & wire.READ_MESSAGE_HISTORY:
        return 200, []
    everything = [one for one in state.in_channel(channel.id) if not one.ephemeral]
    chosen = _history(everything, call.query, limit)
    return 200, [_readable(state, one) for one in chosen]


def _history_limit(text: str) -> int:
    errors = FormErrors()
    if not text.isdecimal():
        errors.add(("limit",), "NUMBER_TYPE_COERCE", f'Value "{text}" is not int.')
    elif not 1 <= int(text) <= 100:
        message = "int value should be between 1 and 100."
        errors.add(("limit",), "NUMBER_TYPE_MAX", message)
    errors.done()
    return int(text)


def _history(everything: list[Message], query: dict[str, str], limit: int) -> list[Message]:
    """Newest first, as always; `before`, `after` and `around` exclude each other."""
    ordered = sorted(everything, key=lambda one: one.id)
    if "around" in query:
        pivot = int(query["around"])
        earlier = [one for one in ordered if one.id <= pivot][-(limit // 2 + 1) :]
        ordered = earlier + [one for one in ordered if one.id > pivot][: limit - len(earlier)]
    elif "after" in query:
        ordered = [one for one in ordered if one.id > int(query["after"])][:limit]
    elif "before" in query:
        ordered = [one for one in ordered if one.id < int(query["before"])]
    return ordered[::-1][:limit]


def _readable(state: State, message: Message) -> Json:
    return state.message_wire(message, readable=bool(state.privileged & wire.MESSAGE_CONTENT))


MESSAGE = "/channels/{channel_id}/messages/{message_id}"


def _message(state: State, call: Call) -> Message:
    channel = state.channel(call.id("channel_id"))
    return state.message(channel.id, call.id("message_id"))


@route(f"GET {MESSAGE}")
def get_message(state: State, call: Call) -> Answer:
    state.channel(call.id("channel_id"), wire.READ_MESSAGE_HISTORY)
    return 200, _readable(state, _message(state, call))


@route(f"PATCH {MESSAGE}")
def patch_message(state: State, call: Call) -> Answer:
    message = _message(state, call)
    if message.author != BOT:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    messages.change(state, message, call.form, call.files)
    return 200, state.message_wire(message)


@route(f"DELETE {MESSAGE}")
def delete_message(state: State, call: Call) -> Answer:
    message = _message(state, call)
    channel = state.channels[message.channel]
    if message.author != BOT and channel.guild is None:
        raise ApiError(403, 50003, "Cannot execute action on a DM channel")
    if message.author != BOT and not state.bot_permissions(channel) & wire.MANAGE_MESSAGES:
        raise wire.missing_permissions()
    messages.remove(state, message)
    return NOTHING


@route(f"PUT {MESSAGE}/reactions/{{emoji}}/@me", f"DELETE {MESSAGE}/reactions/{{emoji}}/@me")
def react(state: State, call: Call) -> Answer:
    message = _message(state, call)
    if call.method == "PUT":
        state.reactions.append((message.id, call.ids["emoji"]))
    return NOTHING


@route("POST /channels/{channel_id}/threads", f"POST {MESSAGE}/threads")
def post_thread(state: State, call: Call) -> Answer:
    parent = state.channel(call.id("channel_id"), wire.SEND_IN_THREADS)
    errors = FormErrors()
    errors.length(("name",), str(call.form.get("name") or ""), 100, 1)
    errors.done()
    thread_id = call.id("message_id") if "message_id" in call.ids else state.new_id()
    thread = Channel(thread_id, call.form["name"], parent.guild, wire.THREAD, parent=parent.id)
    state.channels[thread.id] = thread
    data = state.channel_wire(thread) | {"newly_created": True}
    state.dispatch("THREAD_CREATE", data, intents=wire.GUILDS, channel=None, guild=thread.guild)
    return 201, state.channel_wire(thread)


@route("PUT /channels/{channel_id}/thread-members/@me")
def join_thread(state: State, call: Call) -> Answer:
    state.channel(call.id("channel_id"))
    return NOTHING


# --- guilds


@route("GET /guilds/{guild_id}")
def get_guild(state: State, call: Call) -> Answer:
    return 200, state.guild_wire(state.guild(call.id("guild_id")))


@route("GET /guilds/{guild_id}/channels")
def get_guild_channels(state: State, call: Call) -> Answer:
    guild = state.guild(call.id("guild_id"))
    found = [one for one in state.channels.values() if one.guild == guild.id]
    return 200, [state.channel_wire(one) for one in found if one.kind != wire.THREAD]


@route("GET /guilds/{guild_id}/threads/active")
def get_active_threads(state: State, call: Call) -> Answer:
    guild = state.guild(call.id("guild_id"))
    found = [one for one in state.channels.values() if one.guild == guild.id]
    threads = [state.channel_wire(one) for one in found if one.kind == wire.THREAD]
    return 200, {"threads": threads, "members": [], "has_more": False}


@route("GET /guilds/{guild_id}/roles")
def get_roles(state: State, call: Call) -> Answer:
    return 200, state.roles_wire(state.guild(call.id("guild_id")))


@route("GET /guilds/{guild_id}/members/{user_id}")
def get_member(state: State, call: Call) -> Answer:
    guild = state.guild(call.id("guild_id"))
    if call.id("user_id") not in guild.members:
        raise unknown("Member", 10007)
    return 200, state.member_wire(guild, call.id("user_id"))


@route("GET /guilds/{guild_id}/members")
def get_members(state: State, call: Call) -> Answer:
    if not state.privileged & wire.GUILD_MEMBERS:
        raise missing_intent()
    guild = state.guild(call.id("guild_id"))
    return 200, [state.member_wire(guild, one) for one in guild.members]


def missing_intent() -> ApiError:
    return wire.missing_access()


@route("DELETE /users/@me/guilds/{guild_id}")
def leave_guild(state: State, call: Call) -> Answer:
    guild = state.guild(call.id("guild_id"))
    guild.members.remove(BOT)
    data: Json = {"id": str(guild.id)}
    state.dispatch("GUILD_DELETE", data, intents=wire.GUILDS, channel=None, guild=guild.id)
    return NOTHING


# --- the gateway's address


@route("GET /gateway")
def get_gateway(state: State, _call: Call) -> Answer:
    return 200, {"url": gateway_url(state)}


@route("GET /gateway/bot")
def get_gateway_bot(state: State, _call: Call) -> Answer:
    start = {"total": 1000, "remaining": 999, "reset_after": 86_400_000}
    start["max_concurrency"] = state.max_concurrency
    return 200, {"url": gateway_url(state), "shards": state.shards, "session_start_limit": start}


def gateway_url(state: State) -> str:
    return state.base_url.replace("http", "ws", 1) + "/"
