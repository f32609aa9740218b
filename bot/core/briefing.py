"""Which stories a briefing tells, in what order, and how it reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import assert_never

from bot.core import words
from bot.core.feed_words import host_of
from bot.core.messages import (
    Action,
    Block,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Reply,
    StoryItem,
)
from bot.core.news import SAMPLE, Briefing, Since, Story, Why
from bot.core.ports import Places
from bot.core.words import N_, _, ngettext, spoken
from summaries.article import Article, Length, Summary
from summaries.places.gazetteer import comma
from summaries.places.place import Place

STORIES = {Length.SHORT: 3, Length.NORMAL: 5, Length.LONG: 8}
"""How many stories a briefing of each length tells."""
ALSO_SHOWN = 2
"""More sources than this that have a story too are counted."""
SOURCES_SHOWN = 12
"""The most sources that are offered to be muted."""
UNTITLED = N_("Untitled")
_MORE = re.compile(r"(?:^|\s)more(?:\s+(\d{1,4}))?$", re.IGNORECASE)


def choose(
    articles: Sequence[Article], length: Length, skip: int = 0
) -> tuple[tuple[Article, ...], int]:
    """Return the articles to tell after some, and how many are left out.

    Those in the language that is spoken come first, the newest first in each.
    """
    readable = [article for article in articles if article.paragraphs]
    ordered = sorted(readable, key=lambda one: (one.language != spoken(), *newest_first(one)))
    count = STORIES[length]
    return tuple(ordered[skip:][:count]), max(0, len(ordered[skip:]) - count)


def newest_first(article: Article) -> tuple[float, str]:
    """Sort key: newest first, undated last, then by title."""
    return (-article.published.timestamp() if article.published else float("inf"), article.title)


def more_asked(typed: str) -> tuple[str, int | None]:
    """Take "more" off the end of what was typed after /brief; tell how many to skip, or None."""
    match = _MORE.search(typed)
    return (typed[: match.start()].strip(), int(match[1] or 0)) if match else (typed, None)


# --- one page


def story_reply(story: Story, target: str, length: Length, places: Places | None = None) -> Reply:
    """Turn one article's summary into a reply; another length takes its place."""
    blocks: list[Block] = [story_item(story, places)]
    if story.summary.whole:
        blocks.append(Paragraph(_("The article is too short to shorten: this is all of it.")))
    actions = _length_actions(target, length, whole=story.summary.whole)
    if story.places and "://" in story.article.url:
        actions += (Action(_("Map"), "map", story.article.url),)
    return Reply(tuple(blocks), actions, in_place=True)


# --- a briefing


def briefing_reply(
    briefing: Briefing,
    length: Length,
    places: Places | None = None,
    *,
    next_digest: datetime | None = None,
) -> Reply:
    """Turn a briefing into a reply: heading, stories, then what the reader should know.

    With `places`, they are named in the spoken language. `next_digest` is when the next one comes
    to this chat, in its own time zone.
    """
    heading = Heading(_heading(briefing))
    footer = _footer(briefing, next_digest)
    if not briefing.stories or (briefing.goes_on and briefing.repeats):
        return Reply((heading, _nothing(briefing), *footer))
    stories = tuple(story_item(story, places, briefing.titles) for story in briefing.stories)
    return Reply((heading, *stories, *_remarks(briefing), *footer), _actions(briefing, length))


def _heading(briefing: Briefing) -> str:
    day, topic = words.day(briefing.day), briefing.topic
    if briefing.goes_on:
        return _("More stories, {day}").format(day=day)
    if topic:
        return _("Briefing on {topic}, {day}").format(topic=topic, day=day)
    return _("Briefing, {day}").format(day=day)


def _nothing(briefing: Briefing) -> Notice:
    """Say why there is no story: it makes a difference what to do."""
    if briefing.goes_on:
        return Notice(_("There are no more stories today."), _("Type /brief for the first ones."))
    if briefing.unread:
        said = ngettext(
            "{count} feed has not been read yet.",
            "{count} feeds have not been read yet.",
            briefing.unread,
        )
        return Notice(said.format(count=briefing.unread), _("Ask again in a minute: /brief"))
    if briefing.feeds:
        said = ngettext(
            "Nothing new came from {count} feed.",
            "Nothing new came from {count} feeds.",
            briefing.feeds,
        )
        return Notice(
            said.format(count=briefing.feeds),
            _("Type /following to see your feeds, /filter to see what is left out."),
        )
    return Notice(
        _("There is nothing to brief you on today."),
        _("Send /brief with a link to read a page."),
    )


def _remarks(briefing: Briefing) -> tuple[Block, ...]:
    """Say what these stories are, where they are not what was asked for."""
    if briefing.samples:
        return (
            Paragraph(
                _(
                    "This chat follows nothing yet: these are Dateline's sample articles. "
                    "Follow what you read: /follow and the address of a site."
                )
            ),
        )
    if briefing.repeats:
        return (Paragraph(_("Nothing new came since the last briefing: these were told before.")),)
    if briefing.stale:
        return (Paragraph(_("Nothing new came in the last days: these are the newest there are.")),)
    return ()


def _footer(briefing: Briefing, next_digest: datetime | None) -> tuple[Block, ...]:
    """Say what is failing, and when the next digest comes, each in a line."""
    if briefing.goes_on:
        return ()
    # Of feeds it is enough to say how many; of the samples every fault is said.
    failures = () if briefing.feeds else tuple(Notice(failure) for failure in briefing.failures)
    lines = [*_failing(briefing), *([_next(next_digest, briefing.day)] if next_digest else [])]
    return (*failures, *([Paragraph("\n".join(lines))] if lines else []))


def _failing(briefing: Briefing) -> list[str]:
    lines = []
    if briefing.failing:
        said = ngettext(
            "{count} of {total} feeds is failing: /following failing",
            "{count} of {total} feeds are failing: /following failing",
            briefing.failing,
        )
        lines.append(said.format(count=briefing.failing, total=briefing.feeds))
    if briefing.unreadable:
        said = ngettext(
            "{count} article could not be read: /status",
            "{count} articles could not be read: /status",
            briefing.unreadable,
        )
        lines.append(said.format(count=briefing.unreadable))
    return lines


def _next(at: datetime, today: date) -> str:
    hour, days = words.hour(at.time()), (at.date() - today).days
    if days == 0:
        return _("The next digest comes today at {hour}.").format(hour=hour)
    if days == 1:
        return _("The next digest comes tomorrow at {hour}.").format(hour=hour)
    day = words.day(at.date())
    return _("The next digest comes on {day} at {hour}.").format(day=day, hour=hour)


def _actions(briefing: Briefing, length: Length) -> tuple[Action, ...]:
    typed = f"{briefing.topic} {length}".strip()
    more = Action(_("More stories"), "brief", f"{typed} more")
    if briefing.samples:
        more = replace(more, arguments=f"{typed} more {briefing.told}")
    following = (more,) if briefing.left else ()
    if briefing.goes_on:  # the other buttons stand under the first stories
        return following
    near = _length_actions(briefing.topic, length)
    has_places = any(story.places for story in briefing.stories)
    return (
        *near,
        *following,
        *((Action(_("Map"), "map"),) if has_places and not briefing.topic else ()),
        Action(_("Why these stories"), "why", typed),
        *(() if briefing.samples else (Action(_("Mute a source"), "sources", typed),)),
    )


def _length_actions(target: str, length: Length, *, whole: bool = False) -> tuple[Action, ...]:
    """Offer the other lengths; of what is told whole there is nothing more to tell."""
    lengths = list(Length)
    at = lengths.index(length)
    near = [(_("Shorter"), lengths[at - 1])] if at > 0 else []
    near += [(_("Longer"), lengths[at + 1])] if at + 1 < len(lengths) and not whole else []
    return tuple(Action(label, "brief", f"{target} {other}".strip()) for label, other in near)


def sources_reply(briefing: Briefing) -> Reply:
    """Offer to mute the sources of a briefing."""
    named = [
        source_of(one, briefing.titles)
        for story in briefing.stories
        for one in (story.article, *story.also)
    ]
    sources = list(dict.fromkeys(filter(None, named)))[:SOURCES_SHOWN]
    if not sources:
        return Reply((_nothing(briefing),))
    how = _("This chat gets nothing from a source that it mutes. To hear it again: /unmute")
    actions = tuple(
        Action(_("Mute {source}").format(source=source), "mute", source) for source in sources
    )
    return Reply((Heading(_("Mute a source")), Paragraph(how)), actions)


# --- why


def why_reply(briefing: Briefing) -> Reply:
    """Say of each story of a briefing why it is told, and where else it stands."""
    if not briefing.stories:
        return Reply((_nothing(briefing),))
    lines = tuple(
        (_title(story.article), "; ".join(_why(story, briefing.titles)))
        for story in briefing.stories
    )
    order = _(
        "Stories come first that many independent sources carry, that are fresh, and that belong "
        "to your topics. Of several stories on one place or from one source, the first counts most."
    )
    left = ngettext(
        "{count} more story was left out.", "{count} more stories were left out.", briefing.left
    ).format(count=briefing.left)
    blocks = Heading(_("Why these stories")), Listing(lines), Paragraph(order)
    return Reply((*blocks, Paragraph(left)) if briefing.left else blocks)


def _why(story: Story, titles: Mapping[str, str]) -> tuple[str, ...]:
    others = _others(story, titles)
    also = _("also in {sources}").format(sources=words.listed(others)) if others else ""
    return tuple(part for part in (*_reasons(story.why), also) if part)


def _reasons(why: Why | None) -> tuple[str, ...]:
    if why is None:
        return (_("the newest come first"),)
    carried = ngettext(
        "carried by {count} of your sources", "carried by {count} of your sources", why.carriers
    ).format(count=why.carriers)
    return (
        carried if why.carriers > 1 else "",
        _("without a date") if why.age is None else _age(why.age),
        _("in your topic {topic}").format(topic=why.topic) if why.topic else "",
        _since(why),
    )


def _age(age: timedelta) -> str:
    hours = round(age.total_seconds() / 3600)
    if hours < 1:
        return _("less than an hour old")
    if hours < 48:
        return ngettext("{count} hour old", "{count} hours old", hours).format(count=hours)
    return ngettext("{count} day old", "{count} days old", hours // 24).format(count=hours // 24)


def _since(why: Why) -> str:
    match why.since:
        case Since.FIRST:
            return ""
        case Since.NEW:
            return _("new since the last briefing")
        case Since.GOES_ON:
            return ngettext(
                "goes on, with {count} new article", "goes on, with {count} new articles", why.new
            ).format(count=why.new)
        case Since.TOLD:
            return _("told before")
        case _:
            assert_never(why.since)


# --- one story


def story_item(
    story: Story, places: Places | None = None, titles: Mapping[str, str] | None = None
) -> StoryItem:
    """Show a story: its title, where and when, its sentences verbatim, and where they stand.

    `titles` are those of feeds, by address: a feed's own title says more than a host.
    """
    article, known = story.article, titles or {}
    shown = [one.sentence for one in story.sourced] or list(story.summary.sentences)
    where = " / ".join(known_as(place, places) for place in story.places)
    byline = [_also(story, known), _traced(story, known)]
    return StoryItem(
        title=_title(article),
        sentences=tuple(sentence.text for sentence in shown),
        byline=" · ".join(filter(None, byline)),
        url=article.url,
        dateline=" · ".join(filter(None, [where, show_date(article.published)])),
        source=source_of(article, known),
        image=article.image,
    )


def _title(article: Article) -> str:
    return article.title or _(UNTITLED)


def source_of(article: Article, titles: Mapping[str, str]) -> str:
    """Return the name of who publishes an article; of a bare host, its feed's title.

    `titles` are those of feeds, by address.
    """
    is_host = not article.source or article.source == host_of(article.url).removeprefix("www.")
    source = _(SAMPLE) if article.source == SAMPLE else article.source
    return (titles.get(article.feed, "") if is_host else "") or source


def known_as(place: Place, places: Places | None) -> str:
    """Name a place in the spoken language, as short as is clear: "Mosul", "Paris, Texas"."""
    if places is None:
        return place.name
    label, between = places.label(place, words.spoken()), comma(words.spoken())
    name, *around = label.split(between)
    for short in (name, *sorted((f"{name}{between}{outer}" for outer in around), key=len)):
        meant = places.lookup(short, words.spoken()).place
        if meant is not None and meant.id == place.id:
            return short
    return label


def _traced(story: Story, titles: Mapping[str, str]) -> str:
    """Say where the sentences stand; of several articles, which are whose, in their order."""
    if not story.sourced:
        return positions(story.summary)
    if all(one.article == story.article for one in story.sourced):
        shown = tuple(one.sentence for one in story.sourced)
        return positions(replace(story.summary, sentences=shown))
    whose: dict[str, list[str]] = {}
    for one in story.sourced:
        name = source_of(one.article, titles) or one.article.title
        whose.setdefault(name, []).append(str(one.sentence.index + 1))
    return "; ".join(
        ngettext(
            "{source}: sentence {numbers}", "{source}: sentences {numbers}", len(numbers)
        ).format(source=name, numbers=words.strung(numbers))
        for name, numbers in whose.items()
    )


def _also(story: Story, titles: Mapping[str, str]) -> str:
    """Say who else has it; of many, how many."""
    quoted = {source_of(one.article, titles) for one in story.sourced}
    others = [name for name in _others(story, titles) if name not in quoted]
    return also_in(others)


def also_in(others: Sequence[str]) -> str:
    """Say in which other feeds it stands: few by name, many by number."""
    if len(others) > ALSO_SHOWN:
        said = ngettext("also in {count} feed", "also in {count} feeds", len(others))
        return said.format(count=len(others))
    return _("also in {sources}").format(sources=words.listed(others)) if others else ""


def _others(story: Story, titles: Mapping[str, str]) -> list[str]:
    """Name the other articles' sources, each once; in another language, with its name."""
    lead = story.article
    names = [_other(one, lead, titles) for one in story.also]
    return list(dict.fromkeys(name for name in names if name))


def _other(article: Article, lead: Article, titles: Mapping[str, str]) -> str:
    """Name a source beside the one in front: another feed of the same house by its own title."""
    name = source_of(article, titles)
    if article.language and article.language != lead.language:
        language = words.locale().languages.get(article.language, article.language)
        return f"{name} ({language})" if name else language
    if name != source_of(lead, titles):
        return name
    title = titles.get(article.feed, "")
    return title if article.feed != lead.feed and title != name else ""


def show_date(published: datetime | None) -> str:
    """Say a publication date, or nothing when it is not known."""
    return words.day(published.date(), "long") if published else ""


def positions(summary: Summary) -> str:
    """Say where the sentences stand: "sentences 1, 4 of 31"."""
    numbers = [str(sentence.index + 1) for sentence in summary.sentences]
    if not numbers or summary.whole:
        return ""
    said = ngettext("sentence {numbers} of {total}", "sentences {numbers} of {total}", len(numbers))
    return said.format(numbers=words.strung(numbers), total=summary.total)
