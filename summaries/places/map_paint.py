"""Puts a view, pins and names on a canvas of Pillow's. Decides no place: all of them are given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from summaries.places.map_labels import Box, Dot, Placed
from summaries.places.map_projection import View
from summaries.places.map_style import Colour, Palette
from summaries.places.map_text import Text
from summaries.places.map_world import Floats, Lines, World, make_lines

SMOOTH = 3  # drawn this many times larger, then reduced: Pillow's lines have hard edges
COLOURS = 96
# Degrees between the lines of the grid, for a view of at most so many degrees of height.
GRID = ((8, 2), (20, 5), (50, 10), (90, 15), (400, 30))


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture SMOOTH times as large as asked for. `unit` is 1 at 800 x 500."""

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
    _paint_lines(canvas, view, _grid(view), colours.grid, 0.8)
    for number, pixels in view.seen(world.lands):
        home = int(world.countries[number]) in homes
        canvas.area(pixels, colours.home if home else colours.land)
    _paint_lines(canvas, view, world.rivers, colours.river, 1.1)
    for _, pixels in view.seen(world.lakes):
        canvas.area(pixels, colours.lake)
    _paint_lines(canvas, view, world.lakes, colours.coast, 0.5)
    _paint_lines(canvas, view, world.borders, colours.border, 1.0)
    _paint_lines(canvas, view, world.coasts, colours.coast, 0.8)


def paint_pins(
    canvas: Canvas, dots: Sequence[Dot], labels: Sequence[Placed | None], asked: Sequence[bool]
) -> None:
    """Leader lines, then pins, the largest below."""
    colours = canvas.palette
    for dot, label in zip(dots, labels, strict=True):
        if label and label.leader:
            line = np.array([(dot.x, dot.y), label.leader])
            canvas.line(line, colours.halo, 2.6)
            canvas.line(line, colours.text, 0.9)
    for dot, special in sorted(zip(dots, asked, strict=True), key=lambda pair: -pair[0].radius):
        canvas.disc(dot.x, dot.y, dot.radius, colours.rim)
        fill = colours.asked if special else colours.pin
        canvas.disc(dot.x, dot.y, dot.radius - 1.6 * canvas.unit, fill)
        if special:
            canvas.disc(dot.x, dot.y, dot.radius * 0.28, colours.rim)


def reduce(canvas: Canvas) -> Image.Image:
    """The picture at the size asked for, its edges smooth."""
    return canvas.image.reduce(SMOOTH)


def write(
    image: Image.Image, box: Box, text: Text, colour: Colour, halo: Colour, unit: float
) -> None:
    """A name whose ink fills the box, with a halo that keeps it apart from what lies below."""
    ImageDraw.Draw(image).text(
        (round(box.left - text.left), round(box.top - text.top)),
        text.shown,
        fill=colour,
        font=text.font,
        anchor="ls",
        stroke_width=max(1, round(2 * unit)),
        stroke_fill=halo,
    )


def to_png(image: Image.Image) -> bytes:
    """The smallest PNG of few colours: a map has few."""
    out = BytesIO()
    few = image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def _paint_lines(canvas: Canvas, view: View, lines: Lines, colour: Colour, width: float) -> None:
    for _, pixels in view.seen(lines):
        canvas.line(pixels, colour, width)


def _grid(view: View) -> Lines:
    """Meridians and parallels, in pieces short enough to be left out where they are not seen."""
    height = float(np.degrees(view.height / view.scale))
    step = next(step for limit, step in GRID if height <= limit)
    pieces = np.linspace(-90, 90, 13)
    meridians = [
        _between((x, south), (x, north))
        for x in range(-180, 180, step)
        for south, north in zip(pieces, pieces[1:], strict=False)
    ]
    parallels = [
        _between((west, y), (west + 30, y))
        for y in range(-90 + step, 90, step)
        for west in range(-180, 180, 30)
    ]
    return make_lines([*meridians, *parallels])


def _between(start: tuple[float, float], end: tuple[float, float]) -> Floats:
    return np.linspace(start, end, 16)
