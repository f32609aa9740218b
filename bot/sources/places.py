"""The Places port on the compiled gazetteer. The pack is opened at the first question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from bot.core.errors import SourceError
from summaries.places.finder import find_places
from summaries.places.gazetteer import DEFAULT_PACK, Gazetteer, GazetteerMissing
from summaries.places.place import Lookup, Mention, Place

_ID = re.compile(r"geo:([0-9]{1,11})")


class GazetteerPlaces:
    """Names to places, texts to toponyms."""

    def __init__(self, pack: Path = DEFAULT_PACK) -> None:
        self._pack = pack

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        try:
            return Gazetteer.open(self._pack)
        except GazetteerMissing as error:
            raise SourceError(str(error)) from error

    def lookup(self, query: str, language: str = "") -> Lookup:
        """See the Places port. "geo:2988507" (a "which one?" button) is the place of that id."""
        named = query.strip()
        if not named.startswith("geo:"):
            return self._gazetteer.lookup(query, language)
        known = _ID.fullmatch(named)
        place = self._gazetteer.place(int(known[1])) if known else None
        return Lookup(query, "found" if place else "unknown", place, ())

    def suggest(self, prefix: str, limit: int = 10) -> Sequence[Place]:
        """See the Places port."""
        return self._gazetteer.suggest(prefix, limit)

    def find(
        self, text: str, language: str = "", *, usual: Mapping[int, float] | None = None
    ) -> Sequence[Mention]:
        """See the Places port."""
        return find_places(text, self._gazetteer, language, usual=usual)

    def contains(self, outer: Place, inner: Place) -> bool:
        """See the Places port."""
        return self._gazetteer.contains(outer, inner)

    def label(self, place: Place, language: str = "") -> str:
        """See the Places port."""
        return self._gazetteer.label(place, language)

    def within(self, place: Place) -> Sequence[Place]:
        """Return what a place lies in: its region, its country, then areas such as the Sahel."""
        region = self._gazetteer.region(place) if place.level > 2 else None
        around = [region, self._gazetteer.country(place.country) if place.level > 1 else None]
        areas = [area for area in self._areas if self._gazetteer.contains(area, place)]
        return [one for one in (*around, *areas) if one is not None and one.id != place.id]

    @cached_property
    def _areas(self) -> Sequence[Place]:
        members = self._gazetteer.index.tables["members"]
        known = (self._gazetteer.place(int(number)) for number in members)
        return [place for place in known if place is not None]
