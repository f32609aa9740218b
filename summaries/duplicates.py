"""Which texts are nearly the same, word for word. Knows strings; the only file that knows rensa."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rensa import RMinHash, RMinHashLSH  # type: ignore[import-untyped]  # it ships no types

ALIKE = 0.5
"""The share of three-word runs that two texts have in common, from which on one is a copy."""
_HASHES, _BANDS, _SEED = 128, 32, 1
_RUN = 3  # words
_READ = 4_000  # characters of each text
_WORD = re.compile(r"\w+")


def near_duplicates(texts: Sequence[str]) -> frozenset[tuple[int, int]]:
    """Return the places (i, j), i < j, of texts that are nearly the same.

    MinHash with banding proposes (Broder 1997, "On the resemblance and containment of documents";
    Leskovec et al., "Mining of Massive Datasets", 3.4), the exact share decides. Empty texts and
    texts of fewer than three words are nobody's copy.
    """
    return frozenset(
        pair
        for pair in _proposed(texts)
        if resemblance(*(_runs(texts[place]) for place in pair)) >= ALIKE
    )


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """The Jaccard index of two sets: 0 (nothing in common, or nothing at all) to 1."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def _proposed(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    index = RMinHashLSH(threshold=ALIKE, num_perm=_HASHES, num_bands=_BANDS)
    for place, text in enumerate(texts):
        if runs := _runs(text):
            sketch = RMinHash(num_perm=_HASHES, seed=_SEED)
            sketch.update(sorted(runs))
            yield from ((other, place) for other in index.query(sketch))
            index.insert(place, sketch)


def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(text[:_READ].lower())
    return frozenset(" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))
