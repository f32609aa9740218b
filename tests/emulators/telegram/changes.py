"""Waiting for something to become true, without polling. Knows no Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """Those who wait look again at every change."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Something has changed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, is_true: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until `is_true()`, at most so long; say whether it became true."""
        try:
            async with asyncio.timeout(seconds):
                while not is_true():
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
