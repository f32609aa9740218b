"""What is said of feeds: their names, how their reading stands, lists of them. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.core.archive import FeedState, Follow
from bot.core.filters import MAX_TOPIC, WITHIN
from bot.core.messages import Action, Block, Listing, Paragraph
from bot.core.news import Feed, ListedFeed

NAMED = 10
"""How many of a long list are named; the rest is counted."""


def key_of(url: str) -> str:
    """Return a short name of a feed's address for buttons, which cannot hold a long one."""
    return "=" + hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:12]


def name_of(feed: Feed) -> str:
    """Return a feed's title, or its address when it has none."""
    return feed.title or feed.url


def with_topic(follow: Follow) -> str:
    """Name a feed and its topic in a list: "BBC Sport, under “sport”"."""
    return name_of(follow.feed) + _under(follow)


def in_a_sentence(follow: Follow) -> str:
    """Name a feed and its topic among other words: "“BBC Sport”, under “sport”"."""
    return f"“{name_of(follow.feed)}”{_under(follow)}"


def _under(follow: Follow) -> str:
    return f", under “{follow.topic}”" if follow.topic else ""


def host_of(url: str) -> str:
    """Return the host that an address names, or all of it."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def span(length: timedelta) -> str:
    """Say a length of time in its largest unit: "2 days", "1 hour"."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def trouble(state: FeedState, now: datetime) -> str:
    """Say since when and why a feed cannot be read, or "" when it can."""
    if not state.failures:
        return ""
    reason = state.reason or "nothing is known of the reason"
    if state.read_at is None:
        return f"never read so far: {reason}"
    return f"failing for {span(now - state.read_at)}: {reason}"


def last_read(state: FeedState, now: datetime) -> str:
    """Say when a feed was last read: "5 minutes ago", "never"."""
    return "never" if state.read_at is None else f"{span(now - state.read_at)} ago"


def next_read(state: FeedState, now: datetime) -> str:
    """Say when a feed will be read next: "in 5 minutes", "now"."""
    return "now" if state.next_at <= now else f"in {span(state.next_at - now)}"


def topic_of(folders: Sequence[str]) -> str:
    """Return the topic that folders in a list mean: all of them, or the last when it is long."""
    names = [" ".join(name.split()) for name in folders]
    whole = WITHIN.join(filter(None, names))
    return whole if len(whole) <= MAX_TOPIC else names[-1][:MAX_TOPIC].strip()


def listed(follow: Follow) -> ListedFeed:
    """Return what is followed as a list of feeds has it: `topic_of`, turned round."""
    return ListedFeed(follow.feed, tuple(follow.topic.split(WITHIN)) if follow.topic else ())


def topics_line(follows: Iterable[Follow]) -> str:
    """Count what is followed by topic: "news (3), sport (2), without a topic (1)"."""
    counted = Counter(one.topic for one in follows)
    named = [f"{topic} ({count})" for topic, count in sorted(counted.items()) if topic][:NAMED]
    left = len([topic for topic in counted if topic]) - len(named)
    named += [f"{left} more topics"] if left else []
    named += [f"without a topic ({counted['']})"] if counted[""] and named else []
    return ", ".join(named)


def names(texts: Sequence[str]) -> Block:
    """List names, and count what stands behind the first ones."""
    lines = [("", f"• {text}") for text in texts[:NAMED]]
    left = len(texts) - NAMED
    return Listing((*lines, ("", f"and {left:,} more")) if left > 0 else tuple(lines))


def page_of(
    numbered: Sequence[tuple[int, Follow]], states: Sequence[FeedState], now: datetime
) -> Listing:
    """List followed feeds with their numbers, each topic's name before its feeds."""
    known = {state.feed.url: state for state in states}
    topics = {follow.topic for _, follow in numbered}
    lines: list[tuple[str, str]] = []
    before: str | None = None
    for number, follow in numbered:
        if follow.topic != before and topics != {""}:
            lines.append((follow.topic or "Without a topic", ""))
        before = follow.topic
        lines.append((str(number), _line(follow.feed, known.get(follow.feed.url), now)))
    return Listing(tuple(lines))


def _line(feed: Feed, state: FeedState | None, now: datetime) -> str:
    said = trouble(state, now) if state else ""
    if said:
        return f"{name_of(feed)} — {said}"
    return f"{name_of(feed)} ({host_of(feed.url)})" if feed.title else feed.url


def choices(link: str, feeds: Sequence[Feed], topic: str) -> tuple[list[Block], list[Action]]:
    """Ask which of a site's feeds is meant. What no button can carry is typed instead."""
    shown = feeds[:NAMED]
    lines = tuple(
        (str(number), f"{feed.title} ({feed.url})" if feed.title else feed.url)
        for number, feed in enumerate(shown, 1)
    )
    more = f" Here are {len(shown)} of them." if len(shown) < len(feeds) else ""
    which = Paragraph(f"{host_of(link)} offers {len(feeds)} feeds.{more} Which one?")
    how = Paragraph("Press its button, or type /follow and its address.")
    buttons = [_choice(number, feed, link, topic) for number, feed in enumerate(shown, 1)]
    return [which, Listing(lines), how], [button for button in buttons if button]


def _choice(number: int, feed: Feed, link: str, topic: str) -> Action | None:
    label = f"{number}. {feed.title}" if feed.title else f"Follow {number}"
    for arguments in (f"{feed.url} {topic}".strip(), f"{number} of {link} {topic}".strip()):
        if Action.fits("follow", arguments):
            return Action(label, "follow", arguments)
    return None
