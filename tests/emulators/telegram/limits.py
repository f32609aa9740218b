"""Telegram's documented sending limits, as a pure bookkeeper: time is an argument.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this : no more than one
message a second in a chat (short bursts may pass), 20 a minute in a group, about 30 a second.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bot may send.

    `chat_burst` is how many messages a chat takes at once before `chat_per_second` holds: the
    documentation says "short bursts" and no number, so this number is ours.
    """

    overall_per_second: int = 30
    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20


DEFAULT_LIMITS = Limits()


@dataclass
class Window:
    """When the last messages went, to allow `count` in any `seconds`."""

    count: int
    seconds: float
    sent: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0 when it may go now."""
        while self.sent and self.sent[0] <= now - self.seconds:
            self.sent.popleft()
        return 0.0 if len(self.sent) < self.count else self.sent[0] + self.seconds - now

    def take(self, now: float) -> None:
        """Count one message."""
        self.sent.append(now)


class RateLimiter:
    """What was sent where, and how long the next message must wait."""

    def __init__(self, limits: Limits | None) -> None:
        self.limits = limits
        self._windows: dict[tuple[str, int], Window] = {}

    def retry_after(self, chat: int, *, is_group: bool, now: float) -> int:
        """Whole seconds to wait, or 0: then the message is counted as sent."""
        if self.limits is None:
            return 0
        windows = self._of(self.limits, chat, is_group=is_group)
        wait = max(window.wait(now) for window in windows)
        if wait > 0:
            return math.ceil(wait)
        for window in windows:
            window.take(now)
        return 0

    def _of(self, limits: Limits, chat: int, *, is_group: bool) -> list[Window]:
        burst_seconds = limits.chat_burst / limits.chat_per_second
        windows = [
            self._window("all", 0, limits.overall_per_second, 1.0),
            self._window("chat", chat, limits.chat_burst, burst_seconds),
        ]
        if is_group:
            windows.append(self._window("group", chat, limits.group_per_minute, 60.0))
        return windows

    def _window(self, kind: str, chat: int, count: int, seconds: float) -> Window:
        return self._windows.setdefault((kind, chat), Window(count, seconds))
