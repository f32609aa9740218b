"""The Journal port: what people asked, written down before the platform is told that we have it.

An update goes taken -> begun -> finished. After a crash what was only taken is answered; what was
begun may have been answered already, so it is left (rather not at all than twice).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.core.errors import StoreError

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
"""Between two attempts to write what is owed: a stop waits for longer than the longest."""


@dataclass(frozen=True, slots=True)
class Update:
    """Something that happened on a platform. `id` is the platform's own, `payload` its JSON."""

    id: str
    payload: Mapping[str, Any]


class Journal(Protocol):
    """Every method is one committed transaction. Raises StoreError when the database fails."""

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        """Write updates down; return those that were never taken before, in order."""

    async def begin(self, platform: str, number: str) -> bool:
        """Say that the answer is about to be sent; False when somebody said so before."""

    async def finish(self, platform: str, number: str) -> None:
        """Say that an update needs nothing more."""

    async def unfinished(self, platform: str) -> Sequence[Update]:
        """Return what was taken and not begun, oldest first: after a start, it is still to do."""


class Forgetful:
    """A journal that writes nothing down: for a platform whose questions nobody repeats."""

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        """See the Journal port."""
        return updates

    async def begin(self, platform: str, number: str) -> bool:
        """See the Journal port."""
        return True

    async def finish(self, platform: str, number: str) -> None:
        """See the Journal port."""

    async def unfinished(self, platform: str) -> Sequence[Update]:
        """See the Journal port."""
        return ()


class PatientJournal:
    """A journal that keeps no answer back when it is broken.

    What it cannot write down it owes: it remembers it, and writes it down as soon as it can again.
    Else a start in two days would find the update only taken, and answer it a second time.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._owed: set[tuple[str, str]] = set()  # the platform and the number
        self._paying: asyncio.Task[None] | None = None

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        """See the Journal port."""
        return await self._journal.take(platform, updates)

    async def begin(self, platform: str, number: str) -> bool:
        """See the Journal port. Raises nothing."""
        if (platform, number) in self._owed:
            return False
        try:
            return await self._journal.begin(platform, number)
        except StoreError as error:
            self._owe(platform, number, error)
            return True

    async def finish(self, platform: str, number: str) -> None:
        """See the Journal port. Raises nothing, and returns when it is written down.

        So whoever waits at a stop for the answers in hand waits for that, too.
        """
        try:
            await self._journal.finish(platform, number)
        except StoreError as error:
            await asyncio.wait([self._owe(platform, number, error)])

    async def unfinished(self, platform: str) -> Sequence[Update]:
        """See the Journal port."""
        left = await self._journal.unfinished(platform)
        return [one for one in left if (platform, one.id) not in self._owed]

    def _owe(self, platform: str, number: str, error: StoreError) -> asyncio.Task[None]:
        log.warning("An answer on %s is not written down yet: %s", platform, error)
        self._owed.add((platform, number))
        if self._paying is None or self._paying.done():
            self._paying = asyncio.create_task(self._pay())
        return self._paying

    async def _pay(self) -> None:
        """Write down what is owed, ever more patiently, until nothing is owed any more.

        To finish what only began is as good: neither is answered again.
        """
        pause = _FIRST_PAUSE
        while self._owed:
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            try:
                for platform, number in list(self._owed):
                    await self._journal.finish(platform, number)
                    self._owed.discard((platform, number))
            except StoreError as error:
                log.warning("%d answer(s) are not written down yet: %s", len(self._owed), error)


def patient(journal: Journal) -> PatientJournal:
    """Return a journal that keeps no answer back: this one, if it is one."""
    return journal if isinstance(journal, PatientJournal) else PatientJournal(journal)
