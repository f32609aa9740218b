"""The scorer of the benchmarks, against cases counted by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.places_scoring import Score, score_resolution, score_sets, score_spans


def test_a_span_counts_only_if_both_its_ends_are_right() -> None:
    score = score_spans([([(0, 5), (10, 15)], [(0, 5), (10, 16), (20, 25)])])
    assert score == Score(right=1, predicted=2, gold=3)
    assert score.precision == pytest.approx(1 / 2)
    assert score.recall == pytest.approx(1 / 3)
    assert score.f1 == pytest.approx(2 / 5)


def test_documents_are_counted_together() -> None:
    score = score_spans([([(0, 1)], [(0, 1)]), ([], [(5, 6)])])
    assert score == Score(1, 1, 2)


def test_a_span_said_twice_counts_once() -> None:
    assert score_spans([([(0, 1), (0, 1)], [(0, 1)])]) == Score(1, 1, 1)


def test_nothing_against_nothing_scores_zero() -> None:
    assert score_spans([]).f1 == 0.0


def test_a_missing_prediction_is_wrong() -> None:
    assert score_resolution([(None, (48.85, 2.35))]) == Score(0, 0, 1)


def test_a_point_within_161_km_is_right_and_one_beyond_is_not() -> None:
    paris, reims, lyon = (48.857, 2.352), (49.258, 4.032), (45.764, 4.836)
    # By great circle Reims is 130 km from Paris, Lyon 392 km.
    assert score_resolution([(reims, paris), (lyon, paris)]) == Score(1, 2, 2)


def test_sets_are_compared_by_document() -> None:
    score = score_sets([({"FR", "US"}, {"FR"}), ({"IQ"}, {"SY"})])
    assert score == Score(right=1, predicted=3, gold=2)
