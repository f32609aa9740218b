"""The log: one line an event, and never a token, not even in a traceback."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from bot.ops.logs import BLANK, Blanker, configure

TOKEN = "123456:AAH-a_token_that_nobody_may_see"
log = logging.getLogger("bot.test")


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root, bot = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers, root.level, bot.level
    yield
    root.handlers, root.level, bot.level = before


class Careless:
    """Shows a token wherever it is printed."""

    def __repr__(self) -> str:
        return f"Careless(url='https://api.telegram.org/bot{TOKEN}/getMe')"


def fail() -> None:
    raise ValueError(f"no answer from https://api.telegram.org/bot{TOKEN}/getUpdates")


def say_the_token_in_every_way() -> None:
    log.warning("in the message %s", TOKEN)
    log.warning(f"in the format {TOKEN} %s", "x")
    log.warning("in an object %r", Careless())
    log.warning("in an address %s", TOKEN.replace(":", "%3A"))
    log.warning("in a broken format %d", TOKEN)
    log.warning("in a mapping %(token)s", {"token": TOKEN})
    logging.getLogger("library").error("twice %s and %s", TOKEN, TOKEN)
    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError("it failed") from error
    except RuntimeError:
        log.exception("in the traceback")
    log.warning("in the stack", stack_info=True)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_token_never_appears(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_format, (TOKEN, ""))
    say_the_token_in_every_way()
    said = capsys.readouterr().err
    assert TOKEN not in said
    assert "AAH-a_token" not in said
    assert said.count(BLANK) >= 7
    assert "ValueError: no answer from https://api.telegram.org/bot" in said


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_title_never_forges_a_line(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_format)
    log.warning("read %s", "x\n2016-01-20 08:00:00 ERROR   all is lost\x1b[2J\r")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert "\r" not in said


def test_a_line_of_text_has_the_time_the_level_and_the_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("text")
    log.info("Été à %s", "Paris")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO    Été à Paris\n", capsys.readouterr().err
    )


def test_a_line_of_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    log.warning("Été à %s", "Paris")
    try:
        fail()
    except ValueError:
        log.exception("it failed")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert set(first) == {"time", "level", "logger", "message"}
    assert (first["level"], first["logger"]) == ("warning", "bot.test")
    assert first["message"] == "Été à Paris"
    assert second["exception"].startswith("Traceback (most recent call last):\n")


def test_libraries_speak_from_warning_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text")
    logging.getLogger("library").info("chatter")
    logging.getLogger("discord.gateway").warning("chatter")
    logging.getLogger("library").warning("trouble")
    said = capsys.readouterr().err
    assert "chatter" not in said
    assert "trouble" in said


def test_a_broken_format_of_a_library_costs_only_its_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("text")
    log.warning("%d of %d", *["one"])
    said = capsys.readouterr().err
    assert "%d of %d" in said
    assert "Traceback" not in said


def test_a_secret_that_begins_another_leaves_nothing_of_it() -> None:
    assert Blanker(("abc", "abcdef"))("abcdef abc") == f"{BLANK} {BLANK}"


def test_no_secret_leaves_a_text_as_it_is() -> None:
    assert Blanker(("", ""))("as it is") == "as it is"
