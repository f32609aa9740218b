"""The sample articles in `seeds/`: what a chat is briefed on at first. Knows no network."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.errors import DatelineError, SourceError
from bot.core.news import Reading
from bot.sources.articles import article_from_file
from summaries.article import Article

_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})-")


class Seeds:
    """Reads the folder once; a file that cannot be read costs only itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reading: Reading | None = None

    def articles(self) -> Reading:
        """Return the sample articles, newest first, and in words what could not be read."""
        if self._reading is None:
            self._reading = self._read()
        return self._reading

    def _read(self) -> Reading:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix == ".txt")
        except OSError as error:
            return Reading((), (_no_folder(self._folder, error),), samples=True)
        articles, failures = [], []
        for path in paths:
            try:
                articles.append(read_seed(path))
            except DatelineError as error:
                failures.append(f"{path.name} was left out: {error}")
        articles.sort(key=_published, reverse=True)
        return Reading(tuple(articles), tuple(failures), samples=True)


def _no_folder(folder: Path, error: OSError) -> str:
    missing = isinstance(error, FileNotFoundError)
    why = "There is no folder" if missing else f"{error.strerror}:"
    return f"{why} {folder}. Set DATELINE_SEEDS_DIR to the folder of the sample articles."


def _published(article: Article) -> datetime:
    return article.published or datetime.min.replace(tzinfo=UTC)


def read_seed(path: Path) -> Article:
    """Read one sample; a date at the start of its file name is its publication date."""
    article = article_from_file(str(path))
    if not article.paragraphs:
        raise SourceError("there is no article text in it.")
    return replace(article, source="Sample article", published=_day(path.name))


def _day(name: str) -> datetime | None:
    dated = _DATED.match(name)
    try:
        return datetime.fromisoformat(dated[1]).replace(tzinfo=UTC) if dated else None
    except ValueError:  # the 45th of the 13th month
        return None
