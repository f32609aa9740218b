"""Telegram, the network side: long polling in, messages out, through python-telegram-bot.

The command table, the answers and the schedule are the core's; what a message looks like is
render.py's. Bot API: https://core.telegram.org/bots/api
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    CallbackQuery,
    Document,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram import Chat as TelegramChat
from telegram.constants import ChatAction, ChatMemberStatus, ParseMode, UpdateType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.adapters.events import tell
from bot.adapters.files import answer_with_file, check_size
from bot.adapters.pace import Pace
from bot.adapters.telegram.render import render
from bot.adapters.telegram.transport import AiohttpRequest, NotConnected
from bot.adapters.telegram.updates import (
    chat_of,
    document_of,
    is_welcome,
    migration,
    parse_command,
    quoted_text,
    reopened,
    standing,
)
from bot.core.commands import BACK
from bot.core.errors import (
    ChatUnavailable,
    DeliveryError,
    OutcomeUnknown,
    RequestError,
    SettingsError,
    StoreError,
)
from bot.core.journal import Journal
from bot.core.journal import Update as Noted
from bot.core.messages import (
    Answer,
    Attachment,
    Chat,
    ChatKind,
    CommandSpec,
    Reply,
    Request,
)
from bot.core.pacing import Rate
from bot.core.ports import FORGETFUL, Payload

log = logging.getLogger(__name__)

POLL_SECONDS = 25
SLOW_SECONDS = 0.7
"""After this long without an answer the chat shows "typing"."""
FINISH_SECONDS = 10
"""What is in flight at a stop gets this long to finish."""
TYPING_SECONDS = 4.5
"""Telegram shows "typing" for five seconds at most: it is said again this often."""
PATIENCE_SECONDS = 60
"""A reply is tried for so long; later nobody waits for it any more."""
_UPDATES = [
    UpdateType.MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
]
_MANAGERS = {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}
_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_REFUSED = "Telegram refuses the token: set DATELINE_TELEGRAM_TOKEN to the one @BotFather shows."
_GONE = (
    "chat not found",
    "user is deactivated",
    "group chat was deactivated",
    "group chat was deleted",
    "peer_id_invalid",
    "not enough rights to send text messages",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
)
"""What of "Bad Request" says that nothing at all can be posted there: for as long as it lasts.

Pictures or files alone may be forbidden, too ("not enough rights to send photos to the chat").
"""
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
# "Avoid sending more than one message per second" in a chat, "short bursts" excepted.
_OVERALL = Rate(30, 1.0)
_PAID = Rate(1000, 1.0)
"""https://core.telegram.org/bots/faq#how-can-i-message-all-of-my-bot-39s-subscribers-at-once"""
_A_CHAT = Rate(3, 3.0)
_A_GROUP = Rate(20, 60.0)


def _limits(chat: Chat) -> list[Rate]:
    return [_A_CHAT] if chat.kind is ChatKind.PRIVATE else [_A_GROUP, _A_CHAT]


class TelegramAdapter:
    """The Adapter port on Telegram. `pace` takes the place of Telegram's limits: to be measured.

    `workers` is how many processes post with this token: each keeps to its share of the limits.
    """

    platform = "telegram"
    idempotent = False

    def __init__(
        self,
        token: str,
        api_url: str,
        commands: Sequence[CommandSpec],
        *,
        paid_broadcast: bool = False,
        pace: Pace | None = None,
        workers: int = 1,
    ) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns at every 429
        self._token = token
        self._commands = commands
        self._names = {spec.name for spec in commands}
        self._managing = {spec.name for spec in commands if spec.manages}
        self._taking_files = {spec.name for spec in commands if spec.takes_file}
        self._requests = (AiohttpRequest(), AiohttpRequest(timeout=POLL_SECONDS + 5, connections=2))
        self._bot = _Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._journal: Journal = FORGETFUL
        self._paid = paid_broadcast
        overall = (_PAID if paid_broadcast else _OVERALL).shared_by(workers)
        self._pace = pace or Pace(overall, _limits, ahead=200 if paid_broadcast else 8)
        self._events = asyncio.Lock()
        self._welcomed: set[str] = set()

    def render(self, reply: Reply) -> Sequence[Payload]:
        """See the Adapter port."""
        return render(reply)

    async def check(self) -> str:
        """Ask the platform who we are. Raises SettingsError or DeliveryError."""
        try:
            await self._log_in()
            return f"Telegram knows the bot as @{self._bot.username}"
        finally:
            await self._close()

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """See the Adapter port."""
        self._journal = journal
        try:
            await self._log_in()
            await self._announce_commands()
            for note in await journal.unfinished(self.platform):
                self._spawn(note, answer)
            log.info("Telegram: listening as @%s", self._bot.username)
            await self._poll(answer)
        finally:
            await self._finish()

    async def stand_by(self) -> None:
        """See the Adapter port."""
        try:
            await self._log_in()
            log.info("Telegram: posting as @%s", self._bot.username)
            await asyncio.Event().wait()
        finally:
            await self._close()

    async def _log_in(self) -> None:
        if not _TOKEN.fullmatch(self._token):
            raise SettingsError(
                "DATELINE_TELEGRAM_TOKEN is no token: @BotFather shows one like 123456:ABC-DEF."
            )
        try:
            await self._bot.initialize()
        except (InvalidToken, Forbidden) as error:
            raise SettingsError(_REFUSED) from error
        except TelegramError as error:
            raise DeliveryError(f"Telegram cannot be reached: {error}") from error

    async def _announce_commands(self) -> None:
        """Fill the command menu; a bot without a menu still answers."""
        try:
            await self._bot.set_my_commands(
                [BotCommand(spec.name, spec.description) for spec in self._commands]
            )
        except TelegramError as error:
            log.warning("Telegram: the command menu was not set: %s", error)

    async def _poll(self, answer: Answer) -> None:
        offset: int | None = None
        failures = 0
        try:
            while True:
                try:
                    notes = await self._bot.raw_updates(offset, POLL_SECONDS)
                    # Telegram takes the next request's offset for a sign that we have them.
                    fresh = await self._journal.take(self.platform, notes)
                except (TelegramError, StoreError) as error:
                    failures += 1
                    await self._poll_failed(error, failures)
                    continue
                failures = 0
                offset = int(notes[-1].id) + 1 if notes else offset
                for note in fresh:
                    self._spawn(note, answer)
        finally:
            await self._acknowledge(offset)

    async def _poll_failed(self, error: TelegramError | StoreError, failures: int) -> None:
        if isinstance(error, InvalidToken):
            raise SettingsError(
                "Telegram no longer takes the token: it was revoked at @BotFather."
            ) from error
        if isinstance(error, Conflict) and failures == 1:
            log.warning("Telegram: a webhook or another bot process is in the way: %s", error)
            await self._drop_webhook()
        wait = _asked(error) if isinstance(error, RetryAfter) else min(30.0, 0.5 * 2.0**failures)
        log.warning("Telegram: no updates (%s); trying again in %.0f s", error, wait)
        await asyncio.sleep(wait)

    async def _drop_webhook(self) -> None:
        try:
            await self._bot.delete_webhook()
        except TelegramError as error:
            log.warning("Telegram: the webhook could not be removed: %s", error)

    async def _acknowledge(self, offset: int | None) -> None:
        """Tell Telegram what was taken, so that the next start does not answer it again."""
        if offset is None:
            return
        try:
            async with asyncio.timeout(0.5):
                await self._bot.raw_updates(offset, 0)
        except (TelegramError, TimeoutError) as error:
            log.info("Telegram: the last updates were not acknowledged: %s", error)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        for late in self._tasks:
            late.cancel()
        await self._close()

    async def _close(self) -> None:
        for request in self._requests:  # Bot.shutdown() would keep them open after a failed log-in
            await request.shutdown()

    def _spawn(self, note: Noted, answer: Answer) -> None:
        task = asyncio.create_task(self._handle(note, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, note: Noted, answer: Answer) -> None:
        """Answer one update; whatever goes wrong with it stays with it."""
        try:
            update = Update.de_json(dict(note.payload), self._bot)
            await self._attend(update, answer)
        except DeliveryError as error:
            log.warning("Telegram: an answer was not delivered: %s", error)
        except Exception:
            log.exception("Telegram: update %s failed", note.id)
        await self._finished(note)

    async def _attend(self, update: Update, answer: Answer) -> None:
        message = update.message or update.channel_post
        if (event := _event(update, message)) is not None:
            await self._happen(update, event, answer)
        elif message is not None and is_welcome(message, self._bot.id):
            await self._welcome(update, chat_of(message), answer)
        elif message is not None:
            await self._handle_message(update, message, answer)
        elif update.callback_query is not None:
            await self._handle_press(update, update.callback_query, answer)

    async def _happen(self, update: Update, event: Request, answer: Answer) -> None:
        """Tell the core what happened to a chat, and the chat what came of it."""
        async with self._events:
            reply = await tell(event, answer)
            if reply.blocks:
                self._welcomed.add(event.chat.id)
        if reply.blocks:
            await self._say(update, event.chat, reply)

    async def _welcome(self, update: Update, chat: Chat, answer: Answer) -> None:
        """Say what is on again in a group, or, to one that does not know the bot, what it does.

        A group that became a supergroup gets no such message, so it is not greeted anew.
        """
        async with self._events:
            reply = await tell(Request(chat, BACK, is_event=True), answer)
            if not reply.blocks and chat.id in self._welcomed:
                self._welcomed.discard(chat.id)
                return
        await self._say(
            update, chat, reply if reply.blocks else await answer(Request(chat, "start"))
        )

    async def _finished(self, note: Noted) -> None:
        try:
            await self._journal.finish(self.platform, note.id)
        except StoreError as error:
            log.warning("Telegram: an answer was not noted: %s", error)

    async def _handle_message(self, update: Update, message: Message, answer: Answer) -> None:
        parsed = parse_command(message, self._bot.username, self._names)
        if parsed is None:
            return
        command, arguments = parsed
        request = Request(
            chat=chat_of(message),
            command=command,
            arguments=arguments,
            quoted=quoted_text(message),
            sender=str(message.from_user.id) if message.from_user else "",
            locale=(message.from_user.language_code if message.from_user else "") or "",
            may_manage=await self._may_manage(message, command),
        )
        document = document_of(message) if command.lower() in self._taking_files else None
        if document is not None and request.may_manage:
            fetch = partial(self._download, document)
            await self._respond(update, request, partial(answer_with_file, fetch, answer))
        else:
            await self._respond(update, request, answer)

    async def _download(self, document: Document) -> Attachment:
        """https://core.telegram.org/bots/api#getfile"""
        name = document.file_name or "The file"
        check_size(name, document.file_size or 0)
        try:
            found = await self._bot.get_file(document.file_id)
            content = bytes(await found.download_as_bytearray())
        except TelegramError as error:
            log.warning("Telegram: a file was not fetched: %s", error)
            words = f"{name} could not be fetched from Telegram."
            raise RequestError(words, "Please send it again.") from error
        check_size(name, len(content))
        return Attachment(name, content)

    async def _handle_press(self, update: Update, query: CallbackQuery, answer: Answer) -> None:
        await self._acknowledge_press(query)
        message = query.message
        if not isinstance(message, Message) or not query.data:
            return
        command, _, arguments = query.data.partition(" ")
        request = Request(
            chat=chat_of(message),
            command=command,
            arguments=arguments,
            sender=str(query.from_user.id),
            locale=query.from_user.language_code or "",
            may_manage=command.lower() not in self._managing
            or await self._is_manager(message.chat, query.from_user.id),
        )
        await self._respond(update, request, answer)

    async def _acknowledge_press(self, query: CallbackQuery) -> None:
        try:
            await self._bot.answer_callback_query(query.id)
        except TelegramError as error:  # older than Telegram remembers; the answer still comes
            log.info("Telegram: a pressed button was not acknowledged: %s", error)

    async def _may_manage(self, message: Message, command: str) -> bool:
        """Ask only where it matters: who may manage can change at any time, so nothing is kept."""
        if command.lower() not in self._managing or message.chat.type == TelegramChat.PRIVATE:
            return True
        if message.sender_chat is not None:  # an anonymous administrator writes as the group itself
            return message.sender_chat.id == message.chat.id
        return message.from_user is not None and await self._is_manager(
            message.chat, message.from_user.id
        )

    async def _is_manager(self, chat: TelegramChat, user: int) -> bool:
        if chat.type == TelegramChat.PRIVATE:
            return True
        try:
            member = await self._bot.get_chat_member(chat.id, user)
        except TelegramError as error:
            log.warning("Telegram: who manages chat %s cannot be told: %s", chat.id, error)
            return False
        return member.status in _MANAGERS

    async def _respond(self, update: Update, request: Request, answer: Answer) -> None:
        typing = asyncio.create_task(self._show_typing(request.chat))
        try:
            reply = await answer(request)
        finally:
            typing.cancel()
        await self._say(update, request.chat, reply)

    async def _say(self, update: Update, chat: Chat, reply: Reply) -> None:
        """Post an answer; where Telegram asks to wait, wait. Never repeats an uncertain one.

        Once the first message is about to go out, no crash lets the answer go out again.
        """
        begun = False
        deadline = time.monotonic() + PATIENCE_SECONDS
        for payload in self.render(reply):
            while True:
                try:
                    async with self._pace.passing(chat):
                        begun = begun or await self._begun(update)
                        if not begun:
                            return
                        await self._deliver(chat, payload)
                        break
                except DeliveryError as error:
                    wait = error.retry_after or 1
                    late = time.monotonic() + wait > deadline
                    if error.final or late or isinstance(error, OutcomeUnknown):
                        raise
                await asyncio.sleep(wait)

    async def _begun(self, update: Update) -> bool:
        """Note that the answer goes out now: what a crash leaves so is not answered again."""
        try:
            return await self._journal.begin(self.platform, str(update.update_id))
        except StoreError as error:
            log.warning("Telegram: an answer was not noted: %s", error)
            return True

    async def _show_typing(self, chat: Chat) -> None:
        await asyncio.sleep(SLOW_SECONDS)
        try:
            while True:
                await self._bot.send_chat_action(
                    chat.id, ChatAction.TYPING, message_thread_id=_thread(chat)
                )
                await asyncio.sleep(TYPING_SECONDS)
        except TelegramError as error:
            log.debug("Telegram: no typing sign: %s", error)

    async def wait_turn(self, chat: Chat) -> None:
        """See the Adapter port."""
        await self._pace.turn(chat)

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. A bot cannot read a chat's history: nobody can tell.

        One thing does tell: to give a message the buttons that it has is refused ("message is not
        modified"), and that is said of no other message. But the id of a lost one is not known, so
        ids would have to be tried, and whichever of them is another message of ours *takes* the
        buttons: after a crash (or beside a second process) we do not know which those are, and the
        old buttons are told by nobody, so they cannot be put back. That it did not arrive would not
        be certain either: private chats share one row of ids, and a slow server may still post it.
        A message spoiled for certain is worse than one in doubt, which the chat's choice settles.
        """
        return None

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        async with self._pace.passing(chat):
            return await self._deliver(chat, payload)

    async def _deliver(self, chat: Chat, payload: Payload) -> str:
        """Send one message; return its id. Raises what `post` raises, and holds what is to wait."""
        if held := self._pace.held(chat):
            raise DeliveryError(f"Telegram asks to wait {held:.0f} s", held)
        try:
            message = await self._send(chat, payload)
        except RetryAfter as error:
            wait = _asked(error)
            self._pace.hold(wait, chat)
            raise DeliveryError(f"Telegram asks to wait {wait:.0f} s", wait) from error
        except ChatMigrated as error:
            raise ChatUnavailable(
                "the group became a supergroup", str(error.new_chat_id)
            ) from error
        except Forbidden as error:
            raise ChatUnavailable(error.message) from error
        except BadRequest as error:
            raise _bad_request(error) from error
        except InvalidToken as error:
            raise DeliveryError("Telegram refuses the token", retry_after=300) from error
        except NotConnected as error:
            raise DeliveryError(f"Telegram cannot be reached: {error}") from error
        except NetworkError as error:
            raise OutcomeUnknown(f"Telegram's answer was lost: {error}") from error
        except (TelegramError, KeyError, TypeError, ValueError) as error:  # an answer, not read
            raise OutcomeUnknown(f"Telegram's answer made no sense: {error}") from error
        return str(message.message_id)

    async def _send(self, chat: Chat, payload: Payload) -> Message:
        common: dict[str, Any] = {
            "chat_id": chat.id,
            "message_thread_id": _thread(chat),
            "reply_markup": _markup(payload),
            "allow_paid_broadcast": self._paid or None,
        }
        if "photo" in payload:
            photo = base64.b64decode(payload["photo"])
            return await self._bot.send_photo(
                filename="picture.png",
                photo=photo,
                caption=payload["text"],
                parse_mode=ParseMode.HTML,
                **common,
            )
        if "document" in payload:
            content = base64.b64decode(payload["document"])
            return await self._bot.send_document(
                document=content, filename=payload["name"], **common
            )
        no_preview = LinkPreviewOptions(is_disabled=True)  # a briefing has many links
        return await self._bot.send_message(
            text=payload["text"],
            parse_mode=ParseMode.HTML,
            link_preview_options=no_preview,
            **common,
        )


class _Bot(Bot):
    """The library's bot, that hands updates over as they came.

    One that the library cannot read (of a server older or newer than it) must not hold up the rest.
    """

    async def raw_updates(self, offset: int | None, timeout: int) -> list[Noted]:  # noqa: ASYNC109 - Telegram's word
        """https://core.telegram.org/bots/api#getupdates"""
        asked = {"offset": offset, "timeout": timeout, "allowed_updates": _UPDATES}
        found: Any = await self._post("getUpdates", asked, read_timeout=timeout + 5)
        return [Noted(str(update["update_id"]), update) for update in found]


def _event(update: Update, message: Message | None) -> Request | None:
    """Return what an update says of its chat, or None when it says nothing of it."""
    if update.my_chat_member is not None:
        return standing(update.my_chat_member)
    return (migration(message) or reopened(message)) if message is not None else None


def _asked(error: RetryAfter) -> float:
    """Return the seconds that Telegram asks to wait; the library gives a number or a timedelta."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)


def _markup(payload: Payload) -> InlineKeyboardMarkup | None:
    rows = payload.get("buttons")
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )


def _bad_request(error: BadRequest) -> DeliveryError:
    text = error.message.lower()
    if any(sign in text for sign in _GONE):
        return ChatUnavailable(error.message)
    return DeliveryError(f"Telegram refused the message: {error.message}", final=True)


def _thread(chat: Chat) -> int | None:
    return int(chat.thread) if chat.thread else None
