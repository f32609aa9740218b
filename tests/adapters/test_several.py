"""Answers of several messages: the mark on their buttons, and what stands above the last."""

from __future__ import annotations

import pytest

from bot.adapters.several import REMEMBERED, Above, marked, unmarked


@pytest.mark.parametrize(
    ("data", "carried"),
    [
        ("brief short", "+brief short"),
        ("é" * 31, "+" + "é" * 31),
        ("é" * 32, "é" * 32),  # 64 bytes: the mark would be one too many
    ],
)
def test_a_button_under_several_messages_is_marked_where_the_mark_fits(
    data: str, carried: str
) -> None:
    first, last = {"text": "one"}, {"text": "two", "buttons": [[["Shorter", data]]]}
    assert marked([first, last], 64) == [first, last | {"buttons": [[["Shorter", carried]]]}]
    assert unmarked(carried) == (data, carried != data)


def test_a_button_under_a_message_alone_is_not_marked() -> None:
    alone = [{"text": "one", "buttons": [[["Shorter", "brief short"]]]}]
    assert marked(alone, 64) == alone


def test_what_stands_above_a_message_is_known_in_its_own_chat() -> None:
    above = Above()
    above.note("1", [7, 8, 9])
    assert above.of("1", 9) == [7, 8]
    assert not above.of("2", 9)
    above.forget("1", 9)
    assert not above.of("1", 9)


def test_the_oldest_answers_are_forgotten() -> None:
    above = Above()
    for last in range(1, REMEMBERED + 2):
        above.note("1", [0, last])
    assert not above.of("1", 1)
    assert above.of("1", 2) == [0]
