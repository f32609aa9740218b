"""Where each name goes so that none covers another: pure geometry. Knows no font and no colour.

Greedy over candidate positions (Christensen, Marks and Shieber 1995), the most important name
first: beside the pin, then farther off with a leader line, then not at all; the first one always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import copysign, cos, hypot, pi, sin

GAP = 3.0
CLEAR = 5.0  # how far a name keeps from other pins, so that it does not seem to be theirs
EDGE = 4.0  # how far it keeps from the edge of the picture
# Eight places beside the pin, in the order that readers of maps prefer: right, left, above, below.
SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
LEADERS = (18.0, 32.0, 50.0, 74.0, 100.0, 130.0)
LEADER_ANGLES = tuple(
    turn * pi / 8 for turn in (0, 8, 1, 15, 7, 9, 2, 14, 6, 10, 3, 13, 5, 11, 4, 12)
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def grown(self, by: float) -> Box:
        """The box with `by` pixels more on each side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, width: float, height: float) -> bool:
        """Whether all of it is in a picture of that size."""
        return self.left >= 0 and self.top >= 0 and self.right <= width and self.bottom <= height

    def holds(self, x: float, y: float) -> bool:
        """Whether the point is inside."""
        return self.left < x < self.right and self.top < y < self.bottom

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)


@dataclass(frozen=True, slots=True)
class Dot:
    """A pin in pixels, and the size of the name it wants; a size of 0 wants none."""

    x: float
    y: float
    radius: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        """The square about the pin."""
        r = self.radius
        return Box(self.x - r, self.y - r, self.x + r, self.y + r)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a name goes, and the leader line's end where it needs one."""

    box: Box
    leader: tuple[float, float] | None = None


def place_labels(
    dots: Sequence[Dot], size: tuple[int, int], taken: Sequence[Box] = (), *, unit: float = 1.0
) -> list[Placed | None]:
    """One place for each dot's name, or None; `dots` run from the most important to the least.

    No two boxes meet, none leaves the picture, none meets a box in `taken` or, but for the first
    name in a crowd of pins, a pin. `unit` scales the distances.
    """
    placed: list[Placed | None] = []
    for number, dot in enumerate(dots):
        names = [*taken, *(p.box.grown(GAP * unit) for p in placed if p)]
        lines = [_line(dots[i], p.leader) for i, p in enumerate(placed) if p and p.leader]
        others = [*dots[:number], *dots[number + 1 :]]
        found = _first_free(dot, others, names, lines, size, unit=unit) if dot.width > 0 else None
        if found is None and number == 0 and dot.width > 0:
            found = _least_bad(dot, size, taken, dots)
        placed.append(found)
    return placed


def _first_free(
    dot: Dot,
    others: Sequence[Dot],
    names: Sequence[Box],
    lines: Sequence[Sequence[tuple[float, float]]],
    size: tuple[int, int],
    *,
    unit: float,
) -> Placed | None:
    blocked = [*names, *(_keep_off(other, dot, CLEAR * unit) for other in others)]
    # A leader cannot but cross a pin that covers its own.
    walls = [*names, *(other.box for other in others if not other.box.holds(dot.x, dot.y))]
    free = (
        candidate
        for candidate in candidates(dot, unit)
        if candidate.box.grown(EDGE * unit).within(*size)
        and not any(candidate.box.meets(box) for box in blocked)
        and not any(_crosses(line, [candidate.box]) for line in lines)
        and not (candidate.leader and _crosses(_line(dot, candidate.leader), walls))
    )
    return next(free, None)


def _keep_off(other: Dot, dot: Dot, clear: float) -> Box:
    """The pin and air about it, lest the name seem to be its own; a pin that overlaps has none."""
    together = hypot(other.x - dot.x, other.y - dot.y) < other.radius + dot.radius
    return other.box if together else other.box.grown(clear)


def candidates(dot: Dot, unit: float) -> Iterator[Placed]:
    """All the places of a name, best first."""
    reach = dot.radius + GAP * unit
    for across, down in SIDES:
        # On a diagonal the corner of the name comes nearer to the round pin.
        near = reach * (0.6 if across and down else 1.0)
        yield Placed(_beside(dot, dot.x + across * near, dot.y + down * near, across, down))
    for far, angle in product(LEADERS, LEADER_ANGLES):
        east, south = cos(angle), sin(angle)
        x = dot.x + east * (dot.radius + far * unit)
        y = dot.y + south * (dot.radius + far * unit)
        side = 0 if abs(east) < 0.3 else round(copysign(1, east))
        box = _beside(dot, x + side * GAP * unit, y, side, 0 if side else round(copysign(1, south)))
        yield Placed(box, (x, y))


def _beside(dot: Dot, x: float, y: float, across: int, down: int) -> Box:
    """The box of the name whose edge towards the pin touches (x, y)."""
    left = x - dot.width * (1 - across) / 2
    top = y - dot.height * (1 - down) / 2
    return Box(left, top, left + dot.width, top + dot.height)


def _line(dot: Dot, end: tuple[float, float]) -> list[tuple[float, float]]:
    """Points along a leader line, outside its own pin."""
    (x, y), steps = end, 12
    length = max(hypot(x - dot.x, y - dot.y), 1e-6)
    start = min(1.0, (dot.radius + 1) / length)
    shares = (start + (1 - start) * step / steps for step in range(steps + 1))
    return [(dot.x + (x - dot.x) * share, dot.y + (y - dot.y) * share) for share in shares]


def _crosses(line: Sequence[tuple[float, float]], boxes: Iterable[Box]) -> bool:
    return any(box.holds(x, y) for box in boxes for x, y in line)


def _least_bad(
    dot: Dot, size: tuple[int, int], taken: Sequence[Box], dots: Sequence[Dot]
) -> Placed | None:
    """The place in the picture, free of `taken`, that covers least of the pins, and nearest."""
    width, height = size
    boxes = (
        Box(x, y, x + dot.width, y + dot.height)
        for x in range(4, max(5, int(width - dot.width)), 12)
        for y in range(4, max(5, int(height - dot.height)), 6)
    )
    free = [
        box
        for box in boxes
        if box.within(width, height) and not any(box.meets(other) for other in taken)
    ]
    if not free:
        return None
    best = min(free, key=lambda box: (_covered(box, dots), _distance(box, dot)))
    nearest = (
        min(max(dot.x, best.left), best.right),
        min(max(dot.y, best.top), best.bottom),
    )
    return Placed(best, nearest)


def _covered(box: Box, dots: Sequence[Dot]) -> float:
    return sum(box.overlap(dot.box) for dot in dots)


def _distance(box: Box, dot: Dot) -> float:
    return hypot((box.left + box.right) / 2 - dot.x, (box.top + box.bottom) / 2 - dot.y)
