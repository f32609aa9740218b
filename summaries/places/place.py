"""The values of places: Place, Mention, Lookup. Knows no file, no index and no rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["city", "region", "country", "area", "water", "building"]
Status = Literal["found", "ambiguous", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """One place on Earth.

    `id` stays the same from one pack to the next (the GeoNames id, where there is one). `country`
    is ISO 3166 alpha-2, or "" (seas, the Sahel). `latitude` and `longitude` are degrees, WGS 84.
    `population` is 0 where unknown. `region` is the GeoNames admin1 code, or "". `standing` says
    how well known the place is, on a scale of powers of ten: one more is ten times as well known.
    `level` orders places that hold one another: 0 area, 1 country, 2 region, 3 district, 4 city.
    `members` lists what an area holds: "ML" (a country) or "UA.05" (a region).
    """

    id: int
    name: str
    country: str
    latitude: float
    longitude: float
    kind: Kind
    population: int
    region: str
    standing: float = 0.0
    level: int = 4
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text.

    `start` and `end` count code points of the text given; 0 <= score <= 1. `adjective` says that
    the word is one for the people or things of a country or region ("Syrian"), not its name.
    """

    text: str
    start: int
    end: int
    place: Place
    score: float
    adjective: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a name typed by a person stands for.

    "found": `place`, and in `candidates` it and the others of that name, best known first.
    "ambiguous": no `place`; `candidates` are of comparable standing, best known first.
    "unknown": no `place`; `candidates` are did-you-mean, nearest spelling first, maybe none.
    """

    query: str
    status: Status
    place: Place | None
    candidates: tuple[Place, ...]
