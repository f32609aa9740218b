"""Hears Telegram by long polling: asks for updates and hands them on. Knows not what they say.

https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
import logging

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.adapters.telegram.api import RawBot, asked_to_wait
from bot.adapters.telegram.webhook import Take
from bot.core.errors import SettingsError, StoreError

log = logging.getLogger(__name__)

POLL_SECONDS = 25


class Polling:
    """Asks Telegram for updates until cancelled."""

    def __init__(self, bot: RawBot, take: Take) -> None:
        self._bot = bot
        self._take = take
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled. Raises SettingsError when Telegram takes the token no more."""
        offset: int | None = None
        try:
            while True:
                try:
                    updates = await self._bot.raw_updates(offset, POLL_SECONDS)
                    # Telegram takes the next request's offset for a sign that we have them.
                    await self._take(updates)
                except (TelegramError, StoreError) as error:
                    await self._failed(error)
                    continue
                self._failures = 0
                offset = int(updates[-1].id) + 1 if updates else offset
        finally:
            await self._acknowledge(offset)

    async def _failed(self, error: TelegramError | StoreError) -> None:
        self._failures += 1
        if isinstance(error, InvalidToken):
            raise SettingsError(
                "Telegram no longer takes the token: it was revoked at @BotFather."
            ) from error
        if isinstance(error, Conflict) and self._failures == 1:
            log.warning("Telegram: a webhook or another bot process is in the way: %s", error)
            await self._drop_webhook()
        asked = asked_to_wait(error) if isinstance(error, RetryAfter) else 0.0
        wait = asked or min(30.0, 0.5 * 2.0**self._failures)
        log.warning("Telegram: no updates (%s); trying again in %.0f s", error, wait)
        await asyncio.sleep(wait)

    async def _drop_webhook(self) -> None:
        try:
            await self._bot.delete_webhook()
        except TelegramError as error:
            log.warning("Telegram: the webhook could not be removed: %s", error)

    async def _acknowledge(self, offset: int | None) -> None:
        """Tell Telegram what was taken, so that the next start does not answer it again."""
        if offset is None:
            return
        try:
            async with asyncio.timeout(0.5):
                await self._bot.raw_updates(offset, 0)
        except (TelegramError, TimeoutError) as error:
            log.info("Telegram: the last updates were not acknowledged: %s", error)
