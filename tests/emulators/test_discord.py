"""The Discord emulator on the wire, with a plain HTTP client and with discord.py unchanged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import warnings
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import yarl
from aiohttp import ClientSession, ClientWebSocketResponse, FormData

from tests.emulators import discord_page
from tests.emulators.discord import (
    TOKEN,
    Budget,
    DiscordEmulator,
    Fault,
    Limits,
    NotOfferedError,
    wire,
)
from tests.emulators.discord.control import ControlledEmulator
from tests.emulators.discord.wire import AnyJson

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.11 and 3.12 deprecate
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import discord
    from discord import app_commands

HEADERS = {"Authorization": f"Bot {TOKEN}", "User-Agent": "DiscordBot (https://example.org, 1)"}
INTENTS = wire.GUILDS | wire.GUILD_MESSAGES | wire.DIRECT_MESSAGES
BRIEF: dict[str, Any] = {
    "name": "brief",
    "description": "Today's briefing",
    "options": [{"type": 3, "name": "link", "description": "An article"}],
}


@pytest.fixture
async def emulator() -> AsyncIterator[DiscordEmulator]:
    async with DiscordEmulator(limits=None) as started:
        yield started


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(headers=HEADERS) as session:
        yield session


async def call(
    http: ClientSession, emulator: DiscordEmulator, request: str, body: AnyJson = None
) -> tuple[int, Any]:
    """`"POST /channels/2001/messages"` -> status and JSON."""
    method, path = request.split(" ")
    sent = {} if body is None else {"json": body}
    async with http.request(method, emulator.api_url + path, **sent) as response:
        text = await response.text()
        return response.status, json.loads(text) if text else None


# --- discord.py


@contextlib.asynccontextmanager
async def echo_bot(
    emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[discord.Client]:
    """A bot of discord.py with one command, pointed at the emulator by its two seams."""
    monkeypatch.setattr("discord.http.Route.BASE", emulator.api_url)
    gateway = yarl.URL(emulator.gateway_url)
    monkeypatch.setattr("discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY", gateway)
    client = discord.Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0)
    tree = app_commands.CommandTree(client)

    @tree.command(name="echo", description="Says it again")
    async def echo(interaction: discord.Interaction, words: str) -> None:
        await interaction.response.defer()
        await interaction.followup.send(words, embed=discord.Embed(title="Echo"))

    async def sync() -> None:
        await tree.sync()

    client.setup_hook = sync  # type: ignore[method-assign] # the documented way is a subclass
    async with client:
        running = asyncio.create_task(client.start(TOKEN))
        try:
            yield client
        finally:
            await client.close()
            await running


async def test_discord_py_answers_a_slash_command(
    emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with echo_bot(emulator, monkeypatch):
        await emulator.wait_for_commands()
        await emulator.ready()
        made = await emulator.slash("echo", {"words": "hello"})
        posted = await emulator.wait_for_post()
    assert [one.content for one in posted] == ["hello"]
    assert posted[0].interaction_id == made
    assert posted[0].embeds[0]["title"] == "Echo"
    assert emulator.acks[made] < 3
    assert emulator.violations == []


async def test_discord_py_resumes_after_a_reconnect(
    emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with echo_bot(emulator, monkeypatch):
        await emulator.wait_for_commands()
        await emulator.ready()
        emulator.reconnect()
        await emulator.wait_until(lambda: emulator.gateway.resumed == 1)
        await emulator.slash("echo", {"words": "still here"})
        posted = await emulator.wait_for_post()
    assert posted[0].content == "still here"


# --- the HTTP API


async def test_a_request_without_the_token_is_unauthorized(emulator: DiscordEmulator) -> None:
    async with ClientSession() as http, http.get(f"{emulator.api_url}/users/@me") as response:
        assert response.status == 401
        assert await response.json() == {"message": "401: Unauthorized", "code": 0}


async def test_an_answer_is_json_of_exactly_that_type(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with http.get(f"{emulator.api_url}/users/@me") as response:
        assert response.headers["Content-Type"] == "application/json"
        assert "Via" in response.headers
        assert (await response.json())["id"] == "4001"


async def test_an_unknown_route_is_a_404_and_recorded(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    status, body = await call(http, emulator, "GET /nowhere")
    assert (status, body) == (404, {"message": "404: Not Found", "code": 0})
    assert [one.problem for one in emulator.violations] == ["unknown route"]


async def test_a_body_that_is_not_json_is_told_so(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    url = f"{emulator.api_url}/channels/2001/messages"
    async with http.post(url, data="{", headers={"Content-Type": "application/json"}) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


def buttons(count: int, **changes: AnyJson) -> dict[str, Any]:
    """One row of so many buttons."""
    one = {"type": 2, "style": 1, "label": "More"} | changes
    return {"type": 1, "components": [{"custom_id": str(n)} | one for n in range(count)]}


LONGEST: list[dict[str, Any]] = [
    {"content": "🗞" * 2000},
    {"embeds": [{"title": "t" * 256, "description": "d" * 4096}]},
    {"embeds": [{"description": "d" * 600}] * 10},
    {"embeds": [{"fields": [{"name": "n" * 20, "value": "v" * 200}] * 25}]},
    {"embeds": [{"title": "x", "footer": {"text": "f" * 2048}, "author": {"name": "a" * 256}}]},
    {"content": "x", "components": [buttons(1, custom_id=f"{n}" * 100) for n in range(5)]},
    {"content": "x", "components": [buttons(5, label="l" * 80)]},
    {"content": "x", "nonce": "n" * 25},
]


@pytest.mark.parametrize("body", LONGEST)
async def test_the_longest_message_is_accepted(
    emulator: DiscordEmulator, http: ClientSession, body: dict[str, Any]
) -> None:
    status, answer = await call(http, emulator, "POST /channels/2001/messages", body)
    assert status == 200, answer
    assert emulator.violations == []


TOO_MUCH: list[tuple[dict[str, Any], str, str]] = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"content": 7}, "content", "BASE_TYPE_CONVERT"),
    ({"embeds": [{"title": "t" * 257}]}, "embeds/0/title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "d" * 4097}]}, "embeds/0/description", "BASE_TYPE_MAX_LENGTH"),
    (
        {"embeds": [{"footer": {"text": "f" * 2049}}]},
        "embeds/0/footer/text",
        "BASE_TYPE_MAX_LENGTH",
    ),
    ({"embeds": [{"author": {"name": "a" * 257}}]}, "embeds/0/author/name", "BASE_TYPE_MAX_LENGTH"),
    (
        {"embeds": [{"fields": [{"name": "n", "value": "v" * 1025}]}]},
        "embeds/0/fields/0/value",
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"embeds": [{"fields": [{"name": "", "value": "v"}]}]},
        "embeds/0/fields/0/name",
        "BASE_TYPE_REQUIRED",
    ),
    (
        {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
        "embeds/0/fields",
        "BASE_TYPE_MAX_LENGTH",
    ),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "d" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"title": "x", "url": "file:///x"}]}, "embeds/0/url", "URL_TYPE_INVALID_SCHEME"),
    (
        {"content": "x", "components": [buttons(6)]},
        "components/0/components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [buttons(1, custom_id=str(n)) for n in range(6)]},
        "components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [buttons(2, custom_id="same")]},
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    (
        {"content": "x", "components": [buttons(1, custom_id="c" * 101)]},
        "components/0/components/0/custom_id",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [buttons(1, label="l" * 81)]},
        "components/0/components/0/label",
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"content": "x", "components": [buttons(1, style=5, custom_id=None)]},
        "components/0/components/0/url",
        "BASE_TYPE_REQUIRED",
    ),
    ({"content": "x", "nonce": "n" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["3001"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
]


def codes_at(errors: dict[str, Any], path: str) -> list[str]:
    for key in path.split("/"):
        errors = errors[key]
    return [one["code"] for one in errors["_errors"]]


@pytest.mark.parametrize(("body", "path", "code"), TOO_MUCH)
async def test_a_message_over_a_limit_is_an_invalid_form(
    emulator: DiscordEmulator, http: ClientSession, body: dict[str, Any], path: str, code: str
) -> None:
    status, answer = await call(http, emulator, "POST /channels/2001/messages", body)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    assert code in codes_at(answer["errors"], path)
    assert emulator.posted() == []


@pytest.mark.parametrize("body", [{}, {"content": " \n"}, {"embeds": [{}]}, {"content": None}])
async def test_an_empty_message_is_refused(
    emulator: DiscordEmulator, http: ClientSession, body: dict[str, Any]
) -> None:
    status, answer = await call(http, emulator, "POST /channels/2001/messages", body)
    assert (status, answer["code"]) == (400, 50006)


async def test_places_that_the_bot_cannot_write_to_say_why(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.add_channel(2002, "hidden", denied=wire.VIEW_CHANNEL)
    emulator.add_channel(2003, "silent", denied=wire.SEND_MESSAGES)
    emulator.add_channel(2004, "plain", denied=wire.EMBED_LINKS)
    emulator.close_dms()
    body = {"embeds": [{"title": "x"}]}
    places = [9999, 2002, 2003, 2004, emulator.dm_channel()]
    answers = [await call(http, emulator, f"POST /channels/{one}/messages", body) for one in places]
    codes = [(status, answer["code"]) for status, answer in answers]
    assert codes == [(404, 10003), (403, 50001), (403, 50013), (403, 50013), (403, 50007)]


async def test_a_bot_that_was_removed_has_no_access(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.kick()
    status, answer = await call(http, emulator, "POST /channels/2001/messages", {"content": "x"})
    assert (status, answer["code"]) == (403, 50001)


async def test_an_enforced_nonce_makes_one_message(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    body = {"content": "once", "nonce": "edition-7", "enforce_nonce": True}
    _, first = await call(http, emulator, "POST /channels/2001/messages", body)
    _, second = await call(http, emulator, "POST /channels/2001/messages", body)
    assert first["id"] == second["id"]
    assert [one.nonce for one in emulator.posted()] == ["edition-7"]


async def test_a_nonce_that_is_not_enforced_makes_two_messages(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    body = {"content": "twice", "nonce": "edition-7"}
    for _ in range(2):
        await call(http, emulator, "POST /channels/2001/messages", body)
    assert len(emulator.posted()) == 2


async def test_a_nonce_is_forgotten_after_minutes(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    body = {"content": "again", "nonce": "edition-7", "enforce_nonce": True}
    await call(http, emulator, "POST /channels/2001/messages", body)
    emulator.advance(600)
    await call(http, emulator, "POST /channels/2001/messages", body)
    assert len(emulator.posted()) == 2


async def test_the_nonce_of_a_deleted_message_finds_nothing(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    body = {"content": "gone", "nonce": "edition-7", "enforce_nonce": True}
    _, made = await call(http, emulator, "POST /channels/2001/messages", body)
    await call(http, emulator, f"DELETE /channels/2001/messages/{made['id']}")
    status, answer = await call(http, emulator, "POST /channels/2001/messages", body)
    assert (status, answer["code"]) == (404, 10008)


async def test_history_is_newest_first_and_cut_by_its_arguments(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    ids = [await emulator.say(str(number)) for number in range(6)]
    found = {
        query: [int(one["id"]) for one in (await call(http, emulator, f"GET {HISTORY}?{query}"))[1]]
        for query in ("limit=2", f"before={ids[2]}", f"after={ids[3]}", f"around={ids[2]}&limit=3")
    }
    newest, before, after, around = found.values()
    assert newest == [ids[5], ids[4]]
    assert before == [ids[1], ids[0]]
    assert after == [ids[5], ids[4]]
    assert around == [ids[3], ids[2], ids[1]]


HISTORY = "/channels/2001/messages"


async def test_only_an_own_message_can_be_edited(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    theirs = await emulator.say("mine")
    _, mine = await call(http, emulator, f"POST {HISTORY}", {"content": "one"})
    status, answer = await call(http, emulator, f"PATCH {HISTORY}/{theirs}", {"content": "x"})
    assert (status, answer["code"]) == (403, 50005)
    await call(http, emulator, f"PATCH {HISTORY}/{mine['id']}", {"content": "two"})
    assert [(one.content, one.edited) for one in emulator.posted()] == [("two", True)]


async def test_a_file_goes_with_a_message_and_into_its_embed(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    payload = {
        "embeds": [{"title": "Map", "image": {"url": "attachment://map.png"}}],
        "attachments": [{"id": 0, "filename": "map.png", "description": "A map"}],
    }
    form = FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(payload), content_type="application/json")
    form.add_field("files[0]", b"\x89PNG...", filename="map.png", content_type="image/png")
    async with http.post(emulator.api_url + HISTORY, data=form) as response:
        made = await response.json()
    assert made["attachments"][0]["description"] == "A map"
    assert made["embeds"][0]["image"]["url"] == made["attachments"][0]["url"]
    assert emulator.posted()[0].files == {"map.png": b"\x89PNG..."}
    async with http.get(made["attachments"][0]["url"]) as response:
        assert await response.read() == b"\x89PNG..."


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        (None, ["@everyone", "<@3001>", "<@&5001>"]),
        ({"parse": []}, []),
        ({"parse": ["users"]}, ["<@3001>"]),
        ({"users": ["3001"]}, ["<@3001>"]),
        ({"parse": ["everyone", "roles"]}, ["@everyone", "<@&5001>"]),
    ],
)
async def test_who_is_alerted_follows_the_allowed_mentions(
    emulator: DiscordEmulator, http: ClientSession, allowed: AnyJson, pinged: list[str]
) -> None:
    content = "@everyone <@3001> <@&5001> `@here`"
    body = {"content": content, "embeds": [{"description": "@everyone"}]}
    sent = body if allowed is None else body | {"allowed_mentions": allowed}
    await call(http, emulator, f"POST {HISTORY}", sent)
    assert emulator.posted()[0].pings == pinged


# --- commands


GOOD_NAME = {"name": "n", "description": "d"}


@pytest.mark.parametrize(
    ("command", "path", "code"),
    [
        ({"name": "Brief", "description": "d"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "a b", "description": "d"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "n" * 33, "description": "d"}, "name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "n", "description": ""}, "description", "BASE_TYPE_REQUIRED"),
        ({"name": "n", "description": "d" * 101}, "description", "BASE_TYPE_BAD_LENGTH"),
        (
            GOOD_NAME | {"options": [GOOD_NAME | {"type": 3, "name": f"o{n}"} for n in range(26)]},
            "options",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            GOOD_NAME
            | {
                "options": [
                    GOOD_NAME | {"type": 3},
                    {"name": "m", "description": "d", "type": 3, "required": True},
                ]
            },
            "options/1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (
            GOOD_NAME
            | {"options": [GOOD_NAME | {"type": 3, "choices": [{"name": "c", "value": "v"}] * 26}]},
            "options/0/choices",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"type": 3, "name": "Brief this", "description": "no"},
            "description",
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION",
        ),
    ],
)
async def test_a_bad_command_is_an_invalid_form(
    emulator: DiscordEmulator, http: ClientSession, command: dict[str, Any], path: str, code: str
) -> None:
    status, answer = await call(http, emulator, "PUT /applications/4001/commands", [command])
    assert (status, answer["code"]) == (400, 50035)
    assert code in codes_at(answer["errors"], f"0/{path}")
    assert emulator.commands == []


@pytest.mark.parametrize("name", ["brief", "où", "وجز", "नमस्ते", "ข่าว", "a-b_c'd"])
async def test_names_of_many_scripts_are_good(
    emulator: DiscordEmulator, http: ClientSession, name: str
) -> None:
    body = [{"name": name, "description": "d"}]
    status, answer = await call(http, emulator, "PUT /applications/4001/commands", body)
    assert status == 200, answer


async def test_more_than_a_hundred_commands_are_refused(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    body = [{"name": f"c{number}", "description": "d"} for number in range(101)]
    status, answer = await call(http, emulator, "PUT /applications/4001/commands", body)
    assert (status, answer["code"]) == (400, 30032)


async def test_registering_again_replaces_and_keeps_ids(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    put = "PUT /applications/4001/commands"
    _, first = await call(http, emulator, put, [BRIEF, {"name": "old", "description": "d"}])
    _, second = await call(http, emulator, put, [BRIEF])
    assert [one["id"] for one in second] == [first[0]["id"]]
    assert [one["name"] for one in await emulator.wait_for_commands()] == ["brief"]


async def test_single_commands_are_made_changed_and_removed(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    place = "/applications/4001/guilds/1001/commands"
    status, made = await call(http, emulator, f"POST {place}", BRIEF)
    assert status == 201
    await call(http, emulator, f"PATCH {place}/{made['id']}", {"description": "New"})
    _, found = await call(http, emulator, f"GET {place}/{made['id']}")
    assert found["description"] == "New"
    await call(http, emulator, f"DELETE {place}/{made['id']}")
    status, answer = await call(http, emulator, f"GET {place}/{made['id']}")
    assert (status, answer["code"]) == (404, 10063)


# --- rate limits and faults


async def test_the_sixth_message_within_five_seconds_must_wait(http: ClientSession) -> None:
    async with DiscordEmulator() as emulator:
        for _ in range(5):
            await call(http, emulator, f"POST {HISTORY}", {"content": "x"})
        async with http.post(emulator.api_url + HISTORY, json={"content": "x"}) as response:
            body = await response.json()
            assert response.status == 429
            assert response.headers["X-RateLimit-Remaining"] == "0"
            assert {"Via", "Retry-After", "X-RateLimit-Bucket"} <= set(response.headers)
        assert body["global"] is False
        assert 0 < body["retry_after"] <= 5
        emulator.advance(body["retry_after"])
        status, _ = await call(http, emulator, f"POST {HISTORY}", {"content": "x"})
        assert (status, len(emulator.posted())) == (200, 6)


async def test_the_global_limit_holds_over_all_routes(http: ClientSession) -> None:
    limits = Limits(everywhere=Budget(2, 1.0))
    async with DiscordEmulator(limits=limits) as emulator:
        places = ("GET /users/@me", "GET /channels/2001", "GET /guilds/1001")
        answers = [await call(http, emulator, place) for place in places]
        assert [status for status, _ in answers] == [200, 200, 429]
        assert answers[2][1]["global"] is True


async def test_each_channel_has_a_budget_of_its_own(http: ClientSession) -> None:
    async with DiscordEmulator() as emulator:
        emulator.add_channel(2002, "other")
        for _ in range(5):
            await call(http, emulator, f"POST {HISTORY}", {"content": "x"})
        status, _ = await call(http, emulator, "POST /channels/2002/messages", {"content": "x"})
        assert status == 200


async def test_a_fault_hits_so_many_requests_to_its_route(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.fail_next("POST", "/channels/{channel_id}/messages", Fault(503), times=2)
    statuses = [(await call(http, emulator, f"POST {HISTORY}", {"content": "x"}))[0] for _ in "abc"]
    assert statuses == [503, 503, 200]
    assert len(emulator.posted()) == 1


async def test_a_rate_limit_can_be_asked_for(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.fail_next("*", "*", Fault.rate_limited(2.5, everywhere=True))
    async with http.get(f"{emulator.api_url}/users/@me") as response:
        assert response.status == 429
        assert response.headers["X-RateLimit-Global"] == "true"
        assert (await response.json())["retry_after"] == 2.5


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_dropped_answer_leaves_open_whether_it_was_done(
    emulator: DiscordEmulator,
    http: ClientSession,
    after_commit: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    emulator.fail_next("POST", HISTORY, Fault.dropped(after_commit=after_commit))
    with pytest.raises(aiohttp.ClientError):
        await call(http, emulator, f"POST {HISTORY}", {"content": "x"})
    assert len(emulator.posted()) == after_commit


async def test_a_hanging_answer_outlasts_the_client(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.fail_next("GET", "/users/@me", Fault.hang())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await call(http, emulator, "GET /users/@me")


async def test_an_answer_can_be_cut_json(emulator: DiscordEmulator, http: ClientSession) -> None:
    emulator.fail_next("GET", "/users/@me", Fault.wrong_json())
    with pytest.raises(json.JSONDecodeError):
        await call(http, emulator, "GET /users/@me")


# --- the gateway


class Gateway:
    """A plain websocket client of the gateway, without compression."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: AnyJson) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def receive(self) -> dict[str, Any]:
        payload: dict[str, Any] = await self.socket.receive_json(timeout=5)
        return payload

    async def event(self, name: str) -> dict[str, Any]:
        """The data of the next event of this name."""
        while True:
            payload = await self.receive()
            if payload["t"] == name:
                data: dict[str, Any] = payload["d"]
                return data

    async def identify(self, intents: int = INTENTS) -> dict[str, Any]:
        await self.send(wire.IDENTIFY, identity(intents=intents))
        return await self.event("READY")

    async def close_code(self) -> int | None:
        async for _ in self.socket:
            pass
        return self.socket.close_code


def identity(**changes: AnyJson) -> dict[str, Any]:
    return {"token": TOKEN, "intents": INTENTS, "properties": {"os": "linux"}} | changes


@contextlib.asynccontextmanager
async def connected(
    http: ClientSession, emulator: DiscordEmulator, query: str = "v=10&encoding=json"
) -> AsyncIterator[Gateway]:
    async with http.ws_connect(f"{emulator.gateway_url}?{query}") as socket:
        yield Gateway(socket)


async def test_a_session_starts_with_hello_ready_and_the_guilds(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator) as gateway:
        hello = await gateway.receive()
        assert (hello["op"], hello["d"]["heartbeat_interval"]) == (wire.HELLO, 41250)
        ready = await gateway.identify()
        assert ready["guilds"] == [{"id": "1001", "unavailable": True}]
        assert ready["application"] == {"id": "4001", "flags": 0}
        guild = await gateway.event("GUILD_CREATE")
        assert [one["id"] for one in guild["channels"]] == ["2001"]
        await gateway.send(wire.HEARTBEAT, None)
        assert (await gateway.receive())["op"] == wire.HEARTBEAT_ACK
        await emulator.ready()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([(99, None)], 4003),
        ([(wire.IDENTIFY, identity(token="wrong"))], 4004),
        ([(wire.IDENTIFY, identity()), (wire.IDENTIFY, identity())], 4005),
        ([(wire.IDENTIFY, identity()), (99, None)], 4001),
        ([(wire.IDENTIFY, identity(intents=1 << 40))], 4013),
        ([(wire.IDENTIFY, identity(intents=wire.MESSAGE_CONTENT))], 4014),
        ([(wire.IDENTIFY, identity(shard=[2, 2]))], 4010),
        ([(wire.IDENTIFY, "not an object")], 4002),
        ([("not a number", None)], 4002),
        ([(wire.HEARTBEAT, "x" * 5000)], 4002),
    ],
)
async def test_a_client_that_errs_is_closed_with_its_code(
    emulator: DiscordEmulator, http: ClientSession, sent: list[tuple[Any, Any]], code: int
) -> None:
    async with connected(http, emulator) as gateway:
        for op, data in sent:
            await gateway.send(op, data)
        assert await gateway.close_code() == code


async def test_an_old_version_of_the_gateway_is_refused(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator, "v=5") as gateway:
        assert await gateway.close_code() == 4012


async def test_a_client_without_heartbeats_times_out(http: ClientSession) -> None:
    async with (
        DiscordEmulator(heartbeat_seconds=0.05) as emulator,
        connected(http, emulator) as gateway,
    ):
        await gateway.identify()
        assert await gateway.close_code() == 4009


async def test_too_many_payloads_close_the_connection(http: ClientSession) -> None:
    limits = Limits(gateway_sends=Budget(3, 60.0))
    async with DiscordEmulator(limits=limits) as emulator, connected(http, emulator) as gateway:
        for _ in range(4):
            await gateway.send(wire.HEARTBEAT, None)
        assert await gateway.close_code() == 4008


async def test_zlib_stream_is_one_stream_over_all_messages(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator, "v=10&encoding=json&compress=zlib-stream") as gateway:
        stream = zlib.decompressobj()
        first = await gateway.socket.receive_bytes(timeout=5)
        assert json.loads(stream.decompress(first))["op"] == wire.HELLO
        await gateway.send(wire.IDENTIFY, identity())
        second = await gateway.socket.receive_bytes(timeout=5)
        assert json.loads(stream.decompress(second))["t"] == "READY"


async def test_a_resumed_session_hears_what_it_missed(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator) as gateway:
        ready = await gateway.identify()
        await gateway.event("GUILD_CREATE")
        emulator.close_gateway(4000)
        assert await gateway.close_code() == 4000
    await emulator.say("missed")
    async with connected(http, emulator) as gateway:
        resume = {"token": TOKEN, "session_id": ready["session_id"], "seq": 2}
        await gateway.send(wire.RESUME, resume)
        message = await gateway.event("MESSAGE_CREATE")
        await gateway.event("RESUMED")
    assert message["author"]["global_name"] == "Ada"


async def test_a_session_that_ended_cannot_be_resumed(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator) as gateway:
        ready = await gateway.identify()
        emulator.invalidate()
        while (payload := await gateway.receive())["op"] != wire.INVALID_SESSION:
            pass
        assert payload["d"] is False
    async with connected(http, emulator) as gateway:
        resume = {"token": TOKEN, "session_id": ready["session_id"], "seq": 1}
        await gateway.send(wire.RESUME, resume)
        assert (await gateway.receive())["op"] == wire.HELLO
        assert (await gateway.receive()) == {"op": 9, "d": False, "s": None, "t": None}


async def test_a_reconnect_can_be_asked_for(emulator: DiscordEmulator, http: ClientSession) -> None:
    async with connected(http, emulator) as gateway:
        await gateway.identify()
        emulator.reconnect()
        while (await gateway.receive())["op"] != wire.RECONNECT:
            pass


async def test_the_gateway_can_refuse_and_come_back(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    emulator.refuse_gateway(30)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with connected(http, emulator):
            pass
    emulator.advance(31)
    async with connected(http, emulator) as gateway:
        await gateway.identify()


@pytest.mark.parametrize(
    ("intents", "said", "heard"),
    [
        (INTENTS, "secret", ""),
        (INTENTS, "<@4001> hello", "<@4001> hello"),
        (INTENTS | wire.MESSAGE_CONTENT, "secret", "secret"),
    ],
)
async def test_message_content_needs_its_intent(
    http: ClientSession, intents: int, said: str, heard: str
) -> None:
    allowed = wire.MESSAGE_CONTENT
    async with (
        DiscordEmulator(privileged_intents=allowed) as emulator,
        connected(http, emulator) as gateway,
    ):
        await gateway.identify(intents)
        await emulator.say(said)
        assert (await gateway.event("MESSAGE_CREATE"))["content"] == heard


async def test_a_direct_message_can_always_be_read(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator) as gateway:
        await gateway.identify()
        await emulator.say("hello", channel=emulator.dm_channel())
        message = await gateway.event("MESSAGE_CREATE")
    assert message["content"] == "hello"
    assert "guild_id" not in message


async def test_an_event_without_its_intent_is_not_sent(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    async with connected(http, emulator) as gateway:
        await gateway.identify(wire.DIRECT_MESSAGES)
        await emulator.say("in the channel")
        await emulator.say("direct", channel=emulator.dm_channel())
        assert (await gateway.event("MESSAGE_CREATE"))["content"] == "direct"


async def test_an_event_can_be_malformed(emulator: DiscordEmulator, http: ClientSession) -> None:
    async with connected(http, emulator) as gateway:
        await gateway.identify()
        emulator.malformed_event()
        assert await gateway.event("MESSAGE_CREATE") == {"id": "1"}


# --- interactions


@pytest.fixture
async def gateway(emulator: DiscordEmulator, http: ClientSession) -> AsyncIterator[Gateway]:
    """A client that is ready and has registered some commands."""
    commands = [
        BRIEF,
        {"type": 3, "name": "Brief this link"},
        {
            "name": "place",
            "description": "d",
            "options": [{"type": 3, "name": "name", "description": "d", "autocomplete": True}],
        },
        {
            "name": "subscribe",
            "description": "d",
            "default_member_permissions": "32",
            "contexts": [0],
            "options": [
                {
                    "type": 1,
                    "name": "add",
                    "description": "d",
                    "options": [
                        {"type": 4, "name": "hour", "description": "d", "required": True},
                        {"type": 5, "name": "quiet", "description": "d"},
                        {"type": 6, "name": "who", "description": "d"},
                        {
                            "type": 3,
                            "name": "length",
                            "description": "d",
                            "choices": [{"name": "Short", "value": "s"}],
                        },
                    ],
                }
            ],
        },
    ]
    await call(http, emulator, "PUT /applications/4001/commands", commands)
    async with connected(http, emulator) as client:
        await client.identify()
        yield client


async def answer(
    http: ClientSession,
    emulator: DiscordEmulator,
    made: dict[str, Any],
    kind: int,
    data: AnyJson = None,
    *,
    wanted: bool = False,
) -> tuple[int, Any]:
    """Send the callback of an interaction."""
    place = f"POST /interactions/{made['id']}/{made['token']}/callback"
    body = {"type": kind} | ({} if data is None else {"data": data})
    return await call(http, emulator, place + ("?with_response=true" if wanted else ""), body)


async def test_an_interaction_is_answered_once_and_in_time(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    made = await emulator.slash("brief", {"link": "https://example.org/a"})
    sent = await gateway.event("INTERACTION_CREATE")
    assert sent["data"]["options"][0]["value"] == "https://example.org/a"
    assert sent["member"]["user"]["id"] == "3001"
    assert await answer(http, emulator, sent, wire.REPLY, {"content": "hi"}) == (204, None)
    status, body = await answer(http, emulator, sent, wire.REPLY, {"content": "again"})
    assert (status, body["code"]) == (400, 40060)
    assert [(one.content, one.interaction_id) for one in emulator.posted()] == [("hi", made)]
    assert 0 <= emulator.acks[made] < 3


async def test_an_answer_after_three_seconds_finds_no_interaction(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    emulator.advance(3.1)
    status, body = await answer(http, emulator, sent, wire.DEFER_REPLY)
    assert (status, body["code"]) == (404, 10062)
    status, body = await call(http, emulator, f"POST /webhooks/4001/{sent['token']}", HELLO)
    assert (status, body["code"]) == (404, 10015)
    assert emulator.acks == {}


HELLO = {"content": "hello"}


async def test_a_deferred_reply_is_no_message_until_it_is_filled(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    hook = f"/webhooks/4001/{sent['token']}"
    await answer(http, emulator, sent, wire.DEFER_REPLY, {"flags": wire.EPHEMERAL})
    assert (emulator.posted(), emulator.thinking()) == ([], 1)
    status, body = await call(http, emulator, f"PATCH {hook}/messages/@original", HELLO)
    assert (status, body["flags"]) == (200, wire.EPHEMERAL)
    posted = await emulator.wait_for_post()
    assert [(one.content, one.ephemeral, one.edited) for one in posted] == [("hello", True, False)]


async def test_the_first_follow_up_fills_a_deferred_reply(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    hook = f"/webhooks/4001/{sent['token']}"
    await answer(http, emulator, sent, wire.DEFER_REPLY)
    _, first = await call(http, emulator, f"POST {hook}", {"content": "one"})
    _, second = await call(http, emulator, f"POST {hook}", {"content": "two"})
    assert [one.content for one in emulator.posted()] == ["one", "two"]
    _, original = await call(http, emulator, f"GET {hook}/messages/@original")
    assert original["id"] == first["id"]
    await call(http, emulator, f"PATCH {hook}/messages/{second['id']}", {"content": "three"})
    await call(http, emulator, f"DELETE {hook}/messages/@original")
    assert [one.content for one in emulator.posted()] == ["three"]


async def test_an_interaction_token_ends_after_fifteen_minutes(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    await answer(http, emulator, sent, wire.DEFER_REPLY)
    emulator.advance(901)
    status, body = await call(http, emulator, f"POST /webhooks/4001/{sent['token']}", HELLO)
    assert (status, body["code"]) == (401, 50027)


async def test_a_callback_can_tell_what_it_made(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    status, body = await answer(http, emulator, sent, wire.REPLY, HELLO, wanted=True)
    assert status == 200
    assert body["resource"]["message"]["content"] == "hello"
    assert int(body["interaction"]["response_message_id"]) == emulator.posted()[0].message_id


async def test_a_subcommand_carries_typed_options(
    emulator: DiscordEmulator, gateway: Gateway
) -> None:
    options = {"hour": "7", "quiet": "true", "who": 3001, "length": "Short"}
    await emulator.slash("subscribe add", options, locale="fr")
    sent = await gateway.event("INTERACTION_CREATE")
    inner = sent["data"]["options"][0]
    assert (inner["name"], inner["type"]) == ("add", 1)
    assert [one["value"] for one in inner["options"]] == [7, True, "3001", "s"]
    assert sent["data"]["resolved"]["users"]["3001"]["global_name"] == "Ada"
    assert sent["locale"] == "fr"


@pytest.mark.parametrize(
    ("command", "options", "rest"),
    [
        ("unknown", {}, {}),
        ("brief", {"nothing": "x"}, {}),
        ("subscribe", {}, {}),
        ("subscribe remove", {}, {}),
        ("subscribe add", {}, {}),
        ("subscribe add", {"hour": "soon"}, {}),
        ("subscribe add", {"hour": 7, "length": "Long"}, {}),
        ("subscribe add", {"hour": 7}, {"dm": True}),
        ("subscribe add", {"hour": 7}, {"permissions": 0}),
    ],
)
async def test_the_app_does_not_offer_what_is_not_registered(
    emulator: DiscordEmulator,
    gateway: Gateway,
    command: str,
    options: dict[str, Any],
    rest: dict[str, Any],
) -> None:
    with pytest.raises(NotOfferedError):
        await emulator.slash(command, options, **rest)
    assert gateway.socket.closed is False


async def test_a_command_in_a_direct_message_has_a_user_and_no_guild(
    emulator: DiscordEmulator, gateway: Gateway
) -> None:
    await emulator.slash("brief", dm=True)
    sent = await gateway.event("INTERACTION_CREATE")
    assert (sent["user"]["id"], sent["context"], sent["channel"]["type"]) == ("3001", 1, 1)
    assert "guild_id" not in sent


async def test_a_message_menu_sends_the_message_with_its_content(
    emulator: DiscordEmulator, gateway: Gateway
) -> None:
    said = await emulator.say("look: https://example.org/a")
    await emulator.menu("Brief this link", said)
    sent = await gateway.event("INTERACTION_CREATE")
    message = sent["data"]["resolved"]["messages"][sent["data"]["target_id"]]
    assert message["content"] == "look: https://example.org/a"


async def test_suggestions_come_while_typing(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    asked = asyncio.create_task(emulator.autocomplete("place", {"name": "mos"}, focused="name"))
    sent = await gateway.event("INTERACTION_CREATE")
    assert sent["data"]["options"][0]["focused"] is True
    choices = [{"name": "Mosul", "value": "mosul"}]
    await answer(http, emulator, sent, wire.CHOICES, {"choices": choices})
    assert await asked == choices


async def test_a_pressed_button_can_change_its_message(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    row = buttons(1, custom_id="more 2")
    await call(http, emulator, f"POST {HISTORY}", {"content": "page 1", "components": [row]})
    posted = emulator.posted()[0]
    assert posted.buttons == (("More",),)
    await emulator.press(posted.message_id, "More")
    sent = await gateway.event("INTERACTION_CREATE")
    assert sent["data"]["custom_id"] == "more 2"
    assert sent["message"]["id"] == str(posted.message_id)
    await answer(http, emulator, sent, wire.UPDATE, {"content": "page 2", "components": []})
    assert [(one.content, one.buttons) for one in emulator.posted()] == [("page 2", ())]


async def test_a_disabled_or_missing_button_cannot_be_pressed(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    row = buttons(1, disabled=True)
    await call(http, emulator, f"POST {HISTORY}", {"content": "x", "components": [row]})
    for label in ("More", "Less"):
        with pytest.raises(NotOfferedError):
            await emulator.press(emulator.posted()[0].message_id, label)


# --- waiting, the specification, by hand


async def test_waiting_in_vain_says_for_what(emulator: DiscordEmulator) -> None:
    with pytest.raises(TimeoutError, match="2 message"):
        await emulator.wait_for_post(count=2, timeout=0.01)


async def test_a_body_against_the_specification_is_recorded(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    if not emulator.validates:
        pytest.skip("Discord's OpenAPI document is not at ../shared/data/specs")
    await call(http, emulator, f"POST {HISTORY}", {"content": "x", "tts": "yes"})
    assert [one.problem.split(":")[0] for one in emulator.violations] == ["tts"]


async def test_the_specification_can_be_left_out(http: ClientSession) -> None:
    async with DiscordEmulator(validate=False) as emulator:
        await call(http, emulator, f"POST {HISTORY}", {"content": "x", "tts": "yes"})
        assert (emulator.validates, emulator.violations) == (False, [])


async def test_a_body_of_another_shape_is_an_invalid_form(
    emulator: DiscordEmulator, http: ClientSession
) -> None:
    if not emulator.validates:
        pytest.skip("Discord's OpenAPI document is not at ../shared/data/specs")
    body = {"embeds": [{"title": "x", "footer": "no object"}]}
    status, answer = await call(http, emulator, f"POST {HISTORY}", body)
    assert (status, answer["code"]) == (400, 50035)


async def test_the_answers_fit_the_specification(
    emulator: DiscordEmulator, http: ClientSession, gateway: Gateway
) -> None:
    if emulator.spec is None:
        pytest.skip("Discord's OpenAPI document is not at ../shared/data/specs")
    await emulator.slash("brief")
    sent = await gateway.event("INTERACTION_CREATE")
    callback = f"/interactions/{sent['id']}/{sent['token']}/callback?with_response=1"
    embed = {"title": "x", "url": "https://example.org", "footer": {"text": "f"}}
    message = {"content": "<@3001>", "embeds": [embed], "components": [buttons(2)]}
    asked: list[tuple[str, Any]] = [
        ("GET /users/@me", None),
        ("GET /applications/@me", None),
        ("GET /gateway/bot", None),
        ("GET /applications/4001/commands", None),
        (f"POST {callback}", {"type": wire.REPLY, "data": message}),
        (f"POST {HISTORY}", message),
        (f"GET {HISTORY}", None),
        ("GET /channels/2001", None),
        ("POST /users/@me/channels", {"recipient_id": "3001"}),
        ("GET /guilds/1001", None),
        ("GET /guilds/1001/roles", None),
        ("GET /guilds/1001/members/3001", None),
        ("GET /channels/9999", None),
    ]
    problems = []
    for request, sent_body in asked:
        status, body = await call(http, emulator, request, sent_body)
        method, path = request.partition("?")[0].split(" ")
        found = emulator.spec.answer_problems(method, path, status, body)
        problems += [f"{request}: {one}" for one in found]
    assert not problems, "\n".join(problems)
    assert emulator.violations == []


async def test_people_can_use_it_by_hand(http: ClientSession) -> None:
    async with ControlledEmulator(limits=None) as emulator:
        control = f"{emulator.state.base_url}/control"
        async with http.post(f"{control}/slash", json={"command": "brief"}) as response:
            assert response.status == 400
            assert "no command 'brief'" in (await response.json())["error"]
        async with http.post(f"{control}/say", json={"text": "**hi** <b>"}) as response:
            assert response.status == 200
        await call(http, emulator, f"POST {HISTORY}", {"content": "hello"})
        async with http.get(f"{control}/posted?channel=2001&count=1") as response:
            assert [one["content"] for one in await response.json()] == ["hello"]
        async with http.get(f"{control}/posted?count=9&timeout=0.01") as response:
            assert response.status == 504
        async with http.get(f"{control}/page?channel=2001") as response:
            assert "<strong>hi</strong> &lt;b&gt;" in await response.text()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** __c__ ~~d~~", "<em>a</em> <strong>b</strong> <u>c</u> <s>d</s>"),
        (r"\*a\* 2 * 3 * 4 snake_case_name", "*a* 2 * 3 * 4 snake_case_name"),
        ("**a *b* c**", "<strong>a <em>b</em> c</strong>"),
        ("`*a*`", "<code>*a*</code>"),
        ("[a](https://x.org/b)", '<a href="https://x.org/b">a</a>'),
        ("<https://x.org/b>", '<a href="https://x.org/b">https://x.org/b</a>'),
        ("see https://x.org/b.", 'see <a href="https://x.org/b">https://x.org/b</a>.'),
        ("<script> & @here", '&lt;script&gt; &amp; <span class="mention">@here</span>'),
    ],
)
def test_inline_marks_become_html(text: str, html: str) -> None:
    assert discord_page.markdown(text) == f'<p dir="auto">{html}</p>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# a", '<h1 dir="auto">a</h1>'),
        ("-# a", '<p class="small" dir="auto">a</p>'),
        ("> a\n> b", '<blockquote><p dir="auto">a</p><p dir="auto">b</p></blockquote>'),
        (">>> a\nb", '<blockquote><p dir="auto">a</p><p dir="auto">b</p></blockquote>'),
        ("- a", '<div class="item" dir="auto"><b>•</b><span>a</span></div>'),
        ("2. a", '<div class="item" dir="auto"><b>2.</b><span>a</span></div>'),
        ("```py\n<a>\n```", "<pre>&lt;a&gt;</pre>"),
    ],
)
def test_blocks_become_html(text: str, html: str) -> None:
    assert discord_page.markdown(text) == html


# --- threads, other people's servers, shards


async def test_a_message_opens_an_archived_thread_but_no_locked_one(
    http: ClientSession, emulator: DiscordEmulator
) -> None:
    thread = emulator.open_thread("talk")
    post = f"POST /channels/{thread}/messages"
    emulator.archive_thread(thread)
    assert (await call(http, emulator, post, {"content": "a"}))[0] == 200
    _, shown = await call(http, emulator, f"GET /channels/{thread}")
    assert not shown["thread_metadata"]["archived"]
    emulator.archive_thread(thread, locked=True)
    status, answer = await call(http, emulator, post, {"content": "a"})
    assert (status, answer["code"]) == (400, 50083)


async def test_a_forum_takes_no_messages_and_its_posts_do(
    http: ClientSession, emulator: DiscordEmulator
) -> None:
    emulator.add_forum(2005, "ideas")
    status, answer = await call(http, emulator, "POST /channels/2005/messages", {"content": "a"})
    assert (status, answer["code"]) == (400, 50008)
    post = emulator.open_thread("an idea", 2005)
    assert (await call(http, emulator, f"POST /channels/{post}/messages", {"content": "a"}))[
        0
    ] == 200


@pytest.mark.parametrize(
    ("types", "contexts", "offered"),
    [([0, 1], [0, 1, 2], True), ([0], [0, 1, 2], False), ([0, 1], [0, 1], False)],
)
async def test_a_command_between_people_needs_a_users_installation_and_that_context(
    http: ClientSession,
    emulator: DiscordEmulator,
    types: list[int],
    contexts: list[int],
    *,
    offered: bool,
) -> None:
    emulator.add_group(2007, "Friends")
    command = BRIEF | {"integration_types": types, "contexts": contexts}
    await call(http, emulator, "POST /applications/4001/commands", command)
    with pytest.raises(NotOfferedError):
        await emulator.slash("brief", channel=2007)
    if offered:
        await emulator.slash("brief", channel=2007, has_app=True)
        return
    with pytest.raises(NotOfferedError):
        await emulator.slash("brief", channel=2007, has_app=True)


async def test_translations_come_back_only_for_those_who_ask(
    http: ClientSession, emulator: DiscordEmulator
) -> None:
    command = BRIEF | {"name_localizations": {"fr": "point"}}
    await call(http, emulator, "POST /applications/4001/commands", command)
    [plain] = (await call(http, emulator, "GET /applications/4001/commands"))[1]
    path = "GET /applications/4001/commands?with_localizations=true"
    [whole] = (await call(http, emulator, path))[1]
    assert "name_localizations" not in plain
    assert whole["name_localizations"] == {"fr": "point"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name_localizations": {"tlh": "nuq"}},
        {"name_localizations": {"fr": "Deux Mots"}},
        {"description_localizations": {"fr": "x" * 101}},
    ],
)
async def test_a_translation_that_breaks_the_rules_is_an_invalid_form(
    http: ClientSession, emulator: DiscordEmulator, changes: AnyJson
) -> None:
    status, answer = await call(
        http, emulator, "PUT /applications/4001/commands", [BRIEF | changes]
    )
    assert (status, answer["code"]) == (400, 50035)


async def test_two_commands_with_one_name_in_a_language_are_an_invalid_form(
    http: ClientSession, emulator: DiscordEmulator
) -> None:
    other = BRIEF | {"name": "other", "name_localizations": {"fr": "brief"}}
    status, _ = await call(http, emulator, "PUT /applications/4001/commands", [BRIEF, other])
    assert status == 400


async def test_a_command_asks_for_no_installation_that_the_application_has_not(
    http: ClientSession, emulator: DiscordEmulator
) -> None:
    emulator.state.installs = {0}
    command = BRIEF | {"integration_types": [0, 1]}
    assert (await call(http, emulator, "PUT /applications/4001/commands", [command]))[0] == 400


async def test_a_shard_that_identifies_too_soon_has_an_invalid_session(http: ClientSession) -> None:
    async with (
        DiscordEmulator(shards=2) as emulator,
        connected(http, emulator) as first,
        connected(http, emulator) as second,
    ):
        await first.send(wire.IDENTIFY, identity(shard=[0, 2]))
        await second.receive()
        await second.send(wire.IDENTIFY, identity(shard=[1, 2]))
        assert (await second.receive())["op"] == wire.INVALID_SESSION
        emulator.advance(5)
        await second.send(wire.IDENTIFY, identity(shard=[1, 2]))
        assert (await second.receive())["t"] == "READY"


async def test_too_few_shards_are_refused(http: ClientSession) -> None:
    async with DiscordEmulator(shards=2) as emulator, connected(http, emulator) as gateway:
        await gateway.send(wire.IDENTIFY, identity(shard=[0, 1]))
        assert await gateway.close_code() == 4011
