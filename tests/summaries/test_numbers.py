"""One number is one number, however a language writes it."""

from __future__ import annotations

import pytest

from summaries.numbers import numbers
from summaries.tables import table


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("12,000 homes", "en", {12000}),
        ("12.000 Häuser", "de", {12000}),
        ("12 000 foyers", "fr", {12000}),
        ("12 mil casas", "es", {12000}),
        ("magnitude 6.1", "en", {6.1}),
        ("Stärke 6,1", "de", {6.1}),
        ("3.1 billion euros", "en", {3.1e9}),
        ("3.100 millones", "es", {3.1e9}),
        ("3,1 milliards", "fr", {3.1e9}),
        ("Seventeen people, nine houses", "en", {17, 9}),
        ("dix-sept morts", "fr", {17}),
        ("siebzehn Tote", "de", {17}),
        ("seventeen", "fr", set()),
        ("a man and a dog", "en", set()),
        ("", "", set()),
    ],
)
def test_a_number_has_one_value_in_every_language(
    text: str, language: str, expected: set[float]
) -> None:
    assert numbers(text, language) == expected


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it", "nl", "pt", "ru", "sv"])
def test_every_language_has_a_word_for_every_value(language: str) -> None:
    known = table("numbers")
    assert len(known["words"][language].split()) == len(known["values"])
