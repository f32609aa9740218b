"""An event loop that looks for answers before it believes that none came. Knows no platform.

A process that was stopped for a while (SIGSTOP, a frozen container) goes on with every time limit
over and with the answers in its sockets. But the wait that the stop interrupted ends with nothing
(https://peps.python.org/pep-0475/: none of its time is left), so that each of these answers would
be given up as one that never came, and each message that was posted be called uncertain.
"""

from __future__ import annotations

import asyncio
import selectors


class _LooksAgain(selectors.DefaultSelector):
    """When nothing came in time, it looks once more whether something is there by now."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout) or super().select(0)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make such a loop, for `asyncio.Runner(loop_factory=...)`."""
    return asyncio.SelectorEventLoop(_LooksAgain())
