"""Pages and text files -> Article. Knows no network: what it reads was fetched before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from bot.core.errors import RequestError, SourceError
from bot.core.said import said, said_by
from bot.core.words import N_
from bot.sources.fetch import MAX_BYTES, Page, decode, not_a_page
from bot.sources.pages import NO_ARTICLE, article_from_html
from summaries.article import Article
from summaries.clean import clean
from summaries.language import detect

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"text/plain", "text/markdown"})
_DATA_TYPES = re.compile(r"(text|application)/(xml|json)|application/.*[+](xml|json)")


Tell: TypeAlias = Callable[[str], str]
"""How the language of a text is told: its ISO 639-1 code, or ""."""


def article_from_page(page: Page, tell: Tell = detect) -> Article:
    """Return the article of a fetched page. Raises SourceError when there is none."""
    if not page.text.strip():
        raise SourceError(said(N_("That page is empty.")))
    match _kind(page):
        case "page":
            return article_from_html(page.text, page.url, tell)
        case "text":
            return _article_from_text_page(page, tell)
        case "feed":
            raise SourceError(
                said(
                    N_(
                        "That link is a feed or data, not a page. "
                        "Send the link of one of its articles."
                    )
                )
            )
        case _:
            raise not_a_page(page.media_type)


def _kind(page: Page) -> Literal["page", "text", "feed", "other"]:
    """Tell what was served. A feed is one whatever it is called; without a name, the text tells."""
    if looks_like_feed(page.text):
        return "feed"
    if page.media_type in _PAGE_TYPES or (not page.media_type and looks_like_html(page.text)):
        return "page"
    if page.media_type in _TEXT_TYPES or not page.media_type:
        return "text"
    return "feed" if _DATA_TYPES.fullmatch(page.media_type) else "other"


def _article_from_text_page(page: Page, tell: Tell) -> Article:
    try:
        article = replace(article_from_text(page.text, tell), url=page.url)
    except RequestError as error:
        raise SourceError(said_by(error)) from error
    if not article.paragraphs:
        raise SourceError(said(NO_ARTICLE))
    return article


def article_from_text(text: str, tell: Tell = detect) -> Article:
    """Return the article in a bare text dump. Raises RequestError for an empty or binary one."""
    if not text.strip():
        raise RequestError(
            said(N_("That text is empty.")), N_("Give a file with an article in it, or a link.")
        )
    if is_binary(text):
        raise RequestError(
            said(N_("That is not a text: it looks like a binary file.")),
            N_("Give a text or HTML file, or a link."),
        )
    return clean(text, language=tell(text))


def is_binary(text: str) -> bool:
    """Tell whether decoded text was never text: NUL bytes, or too many control characters."""
    start = text[:10_000]
    control = sum(
        1
        for sign in start
        if (ord(sign) < 32 and sign not in "\t\n\r\f\x0b\x1b") or sign == "\ufffd"
    )
    return "\0" in start or start.startswith("%PDF-") or control > len(start) / 20


_GIVE = "Give the path of a text or HTML file, a link, or - for standard input."
_WHY: dict[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "it is a folder, not a file",
    PermissionError: "this user may not read it",
}


def read_file(name: str) -> str:
    """Return the text of a file. Raises RequestError in words."""
    try:
        with Path(name).expanduser().open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: no home for the ~ of an unknown user
        raise RequestError(f"Cannot read {_short(name)}: {_why(error)}.", _GIVE) from error
    except ValueError as error:  # a NUL character in the name
        raise RequestError("That is not the name of a file.", _GIVE) from error
    return text_of(body, _short(name))


def text_of(body: bytes, name: str) -> str:
    """Return what a file, called `name`, holds. Raises RequestError for more than an article."""
    if len(body) > MAX_BYTES:
        raise RequestError(
            f"{name} is larger than {MAX_BYTES // 1_000_000} MB: no article is.",
            "Cut the article out of it and try again.",
        )
    return decode(body)


def _why(error: OSError | RuntimeError) -> str:
    known = _WHY.get(type(error)) if isinstance(error, OSError) else None
    return known or getattr(error, "strerror", None) or str(error).rstrip(".")


def _short(name: str) -> str:
    return name if len(name) <= 200 else f"{name[:100]}…{name[-99:]}"


def article_from_file(name: str) -> Article:
    """Return the article in a text or HTML file. Raises RequestError or SourceError in words."""
    return article_from_any(read_file(name))


def article_from_any(text: str, tell: Tell = detect) -> Article:
    """Return the article in an HTML page or a bare text, whichever it is."""
    if looks_like_html(text):
        return article_from_html(text, tell=tell)
    return article_from_text(text, tell)


_ELEMENT = re.compile(r"<([a-z][\w:-]*|!doctype html)", re.IGNORECASE)
_HTML = frozenset(
    {"!doctype html", "html", "head", "body", "article", "main", "meta", "title", "div", "p", "h1"}
)
_FEEDS = frozenset({"rss", "feed", "rdf:rdf", "opml"})


def looks_like_html(text: str) -> bool:
    """Tell an HTML page from a bare text, which may well speak of HTML."""
    return _first_element(text) in _HTML


def looks_like_feed(text: str) -> bool:
    """Tell a feed from a page, whatever its server calls it."""
    return _first_element(text) in _FEEDS


def _first_element(text: str) -> str:
    """Return the name of the element that a text begins with, or ""."""
    start = text[:2000].lstrip("\ufeff \t\r\n")
    first = _ELEMENT.search(start) if start.startswith("<") else None
    return first[1].lower() if first else ""
