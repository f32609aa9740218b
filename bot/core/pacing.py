"""How fast a platform lets us post: budgets per platform and per chat. Pure; time is an argument.

The rule is the generic cell rate algorithm (ITU-T I.371): a budget remembers one instant, the
theoretical arrival time of the next message, and neither timers nor queues.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

AT_ONE_CHAT = 3
"""So many processes may post in one chat in the same minute.

One answers there, one posts a digest, and the next attempt or the next digest may be another's.
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in any `seconds`, of which `burst` (1 to `count`) come at once."""

    count: int
    seconds: float
    burst: int = 1

    @property
    def interval(self) -> float:
        """Seconds between two messages at the full rate: a burst is paid for, never on top."""
        return self.seconds / (self.count - self.burst + 1)

    def shared_by(self, number: int) -> Rate:
        """Return the share of each of so many who keep to this rate together; at least one."""
        return replace(self, count=max(self.burst, self.count // number))


def at_one_chat(workers: int) -> int:
    """Return how many of so many processes share the limits of one chat."""
    return min(workers, AT_ONE_CHAT)


@dataclass(slots=True)
class Budget:
    """What one rate still allows, per key (a chat, or "" for the whole platform)."""

    rate: Rate
    _arrivals: dict[str, float] = field(default_factory=dict)

    def take(self, key: str, now: float) -> float:
        """Book one message and return the seconds to wait before posting it."""
        arrival = max(now, self._arrivals.get(key, now))
        self._arrivals[key] = arrival + self.rate.interval
        if len(self._arrivals) > 10_000:
            self._arrivals = {name: at for name, at in self._arrivals.items() if at > now}
        return max(0.0, arrival - (self.rate.burst - 1) * self.rate.interval - now)
