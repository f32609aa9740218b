"""A typed answer to "Which one?"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.asked_back import MOST, WHILE, AskedBack, meant
from bot.core.messages import Chat, Request
from bot.core.places import PlaceAnswer, PlaceReader
from bot.sources.places import GazetteerPlaces
from tests.fakes import CHAT, MONDAY

PLACES = GazetteerPlaces()
ASKED = Request(CHAT, "place", "Springfield", sender="1")


def answer_to(name: str) -> PlaceAnswer:
    return PlaceReader(PLACES).resolve(name)


@pytest.mark.parametrize(
    ("name", "said", "label"),
    [
        ("Springfield", "Illinois", "Springfield, Illinois, United States"),
        ("Springfield", "Springfield, Illinois", "Springfield, Illinois, United States"),
        ("Springfield", "the one in Illinois", "Springfield, Illinois, United States"),
        ("Springfield", "2", "Springfield, Massachusetts, United States"),
        ("Springfield", "#2.", "Springfield, Massachusetts, United States"),
        ("Springfield", "Springfield", None),
        ("Springfield", "United States", None),
        ("Springfield", "99", None),
        ("Springfield", "0", None),
        ("Springfield", "Paris", None),
        ("Springfield", "what a day", None),
        ("Springfield", "", None),
        ("Georgia", "the country", "Georgia"),
        ("Georgia", "USA", "Georgia, United States"),
        ("Tripoli", "Liban", "Tripoli, Liban-Nord, Lebanon"),
    ],
)
def test_an_answer_names_one_of_the_places_or_none(name: str, said: str, label: str | None) -> None:
    found = meant(said, answer_to(name).lookup.candidates[:6], PLACES)
    assert (PLACES.label(found) if found else None) == label


def test_the_answer_of_the_one_who_was_asked_is_understood() -> None:
    asked = AskedBack(PLACES)
    asked.note(ASKED, answer_to("Springfield"), MONDAY)
    assert asked.heard(ASKED, "Illinois", MONDAY) == ("place", "geo:4250542 = Springfield")
    for other in (
        replace(ASKED, sender="2"),
        replace(ASKED, chat=Chat(CHAT.platform, "another")),
        replace(ASKED, chat=replace(CHAT, thread="7")),
    ):
        assert asked.heard(other, "Illinois", MONDAY) is None


def test_after_a_while_it_is_no_answer_any_more() -> None:
    asked = AskedBack(PLACES)
    asked.note(ASKED, answer_to("Springfield"), MONDAY)
    assert asked.heard(ASKED, "Illinois", MONDAY + WHILE)
    assert asked.heard(ASKED, "Illinois", MONDAY + WHILE * 1.01) is None


def test_an_answer_ends_the_question_before_it() -> None:
    asked = AskedBack(PLACES)
    asked.note(ASKED, answer_to("Springfield"), MONDAY)
    asked.note(ASKED, answer_to("Mosul"), MONDAY)
    assert asked.heard(ASKED, "Illinois", MONDAY) is None


def test_who_was_told_of_one_may_name_another_but_not_by_number() -> None:
    asked = AskedBack(PLACES)
    asked.note(ASKED, answer_to("Paris"), MONDAY)
    assert asked.heard(ASKED, "Texas", MONDAY) == ("place", "geo:4717560 = Paris")
    assert asked.heard(ASKED, "2", MONDAY) is None
    assert asked.heard(ASKED, "Germany", MONDAY) is None


def test_a_map_is_asked_back_for_too() -> None:
    asked = AskedBack(PLACES)
    asked.note(replace(ASKED, command="map"), answer_to("Tripoli"), MONDAY)
    heard = asked.heard(ASKED, "Libya", MONDAY)
    assert heard is not None
    assert heard[0] == "map"


def test_the_memory_has_an_end() -> None:
    asked = AskedBack(PLACES)
    answer = answer_to("Tripoli")
    for number in range(MOST + 1):
        asked.note(replace(ASKED, sender=str(number)), answer, MONDAY)
    assert asked.heard(replace(ASKED, sender="0"), "Libya", MONDAY) is None
    assert asked.heard(replace(ASKED, sender=str(MOST)), "Libya", MONDAY) is not None
