"""What people do in Telegram's apps, and what the bot gets to know of it. Knows no HTTP.

https://core.telegram.org/bots/features#privacy-mode
"""

from __future__ import annotations

import re
from itertools import count

from tests.emulators.telegram.chats import change_member
from tests.emulators.telegram.entities import with_found
from tests.emulators.telegram.errors import Json
from tests.emulators.telegram.world import GONE, MANAGERS, Media, Message, Room, User, World

ADA = 1001
_KINDS = ("private", "group", "supergroup", "channel")
_query_ids = count(4_000_000_000_000_001)


def open_chat(world: World, chat: int, kind: str | None = None) -> Room:
    """The chat with this id; a new one has the bot in it (in a channel as administrator).

    Raises ValueError for a kind that does not go with the id.
    """
    if chat not in world.rooms:
        world.rooms[chat] = _new_room(world, chat, kind or _kind_of(chat))
    room = world.rooms[chat]
    if kind not in {None, room.kind}:
        raise ValueError(f"chat {chat} is a {room.kind}, not a {kind}")
    return room


def _kind_of(chat: int) -> str:
    if chat > 0:
        return "private"
    return "supergroup" if str(chat).startswith("-100") else "group"


def _new_room(world: World, chat: int, kind: str) -> Room:
    if kind not in _KINDS or (kind == "private") != (chat > 0):
        raise ValueError(f"a {kind} chat cannot have the id {chat}: only private ids are positive")
    title = world.user(chat).first_name if kind == "private" else f"{kind.capitalize()} {chat}"
    status = "administrator" if kind == "channel" else "member"
    return Room(chat, kind, title, members={world.bot.id: status})


def say(
    world: World,
    text: str,
    room: Room,
    sender: User,
    *,
    reply_to: int | None = None,
    thread: int | None = None,
    media: Media | None = None,
    as_chat: Room | None = None,
    is_told: bool = True,
) -> Message:
    """Somebody types a text, perhaps under a file; the bot hears of it as far as it may.

    With `as_chat` they write as a channel of theirs, or, with the group itself, anonymously; in
    both cases `from` is only a stand-in. A channel's post goes to its linked group, too.
    """
    _join(world, room, sender)
    sender = _stand_in(world, room, as_chat) if as_chat is not None else sender
    _open_thread(world, room, thread)
    replied = room.messages[reply_to] if reply_to is not None else None
    message = Message(
        id=world.next_message_id(room),
        room=room,
        sender=sender,
        at=world.now(),
        body=with_found(text),
        media=media,
        reply_to=replied,
        thread=thread,
        sender_chat=as_chat,
    )
    world.add(message)
    if is_told:
        tell_bot(world, message)
        _discuss(world, message)
    return message


def _stand_in(world: World, room: Room, as_chat: Room) -> User:
    """Who stands in `from` for a message of a chat: https://core.telegram.org/bots/api#message"""
    number, name, username = (
        (1087968824, "Group", "GroupAnonymousBot")
        if as_chat is room
        else (136817688, "Channel", "Channel_Bot")
    )
    return world.users.setdefault(number, User(number, name, username, is_bot=True))


def _discuss(world: World, post: Message) -> None:
    """A channel's post appears in the group that discusses it."""
    group = world.rooms.get(post.room.linked_group or 0)
    if group is None:
        return
    sender = world.users.setdefault(777000, User(777000, "Telegram"))
    copy = Message(
        world.next_message_id(group),
        group,
        sender,
        world.now(),
        body=post.body,
        media=post.media,
        sender_chat=post.room,
        is_automatic_forward=True,
    )
    tell_bot(world, world.add(copy))


def _join(world: World, room: Room, sender: User) -> None:
    if room.kind == "private" and world.bot_status(room) == "kicked":
        change_member(world, room, world.bot, "member", by=sender)
    room.members.setdefault(sender.id, "member")


def _open_thread(world: World, room: Room, thread: int | None) -> None:
    """A topic is the service message that opened it."""
    if thread is None or thread in room.threads:
        return
    room.threads[thread] = f"Topic {thread}"
    created = {"name": room.threads[thread], "icon_color": 7322096}
    service = {"forum_topic_created": created}
    opener = world.user(ADA)
    world.add(Message(thread, room, opener, world.now(), thread=thread, service=service))


def tell_bot(world: World, message: Message, *, is_edit: bool = False) -> None:
    """Queue the update for a message that the bot may see."""
    if not hears(world, message):
        return
    what = "channel_post" if message.room.kind == "channel" else "message"
    world.updates.put(f"edited_{what}" if is_edit else what, message.json())


def hears(world: World, message: Message) -> bool:
    """Whether the bot gets this message: privacy mode hides small talk in groups."""
    status = world.bot_status(message.room)
    if status in GONE:
        return False
    if not message.room.is_group or status in MANAGERS or not world.privacy:
        return True
    return _is_meant(world, message)


def _is_meant(world: World, message: Message) -> bool:
    text, name = message.body.text, f"@{world.bot.username}".lower()
    command = re.match(r"/[a-zA-Z0-9_]{1,64}(@\w+)?", text)
    is_command = bool(command and (command[1] or name).lower() == name)
    is_mention = any(
        span.kind == "mention" and text[span.start : span.end].lower() == name
        for span in message.body.spans
    )
    is_reply = message.reply_to is not None and message.reply_to.sender is world.bot
    return is_command or is_mention or is_reply or bool(message.service)


def press(world: World, message: Message, label: str, user: User, *, is_old: bool = False) -> str:
    """Somebody presses a button; the id of the callback query, or the address of a link button.

    Of a message that `is_old` (or was deleted meanwhile) the bot gets no more than its number.
    Raises LookupError when there is no such button.
    """
    button = _button(message, label)
    if "callback_data" not in button:
        return str(button.get("url", ""))
    query_id = str(next(_query_ids))
    world.queries.add(query_id)
    query = {
        "id": query_id,
        "from": user.json(),
        "message": _inaccessible(message) if is_old else message.json(),
        "chat_instance": str(7_000_000_000 + abs(message.room.id)),
        "data": button["callback_data"],
    }
    world.updates.put("callback_query", query)
    return query_id


def _inaccessible(message: Message) -> Json:
    """An InaccessibleMessage: its date is always 0."""
    return {"chat": message.room.json(), "message_id": message.id, "date": 0}


def _button(message: Message, label: str) -> Json:
    buttons = [one for row in keyboard_rows(message) for one in row]
    for button in buttons:
        if button["text"] == label:
            return button
    labels = ", ".join(repr(button["text"]) for button in buttons) or "none"
    raise LookupError(f"message {message.id} has no button {label!r}; it has: {labels}")


def keyboard_rows(message: Message) -> list[list[Json]]:
    """The rows of buttons under a message."""
    rows: list[list[Json]] = (message.markup or {}).get("inline_keyboard", [])
    return rows


def migrate(world: World, room: Room) -> Room:
    """A group becomes a supergroup with another id; both chats say so."""
    new = Room(
        id=-1_000_000_000_000 - abs(room.id),
        kind="supergroup",
        title=room.title,
        members=dict(room.members),
    )
    world.rooms[new.id] = new
    room.migrated_to = new.id
    admin = world.user(ADA)
    # The bot "joins" the supergroup, and never leaves the group:
    # https://github.com/tdlib/telegram-bot-api/issues/266
    status = new.members.pop(world.bot.id, "left")
    if status not in GONE:
        change_member(world, new, world.bot, status, by=admin)
    _service(world, room, admin, {"migrate_to_chat_id": new.id})
    _service(world, new, admin, {"migrate_from_chat_id": room.id})
    return new


def _service(world: World, room: Room, sender: User, service: Json) -> None:
    number = world.next_message_id(room)
    message = Message(number, room, sender, world.now(), service=service)
    tell_bot(world, world.add(message))


def close_topic(world: World, room: Room, thread: int, *, closed: bool) -> None:
    """A topic takes no more messages, or takes them again."""
    (room.closed_threads.add if closed else room.closed_threads.discard)(thread)
    what = "forum_topic_closed" if closed else "forum_topic_reopened"
    number = world.next_message_id(room)
    admin = world.user(ADA)
    message = Message(number, room, admin, world.now(), thread=thread, service={what: {}})
    tell_bot(world, world.add(message))


def set_member(
    world: World, room: Room, user: User, status: str, *, may_post: bool = True, by: int = ADA
) -> None:
    """Somebody's standing in a chat changes; when the bot's own does, people see it join or go."""
    was = room.members.get(user.id, "left")
    if was == status and may_post == (user.id not in room.silenced):
        return
    admin = world.user(by)
    change_member(world, room, user, status, by=admin, may_post=may_post)
    if user is world.bot and room.is_group and was in GONE and status not in GONE:
        _service(world, room, admin, {"new_chat_members": [user.json()]})
