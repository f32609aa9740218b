"""The Snowball stemmer of a language. Knows languages by their ISO 639-1 code, no texts."""

from __future__ import annotations

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


def stemmer(language: str) -> Callable[[str], str]:
    """Lower-case word -> its stem; the word itself in a language without a stemmer.

    Each call makes a new one, with its own cache: PyStemmer's objects are not for several threads.
    """
    name = _SNOWBALL.get(language)
    stem: Callable[[str], str] = Stemmer.Stemmer(name).stemWord if name else str.lower
    return stem
