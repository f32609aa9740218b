"""Measures reading: sentence boundaries, page furniture, start-up. Knows peers if installed."""

from __future__ import annotations

import html
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from summaries.clean import clean
from summaries.sentences import split

HERE = Path(__file__).parent
SETS = HERE.parent / "summaries" / "data" / "sentences"
SECOND = SETS / "second"
DATA = HERE.parents[2] / "shared" / "data"
LANGUAGES = ("fr", "en", "es", "de", "it", "pt", "ru", "ar", "zh")
GLUED = "‿"

Splitter = Callable[[str, str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Example:
    """One hand-checked paragraph: its text and where sentences begin, the first left out."""

    text: str
    starts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Score:
    """Boundaries found rightly, found in all, and there in all."""

    right: int
    found: int
    gold: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.found + self.gold)


def examples(language: str, folder: Path = SETS) -> list[Example]:
    """The hand-checked paragraphs of a language, in the order of the file."""
    text = (folder / f"{language}.txt").read_text(encoding="utf-8")
    return [_example(block.split("\n"), language) for block in text.strip().split("\n\n")]


def _example(lines: list[str], language: str) -> Example:
    text, starts = lines[0], set()
    for line in lines[1:]:
        glued = line.startswith(GLUED) or language == "zh"
        text += "" if glued else " "
        starts.add(len(text))
        text += line.removeprefix(GLUED)
    return Example(text, frozenset(starts))


def halves(language: str) -> tuple[list[Example], list[Example]]:
    """(dev, test): paragraphs 1, 3, 5 ... and 2, 4, 6 ..."""
    every = examples(language)
    return every[::2], every[1::2]


def starts_of(text: str, found: Iterable[str]) -> set[int]:
    """Where sentences given as strings begin in the text, the first left out."""
    starts, place = set(), 0
    for sentence in found:
        head = sentence.strip()
        place = text.find(head[:12], place)
        if not head or place < 0:
            place = max(place, 0)
            continue
        starts.add(place)
        place += max(1, len(head) - 3)
    return starts - {0}


def score(splitter: Splitter, language: str, chosen: list[Example]) -> Score:
    """How well a splitter finds the boundaries of some paragraphs."""
    right = found = gold = 0
    for example in chosen:
        starts = starts_of(example.text, splitter(example.text, language))
        right += len(starts & example.starts)
        found += len(starts)
        gold += len(example.starts)
    return Score(right, found, gold)


def ours(text: str, language: str) -> list[str]:
    """Our splitter as strings."""
    return [text[start:end] for start, end in split(text, language)]


def peers() -> Iterator[tuple[str, Splitter | None]]:
    """Other splitters, or None where the library is not installed."""
    for name, make in (("sentencex", _sentencex), ("pysbd", _pysbd), ("syntok", _syntok)):
        try:
            yield name, make(importlib.import_module(name))
        except ImportError:
            yield name, None


def _sentencex(module: object) -> Splitter:
    return lambda text, language: module.segment(language, text)  # type: ignore[attr-defined]


def _pysbd(module: object) -> Splitter:
    def run(text: str, language: str) -> list[str]:
        known = language if language in {"en", "fr", "es", "de", "it", "ru", "ar", "zh"} else "es"
        return list(module.Segmenter(language=known, clean=False).segment(text))  # type: ignore[attr-defined]

    return run


def _syntok(module: object) -> Splitter:
    segmenter = importlib.import_module("syntok.segmenter")

    def run(text: str, language: str) -> list[str]:
        return [
            "".join(token.spacing + token.value for token in sentence)
            for paragraph in segmenter.process(text)
            for sentence in paragraph
        ]

    return run


def boundaries_table() -> Table:
    """F1 of every splitter on the dev and test halves, and on the second set, by language."""
    table = Table(title="Sentence boundaries, F1 in % (dev half / test half / second set)")
    table.add_column("splitter")
    for language in LANGUAGES:
        sizes = [
            sum(len(e.starts) for e in examples(language, folder)) for folder in (SETS, SECOND)
        ]
        table.add_column(f"{language} ({sizes[0]} + {sizes[1]})", justify="right")
    for name, splitter in [("ours", ours), *peers()]:
        cells = [_cell(splitter, language) if splitter else "-" for language in LANGUAGES]
        table.add_row(name if splitter else f"{name} (not installed)", *cells)
    return table


def _cell(splitter: Splitter, language: str) -> str:
    parts = (*halves(language), examples(language, SECOND))
    return " / ".join(f"{score(splitter, language, part).f1 * 100:.1f}" for part in parts)


def mistakes(languages: Iterable[str]) -> Iterator[str]:
    """Each wrong boundary of the dev half and of the second set, as a reader sees it."""
    for language in languages:
        for example in (*halves(language)[0], *examples(language, SECOND)):
            found = starts_of(example.text, ours(example.text, language))
            for place in sorted(found ^ example.starts):
                kind = "missed" if place in example.starts else "extra"
                left, right = example.text[max(0, place - 30) : place], example.text[place:]
                yield f"{language} {kind}: {left}|{right[:30]}"


def furniture_table() -> Table:
    """How many lines of gold text cleaning loses, with the title given and without."""
    table = Table(
        title="Lines of gold text wrongly removed (in neither the paragraphs nor the title)"
    )
    for heading in ("set", "lines", "title given", "%", "no title", "%"):
        table.add_column(heading, justify="right")
    for name, key in (
        ("pages/truth", "main_content"),
        ("summaries/fr-train", "text"),
        ("summaries/en-train", "text"),
        ("summaries/en-dev", "text"),
    ):
        total, lost = removed(DATA / f"{name}.jsonl", key, titled=True)
        _, bare = removed(DATA / f"{name}.jsonl", key, titled=False)
        share = [f"{100 * len(gone) / max(1, total):.3f}" for gone in (lost, bare)]
        table.add_row(name, f"{total:,}", str(len(lost)), share[0], str(len(bare)), share[1])
    return table


def removed(path: Path, key: str, *, titled: bool) -> tuple[int, list[str]]:
    """(lines looked at, lines that cleaning lost although they are the article's)."""
    total, lost = 0, []
    for row in path.read_text(encoding="utf-8").strip().split("\n"):
        fields = json.loads(row)
        lines = [line.split() for line in fields[key].split("\n") if line.strip()]
        title = (fields.get("title") or "") if titled else ""
        article = clean(fields[key], title=title)
        kept = "".join(map(_visible, (article.title, *article.paragraphs)))
        total += len(lines)
        lost += [text for line in lines if (text := _visible(" ".join(line))) not in kept]
    return total, lost


def _visible(line: str) -> str:
    """A line without spaces, entities decoded, invisible characters dropped, as in cleaning."""
    return "".join(html.unescape(line.replace("\u200b", "").replace("\ufeff", "")).split())


def speed_lines() -> Iterator[str]:
    """Start-up and worst cases, in words."""
    code = (
        "import time; t = time.process_time(); from summaries.language import detect;"
        "detect('La France et les Etats-Unis organisent mercredi une réunion à Paris');"
        "print(round((time.process_time() - t) * 1000))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    yield f"language: import and first answer {run.stdout.strip()} ms"
    normal = " ".join(example.text for example in examples("fr"))
    for name, text, language in (
        ("500 KB of French", (normal * 30)[:500_000], "fr"),
        ("1 MB without a full stop", "mot " * 250_000, "fr"),
        ("1 MB of full stops", "." * 1_000_000, "en"),
        ("1 MB of opening quotes", "« " * 500_000, "fr"),
        ("1 MB without a space", "a" * 1_000_000, "en"),
    ):
        start = time.process_time()
        split(text, language)
        cut = time.process_time()
        clean(text)
        yield f"{name}: split {cut - start:.2f} s, clean {time.process_time() - cut:.2f} s"


def main() -> None:
    """Print everything."""
    console = Console(width=230)
    console.print(boundaries_table())
    if DATA.exists():
        console.print(furniture_table())
    else:
        console.print("Evaluation data is missing: cleaning is not measured.")
    for line in speed_lines():
        console.print(line)


if __name__ == "__main__":
    main()
