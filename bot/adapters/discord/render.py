"""Reply -> Discord messages: markdown and embeds within Discord's limits. Pure; no network.

Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
Lengths are counted in UTF-16 code units, the stricter of the two readings of "characters".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from discord.utils import escape_markdown

from bot.core.messages import (
    Action,
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

CONTENT = 2000
TITLE = 256
DESCRIPTION = 4096
FOOTER = 2048
EMBEDS = 10
ALL_EMBEDS = 6000
LABEL = 80
ROWS, COLUMNS = 5, 5
ACCENT = 0x2B6CB0

_MENTION = re.compile(r"<(?=[@#:/a-z])", re.IGNORECASE)


def units(text: str) -> int:
    """Return a text's length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped_units(text: str) -> int:
    """Return the length that a text has once its markdown is escaped, at most.

    Every sign that escaping may put a backslash before counts double, so the measure is additive.
    """
    return units(text) + sum(text.count(sign) for sign in "\\*_~|`>#-[]()<")


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into messages to post in this order, each within Discord's limits.

    A message has "content", "embeds", "buttons" (rows of [label, custom_id]) and "files" (name,
    base64), each where there is one. The reply's actions stand under the last message.
    """
    messages: list[dict[str, Any]] = []
    for piece in _pieces(reply.blocks):
        if not (messages and _add(messages[-1], piece)):
            messages.append(_start(piece))
    messages += [{"files": [_file(file.name, file.content)]} for file in reply.attachments]
    if messages and reply.actions:
        messages[-1]["buttons"] = _rows(reply.actions)
    return messages


def _start(piece: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(piece, str):
        return {"content": piece}
    picture = piece.pop("_file", None)
    return {"embeds": [piece], **({"files": [picture]} if picture else {})}


def _add(message: dict[str, Any], piece: str | dict[str, Any]) -> bool:
    """Put a piece into a message if it fits there; tell whether it did."""
    embeds = message.get("embeds", [])
    if isinstance(piece, str):
        if embeds or message.get("files"):  # words after a story stay after it
            return _add(message, {"description": piece})
        content = f"{message['content']}\n\n{piece}"
        if units(content) > CONTENT:
            return False
        message["content"] = content
        return True
    if (
        "_file" in piece
        or len(embeds) == EMBEDS
        or sum(map(_embed_size, [*embeds, piece])) > ALL_EMBEDS
    ):
        return False
    message["embeds"] = [*embeds, piece]
    return True


def _pieces(blocks: Sequence[Block]) -> Iterator[str | dict[str, Any]]:
    """Yield what goes into messages: markdown for the content, or one embed."""
    for block in blocks:
        if isinstance(block, StoryItem):
            yield from _embeds(block)
        elif isinstance(block, Picture):
            yield {
                "image": {"url": "attachment://picture.png"},
                "description": _escape(cut(block.alt, CONTENT, escaped_units)[0])
                if block.alt
                else "",
                "_file": _file("picture.png", block.png, block.alt),
            }
        else:
            yield from _markdown(block)


def _markdown(block: Heading | Paragraph | Listing | Quote | Notice) -> Iterator[str]:
    match block:
        case Heading(text):
            yield from (f"**{_escape(part)}**" for part in cut(text, CONTENT - 4, escaped_units))
        case Paragraph(text):
            yield from map(_escape, cut(text, CONTENT, escaped_units))
        case Listing(items):
            yield from _packed_lines([_list_item(term, meaning) for term, meaning in items])
        case Quote(text, source):
            for part in cut(text, CONTENT - 300, escaped_units):
                yield "\n".join(f"> {line}" for line in _escape(part).splitlines())
            if source:
                yield from (
                    f"— {_escape(part)}" for part in cut(source, CONTENT - 2, escaped_units)
                )
        case Notice(text, hint):
            said = [f"⚠️ {_escape(part)}" for part in cut(text, CONTENT - 3, escaped_units)]
            advice = [f"*{_escape(part)}*" for part in cut(hint, CONTENT - 2, escaped_units)]
            yield from _packed_lines([*said, *advice])
        case _:
            assert_never(block)


def _list_item(term: str, meaning: str) -> str:
    short = cut(term, CONTENT // 2 - 10, escaped_units)[:1]
    rest = cut(meaning, CONTENT // 2 - 10, escaped_units)[:1]
    return f"**{_escape(''.join(short))}** — {_escape(''.join(rest))}"


def _packed_lines(lines: Sequence[str]) -> Iterator[str]:
    text = ""
    for line in lines:
        if text and units(text) + 1 + units(line) > CONTENT:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text


def _embeds(story: StoryItem) -> Iterator[dict[str, Any]]:
    """Show one story as an embed; a very long one continues in the next."""
    title, *rest = cut(" ".join(story.title.split()), TITLE, escaped_units) or ["…"]
    body = "\n\n".join([*rest, *story.sentences])
    room = DESCRIPTION if escaped_units(body) <= DESCRIPTION else DESCRIPTION - TITLE
    parts = cut(body, room, escaped_units) or [""]
    for number, part in enumerate(parts):
        embed: dict[str, Any] = (
            {"description": _escape(part), "color": ACCENT} if part else {"color": ACCENT}
        )
        if number == 0:
            embed["title"] = _escape(title)
            if story.url.startswith(("http://", "https://")) and len(story.url) <= 2000:
                embed["url"] = story.url
        if number == len(parts) - 1 and story.byline:
            embed["footer"] = {"text": cut(story.byline, FOOTER // 2, units)[0]}
        yield embed


def _embed_size(embed: dict[str, Any]) -> int:
    footer = embed.get("footer", {}).get("text", "")
    return units(embed.get("title", "")) + units(embed.get("description", "")) + units(footer)


def _escape(text: str) -> str:
    """Show the text as it is: no markdown, no mention, nothing that Discord would interpret.

    Mentions ping nobody in any case: every message goes out with allowed_mentions none.
    """
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    return _MENTION.sub(r"\\<", escape_markdown(clean, ignore_links=False))


def _rows(actions: Sequence[Action]) -> list[list[list[str]]]:
    buttons = [[_label(action.label), action.data] for action in actions[: ROWS * COLUMNS]]
    return [buttons[at : at + COLUMNS] for at in range(0, len(buttons), COLUMNS)]


def _label(text: str) -> str:
    pieces = cut(" ".join(text.split()), LABEL - 1, units) or ["…"]
    return pieces[0] if len(pieces) == 1 else pieces[0] + "…"


def _file(name: str, content: bytes, alt: str = "") -> list[str]:
    return [name, base64.b64encode(content).decode(), alt[:1000]]
