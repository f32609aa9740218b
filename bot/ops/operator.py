"""Tells the operator what went wrong: in the log always, in a chat of theirs once in a while.

Knows no platform; the adapters do the posting.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.errors import DeliveryError
from bot.core.messages import Chat, Notice, Reply
from bot.core.ports import Adapter, Clock

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=24)
"""The same thing is told again after this, if it still goes wrong."""
SOON = timedelta(minutes=5)
"""What could not be told is tried again after this."""
_HINT = "Type on the machine: dateline outbox"


class Operator:
    """Who runs the bot. `chat` is where to write to them, or None for the log alone.

    `memory` is a file that remembers over a new start what was told.
    """

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        chat: Chat | None,
        clock: Clock,
        memory: Path | None = None,
    ) -> None:
        self._adapters = adapters
        self._chat = chat
        self._clock = clock
        self._memory = memory
        self._told = _read(memory) if memory is not None else {}
        self._untold: dict[str, tuple[str, datetime]] = {}  # about -> words, not before

    async def tell(self, about: str, words: str) -> None:
        """Say that something is wrong; of the same thing once a day in the chat. Never raises."""
        log.error("%s", words)
        now = self._clock.now()
        if self._chat is None or now - self._told.get(about, now - AGAIN) < AGAIN:
            return
        self._told = {one: at for one, at in self._told.items() if now - at < AGAIN}
        self._told[about] = now
        await self._post(self._chat, about, words)

    async def tell_again(self) -> None:
        """Say what could not be said before. Never raises."""
        now = self._clock.now()
        for about, (words, not_before) in list(self._untold.items()):
            if self._chat is not None and not_before <= now:
                await self._post(self._chat, about, words)

    async def _post(self, chat: Chat, about: str, words: str) -> None:
        adapter = self._adapters.get(chat.platform)
        if adapter is None:
            return
        self._untold.pop(about, None)
        try:
            await adapter.wait_turn(chat)
            for payload in adapter.render(Reply((Notice(words, _HINT),))):
                await adapter.post(chat, payload, "")
        except Exception as error:  # noqa: BLE001 - the trouble told of matters more than this one
            log.warning("The operator could not be told: %s", error)
            if not isinstance(error, DeliveryError) or not error.final:
                self._untold[about] = words, self._clock.now() + SOON
        else:
            self._remember()

    def _remember(self) -> None:
        """Keep what was told; a full disk costs no more than telling it again."""
        if self._memory is None:
            return
        kept = {about: at.isoformat() for about, at in self._told.items()}
        fresh = self._memory.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(kept))
            fresh.replace(self._memory)


def _read(memory: Path) -> dict[str, datetime]:
    try:
        kept = json.loads(memory.read_text())
        return {about: datetime.fromisoformat(at) for about, at in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):  # none, or not as it is written here
        return {}
