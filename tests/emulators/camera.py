"""Photographs web pages as a phone shows them, whole, with one Chromium. Knows no chat.

Speaks Chromium's own protocol (https://chromedevtools.github.io/devtools-protocol/), for which
Debian's package `chromium` is enough. A picture is a PNG of few colours, so that it stays small.
"""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
from PIL import Image

WIDTH, HEIGHT = 390, 640
SCALE = 2
COLOURS, FEWER_COLOURS = 96, 32
LARGE_BYTES = 150_000
"""A picture that is larger gets fewer colours."""
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Camera:
    """One page of a running browser."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def open(self, url: str, script: str = "") -> None:
        """Show a page and run a script in it; the page is as high as what it holds."""
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": SCALE, "mobile": True}
        await self._ask("Emulation.setDeviceMetricsOverride", **size)
        await self._ask("Page.enable")
        await self._ask("Page.navigate", url=url)
        await self._until("Page.loadEventFired")
        if script:
            await self._ask("Runtime.evaluate", expression=script)

    async def photograph(self, path: Path) -> None:
        """Save the whole page as a PNG."""
        metrics = await self._ask("Page.getLayoutMetrics")
        clip = {**metrics["cssContentSize"], "scale": 1}
        taken = await self._ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        await asyncio.to_thread(_save, b64decode(taken["data"]), path)

    async def _ask(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - the browser's JSON
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        return (await self._until(self._number))["result"]

    async def _until(self, awaited: int | str) -> Any:  # noqa: ANN401 - as above
        """Read on until the answer with this number, or the event with this name."""
        async with asyncio.timeout(60):
            while True:
                told = json.loads(await self._socket.receive_str())
                if awaited in {told.get("id"), told.get("method")}:
                    return told


@asynccontextmanager
async def camera() -> AsyncIterator[Camera]:
    """Run a browser for as long as the block lasts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ("chromium", *QUIET, f"--user-data-dir={profile}", "about:blank")
        browser = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        assert browser.stderr is not None
        try:
            root = await _address(browser.stderr)
            async with ClientSession() as session:
                async with session.get(f"{root}/json/list") as answer:
                    tabs = await answer.json()
                [tab] = [one for one in tabs if one["type"] == "page"]
                async with session.ws_connect(
                    tab["webSocketDebuggerUrl"], max_msg_size=0
                ) as socket:
                    yield Camera(socket)
        finally:
            browser.terminate()
            await browser.wait()


async def _address(said: asyncio.StreamReader) -> str:
    """Wait until the browser says where it listens."""
    async with asyncio.timeout(60):
        while line := (await said.readline()).decode():
            if "DevTools listening on ws://" in line:
                return "http://" + line.partition("ws://")[2].partition("/")[0]
    raise RuntimeError("Chromium ended before it listened")


def _save(png: bytes, path: Path) -> None:
    """Few colours are enough for a chat, and a fifth of the bytes."""
    with Image.open(io.BytesIO(png)) as image:
        whole = image.convert("RGB")
    for colours in (COLOURS, FEWER_COLOURS):
        whole.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LARGE_BYTES:
            return
