"""The outbox against a model: whatever happens in whatever order, a digest comes once.

Hypothesis chooses what happens next: time, faults of the platform, crashes at any call of the
store, processes that are stopped and wake up, a second process on the same store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.core.chats import ChatSettings
from bot.core.delivery import GRACE, LEASE, Delivery
from bot.core.errors import DeliveryError, OutcomeUnknown
from bot.core.messages import Chat, Paragraph, Reply, Request
from bot.core.ports import PartState
from bot.core.schedule import Occurrence, Subscription, due_until, first_due, parse_timing
from tests.fakes import FakeAdapter, FakeClock, FakeJobs, FakeStore

CHATS = tuple(Chat("fake", str(number)) for number in range(3))
STEPS = ("open_due", "freeze", "claim", "mark", "settle", "give_up")
NAPS = ("after claim", "before mark", "before freeze")
"""Where a process may be stopped for long: the post itself is shorter than the lease."""
HOURS = ("08:00", "08:02", "20:00")


class PowerCutError(BaseException):
    """The process died here: nothing catches it."""


class Dying:
    """A store whose process dies before or after the nth call of a step, or is stopped there."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.doom: tuple[str, int, bool] | None = None
        self.nap = ""
        self.awake = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: object, **options: object) -> object:
            dies = self._dies(name)
            if dies and self.doom and not self.doom[2]:
                raise PowerCutError
            if self.nap == f"before {name}":
                await self.awake.wait()
            result = await getattr(self._store, name)(*arguments, **options)
            if self.nap == f"after {name}":
                await self.awake.wait()
            if dies:
                raise PowerCutError
            return result

        return call

    def _dies(self, name: str) -> bool:
        if self.doom is None or name != self.doom[0]:
            return False
        step, left, after = self.doom
        self.doom = step, left - 1, after
        return left == 0


async def killed(jobs: FakeJobs) -> None:
    for task in jobs.tasks.values():
        task.cancel()
    await asyncio.gather(*jobs.tasks.values(), return_exceptions=True)


class Outbox(RuleBasedStateMachine):
    """Delivery on a store, beside what must be true of it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store, self.clock = FakeStore(), FakeClock()
        self.adapter = FakeAdapter(long=True)
        self.composed = 0
        self.unsure = 0
        self.latest = self.clock.now()
        self.kept: list[tuple[Subscription, Occurrence]] = []
        self.processes: list[tuple[Delivery, FakeJobs, Dying]] = []

    @initialize(
        idempotent=st.booleans(),
        can_look_up=st.booleans(),
        twice=st.lists(st.booleans(), min_size=3, max_size=3),
    )
    def begin(self, *, idempotent: bool, can_look_up: bool, twice: list[bool]) -> None:
        self.adapter.idempotent = idempotent
        self.adapter.can_look_up = can_look_up or idempotent
        for chat, hour, again in zip(CHATS, HOURS, twice, strict=True):
            self.run(self.store.set_settings(chat, ChatSettings(rather_twice=again)))
            timing = parse_timing(hour, "UTC")
            first = first_due(timing, self.clock.now())
            made = Subscription(chat, timing, rather_twice=again)
            self.kept.append((self.run(self.store.subscribe(made, first)), first))
            self.run(self.store.set_settings(chat, ChatSettings(rather_twice=again)))
        self.clock.advance(hours=2, seconds=180)
        self.latest = self.clock.now()
        self.start()

    def run(self, work: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        async def waited() -> Any:  # noqa: ANN401
            return await work

        return self.loop.run_until_complete(waited())

    def start(self) -> None:
        dying, jobs = Dying(self.store), FakeJobs()
        store: Any = dying
        delivery = Delivery(store, {"fake": self.adapter}, self.answer, self.clock, jobs)
        jobs.work = delivery.work
        self.processes.append((delivery, jobs, dying))

    async def answer(self, _: Request) -> Reply:
        self.composed += 1
        return Reply(tuple(Paragraph(f"{self.composed}-{word}") for word in ("one", "two")))

    # --- what may happen

    @rule(
        minutes=st.sampled_from([0, 1, 2, 4, 4, 10, 60, 12 * 60, 24 * 60]), which=st.integers(0, 1)
    )
    def time_passes_and_a_clock_ticks(self, minutes: int, which: int) -> None:
        self.clock.advance(60 * minutes)
        self.latest = max(self.latest, self.clock.now())
        self.tick(which)

    @rule(hours=st.sampled_from([-5, -2, 2]))
    def the_clock_is_set(self, hours: int) -> None:
        """To set it back makes no new occurrence, to set it on makes them early."""
        self.clock.advance(hours=hours)
        self.latest = max(self.latest, self.clock.now())

    @rule(which=st.integers(0, 1))
    def a_tick(self, which: int) -> None:
        self.tick(which)

    def tick(self, which: int) -> None:
        delivery, jobs, _ = self.processes[which % len(self.processes)]

        async def turn() -> None:
            await delivery.tick()
            await self.rest(jobs)

        try:
            self.run(turn())
        except PowerCutError:
            self.kill(which % len(self.processes))

    async def rest(self, jobs: FakeJobs) -> None:
        """Let everybody do what they can, stopped processes excepted."""
        for _ in range(100):
            await asyncio.sleep(0)
        ended = [one for one in jobs.tasks.values() if one.done()]
        jobs.tasks = {key: one for key, one in jobs.tasks.items() if not one.done()}
        for one in ended:
            if not one.cancelled() and one.exception() is not None:
                raise PowerCutError

    def kill(self, number: int) -> None:
        """The process is gone, in the middle of whatever it did; a supervisor starts another."""
        _, jobs, _ = self.processes.pop(number)
        self.run(killed(jobs))
        self.start()

    @rule(where=st.sampled_from(NAPS), which=st.integers(0, 1))
    def a_process_will_be_stopped(self, where: str, which: int) -> None:
        dying = self.processes[which % len(self.processes)][2]
        dying.nap = where
        dying.awake.clear()

    @rule()
    def those_that_were_stopped_go_on(self) -> None:
        for number in reversed(range(len(self.processes))):
            _, jobs, dying = self.processes[number]
            dying.nap = ""
            dying.awake.set()
            try:
                self.run(self.rest(jobs))
            except PowerCutError:
                self.kill(number)

    @rule(seconds=st.sampled_from([None, 5, 3600]), count=st.integers(1, 3))
    def the_platform_will_refuse(self, seconds: float | None, count: int) -> None:
        self.adapter.after_commit = False
        self.adapter.faults = [DeliveryError("not now", seconds)] * count

    @rule(arrives=st.sampled_from([True, True, False]), count=st.integers(1, 6))
    def answers_will_be_lost(self, *, arrives: bool, count: int) -> None:
        self.adapter.after_commit = arrives
        self.adapter.faults = [OutcomeUnknown("lost")] * count

    @rule(
        step=st.sampled_from(STEPS),
        nth=st.integers(0, 2),
        after=st.booleans(),
        which=st.integers(0, 1),
    )
    def the_power_will_go(self, step: str, nth: int, which: int, *, after: bool) -> None:
        self.processes[which % len(self.processes)][2].doom = step, nth, after

    @rule()
    def a_second_process_starts(self) -> None:
        if len(self.processes) == 1:
            self.start()

    @rule()
    def a_crash_is_recovered(self) -> None:
        """Only a process that is alone may do so."""
        if len(self.processes) == 1 and not self.processes[0][1].tasks:
            try:
                self.run(self.processes[0][0].recover())
            except PowerCutError:
                self.kill(0)

    # --- what must be true at any time

    @invariant()
    def a_date_has_one_edition(self) -> None:
        keys = Counter((one.subscription, one.occurrence.day) for one in self.editions())
        assert not keys or max(keys.values()) == 1

    @invariant()
    def nothing_comes_that_never_was_due(self) -> None:
        due = {
            (subscription.id, one.day)
            for subscription, first in self.kept
            for one in due_until(subscription.timing, first, self.latest)
        }
        assert {(one.subscription, one.occurrence.day) for one in self.editions()} <= due

    @invariant()
    def a_message_comes_twice_only_where_its_chat_chose_so(self) -> None:
        chose = {one.chat for one, _ in self.kept if one.rather_twice}
        told = Counter((post.chat, post.key) for post in self.adapter.posts)
        twice = {chat for (chat, _), count in told.items() if count > 1}
        assert twice <= chose
        if self.adapter.can_look_up:
            assert not twice

    @invariant()
    def what_the_ledger_calls_sent_is_there(self) -> None:
        there = {post.key for post in self.adapter.posts}
        for kept in self.store._parts.values():
            if kept.part.state is PartState.SENT:
                assert kept.part.key in there

    @invariant()
    def a_retry_says_the_same(self) -> None:
        said: dict[str, set[str]] = {}
        for post in self.adapter.posts:
            said.setdefault(post.key, set()).add(post.text)
        assert all(len(texts) == 1 for texts in said.values())

    def editions(self) -> list[Any]:
        return list(self.store._editions.values())

    # --- what must be true when all has come to rest

    def teardown(self) -> None:
        try:
            if self.kept:
                self.settle_down()
                self.nothing_is_lost()
                self.a_date_has_one_edition()
                self.nothing_comes_that_never_was_due()
                self.a_message_comes_twice_only_where_its_chat_chose_so()
        finally:
            self.loop.close()

    def settle_down(self) -> None:
        """No more faults; hours pass, and the last process standing finishes."""
        self.adapter.faults = []
        while self.processes:
            self.run(killed(self.processes.pop()[1]))
        self.clock.instant = max(self.clock.now(), self.latest)
        self.start()
        for _ in range(8):
            self.latest = self.clock.now()
            self.tick(0)
            self.clock.advance(LEASE.total_seconds() + 1)
        self.clock.advance(hours=1)
        for _ in range(4):
            self.latest = self.clock.now()
            self.tick(0)
            self.clock.advance(LEASE.total_seconds() + 1)

    def nothing_is_lost(self) -> None:
        until = self.clock.now() - timedelta(hours=1)
        wanted = {
            (subscription.id, one.day)
            for subscription, first in self.kept
            for one in due_until(subscription.timing, first, until)
        }
        assert wanted <= {(one.subscription, one.occurrence.day) for one in self.editions()}
        for number, edition in self.store._editions.items():
            assert edition.done, f"an edition of {edition.occurrence.day} is not done"
            states = [kept.part.state for kept in self.store._parts_of(number)]
            assert states or edition.missed
            if edition.missed:
                continue
            chose = next(one for one, _ in self.kept if one.id == edition.subscription)
            may = {PartState.SENT} if chose.rather_twice or self.adapter.can_look_up else None
            assert set(states) <= (may or {PartState.SENT, PartState.UNKNOWN})


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
assert timedelta(hours=1) + 12 * LEASE < GRACE  # what settles down is not too late for it
