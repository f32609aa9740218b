"""The page reader that can be killed: no page costs more than itself, whatever is in it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import DatelineError, RequestError, SourceError
from bot.core.said import said, said_by
from bot.sources.fetch import Page, decode
from bot.sources.pages import article_from_html
from bot.sources.reader import SECONDS, PageReader
from tests.sources.test_articles import PAGE, PARAGRAPHS, TEXT, TITLE

PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(text: str, media_type: str = "text/html") -> Page:
    return Page("https://gazette.example/n?id=1", media_type, text)


def document(body: str = PROSE, head: str = "", attributes: str = "") -> str:
    return f"<html><head><title>{TITLE}</title>{head}</head><body {attributes}>{body}</body></html>"


@pytest.fixture(scope="module")
def one_reader() -> Iterator[PageReader]:
    made = PageReader(workers=1)
    yield made
    asyncio.run(made.close())


@pytest.fixture
async def reader() -> AsyncIterator[PageReader]:
    made = PageReader(workers=1)
    yield made
    await made.close()


async def test_a_page_is_read_as_it_is_in_this_process(reader: PageReader) -> None:
    assert await reader.read(page(PAGE)) == article_from_html(PAGE, page("").url)


async def test_a_local_text_is_read_too_and_refused_in_words(reader: PageReader) -> None:
    assert (await reader.read_text(TEXT)).paragraphs == PARAGRAPHS
    with pytest.raises(RequestError, match="binary") as refused:
        await reader.read_text("\0\1\2" * 50)
    assert said_by(refused.value) == said("That is not a text: it looks like a binary file.")
    assert refused.value.hint


async def test_a_page_without_an_article_is_refused_in_the_words_of_the_reader(
    reader: PageReader,
) -> None:
    with pytest.raises(SourceError, match="There is no article"):
        await reader.read(page("<html><body></body></html>"))
    assert (await reader.read(page(PAGE))).title == TITLE


async def test_one_child_reads_page_after_page(reader: PageReader) -> None:
    await reader.read(page(PAGE))
    (child,) = reader._idle
    await reader.read(page(PAGE))
    assert reader._idle == [child]


async def test_no_child_is_started_before_a_page_comes(reader: PageReader) -> None:
    assert reader._idle == []


# A parser that does not come back


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts code before the children's own: a parser as bad as can be."""

    def make(body: str) -> None:
        (tmp_path / "sitecustomize.py").write_text(body, encoding="utf-8")
        paths = os.environ.get("PYTHONPATH", "")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), paths])))

    return make


PATCH = """
import sys
if "bot.sources.reader" in sys.orig_argv:
    import bot.sources.articles as articles
    whole = articles.article_from_page
    def read(page, tell):
        if "STUCK" in page.text:
            {stuck}
        return whole(page, tell)
    articles.article_from_page = read
"""


@pytest.mark.parametrize(
    "how",
    [
        "while True: pass",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
        "import time; time.sleep(3600)",
        "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, [2, 15]); time.sleep(3600)",
        "import os; os._exit(3)",
        "import os; os.kill(os.getpid(), 11)",
        "x = bytearray(10**9)",
        "x = [[] for _ in range(10**9)]",
    ],
    ids=["loop", "regex", "sleep", "deaf", "exit", "crash", "a gigabyte", "many objects"],
)
async def test_a_parser_that_never_returns_costs_only_its_page(
    how: str, stuck: Callable[[str], None]
) -> None:
    stuck(PATCH.format(stuck=how))
    reader = PageReader(workers=1, seconds=0.5, clock=1.5)
    await reader.read(page(PAGE))  # starting a child is not reading
    begun = time.monotonic()
    with pytest.raises(SourceError, match=r"too long|memory"):
        await reader.read(page(f"{PAGE} STUCK"))
    assert time.monotonic() - begun < SECONDS
    assert (await reader.read(page(PAGE))).title == TITLE
    await reader.close()


async def test_a_reading_that_is_cancelled_leaves_no_child_and_no_answer_behind(
    stuck: Callable[[str], None],
) -> None:
    stuck(PATCH.format(stuck="import time; time.sleep(3600)"))
    reader = PageReader(workers=1, seconds=1.5)
    await reader.read(page(PAGE))
    child = reader._idle[0]._process
    task = asyncio.create_task(reader.read(page(f"{PAGE} STUCK")))
    while reader._idle:  # noqa: ASYNC110 - until the page has taken the child: two turns of the loop
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert child.returncode is not None
    assert (await reader.read(page(PAGE))).title == TITLE
    await reader.close()


async def test_closing_leaves_no_child_and_no_zombie(reader: PageReader) -> None:
    await reader.read(page(PAGE))
    child = reader._idle[0]._process
    await reader.close()
    assert child.returncode is not None
    assert not _is_there(child.pid)


async def test_a_reader_that_nobody_closed_ends_its_child_all_the_same() -> None:
    reader = PageReader(workers=1)
    await reader.read(page(PAGE))
    child = reader._idle[0]._process
    del reader
    async with asyncio.timeout(10):
        while child.returncode is None:
            gc.collect()
            await asyncio.sleep(0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_dies_with_its_parent(how: signal.Signals) -> None:
    code = (
        "import asyncio, sys\n"
        "from bot.sources.reader import PageReader\n"
        "async def main():\n"
        "    reader = PageReader()\n"
        "    await reader.read_text('A text.\\n\\nAnd more of it, to be read as an article.')\n"
        "    print(reader._idle[0]._process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watched = os.pidfd_open(child)
    parent.send_signal(how)
    parent.wait()
    parent.stdout.close()
    with suppress(ProcessLookupError):
        assert _ended(watched, seconds=5)
    os.close(watched)


def _ended(watched: int, seconds: float) -> bool:
    import select  # noqa: PLC0415 - only here

    return bool(select.select([watched], [], [], seconds)[0])


# Hostile pages: each within 2 seconds and 100 MB, measured in the process that reads it


UNDECIDED = "Zub wok lar. Mip tas oru, blen kit sop."
HOSTILE = {
    "200,000 attributes": document(attributes=" ".join(f"a{n}='1'" for n in range(200_000))),
    "200,000 nested elements": "<div>" * 200_000 + PROSE,
    "200,000 spans": document("<p>" + "<span>x" * 200_000),
    "18,000 nested elements": document("<div>" * 18_000 + PROSE),
    "18,000 nested quotes": document("<blockquote><ul><li>" * 6_000 + PROSE),
    "20 MB title": document().replace(TITLE, "x" * 20_000_000),
    "4.9 MB title": document().replace(TITLE, "x" * 4_900_000),
    "4 MB title": document().replace(TITLE, "x " * 2_000_000),
    "4 MB heading": document(f"<h1>{'word ' * 800_000}</h1>{PROSE}"),
    "4 MB paragraph": document(f"<p>{'word, ' * 600_000}</p>{PROSE}"),
    "4 MB of one word": document(f"<p>{'x' * 4_000_000}</p>{PROSE}"),
    "4 MB attribute": document(attributes=f"class='{'content ' * 500_000}'"),
    "deep JSON-LD": document(
        head=f"<script type='application/ld+json'>{'[' * 100_000}{']' * 100_000}</script>"
    ),
    "deep objects": document(
        head="<script type='application/ld+json'>" + '{"a":' * 90_000 + "1" + "}" * 90_000
    ),
    "wide JSON-LD": document(
        head=f"<script type='application/ld+json'>[{'{},' * 400_000}{{}}]</script>"
    ),
    "odd JSON-LD": document(
        head="<script type='application/ld+json'>"
        + json.dumps({"@type": [1, None, "Article"], "headline": {"@value": [[]]}, "author": 7})
        + "</script>"
    ),
    "metas": document(head="<meta property='og:title' content='x'>" * 18_000),
    "entities": document(f"<p>{'&amp;' * 800_000}</p>{PROSE}"),
    "bare &": document(f"<p>{'& ' * 1_000_000}</p>{PROSE}"),
    "regex bait for dates": document(f"<h1>x</h1><p>{'1 de ' * 100_000}</p>{PROSE}"),
    "regex bait for titles": document(f"<h1>{' - ' * 1_000_000}</h1>{PROSE}"),
    "regex bait of spaces": document(f"<p>{' ' * 4_000_000}</p>{PROSE}"),
    "regex bait of quotes": document(f"<p>{'«' * 1_000_000}</p>{PROSE}"),
    "brackets": "<" * 4_000_000,
    "unclosed comment": "<!--" * 19_000 + PROSE,
    "scripts": document("<script>var a = '<p>no article</p>';</script>" * 3_000 + PROSE),
    "NUL": document(PROSE.replace(" ", "\0 ")),
    "control characters": document(PROSE.replace("fog", "".join(map(chr, range(32))))),
    "invalid UTF-8": decode(document().encode().replace(b"fog", b"\xff\xfe\xc0\x80fog")),
    "lone surrogates": document(PROSE.replace("fog", "f\ud800og")),
    "overrides": document(PROSE.replace("fog", "\u202efog\u202c\u200b\u2066x\u2069")),
    "a table of cells": document("<table>" + "<tr><td>x" * 9_000 + PROSE),
    "links": document("<a href='/x'>one of many links here</a>" * 9_000 + PROSE),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_page_costs_two_seconds_and_100_megabytes_at_most(
    name: str, one_reader: PageReader
) -> None:
    await one_reader.read_text(UNDECIDED)  # loads the language tables: 100 MB, once
    child = one_reader._idle[0]._process
    Path(f"/proc/{child.pid}/clear_refs").write_text("5")  # noqa: ASYNC240 - forget the peak so far
    before = _cpu(child.pid), _most_memory(child.pid)
    with suppress(SourceError):  # in words: nothing else is let through
        article = await one_reader.read(page(HOSTILE[name]))
        assert not set("\0\u202e\u2066\ud800") & set(article.title + article.text)
        assert "no article" not in article.text
    if child.returncode is None:
        assert _cpu(child.pid) - before[0] < SECONDS
        assert _most_memory(child.pid) - before[1] < 100_000_000
    assert (await one_reader.read(page(PAGE))).title == TITLE


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _most_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


READ_ALL_THE_SAME = (
    "deep JSON-LD", "odd JSON-LD", "4 MB title", "NUL", "control characters", "invalid UTF-8",
    "lone surrogates", "overrides", "scripts",
)  # fmt: skip


@pytest.mark.parametrize("name", READ_ALL_THE_SAME)
def test_a_page_that_is_only_odd_is_read_all_the_same(name: str) -> None:
    article = article_from_html(HOSTILE[name])
    assert PARAGRAPHS[1] in article.text
    assert len(article.title) <= 500


# Fuzz: the short version of ten minutes at a time


PIECES = st.sampled_from(
    [
        *("<div>", "</div>", "<p>", "<!--", "-->", "<script>", "<![CDATA[", "<table><tr>", "<svg>"),
        *("<title>", "<h1>", "&#0;", "&#x110000;", "\0", "\x01", "\ud800", "\u202e", "<p hidden>"),
        *("<a href='//['>", "<link rel=canonical href='http://['>", "<time datetime='9999-99-99'>"),
        "<meta property='og:title' content='",
        '<script type="application/ld+json">{"@type":"Article","author":[[{"name":[]}]]}</script>',
    ]
)
CUTS = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 300), PIECES), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=CUTS)
def test_a_mangled_page_gives_an_article_or_words(cuts: list[tuple[int, int, str]]) -> None:
    text = PAGE
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    with suppress(DatelineError):
        article = article_from_html(text, "https://gazette.example/n")
        json.dumps(asdict(article), default=str, ensure_ascii=False).encode()
        assert all(article.paragraphs)
