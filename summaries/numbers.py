"""The numbers that a text gives, whatever the language writes them like. Knows digits and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from summaries.tables import table

_WORD = r"[^\W\d_]+(?:-[^\W\d_]+)*"
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?!\d)|\d+[.,]\d+|\d+)"
    rf"(?:[\s\u00a0\u202f]+(?P<after>{_WORD}))?|(?P<word>{_WORD})"
)
_GROUPED = re.compile(r"\d{1,3}(?:\D\d{3})+")


def numbers(text: str, language: str) -> frozenset[float]:
    """Return the numbers in a text, each once.

    "12,000", "12.000", "12 000" and "12 mil" are 12000; "6,1" is 6.1; "seventeen" is 17 in a text
    in English. A number word that the language has not is no number.
    """
    words = _words(language)
    found = set()
    for match in _NUMBER.finditer(text):
        if match["word"]:
            found.add(words.get(match["word"].lower(), 0.0))
        else:
            found.add(_value(match["digits"]) * _scales().get((match["after"] or "").lower(), 1.0))
    return frozenset(found - {0.0})


def _value(digits: str) -> float:
    if _GROUPED.fullmatch(digits):
        return float(re.sub(r"\D", "", digits))
    return float(digits.replace(",", "."))


@cache
def _words(language: str) -> Mapping[str, float]:
    known = table("numbers")
    words = known["words"].get(language, "").split()
    return dict(zip(words, map(float, known["values"]), strict=False))


@cache
def _scales() -> Mapping[str, float]:
    scales = table("numbers")["scales"].items()
    return {word: 10.0 ** int(power) for power, words in scales for word in words.split()}
