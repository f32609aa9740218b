"""From degrees on Earth to pixels, and the view that shows a set of points. Draws nothing.

Up to a continent: Lambert's azimuthal equal-area projection about the middle of the view (Snyder,
Map Projections, USGS 1395, eq. 24-2 to 24-4): true shapes, no trouble at poles and at the 180th
meridian. Wider: Patterson's cylindrical projection (2014), turned so that the widest gap between
the points is the one that is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from summaries.places.map_world import Floats, Lines, to_vectors

EARTH_KM = 6371.0088
SPECK = 0.5  # pixels: what is smaller is not drawn on the map of the world
# Wider than this about their middle, points go on the map of the whole world.
WORLD_RADIUS = np.radians(52)


class Projection(Protocol):
    """A way to flatten the globe; its plane is in radians, y to the north."""

    def forward(self, lonlat: Floats) -> Floats:
        """Degrees (n x 2) to the plane (n x 2)."""

    def inverse(self, x: float, y: float) -> tuple[float, float]:
        """A point of the plane to degrees (longitude, latitude)."""


@dataclass(frozen=True, slots=True)
class AzimuthalEqualArea:
    """The globe seen from above one point, in degrees; areas are true, north is up there."""

    longitude: float
    latitude: float

    def forward(self, lonlat: Floats) -> Floats:
        """Degrees to the plane; the point opposite lies on a circle, not at infinity."""
        turn, lat = np.radians(lonlat[:, 0] - self.longitude), np.radians(lonlat[:, 1])
        lat0 = np.radians(self.latitude)
        cosine = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(turn)
        stretch = np.sqrt(2 / np.maximum(1 + cosine, 1e-6))
        x = np.cos(lat) * np.sin(turn)
        y = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(turn)
        return np.stack([stretch * x, stretch * y], axis=1)

    def inverse(self, x: float, y: float) -> tuple[float, float]:
        """The plane to degrees; beyond the edge of the globe, the edge."""
        distance = float(np.hypot(x, y))
        if distance < 1e-12:
            return self.longitude, self.latitude
        angle, lat0 = 2 * np.arcsin(min(1.0, distance / 2)), np.radians(self.latitude)
        sine = np.cos(angle) * np.sin(lat0) + y * np.sin(angle) * np.cos(lat0) / distance
        turn = np.arctan2(
            x * np.sin(angle),
            distance * np.cos(lat0) * np.cos(angle) - y * np.sin(lat0) * np.sin(angle),
        )
        return wrap(self.longitude + float(np.degrees(turn))), float(
            np.degrees(np.arcsin(np.clip(sine, -1, 1)))
        )


@dataclass(frozen=True, slots=True)
class Patterson:
    """The whole world on a rectangle, `longitude` in its middle.

    Source: Patterson, Savric, Jenny, "Introducing the Patterson Cylindrical Projection" (2014).
    """

    longitude: float

    def forward(self, lonlat: Floats) -> Floats:
        """Degrees to the plane. Longitudes are not wrapped: an outline must not be torn."""
        return np.stack(
            [np.radians(lonlat[:, 0] - self.longitude), patterson_y(lonlat[:, 1])], axis=1
        )

    def inverse(self, x: float, y: float) -> tuple[float, float]:
        """The plane to degrees, by interpolation: good to a hundredth of a degree."""
        latitudes = np.linspace(-90, 90, 3601)
        latitude = float(np.interp(y, patterson_y(latitudes), latitudes))
        return wrap(self.longitude + float(np.degrees(x))), latitude


def patterson_y(latitude: Floats) -> Floats:
    """The height of a parallel, in radians of the equator."""
    lat = np.radians(latitude)
    square = lat * lat
    return np.asarray(
        lat * (1.0148 + square**2 * (0.23185 + square * (-0.14499 + square * 0.02406)))
    )


POLE_Y = float(patterson_y(np.array([90.0]))[0])


def wrap(longitude: float) -> float:
    """The same meridian between -180 and 180."""
    return (longitude + 180) % 360 - 180


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels kept free of pins, for their labels."""

    side: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class View:
    """A projection, and which piece of its plane fills the picture of `width` x `height` pixels.

    `left` and `top` are the plane's coordinates of the corner; `scale` is pixels a radian.
    """

    projection: Projection
    scale: float
    left: float
    top: float
    width: int
    height: int

    def to_pixels(self, lonlat: Floats) -> Floats:
        """Degrees (n x 2) to pixels (n x 2), y downwards."""
        plane = self.projection.forward(lonlat)
        return np.stack(
            [(plane[:, 0] - self.left) * self.scale, (self.top - plane[:, 1]) * self.scale], axis=1
        )

    def points(self, lonlat: Floats) -> Floats:
        """Like `to_pixels`, but on the map of the world each point is moved into the picture."""
        pixels = self.to_pixels(lonlat)
        if isinstance(self.projection, Patterson):
            pixels[:, 0] = (pixels[:, 0] - self.width / 2 + self._turn / 2) % self._turn
            pixels[:, 0] += self.width / 2 - self._turn / 2
        return pixels

    def seen(self, lines: Lines) -> Iterator[tuple[int, Floats]]:
        """The lines that touch the picture: the number of each and its pixels (n x 2).

        On the map of the world a line may come twice, one turn of the globe apart.
        """
        if isinstance(self.projection, Patterson):
            return self._seen_of_world(lines)
        return self._seen_of_region(lines)

    @property
    def regional(self) -> bool:
        """Whether one scale holds for the picture; a map of the world has none."""
        return isinstance(self.projection, AzimuthalEqualArea)

    @property
    def km(self) -> float:
        """Pixels a kilometre in the middle of the picture."""
        return self.scale / EARTH_KM

    @property
    def middle(self) -> tuple[float, float]:
        """Degrees (longitude, latitude) of the picture's middle."""
        return self.projection.inverse(
            self.left + self.width / 2 / self.scale, self.top - self.height / 2 / self.scale
        )

    @property
    def radius(self) -> float:
        """Radians from the middle to a corner."""
        plane = float(np.hypot(self.width, self.height)) / 2 / self.scale
        return float(2 * np.arcsin(min(1.0, plane / 2)))

    @property
    def _turn(self) -> float:
        return 2 * np.pi * self.scale

    def _seen_of_region(self, lines: Lines) -> Iterator[tuple[int, Floats]]:
        middle = to_vectors(np.array([self.middle]))[0]
        apart = np.arccos(np.clip(lines.middles @ middle, -1, 1))
        numbers = np.flatnonzero(apart <= lines.radii + self.radius).tolist()
        parts = [lines.line(number) for number in numbers]
        if not parts:
            return
        pixels = self.to_pixels(np.concatenate(parts))
        ends = np.cumsum([len(part) for part in parts])[:-1]
        yield from zip(numbers, np.split(pixels, ends), strict=True)

    def _seen_of_world(self, lines: Lines) -> Iterator[tuple[int, Floats]]:
        pixels, starts = self.to_pixels(lines.lonlat), lines.starts
        low = np.minimum.reduceat(pixels, starts[:-1])
        high = np.maximum.reduceat(pixels, starts[:-1])
        upright = (high[:, 1] >= 0) & (low[:, 1] <= self.height)
        upright &= (high - low).max(axis=1) > SPECK
        for across in (-self._turn, 0.0, self._turn):
            beside = (high[:, 0] + across >= 0) & (low[:, 0] + across <= self.width)
            for number in np.flatnonzero(upright & beside).tolist():
                yield number, pixels[starts[number] : starts[number + 1]] + np.array([across, 0.0])


def fit(points: Floats, size: tuple[int, int], margins: Margins, *, least_km: float) -> View:
    """The view that shows all the points (degrees, n x 2), never less than `least_km` of height."""
    vectors = to_vectors(points)
    middle = vectors.sum(axis=0)
    if np.linalg.norm(middle) < 1e-6:
        return _fit_world(points, size, margins)
    middle /= np.linalg.norm(middle)
    if np.arccos(np.clip(vectors @ middle, -1, 1)).max() > WORLD_RADIUS:
        return _fit_world(points, size, margins)
    start = (
        float(np.degrees(np.arctan2(middle[1], middle[0]))),
        float(np.degrees(np.arcsin(middle[2]))),
    )
    return _fit_region(points, start, size, margins, least_km)


def _fit_region(
    points: Floats, start: tuple[float, float], size: tuple[int, int], margins: Margins, km: float
) -> View:
    """Centre on the middle of the points' box, which moves a little as the centre does."""
    projection = AzimuthalEqualArea(*start)
    for _ in range(5):
        low, high = _box(projection.forward(points))
        projection = AzimuthalEqualArea(*projection.inverse(*((low + high) / 2).tolist()))
    low, high = _box(projection.forward(points))
    scale = min(_scale(high - low, size, margins), size[1] * EARTH_KM / km)
    return _centre(projection, (low + high) / 2, scale, size, margins)


def _fit_world(points: Floats, size: tuple[int, int], margins: Margins) -> View:
    """Turn the globe so that the points lie together; leave out the poles where nothing happens."""
    projection = Patterson(middle_longitude(points[:, 0].tolist()))
    turned = points.copy()
    turned[:, 0] = [projection.longitude + wrap(x - projection.longitude) for x in points[:, 0]]
    low, high = _box(projection.forward(turned))
    scale = max(_scale(high - low, size, margins), size[0] / (2 * np.pi))
    view = _centre(projection, (low + high) / 2, scale, size, margins)
    room = max(0.0, POLE_Y - size[1] / 2 / scale)  # how far the middle may leave the equator
    middle = np.clip(view.top - size[1] / 2 / scale, -room, room)
    return View(projection, scale, view.left, float(middle) + size[1] / 2 / scale, *size)


def middle_longitude(longitudes: Sequence[float]) -> float:
    """The meridian opposite the middle of the widest gap between the points."""
    ordered = sorted(wrap(x) for x in longitudes)
    gaps = [
        (after - before, before)
        for before, after in zip(ordered, [*ordered[1:], ordered[0] + 360], strict=True)
    ]
    gap, before = max(gaps)
    return wrap(before + gap / 2 + 180)


def _box(plane: Floats) -> tuple[Floats, Floats]:
    return plane.min(axis=0), plane.max(axis=0)


def _scale(extent: Floats, size: tuple[int, int], margins: Margins) -> float:
    room = np.array([size[0] - 2 * margins.side, size[1] - margins.top - margins.bottom])
    return float((room / np.maximum(extent, 1e-9)).min())


def _centre(
    projection: Projection, middle: Floats, scale: float, size: tuple[int, int], margins: Margins
) -> View:
    down = (margins.top - margins.bottom) / 2
    left = float(middle[0]) - size[0] / 2 / scale
    top = float(middle[1]) + (size[1] / 2 + down) / scale
    return View(projection, scale, left, top, *size)
