"""Finds the places a text names, and what the text is about. Puts tagger and resolver together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from summaries.places.gazetteer import Gazetteer
from summaries.places.place import Mention, Place
from summaries.places.prior import FeedPrior
from summaries.places.resolver import Choice, Name, candidates, resolve
from summaries.places.tagger import Span, Tagged, tag

_APPOSITION = re.compile(
    r"\s*[,(]\s*|\s+(?:in|en|au|aux|of|de|di|в|في)\s+(?:the |la |le |les |l['’])?"
)


def find_places(
    text: str, gazetteer: Gazetteer, language: str = "", *, prior: FeedPrior | None = None
) -> tuple[Mention, ...]:
    """Return the places named in a text, in order, each with how sure we are of it.

    `language` is an ISO 639-1 code or "". `prior` is what the feed's earlier articles were about.
    Offsets count code points of `text`.
    """
    tagged = tag(text, gazetteer.index)
    names = _names(tagged, gazetteer)
    chosen = resolve(names, prior)
    return tuple(
        Mention(text[span.start : span.end], span.start, span.end, choice.place, _score(choice))
        for span in tagged.spans
        for choice in [chosen[span.key]]
    )


def _names(tagged: Tagged, gazetteer: Gazetteer) -> list[Name]:
    around: dict[str, list[str]] = {}
    for span, following in zip(tagged.spans, tagged.spans[1:], strict=False):
        if _APPOSITION.fullmatch(tagged.text, span.end, following.start):
            around.setdefault(span.key, []).append(following.key)
    unique = {span.key: span for span in tagged.spans}
    return [_name(span, around.get(key, []), gazetteer) for key, span in unique.items()]


def _name(span: Span, around: Sequence[str], gazetteer: Gazetteer) -> Name:
    return Name(span.key, candidates(gazetteer.index, span.entries), tuple(dict.fromkeys(around)))


def _score(choice: Choice) -> float:
    return round(min(1.0, max(0.05, choice.margin / 3)), 3)


@dataclass(frozen=True, slots=True)
class Focus:
    """What an article is about: the places, the weightiest first, and each one's share (sum 1)."""

    places: tuple[Place, ...]
    shares: tuple[float, ...]


def focus(mentions: Iterable[Mention]) -> Focus:
    """Return what an article is about, as against what it merely mentions.

    A mention weighs more the earlier it comes; a place needs a quarter of the weightiest's share.
    """
    weights: dict[int, float] = {}
    places: dict[int, Place] = {}
    for order, mention in enumerate(mentions):
        places[mention.place.id] = mention.place
        weights[mention.place.id] = weights.get(mention.place.id, 0.0) + _weight(order, mention)
    ranked = sorted(weights.items(), key=lambda item: -item[1])
    kept = [(key, weight) for key, weight in ranked if weight >= ranked[0][1] / 4]
    total = sum(weight for _, weight in kept) or 1.0
    return Focus(
        tuple(places[key] for key, _ in kept),
        tuple(round(weight / total, 4) for _, weight in kept),
    )


def _weight(order: int, mention: Mention) -> float:
    return mention.score * (1 + 2 / (1 + order))
