"""The ports of the core, in memory: they pass the same contract suites as the real ones.

They know no network, no file and no SQL; time stands still until a test moves it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.core.archive import Archive
from bot.core.chats import ChatSettings, Standing
from bot.core.commands import Desk
from bot.core.delivery import Delivery
from bot.core.errors import DeliveryError, RequestError, SourceError
from bot.core.journal import Journal, Update
from bot.core.messages import (
    Action,
    Answer,
    Chat,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Quote,
    Reply,
    Request,
    StoryItem,
)
from bot.core.news import Reading
from bot.core.newsroom import Newsroom
from bot.core.ports import (
    DROPPED,
    FORGETFUL,
    Adapter,
    Clock,
    Edition,
    Opening,
    OutboxLine,
    Outcome,
    Part,
    PartState,
    Payload,
    Places,
    Sources,
    Store,
)
from bot.core.schedule import Occurrence, Subscription
from summaries.article import Article
from summaries.places.place import Kind, Lookup, Mention, Place
from tests.fake_archive import FakeArchive
from tests.fake_finder import FakeFinder

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""When the fake clock starts: a Monday morning."""
CHAT = Chat("fake", "1001")


# --- Clock


@dataclass
class FakeClock:
    """The Clock port: it says what it was set to."""

    instant: datetime = MONDAY

    def now(self) -> datetime:
        return self.instant

    def advance(self, seconds: float = 0, *, hours: float = 0, days: float = 0) -> None:
        """Let time pass."""
        self.instant += timedelta(seconds=seconds, hours=hours, days=days)


# --- Sources

PARIS_TALKS = Article(
    title="Defence ministers meet in Paris",
    paragraphs=(
        "Seven defence ministers met in Paris on Wednesday. They spoke about the war in Iraq.",
        "The army wants to take Mosul back this year. Nobody named a day.",
        "The ministers will meet again in Brussels in February.",
    ),
    language="en",
    source="Example News",
    url="https://news.example/paris-talks",
    published=datetime(2026, 3, 1, 18, 0, tzinfo=UTC),
)
COMET = Article(
    title="A probe lands on a comet",
    paragraphs=(
        "A probe landed on a comet for the first time. It bounced twice before it stood still.",
        "Its battery lasts for two days.",
    ),
    language="en",
    source="Example News",
    url="https://news.example/comet",
    published=datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
)
SEVEN_TEXTS = (
    "Farmers in Ohio finished the soybean harvest. Prices fell.",
    "A probe landed on a comet. It bounced twice.",
    "The striker scored three goals on Saturday. The club leads the league.",
    "Doctors tested a new vaccine against malaria. It protects children.",
    "The central bank raised interest rates again. Shares lost two percent.",
    "Two novels share the prize for fiction. The jury could not decide.",
    "A power cut darkened the whole island. The cable had been torn.",
)
"""Seven stories that have nothing in common."""


@dataclass
class FakeSources:
    """The Sources port: articles made by hand; a link is known or it cannot be read."""

    stock: tuple[Article, ...] = (PARIS_TALKS, COMET)
    failures: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        if topic and topic not in self.topics:
            raise RequestError(f"This chat has no topic “{topic}”.", "Give a feed one.")
        return Reading(self.stock, self.failures)

    async def about(
        self, chat: Chat, place: Place, radius_km: float = 0, since: datetime | None = None
    ) -> Reading:
        return Reading(self.stock, self.failures)

    async def read(self, target: str, *, local: bool) -> Article:
        self.asked.append(target)
        if not local and "://" not in target:
            raise RequestError(f"“{target}” is not a link.", "Type /brief and a link.")
        for article in self.stock:
            if article.url == target:
                return article
        raise SourceError(f"{target} cannot be read.")


# --- Places


def place(number: int, name: str, country: str, kind: Kind = "city") -> Place:
    """Make a place; where on Earth it is does not matter here."""
    return Place(number, name, country, 0.0, 0.0, kind, 0, "", 1.0)


IRAQ = place(1, "Iraq", "IQ", "country")
MOSUL = place(2, "Mosul", "IQ")
PARIS = place(3, "Paris", "FR")
TRIPOLI_LIBYA = place(4, "Tripoli", "LY")
TRIPOLI_LEBANON = place(5, "Tripoli", "LB")
BRUSSELS = place(6, "Brussels", "BE")


@dataclass
class FakePlaces:
    """The Places port: a handful of places, found by their exact names."""

    known: tuple[Place, ...] = (IRAQ, MOSUL, PARIS, TRIPOLI_LIBYA, TRIPOLI_LEBANON, BRUSSELS)

    def lookup(self, query: str, language: str = "") -> Lookup:
        if query.startswith("geo:"):
            found = [one for one in self.known if f"geo:{one.id}" == query]
        else:
            found = [one for one in self.known if one.name.lower() == query.lower()]
        if len(found) == 1:
            return Lookup(query, "found", found[0], tuple(found))
        if found:
            return Lookup(query, "ambiguous", None, tuple(found))
        near = [one for one in self.known if one.name[:3].lower() == query[:3].lower()]
        return Lookup(query, "unknown", None, tuple(near))

    def suggest(self, prefix: str, limit: int = 10) -> Sequence[Place]:
        names = [place for place in self.known if place.name.lower().startswith(prefix.lower())]
        return names[:limit]

    def find(
        self, text: str, language: str = "", *, usual: Mapping[int, float] | None = None
    ) -> Sequence[Mention]:
        found = [
            Mention(one.name, start, start + len(one.name), one, 1.0)
            for one in self.known
            if (start := text.find(one.name)) >= 0
        ]
        return sorted(found, key=lambda mention: mention.start)

    def contains(self, outer: Place, inner: Place) -> bool:
        whole_country = outer.kind == "country" and outer.country == inner.country
        return outer.id == inner.id or whole_country

    def label(self, place: Place, language: str = "") -> str:
        return f"{place.name}, {place.country}"


# --- Store


def _hour(subscription: Subscription) -> tuple[time, str, str]:
    """What one chat has once: the same question at the same hour."""
    return subscription.timing.at, subscription.command, subscription.arguments


@dataclass
class _Kept:
    """A subscription as the store keeps it."""

    subscription: Subscription
    due: Occurrence


@dataclass
class _Edition:
    subscription: int
    occurrence: Occurrence
    frozen: bool = False
    done: bool = False
    missed: str = ""
    held_until: datetime | None = None


@dataclass
class _Part:
    part: Part
    not_before: datetime | None = None
    lease_until: datetime = MONDAY


def _may_write(kept: Part, claimed: Part, outcome: Outcome) -> bool:
    """The attempt fences; but that it was sent is true whoever else has the part since."""
    not_over = kept.state in {PartState.SENDING, PartState.PENDING}
    mine = kept.attempts == claimed.attempts and not_over
    waits = kept.state in {PartState.UNKNOWN, PartState.PENDING}
    return mine or (waits and outcome.state is PartState.SENT)


@dataclass
class FakeStore:
    """The Store port in memory. A method that does not wait is a transaction of its own."""

    _kept: dict[int, _Kept] = field(default_factory=dict)
    _editions: dict[int, _Edition] = field(default_factory=dict)
    _parts: dict[int, _Part] = field(default_factory=dict)
    _settings: dict[tuple[str, str, str], ChatSettings] = field(default_factory=dict)
    _shelf: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _last: int = 0

    def _number(self) -> int:
        self._last += 1
        return self._last

    async def subscribe(self, subscription: Subscription, first: Occurrence) -> Subscription:
        same = [one for one in self._of(subscription.chat) if _hour(one) == _hour(subscription)]
        number = same[0].id if same else self._number()
        kept = replace(subscription, id=number, paused="")
        self._kept[number] = _Kept(kept, first)
        return kept

    def _of(self, chat: Chat) -> list[Subscription]:
        where = chat.platform, chat.id, chat.thread
        everybody = [kept.subscription for kept in self._kept.values()]
        mine = [
            one for one in everybody if (one.chat.platform, one.chat.id, one.chat.thread) == where
        ]
        return sorted(mine, key=lambda one: one.timing.at)

    async def unsubscribe(self, chat: Chat, number: int | None) -> Sequence[Subscription]:
        gone = [one for one in self._of(chat) if number in {None, one.id}]
        for one in gone:
            self._drop(one.id)
        return gone

    def _drop(self, number: int) -> None:
        del self._kept[number]
        for edition in [key for key, one in self._editions.items() if one.subscription == number]:
            del self._editions[edition]
            for kept in self._parts_of(edition):
                del self._parts[kept.part.id]

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        return [(one, self._kept[one.id].due) for one in self._of(chat)]

    async def newest_day(self, number: int) -> date | None:
        days = [one.occurrence.day for one in self._editions.values() if one.subscription == number]
        return max(days, default=None)

    async def due(
        self, now: datetime, limit: int = 500
    ) -> Sequence[tuple[Subscription, Occurrence]]:
        ripe = [
            kept
            for kept in self._kept.values()
            if kept.due.at <= now and not kept.subscription.paused
        ]
        ripe.sort(key=lambda kept: kept.due.at)
        return [(kept.subscription, kept.due) for kept in ripe[:limit]]

    async def open_due(self, openings: Sequence[Opening]) -> int:
        return sum(self._open(one) and not one.missed for one in openings)

    def _open(self, one: Opening) -> bool:
        kept = self._kept.get(one.subscription.id)
        if kept is None or kept.subscription.paused or kept.due.at > one.due.at:
            return False
        kept.due = one.following
        keys = {(other.subscription, other.occurrence.day) for other in self._editions.values()}
        if (one.subscription.id, one.due.day) in keys:
            return False
        edition = _Edition(one.subscription.id, one.due, done=bool(one.missed), missed=one.missed)
        self._editions[self._number()] = edition
        return True

    async def waiting_chats(
        self, platforms: Sequence[str], now: datetime, limit: int = 10_000
    ) -> Sequence[Chat]:
        held = self._held(now)
        found = [
            self._kept[one.subscription].subscription
            for one in sorted(self._editions.values(), key=lambda one: one.occurrence.at)
            if not one.done and not (one.held_until and one.held_until > now)
        ]
        chats = {
            one.chat: None
            for one in found
            if not one.paused and one.chat.platform in platforms and one.chat not in held
        }
        return list(chats)[:limit]

    def _held(self, now: datetime) -> set[Chat]:
        return {
            self._chat_of(one.part)
            for one in self._parts.values()
            if one.part.state is PartState.PENDING and one.not_before and one.not_before > now
        }

    async def open_editions(self, chat: Chat, now: datetime) -> Sequence[Edition]:
        found = [
            Edition(key, subscription, one.occurrence, one.frozen, one.held_until)
            for key, one in self._editions.items()
            if not one.done
            and not (one.held_until and one.held_until > now)
            and not (subscription := self._kept[one.subscription].subscription).paused
            and subscription.chat == chat
            and chat not in self._held(now)
        ]
        return sorted(found, key=lambda one: (one.occurrence.at, one.id))

    def _chat_of(self, part: Part) -> Chat:
        return self._subscription_of(part).chat

    def _subscription_of(self, part: Part) -> Subscription:
        return self._kept[self._editions[part.edition].subscription].subscription

    async def freeze(self, edition: Edition, payloads: Sequence[Payload]) -> Sequence[Part]:
        kept = self._editions.get(edition.id)
        if kept is not None and not kept.frozen and not kept.done:
            self._freeze(kept, edition, payloads)
        return await self.parts(edition)

    def _freeze(self, kept: _Edition, edition: Edition, payloads: Sequence[Payload]) -> None:
        kept.frozen, kept.done = True, not payloads
        for position, payload in enumerate(payloads):
            number = self._number()
            same = json.loads(json.dumps(payload))  # as a database would give it back
            self._parts[number] = _Part(
                Part(
                    number, edition.id, position, edition.subscription.chat, same, PartState.PENDING
                )
            )

    def _parts_of(self, edition: int) -> list[_Part]:
        return [kept for kept in self._parts.values() if kept.part.edition == edition]

    async def parts(self, edition: Edition) -> Sequence[Part]:
        chat = edition.subscription.chat
        return [replace(kept.part, chat=chat) for kept in self._parts_of(edition.id)]

    async def hold(self, edition: Edition, until: datetime) -> None:
        kept = self._editions.get(edition.id)
        if kept is not None and not kept.done:
            kept.held_until = until

    async def claim(self, part: Part, now: datetime, lease: timedelta) -> Part | None:
        kept = self._parts.get(part.id)
        if kept is None or kept.part.state is not PartState.PENDING:
            return None
        now_known = kept.part.attempts, kept.part.uncertain_since
        if now_known != (part.attempts, part.uncertain_since):  # not as it was read
            return None
        if kept.not_before and kept.not_before > now:
            return None
        before = replace(
            kept.part, state=PartState.SENDING, attempts=kept.part.attempts + 1, chat=part.chat
        )
        kept.part = replace(before, uncertain_since=before.uncertain_since or now)
        kept.lease_until = now + lease
        return before

    async def release(self, part: Part) -> None:
        kept = self._parts.get(part.id)
        if kept is None or kept.part.state is not PartState.SENDING:
            return
        if kept.part.attempts == part.attempts + 1:
            since = part.uncertain_since
            kept.part = replace(kept.part, state=PartState.PENDING, uncertain_since=since)
            self._end()

    async def cut_waits(self, platforms: Sequence[str], latest: datetime) -> int:
        late = [
            one
            for one in self._parts.values()
            if one.part.state is PartState.PENDING
            and one.not_before
            and one.not_before > latest
            and self._chat_of(one.part).platform in platforms
        ]
        for kept in late:
            kept.not_before = latest
        return len(late)

    async def mark(self, part: Part, outcome: Outcome) -> bool:
        kept = self._parts.get(part.id)
        if kept is None or not _may_write(kept.part, part, outcome):
            return False
        since = kept.part.uncertain_since if outcome.uncertain else part.uncertain_since
        kept.part = replace(
            kept.part,
            state=outcome.state,
            message_id=outcome.message_id or kept.part.message_id,
            reason=outcome.reason,
            uncertain_since=since,
        )
        kept.not_before = outcome.not_before
        self._end()
        self._settle()
        return True

    def _end(self) -> None:
        """What waits in an edition that was given up meanwhile is not sent again either."""
        for kept in self._parts.values():
            if kept.part.state is PartState.PENDING and self._editions[kept.part.edition].done:
                state = PartState.UNKNOWN if kept.part.uncertain_since else PartState.DEAD
                kept.part = replace(kept.part, state=state)

    def _settle(self) -> None:
        """An edition is done when none of its parts is left to send."""
        left = {PartState.PENDING, PartState.SENDING}
        for key, edition in self._editions.items():
            if edition.frozen and not any(one.part.state in left for one in self._parts_of(key)):
                edition.done = True

    async def give_up(self, edition: Edition, reason: str) -> None:
        self._give_up(edition.id, reason)

    def _give_up(self, number: int, reason: str) -> None:
        edition = self._editions.get(number)
        if edition is None or edition.done:
            return
        edition.done, edition.missed = True, reason
        for kept in self._parts_of(number):
            if kept.part.state is PartState.PENDING:
                state = PartState.UNKNOWN if kept.part.uncertain_since else PartState.DEAD
                before = f"; before: {kept.part.reason}" if kept.part.reason else ""
                kept.part = replace(kept.part, state=state, reason=reason + before)

    async def settle(self, platforms: Sequence[str], now: datetime) -> int:
        half_sent = [
            one
            for one in self._parts.values()
            if one.part.state is PartState.SENDING
            and one.lease_until < now
            and self._chat_of(one.part).platform in platforms
        ]
        for kept in half_sent:
            reason = "the bot stopped while sending it"
            kept.part = replace(kept.part, state=PartState.PENDING, reason=reason)
        self._end()
        return len(half_sent)

    async def pause(self, chat: Chat, reason: str) -> None:
        stopped = {one.id for one in self._of(chat)}
        for number in stopped:
            kept = self._kept[number]
            kept.subscription = replace(kept.subscription, paused=reason or "unavailable")
        for key, edition in self._editions.items():
            if edition.subscription in stopped:
                self._give_up(key, reason or "unavailable")

    async def threads(self, chat: Chat) -> Sequence[Chat]:
        of = [kept.subscription.chat for kept in self._kept.values()]
        its = {one.thread for one in of if (one.platform, one.id) == (chat.platform, chat.id)}
        return [replace(chat, thread=one) for one in sorted(its) if chat.thread in {"", one}]

    async def move_chat(self, old: Chat, new: Chat) -> None:
        if (old.platform, old.id) == (new.platform, new.id):
            return
        movers = [
            kept
            for kept in self._kept.values()
            if (kept.subscription.chat.platform, kept.subscription.chat.id)
            == (old.platform, old.id)
        ]
        for kept in movers:
            moved = replace(new, thread=kept.subscription.chat.thread)
            heirs = [one for one in self._of(moved) if _hour(one) == _hour(kept.subscription)]
            for heir in heirs:
                awake = self._kept[heir.id]
                awake.subscription = replace(awake.subscription, paused="")
                self._inherit(kept.subscription.id, heir.id)
            if not heirs:
                kept.subscription = replace(kept.subscription, chat=moved, paused="")
        for where in [one for one in self._settings if one[:2] == (old.platform, old.id)]:
            settings = self._settings.pop(where)
            moved = replace(new, thread=where[2])
            there = new.platform, new.id, where[2]
            await self.set_settings(moved, self._settings.get(there, settings))

    def _inherit(self, gone: int, stays: int) -> None:
        everything = self._editions.values()
        days = {one.occurrence.day for one in everything if one.subscription == stays}
        for one in everything:
            if one.subscription == gone and one.occurrence.day not in days:
                one.subscription = stays
        self._drop(gone)

    async def outbox(self, limit: int = 100) -> Sequence[OutboxLine]:
        lines = [
            OutboxLine(
                replace(kept.part, chat=self._chat_of(kept.part)),
                self._editions[kept.part.edition].occurrence.day,
            )
            for kept in reversed(self._parts.values())
            if kept.part.state in {PartState.UNKNOWN, PartState.DEAD}
            or (kept.part.state is PartState.PENDING and kept.part.reason)
        ]
        return [line for line in lines if line.part.reason != DROPPED][:limit]

    async def retry(self, parts: Sequence[int], now: datetime) -> int:
        again = [
            self._parts[number]
            for number in parts
            if number in self._parts
            and self._parts[number].part.state in {PartState.UNKNOWN, PartState.DEAD}
            and not self._subscription_of(self._parts[number].part).paused
        ]
        for kept in again:
            kept.part = replace(kept.part, state=PartState.PENDING, reason="", uncertain_since=None)
            kept.not_before = None
            edition = self._editions[kept.part.edition]
            edition.done, edition.missed, edition.held_until = False, "", None
            edition.occurrence = Occurrence(edition.occurrence.day, now)
        return len(again)

    async def drop(self, parts: Sequence[int]) -> int:
        open_states = {PartState.UNKNOWN, PartState.DEAD, PartState.PENDING}
        given_up = [
            self._parts[number]
            for number in parts
            if number in self._parts and self._parts[number].part.state in open_states
        ]
        for kept in given_up:
            kept.part = replace(kept.part, state=PartState.DEAD, reason=DROPPED)
        self._settle()
        return len(given_up)

    async def settings(self, chat: Chat) -> ChatSettings:
        return self._chosen(chat)

    def _chosen(self, chat: Chat) -> ChatSettings:
        return self._settings.get((chat.platform, chat.id, chat.thread), ChatSettings())

    async def set_settings(self, chat: Chat, settings: ChatSettings) -> None:
        self._settings[chat.platform, chat.id, chat.thread] = settings
        for kept in self._kept.values():
            if kept.subscription in self._of(chat):
                timing = replace(kept.subscription.timing, quiet=settings.quiet)
                kept.subscription = replace(
                    kept.subscription,
                    timing=timing,
                    rather_twice=settings.rather_twice,
                    language=settings.language,
                )

    async def standing(self, chat: Chat) -> Standing:
        return Standing(self._chosen(chat), any(one.paused for one in self._of(chat)))

    async def shelve(self, arguments: Mapping[str, str], now: datetime) -> None:
        for token, kept in arguments.items():
            self._shelf[token] = self._shelf.get(token, (kept, now))[0], now

    async def unshelve(self, token: str) -> str | None:
        return self._shelf.get(token, (None, None))[0]

    async def forget(self, before: datetime) -> int:
        self._shelf = {token: one for token, one in self._shelf.items() if one[1] >= before}
        old = [
            key for key, one in self._editions.items() if one.done and one.occurrence.at < before
        ]
        for key in old:
            del self._editions[key]
            for kept in self._parts_of(key):
                del self._parts[kept.part.id]
        return len(old)

    async def tally(self) -> Mapping[str, int]:
        states = [kept.part.state for kept in self._parts.values()]
        missed = sum(bool(edition.missed) for edition in self._editions.values())
        counted = {state.value: states.count(state) for state in set(states)}
        return counted | {"subscriptions": len(self._kept), "missed": missed}

    async def close(self) -> None:
        pass


# --- Journal


class FakeJournal:
    """The Journal port in memory."""

    def __init__(self) -> None:
        self.states: dict[tuple[str, str], str] = {}
        self._updates: dict[tuple[str, str], Update] = {}

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        new = [one for one in updates if (platform, one.id) not in self.states]
        for one in new:
            self.states[platform, one.id] = "taken"
            self._updates[platform, one.id] = one
        return new

    async def begin(self, platform: str, number: str) -> bool:
        if self.states.get((platform, number)) != "taken":
            return False
        self.states[platform, number] = "begun"
        return True

    async def finish(self, platform: str, number: str) -> None:
        if (platform, number) in self.states:
            self.states[platform, number] = "finished"

    async def unfinished(self, platform: str) -> Sequence[Update]:
        taken = [key for key, state in self.states.items() if state == "taken"]
        return [self._updates[key] for key in taken if key[0] == platform]


# --- Jobs


class FakeJobs:
    """The Jobs port: every chat asked for is worked on at once, as a task of its own."""

    def __init__(self) -> None:
        self.work: Callable[[str], Awaitable[None]] | None = None
        self.tasks: dict[str, asyncio.Future[None]] = {}
        self.stopped = asyncio.Event()

    async def enqueue(self, queue: str, keys: Sequence[str]) -> None:
        for key in keys:
            if self.work is not None and (key not in self.tasks or self.tasks[key].done()):
                self.tasks[key] = asyncio.ensure_future(self.work(key))

    async def run(self, queues: Sequence[str], work: Callable[[str], Awaitable[None]]) -> None:
        self.work = work
        await self.stopped.wait()
        await self.drain()

    def stop(self) -> None:
        self.work = None
        self.stopped.set()

    async def drain(self) -> None:
        """Wait for all that has been asked for."""
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


# --- Adapter


@dataclass(frozen=True)
class Post:
    """One message that the fake platform has."""

    chat: Chat
    payload: Payload
    key: str

    @property
    def text(self) -> str:
        return str(self.payload["text"])


class FakeAdapter:
    """The Adapter port: a platform without a network.

    `faults` are raised by the next posts, one each; with `after_commit` the message gets through
    first, as when an answer is lost. `held` stops posts to a chat until its event is set.
    `long` says that every block makes a message of its own. `turns` are those in use.
    """

    def __init__(
        self, platform: str = "fake", *, idempotent: bool = False, long: bool = False
    ) -> None:
        self.platform = platform
        self.idempotent = idempotent
        self.long = long
        self.posts: list[Post] = []
        self.faults: list[Exception] = []
        self.after_commit = False
        self.can_look_up = False
        self.held: dict[str, asyncio.Event] = {}
        self.attempts = 0
        self.turns: list[Chat] = []
        self._keys: dict[str, str] = {}
        self._questions: asyncio.Queue[Request | None] = asyncio.Queue()
        self._changed = asyncio.Event()

    async def check(self) -> str:
        return "a platform that is always there"

    def render(self, reply: Reply) -> Sequence[Payload]:
        texts = ["\n".join(_lines(block)) for block in reply.blocks]
        texts = texts if self.long else ["\n".join(texts)]
        buttons = [[action.label, action.data] for action in reply.actions]
        return [{"text": text, "buttons": buttons} for text in texts]

    async def wait_turn(self, chat: Chat) -> None:
        self.turns.append(chat)

    def give_turn_back(self, chat: Chat) -> None:
        self.turns.remove(chat)

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        return self._keys.get(key, "") if self.can_look_up else None

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        self.attempts += 1
        self._changed.set()
        if chat.id in self.held:
            await self.held[chat.id].wait()
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not self.after_commit:
            raise fault
        number = self._commit(Post(chat, payload, key))
        if fault is not None:
            raise fault
        return number

    def _commit(self, post: Post) -> str:
        """An idempotent platform takes a key once."""
        if self.idempotent and post.key in self._keys:
            return self._keys[post.key]
        self.posts.append(post)
        self._changed.set()
        self._keys[post.key] = str(len(self.posts))
        return self._keys[post.key]

    def ask(self, request: Request | None) -> None:
        """Somebody asks; None ends the conversation."""
        self._questions.put_nowait(request)

    async def wait_for_posts(self, count: int) -> list[Post]:
        """Wait until so many messages have been posted; all of them."""
        await self._wait_until(lambda: len(self.posts) >= count)
        return self.posts

    async def wait_for_attempts(self, count: int) -> None:
        """Wait until so many posts have been tried."""
        await self._wait_until(lambda: self.attempts >= count)

    async def _wait_until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_true():
                self._changed.clear()
                await self._changed.wait()

    async def stand_by(self) -> None:
        await asyncio.Event().wait()

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        while (request := await self._questions.get()) is not None:
            for payload in self.render(await answer(request)):
                try:
                    await self.post(request.chat, payload, "")
                except DeliveryError:
                    continue


def _lines(block: object) -> list[str]:
    match block:
        case Heading(text) | Paragraph(text):
            return [text]
        case StoryItem(title, sentences, byline, _, dateline, source):
            return [title, dateline, *sentences, source, byline]
        case Listing(items):
            return [f"{term}: {meaning}" for term, meaning in items]
        case Quote(text, source):
            return [text, source]
        case Notice(text, hint):
            return [text, hint]
        case _:
            return [str(block)]


# --- delivery on fakes


def make_delivery(
    store: Store, adapters: Mapping[str, Adapter], answer: Answer, clock: Clock
) -> tuple[Delivery, FakeJobs]:
    """The real delivery, whose work is done as soon as it is asked for."""
    jobs = FakeJobs()
    delivery = Delivery(store, adapters, answer, clock, jobs)
    jobs.work = delivery.work
    return delivery, jobs


# --- the desk on fakes


def make_desk(
    sources: Sources | None = None,
    places: Places | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
    default_zone: str = "UTC",
    *,
    archive: Archive | None = None,
) -> Desk:
    """The real desk with fake ports, those given excepted."""
    clock = clock or FakeClock()
    return Desk(
        Newsroom(sources or FakeSources(), clock),
        places or FakePlaces(),
        store or FakeStore(),
        clock,
        version="1.2.3",
        default_zone=default_zone,
        archive=archive or FakeArchive(),
        finder=FakeFinder(),
    )


def press(reply: Reply, label: str) -> Action:
    """The button of a reply with this label."""
    return next(action for action in reply.actions if action.label == label)
