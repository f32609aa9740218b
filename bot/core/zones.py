"""Time zones as people know them: which are likely for a locale or country, and their cities.

Knows CLDR (through Babel) and nothing of chats. A guess is only ever offered, never taken.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import UnknownLocaleError, dates
from babel.core import get_global, parse_locale

from bot.core import words
from bot.core.messages import Action
from summaries.places.place import Lookup

OFFERED: Final = 6
"""The most zones that are offered beside UTC."""
# Where most readers of a language are: CLDR knows only the likeliest country of each.
_OF_LANGUAGE: Final = {
    "en": (
        "Europe/London",
        "America/New_York",
        "America/Chicago",
        "America/Los_Angeles",
        "Asia/Kolkata",
        "Australia/Sydney",
    ),
    "fr": (
        "Europe/Paris",
        "Africa/Algiers",
        "America/Toronto",
        "Europe/Brussels",
        "Africa/Casablanca",
        "Africa/Kinshasa",
    ),
    "es": (
        "Europe/Madrid",
        "America/Mexico_City",
        "America/Bogota",
        "America/Argentina/Buenos_Aires",
        "America/Lima",
        "America/Santiago",
    ),
    "de": ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
    "it": ("Europe/Rome", "Europe/Zurich"),
    "pt": (
        "America/Sao_Paulo",
        "Europe/Lisbon",
        "Africa/Luanda",
        "Africa/Maputo",
        "America/Manaus",
        "Atlantic/Azores",
    ),
    "ar": (
        "Africa/Cairo",
        "Asia/Riyadh",
        "Asia/Baghdad",
        "Asia/Dubai",
        "Asia/Beirut",
        "Africa/Casablanca",
    ),
    "ru": (
        "Europe/Moscow",
        "Asia/Yekaterinburg",
        "Asia/Novosibirsk",
        "Asia/Vladivostok",
        "Asia/Almaty",
        "Europe/Minsk",
    ),
}
# CLDR lists every zone of a country that ever differed, in no order of use.
_OF_COUNTRY: Final = {
    "US": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
    ),
    "CA": (
        "America/Toronto",
        "America/Vancouver",
        "America/Edmonton",
        "America/Winnipeg",
        "America/Halifax",
    ),
    "AU": (
        "Australia/Sydney",
        "Australia/Melbourne",
        "Australia/Brisbane",
        "Australia/Adelaide",
        "Australia/Perth",
        "Australia/Darwin",
    ),
    "BR": ("America/Sao_Paulo", "America/Fortaleza", "America/Manaus", "America/Rio_Branco"),
    "MX": ("America/Mexico_City", "America/Tijuana", "America/Hermosillo", "America/Cancun"),
    "RU": (
        "Europe/Moscow",
        "Europe/Kaliningrad",
        "Europe/Samara",
        "Asia/Yekaterinburg",
        "Asia/Novosibirsk",
        "Asia/Vladivostok",
    ),
    "AR": ("America/Argentina/Buenos_Aires",),
    "CN": ("Asia/Shanghai",),
    "DE": ("Europe/Berlin",),
    "UA": ("Europe/Kyiv",),
    "IN": ("Asia/Kolkata",),
}


def guessed(locale: str) -> tuple[str, ...]:
    """Return the likeliest IANA zones for a BCP 47 tag ("fr", "fr-CA", ""), at most `OFFERED`."""
    language, country = _parts(locale)
    likely = of_country(country) if country else ()
    zones = dict.fromkeys((*likely, *_OF_LANGUAGE.get(language, _OF_LANGUAGE["en"])))
    return tuple(zones)[:OFFERED]


def _parts(locale: str) -> tuple[str, str]:
    """Return language and country; of a language we do not speak, also its likeliest country."""
    try:
        language, country, *_rest = parse_locale(locale.replace("_", "-"), sep="-")
    except ValueError:
        return words.SOURCE, ""
    if not country and language not in _OF_LANGUAGE:
        likely = str(get_global("likely_subtags").get(language, ""))
        country = likely.rpartition("_")[2] if "_" in likely else ""
    return language, country or ""


def of_country(code: str) -> tuple[str, ...]:
    """Return the zones of an ISO 3166 country, those in which most people live first."""
    code = code.upper()
    known = available_timezones()  # CLDR keeps some names that a system may have dropped
    zones = _OF_COUNTRY.get(code) or get_global("territory_zones").get(code, ())
    return tuple(zone for zone in zones if zone in known)


def of_place(found: Lookup) -> tuple[str, ...]:
    """Return the zones of the country, or countries, that a name may be in; none if unknown."""
    if found.status == "unknown":
        return ()
    places = (found.place,) if found.place else found.candidates
    return tuple(dict.fromkeys(zone for one in places for zone in of_country(one.country)))


def city(zone: str) -> str:
    """Return the place that a zone is named after, in the spoken language: "Alger"."""
    try:
        named = dates.get_timezone_location(zone, locale=words.locale(), return_city=True)
    except (LookupError, UnknownLocaleError):
        named = zone
    return named.rpartition("/")[2].replace("_", " ")


def zone_actions(
    zones: tuple[str, ...], now: datetime, command: str, before: str, after: str = ""
) -> tuple[Action, ...]:
    """Offer zones, and UTC, by city and the hour it is there: people know their own clock.

    A button sends the command with `before`, the zone and `after`.
    """
    return tuple(
        Action(_label(zone, now), command, f"{before} {zone} {after}".strip())
        for zone in dict.fromkeys((*zones, "UTC"))
    )


def _label(zone: str, now: datetime) -> str:
    there = now.astimezone(ZoneInfo(zone)).time()
    return f"{city(zone)} · {words.hour(there)}"
