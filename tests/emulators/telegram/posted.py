"""What the bot has posted, as a test or a person wants to look at it. Knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.emulators.telegram.entities import render, telegram_tags
from tests.emulators.telegram.errors import Json
from tests.emulators.telegram.people import keyboard_rows
from tests.emulators.telegram.world import Message, StoredFile


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A document or photo of a message."""

    name: str
    mime: str
    size: int
    file_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of the bot as it stands now.

    `text` is plain (the caption, where there is a file), `entities` are MessageEntity objects,
    `html` is Telegram's HTML made from them, `buttons` are rows of labels, `at` is in Unix seconds.
    """

    message_id: int
    chat: int
    text: str
    entities: tuple[Json, ...]
    html: str
    buttons: tuple[tuple[str, ...], ...]
    method: str
    at: float
    edited: bool = False
    reply_to: int | None = None
    thread: int | None = None
    silent: bool = False
    protected: bool = False
    document: PostedFile | None = None
    photo: PostedFile | None = None

    def json(self) -> Json:
        """The same as JSON, without the files' bytes."""
        names = [name for name in self.__slots__ if name not in {"document", "photo"}]
        files = {"document": _file_json(self.document), "photo": _file_json(self.photo)}
        return {name: getattr(self, name) for name in names} | files


def _file_json(file: PostedFile | None) -> Json | None:
    if file is None:
        return None
    return {"name": file.name, "mime": file.mime, "size": file.size, "file_id": file.file_id}


def posted(message: Message) -> Posted:
    """How a message of the bot looks."""
    return Posted(
        message_id=message.id,
        chat=message.room.id,
        text=message.body.text,
        entities=tuple(message.body.entities()),
        html=render(message.body, telegram_tags),
        buttons=tuple(tuple(one["text"] for one in row) for row in keyboard_rows(message)),
        method=message.method,
        at=message.at,
        edited=message.edited_at is not None,
        reply_to=message.reply_to.id if message.reply_to else None,
        thread=message.thread,
        silent=message.is_silent,
        protected=message.is_protected,
        document=_file(message, "document"),
        photo=_file(message, "photo"),
    )


def _file(message: Message, kind: str) -> PostedFile | None:
    if message.media is None or message.media.kind != kind:
        return None
    file: StoredFile = message.media.file
    return PostedFile(file.name, file.mime, len(file.content), file.id, file.content)
