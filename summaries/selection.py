"""Which sentences cover best what an editor would say, within a budget. Knows numbers, no text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations, starmap

from summaries.article import Length

Unit = tuple[int, ...]
Places = frozenset[int]
Clash = Callable[[int, int], bool]

_CANDIDATES = 16
_ROUNDS = 4
_PAST_HORIZON = 0.06  # how much words past the horizon count in the choice
# What the first sentences are worth more, chosen by cross-validation: where the first is a lead by
# its title, and where no title can tell (most news opens with its lead).
LED = (0.4, 0.1, 0.1)
UNTITLED = (0.6, 0.2)
_NEARLY = 2 / 3  # of the horizon: such a choice needs no filling
_PAST_HORIZON_FILLING = 0.3  # and in what is added to a choice that leaves room


@dataclass(frozen=True, slots=True)
class Budget:
    """The promise of a length: at most so many sentences and words; one sentence always fits.

    `horizon` is how many words a hurried reader surely reads: the choice is made for these. A
    sentence of fewer than `terse` words says too little away from the one before it.
    """

    sentences: int
    words: int
    horizon: int
    terse: int


BUDGETS = {
    Length.SHORT: Budget(sentences=2, words=50, horizon=40, terse=20),
    Length.NORMAL: Budget(sentences=3, words=100, horizon=60, terse=8),
    Length.LONG: Budget(sentences=5, words=170, horizon=170, terse=8),
}


@dataclass(frozen=True, slots=True)
class Worth:
    """The expected share of an editor's words that a choice of sentences covers.

    `tokens` are the word numbers of each sentence, `chances` how likely the editor uses each word.
    A word counts once, so saying a thing twice gains nothing. Words up to the horizon count most,
    and are worth less the more of them it takes. `opening` is the share that the first sentences
    count more, where they were written to be read together.
    """

    tokens: Sequence[Sequence[int]]
    chances: Sequence[float]
    horizon: int
    opening: Sequence[float] = ()

    def __call__(self, places: Collection[int], past_horizon: float = _PAST_HORIZON) -> float:
        """The worth of the sentences at `places`, read in their order."""
        row = [word for place in sorted(places) for word in self.tokens[place]]
        length = min(len(row), self.horizon)
        covered = self._cover(row)
        read = covered if length == len(row) else self._cover(row[:length])
        worth = read / (1 + length / self.horizon) + past_horizon * covered
        return worth * (1 + self._opening(places))

    def _opening(self, places: Collection[int]) -> float:
        return sum(more for i, more in enumerate(self.opening) if i in places)

    def _cover(self, row: Sequence[int]) -> float:
        return sum(map(self.chances.__getitem__, set(row)))


@dataclass(frozen=True, slots=True)
class _Rules:
    """What may stand together: a budget, and sentences that do not clash."""

    worth: Callable[..., float]
    sizes: Sequence[int]  # words of each sentence
    budget: Budget
    clash: Clash

    def words(self, places: Iterable[int]) -> int:
        return sum(map(self.sizes.__getitem__, places))

    def fits(self, places: Collection[int]) -> bool:
        return len(places) <= self.budget.sentences and self.words(places) <= self.budget.words

    def allows(self, places: Collection[int]) -> bool:
        if not self.fits(places) or any(self._lost(place, places) for place in places):
            return False
        return not any(starmap(self.clash, combinations(sorted(places), 2)))

    def _lost(self, place: int, places: Collection[int]) -> bool:
        """Whether it is a terse sentence far from what it was written after."""
        terse = self.sizes[place] < self.budget.terse
        return terse and place > 0 and place - 1 not in places


def choose(units: Sequence[Unit], worth: Worth, budget: Budget, clash: Clash) -> list[int]:
    """The places of the best units together, in order: greedy, exchanged while it helps, filled.

    `clash` tells whether two sentences may not stand in one brief. When nothing fits the budget,
    the shortest unit stands alone.
    """
    rules = _Rules(cache(worth), [len(row) for row in worth.tokens], budget, cache(clash))
    fitting = [unit for unit in units if rules.fits(unit)]
    if not fitting:
        return list(min(units, key=rules.words)) if units else []
    options = sorted(fitting, key=worth, reverse=True)[:_CANDIDATES]
    return sorted(_filled(_improved(options, rules), fitting, rules))


def _improved(options: Sequence[Unit], rules: _Rules) -> Places:
    """From the best single unit, one addition or exchange at a time, while the worth grows."""
    chosen = [options[0]]
    for _ in range(rules.budget.sentences + _ROUNDS):
        nearby = [*_additions(chosen, options), *_exchanges(chosen, options)]
        better = _best(nearby, rules, rules.worth(_places(chosen)))
        if better is None:
            break
        chosen = better
    return _places(chosen)


def _best(choices: Sequence[list[Unit]], rules: _Rules, least: float) -> list[Unit] | None:
    """The first of the allowed choices that are worth most, if that is more than `least`."""
    worths = [
        rules.worth(places) if rules.fits(places) else 0.0 for places in map(_places, choices)
    ]
    for place in sorted(range(len(choices)), key=worths.__getitem__, reverse=True):
        if worths[place] <= least:
            break
        if rules.allows(_places(choices[place])):
            return choices[place]
    return None


def _filled(chosen: Places, units: Sequence[Unit], rules: _Rules) -> Places:
    """With sentences that still fit: anywhere up to the horizon, then only after what was chosen.

    A choice that comes near the horizon is left as it is: an addition would push its end past it.
    """
    horizon = rules.budget.horizon
    if horizon < rules.budget.words and _NEARLY * horizon <= rules.words(chosen) < horizon:
        return chosen
    while True:
        larger = [chosen.union(unit) for unit in units if len(unit) == 1 and unit[0] not in chosen]
        if rules.words(chosen) >= horizon:
            larger = [places for places in larger if min(places - chosen) > max(chosen)]
        allowed = [places for places in larger if rules.allows(places)]
        if not allowed:
            return chosen
        chosen = max(allowed, key=lambda places: rules.worth(places, _PAST_HORIZON_FILLING))


def _additions(chosen: list[Unit], options: Sequence[Unit]) -> list[list[Unit]]:
    return [[*chosen, unit] for unit in options if unit not in chosen]


def _exchanges(chosen: list[Unit], options: Sequence[Unit]) -> list[list[Unit]]:
    return [
        [*chosen[:i], *chosen[i + 1 :], unit]
        for i in range(len(chosen))
        for unit in options
        if unit not in chosen
    ]


def _places(units: Iterable[Unit]) -> Places:
    return frozenset(chain.from_iterable(units))
