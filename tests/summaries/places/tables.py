"""Reads the tables of queries and traps. Knows their columns, not the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from summaries.places.finder import find_places
from summaries.places.gazetteer import Gazetteer

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Query:
    """A typed name, and the country ("" for none) and name of the place it must give."""

    typed: str
    country: str
    name: str

    def is_answered(self, gazetteer: Gazetteer) -> bool:
        """Tell whether the first answer is the right place."""
        answer = gazetteer.lookup(self.typed)
        first = answer.place or next(iter(answer.candidates), None)
        return first is not None and (first.country, first.name) == (self.country, self.name)


@dataclass(frozen=True, slots=True)
class Trap:
    """A sentence, its language, and the places in it: (words, country or country.region)."""

    language: str
    sentence: str
    places: tuple[tuple[str, str], ...]

    def is_passed(self, gazetteer: Gazetteer) -> bool:
        """Tell whether just the right places are found, each the right one."""
        found = find_places(self.sentence, gazetteer, self.language)
        return len(found) == len(self.places) and all(
            mention.text == words
            and where in (mention.place.country, f"{mention.place.country}.{mention.place.region}")
            for mention, (words, where) in zip(found, self.places, strict=True)
        )


def _rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def queries() -> list[Query]:
    """Return the table of queries."""
    return [Query(typed, code.strip("-"), name) for typed, code, name in _rows("queries.tsv")]


def traps() -> list[Trap]:
    """Return the table of traps."""
    return [Trap(language, text, _places(cell)) for language, text, cell in _rows("traps.tsv")]


def _places(cell: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.split("=") for part in cell.split(";") if part != "-"]
    return tuple((words.strip(), where.strip()) for words, where in pairs)
