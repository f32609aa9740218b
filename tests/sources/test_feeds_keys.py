"""What is new in a feed: each way in which feeds misname their entries, poll after poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.news import Entry, Feed
from bot.sources.feeds_keys import bare_link, entry_key, keyed, unseen

FEED = Feed("https://news.example/feed", "News", "https://news.example/")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def entry(number: int) -> Entry:
    return Entry(
        feed=FEED,
        id=f"id-{number}",
        link=f"https://news.example/{number}",
        title=f"Title {number}",
        published=NOON + timedelta(hours=number),
    )


class Reader:
    """A reader that remembers the keys of all that it was ever shown, as a chat's memory does."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def poll(self, *entries: Entry) -> list[str]:
        """Return the titles that are new to it."""
        new = [one.entry.title for one in unseen(entries, self._seen)]
        for one in keyed(entries):
            self._seen.update(one.keys)
        return new


def test_an_entry_comes_once_however_often_the_feed_is_read() -> None:
    reader = Reader()
    assert reader.poll(entry(2), entry(1)) == ["Title 2", "Title 1"]
    assert reader.poll(entry(3), entry(2), entry(1)) == ["Title 3"]
    assert reader.poll(entry(3), entry(2)) == []


def test_an_entry_that_slides_back_does_not_come_again() -> None:
    reader = Reader()
    reader.poll(entry(2), entry(1))
    for number in range(3, 60):
        reader.poll(entry(number), entry(number - 1))
    assert reader.poll(entry(59), entry(1)) == []


ONCE = {
    "its GUID": replace(entry(1), id="changed"),
    "its GUID to none": replace(entry(1), id=""),
    "its title": replace(entry(1), title="A better title"),
    "its summary": replace(entry(1), summary="More is known now."),
    "its date": replace(entry(1), published=NOON + timedelta(days=3)),
    "its date to none": replace(entry(1), published=None),
    "its link": replace(entry(1), link="https://news.example/1-a-better-title"),
    "its title and date": replace(entry(1), title="Better", published=NOON + timedelta(days=3)),
    "its link and title": replace(entry(1), link="https://news.example/x", title="Better"),
    "its GUID and link, as the site moved": replace(entry(1), id="x", link="https://new.example/1"),
    "its GUID and title": replace(entry(1), id="changed", title="A better title"),
    "how its link is tracked": replace(entry(1), link="http://www.news.example/1/?utm_source=rss"),
}


@pytest.mark.parametrize("change", ONCE)
def test_an_entry_that_changes_does_not_come_again(change: str) -> None:
    reader = Reader()
    reader.poll(entry(1))
    assert reader.poll(ONCE[change]) == []


def test_an_entry_edited_at_every_poll_comes_once() -> None:
    reader = Reader()
    came = []
    for poll in range(50):
        edited = replace(
            entry(1),
            title=f"{poll} people hurt",
            summary=f"{poll}",
            published=NOON + timedelta(minutes=poll),
        )
        came += reader.poll(edited)
    assert came == ["0 people hurt"]


def test_a_guid_that_changes_at_every_poll_names_nothing() -> None:
    reader = Reader()
    came = []
    for poll in range(50):
        came += reader.poll(replace(entry(1), id=f"random-{poll}"))
    assert came == ["Title 1"]


def test_a_guid_and_a_date_that_change_at_every_poll_name_nothing() -> None:
    reader = Reader()
    came = []
    for poll in range(50):
        now = NOON + timedelta(minutes=poll)
        came += reader.poll(replace(entry(1), id=f"random-{poll}", published=now))
    assert came == ["Title 1"]


def test_entries_of_one_guid_are_all_told() -> None:
    entries = [replace(entry(number), id="same") for number in range(5)]
    reader = Reader()
    assert len(reader.poll(*entries)) == 5
    assert reader.poll(*entries) == []
    assert reader.poll(replace(entry(9), id="same"), *entries[:2]) == ["Title 9"]


def test_entries_of_one_guid_that_come_one_at_a_time_are_all_told() -> None:
    reader = Reader()
    assert [reader.poll(replace(entry(number), id="same")) for number in range(3)] == [
        ["Title 0"],
        ["Title 1"],
        ["Title 2"],
    ]


def test_entries_of_one_guid_and_no_date_are_all_told() -> None:
    reader = Reader()
    for number in range(3):
        one = replace(entry(number), id="same", published=None)
        assert reader.poll(one) == [f"Title {number}"]
        assert reader.poll(one) == []


def test_entries_that_all_link_the_home_page_are_all_told() -> None:
    entries = [replace(entry(number), id="", link=FEED.link) for number in range(5)]
    reader = Reader()
    assert len(reader.poll(*entries)) == 5
    assert reader.poll(replace(entry(9), id="", link=FEED.link), *entries) == ["Title 9"]


def test_entries_of_one_title_are_all_told() -> None:
    digests = [replace(entry(number), title="The daily digest") for number in range(5)]
    reader = Reader()
    assert len(reader.poll(*digests[:3])) == 3
    assert len(reader.poll(*digests)) == 2


def test_entries_of_one_moment_are_all_told() -> None:
    entries = [replace(entry(number), published=NOON) for number in range(5)]
    reader = Reader()
    assert len(reader.poll(*entries)) == 5
    assert reader.poll(*entries) == []


def test_an_entry_without_a_guid_comes_once() -> None:
    reader = Reader()
    reader.poll(replace(entry(1), id=""))
    assert reader.poll(replace(entry(1), id="", title="Better")) == []
    assert reader.poll(replace(entry(2), id="")) == ["Title 2"]


@pytest.mark.parametrize("kept", ["id", "link"])
def test_an_entry_of_one_name_and_a_title_may_change_its_title(kept: str) -> None:
    bare = Entry(feed=FEED, title="First")
    bare = replace(bare, id="id-1") if kept == "id" else replace(bare, link=entry(1).link)
    reader = Reader()
    assert reader.poll(bare) == ["First"]
    assert reader.poll(replace(bare, title="Second")) == []


def test_an_entry_of_nothing_but_a_title_comes_once() -> None:
    reader = Reader()
    one, two = Entry(FEED, title="One"), Entry(FEED, title="Two")
    assert reader.poll(one) == ["One"]
    assert reader.poll(two, one) == ["Two"]


def test_what_a_document_lists_twice_comes_once() -> None:
    assert Reader().poll(entry(1), replace(entry(1), id="in another category")) == ["Title 1"]


def test_an_entry_of_nothing_at_all_has_a_key() -> None:
    assert len(entry_key(Entry(FEED))) == 16
    assert keyed([Entry(FEED), Entry(FEED)])[0].key == entry_key(Entry(FEED))


def test_the_key_of_an_entry_outlasts_an_edited_title() -> None:
    assert entry_key(entry(1)) == entry_key(replace(entry(1), title="A better title"))
    assert entry_key(entry(1)) != entry_key(entry(2))


@pytest.mark.parametrize(
    ("link", "bare"),
    [
        ("https://www.news.example/a/", "news.example/a"),
        ("HTTP://News.Example:80/a?utm_medium=x&id=3&fbclid=y", "news.example/a?id=3"),
        ("https://news.example/live#post-4", "news.example/live#post-4"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_a_bare_link_is_what_stays_while_the_page_stays(link: str, bare: str) -> None:
    assert bare_link(link) == bare


MARKS = st.builds(
    Entry,
    feed=st.just(FEED),
    id=st.sampled_from(["", "a", "b"]),
    link=st.sampled_from(["", FEED.link, "https://news.example/a", "https://news.example/b"]),
    title=st.sampled_from(["", "A", "B", "C"]),
    published=st.sampled_from([None, NOON, NOON + timedelta(days=1)]),
)


@given(st.lists(MARKS, max_size=8))
def test_what_was_shown_is_never_new_again(entries: list[Entry]) -> None:
    reader = Reader()
    reader.poll(*entries)
    assert reader.poll(*entries) == []


@given(st.lists(MARKS, max_size=8))
def test_nothing_of_a_first_document_is_lost(entries: list[Entry]) -> None:
    came = set(Reader().poll(*entries))
    assert came == {one.title for one in entries}
