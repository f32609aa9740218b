"""What the transport knows of a failure: whether Telegram can have seen the request."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

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
