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

from bot.adapters.direction import (
    RIGHT_TO_LEFT,
    Line,
    directed,
    has_right_to_left,
    reads_right_to_left,
    starts_right_to_left,
)
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
from bot.adapters.several import marked
from bot.core.messages import (
    ACTION_BYTES,
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
ROW_UNITS = 33
"""A row of buttons shows about so many letters on a phone."""
BUTTONS = 100
"""The most that one message takes."""

_FOUND = re.compile(r"[@#/$]\w|://|\.[^\W\d]")
"""Where Telegram may find entities of its own (mentions, commands, links); rather too many."""


_GAP = "\n\n"
_FOLDED = "blockquote expandable"
FOLDED_UNITS = 900
"""In a briefing a longer quotation shows its first lines, and all of it at a touch."""


@dataclass(frozen=True, slots=True)
class Run:
    """Plain text with one style: "" or an HTML tag; `url` makes it a link."""

    text: str
    tag: str = ""
    url: str = ""


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into messages to post in this order, each within Telegram's limits.

    A message is {"text", "buttons"}, {"photo", "text"} or {"document", "name"}; the text is HTML,
    files are base64. The reply's actions stand under the last message. The first text may have a
    "preview": the link that the chat shows with a picture, "above" the text or below it.
    """
    reply = cleaned(reply)
    messages = [*_messages(reply.blocks), *(_document(file) for file in reply.attachments)]
    messages = messages or [{"text": NOTHING}]
    if "text" in messages[0] and len(messages[0]) == 1:
        messages[0] |= _preview(reply.blocks)
    carried = [one for one in distinct(reply.actions) if Action.fits(one.command, one.arguments)]
    return marked(_with_buttons(messages, carried), ACTION_BYTES)


def _preview(blocks: Sequence[Block]) -> dict[str, Any]:
    """Choose what is shown with a picture: the first story's own, or the page of the only one.

    In a briefing no page is: the last of many links would be shown, and say nothing of the rest.
    """
    stories = [block for block in blocks if isinstance(block, StoryItem)]
    if stories and (image := web_link(stories[0].image)):
        return {"preview": image, "above": len(stories) > 1}
    url = web_link(stories[0].url) if len(stories) == 1 else ""
    return {"preview": url} if url else {}


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
    several = sum(isinstance(block, StoryItem) for block in blocks) > 1
    for block in blocks:
        if isinstance(block, Picture):
            yield from _packed(texts)
            caption, *rest = cut(block.alt, CAPTION_UNITS, units) or [""]
            yield _photo(block, caption)
            texts = [[Run(part)] for part in rest]
        else:
            texts.append(_directed(_runs(block, folds=several)))
    yield from _packed(texts)


def _directed(runs: list[Run]) -> list[Run]:
    """Mark the lines that run from right to left; a line may consist of several runs."""
    text = "".join(run.text for run in runs)
    if not has_right_to_left(text):
        return runs
    among = reads_right_to_left(text)
    lines = iter([Line(line, among=among) for line in text.split("\n")])
    line = next(lines)
    marked: list[Run] = []
    for run in runs:
        first, *rest = run.text.split("\n")
        parts = [line.directed(first)]
        for part in rest:
            line = next(lines)
            parts.append(line.directed(part))
        marked.append(replace(run, text="\n".join(parts)))
    return marked


def _runs(block: Block, *, folds: bool) -> list[Run]:  # noqa: PLR0911 - one return a block
    match block:
        case Heading(text):
            return [Run(text, "b")]
        case Paragraph(text):
            return [Run(text)]
        case StoryItem(title, sentences, byline, url, dateline, source):
            head = Run(one_line(title), "b", web_link(url))
            quoted = Run("\n\n".join(sentences), "blockquote")
            if folds and units(quoted.text) > FOLDED_UNITS:
                quoted = replace(quoted, tag=_FOLDED)
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
    """Put a term and its meaning on a line that runs as the meaning does."""
    if starts_right_to_left(meaning) and not starts_right_to_left(term):
        term = RIGHT_TO_LEFT + term
    return [Run("\n"), Run(term, "b"), Run(f" — {meaning}" if term and meaning else meaning)]


def _lines(runs: Iterable[Run]) -> list[Run]:
    """Put each non-empty run on a line of its own."""
    lines: list[Run] = []
    for run in runs:
        if run.text:
            lines += [Run("\n")] if lines else []
            lines.append(run)
    return lines


class _Piece:
    """Runs that stay together, with what Telegram counts of them and may find in them."""

    def __init__(self, *runs: Run) -> None:
        self.runs: list[Run] = []
        self.size = self.entities = 0
        for run in runs:
            self.add(run)

    def add(self, run: Run) -> None:
        self.join(run, units(run.text), _entities(run))

    def join(self, run: Run, size: int, entities: int) -> None:
        self.runs.append(run)
        self.size += size
        self.entities += entities

    def fits(self, size: int = 0, entities: int = 0) -> bool:
        """Tell whether it fits a message, also with so much more."""
        return self.size + size <= MESSAGE_UNITS and self.entities + entities <= ENTITIES


def _entities(run: Run) -> int:
    return bool(run.tag) + bool(run.url) + len(_FOUND.findall(run.text))


def _packed(texts: Sequence[Sequence[Run]]) -> Iterator[dict[str, Any]]:
    """Fill messages with whole blocks; a block that is too large alone is cut."""
    message = _Piece()
    for piece in (piece for block in texts for piece in _cut_block(block)):
        if message.runs and message.fits(piece.size + len(_GAP), piece.entities):
            message.join(Run(_GAP), len(_GAP), 0)
        elif message.runs:
            yield from _text(message.runs)
            message = _Piece()
        message.runs += piece.runs
        message.size += piece.size
        message.entities += piece.entities
    yield from _text(message.runs)


def _cut_block(block: Sequence[Run]) -> Iterator[_Piece]:
    """Yield the block in pieces that fit a message, cutting runs where they do not."""
    whole = _Piece(*block)
    pieces = [whole] if whole.fits() else _cut_large(block)
    for piece in pieces:
        if any(run.text.strip() for run in piece.runs):
            yield piece


def _cut_large(block: Sequence[Run]) -> list[_Piece]:
    pieces = [_Piece()]
    for run in block:
        for number, part in enumerate(_cut_run(run, pieces[-1].size)):
            size, entities = units(part.text), _entities(part)
            if pieces[-1].runs and (number or not pieces[-1].fits(size, entities)):
                pieces.append(_Piece())
            pieces[-1].join(part, size, entities)
    return pieces


def _cut_run(run: Run, used: int) -> list[Run]:
    """Cut a run that no message could hold so that its start stays beside its headline."""
    if units(run.text) <= MESSAGE_UNITS:
        return [run]
    room = MESSAGE_UNITS - used if used < MESSAGE_UNITS // 2 else MESSAGE_UNITS
    return [replace(run, text=text) for text in cut(run.text, room, units)]


def _text(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Yield the message, unless there is nothing to see: Telegram would refuse it."""
    if is_visible("".join(run.text for run in runs)):
        yield {"text": "".join(map(_html, runs)).strip()}


def _html(run: Run) -> str:
    html = escape(run.text, quote=False)
    if run.url:
        html = f'<a href="{escape(run.url)}">{html}</a>'
    closing = run.tag.partition(" ")[0]
    return f"<{run.tag}>{html}</{closing}>" if run.tag and run.text else html


def _photo(picture: Picture, caption: str) -> dict[str, Any]:
    return {
        "photo": base64.b64encode(picture.png).decode(),
        "text": escape(caption, quote=False),
    }


def _document(file: Attachment) -> dict[str, Any]:
    return {"document": base64.b64encode(file.content).decode(), "name": file.name, "text": ""}


def _keyboard(actions: Sequence[Action]) -> list[list[list[str]]]:
    """Lay the buttons out in rows that a phone can show: short labels side by side.

    Those of a row are equally wide, so the longest label says how many there may be.
    """
    rows: list[list[list[str]]] = []
    longest = 0
    for action in actions:
        words = label(directed(action.label), BUTTON_UNITS)
        longest = max(longest, len(words))
        if not rows or len(rows[-1]) == 3 or longest * (len(rows[-1]) + 1) > ROW_UNITS:
            rows.append([])
            longest = len(words)
        rows[-1].append([words, action.data])
    return rows
