"""Centrality of sentences in numpy: the matrix step of LexRank. Knows words, not articles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.intp]
Words = Sequence[str]

_NEAR = 1e-5  # single precision errs by less than this in a sum of 600 words, the most there are
_FREQUENT = 0.02  # words in more than this share of sentences go through one matrix product
_JUDGED = 50_000  # pairs computed again: a real text has dozens, a hostile one millions
_PAIRS = 1_000_000  # added at once: bounds the memory


def lexrank_matrix(sentences: Sequence[Words], threshold: float) -> Matrix:
    """The row-normalised graph of similar sentences, as sumy's `LexRankSummarizer` builds it.

    `sentences` holds the stems of each. Cell (i, j) is 1/degree(i) where the idf-modified cosine
    exceeds `threshold`, else 0 (Erkan and Radev 2004, "LexRank"). Every cell is equal to sumy's,
    bit for bit: pairs too near the threshold to tell are computed again in sumy's own order.
    Memory: an n x n matrix of doubles, or two of singles.
    """
    similar = _similar(sentences, threshold)
    degrees = np.maximum(similar.sum(axis=1), 1)
    graph: Matrix = similar * (1 / degrees)[:, None]
    return graph


def _similar(sentences: Sequence[Words], threshold: float) -> Flags:
    """Which pairs of sentences have a cosine above the threshold."""
    counts = [Counter(words) for words in sentences]
    cosines = _cosines(_terms(counts))
    above: Flags = cosines > threshold
    near = cosines > threshold - _NEAR
    near &= cosines < threshold + _NEAR
    if near.any():
        idf = _idf(counts)
        for i, j in np.argwhere(near)[:_JUDGED].tolist():
            exact = _sumy_cosine(sentences[i], sentences[j], counts[i], counts[j], idf)
            above[i, j] = exact > threshold
    return above


@dataclass(frozen=True)
class _Terms:
    """The words of the sentences, each once a sentence, in the order of the text.

    Word `words[k]` has the weight `weights[k]` in sentence `places[k]`; the squares of a sentence's
    weights add up to 1, or to 0. `spread` says in how many sentences each word is.
    """

    places: Numbers
    words: Numbers
    weights: Singles
    spread: Numbers
    sentences: int


def _terms(counts: Sequence[Counter[str]]) -> _Terms:
    size = len(counts)
    numbers: dict[str, int] = {}
    words = np.array(
        [numbers.setdefault(word, len(numbers)) for count in counts for word in count],
        dtype=np.intp,
    )
    places = np.repeat(np.arange(size), [len(count) for count in counts])
    times = np.array([times for count in counts for times in count.values()], dtype=float)
    most = np.array([max(count.values(), default=1) for count in counts], dtype=float)
    spread = np.bincount(words, minlength=len(numbers))
    weights = times / most[places] * np.log(size / (1 + spread))[words]
    norms = np.sqrt(np.bincount(places, weights * weights, minlength=size))
    norms[norms == 0] = 1
    weights /= norms[places]
    return _Terms(places, words, weights.astype(np.float32), spread, size)


def _cosines(terms: _Terms) -> Singles:
    """All pairwise cosines: frequent words as one product, rare ones pair by pair."""
    limit = int(max(8, _FREQUENT * terms.sentences))
    cosines = _product_of_frequent(terms, limit)
    cells = cosines.reshape(-1)
    for places, weights in _postings(terms, limit):
        pairs = places[:, :, None] * terms.sentences + places[:, None, :]
        np.add.at(cells, pairs.ravel(), (weights[:, :, None] * weights[:, None, :]).ravel())
    return cosines


def _product_of_frequent(terms: _Terms, limit: int) -> Singles:
    """The part of the cosines that words in more than `limit` sentences make."""
    frequent = np.flatnonzero(terms.spread > limit)
    columns = np.full(len(terms.spread), -1)
    columns[frequent] = np.arange(len(frequent))
    column = columns[terms.words]
    chosen = column >= 0
    dense = np.zeros((terms.sentences, len(frequent)), dtype=np.float32)
    dense[terms.places[chosen], column[chosen]] = terms.weights[chosen]
    product: Singles = dense @ dense.T
    return product


def _postings(terms: _Terms, limit: int) -> Iterator[tuple[Numbers, Singles]]:
    """(sentences, weights) of the other words, as words x k for those in k sentences."""
    by_word = np.argsort(terms.words, kind="stable")
    starts = np.cumsum(terms.spread) - terms.spread
    for k in range(1, limit + 1):
        alike = np.flatnonzero(terms.spread == k)
        step = max(1, _PAIRS // k**2)
        for first in range(0, len(alike), step):
            chosen = by_word[starts[alike[first : first + step]][:, None] + np.arange(k)]
            yield terms.places[chosen], terms.weights[chosen]


def _idf(counts: Sequence[Counter[str]]) -> dict[str, float]:
    spread = Counter(word for count in counts for word in count)
    return {word: math.log(len(counts) / (1 + times)) for word, times in spread.items()}


def _sumy_cosine(
    words1: Words,
    words2: Words,
    counts1: Counter[str],
    counts2: Counter[str],
    idf: Mapping[str, float],
) -> float:
    """sumy's `cosine_similarity`, sums in the same order: the judge of pairs at the threshold."""
    tf1, tf2 = _term_frequencies(counts1), _term_frequencies(counts2)
    unique1, unique2 = frozenset(words1), frozenset(words2)
    shared = 0.0
    for word in unique1 & unique2:
        shared += tf1[word] * tf2[word] * idf[word] ** 2
    norm1 = sum((tf1[word] * idf[word]) ** 2 for word in unique1)
    norm2 = sum((tf2[word] * idf[word]) ** 2 for word in unique2)
    if norm1 <= 0 or norm2 <= 0:
        return 0.0
    return shared / (math.sqrt(norm1) * math.sqrt(norm2))


def _term_frequencies(counts: Counter[str]) -> dict[str, float]:
    most = max(counts.values())
    return {word: count / most for word, count in counts.items()}
