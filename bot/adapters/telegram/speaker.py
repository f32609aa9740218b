"""Says an answer in a chat, once: paced, noted in the journal, and patient. Knows no request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.adapters.pace import Pace
from bot.adapters.telegram.poster import Poster, Standing, thread_of
from bot.core.errors import ChatUnavailable, DeliveryError, OutcomeUnknown
from bot.core.journal import patient
from bot.core.messages import Chat, ChatKind
from bot.core.ports import FORGETFUL, Payload

log = logging.getLogger(__name__)

SLOW_SECONDS = 0.7
"""After this long without an answer the chat shows "typing"."""
TYPING_SECONDS = 4.5
"""Telegram shows "typing" for five seconds at most: it is said again this often."""
PATIENCE_SECONDS = 60
"""A reply is tried for so long; later nobody waits for it any more."""


class Speaker:
    """Says answers to updates. `journal` is the run's own; until one is set, nothing is noted."""

    def __init__(self, platform: str, bot: Bot, poster: Poster, pace: Pace) -> None:
        self._platform = platform
        self._bot = bot
        self._poster = poster
        self._pace = pace
        self.journal = patient(FORGETFUL)

    async def say(
        self, number: str, chat: Chat, payloads: Sequence[Payload], place: Standing | None = None
    ) -> Sequence[Standing]:
        """Post an answer, its first message in `place` if there is one; return its messages.

        `number` is the update that is answered. Once the first message is about to go out, no crash
        lets the answer go out again; none says that it went out before. Where Telegram asks to
        wait, it waits; an uncertain message is never repeated. Raises DeliveryError.
        """
        stand: list[Standing] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        for payload in payloads:
            is_first = not stand
            chat, said = await self._say_one(
                number if is_first else "", chat, payload, place if is_first else None, deadline
            )
            if said is None:
                return ()
            stand.append(said)
        return stand

    async def take_away(self, chat: Chat, messages: Sequence[int]) -> None:
        """Delete messages of ours that others took the place of; those too old to delete stay."""
        try:
            if messages:
                await self._bot.delete_messages(chat.id, messages)
        except TelegramError as error:
            log.info("Telegram: messages were not taken away: %s", error)

    async def _say_one(
        self, number: str, chat: Chat, payload: Payload, place: Standing | None, deadline: float
    ) -> tuple[Chat, Standing | None]:
        """Post one message where the chat is now: it may have moved. `number` is noted once."""
        while True:
            try:
                async with self._pace.passing(chat):
                    if number and not await self.journal.begin(self._platform, number):
                        return chat, None
                    number = ""
                    return chat, await self._poster.put(chat, payload, place)
            except ChatUnavailable as error:
                if not error.moved_to:
                    raise
                chat, place, wait = replace(chat, id=error.moved_to), None, 0.0
            except DeliveryError as error:
                wait = error.retry_after or 1
                late = time.monotonic() + wait > deadline
                if error.final or late or isinstance(error, OutcomeUnknown):
                    raise
            await asyncio.sleep(wait)

    @contextmanager
    def busy(self, chat: Chat) -> Iterator[None]:
        """Show "typing" in a chat while an answer is slow to come; not in channels."""
        if chat.kind is ChatKind.CHANNEL:  # https://core.telegram.org/bots/api#sendchataction
            yield
            return
        typing: list[asyncio.Task[None]] = []
        later = asyncio.get_running_loop().call_later(
            SLOW_SECONDS, lambda: typing.append(asyncio.create_task(self._show_typing(chat)))
        )
        try:
            yield
        finally:
            later.cancel()
            for task in typing:
                task.cancel()

    async def _show_typing(self, chat: Chat) -> None:
        try:
            while True:
                await self._bot.send_chat_action(
                    chat.id, ChatAction.TYPING, message_thread_id=thread_of(chat)
                )
                await asyncio.sleep(TYPING_SECONDS)
        except TelegramError as error:
            log.debug("Telegram: no typing sign: %s", error)
