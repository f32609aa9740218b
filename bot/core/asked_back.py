"""A typed answer to "Which one?": who was asked what, for some minutes. Knows no platform.

Kept in memory only: after a restart an answer is taken for a new question.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.messages import Request
from bot.core.places import CHOICES_SHOWN, PlaceAnswer, choice, telling_labels
from bot.core.ports import Places
from bot.core.words import spoken
from summaries.places.place import Place

WHILE = timedelta(minutes=10)
"""Later, what is typed is no answer."""
MOST = 1_000
"""The most questions that are remembered."""
_NUMBER = re.compile(r"\W*(\d{1,2})\W*")


@dataclass(frozen=True, slots=True)
class _Asked:
    command: str
    name: str
    candidates: tuple[Place, ...]
    until: datetime
    is_asked: bool
    before: str = ""


class AskedBack:
    """Remembers the last question that each person was asked back in each chat."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._asked: OrderedDict[tuple[str, ...], _Asked] = OrderedDict()

    def note(self, request: Request, answer: PlaceAnswer, now: datetime) -> None:
        """Remember what a request was asked back, or could have been.

        Who asks for Paris may go on with "Texas". Any other answer ends the question.
        """
        self._asked.pop(_who(request), None)
        lookup, named = answer.lookup, answer.question.name
        if lookup.status == "unknown" or len(lookup.candidates) < 2 or named.startswith("geo:"):
            return
        candidates = tuple(lookup.candidates[:CHOICES_SHOWN])
        is_asked = lookup.status == "ambiguous"
        self._keep(request, _Asked(request.command, named, candidates, now + WHILE, is_asked))

    def note_choice(
        self, request: Request, before: str, candidates: Sequence[Place], now: datetime
    ) -> None:
        """Remember that a request was asked which place it means.

        The answer means the same command with `before` and then the place.
        """
        chosen = tuple(candidates[:CHOICES_SHOWN])
        asked = _Asked(request.command, "", chosen, now + WHILE, is_asked=True, before=before)
        self._keep(request, asked)

    def _keep(self, request: Request, asked: _Asked) -> None:
        who = _who(request)
        self._asked.pop(who, None)
        self._asked[who] = asked
        while len(self._asked) > MOST:
            self._asked.popitem(last=False)

    def heard(self, request: Request, said: str, now: datetime) -> tuple[str, str] | None:
        """Return the command and arguments that plain words mean as an answer, or None."""
        asked = self._asked.get(_who(request))
        if asked is None or now > asked.until:
            return None
        if not asked.is_asked and _NUMBER.fullmatch(said):
            return None  # they saw no list to count in
        place = meant(said, asked.candidates, self._places)
        return (asked.command, asked.before + choice(place, asked.name)) if place else None


def _who(request: Request) -> tuple[str, ...]:
    chat = request.chat
    return chat.platform, chat.id, chat.thread, request.sender


def meant(said: str, candidates: Sequence[Place], places: Places) -> Place | None:
    """Return the one candidate that an answer names: "2", "Illinois", "the one in Illinois"."""
    if number := _NUMBER.fullmatch(said):
        at = int(number[1]) - 1
        return candidates[at] if 0 <= at < len(candidates) else None
    found = places.lookup(said, spoken())
    known = [*([found.place] if found.place else []), *found.candidates]
    if len(same := {one.id: one for one in known if one in candidates}) == 1:
        return next(iter(same.values()))
    for outer in known:
        inside = [one for one in candidates if one != outer and places.contains(outer, one)]
        if len(inside) == 1:
            return inside[0]
    return _told_apart(said, candidates, places)


def _told_apart(said: str, candidates: Sequence[Place], places: Places) -> Place | None:
    """Return the one whose label has a part that the others lack and the answer names."""
    labels = telling_labels(candidates, places)
    parts = [{part.casefold() for part in re.split(r"[,،()]\s*", one)} for one in labels]
    shared = set.intersection(*parts) if parts else set()
    heard = " ".join(["", *re.findall(r"\w+", said.casefold()), ""])
    named = [
        place
        for place, of_it in zip(candidates, parts, strict=True)
        if any(part.strip() and f" {part.strip()} " in heard for part in of_it - shared)
    ]
    return named[0] if len(named) == 1 else None
