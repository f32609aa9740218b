"""Somebody who answers: an Answer that remembers what was asked and waits when told to.

What happens to chats is none of his business: see Porter.
"""

from __future__ import annotations

import asyncio

from bot.core.messages import Action, Paragraph, Reply, Request


class Clerk:
    """Answers "/command arguments" to everything, with one button; `open` lets answers out."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.reply: Reply | None = None

    async def answer(self, request: Request) -> Reply:
        """See bot.core.messages.Answer."""
        if request.is_event:
            return Reply(())
        self.requests.append(request)
        self.asked.set()
        await self.open.wait()
        words = f"/{request.command} {request.arguments}".strip()
        return self.reply or Reply((Paragraph(words),), (Action("Longer", "brief", "long"),))

    @property
    def last(self) -> Request:
        """The latest request."""
        return self.requests[-1]
