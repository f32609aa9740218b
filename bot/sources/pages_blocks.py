"""An HTML tree -> the blocks of text that a reader sees. Knows no article and no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree, html

Element = Any  # lxml ships no types

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "  # noqa: SIM905 - fifty quoted words are no easier to read
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "ol option p pre section summary table tbody td tfoot th thead tr ul".split()
)
_UNSEEN = frozenset(
    "script style noscript template svg head iframe object embed select textarea button canvas "  # noqa: SIM905 - likewise
    "audio video map math title".split()
)
_REGIONS = {
    "nav": "nav", "footer": "footer", "header": "header", "aside": "aside", "form": "form",
    "label": "form", "figure": "figure", "figcaption": "figure", "article": "article",
    "main": "main", "td": "table", "th": "table", "li": "list", "blockquote": "quote",
    "pre": "pre", "dialog": "aside", "menu": "nav",
}  # fmt: skip
_ASIDE_NAMES = re.compile(
    r"comment|related|share|sharing|social|newsletter|subscri|promo|cookie|consent|sidebar|widget|"
    r"breadcrumb|footer|(?<![a-z])nav|menu|author|(?<![a-z])bio(?![a-z])|advert|banner|popup|"
    r"modal|recommend|(?<![a-z])toc(?![a-z])|table-of-contents|disclaim|disclos|signup|"
    r"(?<![a-z])cta(?![a-z])|(?<![a-z])tags?(?![a-z])|(?<![a-z])meta(?![a-z])|byline|caption|"
    r"read-?more|most-?read|trending|teaser|outbrain|taboola",
    re.IGNORECASE,
)
_ARTICLE_NAMES = re.compile(
    r"article|content|post|entry|story|body|main|text|prose|rich", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text between two block-level tags, white space collapsed.

    `tag` is the element that holds it and `path` the ids of that element and its ancestors, nearest
    first. `linked` is the share of its characters inside links, 0 to 1. `regions` are the kinds
    of place it lies in ("nav", "article", ...); "aside-name" says that some element around it has a
    class name of page furniture, "near-aside" and "near-article" that one of the nearest three has
    such a name, or one of articles.
    """

    text: str
    tag: str
    linked: float
    regions: frozenset[str]
    path: tuple[int, ...]

    @property
    def words(self) -> int:
        """How many words, by white space."""
        return self.text.count(" ") + 1


@dataclass(frozen=True, slots=True)
class _Level:
    """An open block-level element, with what its descendants inherit."""

    tag: str
    regions: frozenset[str]
    named: tuple[frozenset[str], ...]  # what the class names say: its own, its parent's, ...
    path: tuple[int, ...]


_ROOT = _Level("html", frozenset(), (), ())


def parse(text: str) -> Element:
    """Return the tree of a page. Raises ValueError (lxml's own included) where there is none."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError as error:
        raise ValueError(str(error)) from error


class _Walk:
    """One pass over the tree: collects text until a block-level tag, then closes the block."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._levels = [_ROOT]
        self._parts: list[str] = []
        self._linked = 0
        self._links = 0
        self._count = 0

    def through(self, root: Element) -> None:
        """Walk the tree without recursion, so that no depth is too much."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                self._end(element, element.tag)
            elif element.tag in _UNSEEN:
                walk.skip_subtree()
            else:
                self._start(element, element.tag)

    def _start(self, element: Element, tag: str) -> None:
        if tag in _BLOCKS:
            self.close()
            self._count += 1
            self._levels.append(_level(element, self._levels[-1], self._count))
        elif tag == "br":
            self.close()
        elif tag == "a":
            self._links += 1
        self._add(element.text)

    def _end(self, element: Element, tag: str) -> None:
        if tag in _BLOCKS:
            self.close()
            self._levels.pop()
        elif tag == "a":
            self._links -= 1
        self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self._parts.append(text)
            self._linked += len(text) if self._links else 0

    def close(self) -> None:
        """End the block that is open, if it has any text."""
        if self._parts:
            text = " ".join("".join(self._parts).split())
            if text:
                self.found.append(_block(text, self._levels[-1], self._linked))
            self._parts.clear()
            self._linked = 0


def _block(text: str, level: _Level, linked: int) -> Block:
    near = frozenset().union(*level.named)
    return Block(text, level.tag, min(1.0, linked / len(text)), level.regions | near, level.path)


def _level(element: Element, parent: _Level, number: int) -> _Level:
    tag, look = element.tag, element.attrib
    own = {_REGIONS[tag]} if tag in _REGIONS else set()
    if "hidden" in look or ("style" in look and _HIDDEN_STYLE.search(look["style"])):
        own.add("hidden")
    named = _named(look.get("class", ""), look.get("id", "")) if tag not in _WHOLE else _NONE
    if "near-aside" in named:
        own.add("aside-name")
    regions = parent.regions | own if own else parent.regions
    return _Level(tag, regions, (named, *parent.named[:2]), (number, *parent.path[:5]))


_WHOLE = frozenset({"html", "body"})
_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def _named(classes: str, name: str) -> frozenset[str]:
    """What an element's class and id say of it."""
    names = f"{classes} {name}"[:300]
    aside = {"near-aside"} if _ASIDE_NAMES.search(names) else set()
    article = {"near-article"} if _ARTICLE_NAMES.search(names) else set()
    return frozenset(aside | article)


def blocks(root: Element) -> list[Block]:
    """Return the blocks of a tree, in the order of the page."""
    walk = _Walk()
    walk.through(root)
    walk.close()
    return walk.found
