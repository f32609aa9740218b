"""The desk: what a person asks goes to whoever knows the answer. `answer()` never raises.

Knows neither the platforms nor where news come from; the commands stand in `command_table`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256

from bot.core import words
from bot.core.archive import Archive
from bot.core.asked_back import AskedBack
from bot.core.briefing import (
    briefing_reply,
    more_asked,
    sources_reply,
    story_reply,
    why_reply,
)
from bot.core.chats import Standing
from bot.core.command_table import COMMANDS, check_permission, english_name, find_command
from bot.core.digests import Digests
from bot.core.errors import DatelineError, RequestError, StoreError
from bot.core.filters import follows_of_topic
from bot.core.following import FeedFinder, Following
from bot.core.maps import briefing_map, night_asked, page_map, place_map
from bot.core.messages import (
    Action,
    Block,
    Chat,
    CommandSpec,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
    Told,
)
from bot.core.news import Briefing
from bot.core.newsroom import Newsroom, told_in
from bot.core.places import PlaceAnswer, PlaceReader, chosen, label_parts, name_of, place_reply
from bot.core.ports import Clock, Places, Store
from bot.core.questions import PlaceQuestion, is_question, understand
from bot.core.schedule import known_zone
from bot.core.settings_page import SettingsPage
from bot.core.text import links_in
from bot.core.welcome import about_reply, ask_a_place, first_minute, help_reply, known_already
from bot.core.words import N_, _, ngettext
from summaries.article import Length
from summaries.extractive import METHODS
from summaries.places.folding import fold
from summaries.places.place import Lookup

log = logging.getLogger(__name__)

__all__ = [
    "BACK",
    "COMMANDS",
    "GONE",
    "LANGUAGE",
    "MOVED",
    "SUGGEST",
    "Desk",
    "english_name",
    "find_command",
]

MOVED, GONE, BACK = "moved", "gone", "back"
"""What may happen to a chat: it has the id that the arguments say; the bot was shut out of it, for
the reason that they say; the bot is let in again. Only an adapter can say so: see `is_event`."""
LANGUAGE = "language"
"""No event, and nothing that a person types: an adapter asks which language its own words for a
chat are to be in. The answer is a Paragraph that names it: see `words.LANGUAGES`."""
SUGGEST = "suggest"
"""A command that no person types: a platform asks what a half-typed argument may become."""
WORDS = "words"
"""A command that no person types: they said the arguments in plain words."""
SOURCES = "sources"
"""A command that only a button sends: whose news a briefing tells, to mute one of them."""
KNOWN = 5.5
"""A place's standing from which its bare name, in plain words, is a question about it."""
FAILURES_SHOWN = 5
"""Failures that /status names one by one."""
_TOKEN = re.compile(r"~[0-9a-f]{16}")
"""Stands on a button for arguments that are kept in the store."""


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
        self._asked_back = AskedBack(places)
        self._store = store
        self._clock = clock
        self._version = version
        self._digests = Digests(
            store, places, clock, default_zone, archive, asked_back=self._asked_back
        )
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
            "mute": self._following.mute,
            "unmute": self._following.unmute,
            "subscribe": self._digests.subscribe,
            "unsubscribe": self._digests.unsubscribe,
            "subscriptions": self._digests.subscriptions,
            "quiet": self._digests.quiet,
            "settings": SettingsPage(store, self._digests, places, clock).answer,
            "status": self._status,
            "about": self._about,
        }

    async def answer(self, request: Request) -> Reply:
        """Answer a request. Never raises: a fault becomes a Notice that says what to do."""
        standing = await self._standing(request.chat)
        with words.speaking(_language(standing, request)):
            try:
                return await self._served(request, standing)
            except StoreError as error:  # where it is and what ails it is the operator's business
                log.error("/%s was not answered: %s", request.command, error)
                said = _("My database cannot be used right now.")
                return Reply((Notice(said, _("Please try again later.")),))
            except DatelineError as error:
                log.info("/%s was not answered: %s", request.command, error)
                return Reply((Notice(str(error)),))
            except Exception:
                log.exception("/%s failed", request.command)
                hint = _("Please try again later.")
                return Reply((Notice(_("That went wrong here. The operator can see why."), hint),))

    async def reply(self, request: Request) -> Reply:
        """Answer a request, or raise when the fault is not the asker's.

        A digest is asked for in this way: it had better come later than be a fault.
        """
        standing = await self._standing(request.chat)
        with words.speaking(_language(standing, request)):
            return await self._served(request, standing)

    async def _standing(self, chat: Chat) -> Standing:
        """Ask once what the chat chose; without the store it is as if it had chosen nothing.

        Nothing is kept from one request to the next: another process may have changed it.
        """
        try:
            return await self._store.standing(chat)
        except StoreError as error:
            log.warning("What %s chose is not known: %s", chat, error)
        except Exception:
            log.exception("What %s chose is not known", chat)
        return Standing()

    async def _served(self, request: Request, standing: Standing) -> Reply:
        """Answer in the spoken language, with buttons that every platform can carry."""
        try:
            if request.is_event:
                reply = await self._event(request)
            elif request.command == SUGGEST and not request.sender:  # no person's command
                return await self._suggest(request)
            else:
                reply = await self._asked(await self._unshelved(request), standing)
        except RequestError as error:
            reply = Reply((Notice(str(error), error.hint),))
        return await self._shelved(reply)

    async def _asked(self, request: Request, standing: Standing) -> Reply:
        """Let the command work; a chat that asks is one that can be written to again."""
        handler = self._handler(request)
        again = await self._resumed(request, standing)
        reply = await handler(request)
        return replace(reply, blocks=(*reply.blocks, *again))

    def _handler(self, request: Request) -> Callable[[Request], Awaitable[Reply]]:
        """Find who answers. Raises RequestError for a command that is not, or not theirs to use."""
        if request.command == WORDS:
            return self._said
        if request.command == SOURCES:
            return self._sources
        spec = _pressed_or_typed(request)
        check_permission(spec, request)
        return self._handlers[spec.name]

    async def _resumed(self, request: Request, standing: Standing) -> tuple[Block, ...]:
        """Start digests again that stopped because the bot was shut out, and say so in a line."""
        if request.is_digest or not standing.is_paused:
            return ()
        try:
            return await self._digests.resume_here(request.chat)
        except StoreError as error:  # the next question tries again
            log.warning("The digests of %s do not come again yet: %s", request.chat, error)
            return ()

    async def _unshelved(self, request: Request) -> Request:
        """Give a button's token its arguments back. Raises RequestError for a forgotten one."""
        if not _TOKEN.fullmatch(request.arguments):
            return request
        arguments = await self._store.unshelve(request.arguments)
        if arguments is None and not request.is_press:  # somebody typed it
            return request
        if arguments is None:
            raise RequestError(
                _("That button is from an older message."),
                _("Ask again: /{name}").format(name=find_command(request.command).name),
            )
        return replace(request, arguments=arguments)

    async def _shelved(self, reply: Reply) -> Reply:
        """Keep in the store what is too long for a button; without the store, drop that button."""
        long = {_token(one): one.arguments for one in reply.actions if not _is_short(one)}
        if not long:
            return reply
        try:
            await self._store.shelve(long, self._clock.now())
        except StoreError as error:
            log.warning("Some buttons are left out: %s", error)
            return replace(reply, actions=tuple(filter(_is_short, reply.actions)))
        actions = tuple(
            one if _is_short(one) else replace(one, arguments=_token(one)) for one in reply.actions
        )
        return replace(reply, actions=actions)

    async def _event(self, request: Request) -> Reply:
        """Let a chat move, rest, or come back with all that belongs to it."""
        chat, said = request.chat, request.arguments
        match request.command:
            case "moved" if said and said != chat.id:
                await self._store.move_chat(chat, replace(chat, id=said))
            case "gone":
                for thread in await self._store.threads(chat):
                    await self._store.pause(thread, said or N_("the bot was shut out"))
            case "back":
                return await self._digests.resume(chat)
            case "language":
                return Reply((Paragraph(words.spoken()),))
            case _:
                pass
        return Reply(())

    async def _start(self, request: Request) -> Reply:
        """Greet: at length once, in short whoever has something here already."""
        try:
            digests = await self._store.subscriptions(request.chat)
            follows = digests or await self._archive.follows(request.chat)
        except StoreError as error:  # a greeting needs no database
            log.warning("It is not known whether %s is new: %s", request.chat, error)
            return first_minute()
        return known_already() if follows else first_minute()

    async def _help(self, request: Request) -> Reply:
        return help_reply(request.arguments)

    async def _said(self, request: Request) -> Reply:
        """Answer plain words: a topic of this chat is told, a place's name is offered."""
        said = " ".join(request.arguments.split())[:60]
        now = self._clock.now()
        if heard := await asyncio.to_thread(self._asked_back.heard, request, said, now):
            command, arguments = heard
            meant = replace(request, command=command, arguments=arguments)
            return await self._handler(meant)(meant)
        if said and await self._has_topic(request.chat, said):
            return await self._brief(replace(request, command="brief", arguments=said))
        question = understand(said)
        found = await asyncio.to_thread(self._places.lookup, question.name, words.spoken())
        is_asked = await asyncio.to_thread(self._is_asked, said, question, found)
        if is_asked:
            return await self._place(replace(request, command="place", arguments=said))
        hint = _("Type /help to see what you can ask.")
        told = Notice(_("I understand commands, links, topics and questions about places."), hint)
        if not question.name or found.place is None:
            return Reply((told,))
        label = self._places.label(found.place, words.spoken())
        ask = _("What is new in {place}?").format(place=label)
        return Reply((told,), (Action(ask, "place", f"geo:{found.place.id}"),))

    def _is_asked(self, said: str, question: PlaceQuestion, found: Lookup) -> bool:
        """Tell whether plain words ask about a place, and need not be asked back.

        They do with a distance or a time ("near Mosul 100 km"), and where they are just the name
        of a well-known place, written as a name. "Hmm" is not, though a hamlet is called so.
        """
        first = found.place or next(iter(found.candidates), None)
        if not question.name or first is None or found.status == "unknown":
            return False
        if question.radius_km or question.period:
            return True
        name, *around = label_parts(question.name)
        if not any(map(str.isalpha, name)):  # a flag
            return found.status == "found"
        is_written_so = not said.islower() and "!" not in said
        is_known = bool(around) or first.standing >= KNOWN
        called = fold(first.name), fold(name_of(first, self._places))
        return is_written_so and is_known and fold(name) in called

    async def _has_topic(self, chat: Chat, name: str) -> bool:
        try:
            return bool(follows_of_topic(await self._archive.follows(chat), name))
        except StoreError as error:
            log.warning("The topics of %s are not known: %s", chat, error)
            return False

    async def _brief(self, request: Request) -> Reply:
        target, length, method = parse_brief(request, await self._length(request.chat))
        if not target or _is_topic(target, request):
            return await self._brief_news(request, target, length)
        story = await self._newsroom.story(target, length, local=request.local, method=method)
        return await asyncio.to_thread(story_reply, story, target, length, self._places)

    async def _brief_news(self, request: Request, target: str, length: Length) -> Reply:
        """Tell the stories of a topic or of all; other stories than before where "more" is said."""
        topic, skip = more_asked(target)
        # The button that opens a briefing stays; one under it turns it into another length.
        in_place = request.is_press and skip is None and bool(request.arguments)
        try:
            briefing = await self._briefing(
                request.chat,
                length,
                topic,
                since_last=request.is_digest,
                skip=skip,
                again=in_place,
            )
        except RequestError as error:
            return await asyncio.to_thread(self._no_topic, topic, error)
        told = told_in(briefing)
        if not request.is_digest:  # that may be written anew before anybody sees it
            await self.remember(request.chat, told)
        coming = await self._next_digest(request.chat)
        tell = partial(briefing_reply, briefing, length, self._places, next_digest=coming)
        reply = await asyncio.to_thread(tell)
        return replace(reply, in_place=in_place, told=told if request.is_digest else None)

    def _no_topic(self, topic: str, error: RequestError) -> Reply:
        """Lead to the place that a topic which the chat has not is the name of, if it is one.

        Raises the error otherwise.
        """
        found = self._places.lookup(topic, words.spoken()) if topic else None
        if found is None or found.status == "unknown":
            raise error
        name = topic[:60]
        said = _("This chat has no topic “{name}”.").format(name=name)
        hint = _("It is the name of a place. What the news says of it: /place {name}")
        label = self._places.label(found.place, words.spoken()) if found.place else name
        ask = _("What is new in {place}?").format(place=label)
        press = f"geo:{found.place.id}" if found.place else topic
        return Reply((Notice(said, hint.format(name=name)),), (Action(ask, "place", press),))

    async def _briefing(
        self,
        chat: Chat,
        length: Length,
        topic: str,
        *,
        since_last: bool = False,
        skip: int | None = None,
        again: bool = False,
    ) -> Briefing:
        zone = await self._digests.zone(chat)
        return await self._newsroom.briefing(
            chat, length, zone, topic, since_last=since_last, skip=skip, again=again
        )

    async def _next_digest(self, chat: Chat) -> datetime | None:
        """Return when the next digest comes to a chat, in the digest's own time zone."""
        try:
            kept = await self._store.subscriptions(chat)
        except StoreError as error:  # a briefing needs no database
            log.warning("When %s gets its next digest is not known: %s", chat, error)
            return None
        now = self._clock.now()
        comes = [
            due.at.astimezone(known_zone(one.timing.zone))
            for one, due in kept
            if not one.paused and due.at > now
        ]
        return min(comes, default=None)

    async def _sources(self, request: Request) -> Reply:
        target, length, _method = parse_brief(request, await self._length(request.chat))
        again = request.is_press
        return sources_reply(await self._briefing(request.chat, length, target, again=again))

    async def remember(self, chat: Chat, told: Told) -> None:
        """Remember what a chat was told; without the store it is told again, that is all."""
        try:
            await self._newsroom.remember(chat, told)
        except StoreError as error:
            log.warning("What %s was told is not noted: %s", chat, error)

    async def _why(self, request: Request) -> Reply:
        target, length, _method = parse_brief(request, await self._length(request.chat))
        again = request.is_press
        return why_reply(await self._briefing(request.chat, length, target, again=again))

    async def _place(self, request: Request) -> Reply:
        if not request.arguments.strip():
            return ask_a_place()
        answer = await self._ask_place(request)
        name = answer.question.name
        if answer.lookup.status == "unknown" and await self._has_topic(request.chat, name):
            return await self._brief(replace(request, command="brief", arguments=name))
        return await asyncio.to_thread(place_reply, answer, self._places)

    async def _ask_place(self, request: Request) -> PlaceAnswer:
        """Say which place is meant and what the news says of it."""
        typed = request.arguments.strip()
        known = await self._remembered(request.chat, typed)
        asked = await asyncio.to_thread(self._reader.resolve, typed, known)
        place, question, now = asked.lookup.place, asked.question, self._clock.now()
        self._asked_back.note(request, asked, now)
        if asked.lookup.status != "found" or place is None:
            return asked
        reading = await self._newsroom.about(
            request.chat, place, question.radius_km, question.since(now)
        )
        return await self._reader.tell(asked, reading, now)

    async def _remembered(self, chat: Chat, typed: str) -> int | None:
        """Keep what the chat just chose, or return what it chose before for the name."""
        try:
            if choice := chosen(typed):
                await self._archive.remember_place(chat, choice[1], choice[0])
                return None
            name = understand(typed).name
            return await self._archive.remembered_place(chat, name) if name else None
        except StoreError as error:  # it is asked again, that is all
            log.warning("What %s chose is not known: %s", chat, error)
            return None

    async def _map(self, request: Request) -> Reply:
        words, night = night_asked(request.arguments)
        places = self._places
        if "://" in words:
            return await self._page_map(words.strip(), night=night)
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

    async def _page_map(self, link: str, *, night: bool) -> Reply:
        """Show where a page's news happens."""
        article = (await self._newsroom.story(link, Length.SHORT)).article
        named = await asyncio.to_thread(self._reader.mentions, [article])
        draw = partial(page_map, article, named, self._places, night=night)
        return await asyncio.to_thread(draw)

    async def _suggest(self, request: Request) -> Reply:
        """Complete a half-typed place or feed: one action each, as a button would have it.

        What is typed stands after the word that says which.
        """
        kind, _space, typed = request.arguments.partition(" ")
        if kind == "feed":
            return await self._following.suggest(request.chat, typed)
        found = await asyncio.to_thread(self._places.suggest, typed.strip(), 10)
        labels: dict[str, str] = {}
        for place in found:
            labels.setdefault(self._places.label(place, words.spoken()), f"geo:{place.id}")
        return Reply((), tuple(Action(label, "place", name) for label, name in labels.items()))

    async def _status(self, request: Request) -> Reply:
        tally = await self._store.tally()
        reading = await self._newsroom.articles(request.chat)
        up = self._clock.now() - self._started
        count = len(reading.articles)
        samples = ngettext("{count} sample article", "{count} sample articles", count)
        articles = samples.format(count=words.number(count)) if reading.samples else ""
        here = (
            (_("Articles at hand"), articles or words.number(count)),
            (_("Digests"), words.number(len(await self._store.subscriptions(request.chat)))),
        )
        waiting = tally.get("pending", 0) + tally.get("sending", 0)
        bot = (
            (_("Version"), self._version),
            (_("Running for"), words.duration(up)),
            (_("Digests in all chats"), words.number(tally.get("subscriptions", 0))),
            (_("Messages sent"), words.number(tally.get("sent", 0))),
            (_("Waiting"), words.number(waiting)),
            (_("Uncertain"), words.number(tally.get("unknown", 0))),
            (_("Given up"), words.number(tally.get("dead", 0))),
            (_("Missed"), words.number(tally.get("missed", 0))),
        )
        failures = tuple(Notice(failure) for failure in reading.failures[:FAILURES_SHOWN])
        if hidden := len(reading.failures) - len(failures):
            more = ngettext(
                "{count} more feed cannot be read: /following failing",
                "{count} more feeds cannot be read: /following failing",
                hidden,
            )
            failures += (Notice(more.format(count=hidden)),)
        return Reply(
            (Heading(_("This chat")), Listing(here), *failures, Heading(_("The bot")), Listing(bot))
        )

    async def _about(self, _request: Request) -> Reply:
        return about_reply(self._version)

    async def _length(self, chat: Chat) -> Length:
        """Return the length that a chat chose for what names none."""
        return (await self._standing(chat)).settings.length


def _language(standing: Standing, request: Request) -> str:
    return words.best(standing.settings.language or request.locale)


def _token(action: Action) -> str:
    return "~" + sha256(action.arguments.encode(errors="replace")).hexdigest()[:16]


def _is_short(action: Action) -> bool:
    return Action.fits(action.command, action.arguments)


def _pressed_or_typed(request: Request) -> CommandSpec:
    """Find the command; a button may be older than the table."""
    try:
        return find_command(request.command)
    except RequestError:
        if not request.is_press:
            raise
    raise RequestError(
        _("That button is from an older message."), _("Type /help to see what there is.")
    )


def parse_brief(request: Request, usual: Length = Length.NORMAL) -> tuple[str, Length, str]:
    """Read what follows /brief: the link (or path), the length and the method, in any order.

    `usual` is the length when none is said.

    A link in the quoted message counts when none was typed. Raises RequestError.
    """
    length, method = usual, METHODS[0]
    targets = []
    for word in request.arguments.split():
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
            _("There is no method “{name}”.").format(name=name[:40]),
            _("Choose one of {names}.").format(names=words.listed(METHODS, "or")),
        )
    return name


def _only(targets: list[str]) -> str:
    if len(targets) > 1 and any(_is_link(target) for target in targets):
        raise RequestError(
            _("One link at a time, please."),
            _("Type /brief, the link, and short, normal or long."),
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

    A link is to be read, a question in words is about a place; of anything else the desk finds out
    whether it is a topic of the chat.
    """
    links = links_in(text)
    if links:
        return "brief", links[0]
    return ("place", text.strip()) if is_question(text) else (WORDS, text.strip())


def first_link(text: str) -> str:
    """Return the first link in a text. Raises RequestError when there is none."""
    links = links_in(text)
    if not links:
        raise RequestError(
            _("There is no link in the message you replied to."),
            _("Reply /brief to a message that has one."),
        )
    return links[0]
