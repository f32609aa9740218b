"""What a reader of a rendered message sees, by the platforms' documents. Knows no renderer.

Telegram's HTML is read by Python's own parser, Discord's markdown by discord_markdown.py. Whatever
a platform would refuse, cut, drop or take for markup raises `UnfitError`.

https://core.telegram.org/bots/api#html-style
https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import regex  # type: ignore[import-untyped] # it ships no types

from tests.adapters import discord_markdown

Message = Mapping[str, Any]

_TELEGRAM_TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote"}
_TELEGRAM_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_UNSAFE = regex.compile(r"[\p{Cs}\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = regex.compile(r"[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*")


class UnfitError(AssertionError):
    """A platform would refuse the message or show it otherwise than it was meant."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as its reader finds it.

    `pieces` are its texts from top to bottom, each shown apart from the next; `links` where they
    lead; `buttons` the rows of (label, data).
    """

    pieces: tuple[str, ...]
    links: tuple[str, ...] = ()
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()


def need(is_met: object, what: str) -> None:
    """Raise UnfitError unless it is so."""
    if not is_met:
        raise UnfitError(what)


def utf16(text: str) -> int:
    """A text's length in UTF-16 code units; a lone surrogate is unfit."""
    need(not _UNSAFE.search(text), f"a control or half a character is in {text[:60]!r}")
    return len(text.encode("utf-16-le")) // 2


def is_seen(text: str) -> bool:
    """Whether there is anything to see."""
    return _UNSEEN.fullmatch(text) is None


# --- Telegram


class _TelegramHtml(HTMLParser):
    """Text, links and tags of one message; CDATA, comments and foreign tags are unfit."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.links: list[str] = []
        self.open: list[str] = []
        self.entities = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        allowed: list[list[str]] = {"a": [["href"]], "blockquote": [[], ["expandable"]]}.get(
            tag, [[]]
        )
        need(tag in _TELEGRAM_TAGS and names in allowed, f"Telegram knows no <{tag} {names}>")
        need(tag not in self.open, f"<{tag}> stands in another")
        self.open.append(tag)
        self.entities += 1
        self.links += [value or "" for _, value in attrs if tag == "a"]

    def handle_endtag(self, tag: str) -> None:
        need(self.open and self.open.pop() == tag, f"</{tag}> ends what is not open")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise UnfitError(f"<{tag} {attrs}/> is no tag of Telegram's")

    def handle_data(self, data: str) -> None:
        need(not set(data) & set("<&"), f"a bare sign of markup is in {data[:60]!r}")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        need(name in _TELEGRAM_ENTITIES, f"Telegram knows no &{name};")
        self.text += _TELEGRAM_ENTITIES[name]

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name[:1] in "xX" else int(name))

    def handle_comment(self, data: str) -> None:
        raise UnfitError(f"a comment: {data[:60]!r}")

    def handle_decl(self, decl: str) -> None:
        raise UnfitError(f"a declaration: {decl[:60]!r}")

    def handle_pi(self, data: str) -> None:
        raise UnfitError(f"an instruction: {data[:60]!r}")

    def unknown_decl(self, data: str) -> None:
        raise UnfitError(f"a declaration: {data[:60]!r}")


def on_telegram(message: Message) -> Shown:
    """Read one of the Telegram renderer's messages."""
    reader = _TelegramHtml()
    reader.feed(message.get("text", ""))
    reader.close()
    need(not reader.open, f"nobody closes {reader.open}")
    with_file = "photo" in message or "document" in message
    size = utf16(reader.text)
    need(size <= (1024 if with_file else 4096), f"{size} units are too long")
    need(reader.entities <= 100, f"{reader.entities} entities: Telegram drops some")
    need(with_file or is_seen(reader.text), "Telegram refuses an empty message")
    rows = _rows(message.get("buttons", []))
    need(sum(map(len, rows)) <= 100, "too many buttons")
    for row in rows:
        need(1 <= len(row) <= 8, f"a row of {len(row)} buttons")
        for label, data in row:
            need(is_seen(label) and utf16(label) <= 64, f"the label {label!r}")
            need(1 <= len(data.encode()) <= 64, f"callback data {data!r}")
    return Shown((reader.text,), tuple(reader.links), rows)


# --- Discord


def on_discord(message: Message) -> Shown:
    """Read one of the Discord renderer's messages."""
    content, embeds = message.get("content", ""), message.get("embeds", [])
    files = message.get("files", [])
    need(utf16(content) <= 2000, f"a content of {utf16(content)} units")
    need(is_seen(content) or embeds or files, "Discord refuses an empty message")
    need(len(embeds) <= 10 and len(files) <= 10, "too many embeds or files")
    need(sum(map(_embed_size, embeds)) <= 6000, "the embeds are too long together")
    need(all(len(file[2].encode("utf-16-le")) <= 2 * 1024 for file in files), "alternative text")
    rows = _rows(message.get("buttons", []))
    need(len(rows) <= 5 and all(1 <= len(row) <= 5 for row in rows), "rows of buttons")
    for label, data in (button for row in rows for button in row):
        need(is_seen(label) and utf16(label) <= 80, f"the label {label!r}")
        need(1 <= utf16(data) <= 100, f"custom_id {data!r}")
    ids = [data for row in rows for _, data in row]
    need(len(ids) == len(set(ids)), "two buttons of one custom_id")
    pieces = [discord_markdown.shown(content), *(text for one in embeds for text in _embed(one))]
    links = tuple(embed["url"] for embed in embeds if embed.get("url"))
    return Shown(tuple(pieces), links, rows)


def _embed_size(embed: Message) -> int:
    limits = {"title": 256, "description": 4096}
    sizes = [_within(embed.get(name, ""), limit) for name, limit in limits.items()]
    sizes.append(_within(embed.get("footer", {}).get("text", ""), 2048))
    sizes.append(_within(embed.get("author", {}).get("name", ""), 256))
    fields = embed.get("fields", [])
    need(len(fields) <= 25, f"{len(fields)} fields")
    for one in fields:
        need(one["name"] and one["value"], "an empty field")
        sizes += [_within(one["name"], 256), _within(one["value"], 1024)]
    need(any(sizes) or "image" in embed, "Discord drops an empty embed")
    return sum(sizes)


def _within(text: str, limit: int) -> int:
    size = utf16(text)
    need(size <= limit, f"{size} units where Discord takes {limit}")
    return size


def _embed(embed: Message) -> list[str]:
    fields = [part for one in embed.get("fields", []) for part in (one["name"], one["value"])]
    return [
        embed.get("author", {}).get("name", ""),
        discord_markdown.inline(embed.get("title", ""), links=False),
        discord_markdown.shown(embed.get("description", "")),
        *map(discord_markdown.shown, fields),
        embed.get("footer", {}).get("text", ""),
    ]


def _rows(rows: Sequence[Sequence[Sequence[str]]]) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple((label, data) for label, data, *_ in row) for row in rows)
