"""A chat of the emulator -> the bubbles that the page shows. Knows no HTML page and no HTTP."""

from __future__ import annotations

from tests.emulators.telegram.entities import Formatted
from tests.emulators.telegram.people import ADA, keyboard_rows
from tests.emulators.telegram.world import GONE, Message, World
from tests.emulators.telegram_page import Bubble


def transcript(world: World, chat: int) -> list[Bubble]:
    """All messages of a chat in order, as its person (in a group: Ada) sees them; service messages
    are left out."""
    room = world.rooms.get(chat)
    viewer = chat if room and room.kind == "private" else ADA
    messages = room.messages.values() if room else []
    return [_bubble(message, viewer) for message in messages if not message.service]


def heading(world: World, chat: int) -> tuple[str, str]:
    """What stands above the chat: the bot's name, or the group's with the number of its members."""
    room = world.rooms.get(chat)
    if room is None or room.kind == "private":
        return world.bot.first_name, "bot"
    people = sum(status not in GONE for status in room.members.values())
    return room.title, f"{people} {'subscribers' if room.kind == 'channel' else 'members'}"


def _bubble(message: Message, viewer: int) -> Bubble:
    photo = message.media if message.media and message.media.kind == "photo" else None
    document = message.media if message.media and message.media.kind == "document" else None
    return Bubble(
        body=message.body,
        at=message.at,
        is_mine=message.sender.id == viewer,
        sender=message.sender.first_name if message.room.is_group else "",
        buttons=tuple(tuple(one["text"] for one in row) for row in keyboard_rows(message)),
        links=tuple(tuple("url" in one for one in row) for row in keyboard_rows(message)),
        is_edited=message.edited_at is not None,
        quoted=_quoted(message),
        quoted_from=message.reply_to.sender.first_name if message.reply_to else "",
        photo=photo.file.content if photo else b"",
        document=document.file.name if document else "",
        document_size=len(document.file.content) if document else 0,
    )


def _quoted(message: Message) -> Formatted | None:
    return message.reply_to.body if message.reply_to else None
