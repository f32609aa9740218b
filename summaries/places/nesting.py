"""Which place lies inside which, and how far apart two are. Knows places, not texts."""

from __future__ import annotations

import math

from summaries.places.place import Place

EARTH_RADIUS_KM = 6371.0088


def distance_km(a: Place, b: Place) -> float:
    """Return the great-circle distance between two places in kilometres (haversine)."""
    return distance(a.latitude, a.longitude, b.latitude, b.longitude)


def distance(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float:
    """Return the great-circle distance between two points, given in degrees, in kilometres."""
    a, b = math.radians(latitude), math.radians(latitude_2)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(longitude_2 - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def contains(outer: Place, inner: Place) -> bool:
    """Tell whether `inner` lies inside `outer`; every place lies inside itself."""
    if outer.id == inner.id:
        return True
    if outer.members:
        return _in_area(outer, inner)
    if outer.level == 0 or outer.level >= inner.level or outer.country != inner.country:
        return False
    return outer.level == 1 or (outer.region == inner.region and _in_region(outer, inner))


def _in_region(outer: Place, inner: Place) -> bool:
    return outer.level == 2 or distance_km(outer, inner) < _DISTRICT_KM


# Second-level regions carry no list of towns; their middle is near enough.
_DISTRICT_KM = 40


def _in_area(area: Place, inner: Place) -> bool:
    codes = {inner.country, f"{inner.country}.{inner.region}"}
    return bool(inner.country) and not codes.isdisjoint(area.members)


def nested(a: Place, b: Place) -> bool:
    """Tell whether one of two places lies inside the other: then a name for both is no riddle."""
    return contains(a, b) or contains(b, a)
