"""The shapes of the world, read once from config/places/world.json. Knows no pin and no picture.

The file's format is told in `build_world.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
OFF_SHORE = 30 / 6371  # radians: how far a point may lie from the land it is on
ANTARCTIC = -60.0  # south of it lies no other land
SHAPES = Path(__file__).parents[2] / "config/places/world.json"


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Many lines end to end: line i is the points `starts[i]` to `starts[i + 1]` of `lonlat`.

    `lonlat` is n x 2, in degrees. The points of line i lie within `radii[i]` radians of the unit
    vector `middles[i]`. Many at once, because numpy takes as long for one line as for a hundred.
    """

    lonlat: Floats
    starts: Integers
    middles: Floats
    radii: Floats

    def line(self, number: int) -> Floats:
        """The points of one line, n x 2."""
        return self.lonlat[self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everything that is drawn below the pins.

    `lands` are the outlines of islands and mainlands, from the largest to the smallest;
    `countries[i]` is the country of outline i, and `codes` names it: ISO 3166 alpha-2, or "".
    """

    codes: tuple[str, ...]
    lands: Lines
    countries: Integers
    lakes: Lines
    rivers: Lines
    coasts: Lines
    borders: Lines

    def land_at(self, longitude: float, latitude: float) -> int | None:
        """The number of the outline that holds the point: the smallest (Lesotho, not South Africa).

        A point just off the coast, as ports are on so coarse a map, belongs to the nearest outline.
        """
        here = to_vectors(np.array([[longitude, latitude]]))[0]
        near = np.flatnonzero(self.lands.middles @ here >= np.cos(self.lands.radii) - 1e-9)
        for number in reversed(near.tolist()):
            outline = self.lands.line(number)
            if any(_holds(outline, longitude + turn, latitude) for turn in (0, 360, -360)):
                return int(number)
        apart, point = self.nearest_coast(longitude, latitude)
        owner = int(np.searchsorted(self.lands.starts, point, side="right")) - 1
        return owner if apart <= OFF_SHORE else None

    def outlines_of(self, country: int) -> Floats:
        """All the points of one country's outlines, n x 2."""
        numbers = np.flatnonzero(self.countries == country).tolist()
        return np.concatenate([self.lands.line(number) for number in numbers])

    def nearest_coast(self, longitude: float, latitude: float) -> tuple[float, int]:
        """How far the nearest point of an outline is, in radians, and its place in `lonlat`."""
        here = to_vectors(np.array([[longitude, latitude]]))[0]
        cosines = to_vectors(self.lands.lonlat) @ here
        point = int(cosines.argmax())
        return float(np.arccos(np.clip(cosines[point], -1, 1))), point


@cache
def load_world() -> World:
    """The world, read at the first call: about 40 ms, then kept (about 5 MB)."""
    shapes = json.loads(SHAPES.read_text(encoding="utf-8"))
    arcs = decode_arcs(shapes["arcs"], shapes["scale"], shapes["translate"])
    uses = _count_uses(shapes["countries"], len(arcs))
    outlines = _read_lands(shapes["countries"], arcs)
    return World(
        codes=tuple(country["code"] for country in shapes["countries"]),
        lands=make_lines([points for points, _ in outlines]),
        countries=np.array([number for _, number in outlines]),
        lakes=make_lines([_join(ring, arcs) for ring in shapes["lakes"]]),
        rivers=make_lines([arcs[index] for index in shapes["rivers"]]),
        coasts=_outlines(arcs, uses == 1),
        borders=_outlines(arcs, uses > 1),
    )


def decode_arcs(encoded: list[str], scale: list[float], translate: list[float]) -> list[Floats]:
    """Google's polyline strings to arrays of degrees, all in one sweep of numpy."""
    letters = np.frombuffer("".join(encoded).encode("ascii"), np.uint8).astype(np.int64) - 63
    ends = np.flatnonzero(letters < 0x20) + 1
    starts = np.concatenate(([0], ends[:-1]))
    place = np.arange(len(letters)) - np.repeat(starts, ends - starts)
    raw = np.add.reduceat((letters & 0x1F) << (5 * place), starts)
    steps = np.where(raw & 1, ~(raw >> 1), raw >> 1).reshape(-1, 2)
    counts = np.searchsorted(ends, np.cumsum([len(arc) for arc in encoded]), side="right") // 2
    parts = np.split(steps, counts[:-1])
    return [part.cumsum(axis=0) * scale + translate for part in parts]


def to_vectors(lonlat: Floats) -> Floats:
    """Degrees (n x 2) to unit vectors (n x 3)."""
    longitude, latitude = np.radians(lonlat).T
    flat = np.cos(latitude)
    return np.stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)], axis=1)


def make_lines(parts: Sequence[Floats]) -> Lines:
    """Lines with the caps of the globe that hold them.

    A line that crosses the 180th meridian goes on beyond 180, so that it is not torn there.
    """
    counts = np.array([len(part) for part in parts])
    starts = np.concatenate(([0], np.cumsum(counts)))
    lonlat = _unwrapped(np.concatenate(parts), starts[:-1])
    vectors = to_vectors(lonlat)
    total = np.add.reduceat(vectors, starts[:-1])
    length = np.linalg.norm(total, axis=1, keepdims=True)
    middles = np.where(length > 1e-9, total / np.maximum(length, 1e-9), vectors[starts[:-1]])
    cosines = (vectors * np.repeat(middles, counts, axis=0)).sum(axis=1)
    radii = np.arccos(np.clip(np.minimum.reduceat(cosines, starts[:-1]), -1, 1))
    return Lines(lonlat, starts, middles, radii)


def _unwrapped(lonlat: Floats, starts: Integers) -> Floats:
    """The lines with each longitude within 180 degrees of the one before it in its line."""
    turns = np.zeros(len(lonlat))
    turns[1:] = -np.round(np.diff(lonlat[:, 0]) / 360)
    turns[starts] = 0
    total = turns.cumsum()
    total -= np.repeat(total[starts], np.diff([*starts, len(lonlat)]))
    return np.stack([lonlat[:, 0] + 360 * total, lonlat[:, 1]], axis=1)


def _closed_at_pole(ring: Floats) -> Floats:
    """Antarctica runs all around: only by way of the pole is it an area."""
    if ring[:, 1].min() > ANTARCTIC:
        return ring
    ring = _unwrapped(ring, np.array([0]))
    start, end = float(ring[0, 0]), float(ring[-1, 0])
    if abs(end - start) < 180:
        return ring
    return np.concatenate([ring, [(end, -90.0), (start, -90.0)]])


def _join(ring: list[int], arcs: list[Floats]) -> Floats:
    return np.concatenate([arcs[index] if index >= 0 else arcs[~index][::-1] for index in ring])


def _read_lands(countries: list[Any], arcs: list[Floats]) -> list[tuple[Floats, int]]:
    """Holes are not read: what lies in them is a smaller country, drawn later and so on top."""
    outlines = [
        (_closed_at_pole(_join(polygon[0], arcs)), number)
        for number, country in enumerate(countries)
        for polygon in country["polygons"]
    ]
    islands = [outline for outline in outlines if len(outline[0]) > 3]  # the rest are specks
    return sorted(islands, key=lambda outline: -_box_area(outline[0]))


def _box_area(lonlat: Floats) -> float:
    return float(np.prod(lonlat.max(axis=0) - lonlat.min(axis=0)))


def _count_uses(countries: list[Any], arcs: int) -> Integers:
    """How many outlines hold each arc: two make a border, one a coast."""
    uses = [
        index if index >= 0 else ~index
        for country in countries
        for polygon in country["polygons"]
        for ring in polygon
        for index in ring
    ]
    return np.bincount(uses, minlength=arcs)


def _outlines(arcs: list[Floats], chosen: NDArray[np.bool_]) -> Lines:
    """The chosen arcs without the edges of the data: the 180th meridian and the South Pole."""
    wanted = (arc for arc, use in zip(arcs, chosen, strict=False) if use)
    return make_lines([part for arc in wanted for part in _cut(arc)])


def _cut(arc: Floats) -> list[Floats]:
    edge = (np.abs(arc[:, 0]) > 179.99) | (arc[:, 1] < -89.9)
    if not edge.any():
        return [arc]
    breaks = np.flatnonzero(edge[1:] & edge[:-1]) + 1
    return [part for part in np.split(arc, breaks) if len(part) > 1]


def _holds(outline: Floats, x: float, y: float) -> bool:
    """Whether a ray to the east crosses the outline an odd number of times."""
    crossings = 0
    for (x0, y0), (x1, y1) in pairwise(np.concatenate([outline, outline[:1]]).tolist()):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            crossings += 1
    return crossings % 2 == 1
