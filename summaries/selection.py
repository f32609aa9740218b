"""Which sentences cover best what an editor would say, within a budget. Knows numbers, no text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Unit = tuple[int, ...]
Clash = Callable[[int, int], bool]

_CANDIDATES = 16
_ROUNDS = 4
_WHOLE_SHARE = 0.2  # how much the words past the horizon count


@dataclass(frozen=True, slots=True)
class Budget:
    """The promise of a length: at most so many sentences and words; one sentence always fits.

    `horizon` is how many words a hurried reader surely reads: the choice is made for these.
    """

    sentences: int
    words: int
    horizon: int


@dataclass(frozen=True, slots=True)
class Worth:
    """The expected share of an editor's words that a choice of sentences covers.

    `tokens` are the word numbers of each sentence, `chances` how likely the editor uses each word.
    A word counts once, so saying a thing twice gains nothing. Long choices are divided by more.
    """

    tokens: Sequence[Sequence[int]]
    chances: Sequence[float]
    horizon: int
    words: int

    def __call__(self, places: Iterable[int]) -> float:
        """The worth of the sentences at `places`, read in their order."""
        row = [word for place in sorted(places) for word in self.tokens[place]]
        head = row[: self.horizon]
        return self._cover(head) / (len(head) + self.horizon) + _WHOLE_SHARE * self._cover(row) / (
            len(row) + 2 * self.words
        )

    def _cover(self, row: Sequence[int]) -> float:
        return sum(map(self.chances.__getitem__, set(row)))


def choose(units: Sequence[Unit], worth: Worth, budget: Budget, clash: Clash) -> list[int]:
    """The places of the best units together, in order: greedy, then exchanged while it helps.

    `clash` tells whether two sentences may not stand in one brief.
    """
    fitting = [unit for unit in units if _fits(unit, worth, budget)]
    if not fitting:
        return list(min(units, key=lambda unit: _words(unit, worth))) if units else []
    options = sorted(fitting, key=worth, reverse=True)[:_CANDIDATES]

    def best(chosen: list[Unit]) -> list[Unit] | None:
        """The best set one step from `chosen`, or None when none is better."""
        nearby = [[*chosen, unit] for unit in options if unit not in chosen]
        for i in range(len(chosen)):
            rest = chosen[:i] + chosen[i + 1 :]
            nearby += [[*rest, unit] for unit in options if unit not in chosen]
        allowed = [units for units in nearby if _allowed(units, worth, budget, clash)]
        champion = max(allowed, key=lambda units: worth(_places(units)), default=chosen)
        return champion if worth(_places(champion)) > worth(_places(chosen)) else None

    chosen = [options[0]]
    for _ in range(budget.sentences + _ROUNDS):
        better = best(chosen)
        if better is None:
            break
        chosen = better
    return sorted(_places(chosen))


def _places(units: Iterable[Unit]) -> set[int]:
    return {place for unit in units for place in unit}


def _words(places: Iterable[int], worth: Worth) -> int:
    return sum(len(worth.tokens[place]) for place in places)


def _fits(places: Iterable[int], worth: Worth, budget: Budget) -> bool:
    together = set(places)
    return len(together) <= budget.sentences and _words(together, worth) <= budget.words


def _allowed(units: Sequence[Unit], worth: Worth, budget: Budget, clash: Clash) -> bool:
    """Within the budget, and no two sentences of different units say the same."""
    places = _places(units)
    if not _fits(places, worth, budget):
        return False
    return not any(clash(i, j) for i in places for j in places if i < j)
