"""Which language a text is in, as an ISO 639-1 code. Knows letters and common words, no articles.

Scripts that only one language of the news writes (Greek, Thai, Hangul ...) decide first, then the
commonest words of the languages that share a script. py3langid, exact for 97 languages but
0.8 seconds and 120 MB to load, is asked only about text that these leave undecided.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from summaries.tables import table

SAMPLE: Final = 4_000  # characters looked at: more changes nothing, and bounds the time
MIN_LETTERS: Final = 12  # below, py3langid guesses; "" is the honest answer
MIN_HITS: Final = 3
MIN_MARGIN: Final = 1.2  # the best language has this many times the hits of the second
WORD: Final = re.compile(r"[^\s\d.,;:!?…।«»“”„\"'’()]+")

ONE_LANGUAGE: Final = {
    "ARMENIAN": "hy", "BENGALI": "bn", "GEORGIAN": "ka", "GREEK": "el", "GUJARATI": "gu",
    "GURMUKHI": "pa", "HANGUL": "ko", "HEBREW": "he", "KANNADA": "kn", "KHMER": "km", "LAO": "lo",
    "MALAYALAM": "ml", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te", "THAI": "th",
    "MYANMAR": "my", "ETHIOPIC": "am",
}  # fmt: skip


def detect(text: str) -> str:
    """The language of `text`, or "" when it cannot be told. The same text gives the same answer."""
    sample = text[:SAMPLE]
    script, letters = _main_script(sample)
    if letters < MIN_LETTERS and script not in ONE_LANGUAGE and script not in {"CJK", "KANA"}:
        return ""
    if script == "CJK":
        return "zh"
    if script == "KANA":
        return "ja"
    return ONE_LANGUAGE.get(script) or _by_common_words(sample) or _by_library(sample)


def _main_script(text: str) -> tuple[str, int]:
    """The script of most letters, and how many letters there are; kana outweighs Han."""
    counts: Counter[str] = Counter()
    for char, times in Counter(text).items():
        if char.isalpha():
            counts[_script(char)] += times
    total = counts.total()
    if counts["KANA"] * 10 > total:
        return "KANA", total
    if not counts:
        return "", 0
    # One Han character says as much as a few Latin letters.
    weigh = {name: n * (3 if name in {"CJK", "HANGUL"} else 1) for name, n in counts.items()}
    return max(sorted(weigh), key=lambda name: weigh[name]), total


@cache
def _script(char: str) -> str:
    name = unicodedata.name(char, "").partition(" ")[0]
    return "KANA" if name in {"HIRAGANA", "KATAKANA"} else name


def _by_common_words(text: str) -> str:
    counts = Counter(map(str.lower, WORD.findall(text)))
    hits = dict.fromkeys(table("languages")["common"], 0)
    for seen, known in ((counts, _known_words()), (Counter(text.lower()), _own_letters())):
        for item in known.keys() & seen:
            for code in known[item]:
                hits[code] += seen[item]
    (best, most), (_, second) = sorted(hits.items(), key=lambda item: (-item[1], item[0]))[:2]
    clear = most >= MIN_HITS and most >= second * MIN_MARGIN and most * 10 >= counts.total()
    return best if clear else ""


@cache
def _known_words() -> dict[str, list[str]]:
    """Common word -> the languages that it is common in."""
    return _inverted({code: words.split() for code, words in table("languages")["common"].items()})


@cache
def _own_letters() -> dict[str, list[str]]:
    """Letter -> the few languages of its script that write it; as telling as a common word."""
    return _inverted(table("languages")["letters"])


def _inverted(members: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for code, items in members.items():
        for item in dict.fromkeys(items):
            codes.setdefault(item, []).append(code)
    return codes


def _by_library(text: str) -> str:
    from py3langid import classify  # noqa: PLC0415  0.8 s and 120 MB: paid only when needed

    code, _ = classify(text)
    return str(code)
