"""An HTML page -> Article: its text by agreement of extractors, what it says of itself, walls.

Knows no network; runs where it can be killed (reader.py), for parsers may not return.
trafilatura is asked first and our own model second. Where they differ, breadability and justext are
asked too, and the output that is most like all others is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from bot.core.errors import SourceError
from bot.core.said import said
from bot.core.words import N_
from bot.sources.guess_date import guess_day
from bot.sources.metadata import Metadata, metadata, moment_of
from bot.sources.pages_blocks import Block, blocks, parse
from bot.sources.pages_prose import likely
from bot.sources.walls import Seen, wall
from summaries.article import Article
from summaries.clean import clean
from summaries.language import detect

Element = Any  # lxml ships no types

NO_ARTICLE = N_("There is no article to be found on that page.")
BROKEN = N_("That page is so broken that it cannot be read.")
TOO_LARGE = N_("That page is far too large for an article, so it was not read.")
MAX_CHARACTERS = 5_000_000
MAX_TAGS = 20_000
"""The extractors' time grows with the square of a page; the largest of 250 real pages has 7,719."""
MAX_TAGS_TWICE = 8_000
"""More are not read again by the slower two: better two opinions in time than four too late."""
LEAST_WORDS = 50
"""Where one extractor finds as many, another that finds fewer has failed, not judged."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # parsers stop at some of them
# Browsers put what follows them into the body (HTML 13.2.6.4.22); lxml drops it all.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
AGREEMENT = 0.96
"""Two outputs as like as this (word F1) agree; chosen on the dev pages."""


def article_from_html(html: str, url: str = "", tell: Callable[[str], str] = detect) -> Article:
    """Return the article in an HTML page. Raises SourceError, in words, when there is none.

    `tell` is how the language of a text is told.
    """
    if html.count("<") > MAX_TAGS or len(html) > MAX_CHARACTERS:
        raise SourceError(said(TOO_LARGE))
    try:
        return _article(html, url, tell)
    except SourceError:
        raise
    except Exception as error:  # foreign parsers on foreign text: anything may come
        raise SourceError(said(BROKEN)) from error


def _article(html: str, url: str, tell: Callable[[str], str]) -> Article:
    html = _ENDS.sub("", html)
    try:
        root = parse(_CONTROL.sub("", html))
    except ValueError as error:
        raise SourceError(said(NO_ARTICLE)) from error
    found, meta = blocks(root), metadata(root, url)
    guess = None if meta.published else _guessed(root, found, url, meta.language)
    text = _text(html, root, found)
    _refuse_wall(Seen(root, html, url, found, text, declared=meta.is_article))
    article = clean(text, title=meta.title, language=tell(text) or meta.language)
    if not article.paragraphs:
        raise SourceError(said(NO_ARTICLE))
    return _with(article, meta, guess, url)


def _refuse_wall(seen: Seen) -> None:
    reason = wall(seen)
    if reason:
        raise SourceError(said(reason))


def _with(article: Article, meta: Metadata, guess: datetime | None, url: str) -> Article:
    return replace(
        article,
        url=meta.url,
        source=meta.site or (urlsplit(url).hostname or "").removeprefix("www."),
        published=meta.published or guess,
        published_guessed=meta.published is None and guess is not None,
        author=meta.author,
        image=meta.image,
    )


# --- the text ------------------------------------------------------------------------------------


def _text(html: str, root: Element, found: Sequence[Block]) -> str:
    """Return the text on which most extractors agree."""
    ours = "\n".join(block.text for block in likely(found))
    theirs = _trafilatura(root)
    if alike(theirs, ours) >= AGREEMENT:
        return theirs
    if html.count("<") > MAX_TAGS_TWICE:
        return theirs or ours
    opinions = [_trafilatura(parse(html), fast=False), ours, _readability(html), _justext(html)]
    told = [text for text in opinions if len(text.split()) >= LEAST_WORDS]
    return most_agreed(told or opinions)


def _trafilatura(root: Element, *, fast: bool = True) -> str:
    """`fast` leaves out its own second opinions, `with_metadata` its own reading of meta tags."""
    import trafilatura  # noqa: PLC0415 - half a second of imports that only a page needs

    found = trafilatura.bare_extraction(
        root, fast=fast, with_metadata=False, include_comments=False
    )
    return getattr(found, "text", None) or ""


def _readability(html: str) -> str:
    """Readability's way, by breadability, which sumy brings along."""
    from breadability.readable import (  # type: ignore[import-untyped]  # noqa: PLC0415 - likewise; it ships no types
        Article as Readable,
    )

    try:
        return "\n".join(block.text for block in blocks(Readable(html).readable_dom))
    except Exception:  # noqa: BLE001 - a third opinion is not worth the page
        return ""


def _justext(html: str) -> str:
    """By lengths and links alone: no list of words, so any language."""
    import justext  # type: ignore[import-untyped]  # noqa: PLC0415 - likewise; it ships no types

    try:
        found = justext.justext(html.encode(), frozenset(), stopwords_low=0, stopwords_high=0)
    except Exception:  # noqa: BLE001 - likewise
        return ""
    return "\n".join(part.text for part in found if not part.is_boilerplate)


def most_agreed(outputs: Sequence[str]) -> str:
    """Return the output whose likeness to all others is greatest; of equals, the first."""
    bags = [_bag(output) for output in outputs]
    return max(zip(outputs, bags, strict=True), key=lambda one: sum(_f1(one[1], b) for b in bags))[
        0
    ]


def alike(one: str, other: str) -> float:
    """F1 of the words of two texts, counted as bags: 0 to 1."""
    return _f1(_bag(one), _bag(other))


def _f1(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _bag(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


# --- the date ------------------------------------------------------------------------------------


def _guessed(root: Element, found: Sequence[Block], url: str, language: str) -> datetime | None:
    """Work a date out of the address, the time tags and what stands around the title."""
    times = [
        f"{tag.get('datetime') or ''} {tag.text_content()[:100]}"
        for tag in islice(root.iter("time"), 3)
    ]
    near = guess_day(url, [*times, *_near_title(found)], language)
    return near or _guessed_by_htmldate(root, url)


def _guessed_by_htmldate(root: Element, url: str) -> datetime | None:
    """Its quick search only: the long one loads tables for seconds."""
    from htmldate import find_date  # noqa: PLC0415 - likewise

    return moment_of(
        find_date(root, url=url or None, original_date=True, extensive_search=False) or ""
    )


def _near_title(found: Sequence[Block]) -> list[str]:
    place = next((n for n, block in enumerate(found) if block.tag == "h1"), 0)
    return [block.text[:300] for block in found[max(0, place - 6) : place + 12]]


@cache
def warm_up() -> None:
    """Load what the first page would have to wait for."""
    _trafilatura(parse("<p>A sentence.</p>"))
    _readability("<p>A sentence.</p>")
    _justext("<p>A sentence.</p>")
    guess_day("", ["3 May 2024"])
