"""Lists of feeds: what other readers export, and back."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import RequestError, SourceError
from bot.core.news import Feed, FeedList, ListedFeed
from bot.sources.opml import MAX_FEEDS, MAX_INCLUDES, read_opml, write_opml


def opml(body: str, title: str = "Mine") -> bytes:
    head = f"<head><title>{title}</title></head>"
    return f'<?xml version="1.0"?><opml version="2.0">{head}<body>{body}</body></opml>'.encode()


def outline(name: str) -> str:
    return f'<outline type="rss" text="{name}" xmlUrl="https://{name}.example/feed"/>'


def urls(found: FeedList) -> list[str]:
    return [listed.feed.url for listed in found.feeds]


def test_a_list_gives_its_feeds_with_titles_and_sites() -> None:
    found = read_opml(
        opml(
            '<outline text="A &amp; B" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/>'
        )
    )
    assert found.title == "Mine"
    feed = Feed("https://a.example/feed", "A & B", "https://a.example/")
    assert found.feeds == (ListedFeed(feed),)


def test_feeds_know_the_folders_they_stand_in() -> None:
    nested = f'<outline text="World"><outline text="Europe">{outline("a")}</outline></outline>'
    assert read_opml(opml(nested)).feeds[0].folders == ("World", "Europe")


def test_feeds_inside_of_a_feed_are_found() -> None:
    inside = f'<outline text="a" xmlUrl="https://a.example/feed">{outline("b")}</outline>'
    assert urls(read_opml(opml(inside))) == ["https://a.example/feed", "https://b.example/feed"]


def test_names_of_attributes_may_be_written_in_any_letters() -> None:
    assert urls(read_opml(opml('<outline XMLURL="https://a.example/feed"/>'))) == [
        "https://a.example/feed"
    ]


def test_a_feed_listed_twice_is_taken_once_with_its_first_folder() -> None:
    twice = f'<outline text="One">{outline("a")}</outline>{outline("a")}'
    found = read_opml(opml(twice))
    assert [listed.folders for listed in found.feeds] == [("One",)]


def test_a_list_that_is_broken_gives_what_it_has() -> None:
    body = opml(outline("a") + '<outline text="B & C" xmlUrl="https://b.example/?a=1&b=2">')
    assert urls(read_opml(body)) == ["https://a.example/feed", "https://b.example/?a=1&b=2"]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "", "not a link", "http://["]
)
def test_what_is_no_link_is_not_taken(link: str) -> None:
    assert read_opml(opml(f'<outline text="x" xmlUrl="{link}"/>')).feeds == ()


def test_the_feed_scheme_means_https() -> None:
    body = opml(
        '<outline xmlUrl="feed://a.example/feed"/><outline xmlUrl="feed:https://b.example/"/>'
    )
    assert urls(read_opml(body)) == ["https://a.example/feed", "https://b.example/"]


@pytest.mark.parametrize("body", [b"", b"text", b"<html></html>", b"<rss/>", b"\0\xff", b"{}"])
def test_what_is_no_list_is_said_in_words(body: bytes) -> None:
    with pytest.raises(RequestError, match="not an OPML file") as told:
        read_opml(body)
    assert "Export" in told.value.hint


def test_a_list_that_is_too_large_is_said_in_words() -> None:
    with pytest.raises(RequestError, match="larger than"):
        read_opml(b"<opml>" + b" " * 5_000_000)


def test_an_outline_that_would_keep_the_parser_busy_is_passed_over() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(200_000))
    assert urls(read_opml(opml(f"<outline {attributes}/>{outline('a')}"))) == [
        "https://a.example/feed"
    ]


def test_five_thousand_feeds_are_taken_in_a_second() -> None:
    body = opml("".join(outline(f"site-{number}") for number in range(MAX_FEEDS)))
    start = time.process_time()
    found = read_opml(body)
    assert time.process_time() - start < 1
    assert (len(found.feeds), found.left_out) == (MAX_FEEDS, 0)


def test_more_than_that_are_counted() -> None:
    body = opml("".join(outline(f"site-{number}") for number in range(MAX_FEEDS + 3)))
    assert read_opml(body).left_out == 3


def test_a_list_nested_without_end_is_read_in_a_second() -> None:
    body = opml('<outline text="x">' * 100_000 + outline("a") + "</outline>" * 100_000)
    start = time.process_time()
    read_opml(body)
    assert time.process_time() - start < 2


def test_entities_are_never_expanded() -> None:
    doctype = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    found = read_opml(doctype + opml(outline("a"), title="&x;").partition(b"?>")[2])
    assert found.title == "&x;"


# ---------------------------------------------------------------- lists that include lists


def include(link: str) -> str:
    return f'<outline text="More" type="include" url="{link}"/>'


ONE = "https://lists.example/one.opml"
TWO = "https://lists.example/two.opml"


def test_included_lists_are_read_into_their_folder() -> None:
    lists = {TWO: opml(outline("b"))}
    body = opml(f'<outline text="Folder">{include(TWO)}</outline>{outline("a")}')
    found = read_opml(body, ONE, lists.__getitem__)
    assert urls(found) == ["https://a.example/feed", "https://b.example/feed"]
    assert found.feeds[1].folders == ("Folder",)


def test_lists_that_include_each_other_are_read_once() -> None:
    asked = []

    def fetch(link: str) -> bytes:
        asked.append(link)
        return {ONE: opml(outline("a") + include(TWO)), TWO: opml(outline("b") + include(ONE))}[
            link
        ]

    found = read_opml(fetch(ONE), ONE, fetch)
    assert urls(found) == ["https://a.example/feed", "https://b.example/feed"]
    assert asked == [ONE, TWO]


def test_a_list_that_includes_itself_under_ever_new_names_ends() -> None:
    asked = []

    def fetch(link: str) -> bytes:
        asked.append(link)
        return opml(outline("a") + include(f"{ONE}?{len(asked)}"))

    found = read_opml(fetch(ONE), ONE, fetch)
    assert len(asked) <= MAX_INCLUDES + 1
    assert "the rest was left out" in found.failures[-1]


def test_an_included_list_that_cannot_be_read_costs_only_itself() -> None:
    def fetch(link: str) -> bytes:
        raise SourceError("lists.example cannot be reached.")

    found = read_opml(opml(include(TWO) + outline("a")), ONE, fetch)
    assert urls(found) == ["https://a.example/feed"]
    assert found.failures == (
        f"The included list {TWO} was left out: lists.example cannot be reached.",
    )


def test_an_included_list_that_is_too_large_costs_only_itself() -> None:
    found = read_opml(opml(include(TWO) + outline("a")), ONE, lambda _: b" " * 6_000_000)
    assert urls(found) == ["https://a.example/feed"]
    assert "larger than" in found.failures[0]


def test_included_lists_are_named_where_nothing_can_be_fetched() -> None:
    assert TWO in read_opml(opml(include(TWO))).failures[0]


# ---------------------------------------------------------------- and back

NAMES = st.text(max_size=20)
LISTED = st.builds(
    ListedFeed,
    st.builds(Feed, st.integers(0, 10**6).map(lambda n: f"https://a.example/{n}?a=1&b=2"), NAMES),
    st.lists(NAMES, max_size=3).map(tuple),
)


def test_what_is_written_is_read_again() -> None:
    feeds = (
        ListedFeed(Feed("https://a.example/?a=1&b=2", 'A <b> "q" & c', "https://a.example/")),
        ListedFeed(Feed("https://b.example/", "Éé 日本"), ("World", "Europe")),
        ListedFeed(Feed("https://c.example/", "c"), ("World",)),
    )
    found = read_opml(write_opml(feeds, "Mine & yours"))
    assert found.title == "Mine & yours"
    assert set(found.feeds) == {
        ListedFeed(Feed("https://a.example/?a=1&b=2", 'A "q" & c', "https://a.example/")),
        *feeds[1:],
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(LISTED, max_size=10, unique_by=lambda listed: listed.feed.url), NAMES)
def test_whatever_is_written_can_be_read_again(feeds: list[ListedFeed], title: str) -> None:
    found = read_opml(write_opml(feeds, title))
    assert {listed.feed.url for listed in found.feeds} == {listed.feed.url for listed in feeds}


PIECES = (
    "<opml>", "<body>", "<outline ", "xmlUrl='http://[' ", "type='include' ", "url='x' ", ">", "/>",
    "</outline>", "&", "\0", "<!--", "text='é' ", "xmlUrl='https://a/' ",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_no_list_raises_anything_but_a_request_error(pieces: list[str]) -> None:
    with suppress(RequestError):
        found = read_opml(("<opml>" + "".join(pieces)).encode())
        assert set(urls(found)) <= {"https://a/"}
