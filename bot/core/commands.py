"""The one command table, and the desk that answers. `answer()` never raises.

Every platform's menu, slash command, help line and completion comes from `COMMANDS`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rapidfuzz import process

from bot.core.archive import Archive
from bot.core.briefing import briefing_reply, choose, story_reply
from bot.core.errors import DatelineError, RequestError, StoreError
from bot.core.following import FeedFinder, Following
from bot.core.maps import briefing_map, place_map
from bot.core.messages import (
    Action,
    Argument,
    Block,
    Chat,
    ChatKind,
    CommandSpec,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
)
from bot.core.newsroom import Newsroom
from bot.core.places import PlaceReader, place_reply
from bot.core.ports import Clock, Places, Store
from bot.core.questions import is_question
from bot.core.schedule import (
    Occurrence,
    Subscription,
    Timing,
    describe,
    next_due,
    parse_timing,
)
from bot.core.text import links_in
from summaries.article import Length
from summaries.extractive import METHODS

log = logging.getLogger(__name__)

_IN_SHORT = "in short"
SUGGEST = "suggest"
"""A command that no person types: a platform asks what a half-typed argument may become."""
_LENGTH = Argument("length", "How much to read", choices=tuple(Length))

COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec("start", "What this bot does, and where to begin"),
    CommandSpec("help", "The commands, with examples"),
    CommandSpec(
        "brief",
        "Today's briefing, or a summary of one page",
        "[link] [short|normal|long]",
        (Argument("link", "A page to read; leave it empty for today's briefing"), _LENGTH),
        ("/brief", "/brief https://example.org/news long"),
        slow=True,
    ),
    CommandSpec(
        "place",
        "What the news says about a place",
        "NAME",
        (
            Argument(
                "name",
                "A town, region or country, in any language",
                required=True,
                suggests="place",
            ),
        ),
        ("/place Mosul", "/place near Mosul 100 km", "/place Iraq this week"),
        slow=True,
    ),
    CommandSpec(
        "map",
        "A map of where today's briefing happens, or of a place",
        "[NAME]",
        (Argument("name", "A place; leave it empty for today's briefing", suggests="place"),),
        ("/map", "/map Iraq"),
        slow=True,
    ),
    CommandSpec(
        "follow",
        "Follow a feed or a site, or all the feeds of a file",
        "LINK [topic], or with a file",
        (
            Argument("link", "A feed or a site; leave it empty to see how"),
            Argument("topic", "Your own word for it, for example sport"),
            Argument("file", "A list of feeds (OPML) from another reader", is_file=True),
        ),
        ("/follow https://example.org", "/follow https://example.org/sport.xml sport"),
        manages=True,
        slow=True,
    ),
    CommandSpec(
        "following",
        "What this chat follows, and what cannot be read",
        "[topic|opml]",
        (Argument("what", "A topic; opml gives all of it as a file"),),
    ),
    CommandSpec(
        "unfollow",
        "Stop following a feed, a topic, or all",
        "NUMBER|LINK|TITLE|topic|all",
        (
            Argument(
                "feed",
                "Its number in /following, address or title; a topic; or all",
                required=True,
                suggests="feed",
            ),
        ),
        manages=True,
    ),
    CommandSpec(
        "filter",
        "Only articles that have your words, or none that has",
        "[topic:] only|without WORDS|off",
        (Argument("words", "For example: only climate, energy; without football; off"),),
        ("/filter only climate, energy", "/filter without football"),
        manages=True,
    ),
    CommandSpec(
        "subscribe",
        "A digest here, every day at your hour",
        "HH:MM [time zone] [weekdays]",
        (
            Argument("time", "Local time of day, for example 08:00", required=True),
            Argument("zone", "Time zone, for example Europe/Paris"),
            Argument("days", "Which days", choices=("daily", "weekdays", "weekends")),
        ),
        ("/subscribe 08:00 Europe/Paris", "/subscribe 7:30 weekdays"),
        manages=True,
    ),
    CommandSpec(
        "unsubscribe",
        "Stop the digests here",
        "[number or hour]",
        (Argument("number", "Its number in /subscriptions, or its hour; all of them without it"),),
        manages=True,
    ),
    CommandSpec("subscriptions", "The digests of this chat"),
    CommandSpec("status", "How the bot is doing"),
    CommandSpec("about", "Who made this, and whose data it uses"),
)

_WELCOME = (
    "I read the news and send you its own sentences, nothing invented. Ask me for a briefing, for "
    "one page, or about a place; or let me post a digest here at your hour."
)
_MORE_HELP = (
    "A message that has a link can be briefed too: reply /brief to it, or choose “Brief this link” "
    "in its menu, whichever this platform has. Ask about places in your own words: what's new in "
    "Iraq?"
)
_OUR_FAULT = "That went wrong here, and the operator has the details."
_NOT_UNDERSTOOD = "I understand commands, links, and questions about places."
_ABOUT = (
    "Dateline reads the news and quotes it: every sentence it shows is the article's own, never an "
    "invented one. It runs on its operator's machine, without any cloud service."
)
_CREDITS = (
    "Place names: GeoNames (geonames.org), CC BY 4.0, and Unicode CLDR. Maps: Natural Earth. "
    "Free software, Apache License 2.0."
)


class Desk:
    """Answers requests: finds the command, lets it work, and turns every fault into a Notice."""

    def __init__(
        self,
        newsroom: Newsroom,
        places: Places,
        store: Store,
        clock: Clock,
        *,
        version: str,
        archive: Archive,
        finder: FeedFinder,
        default_zone: str = "UTC",
    ) -> None:
        self._newsroom = newsroom
        self._places = places
        self._reader = PlaceReader(places)
        self._store = store
        self._clock = clock
        self._version = version
        self._default_zone = default_zone
        self._started = clock.now()
        self._following = Following(archive, finder, clock)
        self._handlers: Mapping[str, Callable[[Request], Awaitable[Reply]]] = {
            "start": self._start,
            "help": self._help,
            "brief": self._brief,
            "place": self._place,
            "map": self._map,
            "follow": self._following.follow,
            "following": self._following.following,
            "unfollow": self._following.unfollow,
            "filter": self._following.filter,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "subscriptions": self._subscriptions,
            "status": self._status,
            "about": self._about,
        }

    async def answer(self, request: Request) -> Reply:
        """Answer a request. Never raises: a fault becomes a Notice that says what to do."""
        try:
            return await self.reply(request)
        except DatelineError as error:
            log.info("/%s was not answered: %s", request.command, error)
            return Reply((Notice(str(error)),))
        except Exception:
            log.exception("/%s failed", request.command)
            return Reply((Notice(_OUR_FAULT, "Please try again later."),))

    async def reply(self, request: Request) -> Reply:
        """Answer a request, or raise when the fault is not the asker's.

        A digest is asked for in this way: it had better come later than be a fault.
        """
        try:
            if request.command == SUGGEST:
                return await self._suggest(request)
            spec = find_command(request.command)
            _check_permission(spec, request)
            return await self._handlers[spec.name](request)
        except RequestError as error:
            return Reply((Notice(str(error), error.hint),))

    async def _start(self, _: Request) -> Reply:
        first = (
            ("/brief", "today's briefing"),
            ("/place Mosul", "what the news says about a place"),
            ("/subscribe 08:00 Europe/Paris", "a digest every day"),
            ("/help", "everything else"),
        )
        actions = (
            Action("Today's briefing", "brief"),
            Action(f"Daily digest at 08:00 {self._default_zone}", "subscribe", "08:00"),
            Action("Help", "help"),
        )
        return Reply((Heading("Dateline"), Paragraph(_WELCOME), Listing(first)), actions)

    async def _help(self, request: Request) -> Reply:
        if request.arguments == _IN_SHORT:
            return Reply((Notice(_NOT_UNDERSTOOD, "Type /help to see what you can ask."),))
        lines = tuple((f"/{spec.name} {spec.usage}".strip(), spec.description) for spec in COMMANDS)
        examples = ", ".join(example for spec in COMMANDS for example in spec.examples)
        return Reply(
            (
                Heading("What you can ask"),
                Listing(lines),
                Paragraph(_MORE_HELP),
                Paragraph(f"For example: {examples}"),
            )
        )

    async def _brief(self, request: Request) -> Reply:
        target, length, method = parse_brief(request)
        if not target:
            zone = await self._zone(request.chat)
            return briefing_reply(await self._newsroom.briefing(request.chat, length, zone), length)
        story = await self._newsroom.story(target, length, local=request.local, method=method)
        return story_reply(story, target, length)

    async def _place(self, request: Request) -> Reply:
        name = request.arguments.strip()
        if not name:
            raise RequestError("Which place?", "Type for example: /place Mosul")
        reading = await self._newsroom.articles(request.chat)
        answer = await self._reader.ask(name, reading, self._clock.now())
        return place_reply(answer, self._places)

    async def _map(self, request: Request) -> Reply:
        reading = await self._newsroom.articles(request.chat)
        name = request.arguments.strip()
        if name:
            answer = await self._reader.ask(name, reading, self._clock.now())
            if answer.lookup.place is None:
                return place_reply(answer, self._places, command="map")
            about = [told.article for told in answer.articles]
            near = await asyncio.to_thread(self._reader.mentions, about)
            return await asyncio.to_thread(place_map, answer.lookup.place, near)
        told, _ = choose(reading.articles, Length.NORMAL)
        subjects = await asyncio.to_thread(self._reader.subjects, told)
        return await asyncio.to_thread(briefing_map, subjects)

    async def _suggest(self, request: Request) -> Reply:
        """Complete a half-typed place or feed: one action each, as a button would have it.

        What is typed stands after the word that says which.
        """
        kind, _, typed = request.arguments.partition(" ")
        if kind == "feed":
            return await self._following.suggest(request.chat, typed)
        found = await asyncio.to_thread(self._places.suggest, typed.strip(), 10)
        labels: dict[str, str] = {}
        for place in found:
            labels.setdefault(self._places.label(place), f"geo:{place.id}")
        return Reply((), tuple(Action(label, "place", name) for label, name in labels.items()))

    async def _subscribe(self, request: Request) -> Reply:
        timing = parse_timing(request.arguments, await self._zone(request.chat))
        kept = await self._store.subscriptions(request.chat)
        there = next((pair for pair in kept if pair[0].timing.at == timing.at), None)
        if there and there[0].timing == timing and not there[0].paused:
            return _subscribed(
                timing, "This chat already has a digest at {}. The next: {}.", there[1]
            )
        first = next_due(timing, self._clock.now())
        await self._store.subscribe(
            Subscription(request.chat, timing, locale=request.locale), first
        )
        said = "A digest will come here at {}. The first: {}."
        if there:
            said = "This chat already had a digest at that hour. Now it comes at {}. The next: {}."
        return _subscribed(timing, said, first, *_zone_advice(timing, request.arguments))

    async def _zone(self, chat: Chat) -> str:
        """Return the zone of the chat's other digests; a chat has rarely two."""
        try:
            kept = await self._store.subscriptions(chat)
        except StoreError as error:  # a briefing needs no database
            log.warning("The time zone of %s is not known: %s", chat, error)
            return self._default_zone
        return kept[-1][0].timing.zone if kept else self._default_zone

    async def _unsubscribe(self, request: Request) -> Reply:
        kept = await self._store.subscriptions(request.chat)
        number = _chosen(request.arguments, [subscription for subscription, _ in kept])
        dropped = await self._store.unsubscribe(request.chat, number)
        if not dropped:
            raise _no_digests()
        return Reply(
            tuple(Paragraph(f"Stopped: the digest at {describe(gone.timing)}.") for gone in dropped)
        )

    async def _subscriptions(self, request: Request) -> Reply:
        kept = await self._store.subscriptions(request.chat)
        if not kept:
            raise _no_digests()
        lines = tuple(
            (str(number), _subscription_line(subscription, due))
            for number, (subscription, due) in enumerate(kept, 1)
        )
        actions = tuple(_stop_action(subscription.timing) for subscription, _ in kept[:10])
        return Reply((Heading("Digests of this chat"), Listing(lines)), actions)

    async def _status(self, request: Request) -> Reply:
        tally = await self._store.tally()
        reading = await self._newsroom.articles(request.chat)
        up = self._clock.now() - self._started
        lines = (
            ("Version", self._version),
            ("Running for", _duration(up.total_seconds())),
            (
                "Articles at hand",
                f"{len(reading.articles)}{' (samples)' if reading.samples else ''}",
            ),
            ("Digests subscribed", str(tally.get("subscriptions", 0))),
            ("Messages sent", str(tally.get("sent", 0))),
            ("Waiting", str(tally.get("pending", 0) + tally.get("sending", 0))),
            ("Uncertain", str(tally.get("unknown", 0))),
            ("Given up", str(tally.get("dead", 0))),
            ("Missed", str(tally.get("missed", 0))),
        )
        return Reply(
            (Heading("Status"), Listing(lines), *(Notice(failure) for failure in reading.failures))
        )

    async def _about(self, _: Request) -> Reply:
        return Reply((Heading(f"Dateline {self._version}"), Paragraph(_ABOUT), Paragraph(_CREDITS)))


def find_command(name: str) -> CommandSpec:
    """Return the row of the command table. Raises RequestError with the nearest name."""
    known = {spec.name: spec for spec in COMMANDS}
    if spec := known.get(name.lower()):
        return spec
    near = process.extractOne(name.lower()[:60], list(known), score_cutoff=75)
    hint = (
        f"Did you mean /{near[0]}? /help lists them all."
        if near
        else "Type /help to see what there is."
    )
    raise RequestError(f"There is no command /{name[:40]}.", hint)


def _check_permission(spec: CommandSpec, request: Request) -> None:
    if spec.manages and request.chat.kind is not ChatKind.PRIVATE and not request.may_manage:
        raise RequestError(
            f"Only those who manage this chat may use /{spec.name}.",
            "Ask one of them, or talk to me in private for a digest of your own.",
        )


def parse_brief(request: Request) -> tuple[str, Length, str]:
    """Read what follows /brief: the link (or path), the length and the method, in any order.

    A link in the quoted message counts when none was typed. Raises RequestError.
    """
    words = request.arguments.split()
    length, method = Length.NORMAL, METHODS[0]
    targets = []
    for word in words:
        if word.lower() in set(Length):
            length = Length(word.lower())
        elif word.startswith("--method="):
            method = parse_method(word.removeprefix("--method="))
        else:
            targets.append(word)
    target = " ".join(targets) if request.local else _only(targets)
    if not target and request.quoted:
        target = first_link(request.quoted)
    return target, length, method


def parse_method(name: str) -> str:
    """Return the name of a summarizer. Raises RequestError that lists them."""
    if name not in METHODS:
        raise RequestError(
            f"There is no method “{name[:40]}”.", f"Choose one of {', '.join(METHODS)}."
        )
    return name


def _only(targets: list[str]) -> str:
    if len(targets) > 1:
        raise RequestError(
            "One link at a time, please.", "Type /brief, the link, and short, normal or long."
        )
    return targets[0] if targets else ""


def in_words(text: str) -> tuple[str, str]:
    """Return the command and arguments that a message without a command means.

    A link is to be read, a question in words is about a place; anything else gets one line of
    help.
    """
    links = links_in(text)
    if links:
        return "brief", links[0]
    return ("place", text.strip()) if is_question(text) else ("help", _IN_SHORT)


def first_link(text: str) -> str:
    """Return the first link in a text. Raises RequestError when there is none."""
    links = links_in(text)
    if not links:
        raise RequestError(
            "There is no link in the message you replied to.",
            "Reply /brief to a message that has one.",
        )
    return links[0]


def _no_digests() -> RequestError:
    return RequestError(
        "No digests come to this chat.", "Type /subscribe 08:00 Europe/Paris to get one every day."
    )


def _subscribed(timing: Timing, said: str, due: Occurrence, *advice: Block) -> Reply:
    words = Paragraph(said.format(describe(timing), _moment(timing, due.at)))
    return Reply((words, *advice), (_stop_action(timing),))


def _zone_advice(timing: Timing, arguments: str) -> tuple[Block, ...]:
    """Say that the hour is UTC to a person who named no zone."""
    if timing.zone != "UTC" or "utc" in arguments.lower():
        return ()
    example = f"/subscribe {timing.at:%H:%M} Europe/Paris"
    return (Paragraph(f"That is UTC. For your own hour add your time zone: {example}"),)


def _subscription_line(subscription: Subscription, due: Occurrence) -> str:
    said = describe(subscription.timing)
    if subscription.paused:
        again = f"/subscribe {subscription.timing.at:%H:%M}"
        return f"{said}; stopped because of this: {subscription.paused}. Start it again: {again}"
    return f"{said}; next {_moment(subscription.timing, due.at)}"


def _stop_action(timing: Timing) -> Action:
    """A button names the hour: a chat has one digest an hour, while numbers move up."""
    return Action(f"Stop {timing.at:%H:%M}", "unsubscribe", f"{timing.at:%H:%M}")


def _chosen(words: str, kept: Sequence[Subscription]) -> int | None:
    """Return the store's number of the digest that a person means, None for all of them.

    They say its place in /subscriptions ("2", "#2") or its hour ("08:00"). Raises RequestError.
    """
    word = words.strip().lstrip("#")
    if not word or word.lower() == "all":
        return None
    for number, subscription in enumerate(kept, 1):
        if word in {str(number), f"{subscription.timing.at:%H:%M}"}:
            return subscription.id
    raise RequestError(
        f"There is no digest “{word[:20]}” in this chat.",
        "Type /subscriptions to see the numbers and hours.",
    )


def _moment(timing: Timing, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(timing.zone)):%A %d %B at %H:%M}"


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h {minutes % 60} min" if days else f"{hours} h {minutes % 60} min"
