"""Time zones as people know them: guesses by locale, and cities in the reader's words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.core import words, zones
from tests.fakes import MONDAY


@pytest.mark.parametrize(
    ("locale", "first"),
    [
        ("fr", "Europe/Paris"),
        ("fr-CA", "America/Toronto"),
        ("fr_BE", "Europe/Brussels"),
        ("ar-IQ", "Asia/Baghdad"),
        ("pt-BR", "America/Sao_Paulo"),
        ("nl", "Europe/Amsterdam"),
        ("zh-Hans-CN", "Asia/Shanghai"),
        ("", "Europe/London"),
        ("tlh", "Europe/London"),
        ("xx-!!", "Europe/London"),
        ("x" * 500, "Europe/London"),
    ],
)
def test_the_likeliest_zone_of_a_locale_is_offered_first(locale: str, first: str) -> None:
    found = zones.guessed(locale)
    assert found[0] == first
    assert len(set(found)) == len(found) <= zones.OFFERED


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_zone_on_offer_exists_and_has_a_name(language: str) -> None:
    with words.speaking(language):
        for zone in zones.guessed(language):
            assert ZoneInfo(zone).key == zone
            assert zones.city(zone)
            assert "/" not in zones.city(zone)


def test_french_speakers_are_offered_paris_algiers_and_canada() -> None:
    assert {"Europe/Paris", "Africa/Algiers", "America/Toronto"} < set(zones.guessed("fr"))


def test_a_city_is_named_in_the_readers_language() -> None:
    with words.speaking("fr"):
        assert zones.city("Africa/Algiers") == "Alger"
    assert zones.city("America/Argentina/Buenos_Aires") == "Buenos Aires"
    assert zones.city("UTC") == "UTC"


def test_a_button_shows_what_the_clock_says_there() -> None:
    [paris, utc] = zones.zone_actions(("Europe/Paris", "UTC"), MONDAY, "subscribe", "08:00", "mon")
    assert (paris.label, utc.label) == ("Paris · 07:00", "UTC · 06:00")
    assert paris.data == "subscribe 08:00 Europe/Paris mon"


@pytest.mark.parametrize("code", ["FR", "fr", "US", "IQ", "XX", ""])
def test_the_zones_of_a_country_all_exist(code: str) -> None:
    assert all(ZoneInfo(zone).key == zone for zone in zones.of_country(code))
    assert bool(zones.of_country(code)) == (code not in {"XX", ""})
