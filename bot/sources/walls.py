"""Tells a page that hides its article, or has none, from an article. Knows no network.

Consent walls, challenges, paywall stubs, logins, error pages served as 200, empty shells for
scripts, index pages: each is said in words and never summarised. The phrases are in walls.toml.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from bot.core.words import N_
from bot.sources.pages_blocks import Block
from bot.sources.pages_prose import is_prose

Element = Any  # lxml ships no types

_STUB_WORDS = 250
"""An article of more words is no stub, whatever stands around it."""
_NOTICE_WORDS = 120
"""Pages that only say why there is no article say it in fewer words."""
_CONSENT_WORDS = 1_500
_CONSENT_HOSTS = frozenset({"consent", "guce", "privacy-mgmt"})
_SHELL_WORDS = 30
_HEADLINES = 12
"""So many linked headlines make an index, if the prose between them is little."""

WORDS = {
    "challenge": N_("Couldn't read this page: it asks for proof that a person is reading."),
    "consent": N_("Couldn't read this page: it asks for consent."),
    "paywall": N_(
        "Couldn't read this page: it is for subscribers, and only its first lines are open."
    ),
    "login": N_("Couldn't read this page: it asks for a login."),
    "error": N_("Couldn't read this page: it is an error page."),
    "script": N_("Couldn't read this page: its text only appears in a browser that runs scripts."),
    "index": N_("Couldn't read this page: it is a list of articles, not an article."),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reader saw of a page: its tree, source, blocks, and what it took for the article.

    `declared` says that the page calls itself an article (schema.org or OpenGraph).
    """

    root: Element
    source: str
    url: str
    blocks: Sequence[Block]
    text: str
    declared: bool = False


def wall(seen: Seen) -> str:
    """Return why there is no article to read, as a marked message, or ""."""
    words = _count(seen.text)
    looks = (
        ("challenge", words < _NOTICE_WORDS and _is_challenge(seen)),
        ("consent", _is_consent(seen, words)),
        ("error", words < _NOTICE_WORDS and _is_titled(seen, "error")),
        ("login", words < _NOTICE_WORDS and _is_login(seen)),
        ("paywall", words < _STUB_WORDS and _is_paywall(seen)),
        ("script", words < _SHELL_WORDS and _is_shell(seen)),
        ("index", _is_index(seen, words)),
    )
    return next((WORDS[kind] for kind, found in looks if found), "")


@cache
def _table() -> dict[str, list[str]]:
    return tomllib.loads(files("bot.sources").joinpath("walls.toml").read_text(encoding="utf-8"))


def _phrases(kind: str) -> Sequence[str]:
    return _table()[kind]


def _folded(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def _count(text: str) -> int:
    """Words; in scripts without spaces, two letters make one."""
    wide = sum("\u2e80" <= letter <= "\uffef" for letter in text[:20_000])
    return len(text.split()) + wide // 2


def _has(text: str, kind: str) -> bool:
    return any(phrase in text for phrase in _phrases(kind))


def _titles(seen: Seen) -> Iterable[str]:
    """The page's title and its headings."""
    for kind in ("title", "h1", "h2"):
        for tag in list(seen.root.iter(kind))[:3]:
            yield _folded(tag.text_content()[:300])


def _is_titled(seen: Seen, kind: str) -> bool:
    """Whether a short title or heading is one of such pages."""
    return any(len(title) < 90 and _has(title, kind) for title in _titles(seen))


def _is_challenge(seen: Seen) -> bool:
    source = seen.source[:300_000].lower()
    return _is_titled(seen, "challenge") or (
        _has(source, "challenge_marks") and _visible_words(seen) < 3 * _NOTICE_WORDS
    )


def _visible_words(seen: Seen) -> int:
    return sum(block.words for block in seen.blocks)


def _is_consent(seen: Seen, words: int) -> bool:
    """Whether most of what was taken for the article speaks of consent."""
    if (urlsplit(seen.url).hostname or "").split(".")[0] in _CONSENT_HOSTS:
        return True
    if seen.declared or words > _CONSENT_WORDS:
        return False
    lines = [_folded(line) for line in seen.text.split("\n")]
    about = [line for line in lines if _has(line, "consent")]
    several = sum(phrase in line for line in about for phrase in _phrases("consent")) >= 3
    return several and sum(map(_count, about)) > 0.6 * words


def _is_login(seen: Seen) -> bool:
    password = seen.root.find(".//input[@type='password']") is not None
    return _is_titled(seen, "login") and (password or _visible_words(seen) < _NOTICE_WORDS)


def _is_paywall(seen: Seen) -> bool:
    """Whether the open lines end at an offer to subscribe."""
    return any(_has(_folded(block.text[:400]), "paywall") for block in seen.blocks) or (
        _says_not_free(seen.source) and _count(seen.text) < _NOTICE_WORDS
    )


def _says_not_free(source: str) -> bool:
    """schema.org's isAccessibleForFree, as Google asks of paywalled pages."""
    _, found, after = source.partition('"isAccessibleForFree"')
    return bool(found) and after[:12].lstrip(' :"').lower().startswith("false")


def _is_shell(seen: Seen) -> bool:
    asks = any(
        _has(_folded(tag.text_content()[:500]), "script") for tag in seen.root.iter("noscript")
    )
    asks = asks or any(_has(_folded(block.text[:300]), "script") for block in seen.blocks)
    scripts = sum(1 for _ in seen.root.iter("script"))
    return asks or (scripts > 0 and _visible_words(seen) < _SHELL_WORDS)


def _is_index(seen: Seen, words: int) -> bool:
    """Whether linked headlines outweigh the prose, and no place holds an article's worth of it."""
    if seen.declared or _most_prose_in_one_place(seen.blocks) > _NOTICE_WORDS:
        return False
    headlines = [_count(b.text) for b in seen.blocks if _is_headline(b)]
    headlines = [count for count in headlines if 4 <= count <= 30]
    home = urlsplit(seen.url).path in {"", "/"} and bool(seen.url)
    return len(headlines) >= _HEADLINES and sum(headlines) > words * (0.4 if home else 0.8)


def _is_headline(block: Block) -> bool:
    return block.linked > 0.8 and not block.regions & {"nav", "footer"}


def _most_prose_in_one_place(blocks: Sequence[Block]) -> int:
    """The most words of prose that are children of one element: teasers stand in cards."""
    words: Counter[int] = Counter()
    for block in blocks:
        if is_prose(block):
            for place in block.path[:2]:
                words[place] += _count(block.text)
    return max(words.values(), default=0)
