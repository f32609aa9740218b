"""Fits the weights of bot/sources/pages_prose.toml on the dev pages. Reads no test page.

Run as `python -m tests.benchmarks.fit_pages`. It prints the word F1 of five-fold
cross-validation first: each page judged by weights that never saw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.sources.pages_blocks import Block, blocks, parse
from bot.sources.pages_prose import LEAST, Vector, chances_of, features
from tests.benchmarks.pages_truth import TruePage, pages, word_f1, words

TARGET = Path(__file__).parents[2] / "bot" / "sources" / "pages_prose.toml"
HEADER = """\
# How likely a block of text on a page is the article's: the logistic function of the weighted sum.
# See `features` in pages_prose.py for what each name means.
# Written by `python -m tests.benchmarks.fit_pages` from {count} pages; do not edit by hand.

[weights]
"""
RIDGE = 1.0
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A page's blocks, what can be said of them, and which of them are in the gold text."""

    page: TruePage
    blocks: Sequence[Block]
    values: dict[str, Vector]
    gold: Vector


def example(page: TruePage) -> Example:
    """Mark a block as the article's where its words stand, in a row, in the gold text."""
    found = blocks(parse(page.html))
    gold = f" {' '.join(words(page.text))} "
    marks = [bool(text := " ".join(words(b.text))) and f" {text} " in gold for b in found]
    return Example(page, found, features(found), np.array(marks, dtype=float))


def fit(examples: Sequence[Example]) -> dict[str, float]:
    """Logistic regression by Newton's method; a long page counts as much as a short one."""
    names = tuple(examples[0].values)
    table = np.vstack([np.stack([e.values[n] for n in names], axis=1) for e in examples])
    gold = np.concatenate([e.gold for e in examples])
    worth = np.concatenate([_worth(e.blocks) for e in examples])
    weights = np.zeros(len(names))
    for _ in range(30):
        chance = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (worth * (chance - gold)) + RIDGE * weights
        bend = (table * (worth * chance * (1 - chance))[:, None]).T @ table
        weights -= np.linalg.solve(bend + RIDGE * np.eye(len(names)), slope)
    return dict(zip(names, weights.tolist(), strict=True))


def _worth(found: Sequence[Block]) -> NDArray[np.float64]:
    counts = np.array([block.words for block in found], dtype=float)
    worth: NDArray[np.float64] = 10 * np.sqrt(counts / counts.sum())
    return worth


def score(chosen: Example, weights: dict[str, float]) -> float:
    """Word F1 of one page."""
    chances = chances_of(chosen.values, weights)
    kept = [
        block.text for block, chance in zip(chosen.blocks, chances, strict=True) if chance > LEAST
    ]
    return word_f1("\n".join(kept), chosen.page.text)


def main() -> None:
    """Cross-validate, then fit on all dev pages and write the table."""
    examples = [made for made in map(example, pages(odd=False)) if made.blocks]
    scores: list[float] = []
    for fold in range(FOLDS):
        weights = fit([e for place, e in enumerate(examples) if place % FOLDS != fold])
        scores += [score(e, weights) for e in examples[fold::FOLDS]]
    print(f"cross-validated word F1 of {len(scores)} dev pages: {sum(scores) / len(scores):.4f}")
    lines = [f'"{name}" = {weight:+.3f}\n' for name, weight in fit(examples).items()]
    TARGET.write_text(HEADER.format(count=len(examples)) + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
