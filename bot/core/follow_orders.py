"""What was typed after /follow, /following and /unfollow -> what is meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core.archive import Follow, WordFilter
from bot.core.errors import RequestError
from bot.core.feed_words import key_of, name_of, topics_line
from bot.core.filters import fold, follows_of_topic, is_within, parse_topic
from bot.core.messages import Request
from bot.core.text import links_in
from bot.core.words import N_, _, ngettext, strung

MAX_LINKS = 10
"""The most links in one message."""
FAILING = "failing"
"""What /following takes for a topic that holds the feeds which cannot be read."""
HOW = N_(
    "Send /follow and the address of a feed or of a site; a word after it is the topic. Or send "
    "me the file with the feeds (OPML) that your reader exports."
)
_RESERVED = {"all", FAILING, "long", "normal", "of", "off", "opml", "page", "short"}
_LIST_NAMES = (".opml", ".xml")


@dataclass(frozen=True, slots=True)
class Order:
    """What /follow was typed with. `number` is the chosen one of a site's feeds, or 0."""

    links: tuple[str, ...] = ()
    topic: str = ""
    number: int = 0


def parse_follow(request: Request) -> Order:
    """Read what follows /follow: links and a topic in any order, or "2 of LINK".

    Links in the quoted message count when none was typed. Raises RequestError.
    """
    words = request.arguments.split()
    number = 0
    if len(words) > 2 and words[1].lower() == "of" and words[0].isdecimal() and len(words[0]) < 6:
        number, words = int(words[0]), words[2:]
    links = [link for word in words if (link := as_link(word))]
    topic = parse_topic(" ".join(word for word in words if not as_link(word)))
    if not links and request.file is None:
        links = links_in(request.quoted)
        _check_no_file_name(topic, local=request.local)
    if fold(topic) in _RESERVED:
        raise RequestError(
            _("“{topic}” cannot be a topic.").format(topic=topic), _("Choose another word for it.")
        )
    if topic and not links and request.file is None:
        raise RequestError(_("“{text}” is not an address.").format(text=topic[:40]), _(HOW))
    if len(links) > MAX_LINKS:
        raise RequestError(
            _("Send at most {count} links at a time.").format(count=MAX_LINKS),
            _("Send a long list as an OPML file."),
        )
    return Order(tuple(dict.fromkeys(links)), topic, number)


_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*://|feed:)", re.IGNORECASE)
# A name that ends in letters, or four numbers; a port and a path may follow.
_BARE = re.compile(
    r"(?:(?:[^\s/.:@]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)|\d+(?:\.\d+){3})(?::\d+)?(?:[/?#]\S*)?",
    re.IGNORECASE,
)


def as_link(word: str) -> str:
    """Return the link that a word means, or "" for none: the scheme may be left out."""
    word = word.rstrip(",;").strip("<>")
    if word.lower().startswith("feed:"):  # the scheme of old: feed://host/ and feed:https://host/
        rest = word[5:]
        return rest if "://" in rest else f"https://{rest.lstrip('/')}"
    if _SCHEME.match(word):
        return word
    is_file = word.lower().endswith(_LIST_NAMES) and "/" not in word
    return f"https://{word}" if _BARE.fullmatch(word) and not is_file else ""


def _check_no_file_name(topic: str, *, local: bool) -> None:
    if topic.lower().endswith(_LIST_NAMES) and local:
        raise RequestError(
            _("There is no file {name} here.").format(name=topic), _("Give the path of the list.")
        )
    if topic.lower().endswith(_LIST_NAMES):
        raise RequestError(
            _("{name} is the name of a file.").format(name=topic),
            _("Send the file itself, with /follow."),
        )


def is_list_file(name: str) -> bool:
    """Tell whether a file that came without words is a list of feeds, by its name."""
    return name.lower().endswith(_LIST_NAMES)


def choose_follows(words: str, known: Sequence[Follow]) -> tuple[Follow, ...]:
    """Return what a person means by a number, address, title, topic, part of a title, or "all".

    Raises RequestError when that is nothing, or not one thing.
    """
    text = " ".join(words.split())
    if not text:
        raise RequestError(
            _("What shall this chat unfollow?"),
            _("Type /unfollow and a number of /following, an address, a title, a topic, or all."),
        )
    if text.lower() == "all":
        return tuple(known)
    number = text.removeprefix("#")
    if number.isdecimal() and 1 <= int(number[:9]) <= len(known):
        return (known[int(number) - 1],)
    sought, link = fold(text), as_link(text)
    for found in (
        [one for one in known if key_of(one.feed.url) == text],
        [one for one in known if one.feed.url in {text, link}],
        [one for one in known if fold(one.feed.title) == sought],
        follows_of_topic(known, text),
    ):
        if found:
            return tuple(found)
    return _by_part(text, [one for one in known if sought in fold(name_of(one.feed))])


def _by_part(text: str, found: Sequence[Follow]) -> tuple[Follow, ...]:
    if len(found) == 1:
        return tuple(found)
    hint = _("Type /following to see the numbers.")
    if text.startswith("="):  # an old button
        raise RequestError(_("This chat no longer follows that."), hint)
    if not found:
        raise RequestError(
            _("This chat follows nothing called “{name}”.").format(name=text[:60]), hint
        )
    named = strung(f"“{name_of(one.feed)[:60]}”" for one in found[:5])
    words = ngettext(
        "That could be {count} feed: {names}.", "That could be {count} feeds: {names}.", len(found)
    )
    raise RequestError(words.format(count=len(found), names=named), hint)


def page_and_topic(words: Sequence[str]) -> tuple[int, str]:
    """Read "3", "page 3", "sport" or "page 3 sport"."""
    rest = list(words)
    if len(rest) > 1 and rest[0].lower() == "page":
        rest = rest[1:]
    if rest and rest[0].isdecimal() and len(rest[0]) < 6 and int(rest[0]):
        return int(rest[0]), " ".join(rest[1:])
    return 1, " ".join(rest)


def of_topic(
    numbered: Sequence[tuple[int, Follow]], topic: str, failing: Collection[str]
) -> Sequence[tuple[int, Follow]]:
    """Return the numbered feeds of a topic, or those that fail. Raises RequestError for none."""
    if not topic:
        return numbered
    if topic == FAILING:
        return [(number, one) for number, one in numbered if one.feed.url in failing]
    chosen = set(follows_of_topic((one for _number, one in numbered), topic))
    if not chosen:
        raise _no_topic(topic, [one for _number, one in numbered])
    return [(number, one) for number, one in numbered if one in chosen]


def _no_topic(topic: str, known: Sequence[Follow]) -> RequestError:
    line = topics_line(known)
    return RequestError(
        _("This chat follows nothing under the topic “{topic}”.").format(topic=topic[:60]),
        _("The topics here: {topics}.").format(topics=line)
        if line
        else _("Give a feed a topic: {command}").format(command="/follow LINK sport"),
    )


def same_topic(topic: str, known: Sequence[Follow]) -> str:
    """Return a topic as this chat writes it already."""
    return next((one.topic for one in known if fold(one.topic) == fold(topic)), topic)


def spelt_alike(topics: Sequence[str], known: Sequence[Follow]) -> Sequence[str]:
    """Return topics as this chat, or else the first of them, writes them."""
    spelling: dict[str, str] = {}
    for topic in (*(one.topic for one in known), *topics):
        spelling.setdefault(fold(topic), topic)
    return [spelling[fold(topic)] for topic in topics]


def known_topic(topic: str, known: Sequence[Follow], kept: Sequence[WordFilter]) -> str:
    """Return a topic that is followed or filtered, as it is written here. Raises RequestError."""
    if not topic or any(fold(one.topic) == fold(topic) for one in kept):
        return topic
    if not any(one.topic and is_within(one.topic, topic) for one in known):
        raise _no_topic(topic, known)
    return same_topic(topic, known)
