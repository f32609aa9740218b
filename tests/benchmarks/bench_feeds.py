"""Measure the feed reader beside feedparser and fastfeedparser, on the feeds of the shared data.

Three questions: are the entries of real feeds those that feedparser finds; how many of feedparser's
own checks pass; how many entries a second. Dev is every file of even place in the sorted list, test
every odd one; only dev was used for tuning. Run as `python -m tests.benchmarks.bench_feeds`.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser

from bot.core.errors import SourceError
from bot.core.news import Entry, ParsedFeed
from bot.sources.feeds import parse_feed

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"
REAL = FEEDS / "real"
WELLFORMED = FEEDS / "feedparser-wellformed"
SERVER = "http://127.0.0.1:8097/tests/wellformed/"  # where feedparser's own tests serve from


def real_feeds() -> list[Path]:
    """Return the feeds of real sites, sorted by name."""
    return sorted(path for path in REAL.iterdir() if path.is_file())


# ---------------------------------------------------------------- the same entries as feedparser


def differences(body: bytes) -> list[str]:
    """Say in which of count, ids, links and titles a feed's entries differ from feedparser's."""
    theirs = feedparser.parse(body)
    try:
        ours = parse_feed(body).entries
    except SourceError:
        ours = ()
    if len(ours) != len(theirs.entries):
        return [f"count: {len(ours)} for {len(theirs.entries)}"]
    pairs = list(zip(ours, theirs.entries, strict=True))
    found = []
    for name in ("id", "link", "title"):
        apart = [pair for pair in pairs if _told(pair[0], name) != (pair[1].get(name) or "")]
        if apart:
            mine, other = apart[0]
            found.append(f"{name}: {_told(mine, name)!r} for {other.get(name)!r}"[:300])
    return found


def _told(entry: Entry, name: str) -> str:
    return entry.title_html if name == "title" else str(getattr(entry, name))


# ---------------------------------------------------------------- feedparser's own checks

_EXPECT = re.compile(r"Expect:\s*(.*?)\s*-->", re.DOTALL)
_LOCATION = re.compile(r"Content-Location:\s*(\S+)")
_SUBTITLES = ("subtitle", "tagline", "description", "subtitle_detail.value", "tagline_detail.value")
_ENTRY_FIELDS = {
    "title": "title_html",
    "title_detail.value": "title_html",
    "link": "link",
    "id": "id",
    "guid": "id",
    "summary": "summary",
    "description": "summary",
    "summary_detail.value": "summary",
    "author": "author",
    "published_parsed": "published",
    "updated_parsed": "updated",
    "modified_parsed": "updated",
    "created_parsed": "published",
}
_FEED_FIELDS = {name: field for name, field in _ENTRY_FIELDS.items() if field != "summary"} | (
    dict.fromkeys(_SUBTITLES, "description")
)


@dataclass(frozen=True)
class Check:
    """One equality that a file of feedparser's tests expects. `index` is -1 for the feed itself."""

    path: Path
    index: int
    name: str
    expected: Any


@functools.cache
def checks() -> tuple[Check, ...]:
    """Return the equality checks on title, link, id, summary, content, author and dates.

    A feed's subtitle is its summary. Dates are compared as moments, not as they are written.
    """
    files = sorted(WELLFORMED.rglob("*.xml"))
    return tuple(check for path in files for check in _checks_of(path))


def _checks_of(path: Path) -> Iterator[Check]:
    expectation = _EXPECT.search(_as_text(path.read_bytes()))
    if expectation is None:
        return
    tree = ast.parse(" ".join(expectation[1].split("\n")).strip(), mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            yield from _checks_in(path, node)


def _checks_in(path: Path, node: ast.Compare) -> Iterator[Check]:
    *lefts, right = [node.left, *node.comparators]
    try:
        expected = _value(right)
    except ValueError:
        return
    for left in lefts:
        where = re.fullmatch(r"(feed|entries\[(\d+)\])(.+)", ast.unparse(left))
        if where is None:
            continue
        name = re.sub(r"\['(\w+)'\]", r".\1", where[3]).lstrip(".")
        index = int(where[2]) if where[2] else -1
        known = _FEED_FIELDS if index < 0 else _ENTRY_FIELDS
        if name in known or (index >= 0 and name == "content[0].value"):
            yield Check(path, index, name, expected)


def _value(node: ast.expr) -> Any:  # noqa: ANN401 - whatever a test expects
    if isinstance(node, ast.BinOp):  # "a" + "b": comments may not hold two dashes
        return _value(node.left) + _value(node.right)
    return ast.literal_eval(node)


def _as_text(body: bytes) -> str:
    for encoding in ("utf-8", "utf-16", "utf-32", "cp1252"):
        try:
            text = body.decode(encoding)
        except ValueError:
            continue
        if "Expect:" in text:
            return text
    return ""


def _url(path: Path) -> str:
    url = SERVER + path.relative_to(WELLFORMED).as_posix()
    location = _LOCATION.search(_as_text(path.read_bytes()))
    return urljoin(url, location[1]) if location else url


@functools.cache
def _ours(path: Path) -> ParsedFeed | None:
    try:
        return parse_feed(path.read_bytes(), _url(path))
    except SourceError:
        return None


def passes(check: Check) -> bool:
    """Tell whether our reader gives what the check expects."""
    feed = _ours(check.path)
    if feed is None or check.index >= len(feed.entries):
        return False
    if check.index < 0:
        found: Any = getattr(feed, _FEED_FIELDS[check.name])
    else:
        entry = feed.entries[check.index]
        found = getattr(entry, _ENTRY_FIELDS.get(check.name, "content"))
    return bool(_comparable(found) == _comparable(check.expected))


def _comparable(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).timetuple()[:6]
    return value[:6] if isinstance(value, tuple) else value


def feedparser_passes(check: Check) -> bool:
    """Tell whether feedparser gives what its own check expects."""
    parsed = _theirs(check.path)
    try:
        where = parsed.feed if check.index < 0 else parsed.entries[check.index]
        for name in check.name.split("."):
            where = where["content"][0] if name == "content[0]" else where[name]
    except (KeyError, IndexError):
        return False
    return bool(_comparable(where) == _comparable(check.expected))


@functools.cache
def _theirs(path: Path) -> Any:  # noqa: ANN401 - feedparser has no types
    headers = {"content-location": _url(path)}
    return feedparser.parse(path.read_bytes(), response_headers=headers)


def fastfeedparser_passes(check: Check) -> bool:
    """Tell whether fastfeedparser gives what the check expects."""
    parsed = _fast(check.path)
    try:
        where = parsed.feed if check.index < 0 else parsed.entries[check.index]
        name = check.name.removesuffix("_parsed")
        for step in name.split("."):
            where = where["content"][0] if step == "content[0]" else where[step]
        if name != check.name:
            where = datetime.fromisoformat(where.replace("Z", "+00:00"))
    except (KeyError, IndexError, AttributeError, TypeError, ValueError):
        return False
    return bool(_comparable(where) == _comparable(check.expected))


@functools.cache
def _fast(path: Path) -> Any:  # noqa: ANN401 - fastfeedparser has no types
    parse = importlib.import_module("fastfeedparser").parse
    try:
        return parse(path.read_bytes())
    except Exception:  # noqa: BLE001 - a peer may fail as it likes
        return None


# ---------------------------------------------------------------- speed


Count = Callable[[bytes], int]


def entries_a_second(readers: Sequence[Count], bodies: Sequence[bytes], rounds: int) -> list[float]:
    """Return each reader's entries per second of processor time over all feeds.

    The readers take turns at the whole set, and the best time of some rounds counts for each feed:
    the machine may be busy with other things.
    """
    best = [[float("inf")] * len(bodies) for _ in readers]
    for _ in range(rounds):
        for reader, times in zip(readers, best, strict=True):
            for place, body in enumerate(bodies):
                times[place] = min(times[place], _seconds_for(reader, body))
    return [
        sum(map(reader, bodies)) / sum(times) for reader, times in zip(readers, best, strict=True)
    ]


def _seconds_for(count: Count, body: bytes) -> float:
    start = _processor_time()
    count(body)
    return _processor_time() - start


def _processor_time() -> float:
    """Return the seconds of this process and its children: ours may start one."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _count_ours(body: bytes) -> int:
    try:
        return len(parse_feed(body).entries)
    except SourceError:
        return 0


def _count_theirs(body: bytes) -> int:
    return len(feedparser.parse(body).entries)


def _count_fast(body: bytes) -> int:
    try:
        return len(importlib.import_module("fastfeedparser").parse(body).entries)
    except Exception:  # noqa: BLE001 - a peer may fail as it likes
        return 0


def _has_fast() -> bool:
    try:
        importlib.import_module("fastfeedparser")
    except ImportError:
        return False
    return True


# ---------------------------------------------------------------- the report


def _share(passed: Callable[[Check], bool], some: Sequence[Check]) -> str:
    right = sum(passed(check) for check in some)
    return f"{right}/{len(some)} = {right / len(some):.1%}"


def main() -> None:
    """Print the three tables."""
    if not FEEDS.is_dir():
        print(f"skipped: there is no {FEEDS}")
        return
    verbose = "-v" in sys.argv
    feeds = real_feeds()
    for part, name in enumerate(("dev", "test")):
        mine = feeds[part::2]
        apart = {path.name: differences(path.read_bytes()) for path in mine}
        same = sum(not found for found in apart.values())
        print(f"real feeds, {name}: {same}/{len(mine)} with feedparser's count, ids, links, titles")
        for feed, found in apart.items():
            for line in found if verbose and part == 0 else ():
                print(f"    {feed} {line}")
    _print_checks(verbose=verbose)
    _print_speed([path.read_bytes() for path in feeds])


def _print_checks(*, verbose: bool) -> None:
    files = {path: place for place, path in enumerate(sorted(WELLFORMED.rglob("*.xml")))}
    peers = {"ours": passes, "feedparser": feedparser_passes}
    if _has_fast():
        peers["fastfeedparser"] = fastfeedparser_passes
    for part, name in enumerate(("dev", "test")):
        some = [check for check in checks() if files[check.path] % 2 == part]
        entries = [check for check in some if check.index >= 0]
        for peer, passed in peers.items():
            print(
                f"checks, {name}, {peer}: entries and feeds {_share(passed, some)}, "
                f"entries alone {_share(passed, entries)}"
            )
        for check in some if verbose and part == 0 else ():
            if not passes(check):
                _print_failure(check)


def _print_failure(check: Check) -> None:
    feed = _ours(check.path)
    entry = feed.entries[check.index] if feed and 0 <= check.index < len(feed.entries) else None
    known = _FEED_FIELDS if check.index < 0 else _ENTRY_FIELDS
    told = getattr(entry or feed, known.get(check.name, "content"), None)
    print(
        f"    {check.path.relative_to(WELLFORMED)} {check.name}: {check.expected!r} != {told!r}"[
            :400
        ]
    )


def _print_speed(bodies: Sequence[bytes]) -> None:
    readers = {"feedparser": _count_theirs, "ours": _count_ours}
    if _has_fast():
        readers["fastfeedparser"] = _count_fast
    gc.collect()
    gc.freeze()  # what the checks left behind is not the readers' to look through
    speeds = entries_a_second(list(readers.values()), bodies, 5)
    for name, speed in zip(readers, speeds, strict=True):
        print(f"speed, {name}: {speed:,.0f} entries/s, {speed / speeds[0]:.1f}x feedparser")


if __name__ == "__main__":
    main()
