"""Text to words, and words to the one spelling that names are compared in. Knows no place."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

# Letters, then letters, digits and the marks that vowel signs, accents and joiners are made of
# (Python's \w leaves marks out).
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0900-\u0903\u093a-\u094f\u0962\u0963\u0980-\u0983\u09bc-\u09cd\u0a00-\u0a4d"
    "\u0b00-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1000-\u109f\u1780-\u17ff\u200c\u200d"
)
_WORD = re.compile(
    "("
    r"[\U0001F1E6-\U0001F1FF]{2}"  # two regional indicators are a country's flag
    r"|(?:(?:[^\W\d_a-zа-яё][a-z]?\.){2,})"  # U.S., R.D.C., W.Va.
    rf"|[^\W\d_][\w{_MARKS}]*"
    ")"
)

# Letters that have no decomposition, or whose decomposition is not what people type.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
        "ı": "i", "ə": "e", "ħ": "h", "ŋ": "n", "ĸ": "k", "ŧ": "t", "ʻ": None, "ʼ": None,
        "ʿ": None, "ʾ": None, "ː": None, "_": None,
        # Arabic: one alef, one ya, one kaf, one ha; no stretching.
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
        "ـ": None, "\u200c": None, "\u200d": None,
    }
)  # fmt: skip

# Letters of other scripts that look like Latin ones, and back (UTS #39, the single letters).
_CYRILLIC_LOOKALIKES = "аеорсухіјѕԁԛԝАВЕКМНОРСТХУІЈЅ"
_LATIN_LOOKALIKES = "aeopcyxijsdqwABEKMHOPCTXYIJS"
_GREEK_LOOKALIKES = str.maketrans("οανιυρτκεΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "oavuuptkeABEZHIKMNOPTYX")
_TO_LATIN = str.maketrans(_CYRILLIC_LOOKALIKES, _LATIN_LOOKALIKES)
_TO_CYRILLIC = str.maketrans(_LATIN_LOOKALIKES, _CYRILLIC_LOOKALIKES)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_GREEK = re.compile(r"[\u0370-\u03ff]")


_MARKUP = re.compile(r"<[^<>]{0,200}>")


class Token(NamedTuple):
    """One word: `text` as written, `folded` for comparing, offsets in code points."""

    text: str
    folded: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the words of a text, in order; punctuation and numbers are left out."""
    # Splitting, and adding the lengths up, is twice as fast as asking each match for its ends.
    parts = _WORD.split(text)
    ends = list(accumulate(map(len, parts)))
    words = parts[1::2]
    return list(map(Token, words, map(fold_word, words), ends[::2], ends[1::2]))


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """Return a word without case, accents, the dots of "U.S." and the choices of a keyboard."""
    word = word.replace(".", "")
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return bare.translate(_LETTERS)


def fold(name: str) -> str:
    """Return the folded words of a name, joined by single spaces."""
    return " ".join(token.folded for token in tokenize(name) if token.folded)


def clean(query: str) -> str:
    """Return a query without markup, control and format characters, its spaces made single."""
    kept = (
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Zs"} else c
        for c in _MARKUP.sub(" ", query)
        if unicodedata.category(c) not in {"Cf", "Co", "Cs", "Cn"} or c in "\u200c\u200d"
    )
    return " ".join("".join(kept).split())


def one_script(query: str) -> str:
    """Return the query with look-alike letters put into the script of most of its letters."""
    latin, cyrillic = len(_LATIN.findall(query)), len(_CYRILLIC.findall(query))
    if latin and _GREEK.search(query):
        query = query.translate(_GREEK_LOOKALIKES)
    if not latin or not cyrillic:
        return query
    distinct = len([c for c in query if _CYRILLIC.match(c) and c not in _CYRILLIC_LOOKALIKES])
    if cyrillic > latin or distinct:
        return query.translate(_TO_CYRILLIC)
    return query.translate(_TO_LATIN)


_SOUNDS = (
    (re.compile(r"^(ar|as|al|el|an|ad|ash|at|az|adh) "), ""),
    (re.compile(r"sch|sh|ch|tsch"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"gh|kh|qu|[qcg]"), "k"),
    (re.compile(r"dj|dz"), "j"),
    (re.compile(r"ou|oo|w|v"), "u"),
    (re.compile(r"[zx]"), "s"),
    (re.compile(r"[yeéij]+"), "i"),
    (re.compile(r"[ou]+"), "u"),
    (re.compile(r"(?<=[a-z])h|'"), ""),
    (re.compile(r" "), ""),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"[ai]$"), ""),
)


@lru_cache(maxsize=8192)
def sound(folded: str) -> str:
    """Return a rough key of how a Latin name sounds: Raqa, Raqqa, Rakka and Ar Raqqah share one."""
    for pattern, replacement in _SOUNDS:
        folded = pattern.sub(replacement, folded)
    return folded
