"""A digest comes once: over crashes, refusals, lost answers and chats that go away."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from bot.core import delivery as outbox
from bot.core import schedule
from bot.core.chats import ChatSettings
from bot.core.delivery import (
    GRACE,
    IN_VAIN,
    LEASE,
    LONGEST_WAIT,
    PATIENCE,
    REPEAT,
    Delivery,
    back_off,
    chat_key,
)
from bot.core.errors import (
    ChatUnavailable,
    DeliveryError,
    OutcomeUnknown,
    SettingsError,
    SourceError,
    StoreError,
)
from bot.core.fence import last_look
from bot.core.messages import Answer, Chat, Paragraph, Reply, Request, Told
from bot.core.ports import Edition, Outcome, Part, PartState, Payload, Store
from bot.core.schedule import Quiet, Subscription, next_due, parse_timing
from bot.core.words import translate
from tests.fakes import CHAT, MONDAY, FakeAdapter, FakeClock, FakeJobs, FakeStore, make_delivery

WORDS = ("one", "two", "three")


async def answer(request: Request) -> Reply:
    """A digest of three messages."""
    assert request.command in {"brief", "place"}
    return Reply(tuple(Paragraph(word) for word in WORDS))


async def rest(delivery: Delivery) -> None:
    """Wait until all that a bot has been asked to post is over."""
    jobs: Any = delivery._jobs
    await jobs.drain()
    await delivery.drain()


@dataclass
class World:
    """A bot at 06:00 on a Monday, with one chat subscribed for 08:00 UTC."""

    adapter: FakeAdapter
    clock: FakeClock = field(default_factory=FakeClock)
    store: FakeStore = field(default_factory=FakeStore)
    answer: Answer = answer

    def __post_init__(self) -> None:
        self.delivery = self.start()

    def start(self, store: Store | None = None) -> Delivery:
        """A bot that has just been started, over what the store holds."""
        adapters = {self.adapter.platform: self.adapter}
        jobs = FakeJobs()
        self.delivery = Delivery(store or self.store, adapters, self.answer, self.clock, jobs)
        jobs.work = self.delivery.work
        return self.delivery

    async def subscribe(self, chat: Chat = CHAT, timing: str = "08:00") -> Subscription:
        parsed = parse_timing(timing, "UTC")
        first = next_due(parsed, self.clock.now())
        return await self.store.subscribe(Subscription(chat, parsed), first)

    async def turn(self, seconds: float = 5) -> None:
        """Time passes, then the clock ticks, and all posting comes to rest."""
        self.clock.advance(seconds)
        await self.delivery.tick()
        await rest(self.delivery)

    async def until(self, seconds: float) -> None:
        """Ticks every five seconds for so long."""
        for _ in range(int(seconds / 5)):
            await self.turn()

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.adapter.posts]


@pytest.fixture
async def world() -> World:
    made = World(FakeAdapter(long=True))
    await made.subscribe()
    made.clock.advance(hours=2)
    return made


# --- once


async def test_a_digest_comes_at_its_hour_and_not_before() -> None:
    world = World(FakeAdapter())
    await world.subscribe()
    await world.turn(2 * 3600 - 1)
    assert world.texts == []
    await world.turn(1)
    assert len(world.texts) == 1
    assert world.adapter.posts[0].chat == CHAT


async def test_a_digest_comes_once_a_day_however_often_the_clock_ticks(world: World) -> None:
    await world.until(60)
    assert world.texts == list(WORDS)
    await world.turn(24 * 3600)
    await world.until(60)
    assert world.texts == [*WORDS, *WORDS]
    assert len({post.key for post in world.adapter.posts}) == 6


async def test_ticks_that_overlap_send_once(world: World) -> None:
    await asyncio.gather(*(world.delivery.tick() for _ in range(5)))
    await rest(world.delivery)
    assert world.texts == list(WORDS)


class SlowStore:
    """A store that lets others go first at every call, as a real one does while it waits."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*arguments: object, **options: object) -> object:
            await asyncio.sleep(0)
            return await getattr(self._store, name)(*arguments, **options)

        return call


async def test_two_bots_on_one_store_send_once(world: World) -> None:
    slow: Any = SlowStore(world.store)
    first, second = world.start(slow), world.start(slow)
    for _ in range(4):
        await asyncio.gather(first.tick(), second.tick())
        await asyncio.gather(rest(first), rest(second))
    assert sorted(world.texts) == sorted(WORDS)


async def test_no_message_overtakes_one_that_another_bot_is_sending(world: World) -> None:
    hold = world.adapter.held[CHAT.id] = asyncio.Event()
    first = world.delivery
    await first.tick()
    await world.adapter.wait_for_attempts(1)
    second = world.start()
    await second.tick()
    async with asyncio.timeout(5):
        await rest(second)
    assert world.adapter.attempts == 1
    hold.set()
    await rest(first)
    assert world.texts == list(WORDS)


async def test_a_chat_that_is_asked_for_twice_at_once_is_written_to_by_one() -> None:
    asked: list[Request] = []

    async def slow(request: Request) -> Reply:
        asked.append(request)
        await asyncio.sleep(0)
        return Reply((Paragraph("x"),))

    world = World(FakeAdapter(), answer=slow)
    await world.subscribe()
    world.clock.advance(hours=2)
    jobs: Any = world.delivery._jobs
    jobs.work = None
    await world.delivery.tick()
    await asyncio.gather(*(world.delivery.work(chat_key(CHAT)) for _ in range(3)))
    assert (len(asked), world.texts) == (1, ["x"])


async def test_more_digests_than_one_transaction_opens_come_at_one_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    world = World(FakeAdapter())
    for number in range(5):
        await world.subscribe(replace(CHAT, id=str(number)))
    await world.turn(2 * 3600)
    assert sorted(post.chat.id for post in world.adapter.posts) == ["0", "1", "2", "3", "4"]


async def test_a_tick_opens_so_many_digests_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    monkeypatch.setattr(outbox, "AT_A_TICK", 4)
    world = World(FakeAdapter())
    for number in range(5):
        await world.subscribe(replace(CHAT, id=str(number)))
    await world.turn(2 * 3600)
    assert len(world.adapter.posts) == 4
    await world.turn()
    assert sorted(post.chat.id for post in world.adapter.posts) == ["0", "1", "2", "3", "4"]


async def test_a_long_queue_of_one_platform_hides_no_other() -> None:
    class Short(FakeStore):
        async def waiting_chats(
            self, platforms: Sequence[str], now: datetime, limit: int = 1
        ) -> Sequence[Chat]:
            return await super().waiting_chats(platforms, now, limit)

    store, clock, jobs = Short(), FakeClock(), FakeJobs()
    adapters = {name: FakeAdapter(name) for name in ("one", "other")}
    delivery = Delivery(store, adapters, answer, clock, jobs)
    jobs.work = delivery.work
    for platform, number, hour in (
        ("one", "1", "07:00"),
        ("one", "2", "07:01"),
        ("other", "1", "08:00"),
    ):
        timing = parse_timing(hour, "UTC")
        chat = replace(CHAT, platform=platform, id=number)
        await store.subscribe(Subscription(chat, timing), next_due(timing, clock.now()))
    clock.advance(hours=3)
    await delivery.tick()
    await rest(delivery)
    assert adapters["other"].posts


async def test_a_digest_asks_what_the_person_subscribed_to() -> None:
    asked: list[Request] = []

    async def listen(request: Request) -> Reply:
        asked.append(request)
        return Reply((Paragraph("x"),))

    world = World(FakeAdapter(), answer=listen)
    timing = parse_timing("08:00", "UTC")
    wanted = Subscription(CHAT, timing, "place", "Mosul", "fr")
    await world.store.subscribe(wanted, next_due(timing, world.clock.now()))
    await world.turn(2 * 3600)
    assert asked == [Request(CHAT, "place", "Mosul", locale="fr", is_digest=True)]


async def test_no_more_than_two_digests_are_written_at_a_time() -> None:
    writing: list[int] = [0]

    async def slow(_: Request) -> Reply:
        writing.append(writing[-1] + 1)
        await asyncio.sleep(0)
        writing.append(writing[-1] - 1)
        return Reply((Paragraph("x"),))

    world = World(FakeAdapter(), answer=slow)
    for number in range(6):
        await world.subscribe(replace(CHAT, id=str(number)))
    await world.turn(2 * 3600)
    assert max(writing) == outbox.COMPOSED_AT_ONCE
    assert len(world.texts) == 6


async def test_what_was_written_down_does_not_change_when_the_news_do() -> None:
    news, asked = iter("abc"), []

    async def changing(request: Request) -> Reply:
        asked.append(request)
        return Reply((Paragraph(next(news)),))

    world = World(FakeAdapter(), answer=changing)
    await world.subscribe()
    world.adapter.faults = [DeliveryError("busy", 10)]
    await world.turn(2 * 3600)
    await world.until(30)
    assert (world.texts, len(asked)) == (["a"], 1)


@dataclass
class Memory:
    """Remembers what digests told, and answers with one that tells something."""

    told: list[Told] = field(default_factory=list)

    async def answer(self, _: Request) -> Reply:
        return Reply((Paragraph("news"),), told=Told(MONDAY.date(), ("https://news.example/1",)))

    async def remember(self, chat: Chat, told: Told) -> None:
        assert chat == CHAT
        self.told.append(told)


@pytest.mark.parametrize("how", [StoreError("the disk is full"), None])
async def test_what_a_digest_tells_is_told_only_when_it_is_written_down(
    how: Exception | None,
) -> None:
    """Else the digest that is written after a crash would leave it out."""

    class Fails(FakeStore):
        times = 1

        async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> Sequence[Part]:
            self.times -= 1
            if self.times == 0:
                raise how or Crash
            return await super().freeze(edition, payloads)

    memory = Memory()
    world = World(FakeAdapter(), store=Fails(), answer=memory.answer)
    world.delivery._remember = memory.remember
    await world.subscribe()
    await world.turn(2 * 3600)
    assert memory.told == []
    await world.until(60)
    assert world.texts == ["news"]
    assert memory.told == [Told(MONDAY.date(), ("https://news.example/1",))]


# --- crashes


class Crash(Exception):  # noqa: N818 - it is no error of ours
    """The process dies here."""


class CrashingStore:
    """A store in a process that dies just before or just after the nth call of one method."""

    def __init__(self, store: FakeStore, method: str, call: int, *, after: bool) -> None:
        self._store = store
        self._method = method
        self._left = call
        self._after = after
        self.dead = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*arguments: object, **options: object) -> object:
            if self.dead:
                raise Crash
            hit = name == self._method and self._count() == 0
            self.dead = hit
            if hit and not self._after:
                raise Crash
            result = await getattr(self._store, name)(*arguments, **options)
            if hit:
                raise Crash
            return result

        return call

    def _count(self) -> int:
        self._left -= 1
        return self._left


STEPS = [
    (method, number, after)
    for method in (
        "settle",
        "due",
        "open_due",
        "waiting_chats",
        "open_editions",
        "freeze",
        "claim",
        "mark",
    )
    for number in ((1, 2, 3) if method in {"claim", "mark"} else (1,))
    for after in (False, True)
]


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize(("method", "number", "after"), STEPS)
async def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    method: str,
    number: int,
    after: bool,  # noqa: FBT001 - a case
    idempotent: bool,  # noqa: FBT001 - a case
) -> None:
    world = World(FakeAdapter(idempotent=idempotent, long=True))
    await world.subscribe()
    store: Any = CrashingStore(world.store, method, number, after=after)
    world.clock.advance(hours=2)
    doomed = world.start(store)
    with contextlib.suppress(Crash):
        await doomed.tick()
    await rest(doomed)
    assert store.dead
    fresh = world.start()
    await fresh.recover()
    await world.until(60)

    in_flight = (method, after) in {("claim", True), ("mark", False)}
    lost = WORDS[number - 1] if method == "claim" and in_flight and not idempotent else ""
    assert world.texts == [word for word in WORDS if word != lost]
    tally = await world.store.tally()
    uncertain = 1 if in_flight and not idempotent else 0
    assert tally.get("unknown", 0) == uncertain
    assert tally["sent"] == 3 - uncertain
    await world.turn(24 * 3600)
    assert world.texts[-3:] == list(WORDS)


async def test_a_crash_while_skipping_what_was_missed_records_it_once() -> None:
    for after in (False, True):
        world = World(FakeAdapter())
        await world.subscribe()
        world.clock.advance(hours=2 + 13)
        store: Any = CrashingStore(world.store, "open_due", 1, after=after)
        with pytest.raises(Crash):
            await world.start(store).tick()
        world.start()
        await world.until(30)
        assert world.texts == []
        assert (await world.store.tally())["missed"] == 1


async def test_an_answer_lost_in_the_crash_is_repeated_only_where_that_is_harmless() -> None:
    for idempotent, sent in ((False, 0), (True, 1)):
        world = World(FakeAdapter(idempotent=idempotent))
        await world.subscribe()
        world.clock.advance(hours=2)
        hold = world.adapter.held[CHAT.id] = asyncio.Event()
        await world.delivery.tick()
        await world.adapter.wait_for_attempts(1)
        [dying] = world.delivery._working.values()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        hold.set()
        await world.start().recover()
        await world.until(20)
        assert len(world.texts) == sent
        tally = await world.store.tally()
        assert (tally.get("sent", 0), tally.get("unknown", 0)) == (sent, 1 - sent)


async def test_a_stop_while_digests_wait_for_their_turn_loses_none() -> None:
    class Busy(FakeAdapter):
        async def wait_turn(self, chat: Chat) -> None:
            reached.set()
            await turn.wait()

    reached, turn = asyncio.Event(), asyncio.Event()
    world = World(Busy(long=True))
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.delivery.tick()
    async with asyncio.timeout(10):
        await reached.wait()
    [dying] = world.delivery._working.values()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    turn.set()
    await world.start().recover()
    await world.until(20)
    assert world.texts == list(WORDS)


async def test_after_a_crash_a_clock_set_back_makes_no_repeat_harmless() -> None:
    world = World(FakeAdapter(idempotent=True))
    await world.subscribe()
    store: Any = CrashingStore(world.store, "mark", 1, after=False)
    world.clock.advance(hours=2)
    doomed = world.start(store)
    await doomed.tick()
    await rest(doomed)
    world.adapter._keys.clear()  # hours later the platform has forgotten the key
    world.clock.advance(hours=-1)
    await world.start().recover()
    await world.until(30)
    assert len(world.texts) == 1
    assert (await world.store.tally())["unknown"] == 1


async def test_a_repeat_after_a_long_crash_is_no_longer_harmless() -> None:
    world = World(FakeAdapter(idempotent=True))
    await world.subscribe()
    store: Any = CrashingStore(world.store, "mark", 1, after=False)
    world.clock.advance(hours=2)
    doomed = world.start(store)
    await doomed.tick()
    await rest(doomed)
    assert len(world.texts) == 1
    world.clock.advance(REPEAT.total_seconds() + 1)
    world.adapter._keys.clear()  # the platform has forgotten the key
    await world.start().recover()
    await world.until(30)
    assert len(world.texts) == 1
    assert (await world.store.tally())["unknown"] == 1


# --- lost answers and refusals


async def test_a_lost_answer_is_never_repeated_where_it_could_double(world: World) -> None:
    world.adapter.faults = [OutcomeUnknown("the connection broke")]
    world.adapter.after_commit = True
    await world.until(600)
    assert world.texts == list(WORDS)
    tally = await world.store.tally()
    assert (tally["unknown"], tally["sent"]) == (1, 2)


async def test_a_lost_answer_is_repeated_under_the_same_key_where_that_is_harmless() -> None:
    world = World(FakeAdapter(idempotent=True, long=True))
    await world.subscribe()
    world.adapter.faults = [OutcomeUnknown("the connection broke")] * 3
    world.adapter.after_commit = True
    await world.turn(2 * 3600)
    await world.until(120)
    assert world.texts == list(WORDS)
    assert (await world.store.tally())["sent"] == 3
    assert world.adapter.attempts == 6


async def test_repeating_stops_before_the_platform_forgets_the_key() -> None:
    world = World(FakeAdapter(idempotent=True))
    await world.subscribe()
    world.adapter.faults = [OutcomeUnknown("the connection broke")] + [
        DeliveryError("down", 50) for _ in range(9)
    ]
    await world.turn(2 * 3600)
    await world.until(600)
    assert world.texts == []
    assert (await world.store.tally())["unknown"] == 1
    assert world.adapter.attempts == 4  # after 0, 5, 55 and 105 seconds


async def test_an_adapter_that_breaks_is_an_outcome_that_nobody_knows(world: World) -> None:
    world.adapter.faults = [ZeroDivisionError()]
    await world.until(60)
    assert world.texts == ["two", "three"]
    assert (await world.store.tally())["unknown"] == 1


@pytest.mark.parametrize("seconds", [7, 61.5, 3600])
async def test_a_platform_that_asks_to_wait_is_not_asked_early(
    world: World, seconds: float
) -> None:
    world.adapter.faults = [DeliveryError("too many", seconds)]
    await world.turn(0)
    refused = world.clock.now()
    while not world.texts:
        assert world.adapter.attempts == 1
        await world.turn(1)
    assert 0 <= (world.clock.now() - refused).total_seconds() - seconds < 2
    assert world.texts == list(WORDS)


async def test_while_a_chat_waits_its_other_digests_wait_too(world: World) -> None:
    other = Subscription(CHAT, parse_timing("08:01", "UTC"), arguments="long")
    await world.store.subscribe(other, next_due(other.timing, world.clock.now()))
    world.adapter.faults = [DeliveryError("too many", 300)]
    await world.turn(90)
    await world.until(200)
    assert world.adapter.attempts == 1
    await world.until(120)
    assert world.texts == [*WORDS, *WORDS]


@pytest.mark.parametrize("retry_after", [None, 5, 300])
async def test_an_outage_of_hours_costs_no_digest(world: World, retry_after: float | None) -> None:
    world.adapter.faults = [DeliveryError("not connected", retry_after) for _ in range(36)]
    await world.until(9 * 3600)
    assert world.texts == list(WORDS)


async def test_refusals_are_tried_again_ever_more_slowly_until_it_is_too_late(
    world: World,
) -> None:
    world.adapter.faults = [DeliveryError("down") for _ in range(1000)]
    await world.until(PATIENCE.total_seconds() - 7200)  # later it would be the next day's
    assert (await world.store.tally())["pending"] == len(WORDS)
    await world.until(7200 + 900)
    assert world.texts == []
    tally = await world.store.tally()
    assert (tally["dead"], tally["missed"]) == (len(WORDS), 1)
    reasons = {line.part.reason for line in await world.store.outbox() if line.day == MONDAY.date()}
    assert reasons == {"more than 24 hours late; before: down", "more than 24 hours late"}
    waits = [back_off(attempts) for attempts in range(world.adapter.attempts)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2, 900)


async def test_chats_that_were_refused_together_are_not_tried_together_again() -> None:
    world = World(FakeAdapter())
    for number in range(40):
        await world.subscribe(replace(CHAT, id=str(number)))
    world.adapter.faults = [DeliveryError("down") for _ in range(40)]
    await world.turn(2 * 3600)
    again = sorted(kept.not_before for kept in world.store._parts.values() if kept.not_before)
    waits = [(at - world.clock.now()).total_seconds() for at in again]
    assert 1 <= waits[0] < 1.1
    assert 1.9 < waits[-1] <= 2
    assert max(later - sooner for sooner, later in pairwise(waits)) < 0.1


async def test_a_message_refused_for_good_is_given_up_at_once_and_the_rest_goes(
    world: World,
) -> None:
    world.adapter.faults = [DeliveryError("too long", final=True)]
    await world.until(60)
    assert world.texts == ["two", "three"]
    assert world.adapter.attempts == 3
    assert (await world.store.tally())["dead"] == 1


# --- chats


def shut_out() -> list[Exception]:
    return [ChatUnavailable("the bot was blocked") for _ in range(2)]


async def test_a_chat_that_shut_the_bot_out_is_asked_once_more_and_then_paused(
    world: World,
) -> None:
    world.adapter.faults = shut_out()
    await world.until(50)
    assert world.adapter.attempts == 1
    assert not (await world.store.subscriptions(CHAT))[0][0].paused
    await world.until(60)
    await world.turn(24 * 3600)
    assert world.adapter.attempts == 2
    [(kept, _)] = await world.store.subscriptions(CHAT)
    assert kept.paused == "the bot was blocked"
    assert (await world.store.tally()).get("pending", 0) == 0


async def test_a_refusal_that_was_a_mistake_costs_no_digest(world: World) -> None:
    world.adapter.faults = shut_out()[:1]
    await world.until(120)
    assert world.texts == list(WORDS)


async def test_a_refusal_after_an_outage_is_no_confirmation(world: World) -> None:
    world.adapter.faults = [DeliveryError("it answered 503"), *shut_out()[:1]]
    await world.until(180)
    assert world.texts == list(WORDS)


async def test_a_chat_that_lets_the_bot_in_again_gets_no_old_digests(world: World) -> None:
    world.adapter.faults = shut_out()
    await world.until(120)
    world.clock.advance(days=30)
    await world.subscribe()
    await world.until(60)
    assert world.texts == []
    await world.turn(24 * 3600)
    assert world.texts == list(WORDS)


@pytest.mark.parametrize("thread", ["", "7"])
async def test_a_group_that_moved_gets_its_digest_in_the_new_chat(thread: str) -> None:
    world, old = World(FakeAdapter(long=True)), replace(CHAT, thread=thread)
    new = replace(old, id="-1001")
    moves: list[tuple[Chat, Chat]] = []

    class Noting(FakeStore):
        async def move_chat(self, old: Chat, new: Chat) -> None:
            moves.append((old, new))
            await super().move_chat(old, new)

    world.store = Noting()
    world.start()
    await world.subscribe(old)
    world.adapter.faults = [ChatUnavailable("became a supergroup", moved_to=new.id)]
    world.clock.advance(hours=2)
    await world.until(30)
    assert [(post.chat, post.text) for post in world.adapter.posts] == [
        (new, word) for word in WORDS
    ]
    assert await world.store.subscriptions(old) == []
    [(kept, _)] = await world.store.subscriptions(new)
    assert not kept.paused
    assert moves == [(old, new)]


async def test_a_group_that_moved_to_itself_is_gone(world: World) -> None:
    world.adapter.faults = [ChatUnavailable("moved", moved_to=CHAT.id) for _ in range(2)]
    await world.until(90)
    assert world.adapter.attempts == 2
    assert (await world.store.tally())["dead"] == 3


async def test_one_slow_chat_delays_nobody_else(world: World) -> None:
    others = [replace(CHAT, id=str(number)) for number in range(3)]
    for other in others:
        await world.subscribe(other, "08:00")
    world.clock.advance(days=1)
    world.adapter.held[CHAT.id] = asyncio.Event()
    await world.delivery.tick()
    await world.adapter.wait_for_posts(9)
    assert Counter(post.chat.id for post in world.adapter.posts) == {"0": 3, "1": 3, "2": 3}
    world.adapter.held[CHAT.id].set()
    await rest(world.delivery)
    assert len(world.texts) == 12


async def test_a_chat_at_work_is_left_alone_by_the_next_tick(world: World) -> None:
    hold = world.adapter.held[CHAT.id] = asyncio.Event()
    for _ in range(3):
        await world.delivery.tick()
    hold.set()
    await rest(world.delivery)
    assert world.texts == list(WORDS)


async def test_a_chat_that_unsubscribes_in_the_middle_gets_no_more(world: World) -> None:
    hold = world.adapter.held[CHAT.id] = asyncio.Event()
    await world.delivery.tick()
    await world.adapter.wait_for_attempts(1)
    await world.store.unsubscribe(CHAT, None)
    hold.set()
    await rest(world.delivery)
    assert world.texts == ["one"]


async def test_a_digest_for_a_platform_that_is_off_waits(world: World) -> None:
    elsewhere = Delivery(
        world.store, {"other": FakeAdapter("other")}, answer, world.clock, FakeJobs()
    )
    await elsewhere.tick()
    await elsewhere.drain()
    await world.until(30)
    assert world.texts == list(WORDS)


# --- late and missed


async def test_a_digest_on_time_does_not_say_late(world: World) -> None:
    await world.turn(9 * 60)
    assert world.texts == list(WORDS)


async def test_a_late_digest_says_so(world: World) -> None:
    await world.turn(3600)
    assert world.texts == ["Late: this digest was due at 08:00 (UTC).\n", *WORDS]


@pytest.mark.parametrize(("chosen", "language"), [("", "de"), ("fr", "fr"), ("tlh", "en")])
async def test_a_digest_and_its_lateness_are_said_in_the_language_of_the_chat_else_the_readers(
    chosen: str, language: str
) -> None:
    locales: list[str] = []

    async def noted(request: Request) -> Reply:
        locales.append(request.locale)
        return await answer(request)

    world = World(FakeAdapter(long=True), answer=noted)
    timing = parse_timing("08:00", "UTC")
    wanted = Subscription(CHAT, timing, locale="de-AT")
    await world.store.subscribe(wanted, next_due(timing, world.clock.now()))
    await world.store.set_settings(CHAT, ChatSettings(language=chosen))
    await world.turn(3 * 3600)
    late = translate("Late: this digest was due at {hour} ({zone}).", language)
    assert world.texts[0] == late.format(hour="08:00", zone="UTC") + "\n"
    assert locales == [chosen or "de-AT"]


async def test_a_digest_is_sent_late_up_to_the_grace_and_then_recorded_as_missed() -> None:
    for beyond, missed in ((0, 0), (1, 1)):
        world = World(FakeAdapter())
        await world.subscribe()
        await world.turn(2 * 3600 + GRACE.total_seconds() + beyond)
        assert len(world.texts) == 1 - missed
        assert (await world.store.tally())["missed"] == missed


async def test_what_was_missed_says_why_and_is_not_written() -> None:
    asked: list[Request] = []

    async def listen(request: Request) -> Reply:
        asked.append(request)
        return Reply((Paragraph("x"),))

    world = World(FakeAdapter(), answer=listen)
    await world.subscribe()
    await world.turn(timedelta(days=2, hours=2).total_seconds() + GRACE.total_seconds() + 1)
    reasons = [one.missed for one in world.store._editions.values()]
    assert reasons == ["more than 12 hours late"] * 3
    assert asked == []


async def test_every_day_that_the_bot_was_down_is_recorded(world: World) -> None:
    await world.turn(timedelta(days=3, hours=1).total_seconds())
    assert len(world.texts) == 4
    assert world.texts[0].startswith("Late")
    assert (await world.store.tally())["missed"] == 3
    await world.turn(23 * 3600)
    assert world.texts[4:] == list(WORDS)


async def test_a_digest_begun_before_a_long_stop_is_not_finished_days_later(world: World) -> None:
    world.adapter.faults = [DeliveryError("down", 60)]
    await world.turn()
    world.start()
    await world.turn(PATIENCE.total_seconds())
    await world.until(60)
    assert world.texts == list(WORDS)  # those of the next day
    tally = await world.store.tally()
    assert (tally["dead"], tally["missed"]) == (3, 1)


async def test_after_a_night_of_being_down_a_chat_gets_one_digest_and_not_six() -> None:
    world = World(FakeAdapter())
    for hour in range(6):
        await world.subscribe(timing=f"{7 + hour}:00")
    await world.turn(7 * 3600)
    assert len(world.texts) == 1
    assert (await world.store.tally())["missed"] == 5
    await world.turn(18 * 3600)
    assert len(world.texts) == 2


async def test_what_is_merged_is_recorded_before_anybody_posts() -> None:
    world = World(FakeAdapter())
    for hour in ("07:00", "08:00"):
        await world.subscribe(timing=hour)
    jobs: Any = world.delivery._jobs
    jobs.work = None
    world.clock.advance(hours=3)
    await world.delivery.tick()
    assert (await world.store.tally())["missed"] == 1


async def test_digests_that_wait_out_an_outage_are_merged_into_the_newest() -> None:
    clock = FakeClock()

    async def away(_: Request) -> Reply:
        if clock.now().hour < 10:
            raise SourceError("nothing can be read")
        return Reply((Paragraph("the news"),))

    world = World(FakeAdapter(), clock, answer=away)
    for hour in (8, 9, 10):
        await world.subscribe(timing=f"{hour}:00")
    for _ in range(5 * 60):
        await world.turn(60)
    assert len(world.texts) == 1
    assert (await world.store.tally())["missed"] == 2


async def test_a_digest_that_began_to_come_is_finished_before_the_next(world: World) -> None:
    await world.subscribe(timing="08:01")
    world.adapter.faults = [DeliveryError("busy", 120)]
    await world.turn()
    await world.until(300)
    assert world.texts == [*WORDS, *WORDS]
    assert (await world.store.tally())["missed"] == 0


async def test_of_digests_that_are_merged_only_the_newest_is_written() -> None:
    asked: list[Request] = []

    async def away(request: Request) -> Reply:
        asked.append(request)
        if len(asked) == 1:
            raise SourceError("nothing can be read")
        return Reply((Paragraph("the news"),))

    world = World(FakeAdapter(), answer=away)
    for hour in ("08:00", "08:01"):
        await world.subscribe(timing=hour)
    await world.turn(2 * 3600)
    await world.turn(90)
    assert len(asked) == 2
    assert [one.missed for one in world.store._editions.values()] == [
        "merged into the digest of 2026-03-02 08:01 UTC",
        "",
    ]


async def test_digests_that_ask_different_things_or_go_elsewhere_are_never_merged() -> None:
    world = World(FakeAdapter())
    asked = (
        (CHAT, "brief", ""),
        (CHAT, "brief", "long"),
        (CHAT, "place", "long"),
        (replace(CHAT, thread="7"), "brief", ""),
    )
    for number, (chat, command, arguments) in enumerate(asked):
        wanted = Subscription(chat, parse_timing(f"08:0{number}", "UTC"), command, arguments)
        await world.store.subscribe(wanted, next_due(wanted.timing, world.clock.now()))
    await world.turn(3 * 3600)
    assert len(world.texts) == 4


# --- leases


async def test_a_process_that_slept_between_claim_and_post_sends_nothing_when_it_wakes() -> None:
    clock = FakeClock()

    class Sleeper(FakeStore):
        sleeps = True

        async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
            claimed = await super().claim(part, now, lease)
            if self.sleeps:
                clock.advance(LEASE.total_seconds() + 1)
            return claimed

    store = Sleeper()
    world = World(FakeAdapter(), clock, store)
    await world.subscribe()
    await world.turn(2 * 3600)
    assert world.adapter.attempts == 0
    store.sleeps = False
    await world.turn()
    assert len(world.texts) == 1


@pytest.mark.parametrize("hours", [-5, 5])
async def test_no_request_leaves_under_a_claim_of_which_a_set_clock_hides_the_age(
    hours: float,
) -> None:
    """A library repeats what failed by itself: meanwhile the process may have slept for long."""

    clock = FakeClock()

    class Repeats(FakeAdapter):
        refused = 0

        async def post(self, chat: Chat, payload: Payload, key: str) -> str:
            if not self.attempts:
                clock.advance(hours=hours)
            try:
                last_look()
            except DeliveryError:
                self.refused += 1
                self.attempts += 1
                raise
            return await super().post(chat, payload, key)

    adapter = Repeats()
    world = World(adapter, clock)
    await world.subscribe()
    await world.turn(2 * 3600)
    assert (adapter.refused, world.texts) == (1, [])
    await world.until(30)
    assert len(world.texts) == 1


async def test_what_a_sleeper_still_writes_after_its_lease_does_not_count(world: World) -> None:
    """One bot sleeps in the middle of a post; another takes the part over and settles it."""
    hold = world.adapter.held[CHAT.id] = asyncio.Event()
    sleeper = world.delivery
    await sleeper.tick()
    await world.adapter.wait_for_attempts(1)
    world.clock.advance(LEASE.total_seconds() + 1)
    del world.adapter.held[CHAT.id]
    other = world.start()
    await other.tick()
    await rest(other)
    assert (await world.store.tally())["unknown"] == 1
    world.adapter.faults = [DeliveryError("refused")]
    hold.set()
    await rest(sleeper)
    assert (await world.store.tally())["unknown"] == 1


async def test_a_sleeper_that_did_post_makes_the_unknown_known(world: World) -> None:
    hold = world.adapter.held[CHAT.id] = asyncio.Event()
    sleeper = world.delivery
    await sleeper.tick()
    await world.adapter.wait_for_attempts(1)
    world.clock.advance(LEASE.total_seconds() + 1)
    del world.adapter.held[CHAT.id]
    other = world.start()
    await other.tick()
    await rest(other)
    hold.set()
    await rest(sleeper)
    assert sorted(world.texts) == sorted(WORDS)
    assert (await world.store.tally()).get("unknown", 0) == 0


# --- messages that may or may not have arrived


async def test_a_message_that_nobody_can_tell_of_keeps_nobodys_turn(world: World) -> None:
    """It is settled without a post: with its turn kept, digests would crawl after an outage."""
    world.adapter.faults = [OutcomeUnknown("the connection broke")]
    await world.until(60)
    assert (await world.store.tally())["unknown"] == 1
    assert world.adapter.turns == []


async def test_a_claim_that_nobody_knows_to_be_made_costs_no_message() -> None:
    class Ambiguous(FakeStore):
        lost = 1

        async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
            claimed = await super().claim(part, now, lease)
            self.lost -= 1
            if self.lost == 0:
                raise StoreError("the connection broke while it was committed")
            return claimed

    world = World(FakeAdapter(long=True), store=Ambiguous())
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.until(60)
    assert world.texts == list(WORDS)
    assert (await world.store.tally()).get("unknown", 0) == 0


async def test_while_a_claim_is_not_given_back_nobody_here_takes_the_message() -> None:
    """The giving back would come under the next attempt."""

    class Away(FakeStore):
        away = True

        async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
            if self.away:  # it was never made
                raise StoreError("the connection broke")
            return await super().claim(part, now, lease)

        async def release(self, part: Part) -> None:
            if self.away:
                raise StoreError("the connection broke")
            await super().release(part)

    store = Away()
    world = World(FakeAdapter(), store=store)
    await world.subscribe()
    await world.turn(2 * 3600)
    store.away = False
    await world.delivery.work(chat_key(CHAT))
    assert world.texts == []
    await world.until(30)
    assert world.texts == ["\n".join(WORDS)]


async def test_a_chat_that_is_gone_when_a_message_is_looked_for_is_paused_after_a_minute() -> None:
    class Gone(FakeAdapter):
        looks = 0

        async def look_up(self, *_: object) -> str | None:
            self.looks += 1
            raise ChatUnavailable("Unknown Channel")

    adapter = Gone()
    world = World(adapter)
    await world.subscribe()
    world.clock.advance(hours=2)
    adapter.faults = [OutcomeUnknown("the connection broke")]
    await world.until(600)
    [(kept, _)] = await world.store.subscriptions(CHAT)
    assert kept.paused == "Unknown Channel"
    assert adapter.looks == 2
    [line] = await world.store.outbox()
    assert line.part.state is PartState.UNKNOWN


@pytest.mark.parametrize("got_through", [True, False])
async def test_a_platform_that_can_tell_is_asked_and_nothing_is_lost_or_doubled(
    world: World,
    got_through: bool,  # noqa: FBT001 - a case
) -> None:
    world.adapter.can_look_up = True
    world.adapter.faults = [OutcomeUnknown("the connection broke")]
    world.adapter.after_commit = got_through
    await world.until(60)
    assert world.texts == list(WORDS)
    assert (await world.store.tally())["sent"] == 3


async def test_a_chat_that_wants_it_rather_twice_gets_it_again() -> None:
    world = World(FakeAdapter())
    timing = parse_timing("08:00", "UTC")
    wanted = Subscription(CHAT, timing, rather_twice=True)
    await world.store.subscribe(wanted, next_due(timing, world.clock.now()))
    world.adapter.faults = [OutcomeUnknown("the connection broke")]
    world.adapter.after_commit = True
    await world.turn(2 * 3600)
    await world.until(30)
    assert len(world.texts) == 2
    assert (await world.store.tally()).get("unknown", 0) == 0


async def test_the_operator_is_told_of_what_was_given_up_and_what_nobody_knows(
    world: World,
) -> None:
    told: list[tuple[str, str]] = []

    async def tell(about: str, words: str) -> None:
        told.append((about, words))

    world.delivery._tell = tell
    world.adapter.faults = [DeliveryError("too long", final=True), OutcomeUnknown("no answer")]
    await world.until(60)
    assert [about for about, _ in told] == ["dead fake too long", "unknown fake"]
    assert all("fake:1001" in words for _, words in told)


# --- quiet hours

NIGHT = Quiet(time(22), time(7))


async def quiet_world(hour: str = "21:00", adapter: FakeAdapter | None = None) -> World:
    """A chat that wants to hear nothing at night."""
    world = World(adapter or FakeAdapter())
    await world.store.set_settings(CHAT, ChatSettings(quiet=NIGHT))
    timing = replace(parse_timing(hour, "UTC"), quiet=NIGHT)
    await world.store.subscribe(Subscription(CHAT, timing), next_due(timing, world.clock.now()))
    return world


async def test_a_digest_that_is_late_does_not_come_in_the_quiet_hours_but_after_them() -> None:
    world = await quiet_world()
    world.clock.advance(hours=17.5)  # down until half past eleven
    await world.until(60)
    assert world.texts == []
    await world.turn(7.5 * 3600 - 70)
    assert world.texts == []
    await world.until(20)
    assert len(world.texts) == 1
    assert world.texts[0].startswith("Late: this digest was due at 21:00")


async def test_a_digest_that_was_refused_in_the_evening_waits_for_the_morning() -> None:
    world = await quiet_world()
    world.clock.advance(hours=15)
    world.adapter.faults = [DeliveryError("Telegram asks to wait", 3 * 3600)]
    await world.turn(0)
    await world.turn(3 * 3600 + 5)
    assert world.texts == []
    await world.turn(7 * 3600)
    assert len(world.texts) == 1


async def test_a_digest_that_began_to_come_is_finished_in_the_quiet_hours() -> None:
    world = await quiet_world(adapter=FakeAdapter(long=True))
    world.clock.advance(hours=15)
    refused = [DeliveryError("Telegram asks to wait", 2 * 3600)]
    first = world.adapter.post

    async def post(chat: Chat, payload: Payload, key: str) -> str:
        number = await first(chat, payload, key)
        world.adapter.faults, refused[:] = [*refused], []
        return number

    world.adapter.post = post  # type: ignore[method-assign]
    await world.turn(0)
    assert world.texts == ["one"]
    await world.turn(2 * 3600 + 5)
    assert world.texts == list(WORDS)


async def test_what_could_not_be_sent_between_two_nights_is_not_held_again() -> None:
    world = await quiet_world(adapter=FakeAdapter(long=True))
    world.adapter.faults = [DeliveryError("down") for _ in range(1000)]
    world.clock.advance(hours=15)
    for _ in range(27 * 12):
        await world.turn(300)
    [first, *_] = world.store._editions.values()
    assert first.done
    assert first.missed == "it could not be sent before the next quiet hours"
    assert world.texts == []


# --- a clock that is put right


@pytest.mark.parametrize("what", ["post", "answer"])
async def test_a_wait_by_a_clock_that_was_ahead_does_not_last_for_hours(what: str) -> None:
    world = World(FakeAdapter(long=True))
    await world.subscribe()
    world.clock.advance(hours=2 + 5)  # five too many
    if what == "post":
        world.adapter.faults = [DeliveryError("down")]
    else:
        answers = iter([SourceError("the archive cannot be read")])

        async def fails_once(request: Request) -> Reply:
            for fault in answers:
                raise fault
            return await answer(request)

        world.delivery._answer = fails_once
    await world.turn(0)
    world.clock.advance(hours=-5)
    await world.turn()
    await world.until(LONGEST_WAIT.total_seconds() + 10)
    assert world.texts[-3:] == list(WORDS)


async def test_a_wait_that_the_platform_asked_for_is_as_long_as_it_says() -> None:
    world = World(FakeAdapter(long=True))
    await world.subscribe()
    world.clock.advance(hours=2)
    world.adapter.faults = [DeliveryError("Telegram asks to wait 43200 s", 43_200)]
    await world.turn()
    await world.turn(43_200 - 10)
    assert world.texts == []
    await world.until(60)
    assert world.texts == list(WORDS)


# --- never silence


@dataclass
class Ear:
    """Hears what the operator is told."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    async def tell(self, about: str, words: str) -> None:
        self.heard.append((about, words))


async def test_a_digest_that_cannot_be_written_is_told_and_its_reason_is_kept() -> None:
    async def fails(_: Request) -> Reply:
        raise SourceError("the archive cannot be read")

    world, ear = World(FakeAdapter(), answer=fails), Ear()
    world.delivery._tell = ear.tell
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.until(60)
    assert [about for about, _ in ear.heard] == ["digest fake"]
    assert world.delivery._put_off[next(iter(world.store._editions))].faults >= IN_VAIN
    for _ in range(13 * 4):
        await world.turn(900)
    [edition] = world.store._editions.values()
    assert edition.missed == "more than 12 hours late; before: the archive cannot be read"
    assert [about for about, _ in ear.heard][-1] == "missed fake"


async def test_the_operator_is_told_of_digests_that_nobody_got_while_the_bot_was_down() -> None:
    world, ear = World(FakeAdapter()), Ear()
    world.delivery._tell = ear.tell
    for number in range(3):
        await world.subscribe(Chat("fake", str(number)))
    world.clock.advance(hours=2 + 13)
    await world.until(10)
    assert ear.heard == [
        ("missed fake", "3 digest(s) were not sent: more than 12 hours late"),
    ]


# --- faults of our own


async def test_an_outcome_that_the_store_cannot_take_is_kept_until_it_can() -> None:
    class Full(FakeStore):
        full = True

        async def mark(self, part: Part, outcome: Outcome) -> bool:
            if self.full:
                raise StoreError("the disk is full")
            return await super().mark(part, outcome)

    store = Full()
    world = World(FakeAdapter(long=True), store=store)
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.delivery.tick()
    await rest(world.delivery)
    await world.delivery.tick()
    await rest(world.delivery)
    assert world.texts == ["one"]
    store.full = False
    await world.until(30)
    assert world.texts == list(WORDS)
    assert await store.tally() == {"sent": 3, "subscriptions": 1, "missed": 0}


@pytest.mark.parametrize("hours", [-2, -1, 1, 2])
@pytest.mark.parametrize("at", ["00:30", "08:00", "23:30"])
async def test_a_changed_tz_database_neither_repeats_nor_skips_a_day(
    monkeypatch: pytest.MonkeyPatch, at: str, hours: int
) -> None:
    """A government moves its clocks, and a new tz database knows it at the next start."""
    world, offset = World(FakeAdapter()), [3]
    monkeypatch.setattr(schedule, "_zone", lambda _: timezone(timedelta(hours=offset[0])))
    outbox._occurrences.cache_clear()
    await world.subscribe(timing=f"{at} Asia/Baghdad")
    for half_hour in range(8 * 48):
        if half_hour == 4 * 48 + 5:
            offset[0] += hours
            world.start()
        await world.turn(1800)
    outbox._occurrences.cache_clear()
    days = [one.occurrence.day for one in world.store._editions.values()]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(world.texts) == len(days) >= 7


@pytest.mark.parametrize("by", ["tick", "drain"])
async def test_an_outcome_is_written_by_the_next_tick_and_at_a_stop(by: str) -> None:
    class Full(FakeStore):
        refusals = 2

        async def mark(self, part: Part, outcome: Outcome) -> bool:
            self.refusals -= 1
            if self.refusals >= 0:
                raise StoreError("the disk is full")
            return await super().mark(part, outcome)

    world = World(FakeAdapter(), store=Full())
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.delivery.tick()
    jobs: Any = world.delivery._jobs
    await jobs.drain()
    for _ in range(2):
        await getattr(world.delivery, by)()
    assert (await world.store.tally())["sent"] == 1


async def test_one_digest_that_cannot_be_made_costs_the_next_one_nothing() -> None:
    async def broken_once(request: Request) -> Reply:
        if request.arguments == "broken":
            raise ZeroDivisionError
        return Reply((Paragraph("fine"),))

    world = World(FakeAdapter(), answer=broken_once)
    timing = parse_timing("07:59", "UTC")
    broken = Subscription(CHAT, timing, "brief", "broken")
    await world.store.subscribe(broken, next_due(timing, world.clock.now()))
    await world.subscribe()
    await world.turn(2 * 3600)
    assert world.texts == ["fine"]


async def test_the_same_number_on_two_platforms_is_two_chats() -> None:
    clock, store = FakeClock(), FakeStore()
    adapters = {name: FakeAdapter(name) for name in ("one", "other")}
    delivery, jobs = make_delivery(store, adapters, answer, clock)
    for name, hour in zip(adapters, ("08:00", "08:01"), strict=True):
        timing = parse_timing(hour, "UTC")
        wanted = Subscription(replace(CHAT, platform=name), timing)
        await store.subscribe(wanted, next_due(timing, clock.now()))
    clock.advance(hours=3)
    await delivery.tick()
    await jobs.drain()
    assert [len(adapter.posts) for adapter in adapters.values()] == [1, 1]


async def test_a_store_that_fails_costs_a_turn_and_no_digest(world: World) -> None:
    class Locked(FakeStore):
        async def open_editions(self, chat: Chat, now: datetime) -> Sequence[Edition]:
            raise StoreError("the database is locked")

    locked = Locked(**vars(world.store))
    doomed = world.start(locked)
    await doomed.tick()
    await doomed.work(chat_key(CHAT))
    assert world.texts == []
    world.start()
    await world.turn()
    assert world.texts == list(WORDS)


async def test_one_zone_that_is_no_longer_known_silences_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    world = World(FakeAdapter())
    known = parse_timing("07:00", "UTC")
    gone = replace(known, zone="Europe/Atlantis")
    lost = [replace(CHAT, id=f"lost {number}") for number in range(4)]
    for chat in lost:
        first = next_due(known, world.clock.now())
        await world.store.subscribe(Subscription(chat, gone), first)
    await world.subscribe(lost[0], "06:30")
    await world.subscribe(replace(CHAT, id="2"))
    await world.turn(2 * 3600)
    assert [post.chat.id for post in world.adapter.posts] == ["lost 0", "2"]
    assert (await world.store.tally())["missed"] == 4


async def test_a_zone_that_is_known_again_has_its_digests_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(FakeAdapter())
    await world.subscribe(timing="08:00 Asia/Baghdad")
    with monkeypatch.context() as patch:
        patch.setattr(schedule, "_zone", lambda name: {}[name])
        await world.turn(2 * 3600)
        assert world.texts == []
    await world.turn(24 * 3600)
    await world.until(60)
    await world.turn(24 * 3600)
    days = [one.occurrence.day for one in world.store._editions.values() if not one.missed]
    assert [day.isoformat() for day in days] == ["2026-03-03", "2026-03-04"]
    assert len(world.texts) == 2


async def test_settings_that_the_platform_refuses_leave_the_part_uncertain(world: World) -> None:
    world.adapter.faults = [SettingsError("the token was revoked")]
    await world.until(30)
    assert (await world.store.tally())["unknown"] == 1


async def test_a_fault_of_ours_is_never_the_digest_it_comes_later() -> None:
    faults = [SourceError("the feed is away"), ZeroDivisionError()]

    async def mends_itself(_: Request) -> Reply:
        if faults:
            raise faults.pop(0)
        return Reply((Paragraph("the news"),))

    world = World(FakeAdapter(), answer=mends_itself)
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.until(60)
    assert world.texts == ["the news"]
    assert world.delivery._put_off == {}


async def test_a_digest_that_cannot_be_made_is_tried_ever_more_slowly() -> None:
    tries = []

    async def always_broken(request: Request) -> Reply:
        tries.append(request)
        raise ZeroDivisionError

    world = World(FakeAdapter(), answer=always_broken)
    await world.subscribe()
    world.clock.advance(hours=2)
    await world.until(3600)
    assert 5 <= len(tries) <= 20
