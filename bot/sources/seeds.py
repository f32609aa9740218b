"""The sample articles in `seeds/`: what a chat is briefed on at first. Knows no network."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.errors import DatelineError, SourceError
from bot.core.news import SAMPLE, Reading
from bot.core.said import Said, said, said_by
from bot.core.words import N_
from bot.sources.articles import article_from_file
from summaries.article import Article

_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})-")


class Seeds:
    """Reads the folder once; a file that cannot be read costs only itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: tuple[tuple[Article, ...], tuple[Said, ...]] | None = None

    def articles(self) -> Reading:
        """Return the sample articles, newest first, and in words what could not be read."""
        if self._known is None:
            self._known = self._read()
        articles, failures = self._known
        return Reading(articles, tuple(map(str, failures)), samples=True)

    def _read(self) -> tuple[tuple[Article, ...], tuple[Said, ...]]:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix == ".txt")
        except OSError as error:
            return (), (_no_folder(self._folder, error),)
        articles, failures = [], []
        for path in paths:
            try:
                articles.append(read_seed(path))
            except DatelineError as error:
                failures.append(_left_out(path.name, error))
        articles.sort(key=_published, reverse=True)
        return tuple(articles), tuple(failures)


def _left_out(name: str, error: DatelineError) -> Said:
    return said(N_("{name} was left out: {reason}"), name=name, reason=said_by(error))


def _no_folder(folder: Path, error: OSError) -> Said:
    if isinstance(error, FileNotFoundError):
        words = N_("There is no folder {folder}. Set {setting} to that of the sample articles.")
    else:
        words = N_("{folder} cannot be read: {why}. Set {setting} to that of the sample articles.")
    values = {"folder": str(folder), "why": str(error.strerror), "setting": "DATELINE_SEEDS_DIR"}
    return Said(words, values)


def _published(article: Article) -> datetime:
    return article.published or datetime.min.replace(tzinfo=UTC)


def read_seed(path: Path) -> Article:
    """Read one sample; a date at the start of its file name is its publication date."""
    article = article_from_file(str(path))
    if not article.paragraphs:
        raise SourceError(said(N_("There is no article text in it.")))
    return replace(article, source=SAMPLE, published=_day(path.name))


def _day(name: str) -> datetime | None:
    dated = _DATED.match(name)
    try:
        return datetime.fromisoformat(dated[1]).replace(tzinfo=UTC) if dated else None
    except ValueError:  # the 45th of the 13th month
        return None
