"""One event is one story, however many feeds and languages tell it; two events are two."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from summaries.article import Article
from summaries.stories import COPY_SPAN, SPAN, group
from tests.summaries.story_days import Labelled, agreement, days

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STORM = Article(
    "Storm closes the harbour of Port Alma",
    (
        "A storm closed the harbour of Port Alma on Monday and left 4,000 homes without power.",
        "Mayor Ana Ruiz asked the residents of Port Alma to stay at home until Wednesday.",
        "Engineers expect to restore the power to most of the homes by Tuesday night.",
    ),
    "en",
    source="Harbour Post",
    url="https://harbour.example/storm",
    published=NOON,
)
TEMPETE = Article(
    "La tempête ferme le port de Port Alma",
    (
        "Quelque 4 000 foyers de Port Alma sont privés de courant depuis lundi.",
        "La maire, Ana Ruiz, demande aux habitants de rester chez eux jusqu'à mercredi.",
    ),
    "fr",
    source="Radio Sud",
    url="https://radio.example/tempete",
    published=NOON + timedelta(hours=1),
)
COMET = Article(
    "A probe lands on a comet",
    ("The probe Argo bounced twice before it stood still on the comet.",),
    "en",
    source="World Desk",
    url="https://world.example/comet",
    published=NOON,
)
LE_POINT = Article(
    "Le point sur la situation",
    (
        "Grève, météo, circulation : voici ce qu'il faut savoir ce matin avant de sortir.",
        "Les transports restent perturbés dans le Sud et la neige est attendue en montagne.",
    ),
    "fr",
    source="Radio Sud",
    url="https://radio.example/point-1",
    published=NOON,
)


def titles(articles: list[Article], language: str = "") -> list[list[str]]:
    return [[one.title for one in story.articles] for story in group(articles, language=language)]


def copy_of(article: Article, hours: float, source: str = "Northern Wire") -> Article:
    """The wire's text in another paper: another title and one word changed."""
    text = (article.paragraphs[0].replace("left", "cut"), *article.paragraphs[1:])
    published = NOON + timedelta(hours=hours)
    url = f"https://{source.lower().replace(' ', '')}.example/{hours}"
    return replace(
        article,
        title="4,000 homes dark",
        paragraphs=text,
        source=source,
        url=url,
        published=published,
    )


@pytest.fixture(scope="module")
def labelled() -> list[Labelled]:
    return days("dev")


def test_the_labelled_days_are_grouped_as_by_hand_and_never_across_days(
    labelled: list[Labelled],
) -> None:
    stories = group([item.article for item in labelled])
    score = agreement(labelled, [story.articles for story in stories])
    assert score.across_days == 0
    assert score.precision == 1
    assert score.f1 >= 0.95


def test_the_order_of_the_articles_changes_nothing(labelled: list[Labelled]) -> None:
    articles = [item.article for item in labelled]
    expected = group(articles)
    for seed in range(3):
        shuffled = random.Random(seed).sample(articles, len(articles))  # noqa: S311  no secret
        assert group(shuffled) == expected


def test_every_article_is_in_exactly_one_story_and_a_doubled_one_counts_once(
    labelled: list[Labelled],
) -> None:
    articles = [item.article for item in labelled]
    told = [one for story in group(articles * 2) for one in story.articles]
    assert sorted(told, key=lambda one: one.url) == sorted(articles, key=lambda one: one.url)


def test_one_event_in_two_languages_is_one_story_and_the_readers_language_leads() -> None:
    assert titles([STORM, TEMPETE, COMET], "fr")[0] == [TEMPETE.title, STORM.title]
    assert titles([STORM, TEMPETE, COMET], "en")[0] == [STORM.title, TEMPETE.title]


def test_one_shared_name_joins_no_two_languages() -> None:
    other = replace(
        TEMPETE,
        title="Ruiz en concert",
        paragraphs=("Le chanteur Ruiz remplit les salles avec un album tendre.",),
    )
    assert len(group([STORM, other])) == 2


def test_a_place_is_the_same_in_every_language() -> None:
    talks = Article(
        "Ministers meet in London", ("Smith spoke for 14 hours about fish.",), "en", published=NOON
    )
    autres = Article(
        "Sommet de Londres", ("Il a duré 14 heures, dit Smith.",), "fr", published=NOON
    )

    def places(article: Article) -> Mapping[str, int]:
        return {name: 1 for name in ("London", "Londres") if name in article.title}

    assert len(group([talks, autres])) == 2
    assert len(group([talks, autres], places)) == 1


def test_two_earthquakes_on_one_day_are_two_stories() -> None:
    one = Article(
        "Earthquake shakes Malatya",
        ("A magnitude 6.1 earthquake killed nine people near Malatya in Turkey.",),
        "en",
        published=NOON,
    )
    other = Article(
        "Earthquake shakes Arequipa",
        ("A magnitude 5.8 earthquake hurt nobody near Arequipa in Peru.",),
        "en",
        published=NOON,
    )
    assert len(group([one, other])) == 2


@pytest.mark.parametrize("title", ["Le point sur la situation", "Le point sur la situation, mardi"])
@pytest.mark.parametrize("hours", [7, 24])
def test_a_recurring_title_never_merges_two_issues(title: str, hours: int) -> None:
    later = replace(
        LE_POINT,
        title=title,
        url="https://radio.example/point-2",
        published=NOON + timedelta(hours=hours),
    )
    assert len(group([LE_POINT, later])) == 2


def test_the_same_headline_of_two_sources_on_two_days_is_two_stories() -> None:
    later = replace(
        STORM,
        paragraphs=(
            STORM.paragraphs[0],
            "Port Alma counted the damage done to its harbour by the storm: nine million pesos.",
            "Insurers said the homes without power would be paid for.",
        ),
        source="World Desk",
        url="https://world.example/storm",
        published=NOON + timedelta(hours=7),
    )
    assert len(group([STORM, later])) == 2
    assert len(group([STORM, replace(later, published=NOON)])) == 1


def test_a_copy_joins_for_two_days_and_a_report_for_less_than_one() -> None:
    just, over = COPY_SPAN / timedelta(hours=1), COPY_SPAN / timedelta(hours=1) + 0.1
    assert len(group([STORM, copy_of(STORM, just)])) == 1
    assert len(group([STORM, copy_of(STORM, over)])) == 2
    assert len(group([STORM, replace(TEMPETE, published=NOON + SPAN + timedelta(hours=1))])) == 2


def test_an_article_without_a_date_never_bridges_two_days() -> None:
    undated = replace(copy_of(STORM, 0), published=None)
    late = copy_of(STORM, 72, "Late Paper")
    days = [
        {one.published.date() for one in story.articles if one.published}
        for story in group([STORM, undated, late])
    ]
    assert all(len(dates) <= 1 for dates in days)


def test_a_stub_never_leads_though_it_is_what_all_others_share() -> None:
    stub = replace(
        STORM, paragraphs=STORM.paragraphs[:1], url="https://stub.example", source="Stub"
    )
    insurers = "Insurers in the capital reckon with claims of nine million pesos from fishermen."
    winds = "The weather office measured winds of 150 kilometres an hour off the southern coast."
    long = [
        replace(
            STORM, paragraphs=(STORM.paragraphs[0], more, more), url=f"https://{more[:4]}.example"
        )
        for more in (insurers, winds)
    ]
    (story,) = group([stub, *long])
    assert story.also[-1].source == "Stub"


def test_a_roundup_joins_no_two_events() -> None:
    roundup = replace(
        STORM,
        title=f"{STORM.title}; {COMET.title}",
        paragraphs=(STORM.paragraphs[0], *COMET.paragraphs),
        url="https://harbour.example/today",
    )
    together = [{one.title for one in story.articles} for story in group([STORM, COMET, roundup])]
    assert not any({STORM.title, COMET.title} <= titles for titles in together)
    assert any(len(titles) == 2 for titles in together)


def test_stories_come_newest_first_and_undated_ones_last() -> None:
    undated = replace(COMET, title="Undated", published=None, paragraphs=("Bees sleep at night.",))
    newest = replace(COMET, published=NOON + timedelta(hours=3))
    assert [story.lead.title for story in group([undated, STORM, newest])] == [
        COMET.title,
        STORM.title,
        "Undated",
    ]


def test_chinese_reports_of_two_events_are_two_stories() -> None:
    quake = Article(
        "伊斯坦布尔发生地震", ("周一发生强烈地震，造成九人死亡，学校关闭。",), "zh", published=NOON
    )
    match = Article(
        "上海队赢得冠军",
        ("周一的决赛中上海队以三比一获胜，球迷走上街头庆祝。",),
        "zh",
        published=NOON,
    )
    again = Article(
        "地震造成九人死亡",
        ("伊斯坦布尔周一发生强烈地震，学校关闭，九人死亡。",),
        "zh",
        published=NOON,
    )
    assert sorted(len(story.articles) for story in group([quake, match, again])) == [1, 2]


def test_articles_without_words_are_stories_of_their_own() -> None:
    assert group([]) == ()
    assert len(group([Article("", ()), Article("", ("...",)), Article("!", ("?",))])) == 3
