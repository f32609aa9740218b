"""The real pages of the shared data, and the rules that score what was read. Knows no reader.

Rules of the scores, the same for every reader:

- Word F1: words are runs of letters, digits and underscores (Unicode, small letters), counted as a
  bag; F1 of one page is 2 x common / (found + gold); the score of a set is the mean over its pages.
  HTML entities in the gold text are decoded first (a few of its texts hold `&#39;`). These are the
  rules of the Web Content Extraction Benchmark, from which the pages come. Some of its gold texts
  stop in the middle of their page, so even the best choice of the page's own blocks gets .962 on
  the even pages.
- Title: equal after NFKC, white space collapsed, straight quotes and hyphens for typographic ones,
  and case folded.
- Author: asked of the pages whose gold names one. Right when each word of the gold name (or names)
  is in the answer; "David Kim" for gold "David" is right, "Kim" for "David Kim" is wrong.
- Date: asked of the pages whose gold has one. The same calendar day, as the page writes it; the
  same month where the gold has only a month.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.sources.fetch import decode

PAGES = Path(__file__).parents[3] / "shared" / "data" / "pages"
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2011": "-"})


@dataclass(frozen=True, slots=True)
class TruePage:
    """One real page and what a person found in it; "" where there is none."""

    id: str
    url: str
    html: str
    title: str
    author: str
    date: str
    text: str


def pages(*, odd: bool) -> list[TruePage]:
    """The even pages are for tuning (dev), the odd ones for reporting (test). Empty if missing."""
    if not (PAGES / "truth.jsonl").exists():
        return []
    rows = map(json.loads, (PAGES / "truth.jsonl").read_text(encoding="utf-8").strip().split("\n"))
    return [_page(row) for row in rows if int(row["id"]) % 2 == odd]


def _page(row: dict[str, str | None]) -> TruePage:
    name = row["id"] or ""
    body = gzip.decompress((PAGES / "html" / f"{name}.html.gz").read_bytes())
    return TruePage(
        id=name,
        url=row["url"] or "",
        html=decode(body),
        title=row["title"] or "",
        author=row["author"] or "",
        date=row["publish_date"] or "",
        text=html.unescape(row["main_content"] or ""),
    )


def words(text: str) -> list[str]:
    """The words of a text."""
    return re.findall(r"\w+", text.lower())


def word_f1(found: str, gold: str) -> float:
    """F1 of two bags of words; 1.0 for two empty ones."""
    ours, theirs = Counter(words(found)), Counter(words(gold))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def plain(text: str) -> str:
    """A title or name as it is compared."""
    folded = unicodedata.normalize("NFKC", html.unescape(text)).translate(_PLAIN).casefold()
    return " ".join(folded.split())


def same_title(found: str, gold: str) -> bool:
    """Whether two titles are the same."""
    return plain(found) == plain(gold)


def same_author(found: str, gold: str) -> bool:
    """Whether an answer names everyone that the gold names."""
    return set(words(plain(gold))) <= set(words(plain(found)))


def same_date(found: str, gold: str) -> bool:
    """Whether an ISO date is that of the gold, "2015-11-03" or "2015-11"."""
    return bool(gold) and found[: len(gold)] == gold
