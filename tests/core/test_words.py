"""The bot's words: which language is spoken, and how it says days, hours and lists."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from bot.core import words


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (("fr",), "fr"),
        (("pt-BR",), "pt"),
        (("en_US",), "en"),
        (("", "de-AT"), "de"),
        (("tlh", "fr"), "fr"),
        (("tlh",), "en"),
        ((), "en"),
    ],
)
def test_the_first_spoken_language_is_taken_and_english_for_one_nobody_speaks(
    tags: tuple[str, ...], language: str
) -> None:
    assert words.best(*tags) == language


def test_days_and_lists_are_said_in_the_spoken_language() -> None:
    with words.speaking("fr"):
        assert words.day(date(2026, 3, 2)) == "lundi 2 mars 2026"
        assert words.moment(datetime(2026, 3, 2, 8, 0, tzinfo=UTC)) == "lundi 2 mars 2026, 08:00"
        assert words.listed(["Mossoul", "Raqa", "Paris"]) == "Mossoul, Raqa et Paris"
    assert words.day(date(2026, 3, 2)) == "Monday, 2 March 2026"


def test_parts_stand_behind_each_other_with_the_language_s_own_comma() -> None:
    assert words.strung(["1", "2"]) == "1, 2"
    with words.speaking("ar"):
        assert words.strung(["1", "2"]) == "1، 2"
        assert words.moment(datetime(2026, 3, 2, 8, 0, tzinfo=UTC)).endswith("2026، 08:00")


async def test_a_thread_and_a_task_speak_the_language_of_who_began_them() -> None:
    with words.speaking("de"):
        task = asyncio.create_task(asyncio.to_thread(words.spoken))
    assert words.spoken() == "en"
    assert await task == "de"


def test_nothing_to_say_is_not_the_catalogs_header() -> None:
    assert words.translate("", "fr") == ""
