"""Every hard reply on every platform, against a file that shows how it comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from bot.adapters import console
from bot.adapters.discord import render as discord
from bot.adapters.telegram import render as telegram
from tests.adapters.golden_files import FOLDER, assert_golden
from tests.adapters.replies import REPLIES

Message = Mapping[str, Any]


@pytest.mark.parametrize("name", REPLIES)
def test_telegram_shows_a_reply_as_its_golden_file_says(name: str) -> None:
    messages = telegram.render(REPLIES[name])
    shown = [_telegram(number, message) for number, message in enumerate(messages, 1)]
    assert_golden(f"{name}.telegram.html", "\n".join(shown))


@pytest.mark.parametrize("name", REPLIES)
def test_discord_shows_a_reply_as_its_golden_file_says(name: str) -> None:
    messages = discord.render(REPLIES[name])
    shown = [_discord(number, message) for number, message in enumerate(messages, 1)]
    assert_golden(f"{name}.discord.md", "\n".join(shown))


@pytest.mark.parametrize("name", REPLIES)
def test_a_terminal_shows_a_reply_as_its_golden_file_says(name: str) -> None:
    pipe = StringIO()
    [message] = console.render(REPLIES[name])
    console.show(message, Console(file=pipe, highlight=False, width=100))
    assert_golden(f"{name}.console.txt", pipe.getvalue() + _buttons([message.get("buttons", [])]))


def test_there_is_no_golden_file_without_a_reply() -> None:
    assert {path.name.partition(".")[0] for path in FOLDER.iterdir()} == set(REPLIES)


def _telegram(number: int, message: Message) -> str:
    kind = next(name for name in ("photo", "document", "text") if name in message)
    return f"<!-- message {number}: {kind} -->\n{message['text']}\n" + _buttons(
        message.get("buttons", [])
    )


def _discord(number: int, message: Message) -> str:
    content = f"{message['content']}\n" if "content" in message else ""
    embeds = "".join(_embed(embed) for embed in message.get("embeds", []))
    files = "".join(f"=== file {name}: {alt}\n" for name, _, alt in message.get("files", []))
    shown = content + embeds + files + _buttons(message.get("buttons", []))
    return f"======== message {number}\n{shown}"


def _embed(embed: Message) -> str:
    parts = {
        "title": embed.get("title"),
        "url": embed.get("url"),
        "image": embed.get("image", {}).get("url"),
        "description": embed.get("description"),
        "footer": embed.get("footer", {}).get("text"),
    }
    return "=== embed\n" + "".join(f"{name}: {text}\n" for name, text in parts.items() if text)


def _buttons(rows: Sequence[Sequence[Sequence[str]]]) -> str:
    return "".join(
        " ".join(f"[{label}]({data})" for label, data in row) + "\n" for row in rows if row
    )
