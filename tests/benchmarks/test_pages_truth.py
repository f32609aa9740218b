"""The page scores, against cases counted by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.pages_truth import same_author, same_date, same_title, word_f1


@pytest.mark.parametrize(
    ("found", "gold", "score"),
    [
        ("the cat sat", "The cat sat.", 1.0),
        ("the cat", "the cat sat on", 2 * 2 / 6),
        ("the the the", "the cat", 2 * 1 / 5),  # a bag: one "the" is common
        ("a dog", "the cat", 0.0),
        ("", "the cat", 0.0),
        ("", "", 1.0),
        ("l'été", "L’ÉTÉ", 1.0),
    ],
)
def test_word_f1_is_twice_the_common_words_over_all_words(
    found: str, gold: str, score: float
) -> None:
    assert word_f1(found, gold) == pytest.approx(score)


def test_a_title_is_the_same_whatever_its_quotes_and_spaces() -> None:
    assert same_title("It’s  a “Title” – Yes", 'it\'s a "title" - yes')
    assert not same_title("It's a Title | Site", "It's a Title")


def test_an_author_is_right_when_every_word_of_the_gold_is_there() -> None:
    assert same_author("David Kim", "David")
    assert same_author("Ana Ruiz, David Kim", "David Kim")
    assert not same_author("Kim", "David Kim")


def test_a_date_is_compared_as_far_as_the_gold_goes() -> None:
    assert same_date("2025-11-03T10:00:00+01:00", "2025-11-03")
    assert same_date("2025-11-03", "2025-11")
    assert not same_date("", "2025-11")
    assert not same_date("2025-12-03", "2025-11")
