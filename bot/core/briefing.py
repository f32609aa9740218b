"""Which stories a briefing tells, in what order, and how it reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from babel.dates import format_date

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
from bot.core.news import Briefing, Story
from summaries.article import Article, Length, Summary

STORIES = {Length.SHORT: 3, Length.NORMAL: 5, Length.LONG: 8}
"""How many stories a briefing of each length tells."""


FAILURES_SHOWN = 3
"""More failing feeds than this are counted."""
ALSO_SHOWN = 3


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
        blocks.append(Paragraph("The article is too short to shorten: this is all of it."))
    return Reply(tuple(blocks), _length_actions(target, length))


def briefing_reply(briefing: Briefing, length: Length) -> Reply:
    """Turn a briefing into a reply: heading, stories, then what the reader should know."""
    of = f" on {briefing.topic}" if briefing.topic else ""
    heading = Heading(f"Briefing{of}, {format_date(briefing.day, 'full', locale='en_GB')}")
    stories = tuple(story_item(story) for story in briefing.stories)
    failures = tuple(Notice(failure) for failure in briefing.failures[:FAILURES_SHOWN])
    if not stories:
        return Reply((heading, _nothing(briefing), *failures))
    actions = _length_actions(briefing.topic, length)
    if any(story.reasons for story in briefing.stories):
        actions += (Action("Why these", "why", f"{briefing.topic} {length}".strip()),)
    return Reply((heading, *stories, *failures, *_footer(briefing, length)), actions)


def why_reply(briefing: Briefing) -> Reply:
    """Say of each story of a briefing why it is told, and where else it stands."""
    if not briefing.stories:
        return Reply((_nothing(briefing),))
    lines = tuple(
        (story.article.title or "Untitled", "; ".join(_why(story))) for story in briefing.stories
    )
    stories = "One more story was" if briefing.left == 1 else f"{briefing.left} more stories were"
    more = f"{stories} left out." if briefing.left else ""
    order = Paragraph(
        "Stories come first that many independent sources carry, that are fresh, and that belong "
        f"to your topics; of several on one place or from one source the first counts most. {more}"
    )
    return Reply((Heading("Why these stories"), Listing(lines), order))


def _why(story: Story) -> tuple[str, ...]:
    others = sorted({one.source for one in story.also if one.source} - {story.article.source})
    also = f"also in {', '.join(others)}" if others else ""
    return tuple(part for part in (*story.reasons, also) if part) or ("newest first",)


def _nothing(briefing: Briefing) -> Notice:
    """Say why there is no story: it makes a difference what to do."""
    if briefing.unread:
        return Notice(
            f"{_feeds(briefing.unread)} not been read yet.", "Ask again in a minute: /brief"
        )
    if briefing.feeds:
        return Notice(
            f"Nothing new came from {briefing.feeds} feed{'s' if briefing.feeds > 1 else ''}.",
            "Type /following to see them, /filter to see what is left out.",
        )
    return Notice(
        "There is nothing to brief you on today.", "Send /brief with a link to read a page."
    )


def _feeds(count: int) -> str:
    return "One feed has" if count == 1 else f"{count} feeds have"


def _footer(briefing: Briefing, length: Length) -> tuple[Block, ...]:
    lines: list[str] = []
    if briefing.samples:
        lines.append(
            "This chat follows nothing yet: these are Dateline's sample articles. "
            "Follow what you read: /follow and the address of a site."
        )
    if briefing.repeats:
        lines.append("Nothing new came since the last briefing: these were told before.")
    elif briefing.stale:
        lines.append("Nothing new came in the last days: these are the newest there are.")
    if (hidden := len(briefing.failures) - FAILURES_SHOWN) > 0:
        lines.append(f"{hidden} more feeds cannot be read: /following failing.")
    if more := min(briefing.left, STORIES[Length.LONG] - STORIES[length]):
        lines.append(f"{more} more in /brief long.")
    return (Paragraph(" ".join(lines)),) if lines else ()


def story_item(story: Story) -> StoryItem:
    """Show a story: its title, its sentences verbatim, and where each stands in its article."""
    article = story.article
    parts = [article.source, show_date(article.published), _traced(story), _also(story)]
    shown = [one.sentence for one in story.sourced] or list(story.summary.sentences)
    return StoryItem(
        title=article.title or "Untitled",
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
        f"{name}: sentence{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        for name, numbers in whose.items()
    )


def _also(story: Story) -> str:
    """Name the other sources, as many as fit a line."""
    quoted = {one.article.source for one in story.sourced} | {story.article.source}
    others = list(dict.fromkeys(one.source for one in story.also if one.source))
    others = [name for name in others if name not in quoted]
    more = f" and {len(others) - ALSO_SHOWN} more" if len(others) > ALSO_SHOWN else ""
    return f"also in {', '.join(others[:ALSO_SHOWN])}{more}" if others else ""


def show_date(published: datetime | None) -> str:
    """Say a publication date, or nothing when it is not known."""
    return format_date(published.date(), "long", locale="en_GB") if published else ""


def positions(summary: Summary) -> str:
    """Say where the sentences stand: "sentences 1, 4 of 31"."""
    numbers = [str(sentence.index + 1) for sentence in summary.sentences]
    if not numbers or summary.whole:
        return ""
    return f"sentence{'s' if len(numbers) > 1 else ''} {', '.join(numbers)} of {summary.total}"


def _length_actions(target: str, length: Length) -> tuple[Action, ...]:
    """Offer the other lengths, where the target fits a button."""
    lengths = list(Length)
    at = lengths.index(length)
    near = [("Shorter", lengths[at - 1])] if at > 0 else []
    near += [("Longer", lengths[at + 1])] if at + 1 < len(lengths) else []
    offers = [(label, f"{target} {other}".strip()) for label, other in near]
    return tuple(
        Action(label, "brief", words) for label, words in offers if Action.fits("brief", words)
    )
