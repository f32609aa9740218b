"""Somebody who answers and is told what happens to chats, with the two kept apart."""

from __future__ import annotations

import asyncio

from bot.core.commands import BACK
from bot.core.messages import Chat, Notice, Reply, Request
from tests.adapters.clerk import Clerk


class Porter(Clerk):
    """A clerk with a book of events: (chat, command, arguments).

    `back` is what he says to a chat that is back; the first `faults` events he cannot note.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, str, str]] = []
        self.chats: list[Chat] = []
        self.back = Reply(())
        self.faults = 0
        self._noted = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        """See bot.core.messages.Answer."""
        if not request.is_event:
            return await super().answer(request)
        if self.faults:
            self.faults -= 1
            return Reply((Notice("The database is locked."),))
        self.events.append((request.chat.id, request.command, request.arguments))
        self.chats.append(request.chat)
        self._noted.set()
        return self.back if request.command == BACK else Reply(())

    async def wait_for(self, count: int) -> None:
        """Wait until so many things have happened."""
        async with asyncio.timeout(10):
            while len(self.events) < count:
                self._noted.clear()
                await self._noted.wait()
