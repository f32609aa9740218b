"""When a subscription is due. Pure: the time is always an argument, and nothing here waits.

A subscriber's hour is local: "08:00 in Paris" moves in UTC when the clocks change. Python's
zoneinfo follows PEP 495: an hour that comes twice is taken the first time (fold=0).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz import fuzz, process

from bot.core import words as said
from bot.core.errors import RequestError
from bot.core.messages import Chat
from bot.core.words import N_, _

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_SETS = {
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekdays": WEEKDAYS,
    "weekends": WEEKEND,
    "weekend": WEEKEND,
}
_HOUR = re.compile(r"(\d{1,2})(?:[:hH.](\d{2})?)?\s*(am|pm)?", re.IGNORECASE)
_USAGE = N_("Type for example: /subscribe 08:00 Europe/Paris weekdays")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the local day in which nothing may come; they may go over midnight."""

    start: time
    end: time

    def holds(self, at: time) -> bool:
        """Tell whether a time of day lies in the quiet hours; their end does not."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Timing:
    """A local time of day, on some days of the week (Monday is 0), in an IANA time zone.

    What falls into the quiet hours is held until they end.
    """

    at: time
    zone: str
    days: frozenset[int] = EVERY_DAY
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A recurring Request: at its timing the clock asks what a person would type.

    `id` is the store's number, 0 before it is kept. `locale` is that of who subscribed. `paused`
    says why nothing comes any more, or is "". `rather_twice` is the chat's choice for a message
    that may or may not have arrived: send it again, or (the default) leave it. `language` is the
    chat's choice too, or "".
    """

    chat: Chat
    timing: Timing
    command: str = "brief"
    arguments: str = ""
    locale: str = ""
    id: int = 0
    paused: str = ""
    rather_twice: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One edition's key and moment: the local date it is for, and the instant (UTC) it is due."""

    day: date
    at: datetime


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    """Keep every zone that is in use: zoneinfo itself keeps the last eight."""
    return ZoneInfo(name)


def is_known(zone: str) -> bool:
    """Tell whether the tz database of this machine has a zone: an older or newer one may not."""
    try:
        _zone(zone)
    except (LookupError, ValueError):
        return False
    return True


def known_zone(name: str) -> tzinfo:
    """Return a zone to show a moment in: UTC for one that is no longer known."""
    return _zone(name) if is_known(name) else UTC


def next_due(timing: Timing, after: datetime) -> Occurrence:
    """Return the first occurrence strictly after the aware instant `after`.

    An hour that does not exist on a day is due at the first minute that does; an hour that comes
    twice is due the first time; a day that a zone deleted (Samoa, 30 December 2011) has none.
    What quiet hours hold is due when they end, and keeps its own day.
    """
    zone = _zone(timing.zone)
    day = after.astimezone(zone).date()
    if timing.quiet:  # what was held yesterday may be released today
        day -= timedelta(days=1)
    while True:
        due = _due_on(day, timing, zone) if day.weekday() in timing.days else None
        if due is not None and due > after:
            return Occurrence(day, due)
        day += timedelta(days=1)


def first_due(timing: Timing, now: datetime) -> Occurrence:
    """Return when a digest that begins now comes first: not one whose hour is over but held."""
    own = next_due(replace(timing, quiet=None), now)
    return next_due(timing, own.at - timedelta(seconds=1))


def _due_on(day: date, timing: Timing, zone: ZoneInfo) -> datetime | None:
    due = _instant(datetime.combine(day, timing.at), zone)
    return None if due is None else released(timing, due)


def released(timing: Timing, at: datetime) -> datetime:
    """Return when something of this moment may come: then, or when the quiet hours around it end.

    Raises LookupError or ValueError for a zone that is not known.
    """
    if timing.quiet is None:
        return at
    zone = _zone(timing.zone)
    wall = at.astimezone(zone)
    if not timing.quiet.holds(wall.time()):
        return at
    release = wall.date() + timedelta(days=int(wall.time() >= timing.quiet.end))
    return _first_existing(datetime.combine(release, timing.quiet.end), zone)


def due_until(timing: Timing, first: Occurrence, now: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences from `first` on that are not after `now`, oldest first."""
    due = first
    while due.at <= now:
        yield due
        due = next_due(timing, due.at)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first existing instant at or after the wall time, or None for a deleted day."""
    instant = _first_existing(wall, zone)
    if instant.astimezone(zone).date() == wall.date():
        return instant
    morning = _first_existing(datetime.combine(wall.date(), time.min), zone)
    return instant if morning.astimezone(zone).date() == wall.date() else None


def _first_existing(wall: datetime, zone: ZoneInfo) -> datetime:
    while True:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += timedelta(minutes=1)


def parse_timing(
    words: str, default_zone: str, zone_of: Callable[[str], str] | None = None
) -> Timing:
    """Read "08:00 Europe/Paris weekdays", or "8 am sat, sun New York": the hour comes first.

    `zone_of` reads the zone's name as `parse_zone` does, and may know more of them. Raises
    RequestError that says what to type for a missing or impossible hour, an unknown zone (with the
    nearest known ones) and unknown days.
    """
    hour, *rest = re.sub(r"(?<=\d)\s+(?=[ap]m\b)", "", words.strip(), flags=re.I).split() or [""]
    if not hour:
        raise RequestError(_("At what time should the digest come?"), _(_USAGE))
    at = parse_hour(hour)
    rest = [bare for word in rest if (bare := word.strip(",;"))]
    days = [named for word in rest if (named := parse_days(word)) is not None]
    zone = " ".join(word for word in rest if parse_days(word) is None)
    return Timing(
        at,
        _zone_or_days(zone, zone_of or parse_zone) if zone else default_zone,
        frozenset().union(*days) if days else EVERY_DAY,
    )


def _zone_or_days(words: str, zone_of: Callable[[str], str]) -> str:
    """Read what names no day as a time zone. Raises RequestError."""
    try:
        return zone_of(words)
    except RequestError as error:
        neither = _("“{words}” is neither a time zone nor days of the week.")
        raise RequestError(neither.format(words=words[:60]), error.hint) from error


def parse_timings(
    words: str, default_zone: str, zone_of: Callable[[str], str] | None = None
) -> tuple[Timing, ...]:
    """Read what `parse_timing` does, with several hours in front: "08:00 18:00 Europe/Paris".

    Every hour is a timing of its own, in the order of the day. Raises RequestError.
    """
    joined = re.sub(r"(?<=\d)\s+(?=[ap]m\b)", "", words.strip(), flags=re.I)
    hours: list[str] = []
    rest = [part for part in re.split(r"[\s,;]+", joined) if part and part.lower() != "and"]
    while len(rest) > 1 and _HOUR.fullmatch(rest[1]):
        hours.append(rest.pop(0))
    if not hours:
        return (parse_timing(words, default_zone, zone_of),)
    last = parse_timing(" ".join(rest), default_zone, zone_of)
    ats = {parse_hour(hour) for hour in hours} | {last.at}
    return tuple(replace(last, at=at) for at in sorted(ats))


def parse_hour(word: str) -> time:
    """Read "8", "08:00", "8h30", "8.30", "8am" or "8:30pm" as a time of day."""
    match = _HOUR.fullmatch(word)
    if match is None:
        raise RequestError(_("“{word}” is not a time of day.").format(word=word[:40]), _(_USAGE))
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half and not 1 <= hour <= 12:
        wrong = _("“{word}” is not a time of day: {half} goes with 1 to 12.")
        raise RequestError(wrong.format(word=word, half=half), _(_USAGE))
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        wrong = _("There is no {word}: a day goes from 00:00 to 23:59.")
        raise RequestError(wrong.format(word=word), _(_USAGE))
    return time(hour, minute)


def parse_days(word: str) -> frozenset[int] | None:
    """Read "weekdays", "weekends", "daily", "mon,wed,fri" or "lundi"; None for no days' name."""
    lowered = word.lower()
    if lowered in _DAY_SETS:
        return _DAY_SETS[lowered]
    numbers = [_day_number(name) for name in lowered.split(",") if name]
    known = frozenset(number for number in numbers if number is not None)
    return known if numbers and None not in numbers else None


def _day_number(word: str) -> int | None:
    if len(word) < 3:
        return None
    for names in (DAY_NAMES, tuple(said.weekdays(range(7)))):  # English, then the reader's language
        hits = [at for at, name in enumerate(names) if f"{name.lower()}s".startswith(word)]
        if hits:
            return hits[0]
    return None


@lru_cache
def _zones() -> dict[str, str]:
    """Every IANA zone by its lower-case name, and by its city alone ("paris" -> Europe/Paris)."""
    names = sorted(
        name for name in available_timezones() if not name.startswith(("posix", "right"))
    )
    cities = {name.rpartition("/")[2].lower(): name for name in reversed(names) if "/" in name}
    return cities | {name.lower(): name for name in names}


def parse_zone(word: str) -> str:
    """Return the IANA name of a time zone, also from its city alone ("paris").

    Raises RequestError with the nearest known names.
    """
    known = _zones()
    key = word.strip().replace(" ", "_").lower()
    if key in known:
        return known[key]
    raise RequestError(
        _("There is no time zone “{name}”.").format(name=word[:60]), zone_hint(near_zones(word))
    )


def near_zones(word: str) -> list[str]:
    """Return the names of at most three time zones that are written like a word."""
    known, key = _zones(), word.strip().replace(" ", "_").lower()[:60]
    near = process.extract(key, list(known), scorer=fuzz.ratio, limit=6, score_cutoff=75)
    return list(dict.fromkeys(known[hit] for hit, _score, _index in near))[:3]


def zone_hint(near: list[str]) -> str:
    """Say which time zone may be meant, or what one looks like."""
    if near:
        return _("Did you mean {names}?").format(names=said.listed(near, "or"))
    return _("A time zone looks like Europe/Paris or America/New_York.")


def describe(timing: Timing) -> str:
    """Say a timing in words: "08:00, Europe/Paris, weekdays"."""
    return _("{hour}, {zone}, {days}").format(
        hour=said.hour(timing.at), zone=timing.zone, days=describe_days(timing.days)
    )


def describe_days(days: frozenset[int]) -> str:
    """Say a set of days in words."""
    named = {EVERY_DAY: _("every day"), WEEKDAYS: _("weekdays"), WEEKEND: _("weekends")}
    return named.get(days) or said.strung(said.weekdays(sorted(days), "abbreviated"))
