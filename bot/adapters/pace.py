"""How fast an adapter may post: gates that never let more through than a platform takes.

A message counts from its start until so many seconds after its end, less what every message is
sure to be under way. Whenever in between the platform counted it, no window of the platform's own
ever holds too many. Knows no platform.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bot.core.messages import Chat
from bot.core.pacing import Budget, Rate

READY_SECONDS = 5.0
"""A digest whose turn has come and that is not posted after this has given its turn back."""
HUNG_SECONDS = 3.0
"""A request that takes longer than this was counted by the platform, or never will be."""


LATEST = 100
"""So many requests tell how long one takes at least."""
SURE = 0.8
"""How much of the shortest of them is relied upon."""


class Way:
    """How long the way to the platform and back takes at least.

    Two messages are counted at least as far apart as the end of the first and the start of the
    second, and further by the second's way there and the first's way back. Where no message takes
    less than so long for both together, a window may begin so much earlier: else a broadcast would
    last longer by the whole way, 5 % for each 50 ms.
    """

    def __init__(self) -> None:
        self._took: deque[float] = deque(maxlen=LATEST)

    def note(self, seconds: float) -> None:
        """A request took so long."""
        self._took.append(seconds)

    def least(self) -> float:
        """Return the seconds that every request is sure to take: none before there were many."""
        return SURE * min(self._took) if len(self._took) == LATEST else 0.0


class Gate:
    """At most `count` messages in any `seconds`, first come first served."""

    def __init__(self, count: int, seconds: float) -> None:
        self._places = asyncio.Semaphore(count)
        self._seconds = seconds

    async def enter(self) -> None:
        """Wait for a place and take it."""
        await self._places.acquire()

    def leave(self, early: float = 0.0) -> None:
        """Say that the message has been posted (or not): its place is free after the window."""
        asyncio.get_running_loop().call_later(max(0.0, self._seconds - early), self._release)

    def _release(self) -> None:
        self._places.release()

    async def free(self) -> None:
        """Wait until there is a place, and leave it to others."""
        async with self._places:
            return


class Pace:
    """The limits of one platform: those of all messages together, and those of one chat.

    `overall` is at most so many messages in so many seconds, `of_chat` tells the same of one chat;
    their `burst` means nothing here. `ahead` is how many digests may be about to be posted at once:
    an answer waits behind no more of them than that.
    """

    def __init__(
        self, overall: Rate, of_chat: Callable[[Chat], Sequence[Rate]], ahead: int = 8
    ) -> None:
        self._limits = overall, of_chat, ahead
        self._overall = Gate(overall.count, overall.seconds)
        self._of_chat = of_chat
        # Digests go evenly: in bursts an answer would find the gate shut for a whole window.
        self._even = Budget(Rate(overall.count, overall.seconds))
        self._ahead = asyncio.Semaphore(ahead)
        self._ready: dict[Chat, asyncio.TimerHandle] = {}
        self._gates: WeakValueDictionary[tuple[str, float], Gate] = WeakValueDictionary()
        self._held: dict[str, float] = {}
        self._way = Way()

    def renewed(self) -> Pace:
        """Return the same limits for another event loop; what is held stays held."""
        fresh = Pace(*self._limits)
        fresh._held = self._held
        return fresh

    async def turn(self, chat: Chat) -> None:
        """Wait until a digest may be made ready for a chat; at once where the chat is held."""
        if self.held(chat) or chat in self._ready:
            return
        for gate in self._gates_of(chat):
            await gate.free()
        await self._ahead.acquire()
        try:
            await asyncio.sleep(self._even.take("", time.monotonic()))
        except asyncio.CancelledError:
            self._ahead.release()
            raise
        loop = asyncio.get_running_loop()
        self._ready[chat] = loop.call_later(READY_SECONDS, self.give_back, chat)

    def give_back(self, chat: Chat) -> None:
        """Let the next digest have a turn that nothing was posted in; else nothing happens."""
        if timer := self._ready.pop(chat, None):
            timer.cancel()
            self._ahead.release()

    @asynccontextmanager
    async def passing(self, chat: Chat) -> AsyncIterator[None]:
        """Wait for a place in every gate, and keep it while one message is being posted."""
        taken: list[Gate] = []
        try:
            for gate in (*self._gates_of(chat), self._overall):
                await gate.enter()
                taken.append(gate)
            self.give_back(chat)
            loop = asyncio.get_running_loop()
            hung, begun = loop.call_later(HUNG_SECONDS, self._leave, taken), loop.time()
            try:
                yield
            finally:
                hung.cancel()
                self._way.note(loop.time() - begun)
        finally:
            self._leave(taken)

    def _leave(self, taken: list[Gate]) -> None:
        while taken:
            taken.pop().leave(self._way.least())

    def _gates_of(self, chat: Chat) -> list[Gate]:
        """Return the gates of a chat, the slowest first; they live as long as somebody counts."""
        rates = sorted(self._of_chat(chat), key=lambda rate: -rate.seconds)
        return [self._gate(chat.id, rate) for rate in rates]

    def _gate(self, chat: str, rate: Rate) -> Gate:
        gate = self._gates.get((chat, rate.seconds))
        if gate is None:
            gate = self._gates[chat, rate.seconds] = Gate(rate.count, rate.seconds)
        return gate

    def hold(self, seconds: float, chat: Chat | None = None) -> None:
        """The platform asked to wait: for one chat, or with None for all of them."""
        now = time.monotonic()
        self._held = {name: until for name, until in self._held.items() if until > now}
        name = chat.id if chat else ""
        self._held[name] = max(now + seconds, self._held.get(name, 0.0))

    def held(self, chat: Chat) -> float:
        """Return for how many seconds nothing may be posted to a chat, or 0."""
        until = max(self._held.get(chat.id, 0.0), self._held.get("", 0.0))
        return max(0.0, until - time.monotonic())
