"""Undoes what grammar does to a name: Russian case endings, Arabic prefixes. Knows no place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

# Endings of a folded Russian noun or adjective (й is folded to и) -> those of its dictionary form.
_RUSSIAN = (
    ("ами", ("ы", "и", "а")), ("ями", ("и", "я")), ("ого", ("ыи", "ии", "ое", "ои")),
    ("его", ("ии", "ее")), ("ому", ("ыи", "ое", "ои")), ("ему", ("ии", "ее")),
    ("ыми", ("ые",)), ("ими", ("ие",)), ("ском", ("ск", "скии", "ское")), ("ских", ("ские",)),
    ("ском", ("ская", "скии")), ("скои", ("ская",)), ("скую", ("ская",)),
    ("ом", ("", "ыи", "ое", "о")), ("ем", ("ь", "и", "е", "ии")), ("ах", ("ы", "а", "и")),
    ("ях", ("и", "я")), ("ам", ("ы", "а")), ("ям", ("и", "я")), ("ых", ("ые",)), ("их", ("ие",)),
    ("ым", ("ыи", "")), ("им", ("ии",)), ("ую", ("ая",)), ("юю", ("яя",)),
    ("ои", ("ая", "а", "ои")), ("еи", ("ея", "я", "ь", "а", "и", "яя")), ("ии", ("ия",)),
    ("ию", ("ия",)), ("иеи", ("ия",)), ("ов", ("ы", "")), ("ева", ("ев",)), ("ове", ("ов",)),
    ("а", ("",)), ("я", ("ь", "и")), ("у", ("а", "", "о")), ("ю", ("я", "ь", "и")),
    ("ы", ("а",)), ("и", ("я", "ь", "а")), ("е", ("", "а", "и", "я", "о", "ь")), ("", ("а", "ы")),
)  # fmt: skip

_ARABIC_PREFIXES = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف", "ك")
_CYRILLIC = re.compile(r"[\u0430-\u045f]+")
_ARABIC = re.compile(r"[\u0621-\u06d3]+")
_MOST = 200


def word_forms(folded: str) -> Iterator[str]:
    """Yield other readings of a folded name, likeliest first: without endings or prefixes."""
    words = folded.split(" ")
    if not words[0] or words[0].isascii():
        return
    choices = [forms(word) for word in words]
    for choice in islice(product(*choices), _MOST):
        name = " ".join(choice)
        if name != folded:
            yield name


def forms(word: str) -> tuple[str, ...]:
    """Return a folded word and its possible dictionary forms."""
    if _CYRILLIC.fullmatch(word):
        return tuple(dict.fromkeys((word, *_russian(word))))
    if _ARABIC.fullmatch(word):
        return tuple(dict.fromkeys((word, *_arabic(word))))
    return (word,)


def _russian(word: str) -> Iterator[str]:
    for ending, others in _RUSSIAN:
        stem = word[: len(word) - len(ending)]
        if len(stem) >= 3 and word.endswith(ending):
            yield from (stem + other for other in others)


def _arabic(word: str) -> Iterator[str]:
    for prefix in _ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            stem = word[len(prefix) :]
            yield stem
            yield "ال" + stem
