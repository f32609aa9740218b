"""Where the news happens, on one picture. Knows no pixel: drawing is `summaries.places.map`'s."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from bot.core.errors import RequestError
from bot.core.messages import Action, Paragraph, Picture, Reply
from bot.core.places import distance_km, name_of, tally
from bot.core.ports import Places
from bot.core.words import _, spoken
from summaries.article import Article
from summaries.places.nesting import contains
from summaries.places.place import Mention, Place

PINS = 20
"""More names than this do not fit on a phone."""
AROUND_KM = 1500
"""How far from the asked place others in its articles may be shown; inside it, any are."""
_POINTS = {"city", "building"}
"""A country or a sea is no point; its towns are."""
_LANDS = {"country", "region", "area"}
_NIGHT = re.compile(
    r"(?:^|\s+)(?:night|dark|nuit|sombre|noche|nacht|dunkel|notte|noite|ночь|ночью|ليل|ليلا)\s*$",
    re.IGNORECASE,
)


def night_asked(words: str) -> tuple[str, bool]:
    """Take "night" off the end of what was typed after /map; tell whether it was there."""
    rest = _NIGHT.sub("", words)
    return rest.strip(), rest != words


def briefing_map(
    mentions: Sequence[Mention], *, places: Places | None = None, night: bool = False
) -> Reply:
    """Show the places that some articles name. Raises RequestError when they name none.

    With `places`, names are written in the spoken language; `night` is for dark chats.
    """
    named = [mention.place for mention in mentions]
    return _picture(named, None, _("Today's briefing"), places, night=night)


def page_map(
    article: Article, mentions: Sequence[Mention], places: Places, *, night: bool = False
) -> Reply:
    """Show the places that one article names. Raises RequestError when it names none."""
    named = [mention.place for mention in mentions]
    return _picture(named, None, article.title, places, night=night)


def place_map(
    place: Place,
    mentions: Sequence[Mention],
    *,
    places: Places | None = None,
    night: bool = False,
) -> Reply:
    """Show the asked place and what the articles about it name.

    Of a land, that is the places in it; those around it only where none in it is named, and then
    it is said. The frame fits what the news names: of a vast country, where in it the news happens.
    """
    named = [mention.place for mention in mentions]
    inside = [one for one in named if contains(place, one)]
    around = [one for one in named if distance_km(place, one) <= AROUND_KM]
    is_bordered = place.kind in _LANDS and (place.kind != "area" or bool(place.members))
    if is_bordered and _has_points(inside, place):
        drawn = _picture(inside, place, "", places, night=night)
    elif is_bordered and _has_points(around, place):
        drawn = _picture(around, place, "", places, night=night, is_pinned=True)
        drawn = replace(drawn, blocks=(*drawn.blocks, _nothing_in(place, places)))
    else:
        near = [one for one in named if one in inside or one in around]
        drawn = _picture(near, place, "", places, night=night)
    return replace(drawn, actions=(Action(_("What the news says"), "place", f"geo:{place.id}"),))


def _has_points(named: Sequence[Place], asked: Place) -> bool:
    return any(one.kind in _POINTS and one.id != asked.id for one in named)


def _nothing_in(place: Place, places: Places | None) -> Paragraph:
    said = _("The articles at hand name no town in {place}: these are places around it.")
    return Paragraph(said.format(place=name_of(place, places) if places else place.name))


def _picture(
    named: Sequence[Place],
    asked: Place | None,
    title: str,
    places: Places | None,
    *,
    night: bool,
    is_pinned: bool = False,
) -> Reply:
    """Draw places. A land that is asked for frames what is in it, or is a pin among others."""
    # Pillow and the coasts take a third of a second to load, which only a map needs.
    from summaries.places.map import Pin, Style, alt_text, draw_map  # noqa: PLC0415

    def name(place: Place) -> str:
        return name_of(place, places) if places else place.name

    points = [(place, count) for place, count in tally(named) if place.kind in _POINTS]
    pins = [
        Pin(name(place), place.latitude, place.longitude, count)
        for place, count in points[:PINS]
        if asked is None or place.id != asked.id
    ]
    is_frame = asked is not None and asked.kind in _LANDS and bool(pins) and not is_pinned
    if asked is not None and not is_frame:
        weight = max(1, sum(place.id == asked.id for place in named))
        pins.append(Pin(name(asked), asked.latitude, asked.longitude, weight, asked=True))
    if not pins:
        raise RequestError(
            _("The articles at hand name no place."), _("Type for example: /map Iraq")
        )
    png = draw_map(
        pins,
        style=Style.NIGHT if night else Style.DAY,
        title=name(asked) if asked and is_frame else title,
        countries=country_names(spoken()),
        home=asked.country if asked and asked.kind == "country" else "",
    )
    pattern = _("Map of {place}: {places}") if asked else _("Map: {places}")
    if asked:
        pattern = pattern.replace("{place}", name(asked))
    return Reply((Picture(png, alt_text(pins, pattern=pattern)),))


@lru_cache(maxsize=16)
def country_names(language: str) -> Mapping[str, str]:
    """Return the name of each country (ISO 3166 alpha-2) in a language (BCP 47), else English."""
    try:
        locale = Locale.parse(language or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return {code: name for code, name in locale.territories.items() if code.isalpha()}
