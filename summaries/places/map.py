"""Pins -> a small PNG: coasts, borders, rivers, and names that do not cover one another.

Knows neither articles nor gazetteer: names arrive in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log, log10

import numpy as np
from numpy.typing import NDArray

from summaries.places.map_countries import place_names
from summaries.places.map_labels import Box, Dot, Placed, place_labels
from summaries.places.map_paint import (
    Canvas,
    new_canvas,
    paint_pins,
    paint_world,
    to_png,
)
from summaries.places.map_projection import EARTH_KM, AzimuthalEqualArea, Margins, View, fit
from summaries.places.map_style import PALETTES, Colour, Style
from summaries.places.map_text import Text, clean, fit_text, right_to_left
from summaries.places.map_world import Floats, World, load_world, to_vectors

__all__ = ["Pin", "Style", "alt_text", "draw_map"]

PINS_DRAWN = 40  # more is a rash, not a map
LEAST_KM = 620.0  # height of the nearest view: nearer shows only how coarse the coast is
CONTEXT_KM = 700.0  # how far from an asked place its own country widens the view
MOSTLY = 0.5  # of a land's outline in reach: more, and the view is of the land, not of the pin
LEAST_SIZE, LARGEST_SIZE = 200, 2000  # pixels
ALT_LETTERS = 1000  # Discord takes 1,024 for a picture's description
CREDIT = "Natural Earth"


@dataclass(frozen=True, slots=True)
class Pin:
    """One place on the map: its name as the reader writes it, in degrees WGS 84.

    `weight` is the number of mentions in the news; `asked` marks the place that was asked about.
    """

    name: str
    latitude: float
    longitude: float
    weight: int = 1
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A text that stands in a corner."""

    box: Box
    text: Text
    colour: Colour


def draw_map(
    pins: Sequence[Pin],
    *,
    style: Style = Style.DAY,
    size: tuple[int, int] = (800, 500),
    title: str = "",
    countries: Mapping[str, str] | None = None,
    home: str = "",
) -> bytes:
    """A PNG of the places, under 100 KB at 800 x 500; the same arguments give the same bytes.

    `countries` (ISO 3166 alpha-2 -> name as the reader writes it) are lettered where there is room;
    `home` (alpha-2) is set where a country is asked about: it is tinted, and alone it is whole.
    The asked place (the first, if several) always has its name, or its coordinates where no font
    can write it; others lose theirs rather than cover another. Raises ValueError for no pins, for
    coordinates that are not on Earth and for a size outside 200..2000.
    """
    _check(pins, size)
    world, palette, unit = load_world(), PALETTES[style], choose_unit(size)
    shown = most_important(pins)
    view = choose_view(shown, world, size, titled=bool(clean(title)), whole=bool(home))
    notes = list(_notes(view, title, palette.text, palette.faint, unit))
    texts = [_name(pin, size[0], unit) for pin in shown]
    dots = _dots(shown, texts, view, unit)
    labels = place_labels(dots, size, [note.box.grown(6) for note in notes], unit=unit)
    homes = _homes(shown, world) | {
        n for n, code in enumerate(world.codes) if home and code == home
    }
    canvas = new_canvas(size, palette, unit)
    paint_world(canvas, view, world, homes)
    _paint_scale(canvas, view)
    taken = [note.box.grown(8) for note in notes] + _boxes(dots, labels)
    naming = _country_names(countries or {}, shown, unit)
    for box, text, country in place_names(view, world, naming, taken):
        canvas.text(box, text, palette.faint, palette.home if country in homes else palette.land)
    for note in notes:
        canvas.text(note.box, note.text, note.colour, palette.halo)
    paint_pins(canvas, dots, labels, [pin.asked for pin in shown])
    for label, name in zip(labels, texts, strict=True):
        if label and name:
            canvas.text(label.box, name, palette.text, palette.halo)
    return to_png(canvas)


def alt_text(pins: Sequence[Pin], *, pattern: str = "Map: {places}") -> str:
    """The map in words, for who cannot see it: the asked place first, then by mentions.

    `pattern` comes in the reader's language. At most 1,000 letters.
    """
    names = dict.fromkeys(name for pin in most_important(pins) if (name := clean(pin.name)))
    room = ALT_LETTERS - len(pattern)
    told = ""
    for name in names:
        longer = f"{told}, {name}" if told else name
        if len(longer) > room:
            break
        told = longer
    return pattern.replace("{places}", told)


def most_important(pins: Sequence[Pin]) -> list[Pin]:
    """The asked place first, then by mentions; at most as many as a map can bear."""
    return sorted(pins, key=lambda pin: (not pin.asked, -pin.weight))[:PINS_DRAWN]


def choose_unit(size: tuple[int, int]) -> float:
    """How large letters, pins and gaps are: 1 at 800 x 500, never too small to read."""
    return max(0.75, min(size[0] / 800, size[1] / 500))


def choose_view(
    pins: Sequence[Pin],
    world: World,
    size: tuple[int, int],
    *,
    titled: bool = False,
    whole: bool = False,
) -> View:
    """All the pins, and around an asked or single one its country, or what of it is near.

    With `whole` a country is asked about: what of it is near to any pin is shown, and all the land
    where there is a single one.
    """
    unit = choose_unit(size)
    margins = Margins(side=84 * unit, top=(74 if titled else 46) * unit, bottom=50 * unit)
    points = _points(pins)
    about = [pin for pin in pins if pin.asked] or list(pins if whole or len(pins) == 1 else ())
    context = [part for pin in about for part in _context(pin, world)]
    if whole and len(pins) == 1 and (land := world.land_at(*points[0].tolist())) is not None:
        context.append(world.lands.line(land))
    return fit(np.concatenate([points, *context]), size, margins, least_km=LEAST_KM)


def _check(pins: Sequence[Pin], size: tuple[int, int]) -> None:
    if not pins:
        message = "a map needs at least one pin"
        raise ValueError(message)
    if not all(LEAST_SIZE <= side <= LARGEST_SIZE for side in size):
        message = f"a map's sides are {LEAST_SIZE} to {LARGEST_SIZE} pixels, not {size}"
        raise ValueError(message)
    for pin in pins:
        # NaN is in no range.
        if not (-90 <= pin.latitude <= 90 and -540 <= pin.longitude <= 540):
            message = f"not on Earth: {pin.latitude}, {pin.longitude} ({pin.name[:40]!r})"
            raise ValueError(message)


def _points(pins: Sequence[Pin]) -> Floats:
    return np.array([(pin.longitude, pin.latitude) for pin in pins], float)


def _context(pin: Pin, world: World) -> Iterator[Floats]:
    """The nearest coast or border, and the pin's country as far as CONTEXT_KM from it."""
    apart, coast = world.nearest_coast(pin.longitude, pin.latitude)
    yield world.lands.lonlat[coast : coast + 1]
    land = world.land_at(pin.longitude, pin.latitude)
    if land is None:
        return
    reach = max(CONTEXT_KM / EARTH_KM, 1.2 * apart)
    country = world.outlines_of(int(world.countries[land]))
    yield country[_near(pin, country, reach)]
    if _near(pin, world.lands.line(land), reach).mean() < MOSTLY:
        yield _around(pin, reach / 2)


def _near(pin: Pin, points: Floats, reach: float) -> NDArray[np.bool_]:
    """Which points lie within `reach` radians of the pin."""
    return np.asarray(to_vectors(points) @ to_vectors(_points([pin]))[0] > np.cos(reach))


def _around(pin: Pin, radius: float) -> Floats:
    """Points to all four sides: in a vast land the pin stays near the middle."""
    plane = AzimuthalEqualArea(pin.longitude, pin.latitude)
    return np.array(
        [plane.inverse(x * radius, y * radius) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    )


def _homes(pins: Sequence[Pin], world: World) -> set[int]:
    lands = (world.land_at(pin.longitude, pin.latitude) for pin in pins if pin.asked)
    return {int(world.countries[land]) for land in lands if land is not None}


def _name(pin: Pin, width: int, unit: float) -> Text | None:
    pixels, room = round((18 if pin.asked else 14.5) * unit), width * 0.42
    named = fit_text(pin.name, pixels, room, bold=pin.asked)
    return named or (fit_text(_degrees(pin), pixels, room, bold=True) if pin.asked else None)


def _degrees(pin: Pin) -> str:
    north, east = "N" if pin.latitude >= 0 else "S", "E" if pin.longitude >= 0 else "W"
    return f"{abs(pin.latitude):.1f}° {north} {abs(pin.longitude):.1f}° {east}"


def _dots(pins: Sequence[Pin], texts: Sequence[Text | None], view: View, unit: float) -> list[Dot]:
    pixels = view.points(_points(pins)).tolist()
    return [
        Dot(x, y, _radius(pin) * unit, *(text.size if text else (0.0, 0.0)))
        for (x, y), pin, text in zip(pixels, pins, texts, strict=True)
    ]


def _radius(pin: Pin) -> float:
    """Pixels: grows by the same with each doubling of the mentions, up to about 60."""
    size = 4.6 + 1.5 * log(min(max(pin.weight, 1), 60))
    return size + 2.4 if pin.asked else size


def _boxes(dots: Sequence[Dot], labels: Sequence[Placed | None]) -> list[Box]:
    return [dot.box for dot in dots] + [label.box.grown(3) for label in labels if label]


def _country_names(
    countries: Mapping[str, str], pins: Sequence[Pin], unit: float
) -> Callable[[str], Text | None]:
    """What to write over a country: nothing where a pin says the same."""
    said = {clean(pin.name).casefold() for pin in pins}

    def name(code: str) -> Text | None:
        spoken = clean(countries.get(code, "")).casefold() in said
        return None if spoken else fit_text(countries.get(code, ""), round(13 * unit), 260 * unit)

    return name


def _notes(view: View, title: str, strong: Colour, faint: Colour, unit: float) -> Iterator[Note]:
    """The title above, on the side where its script begins; the credit and the scale below."""
    edge, right, foot = 14 * unit, view.width - 10 * unit, view.height - 10 * unit
    heading = fit_text(title, round(21 * unit), view.width - 2 * edge, bold=True)
    if heading:
        width, height = heading.size
        left = view.width - edge - width if right_to_left(clean(title)) else edge
        yield Note(Box(left, edge, left + width, edge + height), heading, strong)
    credit = fit_text(CREDIT, round(10 * unit), view.width / 2)
    if credit:
        width, height = credit.size
        yield Note(Box(right - width, foot - height, right, foot), credit, faint)
    scale = fit_text(f"{_scale_km(view, unit)} km", round(11 * unit), view.width / 2)
    if scale and view.regional:
        width, height = scale.size
        yield Note(Box(edge, foot - 7 * unit - height, edge + width, foot - 7 * unit), scale, faint)


def _scale_km(view: View, unit: float) -> int:
    """The largest of 1, 2, 5, 10, ... km that is at most 90 pixels long."""
    longest = 90 * unit / view.km
    power = 10 ** floor(log10(longest))
    return int(max(step * power for step in (1, 2, 5) if step * power <= longest))


def _paint_scale(canvas: Canvas, view: View) -> None:
    if view.regional:
        left, foot = 14 * canvas.unit, view.height - 10 * canvas.unit
        right, tick = left + _scale_km(view, canvas.unit) * view.km, 4 * canvas.unit
        bar = [(left, foot - tick), (left, foot), (right, foot), (right, foot - tick)]
        canvas.line(np.array(bar), canvas.palette.faint, 1.0)
