"""What can go wrong on the way, asked for by a test; knows nothing of what is asked.

Example: `emulator.fail_next("POST", "/channels/{channel_id}/messages", Fault.dropped())`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.wire import Call, template_pattern

FOREVER = 3600.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. With `after_commit` the request takes effect first, and only its answer is
    lost; `body` is JSON, or raw text where it is a string."""

    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after_commit: bool = False
    drop: bool = False
    hang_seconds: float = 0.0

    @classmethod
    def rate_limited(cls, retry_after: float = 1.0, *, everywhere: bool = False) -> Fault:
        """A 429 of this route, or of the whole bot."""
        body = {
            "message": "You are being rate limited.",
            "retry_after": retry_after,
            "global": everywhere,
        }
        scope = "global" if everywhere else "user"
        headers = {"Retry-After": str(int(retry_after + 0.999)), "X-RateLimit-Scope": scope}
        if everywhere:
            headers["X-RateLimit-Global"] = "true"
        return cls(429, body, headers)

    @classmethod
    def dropped(cls, *, after_commit: bool = False) -> Fault:
        """The connection ends without an answer."""
        return cls(drop=True, after_commit=after_commit)

    @classmethod
    def hang(cls, seconds: float = FOREVER, *, after_commit: bool = False) -> Fault:
        """Nothing is heard for so long; then the connection ends."""
        return cls(drop=True, hang_seconds=seconds, after_commit=after_commit)

    @classmethod
    def wrong_json(cls) -> Fault:
        """A 200 whose body was cut."""
        return cls(200, '{"id": "12', {}, after_commit=True)

    def answer(self) -> tuple[int, Any, dict[str, str]]:
        body = (
            {"message": f"{self.status}: Emulated", "code": 0} if self.body is None else self.body
        )
        return self.status, body, self.headers


class FaultPlan:
    """The failures still to come, by route."""

    def __init__(self) -> None:
        self._next: list[tuple[str, str, Fault]] = []

    def add(self, method: str, route: str, fault: Fault, times: int) -> None:
        self._next.extend((method.upper(), route, fault) for _ in range(times))

    def take(self, call: Call) -> Fault | None:
        for index, (method, route, fault) in enumerate(self._next):
            if method in {call.method, "*"} and template_pattern(route).fullmatch(call.path):
                del self._next[index]
                return fault
        return None
