"""ROUGE-N and the bootstrap: how close a summary is to an editor's, and how sure we are. Pure.

Knows no summarizer and no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Twice the product over the sum; 0 when nothing is shared."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def tokens(text: str) -> list[str]:
    """Lower-case runs of Unicode letters and digits; no stemming.

    rouge-score's own tokeniser is ASCII only: it cuts "déjà" in two and so flatters French.
    """
    return _WORD.findall(text.lower())


def rouge_n(candidate: Sequence[str], reference: Sequence[str], n: int = 1) -> Score:
    """ROUGE-N with clipped counts (Lin 2004, "ROUGE: A Package for Automatic Evaluation")."""
    ours, theirs = _ngrams(candidate, n), _ngrams(reference, n)
    shared = sum((ours & theirs).values())
    return Score(shared / max(1, ours.total()), shared / max(1, theirs.total()))


def rouge_1_at(limit: int, summary: str, references: Sequence[str]) -> float:
    """The best ROUGE-1 F1 over the references, the summary cut after `limit` words."""
    words = tokens(summary)[:limit]
    return max((rouge_n(words, tokens(reference)).f1 for reference in references), default=0.0)


def interval(values: Sequence[float], *, rounds: int = 10_000) -> tuple[float, float, float]:
    """The mean of `values` with its 95 % bootstrap interval: (mean, low, high).

    Pass paired differences to compare two methods on the same articles. Same values, same answer.
    """
    sample = np.asarray(values, dtype=float)
    draws = np.random.default_rng(0).integers(0, len(sample), (rounds, len(sample)))
    low, high = np.percentile(sample[draws].mean(axis=1), (2.5, 97.5))
    return float(sample.mean()), float(low), float(high)


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))
