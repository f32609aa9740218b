"""Maps of the news: what is on the picture, and what is said to those who do not see it."""

from __future__ import annotations

import pytest

from bot.core.errors import RequestError
from bot.core.maps import briefing_map, country_names, night_asked, page_map, place_map
from bot.core.messages import Paragraph, Picture, Reply
from bot.core.words import speaking
from bot.sources.places import GazetteerPlaces
from summaries.places.place import Mention, Place
from tests.fakes import PARIS_TALKS

MOSUL = Place(2, "Mosul", "IQ", 36.335, 43.119, "city", 1_700_000, "15")
RAQQA = Place(3, "Raqqa", "SY", 35.95, 39.01, "city", 220_000, "04")
PARIS = Place(5, "Paris", "FR", 48.85, 2.35, "city", 2_100_000, "11")
IRAQ = Place(1, "Iraq", "IQ", 33.0, 44.0, "country", 40_000_000, "", level=1)
RUSSIA = Place(6, "Russia", "RU", 60.0, 100.0, "country", 140_000_000, "", level=1)
MOSCOW = Place(7, "Moscow", "RU", 55.75, 37.62, "city", 12_000_000, "48")
ANADYR = Place(8, "Anadyr", "RU", 64.73, 177.51, "city", 13_000, "15")
FIJI = Place(9, "Fiji", "FJ", -18.0, 178.0, "country", 900_000, "", level=1)
SUVA = Place(10, "Suva", "FJ", -18.14, 178.44, "city", 90_000, "01")
TAVEUNI = Place(11, "Waiyevo", "FJ", -16.79, -179.98, "city", 1_000, "03")


def picture_of(reply: Reply) -> Picture:
    [picture] = reply.blocks
    assert isinstance(picture, Picture)
    return picture


def size_of(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


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


def test_a_pages_map_has_the_places_that_it_names() -> None:
    picture = picture_of(page_map(PARIS_TALKS, mentions(PARIS, MOSUL), GazetteerPlaces()))
    assert picture.alt == "Map: Paris, Mosul"


def test_a_vast_country_shows_its_places_however_far_from_its_middle() -> None:
    picture = picture_of(place_map(RUSSIA, mentions(MOSCOW, ANADYR, PARIS)))
    assert picture.alt == "Map of Russia: Moscow, Anadyr"


def test_the_map_of_a_country_has_its_own_towns_and_not_its_neighbours() -> None:
    reply = place_map(IRAQ, mentions(MOSUL, RAQQA, PARIS))
    assert picture_of(reply).alt == "Map of Iraq: Mosul"


def test_the_map_of_a_country_without_a_named_town_has_those_around_it_and_says_so() -> None:
    picture, said = place_map(IRAQ, mentions(RAQQA, PARIS)).blocks
    assert isinstance(picture, Picture)
    assert picture.alt == "Map of Iraq: Iraq, Raqqa"
    assert said == Paragraph(
        "The articles at hand name no town in Iraq: these are places around it."
    )


def test_a_country_on_both_sides_of_the_180th_meridian_is_one_small_picture() -> None:
    picture = picture_of(place_map(FIJI, mentions(SUVA, TAVEUNI)))
    assert picture.alt == "Map of Fiji: Suva, Waiyevo"
    # The islands and sea between them; the whole world would be five times as much.
    assert len(picture.png) < 20_000


def test_a_country_that_no_article_names_is_shown_whole() -> None:
    picture = picture_of(place_map(RUSSIA, []))
    assert picture.alt == "Map of Russia: Russia"
    # From the Baltic to the Bering Strait; the middle of Siberia alone is 19 KB.
    assert 40_000 < len(picture.png) < 100_000


def test_the_map_is_dark_at_night() -> None:
    day, night = (place_map(MOSUL, mentions(RAQQA), night=dark) for dark in (False, True))
    assert picture_of(day).alt == picture_of(night).alt
    assert picture_of(day).png != picture_of(night).png
    assert size_of(picture_of(night).png) == (800, 500)


@pytest.mark.parametrize(
    ("typed", "rest", "dark"),
    [
        ("Mosul night", "Mosul", True),
        ("night", "", True),
        ("Irak nuit", "Irak", True),
        ("الموصل ليل", "الموصل", True),
        ("Москва ночь", "Москва", True),
        ("Mosul", "Mosul", False),
        ("Nightcliff", "Nightcliff", False),
        ("", "", False),
    ],
)
def test_night_is_asked_for_after_the_place(typed: str, rest: str, dark: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert night_asked(typed) == (rest, dark)


def test_names_are_written_in_the_readers_language() -> None:
    places = GazetteerPlaces()
    mosul = places.lookup("Mosul").place
    assert mosul is not None
    with speaking("fr"):
        picture = picture_of(place_map(mosul, [], places=places))
    assert "Mossoul" in picture.alt
    assert "Mosul" not in picture.alt
    with speaking("ar"):
        arabic = picture_of(place_map(mosul, [], places=places))
    assert "الموصل" in arabic.alt
    assert arabic.png != picture.png


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fr", "Allemagne"),
        ("ar", "ألمانيا"),
        ("pt-BR", "Alemanha"),
        ("", "Germany"),
        ("x!", "Germany"),
    ],
)
def test_countries_are_called_as_the_reader_calls_them(language: str, name: str) -> None:
    assert country_names(language)["DE"] == name
