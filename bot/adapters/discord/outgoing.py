"""Payloads -> what discord.py sends, and its refusals -> errors of the core. Opens nothing."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.core.errors import ChatUnavailable, DeliveryError, OutcomeUnknown
from bot.core.ports import Payload

_GONE = {10003, 50001, 50007, 50008, 50013, 50083, 50278, 160005}
"""Unknown channel, missing access, cannot write to this user, no text channel, missing permissions,
archived thread, no server shared with this user, locked thread.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""


def arguments_of(payload: Payload) -> dict[str, Any]:
    """Return the keyword arguments that discord.py's send functions share."""
    arguments: dict[str, Any] = {"allowed_mentions": discord.AllowedMentions.none()}
    if payload.get("content"):
        arguments["content"] = payload["content"]
    if payload.get("embeds"):
        arguments["embeds"] = [discord.Embed.from_dict(embed) for embed in payload["embeds"]]
    if payload.get("files"):
        arguments["files"] = [
            discord.File(io.BytesIO(base64.b64decode(content)), name, description=alt or None)
            for name, content, alt in payload["files"]
        ]
    if payload.get("buttons"):
        arguments["view"] = _view(payload["buttons"])
    return arguments


def _view(rows: Sequence[Sequence[Sequence[str]]]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for text, custom_id in row:
            view.add_item(discord.ui.Button(label=text, custom_id=custom_id, row=number))
    view.stop()  # presses arrive as raw interactions; a live view would stay in memory for ever
    return view


def is_same(message: Mapping[str, Any], payload: Payload, key: str) -> bool:
    """Tell whether a message of the channel's history is the one that was to be posted."""
    if str(message.get("nonce")) == key:
        return True
    buttons = [part.get("custom_id") for row in _parts(message) for part in _parts(row)]
    ours = [custom_id for row in payload.get("buttons", ()) for _, custom_id in row]
    return _words(message) == _words(payload) and buttons == ours


def _parts(whole: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return whole.get("components") or ()


def _words(message: Mapping[str, Any]) -> list[str]:
    """Return what a message says, but no addresses and white space: Discord may change those.

    It adds previews of links as further embeds, of other types than "rich".
    https://discord.com/developers/docs/resources/message#embed-object-embed-types
    """
    words = [message.get("content")]
    for embed in message.get("embeds") or ():
        if embed.get("type", "rich") == "rich":
            footer = embed.get("footer") or {}
            words += [embed.get("title"), embed.get("description"), footer.get("text")]
    return [" ".join((one or "").split()) for one in words]


def http_error(error: discord.HTTPException) -> DeliveryError:
    """Return what the refusal of a message means to the core."""
    if error.code in _GONE or error.status == 404:
        return ChatUnavailable(f"Discord refuses this channel: {error.text}")
    if error.status == 401:
        return DeliveryError("Discord refuses the token", retry_after=300)
    if error.status == 429:
        return DeliveryError(
            "Discord asks to wait", float(error.response.headers.get("Retry-After", 5))
        )
    if error.status >= 500:
        return OutcomeUnknown(f"Discord's answer was {error.status}")
    return DeliveryError(f"Discord refused the message: {error.text}", final=True)


def edit_of(payload: Payload) -> dict[str, Any]:
    """Return the keyword arguments that put a payload in the place of a whole message.

    https://discord.com/developers/docs/resources/message#edit-message
    """
    found = arguments_of(payload)
    files = found.pop("files", [])
    nothing: dict[str, Any] = {"content": None, "embeds": [], "view": None}
    return nothing | found | {"attachments": files}
