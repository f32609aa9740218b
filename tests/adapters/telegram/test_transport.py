"""What the transport knows of a failure: whether Telegram can have seen the request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from telegram.error import NetworkError, RetryAfter

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.adapters.telegram.api import asked_to_wait
from bot.adapters.telegram.transport import (
    CONNECTIONS,
    AiohttpRequest,
    NotConnected,
    NotSent,
    NotTaken,
    longest,
)
from bot.core.commands import COMMANDS
from bot.core.delivery import LEASE, STALE
from bot.core.errors import DeliveryError
from bot.core.fence import fenced
from bot.store.jobs import AT_ONCE
from tests.emulators.telegram import DEFAULT_TOKEN


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[tuple[BaseTestServer, str]]:
    app = web.Application()
    app.router.add_post("/", handler)
    async with TestServer(app) as server, asyncio.timeout(10):
        yield server, str(server.make_url("/"))


def connections(server: BaseTestServer) -> int:
    assert server.runner is not None
    assert server.runner.server is not None
    return len(server.runner.server.connections)


class Claim:
    """What the fence asks; it turns stale when a test says so."""

    stale = False

    def look(self) -> None:
        if self.stale:
            raise DeliveryError("this process was stopped", retry_after=0)


async def test_who_finds_no_free_connection_knows_that_nothing_was_sent() -> None:
    arrived, free = asyncio.Event(), asyncio.Event()

    async def answer_late(_: web.Request) -> web.Response:
        arrived.set()
        await free.wait()
        return web.json_response({"ok": True})

    async with (
        serving(answer_late) as (_, url),
        AiohttpRequest(timeout=0.3, connections=1) as transport,
    ):
        first = asyncio.create_task(transport.do_request(url, "POST", read_timeout=5))
        await arrived.wait()
        with pytest.raises(NotConnected):
            await transport.do_request(url, "POST")
        free.set()
        assert (await first)[0] == 200


async def test_a_claim_that_turns_stale_while_a_connection_is_awaited_sends_nothing() -> None:
    arrived, free, came = asyncio.Event(), asyncio.Event(), []

    async def answer_late(request: web.Request) -> web.Response:
        came.append(await request.text())
        arrived.set()
        await free.wait()
        return web.json_response({"ok": True})

    async def post_under(claim: Claim) -> None:
        with fenced(claim.look):
            await transport.do_request(url, "POST")

    claim = Claim()
    async with serving(answer_late) as (server, url), AiohttpRequest(connections=1) as transport:
        first = asyncio.create_task(transport.do_request(url, "POST"))
        await arrived.wait()
        late = asyncio.create_task(post_under(claim))
        await asyncio.sleep(0.05)
        claim.stale = True
        free.set()
        with pytest.raises(NotSent, match="stopped"):
            await late
        await first
        assert len(came) == 1
        await transport.do_request(url, "POST")  # the one connection is free, and the same
        assert connections(server) == 1


async def test_a_claim_that_turns_stale_while_a_connection_is_made_sends_nothing() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    claim = Claim()
    claim.stale = True
    async with serving(answer) as (server, url), AiohttpRequest() as transport:
        with fenced(claim.look), pytest.raises(NotSent):
            await transport.do_request(url, "POST")
        await transport.do_request(url, "POST")  # on the connection that was made for the other
        assert connections(server) == 1


async def test_an_answer_that_trickles_is_not_awaited_for_ever() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.02)

    begun = time.monotonic()
    async with serving(trickle) as (_, url), AiohttpRequest(0.1, connections=1) as transport:
        for _again in range(2):  # the connection is taken back
            with pytest.raises(NetworkError) as caught:
                await transport.do_request(url, "POST")
            assert not isinstance(caught.value, NotConnected)
        assert time.monotonic() - begun < 2


async def test_an_answer_that_came_while_the_process_was_stopped_is_read() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        time.sleep(0.3)  # noqa: ASYNC251 - nothing goes on, and the answer is in our socket
        writer.close()

    async with (
        asyncio.timeout(10),
        await asyncio.start_server(answer, "127.0.0.1") as server,
        AiohttpRequest(0.1) as transport,
    ):
        port = server.sockets[0].getsockname()[1]
        assert await transport.do_request(f"http://127.0.0.1:{port}/", "POST") == (200, b"{}")


def test_a_claim_holds_until_the_last_request_that_left_under_it_is_over() -> None:
    adapter = TelegramAdapter(DEFAULT_TOKEN, "http://127.0.0.1", COMMANDS)
    wait = adapter._requests[0].read_timeout
    assert wait is not None
    assert STALE + timedelta(seconds=longest(wait)) < LEASE


def test_digests_that_all_hang_leave_as_many_connections_to_answers() -> None:
    assert CONNECTIONS >= 2 * AT_ONCE


@pytest.mark.parametrize("status", [402, 405, 406, 413, 422, 429, 451])
async def test_a_refusal_by_a_proxy_is_definite(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>No</html>", content_type="text/html")

    async with serving(refuse) as (_, url), AiohttpRequest() as transport:
        with pytest.raises(NotTaken, match=str(status)) as caught:
            await transport.post(url)
        assert caught.value.status == status


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_who_waited_for_telegram_in_vain_refuses_nothing(status: int) -> None:
    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "7"})

    async with serving(fail) as (_, url), AiohttpRequest() as transport:
        with pytest.raises(NetworkError) as caught:
            await transport.post(url)
        assert type(caught.value) is NetworkError


@pytest.mark.parametrize(
    ("body", "header", "wait"),
    [
        ('{"ok": false, "parameters": {"retry_after": 7}}', "", 7),
        ('{"ok": false, "parameters": {"retry_after": 7}}', "9", 7),
        ("<html>Too Many Requests</html>", "9", 9),
        ('{"ok": false, "parameters": {}}', "9", 9),
    ],
)
async def test_a_429_says_how_long_to_wait_wherever_it_says_it(
    body: str, header: str, wait: int
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=429, text=body, headers={"Retry-After": header})

    async with serving(refuse) as (_, url), AiohttpRequest() as transport:
        with pytest.raises(RetryAfter) as caught:
            await transport.post(url)
        assert asked_to_wait(caught.value) == wait


@pytest.mark.parametrize("body", ["", "[]", "null", '{"parameters": null}', '{"ok": false}'])
@pytest.mark.parametrize("header", ["", "0", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_429_that_does_not_say_how_long_to_wait_is_a_refusal(
    body: str, header: str
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=429, text=body, headers={"Retry-After": header})

    async with serving(refuse) as (_, url), AiohttpRequest() as transport:
        with pytest.raises(NotTaken, match="429 Too Many Requests"):
            await transport.post(url)


async def test_a_server_that_speaks_no_http_gets_no_token_shown() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"what?\r\n\r\n")
        writer.close()

    async with (
        asyncio.timeout(10),
        await asyncio.start_server(babble, "127.0.0.1") as server,
        AiohttpRequest() as transport,
    ):
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NetworkError) as caught:
            await transport.do_request(f"http://127.0.0.1:{port}/bot123:secret/getMe", "POST")
    assert "secret" not in str(caught.value)
