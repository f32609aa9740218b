"""Our LexRank matrix against sumy's own code, ties included."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sumy.summarizers.lex_rank import LexRankSummarizer

from summaries import extractive, ranking
from summaries.article import Article
from summaries.clean import clean
from summaries.ranking import lexrank_matrix
from summaries.sentences import sentences
from summaries.stems import stemmer

DATA = Path(__file__).parents[3] / "shared" / "data" / "summaries"


def _ranking(summarizer: Any, article: Article) -> list[tuple[int, str]]:  # noqa: ANN401  sumy's
    rated: list[tuple[int, str]] = []

    def note(infos: list[Any]) -> list[Any]:
        rated.extend((info.order, repr(info.rating)) for info in infos)
        return infos

    summarizer(extractive._document(article, sentences(article)), note)
    return rated


def _same(article: Article) -> bool:
    stem = stemmer(article.language)
    ours = _ranking(extractive._classes()["lexrank"](stem), article)
    return ours == _ranking(LexRankSummarizer(stem), article)


def test_the_ranking_and_the_scores_equal_those_of_sumy() -> None:
    text = "The cat sat on the mat. A cat ran to the dog. The dog sat. Birds sing. The dog sat."
    assert _same(clean(text, language="en"))


def test_equal_sentences_tie_as_they_do_in_sumy() -> None:
    assert _same(Article("", ("The cat sat on the mat.",) * 7 + ("A dog ran.",) * 5, "en"))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_sentences_equal_sumy(count: int) -> None:
    with np.errstate(invalid="ignore"):  # sumy divides by nought on two unlike sentences
        assert _same(Article("", ("The cat sat.", "A dog ran.", "The cat ran.")[:count], "en"))


def _expected(rows: list[list[str]], threshold: float) -> ranking.Matrix:
    theirs = LexRankSummarizer()
    tf, idf = theirs._compute_tf(rows), theirs._compute_idf(rows)
    matrix: ranking.Matrix = theirs._create_matrix(rows, threshold, tf, idf)
    return matrix


def test_every_cell_equals_that_of_sumy() -> None:
    rows = [["a", "b", "c"], ["b", "c", "d"], ["a", "d"], ["e"], [], ["a", "b", "c"]]
    assert np.array_equal(lexrank_matrix(rows, 0.1), _expected(rows, 0.1))


ROWS = st.lists(st.lists(st.sampled_from("abcdefghijkl"), max_size=12), min_size=1, max_size=30)


@given(ROWS, st.sampled_from([0.1, 0.5, 1.0]))
def test_every_cell_of_any_text_equals_that_of_sumy(rows: list[list[str]], least: float) -> None:
    assert np.array_equal(lexrank_matrix(rows, least), _expected(rows, least))


def test_a_cosine_at_the_threshold_is_judged_as_sumy_does() -> None:
    rows = [["a", "b"], ["b", "c"], ["d"], ["e"], ["f"], ["g", "h"]]
    tf = LexRankSummarizer()._compute_tf(rows)
    idf = LexRankSummarizer._compute_idf(rows)
    edge = LexRankSummarizer.cosine_similarity(rows[0], rows[1], tf[0], tf[1], idf)
    for least in (edge, np.nextafter(edge, 0), np.nextafter(edge, 1)):
        assert np.array_equal(lexrank_matrix(rows, least), _expected(rows, least))


def test_words_added_in_many_small_steps_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a", "b", "c"], ["b", "c", "d"], ["a", "d"], ["e"], ["e", "a"], ["a", "b", "c"]]
    monkeypatch.setattr(ranking, "_PAIRS", 5)
    assert np.array_equal(lexrank_matrix(rows, 0.1), _expected(rows, 0.1))


LARGE = {
    "alike": [["common", *(f"own{i}-{k}" for k in range(9))] for i in range(3_000)],
    "frequent": [[f"word{(i * 50 + k) % 2_400}" for k in range(50)] for i in range(3_000)],
    "the same": [["a", "b", "c"]] * 3_000,
}


@pytest.mark.parametrize("kind", LARGE)
def test_three_thousand_sentences_take_little_time_and_memory(kind: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    lexrank_matrix(LARGE[kind], 0.1)
    spent, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 5
    assert peak < 100_000_000


def test_a_text_whose_pairs_are_all_at_the_threshold_is_ranked_in_time() -> None:
    rows = LARGE["alike"][:1_000]
    tf, idf = LexRankSummarizer()._compute_tf(rows), LexRankSummarizer._compute_idf(rows)
    edge = LexRankSummarizer.cosine_similarity(rows[0], rows[1], tf[0], tf[1], idf)
    start = time.process_time()
    lexrank_matrix(rows, edge)
    assert time.process_time() - start < 5


@pytest.mark.skipif(not DATA.is_dir(), reason="the evaluation data is not beside the checkout")
def test_sixty_real_articles_rank_as_in_sumy() -> None:
    with (DATA / "fr-train.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(60), lines, strict=False)]
    assert all(_same(clean(r["text"], title=r["title"], language=r["lang"])) for r in rows)
