"""Words that are kept in nobody's language and said in the reader's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import RequestError, SourceError
from bot.core.said import LONGEST, Said, heard, kept, said, said_by
from bot.core.words import N_

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
