"""The one command table, and the desk that answers. `answer()` never raises.

Every platform's menu, slash command, help line and completion comes from `COMMANDS`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from rapidfuzz import process

from bot.core.archive import Archive
from bot.core.briefing import briefing_reply, story_reply, why_reply
from bot.core.digests import Digests
from bot.core.errors import DatelineError, RequestError, StoreError
from bot.core.following import FeedFinder, Following
from bot.core.maps import briefing_map, night_asked, place_map
from bot.core.messages import (
    Action,
    Argument,
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
from bot.core.news import Briefing
from bot.core.newsroom import Newsroom
from bot.core.places import PlaceAnswer, PlaceReader, chosen, place_reply
from bot.core.ports import Clock, Places, Store
from bot.core.questions import is_question, understand
from bot.core.text import links_in
from summaries.article import Length
from summaries.extractive import METHODS

log = logging.getLogger(__name__)

_IN_SHORT = "in short"
MOVED, GONE, BACK = "moved", "gone", "back"
"""What may happen to a chat: it has the id that the arguments say; the bot was shut out of it, for
the reason that they say; the bot is let in again. Only an adapter can say so: see `is_event`."""
SUGGEST = "suggest"
"""A command that no person types: a platform asks what a half-typed argument may become."""
_LENGTH = Argument("length", "How much to read", choices=tuple(Length))

COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec("start", "What this bot does, and where to begin"),
    CommandSpec("help", "The commands, with examples"),
    CommandSpec(
        "brief",
        "Today's briefing, or a summary of one page",
        "[link|topic] [short|normal|long]",
        (Argument("link", "A page to read, or a topic; leave it empty for everything"), _LENGTH),
        ("/brief", "/brief https://example.org/news long"),
        slow=True,
    ),
    CommandSpec(
        "why",
        "Why today's briefing tells these stories",
        "[topic] [short|normal|long]",
        (Argument("topic", "Your own word for some feeds; leave it empty for all"), _LENGTH),
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
        "[NAME] [night]",
        (Argument("name", "A place; leave it empty for today's briefing", suggests="place"),),
        ("/map", "/map Iraq", "/map Iraq night"),
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
        "HH:MM [time zone] [weekdays] [place NAME|topic NAME]",
        (
            Argument("time", "Local time of day, for example 08:00", required=True),
            Argument("zone", "Time zone, for example Europe/Paris"),
            Argument("days", "Which days", choices=("daily", "weekdays", "weekends")),
            Argument("about", "Only a place or a topic, for example place Mosul"),
        ),
        (
            "/subscribe 08:00 Europe/Paris",
            "/subscribe 7:30 18:00 weekdays",
            "/subscribe 08:00 place Mosul",
        ),
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
    CommandSpec(
        "quiet",
        "Hours in which no digest comes here",
        "HH:MM HH:MM|off",
        (Argument("hours", "From when to when, for example 22:00 07:00; or off"),),
        ("/quiet 22:00 07:00",),
        manages=True,
    ),
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
        self._digests = Digests(store, places, clock, default_zone, archive)
        self._default_zone = default_zone
        self._started = clock.now()
        self._archive = archive
        self._following = Following(archive, finder, clock)
        self._handlers: Mapping[str, Callable[[Request], Awaitable[Reply]]] = {
            "start": self._start,
            "help": self._help,
            "brief": self._brief,
            "why": self._why,
            "place": self._place,
            "map": self._map,
            "follow": self._following.follow,
            "following": self._following.following,
            "unfollow": self._following.unfollow,
            "filter": self._following.filter,
            "subscribe": self._digests.subscribe,
            "unsubscribe": self._digests.unsubscribe,
            "subscriptions": self._digests.subscriptions,
            "quiet": self._digests.quiet,
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
            if request.is_event:
                return await self._event(request)
            if request.command == SUGGEST:
                return await self._suggest(request)
            spec = find_command(request.command)
            _check_permission(spec, request)
            return await self._handlers[spec.name](request)
        except RequestError as error:
            return Reply((Notice(str(error), error.hint),))

    async def move(self, old: Chat, new: Chat) -> None:
        """Give all that belongs to one chat to another: a group became a supergroup."""
        await self._store.move_chat(old, new)
        await self._archive.move_chat(old, new)

    async def _event(self, request: Request) -> Reply:
        """Let a chat move, rest, or come back with all that belongs to it."""
        chat, said = request.chat, request.arguments
        match request.command:
            case "moved" if said and said != chat.id:
                await self.move(chat, replace(chat, id=said))
            case "gone":
                for thread in await self._store.threads(chat):
                    await self._store.pause(thread, said or "the bot was shut out")
            case "back":
                return await self._digests.resume(chat)
            case _:
                pass
        return Reply(())

    async def _start(self, _: Request) -> Reply:
        first = (
            ("/brief", "today's briefing"),
            ("/follow https://example.org", "read a site or feed for this chat"),
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
        if not target or _is_topic(target, request):
            briefing = await self._briefing(
                request.chat, length, target, since_last=request.is_digest
            )
            await self._remember(request.chat, briefing)
            return briefing_reply(briefing, length)
        story = await self._newsroom.story(target, length, local=request.local, method=method)
        return story_reply(story, target, length)

    async def _briefing(
        self, chat: Chat, length: Length, topic: str, *, since_last: bool = False
    ) -> Briefing:
        zone = await self._digests.zone(chat)
        return await self._newsroom.briefing(chat, length, zone, topic, since_last=since_last)

    async def _remember(self, chat: Chat, briefing: Briefing) -> None:
        try:
            await self._newsroom.told(chat, briefing)
        except StoreError as error:  # then it is told again, that is all
            log.warning("What %s was told is not noted: %s", chat, error)

    async def _why(self, request: Request) -> Reply:
        target, length, _ = parse_brief(request)
        return why_reply(await self._briefing(request.chat, length, target))

    async def _place(self, request: Request) -> Reply:
        if not request.arguments.strip():
            raise RequestError("Which place?", "Type for example: /place Mosul")
        return place_reply(await self._ask_place(request), self._places)

    async def _ask_place(self, request: Request) -> PlaceAnswer:
        """Say which place is meant and what the news says of it."""
        words = request.arguments.strip()
        known = await self._remembered(request.chat, words)
        asked = await asyncio.to_thread(self._reader.resolve, words, known)
        place, question, now = asked.lookup.place, asked.question, self._clock.now()
        if asked.lookup.status != "found" or place is None:
            return asked
        reading = await self._newsroom.about(
            request.chat, place, question.radius_km, question.since(now)
        )
        return await self._reader.tell(asked, reading, now)

    async def _remembered(self, chat: Chat, words: str) -> int | None:
        """Keep what the chat just chose, or return what it chose before for the name."""
        try:
            if choice := chosen(words):
                await self._archive.remember_place(chat, choice[1], choice[0])
                return None
            name = understand(words).name
            return await self._archive.remembered_place(chat, name) if name else None
        except StoreError as error:  # it is asked again, that is all
            log.warning("What %s chose is not known: %s", chat, error)
            return None

    async def _map(self, request: Request) -> Reply:
        words, night = night_asked(request.arguments)
        places = self._places
        if words.strip():
            answer = await self._ask_place(replace(request, arguments=words))
            if answer.lookup.place is None:
                return place_reply(answer, self._places, command="map")
            about = [told.article for told in answer.articles]
            near = await asyncio.to_thread(self._reader.mentions, about)
            draw = partial(place_map, answer.lookup.place, near)
            return await asyncio.to_thread(draw, places=places, night=night)
        briefing = await self._briefing(request.chat, Length.NORMAL, "")
        told = [story.article for story in briefing.stories]
        subjects = await asyncio.to_thread(self._reader.subjects, told)
        draw = partial(briefing_map, subjects)
        return await asyncio.to_thread(draw, places=places, night=night)

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
    if len(targets) > 1 and any(_is_link(target) for target in targets):
        raise RequestError(
            "One link at a time, please.", "Type /brief, the link, and short, normal or long."
        )
    return " ".join(targets)


def _is_link(word: str) -> bool:
    """Tell a link, or a path, from the words of a topic."""
    return "://" in word or ("." in word.strip(".") and " " not in word) or word.startswith("/")


def _is_topic(target: str, request: Request) -> bool:
    """Tell whether what follows /brief is a topic's name; at this machine "-" and paths are not."""
    return not _is_link(target) and not (request.local and (target == "-" or "/" in target))


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


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h {minutes % 60} min" if days else f"{hours} h {minutes % 60} min"
