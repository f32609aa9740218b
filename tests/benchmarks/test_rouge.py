"""Hand-counted cases for the ROUGE scorer."""

from __future__ import annotations

import pytest

from tests.benchmarks.rouge import interval, rouge_1_at, rouge_n, tokens


def test_words_keep_their_accents_and_lose_their_case() -> None:
    assert tokens("Déjà-vu, l’ÉTÉ 2016 !") == ["déjà", "vu", "l", "été", "2016"]


def test_two_of_three_words_against_two_of_four() -> None:
    score = rouge_n(["the", "cat", "sat"], ["the", "cat", "is", "here"])
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 4)
    assert score.f1 == pytest.approx(2 * 2 / (3 + 4))


def test_a_repeated_word_counts_only_as_often_as_the_reference_has_it() -> None:
    score = rouge_n(["the", "the", "the"], ["the", "cat", "the"])
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 3)


def test_pairs_of_words_must_stand_together() -> None:
    score = rouge_n(["a", "b", "c"], ["b", "c", "a", "b"], n=2)
    assert score.precision == pytest.approx(2 / 2)
    assert score.recall == pytest.approx(2 / 3)


def test_nothing_in_common_is_nought() -> None:
    assert rouge_n(["a"], ["b"]).f1 == 0
    assert rouge_n([], ["b"]).f1 == 0
    assert rouge_n(["a"], []).f1 == 0


def test_words_after_the_limit_do_not_count() -> None:
    assert rouge_1_at(2, "x y a b", ["a b"]) == 0
    assert rouge_1_at(4, "x y a b", ["a b"]) == pytest.approx(2 * 2 / (4 + 2))


def test_the_best_reference_counts() -> None:
    assert rouge_1_at(60, "a b", ["c d", "a b"]) == pytest.approx(1)


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    mean, low, high = interval([0.0, 1.0] * 50)
    assert mean == pytest.approx(0.5)
    assert 0.35 < low < mean < high < 0.65
    assert interval([0.0, 1.0] * 50) == (mean, low, high)
