"""Measures the map picture: python -m tests.benchmarks.bench_map (make bench-map).

Beside it matplotlib, drawing the same outlines, pins and names at the same size; where it is not
installed (`pip install matplotlib`) its rows are left out. Each cold draw has a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from babel import Locale

from summaries.places.map import Pin, Style, choose_view, draw_map
from summaries.places.map_world import load_world

ROUNDS = 9
SIZE = (800, 500)
LIMIT_MS, LIMIT_KB = 500, 100
COUNTRIES = {code: name for code, name in Locale("fr").territories.items() if len(code) == 2}
SCENES = {
    "Mosul": [
        Pin("الموصل", 36.34, 43.13, 14, asked=True),
        Pin("Bagdad", 33.34, 44.4, 5),
        Pin("Raqa", 35.95, 39.01, 3),
    ],
    "Europe": [Pin("Paris", 48.85, 2.35, 9, asked=True), Pin("Москва", 55.75, 37.62, 3)],
    "world": [
        Pin(f"Ville {number}", 60 - 9 * (number % 11), -120 + 17 * number, number)
        for number in range(15)
    ],
}
Draw = Callable[[list[Pin]], bytes]


def draw(pins: list[Pin]) -> bytes:
    """Ours."""
    return draw_map(pins, title="Le bulletin", countries=COUNTRIES)


def draw_peer(pins: list[Pin]) -> bytes:
    """matplotlib: outlines, pins and names; it places no label and shapes no Arabic."""
    import_module("matplotlib").use("Agg")
    plot = import_module("matplotlib.pyplot")
    collections = import_module("matplotlib.collections")
    world = load_world()
    view = choose_view(pins, world, SIZE)
    figure = plot.figure(figsize=(8, 5), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, SIZE[0]), ylim=(SIZE[1], 0), facecolor="#d3e2ea")
    outlines = [pixels for _, pixels in view.seen(world.lands)]
    axes.add_collection(collections.PolyCollection(outlines, fc="#f0ece3", ec="#bbaa99", lw=0.5))
    points = view.points(np.array([(pin.longitude, pin.latitude) for pin in pins], float))
    for (x, y), pin in zip(points.tolist(), pins, strict=True):
        axes.plot(x, y, "o", color="#2c527a")
        axes.annotate(pin.name, (x, y), (5, 0), textcoords="offset points")
    out = BytesIO()
    figure.savefig(out)
    plot.close(figure)
    return out.getvalue()


DRAWS: dict[str, Draw] = {"dateline": draw, "matplotlib": draw_peer}


def cold(name: str, scene: str) -> dict[str, float]:
    """One draw in a new process: ms without the imports, and the memory it took and kept."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_map", "cold", name, scene]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told: dict[str, float] = json.loads(out)
    return told


def tell_cold(name: str, scene: str) -> None:
    """In the new process: draw once, and print what it cost as JSON."""
    before = memory_mb("VmRSS")
    started, work = time.perf_counter(), time.process_time()
    DRAWS[name](SCENES[scene])
    told = {
        "ms": (time.perf_counter() - started) * 1000,
        "cpu": (time.process_time() - work) * 1000,
        "kept_mb": memory_mb("VmRSS") - before,
        "peak_mb": memory_mb("VmHWM"),
    }
    sys.stdout.write(json.dumps(told))


def memory_mb(kind: str) -> float:
    """What Linux says of this process: "VmRSS" now, "VmHWM" at most; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(kind)), 0.0)


def warm(name: str, scene: str) -> tuple[float, float, int]:
    """Median ms of wall clock and of processor, and bytes, in this process."""
    walls, works = [], []
    for _ in range(ROUNDS):
        wall, work = time.perf_counter(), time.process_time()
        size = len(DRAWS[name](SCENES[scene]))
        walls.append((time.perf_counter() - wall) * 1000)
        works.append((time.process_time() - work) * 1000)
    return median(walls), median(works), size


def measure(name: str, scene: str) -> float:
    """Print one row, and return the warm ms."""
    first = cold(name, scene)
    DRAWS[name](SCENES[scene])
    wall, work, size = warm(name, scene)
    sys.stdout.write(
        f"{name:<11} {scene:<7} cold {first['ms']:5.0f} ms (cpu {first['cpu']:4.0f})"
        f"   warm {wall:4.0f} ms (cpu {work:4.0f})"
        f"   {size / 1000:5.1f} kB"
        f"   peak {first['peak_mb']:4.0f} MB (keeps {first['kept_mb']:.0f})\n"
    )
    return wall


def main() -> None:
    """Print the table, and the ratios where matplotlib is there."""
    names = [name for name in DRAWS if name == "dateline" or find_spec(name)]
    for scene in SCENES:
        times = [measure(name, scene) for name in names]
        if len(times) == 2:
            sys.stdout.write(f"{'':<11} {scene:<7} {times[1] / times[0]:.1f} times as fast\n")
    largest = max(len(draw_map(pins, style=style)) for pins in SCENES.values() for style in Style)
    sys.stdout.write(
        f"limits: {LIMIT_MS} ms cold, {LIMIT_KB} kB; largest {largest / 1000:.1f} kB\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["cold"]:
        tell_cold(*sys.argv[2:])
    else:
        main()
