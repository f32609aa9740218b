"""The word lists of the pack, as sets: function words, titles, given names. Knows no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from summaries.places.folding import Token
from summaries.places.index import Index


@dataclass(frozen=True, slots=True)
class Words:
    """Folded words. Those by language are keyed by ISO 639-1 code."""

    before: Mapping[str, frozenset[str]]
    function: Mapping[str, frozenset[str]]
    common: Mapping[str, frozenset[str]]
    any_function: frozenset[str]
    any_common: frozenset[str]
    titles: frozenset[str]
    org_after: frozenset[str]
    civic_after: frozenset[str]
    thing_after: frozenset[str]
    parties: frozenset[str]
    kin: frozenset[str]
    works: frozenset[str]
    locative: frozenset[str]
    listing: frozenset[str]
    compass: frozenset[str]
    org_before: frozenset[str]
    never: frozenset[str]
    given: frozenset[str]
    family: frozenset[str]


@lru_cache(maxsize=4)
def words_of(index: Index) -> Words:
    """Return the word lists of a pack (read once)."""
    table = index.table("words")
    function, common = _by_language(table["function"]), _by_language(table["common"])
    return Words(
        before=_by_language(table["before"]),
        function=function,
        common=common,
        any_function=frozenset().union(*function.values()),
        any_common=frozenset().union(*common.values()),
        titles=frozenset(table["titles"]),
        org_after=frozenset(table["org_after"]),
        civic_after=frozenset(table["civic_after"]),
        thing_after=frozenset(table["thing_after"]),
        parties=frozenset(table["parties"]),
        kin=frozenset(table["kin"]),
        works=frozenset(table["works"]),
        locative=frozenset(table["locative"]),
        listing=frozenset(table["listing"]),
        compass=frozenset(table["compass"]),
        org_before=frozenset(table["org_before"]),
        never=frozenset(table["never"]),
        given=frozenset(table["given_names"]),
        family=frozenset(table["family_names"]),
    )


def _by_language(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in table.items()}


def language_of(tokens: Iterable[Token], words: Words) -> str:
    """Return the language whose function words are most among these, or "" if none is."""
    folded = [token.folded for token in tokens]
    counts = {code: sum(map(known.__contains__, folded)) for code, known in words.function.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else ""
