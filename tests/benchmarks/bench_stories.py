"""One event told once, on labelled days, and the time of a full day of news: `make bench-stories`.

`--split test` reads the test half too: once, at the end.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

from rich.console import Console
from rich.table import Table

from summaries.article import Article
from summaries.likeness import HEAD
from summaries.places.finder import find_places
from summaries.places.gazetteer import DEFAULT_PACK, Gazetteer
from summaries.sentences import words
from summaries.stories import COPY_SPAN, group
from tests.summaries.story_days import Agreement, Labelled, agreement, days

NEWS = Path(__file__).parents[3] / "shared" / "data" / "summaries" / "fr-train.jsonl"
MANY = 2_000
THRESHOLDS = [step / 100 for step in range(5, 80)]


class PlacesOf:
    """The places an article names, by the gazetteer."""

    def __init__(self) -> None:
        self._gazetteer = Gazetteer.open(DEFAULT_PACK)

    def __call__(self, article: Article) -> Mapping[str, int]:
        text = f"{article.title}\n{article.text[:HEAD]}"
        found = find_places(text, self._gazetteer, article.language)
        return {mention.text: mention.place.id for mention in found}


def joined_by_words(articles: Sequence[Article], threshold: float) -> list[list[Article]]:
    """The baseline: TF-IDF of the words, and one cosine from which two articles are one story."""
    vectors = _tf_idf(articles)
    home = [[article] for article in articles]
    for one, other in combinations(range(len(articles)), 2):
        first, second = articles[one].published, articles[other].published
        near = first is None or second is None or abs(first - second) <= COPY_SPAN
        if (
            near
            and home[one] is not home[other]
            and _cosine(vectors[one], vectors[other]) >= threshold
        ):
            home[one] += home[other]
            for article in home[other]:
                home[articles.index(article)] = home[one]
    return list({id(members): members for members in home}.values())


def _tf_idf(articles: Sequence[Article]) -> list[dict[str, float]]:
    counts = [
        Counter(map(str.lower, words(f"{article.title} {article.text}", article.language)))
        for article in articles
    ]
    spread = Counter(word for count in counts for word in count)
    return [
        {
            word: (1 + math.log(n)) * math.log(len(counts) / spread[word])
            for word, n in count.items()
        }
        for count in counts
    ]


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    lengths = [math.sqrt(sum(w * w for w in vector.values())) for vector in (one, other)]
    return shared / (math.prod(lengths) or 1)


def best_threshold(labelled: Sequence[Labelled]) -> float:
    """The threshold of the baseline with the best pairwise F1."""
    articles = [item.article for item in labelled]
    return max(THRESHOLDS, key=lambda t: agreement(labelled, joined_by_words(articles, t)).f1)


def quality(halves: Mapping[str, Sequence[Labelled]]) -> Table:
    """Pairwise agreement with the labels, ours and the baseline's."""
    table = Table("half", "method", "F1", "precision", "recall", "pairs", "wrong across days")
    places = PlacesOf()
    threshold = best_threshold(halves["dev"])
    for half, labelled in halves.items():
        articles = [item.article for item in labelled]
        ours = [cluster.articles for cluster in group(articles, places)]
        bare = [cluster.articles for cluster in group(articles)]
        _add(table, half, "stories", agreement(labelled, ours))
        _add(table, half, "stories, no gazetteer", agreement(labelled, bare))
        _add(
            table,
            half,
            f"TF-IDF, cosine >= {threshold:.2f}",
            agreement(labelled, joined_by_words(articles, threshold)),
        )
    return table


def _add(table: Table, half: str, method: str, score: Agreement) -> None:
    numbers = (f"{value:.3f}" for value in (score.f1, score.precision, score.recall))
    table.add_row(half, method, *numbers, str(score.gold), str(score.across_days))


def many() -> list[Article]:
    """Real news, spread over two days and fifty sources."""
    chance = random.Random(1)  # noqa: S311  repeatable, no secret
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with NEWS.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(MANY), strict=False)]
    return [
        Article(
            row["title"].strip(),
            tuple(row["text"].split("\n")),
            "fr",
            source=f"Source {number % 50}",
            url=f"https://source.example/{number}",
            published=start + timedelta(minutes=chance.randrange(2 * 24 * 60)),
        )
        for number, row in enumerate(rows)
    ]


def cost(articles: Sequence[Article]) -> Table:
    """CPU seconds and memory of one grouping."""
    table = Table("articles", "CPU seconds", "peak MB", "stories")
    start = time.process_time()
    clusters = group(articles)
    seconds = time.process_time() - start
    tracemalloc.start()
    group(articles)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    table.add_row(str(len(articles)), f"{seconds:.2f}", f"{peak:.0f}", str(len(clusters)))
    return table


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="bench_stories", description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    names = dict.fromkeys(("dev", parser.parse_args(arguments).split))
    console = Console()
    console.print(quality({name: days(name) for name in names}))
    if NEWS.exists():
        console.print(cost(many()))
    else:
        console.print(f"skipped: the evaluation data is not at {NEWS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
