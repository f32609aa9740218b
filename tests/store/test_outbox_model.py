"""The store's outbox beside the fake one, call by call: whatever comes next, they agree.

Hypothesis chooses what happens next; stale claims are used again and again. The fake store is the
model; what no outbox may ever do is looked for besides.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.core.delivery import LEASE, _openings, merged
from bot.core.messages import Chat
from bot.core.ports import Edition, Outcome, Part, PartState, Store
from bot.core.schedule import Subscription, first_due, parse_timing
from bot.store.database import DatabaseStore
from bot.store.transactions import count, rows
from tests.fakes import MONDAY, FakeClock, FakeStore

CHATS = tuple(Chat("fake", str(number)) for number in range(3))
HOURS = ("08:00", "08:02", "20:00")
LEFT = {PartState.PENDING, PartState.SENDING}
KEPT = timedelta(days=30)
"""Nothing younger is ever forgotten: settings allow no less."""

which = st.integers(0, 7)
waits = st.sampled_from([0, 5, 600])
SELDOM = ("subscribes", "subscribes", "shuts the bot out", "leaves", "moves", "a month passes")
outcomes = st.sampled_from(
    [
        Outcome(PartState.SENT, "77"),
        Outcome(PartState.SENT, "78"),
        Outcome(PartState.PENDING, reason="not now"),
        Outcome(PartState.PENDING, reason="lost", uncertain=True),
        Outcome(PartState.PENDING, reason="later", not_before=MONDAY),
        Outcome(PartState.UNKNOWN, reason="lost", uncertain=True),
        Outcome(PartState.DEAD, reason="refused"),
    ]
)


@dataclass(frozen=True)
class Pair:
    """The same thing as the model has it and as the database has it."""

    model: Any
    real: Any


class Outbox(RuleBasedStateMachine):
    """Two stores that are told the same."""

    loop = asyncio.new_event_loop()
    shared: DatabaseStore | None = None

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        cls.shared = self.real = cls.shared or self.run(DatabaseStore.open("sqlite://"))
        self.run(self.real._database.write(count(sqlalchemy.text("DELETE FROM subscriptions"))))
        self.model, self.clock = FakeStore(), FakeClock()
        self.numbers: dict[tuple[str, int], int] = {}
        self.seen: list[Pair] = []  # parts as they were read once
        self.claims: list[Pair] = []  # parts as they were claimed once
        self.editions: list[Pair] = []
        self.claimed: Counter[tuple[int, int]] = Counter()
        self.sent: set[int] = set()
        self.dates: dict[tuple[int, str], int] = {}

    def run(self, work: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        async def waited() -> Any:  # noqa: ANN401
            return await work

        return self.loop.run_until_complete(waited())

    def both(self, name: str, *arguments: object) -> object:
        """Tell both the same; they answer the same."""
        model, real = (
            self.run(getattr(store, name)(*arguments)) for store in (self.model, self.real)
        )
        assert model == real
        return model

    def each(self, name: str, pair: Pair, *arguments: object) -> Pair:
        """Tell each of its own; return what each says."""
        model = self.run(getattr(self.model, name)(pair.model, *arguments))
        real = self.run(getattr(self.real, name)(pair.real, *arguments))
        return Pair(model, real)

    def learn(self, kind: str, model: int, real: int) -> None:
        """Each counts its own way: a number of the one is always the same of the other."""
        assert self.numbers.setdefault((kind, model), real) == real

    @initialize()
    def begin(self) -> None:
        """Two chats have a digest of two messages on its way."""
        for chat, hour in zip(CHATS, HOURS[:2], strict=False):
            self.subscribe(chat, hour)
        self.time_passes_and_digests_are_written(3 * 60, 2)

    # --- what may happen

    def subscribe(self, chat: Chat, hour: str) -> None:
        """Once only: to subscribe anew lets the day be due anew."""
        if any(f"{one.timing.at:%H:%M}" == hour for one in self.model._of(chat)):
            return
        timing = parse_timing(hour, "UTC")
        made = Subscription(chat, timing), first_due(timing, self.clock.now())
        model, real = (self.run(store.subscribe(*made)) for store in (self.model, self.real))
        self.learn("subscription", model.id, real.id)

    @rule(minutes=st.sampled_from([0, 1, 2, 4, 60, 9 * 60, 24 * 60]), parts=st.integers(0, 2))
    def time_passes_and_digests_are_written(self, minutes: int, parts: int) -> None:
        self.clock.advance(60 * minutes)
        self.open()
        for chat in CHATS:
            for edition in self.read_editions(chat):
                self.write(edition, parts)

    def open(self) -> None:
        now = self.clock.now()
        counts = [self.run(self.open_in(store)) for store in (self.model, self.real)]
        assert counts[0] == counts[1]
        assert not self.run(self.real.due(now))

    async def open_in(self, store: Store) -> int:
        now = self.clock.now()
        due = await store.due(now)
        return await store.open_due(list(merged([o for one in due for o in _openings(*one, now)])))

    def read_editions(self, chat: Chat) -> list[Pair]:
        model = self.run(self.model.open_editions(chat, self.clock.now()))
        real = self.run(self.real.open_editions(chat, self.clock.now()))
        assert [_edition(one) for one in model] == [_edition(one) for one in real]
        pairs = [Pair(*one) for one in zip(model, real, strict=True)]
        for pair in pairs:
            self.learn("edition", pair.model.id, pair.real.id)
        self.editions += pairs
        return pairs

    def write(self, edition: Pair, parts: int) -> list[Pair]:
        found = self.each("freeze", edition, [{"text": str(one)} for one in range(parts)])
        pairs = [Pair(*one) for one in zip(found.model, found.real, strict=True)]
        for pair in pairs:
            self.learn("part", pair.model.id, pair.real.id)
        self.seen += pairs
        return pairs

    @precondition(lambda self: self.editions)
    @rule(which=which)
    def one_that_was_read_long_ago_is_written_again(self, which: int) -> None:
        self.write(self.editions[which % len(self.editions)], 2)

    @precondition(lambda self: self.seen)
    @rule(which=which, outcome=st.none() | outcomes, wait=waits)
    def an_attempt_is_made(self, which: int, outcome: Outcome | None, wait: int) -> None:
        """On a message as it was read lately; without an outcome the process dies."""
        claimed = self.claim(self.seen[-1 - which % len(self.seen)])
        if claimed is not None and outcome is not None:
            self.mark(claimed, outcome, wait)

    def claim(self, pair: Pair) -> Pair | None:
        before = self.model._parts.get(pair.model.id)
        state = before.part.state if before else None
        found = self.each("claim", pair, self.clock.now(), LEASE)
        assert (found.model is None) == (found.real is None)
        if found.model is None:
            return None
        assert state is PartState.PENDING
        assert found.model.attempts == found.real.attempts
        self.claimed[found.model.id, found.model.attempts] += 1
        self.claims.append(found)
        return found

    @precondition(lambda self: self.claims)
    @rule(which=which, outcome=outcomes, wait=waits)
    def a_claimant_writes(self, which: int, outcome: Outcome, wait: int) -> None:
        """Perhaps one who lost the claim long ago, or who wrote already."""
        self.mark(self.claims[-1 - which % len(self.claims)], outcome, wait)

    def mark(self, pair: Pair, outcome: Outcome, wait: int) -> None:
        if outcome.not_before:
            outcome = replace(outcome, not_before=self.clock.now() + timedelta(seconds=wait))
        found = self.each("mark", pair, outcome)
        assert found.model == found.real

    @precondition(lambda self: self.editions)
    @rule(which=which, minutes=st.sampled_from([0, 0, 1, 4]))
    def leases_end_and_an_edition_is_read_again(self, which: int, minutes: int) -> None:
        """As a tick does."""
        self.clock.advance(60 * minutes)
        self.both("settle", ["fake"], self.clock.now())
        found = self.each("parts", self.editions[-1 - which % len(self.editions)])
        self.seen += [Pair(*one) for one in zip(found.model, found.real, strict=True)]

    @precondition(lambda self: self.seen)
    @rule(which=which, order=st.sampled_from(["retry", "drop", "give up"]))
    def the_operator_or_a_newer_digest_decides(self, which: int, order: str) -> None:
        if order == "give up":
            edition = self.editions[-1 - which % len(self.editions)]
            self.each("give_up", edition, "merged into another")
            return
        pair = self.seen[-1 - which % len(self.seen)]
        when = [self.clock.now()] if order == "retry" else []
        model = self.run(getattr(self.model, order)([pair.model.id], *when))
        assert model == self.run(getattr(self.real, order)([pair.real.id], *when))

    @rule(chat=st.sampled_from(CHATS), other=st.sampled_from(CHATS), what=st.sampled_from(SELDOM))
    def a_chat_changes(self, chat: Chat, other: Chat, what: str) -> None:
        match what:
            case "subscribes":
                self.subscribe(chat, HOURS[-1])
            case "shuts the bot out":
                self.both("pause", chat, "kicked")
            case "leaves":
                gone = [self.run(one.unsubscribe(chat, None)) for one in (self.model, self.real)]
                assert len(gone[0]) == len(gone[1])
            case "moves":
                self.both("move_chat", chat, other)
            case _:
                self.clock.advance(days=31)
                self.open()
                self.both("forget", self.clock.now() - KEPT)

    # --- what must be true at any time

    @invariant()
    def they_say_the_same_of_every_message(self) -> None:
        query = (
            "SELECT id, state, attempts, reason, not_before, uncertain_since, message_id FROM parts"
        )
        real = {one.id: tuple(one)[1:] for one in self.read(query)}
        assert {self.numbers["part", one]: _part(kept) for one, kept in self.parts()} == real

    @invariant()
    def they_say_the_same_of_every_edition(self) -> None:
        query = "SELECT subscription, day, due_at, frozen, done, missed FROM editions"
        real = sorted(tuple(one) for one in self.read(query))
        assert real == sorted(
            (
                self.numbers["subscription", one.subscription],
                one.occurrence.day.isoformat(),
                int(one.occurrence.at.timestamp()),
                one.frozen,
                one.done,
                one.missed,
            )
            for one in self.model._editions.values()
        )

    @invariant()
    def a_date_has_one_edition_ever(self) -> None:
        for one in self.read("SELECT id, subscription, day FROM editions"):
            assert self.dates.setdefault((one.subscription, one.day), one.id) == one.id

    @invariant()
    def what_was_sent_stays_sent(self) -> None:
        now_sent = {one for one, kept in self.parts() if kept.part.state is PartState.SENT}
        assert {one for one in self.sent if one in self.model._parts} <= now_sent
        self.sent |= now_sent

    @invariant()
    def an_attempt_is_claimed_once(self) -> None:
        assert not self.claimed or max(self.claimed.values()) == 1

    @invariant()
    def nothing_waits_in_an_edition_that_is_done(self) -> None:
        done = "SELECT count(*) FROM parts JOIN editions ON editions.id = parts.edition WHERE done"
        [[waiting]] = self.read(f"{done} AND state = 'pending'")
        assert waiting == 0

    def read(self, query: str) -> Sequence[Any]:
        found: Sequence[Any] = self.run(self.real._database.read(rows(sqlalchemy.text(query))))
        return found

    def parts(self) -> Sequence[tuple[int, Any]]:
        return list(self.model._parts.items())

    # --- what must be true when all has come to rest

    def teardown(self) -> None:
        self.clock.advance(LEASE.total_seconds() + 1)
        self.both("settle", ["fake"], self.clock.now())
        self.open()
        for _ in range(8):
            self.clock.advance(15 * 60)
            for chat in CHATS:
                self.deliver(chat)
        paused = {key for key, one in self.model._kept.items() if one.subscription.paused}
        for key, edition in self.model._editions.items():
            if edition.subscription not in paused:
                assert edition.done
                assert not {one.part.state for one in self.model._parts_of(key)} & LEFT
        self.they_say_the_same_of_every_message()
        self.they_say_the_same_of_every_edition()

    def deliver(self, chat: Chat) -> None:
        for edition in self.read_editions(chat):
            for pair in self.write(edition, 1):
                claimed = self.claim(pair)
                if claimed is not None:
                    self.mark(claimed, Outcome(PartState.SENT, "1"), 0)


def _edition(one: Edition) -> tuple[object, ...]:
    subscription = replace(one.subscription, id=0)
    return subscription, one.occurrence.day, one.frozen


def _part(kept: Any) -> tuple[object, ...]:  # noqa: ANN401 - the model's own record
    part: Part = kept.part
    since = int(part.uncertain_since.timestamp()) if part.uncertain_since else 0
    later = int(kept.not_before.timestamp()) if kept.not_before else 0
    return part.state.value, part.attempts, part.reason, later, since, part.message_id


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=50,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
