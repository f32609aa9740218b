"""Turns at hosts: few at once, a gap between them, one host never in another's way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.sources.turns import Turns


@dataclass
class Watch:
    """A clock that moves only while somebody sleeps on it."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Crowd:
    """Takes turns, and counts how many held one at the same time."""

    turns: Turns
    now: int = 0
    most: int = 0

    async def visit(self, host: str) -> None:
        async with self.turns.turn(host):
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(5):
                await asyncio.sleep(0)
            self.now -= 1


async def test_one_host_is_asked_by_two_at_once() -> None:
    crowd = Crowd(Turns(gap=0))
    await asyncio.gather(*(crowd.visit("a.example") for _ in range(20)))
    assert crowd.most == 2


async def test_many_hosts_are_asked_at_once_up_to_a_limit() -> None:
    crowd = Crowd(Turns(at_once=7, gap=0))
    await asyncio.gather(*(crowd.visit(f"{number}.example") for number in range(50)))
    assert crowd.most == 7


async def test_turns_at_one_host_begin_with_a_gap_between_them() -> None:
    watch = Watch()
    turns = Turns(gap=0.5, sleep=watch.sleep, time=watch.time)
    crowd = Crowd(turns)
    await asyncio.gather(*(crowd.visit("a.example") for _ in range(4)), crowd.visit("b.example"))
    assert watch.slept == [0.5, 1.0, 1.5]


async def test_who_is_stopped_while_waiting_leaves_no_trace() -> None:
    turns = Turns(per_host=1, gap=0)
    async with turns.turn("a.example"):
        waiting = asyncio.create_task(Crowd(turns).visit("a.example"))
        await asyncio.sleep(0)
        assert turns.others("a.example")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not turns.others("a.example")
    assert turns._lanes == {}


def test_a_host_rests_as_long_as_it_asked_for() -> None:
    watch = Watch()
    turns = Turns(time=watch.time)
    turns.rest("a.example", 60)
    turns.rest("a.example", 10)  # no shorter for being asked again
    assert (turns.resting("a.example"), turns.resting("b.example")) == (60, 0)
    watch.now = 61
    assert turns.resting("a.example") == 0
