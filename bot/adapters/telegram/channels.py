"""Channels, set up from a private chat: `/channel @name COMMAND` asks the desk for the channel.

An Answer around the desk's own. Who asks must be an administrator of the channel who may post in
it, *now*: every command and every pressed button asks Telegram again. A button of such an answer
carries the channel before its command, "@1234567890 subscribe 08:00".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import Bot, ChatFullInfo
from telegram import Chat as TelegramChat
from telegram.error import TelegramError

from bot.adapters.events import language_of
from bot.adapters.telegram.members import may_post
from bot.core import words
from bot.core.errors import RequestError
from bot.core.messages import (
    Action,
    Answer,
    Chat,
    ChatKind,
    CommandSpec,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
)
from bot.core.words import N_, _

log = logging.getLogger(__name__)

CHANNEL = CommandSpec(
    "channel",
    N_("Set up a channel of yours from here"),
    "@name [COMMAND]",
    examples=("/channel @name subscribe 08:00",),
)
"""The row of this command in the menu of private chats: no other platform has it."""
_OVERVIEW = "start"
_LINK = re.compile(r"(?:https?://)?(?:t|telegram)\.me/(?:s/)?(\w+)/?", re.IGNORECASE | re.ASCII)
_NAME = re.compile(r"@?([a-z]\w{3,31})", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"(?:-100|@)?([0-9]{5,15})", re.ASCII)
_BUTTON = re.compile(r"@[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that may be set up: its chat, and what people call it."""

    chat: Chat
    name: str


def is_for_channel(command: str) -> bool:
    """Tell whether a command, typed or behind a button, is about a channel."""
    return command.lower() == CHANNEL.name or _BUTTON.fullmatch(command) is not None


class ChannelDesk:
    """Answers what private chats ask for channels."""

    def __init__(self, platform: str, bot: Bot) -> None:
        self._platform = platform
        self._bot = bot

    async def answer(self, request: Request, answer: Answer) -> Reply:
        """Answer a request about a channel; every fault is a Notice.

        The language is that of the private chat: a channel that chose none has it, too.
        """
        language = await language_of(request.chat, request.locale, answer)
        with words.speaking(language):
            try:
                channel, asked = await self._read(request)
            except RequestError as error:
                return Reply((Notice(str(error), error.hint),))
            told = Paragraph(_("For the channel {name}:").format(name=channel.name))
            return _for_channel(channel, told, await answer(_in(language, asked)))

    async def greet(self, chat: TelegramChat, person: Chat, locale: str, answer: Answer) -> Reply:
        """Say, to the person who let the bot post in a channel, what it can do there."""
        channel = Channel(self._chat(chat.id), chat.title or "")
        language = await language_of(person, locale, answer)
        asked = Request(channel.chat, _OVERVIEW, sender=person.id, locale=locale)
        with words.speaking(language):
            reply = await answer(_in(language, asked))
            told = Paragraph(_("I can post in the channel {name} now.").format(name=channel.name))
            return _for_channel(channel, told, reply)

    async def _read(self, request: Request) -> tuple[Channel, Request]:
        """Return the channel and what is asked for it. Raises RequestError."""
        if request.chat.kind is not ChatKind.PRIVATE:
            raise RequestError(
                _("A channel is set up from a private chat with me."),
                _("Write to me there, or type the command in the channel itself."),
            )
        if _BUTTON.fullmatch(request.command):
            name, rest = request.command, request.arguments
        else:
            name, _gap, rest = request.arguments.strip().partition(" ")
        channel = await self._find(name, int(request.sender or 0))
        command, _gap, arguments = rest.strip().removeprefix("/").partition(" ")
        asked = replace(
            request,
            chat=channel.chat,
            command=command or _OVERVIEW,
            arguments=arguments.strip(),
            may_manage=True,
        )
        return channel, asked

    async def _find(self, name: str, user: int) -> Channel:
        """Return the channel of a name, link or number that this person may post in."""
        if not name:
            raise RequestError(
                _("Which channel?"),
                _("Make me an administrator of it, then type for example: {example}").format(
                    example=CHANNEL.examples[0]
                ),
            )
        found = await self._look_up(name)
        if found.type != TelegramChat.CHANNEL:
            raise RequestError(
                _("{name} is no channel.").format(name=name),
                _("In a group, type the command in the group itself."),
            )
        await self._check_rights(found, user)
        return Channel(self._chat(found.id), found.title or name)

    async def _look_up(self, name: str) -> ChatFullInfo:
        try:
            return await self._bot.get_chat(_address(name))
        except (TelegramError, ValueError) as error:
            log.info("Telegram: channel %s was not found: %s", name, error)
            raise RequestError(
                _("I know no channel {name}.").format(name=name[:60]),
                _("Make me an administrator of it first, and check how its name is written."),
            ) from error

    async def _check_rights(self, channel: ChatFullInfo, user: int) -> None:
        name = channel.title or ""
        try:
            me = await self._bot.get_chat_member(channel.id, self._bot.id)
            person = await self._bot.get_chat_member(channel.id, user)
        except TelegramError as error:
            log.info("Telegram: rights in channel %s cannot be told: %s", channel.id, error)
            raise _not_let_in(name) from error
        if not may_post(me):
            raise _not_let_in(name)
        if not may_post(person):
            raise RequestError(
                _("Only administrators of {name} who may post there can set it up.").format(
                    name=name
                ),
                _("Ask one of them."),
            )

    def _chat(self, number: int) -> Chat:
        return Chat(self._platform, str(number), ChatKind.CHANNEL)


def _in(language: str, request: Request) -> Request:
    """Ask in a language; a locale of that language stays: its region hints at a time zone."""
    same = words.best(request.locale) == language
    return request if same else replace(request, locale=language)


def _not_let_in(name: str) -> RequestError:
    return RequestError(
        _("I may not post in {name}.").format(name=name),
        _("Make me an administrator of it who may post messages."),
    )


def _address(name: str) -> int | str:
    """Return what Telegram knows a channel by. Raises ValueError for what is no name of one."""
    if number := _NUMBER.fullmatch(name):
        return int(f"-100{number[1]}")
    if named := _LINK.fullmatch(name) or _NAME.fullmatch(name):
        return f"@{named[1]}"
    raise ValueError("no name of a channel")


def _for_channel(channel: Channel, told: Paragraph, reply: Reply) -> Reply:
    """Say which channel it is, and let the buttons carry it; what does not fit is to be typed."""
    mark = f"@{channel.chat.id.removeprefix('-100')}"
    marked = [Action(each.label, mark, each.data) for each in reply.actions]
    fits = tuple(each for each in marked if Action.fits(each.command, each.arguments))
    long = [each for each in marked if each not in fits]
    return replace(reply, blocks=(told, *reply.blocks, *_to_type(mark, long)), actions=fits)


def _to_type(mark: str, actions: Sequence[Action]) -> tuple[Listing, ...]:
    lines = tuple(
        (f"/{CHANNEL.name} {mark} {each.arguments}", each.label)
        for each in actions
        if "~" not in each.arguments  # a shelf's token says nothing to people
    )
    return (Listing(lines),) if lines else ()
