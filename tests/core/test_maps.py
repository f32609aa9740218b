"""Maps of the news: what is on the picture, and what is said to those who do not see it."""

from __future__ import annotations

import pytest

from bot.core.errors import RequestError
from bot.core.maps import briefing_map, place_map
from bot.core.messages import Picture
from summaries.places.place import Mention, Place

MOSUL = Place(2, "Mosul", "IQ", 36.335, 43.119, "city", 1_700_000, "15")
RAQQA = Place(3, "Raqqa", "SY", 35.95, 39.01, "city", 220_000, "04")
PARIS = Place(5, "Paris", "FR", 48.85, 2.35, "city", 2_100_000, "11")
IRAQ = Place(1, "Iraq", "IQ", 33.0, 44.0, "country", 40_000_000, "", level=1)


def mentions(*places: Place) -> list[Mention]:
    return [Mention(place.name, 0, 1, place, 1.0) for place in places]


def test_a_briefings_map_has_its_towns_and_says_their_names() -> None:
    [picture] = briefing_map(mentions(MOSUL, MOSUL, PARIS, IRAQ)).blocks
    assert isinstance(picture, Picture)
    assert picture.png.startswith(b"\x89PNG")
    assert "Mosul" in picture.alt
    assert "Paris" in picture.alt
    assert "Iraq" not in picture.alt  # a country is no point


def test_a_places_map_has_it_and_what_is_around_it_but_not_the_far_side_of_the_world() -> None:
    reply = place_map(MOSUL, mentions(MOSUL, RAQQA, PARIS))
    [picture] = reply.blocks
    assert isinstance(picture, Picture)
    assert "Mosul" in picture.alt
    assert "Raqqa" in picture.alt
    assert "Paris" not in picture.alt
    assert [action.arguments for action in reply.actions] == ["geo:2"]


def test_a_place_that_no_article_names_still_has_a_map() -> None:
    [picture] = place_map(PARIS, []).blocks
    assert isinstance(picture, Picture)


def test_without_any_place_there_is_no_map_but_advice() -> None:
    with pytest.raises(RequestError) as caught:
        briefing_map([])
    assert "/map" in caught.value.hint
