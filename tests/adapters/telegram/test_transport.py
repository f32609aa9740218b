"""What the transport knows of a failure: whether Telegram can have seen the request."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.error import NetworkError

from bot.adapters.telegram.transport import AiohttpRequest, NotConnected


async def test_who_finds_no_free_connection_knows_that_nothing_was_sent() -> None:
    arrived, free = asyncio.Event(), asyncio.Event()

    async def answer_late(_: web.Request) -> web.Response:
        arrived.set()
        await free.wait()
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/", answer_late)
    transport = AiohttpRequest(timeout=0.1, connections=1)
    async with TestServer(app) as server, asyncio.timeout(10):
        url = str(server.make_url("/"))
        first = asyncio.create_task(transport.do_request(url, "POST"))
        await arrived.wait()
        with pytest.raises(NotConnected):
            await transport.do_request(url, "POST")
        free.set()
        assert (await first)[0] == 200
        await transport.shutdown()


async def test_a_server_that_speaks_no_http_gets_no_token_shown() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"what?\r\n\r\n")
        writer.close()

    transport = AiohttpRequest()
    async with asyncio.timeout(10), await asyncio.start_server(babble, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NetworkError) as caught:
            await transport.do_request(f"http://127.0.0.1:{port}/bot123:secret/getMe", "POST")
        await transport.shutdown()
    assert "secret" not in str(caught.value)
