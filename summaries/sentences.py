"""Offline sentence and word splitting for news text. Knows characters and abbreviations, no articles' meaning.

A sentence is always a run of its paragraph: nothing is joined, dropped or reworded. A quotation
or a parenthesis that spans sentences is never cut, unless it is longer than `QUOTATION_CAP`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Final

from summaries.article import Article, Sentence
from summaries.tables import table

SENTENCE_CAP: Final = 3_000  # characters: longer runs have no sentences, they are cut at a space
QUOTATION_CAP: Final = 1_500
PARENTHESIS_CAP: Final = 400

Span = tuple[int, int]

CLOSERS: Final = "\"'»”’“›)\\]）」』】》"
END: Final = re.compile(
    rf"(?P<mark>[.!?…‼⁇⁈⁉؟۔।॥։።]+|[。！？｡]+)(?P<closers>(?:[ \u00a0\u202f\u2009]?[»›”]|[{CLOSERS}])*)"
)


def split(paragraph: str, language: str = "") -> list[Span]:
    """The sentences of a paragraph as spans: in order, stripped, together all of its visible text."""
    spans: list[Span] = []
    for start, end in _lines(paragraph):
        for left, right in _sentences_of_line(paragraph[start:end], language):
            spans.append((start + left, start + right))
    return spans


def sentences(article: Article) -> tuple[Sentence, ...]:
    """Every sentence of an article, in order."""
    runs = (
        (number, paragraph[start:end])
        for number, paragraph in enumerate(article.paragraphs)
        for start, end in split(paragraph, article.language)
    )
    return tuple(Sentence(text, number, index) for index, (number, text) in enumerate(runs))


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _sentences_of_line(line: str, language: str) -> Iterator[Span]:
    start = 0
    for cut in _cuts(line, language):
        yield from _capped(line, start, cut)
        start = cut
    yield from _capped(line, start, len(line))


def _capped(line: str, start: int, end: int) -> Iterator[Span]:
    while end - start > SENTENCE_CAP:
        cut = line.rfind(" ", start + SENTENCE_CAP // 2, start + SENTENCE_CAP) + 1
        cut = cut or start + SENTENCE_CAP
        yield from _stripped(line, start, cut)
        start = cut
    yield from _stripped(line, start, end)


def _stripped(line: str, start: int, end: int) -> Iterator[Span]:
    text = line[start:end]
    body = text.strip()
    if body:
        left = start + len(text) - len(text.lstrip())
        yield left, left + len(body)


# --- where a line is cut ---------------------------------------------------------------------


def _cuts(line: str, language: str) -> Iterator[int]:
    closed = _Closed(line)
    for match in END.finditer(line):
        cut = match.end()
        if cut < len(line) and not closed.holds(cut) and _ends_sentence(line, match, language):
            yield cut


def _ends_sentence(line: str, match: re.Match[str], language: str) -> bool:
    mark = match["mark"]
    if mark[0] in "。！？｡":
        return not SAID_CJK.match(line, match.end()) or not match["closers"]
    after = AFTER.match(line, match.end())
    assert after is not None  # noqa: S101  the pattern can match nothing at all
    if not after["space"]:
        return _glued(line, match, after["word"])
    word = after["word"]
    if mark[0] not in ".…":
        return not word[:1].islower() or _camel(word)
    if word[:1].islower() and not _camel(word):
        return False
    if match["closers"] or mark != ".":
        return True
    return not _is_abbreviation(line, match.start(), word, language)


AFTER: Final = re.compile(r"(?P<space>\s*)(?P<open>[«“„\"'‘‹(\[¿¡—–\-•\s]*)(?P<word>[^\W_]*)")
SAID_CJK: Final = re.compile(r"[^，。！？]{0,6}(?:说|表示|问|道|称|と)")
LETTERS_BEFORE: Final = re.compile(r"[^\s«“„\"'‘(\[]+\Z")


def _camel(word: str) -> bool:
    """iPhone, eBay: a name that may open a sentence."""
    return len(word) > 1 and word[0].islower() and word[1].isupper()


def _glued(line: str, match: re.Match[str], word: str) -> bool:
    """Two sentences without a space between them: "du film.Le lendemain"."""
    before = line[max(0, match.start() - 3) : match.start()]
    solid = len(before) == 3 and all(char.islower() or char.isdigit() for char in before)
    return len(word) > 0 and word[0].isupper() and not word.isupper() and solid


def _is_abbreviation(line: str, dot: int, following: str, language: str) -> bool:
    found = LETTERS_BEFORE.search(line, max(0, dot - 40), dot)
    token = found[0] if found else ""
    lowered = token.lower()
    if len(token) == 1 and token.isalpha() and token.isupper():
        return True
    if token.isdigit():
        return _is_ordinal(line, dot, token, following, language)
    known = _abbreviations(language)
    if lowered in known["always"]:
        return True
    if lowered in known["number"]:
        return following[:1].isdigit()
    return "." in token and len(token) <= 4 and following.lower() not in known["starters"]


def _is_ordinal(line: str, dot: int, token: str, following: str, language: str) -> bool:
    if dot == len(token):
        return True
    return language in ORDINAL and len(token) <= 2 and following.lower() in _months()


ORDINAL: Final = frozenset("de da nb no fi cs sk sl hr sr hu et lv is tr".split())


@cache
def _months() -> frozenset[str]:
    return frozenset(table("abbreviations")["months"].split())


@cache
def _abbreviations(language: str) -> dict[str, frozenset[str]]:
    rules = table("abbreviations")
    own = rules["language"].get(language)
    chosen = [own] if own else list(rules["language"].values())
    return {
        kind: frozenset(
            word for part in [*chosen, rules["any"]] for word in part.get(kind, "").split()
        )
        for kind in ("always", "number", "starters")
    }


# --- quotations and parentheses --------------------------------------------------------------

PAIRS: Final = {
    "«": "»",
    "“": "”",
    "「": "」",
    "『": "』",
    "(": ")",
    "（": "）",
    "„": "“”",
    "《": "》",
}


class _Closed:
    """The runs of a line that must not be cut: quotations and parentheses that do close."""

    def __init__(self, line: str) -> None:
        spans = sorted(_enclosed(line))
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in spans:
            if self.ends and start < self.ends[-1]:
                self.ends[-1] = max(end, self.ends[-1])
            else:
                self.starts.append(start)
                self.ends.append(end)

    def holds(self, place: int) -> bool:
        """Whether a cut at `place` falls strictly inside one of the runs."""
        index = bisect_right(self.starts, place) - 1
        return index >= 0 and self.starts[index] < place < self.ends[index]


def _enclosed(line: str) -> Iterator[Span]:
    waiting: list[tuple[str, int]] = []
    for match in re.finditer(r"[«»“”„()「」『』（）《》\"]", line):
        char, place = match[0], match.start()
        if char == '"':
            char = _straight(line, place, waiting)
        opened = next(
            (
                i
                for i in range(len(waiting) - 1, max(-1, len(waiting) - 6), -1)
                if char in PAIRS.get(waiting[i][0], '"')
            ),
            None,
        )
        if opened is not None and char not in PAIRS:
            start = waiting[opened][1]
            del waiting[opened:]
            cap = PARENTHESIS_CAP if char in ")）" else QUOTATION_CAP
            if place + 1 - start <= cap:
                yield start, place + 1
        elif char in PAIRS or char == '"<':
            waiting.append((char, place))


def _straight(line: str, place: int, waiting: list[tuple[str, int]]) -> str:
    """A straight quote opens or closes by what is open."""
    return '"' if any(char == '"<' for char, _ in waiting[-5:]) else '"<'


# --- words -----------------------------------------------------------------------------------

MARKS: Final = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
)
INDIC: Final = r"\u0900-\u0963\u0966-\u0dff"
UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
WORD: Final = re.compile(
    rf"[{UNSPACED}]+|\d+(?:[.,]\d+)*|(?:(?![{UNSPACED}\d_])[\w{MARKS}{INDIC}]|\u200c)+(?:['’](?:s|t|re|ve|ll|d|m)\b)?"
)
FIRST_UNSPACED: Final = re.compile(rf"[{UNSPACED}]")


def words(text: str, language: str = "") -> list[str]:
    """The words of a text as written; languages without spaces give pairs of characters."""
    found: list[str] = []
    for match in WORD.finditer(text):
        run = match[0]
        if FIRST_UNSPACED.match(run):
            found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            found.append(run)
    return found
