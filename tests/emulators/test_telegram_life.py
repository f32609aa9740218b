"""The Telegram emulator's inline mode, webhooks, media edits and channels, on the wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.webhooks import HEADER
from tests.emulators.test_telegram import Client, png

ADA, BEN = 1001, 1002
SUPERGROUP, CHANNEL = -1001234567890, -1009876543210
PHOTO = {"type": "photo", "media": "attach://file", "caption": "<b>A map</b>", "parse_mode": "HTML"}


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(limits=None, local=True) as emulator:
        yield emulator
        assert emulator.violations == []


@pytest.fixture
async def client(telegram: TelegramEmulator) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(telegram, session)


async def upload(client: Client, method: str, **params: object) -> dict[str, Any]:
    form = aiohttp.FormData()
    for name, value in params.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    form.add_field("file", png(), filename="map.png", content_type="image/png")
    telegram = client.telegram
    url = f"{telegram.root}/bot{telegram.token}/{method}"
    async with client.session.post(url, data=form) as response:
        body: dict[str, Any] = await response.json()
    return body


# --- media


async def test_a_text_becomes_a_picture_and_never_a_text_again(client: Client) -> None:
    client.telegram.add_chat(ADA)
    sent = (await client.result("sendMessage", chat_id=ADA, text="one"))["message_id"]
    edited = await upload(client, "editMessageMedia", chat_id=ADA, message_id=sent, media=PHOTO)
    assert edited["result"]["caption"] == "A map"
    [post] = client.telegram.posted()
    assert (post.text, post.photo is not None) == ("A map", True)
    assert await client.refusal("editMessageText", chat_id=ADA, message_id=sent, text="two") == (
        "Bad Request: there is no text in the message to edit"
    )
    again = await upload(client, "editMessageMedia", chat_id=ADA, message_id=sent, media=PHOTO)
    assert "message is not modified" in again["description"]


# --- inline mode


def article(name: str, text: str = "<b>x</b>") -> dict[str, object]:
    content = {"message_text": text, "parse_mode": "HTML"}
    return {"type": "article", "id": name, "title": "A title", "input_message_content": content}


async def test_an_inline_query_takes_one_answer_and_a_result_becomes_a_message(
    client: Client,
) -> None:
    telegram = client.telegram
    query = await telegram.ask_inline("Mosul", chat_type="group")
    [update] = await client.result("getUpdates")
    assert update["inline_query"]["query"] == "Mosul"
    results = {"inline_query_id": query, "results": [article("1")], "is_personal": True}
    assert await client.result("answerInlineQuery", **results) is True
    assert "query is too old" in await client.refusal("answerInlineQuery", **results)
    answer = await telegram.wait_for_inline(query)
    assert answer.is_personal
    number = await telegram.choose_inline(answer, 0, ADA)
    assert telegram.message(number).json()["via_bot"]["id"] == telegram.bot.id
    assert telegram.message(number).json()["entities"][0]["type"] == "bold"


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([article(str(n)) for n in range(51)], "RESULTS_TOO_MUCH"),
        ([article("1"), article("1")], "RESULT_ID_DUPLICATE"),
        ([article("x" * 65)], "RESULT_ID_INVALID"),
        ([article("1", "<b>x")], "can't parse entities"),
        ([article("1", "x" * 4097)], "message is too long"),
    ],
    ids=range(5),
)
async def test_results_that_telegram_would_refuse_are_refused(
    client: Client, results: list[dict[str, object]], why: str
) -> None:
    query = await client.telegram.ask_inline("Mosul")
    asked = {"inline_query_id": query, "results": results}
    assert why in await client.refusal("answerInlineQuery", **asked)


# --- webhooks


class Hook:
    """A webhook that refuses the first `refusals` updates."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.heard: list[int] = []
        self.secrets: set[str | None] = set()

    async def hear(self, request: web.Request) -> web.Response:
        self.secrets.add(request.headers.get(HEADER))
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        self.heard.append((await request.json())["update_id"])
        return web.Response()


async def test_updates_go_to_the_webhook_until_it_takes_them(client: Client) -> None:
    telegram, hook = client.telegram, Hook(refusals=2)
    app = web.Application()
    app.router.add_post("/hook", hook.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await client.result("setWebhook", url=url, secret_token="a-secret", max_connections=1)
    for _ in range(3):
        await telegram.say("hello")
    await telegram.wait_until(lambda: telegram.pending == 0)
    assert len(hook.heard) == len(set(hook.heard)) == 3
    assert (hook.secrets, telegram.deliveries.refusals) == ({"a-secret"}, [500, 500])
    info = await client.result("getWebhookInfo")
    assert "500" in info["last_error_message"]
    assert "secret_token" not in info
    await runner.cleanup()


async def test_a_webhook_needs_tls_and_a_plain_secret(client: Client) -> None:
    why = await client.refusal("setWebhook", url="https://example.org/x", secret_token="a b")
    assert "unallowed characters" in why
    async with TelegramEmulator() as official:
        strict = Client(official, client.session)
        assert "HTTPS" in await strict.refusal("setWebhook", url="http://example.org/x")


# --- channels and groups


async def test_a_channels_post_appears_in_its_group_as_the_channels(client: Client) -> None:
    client.telegram.link(CHANNEL, SUPERGROUP)
    await client.telegram.say("/brief", chat=CHANNEL)
    post, copy = await client.result("getUpdates")
    assert post["channel_post"]["sender_chat"]["id"] == CHANNEL
    assert copy["message"]["is_automatic_forward"] is True
    assert copy["message"]["sender_chat"]["id"] == CHANNEL
    assert copy["message"]["from"]["id"] == 777000


async def test_an_anonymous_administrator_writes_as_the_group(client: Client) -> None:
    await client.telegram.say("/brief", chat=SUPERGROUP, as_chat=SUPERGROUP)
    [update] = await client.result("getUpdates")
    assert update["message"]["sender_chat"]["id"] == SUPERGROUP
    assert update["message"]["from"]["username"] == "GroupAnonymousBot"


async def test_who_is_in_a_channel_is_told_to_its_administrators_only(client: Client) -> None:
    telegram = client.telegram
    telegram.add_chat(CHANNEL, "channel", username="news")
    telegram.set_member(CHANNEL, BEN, "administrator", may_post=False)
    asked = {"chat_id": "@news", "user_id": BEN}
    assert (await client.result("getChatMember", **asked))["can_post_messages"] is False
    telegram.set_member(CHANNEL, telegram.bot.id, "member")
    assert "inaccessible" in await client.refusal("getChatMember", **asked)
    assert (await client.result("getChat", chat_id="@news"))["type"] == "channel"


async def test_of_an_old_message_a_press_tells_only_the_number(client: Client) -> None:
    telegram = client.telegram
    telegram.add_chat(ADA)
    rows = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await client.result("sendMessage", chat_id=ADA, text="one", reply_markup=rows)
    await telegram.press(sent["message_id"], "Go", is_old=True)
    [update] = await client.result("getUpdates")
    message = update["callback_query"]["message"]
    assert (message["date"], message["message_id"]) == (0, sent["message_id"])
    assert "text" not in message
