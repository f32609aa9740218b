"""What a chat follows: feeds in and out, lists as files, filters by words. Knows no HTTP, no XML.

The handlers of /follow, /following, /unfollow, /filter, /mute and /unmute. What was typed is
understood in `follow_orders`, what is said of feeds is put into words in `feed_words`.
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
from bot.core.filters import (
    MAX_WORDS,
    MUTED,
    describe_filter,
    fold,
    muted,
    of_words,
    parse_filter,
    parse_source,
)
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
from bot.core.words import N_, _, ngettext, number, strung

MAX_FOLLOWS = 5_000
"""The most feeds that one chat follows."""
PAGE = 15
"""Feeds shown at a time: their buttons, and those to turn the page, fit every platform."""
LIST_FILE = "dateline.opml"
_FIRST = N_("Type /follow and the address of a site, for example /follow https://example.org")
_ALL = "all"


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
                ("/follow https://example.org", _("finds the feed of the site")),
                ("/follow https://example.org/sport.xml sport", _("gives it the topic “sport”")),
            )
        )
        blocks = (Heading(_("Follow feeds and sites")), Paragraph(_(HOW)), examples)
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
        undo = (Action(_("Unfollow"), "unfollow", key_of(first.url)),) if len(wanted) == 1 else ()
        read = (Action(_("Today's briefing"), "brief"),) if changed else ()
        return Reply(blocks, (*undo, *read, _show_all()))

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
            raise RequestError(_("There is no feed in {name}.").format(name=file.name), _(HOW))
        return _imported(file, read, follows, len(new) - len(follows))

    async def _instead(self, chat: Chat) -> str:
        """Say what a chat that follows nothing reads."""
        defaults = await self._archive.defaults()
        if not defaults:
            return _("This chat follows nothing yet, so it gets sample articles.")
        words = ngettext(
            "This chat follows nothing yet, so it gets the feed that the operator chose: {names}.",
            "This chat follows nothing yet, so it gets {count} feeds that the operator chose, "
            "such as: {names}.",
            len(defaults),
        )
        named = strung(name_of(feed) for feed in defaults[:3])
        return words.format(count=number(len(defaults)), names=named)

    # --- /following

    async def following(self, request: Request) -> Reply:
        """List what is followed: a page of it, one topic of it, or all of it as a file."""
        known = await self._archive.follows(request.chat)
        if not known:
            return await self._nothing_followed(request.chat)
        words = request.arguments.split()
        if [word.lower() for word in words] == ["opml"]:
            return self._as_file(known)
        page, topic = page_and_topic(words)
        states = await self._archive.feeds([one.feed.url for one in known])
        failing = {state.feed.url for state in states if state.failures}
        numbered = of_topic(list(enumerate(known, 1)), topic, failing)
        shown = numbered[(page - 1) * PAGE : page * PAGE]
        if topic == FAILING and not numbered:
            said = _("Nothing that this chat follows is failing.")
            return Reply((Paragraph(said),), (_show_all(),), in_place=_is_turn(request))
        if not shown:
            raise RequestError(
                _("There is no page {page}.").format(page=page),
                _("Type /following for the first one."),
            )
        filters = await self._archive.filters(request.chat)
        blocks: tuple[Block, ...] = (
            Heading(_("What this chat follows")),
            Paragraph(_overview(numbered, page, topic, failing)),
            page_of(shown, states, self._clock.now()),
            *_filter_lines(filters),
        )
        turns = _turns(page, len(numbered), topic)
        broken = [Action(_("Failing"), "following", f"page 1 {FAILING}")]
        actions = (*turns, *(broken if failing and not topic else ()), *_stops(shown))
        return Reply(blocks, actions, in_place=_is_turn(request))

    async def _nothing_followed(self, chat: Chat) -> Reply:
        filters = _filter_lines(await self._archive.filters(chat))
        return Reply((Notice(await self._instead(chat), _(_FIRST)), *filters))

    def _as_file(self, known: Sequence[Follow]) -> Reply:
        words = ngettext(
            "{count} feed, for any feed reader. Or send the file back to me.",
            "{count} feeds, for any feed reader. Or send the file back to me.",
            len(known),
        ).format(count=number(len(known)))
        return Reply((Paragraph(words),), attachments=(self._list_file(known),))

    def _list_file(self, follows: Sequence[Follow]) -> Attachment:
        return Attachment(LIST_FILE, self._finder.write_list(listed(one) for one in follows))

    # --- /unfollow

    async def unfollow(self, request: Request) -> Reply:
        """Stop following a feed (by number, address, title or button), a topic, or all."""
        known = await self._archive.follows(request.chat)
        if not known:
            raise RequestError(_("This chat follows nothing of its own yet."), _(_FIRST))
        chosen = choose_follows(request.arguments, known)
        gone = await self._archive.unfollow(request.chat, [one.feed.url for one in chosen])
        if len(gone) == 1:
            return _unfollowed(gone[0])
        said = ngettext(
            "This chat no longer follows {count} feed.",
            "This chat no longer follows {count} feeds.",
            len(gone),
        ).format(count=number(len(gone)))
        again = _("To follow them again, send me this file back: {name}").format(name=LIST_FILE)
        back = Paragraph(again)
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
        on = bool(changed.wanted or changed.unwanted)
        off = (Action(_("Take the filter off"), "filter", f"{changed.topic}: off"),) if on else ()
        return Reply((Paragraph(_now_gets(changed)),), off)

    async def _drop_filters(self, chat: Chat, kept: Sequence[WordFilter]) -> Reply:
        by_words = of_words(kept)
        for one in by_words:
            await self._archive.set_filter(chat, WordFilter(one.topic))
        if not by_words:
            return Reply((Paragraph(_("No filter was on.")),))
        still = [one for one in kept if one.topic == MUTED]
        return Reply((Paragraph(_("The filters are off.")), *_filter_lines(still)))

    # --- /mute, /unmute

    async def mute(self, request: Request) -> Reply:
        """Hear nothing more from a source, or list those of which this chat hears nothing."""
        sources = muted(await self._archive.filters(request.chat))
        name = parse_source(request.arguments)
        if not name:
            return _explain_mutes(sources)
        if fold(name) in map(fold, sources):
            said = _("This chat gets nothing from “{source}” already.").format(source=name)
            return Reply((Paragraph(said),), _unmutes([name]))
        if len(sources) >= MAX_WORDS:
            raise RequestError(
                _("A chat mutes at most {count} sources.").format(count=MAX_WORDS),
                _("Take some away first: /unmute"),
            )
        await self._archive.set_filter(request.chat, WordFilter(MUTED, unwanted=(*sources, name)))
        said = _("This chat gets nothing from “{source}” any more.").format(source=name)
        return Reply((Paragraph(said),), _unmutes([name]))

    async def unmute(self, request: Request) -> Reply:
        """Hear from a source again, or from all."""
        sources = muted(await self._archive.filters(request.chat))
        name = parse_source(request.arguments)
        if not name or not sources:
            return _explain_mutes(sources)
        left = tuple(one for one in sources if fold(one) != fold(name))
        if fold(name) == _ALL and len(left) == len(sources):
            left = ()
        if len(left) == len(sources):
            raise RequestError(
                _("“{source}” is not muted here.").format(source=name),
                _("Type /unmute to see what is."),
            )
        await self._archive.set_filter(request.chat, WordFilter(MUTED, unwanted=left))
        if fold(name) == _ALL and not left:
            return Reply((Paragraph(_("No source is muted any more.")),))
        said = _("This chat hears from “{source}” again.").format(source=name)
        return Reply((Paragraph(said),), (Action(_("Mute again"), "mute", name),))


def _numbered(link: str, found: Sequence[Feed], choice: int) -> _Look:
    if not 1 <= choice <= len(found):
        words = ngettext(
            "That site has no feed {number}: it offers {count} feed now.",
            "That site has no feed {number}: it offers {count} feeds now.",
            len(found),
        ).format(number=choice, count=len(found))
        return _Look(link, error=RequestError(words, f"/follow {link}"))
    return _Look(link, (found[choice - 1],))


def _check_room(new: int, known: int) -> None:
    if new and new + known > MAX_FOLLOWS:
        raise RequestError(
            _("A chat follows at most {count} feeds.").format(count=number(MAX_FOLLOWS)),
            _("Take some away first: /following lists them."),
        )


# --- what is said


def _kept(follow: Follow, before: Follow | None) -> str:
    if before is None:
        words = _("This chat now follows {feed}. Its articles are there within a minute.")
        return words.format(feed=in_a_sentence(follow))
    if not follow.topic or follow.topic == before.topic:
        return _("This chat already follows {feed}.").format(feed=in_a_sentence(before))
    words = _("“{name}” now has the topic “{topic}”.")
    return words.format(name=name_of(before.feed), topic=follow.topic)


def _count(known: Sequence[Follow]) -> str:
    count = len(known)
    line = topics_line(known)
    if line:
        words = ngettext(
            "This chat follows {count} feed: {topics}.",
            "This chat follows {count} feeds: {topics}.",
            count,
        )
    else:
        words = ngettext(
            "This chat follows {count} feed.", "This chat follows {count} feeds.", count
        )
    return words.format(count=number(count), topics=line)


def _show_all() -> Action:
    return Action(_("What is followed"), "following")


def _imported(file: Attachment, read: FeedList, new: Sequence[Follow], beyond: int) -> Reply:
    """Say what came of a list: all of it, to the last feed."""
    before = len(read.feeds) - len(new) - beyond
    words = ngettext(
        "From the list “{name}”, this chat now follows {count} feed.",
        "From the list “{name}”, this chat now follows {count} feeds.",
        len(new),
    )
    said = words.format(name=read.title or file.name, count=number(len(new)))
    blocks: list[Block] = [Paragraph(said)]
    if before:
        words = ngettext(
            "{count} feed of the list was followed before.",
            "{count} feeds of the list were followed before.",
            before,
        )
        blocks.append(Paragraph(words.format(count=number(before))))
    if line := topics_line(new):
        blocks.append(Paragraph(_("By topic: {topics}.").format(topics=line)))
    if left := read.left_out + beyond:
        blocks.append(Notice(_left_out(left)))
    if read.failures:
        blocks += [Notice(_("Not all of the list could be read:")), names(read.failures)]
    if not new:
        return Reply(tuple(blocks), (_show_all(),))
    blocks.append(Paragraph(_("In a few minutes I know which of them cannot be read.")))
    return Reply(
        tuple(blocks), (_show_all(), Action(_("What cannot be read"), "following", FAILING))
    )


def _left_out(left: int) -> str:
    return ngettext(
        "{count} feed of the list was left out: a chat follows at most {most}.",
        "{count} feeds of the list were left out: a chat follows at most {most}.",
        left,
    ).format(count=number(left), most=number(MAX_FOLLOWS))


def _overview(
    numbered: Sequence[tuple[int, Follow]], page: int, topic: str, failing: Collection[str]
) -> str:
    """Say how many feeds there are, and how many of them fail: "47 feeds, 2 failing"."""
    count, pages = len(numbered), -(-len(numbered) // PAGE)
    said = [ngettext("{count} feed", "{count} feeds", count).format(count=number(count))]
    if topic and topic != FAILING:
        said.append(_("topic: {topic}").format(topic=topic))
    if bad := sum(one.feed.url in failing for _number, one in numbered):
        said.append(ngettext("{count} failing", "{count} failing", bad).format(count=number(bad)))
    if pages > 1:
        said.append(_("page {page} of {pages}").format(page=page, pages=pages))
    return strung(said)


def _is_turn(request: Request) -> bool:
    """Whether a page of the list is turned: it takes the other's place."""
    return request.is_press and request.arguments.startswith("page ")


def _turns(page: int, count: int, topic: str) -> tuple[Action, ...]:
    ways = [(_("Back"), page - 1)] if page > 1 else []
    ways += [(_("Next"), page + 1)] if page * PAGE < count else []
    turns = [Action(label, "following", f"page {to} {topic}".strip()) for label, to in ways]
    return (*turns, Action(_("Export (OPML)"), "following", "opml"))


def _stops(shown: Sequence[tuple[int, Follow]]) -> tuple[Action, ...]:
    return tuple(
        Action(_("Unfollow {number}").format(number=place), "unfollow", key_of(one.feed.url))
        for place, one in shown
    )


def _unfollowed(gone: Follow) -> Reply:
    said = _("This chat no longer follows “{name}”.").format(name=name_of(gone.feed))
    again = f"{gone.feed.url} {gone.topic}".strip()
    return Reply((Paragraph(said),), (Action(_("Follow again"), "follow", again),))


def _now_gets(words: WordFilter) -> str:
    described = describe_filter(words)
    if not words.topic:
        return _("This chat now gets: {filter}.").format(filter=described)
    said = _("Of the topic “{topic}”, this chat now gets: {filter}.")
    return said.format(topic=words.topic, filter=described)


def _filter_lines(filters: Sequence[WordFilter]) -> tuple[Listing, ...]:
    """List the filters and the muted sources, if there are any."""
    lines = [
        (
            _("Filter of {topic}").format(topic=one.topic) if one.topic else _("Filter"),
            describe_filter(one),
        )
        for one in of_words(filters)
    ]
    if sources := muted(filters):
        lines.append((_("Muted sources"), strung(sources)))
    return (Listing(tuple(lines)),) if lines else ()


def _explain_filters(kept: Sequence[WordFilter]) -> Reply:
    how = Listing(
        (
            ("/filter only climate, energy", _("articles that have one of these words")),
            ("/filter without football", _("none that has this word")),
            ("/filter sport: without boxing", _("for one topic")),
            ("/filter off", _("everything again")),
            ("/mute example.org", _("nothing from this source")),
        )
    )
    what = Paragraph(_("Words are plain words; case and accents do not count."))
    now = _filter_lines(kept) or (Paragraph(_("No filter is on.")),)
    off = (Action(_("Take all filters off"), "filter", "off"),) if of_words(kept) else ()
    actions = (*off, *_unmutes(muted(kept)))
    return Reply((Heading(_("Filters")), *now, how, what), actions)


def _explain_mutes(sources: Sequence[str]) -> Reply:
    how = Paragraph(_("Type /mute and a source, named as a briefing shows it, or its host."))
    if not sources:
        return Reply((Paragraph(_("No source is muted here.")), how))
    return Reply(
        (
            Heading(_("Muted sources")),
            Listing(tuple(("", f"• {source}") for source in sources)),
            how,
        ),
        _unmutes(sources),
    )


def _unmutes(sources: Sequence[str]) -> tuple[Action, ...]:
    """Offer to hear from sources again: as many as fit under a message."""
    return tuple(
        Action(_("Unmute {source}").format(source=source), "unmute", source)
        for source in sources[:PAGE]
    )
