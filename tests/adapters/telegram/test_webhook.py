"""Telegram delivers updates by webhook: taken into the journal first, each answered once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.adapters.telegram.webhook import BODY_BYTES, HEADER, Webhook, secret_of
from bot.core.commands import COMMANDS
from bot.core.errors import SettingsError, StoreError
from bot.core.journal import Journal, Update
from bot.core.messages import Answer
from bot.core.ports import FORGETFUL
from tests.adapters.clerk import Clerk
from tests.adapters.telegram.living import ADA
from tests.emulators.telegram import DEFAULT_TOKEN, Fault, TelegramEmulator
from tests.fakes import FakeJournal

SECRET = secret_of(DEFAULT_TOKEN)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramEmulator]:
    """An emulated Bot API server of one's own: it delivers without TLS."""
    async with TelegramEmulator(limits=None, local=True) as emulator:
        yield emulator
        assert emulator.violations == []


@pytest.fixture
def webhook() -> Webhook:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Webhook(f"http://127.0.0.1:{port}/telegram", "127.0.0.1", port)


@contextlib.asynccontextmanager
async def running(
    telegram: TelegramEmulator, webhook: Webhook, answer: Answer, journal: Journal = FORGETFUL
) -> AsyncIterator[None]:
    adapter = TelegramAdapter(telegram.token, telegram.root, COMMANDS, webhook=webhook)
    task = asyncio.create_task(adapter.run(answer, journal))
    try:
        await telegram.wait_until(lambda: bool(telegram.world.updates.webhook))
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def posted(webhook: Webhook, body: bytes, secret: str | None = SECRET) -> int:
    headers = {HEADER: secret} if secret is not None else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(webhook.url, data=body, headers=headers) as response,
    ):
        return response.status


def command(number: int, text: str = "/brief") -> bytes:
    ada = {"id": ADA, "is_bot": False, "first_name": "Ada"}
    chat = {"id": ADA, "type": "private", "first_name": "Ada"}
    message = {"message_id": number, "date": 1452770000, "chat": chat, "from": ada, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


async def test_what_telegram_delivers_is_answered(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    async with running(telegram, webhook, clerk.answer):
        await telegram.say("/brief")
        await telegram.wait_for_post()
        assert telegram.pending == 0
    assert not any(method == "getUpdates" for method, _ in telegram.requests)


async def test_telegram_is_told_what_is_wanted_and_a_secret_that_is_not_the_token(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    async with running(telegram, webhook, clerk.answer):
        pass
    [told] = [params for method, params in telegram.requests if method == "setWebhook"]
    assert told["url"] == webhook.url
    assert told["secret_token"] == SECRET
    assert DEFAULT_TOKEN not in SECRET
    assert "inline_query" in str(told["allowed_updates"])


async def test_what_the_journal_could_not_take_is_delivered_again(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    class Locked(FakeJournal):
        faults = 2

        async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
            if self.faults:
                self.faults -= 1
                raise StoreError("The database is locked.")
            return await super().take(platform, updates)

    async with running(telegram, webhook, clerk.answer, Locked()):
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert telegram.deliveries.refusals == [503, 503]
    assert len(clerk.requests) == 1


async def test_an_update_is_in_the_journal_before_telegram_hears_that_we_have_it(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    class Slow(FakeJournal):
        def __init__(self) -> None:
            super().__init__()
            self.begun, self.open = asyncio.Event(), asyncio.Event()

        async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
            self.begun.set()
            await self.open.wait()
            return await super().take(platform, updates)

    journal = Slow()
    async with running(telegram, webhook, clerk.answer, journal):
        await telegram.say("/brief")
        await journal.begun.wait()
        assert telegram.pending == 1
        journal.open.set()
        await telegram.wait_until(lambda: telegram.pending == 0)
        await telegram.wait_for_post()


async def test_updates_that_come_together_are_written_down_together(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    class Counting(FakeJournal):
        sizes: list[int] = []  # noqa: RUF012 - one journal, one test

        async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
            self.sizes.append(len(updates))
            await asyncio.sleep(0)
            return await super().take(platform, updates)

    async with running(telegram, webhook, clerk.answer, Counting()):
        statuses = await asyncio.gather(*(posted(webhook, command(n)) for n in range(1, 101)))
        await telegram.wait_until(lambda: len(clerk.requests) == 100)
    assert set(statuses) == {200}
    assert sum(Counting.sizes) == 100
    assert len(Counting.sizes) < 100


async def test_an_update_that_is_delivered_twice_is_answered_once(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    telegram.add_chat(ADA)
    async with running(telegram, webhook, clerk.answer, FakeJournal()):
        together = await asyncio.gather(*(posted(webhook, command(7)) for _ in range(3)))
        assert [*together, await posted(webhook, command(7))] == [200] * 4
        await telegram.wait_for_post()
    assert len(clerk.requests) == len(telegram.posted()) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], "\u00e9" * 3])
async def test_who_does_not_know_the_secret_is_not_heard(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk, secret: str | None
) -> None:
    async with running(telegram, webhook, clerk.answer):
        assert await posted(webhook, command(7), secret) == 403
    assert clerk.requests == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b'"text"', b"\xff\xfe", b"[" * 100_000),
        *(b'{"update_id": "7"}', b'{"update_id": true}', b'{"update_id": 1.5}'),
    ],
    ids=range(11),
)
async def test_what_is_no_update_is_refused_and_nothing_breaks(
    telegram: TelegramEmulator,
    webhook: Webhook,
    clerk: Clerk,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
) -> None:
    async with running(telegram, webhook, clerk.answer):
        assert await posted(webhook, body) == 400
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert caplog.records == []


async def test_a_body_that_is_too_large_is_refused(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    async with running(telegram, webhook, clerk.answer):
        assert await posted(webhook, b" " * (BODY_BYTES + 1)) == 413


async def test_another_path_or_method_is_nothing_of_ours(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    async with running(telegram, webhook, clerk.answer), aiohttp.ClientSession() as session:
        async with session.get(webhook.url) as found:
            assert found.status == 405
        root = webhook.url.removesuffix("telegram")
        async with session.post(root, data=command(7), headers={HEADER: SECRET}) as found:
            assert found.status == 404


async def test_an_address_in_use_is_said_in_words(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    with socket.socket() as taken:
        taken.bind((webhook.host, webhook.port))
        taken.listen()
        adapter = TelegramAdapter(telegram.token, telegram.root, COMMANDS, webhook=webhook)
        with pytest.raises(SettingsError, match="DATELINE_TELEGRAM_WEBHOOK_LISTEN"):
            await adapter.run(clerk.answer)


async def test_an_address_that_telegram_does_not_take_is_said_in_words(
    webhook: Webhook, clerk: Clerk
) -> None:
    async with TelegramEmulator(limits=None) as strict:
        adapter = TelegramAdapter(strict.token, strict.root, COMMANDS, webhook=webhook)
        with pytest.raises(SettingsError, match=r"DATELINE_TELEGRAM_WEBHOOK_URL.*https"):
            await adapter.run(clerk.answer)


async def test_a_webhook_is_set_as_soon_as_telegram_can_be_reached(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail_next("setWebhook", Fault.error(502, "Bad Gateway"))
    async with running(telegram, webhook, clerk.answer):
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert "no webhook yet" in caplog.text


async def test_a_bot_that_polls_again_hears_what_the_webhook_did_not_take(
    telegram: TelegramEmulator, webhook: Webhook, clerk: Clerk
) -> None:
    async with running(telegram, webhook, clerk.answer):
        pass
    await telegram.say("/brief")  # nobody listens there any more
    adapter = TelegramAdapter(telegram.token, telegram.root, COMMANDS)
    task = asyncio.create_task(adapter.run(clerk.answer))
    await telegram.wait_for_post()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_that_telegram_cannot_deliver_is_said(
    telegram: TelegramEmulator,
    webhook: Webhook,
    clerk: Clerk,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.adapters.telegram.webhook.LOOK_SECONDS", 0)
    caplog.set_level(logging.WARNING)
    async with running(telegram, webhook, clerk.answer):
        hook = telegram.world.updates.webhook
        hook |= {"last_error_date": 1452770000, "last_error_message": "Connection timed out"}
        await telegram.wait_until(lambda: looks(telegram) >= 3)
    assert caplog.text.count("Connection timed out") == 1


def looks(telegram: TelegramEmulator) -> int:
    return sum(method == "getWebhookInfo" for method, _ in telegram.requests)
