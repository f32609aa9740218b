"""Every digest once: due subscription -> edition -> parts -> post -> record.

Each step is one committed transition in the store, so whatever dies between two of them is taken
up by the next tick. Knows no platform and no SQL; the clock that calls `tick` is wired in app.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from typing import TypeAlias

from bot.core import words
from bot.core.errors import ChatUnavailable, DatelineError, DeliveryError, OutcomeUnknown
from bot.core.fence import fenced
from bot.core.messages import Answer, Chat, ChatKind, Notice, Reply, Request, Told
from bot.core.ports import (
    Adapter,
    Clock,
    Edition,
    Jobs,
    Opening,
    Outcome,
    Part,
    PartState,
    Store,
)
from bot.core.schedule import Occurrence, Subscription, Timing, due_until, next_due, released
from bot.core.words import _

log = logging.getLogger(__name__)

GRACE = timedelta(hours=12)
"""A digest later than this (the bot or the platform was down) is recorded as missed, not sent."""
PATIENCE = timedelta(hours=24)
"""One that was written down in time may be later: a platform may ask to wait for twelve hours."""
_MERGED = "merged into the digest of"
LATE = timedelta(minutes=10)
"""A digest sent later than this after its hour says so."""
REPEAT = timedelta(minutes=2)
"""How long after an attempt of unknown outcome a repeat is harmless on an idempotent platform.

Discord checks a nonce against "the past few minutes":
https://discord.com/developers/docs/resources/message#create-message
"""
LEASE = timedelta(minutes=3)
"""How long a claim holds: longer than the whole request, its time limit included."""
FRESH = timedelta(seconds=30)
"""A claim older than this when it is to be used is not: this process was stopped in between."""
STALE = LEASE / 2
"""No request leaves under a claim older than this: somebody else may have taken the part."""
BATCH = 2_000
"""How many due subscriptions are opened in one transaction."""
OPENED_AT_ONCE = 2
"""How many such transactions a database server is given at a time: it has a core for each."""
AT_A_TICK = 100_000
"""How many due subscriptions one tick looks at: the first digests do not wait for the last."""
COMPOSED_AT_ONCE = 2
"""Writing a digest takes the processor; who asks something meanwhile is not kept waiting."""
_DAY = timedelta(days=1)
_GOLDEN = (math.sqrt(5) - 1) / 2
CONFIRM = timedelta(minutes=1)
"""A chat that shuts the bot out is asked once more after this, before its digests stop."""
SET_BACK = timedelta(minutes=1)
"""A clock that is so much earlier than at the last tick was set back."""
LONGEST_WAIT = timedelta(minutes=15)
"""Nobody who was refused waits longer for the next attempt, if the platform does not ask for it."""
IN_VAIN = 3
"""After so many attempts to write one digest the operator hears of it."""

Tell: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Tells the operator: what it is about (told once in a while), and the words."""
Remember: TypeAlias = Callable[[Chat, Told], Awaitable[None]]
"""Is told which articles a digest tells, as soon as the digest is written down."""


async def _only_log(_about: str, words: str) -> None:
    log.error(words)


async def _forget(_chat: Chat, _told: Told) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A digest that could not be written so often; the last time because of `why`."""

    faults: int
    not_before: datetime
    why: str


class Delivery:
    """Posts digests through the adapters and answers nobody.

    `tell` is told of what the operator should know, `remember` of what digests tell.
    """

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        answer: Answer,
        clock: Clock,
        jobs: Jobs,
        *,
        tell: Tell | None = None,
        remember: Remember | None = None,
    ) -> None:
        self._tell = tell or _only_log
        self._remember = remember or _forget
        self._store = store
        self._adapters = adapters
        self._answer = answer
        self._clock = clock
        self._jobs = jobs
        self._working: dict[str, asyncio.Task[None]] = {}
        self._composing = asyncio.Semaphore(COMPOSED_AT_ONCE)
        self._unrecorded: dict[int, Callable[[], Awaitable[object]]] = {}  # by the part's number
        self._put_off: dict[int, _PutOff] = {}  # by the edition's number
        self._last_tick = clock.now()

    async def recover(self) -> None:
        """Take back at once what a crash left half sent, without waiting for the leases to end.

        Only for a process that is alone on its store: another's parts in hand look the same.
        """
        # Whatever the leases say: the clock may have been hours ahead when they were written.
        await self._settle(self._clock.now() + timedelta(days=366))

    async def tick(self) -> None:
        """Open what is due and ask for work on everything unfinished. Safe to call at any time.

        Returns without waiting for the posting: a slow chat delays nobody else.
        """
        await self._record_again()
        await self._look_at_clock(self._clock.now())
        await self._settle(self._clock.now())
        await self._open_due()
        for platform in self._adapters:  # each by itself: a long queue of one hides no other
            chats = await self._store.waiting_chats([platform], self._clock.now())
            await self._jobs.enqueue(platform, [chat_key(chat) for chat in chats])

    async def work(self, key: str) -> None:
        """Post what waits for one chat, its editions one after another. Raises nothing.

        `key` is what `tick` asked for; chats never wait for each other.
        """
        task = asyncio.current_task()
        if task is None or key in self._working:
            return
        self._working[key] = task
        try:
            chat = _chat(key)
            for edition in await self._newest(chat):
                if self._may_try(edition) and not await self._tried(edition):
                    return
        except DatelineError as error:
            log.warning("The digests for %s wait: %s", key, error)
        finally:
            del self._working[key]

    async def _newest(self, chat: Chat) -> list[Edition]:
        """Return what is to be sent: of unwritten digests that would tell the same, the newest."""
        editions = await self._store.open_editions(chat, self._clock.now())
        last = {_asks(one.subscription): one for one in editions if not one.frozen}
        older = [one for one in editions if not one.frozen and one != last[_asks(one.subscription)]]
        for one in older:
            newest = last[_asks(one.subscription)]
            await self._store.give_up(one, _merged_into(newest.occurrence))
        return [one for one in editions if one not in older]

    def _may_try(self, edition: Edition) -> bool:
        put_off = self._put_off.get(edition.id)
        return put_off is None or put_off.not_before <= self._clock.now()

    async def drain(self) -> None:
        """Wait until all posting that has begun is over and written down."""
        await asyncio.gather(*self._working.values())
        await self._record_again()

    async def _look_at_clock(self, now: datetime) -> None:
        """What waits by a clock that was hours ahead need not wait for hours when it is put right.

        A wait that a platform asked for may be cut, too; the platform asks for it again.
        """
        if now < self._last_tick - SET_BACK:
            self._put_off.clear()
            cut = await self._store.cut_waits(list(self._adapters), now + LONGEST_WAIT)
            log.warning("The clock was set back; %d message(s) need not wait so long", cut)
        self._last_tick = now

    async def _settle(self, now: datetime) -> None:
        if taken_back := await self._store.settle(list(self._adapters), now):
            log.warning("Somebody stopped in the middle of sending %d message(s)", taken_back)

    async def _open_due(self) -> None:
        """Open every occurrence up to now, in batches, until none is due or the tick is long."""
        now, some = self._clock.now(), BATCH * OPENED_AT_ONCE
        for _turn in range(AT_A_TICK // some):
            due = await self._store.due(now, some)
            slices = [due[begin : begin + BATCH] for begin in range(0, len(due), BATCH)]
            await asyncio.gather(*(self._open(one, now) for one in slices))
            if len(due) < some:
                return

    async def _open(self, due: Sequence[tuple[Subscription, Occurrence]], now: datetime) -> None:
        openings = list(merged(one for pair in due for one in _openings(*pair, now)))
        if opened := await self._store.open_due(openings):
            log.info("Opened %d digest(s)", opened)
        for missed in (one for one in openings if one.missed):
            where = missed.subscription.chat
            log.warning("Missed the digest of %s for %s: %s", missed.due.day, where, missed.missed)
        late = [one for one in openings if one.missed and not one.missed.startswith(_MERGED)]
        if late:
            words = f"{len(late)} digest(s) were not sent: {late[0].missed}"
            await self._tell(f"missed {late[0].subscription.chat.platform}", words)

    async def _tried(self, edition: Edition) -> bool:
        """Deliver; a fault of one edition is said, and costs the chat's next ones nothing.

        It is tried again, ever more slowly, until it is too late for it.
        """
        try:
            goes_on = await self._deliver(edition)
        except DatelineError as error:
            log.warning("The digest for %s waits: %s", edition.subscription.chat, error)
            why = str(error)
        except Exception as error:
            log.exception("The digest for %s waits", edition.subscription.chat)
            why = f"a fault of Dateline: {error!r}"
        else:
            self._put_off.pop(edition.id, None)
            return goes_on
        await self._try_later(edition, why)
        return True

    async def _try_later(self, edition: Edition, why: str) -> None:
        before = self._put_off.get(edition.id)
        faults = before.faults if before else 0
        wait = timedelta(seconds=back_off(faults, edition.id))
        self._put_off[edition.id] = _PutOff(faults + 1, self._clock.now() + wait, why)
        if faults + 1 == IN_VAIN:
            words = f"The digest for {edition.subscription.chat} cannot be sent yet: {why}"
            await self._tell(f"digest {edition.subscription.chat.platform}", words)

    async def _deliver(self, edition: Edition) -> bool:
        """Post what is left of an edition; tell whether the chat takes more now."""
        since = edition.held_until or edition.occurrence.at
        limit = PATIENCE if edition.frozen else GRACE
        if self._clock.now() - since > limit:
            await self._give_up(edition, _too_late(limit))
            return True
        if await self._is_held(edition):
            return True
        adapter = self._adapters[edition.subscription.chat.platform]
        for part in await self._parts(edition, adapter):
            if part.state is PartState.SENDING:  # another process is at it
                return False
            if part.state is PartState.PENDING and not await self._post(
                adapter, part, edition.subscription
            ):
                return False
        return True

    async def _give_up(self, edition: Edition, reason: str) -> None:
        put_off = self._put_off.pop(edition.id, None)
        if put_off is not None:
            reason = f"{reason}; before: {put_off.why}"
        await self._store.give_up(edition, reason)
        chat = edition.subscription.chat
        words = f"The digest of {edition.occurrence.day} for {chat} was given up: {reason}"
        await self._tell(f"missed {chat.platform}", words)

    async def _is_held(self, edition: Edition) -> bool:
        """Keep what is late out of the chat's quiet hours; what began to come is finished.

        What could not be sent between two nights' quiet hours is not held a second time.
        """
        now, timing = self._clock.now(), edition.subscription.timing
        until = released(timing, now)
        if until <= now or await self._has_begun(edition):
            return False
        if edition.held_until is None:
            await self._store.hold(edition, until)
        else:
            await self._give_up(edition, "it could not be sent before the next quiet hours")
        return True

    async def _has_begun(self, edition: Edition) -> bool:
        if not edition.frozen:
            return False
        return any(part.state is PartState.SENT for part in await self._store.parts(edition))

    async def _parts(self, edition: Edition, adapter: Adapter) -> Sequence[Part]:
        """Return the parts, written down if they were not yet: only then they count as told."""
        if edition.frozen:
            return await self._store.parts(edition)
        async with self._composing:
            reply = await self._compose(edition)
        parts = await self._store.freeze(edition, adapter.render(reply))
        if parts and reply.told is not None:
            await self._remember(edition.subscription.chat, reply.told)
        return parts

    async def _compose(self, edition: Edition) -> Reply:
        subscription = edition.subscription
        locale = subscription.language or subscription.locale
        request = Request(
            subscription.chat,
            subscription.command,
            subscription.arguments,
            locale=locale,
            is_digest=True,
        )
        reply = await self._answer(request)
        if self._clock.now() - edition.occurrence.at <= LATE:
            return reply
        with words.speaking(words.best(locale)):
            late = _late(subscription.timing)
        return replace(reply, blocks=(late, *reply.blocks))

    async def _post(self, adapter: Adapter, part: Part, subscription: Subscription) -> bool:
        """Post one part and record what became of it; tell whether the next part may follow.

        It is claimed only when its turn has come: a stop while it waits leaves no doubt about it.
        A process that was stopped after the claim finds it stale when it wakes up, and sends
        nothing: somebody else may have taken the part meanwhile.
        """
        await adapter.wait_turn(part.chat)
        try:
            return await self._post_now(adapter, part, subscription)
        finally:
            adapter.give_turn_back(part.chat)  # if nothing was posted in it

    async def _post_now(self, adapter: Adapter, part: Part, subscription: Subscription) -> bool:
        asked = self._clock.now()
        claimed = await self._claim(part, asked)
        if claimed is None:
            return False
        if abs(self._clock.now() - asked) > FRESH:
            return await self._later(claimed, "this process was stopped before sending it")
        with fenced(partial(self._look_again, asked)):
            if claimed.uncertain_since is None:
                return await self._attempt(adapter, claimed)
            since = claimed.uncertain_since
            return await self._attempt_again(adapter, claimed, since, subscription)

    async def _claim(self, part: Part, now: datetime) -> Part | None:
        """Claim a part. Where nobody says whether that was done, it is undone: nothing was sent."""
        if part.id in self._unrecorded:
            return None
        try:
            return await self._store.claim(part, now, LEASE)
        except DatelineError:
            self._unrecorded[part.id] = partial(self._store.release, part)
            raise

    def _look_again(self, claimed_at: datetime) -> None:
        """Refuse a claim that may be old: after the clock was set, nobody knows how old it is."""
        if abs(self._clock.now() - claimed_at) > STALE:
            raise DeliveryError("this process was stopped before sending it", retry_after=0)

    async def _attempt_again(
        self, adapter: Adapter, part: Part, since: datetime, subscription: Subscription
    ) -> bool:
        """An earlier attempt may have got through: repeat only what cannot double, or ask."""
        try:
            found = await adapter.look_up(part.chat, part.payload, part.key, since)
        except ChatUnavailable as error:
            return await self._chat_unavailable(part, error)
        except DeliveryError as error:
            await self._wait(part, error)  # the doubt of the earlier attempt stays
            return False
        if found:
            await self._record(part, Outcome(PartState.SENT, found))
            return True
        # Asked first: a clock that was set back meanwhile does not know how long ago it was.
        harmless = adapter.idempotent and timedelta() <= self._clock.now() - since <= REPEAT
        if found == "" or harmless or subscription.rather_twice:
            return await self._attempt(adapter, part)
        reason = part.reason or "nobody said whether it arrived"
        await self._record(part, Outcome(PartState.UNKNOWN, reason=reason, uncertain=True))
        words = f"Nobody can tell whether a message reached {part.chat}: {reason}"
        await self._tell(f"unknown {part.chat.platform}", words)
        return True

    async def _attempt(self, adapter: Adapter, part: Part) -> bool:
        try:
            message_id = await adapter.post(part.chat, part.payload, part.key)
        except OutcomeUnknown as error:
            await self._wait(part, error, uncertain=True)
            return False
        except ChatUnavailable as error:
            return await self._chat_unavailable(part, error)
        except DeliveryError as error:
            return await self._refused(part, error)
        except Exception as error:
            log.exception("Posting to %s failed", part.chat)
            await self._wait(part, OutcomeUnknown(f"the adapter failed: {error!r}"), uncertain=True)
            return False
        await self._record(part, Outcome(PartState.SENT, message_id))
        return True

    async def _later(self, part: Part, reason: str) -> bool:
        """Give the claim back: for certain nothing was sent under it."""
        await self._record(part, Outcome(PartState.PENDING, reason=reason))
        return False

    async def _chat_unavailable(self, part: Part, error: ChatUnavailable) -> bool:
        if error.moved_to and error.moved_to != part.chat.id:
            new = Chat(part.chat.platform, error.moved_to, part.chat.kind, part.chat.thread)
            await self._record(part, Outcome(PartState.PENDING, reason=str(error)))
            await self._store.move_chat(part.chat, new)
            log.info("%s moved to %s", part.chat, new.id)
            return False
        if part.reason != str(error):  # not what it said last: it may be a mistake of the moment
            not_before = self._clock.now() + CONFIRM
            await self._record(part, Outcome(PartState.PENDING, "", str(error), not_before))
            return False
        doubt = part.uncertain_since is not None
        state = PartState.UNKNOWN if doubt else PartState.DEAD
        await self._record(part, Outcome(state, reason=str(error), uncertain=doubt))
        await self._store.pause(part.chat, str(error))
        log.warning("Paused the digests for %s: %s", part.chat, error)
        return False

    async def _refused(self, part: Part, error: DeliveryError) -> bool:
        """Whatever passes (an outage, a limit) is waited for; only GRACE ends that."""
        if error.final:
            await self._record(part, Outcome(PartState.DEAD, reason=str(error)))
            words = f"Gave up on a message for {part.chat}: {error}"
            await self._tell(f"dead {part.chat.platform} {error}", words)
            return True
        await self._wait(part, error)
        return False

    async def _wait(self, part: Part, error: DeliveryError, *, uncertain: bool = False) -> None:
        wait = error.retry_after
        if wait is None:
            wait = back_off(part.attempts - 1, part.id)
        not_before = self._clock.now() + timedelta(seconds=wait)
        outcome = Outcome(
            PartState.PENDING, reason=str(error), not_before=not_before, uncertain=uncertain
        )
        await self._record(part, outcome)
        log.warning("A message for %s waits %.0f s: %s", part.chat, wait, error)

    async def _record(self, part: Part, outcome: Outcome) -> None:
        """Write down what became of a part; what the store cannot take now, the next tick writes.

        Without that, a full disk would turn a message we know to be posted into an uncertain one.
        """
        write = partial(self._store.mark, part, outcome)
        try:
            written = await write()
        except DatelineError:
            self._unrecorded[part.id] = write
            raise
        if not written:
            log.warning("A message for %s was taken over meanwhile", part.chat)

    async def _record_again(self) -> None:
        """Write again what the store could not take; what it still refuses stays for next time."""
        for number, write in list(self._unrecorded.items()):
            try:
                await write()
            except DatelineError as error:
                log.warning("An outcome is not written down yet: %s", error)
            else:  # until then nobody here takes the message again
                self._unrecorded.pop(number, None)


def _late(timing: Timing) -> Notice:
    said = _("Late: this digest was due at {hour} ({zone}).")
    return Notice(said.format(hour=words.hour(timing.at), zone=timing.zone))


def _openings(subscription: Subscription, first: Occurrence, now: datetime) -> Iterator[Opening]:
    """Yield every occurrence up to now.

    One whose time zone is no longer known is missed until the zone is known again: were it left
    due, it would be looked at forever, and thousands of them would stand before all others.
    """
    try:
        for due, following in _occurrences(subscription.timing, first, now):
            missed = _too_late(GRACE) if now - due.at > GRACE else ""
            yield Opening(subscription, due, following, missed)
    except (LookupError, ValueError):
        tomorrow = Occurrence(first.day + _DAY, first.at + _DAY)
        zone = subscription.timing.zone
        yield Opening(subscription, first, tomorrow, f"the time zone {zone} is no longer known")


@lru_cache
def _occurrences(
    timing: Timing, first: Occurrence, now: datetime
) -> Sequence[tuple[Occurrence, Occurrence]]:
    """Return every occurrence up to now, each with the next one.

    Kept, as thousands of chats have the same hour.
    """
    found = [*due_until(timing, first, now)]
    return list(pairwise([*found, next_due(timing, found[-1].at)])) if found else []


def merged(openings: Iterable[Opening]) -> Iterator[Opening]:
    """Of several digests that would tell one chat the same now, only the newest is sent.

    The others are recorded as merged into it: after a night of being down nobody gets a flood.
    """
    groups: dict[tuple[str, ...], list[Opening]] = {}
    for one in openings:
        if one.missed:
            yield one
        else:
            groups.setdefault(_asks(one.subscription), []).append(one)
    for group in groups.values():
        *older, newest = sorted(group, key=lambda one: one.due.at)
        yield from (replace(one, missed=_merged_into(newest.due)) for one in older)
        yield newest


def _asks(subscription: Subscription) -> tuple[str, ...]:
    """Return who asks what: two subscriptions that agree in it would tell the same."""
    chat = subscription.chat
    return chat.platform, chat.id, chat.thread, subscription.command, subscription.arguments


def _merged_into(due: Occurrence) -> str:
    return f"{_MERGED} {due.at:%Y-%m-%d %H:%M} UTC"


def _too_late(limit: timedelta) -> str:
    return f"more than {limit.total_seconds() / 3600:.0f} hours late"


def chat_key(chat: Chat) -> str:
    """Return the chat as the text that queues know it by."""
    return json.dumps([chat.platform, chat.id, chat.kind, chat.thread])


def _chat(key: str) -> Chat:
    platform, number, kind, thread = json.loads(key)
    return Chat(platform, number, ChatKind(kind), thread)


def back_off(attempts: int, number: int = 0) -> float:
    """Return the seconds to wait after that many failed attempts: 2, 4, 8 ... at most 900.

    Half of them is jitter, so that those who failed together are not tried together again. It
    depends on who waits alone: the golden ratio spreads their numbers evenly (a Weyl sequence,
    https://doi.org/10.1007/BF01475864), so no seed is needed to live through a night once more.
    """
    most = LONGEST_WAIT.total_seconds()
    return float(min(most, 2 ** (attempts + 1))) * (1 - number * _GOLDEN % 1 / 2)
