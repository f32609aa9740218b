"""An echo bot on aiogram as it comes: `python aiogram_bot.py ROOT TOKEN`. Knows no Dateline.

https://docs.aiogram.dev
"""
# mypy: ignore-errors
# (aiogram lives in an environment of its own: its types are not at hand here)

from __future__ import annotations

import asyncio
import sys
from base64 import b64decode

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQED"
    "asKb6QAAAABJRU5ErkJggg=="
)
dispatcher = Dispatcher()


@dispatcher.message(Command("start"))
async def start(message: Message) -> None:
    """Greet with a button."""
    button = InlineKeyboardButton(text="More", callback_data="more")
    await message.answer(
        "<b>Hello</b>",
        parse_mode="HTML",
        reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]),
    )


@dispatcher.callback_query(F.data == "more")
async def more(query: CallbackQuery) -> None:
    """Put other words in the place of the greeting."""
    await query.message.edit_text("Here is more")
    await query.answer("Done")


@dispatcher.message(Command("picture"))
async def picture(message: Message) -> None:
    """Send a picture with words under it."""
    await message.answer_photo(BufferedInputFile(PNG, "dot.png"), caption="A dot")


@dispatcher.message(F.text)
async def echo(message: Message) -> None:
    """Say it again, as a reply."""
    await message.reply(message.text)


async def main(root: str, token: str) -> None:
    """Poll until it is ended."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(root))
    bot = Bot(token, session=session)
    await bot.set_my_commands([BotCommand(command="start", description="Greets")])
    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
