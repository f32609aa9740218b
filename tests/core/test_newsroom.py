"""From sources to stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.core.errors import RequestError, SourceError
from bot.core.newsroom import Newsroom
from summaries.article import Length
from tests.fakes import CHAT, COMET, PARIS_TALKS, FakeClock, FakeSources


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
