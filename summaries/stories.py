"""Which articles tell one event. Knows articles and times, no feeds and no chats.

Close articles are joined pair by pair, the closest first, while the two groups are alike as a
whole (average linkage), were published close together and hold no two issues of one series.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from summaries.article import Article
from summaries.duplicates import near_duplicates, resemblance
from summaries.likeness import Likeness, Places, fold, likenesses, no_places

SPAN = timedelta(hours=20)
"""The most time between the first and the last article of a story ..."""
COPY_SPAN = timedelta(hours=48)
"""... unless they are copies."""
_ISSUES = timedelta(hours=6)  # the same title again after this long is the next issue of a series
_SERIES = 0.5  # of the words of two titles
_ALIKE, _ALIKE_ABROAD = 0.3, 0.11  # likeness from which two articles tell one event
_PARTICULARS = 3  # names, numbers and places that reports in two languages must share
_UNSURE = 0.5  # the most that reports in two languages are bound by that share fewer
_FADE = 0.03  # how much of the likeness each hour between two articles takes
_UNDATED = timedelta(hours=12)  # what may lie between articles one of which has no date
_COPY = 3.0  # the bond of copies
_WEAKEST = 0.1  # bonds below are forgotten
_TOGETHER = 0.6  # of what two articles need, two groups need on average


@dataclass(frozen=True, slots=True)
class Cluster:
    """The articles that tell one event, the one to read first in front. Never empty."""

    articles: tuple[Article, ...]

    @property
    def lead(self) -> Article:
        """The article that tells it best."""
        return self.articles[0]

    @property
    def also(self) -> tuple[Article, ...]:
        """The other articles, best first."""
        return self.articles[1:]


Bonds = Mapping[tuple[int, int], float]
"""(i, j), i < j -> how much alike two articles are, where 1 is what one event needs."""


def group(
    articles: Sequence[Article], places: Places = no_places, *, language: str = ""
) -> tuple[Cluster, ...]:
    """Return the stories that the articles tell, newest first; every article is in exactly one.

    `places` gives the places that an article names (see `likeness.Places`); it is asked once an
    article. `language` is the reader's (ISO 639-1): an article in it leads. The order of
    `articles` changes nothing, and an article given twice counts once.
    """
    ordered = sorted(set(articles), key=_key)
    bonds = _bonds(ordered, places)
    groups = _joined(ordered, bonds)
    clusters = [_cluster(ordered, members, bonds, language) for members in groups]
    return tuple(sorted(clusters, key=_newest_first))


def _joined(articles: Sequence[Article], bonds: Bonds) -> list[list[int]]:
    """The places of the articles, those of one story together."""
    home = [[place] for place in range(len(articles))]
    for one, other in sorted(bonds, key=lambda pair: (-bonds[pair], pair)):
        left, right = home[one], home[other]
        if bonds[one, other] < 1:
            break
        if left is not right and _belong(left, right, articles, bonds):
            left += right
            for place in right:
                home[place] = left
    return list({id(members): members for members in home}.values())


def _belong(
    left: Sequence[int], right: Sequence[int], articles: Sequence[Article], bonds: Bonds
) -> bool:
    """Whether two groups may become one."""
    pairs = [(min(pair), max(pair)) for pair in product(left, right)]
    if any(_forbidden(articles[i], articles[j], bonds.get((i, j), 0.0)) for i, j in pairs):
        return False
    # A bond counts as 1 at most: a roundup close to two stories must not tie them together.
    return sum(min(1.0, bonds.get(pair, 0.0)) for pair in pairs) >= _TOGETHER * len(pairs)


def _bonds(articles: Sequence[Article], places: Places) -> dict[tuple[int, int], float]:
    bonds = {
        (found.one, found.other): bond
        for found in likenesses(articles, places)
        if (bond := _bond(articles[found.one], articles[found.other], found)) >= _WEAKEST
    }
    copies = near_duplicates([article.text for article in articles])
    return bonds | dict.fromkeys(copies, _COPY)


def _bond(one: Article, other: Article, found: Likeness) -> float:
    """Likeness in parts of what one event needs; it fades with the time between the two."""
    abroad = one.language != other.language
    hours = _gap(one, other) / timedelta(hours=1)
    bond = found.value / (_ALIKE_ABROAD if abroad else _ALIKE) * math.exp(-_FADE * hours)
    return min(bond, _UNSURE) if abroad and found.particulars < _PARTICULARS else bond


def _forbidden(one: Article, other: Article, bond: float) -> bool:
    """Whether two articles can never tell one event."""
    gap = _gap(one, other)
    if gap > (COPY_SPAN if bond >= _COPY else SPAN):
        return True
    return gap >= _ISSUES and _same_series(one, other, bond)


def _same_series(one: Article, other: Article, bond: float) -> bool:
    """Whether two articles are issues of one series: "le point sur ...", a morning briefing.

    One source gives its issues titles that are alike, if not the same ("Monday briefing").
    """
    titles = [frozenset(fold(article.title).split()) for article in (one, other)]
    if one.source == other.source:
        return resemblance(*titles) >= _SERIES
    return bond < _COPY and titles[0] == titles[1]


def _gap(one: Article, other: Article) -> timedelta:
    if one.published is None or other.published is None:
        return _UNDATED
    return abs(one.published - other.published)


def _cluster(
    articles: Sequence[Article], members: Sequence[int], bonds: Bonds, language: str
) -> Cluster:
    """The members with the one to read first in front: own language, not cut short, central."""
    longest = max(len(articles[place].text) for place in members)

    def rank(place: int) -> tuple[bool, bool, float, int, int]:
        article = articles[place]
        bound = sum(bonds.get((min(place, m), max(place, m)), 0.0) for m in members)
        return (
            bool(language) and article.language != language,
            len(article.text) < longest / 2,
            -round(bound, 6),
            -len(article.text),
            place,
        )

    return Cluster(tuple(articles[place] for place in sorted(members, key=rank)))


def _newest_first(cluster: Cluster) -> tuple[float, str, str]:
    moments = [article.published.timestamp() for article in cluster.articles if article.published]
    return (-max(moments, default=-math.inf), cluster.lead.title, cluster.lead.url)


def _key(article: Article) -> tuple[bool, float, str, str, str, str]:
    """An order of articles that does not depend on how they were given."""
    moment = article.published.timestamp() if article.published else 0.0
    return (
        article.published is None,
        moment,
        article.url,
        article.title,
        article.text,
        article.source,
    )
