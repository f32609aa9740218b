"""A site's page -> the feeds it offers. Knows no network: what it names must still be fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

from lxml import etree

from bot.sources.feeds_markup import absolute, plain_line
from bot.sources.feeds_xml import without_endless_tags

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml's only name for the type

MAX_CHARACTERS = 1_000_000
"""How much of a page is looked through: real ones name their feeds far before that."""
MAX_FEEDS = 50
"""More than a person would choose from."""

_FEED_TYPES = frozenset(
    f"{kind}/{name}"
    for kind in ("application", "text")
    for name in ("rss+xml", "atom+xml", "rdf+xml", "feed+json", "rss", "atom", "xml")
) | {"application/x-rss+xml", "application/json"}
_VAGUE_TYPES = frozenset(("application/xml", "text/xml", "application/json"))
_FEEDLIKE = re.compile(
    r"(?:^|[/.?&=_-])(?:rss2?|atom|feeds?|rdf|feed[12]|index)(?:\.(?:xml|rss|atom|rdf|json|php))?/?$"
    r"|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)
_PLAIN_INDEX = re.compile(r"(?:^|/)index(?:\.php|\.json)?/?$", re.IGNORECASE)
_COMMENTS = re.compile(r"comments?\b|commentaires?|kommentare?|comentarios", re.IGNORECASE)
_USUAL_PLACES = ("/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json")


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that a page offers. `title` may be ""; `declared` is False for a mere link to it."""

    url: str
    title: str = ""
    declared: bool = True


def find_feeds(html: str, url: str = "") -> tuple[FoundFeed, ...]:
    """Return the feeds a page offers, each once: those it declares (WHATWG HTML, link type
    `alternate`) before those it only links to, feeds of comments last. Never raises.
    """
    root = _parse(html)
    if root is None:
        return ()
    base = _base(root, url)
    found = {feed.url: feed for feed in reversed([*_declared(root, base), *_linked(root, base)])}
    feeds = [feed for feed in reversed(found.values()) if feed.url.startswith("http")]
    return tuple(sorted(feeds, key=_rank)[:MAX_FEEDS])


def usual_places(url: str) -> tuple[str, ...]:
    """Return where the feed of a site is often found, for a page that names none."""
    parts = urlsplit(url)
    folder = urljoin(url, "./") if parts.path.strip("/") else ""
    near = [folder.rstrip("/") + place for place in _USUAL_PLACES[:2]] if folder else []
    root = [f"{parts.scheme}://{parts.netloc}{place}" for place in _USUAL_PLACES]
    return tuple(dict.fromkeys([*near, *root]))


def is_of_comments(feed: FoundFeed) -> bool:
    """Tell whether a feed gives comments instead of articles."""
    return _COMMENTS.search(feed.url + " " + feed.title) is not None


def _rank(feed: FoundFeed) -> tuple[bool, bool]:
    return is_of_comments(feed), not feed.declared


def _parse(html: str) -> _Element | None:
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(
            without_endless_tags(html[:MAX_CHARACTERS]).encode("utf-8", "replace"), parser
        )
    except (etree.XMLSyntaxError, ValueError):  # nothing in it
        return None


def _base(root: _Element, url: str) -> str:
    for base in root.iter("base"):
        return absolute(url, base.get("href") or "") or url
    return url


def _declared(root: _Element, base: str) -> Iterator[FoundFeed]:
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        href = link.get("href") or ""
        if href and _is_feed(relations, _type(link), href):
            yield FoundFeed(absolute(base, href), plain_line(link.get("title") or "")[:200])


def _type(link: _Element) -> str:
    return (link.get("type") or "").partition(";")[0].strip().lower()


def _is_feed(relations: Iterable[str], media_type: str, href: str) -> bool:
    """Tell whether a link element offers a feed: WordPress also declares its API as JSON."""
    if "feed" in relations:
        return True
    if "alternate" not in relations or media_type not in _FEED_TYPES:
        return False
    return media_type not in _VAGUE_TYPES or bool(_FEEDLIKE.search(href.partition("#")[0]))


def _linked(root: _Element, base: str) -> Iterator[FoundFeed]:
    for link in root.iter("a"):
        href = (link.get("href") or "").partition("#")[0].strip()
        named = _type(link) in _FEED_TYPES - _VAGUE_TYPES
        if href and (named or (_FEEDLIKE.search(href) and not _PLAIN_INDEX.search(href))):
            title = plain_line("".join(str(piece) for piece in link.itertext())[:500])
            yield FoundFeed(absolute(base, href), title[:200], declared=False)
