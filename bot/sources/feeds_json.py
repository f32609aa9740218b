"""JSON Feed 1.0 and 1.1 -> ParsedFeed. Knows no XML and no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.core.news import Enclosure, Entry, Feed, ParsedFeed
from bot.sources.feeds_dates import parse_date
from bot.sources.feeds_markup import Sanitizer, absolute, plain_line

MAX_ENTRIES = 10_000


def read_json(text: str, url: str = "") -> ParsedFeed | None:
    """Return the feed in a JSON text, or None where it holds none.

    Source: https://www.jsonfeed.org/version/1.1/. What is of a wrong type is as if missing.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(whole, dict) or not isinstance(whole.get("items"), list):
        return None
    return _feed(whole, url)


def _feed(whole: dict[str, Any], url: str) -> ParsedFeed:
    base = absolute(url, _text(whole, "home_page_url")) or url
    title = _text(whole, "title")
    items = [item for item in whole["items"] if isinstance(item, dict)]
    feed = Feed(url, plain_line(title), _link(whole, "home_page_url", url))
    language = _text(whole, "language")
    sanitizer = Sanitizer()
    return ParsedFeed(
        title=feed.title,
        link=feed.link,
        language=language,
        entries=tuple(
            _entry(item, feed, base, language, sanitizer) for item in items[:MAX_ENTRIES]
        ),
        title_html=title,
        description=_text(whole, "description"),
        author=_author(whole),
        id=_text(whole, "feed_url"),
        image=_link(whole, "icon", base) or _link(whole, "favicon", base),
        format="json",
        left_out=max(0, len(items) - MAX_ENTRIES),
    )


def _entry(
    item: dict[str, Any], feed: Feed, base: str, language: str, sanitizer: Sanitizer
) -> Entry:
    link = _link(item, "url", base) or _link(item, "external_url", base)
    content = sanitizer.clean(_text(item, "content_html"), link or base) or _text(
        item, "content_text"
    )
    title = _text(item, "title")
    return Entry(
        feed=feed,
        link=link,
        title=plain_line(title),
        id=_text(item, "id"),
        title_html=title,
        summary=_text(item, "summary") or content,
        content=content,
        author=_author(item),
        published=parse_date(_text(item, "date_published")),
        updated=parse_date(_text(item, "date_modified")),
        language=_text(item, "language") or language,
        image=_link(item, "image", base) or _link(item, "banner_image", base),
        enclosures=tuple(_enclosures(item, base)),
    )


def _enclosures(item: dict[str, Any], base: str) -> Sequence[Enclosure]:
    found = [file for file in _list(item, "attachments") if isinstance(file, dict)]
    return [
        Enclosure(_link(file, "url", base), _text(file, "mime_type"), _length(file))
        for file in found
        if _link(file, "url", base)
    ]


def _length(file: dict[str, Any]) -> int | None:
    length = file.get("size_in_bytes")
    return length if isinstance(length, int) and 0 <= length < 2**53 else None


def _author(whole: dict[str, Any]) -> str:
    """Return the names of the authors (1.1) or of the author (1.0)."""
    authors = [*_list(whole, "authors"), whole.get("author")]
    names = [_text(author, "name") for author in authors if isinstance(author, dict)]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _link(whole: dict[str, Any], key: str, base: str) -> str:
    link = _text(whole, key)
    return absolute(base, link) if link else ""


def _text(whole: dict[str, Any], key: str) -> str:
    """Return a text; a number, as some write ids, is one too."""
    value = whole.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:100]
    return value.strip() if isinstance(value, str) else ""


def _list(whole: dict[str, Any], key: str) -> list[Any]:
    value = whole.get(key)
    return value if isinstance(value, list) else []
