"""Attends to one update: who asks what where, and where the answer goes. Knows no connection.

What the updates mean is updates.py's; how an answer gets out is speaker.py's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from telegram import (
    Bot,
    CallbackQuery,
    ChatMemberUpdated,
    Document,
    InlineQuery,
    MaybeInaccessibleMessage,
    Message,
    Update,
)
from telegram import InlineQueryResultArticle as Article
from telegram.error import TelegramError

from bot.adapters.events import Order, chats_of, tell
from bot.adapters.files import answer_with_file, check_size, not_fetched
from bot.adapters.plain import label, plain
from bot.adapters.several import Above, unmarked
from bot.adapters.telegram.channels import ChannelDesk, is_for_channel
from bot.adapters.telegram.inline import asked_inline, candidates, result_for, results
from bot.adapters.telegram.members import Members
from bot.adapters.telegram.poster import Standing
from bot.adapters.telegram.render import render
from bot.adapters.telegram.speaker import Speaker
from bot.adapters.telegram.updates import (
    can_post_now,
    chat_of,
    document_of,
    is_for_nobody,
    is_welcome,
    migration,
    parse_command,
    quoted_text,
    reopened,
    standing,
    standing_of,
    whole,
)
from bot.core.commands import BACK
from bot.core.errors import ChatUnavailable, DeliveryError
from bot.core.journal import Update as Noted
from bot.core.messages import (
    Answer,
    Attachment,
    Chat,
    CommandSpec,
    Notice,
    Reply,
    Request,
)
from bot.core.words import _

log = logging.getLogger(__name__)

ALERT_UNITS = 200
"""https://core.telegram.org/bots/api#answercallbackquery"""
EDITED_SECONDS = 120
"""A message that becomes a command later than this after it was sent is answered no more."""
REMEMBERED = 2000
"""So many answered messages are remembered, in case they are edited."""
INLINE_SECONDS = 1.0
"""Who types an inline query does not wait longer: the answer is empty, and asked for again."""
INLINE_CACHE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes: in the place of a message of ours, and of the others of that answer."""

    message: Standing
    others: Sequence[int] = ()


@dataclass(slots=True)
class _Answered:
    """What a message said when it was answered, and where that answer stands (None: not yet)."""

    text: str
    answer: Place | None = None


class Attendant:
    """Attends to updates, each on its own; `answer` is set for the length of a run."""

    def __init__(
        self, platform: str, bot: Bot, speaker: Speaker, commands: Sequence[CommandSpec]
    ) -> None:
        self._platform = platform
        self._bot = bot
        self._speaker = speaker
        self._names = {spec.name for spec in commands}
        self._managing = {spec.name for spec in commands if spec.manages}
        self._taking_files = {spec.name for spec in commands if spec.takes_file}
        self._members = Members(bot)
        self._channels = ChannelDesk(platform, bot)
        self._events = Order()
        self._welcomed: set[str] = set()
        self._pressed: set[tuple[int, int, str]] = set()
        self._typing: dict[int, str] = {}
        self._answered: OrderedDict[tuple[int, int], _Answered] = OrderedDict()
        self._above = Above()
        self._began = time.time()

    async def attend(self, note: Noted, answer: Answer) -> None:
        """Answer one update; whatever goes wrong with it stays with it."""
        try:
            await self._attend(Update.de_json(dict(note.payload), self._bot), answer)
        except DeliveryError as error:
            level = logging.INFO if isinstance(error, ChatUnavailable) else logging.WARNING
            log.log(level, "Telegram: an answer was not delivered: %s", error)
        except Exception:
            log.exception("Telegram: update %s failed", note.id)
        if "inline_query" not in note.payload:  # which is never written down
            await self._speaker.journal.finish(self._platform, note.id)

    async def _attend(self, update: Update, answer: Answer) -> None:
        message = update.message or update.channel_post
        edited = update.edited_message or update.edited_channel_post
        change = update.my_chat_member
        event = _event(update, message)
        if event is not None and await self._happen(update, event, answer):
            return
        if change is not None and can_post_now(change):
            await self._greet(update, change, answer)
        elif message is not None and is_welcome(message, self._bot.id):
            await self._welcome(update, chat_of(message), answer)
        elif message is not None and event is None:
            await self._hear(update, message, answer, None)
        elif edited is not None:
            await self._hear_again(update, edited, answer)
        elif update.callback_query is not None:
            await self._press(update, update.callback_query, answer)
        elif update.inline_query is not None:
            await self._suggest(update.inline_query, answer)

    # --- what happens to chats

    async def _happen(self, update: Update, event: Request, answer: Answer) -> bool:
        """Tell the core what happened to a chat, and the chat what came of it; whether it was."""
        async with self._events.turn(*chats_of(event)):
            reply = await tell(event, answer)
            if reply.blocks:
                self._welcomed.add(event.chat.id)
        if reply.blocks:
            await self._say(update, event.chat, reply)
        return bool(reply.blocks)

    async def _welcome(self, update: Update, chat: Chat, answer: Answer) -> None:
        """Say what is on again in a group, or, to one that does not know the bot, what it does.

        A group that became a supergroup gets no such message, so it is not greeted anew.
        """
        async with self._events.turn(chat.id):
            reply = await tell(Request(chat, BACK, is_event=True), answer)
            if not reply.blocks and chat.id in self._welcomed:
                self._welcomed.discard(chat.id)
                return
        if not reply.blocks:
            locale = _locale(update)
            reply = await answer(Request(chat, "start", sender=_sender(update), locale=locale))
        await self._say(update, chat, reply)

    async def _greet(self, update: Update, change: ChatMemberUpdated, answer: Answer) -> None:
        """Write to who let the bot post in a channel; a person whom it may not write to knows."""
        person = Chat(self._platform, str(change.from_user.id))
        reply = await self._channels.greet(change.chat, person, _locale(update), answer)
        await self._say(update, person, reply)

    # --- what people type

    async def _hear(
        self, update: Update, message: Message, answer: Answer, place: Place | None
    ) -> None:
        """Answer a message that is meant for the bot; with `place`, in that answer's place."""
        username = self._bot.username
        if is_for_nobody(message, username):
            return
        if (parsed := parse_command(message, username, self._names)) is None:
            return
        command, arguments = parsed
        answered = self._remember(message)
        request = Request(
            chat=chat_of(message),
            command=command,
            arguments=arguments,
            quoted=quoted_text(message),
            sender=_sender(update),
            locale=_locale(update),
            may_manage=command.lower() not in self._managing
            or await self._members.wrote_as_manager(message),
        )
        asking = self._asking(request, message, answer)
        if said := await self._respond(update, request, asking, place):
            answered.answer = Place(said[0], [one.id for one in said[1:]])

    def _asking(self, request: Request, message: Message, answer: Answer) -> Answer:
        """Return who is to be asked: for a channel its own desk; for a file it is fetched first."""
        if is_for_channel(request.command):
            return partial(self._channels.answer, answer=answer)
        takes_file = request.command.lower() in self._taking_files and request.may_manage
        if takes_file and (document := document_of(message)) is not None:
            return partial(answer_with_file, partial(self._download, document), answer)
        return answer

    def _remember(self, message: Message) -> _Answered:
        key = message.chat.id, message.message_id
        self._answered.pop(key, None)
        self._answered[key] = answered = _Answered(message.text or message.caption or "")
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return answered

    async def _hear_again(self, update: Update, message: Message, answer: Answer) -> None:
        """Answer an edited message as people expect: who corrects a command gets the answer anew.

        It takes the place of the earlier answer. What was answered and reads the same is left alone
        (Telegram tells of edits that nobody made); so is what nobody knows whether it was answered:
        sent before this start, or long before its edit.
        """
        known = self._answered.get((message.chat.id, message.message_id))
        if known is not None:
            if known.text != (message.text or message.caption or ""):
                await self._hear(update, message, answer, known.answer)
            return
        edited = message.edit_date or message.date
        soon = (edited - message.date).total_seconds() <= EDITED_SECONDS
        if soon and message.date.timestamp() >= self._began:
            await self._hear(update, message, answer, None)

    async def _download(self, document: Document) -> Attachment:
        """https://core.telegram.org/bots/api#getfile"""
        name = document.file_name or _("The file")
        check_size(name, document.file_size or 0)
        try:
            found = await self._bot.get_file(document.file_id)
            content = bytes(await found.download_as_bytearray())
        except TelegramError as error:
            log.warning("Telegram: a file was not fetched: %s", error)
            raise not_fetched(name, "Telegram") from error
        check_size(name, len(content))
        return Attachment(name, content)

    # --- what people press

    async def _press(self, update: Update, query: CallbackQuery, answer: Answer) -> None:
        """Answer a pressed button; while its answer is on the way, pressing it again is no more.

        What a person may not do is said to them alone.
        """
        message = query.message
        if not query.data or message is None:
            await self._acknowledge(query)
            return
        request = await self._pressed_request(update, query, message)
        pressed = message.chat.id, message.message_id, query.data
        if not request.may_manage:
            await self._refuse(update, query, request, answer)
        elif pressed in self._pressed:
            await self._acknowledge(query)
        else:
            self._pressed.add(pressed)
            try:
                await self._acknowledge(query)
                await self._answer_press(update, request, query, answer)
            finally:
                self._pressed.discard(pressed)

    async def _pressed_request(
        self, update: Update, query: CallbackQuery, message: MaybeInaccessibleMessage
    ) -> Request:
        command, _gap, arguments = unmarked(query.data or "")[0].partition(" ")
        return Request(
            chat=chat_of(message) if isinstance(message, Message) else whole(message.chat),
            command=command,
            arguments=arguments,
            sender=_sender(update),
            locale=_locale(update),
            may_manage=command.lower() not in self._managing
            or await self._members.manages(message.chat, query.from_user.id),
            is_press=True,
        )

    async def _answer_press(
        self, update: Update, request: Request, query: CallbackQuery, answer: Answer
    ) -> None:
        if is_for_channel(request.command):
            answer = partial(self._channels.answer, answer=answer)
        await self._respond(update, request, answer, self._place(query))

    def _place(self, query: CallbackQuery) -> Place | None:
        """Return what an answer in place takes the place of; None where not all of it is known."""
        message = query.message
        if not isinstance(message, Message):  # too old
            return None
        above = self._above.of(str(message.chat.id), message.message_id)
        _data, is_one_of_several = unmarked(query.data or "")
        if is_one_of_several and not above:
            return None
        return Place(standing_of(message), above)

    async def _refuse(
        self, update: Update, query: CallbackQuery, request: Request, answer: Answer
    ) -> None:
        """Show a stranger, and nobody else, why the button is not theirs."""
        reply = await answer(request)
        words = " ".join(
            part
            for block in reply.blocks
            if isinstance(block, Notice)
            for part in (block.text, block.hint)
        )
        await self._acknowledge(query, words)
        if not words:  # everybody may do it after all
            await self._say(update, request.chat, reply)

    async def _acknowledge(self, query: CallbackQuery, words: str = "") -> None:
        try:
            if words:
                shown = label(plain(words), ALERT_UNITS)
                await self._bot.answer_callback_query(query.id, shown, show_alert=True)
            else:
                await self._bot.answer_callback_query(query.id)
        except TelegramError as error:  # older than Telegram remembers; the answer still comes
            log.info("Telegram: a pressed button was not acknowledged: %s", error)

    # --- what people type behind the bot's name in any chat

    async def _suggest(self, query: InlineQuery, answer: Answer) -> None:
        """Answer an inline query within its time; of those who type on only the latest."""
        user = query.from_user.id
        self._typing[user] = query.id
        work = asyncio.create_task(self._find(query, answer))
        try:
            done, _rest = await asyncio.wait({work}, timeout=INLINE_SECONDS)
            if self._typing.get(user) != query.id:
                return
            await self._show(query, work.result() if done else None)
            await work  # what was too slow now is at hand when it is asked for again
        finally:
            work.cancel()
            if self._typing.get(user) == query.id:
                del self._typing[user]

    async def _find(self, query: InlineQuery, answer: Answer) -> list[Article]:
        person = query.from_user
        asked = asked_inline(self._platform, query.query, person.id, person.language_code or "")
        reply = await answer(asked)
        places = candidates(reply)
        if not places:
            return results(reply)
        asking = [answer(replace(asked, arguments=each.arguments)) for each in places]
        replies = await asyncio.gather(*asking)
        return [result_for(each, its) for each, its in zip(places, replies, strict=True)]

    async def _show(self, query: InlineQuery, found: list[Article] | None) -> None:
        """Show results; None is that they took too long, which nobody is to remember."""
        cached = INLINE_CACHE_SECONDS if found is not None else 0
        try:
            await self._bot.answer_inline_query(
                query.id, found or [], cache_time=cached, is_personal=True
            )
        except TelegramError as error:  # too old; who still wants it types on
            log.info("Telegram: an inline query was not answered: %s", error)

    # --- answers

    async def _respond(
        self, update: Update, request: Request, answer: Answer, place: Place | None
    ) -> Sequence[Standing]:
        """Ask for an answer and say it: in its place where it is to be there."""
        with self._speaker.busy(request.chat):
            reply = await answer(request)
        is_new = request.is_press and not reply.in_place
        return await self._say(update, request.chat, reply, None if is_new else place)

    async def _say(
        self, update: Update, chat: Chat, reply: Reply, place: Place | None = None
    ) -> Sequence[Standing]:
        """Say an answer; what it takes the place of goes, once it stands there."""
        old = place.message if place else None
        said = await self._speaker.say(str(update.update_id), chat, render(reply), old)
        if place and said and said[0].id == place.message.id:
            await self._speaker.take_away(chat, place.others)
            self._above.forget(chat.id, place.message.id)
        self._above.note(chat.id, [one.id for one in said])
        return said


def _event(update: Update, message: Message | None) -> Request | None:
    """Return what an update says of its chat, or None when it says nothing of it."""
    if update.my_chat_member is not None:
        return standing(update.my_chat_member)
    return (migration(message) or reopened(message)) if message is not None else None


def _sender(update: Update) -> str:
    return str(update.effective_user.id) if update.effective_user else ""


def _locale(update: Update) -> str:
    return (update.effective_user.language_code if update.effective_user else "") or ""
