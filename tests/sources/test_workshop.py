"""Work in children that can be killed: what returns, what raises, what never returns."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator

import pytest

from bot.core.errors import SourceError
from bot.sources.workshop import Workshop


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    made = Workshop(workers=1, deadline=20)
    yield made
    made.close()


def refuse() -> None:
    raise SourceError("That is not a feed.")


def fall_over() -> int:
    return 1 // 0


def run_for_ever() -> None:
    """Never return, and hold the interpreter's lock all the while."""
    re.fullmatch(r"(a*)*b", "a" * 60)


def take_all_memory() -> int:
    return len(b"x" * 4_000_000_000)


def leave() -> None:
    os._exit(3)


def own_process() -> int:
    return os.getpid()


async def test_work_is_done_elsewhere_and_its_result_comes_back(workshop: Workshop) -> None:
    assert await workshop.do(sorted, [3, 1, 2]) == [1, 2, 3]
    assert await workshop.do(own_process) != os.getpid()


async def test_a_child_is_used_again(workshop: Workshop) -> None:
    assert await workshop.do(own_process) == await workshop.do(own_process)


async def test_a_refusal_comes_in_its_own_words(workshop: Workshop) -> None:
    with pytest.raises(SourceError, match=r"^That is not a feed\.$"):
        await workshop.do(refuse)


async def test_a_fault_comes_with_its_traceback_and_the_child_lives_on(workshop: Workshop) -> None:
    before = await workshop.do(own_process)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        await workshop.do(fall_over)
    assert await workshop.do(own_process) == before


async def test_work_that_never_returns_is_ended_while_others_go_on(workshop: Workshop) -> None:
    endless = asyncio.create_task(workshop.do(run_for_ever))
    ticks = 0
    while not endless.done():
        await asyncio.wait([endless], timeout=0.05)
        ticks += 1
    with pytest.raises(SourceError, match="too long to read"):
        await endless
    assert ticks > 5  # the loop of this process was never held up
    assert await workshop.do(sorted, [2, 1]) == [1, 2]


async def test_work_that_takes_all_memory_is_refused(workshop: Workshop) -> None:
    with pytest.raises(SourceError, match="too much memory"):
        await workshop.do(take_all_memory)


async def test_a_child_that_dies_costs_only_its_work(workshop: Workshop) -> None:
    with pytest.raises(SourceError, match="too long to read"):
        await workshop.do(leave)
    assert await workshop.do(sorted, [2, 1]) == [1, 2]


async def test_work_that_is_not_wanted_any_more_never_answers_the_next(workshop: Workshop) -> None:
    unwanted = asyncio.create_task(workshop.do(time.sleep, 30))
    await asyncio.sleep(0)
    unwanted.cancel()
    await asyncio.gather(unwanted, return_exceptions=True)
    assert await workshop.do(sorted, [2, 1]) == [1, 2]


async def test_work_past_the_deadline_on_the_clock_is_ended() -> None:
    impatient = Workshop(workers=1, deadline=0.5)
    with pytest.raises(SourceError, match="too long"):
        await impatient.do(time.sleep, 30)
    impatient.close()


async def test_larger_things_than_a_pipe_holds_go_both_ways(workshop: Workshop) -> None:
    large = b"x" * 9_000_000
    assert await workshop.do(bytes, large) == large
