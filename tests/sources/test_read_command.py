"""`dateline read`: the documented JSON of a page, or the refusal in words."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.sources.test_articles import PAGE, PARAGRAPHS, TITLE

WALL = "<html><head><title>Just a moment...</title></head><body><p>Checking.</p></body></html>"


def page(folder: Path, content: str = PAGE) -> str:
    path = folder / "page.html"
    path.write_text(content, encoding="utf-8")
    return str(path)


def read_json(capsys: pytest.CaptureFixture[str], target: str) -> Any:  # noqa: ANN401 - any JSON
    assert main(["read", target, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


EXPECTED = {
    "title": TITLE,
    "author": "",
    "published": "2016-01-20T09:30:00+01:00",
    "published_guessed": False,
    "language": "en",
    "site": "The Example Gazette",
    "url": "https://gazette.example/news/freighter",
    "image": "",
    "text": "\n\n".join(PARAGRAPHS),
}


def test_a_page_is_read_in_the_documented_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_json(capsys, page(tmp_path)) == EXPECTED


def test_standard_input_is_read_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAGE.encode()), "utf-8"))
    assert read_json(capsys, "-") == EXPECTED


def test_a_text_without_a_date_has_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = read_json(capsys, page(tmp_path, "\n\n".join((TITLE, *PARAGRAPHS))))
    assert (found["published"], found["published_guessed"]) == (None, False)
    assert found["text"] == EXPECTED["text"]


def test_a_person_sees_the_title_who_when_and_every_paragraph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", page(tmp_path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in (TITLE, "The Example Gazette", "2016-01-20", *PARAGRAPHS, str(EXPECTED["url"])):
        assert part in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WALL, "Couldn't read this page: it asks for proof that a person is reading."),
        ("<html><body></body></html>", "There is no article to be found on that page."),
        ("12\n\n345\n\n***", "only page furniture"),
        ("", "empty"),
    ],
)
@pytest.mark.parametrize("shape", [["--json"], []])
def test_a_refusal_is_words_on_standard_error_and_status_1(
    shape: list[str], content: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", page(tmp_path, content), *shape]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1
