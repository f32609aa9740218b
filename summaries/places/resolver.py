"""Chooses which place each name in one text means. Knows names and places, not whether it is one.

Each candidate scores its standing (how well known), what kind of name it is, and how it fits the
rest of the text: the countries and regions named, the places near it, what the feed writes about.
Names are resolved together, one sense for each name: first each is weighed against all that the
others may mean, then against what they were taken for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summaries.places.index import Entry, Index
from summaries.places.nesting import EARTH_RADIUS_KM, contains
from summaries.places.place import Place
from summaries.places.prior import Usual, shares

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Name:
    """One name of the text: the entries of the pack it may mean, and where it stands.

    `around` holds the keys of the names that follow it after a comma or in brackets. `trust` says
    how far it may speak for other names, 0 to 1: a word of everyday language, or a person, little.
    """

    key: str
    entries: tuple[Entry, ...]
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
    `world_city` is what a small namesake of a world city loses, `village` one of a country.
    `alternate` is what a name loses that is only an alternate name of the place. `pair` is what
    it is worth that another name has a meaning about `pair_km` away; its less known meanings count
    less, by a factor of e for each 1 / `doubt` powers of ten.
    """

    standing: float = 1.0
    alternate: float = 1.6
    most_company: float = 5.3
    world_city: float = 2.5
    village: float = 4.0
    within: float = 12.0
    around: float = 9.0
    common_region: float = 3.0
    pair: float = 10.0
    pair_km: float = 60.0
    doubt: float = 0.5
    country: float = 1.7
    region: float = 14.0
    near: float = 10.0
    feed_country: float = 9.0
    feed_region: float = 8.0
    feed_place: float = 1.2


NEAR_KM = 150.0
APART_KM = 50.0
ROUNDS = 3


def resolve(
    index: Index,
    names: Sequence[Name],
    usual: Usual | None,
    weights: Weights | None = None,
) -> dict[str, Choice]:
    """Return for each key the place it means here."""
    if not names:
        return {}
    worth = weights or Weights()
    table = _Table.of(index, names, usual, worth)
    within, around = table.nesting()
    alone = table.alone + worth.within * within + worth.around * around
    company = worth.common_region * table.common_region()
    company += worth.pair * table.pairs(alone, worth)
    chosen = None
    for _ in range(ROUNDS):
        before, chosen = chosen, table.best(alone + company)
        if before is not None and np.array_equal(before, chosen):
            break
        company = table.company(chosen, worth)
    score = alone + company
    return table.choices(score, company, within)


@dataclass(frozen=True, slots=True)
class _Table:
    """All candidates of all names of a text, one row each; `owner` is the number of its name."""

    index: Index
    names: Sequence[Name]
    rows: Rows
    ranks: NDArray[np.int64]
    owner: Rows
    first: Rows
    alone: Floats
    vector: Floats
    country: NDArray[np.int64]
    region: NDArray[np.int64]
    level: NDArray[np.int64]
    trust: Floats

    @classmethod
    def of(cls, index: Index, names: Sequence[Name], usual: Usual | None, worth: Weights) -> _Table:
        pairs = np.array([entry for name in names for entry in name.entries], dtype=np.int64)
        rows, ranks = pairs[:, 0], pairs[:, 1]
        sizes = [len(name.entries) for name in names]
        first = np.concatenate([[0], np.cumsum(sizes)])
        owner = np.repeat(np.arange(len(names)), sizes)
        standing = index.standing[rows].astype(float)
        level = index.level[rows].astype(np.int64)
        country = index.country_code[rows].astype(np.int64)
        region = index.region_codes(rows)
        best = np.maximum.reduceat(standing, first[:-1])[owner]
        alone = worth.standing * standing - worth.alternate * (ranks == _ALTERNATE)
        small = (level > 3) & (standing < best - _DWARFED)
        alone -= worth.world_city * ((best > _WORLD_CITY) & small)
        alone -= worth.village * ((best - standing > _MILLION) & small)
        vector = unit_vectors(index.latitude[rows], index.longitude[rows])
        if usual:
            alone += _habit(usual, index, rows, worth)
        trust = np.array([name.trust for name in names])
        return cls(
            index, names, rows, ranks, owner, first, alone, vector, country, region, level, trust
        )

    def best(self, score: Floats) -> Rows:
        """Return the row of the best candidate of each name."""
        top = np.maximum.reduceat(score, self.first[:-1])
        best = np.flatnonzero(score == top[self.owner])
        _, first = np.unique(self.owner[best], return_index=True)
        return np.asarray(best[first])

    def company(self, chosen: Rows, worth: Weights) -> Floats:
        """Return what the places chosen for the other names say for each candidate."""
        others = (self.owner[:, None] != np.arange(len(self.names))) * self.trust
        country = self._same(self.country, chosen, others)
        region = self._same(self.region, chosen, others)
        cosine = np.clip(self.vector @ self.vector[chosen].T, -1.0, 1.0)
        point = (self.level[chosen] > 1).astype(float)
        near = (np.exp(-EARTH_RADIUS_KM / NEAR_KM * np.arccos(cosine)) * others) @ point
        total: Floats = (
            worth.country * np.log10(1 + country)
            + worth.region * np.log10(1 + region)
            + worth.near * np.log10(1 + near)
        )
        capped: Floats = worth.most_company * np.tanh(total / worth.most_company)
        return capped

    @staticmethod
    def _same(codes: NDArray[np.int64], chosen: Rows, others: Floats) -> Floats:
        mine = codes[:, None]
        votes: Floats = np.einsum("ij,ij->i", (mine == codes[chosen]) & (mine > 0), others)
        return votes

    def pairs(self, alone: Floats, worth: Weights) -> Floats:
        """Return how well each candidate fits beside the likely candidates of the other names."""
        edges = self.first[:-1]
        top = np.maximum.reduceat(alone, edges)[self.owner]
        odds = np.exp((alone - top) * worth.doubt) * self.trust[self.owner] * (self.level > 1)
        apart = 1.0 - self.vector @ self.vector.T
        scale = 2 * (EARTH_RADIUS_KM / worth.pair_km) ** 2
        near = odds / (1 + scale * np.maximum(apart, 0.0))
        near *= (self.owner[:, None] != self.owner) & (self.level > 1)[:, None]
        best = np.maximum.reduceat(near, edges, axis=1)
        logs: Floats = np.log10(1 + best.sum(axis=1))
        return logs

    def common_region(self) -> Floats:
        """Return how many other names could lie in each candidate's region, as a logarithm.

        A name that could lie in many regions says little for each of them.
        """
        codes, region = np.unique(self.region, return_inverse=True)
        pairs = np.unique(self.owner * len(codes) + region)
        owner, code = pairs // len(codes), pairs % len(codes)
        real = codes[code] > 0
        owner, code = owner[real], code[real]
        share = self.trust / np.maximum(1, np.bincount(owner, minlength=len(self.names)))
        votes = np.bincount(code, weights=share[owner], minlength=len(codes))
        others = (votes[region] - share[self.owner]) * (self.region > 0)
        logs: Floats = np.log10(1 + np.maximum(0.0, others))
        return logs

    def choices(self, score: Floats, company: Floats, within: Floats) -> dict[str, Choice]:
        """Return for each name its best place, and how far ahead of the next one elsewhere."""
        best = self.best(score)
        cosine = np.einsum("ij,ij->i", self.vector, self.vector[best][self.owner])
        elsewhere = np.where(cosine < _APART, score, -np.inf)
        margins = score[best] - np.maximum.reduceat(elsewhere, self.first[:-1])
        return {
            name.key: Choice(self._place(row), rank, min(margin, _NO_RIVAL), support, bool(inside))
            for name, row, rank, margin, support, inside in zip(
                self.names,
                best.tolist(),
                self.ranks[best].tolist(),
                margins.tolist(),
                company[best].tolist(),
                within[best].tolist(),
                strict=True,
            )
        }

    def nesting(self) -> tuple[Floats, Floats]:
        """Return which candidates lie in one named right after them, and which have one inside.

        In "Athens, Georgia" that speaks for the town in the state, and for the state.
        """
        within, around = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        number_of = {name.key: number for number, name in enumerate(self.names)}
        for number, name in enumerate(self.names):
            for outer in {number_of[key] for key in name.around if key in number_of}:
                for row in range(self.first[number], self.first[number + 1]):
                    for other in range(self.first[outer], self.first[outer + 1]):
                        if self._inside(other, row):
                            within[row] = around[other] = 1.0
        return within, around

    def _inside(self, outer: int, inner: int) -> bool:
        if self.rows[outer] == self.rows[inner] or (
            self.level[outer] > 0 and self.country[outer] != self.country[inner]
        ):
            return False
        return contains(self._place(outer), self._place(inner))

    def _place(self, row: int) -> Place:
        return self.index.place(int(self.rows[row]))


_DWARFED = 2.8
_WORLD_CITY = 8.25
_MILLION = 6.0
_ALTERNATE = 3


def unit_vectors(latitude: NDArray[np.float32], longitude: NDArray[np.float32]) -> Floats:
    """Return unit vectors from the middle of the Earth to points given in degrees."""
    lat, lon = np.radians(latitude, dtype=float), np.radians(longitude, dtype=float)
    across = np.cos(lat)
    return np.stack([across * np.cos(lon), across * np.sin(lon), np.sin(lat)], 1)


_NO_RIVAL = 9.0
_APART = math.cos(APART_KM / EARTH_RADIUS_KM)


def _habit(usual: Usual, index: Index, rows: Rows, worth: Weights) -> Floats:
    """Return what the feed's earlier articles say for each candidate."""
    share = shares(usual, index, rows)
    total: Floats = (
        worth.feed_country * share.country
        + worth.feed_region * share.region
        + worth.feed_place * share.place
    )
    return total


def strongest(entries: Iterable[Entry], most: int = 60) -> tuple[Entry, ...]:
    """Return some entries, each place once with its strongest name, the best known first."""
    best: dict[int, int] = {}
    for row, rank in entries:
        best[row] = min(rank, best.get(row, rank))
    return tuple(Entry(row, rank) for row, rank in list(best.items())[:most])
