"""The blocks of a page -> those of its article, by a logistic model. Knows no HTML, no language.

The weights are in pages_prose.toml; `python -m tests.benchmarks.fit_pages` writes them. The place
that holds most prose is found as Readability does: each paragraph counts for its ancestors, less
for the farther ones.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bot.sources.pages_blocks import Block

Vector = NDArray[np.float64]

LEAST = 0.5
"""The chance from which a block is the article's."""
_PROSE_WORDS = 15
_PROSE_LETTERS = 40  # for scripts without spaces
_FADE = 0.8  # how much less each farther ancestor counts
_CLOSED = re.compile(r"[.!?:…\"”»。！？؟۔।]\W*$")
_SIGNS = re.compile(r"[©®|›»•→]")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})


def is_prose(block: Block) -> bool:
    """Whether a block reads as a paragraph: long enough, and not made of links."""
    if block.linked >= 0.3:
        return False
    return block.words >= _PROSE_WORDS or (
        len(block.text) >= _PROSE_LETTERS and _UNSPACED.search(block.text[:80]) is not None
    )


def likely(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks that are the article's by the model."""
    if not blocks:
        return []
    chances = chances_of(features(blocks), _weights())
    return [block for block, chance in zip(blocks, chances, strict=True) if chance > LEAST]


def chances_of(values: Mapping[str, Vector], weights: Mapping[str, float]) -> Vector:
    """Return the chance of each block, 0 to 1: the logistic function of the weighted sum."""
    total = np.sum([weight * values[name] for name, weight in weights.items()], axis=0)
    chances: Vector = 1 / (1 + np.exp(-np.clip(total, -30, 30)))
    return chances


@cache
def _weights() -> dict[str, float]:
    text = files("bot.sources").joinpath("pages_prose.toml").read_text(encoding="utf-8")
    weights: dict[str, float] = tomllib.loads(text)["weights"]
    return weights


_REGIONS = frozenset(
    ("nav", "footer", "header", "aside", "form", "figure", "article", "main", "table", "list")
) | {"quote", "pre", "hidden", "aside-name", "near-aside", "near-article"}


def features(blocks: Sequence[Block]) -> dict[str, Vector]:
    """What can be said of each block, by name; every value is between -1 and 5."""
    words = np.array([block.words for block in blocks], dtype=float)
    linked = np.array([block.linked for block in blocks])
    found = _of_text(blocks, words, linked) | _in_regions(blocks)
    found |= {
        f"{name} around": _around(found[name], reach)
        for name, reach in (("linked", 3), ("prose", 2), ("near-aside", 3), ("paragraph", 3))
    }
    found |= {
        f"{name} far around": _around(found[name], reach)
        for name, reach in (("linked", 8), ("prose", 8), ("few words", 4))
    }
    return found | _places(blocks, words * found["prose"]) | _in_best(blocks)


def _of_text(blocks: Sequence[Block], words: Vector, linked: Vector) -> dict[str, Vector]:
    return {
        "bias": np.ones(len(blocks)),
        "log words": np.minimum(5.0, np.log(words)),
        "few words": (words < 4).astype(float),
        "linked": linked,
        "only links": (linked > 0.9).astype(float),
        "prose": _each(blocks, is_prose),
        "closed": _each(blocks, lambda block: _CLOSED.search(block.text[-20:]) is not None),
        "signs": _each(blocks, lambda block: _SIGNS.search(block.text[:300]) is not None),
        "paragraph": _each(blocks, lambda block: block.tag == "p"),
        "title": _each(blocks, lambda block: block.tag == "h1"),
        "heading": _each(blocks, lambda block: block.tag in _HEADINGS),
    }


def _each(blocks: Sequence[Block], test: Callable[[Block], bool]) -> Vector:
    return np.array([float(test(block)) for block in blocks])


def _in_regions(blocks: Sequence[Block]) -> dict[str, Vector]:
    return {
        name: np.array([float(name in block.regions) for block in blocks])
        for name in sorted(_REGIONS)
    }


def _around(values: Vector, reach: int) -> Vector:
    """The mean over each block and its neighbours on both sides."""
    window = np.ones(2 * reach + 1)
    counts = np.convolve(np.ones(len(values)), window, "full")[reach : reach + len(values)]
    return np.convolve(values, window, "full")[reach : reach + len(values)] / counts


def _places(blocks: Sequence[Block], prose_words: Vector) -> dict[str, Vector]:
    """Where a block stands: in the page, and in the run of its prose."""
    before = np.cumsum(prose_words) - prose_words
    share = before / max(1.0, prose_words.sum())
    titles = [place for place, block in enumerate(blocks) if block.tag == "h1"]
    order = np.arange(len(blocks))
    return {
        "position": order / len(blocks),
        "after the first prose": (share > 0.02).astype(float),
        "before the last prose": (share < 0.97).astype(float),
        "before the end of prose": (share < 0.999).astype(float),
        "above the title": (order < (titles[0] if titles else 0)).astype(float),
    }


def _in_best(blocks: Sequence[Block]) -> dict[str, Vector]:
    best = best_place(blocks)
    return {
        "in the best place": _each(blocks, lambda block: best in block.path),
        "near the best place": _each(blocks, lambda block: best in block.path[:3]),
    }


def best_place(blocks: Sequence[Block]) -> int:
    """Return the id of the element that holds most prose, nearer ones counting more; 0: none."""
    worth: dict[int, float] = defaultdict(float)
    for block in blocks:
        if is_prose(block):
            for steps, place in enumerate(block.path[1:]):
                worth[place] += len(block.text) * _FADE**steps
    return max(worth, key=worth.__getitem__, default=0)
