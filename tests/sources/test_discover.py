"""Finding the feeds of a page, as sites offer them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.discover import MAX_FEEDS, FoundFeed, find_feeds, usual_places

HERE = "https://news.example/section/page.html"


def head(*links: str, body: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{''.join(links)}</head><body>{body}</body></html>"


def feed_link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


def test_a_declared_feed_is_found_with_its_title() -> None:
    page = head(feed_link("/feed", "News &amp; more"))
    assert find_feeds(page, HERE) == (FoundFeed("https://news.example/feed", "News & more"),)


def test_several_feeds_keep_their_order_and_comments_come_last() -> None:
    page = head(
        feed_link("/comments/feed", "Comments"),
        feed_link("/feed"),
        feed_link("/atom", kind="application/atom+xml"),
        feed_link("/feed.json", kind="application/feed+json"),
    )
    assert [feed.url.removeprefix("https://news.example") for feed in find_feeds(page, HERE)] == [
        "/feed",
        "/atom",
        "/feed.json",
        "/comments/feed",
    ]


def test_a_feed_declared_twice_is_found_once() -> None:
    assert len(find_feeds(head(feed_link("/feed", "a"), feed_link("/feed", "b")), HERE)) == 1


def test_links_are_relative_to_the_base_of_the_page() -> None:
    page = head('<base href="https://cdn.example/x/">', feed_link("feed"))
    assert find_feeds(page, HERE)[0].url == "https://cdn.example/x/feed"


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">',
        '<link rel="alternate" type="text/html" hreflang="fr" href="/fr/">',
        '<link rel="stylesheet" type="text/css" href="/feed.css">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml">',
        '<a href="/index.php">Home</a>',
        '<a href="/feedback">Feedback</a>',
        '<a href="/news">Our feed of news</a>',
    ],
)
def test_what_is_no_feed_is_not_found(link: str) -> None:
    assert find_feeds(head(link, body=link), HERE) == ()


def test_a_feed_that_is_only_linked_is_found_after_those_declared() -> None:
    body = '<p><a href="/rss.xml">RSS</a> <a href="?feed=rss2">b</a></p>'
    page = head(feed_link("/declared"), body=body)
    assert find_feeds(page, HERE) == (
        FoundFeed("https://news.example/declared"),
        FoundFeed("https://news.example/rss.xml", "RSS", declared=False),
        FoundFeed("https://news.example/section/page.html?feed=rss2", "b", declared=False),
    )


def test_a_page_of_links_to_feeds_gives_no_more_than_a_person_would_choose_from() -> None:
    page = "".join(f'<a href="/{number}.rss">x</a>' for number in range(1000))
    assert len(find_feeds(page, HERE)) == MAX_FEEDS


def test_the_usual_places_are_near_the_page_and_at_the_root() -> None:
    places = usual_places("https://news.example/blog/")
    assert places[0] == "https://news.example/blog/feed"
    assert "https://news.example/feed" in places
    assert usual_places("https://news.example")[0] == "https://news.example/feed"


@pytest.mark.parametrize(
    "page",
    [
        "",
        "text",
        "\0",
        "<" * 10_000,
        "<div>" * 100_000,
        "<link " + "a " * 200_000,
        "<p>" + "x" * 5_000_000,
        '<base href="http://["><link rel=feed href=x>',
    ],
)
def test_a_page_that_means_harm_gives_what_it_has(page: str) -> None:
    assert isinstance(find_feeds(page, HERE), tuple)


PIECES = (
    "<link ", "rel=feed ", "rel=alternate ", "href='http://[' ", "href=//x ", ">", "<base ", "<a ",
    "type=application/rss+xml ", "\0", "\ud800", "é", "<!--", "title=&#0; ", '"',
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_no_page_raises(pieces: list[str]) -> None:
    assert all(feed.url for feed in find_feeds("".join(pieces), HERE))
