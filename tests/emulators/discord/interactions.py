"""Interactions from the bot's side: the callback, the follow-ups and their deadlines.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

from tests.emulators.discord import messages, rules, wire
from tests.emulators.discord.state import (
    ACK_SECONDS,
    BOT,
    TOKEN_SECONDS,
    Interaction,
    Message,
    State,
)
from tests.emulators.discord.wire import ApiError, Call, FormErrors, Json, unknown


def acknowledge(state: State, call: Call) -> Interaction:
    """Take the one initial response that an interaction may have, within three seconds."""
    interaction = state.interactions.get(call.ids["interaction_token"])
    if interaction is None or str(interaction.id) != call.ids["interaction_id"]:
        raise unknown("interaction", 10062)
    seconds = state.now() - interaction.created
    if interaction.acked is None and seconds > ACK_SECONDS:
        raise unknown("interaction", 10062)
    if interaction.acked is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    _respond(state, interaction, call)
    interaction.acked = seconds
    interaction.callback = call.form["type"]
    state.acks[interaction.id] = seconds
    return interaction


ALLOWED_CALLBACKS = {
    wire.COMMAND: {wire.REPLY, wire.DEFER_REPLY, wire.MODAL},
    wire.COMPONENT: {wire.REPLY, wire.DEFER_REPLY, wire.DEFER_UPDATE, wire.UPDATE, wire.MODAL},
    wire.AUTOCOMPLETE: {wire.CHOICES},
    wire.MODAL_SUBMIT: {wire.REPLY, wire.DEFER_REPLY, wire.DEFER_UPDATE, wire.UPDATE},
}


def _respond(state: State, interaction: Interaction, call: Call) -> None:
    kind, data = call.form.get("type"), call.form.get("data") or {}
    if kind not in ALLOWED_CALLBACKS[interaction.kind]:
        errors = FormErrors()
        message = "Interaction callback type is invalid for this interaction."
        errors.add(("type",), "INTERACTION_APPLICATION_INVALID_CALLBACK_TYPE", message)
        errors.done()
    if kind == wire.REPLY:
        reply(state, interaction, data, call.files)
    elif kind == wire.DEFER_REPLY:
        _defer(state, interaction, data)
    elif kind == wire.CHOICES:
        _choose(interaction, data)
    elif kind == wire.MODAL:
        interaction.modal = data
    else:
        _update_source(state, interaction, data, call.files, changes=kind == wire.UPDATE)


def reply(state: State, interaction: Interaction, data: Json, files: messages.Files) -> None:
    rules.check_message(data)
    flags = (data.get("flags") or 0) & wire.EPHEMERAL
    message = messages.interaction_message(state, interaction, flags)
    message.kind = _message_kind(interaction)
    messages.fill(state, message, data, files)
    messages.store(state, message)
    interaction.original = message.id


def _message_kind(interaction: Interaction) -> int:
    if interaction.kind != wire.COMMAND:
        return 0
    return 20 if interaction.command_kind == wire.CHAT_INPUT else 23


def _defer(state: State, interaction: Interaction, data: Json) -> None:
    flags = (data.get("flags") or 0) & wire.EPHEMERAL | wire.LOADING
    message = messages.interaction_message(state, interaction, flags)
    message.kind = _message_kind(interaction)
    messages.store(state, message)
    interaction.original = message.id


def _choose(interaction: Interaction, data: Json) -> None:
    errors = FormErrors()
    rules.check_choices(data.get("choices") or [], ("data", "choices"), errors)
    errors.done()
    interaction.choices = data.get("choices") or []


def _update_source(
    state: State, interaction: Interaction, data: Json, files: messages.Files, *, changes: bool
) -> None:
    source = state.messages.get(interaction.source or 0)
    if source is None:
        raise unknown("Message", 10008)
    if changes:
        messages.change(state, source, data, files)
    interaction.original = source.id


def callback_answer(state: State, interaction: Interaction) -> Json:
    """The body that `with_response` asks for."""
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    answer: Json = {"interaction": about}
    message = state.messages.get(interaction.original or 0)
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.thinking
        about["response_message_ephemeral"] = message.ephemeral
        resource = {"type": interaction.callback, "message": state.message_wire(message)}
        answer["resource"] = resource
    elif interaction.callback is not None:
        answer["resource"] = {"type": interaction.callback}
    return answer


# --- the webhook that an acknowledged interaction opens for 15 minutes


def opened(state: State, call: Call) -> Interaction:
    interaction = state.interactions.get(call.ids["webhook_token"])
    if call.ids["webhook_id"] != str(BOT) or interaction is None:
        raise unknown("Webhook", 10015)
    if state.now() - interaction.created > TOKEN_SECONDS:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    if interaction.acked is None or interaction.kind == wire.AUTOCOMPLETE:
        raise unknown("Webhook", 10015)
    return interaction


def follow_up(state: State, call: Call) -> Message:
    """A further message; the first one after a deferred reply fills that reply instead."""
    interaction, body = opened(state, call), call.form
    rules.check_message(body)
    original = state.messages.get(interaction.original or 0)
    if original is not None and original.thinking:
        messages.change(state, original, body, call.files)
        return original
    flags = (body.get("flags") or 0) & wire.EPHEMERAL
    message = messages.interaction_message(state, interaction, flags)
    if original is not None:
        message.kind = 19
        channel = state.channels[message.channel]
        message.reference = messages.reference_to(state, channel, original.id)
    messages.fill(state, message, body, call.files)
    messages.store(state, message)
    return message


def webhook_message(state: State, call: Call) -> Message:
    """`@original` or a follow-up of this interaction, by its id."""
    interaction = opened(state, call)
    wanted = call.ids["message_id"]
    key = interaction.original if wanted == "@original" else call.id("message_id")
    message = state.messages.get(key or 0)
    if message is None or (message.id != interaction.original and _stranger(message, interaction)):
        raise unknown("Message", 10008)
    return message


def _stranger(message: Message, interaction: Interaction) -> bool:
    return message.interaction is not interaction
