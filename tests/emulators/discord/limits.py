"""Discord's rate limits as a table and a meter; time comes in as an argument.

Source: https://discord.com/developers/docs/topics/rate-limits. The numbers of single routes are
not documented; those below are what bots see today.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """So many requests in so many seconds."""

    limit: int
    seconds: float


def _usual() -> dict[tuple[str, str], Budget]:
    return {
        ("POST", "/channels/{channel_id}/messages"): Budget(5, 5.0),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Budget(5, 5.0),
        ("DELETE", "/channels/{channel_id}/messages/{message_id}"): Budget(5, 1.0),
        ("GET", "/channels/{channel_id}/messages"): Budget(5, 5.0),
        ("POST", "/channels/{channel_id}/typing"): Budget(5, 5.0),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Budget(5, 2.0),
        ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): Budget(5, 2.0),
        ("POST", "/users/@me/channels"): Budget(10, 10.0),
        ("POST", "/channels/{channel_id}/threads"): Budget(50, 300.0),
    }


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets of the whole bot, of single routes, and of every other route."""

    everywhere: Budget = Budget(50, 1.0)
    routes: dict[tuple[str, str], Budget] = field(default_factory=_usual)
    other: Budget = Budget(50, 1.0)
    gateway_sends: Budget = Budget(120, 60.0)
    identify_seconds: float = 5.0


DEFAULT_LIMITS = Limits()
_NONE = Budget(UNLIMITED, 1.0)
NO_LIMITS = Limits(_NONE, {}, _NONE, _NONE, 0.0)


@dataclass(slots=True)
class Window:
    """A fixed window that opens with its first request."""

    ends: float = 0.0
    used: int = 0

    def take(self, budget: Budget, now: float) -> bool:
        if now >= self.ends:
            self.ends, self.used = now + budget.seconds, 0
        if self.used >= budget.limit:
            return False
        self.used += 1
        return True


@dataclass(frozen=True, slots=True)
class Verdict:
    """May the request pass, and what do the X-RateLimit headers say."""

    passed: bool
    headers: dict[str, str]
    retry_after: float = 0.0
    everywhere: bool = False

    @property
    def body(self) -> dict[str, object]:
        return {
            "message": "You are being rate limited.",
            "retry_after": round(self.retry_after, 3),
            "global": self.everywhere,
        }


class Meter:
    """Counts requests of one bot against its limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._everywhere = Window()
        self._windows: dict[tuple[str, str], Window] = {}

    def take(
        self, method: str, template: str, major: str, now: float, wall: float, *, counted: bool
    ) -> Verdict:
        """`counted` says whether the bot's global limit covers the route; interactions are free
        of it. `major` are the top-level ids that have windows of their own."""
        if counted and not self._everywhere.take(self.limits.everywhere, now):
            return _refused_everywhere(self._everywhere.ends - now)
        budget = self.limits.routes.get((method, template), self.limits.other)
        bucket = hashlib.blake2s(f"{method} {template}".encode(), digest_size=8).hexdigest()
        window = self._windows.setdefault((bucket, major), Window())
        passed = window.take(budget, now)
        left = max(0.0, window.ends - now)
        headers = {
            "X-RateLimit-Limit": str(budget.limit),
            "X-RateLimit-Remaining": str(budget.limit - window.used),
            "X-RateLimit-Reset": f"{wall + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
        if passed:
            return Verdict(passed=True, headers=headers)
        headers |= {"Retry-After": str(int(left) + 1), "X-RateLimit-Scope": "user"}
        return Verdict(passed=False, headers=headers, retry_after=left)


def _refused_everywhere(left: float) -> Verdict:
    headers = {
        "Retry-After": str(int(left) + 1),
        "X-RateLimit-Global": "true",
        "X-RateLimit-Scope": "global",
    }
    return Verdict(passed=False, headers=headers, retry_after=left, everywhere=True)
