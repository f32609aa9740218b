"""Which stories a briefing tells, and how it reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.briefing import (
    STORIES,
    briefing_reply,
    choose,
    more_asked,
    positions,
    sources_reply,
    story_item,
    story_reply,
    why_reply,
)
from bot.core.messages import Action, Heading, Notice, Paragraph, Reply, StoryItem
from bot.core.news import Briefing, Since, Story, Why
from bot.core.words import speaking
from bot.sources.places import GazetteerPlaces
from summaries.article import Article, Length, Sentence, Summary
from summaries.together import Sourced
from tests.fakes import COMET, IRAQ, MOSUL, PARIS, PARIS_TALKS, FakePlaces, press

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
    briefing = Briefing(DAY, (story(),), samples=True, left=4, told=1)
    reply = briefing_reply(briefing, Length.SHORT)
    last = reply.blocks[-1]
    assert isinstance(last, Paragraph)
    assert "sample articles" in last.text
    assert press(reply, "More stories").arguments == "short more 1"


def test_a_briefing_without_stories_says_so_and_what_failed() -> None:
    reply = briefing_reply(Briefing(DAY, (), ("A is down.",)), Length.NORMAL)
    assert [type(block) for block in reply.blocks] == [Heading, Notice, Notice]
    assert "nothing to brief you on" in str(reply.blocks[1])


def test_a_story_is_quoted_with_its_source_its_date_and_where_the_sentences_stand() -> None:
    item = story_item(story())
    assert item.sentences == ("Sentence 0.", "Sentence 3.")
    assert item.dateline == "2 January 2026"
    assert item.source == "Example News"
    assert item.byline == "sentences 1, 4 of 9"
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


def test_an_article_too_short_to_shorten_says_so() -> None:
    whole = Story(COMET, summary(0, whole=True, total=1))
    reply = story_reply(whole, "x", Length.NORMAL)
    assert "all of it" in str(reply.blocks[-1])
    assert [action.label for action in reply.actions] == ["Shorter"]
    assert "all of it" not in str(story_reply(story(), "x", Length.SHORT).blocks[-1])


# --- what stands around the stories


def told_by(source: str, number: int, language: str = "en", feed: str = "") -> Article:
    url = f"https://{source}/{number}"
    feed = feed or f"https://{source}/feed"
    return replace(
        COMET, title=f"By {source}", source=source, url=url, language=language, feed=feed
    )


def carried(*also: Article) -> Story:
    return Story(told_by("one.example", 0), summary(0, 3), also, why=Why(2, timedelta(hours=2)))


def text_of(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks if isinstance(block, Paragraph))


def briefing(*stories: Story) -> Briefing:
    return Briefing(DAY, stories or (carried(),), feeds=12)


def test_the_dateline_names_the_places_in_the_spoken_language_as_short_as_is_clear() -> None:
    about = replace(carried(), places=(MOSUL, PARIS))
    assert story_item(about, FakePlaces()).dateline == "Mosul / Paris · 28 February 2026"
    with speaking("fr"):
        assert story_item(about, FakePlaces()).dateline.endswith("28 février 2026")


def test_a_place_that_is_not_the_best_known_of_its_name_is_said_with_where_it_lies() -> None:
    atlas = GazetteerPlaces()
    found = [atlas.lookup(name).place for name in ("Paris, Texas", "Tripoli, Lebanon", "Paris")]
    about = replace(carried(), places=tuple(place for place in found if place))
    assert story_item(about, atlas).dateline.startswith("Paris, Texas / Tripoli, Lebanon / Paris ·")


def test_feeds_that_fail_are_counted_in_one_line() -> None:
    broken = replace(briefing(), failing=2, failures=("A is down.", "B is down."), unreadable=1)
    said = text_of(briefing_reply(broken, Length.NORMAL))
    assert said == (
        "2 of 12 feeds are failing: /following failing\n1 article could not be read: /status"
    )


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (10, "The next digest comes today at 18:00."),
        (24, "The next digest comes tomorrow at 08:00."),
        (72, "The next digest comes on Thursday, 5 March 2026 at 08:00."),
    ],
)
def test_the_next_digest_is_said(hours: int, words: str) -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(hours=hours)
    assert text_of(briefing_reply(briefing(), Length.NORMAL, next_digest=at)) == words


def test_the_buttons_of_a_briefing() -> None:
    here = replace(briefing(replace(carried(), places=(IRAQ,))), left=3)
    actions = briefing_reply(here, Length.NORMAL).actions
    assert actions == (
        Action("Shorter", "brief", "short"),
        Action("Longer", "brief", "long"),
        Action("More stories", "brief", "normal more"),
        Action("Map", "map"),
        Action("Why these stories", "why", "normal"),
        Action("Mute a source", "sources", "normal"),
    )


def test_what_would_do_nothing_has_no_button() -> None:
    labels = [action.label for action in briefing_reply(briefing(), Length.NORMAL).actions]
    assert "More stories" not in labels
    assert "Map" not in labels


def test_more_stories_go_on_until_there_are_none() -> None:
    more = replace(briefing(), goes_on=True, left=3, topic="sport")
    reply = briefing_reply(more, Length.SHORT)
    assert reply.blocks[0] == Heading("More stories, Monday, 2 March 2026")
    assert reply.actions == (Action("More stories", "brief", "sport short more"),)
    last = briefing_reply(replace(more, repeats=True), Length.SHORT)
    assert "no more stories" in str(last.blocks[1])
    assert last.actions == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("more", ("", 0)),
        ("sport more", ("sport", 0)),
        ("more 8", ("", 8)),
        ("sport", ("sport", None)),
        ("furthermore", ("furthermore", None)),
        ("", ("", None)),
    ],
)
def test_more_stands_after_the_topic(typed: str, meant: tuple[str, int | None]) -> None:
    assert more_asked(typed) == meant


def test_a_bare_host_is_called_by_its_feeds_title() -> None:
    titles = {"https://one.example/feed": "The One Times"}
    assert story_item(carried(), None, titles).source == "The One Times"
    named = Story(replace(told_by("one.example", 1), source="One"), summary(0))
    assert story_item(named, None, titles).source == "One"


def test_few_other_sources_are_named_and_many_counted() -> None:
    two = carried(told_by("two.example", 1), told_by("three.example", 2))
    assert story_item(two).byline.startswith("also in two.example and three.example · ")
    many = carried(*(told_by(f"{name}.example", 1) for name in ("two", "three", "four")))
    assert story_item(many).byline == "also in 3 feeds · sentences 1, 4 of 9"


def test_why_names_languages_and_other_feeds_of_one_house() -> None:
    story = carried(
        told_by("one.example", 1, feed="https://one.example/world"),
        told_by("one.example", 2, "ar", feed="https://one.example/arabic"),
        told_by("two.example", 3, "fr"),
    )
    titles = {"https://one.example/world": "One: World"}
    [_, listing, *_] = why_reply(replace(briefing(story), titles=titles)).blocks
    assert "carried by 2 of your sources; 2 hours old" in str(listing)
    assert "also in One: World, one.example (Arabic) and two.example (French)" in str(listing)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (None, "the newest come first"),
        (Why(), "without a date"),
        (Why(age=timedelta(minutes=9)), "less than an hour old"),
        (Why(age=timedelta(hours=1)), "1 hour old"),
        (Why(age=timedelta(days=3)), "3 days old"),
        (Why(topic="sport", since=Since.NEW), "in your topic sport; new since the last briefing"),
        (Why(since=Since.GOES_ON, new=2), "goes on, with 2 new articles"),
        (Why(since=Since.TOLD), "told before"),
    ],
)
def test_a_reason_is_said_in_words(why: Why | None, words: str) -> None:
    listing = why_reply(briefing(replace(carried(), why=why))).blocks[1]
    assert words in str(listing)


def test_each_source_of_a_briefing_can_be_muted() -> None:
    story = carried(told_by("two.example", 1), told_by("one.example", 2))
    titles = {"https://one.example/feed": "The One Times"}
    reply = sources_reply(replace(briefing(story, story), titles=titles))
    assert reply.actions == (
        Action("Mute The One Times", "mute", "The One Times"),
        Action("Mute two.example", "mute", "two.example"),
    )


def test_a_page_that_names_places_offers_a_map_of_it_and_takes_the_place_of_the_other_length() -> (
    None
):
    reply = story_reply(replace(story(), places=(MOSUL,)), "https://a.example", Length.SHORT)
    assert press(reply, "Map") == Action("Map", "map", COMET.url)
    assert reply.in_place


def test_of_several_articles_each_sentence_says_whose_it_is() -> None:
    lead, other = told_by("one.example", 0), told_by("two.example", 1)
    sourced = (
        Sourced(Sentence("A.", 0, 0), lead),
        Sourced(Sentence("B.", 0, 4), other),
        Sourced(Sentence("C.", 0, 6), other),
    )
    item = story_item(Story(lead, summary(0), (other,), sourced))
    assert item.byline == "one.example: sentence 1; two.example: sentences 5, 7"
    assert item.sentences == ("A.", "B.", "C.")
