"""The colours of the map by day and by night. Knows no shape and no name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[int, int, int]


class Style(StrEnum):
    """For a light or a dark chat."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour for each thing; `home` is the country asked about, `faint` the lesser lettering."""

    sea: Colour
    grid: Colour
    land: Colour
    home: Colour
    lake: Colour
    river: Colour
    coast: Colour
    border: Colour
    asked: Colour
    pin: Colour
    rim: Colour
    text: Colour
    faint: Colour
    halo: Colour


PALETTES = {
    Style.DAY: Palette(
        sea=(211, 226, 234),
        grid=(199, 217, 227),
        land=(240, 236, 227),
        home=(255, 252, 243),
        lake=(204, 222, 232),
        river=(190, 214, 227),
        coast=(146, 178, 195),
        border=(186, 172, 156),
        asked=(200, 30, 44),
        pin=(44, 82, 122),
        rim=(255, 255, 255),
        text=(28, 36, 44),
        faint=(126, 117, 104),
        halo=(252, 251, 247),
    ),
    Style.NIGHT: Palette(
        sea=(17, 27, 36),
        grid=(26, 39, 50),
        land=(38, 50, 60),
        home=(53, 68, 80),
        lake=(19, 31, 41),
        river=(27, 46, 60),
        coast=(70, 98, 116),
        border=(88, 102, 112),
        asked=(255, 94, 84),
        pin=(247, 196, 92),
        rim=(14, 20, 26),
        text=(238, 242, 245),
        faint=(150, 162, 171),
        halo=(22, 32, 41),
    ),
}
