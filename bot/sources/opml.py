"""OPML, the lists of feeds that readers exchange -> feeds, and back. Knows no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urldefrag, urlsplit

from lxml import etree

from bot.core.errors import RequestError, SourceError
from bot.core.news import Feed, FeedList, ListedFeed
from bot.core.words import _
from bot.sources.charset import decode
from bot.sources.feeds_markup import absolute, plain_line
from bot.sources.feeds_xml import parse_xml

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml's only name for the type

MAX_BYTES = 5_000_000
MAX_FEEDS = 5_000
"""The most feeds taken from one list; what stands behind them is counted."""
MAX_INCLUDES = 20
"""The most lists that one list may include, over all levels."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One document: its feeds, and the addresses of the lists it includes with their folders."""

    title: str
    feeds: tuple[ListedFeed, ...]
    includes: tuple[tuple[str, tuple[str, ...]], ...]


def read_opml(
    body: bytes, url: str = "", include: Callable[[str], bytes] | None = None
) -> FeedList:
    """Return the feeds in an OPML document, whatever its nesting.

    `include` fetches a list that this one includes (OPML 2.0, type="include") and may raise
    SourceError; without it, included lists are named in `failures`. Each is read once, so circles
    end. Raises RequestError for what is no OPML. Source: http://opml.org/spec2.opml.
    """
    first = _page(body, url)
    if first is None:
        raise RequestError(
            _("That is not an OPML file."),
            _("Export your feeds as OPML from your reader, and send that."),
        )
    listed, failures = _with_included(first, url, include)
    feeds = {entry.feed.url: entry for entry in reversed(listed)}
    once = [feeds[link] for link in dict.fromkeys(entry.feed.url for entry in listed)]
    left_out = max(0, len(once) - MAX_FEEDS)
    return FeedList(first.title, tuple(once[:MAX_FEEDS]), left_out, failures)


def _with_included(
    first: _Page, url: str, include: Callable[[str], bytes] | None
) -> tuple[list[ListedFeed], tuple[str, ...]]:
    """Return the feeds of a list and of all that it includes, and what went wrong."""
    listed = list(first.feeds)
    failures: list[str] = []
    waiting = list(first.includes)
    known = {_bare(url)}
    while waiting and len(listed) <= MAX_FEEDS:
        link, folders = waiting.pop(0)
        if _bare(link) in known:
            continue
        if len(known) > MAX_INCLUDES:
            failures.append(
                _("More than {count} lists are included; the rest was left out.").format(
                    count=MAX_INCLUDES
                )
            )
            break
        known.add(_bare(link))
        page = _included(link, include, failures)
        if page is not None:
            listed += [ListedFeed(one.feed, folders + one.folders) for one in page.feeds]
            waiting += [(further, folders + inner) for further, inner in page.includes]
    return listed, tuple(failures)


def _included(
    link: str, include: Callable[[str], bytes] | None, failures: list[str]
) -> _Page | None:
    if include is None:
        failures.append(
            _("The list includes another, which was not read: {link}").format(link=link)
        )
        return None
    try:
        page = _page(include(link), link)
    except (RequestError, SourceError) as error:
        failures.append(
            _("The included list {link} was left out: {reason}").format(link=link, reason=error)
        )
        return None
    if page is None:
        failures.append(
            _("The included list {link} was left out: it is not OPML.").format(link=link)
        )
    return page


def _bare(url: str) -> str:
    return urldefrag(url)[0].rstrip("/")


def _page(body: bytes, url: str) -> _Page | None:
    if len(body) > MAX_BYTES:
        raise RequestError(
            _("That list is larger than {size} MB.").format(size=MAX_BYTES // 1_000_000),
            _("Split it into several."),
        )
    root = parse_xml(decode(body), url)
    if root is None or str(root.tag).rpartition("}")[2].lower() != "opml":
        return None
    title = next((plain_line(str(one.text or "")) for one in root.iter("title", "{*}title")), "")
    outlines = list(_outlines(root, url))
    return _Page(
        title,
        tuple(ListedFeed(feed, folders) for feed, folders, _ in outlines if feed is not None),
        tuple((link, folders) for _, folders, link in outlines if link),
    )


def _outlines(
    root: _Element,
    url: str,
) -> Iterator[tuple[Feed | None, tuple[str, ...], str]]:
    """Yield each outline that is a feed or an inclusion: (feed or None, folders, included list).

    A stack of our own instead of recursion: the nesting is the file's to choose.
    """
    waiting: list[tuple[_Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        values = {str(name).lower(): str(value) for name, value in element.items()}
        name = plain_line(values.get("title") or values.get("text") or "")[:200]
        link = _link(values, url)
        if (
            link
            and values.get("type", "").lower() in {"include", "link"}
            and "xmlurl" not in values
        ):
            if values["type"].lower() == "include" or link.lower().endswith(".opml"):
                yield None, folders, link
        elif link and "xmlurl" in values:
            site = absolute(url, values.get("htmlurl", "")) if values.get("htmlurl") else ""
            yield Feed(link, name, site), folders, ""
        inside = (*folders, name) if name and not link and len(folders) < 20 else folders
        waiting += [(child, inside) for child in reversed(element)]


def _link(values: dict[str, str], url: str) -> str:
    """Return the address an outline names, or "" for none that could be fetched."""
    written = (values.get("xmlurl") or values.get("url") or "").strip()
    if written.lower().startswith(
        "feed:"
    ):  # the scheme of old: feed://host/ and feed:https://host/
        written = written[5:] if "://" in written[5:] else "https:" + written[5:]
    link = absolute(url, written) if written else ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return link if parts.scheme in {"http", "https"} and parts.hostname else ""


def write_opml(feeds: Iterable[ListedFeed], title: str = "Dateline") -> bytes:
    """Return an OPML 2.0 document of these feeds, each in its innermost folder's outline.

    What `read_opml` reads from it is what was written.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _writable(title)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], _Element] = {(): body}
    for listed in feeds:
        place = _folder(folders, listed.folders)
        etree.SubElement(place, "outline", _outline(listed.feed))
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _folder(
    folders: dict[tuple[str, ...], _Element],
    path: tuple[str, ...],
) -> _Element:
    """Return the outline of a folder, making it and those around it where they are missing."""
    for depth in range(1, len(path) + 1):
        if path[:depth] not in folders:
            around = folders[path[: depth - 1]]
            name = _writable(path[depth - 1])
            folders[path[:depth]] = etree.SubElement(around, "outline", text=name, title=name)
    return folders[path]


def _outline(feed: Feed) -> dict[str, str]:
    name = _writable(feed.title or feed.url)
    site = {"htmlUrl": _writable(feed.link)} if feed.link else {}
    return {"type": "rss", "text": name, "title": name, "xmlUrl": _writable(feed.url)} | site


def _writable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(
        sign
        for sign in text
        if sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff"
    )
