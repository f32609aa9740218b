"""Centrality of sentences in numpy: the matrix step of LexRank. Knows words, not articles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Words = Sequence[str]

_NEAR = 1e-9  # sums taken in another order differ by less than this
_FREQUENT = 0.02  # words in more than this share of sentences go through one matrix product


def lexrank_matrix(sentences: Sequence[Words], threshold: float) -> Matrix:
    """The row-normalised graph of similar sentences, as sumy's `LexRankSummarizer` builds it.

    `sentences` holds the stems of each. Cell (i, j) is 1/degree(i) where the idf-modified cosine
    exceeds `threshold`, else 0 (Erkan and Radev 2004, "LexRank"). Every cell is equal to sumy's,
    bit for bit: pairs too near the threshold to tell are computed again in sumy's own order.
    Memory: two n x n matrices of doubles.
    """
    frequencies = [_term_frequencies(words) for words in sentences]
    idf = _idf(frequencies)
    graph = _cosines(frequencies, idf)
    for i, j in np.argwhere(np.abs(graph - threshold) < _NEAR):
        graph[i, j] = _sumy_cosine(sentences[i], sentences[j], frequencies[i], frequencies[j], idf)
    np.greater(graph, threshold, out=graph)
    degrees = graph.sum(axis=1, keepdims=True)
    graph /= np.maximum(degrees, 1)
    return graph


def _term_frequencies(words: Words) -> dict[str, float]:
    counts = Counter(words)
    most = max(counts.values(), default=1)
    return {word: count / most for word, count in counts.items()}


def _idf(frequencies: Sequence[dict[str, float]]) -> dict[str, float]:
    documents = Counter(word for sentence in frequencies for word in sentence)
    total = len(frequencies)
    return {word: math.log(total / (1 + count)) for word, count in documents.items()}


def _cosines(frequencies: Sequence[dict[str, float]], idf: dict[str, float]) -> Matrix:
    """All pairwise cosines; rare words as small outer products, frequent ones as one product."""
    count = len(frequencies)
    rows = [{word: tf * idf[word] for word, tf in sentence.items()} for sentence in frequencies]
    norms = np.array([math.sqrt(sum(w * w for w in row.values())) for row in rows])
    postings: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        for word in row:
            postings.setdefault(word, []).append(i)
    dots = np.zeros((count, count))
    columns = []
    for word, places in postings.items():
        weights = np.array([rows[i][word] for i in places])
        if len(places) > max(8, _FREQUENT * count):
            column = np.zeros(count)
            column[places] = weights
            columns.append(column)
        elif len(places) > 1:
            dots[np.ix_(places, places)] += np.outer(weights, weights)
        else:
            dots[places[0], places[0]] += weights[0] * weights[0]
    dense = np.array(columns).reshape(len(columns), count)
    dots += dense.T @ dense
    scale = np.divide(1, norms, out=np.zeros(count), where=norms > 0)
    dots *= scale
    dots *= scale[:, None]
    return dots


def _sumy_cosine(
    words1: Words,
    words2: Words,
    tf1: dict[str, float],
    tf2: dict[str, float],
    idf: dict[str, float],
) -> float:
    """sumy's `cosine_similarity`, sums in the same order: the judge of pairs at the threshold."""
    unique1, unique2 = frozenset(words1), frozenset(words2)
    shared = 0.0
    for word in unique1 & unique2:
        shared += tf1[word] * tf2[word] * idf[word] ** 2
    norm1 = sum((tf1[word] * idf[word]) ** 2 for word in unique1)
    norm2 = sum((tf2[word] * idf[word]) ** 2 for word in unique2)
    if norm1 <= 0 or norm2 <= 0:
        return 0.0
    return shared / (math.sqrt(norm1) * math.sqrt(norm2))
