"""What can be counted about each word of one text. Knows words and sentences, no language rules.

Every feature exists in every language: no word lists, no embeddings. A missing title gives zeros
and says so in `titled`, so that no feature ranks a signal that is not there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Numbers = NDArray[np.intp]
Stem = Callable[[str], str]

_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"")
_LEAD_IN_TITLE = 3 / 8  # of the title's content words
_LEAD_LEAST = 25  # words
CONTENT = 4  # characters: shorter words are mostly articles and prepositions


@dataclass(frozen=True)
class Text:
    """One text as words: `sentences` as written, their `raw` strings, the words of the title."""

    sentences: Sequence[Sequence[str]]
    raw: Sequence[str]
    title: Sequence[str]
    stem: Stem
    language: str = ""

    @cached_property
    def lowered(self) -> list[list[str]]:
        """The sentences in lower case."""
        return [[word.lower() for word in sentence] for sentence in self.sentences]

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Each lower-case word and its number, in order of appearance."""
        unique = dict.fromkeys(chain.from_iterable(self.lowered))
        return dict(zip(unique, count()))

    @cached_property
    def tokens(self) -> list[list[int]]:
        """The numbers of the words of each sentence."""
        number = self.vocabulary.__getitem__
        return [list(map(number, sentence)) for sentence in self.lowered]

    @cached_property
    def stems(self) -> list[str]:
        """The stem of each word of the vocabulary."""
        return list(map(self.stem, self.vocabulary))

    @cached_property
    def content(self) -> list[frozenset[str]]:
        """The stems of the longer words of each sentence: what it is about."""
        stems = [
            stem if len(word) >= CONTENT else ""
            for word, stem in zip(self.vocabulary, self.stems, strict=True)
        ]
        return [frozenset(map(stems.__getitem__, row)) - {""} for row in self.tokens]

    @cached_property
    def title_content(self) -> frozenset[str]:
        """The stems of the longer words of the title."""
        return frozenset(self.stem(word.lower()) for word in self.title if len(word) >= CONTENT)


def opens_with_lead(text: Text) -> bool:
    """Whether the first sentence looks like a lead: it says what the title says, and more."""
    if not text.title_content or not text.content:
        return False
    shared = len(text.content[0] & text.title_content)
    enough = shared >= _LEAD_IN_TITLE * len(text.title_content)
    return enough and len(text.sentences[0]) >= _LEAD_LEAST


@dataclass(frozen=True)
class _Occurrences:
    """Where the members of a group (words, or stems) occur."""

    count: Vector
    first: Vector
    last: Vector
    sentences: Vector


def word_features(text: Text) -> dict[str, Vector]:
    """Name -> one number for each word of `text.vocabulary`."""
    vocabulary = list(text.vocabulary)
    ids = np.array(list(chain.from_iterable(text.tokens)), dtype=np.intp)
    places = np.repeat(np.arange(len(text.tokens)), [len(row) for row in text.tokens])
    total, words = len(text.tokens), len(ids)
    stems = text.stems
    numbers: dict[str, int] = {}
    stem_of = np.array([numbers.setdefault(stem, len(numbers)) for stem in stems], dtype=np.intp)
    word = _occurrences(ids, places, len(vocabulary))
    stem = _occurrences(stem_of[ids], places, len(numbers))
    length = np.array(list(map(len, vocabulary)), dtype=float)
    content = (length >= CONTENT).astype(float)
    capital = _capitals(text, ids, word.count)
    titles = {w.lower() for w in text.title}
    title_stems = {text.stem(w) for w in titles}
    in_title = np.array([w in titles for w in vocabulary], dtype=float)
    stem_in_title = np.array([s in title_stems for s in stems], dtype=float)
    titled = float(bool(titles))
    near_start = 1 / (1 + word.first)
    log_count = np.log(word.count)
    stem_sentences = np.log(stem.sentences)[stem_of]
    return {
        "log_count": log_count,
        "log_share": np.log(word.count / words),
        "sentence_share": word.sentences / total,
        "stem_log_count": np.log(stem.count)[stem_of],
        "stem_sentence_share": stem.sentences[stem_of] / total,
        "stem_log_sentences": stem_sentences,
        "near_start": near_start,
        "log_first": np.log1p(word.first),
        "in_first": word.first == 0,
        "in_second": word.first == 1,
        "spread": (word.last - word.first) / total,
        "one_letter": length == 1,
        "two_letters": length == 2,
        "three_letters": length == 3,
        "number": np.array([w[0].isdigit() for w in vocabulary]),
        "capital": capital,
        "name_near_start": capital * near_start,
        "quoted": _mean_over(_quoted_shares(text.raw), ids, places, word.count),
        "content_sentences": content * stem_sentences,
        "in_title": in_title,
        "stem_in_title": stem_in_title,
        "content_in_title": content * in_title,
        "title_count": in_title * log_count,
        "titled": np.full(len(vocabulary), titled),
        "titled_near_start": titled * near_start,
        "log_sentences": np.full(len(vocabulary), math.log(total)),
        "log_words": np.full(len(vocabulary), math.log(words)),
    }


def _occurrences(ids: Numbers, places: Numbers, size: int) -> _Occurrences:
    last = np.zeros(size)
    last[ids] = places  # later assignments win
    first = np.zeros(size)
    first[ids[::-1]] = places[::-1]
    total = int(places[-1]) + 1
    seen = np.zeros((size, total), dtype=bool)
    seen[ids, places] = True
    count = np.bincount(ids, minlength=size).astype(float)
    return _Occurrences(count, first, last, seen.sum(axis=1).astype(float))


def _capitals(text: Text, ids: Numbers, counts: Vector) -> Vector:
    """The share of a word's occurrences with a capital, sentence openings left out."""
    flags = np.array([word[0].isupper() for sentence in text.sentences for word in sentence])
    lengths = [len(sentence) for sentence in text.sentences if sentence]
    flags[np.cumsum([0, *lengths[:-1]])] = False
    return np.bincount(ids, weights=flags, minlength=len(counts)) / counts


def _quoted_shares(raw: Sequence[str]) -> Vector:
    """How much of each sentence stands in quotation marks, 0 to 1."""
    return np.array([sum(map(len, _QUOTED.findall(t))) / max(1, len(t)) for t in raw])


def _mean_over(values: Vector, ids: Numbers, places: Numbers, counts: Vector) -> Vector:
    return np.bincount(ids, weights=values[places], minlength=len(counts)) / counts
