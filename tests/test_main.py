"""The command line: documented JSON, exit statuses, and words for every bad input."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot import app
from bot.__main__ import _COMMANDS, main
from bot.app import VERSION
from bot.core.errors import StoreError
from bot.settings import ROOT, Settings
from summaries.article import Length
from summaries.extractive import METHODS
from summaries.places.gazetteer import DEFAULT_PACK
from tests.website import website

needs_gazetteer = pytest.mark.skipif(
    not DEFAULT_PACK.exists(), reason="the gazetteer is not built: make test builds it"
)
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
SEED = str(SEEDS[0])
TOKEN = "123456:AAH-a_token_that_nobody_may_see"

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
DAY: dict[str, Any] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT"}


def rows(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def exactly(**keys: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with these keys, all of them, and no other."""
    return {
        "type": "object",
        "properties": keys,
        "required": list(keys),
        "additionalProperties": False,
    }


PLACE_KEYS = {
    "name": TEXT,
    "country": {"type": "string", "pattern": "^([A-Z]{2})?$"},
    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
    "longitude": {"type": "number", "minimum": -180, "maximum": 180},
}
PLACE = exactly(**PLACE_KEYS)
STORY_KEYS = {
    "title": TEXT,
    "language": {"type": "string", "pattern": "^([a-z]{2})?$"},
    "paragraphs": COUNT,
    "furniture": rows(TEXT),
    "sentences": rows(exactly(text=TEXT, paragraph=COUNT, sentence=COUNT)),
}
BRIEF = exactly(**STORY_KEYS)
BRIEFING = exactly(
    date={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    stories=rows(exactly(source=TEXT, published=DAY, **STORY_KEYS)),
    failures=rows(TEXT),
)
PLACE_ANSWER = exactly(
    query=TEXT,
    status={"enum": ["found", "ambiguous", "unknown"]},
    place={"oneOf": [PLACE, {"type": "null"}]},
    candidates=rows(PLACE),
    articles=rows(exactly(title=TEXT, source=TEXT, published=DAY, sentences=rows(TEXT))),
)
PLACES = exactly(
    text=TEXT, places=rows(exactly(text=TEXT, start=COUNT, end=COUNT, score=NUMBER, **PLACE_KEYS))
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's, a data folder of the test's own."""
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    root, bot = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers, root.level, bot.level
    yield
    root.handlers, root.level, bot.level = before


class Screen:
    """Runs commands in this process and keeps what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit status, standard output and standard error."""
        self._capsys.readouterr()
        status = main(arguments)
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def says(self, *arguments: str) -> str:
        status, out, err = self.run(*arguments)
        assert (status, err) == (0, "")
        return out

    def json(self, schema: dict[str, Any], *arguments: str) -> Any:  # noqa: ANN401 - any JSON
        value = json.loads(self.says(*arguments, "--json"))
        jsonschema.validate(value, schema)
        return value

    def refuses(self, *arguments: str, status: int = 1) -> str:
        """Return the one line of complaint; nothing else may have been said."""
        left, out, err = self.run(*arguments)
        assert (left, out) == (status, "")
        assert err.startswith("dateline: ")
        assert err.count("\n") == 1
        assert "Error" not in err
        assert "Traceback" not in err
        return err


@pytest.fixture
def screen(capsys: pytest.CaptureFixture[str]) -> Screen:
    return Screen(capsys)


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


# dateline brief


def test_a_file_is_briefed_in_the_documented_json(screen: Screen) -> None:
    for path in SEEDS:
        told = screen.json(BRIEF, "brief", str(path))
        text = " ".join(path.read_text("utf-8").split())
        assert told["title"]
        assert told["paragraphs"] >= 5
        assert 1 <= len(told["sentences"]) <= 3
        for sentence in told["sentences"]:
            assert " ".join(sentence["text"].split()) in text
            assert sentence["paragraph"] < told["paragraphs"]


def test_the_real_article_loses_its_furniture_and_keeps_its_paragraphs(
    screen: Screen, shared: Path
) -> None:
    (path,) = (shared / "seeds").glob("*.txt")
    told = screen.json(BRIEF, "brief", str(path))
    assert (told["language"], told["paragraphs"]) == ("fr", 16)
    assert len(told["furniture"]) >= 6  # and the title, which is no paragraph either


@pytest.mark.parametrize("length", list(Length))
def test_the_length_bounds_the_sentences(length: Length, screen: Screen) -> None:
    most = {Length.SHORT: 2, Length.NORMAL: 3, Length.LONG: 5}[length]
    told = screen.json(BRIEF, "brief", SEED, "--length", length)
    assert 1 <= len(told["sentences"]) <= most


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers(method: str, screen: Screen) -> None:
    assert screen.json(BRIEF, "brief", SEED, "--method", method)["sentences"]


def test_bare_it_gives_todays_briefing(screen: Screen) -> None:
    told = screen.json(BRIEFING, "brief")
    assert len(told["stories"]) == 5
    assert told["failures"] == []
    assert "Briefing, " in screen.says("brief")


def test_without_samples_the_briefing_says_what_is_missing(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATELINE_SEEDS_DIR", str(tmp_path / "nope"))
    told = screen.json(BRIEFING, "brief")
    assert told["stories"] == []
    assert "DATELINE_SEEDS_DIR" in told["failures"][0]
    assert "There is nothing to brief you on today." in screen.says("brief")


def test_standard_input_is_read_for_a_hyphen(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, Path(SEED).read_bytes())
    from_input = screen.json(BRIEF, "brief", "-")
    assert from_input == screen.json(BRIEF, "brief", SEED)


def test_an_article_of_one_sentence_is_given_whole_and_said_so(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"The harbour was closed on Monday after a freighter ran aground.\n")
    said = screen.says("brief", "-", "--length", "short")
    assert "The harbour was closed on Monday after a freighter ran aground." in said
    assert "The article is too short to shorten: this is all of it." in said


# Bad input


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "That text is empty."),
        (bytes(2000), "it looks like a binary file"),
        (b"12\n345\n***\n", "only page furniture"),
        (b"<html><body></body></html>", "There is no article to be found"),
    ],
)
def test_a_file_without_an_article_is_refused_in_words(
    content: bytes, words: str, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "article.txt"
    path.write_bytes(content)
    assert words in screen.refuses("brief", str(path))
    type_in(monkeypatch, content)
    assert words in screen.refuses("brief", "-", "--json")


def test_a_file_of_50_megabytes_is_refused_in_words(screen: Screen, tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as made:
        made.truncate(50_000_000)
    assert "is larger than 5 MB" in screen.refuses("brief", str(path))


def test_a_missing_file_and_a_folder_are_refused_in_words(screen: Screen, tmp_path: Path) -> None:
    assert "there is no such file" in screen.refuses("brief", str(tmp_path / "nope.txt"))
    assert "it is a folder, not a file" in screen.refuses("places", str(tmp_path))
    assert "there is no such file" in screen.refuses("brief", "two\nlines\x1b[2J")


def test_standard_input_that_is_closed_is_refused_in_words(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "That text is empty." in screen.refuses("brief", "-")


PAGES = {
    "/picture": (200, "image/png", b"\x89PNG\r\n\x1a\n\0\0"),
    "/feed": (200, "application/rss+xml", b"<rss version='2.0'></rss>"),
    "/empty": (200, "text/html", b""),
    "/wall": (200, "text/html", b"<html><body><script>wall()</script></body></html>"),
    "/huge": (200, "text/html", b"x" * 5_000_001),
    "/broken": (500, "text/html", b"Traceback (most recent call last):"),
    "/article": (200, "text/plain; charset=utf-8", Path(SEED).read_bytes()),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with website(PAGES) as address:
        yield address


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/picture", "not a page: it is a picture"),
        ("/feed", "That link is a feed or data, not a page."),
        ("/empty", "That page is empty."),
        ("/wall", "its text only appears in a browser that runs scripts"),
        ("/huge", "is larger than 5 MB"),
        ("/broken", "is in trouble"),
        ("/nope", "has no such page (404)"),
    ],
)
def test_a_link_that_is_not_a_page_is_refused_in_words(
    path: str, words: str, site: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_ALLOW_NETWORKS", "127.0.0.0/8")
    assert words in screen.refuses("brief", f"{site}{path}")


def test_a_link_is_briefed_like_the_file_behind_it(
    site: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_ALLOW_NETWORKS", "127.0.0.0/8")
    assert screen.json(BRIEF, "brief", f"{site}/article") == screen.json(BRIEF, "brief", SEED)


@pytest.mark.parametrize(
    "link", ["http://", "http://:80", "file:///etc/passwd", "ftp://x.example/a", "http://me:pw@x.example"]
)  # fmt: skip
def test_what_is_no_link_is_refused_in_words(link: str, screen: Screen) -> None:
    screen.refuses("brief", link)


def test_a_private_address_is_refused_with_the_setting_that_allows_it(
    site: str, screen: Screen
) -> None:
    assert "DATELINE_ALLOW_NETWORKS" in screen.refuses("brief", f"{site}/article")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("breif",), "There is no command “breif”; did you mean “brief”?"),
        (("zzz",), "There is no command “zzz”."),
        (("brief", "--length", "medium"), "There is no length “medium”: choose short, normal or"),
        (("brief", "--method", "magic"), "There is no method “magic”: choose dateline, lead,"),
        (("brief", "--length"), "--length: it needs a word after it."),
        (("brief", "a", "b"), "This is not understood: b."),
        (("brief", "--jsn"), "This is not understood: --jsn."),
        (("place",), "This is missing: NAME."),
        (("places",), "This is missing: PATH|URL|-."),
    ],
)
def test_what_was_mistyped_is_told_with_where_to_look(
    arguments: tuple[str, ...], words: str, screen: Screen
) -> None:
    told = screen.refuses(*arguments, status=2)
    assert words in told
    assert told.endswith("--help\n")


def test_alone_it_shows_the_help_as_a_complaint(screen: Screen) -> None:
    status, out, err = screen.run()
    assert (status, out) == (2, "")
    for command in _COMMANDS:
        assert f"\n    {command} " in err


def test_help_and_version_are_answers(screen: Screen) -> None:
    assert screen.says("--version") == f"dateline {VERSION}\n"
    assert "usage: dateline " in screen.says("--help")
    for command in _COMMANDS:
        assert f"usage: dateline {command} " in screen.says(command, "--help")


# dateline place, dateline places


@needs_gazetteer
def test_a_place_is_found_with_what_the_articles_say_of_it(screen: Screen) -> None:
    told = screen.json(PLACE_ANSWER, "place", "Irak")
    assert (told["query"], told["status"], told["place"]["country"]) == ("Irak", "found", "IQ")
    assert told["articles"]
    days = [article["published"] for article in told["articles"]]
    assert days == sorted(days, reverse=True)
    texts = " ".join(" ".join(path.read_text("utf-8").split()) for path in SEEDS)
    for article in told["articles"]:
        assert article["sentences"]
        assert all(" ".join(text.split()) in texts for text in article["sentences"])


@needs_gazetteer
def test_a_place_that_no_article_mentions_is_found_all_the_same(screen: Screen) -> None:
    told = screen.json(PLACE_ANSWER, "place", "Reykjavik")
    assert (told["status"], told["place"]["country"], told["articles"]) == ("found", "IS", [])


@needs_gazetteer
def test_a_name_of_several_places_is_ambiguous(screen: Screen) -> None:
    told = screen.json(PLACE_ANSWER, "place", "Tripoli")
    assert (told["status"], told["place"], told["articles"]) == ("ambiguous", None, [])
    assert {place["country"] for place in told["candidates"][:2]} == {"LY", "LB"}
    assert "Which one?" in screen.says("place", "Tripoli")


@needs_gazetteer
@pytest.mark.parametrize("name", ["Xyzzyqwv", "🙂", "x" * 5000, "\udcff"])
def test_a_place_that_nobody_knows_is_an_answer_too(name: str, screen: Screen) -> None:
    told = screen.json(PLACE_ANSWER, "place", name)
    assert (told["query"], told["status"], told["place"]) == (name, "unknown", None)
    assert "I know no place called" in screen.says("place", name)


@needs_gazetteer
def test_a_name_of_two_words_needs_no_quotation_marks(screen: Screen) -> None:
    told = screen.json(PLACE_ANSWER, "place", "New", "Zealand")
    assert (told["query"], told["place"]["country"]) == ("New Zealand", "NZ")


def test_no_name_is_asked_for(screen: Screen) -> None:
    assert "Which place?" in screen.refuses("place", " ")


@needs_gazetteer
def test_the_offsets_of_places_count_in_the_text_given(screen: Screen) -> None:
    for path in SEEDS[:6]:
        told = screen.json(PLACES, "places", str(path))
        assert told["text"] == path.read_text("utf-8")
        assert told["places"]
        for place in told["places"]:
            assert told["text"][place["start"] : place["end"]] == place["text"]
            assert 0 <= place["score"] <= 1


@needs_gazetteer
def test_the_offsets_of_places_count_in_the_real_article(screen: Screen, shared: Path) -> None:
    (path,) = (shared / "seeds").glob("*.txt")
    told = screen.json(PLACES, "places", str(path))
    assert len(told["places"]) >= 10
    for place in told["places"]:
        assert told["text"][place["start"] : place["end"]] == place["text"]


@needs_gazetteer
def test_offsets_count_code_points_whatever_stands_before(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(
        monkeypatch, "🙂👩‍🚀 12\r\n\r\nThe army entered Mosul on Monday.\r\n".encode("utf-8-sig")
    )
    told = screen.json(PLACES, "places", "-")
    (place,) = told["places"]
    assert told["text"].startswith("🙂👩‍🚀 12\r\n\r\nThe")
    assert told["text"][place["start"] : place["end"]] == place["text"] == "Mosul"


@needs_gazetteer
def test_places_for_people_are_lines_of_four_columns(screen: Screen) -> None:
    lines = screen.says("places", SEED).splitlines()
    assert lines
    assert all(len(line.split("\t")) == 4 for line in lines)


# dateline run, chat, doctor, health, demo


def test_without_a_token_there_is_nothing_to_run(screen: Screen) -> None:
    told = screen.refuses("run")
    assert "DATELINE_TELEGRAM_TOKEN" in told
    assert "DATELINE_DISCORD_TOKEN" in told


def test_a_mistyped_variable_is_told_before_anything_runs(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_TELEGRAM_TOKN", TOKEN)
    status, _, err = screen.run("run")
    assert status == 1
    assert err.startswith("dateline: DATELINE_TELEGRAM_TOKN is no setting; did you mean ")
    assert TOKEN not in err


@pytest.mark.parametrize("command", ["brief", "place", "run", "doctor", "health"])
def test_every_fault_of_the_settings_is_a_line(
    command: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_TIME_ZONE", "Europe/Pariss")
    monkeypatch.setenv("DATELINE_LOG_FORMAT", "xml")
    status, out, err = screen.run(command, *(["Mosul"] if command == "place" else []))
    assert (status, out) == (1, "")
    first, second = sorted(err.splitlines())
    assert "DATELINE_LOG_FORMAT is “xml”" in first
    assert "Did you mean Europe/Paris" in second


@pytest.mark.parametrize("command", ["run", "chat"])
def test_a_data_folder_that_is_a_file_is_told_in_words(
    command: str, screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("DATELINE_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("DATELINE_DATA_DIR", str(tmp_path / "file"))
    assert "Set DATELINE_DATA_DIR to a folder" in screen.refuses(command)
    monkeypatch.setenv("DATELINE_DATA_DIR", str(tmp_path / "file" / "below"))
    assert "Set DATELINE_DATA_DIR to a folder" in screen.refuses(command)


@pytest.mark.parametrize("command", ["run", "chat"])
def test_a_read_only_data_folder_is_told_in_words(
    command: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", shut)  # root, who runs tests in containers, may write all
    monkeypatch.setenv("DATELINE_TELEGRAM_TOKEN", TOKEN)
    assert "Read-only file system. Set DATELINE_DATA_DIR" in screen.refuses(command)


def test_a_database_of_a_newer_version_is_told_in_words(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "newer.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    database.execute("INSERT INTO alembic_version VALUES ('9999')")
    database.commit()
    database.close()
    monkeypatch.setenv("DATELINE_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("DATELINE_DATABASE_URL", f"sqlite:///{path}")
    assert "newer" in screen.refuses("run")


def test_the_doctor_says_what_to_mend(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_SEEDS_DIR", "/nonexistent")
    monkeypatch.setenv("DATELINE_TELEGRAM_TOKN", TOKEN)
    status, out, err = screen.run("doctor")
    assert (status, err) == (1, "")
    lines = out.splitlines()
    assert "MEND  settings: DATELINE_TELEGRAM_TOKN is no setting; did you mean " in lines[0]
    assert any(line.startswith("ok    data folder: ") for line in lines)
    assert any(line.startswith("ok    database: ") for line in lines)
    assert any(line.startswith("MEND  seeds: ") and "DATELINE_SEEDS_DIR" in line for line in lines)
    assert any(line.startswith("MEND  platforms: No token is set") for line in lines)
    assert TOKEN not in out


def test_the_doctor_shows_no_token(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> str:
        raise OSError(f"https://chat.example/bot{TOKEN}/getMe is gone")

    monkeypatch.setenv("DATELINE_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setattr("bot.app.doctor_looks", lambda _: [("telegram", look)])
    _, out, _ = screen.run("doctor")
    assert "MEND  telegram: https://chat.example/bot<secret>/getMe is gone" in out


def test_health_is_told_by_the_exit_status(screen: Screen) -> None:
    status, out, err = screen.run("health")
    assert (status, err) == (1, "")
    assert out.startswith("Dateline is not running")


def test_metrics_need_a_database_and_then_count_what_is_in_it(screen: Screen) -> None:
    assert "There is no database at" in screen.refuses("metrics")
    screen.run("doctor")
    assert 'dateline_messages{state="sent"} 0' in screen.says("metrics").splitlines()


def test_an_operator_chat_where_the_bot_does_not_run_is_to_be_mended(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_OPERATOR_CHAT", "signal:1")
    _, out, _ = screen.run("doctor")
    assert "MEND  operator chat: DATELINE_OPERATOR_CHAT names a chat on “signal”" in out


@needs_gazetteer
def test_the_demo_briefs_answers_and_says_what_to_type_next(screen: Screen) -> None:
    said = screen.says("demo")
    assert "$ dateline brief" in said
    assert "$ dateline place Mossoul" in said
    assert "What to type next" in said


def test_a_fault_of_ours_is_told_in_words_and_without_a_token(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_: object, **__: object) -> None:
        raise ExceptionGroup("two", [ZeroDivisionError(f"at bot{TOKEN}"), ValueError("x")])

    monkeypatch.setenv("DATELINE_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setattr("bot.app.sources", fall_over)
    _, _, err = screen.run("brief", SEED)
    assert err.startswith(
        "dateline: This is a fault in Dateline: ZeroDivisionError: at bot<secret>"
    )
    assert err.count("\n") == 2  # a line each


# As a process of its own


def start(*arguments: str, **environ: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "bot", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environ},
    )


def finish(*arguments: str, given: bytes = b"", **environ: str) -> tuple[int, bytes, bytes]:
    process = start(*arguments, **environ)
    out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err


def test_a_process_reads_standard_input_and_leaves_with_0() -> None:
    status, out, err = finish("brief", "-", "--json", given=Path(SEED).read_bytes())
    assert (status, err) == (0, b"")
    jsonschema.validate(json.loads(out), BRIEF)


def test_a_process_leaves_with_1_when_refused() -> None:
    status, out, err = finish("brief", "/nonexistent")
    assert (status, out) == (1, b"")
    assert err.startswith(b"dateline: Cannot read /nonexistent")


@pytest.mark.parametrize("arguments", [("brief", "--json"), ("brief",)])
def test_a_reader_who_goes_early_is_no_fault(arguments: tuple[str, ...]) -> None:
    process = start(*arguments)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_told_in_words() -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "bot", "brief", SEED, "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
            timeout=60,
        )
    assert process.returncode == 1
    assert process.stderr.startswith(b"dateline: ")
    assert process.stderr.endswith(b"No space left on device.\n")
    assert process.stderr.count(b"\n") == 1


@pytest.fixture
def heard_ctrl_c() -> Iterator[None]:
    """Let processes begun here hear Ctrl-C: those of a shell's background begin deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_ctrl_c")
def test_ctrl_c_ends_a_wait_for_standard_input() -> None:
    process = start("brief", "-")
    assert process.stdin is not None
    process.stdin.write(b"x" * 1_000_000)  # more than a pipe holds: when it is taken, it is read
    process.stdin.flush()
    interrupt(process)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.read(), process.stderr.read()
    assert (process.returncode, *said) == (130, b"", b"")


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C until the process ends.

    One that comes in the instant between two reads is seen only at the next one. The wait is long:
    one that comes while the process ends, slowly on a busy machine, would be a fault in its end.
    """
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            continue
        return


@pytest.mark.usefixtures("heard_ctrl_c")
def test_ctrl_c_ends_a_wait_for_a_page() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = f"http://127.0.0.1:{server.getsockname()[1]}/"
        process = start("brief", link, DATELINE_ALLOW_NETWORKS="127.0.0.0/8")
        server.settimeout(30)
        connection, _ = server.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        connection.close()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_terminal_of_another_encoding_gets_json_all_the_same(screen: Screen) -> None:
    status, out, _ = finish("brief", SEED, "--json", PYTHONIOENCODING="latin-1")
    assert status == 0
    assert json.loads(out.decode("ascii")) == screen.json(BRIEF, "brief", SEED)


HEAVY = ("sqlalchemy", "telegram", "discord", "apscheduler", "trafilatura", "prompt_toolkit")
LIST_HEAVY = f"""
import sys
from bot.__main__ import main
from tests.website import website
status = main(sys.argv[1:])
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize(
    "arguments", [("brief", SEED), ("place", "Mosul"), ("places", SEED)], ids=lambda words: words[0]
)
def test_a_one_shot_command_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    process = subprocess.run(
        [sys.executable, "-c", LIST_HEAVY, *arguments, "--json"],
        capture_output=True,
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    assert process.stderr.decode().split() == []


# how the bot ends


class Ending:
    """A bot that ends at once, by some fault of several of its tasks."""

    def __init__(self, *faults: Exception) -> None:
        self._faults = faults

    async def __call__(self, _: Settings) -> None:
        async with asyncio.TaskGroup() as group:
            for fault in self._faults:
                group.create_task(self._fail(fault))

    async def _fail(self, fault: Exception) -> None:
        raise fault


def test_a_bot_that_ends_for_known_reasons_says_each_once_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = StoreError("It stands still."), StoreError("It stands still."), OSError(28, "No room")
    monkeypatch.setattr(app, "run", Ending(*reasons))
    assert main(["run"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "dateline: It stands still.",
        "dateline: This machine says: No room.",
    ]


def test_a_bot_that_ends_by_a_fault_of_ours_logs_where_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "run", Ending(StoreError("It stands still."), KeyError("of ours")))
    assert main(["run"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "dateline: It stands still." in said
    assert "a fault in Dateline: KeyError" in said
