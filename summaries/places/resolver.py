"""Chooses which place each name in one text means. Knows names and places, not whether it is one.

Each candidate scores its standing (how well known), what kind of name it is, and how it fits the
rest of the text: the countries and regions named, the places near it, what the feed writes about.
Names are resolved together, one sense for each name, in two rounds: in the second, each name is
weighed against what the others were taken for in the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from summaries.places.index import Index
from summaries.places.lookup import RANK_COST
from summaries.places.nesting import contains, distance_km
from summaries.places.place import Place
from summaries.places.prior import FeedPrior


@dataclass(frozen=True, slots=True)
class Name:
    """One name of the text: its candidates (place, rank of the name), and where it stands.

    `around` holds the keys of the names that follow it after a comma or in brackets.
    """

    key: str
    candidates: tuple[tuple[Place, int], ...]
    around: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The place chosen for a name; `margin` is its lead over the next, in powers of ten."""

    place: Place
    score: float
    margin: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence is worth, in powers of ten of standing. Tuned on dev documents."""

    standing: float = 1.0
    within: float = 6.0
    country: float = 1.2
    region: float = 1.2
    near: float = 1.2
    feed_country: float = 1.0
    feed_region: float = 2.0
    feed_place: float = 2.0


NEAR_KM = 150.0
ROUNDS = 3


def resolve(
    names: Sequence[Name], prior: FeedPrior | None, weights: Weights | None = None
) -> dict[str, Choice]:
    """Return for each key the place it means here."""
    worth = weights or Weights()
    chosen: dict[str, Choice] = {}
    for _ in range(ROUNDS):
        chosen = {name.key: _choose(name, chosen, prior, worth) for name in names}
    return chosen


def _choose(
    name: Name, others: Mapping[str, Choice], prior: FeedPrior | None, worth: Weights
) -> Choice:
    scored = sorted(
        (
            (_score(place, rank, name, others, prior, worth), -place.id, place)
            for place, rank in name.candidates
        ),
        key=lambda row: row[:2],
        reverse=True,
    )
    best, _, place = scored[0]
    rest = [score for score, _, other in scored[1:] if distance_km(place, other) > 50]
    return Choice(place, best, best - rest[0] if rest else 9.0)


def _score(
    place: Place,
    rank: int,
    name: Name,
    others: Mapping[str, Choice],
    prior: FeedPrior | None,
    worth: Weights,
) -> float:
    score = worth.standing * (place.standing - RANK_COST[rank])
    score += _within(place, name, others, worth)
    rest = [choice.place for key, choice in others.items() if key != name.key]
    score += _company(place, rest, worth)
    return score + _habit(place, prior, worth)


def _within(place: Place, name: Name, others: Mapping[str, Choice], worth: Weights) -> float:
    around = (others[key].place for key in name.around if key in others)
    return worth.within if any(_inside(outer, place) for outer in around) else 0.0


def _inside(outer: Place, place: Place) -> bool:
    return outer.id != place.id and contains(outer, place)


def _company(place: Place, rest: Sequence[Place], worth: Weights) -> float:
    """Return what the other places of the text say for this one."""
    country = sum(1 for other in rest if other.country and other.country == place.country)
    region = sum(1 for other in rest if other.region and _region(other) == _region(place))
    near = sum(math.exp(-distance_km(place, other) / NEAR_KM) for other in rest if other.level > 1)
    return (
        worth.country * math.log10(1 + country)
        + worth.region * math.log10(1 + region)
        + worth.near * math.log10(1 + near)
    )


def _region(place: Place) -> tuple[str, str]:
    return (place.country, place.region)


def _habit(place: Place, prior: FeedPrior | None, worth: Weights) -> float:
    """Return what the feed's earlier articles say for this place."""
    if prior is None or not place.country:
        return 0.0
    return (
        worth.feed_country * prior.share(place.country)
        + worth.feed_region * prior.share(f"{place.country}.{place.region}")
        + worth.feed_place * prior.place_share(place.id)
    )


def candidates(index: Index, entries: Iterable[tuple[int, int]]) -> tuple[tuple[Place, int], ...]:
    """Return the places of some entries with their ranks, each place once, the first of each 60."""
    best: dict[int, int] = {}
    for row, rank in entries:
        best[row] = min(rank, best.get(row, rank))
    return tuple((index.place(row), rank) for row, rank in list(best.items())[:60])
