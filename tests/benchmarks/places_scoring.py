"""Scores places found in texts against those marked by hand. Knows no finder.

Rules. Spans: a predicted span counts if its start and end are both right; each gold span is matched
once; precision, recall and F1 are over all documents together. Resolution: over all gold mentions
with coordinates; a mention without a prediction counts as wrong; one within 161 km (100 miles) of
the gold point, by great circle, counts as right. Sets: for each document, the set of things named
(countries, cities); F1 over all documents together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from summaries.places.nesting import distance

Span = tuple[int, int]
Point = tuple[float, float]

RIGHT_WITHIN_KM = 161.0


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of right, of predicted and of gold things, and the rates they make (0 to 1)."""

    right: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        total = self.predicted + self.gold
        return 2 * self.right / total if total else 0.0


def score_sets(documents: Iterable[tuple[AbstractSet[Hashable], AbstractSet[Hashable]]]) -> Score:
    """Return the score of (predicted, gold) sets over all documents together."""
    right = predicted = gold = 0
    for mine, theirs in documents:
        right += len(mine & theirs)
        predicted += len(mine)
        gold += len(theirs)
    return Score(right, predicted, gold)


def score_spans(documents: Iterable[tuple[Iterable[Span], Iterable[Span]]]) -> Score:
    """Return the exact-span score of (predicted, gold) spans over all documents together."""
    return score_sets((set(mine), set(theirs)) for mine, theirs in documents)


def score_resolution(pairs: Sequence[tuple[Point | None, Point]]) -> Score:
    """Return how many gold points have a prediction within 161 km; None is a missing one."""
    found = [(mine, gold) for mine, gold in pairs if mine is not None]
    right = sum(distance(*mine, *gold) <= RIGHT_WITHIN_KM for mine, gold in found)
    return Score(right, len(found), len(pairs))
