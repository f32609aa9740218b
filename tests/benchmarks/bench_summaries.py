"""Every way to shorten a news text, against the editor's own summary: `make bench-summaries`.

ROUGE-1 F1, every output cut at 60 words, 95 % bootstrap intervals; differences are paired with
lead-3, the first three sentences. `--split test` reads the test files: once, at the end. The model
is trained on `en-dev` and on the dev half of the one-line set too: only test tells about English.

Several articles: there are no stories of several articles with an editor's brief of all, so two
French articles (train and dev) whose titles share most of their words stand for a story, and each
brief is held against the mean of both editors' abstracts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from sumy.summarizers.lex_rank import LexRankSummarizer

from summaries import extractive
from summaries.article import Article, Sentence, Summary
from summaries.clean import clean
from summaries.extractive import METHODS, brief_together, summarize
from summaries.sentences import sentences
from summaries.stems import stemmer
from tests.benchmarks.defects import defects, same
from tests.benchmarks.rouge import interval, rouge_1_at, tokens

DATA = Path(__file__).parents[3] / "shared" / "data" / "summaries"
LIMIT = 60
SIZES = (100, 1_000, 3_000)

Method = Callable[["Row"], Sequence[Sentence]]
SentenceInfo = Any  # sumy ships no types
Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """One article with the editor's own summaries."""

    article: Article
    references: tuple[str, ...]
    sentences: tuple[Sentence, ...]


Story = tuple[Row, Row]


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="bench_summaries", description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--no-speed", action="store_true", help="leave out the speed rows")
    parser.add_argument("--only", nargs="*", help="methods to run beside lead-3")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        sys.stdout.write(f"skipped: the evaluation data is not at {DATA}\n")
        return 0
    for name, rows in _sets(options.split):
        _report(name, rows, options.only)
    _together()
    if not options.no_speed:
        _speed()
    return 0


def _sets(split: str) -> Iterator[tuple[str, list[Row]]]:
    french, english = _rows(f"fr-{split}"), _rows(f"en-{split}")
    yield f"French, {split}", french
    yield f"French, {split}, without title", [_untitled(row) for row in french]
    yield f"English, {split}", english
    oneline = _rows("en-oneline-dev")[0 if split == "dev" else 1 :: 2]
    yield f"English without the lead (one-line), {split} half", oneline


def _rows(name: str) -> list[Row]:
    with (DATA / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [_row(json.loads(line)) for line in lines]


def _row(data: dict[str, object]) -> Row:
    article = clean(str(data["text"]), title=str(data["title"]), language=str(data["lang"]))
    references = data["refs"]
    assert isinstance(references, list)
    return Row(article, tuple(map(str, references)), sentences(article))


def _untitled(row: Row) -> Row:
    return replace(row, article=replace(row.article, title=""))


def _methods(only: Sequence[str] | None) -> dict[str, Method]:
    names = [name for name in METHODS if not only or name in only]
    ours: dict[str, Method] = {name: _summarizing(name) for name in names}
    if only:
        return ours
    return {**ours, "random": _random, "oracle": _oracle}


def _summarizing(name: str) -> Method:
    return lambda row: summarize(row.article, method=name).sentences


def _random(row: Row) -> Sequence[Sentence]:
    count = min(3, len(row.sentences))
    return sorted(
        random.Random(row.article.text).sample(row.sentences, count),  # noqa: S311  no secret
        key=lambda sentence: sentence.index,
    )


def _oracle(row: Row) -> Sequence[Sentence]:
    """Up to three sentences, each chosen because it raises the score most: the ceiling."""
    chosen: list[Sentence] = []
    while len(chosen) < 3:
        larger = [[*chosen, s] for s in row.sentences if s not in chosen]
        best = max(larger, key=lambda some: _score(row, some), default=chosen)
        if _score(row, best) <= _score(row, chosen):
            break
        chosen = best
    return sorted(chosen, key=lambda sentence: sentence.index)


def _score(row: Row, chosen: Sequence[Sentence]) -> float:
    ordered = sorted(chosen, key=lambda sentence: sentence.index)
    return 100 * rouge_1_at(LIMIT, " ".join(s.text for s in ordered), row.references)


def _report(title: str, rows: Sequence[Row], only: Sequence[str] | None) -> None:
    print(f"\n{title}: {len(rows)} articles, ROUGE-1 at {LIMIT} words")
    print(
        f"{'method':12} {'score':>6}  {'against lead-3':>22} {'words':>5} {'defects':>8} {'ms':>7}"
    )
    lead = [_score(row, row.sentences[:3]) for row in rows]
    print(
        f"{'lead-3':12} {sum(lead) / len(lead):6.2f}  {'':>22} {'':>5} {_share(rows, _lead):7.1f}%"
    )
    for name, method in _methods(only).items():
        start = time.perf_counter()
        chosen = [method(row) for row in rows]
        spent = 1000 * (time.perf_counter() - start) / len(rows)
        scores = [_score(row, some) for row, some in zip(rows, chosen, strict=True)]
        mean, low, high = interval([a - b for a, b in zip(scores, lead, strict=True)])
        words = sum(len(s.text.split()) for some in chosen for s in some) / len(rows)
        print(
            f"{name:12} {sum(scores) / len(scores):6.2f}  {mean:+6.2f} [{low:+6.2f}, {high:+6.2f}]"
            f" {words:5.0f} {_faulty(rows, chosen):7.1f}% {spent:7.1f}",
            flush=True,
        )


def _lead(row: Row) -> Sequence[Sentence]:
    return row.sentences[:3]


def _share(rows: Sequence[Row], method: Method) -> float:
    return _faulty(rows, [method(row) for row in rows])


def _faulty(rows: Sequence[Row], chosen: Sequence[Sequence[Sentence]]) -> float:
    """The share of briefs with a visible defect; a text given whole is the author's own."""
    found = 0
    for row, some in zip(rows, chosen, strict=True):
        placed = [(sentence.index, sentence.text) for sentence in some]
        whole = len(some) == len(row.sentences)
        found += not whole and bool(defects(placed, row.article.title, row.article.language))
    return 100 * found / len(rows)


def _together() -> None:
    """One brief of two articles, and of the second for a reader who saw the first one's brief."""
    stories = _stories([*_rows("fr-train"), *_rows("fr-dev")])
    print(f"\nTwo articles on one story: {len(stories)} pairs, mean of both abstracts")
    print(f"{'method':24} {'score':>6}  {'against the leads':>22}")
    leads = [_told(story, _leads(story)) for story in stories]
    ways: dict[str, Callable[[Story], Sequence[str]]] = {
        "together": lambda s: [i.sentence.text for i in brief_together([r.article for r in s])],
        "lexrank, concatenated": lambda s: _texts(summarize(_joined(s), method="lexrank")),
        "dateline, concatenated": lambda s: _texts(summarize(_joined(s))),
    }
    print(f"{'the leads, in turn':24} {sum(leads) / len(leads):6.2f}")
    for name, way in ways.items():
        scores = [_told(story, way(story)) for story in stories]
        mean, low, high = interval([a - b for a, b in zip(scores, leads, strict=True)])
        print(
            f"{name:24} {sum(scores) / len(scores):6.2f}  {mean:+6.2f} [{low:+6.2f}, {high:+6.2f}]"
        )
    for name, share in _again(stories).items():
        print(f"{100 * share:.1f} % of today's sentences repeat yesterday's brief: {name}")


def _stories(rows: Sequence[Row]) -> list[Story]:
    """Each pair of rows whose titles share at least three and 60 % of the longer words."""
    titles = [frozenset(w for w in tokens(r.article.title) if len(w) > 3) for r in rows]
    return [
        (rows[i], rows[j])
        for i, j in combinations(range(len(rows)), 2)
        if len(shared := titles[i] & titles[j]) >= 3
        and len(shared) >= 0.6 * min(len(titles[i]), len(titles[j]))
    ]


def _told(story: Story, texts: Sequence[str]) -> float:
    brief = " ".join(texts)
    return sum(100 * rouge_1_at(LIMIT, brief, row.references) for row in story) / len(story)


def _leads(story: Story) -> list[str]:
    """The first sentence of each, then the second ones: three in all."""
    turns = zip(*(row.sentences for row in story), strict=False)
    return [sentence.text for turn in turns for sentence in turn][:3]


def _joined(story: Story) -> Article:
    paragraphs = tuple(p for row in story for p in row.article.paragraphs)
    return Article(" ".join(row.article.title for row in story), paragraphs, "fr")


def _texts(summary: Summary) -> list[str]:
    return [sentence.text for sentence in summary.sentences]


def _again(stories: Sequence[Story]) -> dict[str, float]:
    """How much of a second brief says what the first, of yesterday's article alone, has said."""
    old = [_texts(summarize(story[0].article)) for story in stories]
    both = [[row.article for row in story] for story in stories]
    new = {
        "told what was seen": [
            [i.sentence.text for i in brief_together(articles, seen=seen)]
            for articles, seen in zip(both, old, strict=True)
        ],
        "not told": [[i.sentence.text for i in brief_together(articles)] for articles in both],
    }
    return {name: _repeated(texts, old) for name, texts in new.items()}


def _repeated(texts: Sequence[Sequence[str]], old: Sequence[Sequence[str]]) -> float:
    pairs = [(text, seen) for some, seen in zip(texts, old, strict=True) for text in some]
    return sum(any(same(text, other) for other in seen) for text, seen in pairs) / len(pairs)


def _speed() -> None:
    """LexRank against sumy's own, and ours, on long documents made of French sentences."""
    pool = [s.text for row in _rows("fr-train")[:400] for s in row.sentences]
    print("\nwhole time in seconds: sentences, words, stems, ranking (sumy's with our stemmer too)")
    print(f"{'sentences':>9} {'ours':>7} {'lexrank':>8} {'sumy':>7} {'faster':>7} {'same':>5}")
    for size in SIZES:
        article = Article("", tuple(pool[:size]), "fr")
        ours, _ = _timed(partial(summarize, article))
        fast, ranking = _timed(partial(_lexrank, article, fast=True))
        slow, theirs = _timed(partial(_lexrank, article, fast=False))
        same = "yes" if ranking == theirs else "NO"
        print(f"{size:9} {ours:7.3f} {fast:8.3f} {slow:7.2f} {slow / fast:6.0f}x {same:>5}")


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _lexrank(article: Article, *, fast: bool) -> list[int]:
    """The places of all sentences, best first, by our LexRank or by sumy's own."""
    if fast:
        summarizer = extractive._classes()["lexrank"](stemmer("fr"))
    else:
        summarizer = LexRankSummarizer(stemmer("fr"))
    order: list[int] = []

    def note(rated: list[SentenceInfo]) -> list[SentenceInfo]:
        order.extend(info.order for info in rated)
        return rated

    summarizer(extractive._document(article, sentences(article)), note)
    return order


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
