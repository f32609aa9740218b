"""The command line about feeds, with a site on loopback and a database of the test's own."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from bot.__main__ import main
from bot.core.archive import FeedState
from bot.core.errors import RequestError
from bot.core.news import Feed, ListedFeed
from bot.feed_commands import feeds_table, fetched, parse_chat
from bot.sources.opml import read_opml, write_opml
from bot.sources.poller import Tally
from summaries.places.gazetteer import DEFAULT_PACK
from tests.fakes import MONDAY
from tests.website import website

needs_gazetteer = pytest.mark.skipif(
    not DEFAULT_PACK.exists(), reason="the gazetteer is not built: make test builds it"
)
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Example News</title>
<item><title>One</title><guid>1</guid><pubDate>Mon, 06 Jan 2020 08:00:00 GMT</pubDate></item>
</channel></rss>"""
PAGE = b"""<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head>
<body>News</body></html>"""
INSTANT = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT.*\+00:00$"}
TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
FEED = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("url", "title", "site", "reason"), TEXT),
        **dict.fromkeys(("last_read", "last_tried", "next_read"), INSTANT),
        **dict.fromkeys(("interval", "failures", "entries"), COUNT),
    },
    "additionalProperties": False,
    "minProperties": 10,
}
Run = Callable[..., tuple[int, str, str]]


PAGES = {
    "/": (200, "text/html", PAGE),
    "/feed": (200, "application/rss+xml", RSS),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with website(PAGES) as address:
        yield address


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command; returns the exit status, standard output and standard error."""
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATELINE_ALLOW_NETWORKS", "127.0.0.0/8")
    monkeypatch.chdir(tmp_path)
    root, bot = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers, root.level, bot.level

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    yield command
    root.handlers, root.level, bot.level = before


def test_a_site_is_followed_listed_and_unfollowed(run: Run, site: str) -> None:
    status, out, err = run("follow", site, "--topic", "news")
    assert (status, err) == (0, "")
    assert "now follows “Example News” (topic: news)" in out
    assert "Example News (127.0.0.1)" in run("following")[1]
    assert "already follows “Example News”" in run("follow", f"{site}/feed")[1]
    assert "no longer follows “Example News”" in run("unfollow", "example", "news")[1]
    assert "sample articles" in run("following")[1]


def test_a_list_goes_in_and_comes_out_again(run: Run, tmp_path: Path) -> None:
    listed = (ListedFeed(Feed("https://a.example/1", "One"), ("News", "Africa")),)
    (tmp_path / "in.opml").write_bytes(write_opml(listed))
    status, out, _ = run("follow", "in.opml")
    assert (status, "now follows 1 feed." in out) == (0, True)
    assert read_opml(run("opml")[1].encode()).feeds == listed
    assert run("opml", "out.opml")[:2] == (0, "")
    assert read_opml((tmp_path / "out.opml").read_bytes()).feeds == listed
    status, _, err = run("opml", "out.opml")
    assert (status, err) == (1, "dateline: out.opml is there already. Choose another name.\n")


def test_another_chats_feeds_are_its_own(run: Run, site: str) -> None:
    run("follow", site, "--chat", "telegram:-1001234567")
    assert "Example News" in run("following", "--chat", "telegram:-1001234567")[1]
    assert "Example News" not in run("following")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("follow", "http://10.0.0.1/"), "not on the public internet"),
        (("follow", "none.opml"), "There is no file none.opml here."),
        (("follow", "nonsense"), "“nonsense” is not an address."),
        (("follow", "https://a.example", "--chat", "nonsense"), "“nonsense” is no chat."),
        (("unfollow", "all"), "This chat follows nothing of its own yet."),
        (("opml",), "This chat follows nothing of its own yet."),
        (("feeds",), "Nothing is followed yet."),
        (("fetch",), "Nothing is followed yet."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: tuple[str, ...], words: str, run: Run
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert err.startswith("dateline: ")
    assert err.count("\n") == 1
    assert words in err


def test_a_bad_list_of_the_operator_is_a_setting_to_mend(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_FEEDS_FILE", str(tmp_path / "mine.opml"))
    status, _, err = run("following")
    assert status == 1
    assert "The operator's feeds cannot be read:" in err
    (tmp_path / "mine.opml").write_bytes(
        write_opml([ListedFeed(Feed("https://a.example/1", "One"))])
    )
    assert "the operator chose: One." in run("following")[1]
    assert "One" in run("feeds")[1]


@needs_gazetteer
def test_every_feed_is_read_now_and_each_failure_said(run: Run, site: str, tmp_path: Path) -> None:
    listed = [ListedFeed(Feed(f"{site}/feed")), ListedFeed(Feed(f"{site}/gone", "Gone"))]
    (tmp_path / "in.opml").write_bytes(write_opml(listed))
    run("follow", "in.opml")
    status, out, err = run("fetch")
    assert status == 0
    assert "1 feeds read (0 unchanged), 1 failed; 1 new entries" in out
    assert "Gone  never read so far: 127.0.0.1 has no such page (404)." in out
    assert "2/2 1 failed" in err
    table = run("feeds")[1]
    assert table.index("Gone") < table.index("Example News")
    told = json.loads(run("feeds", "--json")[1])
    jsonschema.validate(told, {"type": "object", "properties": {"feeds": {"items": FEED}}})
    [good] = [feed for feed in told["feeds"] if not feed["failures"]]
    assert (good["title"], good["entries"]) == ("Example News", 1)


@pytest.mark.parametrize("text", ["", "telegram", "telegram:", ":1", "tele gram:1"])
def test_what_names_no_chat_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is no chat"):
        parse_chat(text)


def test_a_chat_may_have_a_thread() -> None:
    chat = parse_chat("Telegram:-100123:77")
    assert (chat.platform, chat.id, chat.thread) == ("telegram", "-100123", "77")


def test_the_table_says_when_and_how_in_words() -> None:
    states = [
        FeedState(
            Feed("https://a.example", "A \x1b[31m[bold]"),
            MONDAY + timedelta(hours=2),
            read_at=MONDAY - timedelta(days=2),
            failures=3,
            reason="it is gone.",
        ),
        FeedState(Feed("https://b.example"), MONDAY),
    ]
    table = feeds_table(states, MONDAY)
    rows = [[str(cell) for cell in column.cells] for column in table.columns]
    assert rows == [
        ["A [31m[bold]", "https://b.example"],
        ["2 days ago", "never"],
        ["in 2 hours", "now"],
        ["failing, last read 2 days ago: it is gone.", "not read yet"],
    ]


def test_a_reading_without_failures_names_none() -> None:
    assert len(fetched(Tally(read=2), [], MONDAY).blocks) == 1
