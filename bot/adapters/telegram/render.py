"""Reply -> Telegram messages: HTML within the Bot API's limits. Pure; knows no network.

Telegram counts UTF-16 code units of the text that is left after its entities are parsed
(https://core.telegram.org/bots/api#sendmessage). So text is laid out as plain runs, cut to
the limit, and only then escaped and wrapped in tags: markup can never come out unbalanced.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, assert_never

from bot.adapters.plain import (
    NOTHING,
    cleaned,
    distinct,
    is_visible,
    label,
    one_line,
    units,
    web_link,
)
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
BUTTONS = 100
"""The most that one message takes."""

_FOUND = re.compile(r"[@#/$]\w|://|\.[^\W\d]")
"""Where Telegram may find entities of its own (mentions, commands, links); rather too many."""


@dataclass(frozen=True, slots=True)
class Run:
    """Plain text with one style: "" or the name of an HTML tag; `url` makes it a link."""

    text: str
    tag: str = ""
    url: str = ""


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into messages to post in this order, each within Telegram's limits.

    A message is {"text", "buttons"}, {"photo", "text"} or {"document", "name"}; the text is HTML,
    files are base64. The reply's actions stand under the last message.
    """
    reply = cleaned(reply)
    messages = [*_messages(reply.blocks), *(_document(file) for file in reply.attachments)]
    return _with_buttons(messages or [{"text": NOTHING}], distinct(reply.actions))


def _with_buttons(
    messages: list[dict[str, Any]], actions: Sequence[Action]
) -> list[dict[str, Any]]:
    """Put the buttons under the last message; what it does not take goes under further ones."""
    if actions:
        messages[-1]["buttons"] = _keyboard(actions[:BUTTONS])
    if len(actions) <= BUTTONS:
        return messages
    return [*messages, *_with_buttons([{"text": NOTHING}], actions[BUTTONS:])]


def _messages(blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
    texts: list[list[Run]] = []
    for block in blocks:
        if isinstance(block, Picture):
            yield from _packed(texts)
            caption, *rest = cut(block.alt, CAPTION_UNITS, units) or [""]
            yield _photo(block, caption)
            texts = [[Run(part)] for part in rest]
        else:
            texts.append(_runs(block))
    yield from _packed(texts)


def _runs(block: Block) -> list[Run]:  # noqa: PLR0911 - one return a block
    match block:
        case Heading(text):
            return [Run(text, "b")]
        case Paragraph(text):
            return [Run(text)]
        case StoryItem(title, sentences, byline, url, dateline, source):
            head = Run(one_line(title), "b", web_link(url))
            quoted = Run("\n\n".join(sentences), "blockquote")
            told = _lines([head, Run(dateline, "i"), quoted])
            return [*told, *_credit(Run(source, "i", web_link(url)), Run(byline, "i"))]
        case Listing(items):
            return [run for item in items if any(item) for run in _item(*item)][1:]
        case Quote(text, source):
            return _lines([Run(text, "blockquote"), Run(source, "i")])
        case Notice(text, hint):
            return _lines([Run(f"⚠️ {text}" if text else ""), Run(hint, "i")])
        case Picture(_, alt):
            return [Run(alt)]
        case _:
            assert_never(block)


def _credit(source: Run, byline: Run) -> list[Run]:
    """Put what there is of a source and the words after it on a line of its own."""
    parts = [run for run in (source, byline) if run.text]
    return [
        piece for gap, run in zip(("\n", " · "), parts, strict=False) for piece in (Run(gap), run)
    ]


def _item(term: str, meaning: str) -> list[Run]:
    return [Run("\n"), Run(term, "b"), Run(f" — {meaning}" if term and meaning else meaning)]


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
    for piece in (piece for block in texts for piece in _cut_block(block)):
        joined = [*message, Run("\n\n"), *piece] if message else piece
        if message and _exceeds(joined):
            yield from _text(message)
            joined = piece
        message = joined
    yield from _text(message)


def _cut_block(block: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the block in pieces that fit a message, cutting runs where they do not."""
    piece: list[Run] = []
    for run in block:
        for number, part in enumerate(_cut_run(run, _size(piece))):
            if piece and (number or _exceeds([*piece, part])):
                yield piece
                piece = []
            piece.append(part)
    if any(run.text.strip() for run in piece):
        yield piece


def _cut_run(run: Run, used: int) -> list[Run]:
    """Cut a run that no message could hold so that its start stays beside its headline."""
    if units(run.text) <= MESSAGE_UNITS:
        return [run]
    room = MESSAGE_UNITS - used if used < MESSAGE_UNITS // 2 else MESSAGE_UNITS
    return [replace(run, text=text) for text in cut(run.text, room, units)]


def _exceeds(runs: Sequence[Run]) -> bool:
    return _size(runs) > MESSAGE_UNITS or sum(map(_entities, runs)) > ENTITIES


def _size(runs: Sequence[Run]) -> int:
    return sum(units(run.text) for run in runs)


def _entities(run: Run) -> int:
    return bool(run.tag) + bool(run.url) + len(_FOUND.findall(run.text))


def _text(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Yield the message, unless there is nothing to see: Telegram would refuse it."""
    if is_visible("".join(run.text for run in runs)):
        yield {"text": "".join(map(_html, runs)).strip()}


def _html(run: Run) -> str:
    html = escape(run.text, quote=False)
    if run.url:
        html = f'<a href="{escape(run.url)}">{html}</a>'
    return f"<{run.tag}>{html}</{run.tag}>" if run.tag and run.text else html


def _photo(picture: Picture, caption: str) -> dict[str, Any]:
    return {
        "photo": base64.b64encode(picture.png).decode(),
        "text": escape(caption, quote=False),
    }


def _document(file: Attachment) -> dict[str, Any]:
    return {"document": base64.b64encode(file.content).decode(), "name": file.name, "text": ""}


def _keyboard(actions: Sequence[Action]) -> list[list[list[str]]]:
    """Lay the buttons out in rows that a phone can show: short labels side by side."""
    rows: list[list[list[str]]] = []
    width = 0
    for action in actions:
        words = label(action.label, BUTTON_UNITS)
        if not rows or width + len(words) > 28 or len(rows[-1]) == 3:
            rows.append([])
            width = 0
        rows[-1].append([words, action.data])
        width += len(words)
    return rows
