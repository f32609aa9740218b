"""The Telegram emulator on the wire: plain HTTP first, then a real library unchanged."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import struct
import sys
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from tests.emulators import specs
from tests.emulators.telegram import Fault, Limits, TelegramEmulator
from tests.emulators.telegram.entities import Formatted, Span, finish, render, telegram_tags
from tests.emulators.telegram.limits import RateLimiter
from tests.emulators.telegram.markup import parse
from tests.emulators.telegram_page import Bubble, chat_page

ADA = 1001
GROUP = -5001
SUPERGROUP = -1001234567890

needs_spec = pytest.mark.skipif(
    specs.load_telegram_spec() is None, reason=f"no Bot API spec at {specs.SPEC_PATH}"
)


class Client:
    """A Bot API client that adds nothing."""

    def __init__(self, telegram: TelegramEmulator, session: aiohttp.ClientSession) -> None:
        self.telegram = telegram
        self.session = session

    async def answer(self, method: str, **params: object) -> dict[str, Any]:
        url = f"{self.telegram.root}/bot{self.telegram.token}/{method}"
        async with self.session.post(url, json=params) as response:
            body: dict[str, Any] = await response.json()
        assert body["ok"] or body["error_code"] == response.status
        return body

    async def result(self, method: str, **params: object) -> Any:  # noqa: ANN401 - each method has its own
        body = await self.answer(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, **params: object) -> str:
        body = await self.answer(method, **params)
        assert not body["ok"], body
        return str(body["description"])


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(limits=None) as emulator:
        yield emulator


@pytest_asyncio.fixture
async def client(telegram: TelegramEmulator) -> AsyncIterator[Client]:
    """A client of a bot that Ada has started."""
    telegram.add_chat(ADA)
    async with aiohttp.ClientSession() as session:
        yield Client(telegram, session)


def png(width: int = 40, height: int = 20) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height))
    return b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")


# --- paths, tokens, parameters ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("/bot654321:WRONG/getMe", 401, "Unauthorized"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot123456:EMULATOR", 404, "Not Found"),
        ("/", 404, "Not Found"),
        ("/bot123456:EMULATOR/makeCoffee", 404, "Not Found: method not found"),
        ("/file/bot654321:WRONG/photos/file_0.jpg", 401, "Unauthorized"),
        ("/file/bot123456:EMULATOR/photos/file_0.jpg", 404, "Not Found"),
    ],
)
async def test_a_wrong_path_or_token_is_refused(
    client: Client, path: str, status: int, description: str
) -> None:
    async with client.session.get(client.telegram.root + path) as response:
        assert response.status == status
        assert await response.json() == {
            "ok": False,
            "error_code": status,
            "description": description,
        }


async def test_method_names_ignore_case(client: Client) -> None:
    assert (await client.result("GETME"))["username"] == "dateline_bot"


async def test_parameters_come_in_any_documented_way(client: Client) -> None:
    url = f"{client.telegram.root}/bot{client.telegram.token}/sendMessage"
    params = {"chat_id": str(ADA), "text": "é+ &"}
    form = aiohttp.FormData(params, default_to_multipart=True)
    get, post = client.session.get, client.session.post
    for request in (
        get(url, params=params),
        post(url, data=params),
        post(url, json={"chat_id": ADA, "text": "é+ &"}),
        post(url, data=form),
    ):
        async with request as response:
            assert response.status == 200
    assert [one.text for one in client.telegram.posted()] == ["é+ &"] * 4
    assert client.telegram.violations == []


@pytest.mark.parametrize("body", ['{"chat_id": 1001, "text": "\\ud83d"}', "{", "[1]", '"x"'])
async def test_a_body_that_is_no_clean_json_object_is_refused(client: Client, body: str) -> None:
    url = f"{client.telegram.root}/bot{client.telegram.token}/sendMessage"
    headers = {"Content-Type": "application/json"}
    async with client.session.post(url, data=body, headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["description"].startswith("Bad Request: ")


async def test_a_form_that_is_no_utf_8_is_refused(client: Client) -> None:
    url = f"{client.telegram.root}/bot{client.telegram.token}/sendMessage"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = b"chat_id=1001&text=%ff%fe"
    async with client.session.post(url, data=data, headers=headers) as response:
        assert (await response.json())["description"] == (
            "Bad Request: strings must be encoded in UTF-8"
        )


# --- updates ----------------------------------------------------------------------------------


async def test_an_update_stays_until_a_higher_offset_confirms_it(client: Client) -> None:
    for word in ("one", "two", "three"):
        await client.telegram.say(word)
    first = await client.result("getUpdates", limit=2)
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    assert await client.result("getUpdates", limit=2) == first
    rest = await client.result("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == ["three"]
    assert client.telegram.pending == 1


async def test_a_negative_offset_forgets_all_but_the_last(client: Client) -> None:
    for word in ("one", "two", "three"):
        await client.telegram.say(word)
    [last] = await client.result("getUpdates", offset=-1)
    assert last["message"]["text"] == "three"
    assert client.telegram.pending == 1


async def test_a_long_poll_waits_for_the_first_update(client: Client) -> None:
    poll = asyncio.create_task(client.result("getUpdates", timeout=30))
    await client.telegram.wait_until(lambda: client.telegram.world.updates.polls == 1)
    assert not poll.done()
    await client.telegram.say("hello")
    [update] = await poll
    assert update["message"]["text"] == "hello"


async def test_a_second_poller_ends_the_first(client: Client) -> None:
    first = asyncio.create_task(client.answer("getUpdates", timeout=30))
    await client.telegram.wait_until(lambda: client.telegram.world.updates.polls == 1)
    second = asyncio.create_task(client.result("getUpdates", timeout=30))
    ended = await first
    assert ended["error_code"] == 409
    assert "terminated by other getUpdates request" in ended["description"]
    await client.telegram.say("hello")
    assert len(await second) == 1


async def test_polling_and_a_webhook_exclude_each_other(client: Client) -> None:
    poll = asyncio.create_task(client.answer("getUpdates", timeout=30))
    await client.telegram.wait_until(lambda: client.telegram.world.updates.polls == 1)
    assert await client.result("setWebhook", url="https://example.com/hook") is True
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
    assert (await client.answer("getUpdates"))["error_code"] == 409
    assert (await client.result("getWebhookInfo"))["url"] == "https://example.com/hook"
    await client.result("deleteWebhook")
    assert await client.result("getUpdates") == []


async def test_a_webhook_needs_https(client: Client) -> None:
    assert "HTTPS" in await client.refusal("setWebhook", url="http://example.com")


async def test_allowed_updates_are_remembered(client: Client) -> None:
    await client.result("getUpdates", allowed_updates=["callback_query"])
    await client.telegram.say("unheard")
    assert await client.result("getUpdates") == []
    await client.result("getUpdates", allowed_updates=[])
    await client.telegram.say("heard")
    assert len(await client.result("getUpdates")) == 1


@needs_spec
async def test_every_kind_of_update_fits_the_spec(client: Client) -> None:
    telegram, spec = client.telegram, specs.load_telegram_spec()
    assert spec is not None
    await client.result(
        "getUpdates",
        allowed_updates=[
            "message",
            "edited_message",
            "channel_post",
            "callback_query",
            "my_chat_member",
            "chat_member",
        ],
    )
    said = await telegram.say("/start", language_code="fr")
    await telegram.edit(said, "/help")
    await client.result("sendMessage", chat_id=ADA, text="hi", reply_markup=keyboard("More"))
    await telegram.press(2, "More")
    telegram.block(ADA)
    await telegram.say("/brief", chat=GROUP)
    telegram.set_member(GROUP, 1002, "administrator")
    telegram.migrate(GROUP)
    await telegram.say("/topic", chat=SUPERGROUP, thread=77)
    await telegram.say("news", chat=-1009876543210, chat_kind="channel")
    updates = await client.result("getUpdates")
    kinds = {kind for update in updates for kind in update} - {"update_id"}
    assert kinds == {
        "message",
        "edited_message",
        "channel_post",
        "callback_query",
        "my_chat_member",
        "chat_member",
    }
    assert [one for update in updates for one in specs.update_violations(spec, update)] == []


# --- who hears what ---------------------------------------------------------------------------


async def heard(client: Client) -> list[str]:
    updates = await client.result("getUpdates")
    return [update["message"].get("text", "") for update in updates if "message" in update]


async def test_privacy_mode_hides_small_talk_in_groups(client: Client) -> None:
    telegram = client.telegram
    telegram.add_chat(GROUP)
    mine = (await client.result("sendMessage", chat_id=GROUP, text="news"))["message_id"]
    await telegram.say("nice weather", chat=GROUP)
    await telegram.say("/brief", chat=GROUP)
    await telegram.say("/brief@dateline_bot now", chat=GROUP)
    await telegram.say("/brief@other_bot", chat=GROUP)
    await telegram.say("what about it, @Dateline_Bot?", chat=GROUP)
    await telegram.say("thanks", chat=GROUP, reply_to=mine)
    assert await heard(client) == [
        "/brief",
        "/brief@dateline_bot now",
        "what about it, @Dateline_Bot?",
        "thanks",
    ]


async def test_an_administrator_bot_hears_everything(client: Client) -> None:
    client.telegram.set_member(GROUP, client.telegram.bot.id, "administrator")
    await client.telegram.say("nice weather", chat=GROUP)
    assert await heard(client) == ["nice weather"]


async def test_the_bot_hears_that_it_was_thrown_out_and_nothing_after(client: Client) -> None:
    client.telegram.add_chat(GROUP)
    client.telegram.block(GROUP)
    await client.telegram.say("/brief", chat=GROUP)
    [update] = await client.result("getUpdates")
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_a_reply_carries_the_message_it_answers(client: Client) -> None:
    first = await client.telegram.say("see https://example.com/a?b=1.")
    await client.telegram.say("/read", reply_to=first)
    reply = (await client.result("getUpdates"))[-1]["message"]["reply_to_message"]
    assert reply["message_id"] == first
    assert reply["entities"] == [{"type": "url", "offset": 4, "length": 25}]


async def test_a_message_in_a_topic_seems_to_answer_the_topic(client: Client) -> None:
    await client.telegram.say("/brief", chat=SUPERGROUP, thread=77)
    [update] = await client.result("getUpdates")
    assert update["message"]["is_topic_message"] is True
    assert "forum_topic_created" in update["message"]["reply_to_message"]
    await client.result("sendMessage", chat_id=SUPERGROUP, message_thread_id=77, text="here")
    assert client.telegram.posted(SUPERGROUP)[0].thread == 77
    assert await client.refusal(
        "sendMessage", chat_id=SUPERGROUP, message_thread_id=78, text="where?"
    ) == ("Bad Request: message thread not found")


# --- sending ----------------------------------------------------------------------------------


def keyboard(*labels: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": label} for label in labels]]}


async def test_a_sent_message_is_answered_and_kept(client: Client) -> None:
    message = await client.result(
        "sendMessage",
        chat_id=ADA,
        text="Hi <b>Ada</b>",
        parse_mode="HTML",
        reply_markup=keyboard("More", "Less"),
        link_preview_options={"is_disabled": True},
        disable_notification=True,
        protect_content=True,
    )
    assert message["text"] == "Hi Ada"
    assert message["from"]["is_bot"] is True
    [post] = client.telegram.posted()
    assert (post.message_id, post.html) == (message["message_id"], "Hi <b>Ada</b>")
    assert post.buttons == (("More", "Less"),)
    assert post.silent
    assert post.protected
    assert client.telegram.violations == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "hi", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "hi", "chat_id": 42}, "chat not found"),
        ({"text": "hi", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "hi", "chat_id": ""}, "chat_id is empty"),
        ({"text": "hi", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"text": "hi", "reply_markup": keyboard("é" * 33)}, "BUTTON_DATA_INVALID"),
        ({"text": "hi", "reply_markup": keyboard(*"x" * 101)}, "reply markup is too long"),
        (
            {"text": "hi", "reply_markup": {"inline_keyboard": [[{"text": "x"}]]}},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "hi", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
    ],
)
async def test_a_wrong_message_is_refused_with_telegrams_words(
    client: Client, params: dict[str, Any], why: str
) -> None:
    wanted = {"chat_id": ADA} | params
    assert await client.refusal("sendMessage", **wanted) == f"Bad Request: {why}"
    assert client.telegram.posted(None) == []


async def test_the_limit_counts_utf_16_units_after_parsing(client: Client) -> None:
    text = "<b>" + "😀" * 2047 + "&amp;x</b>"
    message = await client.result("sendMessage", chat_id=ADA, text=text, parse_mode="HTML")
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 4096}]


async def test_callback_data_of_64_bytes_passes(client: Client) -> None:
    await client.result("sendMessage", chat_id=ADA, text="x", reply_markup=keyboard("é" * 32))


async def test_entities_past_the_hundredth_are_ignored(client: Client) -> None:
    text = " ".join(f"<b>{n}</b>" for n in range(150))
    message = await client.result("sendMessage", chat_id=ADA, text=text, parse_mode="HTML")
    assert len(message["entities"]) == 100


async def test_given_entities_take_the_place_of_markup(client: Client) -> None:
    entities = [{"type": "bold", "offset": 3, "length": 3}]
    await client.result("sendMessage", chat_id=ADA, text="😀 Ada & <b>", entities=entities)
    assert client.telegram.posted()[0].html == "😀 <b>Ada</b> &amp; &lt;b&gt;"
    middle = [{"type": "bold", "offset": 1, "length": 3}]
    why = await client.refusal("sendMessage", chat_id=ADA, text="😀 Ada", entities=middle)
    assert "in a middle of a UTF-16 symbol" in why


async def test_where_the_bot_is_not_welcome_it_is_forbidden(client: Client) -> None:
    telegram = client.telegram
    for chat, why in (
        (ADA, "bot was blocked by the user"),
        (GROUP, "bot was kicked from the group chat"),
        (SUPERGROUP, "bot was kicked from the supergroup chat"),
    ):
        telegram.add_chat(chat)
        telegram.block(chat)
        answer = await client.answer("sendMessage", chat_id=chat, text="hi")
        assert (answer["error_code"], answer["description"]) == (403, f"Forbidden: {why}")


async def test_writing_again_unblocks_the_bot(client: Client) -> None:
    client.telegram.block(ADA)
    await client.telegram.say("/start")
    await client.result("sendMessage", chat_id=ADA, text="welcome back")


async def test_a_bot_that_left_may_not_send(client: Client) -> None:
    client.telegram.add_chat(GROUP)
    assert await client.result("leaveChat", chat_id=GROUP) is True
    why = await client.refusal("sendMessage", chat_id=GROUP, text="hi")
    assert why == "Forbidden: bot is not a member of the group chat"


async def test_a_migrated_group_names_its_new_id(client: Client) -> None:
    client.telegram.add_chat(GROUP)
    new = client.telegram.migrate(GROUP)
    answer = await client.answer("sendMessage", chat_id=GROUP, text="hi")
    assert answer["error_code"] == 400
    assert answer["parameters"] == {"migrate_to_chat_id": new}
    await client.result("sendMessage", chat_id=new, text="hi")
    joined, *told = await client.result("getUpdates")
    assert joined["my_chat_member"]["chat"]["id"] == new
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "member"
    services = [update["message"] for update in told]
    assert services[0]["migrate_to_chat_id"] == new
    assert services[1]["migrate_from_chat_id"] == GROUP


async def test_supergroups_count_their_own_messages(client: Client) -> None:
    client.telegram.add_chat(SUPERGROUP)
    for chat in (ADA, SUPERGROUP):
        message = await client.result("sendMessage", chat_id=chat, text="first")
        assert message["message_id"] == 1


# --- editing and deleting ---------------------------------------------------------------------


async def test_an_edit_changes_the_message_and_drops_unnamed_buttons(client: Client) -> None:
    params = {"chat_id": ADA, "text": "one", "reply_markup": keyboard("More")}
    sent = (await client.result("sendMessage", **params))["message_id"]
    edited = await client.result("editMessageText", chat_id=ADA, message_id=sent, text="two")
    assert edited["edit_date"] >= edited["date"]
    [post] = client.telegram.posted()
    assert (post.text, post.buttons, post.edited) == ("two", (), True)


async def test_an_edit_that_changes_nothing_is_refused(client: Client) -> None:
    sent = (await client.result("sendMessage", chat_id=ADA, text="one"))["message_id"]
    same = {"chat_id": ADA, "message_id": sent}
    for method, params in (
        ("editMessageText", same | {"text": "one"}),
        ("editMessageReplyMarkup", same),
    ):
        why = await client.refusal(method, **params)
        assert why.startswith("Bad Request: message is not modified: ")


async def test_only_the_bots_own_messages_can_be_edited(client: Client) -> None:
    theirs = await client.telegram.say("mine")
    edit = {"chat_id": ADA, "text": "two"}
    assert await client.refusal("editMessageText", message_id=theirs, **edit) == (
        "Bad Request: message can't be edited"
    )
    assert await client.refusal("editMessageText", message_id=99, **edit) == (
        "Bad Request: message to edit not found"
    )


async def test_a_deleted_message_is_gone(client: Client) -> None:
    sent = (await client.result("sendMessage", chat_id=ADA, text="one"))["message_id"]
    assert await client.result("deleteMessage", chat_id=ADA, message_id=sent) is True
    assert client.telegram.posted() == []
    assert "not found" in await client.refusal("deleteMessage", chat_id=ADA, message_id=sent)


# --- buttons ----------------------------------------------------------------------------------


async def test_a_pressed_button_is_a_query_that_takes_one_answer(client: Client) -> None:
    params = {"chat_id": ADA, "text": "one", "reply_markup": keyboard("More")}
    sent = (await client.result("sendMessage", **params))["message_id"]
    query_id = await client.telegram.press(sent, "More")
    [update] = await client.result("getUpdates")
    query = update["callback_query"]
    assert (query["id"], query["data"]) == (query_id, "More")
    assert query["message"]["reply_markup"] == keyboard("More")
    answer = {"callback_query_id": query_id, "text": "Done"}
    assert await client.result("answerCallbackQuery", **answer) is True
    assert [one.text for one in client.telegram.callback_answers] == ["Done"]
    assert "query is too old" in await client.refusal("answerCallbackQuery", **answer)


async def test_pressing_a_button_that_is_not_there_says_which_are(client: Client) -> None:
    params = {"chat_id": ADA, "text": "one", "reply_markup": keyboard("More")}
    await client.result("sendMessage", **params)
    with pytest.raises(LookupError, match="no button 'Less'; it has: 'More'"):
        await client.telegram.press(1, "Less")


# --- files ------------------------------------------------------------------------------------


async def upload(
    client: Client, method: str, kind: str, content: bytes, caption: str = ""
) -> dict[str, Any]:
    form = aiohttp.FormData({"chat_id": str(ADA), "caption": caption, "parse_mode": "HTML"})
    form.add_field(kind, content, filename=f"{kind}.bin", content_type="application/x-thing")
    url = f"{client.telegram.root}/bot{client.telegram.token}/{method}"
    async with client.session.post(url, data=form) as response:
        body: dict[str, Any] = await response.json()
        return body


async def test_a_document_is_uploaded_sent_again_and_downloaded(client: Client) -> None:
    body = await upload(client, "sendDocument", "document", b"news", "<i>the</i> file")
    document = body["result"]["document"]
    assert (document["file_name"], document["file_size"]) == ("document.bin", 4)
    await client.result("sendDocument", chat_id=ADA, document=document["file_id"])
    first, second = client.telegram.posted()
    assert first.html == "<i>the</i> file"
    assert second.document is not None
    assert second.document.content == b"news"
    path = (await client.result("getFile", file_id=document["file_id"]))["file_path"]
    url = f"{client.telegram.root}/file/bot{client.telegram.token}/{path}"
    async with client.session.get(url) as response:
        assert await response.read() == b"news"
    assert client.telegram.violations == []


async def test_a_file_may_be_attached_under_another_name(client: Client) -> None:
    form = aiohttp.FormData({"chat_id": str(ADA), "document": "attach://thing"})
    form.add_field("thing", b"news", filename="news.txt")
    url = f"{client.telegram.root}/bot{client.telegram.token}/sendDocument"
    async with client.session.post(url, data=form) as response:
        assert response.status == 200
    [post] = client.telegram.posted()
    assert post.document is not None
    assert (post.document.name, post.document.content) == ("news.txt", b"news")
    assert client.telegram.violations == []


async def test_a_photo_is_measured(client: Client) -> None:
    body = await upload(client, "sendPhoto", "photo", png(40, 20))
    [size] = body["result"]["photo"]
    assert (size["width"], size["height"]) == (40, 20)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (b"", "file must be non-empty"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
    ],
)
async def test_what_is_no_photo_is_refused(client: Client, content: bytes, why: str) -> None:
    body = await upload(client, "sendPhoto", "photo", content)
    assert body["description"] == f"Bad Request: {why}"


async def test_a_long_caption_is_refused(client: Client) -> None:
    body = await upload(client, "sendDocument", "document", b"news", "a" * 1025)
    assert body["description"] == "Bad Request: message caption is too long"


async def test_an_unknown_file_is_refused(client: Client) -> None:
    assert await client.refusal("getFile", file_id="nonsense") == "Bad Request: invalid file_id"
    why = await client.refusal("sendDocument", chat_id=ADA, document="nonsense")
    assert "wrong remote file identifier" in why


# --- the bot and its chats --------------------------------------------------------------------


async def test_commands_are_kept_by_scope_and_language(client: Client) -> None:
    english, french = (
        [{"command": "brief", "description": "x"}],
        [{"command": "une", "description": "y"}],
    )
    groups = {"type": "all_group_chats"}
    await client.result("setMyCommands", commands=english)
    await client.result("setMyCommands", commands=french, scope=groups, language_code="fr")
    assert await client.result("getMyCommands") == english
    assert await client.result("getMyCommands", scope=groups, language_code="fr") == french
    assert await client.result("getMyCommands", language_code="fr") == []
    await client.result("deleteMyCommands")
    assert await client.result("getMyCommands") == []
    assert client.telegram.violations == []


@pytest.mark.parametrize(
    ("command", "description", "why"),
    [
        ("Brief", "x", "BOT_COMMAND_INVALID"),
        ("b" * 33, "x", "BOT_COMMAND_INVALID"),
        ("brief", "", "BOT_COMMAND_DESCRIPTION_INVALID"),
        ("brief", "x" * 257, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
async def test_a_wrong_command_is_refused(
    client: Client, command: str, description: str, why: str
) -> None:
    commands = [{"command": command, "description": description}]
    assert await client.refusal("setMyCommands", commands=commands) == f"Bad Request: {why}"


async def test_more_than_a_hundred_commands_are_refused(client: Client) -> None:
    commands = [{"command": f"c{n}", "description": "x"} for n in range(101)]
    assert await client.refusal("setMyCommands", commands=commands) == (
        "Bad Request: BOT_COMMANDS_TOO_MUCH"
    )


async def test_members_are_what_they_were_made(client: Client) -> None:
    telegram = client.telegram
    await telegram.say("hello", chat=GROUP, user=1002)
    telegram.set_member(GROUP, 1003, "creator")
    statuses = [
        (await client.result("getChatMember", chat_id=GROUP, user_id=user))["status"]
        for user in (1002, 1003, telegram.bot.id, ADA)
    ]
    assert statuses == ["member", "creator", "member", "left"]
    managers = await client.result("getChatAdministrators", chat_id=GROUP)
    assert [one["user"]["id"] for one in managers] == [1003]
    assert (await client.result("getChat", chat_id=GROUP))["type"] == "group"
    assert "user not found" in await client.refusal("getChatMember", chat_id=GROUP, user_id=9)


# --- markup -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text", "shown"),
    [
        ("<b>a <i>b</i></b>", "a b", "<b>a <i>b</i></b>"),
        ("<strong>a</strong><em>b</em>", "ab", "<b>a</b><i>b</i>"),
        ("&lt;b&gt; &amp; &quot;&#39;&eacute;", "<b> & \"'&eacute;", None),
        ('<a href="https://x.org/?a=1&amp;b=2">x</a>', "x", None),
        ("<a href='nonsense'>x</a>", "x", "x"),
        ("<a href='http://localhost/'>x</a>", "x", "x"),
        ('<pre><code class="language-python">x=1</code></pre>', "x=1", None),
        ("<blockquote expandable>q</blockquote>", "q", None),
        ('<span class="tg-spoiler">x</span>', "x", "<tg-spoiler>x</tg-spoiler>"),
        ("<b>a<code>b</code>c</b>", "abc", "<b>a</b><code>b</code><b>c</b>"),
        ("<b> </b>x<i></i>", "x", "x"),
        ("a\u202eb\r\n\tc", "ab\n\tc", None),
        ('<tg-time unix="1647531900" format="wDT">soon</tg-time>', "soon", None),
    ],
)
async def test_html_becomes_text_and_entities(
    client: Client, html: str, text: str, shown: str | None
) -> None:
    message = await client.result("sendMessage", chat_id=ADA, text=html, parse_mode="HTML")
    assert message["text"] == text
    [post] = client.telegram.posted()
    if shown is not None:
        assert post.html == shown
    again = finish(*parse(post.html, "HTML"))
    assert again.entities() == list(post.entities)


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("é<b>x</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("<div>x</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("a<br/>b", 'Unsupported start tag "br/" at byte offset 1'),
        ("<a href='x'", 'Unclosed start tag "a" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_broken_html_is_refused(client: Client, html: str, why: str) -> None:
    refusal = await client.refusal("sendMessage", chat_id=ADA, text=html, parse_mode="HTML")
    assert refusal == f"Bad Request: can't parse entities: {why}"


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("*a _b_*", "<b>a <i>b</i></b>"),
        ("__u__ ~s~ ||p||", "<u>u</u> <s>s</s> <tg-spoiler>p</tg-spoiler>"),
        (r"1\.5 \*no\*", "1.5 *no*"),
        (r"[a\]b](http://x.org/\)c)", '<a href="http://x.org/)c">a]b</a>'),
        ("`a*b`", "<code>a*b</code>"),
        ("```python\nx=1\n```", '<pre><code class="language-python">x=1</code></pre>'),
        (">q1\n>q2\nplain", "<blockquote>q1\nq2</blockquote>\nplain"),
        (">q1\n>q2||", "<blockquote expandable>q1\nq2</blockquote>"),
        (
            ">q1\n**>q2||",
            "<blockquote>q1</blockquote>\n<blockquote expandable>q2</blockquote>",
        ),
        (
            "*b _i ~s ||p||~ __u___ b*",
            "<b>b <i>i <s>s <tg-spoiler>p</tg-spoiler></s> <u>u</u></i> b</b>",
        ),
    ],
)
async def test_markdown_v2_becomes_text_and_entities(
    client: Client, markdown: str, shown: str
) -> None:
    await client.result("sendMessage", chat_id=ADA, text=markdown, parse_mode="MarkdownV2")
    assert client.telegram.posted()[0].html == shown


@pytest.mark.parametrize(
    ("markdown", "why"),
    [
        ("a.b", r"Character '.' is reserved and must be escaped with the preceding '\'"),
        ("é*b", "Can't find end of Bold entity at byte offset 2"),
        ("[a](http://x.org", "Can't find end of a URL at byte offset 4"),
        ("a > b", r"Character '>' is reserved and must be escaped with the preceding '\'"),
    ],
)
async def test_broken_markdown_v2_is_refused(client: Client, markdown: str, why: str) -> None:
    refusal = await client.refusal(
        "sendMessage", chat_id=ADA, text=markdown, parse_mode="MarkdownV2"
    )
    assert refusal == f"Bad Request: can't parse entities: {why}"


async def test_legacy_markdown_is_understood(client: Client) -> None:
    text = r"*a* _b_ `c` [d](http://x.org/) \*e"
    await client.result("sendMessage", chat_id=ADA, text=text, parse_mode="Markdown")
    [post] = client.telegram.posted()
    assert post.html == '<b>a</b> <i>b</i> <code>c</code> <a href="http://x.org/">d</a> *e'


@given(st.text(st.sampled_from("ab <>&é😀\n*_`"), min_size=1, max_size=20), st.data())
def test_rendered_html_parses_to_the_same_entities(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))
    kinds = st.sampled_from(["bold", "italic", "code", "pre", "spoiler", "blockquote"])
    spans = data.draw(st.lists(st.builds(Span, kinds, place, place), max_size=4))
    formatted = finish(text, spans)
    again = finish(*parse(render(formatted, telegram_tags), "HTML"))
    assert again.entities() == formatted.entities()


# --- limits -----------------------------------------------------------------------------------


def test_a_chat_takes_a_short_burst_and_then_one_a_second() -> None:
    limiter = RateLimiter(Limits(chat_burst=3))
    waits = [limiter.retry_after(ADA, is_group=False, now=0.0) for _ in range(4)]
    assert waits == [0, 0, 0, 3]
    assert limiter.retry_after(1002, is_group=False, now=0.0) == 0


def test_a_group_takes_twenty_a_minute() -> None:
    limiter = RateLimiter(Limits())
    waits = [limiter.retry_after(GROUP, is_group=True, now=float(n)) for n in range(21)]
    assert waits == [0] * 20 + [40]


def test_all_chats_together_take_thirty_a_second() -> None:
    limiter = RateLimiter(Limits())
    waits = [limiter.retry_after(chat, is_group=False, now=0.5) for chat in range(31)]
    assert waits == [0] * 30 + [1]


async def test_too_fast_a_bot_is_told_how_long_to_wait() -> None:
    async with TelegramEmulator(now=lambda: 1_800_000_000.0) as telegram:
        telegram.add_chat(ADA)
        async with aiohttp.ClientSession() as session:
            client = Client(telegram, session)
            answers = [await client.answer("sendMessage", chat_id=ADA, text="x") for _ in range(4)]
    assert [one["ok"] for one in answers] == [True, True, True, False]
    assert answers[3]["description"] == "Too Many Requests: retry after 3"
    assert answers[3]["parameters"] == {"retry_after": 3}


# --- faults -----------------------------------------------------------------------------------


async def test_faults_come_in_order_and_only_where_they_were_ordered(client: Client) -> None:
    telegram = client.telegram
    telegram.add_chat(1002)
    telegram.fail_next("sendMessage", Fault.retry_after(4), chat=ADA)
    telegram.fail_next("sendMessage", Fault.error(502, "Bad Gateway"), times=2)
    send = [client.answer("sendMessage", chat_id=chat, text="x") for chat in (1002, ADA, ADA, ADA)]
    codes = [(await one).get("error_code") for one in send]
    assert codes == [502, 429, 502, None]


@pytest.mark.parametrize(
    ("fault", "kept"), [(Fault.drop_before_commit(), 0), (Fault.drop_after_commit(), 1)]
)
async def test_a_dropped_connection_may_or_may_not_have_sent(
    client: Client, fault: Fault, kept: int
) -> None:
    client.telegram.fail_next("sendMessage", fault)
    with pytest.raises(aiohttp.ClientError):
        await client.answer("sendMessage", chat_id=ADA, text="x")
    assert len(client.telegram.posted()) == kept


async def test_a_hanging_call_ends_with_the_emulator() -> None:
    async with aiohttp.ClientSession() as session:
        async with TelegramEmulator() as telegram:
            telegram.fail_next("getMe", Fault.hang())
            call = asyncio.create_task(Client(telegram, session).answer("getMe"))
            await telegram.wait_until(lambda: len(telegram.requests) == 1)
            assert not call.done()
        with pytest.raises(aiohttp.ClientError):
            await call


async def test_an_answer_may_be_no_json(client: Client) -> None:
    client.telegram.fail_next("*", Fault.wrong_json())
    with pytest.raises(json.JSONDecodeError):
        await client.answer("getMe")


# --- the spec ---------------------------------------------------------------------------------


@needs_spec
@pytest.mark.parametrize(
    ("params", "violation"),
    [
        ({"chat_id": ADA}, "sendMessage: text is missing"),
        ({"chat_id": ADA, "text": "x", "colour": 1}, "sendMessage: unknown field colour"),
        ({"chat_id": ADA, "text": 7}, "sendMessage.text: 7 is no String"),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": '{"inline_keyboard": [[{"txt": "x"}]]}'},
            "sendMessage.reply_markup.inline_keyboard[0][0]: unknown field txt",
        ),
    ],
)
async def test_what_does_not_fit_the_spec_is_noted(
    client: Client, params: dict[str, Any], violation: str
) -> None:
    await client.answer("sendMessage", **params)
    assert violation in client.telegram.violations


async def test_without_validation_nothing_is_noted() -> None:
    async with TelegramEmulator(validate=False) as telegram, aiohttp.ClientSession() as session:
        assert not telegram.validates
        await Client(telegram, session).answer("sendMessage", colour=1)
        assert telegram.violations == []


# --- by hand ----------------------------------------------------------------------------------


async def test_people_talk_to_it_over_http(client: Client) -> None:
    root = client.telegram.root
    said = {"text": "/start", "chat": 1005, "language_code": "fr"}
    async with client.session.post(f"{root}/control/say", json=said) as response:
        assert await response.json() == {"message_id": 1}
    waiting = asyncio.create_task(read(client, "/control/posted?chat=1005&count=1&timeout=30"))
    await client.result("sendMessage", chat_id=1005, text="hi", reply_markup=keyboard("More"))
    assert [one["text"] for one in await waiting] == ["hi"]
    pressed = {"message_id": 2, "label": "More", "chat": 1005}
    async with client.session.post(f"{root}/control/press", json=pressed) as response:
        assert response.status == 200
    assert [kind for update in await client.result("getUpdates") for kind in update] == [
        *("update_id", "message", "update_id", "callback_query")
    ]
    assert [name for name, _ in await read(client, "/control/requests")] == [
        *("sendMessage", "getUpdates")
    ]


async def read(client: Client, path: str) -> list[Any]:
    async with client.session.get(client.telegram.root + path) as response:
        body: list[Any] = await response.json()
        return body


async def test_it_runs_as_a_program_until_it_is_told_to_end() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.emulators.telegram",
        "--port",
        "0",
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    greeting = (await program.stdout.readuntil(b"Ctrl-C ends it")).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
    assert found is not None
    url = f"{found[0]}/bot123456:EMULATOR/getMe"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
    program.send_signal(signal.SIGTERM)
    assert await program.wait() == 0


async def test_waiting_in_vain_says_what_there_was(client: Client) -> None:
    await client.result("sendMessage", chat_id=ADA, text="only this")
    with pytest.raises(TimeoutError, match="only this"):
        await client.telegram.wait_for_post(count=2, timeout=0)


async def test_what_a_person_gets_wrong_is_explained(client: Client) -> None:
    root = client.telegram.root
    for body in ('{"chat": 1001}', "nonsense", '{"text": "x", "chat": -5, "kind": "private"}'):
        async with client.session.post(f"{root}/control/say", data=body) as response:
            assert response.status == 400
            assert (await response.json())["error"]


async def test_the_page_shows_the_chat(client: Client) -> None:
    await client.telegram.say("<script>")
    await client.result(
        "sendMessage",
        chat_id=ADA,
        text="<b>News</b>",
        parse_mode="HTML",
        reply_markup=keyboard("More"),
    )
    async with client.session.get(f"{client.telegram.root}/control/page?chat={ADA}") as response:
        page = await response.text()
    assert "&lt;script&gt;" in page
    assert "<b>News</b>" in page
    assert ">More</span>" in page


async def test_the_page_of_a_group_names_it_and_who_speaks(client: Client) -> None:
    client.telegram.add_chat(GROUP, title="News desk")
    await client.telegram.say("Morning", chat=GROUP, user=1002)
    async with client.session.get(f"{client.telegram.root}/control/page?chat={GROUP}") as response:
        page = await response.text()
    assert "News desk" in page
    assert "2 members" in page
    assert '<div class="sender" dir="auto">Ada</div>' in page


def test_the_time_stands_under_a_line_that_runs_from_right_to_left() -> None:
    arabic = chat_page([Bubble(Formatted("شكرا جزيلا"), 0.0, is_mine=True)], "Dateline")
    english = chat_page([Bubble(Formatted("Thank you"), 0.0, is_mine=True)], "Dateline")
    assert 'class="under"' in arabic
    assert 'class="beside"' in english


# --- a real library ---------------------------------------------------------------------------


async def _echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    del context
    assert update.message is not None
    markup = {"inline_keyboard": [[{"text": "Again", "callback_data": "again"}]]}
    await update.message.reply_html(
        f"<b>{update.message.text}</b>", api_kwargs={"reply_markup": markup}
    )


async def _again(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    del context
    assert update.callback_query is not None
    await update.callback_query.answer("once more")
    await update.callback_query.edit_message_text("again")


async def test_an_echo_bot_runs_unchanged(telegram: TelegramEmulator) -> None:
    bot = (
        Application.builder()
        .token(telegram.token)
        .base_url(f"{telegram.root}/bot")
        .base_file_url(f"{telegram.root}/file/bot")
        .build()
    )
    bot.add_handler(MessageHandler(filters.TEXT, _echo))
    bot.add_handler(CallbackQueryHandler(_again))
    async with bot:
        await bot.start()
        assert bot.updater is not None
        await bot.updater.start_polling()
        await telegram.say("hello")
        [echo] = await telegram.wait_for_post()
        assert echo.html == "<b>hello</b>"
        await telegram.press(echo.message_id, "Again")
        await telegram.wait_until(lambda: telegram.posted()[0].text == "again")
        assert [one.text for one in telegram.callback_answers] == ["once more"]
        await bot.updater.stop()
        await bot.stop()
    assert telegram.pending == 0
    assert telegram.violations == []
