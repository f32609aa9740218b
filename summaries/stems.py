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


_made = threading.local()  # PyStemmer's objects must not be shared by threads


def stemmer(language: str) -> Callable[[str], str]:
    """Lower-case word -> its stem; the word itself in a language without a stemmer.

    Each thread keeps its own, with a cache of 10,000 words.
    """
    name = _SNOWBALL.get(language)
    if name is None:
        return str.lower
    if not hasattr(_made, name):
        setattr(_made, name, Stemmer.Stemmer(name).stemWord)
    stem: Callable[[str], str] = getattr(_made, name)
    return stem
