"""The values of the text side: Article, Sentence, Summary. Knows no bot, no network, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Length(StrEnum):
    """How long a summary the reader asked for."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Article:
    """A news text without the page around it.

    `paragraphs` are verbatim, in order, one string each, none empty. `furniture` holds the lines
    that were taken off the page (captions, credits, share counters, reading time, bylines), in
    order. `language` is an ISO 639-1 code, or "" when it cannot be told. `published` is aware;
    `published_guessed` says that no machine-readable date was found and this one was worked out.
    `source` is the site's name; `image` is an absolute link, or ""; `feed` is the address of the
    feed that brought it, or "".
    """

    title: str
    paragraphs: tuple[str, ...]
    language: str = ""
    furniture: tuple[str, ...] = ()
    source: str = ""
    url: str = ""
    published: datetime | None = None
    author: str = ""
    image: str = ""
    published_guessed: bool = False
    feed: str = ""

    @property
    def text(self) -> str:
        """The paragraphs, separated by one empty line: offsets in `places` count in this string."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verbatim run of one paragraph.

    `paragraph` counts paragraphs of the article from 0; `index` counts sentences of the whole
    article from 0.
    """

    text: str
    paragraph: int
    index: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The sentences chosen from one article, in article order.

    `total` is how many sentences the article has; `whole` says that nothing was left out, because
    the article is too short to shorten.
    """

    sentences: tuple[Sentence, ...]
    total: int
    whole: bool = False
