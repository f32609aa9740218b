"""The Sources port: which words are a link, which a path, and what "-" stands for."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.archive import Follow, WordFilter
from bot.core.errors import RequestError
from bot.core.filters import MUTED
from bot.core.messages import Chat
from bot.core.news import Entry, Feed, KeyedEntry
from bot.sources.fetch import Fetcher
from bot.sources.news import NewsSources, as_link
from bot.sources.seeds import Seeds
from summaries.article import Article
from tests.fake_archive import FakeArchive
from tests.fakes import CHAT, FakeClock
from tests.sources.test_articles import PAGE, PARAGRAPHS, TEXT, TITLE
from tests.sources.test_fetch import page, serving

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def sources(folder: Path = Path("nowhere")) -> NewsSources:
    return NewsSources(Seeds(folder), Fetcher(LOOPBACK))


@pytest.mark.parametrize(
    ("typed", "in_chat", "at_this_machine"),
    [
        ("https://example.org/a", "https://example.org/a", "https://example.org/a"),
        ("HTTP://example.org", "HTTP://example.org", "HTTP://example.org"),
        ("example.org/news", "https://example.org/news", ""),
        ("example.org", "https://example.org", ""),
        ("www.example.org:8080/a?b", "https://www.example.org:8080/a?b", ""),
        ("file:///etc/passwd", "file:///etc/passwd", "file:///etc/passwd"),
        ("ftp://example.org", "ftp://example.org", "ftp://example.org"),
        ("/etc/passwd", "", ""),
        ("../x.txt", "", ""),
        ("./x.txt", "", ""),
        ("~/x.txt", "", ""),
        ("news", "", ""),
        ("two words.txt", "", ""),
        ("-", "", ""),
        ("", "", ""),
    ],
)
def test_a_link_is_told_from_a_path(typed: str, in_chat: str, at_this_machine: str) -> None:
    assert as_link(typed, local=False) == in_chat
    assert as_link(typed, local=True) == at_this_machine


async def test_a_link_is_fetched_and_read() -> None:
    async with serving(page(PAGE)) as root:
        article = await sources().read(f"{root}/freighter", local=False)
    assert (article.title, article.paragraphs) == (TITLE, PARAGRAPHS)


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a.txt"])
async def test_only_links_of_the_web_are_fetched(target: str, local: bool) -> None:  # noqa: FBT001
    with pytest.raises(RequestError, match="not a link"):
        await sources().read(target, local=local)


@pytest.mark.parametrize("target", ["{}", "/etc/passwd", "../seeds/x.txt", "~/.ssh/id_rsa", "-"])
async def test_a_chat_never_reads_a_file_of_this_machine(target: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(TEXT)
    with pytest.raises(RequestError, match="is not a link"):
        await sources().read(target.format(path), local=False)


async def test_at_this_machine_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(TEXT)
    assert (await sources().read(str(path), local=True)).title == TITLE


async def test_standard_input_is_read_where_there_is_one() -> None:
    given = sources().with_standard_input(TEXT.encode())
    assert (await given.read("-", local=True)).title == TITLE
    assert (await given.with_standard_input(PAGE.encode()).read("-", local=True)).title == TITLE


async def test_in_a_terminal_chat_there_is_no_standard_input_to_read() -> None:
    with pytest.raises(RequestError, match="no standard input"):
        await sources().read("-", local=True)


async def test_too_much_standard_input_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^Standard input is larger than 5 MB"):
        await sources().with_standard_input(b"x" * 5_000_001).read("-", local=True)


async def test_the_text_of_a_file_is_returned_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_bytes(b"\xef\xbb\xbf12\r\n" + TEXT.encode())
    assert await sources().read_text(str(path)) == ("12\r\n" + TEXT, "en")


async def test_the_text_of_a_page_is_its_title_and_its_article(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    assert await sources().read_text(str(path)) == (TEXT, "en")
    async with serving(page(PAGE)) as root:
        assert await sources().read_text(root) == (TEXT, "en")


async def test_a_chat_is_briefed_on_the_samples(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    reading = await sources(tmp_path).articles(Chat("telegram", "1"))
    assert reading.samples
    assert [article.title for article in reading.articles] == [TITLE]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (WordFilter(wanted=("zeppelin",)), False),
        (WordFilter(wanted=("freighter",)), True),
        (WordFilter(unwanted=("freighter",)), False),
        (WordFilter("sport", wanted=("zeppelin",)), True),
        (WordFilter(MUTED, unwanted=("sample article",)), False),
    ],
)
async def test_a_filter_holds_for_the_samples_too(
    tmp_path: Path, words: WordFilter, *, wanted: bool
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    archive = FakeArchive()
    await archive.set_filter(CHAT, words)
    news = NewsSources(Seeds(tmp_path), Fetcher(), archive=archive, clock=FakeClock())
    assert bool((await news.articles(CHAT)).articles) is wanted


async def test_a_muted_feed_is_left_out_by_its_title(tmp_path: Path) -> None:
    archive, clock = FakeArchive(), FakeClock()
    feed = Feed("https://a.example/feed", "The Bugle")
    await archive.follow([Follow(CHAT, feed)], clock.now())
    entry = KeyedEntry(Entry(feed, "https://a.example/1", "A title"), ("1",))
    state = replace((await archive.feeds())[0], read_at=clock.now(), tried_at=clock.now())
    (arrival,) = await archive.record(state, (entry,), clock.now())
    told = Article("A title", ("Words.",), url="https://a.example/1", feed=feed.url)
    await archive.keep(arrival, told, ())
    news = NewsSources(Seeds(tmp_path), Fetcher(), archive=archive, clock=clock)
    assert len((await news.articles(CHAT)).articles) == 1
    await archive.set_filter(CHAT, WordFilter(MUTED, unwanted=("the bugle",)))
    assert (await news.articles(CHAT)).articles == ()
