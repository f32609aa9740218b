"""Nothing is invented: every sentence that a reader is shown stands so in its article."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bot.core.briefing import STORIES, briefing_reply, story_reply
from bot.core.messages import Reply, StoryItem
from bot.core.news import Reading, Story
from bot.core.newsroom import Newsroom
from bot.core.places import PlaceReader, place_reply
from bot.sources.places import GazetteerPlaces
from bot.sources.seeds import Seeds
from summaries.article import Length
from summaries.extractive import summarize
from tests.fakes import CHAT, FakeClock, FakeSources

PLACES = GazetteerPlaces()
STOOD_AT = re.compile(r"sentences? ([\d, ]+) of (\d+)")


@cache
def samples() -> Reading:
    reading = Seeds(Path(__file__).parents[2] / "seeds").articles()
    assert len(reading.articles) >= 10
    return reading


def check(reply: Reply) -> int:
    """Find each story's article by its title, and its sentences in it; return how many."""
    texts = {article.title: article.text for article in samples().articles}
    items = [block for block in reply.blocks if isinstance(block, StoryItem)]
    for item in items:
        assert item.sentences
        for sentence in item.sentences:
            assert sentence in texts[item.title], (item.title, sentence)
        if traced := STOOD_AT.search(item.byline):
            numbers = [int(number) for number in traced[1].split(", ")]
            assert len(numbers) == len(item.sentences)
            assert numbers == sorted(set(numbers))
            assert numbers[0] >= 1
            assert numbers[-1] <= int(traced[2])
    return sum(len(item.sentences) for item in items)


@pytest.mark.parametrize("length", list(Length))
async def test_of_a_briefing_and_all_that_follows_it(length: Length) -> None:
    room = Newsroom(FakeSources(stock=samples().articles), FakeClock(), None, PLACES)
    told = 0
    for _page in range(-(-len(samples().articles) // STORIES[length])):
        briefing = await room.briefing(CHAT, length, skip=told)
        assert check(briefing_reply(briefing, length, PLACES)) >= len(briefing.stories)
        told = briefing.told
    assert (told, briefing.left) == (len(samples().articles), 0)


@pytest.mark.parametrize("length", list(Length))
def test_of_every_page(length: Length) -> None:
    for article in samples().articles:
        assert check(story_reply(Story(article, summarize(article, length)), article.url, length))


@pytest.mark.parametrize("name", ["Paris", "Mosul", "Libya", "Lebanon", "France", "Egypt", "Chile"])
async def test_of_every_page_of_what_is_said_of_a_place(name: str) -> None:
    reader = PlaceReader(PLACES)
    for page in range(1, 4):
        answer = await reader.ask(f"{name} page:{page}", samples())
        assert check(place_reply(answer, PLACES))
