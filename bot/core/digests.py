"""The digests of a chat: /subscribe, /unsubscribe, /subscriptions and /quiet. Knows no platform."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TypeAlias

from bot.core import words
from bot.core.archive import Archive
from bot.core.asked_back import AskedBack
from bot.core.chats import ChatSettings
from bot.core.errors import RequestError, StoreError
from bot.core.filters import follows_of_topic
from bot.core.messages import (
    Action,
    Block,
    Chat,
    ChatKind,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
)
from bot.core.places import CHOICES_SHOWN, choice, telling_labels
from bot.core.ports import Clock, Places, Store
from bot.core.schedule import (
    DAY_NAMES,
    EVERY_DAY,
    Occurrence,
    Quiet,
    Subscription,
    Timing,
    describe,
    first_due,
    is_known,
    known_zone,
    next_due,
    parse_hour,
    parse_timings,
    parse_zone,
)
from bot.core.welcome import ASK_ZONE
from bot.core.words import N_, _, ngettext
from bot.core.zones import guessed, of_place, zone_actions
from summaries.article import Length
from summaries.places.place import Place

log = logging.getLogger(__name__)

Kept: TypeAlias = tuple[Subscription, Occurrence]
"""A digest as the store gives it: with when it comes next."""
PERIODS = N_("today"), N_("this week")
"""How far back a digest of a place asks, as a person types it."""
BUTTONS = 10
"""The most buttons that stop digests."""
MAX_DIGESTS = 24
"""The most digests of one chat."""
MAX_QUIET_HOURS = 12
"""Longer than a late digest is still sent, quiet hours would lose digests."""
_QUESTION = re.compile(r"\s*\b(place|topic)\s+(\S.*)$", re.IGNORECASE | re.DOTALL)
_PERIOD = re.compile(rf" ({'|'.join(PERIODS)})$")
_LENGTH = re.compile(rf"\b({'|'.join(Length)})\b", re.IGNORECASE)
_QUIET_USAGE = N_("Type for example: /quiet 22:00 07:00, or /quiet off")


@dataclass(frozen=True, slots=True)
class Question:
    """What a digest asks: a command and its arguments, as a person would type them."""

    command: str = "brief"
    arguments: str = ""


class Digests:
    """Keeps what a chat is subscribed to."""

    def __init__(
        self,
        store: Store,
        places: Places,
        clock: Clock,
        default_zone: str,
        archive: Archive,
        *,
        asked_back: AskedBack,
    ) -> None:
        self._asked_back = asked_back
        self._archive = archive
        self._store = store
        self._places = places
        self._clock = clock
        self._default_zone = default_zone

    async def zone(self, chat: Chat) -> str:
        """Return the chat's time zone: its own choice, else that of its digests."""
        try:
            return await self.known_zone(chat) or self._default_zone
        except StoreError as error:  # a briefing needs no database
            log.warning("The time zone of %s is not known: %s", chat, error)
            return self._default_zone

    async def known_zone(self, chat: Chat) -> str:
        """Return the time zone that the chat chose or its digests have, or ""."""
        chosen = await self._store.settings(chat)
        kept = await self._store.subscriptions(chat)
        return chosen.zone or (kept[-1][0].timing.zone if kept else "")

    async def zones(self, chat: Chat) -> list[str]:
        """Return the zones whose hours count: those of the digests, else the chat's."""
        kept = await self._store.subscriptions(chat)
        return sorted({one.timing.zone for one, _due in kept}) or [await self.zone(chat)]

    async def subscribe(self, request: Request) -> Reply:
        """Answer /subscribe: one digest for each hour that was typed.

        A zone that is named is kept for a chat that has none. Where a button leaves it out and
        nobody knows it, it is asked for.
        """
        typed, asked = split_question(request.arguments)
        when = typed.replace(ASK_ZONE, "")
        timings = await asyncio.to_thread(parse_timings, when, "", self._zone_of)
        named, known = timings[0].zone, await self.known_zone(request.chat)
        if not named and not known and (request.is_press or ASK_ZONE in typed.split()):
            return self._ask_zone(request, timings, asked)
        question = await self._question(request, asked, timings)
        if isinstance(question, Reply):
            return question
        zone = named or known or self._default_zone
        timings = tuple(replace(timing, zone=zone) for timing in timings)
        reply = await self._keep_all(request, timings, question)
        if named:
            said = await self._keep_zone(request.chat, named)
            return replace(reply, blocks=(*reply.blocks, *said), in_place=True)
        return reply if known else self._with_zones(reply, request, timings, question)

    def _zone_of(self, name: str) -> str:
        """Read a zone's name, or a place's in a country of one zone. Raises RequestError."""
        try:
            return parse_zone(name)
        except RequestError:
            zones = of_place(self._places.lookup(name, words.spoken()))
            if len(zones) != 1:
                raise
            return zones[0]

    async def _keep_all(
        self, request: Request, timings: Sequence[Timing], question: Question
    ) -> Reply:
        kept = await self._store.subscriptions(request.chat)
        if len(kept) + len(timings) > MAX_DIGESTS:
            most = _("A chat has at most {count} digests.").format(count=MAX_DIGESTS)
            raise RequestError(most, _("Stop one first: /subscriptions"))
        settings = await self._store.settings(request.chat)
        request = replace(request, locale=settings.language or request.locale)
        replies = [
            await self._keep(request, replace(timing, quiet=settings.quiet), question, kept)
            for timing in timings
        ]
        return Reply(
            tuple(block for reply in replies for block in reply.blocks),
            tuple(action for reply in replies for action in reply.actions),
        )

    def _ask_zone(self, request: Request, timings: Sequence[Timing], asked: Question) -> Reply:
        """Ask by buttons where the chat is; pressing one subscribes there."""
        hours = [words.hour(timing.at) for timing in timings]
        said = _("A digest at {hours}: in which time zone?").format(hours=words.listed(hours))
        clock = _("Each button shows what time it is there now.")
        how = _("Another city: type it after the hour, for example {example}")
        typed = _typed_hours(timings)
        after = f"{_typed_days(timings[0])} {_typed_question(asked)}"
        zones = guessed(request.locale)
        actions = zone_actions(zones, self._clock.now(), "subscribe", typed, after)
        example = Paragraph(how.format(example=f"/subscribe {typed} Mosul"))
        return Reply((Paragraph(said), Paragraph(clock), example), actions)

    async def _keep_zone(self, chat: Chat, zone: str) -> tuple[Block, ...]:
        """Keep the first zone that is named in a chat, and say so."""
        settings = await self._store.settings(chat)
        if settings.zone:
            return ()
        await self._store.set_settings(chat, replace(settings, zone=zone))
        said = _("{zone} is the time zone of this chat now. To change it: /settings")
        return (Paragraph(said.format(zone=zone)),)

    def _with_zones(
        self, reply: Reply, request: Request, timings: Sequence[Timing], question: Question
    ) -> Reply:
        """Say whose clock it is to a person who named no zone, and offer theirs."""
        said = _(
            "This is {zone} time. Not your time zone? Press yours, or type for example {example}"
        )
        zone, asked = timings[0].zone, f"{_typed_days(timings[0])} {_typed_question(question)}"
        zones = tuple(one for one in guessed(request.locale) if one != zone)
        offers = zone_actions(
            zones, self._clock.now(), "subscribe", _typed_hours(timings), asked.strip()
        )
        advice = Paragraph(said.format(zone=zone, example="/settings zone Tokyo"))
        told, *rest = reply.blocks
        actions = (*(one for one in offers if zone not in one.arguments.split()), *reply.actions)
        return replace(reply, blocks=(told, advice, *rest), actions=actions)

    async def switch(self, request: Request, at: time, *, on: bool) -> None:
        """Let the plain digest of an hour come, or no longer."""
        if on:
            await self.subscribe(replace(request, arguments=f"{at:%H:%M}"))
            return
        for one, _due in await self._store.subscriptions(request.chat):
            if is_plain(one) and one.timing.at == at:
                await self._store.unsubscribe(request.chat, one.id)

    async def move_to(self, chat: Chat, zone: str) -> int:
        """Let the chat's digests come at the same hours in another zone; return how many.

        What is due goes out as it is.
        """
        now = self._clock.now()
        wrong = [
            one
            for one, due in await self._store.subscriptions(chat)
            if one.timing.zone != zone and not one.paused and due.at > now
        ]
        for one in wrong:
            timing = replace(one.timing, zone=zone)
            first = await self._first(timing, one.id)
            await self._store.subscribe(replace(one, timing=timing), first)
        return len(wrong)

    async def _first(self, timing: Timing, number: int) -> Occurrence:
        """Return when a digest comes next whose timing is new: a date it had does not come again.

        Who moves west after today's digest is on the same date once more.
        """
        first = first_due(timing, self._clock.now())
        had = await self._store.newest_day(number)
        while had is not None and first.day <= had:
            first = next_due(timing, first.at)
        return first

    async def _keep(
        self, request: Request, timing: Timing, question: Question, kept: Sequence[Kept]
    ) -> Reply:
        wanted = Subscription(
            request.chat, timing, question.command, question.arguments, request.locale
        )
        there = next((pair for pair in kept if _key(pair[0]) == _key(wanted)), None)
        if there and there[0].timing == timing and not there[0].paused:
            said = _("This chat already has a digest at {digest}. The next: {moment}.")
            return self._said(wanted, said, there[1], kept)
        first = await self._first(timing, there[0].id if there else 0)
        await self._store.subscribe(wanted, first)
        said = _("A digest will come here at {digest}. The first: {moment}.")
        if there:
            said = _(
                "This chat already had a digest at that hour. Now it comes at {digest}. "
                "The next: {moment}."
            )
        return self._said(wanted, said, first, kept)

    async def _check_topic(self, chat: Chat, asked: Question) -> None:
        """A digest of a topic that nobody filed a feed under would be a fault every day."""
        topic, _length = split_length(asked.arguments)
        if topic and not follows_of_topic(await self._archive.follows(chat), topic):
            short = topic[:60]
            raise RequestError(
                _("This chat has no topic “{name}”.").format(name=short),
                _("Give a feed this topic first: /follow LINK {name}").format(name=short),
            )

    async def _question(
        self, request: Request, asked: Question, timings: Sequence[Timing]
    ) -> Question | Reply:
        """Say which place is meant, or ask back. Raises RequestError for one nobody knows."""
        if asked.command != "place":
            await self._check_topic(request.chat, asked)
            return asked
        found = await asyncio.to_thread(self._places.lookup, asked.arguments, words.spoken())
        name = asked.arguments[:60]
        if found.place is not None:
            period = "this week" if len(timings[0].days) == 1 else "today"
            return Question("place", f"geo:{found.place.id} {period}")
        if found.status == "ambiguous":
            return self._which_place(request, name, found.candidates, timings)
        unknown = _("I know no place called “{name}”.").format(name=name)
        raise RequestError(unknown, _("Try another spelling."))

    def _which_place(
        self, request: Request, name: str, candidates: Sequence[Place], timings: Sequence[Timing]
    ) -> Reply:
        """Ask which place is meant now, so that no digest ever has to.

        In a private chat the answer may be typed as well; elsewhere who may manage a chat is asked
        of a press, and not of plain words.
        """
        several = _("There are several places called “{name}”. Which one?").format(name=name)
        before, shown = f"{_typed_timing(timings)} place ", candidates[:CHOICES_SHOWN]
        labels = telling_labels(shown, self._places)
        choices = tuple(
            Action(label, "subscribe", before + choice(place, ""))
            for place, label in zip(shown, labels, strict=True)
        )
        if request.chat.kind is not ChatKind.PRIVATE:
            return Reply((Notice(several),), choices)
        self._asked_back.note_choice(request, before, shown, self._clock.now())
        how = _("Press a button, or type which one you mean.")
        return Reply((Notice(several, how),), choices)

    async def unsubscribe(self, request: Request) -> Reply:
        """Answer /unsubscribe: of several digests it must be said which one, or all."""
        kept = await self._store.subscriptions(request.chat)
        if not kept:
            raise _no_digests()
        if not request.arguments.strip() and len(kept) > 1:
            return self._which(kept)
        number = self._number(request, kept)
        dropped = await self._store.unsubscribe(request.chat, number)
        rest = await self._store.subscriptions(request.chat)
        stopped = _("Stopped: the digest at {digest}.")
        blocks: list[Block] = [
            Paragraph(stopped.format(digest=self._describe(gone))) for gone in dropped
        ]
        again = tuple(_again_action(gone) for gone in dropped[:1] if len(dropped) == 1)
        if not rest or not request.is_press:
            return Reply(tuple(blocks), again, in_place=True)
        listed = self._listed(rest)
        return Reply((*blocks, *listed.blocks), (*again, *listed.actions), in_place=True)

    def _number(self, request: Request, kept: Sequence[Kept]) -> int | None:
        try:
            return chosen(request.arguments, [subscription for subscription, _due in kept])
        except RequestError as error:
            if not request.is_press:
                raise
            hint = _("Type /subscriptions to see the digests of this chat.")
            raise RequestError(_("That digest is stopped already."), hint) from error

    def _which(self, kept: Sequence[Kept]) -> Reply:
        """Ask which digest is to stop."""
        count = ngettext(
            "This chat has {count} digest. Which one shall I stop?",
            "This chat has {count} digests. Which one shall I stop?",
            len(kept),
        ).format(count=len(kept))
        every = Action(_("All of them"), "unsubscribe", "all")
        return Reply((Paragraph(count), *self._lines(kept)), (*self._stops(kept), every))

    async def subscriptions(self, request: Request) -> Reply:
        """Answer /subscriptions."""
        kept = await self._store.subscriptions(request.chat)
        if not kept:
            raise _no_digests()
        return self._listed(kept)

    def _listed(self, kept: Sequence[Kept]) -> Reply:
        heading = Heading(_("Digests of this chat"))
        return Reply((heading, *self._lines(kept)), self._stops(kept))

    def _lines(self, kept: Sequence[Kept]) -> tuple[Block, ...]:
        lines = ((str(number), self._line(*one)) for number, one in enumerate(kept, 1))
        return (Listing(tuple(lines)),)

    def _stops(self, kept: Sequence[Kept]) -> tuple[Action, ...]:
        every = [subscription for subscription, _due in kept]
        return tuple(self._stop(one, every) for one in every[:BUTTONS])

    def _stop(self, subscription: Subscription, others: Sequence[Subscription]) -> Action:
        """A button names the digest by hour and question, while numbers move up."""
        hour = words.hour(subscription.timing.at)
        alike = [one for one in others if one.timing.at == subscription.timing.at]
        label = _("Stop {hour}").format(hour=hour)
        if any(_key(one) != _key(subscription) for one in alike):
            asked = self._asked(subscription) or _("briefing")
            label = _("Stop {hour}: {question}").format(hour=hour, question=asked)
        return Action(label, "unsubscribe", _name(subscription))

    async def resume(self, chat: Chat) -> Reply:
        """Start the chat's stopped digests again, and offer what was missed meanwhile.

        With those of its threads: nobody says that the bot is back in each of them.
        """
        again = [
            one for thread in await self._store.threads(chat) for one in await self._restart(thread)
        ]
        if not again:
            return Reply(())
        with words.speaking(words.best(again[0].language, again[0].locale)):  # nobody asked
            said = _(
                "I am back. The digests at {hours} come again; what came meanwhile was not sent."
            )
            action = Action(_("Today's briefing"), "brief")
            return Reply((Paragraph(said.format(hours=_hours(again))),), (action,))

    async def resume_here(self, chat: Chat) -> tuple[Block, ...]:
        """Start the stopped digests of one chat or thread again; say it in one line."""
        again = await self._restart(chat)
        if not again:
            return ()
        said = _("The digests at {hours} had stopped. They come here again.")
        return (Paragraph(said.format(hours=_hours(again))),)

    async def _restart(self, chat: Chat) -> list[Subscription]:
        now = self._clock.now()
        kept = await self._store.subscriptions(chat)
        again = [one for one, _due in kept if one.paused and is_known(one.timing.zone)]
        for subscription in again:
            await self._store.subscribe(subscription, first_due(subscription.timing, now))
        return again

    async def quiet(self, request: Request) -> Reply:
        """Answer /quiet: hold digests back in some hours of the day."""
        settings = await self._store.settings(request.chat)
        zones = await self.zones(request.chat)
        if not request.arguments.strip():
            usage = Paragraph(_(_QUIET_USAGE))
            return Reply((Paragraph(quiet_words(settings.quiet, zones)), usage))
        quiet = parse_quiet(request.arguments)
        await self.change(request.chat, replace(settings, quiet=quiet))
        return Reply((Paragraph(quiet_words(quiet, zones)),))

    async def change(self, chat: Chat, settings: ChatSettings) -> None:
        """Keep what a chat chose and plan its digests anew."""
        await self._store.set_settings(chat, settings)
        await self._replan(chat)

    async def _replan(self, chat: Chat) -> None:
        now = self._clock.now()
        for subscription, due in await self._store.subscriptions(chat):
            if not is_known(subscription.timing.zone):  # it is planned when the zone is known again
                continue
            if due.at > now and not subscription.paused:  # what is due goes out as it is
                await self._store.subscribe(subscription, replanned(subscription.timing, due, now))

    def _said(
        self, subscription: Subscription, said: str, due: Occurrence, kept: Sequence[Kept]
    ) -> Reply:
        moment = _moment(subscription.timing, due.at)
        told = said.format(digest=self._describe(subscription), moment=moment)
        others = [one for one, _due in kept]
        return Reply((Paragraph(told),), (self._stop(subscription, others),))

    def _describe(self, subscription: Subscription) -> str:
        """Say a subscription in words: "08:00, Europe/Paris, every day: Mosul, Iraq"."""
        timing, asked = describe(subscription.timing), self._asked(subscription)
        return _("{timing}: {question}").format(timing=timing, question=asked) if asked else timing

    def _asked(self, subscription: Subscription) -> str:
        """Say what a digest asks: "Mosul, Iraq, this week", "sport, long", or "" for all."""
        if subscription.command == "place":
            geo, _space, period = subscription.arguments.partition(" ")
            place = self._places.lookup(geo).place
            label = self._places.label(place, words.spoken()) if place else geo
            return words.strung([label, _(period)]) if period else label
        topic, length = split_length(subscription.arguments)
        return words.strung(part for part in (topic, _(length)) if part)

    def _line(self, subscription: Subscription, due: Occurrence) -> str:
        digest = self._describe(subscription)
        if subscription.paused:
            said = _("{digest}; stopped because of this: {reason}. Start it again: {command}")
            asked = _typed_question(Question(subscription.command, subscription.arguments))
            command = f"/subscribe {words.hour(subscription.timing.at)} {asked}".strip()
            return said.format(digest=digest, reason=_(subscription.paused), command=command)
        moment = _moment(subscription.timing, due.at)
        return _("{digest}; next {moment}").format(digest=digest, moment=moment)


def split_question(typed: str) -> tuple[str, Question]:
    """Split "08:00 weekdays place Mosul" into the timing's words and what the digest asks.

    "topic sport" and a length ("long") ask for a briefing of that kind.
    """
    match = _QUESTION.search(typed)
    before = typed[: match.start()] if match else typed
    length = _LENGTH.search(before)
    before = _LENGTH.sub(" ", before)
    said = length[1].lower() if length and length[1].lower() != Length.NORMAL else ""
    if match is None:
        return before, Question("brief", said)
    if match[1].lower() == "place":
        return before, Question("place", " ".join(match[2].split())[:200])
    return before, Question("brief", f"{' '.join(match[2].split())[:60]} {said}".strip())


def split_length(asked: str) -> tuple[str, str]:
    """Split what a digest of a briefing asks: "sport long" -> ("sport", "long")."""
    topic, _space, last = asked.rpartition(" ")
    return (topic, last) if last in set(Length) else (asked, "")


def replanned(timing: Timing, due: Occurrence, now: datetime) -> Occurrence:
    """Return when a digest comes whose timing was changed; one that is held comes at once."""
    held = next_due(timing, now)
    if held.day == due.day:
        return held
    planned = first_due(timing, now)
    return Occurrence(due.day, now) if planned.day > due.day else planned


def parse_quiet(typed: str) -> Quiet | None:
    """Read "22:00 07:00", "22:00-7:00", or "off". Raises RequestError."""
    if typed.strip().lower() in {"off", "no", "none"}:
        return None
    hours = [word for word in re.split(r"[\s,–—-]+|\bto\b", typed.strip()) if word]
    if len(hours) != 2:
        raise RequestError(_("Quiet hours have a beginning and an end."), _(_QUIET_USAGE))
    quiet = Quiet(parse_hour(hours[0]), parse_hour(hours[1]))
    if not 0 < _minutes(quiet) <= MAX_QUIET_HOURS * 60:
        most = _("Quiet hours last at most {count} hours.").format(count=MAX_QUIET_HOURS)
        raise RequestError(most, _(_QUIET_USAGE))
    return quiet


def _minutes(quiet: Quiet) -> int:
    start, end = (at.hour * 60 + at.minute for at in (quiet.start, quiet.end))
    return (end - start) % (24 * 60)


def quiet_words(quiet: Quiet | None, zones: Sequence[str]) -> str:
    """Say the quiet hours, and by which clock."""
    if quiet is None:
        return _("There are no quiet hours: digests come at their own hour.")
    said = _(
        "From {start} to {end} ({zone}) nothing comes here unasked. Digests of that time come when "
        "it ends, the same ones only once."
    )
    start, end = words.hour(quiet.start), words.hour(quiet.end)
    return said.format(start=start, end=end, zone=words.listed(zones))


def _no_digests() -> RequestError:
    return RequestError(
        _("No digests come to this chat."),
        _("Type /subscribe 08:00 Europe/Paris to get one every day."),
    )


def _hours(subscriptions: Sequence[Subscription]) -> str:
    hours = sorted({words.hour(one.timing.at) for one in subscriptions})
    return words.listed(hours)


def _key(subscription: Subscription) -> tuple[str, str, str]:
    """A chat has the same question at the same hour once."""
    at = f"{subscription.timing.at:%H:%M}"
    return at, subscription.command, subscription.arguments


def is_plain(subscription: Subscription) -> bool:
    """Tell whether a digest is the briefing of everything, in the chat's own length."""
    return (subscription.command, subscription.arguments) == ("brief", "")


def _name(subscription: Subscription) -> str:
    """Say a digest so that /unsubscribe knows it: "08:00", "08:00 long", "08:00 place geo:1 today".

    No other digest of the chat has the same name.
    """
    at, command, asked = _key(subscription)
    if command == "place":
        return f"{at} place {asked}"
    return f"{at} topic {asked}" if split_length(asked)[0] else f"{at} {asked}".strip()


def _typed_timing(timings: Sequence[Timing]) -> str:
    """Say timings of one zone as /subscribe reads them: "08:00 18:00 Europe/Paris mon,fri"."""
    parts = _typed_hours(timings), timings[0].zone, _typed_days(timings[0])
    return " ".join(part for part in parts if part)


def _typed_hours(timings: Sequence[Timing]) -> str:
    return " ".join(f"{timing.at:%H:%M}" for timing in timings)


def _typed_days(timing: Timing) -> str:
    if timing.days == EVERY_DAY:
        return ""
    return ",".join(DAY_NAMES[day][:3] for day in sorted(timing.days))


def _typed_question(asked: Question) -> str:
    """Say what a digest asks as /subscribe reads it: "place geo:1", "long topic sport"."""
    if asked.command == "place":
        return f"place {_PERIOD.sub('', asked.arguments)}"
    topic, length = split_length(asked.arguments)
    return " ".join(part for part in (length, f"topic {topic}" if topic else "") if part)


def _again_action(gone: Subscription) -> Action:
    """Offer to take back that a digest was stopped."""
    asked = _typed_question(Question(gone.command, gone.arguments))
    return Action(
        _("Start it again"), "subscribe", f"{_typed_timing([gone.timing])} {asked}".strip()
    )


def chosen(typed: str, kept: Sequence[Subscription]) -> int | None:
    """Return the store's number of the digest that a person means, None for all of them.

    They say its place in /subscriptions ("2", "#2"), its hour ("08:00") or hour and question.
    Raises RequestError.
    """
    word = " ".join(typed.split()).lstrip("#")
    if not word or word.lower() == "all":
        return None
    numbered = dict(enumerate(kept, 1))
    named = [one for one in kept if _name(one) == word]
    if not named and " " in word:  # a button of an older version left out how far back
        named = [one for one in kept if _name(one).startswith(f"{word} ")]
    if not named:
        at_hour = [one for one in kept if f"{one.timing.at:%H:%M}" == word]
        named = [one for number, one in numbered.items() if str(number) == word] or at_hour
    if len(named) == 1:
        return named[0].id
    if named:
        raise RequestError(
            _("There are {count} digests at {hour} in this chat.").format(
                count=len(named), hour=word
            ),
            _("Type /subscriptions to see their numbers, then /unsubscribe and the number."),
        )
    raise RequestError(
        _("There is no digest “{name}” in this chat.").format(name=word[:20]),
        _("Type /subscriptions to see the numbers and hours."),
    )


def _moment(timing: Timing, at: datetime) -> str:
    return words.moment(at.astimezone(known_zone(timing.zone)))
