"""Which stories a briefing tells, in what order, and why. Pure: the time is an argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.core.news import Since, Why
from summaries.article import Article
from summaries.stories import Cluster

_CARRIED, _FRESH, _TOPIC = 1.0, 1.5, 0.3  # what each reason weighs
_SAME_PLACE, _SAME_SOURCE = 0.4, 0.3  # what each earlier story like it takes away
_FADES = timedelta(hours=18)
_SHARED = {"feedburner.com", "blogspot.com", "wordpress.com", "substack.com", "medium.com"}

Subjects = Callable[[Article], Collection[int]]
"""The places that an article is about, by the gazetteer's numbers."""


_PLAIN = Why()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A story to tell: its articles, the one to read first in front, and why it is told.

    `told` are those of its articles that this chat was told of on an earlier day.
    """

    articles: tuple[Article, ...]
    told: tuple[Article, ...] = ()
    why: Why = _PLAIN


def choose_stories(
    clusters: Sequence[Cluster],
    count: int,
    now: datetime,
    *,
    told: Collection[str] = (),
    topics: Mapping[str, str] | None = None,
    subjects: Subjects = lambda article: (),
) -> tuple[tuple[Chosen, ...], int]:
    """Return the stories to tell, best first, and how many more there are.

    A story counts the more independent feeds carry it, the fresher it is, and if the chat filed
    its feed under a topic; each one like it that is already chosen (same place, same source)
    counts against it. Stories that were told on an earlier day and brought nothing since (`told`
    holds addresses) come only when there are no others.
    """
    ranked = [_ranked(cluster, now, told, topics or {}) for cluster in clusters]
    fresh = [one for one in ranked if not one.is_old]
    picked = _varied(fresh or ranked, count, subjects)
    return tuple(one.chosen for one in picked), max(0, len(fresh or ranked) - len(picked))


@dataclass(frozen=True, slots=True)
class _Ranked:
    chosen: Chosen
    worth: float
    is_old: bool


def _ranked(
    cluster: Cluster, now: datetime, told: Collection[str], topics: Mapping[str, str]
) -> _Ranked:
    articles = tuple(sorted(cluster.articles, key=lambda one: one.url in told))  # what is new leads
    known = tuple(one for one in articles if one.url in told)
    carriers = len({owner(one) for one in articles})
    newest = max((one.published for one in articles if one.published), default=None)
    age = max(timedelta(), now - newest) if newest else _FADES
    topic = next((name for one in articles if (name := topics.get(one.feed, ""))), "")
    worth = _CARRIED * math.log2(carriers) + _FRESH * math.exp(-age / _FADES) + _TOPIC * bool(topic)
    new = len(articles) - len(known)
    since = _since(new, len(known)) if told else Since.FIRST
    why = Why(carriers, age if newest else None, topic, since, new)
    return _Ranked(Chosen(articles, known, why), worth, is_old=not new)


def _since(new: int, known: int) -> Since:
    if not known:
        return Since.NEW
    return Since.GOES_ON if new else Since.TOLD


def owner(article: Article) -> str:
    """Return who publishes an article: feeds of one house carry a story once.

    The host of its page without what stands before the name: "rss.example.org" is "example.org".
    """
    host = urlsplit(article.url or article.feed).hostname or article.source
    parts = host.split(".")
    short = len(parts) > 2 and len(parts[-2]) <= 3 and len(parts[-1]) == 2  # example.co.uk
    kept = ".".join(parts[-3 if short else -2 :])
    return host if kept in _SHARED else kept


def _varied(ranked: Sequence[_Ranked], count: int, subjects: Subjects) -> list[_Ranked]:
    """Pick one after another, each the best next to those picked already."""
    left = sorted(ranked, key=lambda one: -one.worth)
    places = {id(one): frozenset(subjects(one.chosen.articles[0])) for one in left[: count * 6]}
    picked: list[_Ranked] = []

    def worth(one: _Ranked) -> float:
        lead = one.chosen.articles[0]
        near = sum(bool(places.get(id(one), frozenset()) & places[id(o)]) for o in picked)
        same = sum(owner(lead) == owner(o.chosen.articles[0]) for o in picked)
        return one.worth - _SAME_PLACE * near - _SAME_SOURCE * same

    pool = left[: count * 6]
    while pool and len(picked) < count:
        best = max(pool, key=worth)  # the first of equals: by worth alone, then as they came
        pool.remove(best)
        picked.append(best)
    return picked
