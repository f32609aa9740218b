"""What is said of feeds: their names, how their reading stands, lists of them. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from babel.dates import format_timedelta

from bot.core.archive import FeedState, Follow
from bot.core.filters import MAX_TOPIC, WITHIN
from bot.core.messages import Action, Block, Listing, Paragraph
from bot.core.news import Feed, ListedFeed
from bot.core.said import heard
from bot.core.words import _, locale, ngettext, strung
from bot.core.words import number as counted

NAMED = 10
"""How many of a long list are named; the rest is counted."""


def key_of(url: str) -> str:
    """Return a short name of a feed's address for buttons, which cannot hold a long one."""
    return "=" + hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:12]


def name_of(feed: Feed) -> str:
    """Return a feed's title, or its address when it has none."""
    return feed.title or feed.url


def with_topic(follow: Follow) -> str:
    """Name a feed and its topic in a list: "BBC Sport (topic: sport)"."""
    if not follow.topic:
        return name_of(follow.feed)
    return _("{name} (topic: {topic})").format(name=name_of(follow.feed), topic=follow.topic)


def in_a_sentence(follow: Follow) -> str:
    """Name a feed and its topic among other words: "“BBC Sport” (topic: sport)"."""
    name, topic = name_of(follow.feed), follow.topic
    if not topic:
        return _("“{name}”").format(name=name)
    return _("“{name}” (topic: {topic})").format(name=name, topic=topic)


def host_of(url: str) -> str:
    """Return the host that an address names, or all of it."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def short(url: str) -> str:
    """Return an address as people write it: without scheme, www. and the last slash."""
    bare = (url.partition("://")[2] or url).removeprefix("www.").rstrip("/")
    return bare if len(bare) <= 80 else f"{bare[:50]}…{bare[-29:]}"


def _from_now(distance: timedelta) -> str:
    """Say a distance in time in its largest whole unit: "2 days ago", "in 1 hour"."""
    seconds = abs(int(distance.total_seconds()))
    size = next((size for size in (86_400, 3_600) if seconds >= size), 60)
    whole = max(1, seconds // size) * size
    signed = timedelta(seconds=-whole if distance < timedelta() else whole)
    return format_timedelta(signed, threshold=1, add_direction=True, locale=locale())


def trouble(state: FeedState, now: datetime) -> str:
    """Say since when and why a feed cannot be read, or "" when it can."""
    if not state.failures:
        return ""
    reason = str(heard(state.reason)) if state.reason else _("Nothing is known of the reason.")
    if state.read_at is None:
        return _("never read so far: {reason}").format(reason=reason)
    return _("failing, last read {ago}: {reason}").format(ago=last_read(state, now), reason=reason)


def last_read(state: FeedState, now: datetime) -> str:
    """Say when a feed was last read: "5 minutes ago", "never"."""
    if state.read_at is None:
        return _("never")
    return _from_now(min(state.read_at - now, timedelta(seconds=-1)))


def next_read(state: FeedState, now: datetime) -> str:
    """Say when a feed will be read next: "in 5 minutes", "now"."""
    return _("now") if state.next_at <= now else _from_now(state.next_at - now)


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
    counts = Counter(one.topic for one in follows)
    named = [f"{topic} ({count})" for topic, count in sorted(counts.items()) if topic][:NAMED]
    left = len([topic for topic in counts if topic]) - len(named)
    if left:
        named.append(ngettext("{count} more topic", "{count} more topics", left).format(count=left))
    if counts[""] and named:
        named.append(_("without a topic ({count})").format(count=counts[""]))
    return strung(named)


def names(texts: Sequence[str]) -> Block:
    """List names, and count what stands behind the first ones."""
    lines = [("", f"• {text}") for text in texts[:NAMED]]
    left = len(texts) - NAMED
    if left <= 0:
        return Listing(tuple(lines))
    more = ngettext("and {count} more", "and {count} more", left).format(count=counted(left))
    return Listing((*lines, ("", more)))


def page_of(
    numbered: Sequence[tuple[int, Follow]], states: Sequence[FeedState], now: datetime
) -> Listing:
    """List followed feeds with their numbers, each topic's name before its feeds."""
    known = {state.feed.url: state for state in states}
    topics = {follow.topic for _number, follow in numbered}
    hosts = Counter(host_of(follow.feed.url) for _number, follow in numbered)
    lines: list[tuple[str, str]] = []
    before: str | None = None
    for number, follow in numbered:
        if follow.topic != before and topics != {""}:
            lines.append((follow.topic or _("Without a topic"), ""))
        before = follow.topic
        alone = hosts[host_of(follow.feed.url)] == 1
        lines.append((str(number), _line(follow.feed, known.get(follow.feed.url), now, alone)))
    return Listing(tuple(lines))


def _line(feed: Feed, state: FeedState | None, now: datetime, alone: bool) -> str:  # noqa: FBT001 - private
    """Name a feed; where others of its host are listed too, with its address."""
    where = host_of(feed.url) if alone else short(feed.url)
    name = f"{feed.title} ({where})" if feed.title else feed.url
    said = trouble(state, now) if state else ""
    return f"{name} — {said}" if said else name


def choices(link: str, feeds: Sequence[Feed], topic: str) -> tuple[list[Block], list[Action]]:
    """Ask which of a site's feeds is meant. What no button can carry is typed instead."""
    shown = feeds[:NAMED]
    lines = tuple(
        (str(number), f"{feed.title} ({feed.url})" if feed.title else feed.url)
        for number, feed in enumerate(shown, 1)
    )
    count = len(feeds)
    if len(shown) < count:
        words = ngettext(
            "{host} offers {count} feed. Here are {shown}. Which one?",
            "{host} offers {count} feeds. Here are {shown} of them. Which one?",
            count,
        )
    else:
        words = ngettext(
            "{host} offers {count} feed. Is it this one?",
            "{host} offers {count} feeds. Which one?",
            count,
        )
    which = Paragraph(words.format(host=host_of(link), count=counted(count), shown=len(shown)))
    how = Paragraph(_("Press its button, or type /follow and its address."))
    buttons = [_choice(number, feed, topic) for number, feed in enumerate(shown, 1)]
    return [which, Listing(lines), how], buttons


def _choice(number: int, feed: Feed, topic: str) -> Action:
    label = feed.title or _("Follow {number}").format(number=number)
    if feed.title:
        label = f"{number}. {feed.title}"
    return Action(label, "follow", f"{feed.url} {topic}".strip())
