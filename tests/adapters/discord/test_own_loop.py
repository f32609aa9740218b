"""A loop in a thread of its own, and what crosses over to it."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextvars import ContextVar

import pytest

from bot.adapters.discord.own_loop import LoopEnded, across, own_loop

WORD: ContextVar[str] = ContextVar("word", default="nothing")


async def test_work_is_done_in_another_thread_and_in_this_context() -> None:
    async def told() -> tuple[str, str]:
        return threading.current_thread().name, WORD.get()

    WORD.set("carried over")
    async with own_loop("apart") as loop:
        assert await across(loop, told()) == ("apart", "carried over")


async def test_threads_that_compute_let_the_loop_have_its_turn_soon() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    async with own_loop("apart"):
        assert sys.getswitchinterval() == pytest.approx(0.001)
    sys.setswitchinterval(before)


async def test_what_goes_wrong_there_is_raised_here() -> None:
    async def fails() -> None:
        raise ValueError("not so")

    async with own_loop("apart") as loop:
        with pytest.raises(ValueError, match="not so"):
            await across(loop, fails())


async def test_cancelled_here_it_is_cancelled_there_and_waited_for() -> None:
    begun, cleared = threading.Event(), threading.Event()

    async def waits() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleared.set()

    async with own_loop("apart") as loop:
        task = asyncio.create_task(across(loop, waits()))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cleared.is_set()


async def test_a_cancellation_that_is_swallowed_there_still_counts_here() -> None:
    begun = threading.Event()

    async def swallows() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "as if nothing had happened"
        return ""

    async with own_loop("apart") as loop:
        task = asyncio.create_task(across(loop, swallows()))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_what_is_not_done_when_the_loop_ends_is_said() -> None:
    begun = threading.Event()

    async def waits() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with own_loop("apart") as loop:
        task = asyncio.create_task(across(loop, waits()))
        await asyncio.to_thread(begun.wait)
    with pytest.raises(LoopEnded):
        await task
    with pytest.raises(LoopEnded):
        await across(loop, waits())
