"""discord.py's client with the least it needs, and the events it hears. Answers nobody."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

import aiohttp
import discord
import yarl

from bot.adapters.connector import LookingConnector
from bot.adapters.discord.commands import in_english
from bot.core.errors import DeliveryError, OutcomeUnknown

log = logging.getLogger(__name__)

IDENTIFY_SECONDS = 5.5
"""In five seconds `max_concurrency` shards may identify; the way there is not always as long.

https://discord.com/developers/docs/events/gateway#rate-limiting
"""


class Ears(Protocol):
    """Who hears what happens on Discord."""

    def on_interaction(self, interaction: discord.Interaction) -> None:
        """Somebody used a command, pressed a button, or is typing an argument."""

    def on_message(self, message: discord.Message) -> None:
        """Somebody wrote something."""

    def on_gone(self, channels: Iterable[int], why: str) -> None:
        """The bot was shut out of channels."""

    def on_back(self, channels: Iterable[int]) -> None:
        """The bot may post in channels: again, or as ever."""


class _Connector(LookingConnector):
    """discord.py waits, and repeats what failed, by itself."""

    def refusal(self, error: DeliveryError) -> Exception:
        """An earlier request of the library may have got through."""
        return OutcomeUnknown(str(error))


class Client(discord.AutoShardedClient):
    """discord.py's client with the least it needs: no privileged intents, no message cache.

    Without the intent for message content Discord still sends the words that mention the bot.
    """

    def __init__(self, ears: Ears | None, trace: aiohttp.TraceConfig) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we never speak
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            intents=intents,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=30.0,
            http_trace=trace,
            connector=_Connector(limit=0),  # as many connections as the library's own
        )
        self._ears = ears
        self._at_once = 1
        self._identified: dict[int, float] = {}
        self._tried: set[int] = set()

    @property
    def installs(self) -> tuple[int, ...]:
        """Where the developer portal lets the application be installed: 0 servers, 1 people."""
        about = self.application
        by_people = about is not None and about.user_integration_config is not None
        in_servers = about is None or about.guild_integration_config is not None
        return (0, 1) if by_people and in_servers else (1,) if by_people else (0,)

    async def registered(self) -> list[dict[str, Any]]:
        """Return the commands that Discord has, with all their languages."""
        route = discord.http.Route(
            "GET", "/applications/{application_id}/commands", application_id=self.application_id
        )
        found: list[dict[str, Any]] = await self.http.request(
            route, params={"with_localizations": "true"}
        )
        return found

    async def register(self, commands: list[Any]) -> list[Any]:
        """Replace the commands that Discord has; it refuses all of them for one bad translation."""
        assert self.application_id is not None  # noqa: S101 - login() set it
        put = partial(self.http.bulk_upsert_global_commands, self.application_id)
        try:
            return await put(commands)
        except discord.HTTPException as error:
            if error.status != 400:
                raise
            log.warning("Discord: a translated command was refused: %s", error)
            plain: list[Any] = in_english(commands)
            return await put(plain)

    async def permissions_in(self, server: int) -> list[Any]:
        """Return what a server's settings say of who may use which command."""
        assert self.application_id is not None  # noqa: S101 - login() set it
        asked = self.http.get_guild_application_command_permissions
        return await asked(self.application_id, server)

    async def listen(self, shards: int = 0) -> None:
        """Hear what happens until cancelled, on so many shards; 0 is what Discord recommends."""
        recommended, _, limits = await self.http.get_bot_gateway()
        self.shard_count = shards or recommended
        self._at_once = limits["max_concurrency"]
        connecting = asyncio.create_task(self.connect(reconnect=True))
        try:
            # Never `await connecting`: the library's wait_for may swallow a cancellation
            # (https://github.com/python/cpython/issues/86296).
            await asyncio.wait([connecting])
        finally:
            connecting.cancel()
        connecting.result()

    async def launch_shard(
        self, gateway: yarl.URL, shard_id: int, *, initial: bool = False
    ) -> None:
        """Connect a shard. That the very first cannot is said: the library would try for ever."""
        if shard_id == 0 and shard_id in self._tried:
            raise ConnectionError("its gateway does not answer")
        self._tried.add(shard_id)
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until this shard may identify: the library waits for each, whatever Discord says."""
        bucket, now = (shard_id or 0) % self._at_once, time.monotonic()
        free = max(now, self._identified.get(bucket, 0.0) + IDENTIFY_SECONDS)
        self._identified[bucket] = free
        await asyncio.sleep(free - now)

    async def on_ready(self) -> None:
        """Say in the log that the bot listens."""
        log.info("Discord: listening as %s in %d server(s)", self.user, len(self.guilds))

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """See Ears."""
        if self._ears:
            self._ears.on_interaction(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """See Ears."""
        if self._ears:
            self._ears.on_message(message)

    # --- what happens to channels

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there: at a start, in a new session, after an outage.

        Nobody tells what happened in it meanwhile.
        """
        self._look_around(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot is in a server, perhaps again: what rested in its channels goes on."""
        self._look_around(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was thrown out of a server (one that is only unavailable is another event)."""
        its = [place.id for place in (*guild.channels, *guild.threads)]
        self._gone(its, "the bot was removed from the server")

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role of the bot, or everyone's, may allow more. What it no longer allows, a 403 says:
        who may post through another role is not to rest."""
        if before.permissions != after.permissions and after in after.guild.me.roles:
            self._look_around(after.guild)

    async def on_member_update(self, _before: discord.Member, after: discord.Member) -> None:
        """The bot was given a role, or one was taken that forbade something.

        It hears of itself without the intent for members, and the library keeps no other member.
        https://discord.com/developers/docs/events/gateway#gateway-intents-caveats
        """
        if after == after.guild.me:
            self._look_around(after.guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is no more, and nobody tells of its threads."""
        self._gone([channel.id, *_threads(channel)], "the channel was deleted")

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A thread is no more."""
        self._gone([event.thread_id], "the thread was deleted")

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        """Somebody may have changed what the bot may do in a channel, or in its threads."""
        for may, places in ((_may_post, [after.id]), (_may_post_in_threads, _threads(after))):
            could, can = may(before), may(after)
            if could and not can:
                self._gone(places, "the bot may not write there")
            elif can and not could:
                self._back(places)

    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        """A thread that was locked may take messages again: the library forgets archived ones.

        One that takes none says so itself, and what did not rest does not go on.
        """
        about = event.data["thread_metadata"]
        if not about.get("locked") and not about["archived"]:
            self._back([event.thread_id])

    def _look_around(self, guild: discord.Guild) -> None:
        """Tell of each channel and thread that the bot may post in."""
        channels = [one.id for one in guild.channels if _may_post(one)]
        threaded = {one.id for one in guild.channels if _may_post_in_threads(one)}
        threads = [one.id for one in guild.threads if one.parent_id in threaded and not one.locked]
        self._back([*channels, *threads])

    def _gone(self, channels: Iterable[int], why: str) -> None:
        if self._ears:
            self._ears.on_gone(channels, why)

    def _back(self, channels: Iterable[int]) -> None:
        if self._ears:
            self._ears.on_back(channels)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Keep the failure of one event to itself."""
        log.exception("Discord: the event %s failed", event_method)


def _threads(channel: discord.abc.GuildChannel) -> list[int]:
    return [one.id for one in channel.guild.threads if one.parent_id == channel.id]


def _may_post(channel: discord.abc.GuildChannel) -> bool:
    may = channel.permissions_for(channel.guild.me)
    holds_messages = isinstance(channel, discord.abc.Messageable)  # a forum holds only threads
    return holds_messages and may.view_channel and may.send_messages


def _may_post_in_threads(channel: discord.abc.GuildChannel) -> bool:
    may = channel.permissions_for(channel.guild.me)
    return may.view_channel and may.send_messages_in_threads
