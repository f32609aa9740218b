"""Chooses which place each name in one text means. Knows names and places, not whether it is one.

Each candidate scores its standing (how well known), what kind of name it is, and how it fits the
rest of the text: the countries and regions named, the places near it, what the feed writes about.
Names are resolved together, one sense for each name, in two rounds: in the second, each name is
weighed against what the others were taken for in the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summaries.places.index import Index
from summaries.places.nesting import EARTH_RADIUS_KM, contains
from summaries.places.place import Place
from summaries.places.prior import FeedPrior


@dataclass(frozen=True, slots=True)
class Name:
    """One name of the text: its candidates (place, rank of the name), and where it stands.

    `around` holds the keys of the names that follow it after a comma or in brackets. `trust` says
    how far it may speak for other names, 0 to 1: a word of everyday language, or a person, little.
    """

    key: str
    candidates: tuple[tuple[Place, int], ...]
    around: tuple[str, ...] = ()
    trust: float = 1.0


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
    """What each kind of evidence is worth, in powers of ten of standing. Tuned on dev documents.

    The evidence of other names grows with the logarithm of their number, up to `most_company`.
    `world_city` is what a small namesake of a world city loses.
    `alternate` is what a name loses that is only an alternate name of the place.
    """

    standing: float = 1.0
    alternate: float = 2.1
    most_company: float = 5.3
    world_city: float = 1.5
    within: float = 12.0
    around: float = 9.0
    common_region: float = 3.0
    country: float = 1.7
    region: float = 14.0
    near: float = 21.0
    feed_country: float = 9.0
    feed_region: float = 8.0
    feed_place: float = 1.2


NEAR_KM = 150.0
APART_KM = 50.0
ROUNDS = 3


def resolve(
    names: Sequence[Name], prior: FeedPrior | None, weights: Weights | None = None
) -> dict[str, Choice]:
    """Return for each key the place it means here."""
    if not names:
        return {}
    worth = weights or Weights()
    table = _Table.of(names, prior, worth)
    within, around = table.nesting()
    alone = table.alone + worth.within * within + worth.around * around
    company = worth.common_region * table.common_region()
    for _ in range(ROUNDS):
        chosen = table.best(alone + company)
        company = table.company(chosen, worth)
    score = alone + company
    return {
        name.key: _choice(table, number, score, company, within)
        for number, name in enumerate(names)
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """All candidates of all names of a text, one row each; `owner` is the number of its name."""

    names: Sequence[Name]
    places: Sequence[tuple[Place, int]]
    owner: NDArray[np.intp]
    first: NDArray[np.intp]
    alone: NDArray[np.float64]
    vector: NDArray[np.float64]
    country: NDArray[np.intp]
    region: NDArray[np.intp]
    trust: NDArray[np.float64]

    @classmethod
    def of(cls, names: Sequence[Name], prior: FeedPrior | None, worth: Weights) -> _Table:
        places = [pair for name in names for pair in name.candidates]
        sizes = [len(name.candidates) for name in names]
        codes: dict[str, int] = {"": 0}
        return cls(
            names,
            places,
            np.repeat(np.arange(len(names)), sizes),
            np.concatenate([[0], np.cumsum(sizes)]),
            np.array(
                [
                    _alone(place, rank, prior, worth) - _namesake(place, best, worth)
                    for name in names
                    for best in [max(other.standing for other, _ in name.candidates)]
                    for place, rank in name.candidates
                ]
            ),
            _vectors([place for place, _ in places]),
            np.array([codes.setdefault(p.country, len(codes)) for p, _ in places]),
            np.array([codes.setdefault(_region(p), len(codes)) for p, _ in places]),
            np.array([name.trust for name in names]),
        )

    def best(self, score: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the row of the best candidate of each name."""
        edges = self.first
        return np.array(
            [
                edges[n] + int(np.argmax(score[edges[n] : edges[n + 1]]))
                for n in range(len(self.names))
            ]
        )

    def company(self, chosen: NDArray[np.intp], worth: Weights) -> NDArray[np.float64]:
        """Return what the places chosen for the other names say for each candidate."""
        others = (self.owner[:, None] != np.arange(len(self.names))[None, :]) * self.trust
        country = self._same(self.country, chosen, others)
        region = self._same(self.region, chosen, others)
        cosine = np.clip(self.vector @ self.vector[chosen].T, -1.0, 1.0)
        point = np.array([float(self.places[row][0].level > 1) for row in chosen])
        near = (np.exp(-EARTH_RADIUS_KM / NEAR_KM * np.arccos(cosine)) * others) @ point
        total: NDArray[np.float64] = (
            worth.country * np.log10(1 + country)
            + worth.region * np.log10(1 + region)
            + worth.near * np.log10(1 + near)
        )
        capped: NDArray[np.float64] = worth.most_company * np.tanh(total / worth.most_company)
        return capped

    @staticmethod
    def _same(
        codes: NDArray[np.intp], chosen: NDArray[np.intp], others: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        mine, theirs = codes[:, None], codes[chosen][None, :]
        total: NDArray[np.float64] = ((mine == theirs) & (mine > 0)).astype(float)
        votes: NDArray[np.float64] = np.einsum("ij,ij->i", total, others)
        return votes

    def common_region(self) -> NDArray[np.float64]:
        """Return how many other names could lie in each candidate's region, as a logarithm.

        A name that could lie in many regions says little for each of them.
        """
        votes = np.zeros(int(max(self.region.max(), 0)) + 1)
        own = np.zeros(len(self.places))
        for number, name in enumerate(self.names):
            rows = slice(self.first[number], self.first[number + 1])
            regions = np.unique(self.region[rows])
            regions = regions[regions > 0]
            if len(regions):
                votes[regions] += name.trust / len(regions)
                own[rows] = name.trust / len(regions)
        votes[0] = 0.0
        others: NDArray[np.float64] = votes[self.region] - own * (self.region > 0)
        logarithm: NDArray[np.float64] = np.log10(1 + np.maximum(0.0, others))
        return logarithm

    def nesting(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return which candidates lie in one named right after them, and which have one inside.

        In "Athens, Georgia" that speaks for the town in the state, and for the state.
        """
        within, around = np.zeros(len(self.places)), np.zeros(len(self.places))
        number_of = {name.key: number for number, name in enumerate(self.names)}
        for number, name in enumerate(self.names):
            for outer in {number_of[key] for key in name.around if key in number_of}:
                for row in range(self.first[number], self.first[number + 1]):
                    for other in range(self.first[outer], self.first[outer + 1]):
                        if _inside(self.places[other][0], self.places[row][0]):
                            within[row] = around[other] = 1.0
        return within, around


def _vectors(places: Sequence[Place]) -> NDArray[np.float64]:
    """Return unit vectors from the middle of the Earth to each place."""
    latitude = np.radians([place.latitude for place in places])
    longitude = np.radians([place.longitude for place in places])
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], 1)


def _choice(
    table: _Table,
    number: int,
    score: NDArray[np.float64],
    company: NDArray[np.float64],
    within: NDArray[np.float64],
) -> Choice:
    rows = slice(table.first[number], table.first[number + 1])
    best = int(rows.start + np.argmax(score[rows]))
    place, rank = table.places[best]
    far = table.vector[rows] @ table.vector[best] < math.cos(APART_KM / EARTH_RADIUS_KM)
    margin = float(score[best] - score[rows][far].max()) if far.any() else 9.0
    return Choice(place, rank, margin, float(company[best]), bool(within[best]))


def _inside(outer: Place, place: Place) -> bool:
    return outer.id != place.id and contains(outer, place)


def _region(place: Place) -> str:
    return f"{place.country}.{place.region}" if place.region else ""


def _alone(place: Place, rank: int, prior: FeedPrior | None, worth: Weights) -> float:
    """Return what speaks for a candidate before any other name is looked at."""
    cost = worth.alternate if rank == _ALTERNATE else 0.0
    return worth.standing * place.standing - cost + _habit(place, prior, worth)


def _namesake(place: Place, best: float, worth: Weights) -> float:
    """Return what a small namesake of a world city loses: never Paris, Kentucky without proof."""
    small = place.level > 3 and place.standing < best - _DWARFED
    return worth.world_city if best > _WORLD_CITY and small else 0.0


_DWARFED = 2.8
_WORLD_CITY = 8.25


_ALTERNATE = 3


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
