"""Hypothesis strategies: texts, blocks and replies of any Unicode and any length."""

from __future__ import annotations

from hypothesis import strategies as st

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
from tests.adapters.replies import FAMILY, FLAG, HOSTILE, PIXEL, URL, ZALGO

_TOKENS = st.sampled_from(
    [
        *HOSTILE,
        *"*_~`|<>[]()#@\\-+.:/& \n\t\r",
        *("**", "__", "||", "```", "<b>", "&amp;", "https://", URL, "1. ", "\n> ", "\n# ", "\n- "),
        *(FAMILY, FLAG, "👍🏽", "e\u0301", ZALGO, "العربية", "\u202e", "\0", "\ud800", "\u200b"),
        *(
            "1️⃣",
            "🏴\U000e0067\U000e0062\U000e007f",
            "क्षत्रिय",
            "한국",
            "می‌خواهم",
            "עִבְרִית",
            "ไทย",
            "\udc00",
        ),
        *(
            "\u2067x\u2069",
            "\u2028",
            "\x85",
            "\ufeff",
            "\u0301",
            "\ufe0f",
            "\u200d",
            "\u00ad",
            "⚠️",
            "—",
            "…",
        ),
        *("word " * 500, "x" * 300, "y" * 4100, FAMILY * 200, FLAG * 600, "* " * 1100, "\n" * 50),
    ]
)
_WILD = st.characters(exclude_categories=())  # surrogates too
_PIECES = st.one_of(_TOKENS, st.text(_WILD, max_size=20))
texts = st.lists(_PIECES, max_size=6).map("".join)
short = st.one_of(st.text(_WILD, max_size=30), _TOKENS)

urls = st.sampled_from(
    [
        "",
        URL,
        "HTTP://EXAMPLE.ORG/a",
        "https://example.org/'\"><b>&lt;*_[]()",
        "https://example.org/\ud800",
        "https://example.org/" + "x" * 3000,
        "https://пример.рф/путь?ключ=значение#" + FAMILY,
        "javascript:alert(1)",
        "https://example.org/a b",
        "https://\u202eexample.org/",
        "https://example.org/\0",
    ]
)
stories = st.builds(
    StoryItem, texts, st.lists(texts, max_size=4).map(tuple), texts, urls, texts, texts
)
blocks: st.SearchStrategy[Block] = st.one_of(
    stories,
    st.builds(Heading, texts),
    st.builds(Paragraph, texts),
    st.builds(Listing, st.lists(st.tuples(short, texts), max_size=4).map(tuple)),
    st.builds(Quote, texts, texts),
    st.builds(Notice, texts, texts),
    st.builds(Picture, st.just(PIXEL), texts),
)
_DATA = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60).filter(
    lambda text: Action.fits("place", text)
)
actions = st.builds(Action, short, st.just("place"), _DATA)
_MANY = st.integers(0, 220).map(
    lambda count: tuple(
        Action(f"No. {number}", "place", f"geo:{number}") for number in range(count)
    )
)
replies = st.builds(
    Reply,
    st.lists(blocks, max_size=8).map(tuple),
    st.one_of(st.lists(actions, max_size=8).map(tuple), _MANY),
)


def _crowd(kinds: list[Block], count: int, buttons: int) -> Reply:
    several = tuple(kinds[number % len(kinds)] for number in range(count))
    return Reply(
        several, tuple(Action(f"{number}", "place", str(number)) for number in range(buttons))
    )


_brief = st.one_of(st.text(_WILD, max_size=12), st.sampled_from(HOSTILE))
small: st.SearchStrategy[Block] = st.one_of(
    st.builds(
        StoryItem, _brief, st.lists(_brief, max_size=2).map(tuple), _brief, urls, _brief, _brief
    ),
    st.builds(Heading, _brief),
    st.builds(Paragraph, _brief),
    st.builds(Quote, _brief, _brief),
    st.builds(Notice, _brief, _brief),
    st.builds(Listing, st.lists(st.tuples(_brief, _brief), max_size=2).map(tuple)),
)
crowds = st.builds(
    _crowd, st.lists(small, min_size=1, max_size=5), st.integers(1000, 3000), st.integers(0, 600)
)
"""Thousands of blocks under hundreds of buttons."""


def words(block: Block) -> list[str]:
    """Return a block's texts in the order in which a reader should find them."""
    match block:
        case StoryItem(title, sentences, byline, _, dateline, source):
            return [title, dateline, *sentences, " · ".join(filter(None, (source, byline)))]
        case Listing(items):
            return [text for item in items for text in item]
        case Quote(text, source):
            return [text, source]
        case Notice(text, hint):
            return [text, hint]
        case Picture(_, alt):
            return [alt]
        case Heading(text) | Paragraph(text):
            return [text]
