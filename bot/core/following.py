"""What a chat follows: feeds in and out, lists as files, filters by words. Knows no HTTP, no XML.

The handlers of /follow, /following, /unfollow and /filter. What was typed is understood in
`follow_orders`, what is said of feeds is put into words in `feed_words`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.core.archive import Archive, Follow, WordFilter
from bot.core.errors import RequestError, SourceError
from bot.core.feed_words import (
    choices,
    in_a_sentence,
    key_of,
    listed,
    name_of,
    names,
    page_of,
    topic_of,
    topics_line,
    with_topic,
)
from bot.core.filters import describe_filter, fold, parse_filter
from bot.core.follow_orders import (
    FAILING,
    HOW,
    Order,
    choose_follows,
    known_topic,
    of_topic,
    page_and_topic,
    parse_follow,
    same_topic,
    spelt_alike,
)
from bot.core.messages import (
    Action,
    Attachment,
    Block,
    Chat,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    Request,
)
from bot.core.news import Feed, FeedList, ListedFeed
from bot.core.ports import Clock

MAX_FOLLOWS = 5_000
"""The most feeds that one chat follows."""
PAGE = 15
"""Feeds shown at a time: their buttons, and those to turn the page, fit every platform."""
LIST_FILE = "dateline.opml"
_FIRST = "Type /follow and the address of a site, for example /follow https://example.org"


class FeedFinder(Protocol):
    """What lies behind a link, and lists of feeds as files."""

    async def find(self, link: str) -> Sequence[Feed]:
        """Return the feed at a link, or those that its page offers, the likeliest first.

        When there is but one it was read, so its title is its own. Raises RequestError or
        SourceError.
        """

    async def read_list(self, body: bytes) -> FeedList:
        """Return the feeds in an OPML file and in those it includes. Raises RequestError."""

    def write_list(self, feeds: Iterable[ListedFeed]) -> bytes:
        """Return an OPML file of these feeds."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What one link turned out to be: feeds, or an error."""

    link: str
    feeds: tuple[Feed, ...] = ()
    error: RequestError | SourceError | None = None


class Following:
    """Answers all that is asked about what a chat follows."""

    def __init__(self, archive: Archive, finder: FeedFinder, clock: Clock) -> None:
        self._archive = archive
        self._finder = finder
        self._clock = clock

    # --- /follow

    async def follow(self, request: Request) -> Reply:
        """Follow the feeds at the links, or in the file, that came with the request."""
        order = parse_follow(request)
        known = await self._archive.follows(request.chat)
        order = replace(order, topic=same_topic(order.topic, known))
        if request.file is not None:
            return await self._take_list(request.chat, request.file, order.topic, known)
        if not order.links:
            return await self._explain(request.chat, known)
        looks = await asyncio.gather(*(self._look(link, order, known) for link in order.links))
        if len(looks) == 1 and looks[0].error:
            raise looks[0].error
        return await self._take(request.chat, looks, order, known)

    async def _explain(self, chat: Chat, known: Sequence[Follow]) -> Reply:
        examples = Listing(
            (
                ("/follow https://example.org", "finds the site's feed"),
                ("/follow https://example.org/sport.xml sport", "puts it under “sport”"),
            )
        )
        blocks = (Heading("Follow feeds and sites"), Paragraph(HOW), examples)
        if known:
            return Reply((*blocks, Paragraph(_count(known))), (_show_all(),))
        return Reply((*blocks, Paragraph(await self._instead(chat))))

    async def _look(self, link: str, order: Order, known: Sequence[Follow]) -> _Look:
        """Find the feed at a link; one that is followed already needs no network."""
        there = [one.feed for one in known if one.feed.url == link]
        if there:
            return _Look(link, tuple(there))
        try:
            found = tuple(await self._finder.find(link))
        except (RequestError, SourceError) as error:
            return _Look(link, error=error)
        if order.number:
            return _numbered(link, found, order.number)
        return _Look(link, found)

    async def _take(
        self, chat: Chat, looks: Sequence[_Look], order: Order, known: Sequence[Follow]
    ) -> Reply:
        blocks: list[Block] = []
        actions: list[Action] = []
        wanted: dict[str, Follow] = {}
        for look in looks:
            if look.error:
                hint = look.error.hint if isinstance(look.error, RequestError) else ""
                blocks.append(Notice(f"{look.link}: {look.error}", hint))
            elif len(look.feeds) == 1:
                [feed] = look.feeds
                wanted[feed.url] = Follow(chat, feed, order.topic)
            else:
                asked, buttons = choices(look.link, look.feeds, order.topic)
                blocks += asked
                actions += buttons
        told = await self._keep(chat, list(wanted.values()), known)
        return Reply((*told.blocks, *blocks), (*actions, *told.actions))

    async def _keep(self, chat: Chat, wanted: Sequence[Follow], known: Sequence[Follow]) -> Reply:
        """Follow what is new, and say of each feed what became of it."""
        before = {one.feed.url: one for one in known}
        changed = [one for one in wanted if one.feed.url not in before or one.topic]
        _check_room(len([one for one in changed if one.feed.url not in before]), len(known))
        if changed:
            await self._archive.follow(changed, self._clock.now())
        blocks = tuple(Paragraph(_kept(one, before.get(one.feed.url))) for one in wanted)
        if not wanted:
            return Reply(())
        first = wanted[0].feed
        undo = (Action("Unfollow", "unfollow", key_of(first.url)),) if len(wanted) == 1 else ()
        return Reply(blocks, (*undo, _show_all()))

    async def _take_list(
        self, chat: Chat, file: Attachment, topic: str, known: Sequence[Follow]
    ) -> Reply:
        """Follow all that a list names: nothing of it is left out in silence."""
        read = await self._finder.read_list(file.content)
        before = {one.feed.url for one in known}
        new = [one for one in read.feeds if one.feed.url not in before]
        room = max(0, MAX_FOLLOWS - len(known))
        topics = spelt_alike([topic or topic_of(one.folders) for one in new[:room]], known)
        follows = [
            Follow(chat, one.feed, word) for one, word in zip(new[:room], topics, strict=True)
        ]
        if follows:
            await self._archive.follow(follows, self._clock.now())
        elif not read.feeds and not read.failures:
            raise RequestError(f"There is no feed in {file.name}.", HOW)
        return _imported(file, read, follows, len(new) - len(follows))

    async def _instead(self, chat: Chat) -> str:
        """Say what a chat that follows nothing reads."""
        defaults = await self._archive.defaults()
        if not defaults:
            return "This chat follows nothing yet, so it gets sample articles."
        first = ", ".join(name_of(feed) for feed in defaults[:3])
        more = f" and {len(defaults) - 3} more" if len(defaults) > 3 else ""
        return f"This chat follows nothing yet, so it gets what the operator chose: {first}{more}."

    # --- /following

    async def following(self, request: Request) -> Reply:
        """List what is followed: a page of it, one topic of it, or all of it as a file."""
        known = await self._archive.follows(request.chat)
        if not known:
            return Reply((Notice(await self._instead(request.chat), _FIRST),))
        words = request.arguments.split()
        if [word.lower() for word in words] == ["opml"]:
            return self._as_file(known)
        page, topic = page_and_topic(words)
        states = await self._archive.feeds([one.feed.url for one in known])
        failing = {state.feed.url for state in states if state.failures}
        numbered = of_topic(list(enumerate(known, 1)), topic, failing)
        shown = numbered[(page - 1) * PAGE : page * PAGE]
        if topic == FAILING and not numbered:
            return Reply((Paragraph("Nothing that this chat follows is failing."),), (_show_all(),))
        if not shown:
            raise RequestError(f"There is no page {page}.", "Type /following for the first one.")
        filters = await self._archive.filters(request.chat)
        blocks = (
            Heading("What this chat follows"),
            Paragraph(_overview(numbered, page, topic, failing)),
            page_of(shown, states, self._clock.now()),
            *([_filter_lines(filters)] if filters else []),
        )
        turns = _turns(page, len(numbered), topic)
        only_failing = [Action("Failing", "following", FAILING)] if failing and not topic else []
        return Reply(blocks, (*turns, *only_failing, *_stops(shown)))

    def _as_file(self, known: Sequence[Follow]) -> Reply:
        words = f"{_feeds(len(known))}, for any feed reader, or for me: send it back."
        return Reply((Paragraph(words),), attachments=(self._list_file(known),))

    def _list_file(self, follows: Sequence[Follow]) -> Attachment:
        return Attachment(LIST_FILE, self._finder.write_list(listed(one) for one in follows))

    # --- /unfollow

    async def unfollow(self, request: Request) -> Reply:
        """Stop following a feed (by number, address, title or button), a topic, or all."""
        known = await self._archive.follows(request.chat)
        if not known:
            raise RequestError("This chat follows nothing of its own yet.", _FIRST)
        chosen = choose_follows(request.arguments, known)
        gone = await self._archive.unfollow(request.chat, [one.feed.url for one in chosen])
        if len(gone) == 1:
            return _unfollowed(gone[0])
        said = f"This chat no longer follows {_feeds(len(gone))}."
        back = Paragraph(f"To follow them again, send me this file back: {LIST_FILE}")
        titles = names([with_topic(one) for one in gone])
        return Reply((Paragraph(said), titles, back), attachments=(self._list_file(gone),))

    async def suggest(self, chat: Chat, typed: str) -> Reply:
        """Complete a half-typed feed for /unfollow: one action each, as a button would have it."""
        known = await self._archive.follows(chat)
        sought = fold(typed.strip())
        found = [one for one in known if sought in fold(f"{with_topic(one)} {one.feed.url}")]
        return Reply(
            (),
            tuple(Action(with_topic(one), "unfollow", key_of(one.feed.url)) for one in found[:25]),
        )

    # --- /filter

    async def filter(self, request: Request) -> Reply:
        """Show the chat's filters, or change one."""
        kept = await self._archive.filters(request.chat)
        words = request.arguments.strip()
        if words.lower() == "off":
            return await self._drop_filters(request.chat, kept)
        if not words:
            return _explain_filters(kept)
        changed = parse_filter(words, kept)
        known = await self._archive.follows(request.chat)
        changed = replace(changed, topic=known_topic(changed.topic, known, kept))
        await self._archive.set_filter(request.chat, changed)
        of = f"Of “{changed.topic}” this chat" if changed.topic else "This chat"
        said = f"{of} now gets: {describe_filter(changed)}."
        back = f"{changed.topic}: off" if changed.topic else ": off"
        off = (Action("Take the filter off", "filter", back),) if _is_on(changed, back) else ()
        return Reply((Paragraph(said),), off)

    async def _drop_filters(self, chat: Chat, kept: Sequence[WordFilter]) -> Reply:
        for one in kept:
            await self._archive.set_filter(chat, WordFilter(one.topic))
        said = "The filters are off: this chat gets everything." if kept else "No filter was on."
        return Reply((Paragraph(said),))


def _numbered(link: str, found: Sequence[Feed], number: int) -> _Look:
    if not 1 <= number <= len(found):
        count = _feeds(len(found))
        error = RequestError(f"It has no feed {number}: it offers {count} now.", f"/follow {link}")
        return _Look(link, error=error)
    return _Look(link, (found[number - 1],))


def _check_room(new: int, known: int) -> None:
    if new and new + known > MAX_FOLLOWS:
        raise RequestError(
            f"A chat follows at most {MAX_FOLLOWS:,} feeds.",
            "Take some away first: /following lists them.",
        )


# --- what is said


def _feeds(count: int) -> str:
    return "1 feed" if count == 1 else f"{count:,} feeds"


def _kept(follow: Follow, before: Follow | None) -> str:
    if before is None:
        return f"This chat now follows {in_a_sentence(follow)}. I read it from now on."
    if not follow.topic or follow.topic == before.topic:
        return f"This chat already follows {in_a_sentence(before)}."
    return f"“{name_of(before.feed)}” now stands under “{follow.topic}”."


def _count(known: Sequence[Follow]) -> str:
    line = topics_line(known)
    return f"This chat follows {_feeds(len(known))}{': ' + line if line else ''}."


def _show_all() -> Action:
    return Action("What is followed", "following")


def _imported(file: Attachment, read: FeedList, new: Sequence[Follow], beyond: int) -> Reply:
    """Say what came of a list: all of it, to the last feed."""
    before = len(read.feeds) - len(new) - beyond
    origin = f"“{read.title}”" if read.title else file.name
    blocks: list[Block] = [Paragraph(f"From {origin}: {_feeds(len(new))} to follow from now on.")]
    if before:
        followed = "was" if before == 1 else "were"
        blocks.append(Paragraph(f"{_feeds(before)} of the list {followed} followed before."))
    if line := topics_line(new):
        blocks.append(Paragraph(f"By topic: {line}."))
    if left := read.left_out + beyond:
        said = f"{_feeds(left)} of the list {'was' if left == 1 else 'were'} left out"
        blocks.append(Notice(f"{said}: a chat follows at most {MAX_FOLLOWS:,}."))
    if read.failures:
        blocks += [Notice("Not all of the list could be read:"), names(read.failures)]
    if new:
        blocks.append(Paragraph("/following says which of them cannot be read."))
    return Reply(tuple(blocks), (_show_all(),))


def _overview(
    numbered: Sequence[tuple[int, Follow]], page: int, topic: str, failing: Collection[str]
) -> str:
    """Say how many feeds there are, and how many of them fail: "47 feeds, 2 failing"."""
    pages = -(-len(numbered) // PAGE)
    under = f" under “{topic}”" if topic and topic != FAILING else ""
    bad = sum(one.feed.url in failing for _, one in numbered)
    said = _feeds(len(numbered)) + under + (f", {bad:,} failing" if bad else "")
    return said + (f", page {page} of {pages}" if pages > 1 else "")


def _turns(page: int, count: int, topic: str) -> tuple[Action, ...]:
    ways = [("Back", page - 1)] if page > 1 else []
    ways += [("More", page + 1)] if page * PAGE < count else []
    turns = [(label, f"page {to} {topic}".strip()) for label, to in ways]
    buttons = [
        Action(label, "following", to) for label, to in turns if Action.fits("following", to)
    ]
    return (*buttons, Action("As a file", "following", "opml"))


def _stops(shown: Sequence[tuple[int, Follow]]) -> tuple[Action, ...]:
    return tuple(
        Action(f"Unfollow {number}", "unfollow", key_of(one.feed.url)) for number, one in shown
    )


def _unfollowed(gone: Follow) -> Reply:
    said = f"This chat no longer follows “{name_of(gone.feed)}”."
    again = f"{gone.feed.url} {gone.topic}".strip()
    if Action.fits("follow", again):
        return Reply((Paragraph(said),), (Action("Follow again", "follow", again),))
    return Reply((Paragraph(said), Paragraph(f"To follow it again: /follow {again}")))


def _filter_lines(filters: Sequence[WordFilter]) -> Block:
    return Listing(
        tuple(
            (f"Filter{' of ' + one.topic if one.topic else ''}", describe_filter(one))
            for one in filters
        )
    )


def _explain_filters(kept: Sequence[WordFilter]) -> Reply:
    how = Listing(
        (
            ("/filter only climate, energy", "articles that have one of these words"),
            ("/filter without football", "none that has this word"),
            ("/filter sport: without boxing", "for one topic"),
            ("/filter off", "everything again"),
        )
    )
    what = "Words are plain words; case and accents do not count."
    if not kept:
        return Reply((Heading("Filters"), Paragraph("No filter is on."), how, Paragraph(what)))
    off = Action("Take all filters off", "filter", "off")
    return Reply((Heading("Filters"), _filter_lines(kept), how, Paragraph(what)), (off,))


def _is_on(words: WordFilter, back: str) -> bool:
    return bool(words.wanted or words.unwanted) and Action.fits("filter", back)
