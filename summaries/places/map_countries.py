"""Where the names of countries go: in the widest part seen of each. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from summaries.places.map_labels import Box
from summaries.places.map_projection import View
from summaries.places.map_text import Text
from summaries.places.map_world import World

CELL = 4  # pixels: names need no finer grid
LEAST_CELLS = 60  # a country that shows less than this has no room for its name
TRIES = 40  # places looked at for one name
FITS = 0.9  # how much of a name must lie in its country

Cells = NDArray[np.uint8]


def place_names(
    view: View, world: World, name: Callable[[str], Text | None], taken: Sequence[Box]
) -> list[tuple[Box, Text, int]]:
    """A box and the number of the country for each name that has room, the largest first.

    No box meets another, nor one of `taken`.
    `name` gives what to write for a code of `World.codes`; None leaves the country without.
    """
    cells = country_cells(view, world)
    depth = depths(cells)
    sizes = np.bincount(cells.ravel(), minlength=256)
    placed: list[tuple[Box, Text, int]] = []
    for number in np.argsort(-sizes, kind="stable").tolist():
        if number == 0 or sizes[number] < LEAST_CELLS:
            continue
        text = name(world.codes[number - 1])
        if text is None:
            continue
        blocked = [*taken, *(box.grown(2) for box, _, _ in placed)]
        box = _place(text, cells == number, depth, blocked)
        placed += [(box, text, number - 1)] if box else []
    return placed


def country_cells(view: View, world: World) -> Cells:
    """A coarse picture of the view: in each cell the number of its country from 1, or 0 for sea."""
    width, height = -(-view.width // CELL), -(-view.height // CELL)
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for number, pixels in view.seen(world.lands):
        pen.polygon((pixels / CELL).ravel().tolist(), fill=int(world.countries[number]) + 1)
    return np.asarray(image)


def depths(cells: Cells) -> NDArray[np.int64]:
    """How many cells each lies from the edge of its country or of the picture, at most 60."""
    depth = np.zeros(cells.shape, np.int64)
    inner = np.zeros(cells.shape, bool)
    inner[1:-1, 1:-1] = (
        (cells[1:-1, 1:-1] == cells[:-2, 1:-1])
        & (cells[1:-1, 1:-1] == cells[2:, 1:-1])
        & (cells[1:-1, 1:-1] == cells[1:-1, :-2])
        & (cells[1:-1, 1:-1] == cells[1:-1, 2:])
    )
    for _ in range(60):
        if not inner.any():
            break
        depth += inner
        inner = _shrunk(inner)
    return depth


def _shrunk(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    smaller = np.zeros_like(mask)
    smaller[1:-1, 1:-1] = (
        mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    )
    return smaller


def _place(
    text: Text, country: NDArray[np.bool_], depth: NDArray[np.int64], blocked: Sequence[Box]
) -> Box | None:
    for box in _candidates(text, country, depth):
        if _fits(box, country) and not any(box.meets(other) for other in blocked):
            return box
    return None


def _candidates(text: Text, country: NDArray[np.bool_], depth: NDArray[np.int64]) -> Iterator[Box]:
    """Boxes about the deepest cells, then about others spread over the country."""
    ys, xs = np.nonzero(country)
    order = np.argsort(-depth[ys, xs], kind="stable")
    step = max(1, len(order) // TRIES)
    width, height = text.size
    for index in order[::step].tolist():
        x, y = (float(xs[index]) + 0.5) * CELL, (float(ys[index]) + 0.5) * CELL
        yield Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _fits(box: Box, country: NDArray[np.bool_]) -> bool:
    height, width = country.shape
    if not box.grown(4).within(width * CELL, height * CELL):
        return False
    top, bottom = int(box.top // CELL), int(box.bottom // CELL) + 1
    left, right = int(box.left // CELL), int(box.right // CELL) + 1
    return float(country[top:bottom, left:right].mean()) >= FITS
