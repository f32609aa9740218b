"""Reply -> Telegram messages: HTML within the Bot API's limits. Pure; knows no network.

Telegram counts UTF-16 code units of the text that is left after its entities are parsed
(https://core.telegram.org/bots/api#sendmessage). So text is laid out as plain runs, cut to
the limit, and only then escaped and wrapped in tags: markup can never come out unbalanced.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, assert_never

from bot.core.messages import (
    Action,
    Attachment,
    Block,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Reply,
    StoryItem,
)
from bot.core.text import cut

MESSAGE_UNITS = 4096
CAPTION_UNITS = 1024
ENTITIES = 90
"""Telegram reads at most 100 entities of a message and drops the rest in silence."""
BUTTON_UNITS = 60
"""A button's label is cut here: phones show about half of that."""


@dataclass(frozen=True, slots=True)
class Run:
    """Plain text with one style: "" or the name of an HTML tag; `url` makes it a link."""

    text: str
    tag: str = ""
    url: str = ""


def units(text: str) -> int:
    """Return a text's length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into messages to post in this order, each within Telegram's limits.

    A message is {"text", "buttons"}, {"photo", "text"} or {"document", "name"}; the text is HTML,
    files are base64. The reply's actions stand under the last message.
    """
    messages = [*_messages(reply.blocks), *(_document(file) for file in reply.attachments)]
    if messages and reply.actions:
        messages[-1]["buttons"] = _keyboard(reply.actions)
    return messages


def _messages(blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
    texts: list[list[Run]] = []
    for block in blocks:
        if isinstance(block, Picture):
            yield from _packed(texts)
            texts = []
            yield _photo(block)
        else:
            texts.append(_runs(block))
    yield from _packed(texts)


def _runs(block: Block) -> list[Run]:  # noqa: PLR0911 - one return a block
    match block:
        case Heading(text):
            return [Run(text, "b")]
        case Paragraph(text):
            return [Run(text)]
        case StoryItem(title, sentences, byline, url):
            return _lines(
                [Run(title, "b", url), Run("\n\n".join(sentences), "blockquote"), Run(byline, "i")]
            )
        case Listing(items):
            return [
                run for term, meaning in items for run in (Run(term, "b"), Run(f" — {meaning}\n"))
            ]
        case Quote(text, source):
            return _lines([Run(text, "blockquote"), Run(source, "i")])
        case Notice(text, hint):
            return _lines([Run(f"⚠️ {text}"), Run(hint, "i")])
        case Picture(_, alt):
            return [Run(alt)]
        case _:
            assert_never(block)


def _lines(runs: Iterable[Run]) -> list[Run]:
    """Put each non-empty run on a line of its own."""
    lines: list[Run] = []
    for run in runs:
        if run.text:
            lines += [Run("\n")] if lines else []
            lines.append(run)
    return lines


def _packed(texts: Sequence[Sequence[Run]]) -> Iterator[dict[str, Any]]:
    """Fill messages with whole blocks; a block that is too large alone is cut."""
    message: list[Run] = []
    for block in texts:
        for piece in _cut_block(_clean(block)):
            gap = [Run("\n\n")] if message else []
            if (
                _size([*message, *gap, *piece]) > MESSAGE_UNITS
                or _entities([*message, *piece]) > ENTITIES
            ):
                yield _text(message)
                message, gap = [], []
            message += [*gap, *piece]
    if any(run.text.strip() for run in message):
        yield _text(message)


def _clean(block: Sequence[Run]) -> list[Run]:
    """Make the text what Telegram takes: no lone surrogates, no NUL, no outer blank lines."""
    runs = [
        replace(run, text=run.text.encode("utf-8", "replace").decode().replace("\0", ""))
        for run in block
    ]
    if runs:
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return runs


def _cut_block(block: list[Run]) -> Iterator[list[Run]]:
    """Yield the block in pieces that fit a message, cutting runs where they do not."""
    piece: list[Run] = []
    for run in block:
        for part in _cut_run(run):
            if _size([*piece, part]) > MESSAGE_UNITS or _entities([*piece, part]) > ENTITIES:
                yield piece
                piece = []
            piece.append(part)
    if piece:
        yield piece


def _cut_run(run: Run) -> list[Run]:
    if units(run.text) <= MESSAGE_UNITS:
        return [run]
    return [replace(run, text=text) for text in cut(run.text, MESSAGE_UNITS, units)]


def _size(runs: Iterable[Run]) -> int:
    return sum(units(run.text) for run in runs)


def _entities(runs: Iterable[Run]) -> int:
    return sum(bool(run.tag) + bool(run.url) for run in runs)


def _text(runs: Sequence[Run]) -> dict[str, Any]:
    return {"text": "".join(_html(run) for run in runs).strip()}


def _html(run: Run) -> str:
    html = escape(run.text, quote=False)
    if run.url:
        html = f'<a href="{escape(run.url)}">{html}</a>'
    return f"<{run.tag}>{html}</{run.tag}>" if run.tag and run.text else html


def _photo(picture: Picture) -> dict[str, Any]:
    caption = cut(picture.alt, CAPTION_UNITS, units)[:1]
    return {
        "photo": base64.b64encode(picture.png).decode(),
        "text": escape("".join(caption), quote=False),
    }


def _document(file: Attachment) -> dict[str, Any]:
    return {"document": base64.b64encode(file.content).decode(), "name": file.name, "text": ""}


def _keyboard(actions: Sequence[Action]) -> list[list[list[str]]]:
    """Lay the buttons out in rows that a phone can show: short labels side by side."""
    rows: list[list[list[str]]] = []
    width = 0
    for action in actions:
        label = _label(action.label)
        if not rows or width + len(label) > 28 or len(rows[-1]) == 3:
            rows.append([])
            width = 0
        rows[-1].append([label, action.data])
        width += len(label)
    return rows


def _label(text: str) -> str:
    pieces = cut(" ".join(text.split()), BUTTON_UNITS - 1, units) or ["…"]
    return pieces[0] if len(pieces) == 1 else pieces[0] + "…"
