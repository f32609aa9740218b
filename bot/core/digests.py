"""The digests of a chat: /subscribe, /unsubscribe, /subscriptions and /quiet. Knows no platform."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.archive import Archive
from bot.core.chats import ChatSettings
from bot.core.errors import RequestError, StoreError
from bot.core.filters import follows_of_topic
from bot.core.messages import (
    Action,
    Block,
    Chat,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
)
from bot.core.ports import Clock, Places, Store
from bot.core.schedule import (
    Occurrence,
    Quiet,
    Subscription,
    Timing,
    describe,
    first_due,
    next_due,
    parse_hour,
    parse_timings,
)
from summaries.article import Length

log = logging.getLogger(__name__)

MAX_DIGESTS = 24
"""The most digests of one chat."""
MAX_QUIET_HOURS = 12
"""Longer than a late digest is still sent, quiet hours would lose digests."""
_QUESTION = re.compile(r"\s*\b(place|topic)\s+(\S.*)$", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(rf"\b({'|'.join(Length)})\b", re.IGNORECASE)
_QUIET_USAGE = "Type for example: /quiet 22:00 07:00, or /quiet off"


@dataclass(frozen=True, slots=True)
class Question:
    """What a digest asks: a command and its arguments, as a person would type them."""

    command: str = "brief"
    arguments: str = ""


class Digests:
    """Keeps what a chat is subscribed to."""

    def __init__(
        self, store: Store, places: Places, clock: Clock, default_zone: str, archive: Archive
    ) -> None:
        self._archive = archive
        self._store = store
        self._places = places
        self._clock = clock
        self._default_zone = default_zone

    async def zone(self, chat: Chat) -> str:
        """Return the chat's time zone: its own choice, else that of its digests."""
        try:
            chosen = await self._store.settings(chat)
            kept = await self._store.subscriptions(chat)
        except StoreError as error:  # a briefing needs no database
            log.warning("The time zone of %s is not known: %s", chat, error)
            return self._default_zone
        return chosen.zone or (kept[-1][0].timing.zone if kept else self._default_zone)

    async def subscribe(self, request: Request) -> Reply:
        """Answer /subscribe: one digest for each hour that was typed."""
        words, asked = split_question(request.arguments)
        timings = parse_timings(words, await self.zone(request.chat))
        question = await self._question(request.chat, asked, timings[0])
        if isinstance(question, Reply):
            return question
        kept = await self._store.subscriptions(request.chat)
        if len(kept) + len(timings) > MAX_DIGESTS:
            raise RequestError(
                f"A chat has at most {MAX_DIGESTS} digests.", "Stop one first: /subscriptions"
            )
        quiet = (await self._store.settings(request.chat)).quiet
        replies = [
            await self._keep(request, replace(timing, quiet=quiet), question, kept)
            for timing in timings
        ]
        advice = _zone_advice(timings[0], request.arguments)
        blocks = tuple(block for reply in replies for block in reply.blocks)
        return Reply((*blocks, *advice), tuple(a for reply in replies for a in reply.actions))

    async def _keep(
        self,
        request: Request,
        timing: Timing,
        question: Question,
        kept: Sequence[tuple[Subscription, Occurrence]],
    ) -> Reply:
        wanted = Subscription(
            request.chat, timing, question.command, question.arguments, request.locale
        )
        there = next((pair for pair in kept if _key(pair[0]) == _key(wanted)), None)
        if there and there[0].timing == timing and not there[0].paused:
            said = "This chat already has a digest at {}. The next: {}."
            return self._said(wanted, said, there[1])
        first = first_due(timing, self._clock.now())
        await self._store.subscribe(wanted, first)
        said = "A digest will come here at {}. The first: {}."
        if there:
            said = "This chat already had a digest at that hour. Now it comes at {}. The next: {}."
        return self._said(wanted, said, first)

    async def _check_topic(self, chat: Chat, asked: Question) -> None:
        """A digest of a topic that nobody filed a feed under would be a fault every day."""
        topic = " ".join(word for word in asked.arguments.split() if word not in set(Length))
        if topic and not follows_of_topic(await self._archive.follows(chat), topic):
            raise RequestError(
                f"This chat has no topic “{topic[:60]}”.",
                f"Give a feed this topic first: /follow LINK {topic[:60]}",
            )

    async def _question(self, chat: Chat, asked: Question, timing: Timing) -> Question | Reply:
        """Say which place is meant, or ask back. Raises RequestError for one nobody knows."""
        if asked.command != "place":
            await self._check_topic(chat, asked)
            return asked
        found = await asyncio.to_thread(self._places.lookup, asked.arguments)
        name = asked.arguments[:60]
        if found.place is not None:
            period = "this week" if len(timing.days) == 1 else "today"
            return Question("place", f"geo:{found.place.id} {period}")
        if found.status == "ambiguous":
            hours = f"{timing.at:%H:%M}"
            choices = tuple(
                Action(self._places.label(one), "subscribe", f"{hours} place geo:{one.id}")
                for one in found.candidates[:6]
            )
            asked_back = Notice(f"There are several places called “{name}”. Which one?")
            return Reply((asked_back,), choices)
        raise RequestError(f"I know no place called “{name}”.", "Try another spelling.")

    async def unsubscribe(self, request: Request) -> Reply:
        """Answer /unsubscribe."""
        kept = await self._store.subscriptions(request.chat)
        number = chosen(request.arguments, [subscription for subscription, _ in kept])
        dropped = await self._store.unsubscribe(request.chat, number)
        if not dropped:
            raise _no_digests()
        return Reply(
            tuple(Paragraph(f"Stopped: the digest at {self._describe(gone)}.") for gone in dropped)
        )

    async def subscriptions(self, request: Request) -> Reply:
        """Answer /subscriptions."""
        kept = await self._store.subscriptions(request.chat)
        if not kept:
            raise _no_digests()
        lines = tuple(
            (str(number), self._line(subscription, due))
            for number, (subscription, due) in enumerate(kept, 1)
        )
        actions = tuple(a for one, _ in kept[:10] for a in _stop_actions(one))
        return Reply((Heading("Digests of this chat"), Listing(lines)), actions)

    async def resume(self, chat: Chat) -> Reply:
        """Start the chat's stopped digests again, and offer what was missed meanwhile.

        With those of its threads: nobody says that the bot is back in each of them.
        """
        now = self._clock.now()
        kept = [
            one
            for thread in await self._store.threads(chat)
            for one, _ in await self._store.subscriptions(thread)
        ]
        again = [one for one in kept if one.paused]
        for subscription in again:
            await self._store.subscribe(subscription, first_due(subscription.timing, now))
        if not again:
            return Reply(())
        hours = ", ".join(f"{one.timing.at:%H:%M}" for one in again)
        words = f"I am back. The digests at {hours} come again; what came meanwhile was not sent."
        return Reply((Paragraph(words),), (Action("Today's briefing", "brief"),))

    async def quiet(self, request: Request) -> Reply:
        """Answer /quiet: hold digests back in some hours of the day."""
        settings = await self._store.settings(request.chat)
        if not request.arguments.strip():
            return Reply((Paragraph(_quiet_words(settings.quiet)), Paragraph(_QUIET_USAGE)))
        quiet = parse_quiet(request.arguments)
        await self._store.set_settings(request.chat, replace(settings, quiet=quiet))
        await self._replan(request.chat)
        return Reply((Paragraph(_quiet_words(quiet)),))

    async def change(self, chat: Chat, settings: ChatSettings) -> None:
        """Keep what a chat chose and plan its digests anew."""
        await self._store.set_settings(chat, settings)
        await self._replan(chat)

    async def _replan(self, chat: Chat) -> None:
        now = self._clock.now()
        for subscription, due in await self._store.subscriptions(chat):
            if due.at > now and not subscription.paused:  # what is due goes out as it is
                await self._store.subscribe(subscription, replanned(subscription.timing, due, now))

    def _said(self, subscription: Subscription, said: str, due: Occurrence) -> Reply:
        words = said.format(self._describe(subscription), _moment(subscription.timing, due.at))
        return Reply((Paragraph(words),), _stop_actions(subscription))

    def _describe(self, subscription: Subscription) -> str:
        """Say a subscription in words: "08:00, Europe/Paris, every day: Mosul, Iraq"."""
        asked = subscription.arguments
        if subscription.command == "place":
            geo, _, period = asked.partition(" ")
            place = self._places.lookup(geo).place
            asked = f"{self._places.label(place) if place else geo}, {period}".rstrip(", ")
        return ": ".join(part for part in (describe(subscription.timing), asked) if part)

    def _line(self, subscription: Subscription, due: Occurrence) -> str:
        said = self._describe(subscription)
        if subscription.paused:
            why = f"stopped because of this: {subscription.paused}"
            return f"{said}; {why}. Start it again: /subscribe {_name(subscription)}"
        return f"{said}; next {_moment(subscription.timing, due.at)}"


def split_question(words: str) -> tuple[str, Question]:
    """Split "08:00 weekdays place Mosul" into the timing's words and what the digest asks.

    "topic sport" and a length ("long") ask for a briefing of that kind.
    """
    match = _QUESTION.search(words)
    before = words[: match.start()] if match else words
    length = _LENGTH.search(before)
    before = _LENGTH.sub(" ", before)
    said = length[1].lower() if length and length[1].lower() != Length.NORMAL else ""
    if match is None:
        return before, Question("brief", said)
    if match[1].lower() == "place":
        return before, Question("place", " ".join(match[2].split())[:200])
    return before, Question("brief", f"{' '.join(match[2].split())[:60]} {said}".strip())


def replanned(timing: Timing, due: Occurrence, now: datetime) -> Occurrence:
    """Return when a digest comes whose timing was changed; one that is held comes at once."""
    held = next_due(timing, now)
    if held.day == due.day:
        return held
    planned = first_due(timing, now)
    return Occurrence(due.day, now) if planned.day > due.day else planned


def parse_quiet(words: str) -> Quiet | None:
    """Read "22:00 07:00", "22:00-7:00", or "off". Raises RequestError."""
    if words.strip().lower() in {"off", "no", "none"}:
        return None
    hours = [word for word in re.split(r"[\s,–—-]+|\bto\b", words.strip()) if word]
    if len(hours) != 2:
        raise RequestError("Quiet hours have a beginning and an end.", _QUIET_USAGE)
    quiet = Quiet(parse_hour(hours[0]), parse_hour(hours[1]))
    if not 0 < _minutes(quiet) <= MAX_QUIET_HOURS * 60:
        raise RequestError(f"Quiet hours last at most {MAX_QUIET_HOURS} hours.", _QUIET_USAGE)
    return quiet


def _minutes(quiet: Quiet) -> int:
    start, end = (at.hour * 60 + at.minute for at in (quiet.start, quiet.end))
    return (end - start) % (24 * 60)


def _quiet_words(quiet: Quiet | None) -> str:
    if quiet is None:
        return "There are no quiet hours: digests come at their own hour."
    return (
        f"From {quiet.start:%H:%M} to {quiet.end:%H:%M} nothing comes here unasked; "
        "digests of that time come when it ends, the same ones only once."
    )


def _no_digests() -> RequestError:
    return RequestError(
        "No digests come to this chat.", "Type /subscribe 08:00 Europe/Paris to get one every day."
    )


def _zone_advice(timing: Timing, arguments: str) -> tuple[Block, ...]:
    """Say that the hour is UTC to a person who named no zone."""
    if timing.zone != "UTC" or "utc" in arguments.lower():
        return ()
    example = f"/subscribe {timing.at:%H:%M} Europe/Paris"
    return (Paragraph(f"That is UTC. For your own hour add your time zone: {example}"),)


def _key(subscription: Subscription) -> tuple[str, str, str]:
    """A chat has the same question at the same hour once."""
    at = f"{subscription.timing.at:%H:%M}"
    return at, subscription.command, subscription.arguments


def _name(subscription: Subscription) -> str:
    """Say a digest so that /unsubscribe and /subscribe know it: "08:00", "08:00 place geo:1"."""
    at, command, arguments = _key(subscription)
    if command == "place":
        return f"{at} place {arguments.partition(' ')[0]}"
    return f"{at} topic {arguments}" if arguments and arguments not in set(Length) else at


def _stop_actions(subscription: Subscription) -> tuple[Action, ...]:
    """A button names the digest by hour and question, while numbers move up."""
    name = _name(subscription)
    fits = Action.fits("unsubscribe", name)
    return (Action(f"Stop {subscription.timing.at:%H:%M}", "unsubscribe", name),) if fits else ()


def chosen(words: str, kept: Sequence[Subscription]) -> int | None:
    """Return the store's number of the digest that a person means, None for all of them.

    They say its place in /subscriptions ("2", "#2"), its hour ("08:00") or hour and question.
    Raises RequestError.
    """
    word = " ".join(words.split()).lstrip("#")
    if not word or word.lower() == "all":
        return None
    numbered = dict(enumerate(kept, 1))
    named = [one for one in kept if _name(one) == word]
    if not named:
        at_hour = [one for one in kept if f"{one.timing.at:%H:%M}" == word]
        named = [one for number, one in numbered.items() if str(number) == word] or at_hour
    if len(named) == 1:
        return named[0].id
    if named:
        raise RequestError(
            f"There are {len(named)} digests at {word} in this chat.",
            "Type /subscriptions to see their numbers, then /unsubscribe and the number.",
        )
    raise RequestError(
        f"There is no digest “{word[:20]}” in this chat.",
        "Type /subscriptions to see the numbers and hours.",
    )


def _moment(timing: Timing, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(timing.zone)):%A %d %B at %H:%M}"
