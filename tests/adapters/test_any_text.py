"""Any Unicode, any length, on both platforms: nothing lost, over a limit, cut or out of balance.

The messages are read by reading.py, which knows the platforms' documents and no renderer. What
cleaning may take away is said here once (`fit`): control characters, directional overrides, byte
order marks; half a surrogate pair becomes U+FFFD. A text with nothing to see may be left out.

`python -m tests.benchmarks.bench_chat` tries 100,000 cases; a few hundred come with the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import pytest
import regex  # type: ignore[import-untyped] # it ships no types
from hypothesis import HealthCheck, example, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from bot.adapters.discord import render as discord
from bot.adapters.several import unmarked
from bot.adapters.telegram import render as telegram
from bot.core.messages import (
    Action,
    Block,
    Heading,
    Paragraph,
    Quote,
    Reply,
    StoryItem,
)
from tests.adapters.reading import Message, Shown, is_seen, on_discord, on_telegram, utf16
from tests.adapters.replies import LONG, REPLIES, ZALGO
from tests.adapters.texts import blocks, crowds, replies, words

Render = Callable[[Reply], Sequence[Message]]
Read = Callable[[Message], Shown]
PLATFORMS: dict[str, tuple[Render, Read]] = {
    "telegram": (telegram.render, on_telegram),
    "discord": (discord.render, on_discord),
}
LONGEST = 120
"""A single character (grapheme) of more code points may be cut: it fits no title, if escaped."""

_GONE = regex.compile(r"[\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACE = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ADDED = regex.compile(r"⚠\ufe0f?|[—…·\u200e\u200f]|\s+")
"""White space, and the signs that renderers put beside or between the words (direction marks)."""
_NOT_MISSED = regex.compile(r"[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]")


def fit(text: str) -> str:
    """What cleaning may make of a text."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    lines = regex.sub(r"\r\n?|[\u2028\u2029]", "\n", whole)
    return str(_SPACE.sub(" ", _GONE.sub("", lines)))


def bare(text: str) -> str:
    """The text without white space and without the signs that renderers add."""
    return str(_ADDED.sub("", text))


def asked(reply: Reply) -> list[str]:
    """The texts of the blocks in their order."""
    return [fit(text) for block in reply.blocks for text in words(block)]


def shown(platform: str, reply: Reply) -> list[Shown]:
    """What a reader finds; raises UnfitError for what the platform would refuse."""
    render, read = PLATFORMS[platform]
    return [read(message) for message in render(reply)]


def check(platform: str, reply: Reply) -> None:
    """Everything that is promised of a rendered reply. Raises AssertionError."""
    messages = shown(platform, reply)
    pieces = [piece for message in messages for piece in message.pieces]
    texts = asked(reply)
    _nothing_is_lost(texts, pieces)
    if all(is_seen(text) or not text for text in texts):
        _no_joiner_is_lost_and_no_character_cut(texts, pieces)
    _links_lead_where_they_were_meant_to(reply, messages)
    _every_button_is_there(reply.actions, messages)


def _nothing_is_lost(texts: Sequence[str], pieces: Sequence[str]) -> None:
    was, now = (_NOT_MISSED.sub("", bare("".join(each))) for each in (texts, pieces))
    assert now == was, _difference(was, now)


def _no_joiner_is_lost_and_no_character_cut(texts: Sequence[str], pieces: Sequence[str]) -> None:
    """Joiners and selectors count, too; and every piece ends where a character ends."""
    was, now = bare("\n".join(texts)), [bare(piece) for piece in pieces]
    assert "".join(now) == was, _difference(was, "".join(now))
    cuts = set(accumulate(map(len, now))) - {0, len(was)}
    for at in cuts - _ends(texts) if cuts else ():
        raise AssertionError(f"a character is cut: {was[max(0, at - 5) : at + 5]!r}")


def _ends(texts: Sequence[str]) -> set[int]:
    """Where a piece may end in the bare text: between characters, or in one that fits nowhere."""
    ends, at = {0}, 0
    for character in _characters(texts):
        size = len(bare(character))
        ends |= set(range(at, at + size)) if size > LONGEST else set()
        at += size
        ends.add(at)
    return ends


def _characters(texts: Sequence[str]) -> Iterator[str]:
    return (match[0] for text in texts for match in regex.finditer(r"\X", text))


def _difference(was: str, now: str) -> str:
    at = next((n for n, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), -1)
    at = at if at >= 0 else min(len(was), len(now))
    around = slice(max(0, at - 20), at + 20)
    return f"at {at} of {len(was)}: asked {was[around]!r}, shown {now[around]!r}"


def _links_lead_where_they_were_meant_to(reply: Reply, messages: Sequence[Shown]) -> None:
    wanted = [fit(block.url) for block in reply.blocks if isinstance(block, StoryItem)]
    found = [link for message in messages for link in message.links]
    assert all(link in wanted for link in found), (wanted, found)
    assert all(regex.match(r"https?://\w", link, regex.IGNORECASE) for link in found), found
    plain = [link for link in wanted if regex.fullmatch(r"https?://[\w./?&=:-]{4,200}", link)]
    assert set(plain) <= set(found), (plain, found)


def _every_button_is_there(actions: Sequence[Action], messages: Sequence[Shown]) -> None:
    """Each command once, in order, its label whole or cut between two characters."""
    first: dict[str, Action] = {}
    for action in actions:
        first.setdefault(action.data, action)
    found = [button for message in messages for row in message.buttons for button in row]
    assert [unmarked(data)[0] for _, data in found] == list(first)
    for (label, _), action in zip(found, first.values(), strict=True):
        _label_tells(fit(action.label), label)


def _label_tells(meant: str, label: str) -> None:
    was, now = "".join(meant.split()), "".join(label.split())
    if now == was or (not is_seen(meant) and label == "…"):
        return
    assert label.endswith("…"), (meant, label)
    assert was.startswith(now[:-1]), (meant, label)
    one_line = " ".join(meant.split())
    characters = regex.findall(r"\X", one_line)
    ends = set(accumulate(len("".join(one.split())) for one in characters))
    assert len(now) - 1 in ends or utf16(characters[0]) > 59, f"a character is cut in {label!r}"


# --- the tests

few = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
on_each_platform = pytest.mark.parametrize("platform", PLATFORMS)


@on_each_platform
@few
@example(LONG)
@given(replies)
def test_any_reply_is_shown_whole_and_within_every_limit(platform: str, reply: Reply) -> None:
    check(platform, reply)


@on_each_platform
@settings(few, max_examples=5)
@given(crowds)
def test_thousands_of_blocks_and_hundreds_of_buttons_are_all_there(
    platform: str, reply: Reply
) -> None:
    check(platform, reply)


@on_each_platform
@settings(few, max_examples=200)
@given(blocks)
def test_each_kind_of_block_alone_is_shown_whole(platform: str, block: Block) -> None:
    check(platform, Reply((block,)))


@on_each_platform
@pytest.mark.parametrize("name", REPLIES)
def test_the_hard_replies_are_shown_whole(platform: str, name: str) -> None:
    check(platform, REPLIES[name])


@on_each_platform
@pytest.mark.parametrize("size", [1, 30, 300, 900])
def test_a_title_of_combining_marks_is_one_character(platform: str, size: int) -> None:
    title = "Z" + "\u0301" * size
    check(platform, Reply((StoryItem(title, ("A sentence.",), ZALGO),), (Action(title, "help"),)))


@on_each_platform
@pytest.mark.parametrize("text", ["\u200b", " \n ", "\u2800", "\u200d\ufe0f", "\0"])
def test_a_reply_with_nothing_to_see_is_an_ellipsis(platform: str, text: str) -> None:
    for block in (Paragraph(text), Heading(text), Quote(text, text)):
        assert shown(platform, Reply((block,)))[0].pieces[0] == "…"


@on_each_platform
@settings(few, max_examples=60)
@given(st.integers(1900, 4200), st.sampled_from(["👩🏽‍🚀", "🇫🇷", "e\u0301", "क्ष", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣"]))
def test_a_character_at_any_limit_stays_whole(platform: str, before: int, sign: str) -> None:
    check(platform, Reply((Paragraph("x" * before + sign * 200),)))


def cases(count: int, seed: int) -> str:
    """Try so many replies on both platforms; say what failed first, "" for nothing."""
    tried = given(st.one_of(replies, blocks.map(lambda block: Reply((block,)))))(_on_both)
    try:
        seeded(seed)(settings(few, max_examples=count, derandomize=False)(tried))()
    except AssertionError as error:
        return f"seed {seed}: {error}"
    return ""


def _on_both(reply: Reply) -> None:
    for platform in PLATFORMS:
        check(platform, reply)
