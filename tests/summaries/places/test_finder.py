"""Places found in texts: where they stand, which they are, what the text is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from summaries.places.finder import find_places, focus
from summaries.places.gazetteer import Gazetteer
from summaries.places.place import Mention
from summaries.places.prior import learned

SEED = Path(__file__).parents[4] / "shared" / "seeds" / "000_d249300e3d70f83a.txt"


def words(mentions: tuple[Mention, ...]) -> list[tuple[str, str]]:
    return [(mention.text, mention.place.country) for mention in mentions]


def test_offsets_count_code_points_of_the_text_given(gazetteer: Gazetteer) -> None:
    text = "🙂🙂 Des combats à Mossoul, près de l’aéroport d’Erbil."
    mentions = find_places(text, gazetteer, "fr")
    assert [text[m.start : m.end] for m in mentions] == ["Mossoul", "Erbil"]
    assert all(m.text == text[m.start : m.end] and 0 <= m.score <= 1 for m in mentions)


@pytest.mark.parametrize("text", ["", " \n\n ", "...", "\x00" * 50, "a" * 5000, "Ы" * 500])
def test_a_text_without_places_has_none(gazetteer: Gazetteer, text: str) -> None:
    assert find_places(text, gazetteer) == ()


def test_the_word_after_a_comma_says_which_town_it_is(gazetteer: Gazetteer) -> None:
    mentions = find_places("The fair in Paris, Texas, drew crowds from Dallas.", gazetteer, "en")
    assert [m.place.region for m in mentions] == ["TX", "TX", "TX"]


def test_a_person_is_no_place(gazetteer: Gazetteer) -> None:
    text = "Ashton Carter a parlé. M. Carter s'exprimait dans le Kentucky."
    assert words(find_places(text, gazetteer, "fr")) == [("Kentucky", "US")]


def test_russian_endings_are_understood(gazetteer: Gazetteer) -> None:
    text = "В Москве и Киеве обсудили войну в Сирии."
    found = words(find_places(text, gazetteer, "ru"))
    assert found == [("Москве", "RU"), ("Киеве", "UA"), ("Сирии", "SY")]


def test_arabic_prefixes_are_understood(gazetteer: Gazetteer) -> None:
    text = "اندلعت اشتباكات في الموصل وبغداد"
    assert {place for _, place in words(find_places(text, gazetteer, "ar"))} == {"IQ"}


def test_a_flag_in_a_text_is_its_country(gazetteer: Gazetteer) -> None:
    assert words(find_places("Visite officielle 🇺🇦 lundi", gazetteer, "fr")) == [("🇺🇦", "UA")]
    assert words(find_places("Tonight 🇫🇷 plays.", gazetteer, "en")) == [("🇫🇷", "FR")]


def test_words_for_the_people_of_a_country_are_found_when_asked(gazetteer: Gazetteer) -> None:
    text = "Syrian troops left Aleppo."
    assert words(find_places(text, gazetteer, "en")) == [("Aleppo", "SY")]
    mentions = find_places(text, gazetteer, "en", adjectives=True)
    assert [(m.text, m.adjective, m.place.kind) for m in mentions] == [
        ("Syrian", True, "country"),
        ("Aleppo", False, "city"),
    ]


def test_what_a_feed_wrote_about_decides_a_name_that_says_nothing_itself(
    gazetteer: Gazetteer,
) -> None:
    earlier = "Police in Tyler, Texas, and Longview, Texas, met in Henderson, Texas."
    usual = None
    for _ in range(5):
        usual = learned(usual, find_places(earlier, gazetteer, "en", usual=usual))
    text = "A man from Athens was arrested on Monday."
    (alone,) = find_places(text, gazetteer, "en")
    (local,) = find_places(text, gazetteer, "en", usual=usual)
    assert alone.place.country == "GR"
    assert (local.place.country, local.place.region) == ("US", "TX")


def test_the_focus_is_what_the_text_keeps_naming(gazetteer: Gazetteer) -> None:
    text = (
        "Mosul is under fire. Troops entered Mosul at dawn, residents of Mosul said. "
        "Paris and Berlin called for a truce."
    )
    about = focus(find_places(text, gazetteer, "en"))
    assert about.places[0].name == "Mosul"
    assert about.shares[0] > 0.5
    assert sum(about.shares) == pytest.approx(1, abs=0.01)


def test_a_text_without_places_has_no_focus() -> None:
    assert focus(()).places == ()


def test_in_the_seed_article_every_place_is_found_and_is_the_right_one(
    gazetteer: Gazetteer,
) -> None:
    if not SEED.exists():
        pytest.skip("the seed article is not here")
    mentions = find_places(SEED.read_text(encoding="utf-8"), gazetteer)
    assert {(m.text, m.place.country, m.place.name) for m in mentions} == {
        ("Paris", "FR", "Paris"),
        ("Washington", "US", "Washington"),
        ("RER Auber", "FR", "RER Auber"),
        ("France", "FR", "France"),
        ("Etats-Unis", "US", "United States"),
        ("Pentagone", "US", "Pentagon"),
        ("Australie", "AU", "Australia"),
        ("Allemagne", "DE", "Germany"),
        ("Italie", "IT", "Italy"),
        ("Royaume-Uni", "GB", "United Kingdom"),
        ("Pays-Bas", "NL", "Netherlands"),
        ("Kentucky", "US", "Kentucky"),
        ("Syrie", "SY", "Syria"),
        ("Irak", "IQ", "Iraq"),
        ("Raqa", "SY", "Raqqa"),
        ("Mossoul", "IQ", "Mosul"),
    }
    washington = next(m.place for m in mentions if m.text == "Washington")
    assert washington.region == "DC"


def test_everyday_words_of_arabic_are_no_places(gazetteer: Gazetteer) -> None:
    text = "وقال القائد إن المعركة في المدينة كلفة باهظة، وإن النصر قريب في الموصل."
    found = find_places(text, gazetteer, "ar")
    assert [mention.place.name for mention in found] == ["Mosul"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "x" * 5000,
        "\u202e\u200f\x00",
        "🙂🙂",
        "'; DROP TABLE places;--",
        "<b></b>",
        "Atlantis sank.",
    ],
)
def test_a_text_that_names_no_place_has_none_and_raises_nothing(
    gazetteer: Gazetteer, text: str
) -> None:
    assert find_places(text, gazetteer, "en") == ()


def test_two_names_that_are_neighbours_only_in_one_state_are_taken_for_those(
    gazetteer: Gazetteer,
) -> None:
    text = "Huntsville will mend a road, the commissioners of Walker County said."
    found = find_places(text, gazetteer, "en")
    assert {(m.place.country, m.place.region) for m in found} == {("US", "TX")}


def test_a_world_city_is_not_its_namesake_next_door(gazetteer: Gazetteer) -> None:
    text = "Kentucky's governor was in Frankfort; Paris and Berlin protested."
    found = {m.text: m.place.country for m in find_places(text, gazetteer, "en")}
    assert (found["Frankfort"], found["Paris"], found["Berlin"]) == ("US", "FR", "DE")
