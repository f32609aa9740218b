"""From sources to stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.briefing import briefing_reply, story_reply
from bot.core.errors import RequestError, SourceError
from bot.core.messages import Chat, StoryItem
from bot.core.news import Reading
from bot.core.newsroom import Newsroom, datelined, told_in
from bot.sources.places import GazetteerPlaces
from summaries.article import Article, Length
from summaries.places.place import Mention
from tests.fake_archive import FakeArchive
from tests.fakes import (
    CHAT,
    COMET,
    MONDAY,
    MOSUL,
    PARIS,
    PARIS_TALKS,
    SEVEN_TEXTS,
    FakeClock,
    FakePlaces,
    FakeSources,
)


def newsroom(sources: FakeSources | None = None, clock: FakeClock | None = None) -> Newsroom:
    return Newsroom(sources or FakeSources(), clock or FakeClock())


async def test_a_story_quotes_its_article() -> None:
    story = await newsroom().story(PARIS_TALKS.url, Length.SHORT)
    assert story.article == PARIS_TALKS
    assert story.summary.sentences
    assert all(sentence.text in PARIS_TALKS.text for sentence in story.summary.sentences)


async def test_a_page_without_a_sentence_is_said() -> None:
    sources = FakeSources(stock=(replace(COMET, paragraphs=()),))
    with pytest.raises(SourceError, match="no article text"):
        await newsroom(sources).story(COMET.url, Length.NORMAL)


async def test_what_the_sources_refuse_is_passed_on() -> None:
    with pytest.raises(RequestError, match="not a link"):
        await newsroom().story("a path", Length.NORMAL)
    with pytest.raises(SourceError, match="cannot be read"):
        await newsroom().story("https://a.example", Length.NORMAL)


async def test_a_briefing_is_todays_newest_first_with_what_failed() -> None:
    sources = FakeSources(stock=(COMET, PARIS_TALKS), failures=("A is down.",))
    briefing = await newsroom(sources).briefing(CHAT, Length.NORMAL)
    assert briefing.day == date(2026, 3, 2)
    assert [story.article for story in briefing.stories] == [PARIS_TALKS, COMET]
    assert briefing.failures == ("A is down.",)
    assert (briefing.left, briefing.samples) == (0, False)


async def test_today_is_the_chats_own() -> None:
    clock = FakeClock()
    clock.advance(hours=-1)  # 05:00 UTC
    for zone, day in (("America/Los_Angeles", 1), ("UTC", 2)):
        briefing = await newsroom(clock=clock).briefing(CHAT, Length.SHORT, zone)
        assert briefing.day.day == day


# --- from the archive


def told_by(source: str, title: str, text: str, hours: float = 2) -> Article:
    return Article(
        title,
        tuple(text.split("\n")),
        "en",
        source=source,
        url=f"https://{source}.example/{title.replace(' ', '-')}",
        published=MONDAY - timedelta(hours=hours),
        feed=f"https://{source}.example/feed",
    )


QUAKE = (
    "A magnitude 6.1 earthquake struck near Erbil on Sunday night, killing 14 people.\n"
    "Rescuers searched the ruins of two schools in the town of Shaqlawa until dawn."
)
QUAKE_TOO = (
    "At least 14 people died when an earthquake of magnitude 6.1 hit the Erbil region on Sunday.\n"
    "The governor closed all schools in Shaqlawa for a week and asked for tents."
)
HARVEST = "Farmers in Ohio finished the soybean harvest a week early.\nPrices fell by 2 percent."


def reading(*articles: Article) -> FakeSources:
    class Followed(FakeSources):
        async def articles(self, chat: Chat, topic: str = "") -> Reading:
            return Reading(articles, feeds=2)

    return Followed()


async def test_one_event_is_one_story_and_says_who_else_has_it() -> None:
    sources = reading(
        told_by("wire", "Earthquake near Erbil kills 14", QUAKE),
        told_by("post", "Fourteen dead in Erbil earthquake", QUAKE_TOO, 3),
        told_by("farm", "Harvest ends early", HARVEST),
    )
    room = Newsroom(sources, FakeClock(), FakeArchive(), FakePlaces())
    briefing = await room.briefing(CHAT, Length.NORMAL)
    assert len(briefing.stories) == 2
    quake = briefing.stories[0]
    assert {quake.article.source, *(one.source for one in quake.also)} == {"wire", "post"}
    assert quake.why is not None
    assert quake.why.carriers == 2
    texts = {one.article.url: one.article.text for one in quake.sourced}
    assert quake.sourced
    assert all(one.sentence.text in texts[one.article.url] for one in quake.sourced)


async def test_the_next_day_begins_with_what_is_new() -> None:
    first = told_by("wire", "Earthquake near Erbil kills 14", QUAKE)
    archive, clock = FakeArchive(), FakeClock()
    room = Newsroom(reading(first), clock, archive, FakePlaces())
    today = await room.briefing(CHAT, Length.NORMAL)
    await room.remember(CHAT, told_in(today))
    again = await room.briefing(CHAT, Length.NORMAL)
    assert [story.article for story in again.stories] == [first]
    assert not again.repeats
    clock.advance(days=1)
    harvest = told_by("farm", "Harvest ends early", HARVEST, -20)
    later = Newsroom(reading(first, harvest), clock, archive, FakePlaces())
    tomorrow = await later.briefing(CHAT, Length.NORMAL)
    assert [story.article for story in tomorrow.stories] == [harvest]


async def test_a_second_digest_of_a_day_tells_what_came_since_the_first() -> None:
    first = told_by("wire", "Earthquake near Erbil kills 14", QUAKE)
    archive, clock = FakeArchive(), FakeClock()
    room = Newsroom(reading(first), clock, archive, FakePlaces())
    second = await room.briefing(CHAT, Length.NORMAL, since_last=True)
    await room.remember(CHAT, told_in(second))
    again = await room.briefing(CHAT, Length.NORMAL, since_last=True)
    assert again.repeats
    assert [story.article for story in again.stories] == [first]
    clock.advance(hours=10)
    harvest = told_by("farm", "Harvest ends early", HARVEST, -9)
    later = Newsroom(reading(first, harvest), clock, archive, FakePlaces())
    evening = await later.briefing(CHAT, Length.NORMAL, since_last=True)
    assert [story.article for story in evening.stories] == [harvest]
    assert not evening.repeats
    asked = await later.briefing(CHAT, Length.NORMAL)
    assert len(asked.stories) == 2


async def test_a_page_that_two_feeds_of_one_house_bring_is_told_once() -> None:
    page = told_by("wire", "Harvest ends early", HARVEST)
    twice = reading(page, replace(page, feed="https://wire.example/other"))
    briefing = await Newsroom(twice, FakeClock(), FakeArchive()).briefing(CHAT, Length.NORMAL)
    assert [len(story.also) for story in briefing.stories] == [0]


async def test_a_story_says_the_few_places_it_is_about_and_the_inner_of_two() -> None:
    room = Newsroom(FakeSources(), FakeClock(), None, FakePlaces())
    story = await room.story(PARIS_TALKS.url, Length.SHORT)
    assert [place.name for place in story.places] == ["Paris", "Mosul", "Brussels"]  # no Iraq
    briefing = await room.briefing(CHAT, Length.NORMAL)
    assert briefing.stories[0].places == story.places
    assert briefing.stories[1].places == ()


def test_a_name_that_may_be_no_place_does_not_stand_above_a_story() -> None:
    sam = Mention("Sam", 0, 3, MOSUL, 0.5)
    assert datelined([sam, Mention("Paris", 9, 14, PARIS, 0.9)], FakePlaces()) == (PARIS,)
    assert datelined([sam], FakePlaces()) == ()


async def test_more_stories_are_those_that_were_not_told_today() -> None:
    several = [
        told_by(f"paper{hours}", text.partition(".")[0], text, hours)
        for hours, text in enumerate(SEVEN_TEXTS)
    ]
    room = Newsroom(reading(*several), FakeClock(), FakeArchive(), FakePlaces())
    titles = []
    for skip in (None, 0, 0):
        briefing = await room.briefing(CHAT, Length.SHORT, skip=skip)
        titles += [story.article.title for story in briefing.stories]
        await room.remember(CHAT, told_in(briefing))
    assert sorted(titles) == sorted(one.title for one in several)
    assert (await room.briefing(CHAT, Length.SHORT, skip=0)).repeats


async def test_of_the_samples_more_leaves_out_as_many_as_were_told() -> None:
    room = newsroom(FakeSources(stock=(COMET, PARIS_TALKS)))
    more = await room.briefing(CHAT, Length.SHORT, skip=1)
    assert [story.article for story in more.stories] == [COMET]
    assert (more.goes_on, more.told, more.left) == (True, 2, 0)


async def test_every_sentence_of_a_briefing_stands_verbatim_in_its_article() -> None:
    sources = reading(
        told_by("wire", "Earthquake near Erbil kills 14", QUAKE),
        told_by("post", "Fourteen dead in Erbil earthquake", QUAKE_TOO, 3),
        told_by("farm", "Harvest ends early", HARVEST),
        PARIS_TALKS,
        COMET,
    )
    room = Newsroom(sources, FakeClock(), FakeArchive(), FakePlaces())
    for length in Length:
        briefing = await room.briefing(CHAT, length)
        shown = briefing_reply(briefing, length).blocks
        items = [block for block in shown if isinstance(block, StoryItem)]
        assert len(items) == len(briefing.stories)
        for item, story in zip(items, briefing.stories, strict=True):
            texts = [story.article.text, *(one.text for one in story.also)]
            assert item.sentences
            assert all(any(said in text for text in texts) for said in item.sentences)


async def test_without_a_gazetteer_a_story_is_told_without_its_places(tmp_path: Path) -> None:
    places = GazetteerPlaces(tmp_path / "gazetteer.pack")
    story = await Newsroom(FakeSources(), FakeClock(), places=places).story(
        PARIS_TALKS.url, Length.SHORT
    )
    assert story.places == ()
    assert story_reply(story, PARIS_TALKS.url, Length.SHORT, places).blocks
