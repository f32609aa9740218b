"""Chooses the sentences of a brief; the only file that knows sumy. Knows no chat, no network.

The default method, `dateline`, guesses which words an editor would use (`model`), and takes the
sentences that cover most of them (`selection`) among those that can be read alone (`guard`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np

from summaries import guard, ranking
from summaries.article import Article, Length, Sentence, Summary
from summaries.features import Stem, Text, opens_with_lead
from summaries.model import word_chances
from summaries.selection import BUDGETS, LED, UNTITLED, Budget, Worth, choose
from summaries.sentences import sentences as split_article
from summaries.sentences import words as split_words
from summaries.stems import stemmer
from summaries.together import Sourced, brief_together

__all__ = ["METHODS", "Sourced", "brief_together", "summarize"]

METHODS: tuple[str, ...] = (
    "dateline",
    "lead",
    "lexrank",
    "lsa",
    "textrank",
    "luhn",
    "kl",
    "sumbasic",
    "reduction",
    "edmundson",
)

# How many sentences and words each method reads: sumy's own loops are quadratic in pure Python.
_READS = {"dateline": (500, 20_000), "lead": (500, 20_000), "lexrank": (3_000, 150_000)}
_SUMY_READS = (150, 4_000)

Sumy = Any  # sumy ships no types


def summarize(
    article: Article, length: Length = Length.NORMAL, *, method: str = "dateline"
) -> Summary:
    """Choose verbatim sentences of `article`, in its order.

    Short, normal and long are at most 2, 3 and 5 sentences and 50, 100 and 170 words; only a
    single sentence may be longer. A text within its budget is given whole. ValueError for a
    method that is not one of METHODS.
    """
    if method not in METHODS:
        raise ValueError(f"Unknown method {method!r}: choose one of {', '.join(METHODS)}.")
    every = split_article(article)
    budget = BUDGETS[length]
    if _within(every, budget, article.language):
        return Summary(every, len(every), whole=True)
    read = _read(every, *_READS.get(method, _SUMY_READS))
    document = _document(article, read)
    chosen = _summarizer(method, article)(document, _Count(budget))
    places = {id(shaped): place for place, shaped in enumerate(document.sentences)}
    found = tuple(read[places[id(shaped)]] for shaped in chosen)
    return Summary(found or tuple(read[:1]), len(every))  # a method may find no words it knows


def _within(every: Sequence[Sentence], budget: Budget, language: str) -> bool:
    """Whether the whole article keeps the promise."""
    if len(every) > budget.sentences:
        return False
    return sum(len(split_words(sentence.text, language)) for sentence in every) <= budget.words


def _read(every: Sequence[Sentence], most: int, words: int) -> Sequence[Sentence]:
    """The first sentences, as far as a method reads; words are counted as 6 characters each."""
    ends = accumulate(len(sentence.text) // 6 for sentence in every[:most])
    return every[: max(1, sum(end <= words for end in ends))]


class _Count:
    """A budget as sumy's `sentences_count`: called with all sentences, best rated first."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def __call__(self, rated: Sequence[Sumy]) -> list[Sumy]:
        """The best that fit together; the first always does."""
        taken: list[Sumy] = []
        left = self.budget.words
        for info in rated:
            size = len(info.sentence.words)
            if len(taken) < self.budget.sentences and (size <= left or not taken):
                taken.append(info)
                left -= size
        return taken


class _Words:
    """Our word splitter in the shape of sumy's `Tokenizer`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(split_words(sentence, self.language))


def _document(article: Article, sentences: Sequence[Sentence]) -> Sumy:
    """The article as sumy's document model, the title as its heading."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph  # noqa: PLC0415  0.1 s: it waits
    from sumy.models.dom import Sentence as SumySentence  # noqa: PLC0415

    tokenizer = _Words(article.language)
    paragraphs: dict[int, list[Sumy]] = {}
    for sentence in sentences:
        shaped = SumySentence(sentence.text, tokenizer)
        paragraphs.setdefault(sentence.paragraph, []).append(shaped)
    heading = [SumySentence(article.title, tokenizer, is_heading=True)] if article.title else []
    first, *rest = paragraphs.values() or [[]]
    return ObjectDocumentModel([Paragraph(heading + first), *map(Paragraph, rest)])


class _Dateline:
    """Our own method, a summarizer in sumy's shape (inheriting from sumy's would load NLTK)."""

    def __init__(self, stem: Stem, language: str) -> None:
        self._stem = stem
        self._language = language

    def __call__(self, document: Sumy, sentences_count: _Count) -> tuple[Sumy, ...]:
        sentences = document.sentences
        title = [word for heading in document.headings for word in heading.words]
        words = [sentence.words for sentence in sentences]
        text = Text(words, [str(s) for s in sentences], title, self._stem, self._language)
        return tuple(sentences[place] for place in _chosen(text, sentences_count.budget))


class _Lead:
    """The first sentences, none skipped; a summarizer in sumy's shape."""

    def __call__(self, document: Sumy, sentences_count: _Count) -> tuple[Sumy, ...]:
        budget = sentences_count.budget
        sentences = document.sentences[: budget.sentences]
        ends = accumulate(len(sentence.words) for sentence in sentences)
        fitting = sum(end <= budget.words for end in ends)
        return tuple(sentences[: max(1, fitting)])


def _summarizer(method: str, article: Article) -> Sumy:
    """The summarizer for `method`, with our stemmer and sumy's stop words."""
    stem = stemmer(article.language)
    if method == "dateline":
        return _Dateline(stem, article.language)
    if method == "lead":
        return _Lead()
    summarizer = _classes()[method](stem)
    if method == "edmundson":
        summarizer.null_words = _stop_words(article.language) or {"."}
        summarizer.bonus_words = split_words(article.title, article.language) or {"."}
        summarizer.stigma_words = {"."}
    else:
        summarizer.stop_words = _stop_words(article.language)
    return summarizer


@cache
def _classes() -> dict[str, Sumy]:
    """sumy's summarizers by their methods.

    Importing them takes 0.2 s (they load NLTK): it waits until somebody asks for one.
    """
    from sumy.summarizers.edmundson import EdmundsonSummarizer  # noqa: PLC0415
    from sumy.summarizers.kl import KLSummarizer  # noqa: PLC0415
    from sumy.summarizers.lex_rank import LexRankSummarizer  # noqa: PLC0415
    from sumy.summarizers.lsa import LsaSummarizer  # noqa: PLC0415
    from sumy.summarizers.luhn import LuhnSummarizer  # noqa: PLC0415
    from sumy.summarizers.reduction import ReductionSummarizer  # noqa: PLC0415
    from sumy.summarizers.sum_basic import SumBasicSummarizer  # noqa: PLC0415
    from sumy.summarizers.text_rank import TextRankSummarizer  # noqa: PLC0415

    class LexRank(LexRankSummarizer):  # type: ignore[misc]
        """sumy's LexRank with its matrix built by numpy: the ranking is identical."""

        def __call__(self, document: Sumy, sentences_count: Sumy) -> Sumy:
            with np.errstate(invalid="ignore"):  # sumy divides by nought on two unlike sentences
                return super().__call__(document, sentences_count)

        def _to_words_set(self, sentence: Sumy) -> list[str]:
            """The stems; sumy puts every word in small letters three times."""
            stem, skipped = self._stemmer, self.stop_words
            return [stem(word) for word in map(str.lower, sentence.words) if word not in skipped]

        def _compute_tf(self, sentences: Sumy) -> Sumy:
            """Left to the matrix."""

        def _compute_idf(self, sentences: Sumy) -> Sumy:
            """Left to the matrix."""

        def _create_matrix(self, sentences: Sumy, threshold: float, *_: Sumy) -> ranking.Matrix:
            return ranking.lexrank_matrix(sentences, threshold)

    class Lsa(LsaSummarizer):  # type: ignore[misc]
        """sumy's LSA without its warning about texts with fewer words than sentences."""

        def _create_matrix(self, document: Sumy, dictionary: Sumy) -> Sumy:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return super()._create_matrix(document, dictionary)

    return {
        "lexrank": LexRank,
        "lsa": Lsa,
        "textrank": TextRankSummarizer,
        "luhn": LuhnSummarizer,
        "kl": KLSummarizer,
        "sumbasic": SumBasicSummarizer,
        "reduction": ReductionSummarizer,
        "edmundson": EdmundsonSummarizer,
    }


def _chosen(text: Text, budget: Budget) -> list[int]:
    """The places of the sentences of our own brief; without any that reads alone, of the best."""
    if not text.vocabulary:
        return list(range(min(1, len(text.raw))))
    content = text.content
    units = guard.units(text.raw, content, text.title_content, text.language)
    chances = word_chances(text).tolist()
    led = LED if opens_with_lead(text) else ()
    worth = Worth(text.tokens, chances, budget.horizon, led if text.title_content else UNTITLED)
    everything = [(place,) for place in range(len(text.raw))]
    return choose(
        units or everything, worth, budget, lambda i, j: guard.repeats(content[i], content[j])
    )


@cache
def _stop_words(language: str) -> frozenset[str]:
    from sumy.utils import get_stop_words  # noqa: PLC0415

    try:
        return frozenset(get_stop_words(language))
    except LookupError:
        return frozenset()
