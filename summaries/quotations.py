"""Finds what quotation marks and brackets enclose. Knows characters, no sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

# Longer runs are more likely a lost mark than a quotation: they do not hold a text together.
QUOTATION_CAP: Final = 1_200
LOOSE_CAP: Final = 700  # for marks that look the same at both ends
BRACKET_CAP: Final = 400
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
    for match in MARKS.finditer(line):
        place, mark = match.start(), match[0]
        if mark in "'’‘" and _is_apostrophe(line, place):
            continue
        opened = _opened_by(line, mark, place, waiting)
        if opened is None:
            if mark in ALWAYS_CLOSE or not _can_open(line, place, mark):
                closing.add(place)
            else:
                waiting = [*_without_twin(line, mark, waiting), place][-DEPTH:]
            continue
        start = waiting[opened]
        del waiting[opened:]
        closing.add(place)
        if place - start < _cap(mark):
            yield start, place + 1


def _cap(mark: str) -> int:
    if mark in BRACKETS:
        return BRACKET_CAP
    return LOOSE_CAP if mark in LOOSE else QUOTATION_CAP


def _is_apostrophe(line: str, place: int) -> bool:
    """Whether a single mark belongs to a word: "don't", "'n'", "the players' bus"."""
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    return (before.isalnum() and after.isalnum()) or CLIPPED.match(line, place) is not None


def _opened_by(line: str, mark: str, place: int, waiting: list[int]) -> int | None:
    """The index of the waiting mark that this one closes, or None."""
    for index in range(len(waiting) - 1, -1, -1):
        start = waiting[index]
        if mark in OPENS[line[start]]:
            return None if _opens_plainly(line, mark, place, start) else index
    return None


def _opens_plainly(line: str, mark: str, place: int, start: int) -> bool:
    """Whether a mark that could close what is open must be read as opening (or as nothing)."""
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if mark in "'’" and before == "s" and place - start > 60:
        return after == " " and line[place + 2 : place + 3].islower()  # "the players' bus"
    return mark in "\"'" and before in SPACES + "(" and after.isalnum()


def _can_open(line: str, place: int, mark: str) -> bool:
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if mark in "'»”›’":
        fresh = not before or before in SPACES or before in '([«“"—–-:'
        return mark != "’" and fresh and not (not after or after in SPACES)
    if mark == '"':
        return bool(after) and not (before in ".,!?…" and before and after in SPACES + ",.;:)")
    return mark in OPENS


def _without_twin(line: str, mark: str, waiting: list[int]) -> list[int]:
    """A second straight quote that opens means that the first one was never closed."""
    return [one for one in waiting if line[one] != mark] if mark in "\"'" else waiting
