"""Prints briefs as a reader sees them: `python -m tests.benchmarks.show_briefs`.

Ten in French and ten in English from the dev files of the evaluation data, the article beside it,
and one of `seeds/` in each other language. `--count`, `--set`, `--skip` and `--untitled` read on.
Knows no method but ours.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from summaries.article import Article, Length
from summaries.clean import clean
from summaries.extractive import summarize
from tests.benchmarks.defects import defects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
SETS = ("fr-dev", "en-dev", "fr-train", "en-train", "en-oneline-dev")  # no test file
WIDTH = 100


def main(arguments: Sequence[str]) -> int:
    """Print the briefs asked for."""
    parser = argparse.ArgumentParser(prog="show_briefs", description=__doc__)
    parser.add_argument("--set", choices=SETS, help="only briefs of this file")
    parser.add_argument("--count", type=int, default=10, help="articles of each file")
    parser.add_argument("--skip", type=int, default=0, help="articles of the file left out first")
    parser.add_argument("--untitled", action="store_true", help="hide the title from the method")
    parser.add_argument("--length", choices=list(Length), default=Length.NORMAL, type=Length)
    options = parser.parse_args(arguments)
    names = (options.set,) if options.set else SETS[:2]
    for name in names:
        for article in islice(_rows(name), options.skip, options.skip + options.count):
            _show(article, options.length, untitled=options.untitled)
    if not options.set:
        for article in _seeds():
            _show(article, options.length)
    return 0


def _rows(name: str) -> Iterator[Article]:
    path = SHARED / "data" / "summaries" / f"{name}.jsonl"
    if not path.is_file():
        sys.stdout.write(f"skipped: the evaluation data is not at {path}\n")
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield clean(row["text"], title=row["title"], language=row["lang"])


def _seeds() -> Iterator[Article]:
    """The article beside the checkout, then the first seed of each language."""
    shown = {"fr", "en"}
    for path in sorted((SHARED / "seeds").glob("*.txt")):
        yield clean(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        article = clean(path.read_text(encoding="utf-8"))
        if article.language not in shown:
            shown.add(article.language)
            yield article


def _show(article: Article, length: Length, *, untitled: bool = False) -> None:
    read = Article("", article.paragraphs, article.language) if untitled else article
    summary = summarize(read, length)
    places = ", ".join(str(sentence.index + 1) for sentence in summary.sentences)
    what = "whole" if summary.whole else f"{places} of {summary.total}"
    print(f"\n[{article.language}] {article.title or '(no title)'}   ({what})")
    for sentence in summary.sentences:
        print(textwrap.fill(sentence.text, WIDTH, initial_indent="  - ", subsequent_indent="    "))
    placed = [(sentence.index, sentence.text) for sentence in summary.sentences]
    for defect in () if summary.whole else defects(placed, read.title, article.language):
        print(f"  ! {defect[:60]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
