"""Every digest once: due subscription -> edition -> parts -> post -> record.

Each step is one committed transition in the store, so whatever dies between two of them is taken
up by the next tick. Knows no platform and no SQL; the clock that calls `tick` is wired in app.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from bot.core.errors import ChatUnavailable, DatelineError, DeliveryError, OutcomeUnknown
from bot.core.messages import Answer, Chat, Notice, Reply, Request
from bot.core.ports import Adapter, Clock, Edition, Part, PartState, Store
from bot.core.schedule import Occurrence, Subscription, due_until, next_due

log = logging.getLogger(__name__)

GRACE = timedelta(hours=12)
"""A digest later than this (the bot or the platform was down) is recorded as missed, not sent."""
_TOO_LATE = f"more than {GRACE.total_seconds() / 3600:.0f} hours late"
LATE = timedelta(minutes=10)
"""A digest sent later than this after its hour says so."""
REPEAT = timedelta(minutes=2)
"""How long after an attempt of unknown outcome a repeat is harmless on an idempotent platform.

Discord checks a nonce against "the past few minutes":
https://discord.com/developers/docs/resources/message#create-message
"""


class Delivery:
    """Posts digests through the adapters and answers nobody."""

    def __init__(
        self, store: Store, adapters: Mapping[str, Adapter], answer: Answer, clock: Clock
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._answer = answer
        self._clock = clock
        self._working: dict[Chat, asyncio.Task[None]] = {}
        self._unrecorded: list[Callable[[], Awaitable[None]]] = []
        self._put_off: dict[int, tuple[int, datetime]] = {}  # edition -> faults, not before

    async def recover(self) -> None:
        """Settle what a crash left half done. Call once, before the first tick."""
        idempotent = {name: adapter.idempotent for name, adapter in self._adapters.items()}
        if settled := await self._store.recover(idempotent):
            log.warning("A crash left %d message(s) half sent", settled)

    async def tick(self) -> None:
        """Open what is due and set to work on everything unfinished. Safe to call at any time.

        Returns without waiting for the posting: a slow chat delays nobody else.
        """
        await self._record_again()
        await self._open_due()
        editions = await self._store.open_editions(list(self._adapters), self._clock.now())
        chats: dict[Chat, list[Edition]] = {}
        for edition in filter(self._may_try, editions):
            chats.setdefault(edition.subscription.chat, []).append(edition)
        for chat, queue in chats.items():
            if chat not in self._working:
                self._working[chat] = asyncio.create_task(self._work_on_chat(chat, queue))

    def _may_try(self, edition: Edition) -> bool:
        _, not_before = self._put_off.get(edition.id, (0, self._clock.now()))
        return not_before <= self._clock.now()

    async def drain(self) -> None:
        """Wait until all posting that has begun is over and written down."""
        await asyncio.gather(*self._working.values())
        await self._record_again()

    async def _open_due(self) -> None:
        """Open every occurrence up to now; one subscription that cannot be read stops no other."""
        now = self._clock.now()
        for subscription, first in await self._store.due(now):
            try:
                for due in due_until(subscription.timing, first, now):
                    await self._open_one(subscription, due, now)
            except (LookupError, ValueError) as error:  # its time zone is no longer known
                log.error("The digest for %s cannot be opened: %r", subscription.chat, error)

    async def _open_one(self, subscription: Subscription, due: Occurrence, now: datetime) -> None:
        following = next_due(subscription.timing, due.at)
        if now - due.at > GRACE:
            await self._store.skip(subscription, due, following, _TOO_LATE)
            log.warning(
                "Missed the digest of %s for %s: more than %s late",
                due.day,
                subscription.chat,
                GRACE,
            )
        elif await self._store.open_edition(subscription, due, following):
            log.info("Opened the digest of %s for %s", due.day, subscription.chat)

    async def _work_on_chat(self, chat: Chat, editions: list[Edition]) -> None:
        """One chat's editions go one after another; chats never wait for each other."""
        try:
            for edition in editions:
                if not await self._tried(edition):
                    return
        finally:
            del self._working[chat]

    async def _tried(self, edition: Edition) -> bool:
        """Deliver; a fault of one edition is said, and costs the chat's next ones nothing.

        It is tried again, ever more slowly, until it is too late for it.
        """
        try:
            goes_on = await self._deliver(edition)
        except DatelineError as error:
            log.warning("The digest for %s waits: %s", edition.subscription.chat, error)
        except Exception:
            log.exception("The digest for %s waits", edition.subscription.chat)
        else:
            self._put_off.pop(edition.id, None)
            return goes_on
        faults, _ = self._put_off.get(edition.id, (0, None))
        wait = timedelta(seconds=back_off(faults))
        self._put_off[edition.id] = faults + 1, self._clock.now() + wait
        return True

    async def _deliver(self, edition: Edition) -> bool:
        """Post what is left of an edition; tell whether the chat takes more now."""
        if self._clock.now() - edition.occurrence.at > GRACE:
            await self._store.give_up(edition, _TOO_LATE)
            log.warning("Gave up the digest of %s: too late", edition.occurrence.day)
            return True
        adapter = self._adapters[edition.subscription.chat.platform]
        if not edition.frozen:
            reply = await self._compose(edition)
            await self._store.freeze(edition, adapter.render(reply))
        for part in await self._store.parts(edition):
            if part.state is PartState.SENDING:  # another process is at it
                return False
            if part.state is PartState.PENDING and not await self._post(adapter, part):
                return False
        return True

    async def _compose(self, edition: Edition) -> Reply:
        subscription = edition.subscription
        request = Request(
            subscription.chat,
            subscription.command,
            subscription.arguments,
            locale=subscription.locale,
        )
        reply = await self._answer(request)
        if self._clock.now() - edition.occurrence.at <= LATE:
            return reply
        timing = subscription.timing
        late = Notice(f"Late: this digest was due at {timing.at:%H:%M} ({timing.zone}).")
        return Reply((late, *reply.blocks), reply.actions, reply.attachments)

    async def _post(self, adapter: Adapter, part: Part) -> bool:
        """Post one part and record what became of it; tell whether the next part may follow.

        It is claimed only when its turn has come: a stop while it waits leaves no doubt about it.
        """
        await adapter.wait_turn(part.chat)
        now = self._clock.now()
        if part.uncertain_since is not None and now - part.uncertain_since > REPEAT:
            return await self._uncertain(part, part.reason)
        return await self._store.claim(part, now) and await self._attempt(adapter, part)

    async def _attempt(self, adapter: Adapter, part: Part) -> bool:
        try:
            message_id = await adapter.post(part.chat, part.payload, part.key)
        except OutcomeUnknown as error:
            return await self._outcome_unknown(adapter, part, error)
        except ChatUnavailable as error:
            return await self._chat_unavailable(part, error)
        except DeliveryError as error:
            return await self._refused(part, error)
        except Exception as error:
            log.exception("Posting to %s failed", part.chat)
            lost = OutcomeUnknown(f"the adapter failed: {error!r}")
            return await self._outcome_unknown(adapter, part, lost)
        await self._record(part, PartState.SENT, message_id=message_id)
        return True

    async def _outcome_unknown(self, adapter: Adapter, part: Part, error: OutcomeUnknown) -> bool:
        """Where a repeat is harmless, repeat; elsewhere rather not at all than twice."""
        if not adapter.idempotent:
            return await self._uncertain(part, str(error))
        await self._wait(part, error, uncertain=True)
        return False

    async def _uncertain(self, part: Part, reason: str) -> bool:
        await self._record(part, PartState.UNKNOWN, reason=reason)
        log.error("Nobody can tell whether a message reached %s: %s", part.chat, reason)
        return True

    async def _chat_unavailable(self, part: Part, error: ChatUnavailable) -> bool:
        if error.moved_to and error.moved_to != part.chat.id:
            new = Chat(part.chat.platform, error.moved_to, part.chat.kind, part.chat.thread)
            await self._record(part, PartState.PENDING, reason=str(error))
            await self._store.move_chat(part.chat, new)
            log.info("%s moved to %s", part.chat, new.id)
            return False
        await self._record(part, PartState.DEAD, reason=str(error))
        await self._store.pause(part.chat, str(error))
        log.warning("Paused the digests for %s: %s", part.chat, error)
        return False

    async def _refused(self, part: Part, error: DeliveryError) -> bool:
        """Whatever passes (an outage, a limit) is waited for; only GRACE ends that."""
        if error.final:
            await self._record(part, PartState.DEAD, reason=str(error))
            log.error("Gave up on a message for %s: %s", part.chat, error)
            return True
        await self._wait(part, error)
        return False

    async def _wait(self, part: Part, error: DeliveryError, *, uncertain: bool = False) -> None:
        wait = error.retry_after if error.retry_after is not None else back_off(part.attempts)
        not_before = self._clock.now() + timedelta(seconds=wait)
        await self._record(
            part,
            PartState.PENDING,
            reason=str(error),
            not_before=not_before,
            uncertain=uncertain,
        )
        log.warning("A message for %s waits %.0f s: %s", part.chat, wait, error)

    async def _record(
        self,
        part: Part,
        state: PartState,
        *,
        message_id: str = "",
        reason: str = "",
        not_before: datetime | None = None,
        uncertain: bool = False,
    ) -> None:
        """Write down what became of a part; what the store cannot take now, the next tick writes.

        Without that, a full disk would turn a message we know to be posted into an uncertain one.
        """
        write = partial(
            self._store.mark,
            part,
            state,
            message_id=message_id,
            reason=reason,
            not_before=not_before,
            uncertain=uncertain,
        )
        try:
            await write()
        except DatelineError:
            self._unrecorded.append(write)
            raise

    async def _record_again(self) -> None:
        """Write again what the store could not take; what it still refuses stays for next time."""
        waiting, self._unrecorded = self._unrecorded, []
        for write in waiting:
            try:
                await write()
            except DatelineError as error:
                log.warning("An outcome is not written down yet: %s", error)
                self._unrecorded.append(write)


def back_off(attempts: int) -> float:
    """Return the seconds to wait after that many failed attempts: 2, 4, 8 ... at most 900."""
    return float(min(900, 2 ** (attempts + 1)))
