"""The sample articles in `seeds/`: what a chat is briefed on before it follows anything."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.errors import DatelineError
from bot.core.news import Reading
from bot.sources.articles import article_from_file
from summaries.article import Article

log = logging.getLogger(__name__)

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
        if not self._folder.is_dir():
            return Reading(
                (),
                (f"There is no folder {self._folder} of samples: set DATELINE_SEEDS_DIR.",),
                samples=True,
            )
        articles, failures = [], []
        for path in sorted(self._folder.glob("*.txt")):
            try:
                articles.append(read_seed(path))
            except DatelineError as error:
                failures.append(f"{path.name} was left out: {error}")
        oldest = datetime.min.replace(tzinfo=UTC)
        articles.sort(key=lambda article: article.published or oldest, reverse=True)
        return Reading(tuple(articles), tuple(failures), samples=True)


def read_seed(path: Path) -> Article:
    """Read one sample; a date at the start of its file name is its publication date."""
    article = article_from_file(str(path))
    dated = _DATED.match(path.name)
    published = datetime.fromisoformat(dated[1]).replace(tzinfo=UTC) if dated else None
    return replace(article, source="Sample article", published=published)
