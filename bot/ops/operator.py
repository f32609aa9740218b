"""Tells the operator what went wrong: in the log always, in a chat of theirs once in a while.

Knows no platform; the adapters do the posting, in a task of its own: whoever has trouble to tell
waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from bot.core.errors import ChatUnavailable, DeliveryError
from bot.core.messages import Chat, Notice, Reply
from bot.core.ports import Adapter, Clock

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=24)
"""The same thing is told again after this, if it still goes wrong."""
SOON = timedelta(minutes=5)
"""What could not be told is tried again after this; in a chat that takes nothing, after AGAIN."""
NEWS = timedelta(days=7)
"""What could not be told for so long is told no more."""
LOOK_SECONDS = 10.0
"""How often it is looked what is to be tried again."""
DISK_SECONDS = 5.0
"""A disk gets so long to keep what was told."""
_HINT = "Type on the machine: dateline outbox, or dateline doctor"


@dataclass(frozen=True, slots=True)
class _Untold:
    """What is still to be told: since when, and not before when it is tried again."""

    words: str
    since: datetime
    not_before: datetime


_Memory: TypeAlias = tuple[dict[str, datetime], dict[str, _Untold]]


class Operator:
    """Who runs the bot. `chat` is where to write to them, or None for the log alone.

    `memory` is a file that remembers over a new start what was told, and what is still to be told.
    """

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        chat: Chat | None,
        clock: Clock,
        memory: Path | None = None,
    ) -> None:
        self._adapters = adapters
        self._chat = chat if chat is not None and chat.platform in adapters else None
        self._clock = clock
        self._memory = memory
        self._kept = ""
        self._writing: asyncio.Task[bool] | None = None
        self._told, self._untold = _read(memory, clock.now()) if memory is not None else ({}, {})
        self._something = asyncio.Event()

    async def tell(self, about: str, words: str) -> None:
        """Say that something is wrong; of the same thing once a day in the chat.

        It is posted by `run`: here nothing is waited for. Never raises.
        """
        log.error("%s", words)
        now = self._clock.now()
        if self._chat is None or about in self._untold:
            return
        if about in self._told and now - self._told[about] < AGAIN:
            return
        self._untold[about] = _Untold(words, now, now)
        self._something.set()

    async def run(self) -> None:
        """Post what is to be told, at once or when it can be, until cancelled."""
        try:
            while True:
                self._something.clear()
                await self.post_due()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._something.wait()
        finally:
            await self._remember()

    async def post_due(self) -> None:
        """Post what is to be told by now. Never raises."""
        await self._remember()  # first: whatever ends the bot meanwhile, it is told afterwards
        now = self._clock.now()
        for about, one in list(self._untold.items()):
            if self._chat is not None and one.not_before <= now:
                await self._try(self._chat, about, one)
        await self._remember()

    async def _try(self, chat: Chat, about: str, one: _Untold) -> None:
        late = self._clock.now() - one.since > SOON
        words = f"{one.since:%Y-%m-%d %H:%M} UTC: {one.words}" if late else one.words
        try:
            await self._follow(chat, words)
        except Exception as error:  # noqa: BLE001 - the trouble told of matters more than this one
            log.warning("The operator could not be told: %s", error)
            refused = isinstance(error, DeliveryError) and error.final
            later = self._clock.now() + (AGAIN if refused else SOON)
            self._untold[about] = replace(one, not_before=later)
        else:
            self._told[about] = self._clock.now()
            del self._untold[about]

    async def _follow(self, chat: Chat, words: str) -> None:
        """Post in the chat, or where it moved to: once, as two that name each other never end."""
        try:
            await self._post(chat, words)
        except ChatUnavailable as error:
            if not error.moved_to:
                raise
            self._chat = replace(chat, id=error.moved_to)
            log.warning("The operator's chat moved: set DATELINE_OPERATOR_CHAT to %s", self._chat)
            await self._post(self._chat, words)

    async def _post(self, chat: Chat, words: str) -> None:
        adapter = self._adapters[chat.platform]
        await adapter.wait_turn(chat)
        for payload in adapter.render(Reply((Notice(words, _HINT),))):
            await adapter.post(chat, payload, "")

    async def _remember(self) -> None:
        """Keep what was told and what was not; a full disk costs no more than telling it again."""
        now = self._clock.now()
        self._told = {about: at for about, at in self._told.items() if now - at < AGAIN}
        self._untold = {one: it for one, it in self._untold.items() if now - it.since < NEWS}
        text = json.dumps(
            {
                "told": {about: at.isoformat() for about, at in self._told.items()},
                "untold": {
                    about: [one.words, one.since.isoformat()] for about, one in self._untold.items()
                },
            }
        )
        if self._memory is None or text == self._kept:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISK_SECONDS):
                if self._writing is not None:  # a thread goes on when whoever waited gave up
                    await asyncio.wait([self._writing])
                writing = asyncio.to_thread(_write, self._memory, text)
                self._writing = asyncio.create_task(writing)
                if await asyncio.shield(self._writing):
                    self._kept = text


def _write(memory: Path, text: str) -> bool:
    """Write the file, whole or not at all; tell whether the disk took it."""
    fresh = memory.with_suffix(".new")
    try:
        fresh.write_text(text)
        fresh.replace(memory)
    except OSError:
        return False
    return True


def _read(memory: Path, now: datetime) -> _Memory:
    try:
        kept = json.loads(memory.read_text())
        told = {about: datetime.fromisoformat(at) for about, at in kept["told"].items()}
        untold = {
            about: _Untold(words, datetime.fromisoformat(since), now)
            for about, (words, since) in kept["untold"].items()
        }
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # none, or not ours
        return {}, {}
    else:
        return told, untold
