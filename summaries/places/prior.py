"""What a feed usually writes about, learnt from its earlier articles. Knows places, not texts.

It is a plain table: the id of a place -> how many of the feed's earlier articles named it. What
counts is each country's and region's share of the table, so it says much for a local paper, and
next to nothing for a feed that writes about the whole world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from summaries.places.index import Index
from summaries.places.place import Mention

Usual = Mapping[int, float]

# So many places of nowhere weigh against the first ones: one article proves little.
_DOUBT = 2.0
_MOST_PLACES = 400


def learned(usual: Usual | None, mentions: Iterable[Mention]) -> Usual:
    """Return the table after one more article, whose mentions these are.

    An article counts once for each place. What was named once long ago is forgotten.
    """
    counts = Counter(dict(usual or {}))
    counts.update({mention.place.id for mention in mentions if mention.place.country})
    return MappingProxyType(dict(counts.most_common(_MOST_PLACES)))


@dataclass(frozen=True, slots=True)
class Shares:
    """What share of a feed's places each country, region and place has, 0 to 1, for some rows."""

    country: NDArray[np.float64]
    region: NDArray[np.float64]
    place: NDArray[np.float64]


def shares(usual: Usual, index: Index, rows: NDArray[np.intp]) -> Shares:
    """Return the shares of the countries, the regions and the places of some rows of the pack."""
    ids, counts = np.array(list(usual)), np.array(list(usual.values()), dtype=float)
    known, at = index.rows_of(ids)
    weights = counts[known] / (counts[known].sum() + _DOUBT)
    return Shares(
        _share(index.country_code[at], weights, index.country_code[rows]),
        _share(index.region_codes(at), weights, index.region_codes(rows)),
        _share(at, weights, rows),
    )


def _share(
    codes: NDArray[np.integer], weights: NDArray[np.float64], wanted: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the summed weight of each wanted code; code 0 (no country, no region) has none."""
    table: dict[int, float] = {}
    for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
        table[code] = table.get(code, 0.0) + weight
    return np.array([table.get(code, 0.0) if code else 0.0 for code in wanted.tolist()])
