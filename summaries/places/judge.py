"""Weighs the evidence that a name is a place. Knows numbers, not texts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from summaries.places.index import Index

# Where precision and recall weigh about the same on the dev documents.
THRESHOLD = 0.44


def probability(facts: Mapping[str, float], index: Index) -> float:
    """Return how likely the name is a place, 0 to 1, by the logistic regression of the pack."""
    weights = index.table("weights")
    total = sum(weights.get(name, 0.0) * value for name, value in facts.items() if value)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
