"""Why nobody looks for a lost message on Telegram: what the server says, and what it does then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.adapters.telegram.transport import AiohttpRequest
from bot.core.commands import COMMANDS
from bot.core.messages import Chat
from tests.adapters.telegram.living import ADA
from tests.emulators.telegram import TelegramEmulator

DIGEST, ANSWER = "why dateline-7", "brief long"


def buttons(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data=data)]])


@pytest.fixture
def telegram(telegram: TelegramEmulator) -> TelegramEmulator:
    telegram.add_chat(ADA)
    return telegram


@pytest.fixture
async def bot(telegram: TelegramEmulator) -> AsyncIterator[Bot]:
    request = AiohttpRequest()
    made = Bot(telegram.token, f"{telegram.root}/bot", request=request)
    yield made
    await request.shutdown()


async def test_a_message_that_has_the_buttons_refuses_them(
    telegram: TelegramEmulator, bot: Bot
) -> None:
    digest = await bot.send_message(ADA, "Digest", reply_markup=buttons(DIGEST))
    theirs = await telegram.say("hello")
    for number, words in (
        (digest.message_id, "not modified"),
        (theirs, "can't be edited"),
        (99, "not found"),
    ):
        with pytest.raises(BadRequest, match=words):
            await bot.edit_message_reply_markup(ADA, number, reply_markup=buttons(DIGEST))


async def test_any_other_message_of_ours_takes_them_and_loses_its_own(
    telegram: TelegramEmulator, bot: Bot
) -> None:
    answer = await bot.send_message(ADA, "Answer", reply_markup=buttons(ANSWER))
    await bot.edit_message_reply_markup(ADA, answer.message_id, reply_markup=buttons(DIGEST))
    kept = telegram.message(answer.message_id).markup
    assert kept is not None
    assert kept["inline_keyboard"][0][0]["callback_data"] == DIGEST


async def test_so_the_adapter_asks_nothing_and_says_that_nobody_can_tell(
    telegram: TelegramEmulator,
) -> None:
    adapter = TelegramAdapter(telegram.token, telegram.root, COMMANDS)
    payload = {"text": "Digest", "buttons": [[["More", DIGEST]]]}
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert await adapter.look_up(Chat("telegram", "1001"), payload, "dateline-7", since) is None
    assert telegram.requests == []
