"""Inline mode, `@bot Mosul` in any chat: a query -> what to ask, a reply -> results. Pure.

https://core.telegram.org/bots/api#inline-mode
"""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineQueryResultArticle, InputTextMessageContent, LinkPreviewOptions
from telegram.constants import ParseMode

from bot.adapters.plain import cleaned, label, one_line, web_link
from bot.adapters.telegram.render import render
from bot.core.commands import in_words
from bot.core.messages import (
    Action,
    Block,
    Chat,
    Heading,
    Notice,
    Paragraph,
    Quote,
    Reply,
    Request,
    StoryItem,
)

MOST = 50
"""The most results that Telegram takes."""
CANDIDATES = 6
"""Of a name that means several places so many are asked for: each costs an answer."""
_TITLE_UNITS, _ABOUT_UNITS = 120, 240
_EVERYBODY = "inline"
"""The chat of an empty query: nobody's own, so that a look at it is no briefing that was told."""


def asked_inline(platform: str, query: str, user: int, locale: str) -> Request:
    """Return what a query asks: nothing is today's briefing, one or more words are a place."""
    words = query.strip()
    if not words:
        return Request(Chat(platform, _EVERYBODY), "brief", locale=locale)
    command, arguments = in_words(words)
    if command not in {"brief", "place"}:
        command, arguments = "place", words
    chat = Chat(platform, str(user))
    return Request(chat, command, arguments, sender=str(user), locale=locale)


def candidates(reply: Reply) -> Sequence[Action]:
    """Return the places that a name may mean, where the reply asks which; else nothing."""
    if any(isinstance(block, StoryItem) for block in reply.blocks):
        return ()
    return [each for each in reply.actions if each.command == "place"][:CANDIDATES]


def results(reply: Reply) -> list[InlineQueryResultArticle]:
    """Return a result for each story, or one that says what there is instead."""
    reply = cleaned(reply)
    stories = [block for block in reply.blocks if isinstance(block, StoryItem)]
    found = [_of_story(number, story) for number, story in enumerate(stories[:MOST])]
    return found or [_of_words("none", _first_words(reply.blocks), reply)]


def result_for(action: Action, reply: Reply) -> InlineQueryResultArticle:
    """Return the result of one of several places: its name, and all that there is about it."""
    return _of_words(action.data, action.label, cleaned(reply))


def _of_story(number: int, story: StoryItem) -> InlineQueryResultArticle:
    told = " ".join(story.sentences)
    url = web_link(story.url)
    return _article(str(number), story.title, told or story.byline, Reply((story,)), url)


def _of_words(name: str, title: str, reply: Reply) -> InlineQueryResultArticle:
    stories = [block.title for block in reply.blocks if isinstance(block, StoryItem)]
    hints = [block.hint for block in reply.blocks if isinstance(block, Notice)]
    about = " · ".join(filter(None, stories or hints))
    shown = Reply(tuple(block for block in reply.blocks if _is_text(block)))
    return _article(name, title, about, shown)


def _article(
    name: str, title: str, about: str, shown: Reply, url: str = ""
) -> InlineQueryResultArticle:
    """Make a result of the first message that the reply comes to; what it says is never cut."""
    text = render(shown)[0]["text"]
    preview = LinkPreviewOptions(url=url) if url else LinkPreviewOptions(is_disabled=True)
    content = InputTextMessageContent(text, ParseMode.HTML, link_preview_options=preview)
    name = name.encode()[:64].decode(errors="ignore")
    return InlineQueryResultArticle(
        name,
        label(title, _TITLE_UNITS),
        content,
        url=url or None,
        description=label(about, _ABOUT_UNITS) if about.strip() else None,
    )


def _is_text(block: Block) -> bool:
    return isinstance(block, Heading | Paragraph | StoryItem | Quote | Notice)


def _first_words(blocks: Sequence[Block]) -> str:
    for block in blocks:
        if isinstance(block, Heading | Paragraph | Notice | Quote) and block.text.strip():
            return one_line(block.text)
    return ""
