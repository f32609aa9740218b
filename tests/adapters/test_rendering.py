"""Any Unicode, any length: nothing lost, no limit exceeded, nothing cut or unbalanced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import regex  # type: ignore[import-untyped] # it ships no types
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.adapters import console
from bot.adapters.discord import render as discord
from bot.adapters.plain import is_visible, plain
from bot.adapters.several import unmarked
from bot.adapters.telegram import render as telegram
from bot.core.messages import Paragraph, Reply, StoryItem
from tests.adapters import discord_markdown
from tests.adapters.replies import FAMILY, FLAG, LONG
from tests.adapters.texts import replies, texts, words
from tests.emulators.discord.rules import check_message
from tests.emulators.telegram.entities import find, finish
from tests.emulators.telegram.keyboards import MAX_BUTTONS
from tests.emulators.telegram.markup import parse

Message = Mapping[str, Any]
# White space, what cannot be seen, and the signs that renderers add to the words.
_NOT_MISSED = regex.compile(r"[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800⚠—…·]")
thorough = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def significant(text: str) -> str:
    """What a reader would miss if it were not there."""
    return str(_NOT_MISSED.sub("", text))


def asked(reply: Reply) -> str:
    return plain("\n".join(text for block in reply.blocks for text in words(block)))


def data(messages: Iterable[Message]) -> list[str]:
    rows = [row for message in messages for row in message.get("buttons", [])]
    return [unmarked(button[1])[0] for row in rows for button in row]


def wanted_data(reply: Reply) -> list[str]:
    return list(dict.fromkeys(action.data for action in reply.actions))


# --- Telegram


def telegram_text(message: Message) -> str:
    return finish(*parse(message["text"], "html")).text


@thorough
@example(LONG)
@given(replies)
def test_telegram_loses_nothing(reply: Reply) -> None:
    messages = telegram.render(reply)
    shown = "".join(map(telegram_text, messages))
    assert significant(shown) == significant(asked(reply))
    assert data(messages) == wanted_data(reply)


@thorough
@example(LONG)
@given(replies)
def test_telegram_takes_every_message(reply: Reply) -> None:
    for message in telegram.render(reply):
        text, spans = parse(message["text"], "html")  # raises for markup out of balance
        body = finish(text, spans)
        limit = 1024 if "photo" in message else 4096
        assert body.units <= limit
        assert body.text or "photo" in message
        assert len(spans) + len(find(text)) <= 100 or len(spans) <= 2
        buttons = [button for row in message.get("buttons", []) for button in row]
        assert len(buttons) <= MAX_BUTTONS
        assert all(label and 1 <= len(data.encode()) <= 64 for label, data in buttons)
        assert all(len(row) <= 8 for row in message.get("buttons", []))


# --- Discord


def discord_text(message: Message) -> str:
    parts = [discord_markdown.shown(message.get("content", ""))]
    for embed in message.get("embeds", []):
        parts.append(discord_markdown.inline(embed.get("title", ""), links=False))
        parts.append(discord_markdown.shown(embed.get("description", "")))
        parts.append(embed.get("footer", {}).get("text", ""))
    return "\n".join(parts)


@thorough
@example(LONG)
@given(replies)
def test_discord_loses_nothing_and_no_text_is_markup(reply: Reply) -> None:
    messages = discord.render(reply)
    shown = "\n".join(map(discord_text, messages))
    assert significant(shown) == significant(asked(reply))
    assert data(messages) == wanted_data(reply)


@thorough
@example(LONG)
@given(replies)
def test_discord_takes_every_message(reply: Reply) -> None:
    for message in discord.render(reply):
        check_message(on_the_wire(message))  # raises what Discord would answer
        assert message.get("content") or message.get("embeds") or message.get("files")


def on_the_wire(message: Message) -> dict[str, Any]:
    """The message as the library sends it; lengths in UTF-16 units, the stricter reading."""
    rows = message.get("buttons", [])
    return {
        "content": wide(message.get("content", "")),
        "embeds": [wide_embed(embed) for embed in message.get("embeds", [])],
        "components": [
            {"type": 1, "components": [button(label, data) for label, data in row]} for row in rows
        ],
    }


def button(label: str, data: str) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": wide(label), "custom_id": data}


def wide_embed(embed: Message) -> dict[str, Any]:
    texts = {name: wide(embed[name]) for name in ("title", "description") if name in embed}
    footer = {"footer": {"text": wide(embed["footer"]["text"])}} if "footer" in embed else {}
    return {**embed, **texts, **footer}


def wide(text: str) -> str:
    """Two signs for each that takes two UTF-16 units."""
    return "".join("xx" if sign > "\uffff" else sign for sign in text)


@thorough
@given(texts)
def test_discord_shows_escaped_text_exactly(text: str) -> None:
    # A letter in front: white space at the ends of a message does not count.
    text = "a" + plain(text) + "z"
    assert discord_markdown.shown(discord.escape(text)) == text


# --- both


GRAPHEMES = [FAMILY, FLAG, "e\u0301", "👍🏽", "ك\u064b", "한", "x" * 37, " "]


@settings(thorough, max_examples=20)
@given(st.lists(st.sampled_from(GRAPHEMES), min_size=1, max_size=30))
def test_no_grapheme_is_cut(parts: list[str]) -> None:
    text = "".join(parts)
    text = text * (9000 // len(text))
    whole = [sign for sign in regex.findall(r"\X", text) if is_visible(sign)]
    reply = Reply((Paragraph(text),))
    for pieces in (
        [telegram_text(message) for message in telegram.render(reply)],
        [message["content"] for message in discord.render(reply)],
    ):
        cut = [sign for piece in pieces for sign in regex.findall(r"\X", piece) if is_visible(sign)]
        assert cut == (whole or ["…"])


@thorough
@example(LONG)
@given(replies)
def test_a_terminal_loses_nothing(reply: Reply) -> None:
    [message] = console.render(reply)
    shown = significant("".join(text for line in message["lines"] for _, text in line))
    for block in reply.blocks:
        assert all(significant(plain(text)) in shown for text in words(block))


@thorough
@given(texts)
def test_plain_text_holds_no_control_characters(text: str) -> None:
    assert not regex.search(r"[\p{Cs}\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", plain(text))


def test_discord_shows_a_storys_picture_and_no_address_that_is_no_web_page() -> None:
    def pictured(image: str) -> dict[str, Any]:
        story = StoryItem("A title", ("A sentence.",), image=image)
        embed: dict[str, Any] = discord.render(Reply((story,)))[0]["embeds"][0]
        return embed

    shown = pictured("https://news.example/a.jpg")
    assert shown["thumbnail"] == {"url": "https://news.example/a.jpg"}
    assert "thumbnail" not in pictured("javascript:alert(1)")
