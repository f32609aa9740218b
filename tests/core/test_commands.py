"""The command table: every row answers, bad input is told what to type, nothing ever raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import command_table
from bot.core.archive import Follow
from bot.core.chats import Standing
from bot.core.command_table import GROUPS, LENGTHS
from bot.core.commands import (
    COMMANDS,
    Desk,
    english_name,
    find_command,
    first_link,
    in_words,
    parse_brief,
)
from bot.core.errors import RequestError, SourceError, StoreError
from bot.core.messages import (
    Action,
    Chat,
    ChatKind,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Picture,
    Reply,
    Request,
    StoryItem,
)
from bot.core.news import Feed, Reading
from bot.core.newsroom import Newsroom
from bot.core.ports import Places, Sources, Store
from bot.core.words import LANGUAGES, _, localised, speaking
from summaries.article import Length
from tests.fake_archive import FakeArchive
from tests.fake_finder import FakeFinder
from tests.fakes import (
    CHAT,
    COMET,
    MONDAY,
    PARIS_TALKS,
    FakeClock,
    FakePlaces,
    FakeSources,
    FakeStore,
    make_desk,
    press,
)

GROUP = Chat("fake", "-5001", ChatKind.GROUP)
NAMES = [spec.name for spec in COMMANDS]


def typed(line: str, chat: Chat = CHAT, **how: Any) -> Request:  # noqa: ANN401 - Request's own fields
    """What a person asks by typing this line."""
    name, _, arguments = line.removeprefix("/").partition(" ")
    return Request(chat, name, arguments, **how)


def words(reply: Reply) -> str:
    """All that a reply says."""
    return "\n".join(str(block) for block in reply.blocks)


def notice(reply: Reply) -> Notice:
    [block] = reply.blocks
    assert isinstance(block, Notice)
    return block


# --- the table


@pytest.mark.parametrize("name", NAMES)
async def test_every_command_of_the_table_is_answered(name: str) -> None:
    reply = await make_desk().answer(typed(f"/{name}"))
    assert reply.blocks
    assert "went wrong" not in words(reply)
    assert "no command" not in words(reply)


@pytest.mark.parametrize(
    "example", [example for spec in COMMANDS for example in spec.examples if "https" not in example]
)
async def test_every_example_of_the_table_works(example: str) -> None:
    archive = FakeArchive()
    feeds = [Follow(CHAT, Feed(f"https://{number}.example/feed"), "sport") for number in range(3)]
    await archive.follow(feeds, MONDAY)
    desk = make_desk(FakeSources(topics=("sport",)), archive=archive)
    await desk.answer(typed("/subscribe 08:00 20:00"))
    reply = await desk.answer(typed(example))
    assert not [block for block in reply.blocks if isinstance(block, Notice)]


@pytest.mark.parametrize("name", NAMES)
async def test_every_command_is_in_the_help_with_what_may_follow_it(name: str) -> None:
    spec = find_command(name)
    desk = make_desk()
    reply = await desk.answer(typed("/help"))
    lines = [item for block in reply.blocks if isinstance(block, Listing) for item in block.items]
    assert (f"/{name}", spec.description) in lines
    explained = await desk.answer(typed(f"/help {name}"))
    assert Heading(f"/{name} {spec.usage}".strip()) in explained.blocks
    assert all(example in words(explained) for example in spec.examples)


def test_the_table_fits_every_platforms_menu() -> None:
    for spec in COMMANDS:
        assert spec.name.isalpha()
        assert spec.name.islower()
        assert len(spec.name) <= 32
        assert 1 <= len(spec.description) <= 100
        required = [argument.required for argument in spec.arguments]
        assert required == sorted(required, reverse=True)
        assert all(1 <= len(argument.description) <= 100 for argument in spec.arguments)


@pytest.mark.parametrize("name", ["start", "subscriptions", "brief", "subscribe", "place"])
async def test_every_button_of_an_answer_is_answered_too(name: str) -> None:
    desk = make_desk()
    await desk.answer(typed("/subscribe 08:00"))
    arguments = {"subscribe": " 09:00", "place": " Tripoli"}.get(name, "")
    reply = await desk.answer(typed(f"/{name}{arguments}"))
    assert reply.actions
    for action in reply.actions:
        pressed = await desk.answer(typed(action.data))
        assert "no command" not in words(pressed)
        assert "went wrong" not in words(pressed)


@pytest.mark.parametrize(
    ("typo", "nearest"), [("breif", "brief"), ("places", "place"), ("subscibe", "subscribe")]
)
async def test_an_unknown_command_suggests_the_nearest(typo: str, nearest: str) -> None:
    said = notice(await make_desk().answer(typed(f"/{typo}")))
    assert f"/{typo}" in said.text
    assert f"/{nearest}" in said.hint


async def test_a_command_like_no_other_points_to_the_help() -> None:
    said = notice(await make_desk().answer(typed("/" + "ж" * 3000)))
    assert "/help" in said.hint
    assert len(said.text) < 100


async def test_a_command_ignores_case() -> None:
    assert "Dateline 1.2.3" in words(await make_desk().answer(typed("/About")))


# --- permission


@pytest.mark.parametrize("line", ["/subscribe 08:00", "/unsubscribe"])
@pytest.mark.parametrize("kind", [ChatKind.GROUP, ChatKind.CHANNEL])
async def test_who_may_not_manage_a_chat_changes_nothing_there(line: str, kind: ChatKind) -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    chat = replace(GROUP, kind=kind)
    await desk.answer(typed("/subscribe 07:00", chat))
    before = await store.subscriptions(chat)
    said = notice(await desk.answer(typed(line, chat, may_manage=False)))
    assert "Only those who manage this chat" in said.text
    assert "private" in said.hint
    assert await store.subscriptions(chat) == before


async def test_anyone_may_read_in_a_group_and_manage_their_own_chat() -> None:
    desk = make_desk()
    assert "Only those" not in words(await desk.answer(typed("/brief", GROUP, may_manage=False)))
    assert "will come" in words(await desk.answer(typed("/subscribe 8", may_manage=False)))


# --- /brief


@pytest.mark.parametrize(
    ("arguments", "target", "length"),
    [
        ("", "", Length.NORMAL),
        ("long", "", Length.LONG),
        ("SHORT", "", Length.SHORT),
        ("https://a.example/x", "https://a.example/x", Length.NORMAL),
        ("short https://a.example/x", "https://a.example/x", Length.SHORT),
        ("https://a.example/x long", "https://a.example/x", Length.LONG),
        ("  https://a.example/x   normal ", "https://a.example/x", Length.NORMAL),
    ],
)
def test_a_link_and_a_length_come_in_any_order(arguments: str, target: str, length: Length) -> None:
    assert parse_brief(typed(f"/brief {arguments}")) == (target, length, "dateline")


def test_a_path_may_have_spaces_but_only_at_this_machine() -> None:
    line = "/brief my news.txt short"
    assert parse_brief(typed(line, local=True))[0] == "my news.txt"
    with pytest.raises(RequestError, match="One link at a time"):
        parse_brief(typed(line))


def test_an_unknown_method_lists_the_known_ones() -> None:
    assert parse_brief(typed("/brief --method=lead"))[2] == "lead"
    with pytest.raises(RequestError) as caught:
        parse_brief(typed("/brief --method=magic"))
    assert "lead" in caught.value.hint


@pytest.mark.parametrize(
    ("quoted", "link"),
    [
        ("Look: https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/Paris_(Texas)", "https://a.example/Paris_(Texas)"),
        ("(see https://a.example/Paris_(Texas)).", "https://a.example/Paris_(Texas)"),
        ("« https://a.example/x » et https://b.example", "https://a.example/x"),
        ("<HTTPS://a.example/x>", "HTTPS://a.example/x"),
        ("https://a.example/x?y=1&z=%C3%A9#t!", "https://a.example/x?y=1&z=%C3%A9#t"),
    ],
)
def test_the_first_link_of_a_quoted_message_is_read(quoted: str, link: str) -> None:
    assert first_link(quoted) == link
    assert parse_brief(typed("/brief", quoted=quoted))[0] == link


def test_a_typed_link_goes_before_the_quoted_one() -> None:
    request = typed("/brief https://a.example", quoted="https://b.example")
    assert parse_brief(request)[0] == "https://a.example"


async def test_a_quoted_message_without_a_link_is_said() -> None:
    said = notice(await make_desk().answer(typed("/brief", quoted="no link here")))
    assert "no link" in said.text


async def test_a_link_is_read_and_offered_at_other_lengths() -> None:
    sources = FakeSources()
    reply = await make_desk(sources).answer(typed(f"/brief {PARIS_TALKS.url}"))
    assert sources.asked == [PARIS_TALKS.url]
    [item] = [block for block in reply.blocks if isinstance(block, StoryItem)]
    assert item.title == PARIS_TALKS.title
    assert press(reply, "Longer").data == f"brief {PARIS_TALKS.url} long"


async def test_a_page_that_cannot_be_read_is_said() -> None:
    said = notice(await make_desk().answer(typed("/brief https://a.example/gone")))
    assert said.text == "https://a.example/gone cannot be read."


async def test_a_briefing_is_dated_as_the_chat_lives_it() -> None:
    clock = FakeClock()
    clock.advance(hours=12)  # 18:00 UTC on Monday is Tuesday in Auckland
    desk = make_desk(clock=clock)
    assert "Monday, 2 March 2026" in words(await desk.answer(typed("/brief")))
    await desk.answer(typed("/subscribe 08:00 Pacific/Auckland"))
    assert "Tuesday, 3 March 2026" in words(await desk.answer(typed("/brief")))


# --- digests


async def test_subscribing_says_when_and_where_the_first_one_comes() -> None:
    store = FakeStore()
    reply = await make_desk(store=store).answer(typed("/subscribe 08:00 Europe/Paris weekdays"))
    assert "08:00, Europe/Paris, weekdays" in words(reply)
    assert "Monday, 2 March 2026, 08:00" in words(reply)
    [(kept, _)] = await store.subscriptions(CHAT)
    assert (kept.command, kept.chat) == ("brief", CHAT)


async def test_subscribing_without_a_zone_says_in_the_second_line_whose_clock_it_is() -> None:
    desk = make_desk(default_zone="Europe/Berlin")
    first, second, *_rest = (await desk.answer(typed("/subscribe 08:00 20:00"))).blocks
    assert "08:00, Europe/Berlin" in str(first)
    assert "This is Europe/Berlin time. Not your time zone?" in str(second)
    assert "Not your" not in words(await desk.answer(typed("/subscribe 09:00 UTC")))
    assert "Not your" not in words(await desk.answer(typed("/subscribe 10:00")))  # it is known now


async def test_a_second_digest_is_in_the_zone_of_the_first() -> None:
    desk = make_desk(default_zone="Europe/Berlin")
    assert "Europe/Berlin" in words(await desk.answer(typed("/subscribe 08:00")))
    await desk.answer(typed("/subscribe 08:00 Asia/Tokyo"))
    assert "20:00, Asia/Tokyo" in words(await desk.answer(typed("/subscribe 20:00")))


async def test_subscribing_twice_at_the_same_hour_says_that_it_is_there_already() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    await desk.answer(typed("/subscribe 08:00 Europe/Paris"))
    before = await store.subscriptions(CHAT)
    said = words(await desk.answer(typed("/subscribe 8h Europe/Paris")))
    assert "already has a digest at 08:00, Europe/Paris" in said
    assert await store.subscriptions(CHAT) == before
    changed = words(await desk.answer(typed("/subscribe 08:00 Asia/Tokyo")))
    assert "already had a digest at that hour. Now it comes at 08:00, Asia/Tokyo" in changed
    assert len(await store.subscriptions(CHAT)) == 1


async def test_a_digest_that_is_due_is_not_lost_by_subscribing_again() -> None:
    clock, store = FakeClock(), FakeStore()
    desk = make_desk(store=store, clock=clock)
    await desk.answer(typed("/subscribe 08:00 UTC"))
    clock.advance(hours=2)
    await desk.answer(typed("/subscribe 08:00 UTC"))
    assert len(await store.due(clock.now())) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/subscribe", "At what time"),
        ("/subscribe 25:00", "There is no 25:00"),
        ("/subscribe 08:00 Europe/Pariss", "neither a time zone"),
        ("/unsubscribe 7", "There is no digest “7”"),
        ("/unsubscribe tomorrow", "There is no digest “tomorrow”"),
        ("/unsubscribe " + "9" * 5000, "There is no digest “9999"),
        ("/unsubscribe 12:00", "There is no digest “12:00”"),
    ],
)
async def test_a_wrong_hour_zone_or_number_changes_nothing_and_says_what_to_type(
    line: str, said: str
) -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    await desk.answer(typed("/subscribe 08:00 UTC"))
    told = notice(await desk.answer(typed(line)))
    assert said in told.text
    assert "/" in told.hint
    assert len(await store.subscriptions(CHAT)) == 1


async def test_digests_are_numbered_in_each_chat_by_hour() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    await desk.answer(typed("/subscribe 06:00 UTC", GROUP))
    for hour in ("20:00", "08:00"):
        await desk.answer(typed(f"/subscribe {hour} UTC"))
    reply = await desk.answer(typed("/subscriptions"))
    [listing] = [block for block in reply.blocks if isinstance(block, Listing)]
    assert [(number, line[:5]) for number, line in listing.items] == [
        ("1", "08:00"),
        ("2", "20:00"),
    ]
    assert "20:00" in words(await desk.answer(typed("/unsubscribe #2")))
    assert [kept.timing.at.hour for kept, _ in await store.subscriptions(CHAT)] == [8]
    assert len(await store.subscriptions(GROUP)) == 1


async def test_a_stop_button_means_the_same_digest_after_the_numbers_moved() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    for hour in ("08:00", "12:00", "20:00"):
        await desk.answer(typed(f"/subscribe {hour} UTC"))
    stop = press(await desk.answer(typed("/subscriptions")), "Stop 12:00")
    await desk.answer(typed("/unsubscribe 1"))
    await desk.answer(typed(stop.data))
    assert [kept.timing.at.hour for kept, _ in await store.subscriptions(CHAT)] == [20]


async def test_all_digests_are_stopped_only_when_all_is_said() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    for hour in ("08:00", "20:00"):
        await desk.answer(typed(f"/subscribe {hour}"))
    reply = await desk.answer(typed("/unsubscribe all"))
    assert [type(block) for block in reply.blocks] == [Paragraph, Paragraph]
    assert await store.subscriptions(CHAT) == []
    again = notice(await desk.answer(typed("/unsubscribe")))
    assert "No digests come to this chat." in again.text


async def test_stopped_digests_come_again_when_somebody_asks_something_in_the_chat() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    await desk.answer(typed("/subscribe 08:00 UTC"))
    await store.pause(CHAT, "the bot was blocked")
    [(kept, _)] = await store.subscriptions(CHAT)
    assert kept.paused == "the bot was blocked"
    said = words(await desk.answer(typed("/about")))
    assert "The digests at 08:00 had stopped. They come here again." in said
    assert "had stopped" not in words(await desk.answer(typed("/about")))
    [(kept, due)] = await store.subscriptions(CHAT)
    assert (kept.paused, due.at > MONDAY) == ("", True)


# --- whatever breaks


class Breaking:
    """A port whose every method raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any port's method
        def fail(*_arguments: object, **_options: object) -> Any:  # noqa: ANN401
            raise self._error

        return fail


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyError("x"), OSError(5, "x")])
@pytest.mark.parametrize(
    "line",
    [
        "/brief",
        "/brief https://a.example",
        "/place Mosul",
        "/status",
        "/subscribe 08:00",
        "/unsubscribe 1",
        "/subscriptions",
    ],
)
async def test_a_port_that_breaks_is_answered_in_words(error: Exception, line: str) -> None:
    broken = Breaking(error)
    ports = cast("Sources", broken), cast("Places", broken), cast("Store", broken)
    said = notice(await make_desk(*ports).answer(typed(line)))
    assert "went wrong" in said.text
    assert said.hint


async def test_what_the_world_refuses_is_passed_on_in_its_own_words() -> None:
    desk = make_desk(cast("Sources", Breaking(SourceError("The page is gone."))))
    assert notice(await desk.answer(typed("/brief"))).text == "The page is gone."


async def test_a_chat_does_not_learn_where_the_database_is() -> None:
    desk = make_desk(store=cast("Store", Breaking(StoreError("Cannot use /srv/secret.db"))))
    said = notice(await desk.answer(typed("/subscriptions")))
    assert said == Notice("My database cannot be used right now.", "Please try again later.")


async def test_a_briefing_comes_also_when_the_database_does_not() -> None:
    desk = make_desk(store=cast("Store", Breaking(StoreError("The disk is full."))))
    reply = await desk.answer(typed("/brief"))
    assert [block for block in reply.blocks if isinstance(block, StoryItem)]


async def test_one_source_that_fails_costs_the_others_nothing() -> None:
    sources = FakeSources(failures=("Example Weekly cannot be read.",))
    reply = await make_desk(sources).answer(typed("/brief"))
    titles = [block.title for block in reply.blocks if isinstance(block, StoryItem)]
    assert titles == [PARIS_TALKS.title, COMET.title]
    assert Notice("Example Weekly cannot be read.") in reply.blocks


async def test_status_counts_and_says_what_fails() -> None:
    clock = FakeClock()
    desk = make_desk(FakeSources(failures=("down",)), clock=clock)
    clock.advance(hours=49.5)
    await desk.answer(typed("/subscribe 08:00"))
    reply = await desk.answer(typed("/status"))
    table = dict(
        item for block in reply.blocks if isinstance(block, Listing) for item in block.items
    )
    assert table["Version"] == "1.2.3"
    assert table["Running for"] == "2 days, 1 hr and 30 mins"
    assert (table["Digests"], table["Digests in all chats"]) == ("1", "1")
    assert table["Articles at hand"] == "2"
    assert Notice("down") in reply.blocks


async def test_a_place_is_asked_for_by_name() -> None:
    reply = await make_desk(places=FakePlaces()).answer(typed("/place"))
    assert "/place Mosul" in words(reply)
    assert [action.data for action in reply.actions] == ["place Iraq", "place Paris", "place Mosul"]


@settings(deadline=None)  # the first map draws the whole Earth
@given(
    st.sampled_from([*NAMES, "", "x"]),
    st.text(max_size=60),
    st.text(max_size=40),
    st.booleans(),
)
async def test_whatever_is_typed_is_answered(
    command: str,
    arguments: str,
    quoted: str,
    local: bool,  # noqa: FBT001 - a case
) -> None:
    reply = await make_desk().answer(Request(CHAT, command, arguments, quoted=quoted, local=local))
    assert reply.blocks
    assert not isinstance(reply.blocks[0], Heading) or reply.blocks[0].text
    assert "went wrong" not in words(reply)


async def test_the_map_shows_the_stories_that_the_briefing_tells() -> None:
    mosul = replace(
        COMET,
        title="A bridge opens in Mosul",
        paragraphs=("A bridge opened in Mosul.",),
        url="https://news.example/bridge",
    )
    clock, archive = FakeClock(), FakeArchive()
    yesterday = clock.now().date() - timedelta(days=1)
    await archive.tell(CHAT, yesterday, [PARIS_TALKS.url])
    newsroom = Newsroom(FakeSources((PARIS_TALKS, mosul)), clock, archive)
    desk = Desk(
        newsroom,
        FakePlaces(),
        FakeStore(),
        clock,
        version="1",
        archive=archive,
        finder=FakeFinder(),
    )
    [picture] = [
        block for block in (await desk.answer(typed("/map"))).blocks if isinstance(block, Picture)
    ]
    assert "Mosul" in picture.alt
    assert "Paris" not in picture.alt


async def test_a_chat_that_moves_takes_its_digests_and_choices_along() -> None:
    desk, new = make_desk(), replace(CHAT, id="-100")
    await desk.answer(Request(CHAT, "subscribe", "08:00"))
    assert not (await desk.answer(Request(CHAT, "moved", "-100", is_event=True))).blocks
    assert "08:00" in words(await desk.answer(Request(new, "subscriptions")))
    assert "No digests" in words(await desk.answer(Request(CHAT, "subscriptions")))


async def test_a_chat_that_comes_back_has_its_digests_again_and_is_told() -> None:
    desk = make_desk()
    await desk.answer(Request(CHAT, "subscribe", "08:00"))
    await desk.answer(Request(CHAT, "gone", "the bot was blocked", is_event=True))
    back = await desk.answer(Request(CHAT, "back", is_event=True))
    assert "08:00" in words(back)
    assert back.actions[0].command == "brief"
    assert "blocked" not in words(await desk.answer(Request(CHAT, "subscriptions")))
    assert not (await desk.answer(Request(CHAT, "back", is_event=True))).blocks


async def test_a_group_that_comes_back_has_the_digests_of_its_topics_again() -> None:
    store, topic = FakeStore(), replace(CHAT, kind=ChatKind.GROUP, thread="7")
    desk = make_desk(store=store)
    group = replace(topic, thread="")
    await desk.answer(Request(topic, "subscribe", "08:00"))
    await desk.answer(Request(group, "gone", "the bot was removed", is_event=True))
    assert [one.paused for one, _ in await store.subscriptions(topic)] == ["the bot was removed"]
    assert "08:00" in words(await desk.answer(Request(group, "back", is_event=True)))
    assert "next" in words(await desk.answer(Request(topic, "subscriptions")))


@pytest.mark.parametrize("line", ["moved -100", "gone away", "back"])
async def test_nobody_can_type_what_only_happens(line: str) -> None:
    desk = make_desk()
    await desk.answer(Request(CHAT, "subscribe", "08:00"))
    assert "There is no command" in words(await desk.answer(typed(f"/{line}")))
    assert "next" in words(await desk.answer(Request(CHAT, "subscriptions")))


async def test_which_one_is_asked_once_and_remembered_for_the_chat() -> None:
    desk = make_desk()
    asked = await desk.answer(Request(CHAT, "place", "Tripoli"))
    assert "Which one?" in words(asked)
    press = next(action for action in asked.actions if action.label == "Tripoli, LB")
    await desk.answer(Request(CHAT, press.command, press.arguments))
    assert "Tripoli, LB" in words(await desk.answer(Request(CHAT, "place", "tripoli")))
    elsewhere = replace(CHAT, id="2")
    assert "Which one?" in words(await desk.answer(Request(elsewhere, "place", "Tripoli")))


async def test_another_choice_takes_the_place_of_the_first() -> None:
    desk = make_desk()
    for label in ("Tripoli, LB", "Tripoli, LY"):
        asked = await desk.answer(Request(CHAT, "place", "Tripoli"))
        press = next(action for action in asked.actions if action.label == label)
        await desk.answer(Request(CHAT, press.command, press.arguments))
        assert label in words(await desk.answer(Request(CHAT, "place", "Tripoli")))


async def test_what_the_clock_asks_raises_rather_than_become_a_fault() -> None:
    class Away(FakeSources):
        async def articles(self, chat: Chat, topic: str = "") -> Reading:
            raise SourceError("the feeds are away")

    desk = make_desk(Away())
    assert notice(await desk.answer(typed("/brief"))).text == "the feeds are away"
    with pytest.raises(SourceError):
        await desk.reply(typed("/brief"))


async def test_small_talk_gets_one_helpful_line() -> None:
    said = notice(await make_desk().answer(Request(CHAT, *in_words("good morning"))))
    assert "/help" in said.hint


# --- the language of a chat


async def test_a_chat_that_comes_back_is_told_so_in_the_language_of_who_subscribed() -> None:
    desk = make_desk()
    await desk.answer(Request(CHAT, "subscribe", "08:00 UTC", locale="fr"))
    await desk.answer(Request(CHAT, "gone", is_event=True))
    back = await desk.answer(Request(CHAT, "back", is_event=True))
    with speaking("fr"):
        assert back.actions[0].label == _("Today's briefing")


async def test_status_names_a_few_failing_feeds_and_counts_the_others() -> None:
    desk = make_desk(FakeSources(failures=tuple(f"Feed {number}" for number in range(40))))
    said = [one for one in (await desk.answer(typed("/status"))).blocks if isinstance(one, Notice)]
    assert 1 < len(said) < 10
    assert f"{40 - len(said) + 1} more feeds cannot be read" in said[-1].text


async def test_the_desk_speaks_the_chats_language_else_that_of_who_asks() -> None:
    desk = make_desk()
    french = replace(typed("/subscribe 08:00 Europe/Paris"), locale="fr-CA")
    assert "lundi 2 mars 2026" in words(await desk.answer(french))
    spanish = replace(typed("/subscriptions"), locale="es")
    assert "lunes, 2 de marzo" in words(await desk.answer(spanish))
    await desk.answer(typed("/settings language de"))
    assert "Montag, 2. März 2026" in words(await desk.answer(spanish))


async def test_a_language_nobody_speaks_is_answered_in_english() -> None:
    reply = await make_desk().answer(Request(CHAT, "subscribe", "08:00 UTC", locale="tlh"))
    assert "Monday, 2 March 2026" in words(reply)


async def test_a_store_that_fails_leaves_the_readers_own_language() -> None:
    desk = make_desk(store=cast("Store", Breaking(StoreError("The disk is full."))))
    reply = await desk.answer(Request(CHAT, "brief", locale="fr"))
    assert isinstance(reply.blocks[0], Heading)
    assert "lundi 2 mars 2026" in reply.blocks[0].text


async def test_one_question_is_asked_of_the_store_to_know_the_language() -> None:
    class Counting(FakeStore):
        asked = 0

        async def standing(self, chat: Chat) -> Standing:
            self.asked += 1
            return await super().standing(chat)

    store = Counting()
    await make_desk(store=store).answer(typed("/about"))
    assert store.asked == 1


async def test_what_somebody_subscribes_to_is_kept_in_the_language_of_the_chat() -> None:
    store = FakeStore()
    desk = make_desk(store=store)
    await desk.answer(Request(GROUP, "subscribe", "08:00 UTC", locale="fr"))
    await desk.answer(Request(GROUP, "settings", "language de", locale="fr"))
    await desk.answer(Request(GROUP, "subscribe", "09:00 UTC", locale="fr"))
    assert [one.locale for one, _ in await store.subscriptions(GROUP)] == ["fr", "de"]


# --- buttons that carry much


LONG = f"https://news.example/{'x' * 300}?é"


def far_article() -> FakeSources:
    return FakeSources((replace(PARIS_TALKS, url=LONG),))


async def test_a_long_button_fits_every_platform_and_still_asks_the_same() -> None:
    sources = far_article()
    desk = make_desk(sources)
    reply = await desk.answer(typed(f"/brief {LONG}"))
    longer = press(reply, "Longer")
    assert re.fullmatch(r"~[0-9a-f]{16}", longer.arguments)
    assert all(Action.fits(one.command, one.arguments) for one in reply.actions)
    told = await desk.answer(replace(typed(longer.data), is_press=True))
    assert [type(block) for block in told.blocks if isinstance(block, StoryItem)]
    assert sources.asked == [LONG, LONG]


async def test_a_long_button_of_a_digest_is_kept_too() -> None:
    reply = await make_desk(far_article()).reply(Request(CHAT, "brief", LONG, is_digest=True))
    assert press(reply, "Longer").arguments.startswith("~")


async def test_a_button_that_is_forgotten_says_what_to_ask_instead() -> None:
    said = notice(await make_desk().answer(Request(CHAT, "brief", f"~{'0' * 16}", is_press=True)))
    assert said.text == "That button is from an older message."
    assert said.hint == "Ask again: /brief"


async def test_a_button_of_a_command_that_is_gone_is_from_an_older_message() -> None:
    said = notice(await make_desk().answer(Request(CHAT, "weather", "x", is_press=True)))
    assert said.text == "That button is from an older message."
    assert "/help" in said.hint


async def test_a_store_that_fails_costs_the_long_buttons_and_not_the_answer() -> None:
    desk = make_desk(far_article(), store=cast("Store", Breaking(StoreError("full"))))
    reply = await desk.answer(typed(f"/brief {LONG}"))
    assert [block for block in reply.blocks if isinstance(block, StoryItem)]
    assert "Longer" not in [action.label for action in reply.actions]


# --- plain words


async def test_a_topic_of_the_chat_is_understood_without_a_command() -> None:
    archive = FakeArchive()
    await archive.follow([Follow(CHAT, Feed("https://sport.example/feed"), "Sport")], MONDAY)
    desk = make_desk(FakeSources(topics=("sport",)), archive=archive)
    reply = await desk.answer(Request(CHAT, *in_words("sport")))
    assert [block for block in reply.blocks if isinstance(block, StoryItem)]


async def test_the_name_of_a_place_is_offered_as_a_question() -> None:
    desk = make_desk()
    reply = await desk.answer(Request(CHAT, *in_words("Mosul")))
    assert "/help" in notice(reply).hint
    told = await desk.answer(typed(press(reply, "What is new in Mosul, IQ?").data))
    assert "Mosul" in words(told)


@pytest.mark.parametrize("said", ["", " ", "x" * 5000, "́" * 300, "?!"])
async def test_whatever_is_said_gets_one_helpful_line(said: str) -> None:
    assert "/help" in notice(await make_desk().answer(Request(CHAT, *in_words(said)))).hint


# --- the names of commands


@pytest.fixture
def forgetful_table() -> Iterator[None]:
    """The table reads its names anew for one test."""
    command_table._names.cache_clear()
    yield
    command_table._names.cache_clear()


@pytest.mark.usefixtures("forgetful_table")
def test_a_command_is_known_by_its_name_in_any_language(monkeypatch: pytest.MonkeyPatch) -> None:
    french = {"place": "lieu", "subscribe": "abonner"}

    def called(_context: str, message: str, language: str) -> str:
        return french.get(message, message) if language == "fr" else message

    monkeypatch.setattr(command_table, "localised", called)
    assert find_command("Lieu").name == "place"
    assert english_name("abonner") == "subscribe"
    assert english_name("nothing") == "nothing"
    with pytest.raises(RequestError) as caught, speaking("fr"):
        find_command("abonnerr")
    assert "/abonner" in caught.value.hint
    with pytest.raises(RequestError) as caught:
        find_command("abonnerr")
    assert "/abonner" not in caught.value.hint


def test_no_name_of_a_command_means_another_one_in_another_language() -> None:
    for language in LANGUAGES:
        for spec in COMMANDS:
            assert english_name(localised("command", spec.name, language)) == spec.name


def test_every_command_stands_in_a_group_of_the_help() -> None:
    assert {spec.group for spec in COMMANDS} == set(GROUPS)


def test_the_lengths_of_a_briefing_have_their_words() -> None:
    assert tuple(Length) == LENGTHS


@pytest.mark.parametrize("command", ["suggest", "language", "gone", "moved", "back"])
async def test_what_only_an_adapter_asks_is_no_command_for_a_person(command: str) -> None:
    reply = await make_desk().answer(Request(CHAT, command, "place par", sender="1001"))
    assert [type(block) for block in reply.blocks] == [Notice]
    assert f"There is no command /{command}." in str(reply.blocks)
