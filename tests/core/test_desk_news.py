"""The desk and the news: what stands under a briefing, and what its buttons do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.core.archive import Follow
from bot.core.commands import Desk, in_words
from bot.core.errors import StoreError
from bot.core.messages import (
    Action,
    Chat,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Reply,
    Request,
    StoryItem,
)
from bot.core.news import Feed, Reading
from bot.core.newsroom import Newsroom
from bot.core.schedule import Occurrence, Subscription
from bot.sources.places import GazetteerPlaces
from summaries.article import Article
from tests.fake_archive import FakeArchive
from tests.fake_finder import FakeFinder
from tests.fakes import (
    CHAT,
    COMET,
    MONDAY,
    PARIS_TALKS,
    SEVEN_TEXTS,
    FakeClock,
    FakeSources,
    FakeStore,
    make_desk,
    press,
)


def news(number: int, text: str) -> Article:
    host = f"paper{number}.example"
    return Article(
        text.partition(".")[0],
        (text,),
        "en",
        source=host,
        url=f"https://{host}/{number}",
        published=MONDAY - timedelta(hours=number + 1),
        feed=f"https://{host}/feed",
    )


@dataclass
class Followed(FakeSources):
    """What seven feeds brought today."""

    async def articles(self, chat: Chat, topic: str = "") -> Reading:
        return Reading(self.stock, feeds=7, failing=2, failures=("A is down.", "B is down."))


def a_desk(sources: FakeSources | None = None, store: FakeStore | None = None) -> Desk:
    clock, archive, places = FakeClock(), FakeArchive(), GazetteerPlaces()
    sources = sources or Followed(stock=tuple(map(news, range(7), SEVEN_TEXTS)))
    return Desk(
        Newsroom(sources, clock, archive, places),
        places,
        store or FakeStore(),
        clock,
        version="1",
        archive=archive,
        finder=FakeFinder(),
    )


async def ask(desk: Desk, line: str) -> Reply:
    name, _, arguments = line.removeprefix("/").partition(" ")
    return await desk.answer(Request(CHAT, name, arguments))


async def pressed(desk: Desk, action: Action) -> Reply:
    return await desk.answer(Request(CHAT, action.command, action.arguments, is_press=True))


async def said(desk: Desk, text: str, sender: str = "") -> Reply:
    command, arguments = in_words(text)
    return await desk.answer(Request(CHAT, command, arguments, sender=sender))


def titles(reply: Reply) -> list[str]:
    return [block.title for block in reply.blocks if isinstance(block, StoryItem)]


async def test_under_a_briefing_stands_what_fails_and_when_the_next_digest_comes() -> None:
    desk = a_desk()
    await ask(desk, "/subscribe 20:00")
    footer = (await ask(desk, "/brief")).blocks[-1]
    assert isinstance(footer, Paragraph)
    assert footer.text.splitlines() == [
        "2 of 7 feeds are failing: /following failing",
        "The next digest comes today at 20:00.",
    ]


async def test_more_stories_tells_the_rest_and_then_says_that_it_was_all() -> None:
    desk = a_desk()
    first = await ask(desk, "/brief")
    more = await pressed(desk, press(first, "More stories"))
    assert sorted([*titles(first), *titles(more)]) == sorted(
        one.partition(".")[0] for one in SEVEN_TEXTS
    )
    assert not more.in_place
    assert "More stories" not in [action.label for action in more.actions]
    assert "no more stories" in str((await ask(desk, "/brief more")).blocks)


async def test_another_length_takes_the_place_of_the_briefing_but_not_of_a_greeting() -> None:
    desk = a_desk()
    first = await ask(desk, "/brief")
    assert not first.in_place
    longer = await pressed(desk, press(first, "Longer"))
    assert longer.in_place
    assert len(titles(longer)) > len(titles(first))
    assert not (await pressed(desk, Action("Today's briefing", "brief"))).in_place


async def written(desk: Desk) -> Reply:
    """A short digest, as it is after it was written down."""
    reply = await desk.answer(Request(CHAT, "brief", "short", is_digest=True))
    assert reply.told is not None
    await desk.remember(CHAT, reply.told)
    return reply


async def test_a_digest_that_was_not_written_down_is_told_whole_the_next_time() -> None:
    desk = a_desk()
    digest = Request(CHAT, "brief", "short", is_digest=True)
    lost, again = await desk.answer(digest), await desk.answer(digest)
    assert titles(again) == titles(lost) != []


async def test_the_longer_version_of_a_second_digest_leaves_out_the_first_one_too() -> None:
    desk = a_desk()
    first, second = await written(desk), await written(desk)
    assert not set(titles(first)) & set(titles(second))
    longer = await pressed(desk, press(second, "Longer"))
    assert set(titles(second)) < set(titles(longer))
    assert not set(titles(first)) & set(titles(longer))
    why = await pressed(desk, press(second, "Why these stories"))
    assert all(title in str(why.blocks) for title in titles(second))
    assert not any(title in str(why.blocks) for title in titles(first))
    asked = await ask(desk, "/brief long")  # who types asks for the day
    assert set(titles(first)) < set(titles(asked))


async def test_the_sources_of_a_briefing_are_offered_to_be_muted() -> None:
    desk = a_desk()
    first = await ask(desk, "/brief short")
    reply = await pressed(desk, press(first, "Mute a source"))
    assert reply.blocks[0] == Heading("Mute a source")
    assert [action.command for action in reply.actions] == ["mute"] * 3
    assert {action.arguments for action in reply.actions} <= {f"paper{n}.example" for n in range(7)}


async def test_a_pages_map_has_the_places_that_it_names() -> None:
    desk = a_desk(FakeSources())
    page = await ask(desk, f"/brief {PARIS_TALKS.url}")
    picture = (await pressed(desk, press(page, "Map"))).blocks[0]
    assert isinstance(picture, Picture)
    assert "Paris" in picture.alt
    assert "Mosul" in picture.alt
    empty = await ask(desk, f"/map {COMET.url}")
    assert isinstance(empty.blocks[0], Notice)


@pytest.mark.parametrize("answer", ["Libya", "1", "the one in Libya", "Tripoli, Libya"])
async def test_a_typed_answer_to_which_one_is_understood(answer: str) -> None:
    desk = a_desk()
    assert "Which one?" in str((await ask(desk, "/place Tripoli")).blocks)
    reply = await said(desk, answer)
    assert reply.blocks[0] == Heading("Tripoli, Libya")
    again = await ask(desk, "/place Tripoli")
    assert again.blocks[0] == Heading("Tripoli, Libya")  # from now on that one is meant


async def test_a_map_that_asked_back_is_drawn_when_the_answer_is_typed() -> None:
    desk = a_desk()
    await ask(desk, "/map Tripoli")
    [picture] = (await said(desk, "Lebanon")).blocks
    assert isinstance(picture, Picture)


async def test_what_somebody_else_says_is_no_answer() -> None:
    desk = a_desk()
    await ask(desk, "/place Tripoli")
    reply = await said(desk, "in Libya", sender="another")
    assert "I understand" in str(reply.blocks)


async def test_every_button_of_a_briefing_and_of_a_place_is_answered() -> None:
    desk = a_desk(Followed(stock=(PARIS_TALKS, *map(news, range(7), SEVEN_TEXTS))))
    for line in ("/brief", "/brief long", "/place Paris", "/place Iraq", "/why"):
        for action in (await ask(desk, line)).actions:
            reply = await pressed(desk, action)
            assert reply.blocks, action
            assert "went wrong" not in str(reply.blocks)
            assert "no command" not in str(reply.blocks)
    [mute, *_] = (await pressed(desk, Action("Mute a source", "sources"))).actions
    assert mute.arguments in str((await pressed(desk, mute)).blocks)


class Broken(FakeStore):
    """A store that does not know the digests."""

    async def subscriptions(self, chat: Chat) -> Sequence[tuple[Subscription, Occurrence]]:
        raise StoreError("gone")


async def test_a_briefing_comes_though_the_next_digest_is_not_known() -> None:
    assert titles(await ask(a_desk(store=Broken()), "/brief"))


@pytest.mark.parametrize(
    ("topic", "label", "arguments"),
    [
        ("Paris", "What is new in Paris, FR?", "geo:3"),
        ("mosul", "What is new in Mosul, IQ?", "geo:2"),
        ("Tripoli", "What is new in Tripoli?", "Tripoli"),  # there are two: it asks which
    ],
)
async def test_a_topic_the_chat_has_not_leads_to_the_place_of_its_name(
    topic: str, label: str, arguments: str
) -> None:
    reply = await ask(make_desk(), f"/brief {topic}")
    [notice] = reply.blocks
    assert isinstance(notice, Notice)
    assert notice.text == f"This chat has no topic “{topic}”."
    assert f"/place {topic}" in notice.hint
    assert reply.actions == (Action(label, "place", arguments),)


async def test_a_topic_that_is_no_place_either_is_said_to_be_unknown() -> None:
    reply = await ask(make_desk(), "/brief gardening")
    assert reply.blocks == (Notice("This chat has no topic “gardening”.", "Give a feed one."),)
    assert reply.actions == ()


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        ("Mosul", "Mosul, Ninawa, Iraq"),
        ("Mosul, Iraq", "Mosul, Ninawa, Iraq"),
        ("near mosul 100 km", "Mosul, Ninawa, Iraq and 100 km around"),
        ("iraq this week", "Iraq"),
        ("Paris, Texas", "Paris, Texas, United States"),
        ("🇱🇧", "Lebanon"),
        ("🎉", None),
        ("2", None),
        ("mosul", None),
        ("Bagdhad", None),  # a slip: it is offered
        ("nice", None),
        ("Nice!", None),
        ("Cool", None),  # a hamlet in California
        ("thanks", None),
    ],
)
async def test_plain_words_that_are_a_places_name_are_a_question_about_it(
    said: str, heading: str | None
) -> None:
    desk = make_desk(places=GazetteerPlaces())
    reply = await desk.answer(Request(CHAT, "words", said))
    told = [block.text for block in reply.blocks if isinstance(block, Heading)]
    assert told == ([heading] if heading else [])


async def test_a_question_about_a_topic_of_the_chat_is_a_briefing_on_it() -> None:
    archive = FakeArchive()
    await archive.follow([Follow(CHAT, Feed("https://example.org/feed"), "cinema")], MONDAY)
    desk = make_desk(FakeSources(topics=("cinema",)), archive=archive)
    reply = await desk.answer(Request(CHAT, "place", "what's new in cinema?"))
    assert "Briefing on cinema" in str(reply.blocks[0])
