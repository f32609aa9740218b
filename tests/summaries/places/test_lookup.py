"""What a typed name stands for: found, ambiguous or unknown."""

from __future__ import annotations

import time

import pytest

from summaries.places.gazetteer import Gazetteer


def test_a_name_that_one_place_dominates_is_found_and_the_others_are_offered(
    gazetteer: Gazetteer,
) -> None:
    answer = gazetteer.lookup("Paris")
    assert answer.status == "found"
    assert answer.place is not None
    assert answer.place.country == "FR"
    assert any(gazetteer.label(p) == "Paris, Texas, United States" for p in answer.candidates)


@pytest.mark.parametrize(
    ("name", "countries"),
    [
        ("Georgia", {"GE", "US"}),
        ("Tripoli", {"LY", "LB"}),
        ("Victoria", {"AU", "CA"}),
        ("Springfield", {"US"}),
        ("San Jose", {"CR", "US"}),
        ("Congo", {"CD", "CG"}),
    ],
)
def test_a_name_of_places_of_comparable_standing_is_ambiguous(
    gazetteer: Gazetteer, name: str, countries: set[str]
) -> None:
    answer = gazetteer.lookup(name)
    assert answer.status == "ambiguous"
    assert answer.place is None
    assert len(answer.candidates) > 1
    assert countries <= {place.country for place in gazetteer.lookup(name).candidates}


@pytest.mark.parametrize("name", ["Gaza", "Luxembourg", "Québec", "New York", "Idlib", "Mexico"])
def test_places_inside_one_another_are_no_riddle(gazetteer: Gazetteer, name: str) -> None:
    assert gazetteer.lookup(name).status == "found"


@pytest.mark.parametrize("name", ["", "   ", "\u202e\u200f", "\x00\x01", "!?", "x" * 5000, "🙂"])
def test_what_is_no_name_is_unknown(gazetteer: Gazetteer, name: str) -> None:
    answer = gazetteer.lookup(name)
    assert (answer.status, answer.place, answer.candidates) == ("unknown", None, ())


@pytest.mark.parametrize("name", ["'; DROP TABLE places;--", "Qwxzvbn", "\ud800", "%s%n", "${x}"])
def test_no_query_is_answered_with_a_wrong_guess_or_an_error(
    gazetteer: Gazetteer, name: str
) -> None:
    assert gazetteer.lookup(name).status == "unknown"


def test_five_thousand_characters_are_answered_at_once(gazetteer: Gazetteer) -> None:
    started = time.perf_counter()
    gazetteer.lookup("Mosul " * 1000)
    assert time.perf_counter() - started < 0.2


def test_a_name_out_of_legend_offers_its_namesakes_but_takes_none(gazetteer: Gazetteer) -> None:
    answer = gazetteer.lookup("Atlantis")
    assert answer.status == "unknown"
    assert answer.candidates


def test_a_misspelt_name_is_found_or_offered(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Mosuul").place == gazetteer.lookup("Mosul").place
    answer = gazetteer.lookup("Bagdhadd")
    assert "Baghdad" in {place.name for place in answer.candidates}


@pytest.mark.parametrize(
    ("flag", "code"), [("🇫🇷", "FR"), ("🇮🇶", "IQ"), (" 🇺🇦 ", "UA"), ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "GB")]
)
def test_a_flag_is_its_country(gazetteer: Gazetteer, flag: str, code: str) -> None:
    place = gazetteer.lookup(flag).place
    assert place is not None
    assert place.country == code


def test_a_flag_of_no_country_is_unknown(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("🇿🇿").status == "unknown"


def test_control_and_direction_marks_do_not_hide_a_name(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("\u202eMos\u200bul\x07\u2069").place == gazetteer.lookup("Mosul").place


def test_letters_that_look_alike_are_read_as_the_script_of_the_rest(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Pаris").place == gazetteer.lookup("Paris").place
    assert gazetteer.lookup("Mосква").place == gazetteer.lookup("Москва").place


def test_suggestions_begin_with_what_is_typed_and_the_best_known_is_first(
    gazetteer: Gazetteer,
) -> None:
    assert gazetteer.suggest("mos")[0].name == "Moscow"
    assert gazetteer.suggest("moss", limit=3, language="fr")[0].name == "Mosul"
    assert len(gazetteer.suggest("a", limit=5)) == 5
    assert gazetteer.suggest("") == []


def test_every_suggestion_is_found_again_by_its_id(gazetteer: Gazetteer) -> None:
    for place in gazetteer.suggest("par", limit=20):
        assert gazetteer.place(place.id) == place
    assert gazetteer.place(1) is None


def test_names_and_labels_come_in_the_language_asked(gazetteer: Gazetteer) -> None:
    mosul = gazetteer.lookup("Mosul").place
    assert mosul is not None
    assert gazetteer.name(mosul, "fr") == "Mossoul"
    assert gazetteer.name(mosul, "ar") == "الموصل"
    assert gazetteer.name(mosul, "xx") == "Mosul"
    assert gazetteer.label(mosul, "fr").endswith("Irak")


def test_a_country_contains_its_towns_and_an_area_its_countries(gazetteer: Gazetteer) -> None:
    iraq, mosul, mali, sahel = (
        gazetteer.lookup(name).place for name in ("Iraq", "Mosul", "Mali", "Sahel")
    )
    assert iraq is not None
    assert mosul is not None
    assert mali is not None
    assert sahel is not None
    assert gazetteer.contains(iraq, mosul)
    assert not gazetteer.contains(mosul, iraq)
    assert gazetteer.contains(sahel, mali)
    assert not gazetteer.contains(sahel, iraq)


@pytest.mark.parametrize(
    "words", ["the moon", "The Moon", "the sun", "the end", "the sea", "the best", "the war"]
)
def test_a_thing_of_every_day_is_no_place_and_none_is_offered_for_it(
    gazetteer: Gazetteer, words: str
) -> None:
    answer = gazetteer.lookup(words)
    assert (answer.status, answer.place) == ("unknown", None)
    assert all(place.standing > 5.0 for place in answer.candidates)


@pytest.mark.parametrize("word", ["moon", "home", "god", "love", "merci", "hello", "best"])
def test_a_word_of_every_day_is_offered_as_a_place_but_not_taken_for_one(
    gazetteer: Gazetteer, word: str
) -> None:
    assert gazetteer.lookup(word).status == "unknown"


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("nice", "FR"),
        ("tours", "FR"),
        ("split", "HR"),
        ("the hague", "NL"),
        ("the bronx", "US"),
        ("le havre", "FR"),
        ("la rochelle", "FR"),
        ("the united states", "US"),
        ("Best", "NL"),
        ("raqa", "SY"),
    ],
)
def test_a_known_place_is_found_in_lower_case_and_after_its_article(
    gazetteer: Gazetteer, name: str, country: str
) -> None:
    place = gazetteer.lookup(name).place
    assert place is not None
    assert place.country == country


def test_what_only_sounds_like_a_place_is_offered(gazetteer: Gazetteer) -> None:
    answer = gazetteer.lookup("merci")
    assert answer.place is None
    assert answer.candidates


@pytest.mark.parametrize(
    "name", ["<b>Mosul</b>", "Mosul<br/>", "\u200fMosul\u200f", "<i></i> mosul"]
)
def test_markup_and_marks_around_a_name_are_left_out(gazetteer: Gazetteer, name: str) -> None:
    assert gazetteer.lookup(name).place == gazetteer.lookup("Mosul").place


def test_a_script_in_a_name_is_no_name(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("<script>alert(1)</script>").status == "unknown"


def test_a_name_in_mixed_scripts_is_read_or_unknown_but_never_another_place(
    gazetteer: Gazetteer,
) -> None:
    moscow = gazetteer.lookup("Moscow").place
    assert gazetteer.lookup("Mосcow").place == moscow  # Cyrillic о and с
    assert gazetteer.lookup("Παris").place in (None, gazetteer.lookup("Paris").place)
    assert gazetteer.lookup("Москва Moscow").place in (None, moscow)
    assert gazetteer.lookup("Mosul الموصل").place in (None, gazetteer.lookup("Mosul").place)


def test_a_town_of_its_regions_name_is_labelled_without_the_region(gazetteer: Gazetteer) -> None:
    town = gazetteer.lookup("San José, Costa Rica").place
    assert town is not None
    assert gazetteer.label(town) == "San José, Costa Rica"  # the region is "San Jose"


@pytest.mark.parametrize("topic", ["cinema", "le cinéma", "finance", "Politica", "clima", "tennis"])
def test_what_the_news_is_asked_about_is_no_slip_for_a_country(
    gazetteer: Gazetteer, topic: str
) -> None:
    answer = gazetteer.lookup(topic)
    assert (answer.status, answer.place) == ("unknown", None)


def test_an_arabic_label_has_arabic_names_and_the_arabic_comma(gazetteer: Gazetteer) -> None:
    labels = {}
    for name in ("Kirkuk", "Damascus", "Manchester, England"):
        place = gazetteer.lookup(name).place
        assert place is not None
        labels[name] = gazetteer.label(place, "ar-EG")
        assert gazetteer.lookup(labels[name], "ar").place == place
    assert labels == {
        "Kirkuk": "كركوك، العراق",
        "Damascus": "دمشق، سوريا",
        "Manchester, England": "مانشستر، إنجلترا، المملكة المتحدة",
    }


def test_a_name_with_an_ending_is_not_a_hamlet_spelt_so(gazetteer: Gazetteer) -> None:
    answer = gazetteer.lookup("Ракке", "ru")  # "in Raqqa"; Rakke is a village of Estonia
    assert answer.status == "ambiguous"
    assert [place.country for place in answer.candidates[:2]] == ["SY", "EE"]
