"""The Adapter port on Discord: hands all it is asked to Discord's own loop, through discord.py.

Discord waits three seconds for an acknowledgement. So its client lives in a thread of its own, and
whatever holds up the core's loop does not hold up that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import aiohttp
import discord
import yarl

from bot.adapters.discord.client import Client, Ears
from bot.adapters.discord.commands import command_payload, is_registered
from bot.adapters.discord.ledger import Ledger
from bot.adapters.discord.listener import Listener
from bot.adapters.discord.own_loop import LoopEnded, across, own_loop
from bot.adapters.discord.posting import Poster
from bot.adapters.discord.render import render
from bot.core.errors import DeliveryError, OutcomeUnknown, SettingsError
from bot.core.journal import Journal
from bot.core.messages import Answer, Chat, CommandSpec, Reply, Request
from bot.core.ports import FORGETFUL, Payload

log = logging.getLogger(__name__)

T = TypeVar("T")
_REFUSED = (
    "Discord refuses the token: "
    "set DATELINE_DISCORD_TOKEN to the one on the developer portal's page “Bot”."
)
_WRONG = {
    4004: _REFUSED,
    4011: "Discord wants more connections: leave DATELINE_DISCORD_SHARDS empty.",
}
"""https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway"""


class DiscordAdapter:
    """The Adapter port on Discord.

    `workers` is how many processes post with this token: each keeps to its share of the limits.
    `shards` is how many connections hear what happens; 0 is what Discord recommends.
    """

    platform = "discord"
    idempotent = True

    def __init__(
        self,
        token: str,
        api_url: str,
        gateway_url: str,
        commands: Sequence[CommandSpec],
        *,
        workers: int = 1,
        shards: int = 0,
    ) -> None:
        # The library has no setting for its addresses; these two names are all it takes.
        discord.http.Route.BASE = api_url
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        self._token = token
        self._commands = commands
        self._poster = Poster(workers)
        self._shards = shards
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None

    def render(self, reply: Reply) -> Sequence[Payload]:
        """See the Adapter port."""
        return render(reply)

    async def check(self) -> str:
        """Ask the platform who we are. Raises SettingsError or DeliveryError."""
        client = Client(None, self._poster.trace())
        try:
            await self._log_in(client)
            return f"Discord knows the bot as {client.user}"
        finally:
            await client.close()

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """See the Adapter port."""
        core = asyncio.get_running_loop()

        async def in_core(request: Request) -> Reply:
            return await across(core, _awaited(answer, request))

        await self._live(self._listen(in_core, Ledger(journal, core)))

    async def stand_by(self) -> None:
        """See the Adapter port."""
        await self._live(self._stand_by())

    async def wait_turn(self, chat: Chat) -> None:
        """See the Adapter port."""
        if self._loop is not None:  # nobody posts before there is one
            await self._inside(self._poster.pace.turn(chat))

    def give_turn_back(self, chat: Chat) -> None:
        """See the Adapter port."""
        if self._loop is not None:
            with suppress(RuntimeError):  # it ended just now, and the turn with it
                self._loop.call_soon_threadsafe(self._poster.pace.give_back, chat)

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        return await self._inside(self._poster.post(chat, payload, key))

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port."""
        return await self._inside(self._poster.look_up(chat, payload, key, since))

    # --- from the core's loop to Discord's

    async def _live(self, work: Coroutine[Any, Any, None]) -> None:
        """Let Discord's loop live for as long as this work takes."""
        async with own_loop("discord") as loop:
            self._loop = loop
            try:
                await across(loop, work)
            finally:
                self._loop = None

    async def _inside(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise DeliveryError("Discord is not connected")
        try:
            return await across(self._loop, work)
        except LoopEnded as error:
            raise OutcomeUnknown("The connection to Discord ended meanwhile") from error

    # --- in Discord's loop

    async def _listen(self, answer: Answer, ledger: Ledger) -> None:
        self._listener = listener = Listener(self._poster, self._commands, answer, ledger)
        client = self._client(listener)
        try:
            await self._log_in(client)
            self._poster.connect(client)
            await listener.take_up()
            listener.known = await self._announce_commands(client)
            await client.listen(self._shards)
        except discord.PrivilegedIntentsRequired as error:
            raise SettingsError(
                "Discord wants an intent switched on in the developer portal."
            ) from error
        except discord.ConnectionClosed as error:
            if error.code in _WRONG:
                raise SettingsError(_WRONG[error.code]) from error
            raise DeliveryError(f"Discord closed the connection: {error}") from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # A failed first connect, or one event that it cannot read, ends discord.py's client.
            raise DeliveryError(f"Discord sent what cannot be read: {error!r}") from error
        finally:
            try:
                await listener.finish()
            finally:
                self._poster.connect(None)
                await client.close()

    async def _stand_by(self) -> None:
        client = self._client(None)
        try:
            await self._log_in(client)
            self._poster.connect(client)
            log.info("Discord: posting as %s", client.user)
            await asyncio.Event().wait()
        finally:
            self._poster.connect(None)
            await client.close()

    def _client(self, ears: Ears | None) -> Client:
        return Client(ears, self._poster.trace())

    async def _log_in(self, client: Client) -> None:
        try:
            await client.login(self._token)
        except discord.LoginFailure as error:
            raise SettingsError(_REFUSED) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error

    async def _announce_commands(self, client: Client) -> Mapping[str, int]:
        """See that Discord has the slash commands; a bot that has none still posts digests.

        Returns Discord's id of each; none where it is not known what Discord lets people do.
        """
        payload = command_payload(self._commands, client.installs)
        try:
            found = await client.registered()
            if not is_registered(payload, found):
                found = await client.register(payload)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("Discord: the commands were not registered: %s", error)
            return {}
        return {str(one["name"]): int(one["id"]) for one in found}


async def _awaited(answer: Answer, request: Request) -> Reply:
    """Ask the core: an Answer may be any awaitable, another loop takes a coroutine."""
    return await answer(request)
