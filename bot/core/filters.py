"""Filters by plain words: what a chat typed -> WordFilter, and which articles pass. Pure.

Knows no regular expression of anybody's: words are compared as words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import regex  # type: ignore[import-untyped] # it ships no types

from bot.core.archive import Follow, WordFilter
from bot.core.errors import RequestError
from bot.core.words import N_, _, strung
from summaries.article import Article

MAX_WORDS = 100
"""The most words on each side of one filter."""
MAX_WORD = 60
"""The most characters of one word or phrase."""
MAX_TOPIC = 60
"""The most characters of a topic's name."""
MUTED: Final = ":sources"
"""The filter whose unwanted words are sources. Nobody can type its name: a colon ends a topic."""
MAX_SOURCE = 200
"""The most characters of a source's name."""
WITHIN = " / "
"""Stands between the folders that a topic is made of: "News / Africa"."""

_HOW = N_("Type /filter only climate, energy or /filter without football; /filter off ends it.")
_WORD = regex.compile(r"\w+")
_MARKS = regex.compile(r"\p{Mn}+")
# Scripts that put no space between words: there a word is looked for anywhere.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def passes(
    article: Article, filters: Sequence[WordFilter], topic: str = "", feed_title: str = ""
) -> bool:
    """Tell whether a chat wants an article of a topic: every filter that applies lets it through.

    A filter with the topic "" applies to all; any other to its topic and to the topics within it.
    An article of a muted source never passes. Case and accents do not count.
    """
    if _is_muted(article, muted(filters), feed_title):
        return False
    applying = [one for one in filters if not one.topic or is_within(topic, one.topic)]
    if not applying:
        return True
    text = _as_words(f"{article.title} {article.text}")
    return all(_lets_through(one, text) for one in applying)


def muted(filters: Iterable[WordFilter]) -> tuple[str, ...]:
    """Return the sources that a chat wants to hear nothing from."""
    return next((one.unwanted for one in filters if one.topic == MUTED), ())


def of_words(filters: Iterable[WordFilter]) -> tuple[WordFilter, ...]:
    """Return the filters by words: all but that of the muted sources."""
    return tuple(one for one in filters if one.topic != MUTED)


def _is_muted(article: Article, sources: Sequence[str], feed_title: str) -> bool:
    """A source goes by what its page or feed calls it, or by its host."""
    if not sources:
        return False
    names = {fold(article.source), fold(feed_title), _host(article.url), _host(article.feed)}
    return any(fold(source) in names for source in sources)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def parse_source(text: str) -> str:
    """Return the source that a name or a link means. Raises RequestError for a too long one."""
    name = " ".join(text.split())
    if len(name) > MAX_SOURCE:
        raise RequestError(
            _("The name of a source has at most {count} characters.").format(count=MAX_SOURCE),
            _("Type it as a briefing shows it."),
        )
    return (_host(name) if "://" in name else "") or name


def _lets_through(words: WordFilter, text: str) -> bool:
    if any(_has(text, word) for word in words.unwanted):
        return False
    return not words.wanted or any(_has(text, word) for word in words.wanted)


def _has(text: str, word: str) -> bool:
    sought = _sought(word)
    return bool(sought.strip()) and sought in text


@lru_cache(maxsize=10_000)
def _sought(word: str) -> str:
    """Return what to look for in a text of words: one with spaces around it, in most scripts."""
    plain = _as_words(word)
    return plain.strip() if _UNSPACED.search(plain) else plain


def _as_words(text: str) -> str:
    """Return the words of a text, folded, with one space before, between and after them."""
    return f" {' '.join(_WORD.findall(fold(text)))} "


def fold(text: str) -> str:
    """Return a text without case and accents, to compare it by."""
    if text.isascii():
        return text.lower()
    bare: str = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return bare.casefold()


def is_within(topic: str, outer: str) -> bool:
    """Tell whether a topic is another one, or a folder in it."""
    inside, around = fold(topic), fold(outer)
    return inside == around or inside.startswith(around + WITHIN)


def follows_of_topic(follows: Iterable[Follow], name: str) -> tuple[Follow, ...]:
    """Return what is followed under a topic: by its whole name, else by its last folder's."""
    everything = tuple(follows)
    found = tuple(one for one in everything if one.topic and is_within(one.topic, name))
    return found or tuple(
        one for one in everything if one.topic and fold(one.topic).endswith(fold(WITHIN + name))
    )


def parse_topic(text: str) -> str:
    """Return the name of a topic as one line. Raises RequestError for one that is too long."""
    name = " ".join(text.split())
    if len(name) > MAX_TOPIC:
        raise RequestError(
            _("A topic's name has at most {count} characters.").format(count=MAX_TOPIC),
            _("Choose a shorter one."),
        )
    return name


def parse_filter(text: str, kept: Sequence[WordFilter]) -> WordFilter:
    """Return a chat's new filter of one topic: what was typed, put into the one it has.

    "only climate, energy", "without football", both in one, or "off", each after "TOPIC:" or not.
    "only" replaces what was wanted, "without" what was unwanted. Raises RequestError.
    """
    topic, words = _split_topic(text)
    old = next((one for one in kept if fold(one.topic) == fold(topic)), WordFilter(topic))
    if words.lower() == "off":
        return WordFilter(old.topic)
    parts = _parts(words)
    if not parts:
        raise RequestError(_("“{text}” is not a filter.").format(text=words[:60]), _(_HOW))
    if "only" in parts:
        old = replace(old, wanted=_words(parts["only"]))
    if "without" in parts:
        old = replace(old, unwanted=_words(parts["without"]))
    return old


def _split_topic(text: str) -> tuple[str, str]:
    topic, colon, words = text.partition(":")
    if not colon or _parts(topic):  # the colon stands in one of the words
        return "", " ".join(text.split())
    return parse_topic(topic), " ".join(words.split())


def _parts(text: str) -> dict[str, str]:
    """Return what stands after each "only" and "without"."""
    parts: dict[str, list[str]] = {}
    at = ""
    for word in text.split():
        if word.lower() in {"only", "without"}:
            at = word.lower()
            parts.setdefault(at, [])
        elif at:
            parts[at].append(word)
        else:
            return {}
    return {name: " ".join(words) for name, words in parts.items()}


def _words(text: str) -> tuple[str, ...]:
    """Return the words between commas, each once. Raises RequestError."""
    named = [" ".join(word.split()) for word in regex.split("[,;،、，]", text)]
    words: dict[str, str] = {}
    for word in filter(None, named):
        words.setdefault(fold(word), word)
    found = tuple(words.values())
    if not found:
        raise RequestError(_("There are no words after it."), _(_HOW))
    if len(found) > MAX_WORDS:
        raise RequestError(
            _("A filter takes at most {count} words.").format(count=MAX_WORDS),
            _("Leave some out."),
        )
    for word in found:
        _check(word)
    return found


def _check(word: str) -> None:
    if len(word) > MAX_WORD:
        raise RequestError(
            _("“{word}” is too long: a word has at most {count} characters.").format(
                word=f"{word[:30]}…", count=MAX_WORD
            ),
            _("Put commas between the words."),
        )
    if not _as_words(word).strip():
        raise RequestError(
            _("“{word}” is no word, so nothing could have it.").format(word=word), _(_HOW)
        )


def describe_filter(words: WordFilter) -> str:
    """Say a filter in words: "only climate, energy; without football"."""
    wanted, unwanted = strung(words.wanted), strung(words.unwanted)
    if wanted and unwanted:
        both = _("only {wanted}; without {unwanted}")
        return both.format(wanted=wanted, unwanted=unwanted)
    if wanted:
        return _("only {wanted}").format(wanted=wanted)
    return _("without {unwanted}").format(unwanted=unwanted) if unwanted else _("everything")
