"""Where the bot may send, and what Telegram answers when it may not. Knows no HTTP."""

from __future__ import annotations

from tests.emulators.telegram.errors import ApiError, bad_request, forbidden
from tests.emulators.telegram.params import Params, to_integer
from tests.emulators.telegram.world import GONE, MANAGERS, Message, Room, World


def find_room(world: World, params: Params, name: str = "chat_id") -> Room:
    """The chat that a request names by id or @username. Raises ApiError when there is none."""
    wanted = params.text(name).strip()
    if not wanted:
        raise bad_request(f"{name} is empty")
    room = _by_username(world, wanted) or world.rooms.get(to_integer(wanted))
    if room is None:
        raise bad_request("chat not found")
    return room


def _by_username(world: World, wanted: str) -> Room | None:
    if not wanted.startswith("@"):
        return None
    name = wanted[1:].lower()
    return next((room for room in world.rooms.values() if room.username.lower() == name), None)


def open_room(world: World, params: Params) -> Room:
    """The chat that a request wants to send to. Raises ApiError when the bot may not."""
    room = find_room(world, params)
    if room.migrated_to is not None:
        why = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, why, {"migrate_to_chat_id": room.migrated_to})
    status = world.bot_status(room)
    if status in GONE:
        raise forbidden(_gone(room, status))
    if room.kind == "channel" and (status not in MANAGERS or world.bot.id in room.silenced):
        raise bad_request("need administrator rights in the channel chat")
    return room


def check_may_write(world: World, room: Room, what: str) -> None:
    """Refuse what a restricted bot sends: "text messages", "photos" or "documents"."""
    if world.bot_status(room) == "restricted" and what in room.forbidden:
        raise bad_request(f"not enough rights to send {what} to the chat")


def _gone(room: Room, status: str) -> str:
    if room.kind == "private":
        return "bot was blocked by the user"
    if status == "kicked":
        return f"bot was kicked from the {room.kind} chat"
    return f"bot is not a member of the {room.kind} chat"


def find_thread(room: Room, params: Params) -> int | None:
    """The topic that a request names, if any."""
    thread = params.integer("message_thread_id")
    if thread and thread not in room.threads:
        raise bad_request("message thread not found")
    if thread in room.closed_threads:
        raise bad_request("TOPIC_CLOSED")
    return thread or None


def find_replied(world: World, room: Room, params: Params) -> Message | None:
    """The message that a request answers, if any."""
    wanted = params.mapping("reply_parameters") or {}
    message_id = to_integer(wanted.get("message_id")) or params.integer("reply_to_message_id")
    if not message_id:
        return None
    elsewhere = to_integer(wanted.get("chat_id"))
    replied = world.rooms.get(elsewhere, room).messages.get(message_id)
    if replied is None and not wanted.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return replied
