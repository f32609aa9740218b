"""What `bench_chat` measures against, each a process of its own: bare echo bots, and a slow core.

`python -m tests.benchmarks.chat_sides NAME ARGUMENT...`; each says "ready" when it listens.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.core.messages import Paragraph, Reply, Request
from tests.benchmarks.taker import Taker, told

TOKEN = "123456:BENCH"
DISCORD_TOKEN = "EMULATOR.DISCORD.TOKEN"
PATH = "/hook"


@asynccontextmanager
async def side(name: str, *arguments: str) -> AsyncIterator[int]:
    """Run one of them for as long as the block lasts; give the number of its process."""
    command = [sys.executable, "-m", "tests.benchmarks.chat_sides", name, *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"ready" not in (line := await process.stdout.readline()):
                assert line, f"{name} ended before it was ready"
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def ready() -> None:
    """Say that this process listens."""
    print("ready", flush=True)


# ---------------------------------------------------------------- echo bots, as the manuals say


async def telegram_echo(root: str, token: str) -> None:
    """python-telegram-bot as it comes: polling, and one command that answers a text."""
    app = _application(root, token)
    async with app:
        await app.start()
        await app.updater.start_polling()
        ready()
        await asyncio.Event().wait()


async def telegram_hook(root: str, port: str) -> None:
    """The same by webhook, as the manual's "custom webhook bot" does it.

    https://docs.python-telegram-bot.org/en/stable/examples.customwebhookbot.html
    """
    from telegram import Update  # noqa: PLC0415 - each side loads its own library

    app = _application(root, TOKEN, updater=False)

    async def take(request: web.Request) -> web.Response:
        await app.update_queue.put(Update.de_json(await request.json(), app.bot))
        return web.Response()

    server = web.Application()
    server.router.add_post(PATH, take)
    async with app:
        await app.start()
        await _serve(server, port)


def _application(root: str, token: str, *, updater: bool = True) -> Any:  # noqa: ANN401 - six type parameters
    from telegram.ext import ApplicationBuilder, CommandHandler  # noqa: PLC0415

    async def ping(update: Any, _context: Any) -> None:  # noqa: ANN401
        await update.message.reply_text("pong")

    builder: Any = ApplicationBuilder().token(token).base_url(f"{root}/bot")
    app = (builder if updater else builder.updater(None)).build()
    app.add_handler(CommandHandler(["ping", "help"], ping))
    return app


async def _serve(server: web.Application, port: str) -> None:
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    ready()
    await asyncio.Event().wait()


async def discord_echo(api: str, gateway: str) -> None:
    """discord.py as it comes: a command tree with one command that answers a text."""
    import discord  # noqa: PLC0415
    import yarl  # noqa: PLC0415
    from discord import app_commands  # noqa: PLC0415

    discord.http.Route.BASE = api
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    client = discord.Client(intents=discord.Intents.default())
    tree = app_commands.CommandTree(client)

    @tree.command(name="ping", description="Answers")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong")

    @client.event
    async def on_ready() -> None:
        await tree.sync()
        ready()

    await client.start(DISCORD_TOKEN)


# ---------------------------------------------------------------- ours, with a core of our choice


async def discord_slow(api: str, gateway: str, way: str) -> None:
    """Our Discord adapter; the core needs five seconds for each answer.

    It "waits" for something, "blocks" its thread, or is "busy" with Python in it.
    """
    from bot.adapters.discord.adapter import DiscordAdapter  # noqa: PLC0415
    from bot.core.commands import COMMANDS  # noqa: PLC0415

    async def answer(request: Request) -> Reply:
        if request.is_event:  # nobody asked
            return Reply(())
        if way == "waits":
            await asyncio.sleep(5)
        elif way == "blocks":
            time.sleep(5)  # noqa: ASYNC251 - that is what is measured
        else:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                sum(range(1000))
        return Reply((Paragraph("At last."),))

    ready()
    await DiscordAdapter(DISCORD_TOKEN, api, gateway, COMMANDS).run(answer)


async def our_hook(root: str, port: str, whole: str) -> None:
    """Our Telegram adapter by webhook with the journal on disk, and no limit on what it sends.

    The answer is a constant like the peer's, or, for `whole`, the desk's.
    """
    from bot import app, settings  # noqa: PLC0415
    from bot.adapters.pace import Pace  # noqa: PLC0415
    from bot.adapters.telegram.adapter import TelegramAdapter  # noqa: PLC0415
    from bot.adapters.telegram.webhook import Webhook  # noqa: PLC0415
    from bot.core.commands import COMMANDS  # noqa: PLC0415
    from bot.core.pacing import Rate  # noqa: PLC0415

    async def pong(_: Request) -> Reply:
        return Reply((Paragraph("pong"),))

    hook = Webhook(f"https://bot.example{PATH}", "127.0.0.1", int(port))
    pace = Pace(Rate(1_000_000, 1.0), lambda _: (), ahead=1000)
    adapter = TelegramAdapter(TOKEN, root, COMMANDS, pace=pace, webhook=hook)
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.load({"DATELINE_DATA_DIR": folder})
        async with app.assembled(chosen) as parts:
            answer = parts.desk.answer if whole == "whole" else pong
            running = asyncio.create_task(adapter.run(answer, parts.journal))
            await _listens(int(port))
            app._leave_to_stay()  # as `serve` does
            ready()
            await running


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


# ---------------------------------------------------------------- a Telegram that takes everything


class Counting(Taker):
    """Answers each request as if all went well, and counts the messages."""

    sent = 0
    """Of all connections together."""

    def answer(self, line: bytes) -> bytes:
        """See Taker."""
        if b"/sendMessage" in line:
            Counting.sent += 1
            return _SENT
        return _ME if b"/getMe" in line else _HOOK if b"/getWebhookInfo" in line else _TRUE


_CHAT = {"id": 1, "type": "private", "first_name": "A"}
_SENT = told({"message_id": 1, "date": 1, "chat": _CHAT, "text": "pong"})
_ME = told({"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"})
_HOOK = told({"url": f"https://bot.example{PATH}", "pending_update_count": 0})
_TRUE = told(result=True)

SIDES: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "telegram_echo": telegram_echo,
    "telegram_hook": telegram_hook,
    "discord_echo": discord_echo,
    "discord_slow": discord_slow,
    "our_hook": our_hook,
}

if __name__ == "__main__":
    asyncio.run(SIDES[sys.argv[1]](*sys.argv[2:]))
