"""Puts the parts together: one event loop, one TaskGroup, one start and stop order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from bot.core.archive import Archive
from bot.core.commands import COMMANDS, Desk
from bot.core.delivery import Delivery, Tell
from bot.core.errors import DatelineError, SettingsError, StoreError
from bot.core.following import FeedFinder
from bot.core.journal import Journal, PatientJournal
from bot.core.newsroom import Newsroom
from bot.core.ports import Adapter, Clock, Jobs, Store
from bot.ops import health, metrics
from bot.ops.alone import alone
from bot.ops.operator import Operator
from bot.settings import Settings
from bot.sources.fetch import Fetcher
from bot.sources.finder import FetchingFinder, read_defaults
from bot.sources.news import NewsSources
from bot.sources.places import GazetteerPlaces
from bot.sources.seeds import Seeds

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from bot.sources.poller import Poller

log = logging.getLogger(__name__)

VERSION = version("dateline-bot")
TICK_SECONDS = 5
"""How often the clock looks for due digests; at the start of every minute among others."""
READ_SECONDS = 5
"""How often due feeds are looked for."""
MEASURE_SECONDS = 60
"""How often the metrics are written."""
STANDSTILL = timedelta(minutes=5)
"""A bot whose clock could do nothing for so long had better be started anew."""
LOOKS = 10
"""How often the guard looks in that time."""
YOUNG_OBJECTS = 10_000
"""So many new objects, about a megabyte, are made before the garbage collector looks at them."""
_STANDS_STILL = (
    f"For {STANDSTILL.total_seconds() / 60:.0f} minutes no digest could be looked after, so "
    "Dateline ends and waits to be started again. What to mend is in the log: most often the "
    "database or the disk."
)
STOP_SECONDS = 10
"""What is in flight at a stop gets this long to finish."""
WAY_OUT_SECONDS = 25
"""A bot that ends is gone after this, whatever hangs. What the clock and then the platforms have in
flight takes 20 s at most, and a container is killed after 30."""
_HANGS = (
    f"For {WAY_OUT_SECONDS} seconds something has kept Dateline from ending, most often a database "
    "or a disk that does not answer. It ends now all the same; no digest is lost by that."
)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See the Clock port."""
        return datetime.now(UTC)


@dataclass(slots=True)
class Pulse:
    """How often the clock did its work."""

    beats: int = 0


@dataclass(frozen=True, slots=True)
class Duty:
    """What a process does besides posting digests.

    `listens`: it answers what people type. `reads`: it reads feeds, and forgets what is old.
    `beats`: it is the one whose health is asked after.
    """

    listens: bool = True
    reads: bool = True
    beats: bool = True


RUN, CHAT, WORK = Duty(), Duty(beats=False), Duty(listens=False, reads=False, beats=False)


@dataclass(frozen=True, slots=True)
class Parts:
    """The assembled bot, without a platform."""

    desk: Desk
    newsroom: Newsroom
    store: Store
    clock: Clock
    archive: Archive
    journal: Journal
    finder: FeedFinder


def sources(settings: Settings, archive: Archive | None = None) -> NewsSources:
    """Return the sources port; without an archive it has only links and the samples."""
    seeds, fetcher = Seeds(settings.seeds_dir), Fetcher(settings.allow_networks)
    return NewsSources(seeds, fetcher, archive=archive, clock=SystemClock())


@cache
def places() -> GazetteerPlaces:
    """Return the places port: one for the whole process, as it remembers what it has read."""
    return GazetteerPlaces()


def finder(settings: Settings) -> FetchingFinder:
    """Return the port that finds feeds."""
    return FetchingFinder(Fetcher(settings.allow_networks))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Store, Archive, Journal]]:
    """Open the database for store, archive and journal, and close it at the end."""
    from bot.store.archive import DatabaseArchive  # noqa: PLC0415 - one-shot commands need no SQL
    from bot.store.database import DatabaseStore  # noqa: PLC0415
    from bot.store.engine import open_database  # noqa: PLC0415
    from bot.store.journal import DatabaseJournal  # noqa: PLC0415

    database = await open_database(settings.database_url)
    store = DatabaseStore(database)
    try:
        yield store, DatabaseArchive(database), PatientJournal(DatabaseJournal(database))
    finally:
        await store.close()


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Parts]:
    """Open the database, put the desk on it, and close it at the end.

    Raises SettingsError when the operator's list of feeds cannot be read.
    """
    async with opened(settings) as (store, archive, journal):
        clock, found, news = SystemClock(), finder(settings), sources(settings, archive)
        await archive.set_defaults(read_defaults(settings.feeds_file), clock.now())
        newsroom = Newsroom(news, clock, archive, places())
        desk = Desk(
            newsroom,
            places(),
            store,
            clock,
            version=VERSION,
            default_zone=settings.time_zone,
            archive=archive,
            finder=found,
        )
        try:
            yield Parts(desk, newsroom, store, clock, archive, journal, found)
        finally:
            await news.close()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Newsroom]:
    """Make the newsroom of a one-shot command: with the archive where there is a database yet."""
    file = settings.database_file
    if file is not None and not await asyncio.to_thread(file.exists):
        news = sources(settings)
        try:
            yield Newsroom(news, SystemClock(), places=places())
        finally:
            await news.close()
        return
    async with assembled(settings) as parts:
        yield parts.newsroom


@asynccontextmanager
async def polling(settings: Settings, archive: Archive) -> AsyncIterator[Poller]:
    """Make what reads feeds into the archive, and let go of its connections at the end."""
    from bot.sources.poller import Poller  # noqa: PLC0415 - most commands read no feed
    from bot.sources.reader import PageReader  # noqa: PLC0415
    from bot.sources.turns import Turns  # noqa: PLC0415

    reader = PageReader()
    async with Fetcher(settings.allow_networks, turns=Turns()) as fetcher:
        poller = Poller(archive, fetcher, reader.read, places(), SystemClock())
        try:
            yield poller
        finally:
            await poller.close()
            await reader.close()


@asynccontextmanager
async def opened_jobs(settings: Settings) -> AsyncIterator[Jobs]:
    """Open the queue that goes with the database, and close it at the end."""
    from bot.store.jobs import QueuedJobs  # noqa: PLC0415 - one-shot commands post nothing

    jobs = await QueuedJobs.open(settings.database_url)
    try:
        yield jobs
    finally:
        await jobs.close()


def platforms(settings: Settings) -> list[Adapter]:
    """Return the adapter of every platform whose token is set."""
    adapters: list[Adapter] = []
    if settings.telegram_token:
        from bot.adapters.telegram.adapter import TelegramAdapter  # noqa: PLC0415 - slow to import
        from bot.adapters.telegram.webhook import Webhook  # noqa: PLC0415

        url = settings.telegram_webhook_url
        adapters.append(
            TelegramAdapter(
                settings.telegram_token,
                settings.telegram_api_url,
                COMMANDS,
                paid_broadcast=settings.telegram_paid_broadcast,
                workers=settings.workers,
                webhook=Webhook(url, *settings.telegram_webhook_listen) if url else None,
                menu_file=settings.data_dir / "telegram-menu.json",
            )
        )
    if settings.discord_token:
        from bot.adapters.discord.adapter import DiscordAdapter  # noqa: PLC0415 - slow to import

        urls = settings.discord_api_url, settings.discord_gateway_url
        token, workers, shards = settings.discord_token, settings.workers, settings.discord_shards
        adapters.append(DiscordAdapter(token, *urls, COMMANDS, workers=workers, shards=shards))
    return adapters


async def run(settings: Settings, duty: Duty = RUN) -> None:
    """Run every platform until a signal comes. Raises SettingsError when none can run."""
    adapters = platforms(settings)
    if not adapters:
        raise SettingsError(
            "No token is set, so there is no platform to run on. "
            "Set DATELINE_TELEGRAM_TOKEN (from @BotFather) or "
            "DATELINE_DISCORD_TOKEN (from the Discord developer portal), "
            "or try the bot here: dateline chat"
        )
    stop, hurry = asyncio.Event(), cache(_hurry)  # once, however often it is asked to end

    def leave() -> None:
        stop.set()
        hurry()  # here, too: what hangs may be the start

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    await serve(settings, adapters, stop, duty, hurry)


def _hurry() -> None:
    """End the process in a while by force: what hangs may hear neither a signal nor a cancel.

    The ledger is made for that. A thread of its own says so before: the log may hang as well.
    """
    for seconds, act, argument in (
        (WAY_OUT_SECONDS, log.critical, _HANGS),
        (WAY_OUT_SECONDS + 1, os._exit, 1),
    ):
        timer = Timer(seconds, act, (argument,))
        timer.daemon = True
        timer.start()


async def work(settings: Settings) -> None:
    """Post digests beside `dateline run`, on the same database, until a signal comes.

    Nobody is heard here and no feed is read. Raises SettingsError where the database is SQLite.
    """
    if settings.database_url.startswith("sqlite"):
        raise SettingsError(
            "Several processes need PostgreSQL, and the database is SQLite. Set "
            "DATELINE_DATABASE_URL to postgresql://..., or let dateline run do it all: "
            "one process posts as fast as the platforms allow."
        )
    await run(settings, WORK)


async def chat(settings: Settings) -> None:
    """Talk in the terminal; digests subscribed to there are shown while it runs."""
    from bot.adapters.console import ConsoleAdapter  # noqa: PLC0415 - one-shot commands need no prompt

    console = ConsoleAdapter(COMMANDS, settings.data_dir / "history")
    await serve(settings, [console], asyncio.Event(), CHAT)


async def serve(
    settings: Settings,
    adapters: Sequence[Adapter],
    stop: asyncio.Event,
    duty: Duty = RUN,
    hurry: Callable[[], None] = lambda: None,
) -> None:
    """Start the clock and the adapters; return after `stop`, or when no adapter is left.

    `hurry` is called when the end begins, for whatever reason.
    Raises SettingsError when every platform refused its settings, or when another bot runs on the
    same SQLite database.
    """
    _make_folder(settings.data_dir)
    file = settings.database_file if duty.beats else None
    with alone(file) if file is not None else contextlib.nullcontext():
        await _serve(settings, adapters, stop, duty, hurry)


async def _serve(
    settings: Settings,
    adapters: Sequence[Adapter],
    stop: asyncio.Event,
    duty: Duty,
    hurry: Callable[[], None],
) -> None:
    async with (
        assembled(settings) as parts,
        opened_jobs(settings) as jobs,
        polling(settings, parts.archive) as poller,
    ):
        named = {adapter.platform: adapter for adapter in adapters}
        told = settings.data_dir / "told.json" if duty.beats else None
        operator = Operator(named, settings.operator_chat, parts.clock, told)
        if fault := _operator_fault(settings, list(named)):
            log.warning(fault)
        delivery = Delivery(
            parts.store,
            named,
            parts.desk.reply,
            parts.clock,
            jobs,
            tell=operator.tell,
            remember=parts.desk.remember,
        )
        if settings.database_url.startswith("sqlite"):  # nobody else can be at it
            await delivery.recover()
        ticking = asyncio.Lock()
        beats = settings.data_dir if duty.beats else None
        pulse = Pulse()
        kept = timedelta(days=settings.keep_days)
        scheduler = start_clock(_tick, delivery, beats, ticking, pulse, operator.tell)
        if duty.reads:
            begin = datetime.now(UTC) + timedelta(hours=1)  # also where it is started every day
            scheduler.add_job(
                _forget,
                "interval",
                (parts, kept),
                days=1,
                next_run_time=begin,
                misfire_grace_time=None,  # late, when the machine slept, is better than not at all
            )
        refusals: list[str] = []
        _leave_to_stay()
        try:
            async with asyncio.TaskGroup() as group:
                running = [
                    group.create_task(_supervise(adapter, parts, refusals, operator.tell, duty))
                    for adapter in adapters
                ]
                beside = [
                    group.create_task(_post(jobs, delivery, adapters, operator.tell)),
                    group.create_task(_watch(pulse, operator.tell)),
                    group.create_task(_keep_ticking(scheduler)),
                    group.create_task(operator.run()),
                ]
                if duty.reads:
                    beside.append(group.create_task(_read_feeds(poller)))
                if duty.beats:
                    beside.append(group.create_task(_measure(parts.store, settings.data_dir)))
                watch = group.create_task(stop.wait())
                everyone = group.create_task(_all_done(running))
                try:
                    await asyncio.wait([watch, everyone], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    hurry()
                # Digests in hand go out while their platforms are still there.
                await _finish_ticking(scheduler, ticking, jobs, delivery)
                for task in (*running, *beside, watch, everyone):
                    task.cancel()
        finally:
            await _finish_ticking(scheduler, ticking, jobs, delivery)
            scheduler.shutdown(wait=False)
            if duty.beats:
                health.end(settings.data_dir)
        if len(refusals) == len(adapters):
            raise SettingsError(*refusals)
    log.info("Stopped")


async def _post(
    jobs: Jobs,
    delivery: Delivery,
    adapters: Sequence[Adapter],
    tell: Tell,
    pause: float = TICK_SECONDS,
) -> None:
    """Post what the ticks ask for; a queue that fails loses nothing: the ledger has it.

    Raises StoreError for one that fails again and again: a supervisor starts the bot again.
    """
    queues = [adapter.platform for adapter in adapters]
    failures = 0
    while failures < STANDSTILL.total_seconds() / TICK_SECONDS:
        began = asyncio.get_running_loop().time()
        try:
            await jobs.run(queues, delivery.work)
        except DatelineError as error:
            await tell(f"posting {error}", f"Posting stands still: {error}")
        else:
            return
        lasted = asyncio.get_running_loop().time() - began
        failures = failures + 1 if lasted < STANDSTILL.total_seconds() / LOOKS else 1
        await asyncio.sleep(pause)
    await tell("standstill", _STANDS_STILL)
    raise StoreError(_STANDS_STILL)


async def _read_feeds(poller: Poller) -> None:
    """Read what is due, again and again; a fault is said and the next turn tries again."""
    while True:
        try:
            await poller.tick()
        except DatelineError as error:
            log.error("The feeds could not be read: %s", error)
        except Exception:
            log.exception("The feeds could not be read")
        await asyncio.sleep(READ_SECONDS)


def _leave_to_stay() -> None:
    """Let the garbage collector pass over what is loaded by now, and look at the rest less often.

    Else each whole collection looks at it all again: 80 ms in which nobody is answered, not 9. And
    after every 700 new objects, when a few hundred answers are on their way, it looks in vain: a
    tenth of all work. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


async def _forget(parts: Parts, kept: timedelta) -> None:
    """Forget what is old, once a day; a fault is said and the next day tries again.

    Cancelled at the end it is silent, as `_tick` is.
    """
    with contextlib.suppress(asyncio.CancelledError):
        try:
            before = parts.clock.now() - kept
            articles = await parts.archive.prune(before)
            digests = await parts.store.forget(before)
            log.info("Forgot %d article(s) and %d digest(s) that were old", articles, digests)
        except DatelineError as error:
            log.error("What is old could not be forgotten: %s", error)


async def _measure(store: Store, data_dir: Path) -> None:
    """Write the metrics down, again and again; a fault is said and the next turn tries again."""
    while True:
        try:
            text = metrics.exposition(await store.tally(), health.last_tick(data_dir), VERSION)
            await asyncio.to_thread(metrics.write, data_dir, text)
        except (DatelineError, OSError) as error:
            log.warning("The metrics could not be written: %s", error)
        await asyncio.sleep(MEASURE_SECONDS)


async def _all_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


async def _supervise(
    adapter: Adapter, parts: Parts, refusals: list[str], tell: Tell, duty: Duty = RUN
) -> None:
    """Keep one platform running: its failure is its own, and after a pause it starts again."""
    pause = 1.0
    while True:
        started = asyncio.get_running_loop().time()
        try:
            if duty.listens:
                await adapter.run(parts.desk.answer, parts.journal)
            else:
                await adapter.stand_by()
        except SettingsError as error:
            await tell(f"off {adapter.platform}", f"{adapter.platform} is off: {error}")
            refusals.append(str(error))
            return
        except DatelineError as error:
            log.warning("%s: %s; trying again in %.0f s", adapter.platform, error, pause)
        except Exception:
            log.exception("%s failed; trying again in %.0f s", adapter.platform, pause)
        else:
            return
        await asyncio.sleep(pause)
        lasted = asyncio.get_running_loop().time() - started
        pause = 1.0 if lasted > 300 else min(60.0, pause * 2)


def start_clock(tick: Callable[..., Awaitable[None]], *arguments: object) -> AsyncIOScheduler:
    """Call `tick` now and at every fifth second of the minute, for as long as the loop runs.

    A memory job store with one process-level job: subscribers' hours live in the store, never in a
    trigger of APScheduler.
    """
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - one-shot commands need none
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    class FromNow(CronTrigger):  # type: ignore[misc] # the library ships no types
        """Never reckons with the last time.

        CronTrigger counts up all that lies between: 14 us each, which is a minute and a half after
        a year, and machines without a battery begin in 1970.
        """

        def get_next_fire_time(self, _last: datetime | None, now: datetime) -> datetime | None:
            later = now + timedelta(microseconds=1)  # else it may be now, for ever
            found: datetime | None = super().get_next_fire_time(None, later)
            return found

    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(
        tick,
        FromNow(second=f"*/{TICK_SECONDS}", timezone=UTC),
        arguments,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    return scheduler


async def _keep_ticking(scheduler: AsyncIOScheduler, pause: float = 1) -> None:
    """Move all that is planned along when the machine's clock is set back.

    APScheduler waits until that clock shows the hour: after two hours back, for two hours more.
    Set forward, it finds everything due, and needs no help.
    """
    loop = asyncio.get_running_loop()
    while True:
        shown, passed = datetime.now(UTC), loop.time()
        await asyncio.sleep(pause)
        expected = shown + timedelta(seconds=loop.time() - passed)
        back = expected - datetime.now(UTC)
        if back > timedelta(seconds=1):  # less is no harm, and every clock is adjusted a little
            log.warning("The machine's clock was set back by %.0f s", back.total_seconds())
            for job in scheduler.get_jobs():
                job.modify(next_run_time=job.next_run_time - back)


async def _watch(
    pulse: Pulse, tell: Tell, pause: float = STANDSTILL.total_seconds() / LOOKS
) -> None:
    """End the bot when its clock stands still. Raises StoreError: a supervisor starts it again.

    It counts its own looks, not the hours: when the time of day jumps, or the whole process was
    stopped for an hour, nothing stands still.
    """
    idle = 0
    while idle < LOOKS:
        before = pulse.beats
        await asyncio.sleep(pause)
        idle = idle + 1 if pulse.beats == before else 0
    await tell("standstill", _STANDS_STILL)  # now: the way out may take long, or never end
    raise StoreError(_STANDS_STILL)


async def _tick(
    delivery: Delivery,
    data_dir: Path | None,
    ticking: asyncio.Lock,
    pulse: Pulse,
    tell: Tell,
) -> None:
    """One turn of the clock; a fault is said and the next turn tries again.

    Cancelled at the end it is silent, else APScheduler logs that as a fault.
    """
    with contextlib.suppress(asyncio.CancelledError):
        async with ticking:
            try:
                await delivery.tick()
                pulse.beats += 1
                if data_dir is not None:  # in a thread: a disk that hangs must not hold up the loop
                    await asyncio.to_thread(health.beat, data_dir, datetime.now(UTC))
            except (DatelineError, OSError) as error:
                await tell(f"clock {error}", f"The clock could not do its work: {error}")
            except Exception as error:
                log.exception("The clock could not do its work")
                await tell(f"clock {error!r}", f"The clock could not do its work: {error!r}")


async def _finish_ticking(
    scheduler: AsyncIOScheduler, ticking: asyncio.Lock, jobs: Jobs, delivery: Delivery
) -> None:
    """Let the turn in hand and what it posts finish; APScheduler's own shutdown would cancel it."""
    scheduler.pause()
    jobs.stop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS), ticking:
            await delivery.drain()


def doctor_looks(settings: Settings) -> list[tuple[str, Callable[[], Awaitable[str]]]]:
    """Return what `dateline doctor` looks at, in order."""
    looks: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        ("data folder", lambda: _look_at_folder(settings.data_dir)),
        ("database", lambda: _look_at_database(settings)),
        ("seeds", lambda: _look_at_seeds(settings)),
        ("feeds", lambda: _look_at_feeds(settings)),
        ("gazetteer", _look_at_gazetteer),
    ]
    adapters = platforms(settings)
    looks += [(adapter.platform, adapter.check) for adapter in adapters]
    if settings.operator_chat is not None:
        named = [adapter.platform for adapter in adapters]
        looks.append(("operator chat", lambda: _look_at_operator(settings, named)))
    if not adapters:
        looks.append(("platforms", _no_platform))
    return looks


async def _look_at_folder(folder: Path) -> str:
    return await asyncio.to_thread(_check_folder, folder)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be made: {error.strerror}. "
            "Set DATELINE_DATA_DIR to a folder that this user may write in."
        ) from error


def _check_folder(folder: Path) -> str:
    _make_folder(folder)
    if not os.access(folder, os.W_OK):
        raise SettingsError(
            f"{folder} is read-only for this user. Make it writable, or set DATELINE_DATA_DIR."
        )
    return f"{folder} is writable"


async def _look_at_database(settings: Settings) -> str:
    async with opened(settings) as (store, _, _):
        tally = await store.tally()
    return f"opens, {tally['subscriptions']} subscription(s)"


async def _look_at_seeds(settings: Settings) -> str:
    reading = Seeds(settings.seeds_dir).articles()
    if not reading.articles:
        raise SettingsError(
            "; ".join(reading.failures) or f"{settings.seeds_dir} holds no articles (*.txt)."
        )
    return f"{len(reading.articles)} sample articles" + "".join(
        f"; {failure}" for failure in reading.failures
    )


async def _look_at_feeds(settings: Settings) -> str:
    chosen = await asyncio.to_thread(read_defaults, settings.feeds_file)
    return f"{settings.feeds_file.name} names {len(chosen)} for chats that follow nothing"


async def _look_at_gazetteer() -> str:
    found = places().lookup("Mosul")
    return f"opens, and knows {found.place.name if found.place else 'no Mosul'}"


def _operator_fault(settings: Settings, platforms: Sequence[str]) -> str:
    """Say why nobody can be told of trouble, or ""."""
    chat = settings.operator_chat
    if chat is None or chat.platform in platforms:
        return ""
    return (
        f"DATELINE_OPERATOR_CHAT names a chat on “{chat.platform}”, and the bot does not run "
        f"there: trouble stands in the log alone. It runs on: {', '.join(platforms) or 'nothing'}."
    )


async def _look_at_operator(settings: Settings, platforms: Sequence[str]) -> str:
    if fault := _operator_fault(settings, platforms):
        raise SettingsError(fault)
    return "told of trouble, once a day of each"


async def _no_platform() -> str:
    raise SettingsError("No token is set: set DATELINE_TELEGRAM_TOKEN or DATELINE_DISCORD_TOKEN.")
