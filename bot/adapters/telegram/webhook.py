"""Hears Telegram by webhook: a small HTTP server takes updates and knows not what they say.

Telegram counts an update as delivered when it gets 200, so it gets 200 only after the update is in
the journal; anything else is delivered again. https://core.telegram.org/bots/api#setwebhook
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.adapters.telegram.api import asked_to_wait
from bot.core.errors import SettingsError, StoreError
from bot.core.journal import Update

log = logging.getLogger(__name__)

HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_BYTES = 1_000_000
"""An update is a few kilobytes; what is larger is none."""
AT_ONCE = 200
"""So many updates are written down together, at most."""
CONNECTIONS = 100
"""The most that Telegram opens."""
LOOK_SECONDS = 300
"""So often Telegram is asked whether it can deliver."""

Take = Callable[[Sequence[Update]], Awaitable[None]]
"""Writes updates down, and begins to answer those that are new. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The public `url` (https) that Telegram posts to, and where this process listens for it.

    What stands between (a reverse proxy) must keep the path and the headers.
    """

    url: str
    host: str
    port: int

    @property
    def path(self) -> str:
        """The path of the public address: the same is listened for here."""
        return urlsplit(self.url).path or "/"


def secret_of(token: str) -> str:
    """Return what Telegram must send along, made from the bot's token: nothing to be kept."""
    return hashlib.sha256(f"dateline webhook {token}".encode()).hexdigest()


class Receiver:
    """Takes updates from Telegram and hands them on, many at a time."""

    def __init__(self, webhook: Webhook, secret: str, take: Take) -> None:
        self._webhook = webhook
        self._secret = secret.encode()
        self._take = take
        self._waiting: list[tuple[Update, asyncio.Future[bool]]] = []
        self._some = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen until the end of the block. Raises SettingsError where nothing can listen."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_post(self._webhook.path, self._receive)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2)
        await runner.setup()
        writing = asyncio.create_task(self._write())
        try:
            await self._open(runner)
            yield
        finally:
            await runner.cleanup()
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing

    async def _open(self, runner: web.AppRunner) -> None:
        host, port = self._webhook.host, self._webhook.port
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(
                f"Nothing can listen on {host}:{port} for Telegram's webhook: {error.strerror}. "
                "Set DATELINE_TELEGRAM_WEBHOOK_LISTEN to a free address of this machine."
            ) from error

    async def _receive(self, request: web.Request) -> web.Response:
        # Compared in constant time: a wrong secret must not be found out letter by letter.
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        update = _parse(await request.read())
        if update is None:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((update, done))
        self._some.set()
        taken = await done
        return web.Response(status=HTTPStatus.OK if taken else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _write(self) -> None:
        """Write down all that waits in one transaction; meanwhile the next ones gather."""
        while True:
            await self._some.wait()
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            if not self._waiting:
                self._some.clear()
            taken = await self._taken([update for update, _ in batch])
            for _, done in batch:
                if not done.done():  # Telegram hung up
                    done.set_result(taken)

    async def _taken(self, updates: Sequence[Update]) -> bool:
        try:
            await self._take(updates)
        except StoreError as error:
            log.warning("Telegram: %d update(s) were not taken: %s", len(updates), error)
            return False
        except Exception:
            log.exception("Telegram: %d update(s) were not taken", len(updates))
            return False
        return True


def _parse(body: bytes) -> Update | None:
    """Read an update as it came; None for what is none."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or type(payload.get("update_id")) is not int:
        return None
    return Update(str(payload["update_id"]), payload)


class Registration:
    """Keeps Telegram told where to deliver, and says in the log when it cannot."""

    def __init__(self, bot: Bot, webhook: Webhook, secret: str, wanted: Sequence[str]) -> None:
        self._bot = bot
        self._webhook = webhook
        self._secret = secret
        self._wanted = wanted

    async def run(self) -> None:
        """Register, then look now and then, until cancelled. Raises SettingsError."""
        failures = 0
        while True:
            try:
                await self._register()
                log.info("Telegram: hears by webhook at %s", self._webhook.url)
                return await self._watch()
            except BadRequest as error:
                raise SettingsError(
                    f"Telegram does not take DATELINE_TELEGRAM_WEBHOOK_URL: {error.message}."
                ) from error
            except InvalidToken as error:
                raise SettingsError("Telegram no longer takes the token.") from error
            except TelegramError as error:
                failures += 1
                asked = asked_to_wait(error) if isinstance(error, RetryAfter) else 0.0
                wait = asked or min(30.0, 0.5 * 2.0**failures)
                log.warning("Telegram: no webhook yet (%s); again in %.0f s", error, wait)
                await asyncio.sleep(wait)

    async def _register(self) -> None:
        await self._bot.set_webhook(
            self._webhook.url,
            max_connections=CONNECTIONS,
            allowed_updates=self._wanted,
            secret_token=self._secret,
        )

    async def _watch(self) -> None:
        """Say when Telegram cannot deliver: a proxy or a certificate may be wrong for days."""
        told: datetime | None = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                info = await self._bot.get_webhook_info()
            except NetworkError as error:
                log.debug("Telegram: the webhook was not looked at: %s", error)
                continue
            if info.url != self._webhook.url:
                log.warning("Telegram: somebody else set the webhook; setting ours again")
                await self._register()
            elif info.last_error_date not in {None, told}:
                told = info.last_error_date
                log.warning("Telegram could not deliver an update: %s", info.last_error_message)
