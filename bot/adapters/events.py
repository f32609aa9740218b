"""What adapters tell and ask the core on their own: a chat moved, its language. No platform."""

from __future__ import annotations

import asyncio
import logging

from bot.core import words
from bot.core.commands import LANGUAGE
from bot.core.messages import Answer, Chat, Notice, Paragraph, Reply, Request

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


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
