"""How alike two articles are as reports of one event. Knows words, names, numbers; no times.

The same event told in two languages shares few words, but it shares names, numbers and places,
and words of one root ("magnitude"); so all of these count, in one vector an article.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summaries.article import Article
from summaries.numbers import numbers
from summaries.sentences import words
from summaries.tables import table

Places = Callable[[Article], Mapping[str, int]]
"""The places an article names: the name as written -> the place's id, the same in any language."""
Vector = Mapping[str, float]
Weights = NDArray[np.float64]
Posting = tuple[NDArray[np.intp], Weights]

HEAD = 900
"""Characters of the text that are looked at: news says first who, what, where and when."""
_LEAST = 0.02  # less is not looked at
_ROOTS = "root "
_SHORTEST_NAME, _SHORTEST = 3, 4  # letters
_SHORTEST_CASELESS = 2  # Chinese and its like come in pairs of characters
_ROOT = 5  # letters that words of one root share across languages
_NAME, _NUMBER, _WORD = 1.5, 1.5, 1.0  # how much a feature counts
_SHORT_NUMBER = 0.75  # one digit says little
_HALF = math.sqrt(0.5)  # a place counts once, though both its name and its id are there
_COMMON = 20  # articles: a feature in more of them, and in more than a tenth, tells none apart


def no_places(_: Article) -> Mapping[str, int]:
    """Say that no place is known."""
    return {}


class Likeness(NamedTuple):  # made for every pair: a tuple is made in half the time of a dataclass
    """How alike the articles at places `one` < `other` are.

    `value` is the cosine of their TF-IDF vectors (Salton and Buckley 1988), above 0 and at most 1;
    `particulars` counts the names, numbers and places that both have.
    """

    one: int
    other: int
    value: float
    particulars: int


def likenesses(articles: Sequence[Article], places: Places = no_places) -> Iterator[Likeness]:
    """Yield how alike any two articles are that have more than next to nothing in common."""
    vectors = _weighted([features(article, places(article)) for article in articles])
    postings = _postings(vectors)
    for place, vector in enumerate(vectors):
        shared = [feature for feature in vector if feature in postings]
        particular = [feature for feature in shared if not feature.startswith(_ROOTS)]
        values = _sums([(postings[f][0], postings[f][1] * vector[f]) for f in shared], place)
        counts = _sums(
            [(holders := postings[f][0], np.ones(len(holders))) for f in particular], place
        )
        for other in np.flatnonzero(values > _LEAST).tolist():
            yield Likeness(other, place, float(values[other]), int(counts[other]))


def _postings(vectors: Sequence[Vector]) -> dict[str, Posting]:
    """Each feature that articles share -> which ones have it, and its weight in each."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, vector in enumerate(vectors):
        for feature in vector:
            holders[feature].append(place)
    return {
        feature: (np.array(having), np.array([vectors[place][feature] for place in having]))
        for feature, having in holders.items()
        if len(having) > 1
    }


def _sums(postings: Sequence[Posting], size: int) -> Weights:
    """The sum of the weights of each article before place `size`."""
    if not postings:
        return np.zeros(size)
    having = np.concatenate([holders for holders, _ in postings])
    weights = np.concatenate([weights for _, weights in postings])
    return np.bincount(having, weights, size)[:size].astype(np.float64, copy=False)


def _weighted(counted: Sequence[Vector]) -> list[Vector]:
    """With what is rare in these articles counting most; each vector of length 1."""
    total = len(counted)
    spread = Counter(feature for vector in counted for feature in vector)
    most = max(_COMMON, total // 10)
    rarity = {
        feature: math.log(1 + total / count) for feature, count in spread.items() if count <= most
    }
    return [
        _unit(
            {
                feature: weight * rarity[feature]
                for feature, weight in vector.items()
                if feature in rarity
            }
        )
        for vector in counted
    ]


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {feature: weight / length for feature, weight in vector.items()}


def features(article: Article, places: Mapping[str, int]) -> Vector:
    """Return what the title and the head of an article say, each feature with its weight."""
    text = f"{article.title}\n{article.text[:HEAD]}"
    found = {**_of_words(text, article.language), **_of_numbers(text, article.language)}
    for name, place in places.items():
        for word in words(name, article.language):
            if (feature := f"name {fold(word)}") in found:
                found[feature] = _NAME * _HALF
        found[f"place {place}"] = _NAME * _HALF
    return found


def _of_words(text: str, language: str) -> dict[str, float]:
    written = words(text, language)
    small = {word for word in written if word[0].islower()}
    common = _common(language)
    counts: Counter[str] = Counter()
    for word in written:
        if word.lower() in common:
            continue
        if word[0].isupper() and len(word) >= _SHORTEST_NAME and word.lower() not in small:
            counts[f"name {fold(word)}"] += 1
        elif len(word) >= (_SHORTEST if word.lower() != word.upper() else _SHORTEST_CASELESS):
            counts[f"{_ROOTS}{fold(word)[:_ROOT]}"] += 1
    return {
        feature: (_WORD if feature.startswith(_ROOTS) else _NAME) * (1 + math.log(count))
        for feature, count in counts.items()
    }


def _of_numbers(text: str, language: str) -> dict[str, float]:
    return {
        f"number {value:.12g}": _SHORT_NUMBER if value in range(10) else _NUMBER
        for value in numbers(text, language)
    }


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """The word in small letters without accents."""
    apart = unicodedata.normalize("NFKD", word.lower())
    return "".join(char for char in apart if not unicodedata.combining(char))


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(table("languages")["common"].get(language, "").split())
