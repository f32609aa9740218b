"""Reply -> Discord messages: markdown and embeds within Discord's limits. Pure; no network.

Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
Lengths are counted in UTF-16 code units, the stricter of the two readings of "characters".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from bot.adapters.direction import Line, directed
from bot.adapters.plain import (
    NOTHING,
    cleaned,
    distinct,
    is_visible,
    label,
    one_line,
    packed,
    units,
    web_link,
)
from bot.adapters.several import marked
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
FOOTER = 1000
"""Discord takes 2,048, but a title, a description and such a footer would exceed ALL_EMBEDS."""
EMBEDS = 10
ALL_EMBEDS = 6000
ALT = 1000
LABEL = 80
CUSTOM_ID = 100
ROWS, COLUMNS = 5, 5
ACCENT = 0x2B6CB0

# A backslash before any sign that is no letter, digit or space shows that sign as it is.
# https://support.discord.com/hc/en-us/articles/210298617
_SIGNS = r"[\\*_~|`\[<]|@(?=everyone|here)|:(?=//|[\w+-]+:)"
_INLINE = re.compile(_SIGNS)
_LINE_START = re.compile(r"^([^\S\n]*)([#>+-])", re.MULTILINE)
_NUMBER = re.compile(r"^([^\S\n]*\d+)\.(?=\s|$)", re.MULTILINE)
# Discord's own pattern of an address. In one no markdown counts, and a backslash would be part of
# it: also the one before a "<" that follows.
_URL = r"(?>(?:https?|steam)://[^\s<]+[^\s<.,:;\"'\]])(?![.,:;\"'\]]*<)"
_TOKEN = re.compile(f"{_URL}|{_SIGNS}")
_ESCAPED = "\\*_~|`[<@:#>+-."


def escaped_units(text: str) -> int:
    """Return the length that a text has once its markdown is escaped, at most.

    Every sign that escaping may put a backslash before counts double, so the measure is additive.
    """
    return units(text) + sum(map(text.count, _ESCAPED))


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into messages to post in this order, each within Discord's limits.

    A message has "content", "embeds", "buttons" (rows of [label, custom_id]) and "files" (name,
    base64, alternative text), each where there is one. The reply's actions stand under the last.
    """
    reply = cleaned(reply)
    messages: list[dict[str, Any]] = []
    for piece in _pieces(reply.blocks):
        if not (messages and _add(messages[-1], piece)):
            messages.append(_start(piece))
    messages += [{"files": [_file(file.name, file.content)]} for file in reply.attachments]
    messages = messages or [{"content": NOTHING}]
    return marked(_with_buttons(messages, distinct(reply.actions)), CUSTOM_ID)


def _with_buttons(
    messages: list[dict[str, Any]], actions: Sequence[Action]
) -> list[dict[str, Any]]:
    """Put the buttons under the last message; what it does not take goes under further ones."""
    most = ROWS * COLUMNS
    if actions:
        messages[-1]["buttons"] = _rows(actions[:most])
    if len(actions) <= most:
        return messages
    return [*messages, *_with_buttons([{"content": NOTHING}], actions[most:])]


def _rows(actions: Sequence[Action]) -> list[list[list[str]]]:
    buttons = [[label(directed(action.label), LABEL), action.data] for action in actions]
    return [buttons[at : at + COLUMNS] for at in range(0, len(buttons), COLUMNS)]


def _start(piece: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(piece, str):
        return {"content": piece}
    picture = piece.pop("_file", None)
    return {"embeds": [piece], **({"files": [picture]} if picture else {})}


def _add(message: dict[str, Any], piece: str | dict[str, Any]) -> bool:
    """Put a piece into a message if it fits there; tell whether it did."""
    embeds = message.get("embeds", [])
    if isinstance(piece, dict):
        return "_file" not in piece and _fill(message, [*embeds, piece])
    if embeds:  # words after a story stay after it
        return _fill(message, _with_words(embeds, piece))
    content = f"{message['content']}{_gap(message['content'])}{piece}"
    if units(content) > CONTENT:
        return False
    message["content"] = content
    return True


def _gap(text: str) -> str:
    """Leave a blank line, except below a heading: that has a margin of its own."""
    return "\n" if text.rpartition("\n")[2].startswith("### ") else "\n\n"


def _fill(message: dict[str, Any], embeds: list[dict[str, Any]]) -> bool:
    if len(embeds) > EMBEDS or sum(map(_embed_size, embeds)) > ALL_EMBEDS:
        return False
    message["embeds"] = embeds
    return True


def _with_words(embeds: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Put words after the embeds: into the last one, if that holds nothing but words."""
    *before, last = embeds
    description = last.get("description", "")
    joined = f"{description}{_gap(description)}{words}"
    if last.keys() == {"description"} and units(joined) <= DESCRIPTION:
        return [*before, {"description": joined}]
    return [*embeds, {"description": words}]


def _embed_size(embed: dict[str, Any]) -> int:
    footer = embed.get("footer", {}).get("text", "")
    return units(embed.get("title", "")) + units(embed.get("description", "")) + units(footer)


def _pieces(blocks: Sequence[Block]) -> Iterator[str | dict[str, Any]]:
    """Yield what goes into messages: markdown for the content, or one embed."""
    for block in blocks:
        match block:
            case StoryItem():
                yield from _story(block)
            case Picture():
                yield from _picture(block)
            case _:
                yield from filter(is_visible, _markdown(block))


def _markdown(block: Heading | Paragraph | Listing | Quote | Notice) -> list[str]:
    match block:
        case Heading(text):
            return _cut(" ".join(text.split()), CONTENT, "### {}")
        case Paragraph(text):
            return _cut(text, CONTENT)
        case Listing(items):
            return packed([line for item in items for line in _item(*item)], CONTENT, "\n", units)
        case Quote(text, source):
            return packed([*_quoted(text), *_cut(source, CONTENT, "— {}")], CONTENT, "\n", units)
        case Notice(text, hint):
            lines = [*_cut(text, CONTENT, "⚠️ {}"), *_cut(hint, CONTENT, "*{}*")]
            return packed(lines, CONTENT, "\n", units)
        case _:
            assert_never(block)


def _cut(text: str, limit: int, markup: str = "{}") -> list[str]:
    """Escape a text and put it into the markup, in pieces that keep the limit.

    A text with nothing to see has none.
    """
    if not is_visible(text):
        return []
    pieces = cut(directed(text.strip()), limit - units(markup), escaped_units)
    return [markup.format(escape(piece, styled="*" in markup)) for piece in pieces]


def _item(term: str, meaning: str) -> list[str]:
    """Return one line of a listing; a term or meaning that is too long goes on in further lines."""
    line = Line(f"{term} — {meaning}")
    bold = _cut(line.directed(" ".join(term.split())), CONTENT, "**{}**")
    rest = _cut(line.directed(meaning), CONTENT)
    if not (bold and rest) or units(bold[-1]) + units(rest[0]) + 3 > CONTENT:
        return [*bold, *rest]
    return [*bold[:-1], f"{bold[-1]} — {rest[0]}", *rest[1:]]


def _quoted(text: str) -> list[str]:
    """Mark every line as quoted; each mark counts."""

    def measure(part: str) -> int:
        return escaped_units(part) + 2 * part.count("\n")

    pieces = cut(text.strip(), CONTENT - 2, measure) if is_visible(text) else []
    return ["\n".join(f"> {line}" for line in escape(piece).split("\n")) for piece in pieces]


def _story(story: StoryItem) -> Iterator[dict[str, Any]]:
    """Show one story as an embed; a very long one goes on in the next."""
    title, *rest = cut(directed(one_line(story.title)), TITLE, escaped_units)
    byline = directed(" · ".join(filter(None, (story.source, story.byline))))
    long_byline = units(byline) > FOOTER
    texts = [*story.sentences, byline] if long_byline else story.sentences
    body = [piece for part in rest for piece in _cut(part, DESCRIPTION, "**{}**")]
    body += _cut(story.dateline, DESCRIPTION, "*{}*")
    body += [piece for text in texts for piece in _cut(text, DESCRIPTION)]
    embeds: list[dict[str, Any]] = [
        {"description": text, "color": ACCENT} for text in packed(body, DESCRIPTION, "\n\n", units)
    ] or [{"color": ACCENT}]
    embeds[0]["title"] = _escape_inline(title)
    if link := web_link(story.url):
        embeds[0]["url"] = link
    if picture := web_link(story.image):
        embeds[0]["thumbnail"] = {"url": picture}  # Discord fetches it, not we
    if byline.strip() and not long_byline:
        embeds[-1]["footer"] = {"text": byline.strip()}
    yield from embeds


def _picture(picture: Picture) -> Iterator[str | dict[str, Any]]:
    caption, *rest = _cut(picture.alt, DESCRIPTION) or [""]
    yield {
        "image": {"url": "attachment://picture.png"},
        "description": caption,
        "_file": _file("picture.png", picture.png, picture.alt),
    }
    yield from ({"description": text} for text in rest)


def escape(text: str, *, styled: bool = False) -> str:
    """Show the text as it is: no markdown, no mention, no emoji name; web addresses stay links.

    `styled` says that it will stand between stars. Mentions ping nobody in any case: every message
    goes out with allowed_mentions none.
    """

    def token(match: re.Match[str]) -> str:
        found = match[0]
        if len(found) == 1:
            return f"\\{found}"
        ends_style = styled and ("*" in found or "\\" in found)
        return _escape_inline(found) if ends_style else found

    return _NUMBER.sub(r"\1\\.", _LINE_START.sub(r"\1\\\2", _TOKEN.sub(token, text)))


def _escape_inline(text: str) -> str:
    return _INLINE.sub(r"\\\g<0>", text)


def _file(name: str, content: bytes, alt: str = "") -> list[str]:
    """Return a file to upload; the alternative text is a copy of what stands under the picture."""
    return [name, base64.b64encode(content).decode(), *(cut(alt, ALT, units) or [""])[:1]]
