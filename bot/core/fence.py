"""The last look before a request leaves: a claim that went stale while we slept sends nothing.

A library may wait between our decision to post and its request (for a limit, for a connection),
and a process may be stopped at any time. Knows no platform and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def fenced(check: Callable[[], None]) -> Iterator[None]:
    """Let `check` be called before each request of this task; it raises where none may go."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def last_look() -> None:
    """Raise what the check of this task raises; without one everything may go."""
    check = _check.get()
    if check is not None:
        check()
