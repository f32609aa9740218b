"""The emulated Discord's memory and how it looks on the wire; knows neither HTTP nor sockets."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.emulators.discord import wire
from tests.emulators.discord.wire import Json, missing_access, unknown

DISCORD_EPOCH_MS = 1_420_070_400_000
ACK_SECONDS, TOKEN_SECONDS, NONCE_SECONDS = 3.0, 900.0, 180.0
BOT, OWNER, GUILD, CHANNEL, BOT_ROLE = 4001, 3001, 1001, 2001, 5001


@dataclass(slots=True)
class User:
    """A person or a bot. With `dms_open` false a direct message is refused (50007)."""

    id: int
    name: str
    bot: bool = False
    dms_open: bool = True


@dataclass(slots=True)
class Channel:
    """A place for messages. `denied` are the permissions that the bot lacks in it."""

    id: int
    name: str
    guild: int | None
    kind: int = wire.TEXT
    denied: int = 0
    person: int | None = None
    parent: int | None = None
    archived: bool = False
    locked: bool = False


@dataclass(slots=True)
class Guild:
    """What people call a server. `permissions` is what @everyone may do.

    `roles` are the further roles and what each allows, `bot_roles` those of them that the bot has.
    """

    id: int
    name: str
    owner: int
    members: list[int]
    permissions: int = wire.MEMBER_PERMISSIONS
    roles: dict[int, int] = field(default_factory=dict)
    bot_roles: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Interaction:
    """One use of a command or component, as long as its token lives."""

    id: int
    token: str
    kind: int
    channel: int
    user: int
    name: str = ""
    created: float = 0.0
    command_kind: int = wire.CHAT_INPUT
    acked: float | None = None
    callback: int | None = None
    original: int | None = None
    source: int | None = None
    choices: list[Json] | None = None
    modal: Json | None = None
    owners: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """One message with everything it may ever show."""

    id: int
    channel: int
    author: int
    at: float
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    flags: int = 0
    kind: int = 0
    nonce: str | int | None = None
    interaction: Interaction | None = None
    reference: Json | None = None
    pings: list[str] = field(default_factory=list)
    edited: float | None = None

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & wire.EPHEMERAL)

    @property
    def thinking(self) -> bool:
        return bool(self.flags & wire.LOADING)


@dataclass(frozen=True, slots=True)
class Violation:
    """One request that Discord's own specification does not allow."""

    method: str
    path: str
    problem: str


class Dispatch(Protocol):
    """Sends an event to every session that asked for it with one of these intents."""

    def __call__(
        self, event: str, data: Json, *, intents: int, channel: int | None, guild: int | None
    ) -> None: ...


class State:
    """Users, guilds, channels, messages, interactions, commands, and what was asked."""

    def __init__(self, token: str, privileged: int, clock: Callable[[], float]) -> None:
        self.token = token
        self.privileged = privileged
        self._clock = clock
        self._advanced = 0.0
        self._last_id = 0
        self.base_url = ""
        self.dispatch: Dispatch = lambda *_a, **_k: None
        self.users = {BOT: User(BOT, "Dateline", bot=True), OWNER: User(OWNER, "Ada")}
        self.guilds = {GUILD: Guild(GUILD, "Newsroom", OWNER, [OWNER, BOT])}
        self.channels = {CHANNEL: Channel(CHANNEL, "news", GUILD)}
        self.messages: dict[int, Message] = {}
        self.uploads: dict[int, tuple[Json, bytes]] = {}
        self.downloads: list[str] = []
        self.deleted: dict[int, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[int, Json] = {}
        self.commands_set = False
        self.installs = {0, 1}
        self.command_permissions: dict[int, dict[int, list[Json]]] = {}
        self.shards = 1
        self.max_concurrency = 1
        self.nonces: dict[tuple[int, int, str], tuple[int, float]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.violations: list[Violation] = []
        self.acks: dict[int, float] = {}
        self.typing: list[int] = []
        self.reactions: list[tuple[int, str]] = []

    # --- time and ids

    def now(self) -> float:
        """Seconds that only grow."""
        return self._clock() + self._advanced

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._advanced

    def advance(self, seconds: float) -> None:
        self._advanced += seconds

    def new_id(self) -> int:
        """A snowflake: milliseconds since 2015 above 22 bits, always growing."""
        fresh = (int(self.wall() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last_id = max(fresh, self._last_id + 1)
        return self._last_id

    def upload(self, name: str, content: bytes) -> int:
        """Keep the file of a slash command's option; its id."""
        number = self.new_id()
        url = f"{self.base_url}/ephemeral-attachments/{number}/{name}"
        about: Json = {"id": str(number), "filename": name, "size": len(content)}
        about |= {"url": url, "proxy_url": url, "content_type": "text/plain", "ephemeral": True}
        self.uploads[number] = (about, content)
        return number

    # --- looking things up

    def channel(self, channel_id: int, *needed: int) -> Channel:
        """The channel, if the bot may see it and has these permissions."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise unknown("Channel", 10003)
        allowed = self.bot_permissions(channel)
        if not allowed & wire.VIEW_CHANNEL:
            raise missing_access()
        if any(not allowed & permission for permission in needed):
            raise wire.missing_permissions()
        return channel

    def guild(self, guild_id: int) -> Guild:
        guild = self.guilds.get(guild_id)
        if guild is None:
            raise unknown("Guild", 10004)
        if BOT not in guild.members:
            raise missing_access()
        return guild

    def message(self, channel_id: int, message_id: int) -> Message:
        message = self.messages.get(message_id)
        if message is None or message.channel != channel_id or message.ephemeral:
            raise unknown("Message", 10008)
        return message

    def in_channel(self, channel_id: int) -> list[Message]:
        """Oldest first."""
        return [one for one in self.messages.values() if one.channel == channel_id]

    def bot_permissions(self, channel: Channel) -> int:
        if channel.kind == wire.GROUP_DM:
            return 0
        if channel.guild is None:
            return wire.MEMBER_PERMISSIONS
        guild = self.guilds.get(channel.guild)
        if guild is None or BOT not in guild.members:
            return 0
        parent = self.channels.get(channel.parent or 0)  # threads inherit
        allowed = guild.permissions
        for role in guild.bot_roles:
            allowed |= guild.roles[role]
        return allowed & ~channel.denied & ~(parent.denied if parent else 0)

    def permissions(self, user_id: int, channel: Channel) -> int:
        if user_id == BOT:
            return self.bot_permissions(channel)
        if channel.guild is None:
            return wire.MEMBER_PERMISSIONS
        guild = self.guilds[channel.guild]
        return wire.ALL_PERMISSIONS if guild.owner == user_id else guild.permissions

    def direct_channel(self, user_id: int) -> Channel:
        """The channel of the bot and one person, made on first use."""
        for channel in self.channels.values():
            if channel.person == user_id:
                return channel
        if user_id not in self.users:
            raise unknown("User", 10013)
        channel = Channel(self.new_id(), "", None, wire.DM, person=user_id)
        self.channels[channel.id] = channel
        return channel

    # --- how it looks on the wire

    def iso(self, wall: float) -> str:
        return datetime.fromtimestamp(wall, UTC).isoformat()

    def user_wire(self, user_id: int) -> Json:
        user = self.users[user_id]
        return {
            "id": str(user.id),
            "username": user.name if user.bot else user.name.lower(),
            "discriminator": "4001" if user.bot else "0",
            "global_name": None if user.bot else user.name,
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "clan": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
        } | ({"bot": True} if user.bot else {})

    def me_wire(self) -> Json:
        extra = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}
        return self.user_wire(BOT) | extra

    def member_wire(self, guild: Guild, user_id: int, *, with_user: bool = True) -> Json:
        member: Json = {
            "avatar": None,
            "banner": None,
            "nick": None,
            "roles": [str(one) for one in (BOT_ROLE, *guild.bot_roles) if user_id == BOT],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        return member | ({"user": self.user_wire(user_id)} if with_user else {})

    def roles_wire(self, guild: Guild) -> list[Json]:
        everyone = _role(guild.id, "@everyone", guild.permissions, 0)
        bot = _role(BOT_ROLE, self.users[BOT].name, guild.permissions, 1)
        others = [_role(role, f"role {role}", may, 2) for role, may in guild.roles.items()]
        return [everyone, bot | {"managed": True, "tags": {"bot_id": str(BOT)}}, *others]

    def channel_wire(self, channel: Channel) -> Json:
        if channel.kind == wire.DM:
            assert channel.person is not None
            last = max((one.id for one in self.in_channel(channel.id)), default=None)
            return {
                "id": str(channel.id),
                "type": wire.DM,
                "flags": 0,
                "last_message_id": str(last) if last else None,
                "recipients": [self.user_wire(channel.person)],
            }
        if channel.kind == wire.GROUP_DM:
            return _group_wire(channel)
        return _thread_wire(channel) if channel.kind == wire.THREAD else _guild_channel(channel)

    def guild_wire(self, guild: Guild) -> Json:
        return _GUILD_REST | {
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": str(guild.owner),
            "roles": self.roles_wire(guild),
        }

    def guild_create(self, guild: Guild, *, everybody: bool) -> Json:
        channels = [one for one in self.channels.values() if one.guild == guild.id]
        members = guild.members if everybody else [BOT]
        return self.guild_wire(guild) | {
            "joined_at": "2024-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": len(guild.members),
            "voice_states": [],
            "members": [self.member_wire(guild, one) for one in members],
            "channels": [self.channel_wire(one) for one in channels if one.kind != wire.THREAD],
            "threads": [self.channel_wire(one) for one in channels if one.kind == wire.THREAD],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def message_wire(self, message: Message, *, readable: bool = True, deep: bool = True) -> Json:
        """Discord's message object. Without `readable` (no message content intent) the texts of
        other people's messages are empty, unless they mention the bot or are direct."""
        shown = readable or self._always_readable(message)
        mentioned = [int(one[2:-1]) for one in message.pings if one[2:-1].isdecimal()]
        body: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel),
            "type": message.kind,
            "author": self.user_wire(message.author),
            "content": message.content if shown else "",
            "embeds": message.embeds if shown else [],
            "attachments": message.attachments if shown else [],
            "components": message.components if shown else [],
            "timestamp": self.iso(message.at),
            "edited_timestamp": None if message.edited is None else self.iso(message.edited),
            "tts": False,
            "mention_everyone": "@everyone" in message.pings or "@here" in message.pings,
            "mentions": [self.user_wire(one) for one in mentioned if one in self.users],
            "mention_roles": [one[3:-1] for one in message.pings if one.startswith("<@&")],
            "pinned": False,
            "flags": message.flags,
        }
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if message.interaction is not None:
            body |= self._interaction_fields(message, message.interaction)
        if message.reference is not None:
            body |= self._reference_fields(message.reference, readable=readable, deep=deep)
        return body

    def _always_readable(self, message: Message) -> bool:
        mine = message.author == BOT or f"<@{BOT}>" in message.pings
        return mine or self.channels[message.channel].guild is None

    def _interaction_fields(self, message: Message, interaction: Interaction) -> Json:
        user = self.user_wire(interaction.user)
        head = {"id": str(interaction.id), "type": interaction.kind, "user": user}
        owners = {"authorizing_integration_owners": interaction.owners}
        fields: Json = {
            "webhook_id": str(BOT),
            "application_id": str(BOT),
            "interaction_metadata": head | owners,
        }
        about = fields["interaction_metadata"]
        if interaction.original not in {None, message.id}:
            about["original_response_message_id"] = str(interaction.original)
        elif interaction.kind == wire.COMMAND:
            fields["interaction"] = head | {"name": interaction.name}
        if interaction.source is not None:
            about["interacted_message_id"] = str(interaction.source)
        return fields

    def _reference_fields(self, reference: Json, *, readable: bool, deep: bool) -> Json:
        fields: Json = {"message_reference": reference}
        target = self.messages.get(int(reference["message_id"]))
        if deep and target is None:
            fields["referenced_message"] = None
        elif deep and target is not None:
            found = self.message_wire(target, readable=readable, deep=False)
            fields["referenced_message"] = found
        return fields

    def new_token(self) -> str:
        return secrets.token_urlsafe(48)


def _role(role_id: int, name: str, permissions: int, position: int) -> Json:
    return {
        "id": str(role_id),
        "name": name,
        "description": None,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def _guild_channel(channel: Channel) -> Json:
    deny = {"id": str(BOT), "type": 1, "allow": "0", "deny": str(channel.denied)}
    return {
        "id": str(channel.id),
        "type": channel.kind,
        "flags": 0,
        "guild_id": str(channel.guild),
        "name": channel.name,
        "topic": None,
        "position": 0,
        "nsfw": False,
        "parent_id": None if channel.parent is None else str(channel.parent),
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "permission_overwrites": [deny] if channel.denied else [],
    }


def _group_wire(channel: Channel) -> Json:
    return {
        "id": str(channel.id),
        "type": wire.GROUP_DM,
        "flags": 0,
        "last_message_id": None,
        "recipients": [],
        "name": channel.name,
        "icon": None,
        "owner_id": str(OWNER),
    }


def _thread_wire(channel: Channel) -> Json:
    return {
        "id": str(channel.id),
        "type": channel.kind,
        "flags": 0,
        "guild_id": str(channel.guild),
        "parent_id": str(channel.parent),
        "name": channel.name,
        "owner_id": str(BOT),
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": channel.archived,
            "archive_timestamp": "2024-01-01T00:00:00+00:00",
            "auto_archive_duration": 1440,
            "locked": channel.locked,
            "create_timestamp": "2024-01-01T00:00:00+00:00",
        },
    }


_GUILD_REST: Json = {
    "icon": None,
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "banner": None,
    "features": [],
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 0,
    "explicit_content_filter": 0,
    "mfa_level": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "premium_progress_bar_enabled": False,
    "preferred_locale": "en-US",
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "nsfw": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
    "incidents_data": None,
    "hub_type": None,
    "latest_onboarding_question_id": None,
}
