"""Articles from what a feed itself says, and what it adds to those from pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.news import Entry, Feed
from bot.sources.entries import announcement, completed, full_text
from summaries.article import Article

FEED = Feed("https://example.org/feed", "The News", "https://example.org/")
LINK = "https://example.org/2026/bridge"
SENTENCE = "The mayor met the ministers on Monday and spoke of the new bridge over the river."
LONG = "".join(f"<p>{SENTENCE} {SENTENCE}</p>" for _ in range(6))
DATED = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)


def entry(content: str = "", **more: object) -> Entry:
    known: dict[str, object] = {"link": LINK, "title": "A bridge opens", "published": DATED}
    return Entry(FEED, content=content, **(known | more))  # type: ignore[arg-type] # each test gives what it wants


def test_a_whole_article_in_a_feed_is_one() -> None:
    article = full_text(entry(LONG, language="en-GB", author="Ann Lee"))
    assert article is not None
    assert len(article.paragraphs) == 6
    assert (article.url, article.feed, article.source) == (LINK, FEED.url, "The News")
    assert (article.language, article.author, article.published) == ("en", "Ann Lee", DATED)


def test_the_footer_of_a_blog_is_no_part_of_it() -> None:
    article = full_text(entry(LONG + "<p>The post A bridge appeared first on The News.</p>"))
    assert article is not None
    assert "appeared first" not in article.text


@pytest.mark.parametrize(
    "content",
    [
        SENTENCE,
        "",
        LONG + "<p>Lire la suite</p>",
        LONG + "<p>And then …</p>",
        LONG + "<p>And then [&hellip;]</p>",
        LONG + '<a href="/x">Weiterlesen →</a>',
    ],
)
def test_what_only_announces_an_article_is_none(content: str) -> None:
    assert full_text(entry(content)) is None


def test_a_text_of_a_script_without_spaces_is_measured_by_its_letters() -> None:
    assert full_text(
        entry("<p>" + "市長は月曜日に新しい橋について大臣たちと話した。" * 20 + "</p>")
    )
    assert full_text(entry("<p>市長は月曜日に話した。</p>")) is None


def test_an_announcement_is_kept_without_its_button() -> None:
    article = announcement(entry(f"<p>{SENTENCE}</p><p>Read more »</p>"))
    assert article is not None
    assert article.paragraphs == (SENTENCE,)


@pytest.mark.parametrize(
    "content", ["", "Photos", "<img src='x.png'>", "Read more", "Comments: 12"]
)
def test_what_says_nothing_is_no_announcement(content: str) -> None:
    assert announcement(entry(content)) is None


def page(**more: object) -> Article:
    return Article("A bridge", (SENTENCE,), **more)  # type: ignore[arg-type] # each test gives what it wants


NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "guessed", "dated", "published"),
    [
        (None, False, DATED, (DATED, False)),
        (NOON, True, DATED, (DATED, False)),
        (NOON, False, DATED, (NOON, False)),
        (MIDNIGHT, False, DATED, (DATED, False)),  # the page knew only the day
        (MIDNIGHT, False, NOON, (MIDNIGHT, False)),  # but another one
        (NOON, True, None, (NOON, True)),
        (None, False, None, (None, False)),
    ],
)
def test_the_surer_and_the_more_exact_date_is_taken(
    told: datetime | None,
    guessed: bool,  # noqa: FBT001 - a row of the table
    dated: datetime | None,
    published: tuple[datetime | None, bool],
) -> None:
    made = completed(page(published=told, published_guessed=guessed), entry(published=dated))
    assert (made.published, made.published_guessed) == published


@pytest.mark.parametrize(
    ("named", "link", "kept"),
    [
        ("https://example.org/bridge", LINK, "https://example.org/bridge"),
        ("", LINK, LINK),
        ("https://example.org/", LINK, LINK),  # a home page is no article
        ("https://example.org/", "https://example.org", "https://example.org/"),
        ("http://[", LINK, "http://["),
    ],
)
def test_an_article_keeps_the_address_it_gives_itself(named: str, link: str, kept: str) -> None:
    assert completed(page(url=named), entry(link=link)).url == kept


def test_what_the_page_knows_stays() -> None:
    known = page(author="Bob", image="https://i.example/1.png", source="The Site", language="fr")
    made = completed(known, entry(author="Ann", image="https://i.example/2.png", language="en"))
    assert (made.author, made.image, made.source, made.language) == (
        "Bob", "https://i.example/1.png", "The Site", "fr",
    )  # fmt: skip


def test_without_any_name_the_host_is_the_source() -> None:
    nameless = Entry(Feed("https://www.example.org/feed"), link=LINK)
    assert completed(page(), nameless).source == "example.org"
