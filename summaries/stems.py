"""The Snowball stemmer of a language. Knows languages by their ISO 639-1 code, no texts."""

from __future__ import annotations

import threading
from collections.abc import Callable

import Stemmer

_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


_KEPT = 20_000  # stems of a language and thread, 3 MB
_LONGEST = 40  # characters of a word whose stem is kept

_made = threading.local()  # PyStemmer's objects must not be shared by threads


class _Stems(dict[str, str]):
    """Word -> stem, each asked of Snowball once: ten times as fast as PyStemmer's own cache."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._stem: Callable[[str], str] = Stemmer.Stemmer(name, 0).stemWord

    def __missing__(self, word: str) -> str:
        stem = self._stem(word)
        if len(self) >= _KEPT:
            self.clear()
        if len(word) <= _LONGEST:
            self[word] = stem
        return stem


def stemmer(language: str) -> Callable[[str], str]:
    """Lower-case word -> its stem; the word itself in a language without a stemmer.

    Each thread keeps its own, and a bounded number of stems.
    """
    name = _SNOWBALL.get(language)
    if name is None:
        return str.lower
    if not hasattr(_made, name):
        setattr(_made, name, _Stems(name).__getitem__)
    stem: Callable[[str], str] = getattr(_made, name)
    return stem
