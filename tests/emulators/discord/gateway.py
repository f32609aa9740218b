"""Discord's gateway: sessions, their events and the websockets that carry them.

Source: https://discord.com/developers/docs/events/gateway
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.emulators.discord import wire
from tests.emulators.discord.limits import Limits, Window
from tests.emulators.discord.rest import application_flags, gateway_url
from tests.emulators.discord.state import BOT, Guild, State
from tests.emulators.discord.wire import AnyJson, Json

HEARTBEAT_SECONDS = 41.25
MISSED_HEARTBEAT = 1.5
REPLAYED_EVENTS = 2000
PAYLOAD_BYTES = 4096
COMPRESSED_FROM = 8192
ENDS_SESSION = {1000, 1001, 4003, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}

Compress = Callable[[str], bytes | str]


def compressor(name: str) -> Compress | None:
    """The transport compression that the client asked for; None where it is not known."""
    if name == "zlib-stream":
        stream = zlib.compressobj()
        return lambda text: stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        return _zstd()
    return None if name else lambda text: text


def _zstd() -> Compress | None:
    with contextlib.suppress(ImportError):
        library = importlib.import_module("compression.zstd")
        new = library.ZstdCompressor()
        return lambda text: new.compress(text.encode(), new.FLUSH_BLOCK)
    with contextlib.suppress(ImportError):
        library = importlib.import_module("zstandard")
        old = library.ZstdCompressor().compressobj()
        flush = library.COMPRESSOBJ_FLUSH_BLOCK
        return lambda text: old.compress(text.encode()) + old.flush(flush)
    return None


@dataclass(slots=True)
class Session:
    """What a client identified as, with the events it may still ask for again."""

    id: str
    intents: int
    shard: tuple[int, int]
    large_threshold: int = 50
    sequence: int = 0
    events: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))
    connection: Connection | None = None

    def dispatch(self, event: str, data: Json) -> None:
        self.sequence += 1
        payload = {"op": wire.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append((self.sequence, payload))
        if self.connection is not None:
            self.connection.send(payload)

    def holds(self, guild: int | None) -> bool:
        """Is this the shard of the guild (direct messages: shard 0)?"""
        number, count = self.shard
        return ((guild or 0) >> 22) % count == number


class Connection:
    """One websocket. What is sent waits in a queue, so that events stay in order."""

    def __init__(
        self, socket: web.WebSocketResponse, compress: Compress, abort: Callable[[], None]
    ) -> None:
        self.socket = socket
        self.abort = abort
        self.session: Session | None = None
        self.payloads_zipped = False
        self.client_code: int | None = None
        self._compress = compress
        self._queue: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()

    def send(self, payload: Json) -> None:
        self._queue.put_nowait(json.dumps(payload, ensure_ascii=False))

    def send_text(self, text: str) -> None:
        self._queue.put_nowait(text)

    def close(self, code: int, reason: str = "") -> None:
        self._queue.put_nowait((code, reason))

    async def write(self) -> None:
        """Send what waits in the queue until told to close."""
        while True:
            item = await self._queue.get()
            if isinstance(item, tuple):
                await self.socket.close(code=item[0], message=item[1].encode())
                return
            await self._send(self._compress(item))

    async def _send(self, data: bytes | str) -> None:
        if isinstance(data, bytes):
            await self.socket.send_bytes(data)
        elif self.payloads_zipped and len(data) > COMPRESSED_FROM:
            await self.socket.send_bytes(zlib.compress(data.encode()))
        else:
            await self.socket.send_str(data)


class CloseGatewayError(Exception):
    """The client did what closes its connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Gateway:
    """All sessions and connections of the emulated gateway."""

    def __init__(self, state: State, limits: Limits, heartbeat_seconds: float) -> None:
        self.state = state
        self.limits = limits
        self.heartbeat_seconds = heartbeat_seconds
        self.acknowledges_heartbeats = True
        self.refused_until = float("-inf")
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.identified: list[Json] = []
        self.received: list[Json] = []
        self.resumed = 0
        self._keys: dict[int, float] = {}
        self.changed: Callable[[], None] = lambda: None
        state.dispatch = self.dispatch

    @property
    def live(self) -> list[Session]:
        return [one for one in self.sessions.values() if one.connection is not None]

    def dispatch(
        self, event: str, data: Json, *, intents: int, channel: int | None, guild: int | None
    ) -> None:
        """Send an event to the sessions that asked for it; 0 intents is for all of them."""
        if channel is not None and not self._sees(channel):
            return
        for session in self.sessions.values():
            if session.holds(guild) and (not intents or session.intents & intents):
                session.dispatch(event, self._seen_by(session, data))
        self.changed()

    def _sees(self, channel: int) -> bool:
        found = self.state.channels[channel]
        return bool(self.state.bot_permissions(found) & wire.VIEW_CHANNEL)

    def _seen_by(self, session: Session, data: Json) -> Json:
        message = self.state.messages.get(int(data.get("id") or 0))
        if "content" not in data or message is None or session.intents & wire.MESSAGE_CONTENT:
            return data
        return data | self.state.message_wire(message, readable=False)

    # --- one connection

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.state.now() < self.refused_until:
            return web.Response(status=503, text="upstream connect error")
        compress = compressor(request.query.get("compress", ""))
        if compress is None or request.query.get("encoding", "json") != "json":
            return web.Response(status=400, text="unsupported compress or encoding")
        socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        assert request.transport is not None
        connection = Connection(socket, compress, request.transport.abort)
        self.connections.append(connection)
        writer = asyncio.create_task(connection.write())
        try:
            await self._converse(connection, request.query.get("v", "10"))
            with contextlib.suppress(ConnectionError):
                await writer
        finally:
            writer.cancel()
            self._gone(connection)
        return socket

    def _gone(self, connection: Connection) -> None:
        self.connections.remove(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            self._end(connection, connection.client_code)
        self.changed()

    def _end(self, connection: Connection, code: int | None) -> None:
        """Forget the session if a close with this code ends it."""
        if code in ENDS_SESSION and connection.session is not None:
            self.sessions.pop(connection.session.id, None)

    async def _converse(self, connection: Connection, version: str) -> None:
        """Read until one side closes; the writer sends the close frame."""
        try:
            if version not in {"9", "10"}:
                raise CloseGatewayError(4012, "Invalid API version.")
            interval = int(self.heartbeat_seconds * 1000)
            connection.send({"op": wire.HELLO, "s": None, "t": None} | {"d": _hello(interval)})
            await self._listen(connection)
        except CloseGatewayError as error:
            self._end(connection, error.code)
            connection.close(error.code, error.reason)

    async def _listen(self, connection: Connection) -> None:
        loop, sends = asyncio.get_running_loop(), Window()
        patience = self.heartbeat_seconds * MISSED_HEARTBEAT
        deadline = loop.time() + patience
        while True:
            payload = await _receive(connection, deadline - loop.time())
            if payload is None:
                connection.close(1000)
                return
            if not sends.take(self.limits.gateway_sends, self.state.now()):
                raise CloseGatewayError(4008, "Rate limited.")
            if payload["op"] == wire.HEARTBEAT:
                deadline = loop.time() + patience
            self.received.append(payload)
            self._take(connection, payload)
            self.changed()

    def _take(self, connection: Connection, payload: Json) -> None:
        op, data = payload["op"], payload.get("d")
        if op == wire.HEARTBEAT:
            if self.acknowledges_heartbeats:
                connection.send({"op": wire.HEARTBEAT_ACK, "s": None, "t": None, "d": None})
        elif op == wire.IDENTIFY:
            self._identify(connection, data)
        elif op == wire.RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            raise CloseGatewayError(4003, "Not authenticated.")
        elif op == wire.REQUEST_MEMBERS:
            self._send_members(connection.session, data)
        elif op not in {wire.PRESENCE, wire.VOICE_STATE, wire.REQUEST_SOUNDBOARD, 43}:
            raise CloseGatewayError(4001, "Unknown opcode.")

    # --- identify and resume

    def _identify(self, connection: Connection, data: AnyJson) -> None:
        if connection.session is not None:
            raise CloseGatewayError(4005, "Already authenticated.")
        _check_identify(data, self.state)
        shard = tuple(data.get("shard") or (0, 1))
        session = Session(secrets.token_hex(16), data["intents"], (shard[0], shard[1]))
        session.large_threshold = data.get("large_threshold") or 50
        connection.payloads_zipped = bool(data.get("compress"))
        self.identified.append(data)
        if self._too_soon(session):
            connection.send({"op": wire.INVALID_SESSION, "s": None, "t": None, "d": False})
            return
        self._join(connection, session)
        session.dispatch("READY", self._ready(session))
        for guild in self._guilds(session) if session.intents & wire.GUILDS else []:
            session.dispatch("GUILD_CREATE", self._guild_create(session, guild))

    def _too_soon(self, session: Session) -> bool:
        """Have `max_concurrency` shards (those of the same key: one) identified just now?

        https://discord.com/developers/docs/events/gateway#sharding-max-concurrency
        """
        key, now = session.shard[0] % self.state.max_concurrency, self.state.now()
        if self.limits.identify_seconds > now - self._keys.get(key, float("-inf")):
            return True
        self._keys[key] = now
        return False

    def _join(self, connection: Connection, session: Session) -> None:
        self.sessions[session.id] = session
        connection.session, session.connection = session, connection

    def _guilds(self, session: Session) -> list[Guild]:
        guilds = self.state.guilds.values()
        return [one for one in guilds if session.holds(one.id) and BOT in one.members]

    def _ready(self, session: Session) -> Json:
        state = self.state
        return {
            "v": 10,
            "user_settings": {},
            "user": state.me_wire(),
            "session_type": "normal",
            "session_id": session.id,
            "resume_gateway_url": gateway_url(state),
            "relationships": [],
            "private_channels": [],
            "presences": [],
            "guild_join_requests": [],
            "guilds": [{"id": str(one.id), "unavailable": True} for one in self._guilds(session)],
            "geo_ordered_rtc_regions": [],
            "auth": {},
            "application": {"id": str(BOT), "flags": application_flags(state.privileged)},
            "shard": list(session.shard),
            "_trace": [],
        }

    def _guild_create(self, session: Session, guild: Guild) -> Json:
        both = wire.GUILD_MEMBERS | wire.GUILD_PRESENCES
        small = len(guild.members) <= session.large_threshold
        everybody = session.intents & both == both and small
        return self.state.guild_create(guild, everybody=everybody)

    def _resume(self, connection: Connection, data: AnyJson) -> None:
        if connection.session is not None:
            raise CloseGatewayError(4005, "Already authenticated.")
        if not isinstance(data, dict) or data.get("token") != self.state.token:
            raise CloseGatewayError(4004, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None or not isinstance(sequence, int):
            connection.send({"op": wire.INVALID_SESSION, "s": None, "t": None, "d": False})
            return
        if sequence > session.sequence:
            raise CloseGatewayError(4007, "Invalid seq.")
        self._join(connection, session)
        for number, payload in session.events:
            if number > sequence:
                connection.send(payload)
        self.resumed += 1
        session.dispatch("RESUMED", {"_trace": []})

    def _send_members(self, session: Session, data: AnyJson) -> None:
        guild = self.state.guilds[int(data["guild_id"])]
        wanted = data.get("user_ids")
        ids = [int(one) for one in ([wanted] if isinstance(wanted, str) else wanted or [])]
        if not ids and not session.intents & wire.GUILD_MEMBERS and not data.get("query"):
            return
        query = str(data.get("query") or "").lower()
        found = [one for one in guild.members if one in ids or not ids]
        found = [one for one in found if self.state.users[one].name.lower().startswith(query)]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [self.state.member_wire(guild, one) for one in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in ids if one not in guild.members],
        }
        session.dispatch(
            "GUILD_MEMBERS_CHUNK", chunk | ({"nonce": data["nonce"]} if data.get("nonce") else {})
        )

    # --- faults

    def close_all(self, code: int) -> None:
        for connection in list(self.connections):
            self._end(connection, code)
            connection.close(code, "Emulated")

    def abort_all(self) -> None:
        for connection in list(self.connections):
            connection.abort()

    def send_all(self, payload: Json) -> None:
        for connection in list(self.connections):
            connection.send(payload)

    def invalidate(self, *, resumable: bool) -> None:
        if not resumable:
            self.sessions.clear()
        self.send_all({"op": wire.INVALID_SESSION, "s": None, "t": None, "d": resumable})


def _hello(interval: int) -> Json:
    return {"heartbeat_interval": interval, "_trace": []}


async def _receive(connection: Connection, seconds: float) -> Json | None:
    """One payload, or None when the client has gone."""
    try:
        async with asyncio.timeout(seconds):
            message = await connection.socket.receive()
    except TimeoutError:
        raise CloseGatewayError(4009, "Session timed out.") from None
    if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
        connection.client_code = message.data if message.type is WSMsgType.CLOSE else None
        return None
    if len(message.data) > PAYLOAD_BYTES:
        raise CloseGatewayError(4002, "Error while decoding payload.")
    try:
        payload: Json = json.loads(message.data)
        payload["op"] = int(payload["op"])
    except (ValueError, TypeError, KeyError):
        raise CloseGatewayError(4002, "Error while decoding payload.") from None
    return payload


def _check_identify(data: AnyJson, state: State) -> None:
    if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
        raise CloseGatewayError(4002, "Error while decoding payload.")
    if data.get("token") != state.token:
        raise CloseGatewayError(4004, "Authentication failed.")
    intents = data.get("intents")
    if not isinstance(intents, int) or intents & ~wire.KNOWN_INTENTS:
        raise CloseGatewayError(4013, "Invalid intent(s).")
    if intents & wire.PRIVILEGED & ~state.privileged:
        raise CloseGatewayError(4014, "Disallowed intent(s).")
    number, count = tuple(data.get("shard") or (0, 1))
    if not 0 <= number < count:
        raise CloseGatewayError(4010, "Invalid shard.")
    if count < state.shards:  # in truth, from 2,500 servers a shard on
        raise CloseGatewayError(4011, "Sharding required.")
