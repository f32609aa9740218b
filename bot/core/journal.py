"""The Journal port: what people asked, written down before the platform is told that we have it.

An update goes taken -> begun -> finished. After a crash what was only taken is answered; what was
begun may have been answered already, so it is left (rather not at all than twice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


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
