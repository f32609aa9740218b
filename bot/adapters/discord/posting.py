"""Posting into Discord's channels within its limits, and what arrived there. Answers nobody."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.adapters.discord.client import Client, last_look_trace
from bot.adapters.discord.outgoing import arguments_of, edit_of, http_error, is_same
from bot.adapters.pace import Pace
from bot.core.errors import DeliveryError, OutcomeUnknown
from bot.core.messages import Chat
from bot.core.pacing import Rate
from bot.core.ports import Payload

log = logging.getLogger(__name__)

_DELETED = 10008
"""Unknown message: that of the same nonce arrived, and was deleted since."""
# https://discord.com/developers/docs/topics/rate-limits: 50 requests a second; what the library
# asks by itself counts, too. The number for a channel is not documented, but what bots see.
_OVERALL = Rate(45, 1.0)
_A_CHANNEL = Rate(5, 5.0)

HISTORY = 100
"""How many messages Discord shows at once; so many pages are looked through."""
PAGES = 10
CLOCKS_DIFFER = timedelta(hours=14)
"""Our clock may be so far ahead of Discord's: a local time that was taken for UTC.

A message with the same words, that we sent in this time, counts as the one looked for.
"""


class Poster:
    """Posts as a client that is logged in; `workers` processes share Discord's limits."""

    def __init__(self, workers: int = 1) -> None:
        self.client: Client | None = None
        self.pace = Pace(_OVERALL.shared_by(workers), lambda _: [_A_CHANNEL])

    @property
    def connected(self) -> Client:
        """The client. Raises DeliveryError where there is none."""
        if self.client is None:
            raise DeliveryError("Discord is not connected")
        return self.client

    def connect(self, client: Client | None) -> None:
        """Post as this client, in the event loop that runs now."""
        self.client = client
        self.pace = self.pace.renewed()

    def trace(self) -> aiohttp.TraceConfig:
        """Look at every answer: the library does not tell whose limit a 429 is about."""
        trace = last_look_trace()
        trace.on_request_end.append(self._look_at_limits)
        return trace

    async def _look_at_limits(
        self, _session: object, _context: object, end: aiohttp.TraceRequestEndParams
    ) -> None:
        headers = end.response.headers
        everybody = "X-RateLimit-Global" in headers or "Via" not in headers  # Cloudflare itself
        if end.response.status == 429 and everybody:
            self.pace.hold(float(headers.get("Retry-After", 5)))

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. Discord forgets a nonce after minutes, but not the message."""
        me = self.connected.user
        try:
            found = await self._history(chat, since - CLOCKS_DIFFER)
        except discord.Forbidden:
            return None
        except discord.HTTPException as error:
            raise http_error(error) from error
        except (discord.RateLimited, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord did not show the channel: {error}") from error
        ours = [one for one in found if me is not None and one["author"]["id"] == str(me.id)]
        same = [int(one["id"]) for one in ours if is_same(one, payload, key)]
        if same:
            return str(max(same))
        return "" if len(found) < HISTORY * PAGES else None

    async def _history(self, chat: Chat, since: datetime) -> list[Any]:
        """Return what a channel holds since then, oldest page first, at most so many pages."""
        http, channel = self.connected.http, int(chat.thread or chat.id)
        after = discord.utils.time_snowflake(since)
        found: list[Any] = []
        for _ in range(PAGES):
            page = await http.logs_from(channel, HISTORY, after=after)
            found += page
            if len(page) < HISTORY:
                break
            after = max(int(one["id"]) for one in page)
        return found

    async def change(self, chat: Chat, message: int, payload: Payload) -> bool:
        """Let a message of ours say something else; whether it could: it may be deleted."""
        channel = self.connected.get_partial_messageable(int(chat.thread or chat.id))
        try:
            await channel.get_partial_message(message).edit(**edit_of(payload))
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.info("Discord: a message was not changed: %s", error)
            return False
        return True

    async def take_away(self, chat: Chat, message: int) -> None:
        """Delete a message of ours that another took the place of, if it can be."""
        try:
            await self.connected.http.delete_message(int(chat.thread or chat.id), message)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.info("Discord: a message was not taken away: %s", error)

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        async with self.pace.passing(chat):
            return await self._deliver(chat, payload, key)

    async def _deliver(self, chat: Chat, payload: Payload, key: str) -> str:
        """Send one message; return its id. Raises what `post` raises, and holds what is to wait."""
        client = self.connected
        if held := self.pace.held(chat):
            raise DeliveryError(f"Discord asks to wait {held:.0f} s", held)
        try:
            channel = client.get_partial_messageable(int(chat.thread or chat.id))
            message = await channel.send(**arguments_of(payload), nonce=key)
        except discord.RateLimited as error:
            self.pace.hold(error.retry_after, chat)
            raise DeliveryError(
                f"Discord asks to wait {error.retry_after:.0f} s", error.retry_after
            ) from error
        except discord.HTTPException as error:
            if error.code == _DELETED:
                return ""
            raise http_error(error) from error
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(f"Discord's answer was lost: {error}") from error
        except (KeyError, TypeError, ValueError) as error:  # an answer, but not one to be read
            raise OutcomeUnknown(f"Discord's answer made no sense: {error}") from error
        return str(message.id)
