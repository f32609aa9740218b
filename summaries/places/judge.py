"""Weighs the evidence that a name is a place. Knows numbers, not texts."""

from __future__ import annotations

import math
from collections.abc import Mapping

THRESHOLD = 0.5
WEIGHTS: dict[str, float] = {"bias": 3.0}


def probability(facts: Mapping[str, float]) -> float:
    """Return how likely the name is a place, 0 to 1 (logistic regression)."""
    total = sum(WEIGHTS.get(name, 0.0) * value for name, value in facts.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
