"""Puts a view, pins and names on a canvas of Pillow's. Decides no place: all of them are given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from io import BytesIO
from itertools import combinations, pairwise

import numpy as np
from PIL import Image, ImageDraw

from summaries.places.map_labels import Box, Dot, Placed
from summaries.places.map_projection import View
from summaries.places.map_style import Colour, Palette
from summaries.places.map_text import SMOOTH, Text
from summaries.places.map_world import Floats, Lines, World, make_lines

# Degrees between the lines of the grid, for a view of at most so many degrees of height.
GRID = ((8, 2), (20, 5), (50, 10), (90, 15), (400, 30))


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture SMOOTH times as large as asked for: Pillow's lines have hard edges.

    All its methods take pixels of the picture asked for. `unit` is 1 at 800 x 500.
    """

    image: Image.Image
    pen: ImageDraw.ImageDraw
    palette: Palette
    unit: float

    def line(self, pixels: Floats, colour: Colour, width: float) -> None:
        """A line through the pixels of the picture asked for, n x 2."""
        thick = max(1, round(width * self.unit * SMOOTH))
        self.pen.line((pixels * SMOOTH).ravel().tolist(), colour, thick, joint="curve")

    def area(self, pixels: Floats, colour: Colour) -> None:
        """A filled outline."""
        self.pen.polygon((pixels * SMOOTH).ravel().tolist(), fill=colour)

    def text(self, box: Box, text: Text, colour: Colour, halo: Colour) -> None:
        """A name whose ink fills the box, with a halo that keeps it apart from what lies below."""
        self.pen.text(
            ((box.left - text.left) * SMOOTH, (box.top - text.top) * SMOOTH),
            text.shown,
            fill=colour,
            font=text.font,
            anchor="ls",
            stroke_width=round(1.7 * self.unit * SMOOTH),
            stroke_fill=halo,
        )

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        box = [x - radius, y - radius, x + radius, y + radius]
        self.pen.ellipse([side * SMOOTH for side in box], fill=colour)


def new_canvas(size: tuple[int, int], palette: Palette, unit: float) -> Canvas:
    """An empty sea."""
    image = Image.new("RGB", (size[0] * SMOOTH, size[1] * SMOOTH), palette.sea)
    return Canvas(image, ImageDraw.Draw(image), palette, unit)


def paint_world(canvas: Canvas, view: View, world: World, homes: Collection[int]) -> None:
    """Grid, land, water, borders and coasts; the countries numbered in `homes` stand out."""
    colours = canvas.palette
    _paint_lines(canvas, view, _grid(_grid_step(view)), colours.grid, 0.8)
    for number, pixels in view.seen(world.lands):
        home = int(world.countries[number]) in homes
        canvas.area(pixels, colours.home if home else colours.land)
    _paint_lines(canvas, view, world.rivers, colours.river, 1.1 if view.regional else 0.5)
    for _, pixels in view.seen(world.lakes):
        canvas.area(pixels, colours.lake)
    thin = 1.0 if view.regional else 0.55
    _paint_lines(canvas, view, world.lakes, colours.coast if thin == 1 else colours.lake, 0.5)
    _paint_lines(canvas, view, world.borders, colours.border, thin)
    _paint_lines(canvas, view, world.coasts, colours.coast, 0.8 * thin)


def paint_pins(
    canvas: Canvas, dots: Sequence[Dot], labels: Sequence[Placed | None], asked: Sequence[bool]
) -> None:
    """Leader lines, then pins: the largest below, the asked one above all."""
    colours = canvas.palette
    for dot, label in zip(dots, labels, strict=True):
        if label and label.leader:
            line = np.array([(dot.x, dot.y), label.leader])
            canvas.line(line, colours.halo, 2.6)
            canvas.line(line, colours.text, 0.9)
    pins = sorted(zip(dots, asked, strict=True), key=lambda pin: (pin[1], -pin[0].radius))
    for dot, special in pins:
        canvas.disc(dot.x, dot.y, dot.radius, colours.rim)
        fill = colours.asked if special else colours.pin
        canvas.disc(dot.x, dot.y, dot.radius - 1.6 * canvas.unit, fill)
        if special:
            canvas.disc(dot.x, dot.y, dot.radius * 0.28, colours.rim)


def to_png(canvas: Canvas) -> bytes:
    """The picture at the size asked for, its edges smooth, in the palette's colours and blends."""
    out = BytesIO()
    small = canvas.image.reduce(SMOOTH)
    few = small.quantize(palette=_blends(canvas.palette), dither=Image.Dither.NONE)
    few.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _blends(palette: Palette) -> Image.Image:
    """A palette of the colours and of two steps between any two: what smooth edges are made of."""
    colours = sorted(set(astuple(palette)))
    steps = [
        tuple((a * (3 - step) + b * step) // 3 for a, b in zip(one, other, strict=True))
        for one, other in combinations(colours, 2)
        for step in (1, 2)
    ]
    image = Image.new("P", (1, 1))
    image.putpalette([value for colour in [*colours, *steps][:256] for value in colour])
    return image


def _paint_lines(canvas: Canvas, view: View, lines: Lines, colour: Colour, width: float) -> None:
    for _, pixels in view.seen(lines):
        canvas.line(pixels, colour, width)


def _grid_step(view: View) -> int:
    height = float(np.degrees(view.height / view.scale))
    return next(step for limit, step in GRID if height <= limit)


@cache
def _grid(step: int) -> Lines:
    """Meridians and parallels, in pieces short enough to be left out where they are not seen."""
    pieces = np.linspace(-90, 90, 13)
    meridians = [
        _between((x, south), (x, north))
        for x in range(-180, 180, step)
        for south, north in pairwise(pieces)
    ]
    parallels = [
        _between((west, y), (west + 30, y))
        for y in range(-90 + step, 90, step)
        for west in range(-180, 180, 30)
    ]
    return make_lines([*meridians, *parallels])


def _between(start: tuple[float, float], end: tuple[float, float]) -> Floats:
    return np.linspace(start, end, 16)
