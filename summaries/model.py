"""How likely an editor uses each word of a text: a logistic model. Knows numbers, not sentences.

The numbers are in `model.toml`; `python -m summaries.train` writes them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summaries.features import Text, Vector, word_features
from summaries.tables import table

Matrix = NDArray[np.float64]

FARTHEST = 4.0  # standard deviations: a stranger's value counts no more than this
_SHARPNESS = 1.2  # the model is timid: sure words should count for more, chosen on dev


class Weights(NamedTuple):
    """A trained model: one mean, scale and weight for each named feature, and the bias.

    `words` adds a number of its own for the commonest words of a language, where it was trained.
    """

    names: tuple[str, ...]
    mean: Vector
    scale: Vector
    weight: Vector
    bias: float
    words: dict[str, dict[str, float]]


def word_chances(text: Text) -> Vector:
    """The chance, 0 to 1, that the editor's own summary has each word of `text.vocabulary`."""
    weights = _weights()
    own = weights.words.get(text.language, {})
    added = np.array([own.get(word, 0.0) for word in text.vocabulary])
    values = standardized(matrix(text, weights.names), weights)
    chances: Vector = logistic(values @ weights.weight + weights.bias + added) ** _SHARPNESS
    return chances


def matrix(text: Text, names: tuple[str, ...]) -> Matrix:
    """Words x features, in the order of `names`."""
    features = word_features(text)
    return np.column_stack([features[name] for name in names]).astype(float)


def standardized(values: Matrix, weights: Weights) -> Matrix:
    """In standard deviations from the mean, none farther than FARTHEST."""
    return np.clip((values - weights.mean) / weights.scale, -FARTHEST, FARTHEST)


def logistic(values: Vector) -> Vector:
    """From any number to a chance."""
    chances: Vector = 1 / (1 + np.exp(-values))
    return chances


@cache
def _weights() -> Weights:
    rows = table("model")
    features = rows["feature"]
    columns = np.array([[f["mean"], f["scale"], f["weight"]] for f in features.values()])
    mean, scale, weight = columns.T
    return Weights(tuple(features), mean, scale, weight, rows["bias"], rows["word"])
