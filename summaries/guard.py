"""Which sentences can be read on their own. Knows openings and quotation marks, not importance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import cache
from typing import NamedTuple

from summaries.tables import table

Unit = tuple[int, ...]

_LONGEST_CHAIN = 3
_OVERLAP = 0.7  # of the shorter one's content words: more is a repeat
_IN_TITLE = 0.85  # of the sentence's content words: more says nothing that the title does not
_FEWEST_WORDS = 5
_LONGEST_UNENDED = 30  # words: longer without a full stop is a page run together
_HEADING = 8  # words: fewer in capitals are a heading
_MOSTLY = 0.7  # of a sentence's characters
_RARE = 1 / 3  # of a text's sentences: what more of them do is how this text is written
_NEVER = r"(?!)"
_FULL_LENGTH = 12  # words: fewer without a full stop are a subheading
_SHORT_WORD = 3  # letters: "... with", "... and the": the line was broken

_BEFORE = r"[\s«“„\"'‘’(\[—–\-•*]*"
_PAIRS = (("«", "»"), ("“", "”"), ("(", ")"), ("「", "」"), ("『", "』"))
_QUOTATION = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|「[^」]*」|『[^』]*』|‘[^’]*’$")
_QUOTES_FIRST = re.compile(r"\s*[«“„\"‘']")
_SINGLE_OPENS = re.compile(r"['‘](?<![^\s(—–].)(?=[^\W\d])")
_SINGLE_CLOSES = re.compile(r"['’](?!\w)(?<=[^\s('’].)")
_SINGLE_CLOSES_SENTENCE = re.compile(r"[.,!?…]\s?['’](?=\s|$)")
_ASKS = re.compile(r"[?？؟]['’\"»”“)\]\s]*$")
_ENDED = re.compile(r"[.!?…。！？؟۔।]['’\"»”“)\]\s]*$")
_LEAD_IN = re.compile(r"[:;,–—-]\s*$")
_FRAGMENT = re.compile(r"[(:;,)]|[^\W\d_A-ZÀ-ÖØ-Þ](?<=[a-zß-öø-ÿа-яё])[^A-Z]")
_NAME = re.compile(r"\w\W+(?:\w+['’])?[A-ZÀ-ÖØ-ÞА-ЯЁ]\w+")


def units(
    sentences: Sequence[str],
    stems: Sequence[Set[str]],
    title: Set[str],
    language: str,
) -> list[Unit]:
    """The runs of sentences that can be printed alone, as places in `sentences`.

    A sentence that leans on the one before comes only together with it. `stems` are the content
    stems of each sentence, `title` those of the title.
    """
    leaning = [leans(text, language) for text in sentences]
    unfit = _unfit(sentences, language)
    printable = [
        whole(text, following)
        and tells(text)
        and len(words) > 0
        and place not in unfit
        and not _repeats(words, title)
        for place, (text, following, words) in enumerate(
            zip(sentences, [*sentences[1:], ""], stems, strict=True)
        )
    ]
    return [
        unit
        for i in range(len(sentences))
        if (unit := _unit(i, leaning, sentences)) and all(printable[j] for j in unit)
    ]


def _unit(i: int, leaning: Sequence[bool], sentences: Sequence[str]) -> Unit:
    """The sentence with those before it that it needs; () when they are too many or not there."""
    start = i
    while leaning[start] and start > 0 and i - start < _LONGEST_CHAIN - 1:
        start -= 1
    if leaning[start]:
        return ()
    if speakerless(sentences[i]) and not any(_NAME.search(sentences[j]) for j in range(start, i)):
        return ()
    return tuple(range(start, i + 1))


def _unfit(sentences: Sequence[str], language: str) -> set[int]:
    """The places of what is no sentence of this article's own telling.

    Where most sentences end with a full stop, a short one that does not is a subheading or caption;
    where few say "I" or "we", one that does outside quotation marks is speech that lost its marks.
    """
    headings = {place for place, text in enumerate(sentences) if _is_heading(text)}
    spoken = {place for place, text in enumerate(sentences) if is_spoken(text, language)}
    of_the_page = {place for place, text in enumerate(sentences) if is_of_the_page(text, language)}
    return _if_rare(headings, sentences) | _if_rare(spoken, sentences) | of_the_page


def _is_heading(text: str) -> bool:
    return len(text.split()) < _FULL_LENGTH and not _ENDED.search(text)


def _if_rare(places: set[int], sentences: Sequence[str]) -> set[int]:
    return places if len(places) <= _RARE * len(sentences) else set()


def is_spoken(text: str, language: str) -> bool:
    """Whether somebody says "I" or "we" outside quotation marks."""
    rules = _rules(language)
    return rules is not None and bool(rules.speech.search(_QUOTATION.sub("", text)))


def is_of_the_page(text: str, language: str) -> bool:
    """Whether it speaks of the page around it ("scroll down")."""
    rules = _rules(language)
    return rules is not None and bool(rules.page.search(text))


def leans(text: str, language: str) -> bool:
    """Whether the sentence points at something said before it, or quotes nobody by name."""
    if speakerless(text):
        return True
    rules = _rules(language)
    if rules is None:
        return False
    if rules.said.search(text) and not text.rstrip().endswith("?"):
        return True
    if rules.unless.match(text):
        return False
    links = rules.links.match(text) and not _QUOTES_FIRST.match(text)
    return bool(links or rules.points.match(text))


def speakerless(text: str) -> bool:
    """Whether the whole sentence is quotation: who speaks is said elsewhere."""
    outside = _QUOTATION.sub("", text)
    return outside != text and not re.search(r"\w{2}", outside)


def tells(text: str) -> bool:
    """Whether it tells what happened: a question, or a quotation and hardly more, does not."""
    quoted = sum(map(len, _QUOTATION.findall(text)))
    return quoted <= _MOSTLY * len(text) and not _ASKS.search(text)


def whole(text: str, following: str = "") -> bool:
    """Whether it is a full sentence: no fragment of a broken line, no lead-in, no cut quotation."""
    if cut_quotation(text) or _LEAD_IN.search(text) or _FRAGMENT.match(text):
        return False
    if text.isupper() and len(text.split()) < _HEADING:
        return False
    if _ENDED.search(text):
        return True
    words = text.split()
    broken = len(words) > _LONGEST_UNENDED or _FRAGMENT.match(following) is not None
    return not broken and len(words) >= _FEWEST_WORDS and len(words[-1]) > _SHORT_WORD


def cut_quotation(text: str) -> bool:
    """Whether a quotation or parenthesis opens without closing, or the other way round."""
    if text.count('"') % 2 or _cut_single(text):
        return True
    german = text.count("„")  # „ closes with “ or ”
    if german:
        return german != text.count("“") + text.count("”")
    return any(text.count(left) != text.count(right) for left, right in _PAIRS)


def _cut_single(text: str) -> bool:
    """The same for single quotation marks, which are apostrophes too."""
    opened = len(_SINGLE_OPENS.findall(text))
    surely_closed = len(_SINGLE_CLOSES_SENTENCE.findall(text))
    return surely_closed > opened or opened > len(_SINGLE_CLOSES.findall(text))


def repeats(words: Set[str], others: Set[str]) -> bool:
    """Whether two sentences, as content stems, say the same."""
    shorter = min(len(words), len(others))
    return shorter > 0 and len(words & others) >= _OVERLAP * shorter


def _repeats(words: Set[str], title: Set[str]) -> bool:
    """Whether a sentence says no more than the title."""
    return len(words & title) >= _IN_TITLE * max(1, len(words))


class _Rules(NamedTuple):
    points: re.Pattern[str]
    links: re.Pattern[str]
    unless: re.Pattern[str]
    said: re.Pattern[str]
    speech: re.Pattern[str]
    page: re.Pattern[str]


@cache
def _rules(language: str) -> _Rules | None:
    own = table("openings").get(language)
    if own is None:
        return None
    return _Rules(
        _opening(own["points"], r"(?![\w-])"),
        _opening(own["links"], r"(?![\w-])"),
        _opening(own["unless"], ""),
        _anywhere(own, "said", re.IGNORECASE),
        _anywhere(own, "speech"),
        _anywhere(own, "page", re.IGNORECASE),
    )


def _anywhere(own: Mapping[str, Sequence[str]], kind: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(own.get(kind, ())) or _NEVER, flags)


def _opening(patterns: Sequence[str], end: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{'|'.join(patterns)}){end}", re.IGNORECASE)
