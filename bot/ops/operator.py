"""Tells the operator what went wrong: in the log always, in a chat of theirs once in a while.

Knows no platform; the adapters do the posting.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.errors import DatelineError
from bot.core.messages import Chat, Notice, Reply
from bot.core.ports import Adapter, Clock

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=24)
"""The same thing is told again after this, if it still goes wrong."""


class Operator:
    """Who runs the bot. `chat` is where to write to them, or None for the log alone."""

    def __init__(self, adapters: Mapping[str, Adapter], chat: Chat | None, clock: Clock) -> None:
        self._adapters = adapters
        self._chat = chat
        self._clock = clock
        self._told: dict[str, datetime] = {}

    async def tell(self, about: str, words: str) -> None:
        """Say that something is wrong; of the same thing once a day in the chat. Never raises."""
        log.error(words)
        now = self._clock.now()
        if self._chat is None or now - self._told.get(about, now - AGAIN) < AGAIN:
            return
        self._told = {one: at for one, at in self._told.items() if now - at < AGAIN}
        self._told[about] = now
        adapter = self._adapters.get(self._chat.platform)
        if adapter is None:
            return
        try:
            await adapter.wait_turn(self._chat)
            hint = "Type on the machine: dateline outbox"
            for payload in adapter.render(Reply((Notice(words, hint),))):
                await adapter.post(self._chat, payload, "")
        except DatelineError as error:
            log.warning("The operator could not be told: %s", error)
