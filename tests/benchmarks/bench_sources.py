"""Measures how pages are read, beside trafilatura. Knows its shared data, no network.

`python -m tests.benchmarks.bench_sources` prints a section for each row of the table in the issue;
feeds, polling and stories are measured by modules of their own, whose `main` is called where they
are there. The rules of the scores are in pages_truth.py. Weights and rules were tuned on the even
pages only.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from rich.console import Console
from rich.table import Table

from bot.core.errors import SourceError
from bot.sources.pages import article_from_html, warm_up
from tests.benchmarks.bench_reading import furniture_table
from tests.benchmarks.pages_truth import (
    TruePage,
    pages,
    same_author,
    same_date,
    same_title,
    word_f1,
    words,
)

OTHERS = ("bench_feeds", "bench_polling", "bench_stories")


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader found in one page, and the seconds of the processor it took."""

    text: str = ""
    title: str = ""
    author: str = ""
    date: str = ""
    seconds: float = 0.0
    refused: str = ""


Reader = Callable[[TruePage], Read]


def ours(page: TruePage) -> Read:
    """Our reader, cleaning and refusals included."""
    try:
        article = article_from_html(page.html, page.url)
    except SourceError as error:
        return Read(refused=str(error))
    date = article.published.isoformat() if article.published else ""
    return Read(article.text, article.title, article.author, date)


def trafilatura(page: TruePage) -> Read:
    """trafilatura as it comes, without comments."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - a peer, loaded when it is measured

    found = bare_extraction(page.html, url=page.url, with_metadata=True, include_comments=False)
    names = ("text", "title", "author", "date")
    text, title, author, date = (str(getattr(found, name, None) or "") for name in names)
    return Read(text, title, author, date)


def timed(reader: Reader, page: TruePage) -> tuple[Read, float]:
    """What a reader found, and its seconds of the processor."""
    start = time.process_time()
    return reader(page), time.process_time() - start


def row(name: str, chosen: Sequence[TruePage], reader: Reader) -> list[str]:
    """One line of the table."""
    pairs = [(page, *timed(reader, page)) for page in chosen]
    scores = [word_f1(read.text, page.text) for page, read, _ in pairs]
    return [
        name,
        f"{mean(scores):.3f}",
        f"{of_means((read.text, page.text) for page, read, _ in pairs):.3f}",
        share(same_title(read.title, page.title) for page, read, _ in pairs),
        share(same_author(read.author, page.author) for page, read, _ in pairs if page.author),
        share(same_date(read.date, page.date) for page, read, _ in pairs if page.date),
        f"{1000 * median(seconds for _, _, seconds in pairs):.1f}",
        str(sum(bool(read.refused) for _, read, _ in pairs)),
    ]


def share(found: Iterable[bool]) -> str:
    """The share of what is true."""
    return f"{mean(found):.3f}"


def of_means(texts: Iterable[tuple[str, str]]) -> float:
    """F1 of the mean precision and the mean recall, another way to score a set of pages."""
    precisions, recalls = [], []
    for found, gold in texts:
        ours_, theirs = words(found), words(gold)
        common = word_f1(found, gold) * (len(ours_) + len(theirs)) / 2
        precisions.append(common / max(1, len(ours_)))
        recalls.append(common / max(1, len(theirs)))
    precision, recall = mean(precisions), mean(recalls)
    return 2 * precision * recall / (precision + recall)


def pages_table() -> Table:
    """Ours beside trafilatura, page by page in one run, on both halves."""
    table = Table(title="Pages (word F1, title, author, date; CPU in ms, median)")
    for heading in ("reader", "F1", "F1 of means", "title", "author", "date", "ms", "refused"):
        table.add_column(heading, justify="left" if heading == "reader" else "right")
    for half, odd in (("dev", False), ("test", True)):
        for name, reader in (("trafilatura", trafilatura), ("ours", ours)):
            table.add_row(*row(f"{name} ({half})", pages(odd=odd), reader))
    return table


def walls_lines() -> Iterable[str]:
    """False alarms: real articles that are refused as a wall, by number and reason."""
    every = [*pages(odd=False), *pages(odd=True)]
    refused = [(page.id, ours(page).refused) for page in every]
    alarms = [(name, words) for name, words in refused if words.startswith("Couldn't")]
    yield f"walls: {len(alarms)} false alarms in {len(every)} real articles {alarms}"


def main() -> None:
    """Print everything that can be measured here."""
    console = Console(width=160)
    if not pages(odd=False):
        console.print("The real pages are missing: ../shared/data/pages.")
        return
    warm_up()
    console.print(pages_table())
    for line in walls_lines():
        console.print(line)
    console.print(furniture_table())
    for name in OTHERS:
        whole = f"tests.benchmarks.{name}"
        if importlib.util.find_spec(whole):
            console.rule(name)
            importlib.import_module(whole).main()


if __name__ == "__main__":
    main()
