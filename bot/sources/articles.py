"""Pages and text files -> Article. Knows no network: what it reads was fetched before."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.errors import RequestError, SourceError
from bot.sources.fetch import MAX_BYTES, Page, decode
from summaries.article import Article
from summaries.clean import clean
from summaries.language import detect

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"text/plain", "text/markdown"})
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
    }
)


def article_from_page(page: Page) -> Article:
    """Return the article of a fetched page. Raises SourceError when it is not a page."""
    if page.media_type in _PAGE_TYPES:
        return article_from_html(page.text, page.url)
    if page.media_type in _TEXT_TYPES:
        return replace(article_from_text(page.text), url=page.url)
    if page.media_type in _FEED_TYPES:
        raise SourceError(
            "That link is a feed or data, not a page. Send the link of one of its articles."
        )
    raise SourceError(f"That link is not a page: it is {page.media_type or 'of no known type'}.")


def article_from_html(html: str, url: str = "") -> Article:
    """Return the article in an HTML page. Raises SourceError when there is none."""
    import trafilatura  # noqa: PLC0415 - half a second of imports that only a page needs
    from trafilatura.settings import Document  # noqa: PLC0415

    found = trafilatura.bare_extraction(
        html, url=url or None, with_metadata=True, include_comments=False, include_tables=False
    )
    if not isinstance(found, Document) or not (found.text or "").strip():
        raise SourceError("There is no article to be found on that page.")
    article = clean(found.text or "", title=found.title or "")
    if not article.paragraphs:
        raise SourceError("There is no article to be found on that page.")
    return replace(
        article,
        url=found.url or url,
        source=found.sitename or found.hostname or "",
        published=_day(found.date),
    )


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def article_from_text(text: str) -> Article:
    """Return the article in a bare text dump. Raises RequestError for an empty or binary one."""
    if not text.strip():
        raise RequestError("That text is empty.", "Give a file with an article in it, or a link.")
    if is_binary(text):
        raise RequestError(
            "That is not a text: it looks like a binary file.",
            "Give a text or HTML file, or a link.",
        )
    article = clean(text)
    return article if article.language else replace(article, language=detect(article.text))


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
    """Return the text of a file, or of standard input for "-". Raises RequestError in words."""
    try:
        body = _standard_input() if name == "-" else _file(Path(name).expanduser())
    except OSError as error:
        reason = _WHY.get(type(error), error.strerror or str(error))
        raise RequestError(f"Cannot read {name}: {reason}.", _GIVE) from error
    except ValueError as error:  # a NUL character in the name
        raise RequestError(
            "That is not the name of a file.", "Give the path of a text or HTML file."
        ) from error
    if len(body) > MAX_BYTES:
        raise RequestError(
            f"{name} is larger than {MAX_BYTES // 1_000_000} MB: that is no article.",
            "Cut the article out of it and try again.",
        )
    return decode(body)


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def article_from_file(name: str) -> Article:
    """Return the article in a text or HTML file, or in standard input for "-"."""
    text = read_file(name)
    if looks_like_html(text):
        return article_from_html(text)
    return article_from_text(text)


def looks_like_html(text: str) -> bool:
    """Tell an HTML page from a bare text."""
    start = text[:2000].lower()
    return (
        "<html" in start or "<!doctype html" in start or ("<body" in start or "<article" in start)
    )
