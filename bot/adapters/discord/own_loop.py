"""An event loop in a thread of its own, and the way to and from it. Knows no platform.

What runs there never waits for whatever holds up the loop that asked for it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bot.adapters.patient_loop import new_event_loop

T = TypeVar("T")
TURN_SECONDS = 0.001
"""How long one thread may compute before the next has its turn; usually 5 ms.

With six threads at work the loop would wait 30 ms for each of the dozen turns that one
acknowledgement takes: at 5 ms they came after 0.5 s (median) to 2.2 s, at 1 ms after 0.3 to 0.5 s.
"""


class LoopEnded(Exception):  # noqa: N818 - it reads as a state
    """The other loop ended before the work was done."""


@asynccontextmanager
async def own_loop(name: str) -> AsyncIterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread for as long as the block lasts; then end what runs there."""
    sys.setswitchinterval(min(TURN_SECONDS, sys.getswitchinterval()))
    born: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]
    born = concurrent.futures.Future()
    thread = threading.Thread(target=_live, args=(born,), name=name, daemon=True)
    thread.start()
    loop, end = await asyncio.wrap_future(born)
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(end.set)
        await asyncio.to_thread(thread.join)


def _live(
    born: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]],
) -> None:
    async def until_told() -> None:
        end = asyncio.Event()
        born.set_result((asyncio.get_running_loop(), end))
        await end.wait()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(until_told())  # at its end it cancels what is left


async def across(there: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Let another loop do a piece of work, in this context; return or raise what comes of it.

    Cancelled here it is cancelled there, and waited for: it may have to clear up. Raises LoopEnded.
    """
    here = asyncio.get_running_loop()
    done: asyncio.Future[asyncio.Task[T]] = here.create_future()
    begun: list[asyncio.Task[T]] = []

    def begin() -> None:
        begun.append(task := there.create_task(work))
        task.add_done_callback(tell)

    def tell(task: asyncio.Task[T]) -> None:
        if not here.is_closed():
            here.call_soon_threadsafe(done.set_result, task)

    def stop() -> None:
        begun[0].cancel()

    try:
        there.call_soon_threadsafe(begin)
    except RuntimeError as error:  # it is closed
        work.close()
        raise LoopEnded from error
    cancelled = False
    while not done.done():
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            cancelled = True
            there.call_soon_threadsafe(stop)
    task = done.result()
    ended = task.cancelled()
    if cancelled:
        _ = ended or task.exception()  # so that nobody warns of it
        raise asyncio.CancelledError
    if ended:
        raise LoopEnded
    return task.result()
