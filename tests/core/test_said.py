"""Words that are kept in nobody's language and said in the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import words
from bot.core.errors import RequestError, SourceError
from bot.core.said import LONGEST, Said, heard, kept, said, said_by
from bot.core.words import N_, speaking

VALUES = st.dictionaries(st.sampled_from(["host", "status"]), st.text(max_size=50) | st.integers())


@given(st.text(), VALUES)
def test_what_is_kept_is_heard(message: str, values: dict[str, str | int]) -> None:
    told = Said(message, values)
    assert heard(kept(told)) == told


def test_a_reason_within_a_reason_is_kept_too() -> None:
    inner = said(N_("There is no host named {at}."), at="a.example")
    outer = said(N_("The feed that the page names cannot be read: {reason}"), reason=inner)
    assert heard(kept(outer)) == outer
    assert str(outer).endswith("cannot be read: There is no host named a.example.")


@pytest.mark.parametrize(
    "text", ["", "It is gone.", "{braces}", "{}", "[1]", "12", '"x"', "null", "[" * 100_000]
)
def test_a_text_that_nothing_kept_so_is_said_as_it_is(text: str) -> None:
    assert str(heard(text)) == text


def test_values_from_outside_are_shortened_and_never_read_as_places_for_values() -> None:
    told = said(N_("There is no host named {at}."), at="{host}" + "x" * 1000)
    assert len(kept(told)) < LONGEST + 100
    assert "{host}" in str(told)


def test_an_error_says_what_it_was_told() -> None:
    told = said(N_("{host} has no such page ({status})."), host="a.example", status=404)
    assert said_by(SourceError(told)) == said_by(RequestError(told, "hint")) == told
    assert str(SourceError(told)) == "a.example has no such page (404)."
    assert said_by(SourceError("plain")) == Said("plain")


FRENCH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "{host} has no such page ({status})."
msgstr "{host} n'a pas cette page ({status})."

msgid "{reason} It offers {address}: perhaps that is the feed now."
msgstr "{reason} Il y a {address} : c'est peut-être le flux."
"""


@pytest.fixture
def french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalog of our own, so that a translator's better word breaks no test."""
    path = tmp_path / "fr" / "LC_MESSAGES" / "dateline.po"
    path.parent.mkdir(parents=True)
    path.write_text(FRENCH, encoding="utf-8")
    monkeypatch.setattr(words, "LOCALES", tmp_path)
    words._catalog.cache_clear()
    yield
    words._catalog.cache_clear()


@pytest.mark.usefixtures("french")
def test_what_was_kept_once_is_said_to_each_in_their_language() -> None:
    inner = said(N_("{host} has no such page ({status})."), host="a.example", status=404)
    told = said(
        N_("{reason} It offers {address}: perhaps that is the feed now."),
        reason=inner,
        address="https://b.example",
    )
    text = kept(told)
    with speaking("fr"):
        assert str(heard(text)) == (
            "a.example n'a pas cette page (404). "
            "Il y a https://b.example : c'est peut-être le flux."
        )
    assert str(heard(text)).startswith("a.example has no such page (404). It offers")
