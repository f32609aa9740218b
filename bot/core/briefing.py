"""Which stories a briefing tells, in what order, and how it reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_date

from bot.core.messages import Action, Block, Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Briefing, Story
from summaries.article import Article, Length, Summary

STORIES = {Length.SHORT: 3, Length.NORMAL: 5, Length.LONG: 8}
"""How many stories a briefing of each length tells."""


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
    heading = Heading(f"Briefing, {format_date(briefing.day, 'full', locale='en_GB')}")
    stories = tuple(story_item(story) for story in briefing.stories)
    failures = tuple(Notice(failure) for failure in briefing.failures)
    if not stories:
        nothing = Notice(
            "There is nothing to brief you on today.", "Send /brief with a link to read a page."
        )
        return Reply((heading, nothing, *failures))
    return Reply(
        (heading, *stories, *failures, *_footer(briefing, length)), _length_actions("", length)
    )


def _footer(briefing: Briefing, length: Length) -> tuple[Block, ...]:
    lines: list[str] = []
    if briefing.samples:
        lines.append("This chat follows nothing yet: these are Dateline's sample articles.")
    if more := min(briefing.left, STORIES[Length.LONG] - STORIES[length]):
        lines.append(f"{more} more in /brief long.")
    return (Paragraph(" ".join(lines)),) if lines else ()


def story_item(story: Story) -> StoryItem:
    """Show a story: its title, its sentences verbatim, and where they stand in the article."""
    article = story.article
    return StoryItem(
        title=article.title or "Untitled",
        sentences=tuple(sentence.text for sentence in story.summary.sentences),
        byline=" · ".join(
            part
            for part in (article.source, show_date(article.published), positions(story.summary))
            if part
        ),
        url=article.url,
    )


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
