"""Finds the places a text names, and what the text is about. Puts tagger and resolver together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from summaries.places.evidence import Text, doubted, evidence, read_text
from summaries.places.folding import fold
from summaries.places.gazetteer import Gazetteer
from summaries.places.index import Index
from summaries.places.judge import THRESHOLD, probability
from summaries.places.lookup import named
from summaries.places.misread import without_misread
from summaries.places.place import Mention, Place
from summaries.places.prior import Usual
from summaries.places.resolver import Choice, Name, resolve, strongest
from summaries.places.tagger import Span, Tagged, tag, unknown_like
from summaries.places.words import Words, language_of, words_of

# What may stand between a place and the place around it: "Tripoli, dans le nord du Liban".
_APPOSITION = re.compile(
    r"\s*[,(]?\s*(?:(?:in|im|the|of|northern|southern|eastern|western|central|state|province|city"
    r"|capital|dans|en|au|aux|le|la|les|du|de|des|d['’]|l['’]|nord|sud|est|ouest|centre|capitale"
    r"|ville|région|département|province|el|del|norte|sur|este|oeste|provincia|regione|nel|nella"
    r"|della|di|na|no|do|da|von|der|в|на|севере|юге|в провинции|في)\s*)*",
    re.IGNORECASE,
)


def find_places(
    text: str,
    gazetteer: Gazetteer,
    language: str = "",
    *,
    usual: Usual | None = None,
    adjectives: bool = False,
) -> tuple[Mention, ...]:
    """Return the places named in a text, in order, each with how sure we are of it.

    `language` is an ISO 639-1 code or "". `usual` is what the feed's earlier articles named
    (`prior.learned`).
    With `adjectives`, words such as "Syrian" count too. Offsets count code points of `text`.
    """
    index = gazetteer.index
    found = examine(text, gazetteer, language, usual)
    mentions = [
        Mention(text[span.start : span.end], span.start, span.end, choice.place, round(score, 3))
        for span, choice, facts in found.names
        for score in [1.0 if text[span.start] >= _FIRST_FLAG else probability(facts, index)]
        if score >= THRESHOLD
    ]
    if adjectives:
        mentions += [_adjective(text, span, gazetteer) for span in found.adjectives]
        mentions.sort(key=lambda mention: mention.start)
    return tuple(mentions)


# A flag is its country, wherever it stands.
_FIRST_FLAG = "\U0001f1e6"


def _adjective(text: str, span: Span, gazetteer: Gazetteer) -> Mention:
    place = gazetteer.index.place(span.entries[0].row)
    words = text[span.start : span.end]
    return Mention(words, span.start, span.end, place, _ADJECTIVE_SCORE, adjective=True)


_ADJECTIVE_SCORE = 0.3


@dataclass(frozen=True, slots=True)
class Examined:
    """Every name that may be a place, the place it would be, and the evidence; and adjectives."""

    names: tuple[tuple[Span, Choice, dict[str, float]], ...]
    adjectives: tuple[Span, ...]


def examine(
    text: str, gazetteer: Gazetteer, language: str = "", usual: Usual | None = None
) -> Examined:
    """Return every name that may be a place, the place it would be, and the evidence."""
    index = gazetteer.index
    tagged = tag(text, index)
    words = words_of(index)
    language = language or language_of(tagged.tokens, words)
    written = without_misread(tagged, index, words, language)
    spans = [span for span in written if not _hopeless(span, words)]
    tagged = Tagged(tagged.text, tagged.tokens, tuple(spans), tagged.adjectives)
    ready = read_text(tagged, words, language, index)
    counts = Counter(span.key for span in spans)
    chosen = resolve(index, _names(ready), usual)
    sounds = _by_sound(ready, chosen.values(), index)
    chosen |= {span.key: choice for span, choice in sounds}
    names = tuple(
        (span, chosen[span.key], evidence(span, ready, chosen[span.key], counts, usual or {}))
        for span in sorted([*spans, *(span for span, _ in sounds)], key=lambda span: span.start)
    )
    return Examined(names, tagged.adjectives)


def _by_sound(text: Text, chosen: Iterable[Choice], index: Index) -> list[tuple[Span, Choice]]:
    """Return unknown words that sound like a town of a country that the text names."""
    named_countries = frozenset(c.place.country for c in chosen if c.place.kind == "country")
    if not named_countries:
        return []
    return [
        (
            span,
            Choice(index.place(span.entries[0].row), span.entries[0].rank, 1.0, 1.0, within=False),
        )
        for span in unknown_like(text.tagged, index, named_countries)
        if not text.is_everyday(span.key)
    ]


def _hopeless(span: Span, words: Words) -> bool:
    """Tell a word that no evidence makes a place: "Les", "The", "Thursday", "Western"."""
    return span.key in words.never or (span.first == span.last and span.key in words.any_function)


def _names(text: Text) -> list[Name]:
    spans = text.tagged.spans
    around: dict[str, list[str]] = {}
    for span, following in pairwise(spans):
        if _apposed(text.tagged.text, span.end, following.start):
            around.setdefault(span.key, []).append(following.key)
    unique = {span.key: span for span in spans}
    named = [
        Name(
            key,
            strongest(span.entries),
            tuple(dict.fromkeys(around.get(key, ()))),
            _DOUBTED_TRUST if doubted(span, text) else 1.0,
        )
        for key, span in unique.items()
    ]
    hints = {span.key: span for span in text.tagged.adjectives if span.key not in unique}
    return named + [
        Name(key, strongest(span.entries[:1]), (), _HINT_TRUST) for key, span in hints.items()
    ]


def _apposed(text: str, start: int, end: int) -> bool:
    if end - start >= _FAR or not text[start:end].strip():
        return False
    return _APPOSITION.fullmatch(text, start, end) is not None


_FAR = 40
_DOUBTED_TRUST = 0.2
_HINT_TRUST = 0.6


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


def resolve_spans(
    text: str,
    spans: Sequence[tuple[int, int]],
    gazetteer: Gazetteer,
    language: str = "",
    *,
    usual: Usual | None = None,
) -> dict[tuple[int, int], Place]:
    """Return the place of each given span that has one: finding is done, only choosing is asked.

    The spans are resolved together with the places found in the text; unknown names are left out.
    """
    index = gazetteer.index
    found = examine(text, gazetteer, language, usual)
    tagged = tag(text, index)
    known = {(span.start, span.end): span for span in (*tagged.spans, *tagged.adjectives)}
    kept = [span for span, _, facts in found.names if probability(facts, index) >= THRESHOLD]
    mine = {
        span: made
        for span in spans
        if (made := known.get(span) or _given(text, *span, gazetteer)) is not None
    }
    free = [s for s in kept if not any(s.start < end and start < s.end for start, end in spans)]
    together = sorted([*free, *mine.values()], key=lambda span: span.start)
    ready = read_text(
        Tagged(text, tagged.tokens, tuple(together), tagged.adjectives),
        words_of(index),
        language,
        index,
    )
    chosen = resolve(index, _names(ready), usual)
    return {span: chosen[made.key].place for span, made in mine.items()}


def _given(text: str, start: int, end: int, gazetteer: Gazetteer) -> Span | None:
    entries = named(gazetteer.index, text[start:end])
    if not entries:
        return None
    return Span(0, 0, start, end, fold(text[start:end]), tuple(entries))
