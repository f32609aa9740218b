"""Which stories come first, and why: carried by many, fresh, varied, and new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.choosing import choose_stories, owner
from bot.core.news import Since, Why
from summaries.article import Article
from summaries.stories import Cluster

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def article(name: str, host: str = "", hours: float = 2, feed: str = "") -> Article:
    host = host or f"{name.lower()}.example"
    return Article(
        name,
        (f"{name} happened.",),
        "en",
        source=host,
        url=f"https://{host}/{name}",
        published=NOW - timedelta(hours=hours),
        feed=feed or f"https://{host}/feed",
    )


def titles(clusters: list[Cluster], count: int = 5, **how: object) -> list[str]:
    chosen, _ = choose_stories(clusters, count, NOW, **how)  # type: ignore[arg-type] # as given
    return [one.articles[0].title for one in chosen]


def test_a_story_that_more_independent_sources_carry_comes_first() -> None:
    alone = Cluster((article("Alone"),))
    carried = Cluster((article("Carried"), article("B"), article("C")))
    assert titles([alone, carried]) == ["Carried", "Alone"]
    chosen, _ = choose_stories([carried], 5, NOW)
    assert chosen[0].why == Why(3, timedelta(hours=2), new=3)


def test_two_feeds_of_one_house_count_once() -> None:
    house = Cluster((article("One", "news.paper.co.uk"), article("Two", "feeds.paper.co.uk")))
    chosen, _ = choose_stories([house], 5, NOW)
    assert chosen[0].why.carriers == 1


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("rss.example.org", "example.org"),
        ("example.org", "example.org"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("one.substack.com", "one.substack.com"),
    ],
)
def test_an_owner_is_the_name_of_the_house(host: str, name: str) -> None:
    assert owner(article("X", host)) == name


def test_of_two_alike_the_fresher_comes_first_and_one_without_a_date_is_not_fresh() -> None:
    fresh, stale = article("Fresh", hours=1), article("Stale", hours=40)
    undated = replace(article("Undated"), published=None)
    clusters = [Cluster((one,)) for one in (stale, undated, fresh)]
    assert titles(clusters) == ["Fresh", "Undated", "Stale"]


def test_what_the_chat_filed_under_a_topic_counts_more_and_says_so() -> None:
    filed = article("Filed", feed="https://a/feed")
    clusters = [Cluster((article("Other"),)), Cluster((filed,))]
    assert titles(clusters, topics={"https://a/feed": "sport"}) == ["Filed", "Other"]
    chosen, _ = choose_stories(clusters, 1, NOW, topics={"https://a/feed": "sport"})
    assert chosen[0].why.topic == "sport"


def test_not_five_stories_on_one_place() -> None:
    there = [Cluster((article(f"There{number}", hours=1),)) for number in range(4)]
    elsewhere = Cluster((article("Elsewhere", hours=9),))
    found = titles(
        [*there, elsewhere], 3, subjects=lambda one: [1] if one.title.startswith("There") else [2]
    )
    assert "Elsewhere" in found


def test_not_five_stories_from_one_source() -> None:
    same = [Cluster((article(f"Same{number}", "one.example", hours=1),)) for number in range(5)]
    other = Cluster((article("Other", hours=5),))
    assert "Other" in titles([*same, other], 3)


def test_what_was_told_on_an_earlier_day_is_left_out_while_there_is_anything_new() -> None:
    old, new = article("Old"), article("New", hours=30)
    clusters = [Cluster((old,)), Cluster((new,))]
    assert titles(clusters, told={old.url}) == ["New"]
    assert titles(clusters[:1], told={old.url}) == ["Old"]
    chosen, left = choose_stories(clusters, 1, NOW, told={old.url})
    assert (left, chosen[0].why.since) == (0, Since.NEW)


def test_a_story_that_goes_on_comes_again_with_what_is_new() -> None:
    first, second = article("First", hours=20), article("Second", hours=1)
    [chosen], _ = choose_stories([Cluster((first, second))], 5, NOW, told={first.url})
    assert chosen.told == (first,)
    assert chosen.articles == (second, first)
    assert (chosen.why.since, chosen.why.new) == (Since.GOES_ON, 1)


def test_the_rest_is_counted() -> None:
    clusters = [Cluster((article(f"N{number}"),)) for number in range(7)]
    chosen, left = choose_stories(clusters, 3, NOW)
    assert (len(chosen), left) == (3, 4)
    assert choose_stories([], 3, NOW) == ((), 0)
