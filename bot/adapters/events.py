"""Telling the core what happened to a chat: moved, gone, back. Knows no platform."""

from __future__ import annotations

import asyncio
import logging

from bot.core.messages import Answer, Notice, Reply, Request

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


def _failed(reply: Reply) -> bool:
    return any(isinstance(block, Notice) for block in reply.blocks)
