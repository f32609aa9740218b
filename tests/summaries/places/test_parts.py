"""The small parts of the places engine: spelling, endings, forms, the file, nesting."""

from __future__ import annotations

from pathlib import Path

import pytest

from summaries.places.demonyms import demonym_forms
from summaries.places.endings import word_forms
from summaries.places.folding import clean, fold, one_script, sound, tokenize
from summaries.places.gazetteer import Gazetteer, GazetteerMissing
from summaries.places.nesting import distance
from summaries.places.pack import BadPack, read_pack, write_pack


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("ÎLE-DE-FRANCE", "Ile de France"),
        ("Łódź", "Lodz"),
        ("Straße", "strasse"),
        ("أربيل", "اربيل"),
        ("Королёв", "Королев"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_words_keep_their_offsets() -> None:
    text = "L'ONU, U.S. 🇫🇷 Аддис-Абеба"
    assert [text[t.start : t.end] for t in tokenize(text)] == [
        "L", "ONU", "U.S.", "🇫🇷", "Аддис", "Абеба",
    ]  # fmt: skip


def test_a_query_is_cleaned_of_markup_and_control_characters() -> None:
    assert clean(" <b>Mos\u200bul</b>\x00 ") == "Mosul"


def test_look_alike_letters_take_the_script_of_the_rest() -> None:
    assert one_script("Рaris") == "Paris"
    assert one_script("Mосква") == "Москва"
    assert one_script("Paris") == "Paris"


def test_spellings_that_sound_alike_share_a_key() -> None:
    assert len({sound(fold(name)) for name in ("Raqa", "Raqqa", "Rakka", "Ar Raqqah")}) == 1


@pytest.mark.parametrize(
    ("form", "name"),
    [("москве", "москва"), ("сирии", "сирия"), ("нижнем новгороде", "нижнии новгород"),
     ("северная кореи", "северная корея"), ("وبغداد", "بغداد")],
)  # fmt: skip
def test_a_form_leads_to_its_name(form: str, name: str) -> None:
    assert name in set(word_forms(form))


def test_latin_names_have_no_other_forms() -> None:
    assert list(word_forms("paris")) == []


def test_demonyms_follow_the_rules_of_their_language() -> None:
    assert demonym_forms("syrien", "fr") == {"syrien", "syriens", "syrienne", "syriennes"}
    assert demonym_forms("francais", "fr") == {"francais", "francaise", "francaises"}
    assert demonym_forms("sirio", "es") == {"sirio", "siria", "sirios", "sirias"}
    assert "сирииского" in demonym_forms("сирииск", "ru")
    assert demonym_forms("british", "en") == {"british"}


def test_a_pack_gives_back_its_sections(tmp_path: Path) -> None:
    path = tmp_path / "some.pack"
    size = write_pack(path, {"a": b"12345", "empty": b"", "b": b"x" * 100})
    assert size == path.stat().st_size
    assert {name: bytes(data) for name, data in read_pack(path).items()} == {
        "a": b"12345", "empty": b"", "b": b"x" * 100,
    }  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"something else that is long enough", b"Dateline places 1\n"]
)
def test_what_is_no_pack_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.pack"
    path.write_bytes(content)
    with pytest.raises(BadPack):
        read_pack(path)


def test_a_pack_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.pack"
    write_pack(path, {"a": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadPack):
        read_pack(path)


def test_a_missing_gazetteer_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(GazetteerMissing, match=r"python -m summaries\.places\.build"):
        Gazetteer.open(tmp_path / "none.pack")


def test_the_distance_is_along_the_great_circle() -> None:
    assert distance(48.857, 2.352, 51.507, -0.128) == pytest.approx(344, abs=2)
    assert distance(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.5)
