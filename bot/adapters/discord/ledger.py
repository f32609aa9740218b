"""What is asked on Discord, written into the core's journal. A broken journal loses no command."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.adapters.discord.asked import Asked, asked_in
from bot.adapters.discord.own_loop import across
from bot.core.errors import StoreError
from bot.core.journal import Journal, patient

log = logging.getLogger(__name__)


class Ledger:
    """The journal, which lives in the core's loop, as Discord's loop sees it."""

    def __init__(self, journal: Journal, core: asyncio.AbstractEventLoop) -> None:
        self._journal = patient(journal)
        self._core = core
        self._unwritten: set[str] = set()

    async def taken(self, *asked: Asked) -> Sequence[Asked]:
        """Write down what is asked; return what is new. Nobody offers an interaction again, so one
        is answered even when it cannot be written down."""
        notes = [one.note() for one in asked]
        try:
            kept = await across(self._core, self._journal.take("discord", notes))
        except StoreError as error:
            log.warning("Discord: what was asked is not written down: %s", error)
            self._unwritten.update(one.number for one in asked)
            return asked
        new = {note.id for note in kept}
        return [one for one in asked if one.number in new]

    async def begun(self, asked: Asked) -> bool:
        """Note that what comes now cannot be repeated: a crash does not let it come again.

        The journal knows nothing of what it could not write down, and that is no reason to keep it
        back.
        """
        is_unwritten = asked.number in self._unwritten
        self._unwritten.discard(asked.number)
        noted = await across(self._core, self._journal.begin("discord", asked.number))
        return noted or is_unwritten

    async def finished(self, number: str) -> None:
        """Note that nothing more is to do; this returns when it is written down."""
        self._unwritten.discard(number)
        await across(self._core, self._journal.finish("discord", number))

    async def unfinished(self) -> Sequence[Asked]:
        """Return what an earlier process left; what cannot be read is put away."""
        left: list[Asked] = []
        for note in await across(self._core, self._journal.unfinished("discord")):
            try:
                left.append(asked_in(note))
            except (KeyError, TypeError, ValueError) as error:
                log.warning("Discord: %s in the journal cannot be read: %r", note.id, error)
                # To finish it could wait for a full disk, and with it all that can be read.
                await across(self._core, self._journal.begin("discord", note.id))
        return left
