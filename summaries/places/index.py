"""Reads the pack: names to places, places to values. Knows no rule about which place is meant."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from summaries.places.pack import read_pack
from summaries.places.place import Kind, Place

KINDS: tuple[Kind, ...] = get_args(Kind)

# Keys of the trie that are not folded names: abbreviations as they are written ("US", "U.S."),
# those that are places only after a comma ("Paris, TX", "Fresno, Calif."), and sounds.
CODE_MARK = "="
COMMA_MARK = ","
SOUND_MARK = "~"


class Entry(NamedTuple):
    """A place that a name may mean: its row in the pack, and how strong the name is.

    Ranks: 0 its main name, 1 a name of ours, 2 a CLDR name, 3 an alternate name, 4 a demonym,
    5 a sound.
    """

    row: int
    rank: int


def spelling_group(name: str) -> str:
    """Return the section that holds names of the same script and length."""
    first = name[0]
    script = "latin" if first < "\u0250" else f"{ord(first) >> 8:x}"
    return f"spelling.{script}.{min(len(name), 30)}"


class Index:
    """An opened pack. Rows are numbered from the best known place down."""

    def __init__(self, path: Path) -> None:
        self._sections = read_pack(path)
        self.trie = marisa_trie.Trie()
        self.trie.map(self._sections["trie"])
        self._start = self._array("posting.start", "<u4")
        self._place = self._array("posting.place", "<u4")
        self._rank = self._array("posting.rank", "u1")
        self.standing = self._array("place.standing", "<f4")
        self.latitude = self._array("place.latitude", "<f4")
        self.longitude = self._array("place.longitude", "<f4")
        self.ids = self._array("place.id", "<u4")
        self.level = self._array("place.level", "u1")
        self.country_code = self._array("place.country", "<u2")
        self.region_code = self._array("place.region", "<u2")
        self._by_id = self._array("by_id", "<u4")
        self._columns = {
            name: self._array(f"place.{name}", kind)
            for name, kind in {
                "population": "<u4", "kind": "u1", "level": "u1",
                "country": "<u2", "region": "<u2", "name": "<u4",
            }.items()
        }  # fmt: skip
        self.place = lru_cache(maxsize=8192)(self._read_place)
        self.table = lru_cache(maxsize=None)(self._read_table)

    def _array(self, name: str, kind: str) -> NDArray[Any]:
        return np.frombuffer(self._sections[name], dtype=kind)

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The small tables: codes of countries and regions, what areas hold."""
        return self.table("tables")

    def _read_table(self, name: str) -> dict[str, Any]:
        """Return a section that is JSON; an unknown one is empty."""
        content: dict[str, Any] = json.loads(bytes(self._sections.get(name, b"{}")))
        return content

    def entries(self, key: str) -> list[Entry]:
        """Return what a key of the trie may mean, the best known first; nothing if unknown."""
        number = self.trie.get(key)
        if number is None:
            return []
        span = slice(int(self._start[number]), int(self._start[number + 1]))
        return list(map(Entry, self._place[span].tolist(), self._rank[span].tolist()))

    def _read_place(self, row: int) -> Place:
        column = {name: int(values[row]) for name, values in self._columns.items()}
        end = int(self._columns["name"][row + 1])
        place_id = int(self.ids[row])
        return Place(
            id=place_id,
            name=bytes(self._sections["names"][column["name"] : end]).decode(),
            country=self.tables["countries"][column["country"]],
            latitude=round(float(self.latitude[row]), 5),
            longitude=round(float(self.longitude[row]), 5),
            kind=KINDS[column["kind"]],
            population=column["population"],
            region=self.tables["regions"][column["region"]],
            standing=round(float(self.standing[row]), 3),
            level=column["level"],
            members=tuple(self.tables["members"].get(str(place_id), ())),
        )

    def row_of(self, place_id: int) -> int | None:
        """Return the row of the place with this id, or None."""
        at = int(np.searchsorted(self.ids, place_id, sorter=self._by_id))
        if at == len(self._by_id) or int(self.ids[self._by_id[at]]) != place_id:
            return None
        return int(self._by_id[at])

    def rows_of(self, ids: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Return which of these ids are known, and the rows of those, in order."""
        if not len(ids):
            return np.zeros(0, bool), np.zeros(0, np.intp)
        at = np.searchsorted(self.ids, ids, sorter=self._by_id)
        rows = self._by_id[np.minimum(at, len(self._by_id) - 1)].astype(np.intp)
        known = self.ids[rows] == ids
        return known, rows[known]

    def region_codes(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return a number for the first-level region of each row; 0 for none."""
        region = self.region_code[rows].astype(np.int64)
        return np.where(region > 0, (self.country_code[rows].astype(np.int64) << 16) + region, 0)

    def country_row(self, code: str) -> int | None:
        """Return the row of a country by its ISO code, or None."""
        row = self.tables["of_country"].get(code)
        return None if row is None else int(row)

    def region_row(self, country: str, region: str) -> int | None:
        """Return the row of a first-level region, or None."""
        row = self.tables["of_region"].get(f"{country}.{region}")
        return None if row is None else int(row)

    def label(self, place_id: int, language: str) -> str:
        """Return the name of a place in a language, or "" where it is not known."""
        label: str = self.table(f"labels.{language}").get(str(place_id), "")
        return label

    def spellings(self, name: str, reach: int) -> list[str]:
        """Return the known names of the same script whose length differs by at most `reach`."""
        lengths = range(max(1, len(name) - reach), len(name) + reach + 1)
        groups = {spelling_group(name[0] * length) for length in lengths}
        return [line for group in sorted(groups) for line in self._lines(group)]

    def _lines(self, group: str) -> list[str]:
        return bytes(self._sections.get(group, b"")).decode().split("\n")
