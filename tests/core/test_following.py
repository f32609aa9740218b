"""What a chat follows: links, lists, topics and filters, through the desk with fake ports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.archive import FeedState, Follow, WordFilter
from bot.core.commands import SUGGEST, Desk
from bot.core.errors import RequestError
from bot.core.filters import MUTED
from bot.core.follow_orders import as_link, choose_follows, is_list_file, parse_follow
from bot.core.following import MAX_FOLLOWS, PAGE, Following
from bot.core.messages import Attachment, Chat, ChatKind, Listing, Notice, Reply, Request
from bot.core.news import Feed, ListedFeed
from bot.sources.opml import read_opml, write_opml
from tests.fake_archive import FakeArchive
from tests.fake_finder import BLOG, LONG, SPORT, WORLD, FakeFinder
from tests.fakes import CHAT, MONDAY, FakeClock, make_desk, press

GROUP = Chat("fake", "-5001", ChatKind.GROUP)


@pytest.fixture
def archive() -> FakeArchive:
    return FakeArchive()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(archive: FakeArchive, clock: FakeClock) -> Desk:
    return make_desk(archive=archive, clock=clock)


def typed(line: str, chat: Chat = CHAT, **how: Any) -> Request:  # noqa: ANN401 - Request's own fields
    name, _, arguments = line.removeprefix("/").partition(" ")
    return Request(chat, name, arguments, **how)


def words(reply: Reply) -> str:
    return "\n".join(str(block) for block in reply.blocks)


def labels(reply: Reply) -> list[str]:
    return [action.label for action in reply.actions]


async def pressed(desk: Desk, reply: Reply, label: str) -> Reply:
    return await desk.answer(typed(press(reply, label).data))


async def followed(archive: FakeArchive, chat: Chat = CHAT) -> list[tuple[str, str]]:
    return [(one.feed.url, one.topic) for one in await archive.follows(chat)]


def many(count: int, topic: str = "") -> list[Follow]:
    return [
        Follow(CHAT, Feed(f"https://{number:04}.example/feed", f"Feed {number:04}"), topic)
        for number in range(count)
    ]


# --- /follow


async def test_a_site_with_one_feed_is_followed(desk: Desk, archive: FakeArchive) -> None:
    reply = await desk.answer(typed("/follow https://blog.example"))
    assert "now follows “A blog”" in words(reply)
    assert await followed(archive) == [(BLOG.url, "")]
    assert labels(reply) == ["Unfollow", "Today's briefing", "What is followed"]


async def test_words_after_the_link_are_the_topic(desk: Desk, archive: FakeArchive) -> None:
    reply = await desk.answer(typed("/follow blog.example  my   blogs"))
    assert "(topic: my blogs)" in words(reply)
    assert await followed(archive) == [(BLOG.url, "my blogs")]


async def test_a_site_with_several_feeds_asks_which(desk: Desk, archive: FakeArchive) -> None:
    reply = await desk.answer(typed("/follow https://news.example news"))
    assert "news.example offers 2 feeds" in words(reply)
    assert "Example News: Sport (https://news.example/sport.xml)" in words(reply)
    assert await followed(archive) == []
    chosen = await pressed(desk, reply, "2. Example News: Sport")
    assert "now follows “Example News: Sport” (topic: news)" in words(chosen)
    assert await followed(archive) == [(SPORT.url, "news")]


async def test_a_feed_with_a_long_address_is_chosen_by_its_button(
    desk: Desk, archive: FakeArchive
) -> None:
    reply = await desk.answer(typed("/follow https://long.example"))
    await pressed(desk, reply, "1. Long news")
    assert await followed(archive) == [(LONG.url, "")]


async def test_a_number_that_a_site_no_longer_has_is_said(desk: Desk) -> None:
    reply = await desk.answer(typed("/follow 7 of https://long.example"))
    assert "That site has no feed 7: it offers 2 feeds now." in words(reply)


async def test_following_again_says_so_and_asks_no_site(archive: FakeArchive) -> None:
    finder = FakeFinder()
    following = Following(archive, finder, FakeClock())
    await following.follow(typed(f"/follow {BLOG.url} blogs"))
    again = await following.follow(typed(f"/follow {BLOG.url}"))
    assert "already follows “A blog” (topic: blogs)." in words(again)
    assert finder.asked == [BLOG.url]
    assert await followed(archive) == [(BLOG.url, "blogs")]


async def test_following_again_under_another_topic_moves_it(
    desk: Desk, archive: FakeArchive
) -> None:
    await desk.answer(typed(f"/follow {BLOG.url} blogs"))
    reply = await desk.answer(typed(f"/follow {BLOG.url} Reading"))
    assert "“A blog” now has the topic “Reading”." in words(reply)
    await desk.answer(typed(f"/follow {WORLD.url} reading"))
    assert await followed(archive) == [(BLOG.url, "Reading"), (WORLD.url, "Reading")]


async def test_several_links_are_each_told_of(desk: Desk, archive: FakeArchive) -> None:
    line = f"/follow {BLOG.url} http://10.0.0.1/ https://news.example https://nothing.example"
    reply = await desk.answer(typed(line))
    assert "now follows “A blog”" in words(reply)
    assert "http://10.0.0.1/: 10.0.0.1 is not on the public internet" in words(reply)
    assert "news.example offers 2 feeds" in words(reply)
    assert "https://nothing.example: https://nothing.example offers no feed" in words(reply)
    assert await followed(archive) == [(BLOG.url, "")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/follow http://10.0.0.1/", "not on the public internet"),
        ("/follow https://nothing.example", "offers no feed"),
        ("/follow sport", "“sport” is not an address."),
        ("/follow feeds.opml", "feeds.opml is the name of a file."),
        (f"/follow {'9' * 5000} of sport", "at most 60 characters"),
        (f"/follow {BLOG.url} long", "“long” cannot be a topic."),
        (f"/follow {BLOG.url} {'x' * 61}", "at most 60 characters"),
        ("/follow " + " ".join(f"https://{n}.example" for n in range(11)), "10 links at a time"),
    ],
)
async def test_what_cannot_be_followed_is_refused_in_words(
    desk: Desk, archive: FakeArchive, line: str, said: str
) -> None:
    [notice] = (await desk.answer(typed(line))).blocks
    assert isinstance(notice, Notice)
    assert said in notice.text
    assert await followed(archive) == []


async def test_follow_alone_says_how_and_what_is_followed(desk: Desk, archive: FakeArchive) -> None:
    assert "gets sample articles" in words(await desk.answer(typed("/follow")))
    await archive.set_defaults([WORLD], MONDAY)
    assert "the operator chose: Example News: World." in words(await desk.answer(typed("/follow")))
    await desk.answer(typed(f"/follow {BLOG.url} blogs"))
    reply = await desk.answer(typed("/follow"))
    assert "OPML" in words(reply)
    assert "This chat follows 1 feed: blogs (1)." in words(reply)


async def test_a_reply_to_a_message_follows_its_links(desk: Desk, archive: FakeArchive) -> None:
    quoted = f"I read this ({BLOG.url}), and this: {WORLD.url}!"
    await desk.answer(typed("/follow daily", quoted=quoted))
    assert await followed(archive) == [(BLOG.url, "daily"), (WORLD.url, "daily")]


@pytest.mark.parametrize("line", ["/follow https://blog.example", "/unfollow 1", "/filter off"])
async def test_only_those_who_manage_a_group_change_what_it_follows(
    desk: Desk, archive: FakeArchive, line: str
) -> None:
    await archive.follow([Follow(GROUP, WORLD)], MONDAY)
    reply = await desk.answer(typed(line, GROUP, may_manage=False))
    assert "Only those who manage this chat" in words(reply)
    assert await followed(archive, GROUP) == [(WORLD.url, "")]
    everybody = await desk.answer(typed("/following", GROUP, may_manage=False))
    assert "Example News: World" in words(everybody)


async def test_a_full_chat_is_refused_one_more(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow(many(MAX_FOLLOWS), MONDAY)
    reply = await desk.answer(typed(f"/follow {BLOG.url}"))
    assert "at most 5,000 feeds" in words(reply)


@pytest.mark.parametrize(
    ("word", "link"),
    [
        ("https://example.org/feed", "https://example.org/feed"),
        ("<https://example.org>", "https://example.org"),
        ("https://example.org,", "https://example.org"),
        ("éxample.рф", "https://éxample.рф"),
        ("example.xn--p1ai/feed", "https://example.xn--p1ai/feed"),
        ("127.0.0.1:8080/feed", "https://127.0.0.1:8080/feed"),
        ("3.5", ""),
        ("v2.0", ""),
        ("example.org", "https://example.org"),
        ("example.org:8080/feed.xml?x=1", "https://example.org:8080/feed.xml?x=1"),
        ("feed://example.org/rss", "https://example.org/rss"),
        ("feed:https://example.org/rss", "https://example.org/rss"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("sport", ""),
        ("feeds.opml", ""),
        ("U.S.", ""),
        ("ada@example.org", ""),
    ],
)
def test_a_word_is_a_link_or_it_is_none(word: str, link: str) -> None:
    assert as_link(word) == link


def test_the_links_and_the_topic_come_in_any_order() -> None:
    order = parse_follow(typed("/follow my https://a.example news https://b.example"))
    assert order.links == ("https://a.example", "https://b.example")
    assert order.topic == "my news"


# --- lists as files


def opml(*feeds: tuple[str, tuple[str, ...]]) -> Attachment:
    listed = [ListedFeed(Feed(url, url.rpartition("/")[2]), folders) for url, folders in feeds]
    return Attachment("feeds.opml", write_opml(listed, "My feeds"))


async def test_the_feeds_of_a_list_are_followed_under_their_folders(
    desk: Desk, archive: FakeArchive
) -> None:
    file = opml(
        ("https://a.example/one", ()),
        ("https://a.example/two", ("News",)),
        ("https://a.example/three", ("News", "Africa")),
        (WORLD.url, ("Sport",)),
    )
    await archive.follow([Follow(CHAT, WORLD, "world")], MONDAY)
    reply = await desk.answer(typed("/follow", file=file))
    assert "From the list “My feeds”, this chat now follows 3 feeds." in words(reply)
    assert "1 feed of the list was followed before." in words(reply)
    assert "By topic: News (1), News / Africa (1), without a topic (1)." in words(reply)
    assert await followed(archive) == [
        ("https://a.example/one", ""),
        ("https://a.example/two", "News"),
        ("https://a.example/three", "News / Africa"),
        (WORLD.url, "world"),
    ]


async def test_folders_take_the_spelling_that_topics_have_already(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow([Follow(CHAT, WORLD, "news")], MONDAY)
    file = opml(
        ("https://a.example/1", ("News",)),
        ("https://a.example/2", ("Été",)),
        ("https://a.example/3", ("ete",)),
    )
    await desk.answer(typed("/follow", file=file))
    assert {topic for _, topic in await followed(archive)} == {"news", "Été"}


async def test_a_typed_topic_takes_the_folders_place(desk: Desk, archive: FakeArchive) -> None:
    await desk.answer(typed("/follow reading", file=opml(("https://a.example/two", ("News",)))))
    assert await followed(archive) == [("https://a.example/two", "reading")]


async def test_what_could_not_be_read_of_a_list_is_said(desk: Desk) -> None:
    body = b"""<opml version="2.0"><body>
        <outline type="rss" text="One" xmlUrl="https://a.example/one"/>
        <outline type="include" text="Next" url="https://a.example/more.opml"/>
    </body></opml>"""
    reply = await desk.answer(typed("/follow", file=Attachment("feeds.opml", body)))
    assert "this chat now follows 1 feed." in words(reply)
    assert "Not all of the list could be read" in words(reply)
    assert "https://a.example/more.opml" in words(reply)


async def test_what_a_chat_has_no_room_for_is_said(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow(many(MAX_FOLLOWS - 1), MONDAY)
    file = opml(*((f"https://b.example/{number}", ()) for number in range(3)))
    reply = await desk.answer(typed("/follow", file=file))
    assert "this chat now follows 1 feed." in words(reply)
    assert "2 feeds of the list were left out: a chat follows at most 5,000." in words(reply)
    assert len(await archive.follows(CHAT)) == MAX_FOLLOWS


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\x89PNG", "That is not an OPML file."),
        (b"<opml version='2.0'><body/></opml>", "There is no feed in feeds.opml."),
    ],
)
async def test_a_file_without_feeds_is_refused_in_words(desk: Desk, body: bytes, said: str) -> None:
    reply = await desk.answer(typed("/follow", file=Attachment("feeds.opml", body)))
    assert said in words(reply)


async def test_what_goes_out_as_a_file_is_what_came_in(desk: Desk, archive: FakeArchive) -> None:
    file = opml(
        ("https://a.example/one", ()),
        ("https://a.example/two", ("News", "Africa")),
    )
    await desk.answer(typed("/follow", file=file))
    [sent] = (await desk.answer(typed("/following opml"))).attachments
    assert sent.name == "dateline.opml"
    assert read_opml(sent.content).feeds == read_opml(file.content).feeds


@pytest.mark.parametrize(
    ("name", "expected"),
    [("feeds.opml", True), ("Export.XML", True), ("a.txt", False), ("opml", False)],
)
def test_a_list_is_known_by_its_name(name: str, *, expected: bool) -> None:
    assert is_list_file(name) is expected


# --- /following


async def test_following_lists_by_topic_with_numbers(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow(
        [Follow(CHAT, BLOG), Follow(CHAT, WORLD, "news"), Follow(CHAT, SPORT, "sport")], MONDAY
    )
    reply = await desk.answer(typed("/following"))
    [listing] = [block for block in reply.blocks if isinstance(block, Listing)]
    assert listing.items == (
        ("Without a topic", ""),
        ("1", "A blog (blog.example)"),
        ("news", ""),
        ("2", "Example News: World (news.example/world.xml)"),
        ("sport", ""),
        ("3", "Example News: Sport (news.example/sport.xml)"),
    )
    assert labels(reply) == ["Export (OPML)", "Unfollow 1", "Unfollow 2", "Unfollow 3"]
    one = await desk.answer(typed("/following SPORT"))
    assert "1 feed, topic: SPORT" in words(one)
    assert labels(one) == ["Export (OPML)", "Unfollow 3"]


async def test_a_failing_feed_says_since_when_and_why(
    desk: Desk, archive: FakeArchive, clock: FakeClock
) -> None:
    await archive.follow([Follow(CHAT, BLOG), Follow(CHAT, WORLD), Follow(CHAT, SPORT)], MONDAY)
    bad = FeedState(BLOG, MONDAY, read_at=MONDAY, failures=3, reason="no such page (404).")
    new = FeedState(WORLD, MONDAY, failures=1, reason="There is no host named news.example.")
    await archive.record(bad, (), MONDAY)
    await archive.record(new, (), MONDAY)
    clock.advance(days=2, hours=3)
    reply = await desk.answer(typed("/following"))
    assert "3 feeds, 2 failing" in words(reply)
    assert "A blog (blog.example) — failing, last read 2 days ago: no such page (404)." in words(
        reply
    )
    assert "never read so far: There is no host named news.example." in words(reply)
    failing = await pressed(desk, reply, "Failing")
    assert "Sport" not in words(failing)
    assert labels(failing) == ["Export (OPML)", "Unfollow 1", "Unfollow 3"]


async def test_when_nothing_fails_that_is_said(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow([Follow(CHAT, BLOG)], MONDAY)
    assert "Nothing that this chat follows is failing." in words(
        await desk.answer(typed("/following failing"))
    )


async def test_a_long_list_comes_in_pages(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow(many(2 * PAGE + 1, "news"), MONDAY)
    first = await desk.answer(typed("/following"))
    assert "31 feeds, page 1 of 3" in words(first)
    assert labels(first)[:2] == ["Next", "Export (OPML)"]
    assert len(first.actions) <= 25
    second = await pressed(desk, first, "Next")
    assert "Feed 0014" in words(first)
    assert "Feed 0014" not in words(second)
    assert "Feed 0015" in words(second)
    last = await pressed(desk, second, "Next")
    assert labels(last)[:2] == ["Back", "Export (OPML)"]
    of_topic = await desk.answer(typed("/following page 3 news"))
    assert "Feed 0030" in words(of_topic)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/following page 9", "There is no page 9."),
        ("/following weather", "nothing under the topic “weather”"),
    ],
)
async def test_what_is_not_there_to_list_is_said(
    desk: Desk, archive: FakeArchive, line: str, said: str
) -> None:
    await archive.follow([Follow(CHAT, BLOG, "blogs")], MONDAY)
    reply = await desk.answer(typed(line))
    assert said in words(reply)


async def test_a_chat_that_follows_nothing_is_told_what_it_reads(
    desk: Desk, archive: FakeArchive
) -> None:
    assert "sample articles" in words(await desk.answer(typed("/following")))
    await archive.set_defaults([WORLD, SPORT, BLOG, LONG], MONDAY)
    said = words(await desk.answer(typed("/following")))
    assert "4 feeds that the operator chose" in said


# --- /unfollow


@pytest.mark.parametrize(
    ("what", "gone"),
    [
        ("1", [BLOG]),
        ("#3", [SPORT]),
        (BLOG.url, [BLOG]),
        ("blog.example/feed", [BLOG]),
        ("a BLOG", [BLOG]),
        ("world", [WORLD]),
        ("news", [WORLD, SPORT]),
        ("all", [BLOG, WORLD, SPORT]),
    ],
)
async def test_a_feed_is_unfollowed_by_whatever_names_it(
    desk: Desk, archive: FakeArchive, what: str, gone: list[Feed]
) -> None:
    follows = [Follow(CHAT, BLOG), Follow(CHAT, WORLD, "news"), Follow(CHAT, SPORT, "news / x")]
    await archive.follow(follows, MONDAY)
    await desk.answer(typed(f"/unfollow {what}"))
    left = {url for url, _ in await followed(archive)}
    assert left == {one.feed.url for one in follows} - {feed.url for feed in gone}


async def test_what_was_unfollowed_is_followed_again_by_a_button(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow([Follow(CHAT, BLOG, "blogs")], MONDAY)
    reply = await desk.answer(typed("/unfollow 1"))
    await pressed(desk, reply, "Follow again")
    assert await followed(archive) == [(BLOG.url, "blogs")]


async def test_a_long_address_is_followed_again_by_its_button(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow([Follow(CHAT, LONG, "x")], MONDAY)
    await pressed(desk, await desk.answer(typed("/unfollow 1")), "Follow again")
    assert await followed(archive) == [(LONG.url, "x")]


async def test_many_that_were_unfollowed_come_back_by_their_file(
    desk: Desk, archive: FakeArchive
) -> None:
    follows = [*many(12, "news"), Follow(CHAT, BLOG)]
    await archive.follow(follows, MONDAY)
    before = await followed(archive)
    reply = await desk.answer(typed("/unfollow all"))
    assert "no longer follows 13 feeds" in words(reply)
    assert "and 3 more" in words(reply)
    assert await followed(archive) == []
    await desk.answer(typed("/follow", file=reply.attachments[0]))
    assert await followed(archive) == before


async def test_a_button_pressed_twice_says_that_it_is_done(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow([Follow(CHAT, BLOG), Follow(CHAT, WORLD)], MONDAY)
    reply = await desk.answer(typed("/following"))
    await pressed(desk, reply, "Unfollow 1")
    again = await pressed(desk, reply, "Unfollow 1")
    assert "This chat no longer follows that." in words(again)
    assert await followed(archive) == [(WORLD.url, "")]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("", "What shall this chat unfollow?"),
        ("weather", "nothing called “weather”"),
        ("example", "could be 2 feeds: “Example News: World”, “Example News: Sport”."),
        ("99", "nothing called “99”"),
    ],
)
def test_what_names_no_single_feed_is_refused(what: str, said: str) -> None:
    known = [Follow(CHAT, WORLD), Follow(CHAT, SPORT)]
    with pytest.raises(RequestError) as refused:
        choose_follows(what, known)
    assert said in str(refused.value)
    assert refused.value.hint


async def test_a_half_typed_feed_is_completed(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow([Follow(CHAT, BLOG), Follow(CHAT, WORLD, "news")], MONDAY)
    reply = await desk.answer(Request(CHAT, SUGGEST, "feed wor"))
    assert labels(reply) == ["Example News: World (topic: news)"]
    await desk.answer(typed(reply.actions[0].data))
    assert await followed(archive) == [(BLOG.url, "")]


# --- /filter


async def test_a_filter_is_set_shown_and_taken_off(desk: Desk, archive: FakeArchive) -> None:
    assert "No filter is on." in words(await desk.answer(typed("/filter")))
    said = await desk.answer(typed("/filter only climate, energy"))
    assert "This chat now gets: only climate, energy." in words(said)
    await desk.answer(typed("/filter without football"))
    shown = await desk.answer(typed("/filter"))
    assert "only climate, energy; without football" in words(shown)
    await pressed(desk, shown, "Take all filters off")
    assert await archive.filters(CHAT) == []


async def test_a_topics_filter_takes_the_topics_own_spelling(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow([Follow(CHAT, SPORT, "Sport")], MONDAY)
    said = await desk.answer(typed("/filter sport: without boxing"))
    assert "Of the topic “Sport”, this chat now gets: without boxing." in words(said)
    [kept] = await archive.filters(CHAT)
    assert kept.topic == "Sport"
    listed = await desk.answer(typed("/following"))
    assert "Filter of Sport" in words(listed)
    await pressed(desk, said, "Take the filter off")
    assert await archive.filters(CHAT) == []


async def test_the_filter_of_an_unknown_topic_is_refused(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow([Follow(CHAT, SPORT, "Sport")], MONDAY)
    said = await desk.answer(typed("/filter sprot: without boxing"))
    assert "This chat follows nothing under the topic “sprot”." in words(said)
    assert "Sport (1)" in words(said)


async def test_a_button_for_one_filter_leaves_the_others(desk: Desk, archive: FakeArchive) -> None:
    await archive.follow([Follow(CHAT, SPORT, "Sport")], MONDAY)
    await desk.answer(typed("/filter sport: without boxing"))
    said = await desk.answer(typed("/filter without football"))
    await pressed(desk, said, "Take the filter off")
    assert [one.topic for one in await archive.filters(CHAT)] == ["Sport"]


# --- /mute


async def test_a_muted_source_is_listed_and_heard_again_by_its_button(
    desk: Desk, archive: FakeArchive
) -> None:
    said = await desk.answer(typed("/mute The  Example Times"))
    assert "gets nothing from “The Example Times” any more." in words(said)
    for line in ("/filter", "/following", "/mute", "/unmute"):
        assert "The Example Times" in words(await desk.answer(typed(line)))
    await archive.follow([Follow(CHAT, BLOG)], MONDAY)
    assert "The Example Times" in words(await desk.answer(typed("/following")))
    await pressed(desk, await desk.answer(typed("/filter")), "Unmute The Example Times")
    assert await archive.filters(CHAT) == []


async def test_a_source_muted_twice_is_muted_once(desk: Desk, archive: FakeArchive) -> None:
    await desk.answer(typed("/mute blog.example"))
    again = await desk.answer(typed("/mute https://www.Blog.example/feed"))
    assert "gets nothing from “blog.example” already." in words(again)
    [kept] = await archive.filters(CHAT)
    assert kept.unwanted == ("blog.example",)


async def test_filters_of_words_and_muted_sources_leave_each_other_alone(
    desk: Desk, archive: FakeArchive
) -> None:
    await desk.answer(typed("/mute blog.example"))
    await desk.answer(typed("/filter without football"))
    off = await desk.answer(typed("/filter off"))
    assert "blog.example" in words(off)
    assert [one.unwanted for one in await archive.filters(CHAT)] == [("blog.example",)]
    await desk.answer(typed("/filter without football"))
    await desk.answer(typed("/unmute all"))
    assert [one.unwanted for one in await archive.filters(CHAT)] == [("football",)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/mute", "No source is muted here."),
        ("/unmute", "No source is muted here."),
        ("/unmute blog.example", "No source is muted here."),
        (f"/mute {'x' * 201}", "at most 200 characters"),
    ],
)
async def test_what_cannot_be_muted_is_said(
    desk: Desk, archive: FakeArchive, line: str, said: str
) -> None:
    assert said in words(await desk.answer(typed(line)))
    assert await archive.filters(CHAT) == []


async def test_a_source_that_is_not_muted_is_not_unmuted(desk: Desk, archive: FakeArchive) -> None:
    await desk.answer(typed("/mute blog.example"))
    reply = await desk.answer(typed("/unmute news.example"))
    assert "“news.example” is not muted here." in words(reply)
    assert len(await archive.filters(CHAT)) == 1


async def test_a_chat_mutes_only_so_many_sources(desk: Desk, archive: FakeArchive) -> None:
    many_names = tuple(f"{number}.example" for number in range(100))
    await archive.set_filter(CHAT, WordFilter(MUTED, unwanted=many_names))
    assert "at most 100 sources" in words(await desk.answer(typed("/mute one.more")))


async def test_a_page_of_the_list_takes_the_place_of_the_page_before(
    desk: Desk, archive: FakeArchive
) -> None:
    await archive.follow(many(2 * PAGE), MONDAY)
    first = await desk.answer(typed("/following", is_press=True))
    second = await desk.answer(typed(press(first, "Next").data, is_press=True))
    assert (first.in_place, second.in_place) == (False, True)


async def test_two_chats_do_not_share_what_they_follow(desk: Desk, archive: FakeArchive) -> None:
    other = replace(CHAT, id="1002")
    await desk.answer(typed(f"/follow {BLOG.url}"))
    assert await followed(archive, other) == []
