"""The Telegram that tests and people hold in their hands. Knows no bot library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType

from aiohttp import web

from tests.emulators.specs import load_telegram_spec
from tests.emulators.telegram import inline, people
from tests.emulators.telegram.control import add_control
from tests.emulators.telegram.entities import with_found
from tests.emulators.telegram.faults import Fault
from tests.emulators.telegram.files import store_upload
from tests.emulators.telegram.limits import DEFAULT_LIMITS, Limits
from tests.emulators.telegram.params import Upload
from tests.emulators.telegram.people import ADA
from tests.emulators.telegram.posted import Posted, posted
from tests.emulators.telegram.server import BotApi
from tests.emulators.telegram.webhooks import Deliveries
from tests.emulators.telegram.world import (
    CallbackAnswer,
    InlineAnswer,
    Media,
    Message,
    Room,
    User,
    World,
)

DEFAULT_TOKEN = "123456:EMULATOR"  # the emulator's own, no secret
STATUSES = {"member", "restricted", "administrator", "creator", "left", "kicked"}


class TelegramEmulator:
    """A Bot API server on 127.0.0.1 and the people who use it; an async context manager.

    `port=0` takes a free port, `limits=None` sends without limits, `privacy=False` lets the bot
    hear everything in groups, `local=True` takes webhooks without TLS, `validate=False` saves the
    time of checking against the spec. Where the spec is not there, nothing is checked and
    `validates` is False.
    """

    def __init__(
        self,
        token: str = DEFAULT_TOKEN,
        limits: Limits | None = DEFAULT_LIMITS,
        port: int = 0,
        *,
        username: str = "dateline_bot",
        first_name: str = "Dateline",
        privacy: bool = True,
        local: bool = False,
        validate: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        bot = User(int(token.split(":", 1)[0]), first_name, username, is_bot=True)
        self.world = World(bot, token, limits, privacy, now)
        self._api = BotApi(self.world, load_telegram_spec() if validate else None)
        self.world.updates.is_local = local
        self.deliveries = Deliveries(self.world.updates)
        self._delivering: asyncio.Task[None] | None = None
        self._wanted_port = port
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def __aenter__(self) -> TelegramEmulator:
        app = self._api.application()
        add_control(app, self)
        self._api.add_fallback(app)
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._wanted_port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self._delivering = asyncio.create_task(self.deliveries.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        self._api.closing.set()
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.gather(self._delivering, return_exceptions=True)
        self.world.updates.closing = True
        self.world.changes.tell()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- what it is ---------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The address that takes the place of https://api.telegram.org."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The only token that is valid."""
        return self.world.token

    @property
    def bot(self) -> User:
        """The bot's own user."""
        return self.world.bot

    @property
    def validates(self) -> bool:
        """Whether requests are checked against Telegram's spec."""
        return self._api.spec is not None

    # --- what people do -----------------------------------------------------------------------

    def add_chat(
        self, chat: int, chat_kind: str | None = None, *, title: str = "", username: str = ""
    ) -> Room:
        """Make a chat with the bot in it, if it is not there; without an update."""
        room = people.open_chat(self.world, chat, chat_kind)
        room.title = title or room.title
        room.username = username or room.username
        return room

    async def say(
        self,
        text: str,
        *,
        chat: int = ADA,
        user: int | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        chat_kind: str | None = None,
        language_code: str = "",
        as_chat: int | None = None,
    ) -> int:
        """Somebody types a text; its message_id.

        Without `user` it is the other side of a private chat, else Ada (1001). Chats are made as
        needed; without `chat_kind` the id says which: positive private, -100... supergroup. With
        `as_chat` they write as a channel of theirs, or, with the chat itself, anonymously.
        """
        room = people.open_chat(self.world, chat, chat_kind)
        person = self._person(room, user)
        if room.kind == "private" and person != room.id:
            raise ValueError(f"in the private chat {chat} only user {chat} types, not {person}")
        sender = self.world.user(person, language_code)
        writer = people.open_chat(self.world, as_chat) if as_chat is not None else None
        return people.say(
            self.world, text, room, sender, reply_to=reply_to, thread=thread, as_chat=writer
        ).id

    async def send_file(
        self,
        name: str,
        content: bytes,
        caption: str = "",
        *,
        chat: int = ADA,
        user: int | None = None,
        mime: str = "application/octet-stream",
    ) -> int:
        """Somebody sends a document, perhaps with words under it; its message_id."""
        room = people.open_chat(self.world, chat)
        sender = self.world.user(self._person(room, user))
        file = store_upload(self.world, Upload(name, mime, content), "document")
        media = Media("document", file)
        return people.say(self.world, caption, room, sender, media=media).id

    async def edit(self, message_id: int, text: str, chat: int = ADA) -> None:
        """Somebody changes what they typed."""
        message = self.message(message_id, chat)
        message.body = with_found(text)
        message.edited_at = self.world.now()
        people.tell_bot(self.world, message, is_edit=True)

    async def press(
        self,
        message_id: int,
        label: str,
        chat: int = ADA,
        user: int | None = None,
        *,
        is_old: bool = False,
    ) -> str:
        """Somebody presses an inline button: the id of the callback query that the bot gets, or,
        for a link button, its address. Raises LookupError when there is no such button.

        Of a message that `is_old` the bot gets only the number."""
        message = self.message(message_id, chat)
        person = self.world.user(self._person(message.room, user))
        return people.press(self.world, message, label, person, is_old=is_old)

    async def ask_inline(
        self, query: str, user: int = ADA, *, language_code: str = "", chat_type: str = "sender"
    ) -> str:
        """Somebody types "@bot query" in any chat; the id of the inline query."""
        person = self.world.user(user, language_code)
        return inline.ask(self.world, query, person, chat_type)

    async def wait_for_inline(self, query_id: str) -> InlineAnswer:
        """Wait until the bot has answered an inline query; how."""
        found = self.world.inline_answers
        await self.wait_until(lambda: any(one.query_id == query_id for one in found))
        return next(one for one in found if one.query_id == query_id)

    async def choose_inline(
        self, answer: InlineAnswer, number: int, chat: int = ADA, user: int = ADA
    ) -> int:
        """Somebody sends one of the results into a chat; the message_id."""
        room = people.open_chat(self.world, chat)
        person = self.world.user(user)
        return inline.choose(self.world, answer.results[number], room, person).id

    async def delete(self, message_id: int, chat: int = ADA) -> None:
        """Somebody deletes a message; nobody tells the bot."""
        del self.message(message_id, chat).room.messages[message_id]
        self.world.changes.tell()

    def delete_chat(self, chat: int) -> None:
        """A chat is deleted for everybody; nobody tells the bot."""
        del self.world.rooms[chat]

    def link(self, channel: int, group: int) -> None:
        """Let a group discuss a channel's posts: each appears there, too."""
        people.open_chat(self.world, group)
        people.open_chat(self.world, channel, "channel").linked_group = group

    def _person(self, room: Room, user: int | None) -> int:
        if user is not None:
            return user
        return room.id if room.kind == "private" else ADA

    def set_member(
        self, chat: int, user: int, status: str, *, may_post: bool = True, by: int = ADA
    ) -> None:
        """Change somebody's ChatMember status; for the bot's own id it gets my_chat_member.

        `may_post` is an administrator's right in a channel, `by` is who changes it.
        """
        if status not in STATUSES:
            raise ValueError(f"{status} is none of {', '.join(sorted(STATUSES))}")
        room = people.open_chat(self.world, chat)
        person = self.world.user(user)
        people.set_member(self.world, room, person, status, may_post=may_post, by=by)

    def block(self, chat: int) -> None:
        """A person blocks the bot, or a group throws it out."""
        self.set_member(chat, self.bot.id, "kicked")

    def unblock(self, chat: int) -> None:
        """Take that back."""
        self.set_member(chat, self.bot.id, "member")

    def restrict(self, chat: int, *forbidden: str) -> None:
        """Let the bot send no more "text messages", "photos" or "documents" in a group."""
        people.open_chat(self.world, chat).forbidden = set(forbidden)
        self.set_member(chat, self.bot.id, "restricted")

    def close_topic(self, chat: int, thread: int, *, closed: bool = True) -> None:
        """Close a topic of a forum, or open it again."""
        people.close_topic(self.world, self.world.rooms[chat], thread, closed=closed)

    def delete_topic(self, chat: int, thread: int) -> None:
        """Delete a topic of a forum; nobody tells the bot."""
        del self.world.rooms[chat].threads[thread]

    def migrate(self, chat: int) -> int:
        """A group becomes a supergroup; the new id."""
        return people.migrate(self.world, people.open_chat(self.world, chat, "group")).id

    # --- what the bot did ---------------------------------------------------------------------

    def message(self, message_id: int, chat: int = ADA) -> Message:
        """A message by its id. Raises LookupError."""
        room = self.world.rooms.get(chat)
        if room is None or message_id not in room.messages:
            raise LookupError(f"chat {chat} has no message {message_id}")
        return room.messages[message_id]

    def posted(self, chat: int | None = ADA) -> list[Posted]:
        """The bot's messages in a chat (None: everywhere, by time) that are not deleted, each as
        it stands now."""
        every = self.world.rooms
        rooms = every.values() if chat is None else [every[chat]] if chat in every else []
        messages = [message for room in rooms for message in room.messages.values()]
        mine = [posted(message) for message in messages if message.method]
        return sorted(mine, key=lambda one: one.at)

    async def wait_for_post(
        self,
        chat: int | None = ADA,
        count: int = 1,
        timeout: float = 10,  # noqa: ASYNC109 - a test says how long it is willing to wait
    ) -> list[Posted]:
        """Wait until the bot has at least `count` messages in a chat; all of them.

        Raises TimeoutError that tells what there was instead.
        """
        await self.wait_until(lambda: len(self.posted(chat)) >= count, timeout)
        return self.posted(chat)

    async def wait_until(
        self,
        is_true: Callable[[], bool],
        timeout: float = 10,  # noqa: ASYNC109 - a test says how long it is willing to wait
    ) -> None:
        """Wait until something about this emulator is true; looked at after every change."""
        if not await self.world.changes.until(is_true, timeout):
            texts = [(one.chat, one.text[:60]) for one in self.posted(None)]
            calls = [method for method, _params in self.requests[-8:]]
            raise TimeoutError(f"not within {timeout} s; posted: {texts}; last calls: {calls}")

    @property
    def requests(self) -> list[tuple[str, dict[str, object]]]:
        """Every request with a valid token: the method and its parameters as received."""
        return self._api.log.requests

    @property
    def violations(self) -> list[str]:
        """What of requests and answers does not fit Telegram's spec."""
        return self._api.log.violations

    @property
    def callback_answers(self) -> list[CallbackAnswer]:
        """How the bot answered pressed buttons."""
        return self.world.callback_answers

    @property
    def inline_answers(self) -> list[InlineAnswer]:
        """How the bot answered inline queries."""
        return self.world.inline_answers

    @property
    def pending(self) -> int:
        """How many updates the bot has not acknowledged."""
        return len(self.world.updates.pending)

    def commands(self, scope: str = "default", chat: int = 0, language: str = "") -> list[str]:
        """The names in the command menu of a scope."""
        rows = self.world.commands.get((scope, chat, 0, language), [])
        return [row["command"] for row in rows]

    # --- what goes wrong ----------------------------------------------------------------------

    def fail_next(self, method: str, fault: Fault, times: int = 1, chat: int | None = None) -> None:
        """Let the next calls of a method ("*": any) fail, perhaps only those for one chat."""
        self._api.faults.add(method, fault, times, chat)
