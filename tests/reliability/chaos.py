"""Bad nights on order: the real bot, killed, stopped, lied to, its clock moved, over and over.

`python -m tests.reliability.chaos --runs N --seed S`. Each run starts the bot a few times among
faults and once without; then every digest must be there once, and what nobody could know must have
gone as its chat chose. Knows no SQL but the reading of the ledger afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
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

from bot.core.chats import ChatSettings
from bot.core.messages import Chat, ChatKind
from bot.core.schedule import Occurrence, Subscription, Timing, due_until, next_due
from bot.store.database import DatabaseStore
from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord import Fault as DiscordFault
from tests.emulators.telegram import Fault as TelegramFault
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.faults import Kind
from tests.reliability.ledger import (
    BEGUN,
    TAKEN,
    Kept,
    editions,
    is_quiet,
    next_wait,
    tokens,
    updates,
)
from tests.reliability.process import settings_for
from tests.reliability.wrapped import (
    ADVANCED,
    SKEW,
    STARTED,
    STOPPED,
    TRANSITIONS,
    Cells,
    Life,
    Moment,
    context,
    start,
    virtual_now,
)

JOBS = 6
"""Runs at once: most of a run is waiting."""
QUIET_SECONDS = 120
"""A run that is not quiet after so long without faults is a failure."""
PAST_LEASE = 4 * 60
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

    def add(self, other: Result) -> None:
        """Count another's in."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

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
        processes: ForkServerContext,
        telegram: TelegramEmulator,
        discord: DiscordEmulator,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrets
        self._folder = folder
        self._processes = processes
        self._telegram, self._discord = telegram, discord
        self._cells: Cells = processes.RawArray("d", 4)
        self._cells[STARTED] = time.time()
        self._subscribers: list[Subscriber] = []
        self._unsure: Counter[str] = Counter()  # chat -> faults that left an outcome open
        self._latest = time.time()
        self._people = iter(range(700_000, 800_000))
        self._asked: list[int] = []
        self._polls = 0
        self.result = Result(runs=1)
        # Discord's own clock is right, and runs as fast as the bot's.
        clock = self._now
        discord.state.wall = clock  # type: ignore[method-assign] # an emulator's clock
        discord.state.now = clock  # type: ignore[method-assign]

    def _now(self) -> float:
        return virtual_now(self._cells)

    def _bots_now(self) -> float:
        return self._now() + self._cells[SKEW]

    # --- what the night begins with

    async def prepare(self) -> None:
        """Subscribe some chats to digests that are due at once, soon, or in some hours."""
        store = await DatabaseStore.open(f"sqlite:///{self._folder}/dateline.db")
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
        process = self._start(moment)
        if self._random.random() < 0.85:
            await self._until_listening(process)
        ends = time.monotonic() + self._random.uniform(0.2, 1.5)
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
            await self._kill(process)

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

    def _start(self, moment: Moment | None = None) -> ForkServerProcess:
        self._cells[STOPPED] = 0
        self._polls = self._telegram.world.updates.polls
        environment = settings_for(self._folder, self._telegram, self._discord)
        return start(self._processes, Life(environment, moment), self._cells)

    async def _sleepwalk(self, process: ForkServerProcess) -> None:
        """Stop the process past its lease; perhaps another bot works meanwhile; then it wakes."""
        self.result.stops += 1
        _signal(process, signal.SIGSTOP)
        self._cells[ADVANCED] += PAST_LEASE
        other = self._start() if self._random.random() < 0.5 else None
        await asyncio.sleep(self._random.uniform(0.3, 1) if other else 0)
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
            if self._is_quiet():  # no digest came due while the bot was being stopped
                return

    async def _clean_life(self) -> None:
        process = await self._until_quiet()
        try:
            await asyncio.sleep(0.4)  # nothing may follow
            self._latest = max(self._latest, self._bots_now())
            _signal(process, signal.SIGTERM)
            if await _ended(process) != 0:
                self._wrong("lost", f"the bot ended with status {process.exitcode}")
        finally:
            process.kill()
            await _ended(process)

    async def _until_quiet(self) -> ForkServerProcess:
        """Waits that the faults asked for take hours: time is moved on until they are over.

        A bot that ends by itself is started again, as its supervisor would.
        """
        gives_up = time.monotonic() + QUIET_SECONDS
        process = self._start()
        await self._until_listening(process)
        while not self._is_quiet():
            await asyncio.sleep(0.3)
            if until := next_wait(self._folder, self._now()):
                self._cells[ADVANCED] += max(1, until + 1 - self._now())
            if not process.is_alive():
                self.result.restarts += 1
                process = self._start()
                await self._until_listening(process)
            if time.monotonic() > gives_up:
                self._wrong("lost", "the bot does not come to rest")
                break
        return process

    def _is_quiet(self) -> bool:
        return is_quiet(self._folder, self._now()) and not self._telegram.pending

    # --- what must be true then

    def verify(self) -> None:
        """Hold the ledger, the chats and the calendar against each other."""
        posted = self._posted()
        kept = editions(self._folder)
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
        self._verify_commands()

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

    def _verify_commands(self) -> None:
        kept = updates(self._folder)
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


async def one_run(
    seed: str,
    processes: ForkServerContext,
    template: Path,
    *,
    keep: bool = False,
    commands: int = 0,
) -> Result:
    """Live through one night (or answer so many commands) and verify what it left."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-chaos-"))
    shutil.copy(template, folder / "dateline.db")
    async with (
        TelegramEmulator(validate=False) as telegram,
        DiscordEmulator(validate=False, limits=None) as discord,
    ):
        run = Run(seed, folder, processes, telegram, discord)
        try:
            if commands:
                await run.many_commands(commands)
            else:
                await run.prepare()
                await run.lives()
            await run.morning()
            run.verify()
        except Exception:  # noqa: BLE001 - a run that breaks must be told, not end the others
            run._wrong("lost", traceback.format_exc())
    if run.result.wrong:
        print(f"run {seed} ({folder}):", *run.result.wrong, sep="\n  ", flush=True)
    if not (keep and run.result.wrong):
        shutil.rmtree(folder, ignore_errors=True)
    return run.result


async def make_template(folder: Path) -> Path:
    """Make an empty database once: its migrations cost more than a run's whole start."""
    store = await DatabaseStore.open(f"sqlite:///{folder}/template.db")
    await store.close()
    return folder / "template.db"


async def chaos(
    runs: int, seed: int, *, jobs: int = JOBS, keep: bool = False, first: int = 0
) -> Result:
    """Live through so many nights, some at once, and count what became of the digests."""
    processes, total, places = context(), Result(), asyncio.Semaphore(jobs)
    with tempfile.TemporaryDirectory() as folder:
        template = await make_template(Path(folder))

        async def guarded(number: int) -> None:
            async with places:
                total.add(await one_run(f"{seed}:{number}", processes, template, keep=keep))
            if total.runs % 50 == 0:
                print(total.line(seed), flush=True)

        await asyncio.gather(*(guarded(number) for number in range(first, first + runs)))
    return total


async def commands(count: int) -> Result:
    """Queue so many commands, kill the bot after a second, start it again and count the answers."""
    with tempfile.TemporaryDirectory() as folder:
        template = await make_template(Path(folder))
        return await one_run("commands", context(), template, commands=count)


def main() -> int:
    """Run from the command line; the exit status is 1 when anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=JOBS, help="runs at once")
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--keep", action="store_true", help="keep the folders of bad runs")
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
    total = asyncio.run(
        chaos(asked.runs, asked.seed, jobs=asked.jobs, keep=asked.keep, first=asked.first)
    )
    print(f"{time.monotonic() - begun:.0f} s; ended or stopped at: {dict(total.reached)}")
    print(total.line(asked.seed))
    return 1 if total.lost or total.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
