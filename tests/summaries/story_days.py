"""The labelled days of `data/stories`, and how a grouping agrees with them. Knows no method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

from summaries.article import Article

FILES = Path(__file__).parent / "data" / "stories"
Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and the event it tells."""

    label: str
    article: Article


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of articles put together: rightly, in all, and by hand.

    `across_days` are the wrong pairs whose articles came out on different days.
    """

    right: int
    found: int
    gold: int
    across_days: int

    @property
    def precision(self) -> float:
        """The share of found pairs that are right."""
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        """The share of the pairs made by hand that were found."""
        return self.right / max(1, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.found + self.gold)


def days(half: str) -> list[Labelled]:
    """Read one half, "dev" or "test", in the order of the file."""
    found: list[Labelled] = []
    day = ""
    for block in (FILES / f"{half}.txt").read_text(encoding="utf-8").split("\n-- "):
        head, *rest = block.splitlines()
        if found or day:
            found.append(_labelled(head, rest, day, len(found)))
        day = next((line[3:] for line in block.splitlines() if line.startswith("== ")), day)
    return found


def _labelled(head: str, rest: Sequence[str], day: str, number: int) -> Labelled:
    label, language, source, hour = (part.strip() for part in head.split("|"))
    url = f"https://{source.lower().replace(' ', '-')}.example/{number}"
    published = datetime.fromisoformat(f"{day}T{hour}+00:00")
    article = Article(rest[0], (rest[1],), language, source=source, url=url, published=published)
    return Labelled(label, article)


def agreement(labelled: Sequence[Labelled], groups: Iterable[Iterable[Article]]) -> Agreement:
    """Compare a grouping of the articles with the labels, pair by pair."""
    by_label: defaultdict[str, list[Article]] = defaultdict(list)
    for item in labelled:
        by_label[item.label].append(item.article)
    found, gold = pairs(groups), pairs(by_label.values())
    day = {
        item.article.url: item.article.published.date()
        for item in labelled
        if item.article.published
    }
    wrong = [pair for pair in found - gold if len({day[url] for url in pair}) > 1]
    return Agreement(len(found & gold), len(found), len(gold), len(wrong))


def pairs(groups: Iterable[Iterable[Article]]) -> set[Pair]:
    """Every two articles of one group, as their addresses."""
    return {frozenset(pair) for group in groups for pair in combinations([a.url for a in group], 2)}
