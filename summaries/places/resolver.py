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

import numpy as np
from numpy.typing import NDArray

from summaries.places.index import Index
from summaries.places.lookup import RANK_COST
from summaries.places.nesting import EARTH_RADIUS_KM, contains
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
    """The place chosen for a name, and why.

    `rank` is how strong the name is; `margin` its lead over the next place, in powers of ten;
    `company` what the other places of the text say for it; `within`: its region is named with it.
    """

    place: Place
    rank: int
    margin: float
    company: float
    within: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence is worth, in powers of ten of standing. Tuned on dev documents."""

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
    tables = [_Candidates.of(name, prior, worth) for name in names]
    chosen = {table.name.key: int(np.argmax(table.alone)) for table in tables}
    company = dict.fromkeys(chosen, np.zeros(1))
    scores = {table.name.key: table.alone for table in tables}
    for _ in range(ROUNDS):
        field = _Field.of(tables, chosen)
        for table in tables:
            company[table.name.key] = field.company(table, worth)
            within = field.within(table)
            scores[table.name.key] = table.alone + company[table.name.key] + worth.within * within
        chosen = {key: int(np.argmax(score)) for key, score in scores.items()}
    field = _Field.of(tables, chosen)
    return {
        table.name.key: _choice(table, scores[table.name.key], company[table.name.key], field)
        for table in tables
    }


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The candidates of one name as arrays: one row each."""

    name: Name
    alone: NDArray[np.float64]
    vector: NDArray[np.float64]
    country: NDArray[np.str_]
    region: NDArray[np.str_]

    @classmethod
    def of(cls, name: Name, prior: FeedPrior | None, worth: Weights) -> _Candidates:
        places = [place for place, _ in name.candidates]
        alone = [
            place.standing - RANK_COST[rank] + _habit(place, prior, worth)
            for place, rank in name.candidates
        ]
        return cls(
            name,
            np.array(alone),
            _vectors(places),
            np.array([place.country or "-" for place in places]),
            np.array([_region(place) for place in places]),
        )


@dataclass(frozen=True, slots=True)
class _Field:
    """What the names of the text were taken for, as arrays: one row each."""

    keys: tuple[str, ...]
    places: Mapping[str, Place]
    vector: NDArray[np.float64]
    country: NDArray[np.str_]
    region: NDArray[np.str_]
    point: NDArray[np.float64]

    @classmethod
    def of(cls, tables: Sequence[_Candidates], chosen: Mapping[str, int]) -> _Field:
        places = [table.name.candidates[chosen[table.name.key]][0] for table in tables]
        keys = tuple(table.name.key for table in tables)
        return cls(
            keys,
            dict(zip(keys, places, strict=True)),
            _vectors(places),
            np.array([place.country or "?" for place in places]),
            np.array([_region(place) if place.region else "?" for place in places]),
            np.array([float(place.level > 1) for place in places]),
        )

    def company(self, table: _Candidates, worth: Weights) -> NDArray[np.float64]:
        """Return what the other places of the text say for each candidate."""
        others = np.array([key != table.name.key for key in self.keys])
        country = (table.country[:, None] == self.country[None, :]) @ others
        region = (table.region[:, None] == self.region[None, :]) @ others
        cosine = np.clip(table.vector @ self.vector.T, -1.0, 1.0)
        near = np.exp(-EARTH_RADIUS_KM * np.arccos(cosine) / NEAR_KM) @ (others * self.point)
        total: NDArray[np.float64] = (
            worth.country * np.log10(1 + country)
            + worth.region * np.log10(1 + region)
            + worth.near * np.log10(1 + near)
        )
        return total

    def within(self, table: _Candidates) -> NDArray[np.float64]:
        """Return 1 for each candidate that lies in what is named right after it, else 0."""
        outer = [self.places[key] for key in table.name.around if key in self.places]
        inside = [
            any(_inside(around, place) for around in outer) for place, _ in table.name.candidates
        ]
        return np.array(inside, dtype=float)


def _vectors(places: Sequence[Place]) -> NDArray[np.float64]:
    """Return unit vectors from the middle of the Earth to each place."""
    latitude = np.radians([place.latitude for place in places])
    longitude = np.radians([place.longitude for place in places])
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], 1)


def _choice(
    table: _Candidates, score: NDArray[np.float64], company: NDArray[np.float64], field: _Field
) -> Choice:
    best = int(np.argmax(score))
    place, rank = table.name.candidates[best]
    far = table.vector @ table.vector[best] < math.cos(50 / EARTH_RADIUS_KM)
    margin = float(score[best] - score[far].max()) if far.any() else 9.0
    within = bool(field.within(table)[best]) if table.name.around else False
    return Choice(place, rank, margin, float(company[best]), within)


def _inside(outer: Place, place: Place) -> bool:
    return outer.id != place.id and contains(outer, place)


def _region(place: Place) -> str:
    return f"{place.country}.{place.region}" if place.region else "-"


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
