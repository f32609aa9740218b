"""Cutting to a limit: nothing too long, nothing lost, no character torn."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped] # it ships no types
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.text import cut

SIGNS = st.sampled_from(list("ab \n\t\u00a0é\u0301\u200d🌍👩🇫🇷\U0001f3fdß中ع\r"))
TEXTS = st.one_of(st.text(SIGNS, max_size=60), st.text(max_size=60))


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> list[str]:
    return list(regex.findall(r"\X", text))


def largest(text: str) -> int:
    return max((utf16(one) for one in graphemes(text)), default=0)


@given(TEXTS, st.integers(2, 30))
def test_no_piece_is_too_long_and_none_is_empty(text: str, limit: int) -> None:
    for piece in cut(text, limit, utf16):
        assert 0 < utf16(piece) <= limit


@given(TEXTS, st.integers(2, 30))
def test_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    kept = "".join(cut(text, limit, utf16))
    assert "".join(kept.split()) == "".join(text.split())


@given(TEXTS, st.integers(2, 30))
@example("ab c \u0301\u0301de", 5)
@example("👩\u200d👩\u200d👧👩\u200d👩\u200d👧", 9)
def test_a_character_that_fits_is_never_torn(text: str, limit: int) -> None:
    if largest(text) > limit:
        return
    whole = [one for one in graphemes(text) if not one.isspace()]
    pieces = [one for piece in cut(text, limit, utf16) for one in graphemes(piece)]
    assert [one for one in pieces if not one.isspace()] == whole


@given(TEXTS)
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert cut(text, max(1, utf16(text)), utf16) == ([text] if text else [])


def test_words_stay_whole_where_there_is_white_space() -> None:
    assert cut("one two three four", 9, len) == ["one two", "three", "four"]
    assert cut("one two\nthree", 8, len) == ["one two", "three"]


def test_a_word_longer_than_the_limit_is_cut_where_it_must_be() -> None:
    assert cut("a bbbbbbbbbb", 5, len) == ["a bbb", "bbbbb", "bb"]


def test_a_character_larger_than_the_limit_is_cut_between_code_points() -> None:
    family = "👩\u200d👩\u200d👧"
    assert "".join(cut(family, 4, utf16)) == family


@pytest.mark.parametrize("blank", ["", " ", "   \n "])
def test_a_blank_text_that_is_too_long_has_no_pieces(blank: str) -> None:
    assert "".join(cut(blank, 1, len)).strip() == ""
