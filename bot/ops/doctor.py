"""`dateline doctor`: looks at everything the bot needs and says what to mend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.core.errors import DatelineError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, whether it is well, and what was seen or is to be mended."""

    name: str
    well: bool
    words: str


Look = Callable[[], Awaitable[str]]


async def examine(looks: Sequence[tuple[str, Look]]) -> list[Finding]:
    """Look at each thing in turn; one that fails never hides the next."""
    return [await _examine_one(name, look) for name, look in looks]


async def _examine_one(name: str, look: Look) -> Finding:
    try:
        return Finding(name, well=True, words=await look())
    except (DatelineError, OSError) as error:
        return Finding(name, well=False, words=str(error))
