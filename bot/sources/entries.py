"""What a feed itself says of an article -> Article, without its page. Pure: knows no network."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.core.news import Entry
from bot.sources.feeds_markup import plain_text
from summaries.article import Article
from summaries.clean import clean

FULL_WORDS = 120
"""A text of so many words is an article; fewer are an announcement of one."""
SENTENCE_WORDS = 8
"""Fewer are no sentence that tells anything."""
_TELLER_OF_DAYS = timedelta(hours=36)

_CUT = re.compile(r"(?:\.{3}|…|\[\s*(?:\.{3}|…)\s*\]|[→»>])\W*$")
_MORE = re.compile(
    r"\b(?:read (?:more|the (?:full|rest|whole))|continue reading|keep reading"
    r"|full (?:story|article)|lire (?:la suite|plus)|weiterlesen|mehr lesen|leer más"
    r"|seguir leyendo|leggi tutto|continua a leggere|leia mais|continue lendo|lees (?:meer|verder)"
    r"|läs mer|les mer|læs mere|czytaj (?:dalej|więcej)|číst dál|читать (?:далее|дальше|полностью)"
    r"|читати далі|devamını oku|olvass tovább)\b"
    r"|続きを読む|阅读全文|閱讀全文|더 ?보기|اقرأ المزيد|קרא עוד",
    re.IGNORECASE,
)
_FOOTER = re.compile(r"^The post .{1,300} (?:first )?appeared (?:first )?on .{1,200}\.?$")


def full_text(entry: Entry) -> Article | None:
    """Return the article where the feed gives all of it, or None where it only announces it."""
    article = _article(entry)
    if _words(article.text) < FULL_WORDS or _is_stub(article):
        return None
    return article


def announcement(entry: Entry) -> Article | None:
    """Return what the feed says of an article whose page cannot be read: at least a sentence."""
    article = _article(entry)
    kept = tuple(line for line in article.paragraphs if not _MORE.fullmatch(line.strip(" .…→»>[]")))
    return replace(article, paragraphs=kept) if _words(" ".join(kept)) >= SENTENCE_WORDS else None


def _article(entry: Entry) -> Article:
    markup = max(entry.content, entry.summary, key=len)
    lines = plain_text(markup).split("\n\n")
    text = "\n\n".join(line for line in lines if not _FOOTER.match(line))
    return completed(clean(text, title=entry.title, language=entry.language), entry)


def _is_stub(article: Article) -> bool:
    """Tell whether a text breaks off, or leads on to the rest of it."""
    last = article.paragraphs[-1]
    leads_on = [line for line in (last[-80:], *article.furniture[-3:]) if len(line) <= 80]
    return bool(_CUT.search(last)) or any(_MORE.search(line) for line in leads_on)


def _words(text: str) -> float:
    """Count words; where a script writes none apart, as many as its letters would make."""
    letters = sum(sign.isalpha() and sign > "\u2e7f" for sign in text)
    return len(text.split()) + letters / 2


def completed(article: Article, entry: Entry) -> Article:
    """Add to an article what its feed knows better, or alone: when it came out, who sent it."""
    published, guessed = _published(article, entry.dated)
    return replace(
        article,
        title=article.title or entry.title,
        language=article.language or entry.language[:2].lower(),
        source=article.source or entry.feed.title or _host(entry.link or entry.feed.url),
        url=_address(article.url, entry.link),
        published=published,
        published_guessed=guessed,
        author=article.author or entry.author,
        image=article.image or (entry.image if entry.image.startswith("http") else ""),
        feed=entry.feed.url,
    )


def _published(article: Article, dated: datetime | None) -> tuple[datetime | None, bool]:
    """Choose between what the page and the feed say. A page often knows only the day."""
    told = article.published
    if dated is None:
        return told, article.published_guessed
    only_day = told is not None and (told.hour, told.minute, told.second) == (0, 0, 0)
    if told is None or article.published_guessed:
        return dated, False
    if only_day and abs(dated - told) <= _TELLER_OF_DAYS:
        return dated, False
    return told, False


def _address(named: str, link: str) -> str:
    """Return the address that a page gives itself, but never a mere home page for an article:
    all of a site's articles would be one."""
    if not named or (_is_home(named) and link and not _is_home(link)):
        return link
    return named


def _is_home(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path.strip("/") == "" and not parts.query


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
