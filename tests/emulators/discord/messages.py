"""Messages made, changed and removed in the memory, with the events that tell of it."""

from __future__ import annotations

import dataclasses

from tests.emulators.discord import rules, wire
from tests.emulators.discord.state import BOT, NONCE_SECONDS, Channel, Interaction, Message, State
from tests.emulators.discord.wire import AnyJson, ApiError, Json, unknown

Files = dict[str, tuple[str, bytes]]
FILE_BYTES = 10 * 1024 * 1024
SETTABLE_FLAGS = wire.SUPPRESS_EMBEDS | 1 << 12 | wire.COMPONENTS_V2


def post(state: State, channel: Channel, body: Json, files: Files) -> Message:
    """The bot's message to a channel, or the one that this nonce already made."""
    rules.check_message(body)
    if channel.person is not None and not state.users[channel.person].dms_open:
        raise ApiError(403, 50007, "Cannot send messages to this user")
    if channel.kind == wire.FORUM:
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    earlier = _same_nonce(state, channel, body)
    if earlier is not None:
        return earlier
    _check_permissions(state, channel, body, files)
    _reopen(state, channel)
    message = blank(state, channel.id, BOT)
    message.reference = _reference(state, channel, body)
    message.kind = 19 if message.reference else 0
    message.nonce = body.get("nonce")
    fill(state, message, body, files, replied_to=_replied_author(state, message))
    store(state, message)
    _remember_nonce(state, channel, message)
    return message


def blank(state: State, channel: int, author: int) -> Message:
    return Message(state.new_id(), channel, author, state.wall())


def fill(
    state: State, message: Message, body: Json, files: Files, replied_to: int | None = None
) -> None:
    """Put what was sent into a new message."""
    content, embeds = body.get("content") or "", body.get("embeds") or []
    components = body.get("components") or []
    if rules.is_empty(content, embeds, components, len(files)) and not body.get("poll"):
        raise rules.empty_message()
    message.flags |= (body.get("flags") or 0) & SETTABLE_FLAGS
    message.content = content.strip()
    message.components = number_components(components)
    attach(state, message, body.get("attachments"), files)
    message.embeds = shown_embeds(message, embeds)
    message.pings = rules.pings(content, body.get("allowed_mentions"), replied_to)


def change(state: State, message: Message, body: Json, files: Files) -> None:
    """Edit: only the fields that were sent change. A deferred reply is filled, and may alert."""
    rules.check_message(body)
    changed = dataclasses.replace(message)
    if "content" in body:
        changed.content = (body["content"] or "").strip()
    if "components" in body:
        changed.components = number_components(body["components"] or [])
    if body.get("flags") is not None:
        kept = changed.flags & ~SETTABLE_FLAGS
        changed.flags = kept | body["flags"] & SETTABLE_FLAGS | message.flags & wire.COMPONENTS_V2
    if "attachments" in body or files:
        attach(state, changed, body.get("attachments"), files)
    if "embeds" in body:
        changed.embeds = shown_embeds(changed, body["embeds"] or [])
    count = len(changed.attachments)
    if rules.is_empty(changed.content, changed.embeds, changed.components, count):
        raise rules.empty_message()
    _finish_change(state, message, changed, body)


def _finish_change(state: State, message: Message, changed: Message, body: Json) -> None:
    if message.thinking:
        changed.flags &= ~wire.LOADING
        changed.pings = rules.pings(changed.content, body.get("allowed_mentions"))
    else:
        changed.edited = state.wall()
    for field in dataclasses.fields(Message):
        setattr(message, field.name, getattr(changed, field.name))
    announce(state, "MESSAGE_UPDATE", message)


def remove(state: State, message: Message) -> None:
    state.deleted[message.id] = state.messages.pop(message.id)
    channel = state.channels[message.channel]
    data: Json = {"id": str(message.id), "channel_id": str(channel.id)}
    if channel.guild is not None:
        data["guild_id"] = str(channel.guild)
    _dispatch(state, "MESSAGE_DELETE", data, channel)


def store(state: State, message: Message) -> None:
    state.messages[message.id] = message
    announce(state, "MESSAGE_CREATE", message)


def announce(state: State, event: str, message: Message) -> None:
    """Tell the gateway; only its reader knows of an ephemeral message."""
    if message.ephemeral:
        return
    channel = state.channels[message.channel]
    data = state.message_wire(message)
    guild = state.guilds.get(channel.guild or 0)
    if guild is not None:
        data["guild_id"] = str(guild.id)
        if message.interaction is None:
            data["member"] = state.member_wire(guild, message.author, with_user=False)
    _dispatch(state, event, data, channel)


def _dispatch(state: State, event: str, data: Json, channel: Channel) -> None:
    intents = wire.DIRECT_MESSAGES if channel.guild is None else wire.GUILD_MESSAGES
    state.dispatch(event, data, intents=intents, channel=channel.id, guild=channel.guild)


# --- the parts of a message


def number_components(components: list[Json]) -> list[Json]:
    """Discord gives every component of a message an id, counting from 1."""
    counter = iter(range(1, 1000))

    def numbered(part: Json) -> Json:
        made: Json = {"id": part.get("id") or next(counter)} | part
        if isinstance(part.get("components"), list):
            made["components"] = [numbered(inner) for inner in part["components"]]
        return made

    return [numbered(part) for part in components]


def attach(state: State, message: Message, kept: list[Json] | None, files: Files) -> None:
    """Keep the attachments that `kept` names by id, and add the uploaded files."""
    if len(files) > rules.FILES:
        raise ApiError(400, 50035, "Invalid Form Body")
    if any(len(content) > FILE_BYTES for _, content in files.values()):
        raise ApiError(413, 40005, "Request entity too large")
    notes = {str(one.get("id")): one for one in kept or []}
    old = [one for one in message.attachments if kept is None or one["id"] in notes]
    new = [
        _attachment(state, message, name, content, notes.get(key.strip("files[]"), {}))
        for key, (name, content) in files.items()
    ]
    message.attachments = old + new
    message.files = message.files | dict(files.values())


def _attachment(state: State, message: Message, name: str, content: bytes, note: Json) -> Json:
    url = f"{state.base_url}/attachments/{message.channel}/{message.id}/{name}"
    made: Json = {
        "id": str(state.new_id()),
        "filename": note.get("filename") or name,
        "size": len(content),
        "url": url,
        "proxy_url": url,
        "content_type": "image/png" if content.startswith(b"\x89PNG") else "text/plain",
    }
    return made | ({"description": note["description"]} if note.get("description") else {})


def shown_embeds(message: Message, embeds: list[Json]) -> list[Json]:
    return [_shown_embed(message, embed) for embed in embeds if embed]


def _shown_embed(message: Message, embed: Json) -> Json:
    """As Discord gives it back: of type rich, trimmed, with attachments resolved."""
    shown = {key: value for key, value in embed.items() if value not in (None, [], "")}
    shown["type"] = "rich"
    for name in ("title", "description"):
        if name in shown:
            shown[name] = shown[name].strip()
    for part in ("image", "thumbnail"):
        if part in shown:
            shown[part] = shown[part] | {"url": _resolved(message, shown[part].get("url") or "")}
    return shown


def _resolved(message: Message, url: str) -> str:
    name = url.removeprefix("attachment://")
    return next((one["url"] for one in message.attachments if one["filename"] == name), url)


# --- nonce, permissions, replies


def _nonce_key(channel: Channel, nonce: AnyJson) -> tuple[int, int, str]:
    return channel.id, BOT, str(nonce)


def _same_nonce(state: State, channel: Channel, body: Json) -> Message | None:
    if body.get("nonce") is None or not body.get("enforce_nonce"):
        return None
    found, at = state.nonces.get(_nonce_key(channel, body["nonce"]), (0, float("-inf")))
    if state.now() - at > NONCE_SECONDS:
        return None
    if found not in state.messages:
        # As its author says in https://github.com/discord/discord-api-docs/pull/6647
        raise unknown("Message", 10008)
    return state.messages[found]


def _remember_nonce(state: State, channel: Channel, message: Message) -> None:
    if message.nonce is not None:
        state.nonces[_nonce_key(channel, message.nonce)] = (message.id, state.now())


def _reopen(state: State, channel: Channel) -> None:
    """A message reopens an archived thread, unless it is locked.

    https://discord.com/developers/docs/topics/threads#archived-and-active-threads
    """
    if not channel.archived:
        return
    if channel.locked:
        raise ApiError(400, 50083, "Thread is archived")
    channel.archived = False
    data = state.channel_wire(channel)
    state.dispatch("THREAD_UPDATE", data, intents=wire.GUILDS, channel=None, guild=channel.guild)


def _check_permissions(state: State, channel: Channel, body: Json, files: Files) -> None:
    allowed = state.bot_permissions(channel)
    needed = wire.SEND_IN_THREADS if channel.kind == wire.THREAD else wire.SEND_MESSAGES
    needed |= wire.EMBED_LINKS if body.get("embeds") else 0
    needed |= wire.ATTACH_FILES if files else 0
    if needed & ~allowed:
        raise wire.missing_permissions()
    if body.get("message_reference") and not allowed & wire.READ_MESSAGE_HISTORY:
        raise ApiError(403, 160002, "Cannot reply without permission to read message history")


def _reference(state: State, channel: Channel, body: Json) -> Json | None:
    wanted = body.get("message_reference")
    if not wanted:
        return None
    target = state.messages.get(int(wanted.get("message_id") or 0))
    if target is None or target.channel != channel.id:
        if wanted.get("fail_if_not_exists") is False:
            return None
        errors = wire.FormErrors()
        message = "Unknown message"
        errors.add(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", message)
        errors.done()
    return reference_to(state, channel, int(wanted["message_id"]))


def reference_to(state: State, channel: Channel, message_id: int) -> Json:
    reference: Json = {"type": 0, "channel_id": str(channel.id), "message_id": str(message_id)}
    return reference | ({"guild_id": str(channel.guild)} if channel.guild else {})


def _replied_author(state: State, message: Message) -> int | None:
    if message.reference is None:
        return None
    return state.messages[int(message.reference["message_id"])].author


def interaction_message(state: State, interaction: Interaction, flags: int) -> Message:
    """An empty message that belongs to an interaction."""
    message = blank(state, interaction.channel, BOT)
    message.flags = flags
    message.interaction = interaction
    return message
