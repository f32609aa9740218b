"""`dateline doctor`: says what to mend. Knows no part of the bot: it is told what to look at."""

from __future__ import annotations

import asyncio
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
PATIENCE = 20.0
"""Seconds for one look: a platform that does not answer is a finding, too."""


async def examine(looks: Sequence[tuple[str, Look]], patience: float = PATIENCE) -> list[Finding]:
    """Look at each thing in turn; one that fails never hides the next."""
    return [await _examine_one(name, look, patience) for name, look in looks]


async def _examine_one(name: str, look: Look, patience: float) -> Finding:
    try:
        async with asyncio.timeout(patience):
            return Finding(name, well=True, words=await look())
    except TimeoutError:
        return Finding(name, well=False, words=f"no answer within {patience:g} seconds.")
    except (DatelineError, OSError) as error:
        return Finding(name, well=False, words=str(error))
    except Exception as error:  # noqa: BLE001 - a library's fault is a finding like any other
        return Finding(name, well=False, words=f"{type(error).__name__}: {error}")
