"""What adapters tell and ask the core on their own: a chat moved, its language. No platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.core import words
from bot.core.commands import LANGUAGE, MOVED
from bot.core.messages import Answer, Chat, Notice, Paragraph, Reply, Request

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class Order:
    """Lets what happens to a chat happen in its order, while no chat waits for another.

    Only the chats that somebody waits for are remembered.
    """

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Event] = {}  # is set when what came last there is over

    @asynccontextmanager
    async def turn(self, *chats: str) -> AsyncIterator[None]:
        """Wait until all that came before in any of these chats is over.

        Turns are in the order in which they were asked for, so two that concern the same two chats
        never wait for each other.
        """
        before = [self._last[chat] for chat in chats if chat in self._last]
        over = asyncio.Event()
        self._last.update(dict.fromkeys(chats, over))
        try:
            for one in before:
                await one.wait()
            yield
        finally:
            over.set()
            for chat in chats:
                if self._last.get(chat) is over:
                    del self._last[chat]


def chats_of(event: Request) -> Sequence[str]:
    """Return the ids of the chats that an event concerns: one that moved is in two places."""
    here = event.chat.id
    return (here, event.arguments) if event.command == MOVED else (here,)


async def tell(event: Request, answer: Answer) -> Reply:
    """Tell an event until the core could do what it asks; return what to say in the chat.

    The core never raises: a fault (the database is locked) is a Notice. To tell an event twice does
    no harm, so it is told again, ever more slowly; the journal keeps it over a crash.
    """
    pause = _FIRST_PAUSE
    while _failed(reply := await answer(event)):
        log.warning("What happened to %s is not done yet: %s", event.chat, event.command)
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)
    return reply


async def language_of(chat: Chat, locale: str, answer: Answer) -> str:
    """Ask which language our own words for a chat are to be in: the one it chose, or its person's.

    `locale` is that of the person (a BCP 47 tag, or ""); returns one of `words.LANGUAGES`.
    """
    reply = await answer(Request(chat, LANGUAGE, locale=locale, is_event=True))
    chosen = [block.text for block in reply.blocks if isinstance(block, Paragraph)]
    return words.best(*chosen, locale)


def _failed(reply: Reply) -> bool:
    return any(isinstance(block, Notice) for block in reply.blocks)
