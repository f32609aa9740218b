"""The forms of a word for the people of a place: syrien -> syrienne, syriens. Knows no place.

Used at build time. Words are folded: lower case, no accents.
"""

from __future__ import annotations

from collections.abc import Callable

DEMONYM_LANGUAGES = ("en", "fr", "es", "de", "it", "pt", "ru", "ar")

_RUSSIAN = ("ии", "ого", "ому", "им", "ом", "ая", "ои", "ую", "ое", "ие", "их", "ими")


def demonym_forms(word: str, language: str) -> set[str]:
    """Return the forms of a folded demonym in one of the languages, itself among them."""
    return {word} | _RULES[language](word)


def _english(word: str) -> set[str]:
    return set() if word.endswith(("ese", "ish", "nch", "tch", "s")) else {word + "s"}


def _french(word: str) -> set[str]:
    if word.endswith("e"):
        return {word + "s"}
    if word.endswith(("ien", "een")):
        return {word + "s", word + "ne", word + "nes"}
    if word == "grec":
        return {"grecs", "grecque", "grecques"}
    if word == "turc":
        return {"turcs", "turque", "turques"}
    plural = word if word.endswith("s") else word + "s"
    return {plural, word + "e", word + "es"}


def _spanish(word: str) -> set[str]:
    if word.endswith("o"):
        return {word[:-1] + ending for ending in ("a", "os", "as")}
    if word.endswith(("es", "an", "on", "ol", "in")):
        return {word + ending for ending in ("a", "es", "as")}
    return {word + "s", word + "es"}


def _german(word: str) -> set[str]:
    return {word + ending for ending in ("e", "en", "er", "es", "em", "n", "in", "innen")}


def _italian(word: str) -> set[str]:
    if word.endswith("co"):
        return {word[:-2] + ending for ending in ("ca", "ci", "chi", "che")}
    if word.endswith("o"):
        return {word[:-1] + ending for ending in ("a", "i", "e")}
    return {word[:-1] + "i"}


def _portuguese(word: str) -> set[str]:
    if word.endswith("ao"):
        return {word[:-2] + ending for ending in ("a", "aos", "aes", "as")}
    if word.endswith("o"):
        return {word[:-1] + ending for ending in ("a", "os", "as")}
    if word.endswith("es"):
        return {word + ending for ending in ("a", "es", "as")}
    return {word + "s"}


def _russian(word: str) -> set[str]:
    return {word + ending for ending in _RUSSIAN}


def _arabic(word: str) -> set[str]:
    return {word + ending for ending in ("ه", "ون", "ين", "ات")}


_RULES: dict[str, Callable[[str], set[str]]] = {
    "en": _english,
    "fr": _french,
    "es": _spanish,
    "de": _german,
    "it": _italian,
    "pt": _portuguese,
    "ru": _russian,
    "ar": _arabic,
}
