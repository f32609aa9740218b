"""Writes `model.toml`: `python -m summaries.train FOLDER`. Knows the training files, no reader.

FOLDER holds `fr-train.jsonl` and `en-train.jsonl`: rows with `lang`, `title`, `text` and `refs`,
the editor's own summaries. Needs numpy only, takes about half a minute, and gives the same numbers
each time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summaries.clean import clean
from summaries.features import Text, Vector, word_features
from summaries.model import Matrix, Weights, predict, standardized
from summaries.sentences import sentences, words
from summaries.stems import stemmer

FILES = ("fr-train.jsonl", "en-train.jsonl")
HIDDEN_TITLES = 0.3  # so that the model does not lean on a title that may be missing
LANGUAGE_WEIGHTS = {"en": 5.0}  # few articles, but whole ones: the French lack their lead
RIDGE = 1.0
STEPS = 12
TARGET = Path(__file__).with_name("model.toml")

Example = tuple[dict[str, Vector], Vector, float]


def main(arguments: Sequence[str]) -> int:
    """Train on the files of the folder named first and write the model beside this file."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m summaries.train FOLDER\n")
        return 2
    rows = [row for name in FILES for row in read(Path(arguments[0]) / name)]
    weights = fit(list(examples(rows)))
    TARGET.write_text(as_toml(weights, len(rows)), encoding="utf-8")
    return 0


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a jsonl file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def examples(rows: Sequence[dict[str, Any]]) -> Iterator[Example]:
    """For each article: the features of its words, whether the editor used each, and a weight."""
    hidden = np.random.default_rng(0).random(len(rows)) < HIDDEN_TITLES
    for row, hide in zip(rows, hidden, strict=True):
        language = row["lang"]
        article = clean(row["text"], title=row["title"], language=language)
        raw = [sentence.text for sentence in sentences(article)]
        title = "" if hide else article.title
        text = Text(
            [words(sentence, language) for sentence in raw],
            raw,
            words(title, language),
            stemmer(language),
        )
        if not text.vocabulary:
            continue
        used = {word.lower() for word in words(row["refs"][0], language)}
        answers = np.array([word in used for word in text.vocabulary], dtype=float)
        yield word_features(text), answers, LANGUAGE_WEIGHTS.get(language, 1.0)


def fit(rows: Sequence[Example]) -> Weights:
    """Logistic regression with a small ridge, by Newton's method (Bishop 2006, 4.3.3)."""
    names = tuple(rows[0][0])
    values = np.vstack([np.column_stack([f[name] for name in names]) for f, _, _ in rows])
    answers = np.concatenate([answer for _, answer, _ in rows])
    importance = np.concatenate([np.full(len(answer), weight) for _, answer, weight in rows])
    scale = values.std(axis=0)
    zeros = np.zeros(len(names))
    weights = Weights(names, values.mean(axis=0), np.where(scale > 0, scale, 1), zeros, 0.0)
    values = standardized(values, weights)
    for _ in range(STEPS):
        weights = _newton(weights, values, answers, importance)
    return weights


def _newton(weights: Weights, values: Matrix, answers: Vector, importance: Vector) -> Weights:
    chances = predict(values, weights)
    columns = np.column_stack([np.ones(len(values)), values])
    ridge = np.full(columns.shape[1], RIDGE)
    ridge[0] = 0  # the bias is free
    current = np.concatenate([[weights.bias], weights.weight])
    slope = columns.T @ (importance * (chances - answers)) + ridge * current
    curve = (columns * (importance * chances * (1 - chances))[:, None]).T @ columns
    current = current - np.linalg.solve(curve + np.diag(ridge), slope)
    return weights._replace(bias=float(current[0]), weight=current[1:])


def as_toml(weights: Weights, articles: int) -> str:
    """The numbers as a file a person can read."""
    lines = [
        "# How likely an editor uses a word of the text in a summary: the logistic function of",
        "# bias + the sum of weight * (value - mean) / scale. See features.py for what is counted.",
        f"# Written by `python -m summaries.train` from {articles} articles; do not edit by hand.",
        "",
        f"bias = {weights.bias:.4f}",
        "",
        "[feature]",
    ]
    columns = (weights.names, weights.mean, weights.scale, weights.weight)
    for name, mean, scale, weight in zip(*columns, strict=True):
        lines.append(
            f"{name} = {{ mean = {mean:.4f}, scale = {scale:.4f}, weight = {weight:+.4f} }}"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
