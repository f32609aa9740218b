"""The real bot in a process of its own, with a clock that can be moved and places to die.

Production code has no hook for any of it: this wrapper puts one around the real methods, in the
child process only. Knows nothing of what is verified afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

import apscheduler.schedulers.base
import apscheduler.triggers.cron
import pgqueuer.adapters.inmemory.queries
import sqlalchemy
from apscheduler.triggers.base import BaseTrigger
from pgqueuer.core.qm import QueueManager

from bot import app
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.patient_loop import new_event_loop
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.commands import Desk
from bot.core.delivery import Delivery
from bot.core.messages import Paragraph, Reply, Request
from bot.settings import load
from bot.store.database import DatabaseStore
from bot.store.jobs import QueuedJobs
from bot.store.journal import DatabaseJournal

SPEED = 5
"""The bot's clock runs so many times faster than the machine's."""
TICK = 0.2
"""Real seconds between two ticks."""
STARTED, ADVANCED, SKEW, STOPPED, RATE, TASKS = range(6)
"""What the cells of the shared memory hold: the real start, seconds that time was moved on, seconds
by which the clock of the bot's machine is wrong, whether the process has stopped itself, how many
times faster than the machine's the clock runs, and how many tasks the bot's event loop has."""
Cells = MutableSequence[float]

METHODS: dict[str, tuple[type, ...]] = {
    "open_due": (DatabaseStore,),
    "freeze": (DatabaseStore,),
    "claim": (DatabaseStore,),
    "mark": (DatabaseStore,),
    "settle": (DatabaseStore,),
    "give_up": (DatabaseStore,),
    "enqueue": (QueuedJobs,),
    "post": (TelegramAdapter, DiscordAdapter),
    "look_up": (TelegramAdapter, DiscordAdapter),
    "take": (DatabaseJournal,),
    "begin": (DatabaseJournal,),
    "finish": (DatabaseJournal,),
}
_STEPS = tuple(f"{side} {name}" for name in METHODS for side in ("before", "after"))
TRANSITIONS = (*_STEPS, "commit")
"""Where a life can end: on either side of each step, and in a transaction before its commit."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The nth time that a transition is reached, and the signal that the process sends itself."""

    transition: str
    nth: int
    signal: int = signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Life:
    """One start of the bot: its environment and where it ends by itself.

    With `works` it is `dateline work`, beside another process; with `cheap` its digests are made
    of names instead of news.
    """

    environment: dict[str, str]
    moment: Moment | None = None
    works: bool = False
    cheap: bool = True


def virtual_now(cells: Cells) -> float:
    """Return the time of the world in seconds since 1970: it runs, and can be moved on."""
    passed = time.time() - cells[STARTED]
    return cells[STARTED] + passed * cells[RATE] + cells[ADVANCED]


def new_cells(processes: ForkServerContext, rate: float = SPEED) -> Cells:
    """Return the shared memory of a bot whose time begins now."""
    cells: Cells = processes.RawArray("d", 6)
    cells[STARTED], cells[RATE] = time.time(), rate
    return cells


def context() -> ForkServerContext:
    """Return what starts processes from one that has everything imported already."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([__name__, "bot.sources.poller", "bot.store.archive"])
    return made


def start(processes: ForkServerContext, life: Life, cells: Cells) -> ForkServerProcess:
    """Start the bot."""
    process = processes.Process(target=live, args=(life, cells), daemon=True)
    process.start()
    return process


def live(life: Life, cells: Cells) -> None:
    """Be the bot: the child's main function. Its exit status is that of `dateline run`."""
    _die_with_parent()
    data = Path(life.environment["DATELINE_DATA_DIR"])
    with (data / "bot.log").open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    _move_clock(cells)
    _count_tasks(cells)
    if life.cheap:
        _make_cheap()
    if life.moment is not None:
        _watch(life.moment, cells)
    bot = app.work if life.works else app.run
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(bot(load(life.environment)))


def _die_with_parent() -> None:
    """Whoever ends the parent (kill -9 included) ends this process, even one that is stopped.

    The server that forked us lives for as long as somebody holds its pipe: we let go of ours, so it
    goes with the parent, and Linux ends us with it. https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
    """
    ours: Any = forkserver._forkserver  # what multiprocessing itself uses
    if ours._forkserver_alive_fd is not None:
        os.close(ours._forkserver_alive_fd)
        ours._forkserver_alive_fd = None
    with contextlib.suppress(AttributeError, OSError):  # elsewhere than on Linux
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Often(BaseTrigger):  # type: ignore[misc] # the library ships no types
    """Ticks sooner than CronTrigger can, and takes what it takes."""

    def __init__(self, **_: object) -> None:
        pass

    def get_next_fire_time(self, _last: datetime | None, now: datetime) -> datetime:
        """Return the time of the next tick."""
        return now + timedelta(seconds=TICK)


class MachineClock:
    """What the libraries know of the time: as wrong as the bot's own, but no faster.

    They wait for it with the event loop, whose time goes its usual way.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def now(self, zone: tzinfo = UTC) -> datetime:
        """Return what `datetime.now` would."""
        return datetime.now(zone) + timedelta(seconds=self._cells[SKEW])


def _move_clock(cells: Cells) -> None:
    def now(_: object) -> datetime:
        return datetime.fromtimestamp(virtual_now(cells) + cells[SKEW], UTC)

    _replace(app.SystemClock, "now", now)
    machine = MachineClock(cells)
    for module in (app, apscheduler.schedulers.base):
        _replace(module, "datetime", machine)
    _replace(pgqueuer.adapters.inmemory.queries, "utc_now", machine.now)
    _replace(apscheduler.triggers.cron, "CronTrigger", Often)
    sooner = timedelta(seconds=30 / SPEED)  # PostgreSQL's own clock, by which it tells who died
    _replace(
        QueueManager, "run", functools.partialmethod(QueueManager.run, heartbeat_timeout=sooner)
    )


def _count_tasks(cells: Cells) -> None:
    """Note at each tick how many tasks there are."""
    real = Delivery.tick

    async def tick(self: Delivery) -> None:
        cells[TASKS] = len(asyncio.all_tasks())
        await real(self)

    _replace(Delivery, "tick", tick)


def _make_cheap() -> None:
    """A digest is two messages with names of their own: so each is found again in its chat."""
    real = Desk.reply

    async def reply(self: Desk, request: Request) -> Reply:
        if request.command != "brief":
            return await real(self, request)
        filler = "All is well. " * (180 if request.chat.platform == "telegram" else 110)
        return Reply(tuple(Paragraph(f"token-{uuid4().hex} {filler}") for _ in range(2)))

    _replace(Desk, "reply", reply)


def _watch(moment: Moment, cells: Cells) -> None:
    """Send the signal when the moment is reached."""
    reached: Counter[str] = Counter()

    def reach(transition: str, *_: object) -> None:
        reached[transition] += 1
        if transition == moment.transition and reached[transition] == moment.nth:
            cells[STOPPED] = 1
            os.kill(os.getpid(), moment.signal)

    for name, owners in METHODS.items():
        for owner in owners:
            _replace(owner, name, _hooked(getattr(owner, name), name, reach))
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", functools.partial(reach, "commit"))


def _hooked(real: Callable[..., Any], name: str, reach: Callable[..., None]) -> Callable[..., Any]:
    @functools.wraps(real)
    async def call(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the real one takes
        reach(f"before {name}")
        result = await real(*arguments, **options)
        reach(f"after {name}")
        return result

    return call


def _replace(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)
