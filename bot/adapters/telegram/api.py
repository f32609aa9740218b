"""The Bot API as the library speaks it, and its short ways for what goes through in thousands.

The library makes an object of everything that comes and goes; for a message that is only sent that
is half the work. https://core.telegram.org/bots/api
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from telegram import Bot
from telegram.constants import UpdateType
from telegram.error import RetryAfter

from bot.core.journal import Update

WANTED = [
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.EDITED_CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.MY_CHAT_MEMBER,
]
"""The kinds of updates that the bot asks for, however it hears them."""


class RawBot(Bot):
    """The library's bot, that also hands over what it gets as it came."""

    async def raw_updates(self, offset: int | None, timeout: int) -> list[Update]:  # noqa: ASYNC109 - Telegram's word
        """Ask for updates: https://core.telegram.org/bots/api#getupdates

        One that the library cannot read (of a server older or newer than it) must not hold up the
        rest.
        """
        asked = {"offset": offset, "timeout": timeout, "allowed_updates": WANTED}
        found: Any = await self._post("getUpdates", asked, read_timeout=timeout + 5)
        return [Update(str(update["update_id"]), update) for update in found]

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - each method has its own
        """Call a method with JSON values and return its result as it came; None is left out.

        Raises the library's errors.
        """
        return await self._post(method, {name: params[name] for name in params})


def asked_to_wait(error: RetryAfter) -> float:
    """Return the seconds that Telegram asks to wait; the library gives a number or a timedelta."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)
