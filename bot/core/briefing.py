"""Which stories a briefing tells, in what order, and how it reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.core import words
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
from bot.core.news import Briefing, Since, Story, Why
from bot.core.words import N_, _, ngettext
from summaries.article import Article, Length, Summary

STORIES = {Length.SHORT: 3, Length.NORMAL: 5, Length.LONG: 8}
"""How many stories a briefing of each length tells."""


FAILURES_SHOWN = 3
"""More failing feeds than this are counted."""
ALSO_SHOWN = 2
"""More sources than this that have a story too are counted."""
UNTITLED = N_("Untitled")


def choose(articles: Sequence[Article], length: Length) -> tuple[tuple[Article, ...], int]:
    """Return the articles to tell, newest first, and how many are left out."""
    readable = [article for article in articles if article.paragraphs]
    newest = sorted(readable, key=newest_first)
    count = STORIES[length]
    return tuple(newest[:count]), max(0, len(newest) - count)


def newest_first(article: Article) -> tuple[float, str]:
    """Sort key: newest first, undated last, then by title."""
    return (-article.published.timestamp() if article.published else float("inf"), article.title)


def story_reply(story: Story, target: str, length: Length) -> Reply:
    """Turn one article's summary into a reply."""
    blocks: list[Block] = [story_item(story)]
    if story.summary.whole:
        blocks.append(Paragraph(_("The article is too short to shorten: this is all of it.")))
    return Reply(tuple(blocks), _length_actions(target, length))


def briefing_reply(briefing: Briefing, length: Length) -> Reply:
    """Turn a briefing into a reply: heading, stories, then what the reader should know."""
    heading = Heading(_heading(briefing))
    stories = tuple(story_item(story) for story in briefing.stories)
    failures = tuple(Notice(failure) for failure in briefing.failures[:FAILURES_SHOWN])
    if not stories:
        return Reply((heading, _nothing(briefing), *failures))
    actions = _length_actions(briefing.topic, length)
    if any(story.why for story in briefing.stories):
        actions += (Action(_("Why these stories"), "why", f"{briefing.topic} {length}".strip()),)
    return Reply((heading, *stories, *failures, *_footer(briefing, length)), actions)


def _heading(briefing: Briefing) -> str:
    day = words.day(briefing.day)
    if briefing.topic:
        return _("Briefing on {topic}, {day}").format(topic=briefing.topic, day=day)
    return _("Briefing, {day}").format(day=day)


def _title(article: Article) -> str:
    return article.title or _(UNTITLED)


def why_reply(briefing: Briefing) -> Reply:
    """Say of each story of a briefing why it is told, and where else it stands."""
    if not briefing.stories:
        return Reply((_nothing(briefing),))
    lines = tuple((_title(story.article), "; ".join(_why(story))) for story in briefing.stories)
    order = _(
        "Stories come first that many independent sources carry, that are fresh, and that belong "
        "to your topics. Of several stories on one place or from one source, the first counts most."
    )
    left = ngettext(
        "{count} more story was left out.", "{count} more stories were left out.", briefing.left
    ).format(count=briefing.left)
    blocks = Heading(_("Why these stories")), Listing(lines), Paragraph(order)
    return Reply((*blocks, Paragraph(left)) if briefing.left else blocks)


def _why(story: Story) -> tuple[str, ...]:
    others = sorted({one.source for one in story.also if one.source} - {story.article.source})
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


def _nothing(briefing: Briefing) -> Notice:
    """Say why there is no story: it makes a difference what to do."""
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


def _footer(briefing: Briefing, length: Length) -> tuple[Block, ...]:
    lines: list[str] = []
    if briefing.samples:
        lines.append(
            _(
                "This chat follows nothing yet: these are Dateline's sample articles. "
                "Follow what you read: /follow and the address of a site."
            )
        )
    if briefing.repeats:
        lines.append(_("Nothing new came since the last briefing: these were told before."))
    elif briefing.stale:
        lines.append(_("Nothing new came in the last days: these are the newest there are."))
    if (hidden := len(briefing.failures) - FAILURES_SHOWN) > 0:
        said = ngettext(
            "{count} more feed cannot be read: /following failing.",
            "{count} more feeds cannot be read: /following failing.",
            hidden,
        )
        lines.append(said.format(count=hidden))
    if more := min(briefing.left, STORIES[Length.LONG] - STORIES[length]):
        said = ngettext("{count} more in /brief long.", "{count} more in /brief long.", more)
        lines.append(said.format(count=more))
    return (Paragraph(" ".join(lines)),) if lines else ()


def story_item(story: Story) -> StoryItem:
    """Show a story: its title, its sentences verbatim, and where each stands in its article."""
    article = story.article
    parts = [article.source, show_date(article.published), _traced(story), _also(story)]
    shown = [one.sentence for one in story.sourced] or list(story.summary.sentences)
    return StoryItem(
        title=_title(article),
        sentences=tuple(sentence.text for sentence in shown),
        byline=" · ".join(part for part in parts if part),
        url=article.url,
    )


def _traced(story: Story) -> str:
    """Say where the sentences stand; of several articles, which are whose, in their order."""
    if not story.sourced:
        return positions(story.summary)
    if all(one.article == story.article for one in story.sourced):
        shown = tuple(one.sentence for one in story.sourced)
        return positions(replace(story.summary, sentences=shown))
    whose: dict[str, list[str]] = {}
    for one in story.sourced:
        name = one.article.source or one.article.title
        whose.setdefault(name, []).append(str(one.sentence.index + 1))
    return "; ".join(
        ngettext(
            "{source}: sentence {numbers}", "{source}: sentences {numbers}", len(numbers)
        ).format(source=name, numbers=", ".join(numbers))
        for name, numbers in whose.items()
    )


def _also(story: Story) -> str:
    """Name the other sources, as many as fit a line."""
    quoted = {one.article.source for one in story.sourced} | {story.article.source}
    others = list(dict.fromkeys(one.source for one in story.also if one.source))
    others = [name for name in others if name not in quoted]
    if len(others) > ALSO_SHOWN:
        said = ngettext("also in {count} feed", "also in {count} feeds", len(others))
        return said.format(count=len(others))
    return _("also in {sources}").format(sources=words.listed(others)) if others else ""


def show_date(published: datetime | None) -> str:
    """Say a publication date, or nothing when it is not known."""
    return words.day(published.date(), "long") if published else ""


def positions(summary: Summary) -> str:
    """Say where the sentences stand: "sentences 1, 4 of 31"."""
    numbers = [str(sentence.index + 1) for sentence in summary.sentences]
    if not numbers or summary.whole:
        return ""
    said = ngettext("sentence {numbers} of {total}", "sentences {numbers} of {total}", len(numbers))
    return said.format(numbers=", ".join(numbers), total=summary.total)


def _length_actions(target: str, length: Length) -> tuple[Action, ...]:
    """Offer the other lengths, where the target fits a button."""
    lengths = list(Length)
    at = lengths.index(length)
    near = [(_("Shorter"), lengths[at - 1])] if at > 0 else []
    near += [(_("Longer"), lengths[at + 1])] if at + 1 < len(lengths) else []
    offers = [(label, f"{target} {other}".strip()) for label, other in near]
    return tuple(
        Action(label, "brief", typed) for label, typed in offers if Action.fits("brief", typed)
    )
