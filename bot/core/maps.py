"""Where the news happens, on one picture. Knows no pixel: drawing is `summaries.places.map`'s."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.errors import RequestError
from bot.core.messages import Action, Picture, Reply
from bot.core.places import distance_km, tally
from summaries.places.place import Mention, Place

PINS = 20
"""More names than this do not fit on a phone."""
AROUND_KM = 1500
"""How far from the asked place others in its articles are still shown."""
_POINTS = {"city", "building"}
"""A country or a sea is no point; its towns are."""


def briefing_map(mentions: Sequence[Mention]) -> Reply:
    """Show the places that some articles name. Raises RequestError when they name none."""
    return _picture([mention.place for mention in mentions], None, "Today's briefing")


def place_map(place: Place, mentions: Sequence[Mention]) -> Reply:
    """Show the asked place and the places around it that the articles about it name."""
    near = [m.place for m in mentions if distance_km(place, m.place) <= AROUND_KM]
    drawn = _picture(near, place, "")
    return Reply(drawn.blocks, (Action("What the news says", "place", f"geo:{place.id}"),))


def _picture(named: Sequence[Place], asked: Place | None, title: str) -> Reply:
    # Pillow and the coasts take a third of a second to load, which only a map needs.
    from summaries.places.map import Pin, alt_text, draw_map  # noqa: PLC0415

    points = [(place, count) for place, count in tally(named) if place.kind in _POINTS]
    pins = [
        Pin(place.name, place.latitude, place.longitude, count)
        for place, count in points[:PINS]
        if asked is None or place.id != asked.id
    ]
    if asked is not None:
        weight = max(1, sum(place.id == asked.id for place in named))
        pins.append(Pin(asked.name, asked.latitude, asked.longitude, weight, asked=True))
    if not pins:
        raise RequestError("The articles at hand name no place.", "Type for example: /map Iraq")
    return Reply((Picture(draw_map(pins, title=title), alt_text(pins)),))
