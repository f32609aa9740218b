"""The door to the gazetteer: open it, look a name up, name a place. Knows no article."""

from __future__ import annotations

from pathlib import Path

from summaries.places.folding import fold
from summaries.places.index import Index
from summaries.places.lookup import look_up, suggest
from summaries.places.nesting import contains
from summaries.places.pack import BadPack
from summaries.places.place import Lookup, Place

DEFAULT_PACK = Path(__file__).with_name("gazetteer.pack")

BUILD_COMMAND = "python -m summaries.places.build"


class GazetteerMissing(Exception):  # noqa: N818 (says what is wrong; a pack can be built)
    """The pack is not there or cannot be read; the message says which command builds it."""


class Gazetteer:
    """Every place with a name. Opened by memory map: opening is quick, and memory is shared."""

    def __init__(self, index: Index) -> None:
        self.index = index

    @classmethod
    def open(cls, path: Path = DEFAULT_PACK) -> Gazetteer:
        """Open a pack. Raises GazetteerMissing."""
        try:
            return cls(Index(path))
        except (OSError, BadPack, KeyError) as error:
            raise GazetteerMissing(
                f"The gazetteer {path.name} is missing or damaged; build it with: {BUILD_COMMAND}"
            ) from error

    def lookup(self, query: str, language: str = "") -> Lookup:
        """Return what a typed name stands for; the rule is in `lookup.py`. Never raises."""
        return look_up(self.index, query, language)

    def suggest(self, prefix: str, limit: int = 10, language: str = "") -> list[Place]:
        """Return the best known places one of whose names begins so, best first."""
        return suggest(self.index, prefix, limit, language)

    def place(self, place_id: int) -> Place | None:
        """Return the place with this id, or None."""
        row = self.index.row_of(place_id)
        return None if row is None else self.index.place(row)

    def country(self, code: str) -> Place | None:
        """Return the country with this ISO 3166 alpha-2 code, or None."""
        row = self.index.country_row(code)
        return None if row is None else self.index.place(row)

    def region(self, place: Place) -> Place | None:
        """Return the first-level region a place lies in, or None."""
        row = self.index.region_row(place.country, place.region)
        return None if row is None else self.index.place(row)

    def contains(self, outer: Place, inner: Place) -> bool:
        """Tell whether `inner` lies inside `outer`; every place lies inside itself."""
        return contains(outer, inner)

    def name(self, place: Place, language: str = "") -> str:
        """Return the name of a place in a language, or its usual name where that is not known."""
        return self.index.label(place.id, language.partition("-")[0]) or place.name

    def label(self, place: Place, language: str = "") -> str:
        """Return a name that tells a place from others so called: "Paris, Texas, United States"."""
        parts = [self.name(place, language)]
        around = [self.region(place) if place.level > 2 else None, self.country(place.country)]
        for outer in around:
            if outer is None or fold(outer.name) == fold(place.name):
                continue
            name = self.name(outer, language)
            if fold(name) not in map(fold, parts):
                parts.append(name)
        return comma(language).join(parts)


def comma(language: str) -> str:
    """Return what stands between the parts of a label in a language (BCP 47)."""
    return "، " if language.partition("-")[0] == "ar" else ", "
