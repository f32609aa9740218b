"""Chooses the sentences of a brief; the only file that knows sumy. Knows no chat, no network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import Stemmer

from summaries import ranking
from summaries.article import Article, Length, Sentence, Summary
from summaries.sentences import sentences as split_article
from summaries.sentences import words as split_words

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


@dataclass(frozen=True, slots=True)
class Budget:
    """The promise of a length: at most so many sentences and words; one sentence always fits."""

    sentences: int
    words: int


BUDGETS = {
    Length.SHORT: Budget(2, 50),
    Length.NORMAL: Budget(3, 100),
    Length.LONG: Budget(5, 170),
}

# sumy's own loops are quadratic in pure Python (0.14 s for 100 sentences): they read this far.
_CAPS = {"lexrank": 3_000, "dateline": 3_000, "lead": 3_000}
_SUMY_CAP = 200


def summarize(
    article: Article, length: Length = Length.NORMAL, *, method: str = "dateline"
) -> Summary:
    """Choose verbatim sentences of `article`, in its order.

    Short, normal and long are at most 2, 3 and 5 sentences and 50, 100 and 170 words; only a
    single sentence may be longer. A text within its budget is given whole. ValueError for a
    method that is not one of METHODS.
    """
    if method not in METHODS:
        raise ValueError(f"Unknown method {method!r}; choose one of {', '.join(METHODS)}.")
    sentences = split_article(article)
    budget = BUDGETS[length]
    sizes = [len(split_words(s.text, article.language)) for s in sentences]
    if len(sentences) <= budget.sentences and sum(sizes) <= budget.words:
        return Summary(sentences, len(sentences), whole=True)
    order = _ranked(article, sentences[: _CAPS.get(method, _SUMY_CAP)], method)
    chosen = sorted(_within(budget, order, sizes))
    return Summary(tuple(sentences[i] for i in chosen), len(sentences))


def _within(budget: Budget, order: Iterable[int], sizes: Sequence[int]) -> list[int]:
    """The best sentences that fit together; the first always does."""
    chosen: list[int] = []
    left = budget.words
    for i in order:
        if len(chosen) < budget.sentences and (not chosen or sizes[i] <= left):
            chosen.append(i)
            left -= sizes[i]
    return chosen


def _ranked(article: Article, sentences: Sequence[Sentence], method: str) -> Sequence[int]:
    """Places in `sentences`, best first, as `method` rates them."""
    if method in {"lead", "dateline"}:
        return range(len(sentences))
    order: list[int] = []

    def note(infos: Sequence[Any]) -> Sequence[Any]:
        order.extend(info.order for info in infos)
        return infos

    # A callable count is sumy's own hook: it receives every sentence, best rated first.
    _summarizer(method, article)(_document(article, sentences), note)
    return order


class _Words:
    """Our word splitter in the shape of sumy's `Tokenizer`."""

    def __init__(self, language: str) -> None:
        self._language = language

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(split_words(sentence, self._language))


def _document(article: Article, sentences: Sequence[Sentence]) -> Any:
    """The article as sumy's document model, the title as its heading."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph  # noqa: PLC0415 - see _summarizer
    from sumy.models.dom import Sentence as SumySentence  # noqa: PLC0415

    tokenizer = _Words(article.language)
    paragraphs: dict[int, list[Any]] = {}
    for sentence in sentences:
        shaped = SumySentence(sentence.text, tokenizer)
        paragraphs.setdefault(sentence.paragraph, []).append(shaped)
    heading = [SumySentence(article.title, tokenizer, is_heading=True)] if article.title else []
    first, *rest = paragraphs.values()
    return ObjectDocumentModel([Paragraph(heading + first), *map(Paragraph, rest)])


def _summarizer(method: str, article: Article) -> Any:
    """sumy's summarizer for `method`, with our stemmer and sumy's stop words.

    sumy takes 0.3 s to import (NLTK, requests): it waits for the first brief.
    """
    summarizer = _classes()[method](stemmer(article.language))
    stop_words = _stop_words(article.language)
    if method == "edmundson":
        summarizer.null_words = stop_words or {"."}
        summarizer.bonus_words = split_words(article.title, article.language) or {"."}
        summarizer.stigma_words = {"."}
    else:
        summarizer.stop_words = stop_words
    return summarizer


@cache
def _classes() -> dict[str, Any]:
    from sumy.summarizers.edmundson import EdmundsonSummarizer  # noqa: PLC0415
    from sumy.summarizers.kl import KLSummarizer  # noqa: PLC0415
    from sumy.summarizers.lex_rank import LexRankSummarizer  # noqa: PLC0415
    from sumy.summarizers.lsa import LsaSummarizer  # noqa: PLC0415
    from sumy.summarizers.luhn import LuhnSummarizer  # noqa: PLC0415
    from sumy.summarizers.reduction import ReductionSummarizer  # noqa: PLC0415
    from sumy.summarizers.sum_basic import SumBasicSummarizer  # noqa: PLC0415
    from sumy.summarizers.text_rank import TextRankSummarizer  # noqa: PLC0415

    class FastLexRank(LexRankSummarizer):  # type: ignore[misc] # sumy ships no types
        """sumy's LexRank with its matrix built by numpy; the ranking is identical."""

        def _compute_tf(self, sentences: Any) -> Any:
            return None

        def _compute_idf(self, sentences: Any) -> Any:
            return None

        def _create_matrix(self, sentences: Any, threshold: float, *_metrics: Any) -> Any:
            return ranking.lexrank_matrix(sentences, threshold)

    return {
        "lexrank": FastLexRank,
        "lsa": LsaSummarizer,
        "textrank": TextRankSummarizer,
        "luhn": LuhnSummarizer,
        "kl": KLSummarizer,
        "sumbasic": SumBasicSummarizer,
        "reduction": ReductionSummarizer,
        "edmundson": EdmundsonSummarizer,
    }


_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "es": "spanish", "et": "estonian", "eu": "basque",
    "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "nb": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


def stemmer(language: str) -> Callable[[str], str]:
    """The Snowball stemmer of `language`, or lower-casing where there is none."""
    name = _STEMMERS.get(language)
    stem: Callable[[str], str] = Stemmer.Stemmer(name).stemWord if name else str.lower
    return stem


@cache
def _stop_words(language: str) -> frozenset[str]:
    from sumy.utils import get_stop_words  # noqa: PLC0415

    try:
        return frozenset(get_stop_words(language))
    except LookupError:
        return frozenset()
