"""Whose turn it is to ask a host: few at once, a gap between them. Knows no HTTP.

Who waits here has not begun to ask, so waiting costs nothing of the deadline for the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.core.pacing import Budget, Rate


@dataclass(slots=True)
class _Lane:
    """Those who ask one host, or wait to."""

    open: asyncio.Semaphore
    people: int = 0


class Turns:
    """Turns at hosts: `at_once` over all, `per_host` at one of them, begun `gap` seconds apart.

    `sleep` and `time` wait and tell the time in seconds.
    """

    def __init__(
        self,
        at_once: int = 100,
        per_host: int = 2,
        gap: float = 0.5,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        time: Callable[[], float] = time.monotonic,
    ) -> None:
        self._everyone = asyncio.Semaphore(at_once)
        self._per_host = per_host
        self._gap = Budget(Rate(1, gap))
        self._lanes: dict[str, _Lane] = {}
        self._rests: dict[str, float] = {}
        self._sleep = sleep
        self._time = time

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at a host, and hold it."""
        lane = self._lanes.setdefault(host, _Lane(asyncio.Semaphore(self._per_host)))
        lane.people += 1
        try:
            async with lane.open:
                wait = self._gap.take(host, self._time())
                if wait > 0:
                    await self._sleep(wait)
                async with self._everyone:
                    yield
        finally:
            lane.people -= 1
            if not lane.people:
                del self._lanes[host]

    def rest(self, host: str, seconds: float) -> None:
        """Leave a host alone for that long: it said that it has had enough."""
        now = self._time()
        self._rests = {name: until for name, until in self._rests.items() if until > now}
        self._rests[host] = max(now + seconds, self._rests.get(host, now))

    def resting(self, host: str) -> float:
        """Return for how many seconds a host is still to be left alone."""
        return max(0.0, self._rests.get(host, 0.0) - self._time())

    def others(self, host: str) -> bool:
        """Tell whether somebody besides the one whose turn it is wants this host."""
        return host in self._lanes and self._lanes[host].people > 1
