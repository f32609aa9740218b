"""Filters by plain words: which articles pass, and what may be typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.archive import Follow, WordFilter
from bot.core.errors import RequestError
from bot.core.filters import (
    MAX_WORD,
    MAX_WORDS,
    MUTED,
    describe_filter,
    follows_of_topic,
    parse_filter,
    passes,
)
from bot.core.messages import Chat
from bot.core.news import Feed
from summaries.article import Article

CHAT = Chat("fake", "1001")


def article(text: str, title: str = "") -> Article:
    return Article(title, (text,))


def wants(*words: str, topic: str = "") -> WordFilter:
    return WordFilter(topic, wanted=words)


def refuses(*words: str, topic: str = "") -> WordFilter:
    return WordFilter(topic, unwanted=words)


# --- which articles pass


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("climate", "The CLIMATE changes."),
        ("energie", "L'énergie du vent"),
        ("ÉNERGIE", "l’energie du vent"),
        ("nuclear power", "More nuclear\npower stations"),
        ("nuclear-power", "Nuclear power"),
        ("strasse", "Die Straße ist zu."),
        ("йод", "Йод в море"),
        ("العربية", "أخبار العَرَبِيَّة اليوم"),
        ("東京", "今日東京で地震があった"),
        ("ฟุตบอล", "ข่าวฟุตบอลวันนี้"),
        ("C++", "A book about C++"),
    ],
)
def test_a_word_is_found_whatever_its_case_accents_and_neighbours(word: str, text: str) -> None:
    assert passes(article(text), [wants(word)])
    assert not passes(article(text), [refuses(word)])


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("art", "The start of a party"),
        ("nuclear power", "power that is nuclear"),
        (".*", "anything at all"),
        ("cli.ate", "climate"),
        ("(a+)+$", "a" * 5000 + "!"),
    ],
)
def test_a_word_is_no_part_of_another_and_no_regular_expression(word: str, text: str) -> None:
    assert not passes(article(text), [wants(word)])
    assert passes(article(text), [refuses(word)])


def test_the_title_counts_too() -> None:
    assert passes(article("Nothing.", title="Football tonight"), [wants("football")])


def test_one_wanted_word_is_enough_and_one_unwanted_word_is_too_much() -> None:
    both = WordFilter("", wanted=("climate", "energy"), unwanted=("football",))
    assert passes(article("Energy is dear."), [both])
    assert not passes(article("The energy of a football team"), [both])
    assert not passes(article("The weather"), [both])


def test_a_filter_of_a_topic_leaves_the_other_topics_alone() -> None:
    boxing = article("Boxing tonight")
    only_there = [refuses("boxing", topic="Sport")]
    assert not passes(boxing, only_there, "sport")
    assert not passes(boxing, only_there, "Sport / Fights")
    assert passes(boxing, only_there, "Sports")
    assert passes(boxing, only_there, "news")
    assert passes(boxing, only_there)


def test_the_filter_of_everything_and_that_of_the_topic_both_count() -> None:
    filters = [refuses("football"), wants("boxing", topic="sport")]
    assert passes(article("Boxing"), filters, "sport")
    assert not passes(article("Boxing and football"), filters, "sport")
    assert not passes(article("Tennis"), filters, "sport")


def test_without_filters_everything_passes() -> None:
    assert passes(article("anything"), [], "sport")
    assert passes(article(""), [WordFilter("sport")], "sport")


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_filter_never_raises_and_only_and_without_are_opposites(word: str, text: str) -> None:
    assert passes(article(text), [wants(word)]) is not passes(article(text), [refuses(word)])


# --- what may be typed


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("only climate, energy", WordFilter("", ("climate", "energy"))),
        ("ONLY climate,  nuclear   power ,", WordFilter("", ("climate", "nuclear power"))),
        ("without football", WordFilter("", (), ("football",))),
        ("only a, b without c", WordFilter("", ("a", "b"), ("c",))),
        ("sport: without boxing", WordFilter("sport", (), ("boxing",))),
        ("only 10:30", WordFilter("", ("10:30",))),
        ("only Énergie, energie, ENERGIE", WordFilter("", ("Énergie",))),
        ("off", WordFilter()),
        ("sport: off", WordFilter("sport")),
        (": off", WordFilter()),
    ],
)
def test_a_filter_is_read_from_plain_words(typed: str, expected: WordFilter) -> None:
    assert parse_filter(typed, []) == expected


def test_each_half_replaces_itself_and_leaves_the_other() -> None:
    kept = [WordFilter("Sport", ("tennis",), ("boxing",))]
    assert parse_filter("sport: only chess", kept) == WordFilter("Sport", ("chess",), ("boxing",))
    assert parse_filter("sport: off", kept) == WordFilter("Sport")


@pytest.mark.parametrize(
    "typed",
    [
        "football",
        "only",
        "only , ,",
        "without !!!",
        "only " + "x" * (MAX_WORD + 1),
        "only " + ",".join(f"word{n}" for n in range(MAX_WORDS + 1)),
        "x" * 61 + ": only a",
        "sport:",
    ],
)
def test_what_is_no_filter_is_refused_in_words(typed: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_filter(typed, [])
    assert refused.value.hint
    assert len(str(refused.value)) < 120


def test_the_longest_filter_is_taken() -> None:
    words = [f"{n:03}" + "x" * (MAX_WORD - 3) for n in range(MAX_WORDS)]
    assert parse_filter("only " + ", ".join(words), []).wanted == tuple(words)


def test_a_filter_is_said_in_words() -> None:
    assert describe_filter(WordFilter("", ("a", "b"), ("c",))) == "only a, b; without c"
    assert describe_filter(WordFilter()) == "everything"


# --- topics


def test_a_topic_is_found_whole_with_what_lies_in_it_or_by_its_last_folder() -> None:
    topics = ("", "News", "news / Africa", "Newsletters", "Sport / Africa")
    follows = [Follow(CHAT, Feed(f"https://{n}.example"), topic) for n, topic in enumerate(topics)]
    assert [one.topic for one in follows_of_topic(follows, "NEWS")] == ["News", "news / Africa"]
    assert [one.topic for one in follows_of_topic(follows, "africa")] == [
        "news / Africa",
        "Sport / Africa",
    ]
    assert follows_of_topic(follows, "weather") == ()


# --- muted sources


@pytest.mark.parametrize(
    "name", ["The Example Times", "the example TIMES", "example.org", "My feed"]
)
def test_a_source_is_muted_by_its_name_its_host_or_its_feeds_title(name: str) -> None:
    told = Article(
        "A title", ("Words.",), source="The Example Times", url="https://www.example.org/news/1"
    )
    mute = [WordFilter(MUTED, unwanted=(name,))]
    assert not passes(told, mute, feed_title="My feed")
    other = Article("A title", ("Words.",), source="Another", url="https://another.example/1")
    assert passes(other, mute, feed_title="Another feed")


def test_an_article_that_only_speaks_of_a_muted_source_passes() -> None:
    told = article("The Example Times reports so.")
    assert passes(told, [WordFilter(MUTED, unwanted=("The Example Times",))])
