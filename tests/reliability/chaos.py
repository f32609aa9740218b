"""Bad nights on order: the real bot, killed, stopped, lied to, its clock moved, over and over.

`python -m tests.reliability.chaos --runs N --seed S`. Each run starts the bot a few times among
faults and once without; then every digest must be there once, and what nobody could know must have
gone as its chat chose. A run depends on the seed and its own number alone: `--first M --runs 1`
lives through one again, and a thousand may be counted in pieces. On PostgreSQL a `dateline work`
stands beside the bot. Knows no SQL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot import app, ops_commands
from bot.adapters import console
from bot.core.chats import ChatSettings
from bot.core.messages import Chat, ChatKind, Request
from bot.core.schedule import Occurrence, Subscription, Timing, due_until, next_due
from bot.settings import load
from bot.store.database import DatabaseStore
from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord import Fault as DiscordFault
from tests.emulators.telegram import Fault as TelegramFault
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.faults import Kind
from tests.reliability.databases import Databases, databases
from tests.reliability.guard import guarded
from tests.reliability.ledger import BEGUN, TAKEN, Kept, Ledger, tokens
from tests.reliability.process import settings_for
from tests.reliability.wrapped import (
    ADVANCED,
    SKEW,
    STOPPED,
    TRANSITIONS,
    Life,
    Moment,
    context,
    new_cells,
    start,
    virtual_now,
)

JOBS = 6
"""Runs at once: most of a run is waiting."""
QUIET_SECONDS = 120
"""A run that is not quiet after so long without faults is a failure."""
RUN_SECONDS = 300
"""A run that takes longer hangs somewhere, and says where."""
PAST_LEASE = 4 * 60
HEARING = ("take", "begin", "finish")
"""What a worker, that hears nobody, never comes to."""
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati")
CLOSE_CODES = (4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)
MESSAGES = "/channels/{}/messages"
SURE = tuple(TelegramFault.retry_after(seconds) for seconds in (1, 5, 40, 3600))
UNSURE = (
    TelegramFault.error(502, "Bad Gateway"),
    TelegramFault(Kind.ERROR, 502, "Bad Gateway", {}, commits=True),
    TelegramFault.drop_before_commit(),
    TelegramFault.drop_after_commit(),
    TelegramFault.hang(),
    TelegramFault.hang(commits=True),
    TelegramFault.wrong_json(),
    TelegramFault.wrong_json(commits=True),
)
ON_DISCORD = (
    DiscordFault.rate_limited(0.3),
    DiscordFault(500),
    DiscordFault(500, after_commit=True),
    DiscordFault(403, {"message": "internal network error", "code": 40333}),
    DiscordFault.dropped(),
    DiscordFault.dropped(after_commit=True),
    DiscordFault.hang(1),
    DiscordFault.hang(1, after_commit=True),
    DiscordFault.wrong_json(),
)


@dataclass
class Result:
    """What became of the digests and commands of some runs."""

    runs: int = 0
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    arrived: int = 0
    twice: int = 0
    digests: int = 0
    messages: int = 0
    merged: int = 0
    late: int = 0
    answers: int = 0
    unanswered: int = 0
    kills: int = 0
    stops: int = 0
    restarts: int = 0
    faults: int = 0
    wrong: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    shown: str = ""
    """What the operator is shown after the last run that left something to show."""

    def add(self, other: Result) -> None:
        """Count another's in."""
        shown = other.shown or self.shown
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.shown = shown

    def line(self, seed: int) -> str:
        """Say it in one line."""
        return (
            f"chaos: {self.runs} runs, seed {seed}: {self.lost} lost, {self.doubled} doubled, "
            f"{self.unknown} unknown ({self.arrived} of them arrived, each left as its chat chose; "
            f"{self.twice} sent again by choice and so twice); {self.digests} digests, "
            f"{self.messages} messages, {self.merged} merged, {self.late} too late; "
            f"{self.answers} commands answered once, {self.unanswered} unknown; "
            f"{self.kills} kills, {self.stops} stops, {self.restarts} restarts, "
            f"{self.faults} faults"
        )


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription as the run made it."""

    subscription: Subscription
    first: Occurrence
    rather_twice: bool


class Run:
    """One bad night."""

    def __init__(
        self,
        seed: str,
        folder: Path,
        url: str,
        processes: ForkServerContext,
        platforms: tuple[TelegramEmulator, DiscordEmulator],
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrets
        self._folder, self._url = folder, url
        self._has_workers = url.startswith("postgresql")
        self._ledger = Ledger(url)
        self._processes = processes
        self._telegram, self._discord = platforms
        self._cells = new_cells(processes)
        self._subscribers: list[Subscriber] = []
        self._unsure: Counter[str] = Counter()  # chat -> faults that left an outcome open
        self._latest = time.time()
        self._people = iter(range(700_000, 800_000))
        self._asked: list[int] = []
        self._polls = 0
        self.result = Result(runs=1)
        # Discord's own clock is right, and runs as fast as the bot's.
        clock = self._now
        self._discord.state.wall = clock  # type: ignore[method-assign] # an emulator's clock
        self._discord.state.now = clock  # type: ignore[method-assign]

    def _now(self) -> float:
        return virtual_now(self._cells)

    def _bots_now(self) -> float:
        return self._now() + self._cells[SKEW]

    # --- what the night begins with

    async def prepare(self) -> None:
        """Subscribe some chats to digests that are due at once, soon, or in some hours."""
        store = await DatabaseStore.open(self._url)
        try:
            for chat in self._chats():
                twice = self._random.random() < 0.4
                await store.set_settings(chat, ChatSettings(rather_twice=twice))
                for number in range(self._random.choice((1, 1, 2, 3))):
                    made = self._subscriber(chat, number, twice=twice)
                    kept = await store.subscribe(made.subscription, made.first)
                    self._subscribers.append(Subscriber(kept, made.first, twice))
        finally:
            await store.close()

    def _chats(self) -> Iterator[Chat]:
        for number in range(self._random.randint(1, 4)):
            yield Chat("telegram", str(5001 + number), ChatKind.PRIVATE)
            self._telegram.add_chat(5001 + number)
        for number in range(self._random.randint(1, 3)):
            yield Chat("discord", str(2101 + number), ChatKind.GROUP)
            self._discord.add_channel(2101 + number, f"news-{number}")

    def _subscriber(self, chat: Chat, number: int, *, twice: bool) -> Subscriber:
        zone = self._random.choice(ZONES)
        wait = self._random.choice((-60, -60, -180, 60, 120, 3 * 3600))
        at = datetime.fromtimestamp(self._now() + wait, UTC).replace(second=0, microsecond=0)
        asked = self._random.choice(("", f"topic {number}"))  # the same question may be merged
        timing = Timing(at.astimezone(ZoneInfo(zone)).time(), zone)
        first = next_due(timing, at - timedelta(seconds=1))
        return Subscriber(Subscription(chat, timing, "brief", asked), first, twice)

    # --- the night

    async def lives(self) -> None:
        """Start the bot some times among faults; each life ends badly."""
        for _ in range(self._random.randint(1, 3)):
            await self._life()

    def _order_faults(self) -> None:
        for one in self._subscribers:
            chat = one.subscription.chat
            if self._random.random() < 0.35:
                self._order_fault(chat)

    def _order_fault(self, chat: Chat) -> None:
        times = self._random.choice((1, 1, 2, 4))
        self.result.faults += times
        if chat.platform == "discord":
            fault = self._random.choice(ON_DISCORD[:3] + ON_DISCORD[4:])
            self._discord.fail_next("POST", MESSAGES.format(chat.id), fault, times)
            return
        unsure = self._random.random() < 0.7
        self._unsure[chat.id] += times if unsure else 0
        chosen = self._random.choice(UNSURE if unsure else SURE)
        self._telegram.fail_next("sendMessage", chosen, times, int(chat.id))

    async def _life(self) -> None:
        self._order_faults()
        for _ in range(self._random.choice((0, 0, 3))):
            self._asked.append(person := next(self._people))
            await self._telegram.say("/about", chat=person)
        moment = self._moment()
        processes = self._start_all(moment)
        process = processes[0]
        if self._random.random() < 0.85:
            await self._until_listening(process)
        longest = 6 if self._has_workers else 1.5  # two processes and a server are slower to begin
        ends = time.monotonic() + self._random.uniform(0.2, longest)
        events = [self._random.choice(self._events()) for _ in range(self._random.randint(0, 3))]
        try:
            while process.is_alive() and time.monotonic() < ends:
                await asyncio.sleep(0.02)
                self._latest = max(self._latest, self._bots_now())
                if self._cells[STOPPED]:
                    break
                if events and self._random.random() < 0.05:
                    events.pop()()
            stopped = bool(self._cells[STOPPED])
            if moment and stopped:
                self.result.reached[moment.transition] += 1
            if process.is_alive() and (stopped or self._random.random() < 0.2):
                await self._sleepwalk(process)
        finally:
            for one in processes:
                await self._kill(one)

    async def _until_listening(self, process: ForkServerProcess) -> None:
        gives_up = time.monotonic() + QUIET_SECONDS
        while process.is_alive() and not self._is_listening() and time.monotonic() < gives_up:  # noqa: ASYNC110 - it polls two emulators and a process
            await asyncio.sleep(0.02)

    def _is_listening(self) -> bool:
        """Tell whether the process that was started last is past its start, or stopped in it."""
        heard = self._telegram.world.updates.polls > self._polls
        return bool(self._cells[STOPPED]) or (heard and bool(self._discord.gateway.live))

    def _moment(self) -> Moment | None:
        if self._random.random() < 0.25:
            return None  # at no named transition: the life ends at a random moment
        deed = signal.SIGSTOP if self._random.random() < 0.3 else signal.SIGKILL
        return Moment(self._random.choice(TRANSITIONS), self._random.choice((1, 1, 1, 2, 4)), deed)

    def _start_all(self, moment: Moment | None = None) -> list[ForkServerProcess]:
        """Start the bot, and where there are several processes a worker: in either the moment may
        come. The one in which it comes is the first of the list."""
        if not self._has_workers:
            return [self._start(moment)]
        listens = moment is not None and moment.transition.endswith(HEARING)
        if listens or self._random.random() < 0.5:
            return [self._start(moment), self._start(works=True)]
        bot = self._start()
        return [self._start(moment, works=True), bot]

    def _start(self, moment: Moment | None = None, *, works: bool = False) -> ForkServerProcess:
        self._cells[STOPPED] = 0
        if not works:
            self._polls = self._telegram.world.updates.polls
        return start(self._processes, Life(self.environment(), moment, works), self._cells)

    def environment(self) -> dict[str, str]:
        """Return the settings of the bot, as `dateline run` reads them."""
        ours = {"DATELINE_DATABASE_URL": self._url}
        ours |= {"DATELINE_WORKERS": "2"} if self._has_workers else {}
        return settings_for(self._folder, self._telegram, self._discord) | ours

    async def _sleepwalk(self, process: ForkServerProcess) -> None:
        """Stop the process past its lease; perhaps another bot works meanwhile; then it wakes.

        Where there are several processes, one does: another bot would be one too many.
        """
        self.result.stops += 1
        _signal(process, signal.SIGSTOP)
        self._cells[ADVANCED] += PAST_LEASE
        starts = not self._has_workers and self._random.random() < 0.5
        if starts:  # as where the disk knows no locks: the ledger alone must tell them apart
            (self._folder / "dateline.db.lock").unlink(missing_ok=True)
        other = self._start() if starts else None
        waits = other or self._has_workers
        await asyncio.sleep(self._random.uniform(0.3, 1) if waits else 0)
        _signal(process, signal.SIGCONT)
        await asyncio.sleep(self._random.uniform(0.1, 0.6))
        if other is not None:
            await self._kill(other)

    async def _kill(self, process: ForkServerProcess) -> None:
        self.result.kills += 1
        self._latest = max(self._latest, self._bots_now())
        process.kill()
        await _ended(process)

    def _events(self) -> list[Callable[[], None]]:
        hours = self._random.uniform(-5, 5)
        return [
            self._discord.reconnect,
            self._discord.drop_gateway,
            lambda: self._discord.invalidate(resumable=self._random.random() < 0.5),
            lambda: self._discord.close_gateway(self._random.choice(CLOSE_CODES)),
            lambda: self._discord.refuse_gateway(20),
            lambda: self._jump(hours * 3600),
            lambda: self._jump(0),
            self._end_hangs,
        ]

    def _jump(self, seconds: float) -> None:
        self._cells[SKEW] = seconds
        self._latest = max(self._latest, self._bots_now())

    def _end_hangs(self) -> None:
        """Let requests that hang lose their connection now."""
        api = self._telegram._api
        api.closing.set()
        api.closing = asyncio.Event()

    async def many_commands(self, count: int) -> None:
        """So many people type a command while the bot is away; it is killed after one second."""
        for _ in range(count):
            self._asked.append(person := next(self._people))
            await self._telegram.say("/about", chat=person)
        process = self._start()
        await self._until_listening(process)
        await asyncio.sleep(1)
        await self._kill(process)

    # --- the morning

    async def morning(self) -> None:
        """Start once without faults and wait until there is nothing left to do."""
        self._telegram._api.faults._planned.clear()
        self._discord.faults._next.clear()
        self._discord.refuse_gateway(0)
        self._end_hangs()
        self._cells[SKEW] = 0
        for _ in range(5):
            await self._clean_life()
            if await self._is_quiet():  # no digest came due while the bot was being stopped
                return

    async def _clean_life(self) -> None:
        self._wait_for_leases()
        workers = [self._start(works=True)] if self._has_workers else []
        processes = [await self._until_quiet(), *workers]
        try:
            await asyncio.sleep(0.4)  # nothing may follow
            self._latest = max(self._latest, self._bots_now())
            for process in processes:
                _signal(process, signal.SIGTERM)
            for process in processes:
                if await _ended(process) != 0:
                    self._wrong("lost", f"the bot ended with status {process.exitcode}")
        finally:
            for process in processes:
                process.kill()
                await _ended(process)

    def _wait_for_leases(self) -> None:
        """A bot that may not be alone takes nothing back before the leases of the dead are over."""
        if self._has_workers:
            self._cells[ADVANCED] += PAST_LEASE

    async def _until_quiet(self) -> ForkServerProcess:
        """Waits that the faults asked for take hours: time is moved on until they are over.

        A bot that ends by itself is started again, as its supervisor would.
        """
        gives_up = time.monotonic() + QUIET_SECONDS
        process = self._start()
        await self._until_listening(process)
        while not await self._is_quiet():
            await asyncio.sleep(0.3)
            if until := await self._ledger.next_wait(self._now()):
                self._cells[ADVANCED] += max(1, until + 1 - self._now())
            if not process.is_alive():
                self.result.restarts += 1
                self._wait_for_leases()
                process = self._start()
                await self._until_listening(process)
            if time.monotonic() > gives_up:
                left = f"{await self._ledger.left()} at {self._now():.0f}"
                self._wrong("lost", f"the bot does not come to rest: {left}")
                break
        return process

    async def _is_quiet(self) -> bool:
        return await self._ledger.is_quiet(self._now()) and not self._telegram.pending

    # --- what must be true then

    async def verify(self) -> None:
        """Hold the ledger, the chats and the calendar against each other."""
        posted = self._posted()
        kept = await self._ledger.editions()
        by_key = {(one.subscription, one.day): one for one in kept}
        if len(by_key) != len(kept):
            self._wrong("doubled", "two editions of one local date")
        for subscriber in self._subscribers:
            self._verify_calendar(subscriber, by_key)
        subscribers = {one.subscription.id: one for one in self._subscribers}
        for edition in kept:
            self._verify_edition(edition, subscribers[edition.subscription], posted)
        ours = {token for one in kept for part in one.parts for token in tokens(part.payload)}
        for _, token in posted:
            if token not in ours:
                self._wrong("doubled", f"{token} is in a chat but in no ledger")
        self._verify_commands(await self._ledger.updates())

    def _posted(self) -> Counter[tuple[str, str]]:
        """Count the messages of each chat by the token in them."""
        found: Counter[tuple[str, str]] = Counter()
        for post in self._telegram.posted(None):
            found.update((str(post.chat), token) for token in tokens(post.text))
        for message in self._discord.posted(None):
            found.update((str(message.channel), token) for token in tokens(message.content))
        return found

    def _verify_calendar(self, one: Subscriber, kept: dict[tuple[int, str], Kept]) -> None:
        timing, number = one.subscription.timing, one.subscription.id
        until = datetime.fromtimestamp(self._now() - 60, UTC)
        for due in due_until(timing, one.first, until):
            if (number, due.day.isoformat()) not in kept:
                self._wrong("lost", f"no edition of {due.day} for {one.subscription.chat}")
        latest = datetime.fromtimestamp(max(self._latest, self._now()), UTC)
        known = {due.day.isoformat() for due in due_until(timing, one.first, latest)}
        for subscription, day in kept:
            if subscription == number and day not in known:
                self._wrong("doubled", f"an edition of {day} that never was due")

    def _verify_edition(
        self, edition: Kept, owner: Subscriber, posted: Counter[tuple[str, str]]
    ) -> None:
        self.result.digests += 1
        self.result.merged += edition.missed.startswith("merged")
        self.result.late += "hours late" in edition.missed
        excused = edition.missed.startswith("merged") or "hours late" in edition.missed
        if not edition.done:
            self._wrong("lost", f"edition {edition.id} is not done")
        if not edition.parts and not excused:
            self._wrong("lost", f"edition {edition.id} has no parts: “{edition.missed}”")
        for part in edition.parts:
            [token] = tokens(part.payload)
            count = posted[owner.subscription.chat.id, token]
            self.result.messages += count
            self._verify_part(part.state, count, owner, token, excused=excused)

    def _verify_part(
        self, state: str, count: int, owner: Subscriber, token: str, *, excused: bool
    ) -> None:
        chat = owner.subscription.chat
        doubt = chat.platform == "telegram" and self._unsure[chat.id] + self.result.kills
        said = f"{token} in {chat}: {state}, {count} message(s)"
        if count > 1 and owner.rather_twice and count <= 1 + doubt:
            self.result.twice += count - 1
        elif count > 1:
            self._wrong("doubled", said)
        if state == "unknown" and doubt and not owner.rather_twice:
            self.result.unknown += 1
            self.result.arrived += count
        elif state == "dead" and excused:
            return
        elif state != "sent" or count == 0:
            self._wrong("lost", said)

    def _verify_commands(self, kept: dict[int, int]) -> None:
        for person in self._asked:
            count = len(self._telegram.posted(person))
            if count > 1:
                self._wrong("doubled", f"{person} was answered {count} times")
            elif count == 1:
                self.result.answers += 1
            elif kept.get(person) in {TAKEN, None}:
                self._wrong("lost", f"the command of {person} was never answered")
            elif kept[person] >= BEGUN:
                self.result.unanswered += 1

    async def show(self) -> None:
        """Keep what the operator sees of this night, where there is something to see."""
        if not self.result.unknown:
            return
        settings, paper = load(self.environment()), io.StringIO()
        async with app.assembled(settings) as parts:
            chat = self._subscribers[0].subscription.chat
            status = await parts.desk.answer(Request(chat, "status"))
            lines = await parts.store.outbox()
        with contextlib.redirect_stdout(paper):
            print("> /status")
            for payload in console.render(status):
                console.show(payload, Console(highlight=False))
            print("\n$ dateline outbox")
            ops_commands.print_outbox(lines)
        self.result.shown = paper.getvalue()

    async def close(self) -> None:
        """Let go of the database."""
        await self._ledger.close()

    def _wrong(self, kind: str, words: str) -> None:
        setattr(self.result, kind, getattr(self.result, kind) + 1)
        self.result.wrong.append(f"{kind}: {words}")


def _signal(process: ForkServerProcess, number: int) -> None:
    if process.is_alive() and process.pid is not None:
        with suppress(ProcessLookupError):  # it ended by itself just now
            os.kill(process.pid, number)


async def _ended(process: ForkServerProcess) -> int | None:
    async with asyncio.timeout(30):
        while process.is_alive():  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)
    return process.exitcode


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs share."""

    processes: ForkServerContext
    databases: Databases
    folder: Path
    keep: bool = False
    show: bool = False


async def one_run(seed: str, stage: Stage, commands: int = 0) -> Result:
    """Live through one night (or answer so many commands) and verify what it left."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=stage.folder))
    url = await stage.databases.make(folder)
    async with (
        TelegramEmulator(validate=False) as telegram,
        DiscordEmulator(validate=False, limits=None) as discord,
    ):
        run = Run(seed, folder, url, stage.processes, (telegram, discord))
        try:
            async with asyncio.timeout(RUN_SECONDS):
                if commands:
                    await run.many_commands(commands)
                else:
                    await run.prepare()
                    await run.lives()
                await run.morning()
                await run.verify()
                if stage.show:
                    await run.show()
        except Exception:  # noqa: BLE001 - a run that breaks must be told, not end the others
            run._wrong("lost", traceback.format_exc())
        await run.close()
    if run.result.wrong:
        kept = _kept(folder) if stage.keep else ""
        print(f"run {seed}{kept}:", *run.result.wrong, sep="\n  ", flush=True)
    await stage.databases.drop(url)
    shutil.rmtree(folder, ignore_errors=True)
    return run.result


def _kept(folder: Path) -> str:
    """Copy what a bad run left to where it stays; say where."""
    kept = tempfile.mkdtemp(prefix="dateline-kept-")
    shutil.copytree(folder, kept, dirs_exist_ok=True)
    return f" ({kept})"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for on the command line."""

    runs: int
    seed: int
    first: int = 0
    jobs: int = JOBS
    database: str = "sqlite"
    keep: bool = False
    show: bool = False


async def chaos(order: Order) -> Result:
    """Live through so many nights, some at once, and count what became of the digests."""
    total, places = Result(), asyncio.Semaphore(order.jobs)
    with guarded() as folder:
        async with databases(order.database, folder) as made:
            stage = Stage(context(), made, folder, order.keep, order.show)

            async def one(number: int) -> None:
                async with places:
                    total.add(await one_run(f"{order.seed}:{number}", stage))
                if total.runs % 50 == 0:
                    print(total.line(order.seed), flush=True)

            await asyncio.gather(*map(one, range(order.first, order.first + order.runs)))
    return total


async def commands(count: int) -> Result:
    """Queue so many commands, kill the bot after a second, start it again and count the answers."""
    with guarded() as folder:
        async with databases("sqlite", folder) as made:
            return await one_run("commands", Stage(context(), made, folder), commands=count)


def main() -> int:
    """Run from the command line; the exit status is 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=JOBS, help="runs at once")
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--keep", action="store_true", help="keep the folders of bad runs")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--show", action="store_true", help="print /status and the outbox, too")
    parser.add_argument("--commands", type=int, default=0, help="answer so many instead")
    asked = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # its clients are killed
    begun = time.monotonic()
    if asked.commands:
        total = asyncio.run(commands(asked.commands))
        print(
            f"commands: {asked.commands} queued, killed after 1 s: {total.answers} answered once, "
            f"{total.doubled} twice, {total.lost} lost, {total.unanswered} unknown"
        )
        return 1 if total.lost or total.doubled else 0
    del asked.commands
    total = asyncio.run(chaos(Order(**vars(asked))))
    print(total.shown, end="")
    print(f"{time.monotonic() - begun:.0f} s; ended or stopped at: {dict(total.reached)}")
    print(total.line(asked.seed))
    return 1 if total.lost or total.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
