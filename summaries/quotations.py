"""Finds what quotation marks and brackets enclose. Knows characters, no sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

Span = tuple[int, int]

# Longer runs are more likely a lost mark than a quotation: they do not hold a text together.
QUOTATION_CAP: Final = 1_200
LOOSE_CAP: Final = 700  # for marks that look the same at both ends
BRACKET_CAP: Final = 400
MARKS_CAP: Final = 50_000  # marks looked at in one line: keeps hostile text quick
DEPTH: Final = 6  # open marks remembered; keeps hostile text linear

MARKS: Final = re.compile("[«»“”„‟\"'‘’‚‹›()\\[\\]「」『』（）《》【】]")
OPENS: Final = {
    "«": "»", "“": "”", "„": "“”‟", "‚": "‘’", "‘": "’", "‹": "›", "(": ")", "[": "]", "「": "」",
    "『": "』", "（": "）", "《": "》", "【": "】", "»": "«", "”": "”", "›": "‹", '"': '"',
    "'": "'",
}  # fmt: skip
ALWAYS_CLOSE: Final = frozenset(")]」』）》】")
BRACKETS: Final = frozenset("()[]（）【】")
LOOSE: Final = frozenset("\"'‘’”")
SPACES: Final = " \u00a0\u202f\u2009\t"
CLIPPED: Final = re.compile(
    r"['’](?:n['’]|em\b|til\b|tis\b|twas\b|cause\b|round\b|\d0s\b)", re.IGNORECASE
)


class Enclosures:
    """The quotations and brackets of one line that do close, and which marks close something."""

    def __init__(self, line: str) -> None:
        self.closing: set[int] = set()
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(_enclosed(line, self.closing)):
            self._add(start, end)

    def _add(self, start: int, end: int) -> None:
        if self._ends and start < self._ends[-1]:
            self._ends[-1] = max(end, self._ends[-1])
        else:
            self._starts.append(start)
            self._ends.append(end)

    def holds(self, place: int) -> bool:
        """Whether `place` is strictly inside a quotation or bracket."""
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and self._starts[index] < place < self._ends[index]


def _enclosed(line: str, closing: set[int]) -> Iterator[Span]:
    """Each closed run; the places of closing marks go into `closing`."""
    waiting: list[int] = []  # places of marks that are open
    marks = [match.start() for match in islice(MARKS.finditer(line), MARKS_CAP)]
    following = _next_straight(line, marks)
    for place in marks:
        mark = line[place]
        if mark in "'’‘" and _is_apostrophe(line, place):
            continue
        opened = _opened_by(line, place, waiting, following)
        if opened is not None:
            start = waiting[opened]
            del waiting[opened:]
            closing.add(place)
            if place - start < _cap(mark):
                yield start, place + 1
        elif _can_open(line, place, following):
            waiting = [*_without_twin(line, mark, waiting), place][-DEPTH:]
        else:
            closing.add(place)


def _cap(mark: str) -> int:
    if mark in BRACKETS:
        return BRACKET_CAP
    return LOOSE_CAP if mark in LOOSE else QUOTATION_CAP


def _is_apostrophe(line: str, place: int) -> bool:
    """Whether a single mark belongs to a word: "don't", "'n'"."""
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    return (before.isalnum() and after.isalnum()) or CLIPPED.match(line, place) is not None


def _opened_by(line: str, place: int, waiting: list[int], following: dict[int, int]) -> int | None:
    """The index of the waiting mark that the mark at `place` closes, or None."""
    mark = line[place]
    for index in range(len(waiting) - 1, -1, -1):
        if mark in OPENS[line[waiting[index]]]:
            opens = _opens(line, place, waiting[index], following)
            return None if opens else index
    return None


def _opens(line: str, place: int, start: int, following: dict[int, int]) -> bool:
    """Whether a mark that could close what is open since `start` must be read as opening."""
    mark = line[place]
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if mark in "'’" and before == "s" and place - start > 60:
        return after == " " and line[place + 2 : place + 3].islower()  # "the players' bus"
    return mark in "\"'" and _leaning(line, place, following) == "open"


def _can_open(line: str, place: int, following: dict[int, int]) -> bool:
    mark = line[place]
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if mark in "'»”›’":
        fresh = not before or before in SPACES + '([«“"—–-:'
        return mark != "’" and fresh and bool(after) and after not in SPACES
    if mark == '"':
        return bool(after) and _leaning(line, place, following) != "close"
    return mark in OPENS


def _leaning(line: str, place: int, following: dict[int, int]) -> str:
    """Whether a straight mark opens or closes, by its neighbours; "" when they do not tell.

    Scrapers glue paragraphs ('jazz."Later'): then the next straight mark, when it is plain, tells.
    """
    own = _plainly(line, place)
    after = following.get(place)
    if own or after is None:
        return own
    return {"open": "close", "close": "open"}.get(_plainly(line, after), "")


def _plainly(line: str, place: int) -> str:
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if (not before or before in SPACES + "([—–") and after and after not in SPACES:
        return "open"
    if before and before not in SPACES and (not after or after in SPACES + ".,;:!?)]…"):
        return "close"
    return ""


def _next_straight(line: str, marks: list[int]) -> dict[int, int]:
    """For each straight double mark the place of the next one."""
    straight = [place for place in marks if line[place] == '"']
    return dict(pairwise(straight))


def _without_twin(line: str, mark: str, waiting: list[int]) -> list[int]:
    """A second straight quote that opens means that the first one was never closed."""
    return [one for one in waiting if line[one] != mark] if mark in "\"'" else waiting
