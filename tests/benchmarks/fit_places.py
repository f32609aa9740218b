"""Fits the weights of the evidence on the dev documents: python -m tests.benchmarks.fit_places.

Writes config/places/weights.toml; build the pack again afterwards. Reads dev documents only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summaries.places.finder import examine
from summaries.places.gazetteer import Gazetteer
from summaries.places.judge import probability
from summaries.places.place import Mention
from summaries.places.prior import Usual, learned
from tests.benchmarks.places_corpora import (
    Document,
    read_gaztag,
    read_geovirus,
    read_wikineural,
)

LANGUAGES = ("fr", "en", "es", "de", "it", "pt", "ru")
TARGET = Path(__file__).parents[2] / "config" / "places" / "weights.toml"
RIDGE = 1.0

# Weights that are set, not fitted: the corpora do not mark the White House, and we want it; and
# they hold too few people and films named after places ("Chad Smith", "Sam", "Maurice").
SET = {
    "building": 0.5,
    "given and family name": -5.0,
    "institution of": -4.0,
    "thing follows": -4.0,
    "sound": -2.5,
    "kin beside": -3.0,
    "work before": -3.0,
    "given name, unknown name follows": -2.0,
    "given name opens alone": -3.5,
    "person, foreign name": -2.0,
}

Row = tuple[dict[str, float], bool]


def rows(documents: list[Document], gazetteer: Gazetteer, language: str) -> Iterator[Row]:
    """Yield the evidence about every candidate of the dev documents, and whether it is marked."""
    habits: dict[str, Usual] = {}
    for document in documents:
        if document.split != "dev":
            continue
        spans = {(gold.start, gold.end) for gold in document.golds}
        usual = habits.get(document.feed)
        found = examine(document.text, gazetteer, language, usual)
        for span, _, facts in found.names:
            yield facts, (span.start, span.end) in spans
        if document.feed:
            mentions = [
                Mention("", 0, 0, choice.place, 1.0)
                for _, choice, facts in found.names
                if probability(facts, gazetteer.index) >= 0.5
            ]
            habits[document.feed] = learned(usual, mentions)


def fit(
    facts: NDArray[np.float64],
    marked: NDArray[np.float64],
    worth: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the weights of a logistic regression with a ridge (Newton's method).

    `start` is what the set weights say already of each row.
    """
    weights = np.zeros(facts.shape[1])
    ridge = np.full(facts.shape[1], RIDGE)
    for _ in range(25):
        chance = 1 / (1 + np.exp(-facts @ weights - start))
        slope = facts.T @ (worth * (chance - marked)) + ridge * weights
        curve = (facts * (worth * chance * (1 - chance))[:, None]).T @ facts + np.diag(ridge)
        weights -= np.linalg.solve(curve, slope)
    return weights


def main() -> int:
    """Fit on all dev documents, each corpus counting alike, and write the weights."""
    gazetteer = Gazetteer.open()
    corpora = [
        (2.2, "en", read_gaztag("lgl")),
        (1.5, "en", read_gaztag("TR-News")),
        (1.2, "en", read_geovirus()),
        *((0.8, language, read_wikineural(language)) for language in LANGUAGES),
    ]
    samples: list[tuple[dict[str, float], bool, float]] = []
    for share, language, documents in corpora:
        found = list(rows(documents, gazetteer, language))
        samples += [(facts, marked, share * 1500 / len(found)) for facts, marked in found]
        sys.stdout.write(f"{language} {len(found)} candidates, {sum(m for _, m in found)} places\n")
    samples = [sample for sample in samples if not sample[0]["building"]]
    names = sorted({name for facts, _, _ in samples for name in facts} - set(SET))
    start = np.array([sum(SET[name] * facts[name] for name in SET) for facts, _, _ in samples])
    table = np.array([[facts.get(name, 0.0) for name in names] for facts, _, _ in samples])
    marked = np.array([float(mark) for _, mark, _ in samples])
    weights = fit(table, marked, np.array([worth for _, _, worth in samples]), start)
    lines = [
        f'"{name}" = {weight:.3f}'
        for name, weight in (SET | dict(zip(names, weights, strict=True))).items()
    ]
    head = "# What each kind of evidence is worth; fitted by tests/benchmarks/fit_places.py.\n"
    TARGET.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(TARGET.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
