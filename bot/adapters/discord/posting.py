"""Posting into Discord's channels within its limits, and what arrived there. Answers nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.adapters.discord.client import Client
from bot.adapters.discord.outgoing import arguments_of, edit_of, http_error, is_same
from bot.adapters.pace import Pace
from bot.core.errors import ChatUnavailable, DeliveryError, OutcomeUnknown
from bot.core.messages import Chat
from bot.core.pacing import Rate, at_one_chat
from bot.core.ports import Payload

log = logging.getLogger(__name__)

_DELETED = 10008
"""Unknown message: that of the same nonce arrived, and was deleted since."""
# https://discord.com/developers/docs/topics/rate-limits: 50 requests a second; what the library
# asks by itself counts, too. The number for a channel is not documented, but what bots see.
_OVERALL = Rate(45, 1.0)
_A_CHANNEL = Rate(5, 5.0)
_NO_CHANNEL = Chat("discord", "")
"""Where nothing is posted: what is asked there counts among all requests, and in no channel."""
POST_SECONDS = 60.0
"""Discord takes a message in so long, repeats of the library included, or nobody can tell.

That is less than what is left of a claim when the last request under it leaves.
"""
LOOK_SECONDS = 60.0
"""A channel is looked through in so long; then there is still time to post under the same claim."""

HISTORY = 100
"""How many messages Discord shows at once; so many pages are looked through."""
PAGES = 10
CLOCKS_DIFFER = timedelta(hours=14)
"""Our clock may be so far ahead of Discord's: a local time that was taken for UTC.

A message with the same words, that we sent in this time, counts as the one looked for.
"""


_doubts: ContextVar[list[str] | None] = ContextVar("doubts", default=None)
"""What left it open whether the message that is being posted arrived."""


def _limits(workers: int) -> Callable[[Chat], Sequence[Rate]]:
    """Return what one of so many processes may post in a channel."""
    a_channel = _A_CHANNEL.shared_by(at_one_chat(workers))
    return lambda chat: [] if chat == _NO_CHANNEL else [a_channel]


class Poster:
    """Posts as a client that is logged in; `workers` processes share Discord's limits."""

    def __init__(self, workers: int = 1) -> None:
        self.client: Client | None = None
        self.pace = Pace(_OVERALL.shared_by(workers), _limits(workers))

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
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._look_at_limits)
        trace.on_request_exception.append(_note_loss)
        return trace

    async def _look_at_limits(
        self, _session: object, _context: object, end: aiohttp.TraceRequestEndParams
    ) -> None:
        headers = end.response.headers
        everybody = "X-RateLimit-Global" in headers or "Via" not in headers  # Cloudflare itself
        if end.response.status == 429 and everybody:
            self.pace.hold(float(headers.get("Retry-After", 5)))
        if end.response.status >= 500:
            _note(f"Discord's answer was {end.response.status}")

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. Discord forgets a nonce after minutes, but not the message."""
        me = self.connected.user
        try:
            async with self._at_most(LOOK_SECONDS):
                found = await self._history(chat, since - CLOCKS_DIFFER)
        except discord.Forbidden:
            return None
        except discord.HTTPException as error:
            raise http_error(error) from error
        except discord.RateLimited as error:
            raise _wait(error.retry_after) from error
        except TimeoutError as error:
            raise DeliveryError("Discord took too long to show the channel") from error
        except (aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord did not show the channel: {error}") from error
        ours = [one for one in found if me is not None and one["author"]["id"] == str(me.id)]
        same = [int(one["id"]) for one in ours if is_same(one, payload, key)]
        if same:
            return str(max(same))
        return "" if len(found) < HISTORY * PAGES else None

    async def _history(self, chat: Chat, since: datetime) -> list[Any]:
        """Return what a channel holds since then, oldest page first, at most so many pages."""
        after = discord.utils.time_snowflake(since)
        found: list[Any] = []
        for _ in range(PAGES):
            page = await self._page(chat, after)
            found += page
            if len(page) < HISTORY:
                break
            after = max(int(one["id"]) for one in page)
        return found

    async def _page(self, chat: Chat, after: int) -> list[Any]:
        """Return the messages of a channel that follow one, at most HISTORY.

        To read has another limit than to write there, and the library keeps to that; but it counts
        among all requests. The turn of the chat stays: what is looked for may have to be posted.
        """
        async with self.pace.passing(_NO_CHANNEL):
            http = self._unheld(chat).http
            return list(await http.logs_from(int(chat.thread or chat.id), HISTORY, after=after))

    def _unheld(self, chat: Chat) -> Client:
        """Return the client. Raises DeliveryError where there is none, or while a chat is held."""
        if held := self.pace.held(chat):
            raise _wait(held)
        return self.connected

    @asynccontextmanager
    async def _at_most(self, seconds: float) -> AsyncIterator[None]:
        """End what takes longer, and leave nothing of it behind. Raises TimeoutError."""
        client = self.connected
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            # While the library waits for the limit of all requests it lets none through. Ended in
            # that wait it would never open again.
            opens = client.http._global_over.set  # noqa: SLF001 - nobody else opens it
            asyncio.get_running_loop().call_later(self.pace.held(_NO_CHANNEL), opens)
            raise

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
        """Send one message; return its id. Raises what `post` raises.

        The library repeats what Discord answered with a fault of its own. When a repeat is refused,
        nobody knows what became of the tries before.
        """
        doubts: list[str] = []
        token = _doubts.set(doubts)
        try:
            return await self._send(chat, payload, key)
        except (OutcomeUnknown, ChatUnavailable):
            raise
        except DeliveryError as error:
            if doubts and not error.final:
                raise OutcomeUnknown(f"{doubts[0]}, then: {error}", error.retry_after) from error
            raise
        finally:
            _doubts.reset(token)

    async def _send(self, chat: Chat, payload: Payload, key: str) -> str:
        """Let the library send one message, and hold what is to wait."""
        client = self._unheld(chat)
        try:
            channel = client.get_partial_messageable(int(chat.thread or chat.id))
            async with self._at_most(POST_SECONDS):
                message = await channel.send(**arguments_of(payload), nonce=key)
        except discord.RateLimited as error:
            self.pace.hold(error.retry_after, chat)
            raise _wait(error.retry_after) from error
        except discord.HTTPException as error:
            if error.code == _DELETED:
                return ""
            raise http_error(error) from error
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error
        except TimeoutError as error:
            raise OutcomeUnknown("Discord's answer took too long") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(f"Discord's answer was lost: {error}") from error
        except (KeyError, TypeError, ValueError) as error:  # an answer, but not one to be read
            raise OutcomeUnknown(f"Discord's answer made no sense: {error}") from error
        return str(message.id)


async def _note_loss(
    _session: object, _context: object, lost: aiohttp.TraceRequestExceptionParams
) -> None:
    if not isinstance(lost.exception, aiohttp.ClientConnectorError | DeliveryError):
        _note("Discord's answer was lost")


def _note(doubt: str) -> None:
    if (doubts := _doubts.get()) is not None:
        doubts.append(doubt)


def _wait(seconds: float) -> DeliveryError:
    return DeliveryError(f"Discord asks to wait {seconds:.0f} s", seconds)
