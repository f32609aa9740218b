"""The Places port on the gazetteer: names, ids behind buttons, and a pack that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import SourceError
from bot.sources.places import GazetteerPlaces
from summaries.places.gazetteer import DEFAULT_PACK

if not DEFAULT_PACK.exists():
    pytest.skip("the gazetteer is not built: make test builds it", allow_module_level=True)


@pytest.fixture(scope="module")
def places() -> GazetteerPlaces:
    return GazetteerPlaces()


def test_a_place_is_found_by_name_and_by_the_id_behind_a_button(places: GazetteerPlaces) -> None:
    mosul = places.lookup("Mosul").place
    assert mosul is not None
    by_id = places.lookup(f" geo:{mosul.id} ")
    assert (by_id.status, by_id.place) == ("found", mosul)


@pytest.mark.parametrize(
    "query",
    ["geo:99999999999", "geo:0", "geo:", "geo:-1", "geo:1e9", "geo:" + "9" * 400, "geo:٣", ""],
)
def test_an_id_that_is_none_is_an_unknown_place(query: str, places: GazetteerPlaces) -> None:
    found = places.lookup(query)
    assert (found.query, found.status, found.place) == (query, "unknown", None)


def test_a_country_contains_its_city_and_a_place_is_named_for_a_person(
    places: GazetteerPlaces,
) -> None:
    iraq, mosul = places.lookup("Iraq").place, places.lookup("Mosul").place
    assert iraq is not None
    assert mosul is not None
    assert places.contains(iraq, mosul)
    assert not places.contains(mosul, iraq)
    assert places.label(mosul).startswith("Mosul")
    assert places.label(mosul).endswith("Iraq")


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("Mosul", ["Iraq", "Middle East"]),
        ("Bamako", ["Mali", "Sahel"]),
        ("Texas", ["United States"]),
        ("Iraq", ["Middle East"]),
        ("Sahel", []),
    ],
)
def test_a_place_lies_in_its_region_its_country_and_areas(
    name: str, around: list[str], places: GazetteerPlaces
) -> None:
    place = places.lookup(name).place
    assert place is not None
    outer = places.within(place)
    assert set(around) <= {one.name for one in outer}
    assert all(places.contains(one, place) for one in outer)
    assert place not in outer


def test_offsets_count_code_points_of_the_text(places: GazetteerPlaces) -> None:
    text = "🙂 On Monday the army entered Mosul, in Iraq."
    found = places.find(text, "en")
    assert [text[mention.start : mention.end] for mention in found] == ["Mosul", "Iraq"]


@pytest.mark.parametrize("content", [None, b"", b"not a pack"])
def test_a_missing_or_damaged_gazetteer_says_how_to_build_it(
    content: bytes | None, tmp_path: Path
) -> None:
    pack = tmp_path / "gazetteer.pack"
    if content is not None:
        pack.write_bytes(content)
    places = GazetteerPlaces(pack)
    for _ in range(2):  # the fault is told each time, not only the first
        with pytest.raises(SourceError, match=r"python -m summaries\.places\.build"):
            places.lookup("Mosul")
