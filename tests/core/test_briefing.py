"""Which stories a briefing tells, and how it reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.core.briefing import STORIES, briefing_reply, choose, positions, story_item, story_reply
from bot.core.messages import Heading, Notice, Paragraph, StoryItem
from bot.core.news import Briefing, Story
from summaries.article import Article, Length, Sentence, Summary
from tests.fakes import COMET, PARIS_TALKS

DAY = date(2026, 3, 2)


def article(number: int) -> Article:
    published = datetime(2026, 1, 1 + number, tzinfo=UTC)
    return replace(COMET, title=f"Article {number}", published=published)


def summary(*indexes: int, total: int = 9, whole: bool = False) -> Summary:
    sentences = tuple(Sentence(f"Sentence {index}.", 0, index) for index in indexes)
    return Summary(sentences, total, whole)


def story(number: int = 1) -> Story:
    return Story(article(number), summary(0, 3))


@pytest.mark.parametrize("length", list(Length))
def test_a_briefing_tells_the_newest_and_counts_the_rest(length: Length) -> None:
    chosen, left = choose([article(number) for number in range(10)], length)
    assert [one.title for one in chosen] == [
        f"Article {number}" for number in range(9, 9 - STORIES[length], -1)
    ]
    assert left == 10 - STORIES[length]


def test_an_article_without_a_date_comes_last_and_one_without_text_not_at_all() -> None:
    undated = replace(COMET, published=None, title="Undated")
    empty = replace(COMET, paragraphs=())
    chosen, left = choose([undated, empty, PARIS_TALKS], Length.NORMAL)
    assert [one.title for one in chosen] == [PARIS_TALKS.title, "Undated"]
    assert left == 0


def test_a_briefing_has_its_day_its_stories_and_what_failed_in_this_order() -> None:
    reply = briefing_reply(Briefing(DAY, (story(2), story(1)), ("A is down.",)), Length.NORMAL)
    heading, first, second, failure = reply.blocks
    assert heading == Heading("Briefing, Monday, 2 March 2026")
    assert isinstance(first, StoryItem)
    assert isinstance(second, StoryItem)
    assert [first.title, second.title] == ["Article 2", "Article 1"]
    assert failure == Notice("A is down.")


def test_a_briefing_says_what_it_left_out_and_that_these_are_samples() -> None:
    *_, last = briefing_reply(Briefing(DAY, (story(),), samples=True, left=4), Length.SHORT).blocks
    assert isinstance(last, Paragraph)
    assert "sample articles" in last.text
    assert "4 more" in last.text


def test_a_briefing_without_stories_says_so_and_what_failed() -> None:
    reply = briefing_reply(Briefing(DAY, (), ("A is down.",)), Length.NORMAL)
    assert [type(block) for block in reply.blocks] == [Heading, Notice, Notice]
    assert "nothing to brief you on" in str(reply.blocks[1])


def test_a_story_is_quoted_with_its_source_its_date_and_where_the_sentences_stand() -> None:
    item = story_item(story())
    assert item.sentences == ("Sentence 0.", "Sentence 3.")
    assert item.byline == "Example News · 2 January 2026 · sentences 1, 4 of 9"
    assert item.url == COMET.url


def test_what_is_not_known_of_an_article_is_left_out() -> None:
    bare = Article("", ("A sentence.",))
    item = story_item(Story(bare, summary(0, whole=True, total=1)))
    assert (item.title, item.byline, item.url) == ("Untitled", "", "")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (summary(), ""),
        (summary(0, whole=True), ""),
        (summary(4), "sentence 5 of 9"),
        (summary(0, 8), "sentences 1, 9 of 9"),
    ],
)
def test_positions_count_from_one(chosen: Summary, words: str) -> None:
    assert positions(chosen) == words


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (Length.SHORT, ["Longer"]),
        (Length.NORMAL, ["Shorter", "Longer"]),
        (Length.LONG, ["Shorter"]),
    ],
)
def test_the_other_lengths_are_offered(length: Length, labels: list[str]) -> None:
    reply = story_reply(story(), "https://a.example", length)
    assert [action.label for action in reply.actions] == labels
    assert {action.arguments.split()[0] for action in reply.actions} == {"https://a.example"}


def test_a_link_too_long_for_a_button_has_none() -> None:
    assert story_reply(story(), "https://a.example/" + "x" * 60, Length.NORMAL).actions == ()


def test_an_article_too_short_to_shorten_says_so() -> None:
    whole = Story(COMET, summary(0, whole=True, total=1))
    assert "all of it" in str(story_reply(whole, "x", Length.SHORT).blocks[-1])
    assert "all of it" not in str(story_reply(story(), "x", Length.SHORT).blocks[-1])
