"""Users, chats, messages and files as Telegram keeps them. Knows no HTTP and no method.

https://core.telegram.org/bots/api#available-types
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.emulators.telegram.changes import Changes
from tests.emulators.telegram.entities import Formatted, Span
from tests.emulators.telegram.errors import Json
from tests.emulators.telegram.limits import Limits, RateLimiter
from tests.emulators.telegram.updates import UpdateQueue

GROUPS = {"group", "supergroup"}
MANAGERS = {"administrator", "creator"}
GONE = {"left", "kicked"}


@dataclass
class User:
    """A person, or the bot."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    def json(self) -> Json:
        """A User object."""
        known = {"username": self.username, "language_code": self.language_code}
        person: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        return person | {key: value for key, value in known.items() if value}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on Telegram's servers; `width` and `height` are 0 for what is no picture."""

    id: str
    unique_id: str
    path: str
    name: str
    mime: str
    content: bytes = field(repr=False)
    width: int = 0
    height: int = 0

    def json(self) -> Json:
        """What File, Document and PhotoSize have in common."""
        size = len(self.content)
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": size}


@dataclass(frozen=True, slots=True)
class Media:
    """What a message shows beside its caption: "photo" or "document"."""

    kind: str
    file: StoredFile

    def json(self) -> Json:
        """The message's `photo` or `document`."""
        file = self.file
        if self.kind == "photo":
            return {"photo": [file.json() | {"width": file.width, "height": file.height}]}
        return {"document": file.json() | {"file_name": file.name, "mime_type": file.mime}}


@dataclass
class Room:
    """A chat and who is in it. `members` maps a user's id to a ChatMember status; `forbidden` is
    what restricted members may not send: "text messages", "photos" or "documents"; `silenced` are
    administrators of a channel who may not post in it; `linked_group` discusses a channel's posts.
    """

    id: int
    kind: str
    title: str = ""
    username: str = ""
    members: dict[int, str] = field(default_factory=dict)
    threads: dict[int, str] = field(default_factory=dict)
    closed_threads: set[int] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    silenced: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    migrated_to: int | None = None
    linked_group: int | None = None

    @property
    def is_group(self) -> bool:
        """Whether many people talk here."""
        return self.kind in GROUPS

    @property
    def is_forum(self) -> bool:
        """Whether it has topics."""
        return bool(self.threads) and self.kind == "supergroup"

    def json(self) -> Json:
        """A Chat object."""
        name = "first_name" if self.kind == "private" else "title"
        chat: Json = {"id": self.id, "type": self.kind, name: self.title}
        chat |= {"username": self.username} if self.username else {}
        return chat | ({"is_forum": True} if self.is_forum else {})


@dataclass
class Message:
    """One message; `method` is what the bot sent it with, "" when a person wrote it."""

    id: int
    room: Room
    sender: User
    at: float
    body: Formatted = field(default_factory=Formatted)
    media: Media | None = None
    markup: Json | None = None
    reply_to: Message | None = None
    thread: int | None = None
    method: str = ""
    edited_at: float | None = None
    is_silent: bool = False
    is_protected: bool = False
    link_preview: Json | None = None
    sender_chat: Room | None = None
    via_bot: User | None = None
    is_automatic_forward: bool = False
    service: Json = field(default_factory=dict)

    def json(self, *, with_reply: bool = True) -> Json:
        """A Message object."""
        message: Json = {"message_id": self.id, "date": int(self.at), "chat": self.room.json()}
        message |= self._origin() | self._content() | self.service
        if self.edited_at is not None:
            message["edit_date"] = int(self.edited_at)
        if self.markup:
            message["reply_markup"] = self.markup
        if self.is_protected:
            message["has_protected_content"] = True
        return message | self._place(with_reply=with_reply)

    def _origin(self) -> Json:
        if self.room.kind == "channel":
            return {"sender_chat": self.room.json()}
        origin: Json = {"from": self.sender.json()}
        if self.sender_chat is not None:
            origin["sender_chat"] = self.sender_chat.json()
        if self.via_bot is not None:
            origin["via_bot"] = self.via_bot.json()
        return origin | ({"is_automatic_forward": True} if self.is_automatic_forward else {})

    def _content(self) -> Json:
        text, entities = ("caption", "caption_entities") if self.media else ("text", "entities")
        content: Json = self.media.json() if self.media else {}
        content |= {text: self.body.text} if self.body.text else {}
        content |= {entities: self.body.entities()} if self.body.spans else {}
        shown = {"link_preview_options": self.link_preview}
        return content | (shown if self.link_preview and not self.media else {})

    def _place(self, *, with_reply: bool) -> Json:
        place: Json = {}
        if self.thread is not None:
            place |= {"message_thread_id": self.thread, "is_topic_message": True}
        if with_reply and self.reply_to is not None:
            place["reply_to_message"] = self.reply_to.json(with_reply=False)
        elif with_reply and self.thread is not None and not self.service:
            # A message in a topic that answers nothing "answers" the topic's first message.
            place["reply_to_message"] = self.room.messages[self.thread].json(with_reply=False)
        return place


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """How the bot answered a pressed button."""

    query_id: str
    text: str = ""
    show_alert: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """How the bot answered an inline query; `results` are as they came."""

    query_id: str
    results: tuple[Json, ...]
    cache_time: int = 300
    is_personal: bool = False
    next_offset: str = ""
    button: Json | None = None


@dataclass
class World:
    """All that one bot's Telegram holds."""

    bot: User
    token: str
    limits: Limits | None
    privacy: bool = True
    now: Callable[[], float] = time.time
    changes: Changes = field(default_factory=Changes)
    users: dict[int, User] = field(default_factory=dict)
    rooms: dict[int, Room] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    commands: dict[tuple[str, int, int, str], list[Json]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    callback_answers: list[CallbackAnswer] = field(default_factory=list)
    inline_queries: dict[str, User] = field(default_factory=dict)
    inline_answers: list[InlineAnswer] = field(default_factory=list)
    chat_actions: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updates = UpdateQueue(self.changes)
        self.limiter = RateLimiter(self.limits)
        self.users[self.bot.id] = self.bot
        self._ids: dict[int, Iterator[int]] = {}

    def next_message_id(self, room: Room) -> int:
        """Supergroups and channels count their own messages; all other chats share a counter."""
        own = room.kind in {"supergroup", "channel"}
        return next(self._ids.setdefault(room.id if own else 0, count(1)))

    def add(self, message: Message) -> Message:
        """Keep a message in its chat."""
        message.room.messages[message.id] = message
        self.changes.tell()
        return message

    def user(self, user_id: int, language_code: str = "") -> User:
        """The person with this id; a new one is called Ada."""
        user = self.users.setdefault(user_id, User(user_id, "Ada"))
        user.language_code = language_code or user.language_code
        return user

    def bot_status(self, room: Room) -> str:
        """The bot's ChatMember status in a chat."""
        return room.members.get(self.bot.id, "left")

    def mentions_resolved(self, spans: list[Span]) -> list[Span]:
        """Links to people become mentions of those that are known, and plain text otherwise."""
        return [span for span in map(self._resolved, spans) if span is not None]

    def _resolved(self, span: Span) -> Span | None:
        if span.kind != "text_mention":
            return span
        given = span.extra.get("user_id") or (span.extra.get("user") or {}).get("id")
        user = self.users.get(int(given or 0))
        extra = {"user": user.json()} if user else {}
        return Span(span.kind, span.start, span.end, extra) if user else None
