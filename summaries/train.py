"""Writes `model.toml`: `python -m summaries.train FOLDER`. Knows the training files, no reader.

FOLDER holds the files of FILES: rows with `lang`, `title`, `text` and `refs`, the editor's own
summaries. Needs numpy only, takes about half a minute, and gives the same numbers each time.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summaries.clean import clean
from summaries.features import Text, Vector, word_features
from summaries.model import Matrix, Weights, logistic, standardized
from summaries.sentences import sentences, words
from summaries.stems import stemmer

# Every row, or every second one: the others of a file without a test file are for testing. English
# has so few articles that all but the tests train; choices about it were made by cross-validation.
FILES = {"fr-train.jsonl": 1, "en-train.jsonl": 1, "en-dev.jsonl": 1, "en-oneline-dev.jsonl": 2}
HIDDEN_TITLES = 0.3  # so that the model does not lean on a title that may be missing
LANGUAGE_WEIGHTS = {"en": 10.0}  # few articles, but whole ones: the French lack their lead
COMMON_WORDS = 100  # of each language, with a number of their own
RIDGE = 1.0
WORD_RIDGE = 20.0
STEPS = 8
ROWS_AT_ONCE = 20_000
TARGET = Path(__file__).with_name("model.toml")


class Example(NamedTuple):
    """One article: its words, their features, whether the editor used each, and its weight."""

    language: str
    words: Sequence[str]
    features: dict[str, Vector]
    answers: Vector
    weight: float


def main(arguments: Sequence[str]) -> int:
    """Train on the files of the folder named first and write the model beside this file."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m summaries.train FOLDER\n")
        return 2
    folder = Path(arguments[0])
    rows = [row for name, step in FILES.items() for row in read(folder / name)[::step]]
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
            language,
        )
        used = {word.lower() for word in words(row["refs"][0], language)}
        answers = np.array([word in used for word in text.vocabulary], dtype=float)
        weight = LANGUAGE_WEIGHTS.get(language, 1.0)
        yield Example(language, list(text.vocabulary), word_features(text), answers, weight)


def fit(rows: Sequence[Example]) -> Weights:
    """Logistic regression with a small ridge, by Newton's method (Bishop 2006, 4.3.3)."""
    names = tuple(rows[0].features)
    values: Matrix = np.vstack(
        [np.column_stack([row.features[name] for name in names]) for row in rows]
    )
    scale = np.where(values.std(axis=0) > 0, values.std(axis=0), 1)
    start = Weights(names, values.mean(axis=0), scale, np.zeros(len(names)), 0.0, {})
    common = _common_words(rows)
    data = _Data(
        standardized(values, start),
        np.array([common.get((r.language, w), -1) for r in rows for w in r.words]),
        np.concatenate([row.answers for row in rows]),
        np.concatenate([np.full(len(row.words), row.weight) for row in rows]),
    )
    size = len(names)
    ridge = np.concatenate([[0], np.full(size, RIDGE), np.full(len(common), WORD_RIDGE)])
    numbers = np.zeros(len(ridge))  # the bias, the features, the common words
    for _ in range(STEPS):
        numbers -= _step(numbers, data, ridge)
    own: dict[str, dict[str, float]] = {}
    for (language, word), place in common.items():
        own.setdefault(language, {})[word] = float(numbers[1 + size + place])
    return start._replace(bias=float(numbers[0]), weight=numbers[1 : 1 + size], words=own)


class _Data(NamedTuple):
    values: Matrix
    common: NDArray[np.intp]
    answers: Vector
    importance: Vector


def _common_words(rows: Sequence[Example]) -> dict[tuple[str, str], int]:
    """(language, word) -> column, for the words that most articles of the language have."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.language, Counter()).update(row.words)
    keys = [(lang, w) for lang, c in counts.items() for w, _ in c.most_common(COMMON_WORDS)]
    return {key: place for place, key in enumerate(keys)}


def _step(numbers: Vector, data: _Data, ridge: Vector) -> Vector:
    """One step of Newton's method, summed over blocks of rows to bound memory."""
    slope: Vector = ridge * numbers
    curve: NDArray[np.floating[Any]] = np.diag(ridge)
    for start in range(0, len(data.answers), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        columns = _columns(data.values[part], data.common[part], len(numbers))
        chances = logistic(columns @ numbers)
        importance = data.importance[part]
        slope += columns.T @ (importance * (chances - data.answers[part]))
        curve += (columns * (importance * chances * (1 - chances))[:, None]).T @ columns
    step: Vector = np.linalg.solve(curve, slope)
    return step


def _columns(values: Matrix, common: NDArray[np.intp], width: int) -> Matrix:
    """A one for the bias, the features, and a one for the common word that the row is."""
    size = values.shape[1]
    columns = np.zeros((len(values), width))
    columns[:, 0] = 1
    columns[:, 1 : 1 + size] = values
    rows = np.flatnonzero(common >= 0)
    columns[rows, 1 + size + common[rows]] = 1
    return columns


def as_toml(weights: Weights, articles: int) -> str:
    """The numbers as a file a person can read."""
    lines = [
        "# How likely an editor uses a word of the text in a summary: the logistic function of",
        "# bias + the sum of weight * (value - mean) / scale, plus a common word's own number.",
        "# See features.py for what is counted.",
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
    for language, own in weights.words.items():
        lines += ["", f"[word.{language}]"]
        lines += [f"{json.dumps(word, ensure_ascii=False)} = {own[word]:+.3f}" for word in own]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
