"""DiscordEmulator: the emulated Discord as a server on 127.0.0.1, and what tests do with it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.emulators import discord_specs
from tests.emulators.discord import messages, people, rest, rules, wire
from tests.emulators.discord.faults import Fault, FaultPlan
from tests.emulators.discord.gateway import HEARTBEAT_SECONDS, Gateway
from tests.emulators.discord.limits import DEFAULT_LIMITS, NO_LIMITS, Limits, Meter
from tests.emulators.discord.state import (
    BOT,
    BOT_ROLE,
    CHANNEL,
    GUILD,
    OWNER,
    Channel,
    Guild,
    Interaction,
    Message,
    State,
    User,
    Violation,
)
from tests.emulators.discord.wire import AnyJson, ApiError, Call, Json

TOKEN = "EMULATOR.DISCORD.TOKEN"
API = "/api/v{version:\\d+}/{path:.*}"
UPLOAD_BYTES = 120 * 1024 * 1024
UNCOUNTED = ("/interactions/", "/webhooks/")


@dataclass(frozen=True, slots=True)
class Posted:
    """One message of the bot as a reader finds it. `pings` are mentions ("@everyone", "<@3001>")
    that alert somebody; `buttons` are rows of labels; `at` is seconds since 1970."""

    message_id: int
    channel: int
    content: str
    embeds: list[Json]
    buttons: tuple[tuple[str, ...], ...]
    ephemeral: bool
    interaction_id: int | None
    nonce: str | None
    pings: list[str]
    edited: bool
    files: dict[str, bytes]
    at: float


class DiscordEmulator:
    """A Discord for tests: gateway and HTTP API on one port of 127.0.0.1.

    It starts with the server 1001 ("Newsroom") whose owner is user 3001 ("Ada"), its text channel
    2001 ("news"), and the bot 4001. `limits=None` lifts the rate limits. `privileged_intents`
    are those switched on for the application; a new application has none. `validate=False` leaves
    out the check against Discord's OpenAPI document, which costs 2 ms a message. `shards` is what
    `GET /gateway/bot` recommends, and the fewest that are taken.
    """

    def __init__(
        self,
        token: str = TOKEN,
        limits: Limits | None = DEFAULT_LIMITS,
        port: int = 0,
        *,
        privileged_intents: int = 0,
        validate: bool = True,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        shards: int = 1,
        max_concurrency: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = State(token, privileged_intents, clock)
        self.state.shards, self.state.max_concurrency = shards, max_concurrency
        self.gateway = Gateway(self.state, limits or NO_LIMITS, heartbeat_seconds)
        self.gateway.changed = self._notify
        self.faults = FaultPlan()
        self.spec = discord_specs.load() if validate else None
        self._meter = Meter(limits or NO_LIMITS)
        self._changed = asyncio.Event()
        self._port = port
        self._runner: web.AppRunner | None = None

    # --- start and stop

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=UPLOAD_BYTES)
        app.router.add_get("/", self.gateway.serve)
        app.router.add_route("*", API, self._rest)
        app.router.add_get("/attachments/{channel}/{message}/{name}", self._attachment)
        app.router.add_get("/ephemeral-attachments/{number}/{name}", self._upload)
        self.extend(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.state.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    def extend(self, app: web.Application) -> None:
        """Where a subclass adds routes of its own."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gateway.close_all(1001)
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.state.base_url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return rest.gateway_url(self.state)

    # --- what happened

    @property
    def commands(self) -> list[Json]:
        """The registered global commands."""
        return [one for one in self.state.commands.values() if "guild_id" not in one]

    @property
    def requests(self) -> list[tuple[str, str, Any]]:
        """(method, path below /api/v10, JSON body) of every request, as received."""
        return self.state.requests

    @property
    def acks(self) -> dict[int, float]:
        """Interaction id -> seconds until it was acknowledged."""
        return self.state.acks

    @property
    def violations(self) -> list[Violation]:
        return self.state.violations

    @property
    def validates(self) -> bool:
        """Is Discord's OpenAPI document at hand?"""
        return self.spec is not None

    def posted(self, channel: int | None = CHANNEL) -> list[Posted]:
        """The bot's messages in a channel (None: in all), oldest first, without those that still
        say "thinking"."""
        return [
            _posted(one)
            for one in self.state.messages.values()
            if one.author == BOT and not one.thinking and channel in {None, one.channel}
        ]

    def thinking(self, channel: int = CHANNEL) -> int:
        """How many deferred replies still wait to be filled."""
        return sum(one.thinking for one in self.state.in_channel(channel))

    def dm_channel(self, user: int = OWNER) -> int:
        """The channel of the bot and one person."""
        return self.state.direct_channel(user).id

    # --- waiting

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_until(
        self,
        condition: Callable[[], bool],
        timeout: float = 10,  # noqa: ASYNC109 - a deadline told in words is worth the argument
        what: str = "the condition",
    ) -> None:
        """Wait for a change of the emulator that makes the condition true; TimeoutError."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._changed.wait()
        except TimeoutError:
            last = [f"{method} {path}" for method, path, _ in self.requests[-5:]]
            message = f"waited {timeout} s for {what}; last requests: {', '.join(last) or 'none'}"
            raise TimeoutError(message) from None

    async def ready(self, timeout: float = 10) -> None:  # noqa: ASYNC109 - as wait_until
        """Wait until a client has identified (or resumed) and holds a session."""
        await self.wait_until(lambda: bool(self.gateway.live), timeout, "a client to identify")

    async def wait_for_commands(self, timeout: float = 10) -> list[Json]:  # noqa: ASYNC109
        """Wait until commands were registered."""
        await self.wait_until(lambda: self.state.commands_set, timeout, "commands")
        return self.commands

    async def wait_for_post(
        self,
        channel: int | None = CHANNEL,
        count: int = 1,
        timeout: float = 10,  # noqa: ASYNC109 - as wait_until
    ) -> list[Posted]:
        """Wait until the bot has posted so many messages there; all of them."""
        what = f"{count} message(s) in channel {channel}"
        await self.wait_until(lambda: len(self.posted(channel)) >= count, timeout, what)
        return self.posted(channel)

    # --- what people do

    async def say(
        self,
        text: str,
        channel: int = CHANNEL,
        user: int = OWNER,
        reply_to: int | None = None,
        *,
        files: Mapping[str, bytes] | None = None,
    ) -> int:
        """A person's plain message, with files by their names; its id."""
        message = messages.blank(self.state, channel, user)
        message.content = text.strip()
        sent = {f"files[{n}]": one for n, one in enumerate((files or {}).items())}
        messages.attach(self.state, message, None, sent)
        replied_to: int | None = None
        if reply_to is not None:
            place = self.state.channels[channel]
            message.kind, replied_to = 19, self.state.messages[reply_to].author
            message.reference = messages.reference_to(self.state, place, reply_to)
        message.pings = rules.pings(text, None, replied_to)
        messages.store(self.state, message)
        return message.id

    async def slash(
        self,
        command: str,
        options: Mapping[str, Any] | None = None,
        channel: int = CHANNEL,
        user: int = OWNER,
        *,
        permissions: int | None = None,
        locale: str = "en-US",
        dm: bool = False,
        has_app: bool = False,
    ) -> int:
        """A person's slash command ("brief", "subscribe add"); the interaction's id.

        `permissions` replaces what the person may do here. The value of a file's option is its
        name and content. With `has_app` the person has installed the bot for their own use, and
        has it where it is no member. NotOfferedError where the app would not let the person send
        this.
        """
        options = {
            key: self.state.upload(*value) if isinstance(value, tuple) else value
            for key, value in (options or {}).items()
        }
        where = self.dm_channel(user) if dm else channel
        person = self._person(where, user, permissions, locale, has_app=has_app)
        name, *words = command.removeprefix("/").split(" ")
        found = people.find_command(self.state, wire.CHAT_INPUT, name, person)
        data = people.command_data(self.state, found, words, options)
        return self._interact(wire.COMMAND, person, data).id

    async def menu(
        self,
        command: str,
        message_id: int,
        channel: int = CHANNEL,
        user: int = OWNER,
        *,
        permissions: int | None = None,
        locale: str = "en-US",
        has_app: bool = False,
    ) -> int:
        """A command from a message's context menu; the interaction's id."""
        person = self._person(channel, user, permissions, locale, has_app=has_app)
        found = people.find_command(self.state, wire.MESSAGE_MENU, command, person)
        data = people.menu_data(self.state, found, self.state.messages[message_id])
        return self._interact(wire.COMMAND, person, data).id

    async def autocomplete(
        self,
        command: str,
        options: Mapping[str, Any],
        focused: str,
        channel: int = CHANNEL,
        user: int = OWNER,
        *,
        locale: str = "en-US",
    ) -> list[Json]:
        """What the app suggests while a person types; TimeoutError after Discord's 3 seconds."""
        person = self._person(channel, user, None, locale)
        name, *words = command.removeprefix("/").split(" ")
        found = people.find_command(self.state, wire.CHAT_INPUT, name, person)
        data = people.focused_data(self.state, found, words, options, focused)
        made = self._interact(wire.AUTOCOMPLETE, person, data)
        await self.wait_until(lambda: made.choices is not None, 3, "suggestions")
        return made.choices or []

    async def press(
        self,
        message_id: int,
        button: str,
        channel: int = CHANNEL,
        user: int = OWNER,
        *,
        permissions: int | None = None,
        locale: str = "en-US",
        has_app: bool = False,
    ) -> int:
        """A person presses a button; the interaction's id."""
        message = self._message_in(message_id, channel)
        part = people.find_button(message, button)
        data = {"component_type": rules.BUTTON, "custom_id": part["custom_id"], "id": part["id"]}
        person = self._person(channel, user, permissions, locale, has_app=has_app)
        return self._interact(wire.COMPONENT, person, data, message).id

    async def choose(
        self, message_id: int, values: list[str], channel: int = CHANNEL, user: int = OWNER
    ) -> int:
        """A person picks values (or labels) of a select menu; the interaction's id."""
        message = self._message_in(message_id, channel)
        part = people.find_select(message, values)
        names = ("custom_id", "id", "values")
        data = {"component_type": part["type"]} | {name: part[name] for name in names}
        person = self._person(channel, user, None, "en-US")
        return self._interact(wire.COMPONENT, person, data, message).id

    def _message_in(self, message_id: int, channel: int) -> Message:
        message = self.state.messages.get(message_id)
        if message is None or message.channel != channel:
            raise people.NotOfferedError(f"no message {message_id} in channel {channel}")
        return message

    def _person(
        self,
        channel: int,
        user: int,
        permissions: int | None,
        locale: str,
        *,
        has_app: bool = False,
    ) -> people.Person:
        place = self.state.channels[channel]
        usual = self.state.permissions(user, place)
        may = usual if permissions is None else permissions
        return people.Person(user, place, may, locale, has_app=has_app)

    def _interact(
        self, kind: int, person: people.Person, data: Json, source: Message | None = None
    ) -> Interaction:
        state, place = self.state, person.place
        made = Interaction(state.new_id(), state.new_token(), kind, place.id, person.user)
        made.created = state.now()
        made.name = data.get("name", "")
        made.command_kind = data.get("type", wire.CHAT_INPUT)
        made.source = None if source is None else source.id
        made.owners = people.owners(state, person)
        state.interactions[made.token] = made
        body = people.interaction_wire(state, made, data, person, source)
        state.dispatch("INTERACTION_CREATE", body, intents=0, channel=None, guild=place.guild)
        return made

    # --- the world

    def add_user(self, user: int, name: str, *, guild: int | None = GUILD) -> None:
        """A further person, member of a server unless `guild` is None."""
        self.state.users[user] = User(user, name)
        if guild is not None:
            self.state.guilds[guild].members.append(user)

    def add_channel(self, channel: int, name: str, *, guild: int = GUILD, denied: int = 0) -> None:
        """A further text channel; `denied` are permissions that the bot lacks there."""
        self.state.channels[channel] = Channel(channel, name, guild, denied=denied)
        self._tell_channel("CHANNEL_CREATE", self.state.channels[channel])

    def deny(self, channel: int, permissions: int) -> None:
        """Take permissions in a channel from the bot (0 gives all back)."""
        self.state.channels[channel].denied = permissions
        self._tell_channel("CHANNEL_UPDATE", self.state.channels[channel])

    def delete_channel(self, channel: int) -> None:
        found = self.state.channels[channel]
        self._tell_channel("CHANNEL_DELETE", found)
        for message in self.state.in_channel(channel):
            del self.state.messages[message.id]
        del self.state.channels[channel]

    def add_guild(self, guild: int, name: str, owner: int = OWNER) -> None:
        """A further server that the bot is in."""
        made = self.state.guilds[guild] = Guild(guild, name, owner, [owner, BOT])
        data = self.state.guild_create(made, everybody=False)
        self.state.dispatch("GUILD_CREATE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def kick(self, guild: int = GUILD) -> None:
        """Remove the bot from a server."""
        self.state.guilds[guild].members.remove(BOT)
        data: Json = {"id": str(guild)}
        self.state.dispatch("GUILD_DELETE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def invite(self, guild: int = GUILD) -> None:
        """Let the bot into a server again."""
        self.state.guilds[guild].members.append(BOT)
        data = self.state.guild_create(self.state.guilds[guild], everybody=False)
        del data["unavailable"]  # so the library tells a server that was joined from an outage
        self.state.dispatch("GUILD_CREATE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def allow_everyone(self, permissions: int, guild: int = GUILD) -> None:
        """Change what everyone may do in a server; the bot's own role allows the same."""
        self.state.guilds[guild].permissions = permissions
        for role in (guild, BOT_ROLE):
            self._tell_role("GUILD_ROLE_UPDATE", guild, role)

    def add_role(self, role: int, permissions: int, guild: int = GUILD) -> None:
        """A further role in a server, which nobody has yet."""
        self.state.guilds[guild].roles[role] = permissions
        self._tell_role("GUILD_ROLE_CREATE", guild, role)

    def change_role(self, role: int, permissions: int, guild: int = GUILD) -> None:
        """Change what a role allows."""
        self.state.guilds[guild].roles[role] = permissions
        self._tell_role("GUILD_ROLE_UPDATE", guild, role)

    def give_role(self, role: int, guild: int = GUILD) -> None:
        """Give the bot a role."""
        self.state.guilds[guild].bot_roles.append(role)
        self._tell_bot(guild)

    def take_role(self, role: int, guild: int = GUILD) -> None:
        """Take a role from the bot."""
        self.state.guilds[guild].bot_roles.remove(role)
        self._tell_bot(guild)

    def _tell_role(self, event: str, guild: int, role: int) -> None:
        [told] = [
            one for one in self.state.roles_wire(self.state.guilds[guild]) if one["id"] == str(role)
        ]
        data: Json = {"guild_id": str(guild), "role": told}
        self.state.dispatch(event, data, intents=wire.GUILDS, channel=None, guild=guild)

    def _tell_bot(self, guild: int) -> None:
        """A bot hears of itself whatever its intents.

        https://discord.com/developers/docs/events/gateway#gateway-intents-caveats
        """
        data = self.state.member_wire(self.state.guilds[guild], BOT) | {"guild_id": str(guild)}
        self.state.dispatch("GUILD_MEMBER_UPDATE", data, intents=0, channel=None, guild=guild)

    def outage(self, guild: int = GUILD) -> None:
        """A server is unavailable: the bot has not left it."""
        data: Json = {"id": str(guild), "unavailable": True}
        self.state.dispatch("GUILD_DELETE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def outage_over(self, guild: int = GUILD) -> None:
        """The server is available again."""
        data = self.state.guild_create(self.state.guilds[guild], everybody=False)
        self.state.dispatch("GUILD_CREATE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def archive_thread(self, thread: int, *, locked: bool = False) -> None:
        """Put a thread away; a locked one is opened again by nobody who may not manage it."""
        found = self.state.channels[thread]
        found.archived, found.locked = True, locked
        self._tell_channel("THREAD_UPDATE", found)

    def lock_thread(self, thread: int, *, locked: bool = True) -> None:
        """Let nobody write in a thread but those who manage it."""
        found = self.state.channels[thread]
        found.archived = found.locked = locked
        self._tell_channel("THREAD_UPDATE", found)

    def add_forum(self, channel: int, name: str, *, guild: int = GUILD) -> None:
        """A channel that holds nothing but threads."""
        self.state.channels[channel] = Channel(channel, name, guild, wire.FORUM)
        self._tell_channel("CHANNEL_CREATE", self.state.channels[channel])

    def add_group(self, channel: int, name: str) -> None:
        """A conversation between people, of which the bot is none."""
        self.state.channels[channel] = Channel(channel, name, None, wire.GROUP_DM)

    def allow_command(
        self, command: str, user: int, *, allowed: bool = True, guild: int = GUILD
    ) -> None:
        """An administrator lets a person use a command, or not; user `guild` is everyone."""
        found = next(one for one in self.commands if one["name"] == command)
        kind = 1 if user == guild else 2
        settings = self.state.command_permissions.setdefault(guild, {})
        told = settings.setdefault(int(found["id"]), [])
        told.append({"id": str(user), "type": kind, "permission": allowed})

    def delete_thread(self, thread: int) -> None:
        """Delete a thread."""
        found = self.state.channels.pop(thread)
        names = ("id", "guild_id", "parent_id", "type")
        data = {name: self.state.channel_wire(found)[name] for name in names}
        guild = found.guild
        self.state.dispatch("THREAD_DELETE", data, intents=wire.GUILDS, channel=None, guild=guild)

    def open_thread(self, name: str, channel: int = CHANNEL) -> int:
        """Somebody opens a thread; its id."""
        parent = self.state.channels[channel]
        thread = Channel(self.state.new_id(), name, parent.guild, wire.THREAD, parent=channel)
        self.state.channels[thread.id] = thread
        self._tell_channel("THREAD_CREATE", thread)
        return thread.id

    def repeat(self, event: str) -> None:
        """Send the first event of a kind once more, as a resumed session may."""
        for session in self.gateway.live:
            found = next(one for _, one in session.events if one["t"] == event)
            session.dispatch(event, found["d"])

    def close_dms(self, user: int = OWNER) -> None:
        """This person takes no direct messages any more (50007)."""
        self.state.users[user].dms_open = False

    def _tell_channel(self, event: str, channel: Channel) -> None:
        data = self.state.channel_wire(channel)
        guild = channel.guild
        self.state.dispatch(event, data, intents=wire.GUILDS, channel=None, guild=guild)

    def advance(self, seconds: float) -> None:
        """Let time pass for deadlines, tokens and rate limits."""
        self.state.advance(seconds)

    # --- faults

    def fail_next(self, method: str, route: str, fault: Fault, times: int = 1) -> None:
        """The next requests to a route fail: "/channels/{channel_id}/messages", or with `*`."""
        self.faults.add(method, route, fault, times)

    def close_gateway(self, code: int = 4000) -> None:
        """Close every gateway connection with a code."""
        self.gateway.close_all(code)

    def drop_gateway(self) -> None:
        """End every gateway connection without a close frame."""
        self.gateway.abort_all()

    def reconnect(self) -> None:
        """Ask clients to reconnect and resume (opcode 7)."""
        self.gateway.send_all({"op": wire.RECONNECT, "s": None, "t": None, "d": None})

    def invalidate(self, resumable: bool = False) -> None:  # noqa: FBT001, FBT002 - as in the plan
        """Tell clients that their session is invalid (opcode 9)."""
        self.gateway.invalidate(resumable=resumable)

    def refuse_gateway(self, seconds: float) -> None:
        """Answer gateway connections with 503 for so long; 0 ends it."""
        self.gateway.refused_until = self.state.now() + seconds

    def mute_heartbeats(self, muted: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """Leave heartbeats without acknowledgement: a zombie connection."""
        self.gateway.acknowledges_heartbeats = not muted

    def malformed_event(self, event: str = "MESSAGE_CREATE", data: AnyJson = None) -> None:
        """Send an event without the fields that it must have."""
        self.state.dispatch(event, data or {"id": "1"}, intents=0, channel=None, guild=None)

    # --- HTTP

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        try:
            call = await read_call(request)
        except ApiError as error:
            return _response(error.status, error.body, {})
        self.state.requests.append((call.method, call.path, call.body))
        try:
            fault = self.faults.take(call)
            if fault is not None:
                return await self._fail(request, call, fault)
            return _response(*self._answer(call))
        finally:
            self._notify()

    async def _fail(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        if fault.after_commit:
            self._answer(call)
            self._notify()
        if fault.hang_seconds:
            await asyncio.sleep(fault.hang_seconds)
        if fault.drop and request.transport is not None:
            request.transport.abort()
        return _response(*fault.answer())

    def _answer(self, call: Call) -> tuple[int, Any, dict[str, str]]:
        headers: dict[str, str] = {}
        try:
            template, ids, handler = self._find(call)
            call = dataclasses.replace(call, ids=ids)
            self._authorize(call)
            verdict = self._meter.take(
                call.method,
                template,
                _major(ids),
                self.state.now(),
                self.state.wall(),
                counted=not call.path.startswith(UNCOUNTED),
            )
            # Clients complain of a bucket on the callback of an interaction: it has none.
            headers = {} if call.path.startswith("/interactions/") else verdict.headers
            if not verdict.passed:
                return 429, verdict.body, headers
            self._validate(call)
            return (*handler(self.state, call), headers)
        except ApiError as error:
            return error.status, error.body, headers
        except Exception:  # noqa: BLE001 - a fault of the emulator must be seen, not hang a client
            return (*self._stumble(call), headers)

    def _stumble(self, call: Call) -> tuple[int, Json]:
        """A body of another shape than Discord's stops a handler; anything else is our fault."""
        if self._problems(call):
            return 400, {"message": "Invalid Form Body", "code": wire.INVALID_FORM}
        self._violation(call, f"the emulator failed: {traceback.format_exc()}")
        return 500, {"message": "500: Internal Server Error", "code": 0}

    def _find(self, call: Call) -> tuple[str, dict[str, str], rest.Handler]:
        try:
            return rest.find(call.method, call.path)
        except ApiError:
            documented = self.spec is not None and self.spec.knows(call.method, call.path)
            self._violation(call, "not emulated" if documented else "unknown route")
            raise

    def _authorize(self, call: Call) -> None:
        if call.path == "/gateway" or call.path.startswith(UNCOUNTED):
            return
        if call.headers.get("Authorization") != f"Bot {self.state.token}":
            raise ApiError(401, 0, "401: Unauthorized")

    def _validate(self, call: Call) -> None:
        for problem in self._problems(call):
            self._violation(call, problem)

    def _problems(self, call: Call) -> list[str]:
        if self.spec is None or call.method in {"GET", "DELETE"}:
            return []
        return self.spec.problems(call.method, call.path, call.body)

    def _violation(self, call: Call, problem: str) -> None:
        self.state.violations.append(Violation(call.method, call.path, problem))

    async def _attachment(self, request: web.Request) -> web.Response:
        message = self.state.messages.get(int(request.match_info["message"]))
        content = message.files.get(request.match_info["name"]) if message else None
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content)

    async def _upload(self, request: web.Request) -> web.Response:
        self.state.downloads.append(request.path)
        found = self.state.uploads.get(int(request.match_info["number"]))
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[1])


def _major(ids: dict[str, str]) -> str:
    names = ("channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_token")
    return "/".join(ids[name] for name in names if name in ids)


def _response(status: int, body: AnyJson, headers: dict[str, str]) -> web.Response:
    """Exactly `application/json`, and the `Via` header that Discord's proxy adds."""
    headers = headers | {"Via": "1.1 google"}
    if body is None:
        return web.Response(status=status, headers=headers)
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=text.encode(), headers=headers)


async def read_call(request: web.Request) -> Call:
    """Read a request whole: JSON, or a form with `payload_json` and `files[n]`."""
    path = "/" + request.match_info["path"]
    body: Any = None
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "multipart/form-data":
        body, files = await _read_form(request)
    elif request.body_exists:
        body = _parse(await request.text())
    headers = {name: value for name, value in request.headers.items()}  # noqa: C416 - a multidict
    return Call(request.method, path, dict(request.query), body, files, headers)


async def _read_form(request: web.Request) -> tuple[Any, dict[str, tuple[str, bytes]]]:
    fields: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            fields[name] = value
    payload = fields.pop("payload_json", None)
    return (fields if payload is None else _parse(payload)), files


def _parse(text: str) -> AnyJson:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None


def _posted(message: Message) -> Posted:
    interaction = message.interaction
    return Posted(
        message_id=message.id,
        channel=message.channel,
        content=message.content,
        embeds=message.embeds,
        buttons=people.labels(message.components),
        ephemeral=message.ephemeral,
        interaction_id=None if interaction is None else interaction.id,
        nonce=None if message.nonce is None else str(message.nonce),
        pings=message.pings,
        edited=message.edited is not None,
        files=message.files,
        at=message.at,
    )
