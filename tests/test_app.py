"""The wiring: who starts, who stops, and who is left alone when another one fails."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest

from bot import app
from bot.app import LOOKS, Pulse, _keep_ticking, _post, _watch, assembled, serve, start_clock
from bot.core.delivery import Delivery
from bot.core.errors import DeliveryError, SettingsError, StoreError
from bot.core.journal import Journal
from bot.core.messages import Answer, Chat, Reply, Request
from bot.core.ports import FORGETFUL, Payload
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.ops.health import is_well
from bot.ops.metrics import FILE
from bot.settings import Settings, load
from bot.store.database import DatabaseStore
from tests.fakes import FakeAdapter, FakeClock, FakeStore


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    """Let the collector see again what a bot that was started here took out of its sight."""
    yield
    gc.unfreeze()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"DATELINE_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)})


class Refused(FakeAdapter):
    """A platform that does not take the token."""

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        raise SettingsError(f"{self.platform} refuses the token")


class Stubborn(FakeAdapter):
    """A platform that answers one request slowly and then stays until it is cancelled."""

    def __init__(self) -> None:
        super().__init__("stubborn")
        self.begun = asyncio.Event()
        self.replies: list[Reply] = []
        self.closed_after = 0

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:  # what was asked before the stop is still answered
            self.closed_after = len(self.posts)
            self.replies.append(await answer(Request(Chat("stubborn", "1"), "help")))


async def test_a_refused_token_ends_only_its_own_platform(settings: Settings) -> None:
    stop, other = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [Refused("strict"), other], stop))
    await other.begun.wait()
    assert not serving.done()
    stop.set()
    await serving


async def test_when_every_platform_refuses_the_operator_hears_each_reason(
    settings: Settings,
) -> None:
    with pytest.raises(SettingsError) as caught:
        await serve(settings, [Refused("one"), Refused("two")], asyncio.Event())
    assert set(caught.value.faults) == {"one refuses the token", "two refuses the token"}


async def test_a_stop_lets_what_is_in_flight_finish(settings: Settings) -> None:
    stop, adapter = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    await adapter.begun.wait()
    stop.set()
    await serving
    assert len(adapter.replies) == 1


async def test_a_digest_in_hand_goes_out_before_its_platform_is_closed(settings: Settings) -> None:
    stop, adapter = asyncio.Event(), Stubborn()
    adapter.held["1"] = asyncio.Event()
    await _subscribed_and_due(settings, Chat("stubborn", "1"))
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    await adapter.wait_for_attempts(1)
    stop.set()
    adapter.held["1"].set()
    await serving
    assert len(adapter.posts) == 1
    assert adapter.closed_after == 1


async def _subscribed_and_due(settings: Settings, chat: Chat) -> None:
    store = await DatabaseStore.open(settings.database_url)
    timing = Timing(time(8, 0), "UTC")
    due = Occurrence(datetime.now(UTC).date(), datetime.now(UTC) - timedelta(minutes=1))
    await store.subscribe(Subscription(chat, timing), due)
    await store.close()


async def test_what_a_bot_begins_with_is_not_collected_over_and_over(settings: Settings) -> None:
    stop, adapter = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    await adapter.begun.wait()
    frozen = gc.get_freeze_count()
    stop.set()
    await serving
    assert frozen > len(gc.get_objects())


async def test_the_clock_ticks_at_once_and_leaves_a_heartbeat(settings: Settings) -> None:
    stop, adapter = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    async with asyncio.timeout(10):
        while not (settings.data_dir / "heartbeat.json").exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0)
    well, _ = is_well(settings.data_dir, datetime.now(UTC))
    stop.set()
    await serving
    assert well


class MachineClock:
    """The clock of this machine, as whoever asks `datetime.now` sees it; a test sets it."""

    def __init__(self) -> None:
        self.wrong_by = timedelta(0)

    def now(self, zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone) + self.wrong_by


@pytest.fixture
def machine_clock(monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    clock = MachineClock()
    for module in (app, apscheduler.schedulers.base, apscheduler.executors.base):
        monkeypatch.setattr(module, "datetime", clock)
    monkeypatch.setattr(app, "TICK_SECONDS", 1)
    return clock


class Ticks:
    """Lets a test wait for the next turn of the clock."""

    def __init__(self) -> None:
        self._one = asyncio.Event()

    async def tick(self) -> None:
        self._one.set()

    async def another(self) -> None:
        self._one.clear()
        async with asyncio.timeout(5):
            await self._one.wait()


@pytest.mark.parametrize("hours", [-2, 5, -24 * 365])
async def test_the_clock_ticks_on_when_the_machines_is_set(
    machine_clock: MachineClock, hours: float
) -> None:
    ticks = Ticks()
    scheduler = start_clock(ticks.tick)
    keeping = asyncio.create_task(_keep_ticking(scheduler, pause=0.05))
    await ticks.another()
    machine_clock.wrong_by = timedelta(hours=hours)
    await ticks.another()
    keeping.cancel()
    scheduler.shutdown(wait=False)


async def test_what_comes_once_a_day_comes_in_time_when_the_machines_clock_is_set_back(
    machine_clock: MachineClock,
) -> None:
    daily = Ticks()
    scheduler = start_clock(Ticks().tick)
    soon = machine_clock.now(UTC) + timedelta(seconds=0.5)
    scheduler.add_job(daily.tick, "interval", days=1, next_run_time=soon)
    keeping = asyncio.create_task(_keep_ticking(scheduler, pause=0.05))
    await asyncio.sleep(0)
    machine_clock.wrong_by = timedelta(hours=-2)
    await daily.another()
    keeping.cancel()
    scheduler.shutdown(wait=False)


async def test_after_years_ahead_the_next_tick_is_counted_from_now() -> None:
    """Not from the last one: counting up would stop the bot for minutes."""
    scheduler = start_clock(Ticks().tick)
    [job] = scheduler.get_jobs()
    began, now = datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 8, 0, 3, tzinfo=UTC)
    following = job.trigger.get_next_fire_time(began, now)
    assert following == now.replace(second=5)
    assert job.trigger.get_next_fire_time(following, following) == now.replace(second=10)
    scheduler.shutdown(wait=False)


async def test_a_machine_that_slept_over_the_hour_of_forgetting_forgets_late(
    settings: Settings, machine_clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stop, adapter = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    async with asyncio.timeout(10):
        await adapter.begun.wait()
        machine_clock.wrong_by = timedelta(hours=8)
        while "Forgot 0 article(s)" not in caplog.text:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.01)
    stop.set()
    await serving


async def test_a_running_bot_writes_its_metrics(settings: Settings) -> None:
    stop, adapter = asyncio.Event(), Stubborn()
    serving = asyncio.create_task(serve(settings, [adapter], stop))
    async with asyncio.timeout(10):
        while not (settings.data_dir / FILE).exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0)
    stop.set()
    await serving
    assert "dateline_subscriptions 0\n" in (settings.data_dir / FILE).read_text()


class Teller:
    """Hears what the operator would be told."""

    def __init__(self) -> None:
        self.abouts: dict[str, str] = {}

    async def tell(self, about: str, words: str) -> None:
        self.abouts[about] = words


async def test_a_bot_whose_clock_stands_still_ends_so_that_it_is_started_again() -> None:
    told = Teller()
    with pytest.raises(StoreError, match="started again"):
        await _watch(Pulse(), told.tell, pause=0)
    assert list(told.abouts) == ["standstill"]


class DeadQueue:
    """A queue that lost its server for good."""

    def __init__(self) -> None:
        self.runs = 0

    async def enqueue(self, queue: str, keys: Sequence[str]) -> None:
        raise StoreError("gone")

    async def run(self, queues: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
        self.runs += 1
        raise StoreError("gone")

    def stop(self) -> None:
        pass


async def test_a_bot_that_can_post_nothing_ends_so_that_it_is_started_again() -> None:
    adapter, queue, store, told = FakeAdapter(), DeadQueue(), FakeStore(), Teller()
    delivery = Delivery(store, {"fake": adapter}, _no_answer, FakeClock(), queue)
    with pytest.raises(StoreError, match="started again"):
        await _post(queue, delivery, [adapter], told.tell, pause=0)
    assert queue.runs == 60  # every five seconds for five minutes
    assert list(told.abouts) == ["posting gone", "standstill"]


async def _no_answer(request: Request) -> Reply:
    return Reply(())


async def test_a_bot_that_was_stopped_for_a_while_goes_on() -> None:
    pulse = Pulse()
    watching = asyncio.create_task(_watch(pulse, Teller().tell, pause=0))
    for turn in range(10 * LOOKS):  # seldom, but again and again, whatever hour it is
        pulse.beats += turn % (LOOKS - 1) == 0
        await asyncio.sleep(0)
    assert not watching.done()
    watching.cancel()


class Told(Stubborn):
    """A platform where the operator's chat is."""

    def __init__(self) -> None:
        super().__init__()
        self.some = asyncio.Event()

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        number = await super().post(chat, payload, key)
        if chat == OPERATOR:
            self.some.set()
        return number


OPERATOR = Chat("stubborn", "operator")


async def what_the_operator_is_told(settings: Settings, told: Told, *others: FakeAdapter) -> str:
    """Run the bot until the operator's chat is told something, and return that."""
    stop = asyncio.Event()
    chosen = replace(settings, operator_chat=OPERATOR)
    serving = asyncio.create_task(serve(chosen, [told, *others], stop))
    async with asyncio.timeout(20):
        await told.some.wait()
    stop.set()
    await serving
    return "\n".join(post.text for post in told.posts if post.chat == OPERATOR)


async def test_a_refused_token_is_told_in_the_operators_chat_on_another_platform(
    settings: Settings,
) -> None:
    said = await what_the_operator_is_told(settings, Told(), Refused("strict"))
    assert "strict is off: strict refuses the token" in said


async def test_a_digest_that_is_given_up_is_told_in_the_operators_chat(settings: Settings) -> None:
    told = Told()
    told.faults = [DeliveryError("too long for this platform", final=True)]
    await _subscribed_and_due(settings, Chat("stubborn", "1"))
    said = await what_the_operator_is_told(settings, told)
    assert "Gave up on a message for stubborn:1: too long for this platform" in said


@pytest.mark.parametrize("fault", [StoreError("the disk is full"), KeyError("the disk is full")])
async def test_a_clock_that_cannot_do_its_work_is_told_in_the_operators_chat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    async def fail(_: Delivery) -> None:
        raise fault

    monkeypatch.setattr(Delivery, "tick", fail)
    said = await what_the_operator_is_told(settings, Told())
    assert "The clock could not do its work" in said
    assert "the disk is full" in said


async def test_an_operators_chat_that_is_slow_to_answer_delays_no_tick(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other platform, too, would wait for what the clock opens."""
    monkeypatch.setattr(app, "TICK_SECONDS", 1)
    stop, told, other = asyncio.Event(), Told(), FakeAdapter("other")
    told.held[OPERATOR.id] = asyncio.Event()
    chosen = replace(settings, operator_chat=OPERATOR)
    serving = asyncio.create_task(serve(chosen, [told, other, Refused("strict")], stop))
    await told.wait_for_attempts(1)
    await _subscribed_and_due(settings, Chat("other", "1"))
    async with asyncio.timeout(10):
        await other.wait_for_attempts(1)
    assert not told.some.is_set()
    stop.set()
    await serving


async def test_a_clock_that_is_cancelled_at_the_end_is_no_fault_in_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def hang(_: Delivery) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(app, "STOP_SECONDS", 0.05)
    monkeypatch.setattr(Delivery, "tick", hang)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(settings, [Stubborn()], stop))
    await begun.wait()
    stop.set()
    await serving
    assert "Traceback" not in caplog.text


async def test_whoever_serves_is_told_that_the_end_begins(settings: Settings) -> None:
    stop, adapter, ends = asyncio.Event(), Stubborn(), asyncio.Event()
    serving = asyncio.create_task(serve(settings, [adapter], stop, hurry=ends.set))
    await adapter.begun.wait()
    assert not ends.is_set()
    stop.set()
    await serving
    assert ends.is_set()


def children() -> set[int]:
    """The numbers of the processes that this one started and that still run."""
    return {
        int(number)
        for one in Path("/proc/self/task").glob("*/children")
        for number in one.read_text().split()
    }


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
async def test_what_read_a_page_for_a_chat_ends_with_the_bot(
    settings: Settings, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><body><p>A bridge opened in Mosul on Monday.</p></body></html>")
    before = children()
    async with assembled(settings) as parts:
        chat = Chat("console", "me")
        await parts.desk.answer(Request(chat, "brief", str(page), local=True))
        assert children() - before
    assert not children() - before
