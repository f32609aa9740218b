"""What a feed usually writes about, learnt from its earlier articles. Knows places, not texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from summaries.places.place import Mention


@dataclass(frozen=True, slots=True)
class FeedPrior:
    """How many of a feed's articles named each country ("US"), region ("US.LA") and place (its id).

    An article counts once for each. Small: a feed names few places often, and those that it named
    once long ago are forgotten.
    """

    articles: int = 0
    regions: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    places: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    def share(self, code: str) -> float:
        """Return in what share of the articles a country or region was named, 0 to 1."""
        return self.regions.get(code, 0.0) / (self.articles + _DOUBT)

    def place_share(self, place_id: int) -> float:
        """Return in what share of the articles this very place was named, 0 to 1."""
        return self.places.get(place_id, 0.0) / (self.articles + _DOUBT)


K = TypeVar("K")

# So many articles without any place weigh against the first ones: one article proves little.
_DOUBT = 2.0
_MOST_PLACES = 400


def learned(prior: FeedPrior | None, mentions: Iterable[Mention]) -> FeedPrior:
    """Return the prior after one more article, whose mentions these are."""
    before = prior or FeedPrior()
    places = {mention.place.id: mention.place for mention in mentions}.values()
    codes = {place.country for place in places} | {
        f"{place.country}.{place.region}" for place in places if place.region
    }
    return FeedPrior(
        before.articles + 1,
        MappingProxyType(_added(before.regions, codes - {""})),
        MappingProxyType(_added(before.places, {place.id for place in places})),
    )


def _added(counts: Mapping[K, float], keys: Iterable[K]) -> dict[K, float]:
    total = Counter(counts)
    total.update(dict.fromkeys(keys, 1.0))
    return dict(total.most_common(_MOST_PLACES))
