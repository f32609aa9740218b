"""Delivers updates to a bot's webhook, again and again until it takes them. Knows no update.

https://core.telegram.org/bots/api#setwebhook : what is not answered with 2xx is repeated.
"""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp

from tests.emulators.telegram.errors import Json
from tests.emulators.telegram.updates import UpdateQueue

HEADER = "X-Telegram-Bot-Api-Secret-Token"
RETRY_SECONDS = 0.05
"""The documentation says no number; a test does not like to wait."""


class Deliveries:
    """Posts what waits in the queue to the webhook, `max_connections` at a time."""

    def __init__(self, updates: UpdateQueue) -> None:
        self._updates = updates
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self.attempts = 0
        self.refusals: list[int] = []

    async def run(self) -> None:
        """Deliver until cancelled."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            try:
                while True:
                    await self._updates.changes.until(self._is_something, None)
                    for update in self._next():
                        task = asyncio.create_task(self._deliver(session, update))
                        self._under_way[update["update_id"]] = task
            finally:
                tasks = list(self._under_way.values())
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _is_something(self) -> bool:
        return bool(self._next())

    def _next(self) -> list[Json]:
        """What may be posted now."""
        if not self._updates.webhook:
            return []
        room = self._updates.webhook["max_connections"] - len(self._under_way)
        waiting = (one for one in self._updates.pending if one["update_id"] not in self._under_way)
        return [one for _, one in zip(range(room), waiting, strict=False)]

    async def _deliver(self, session: aiohttp.ClientSession, update: Json) -> None:
        number = update["update_id"]
        try:
            if await self._is_taken(session, update):
                self._updates.drop(number)
            else:
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            del self._under_way[number]
            self._updates.changes.tell()

    async def _is_taken(self, session: aiohttp.ClientSession, update: Json) -> bool:
        webhook = self._updates.webhook
        secret = webhook.get("secret_token")
        headers = {"Content-Type": "application/json"} | ({HEADER: secret} if secret else {})
        self.attempts += 1
        try:
            async with session.post(
                webhook["url"], data=json.dumps(update).encode(), headers=headers
            ) as response:
                if 200 <= response.status < 300:
                    return True
                self.refusals.append(response.status)
                why = f"Wrong response from the webhook: {response.status} {response.reason}"
        except aiohttp.ClientError as error:
            why = f"Connection failed: {error}"
        webhook |= {"last_error_date": int(time.time()), "last_error_message": why}
        return False
