"""The digests of a chat: several hours, places, topics, and quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.archive import Follow
from bot.core.commands import Desk
from bot.core.digests import MAX_DIGESTS, Question, parse_quiet, split_question
from bot.core.errors import RequestError
from bot.core.messages import Chat, ChatKind, Reply, Request
from bot.core.news import Feed
from bot.core.ports import Opening
from bot.core.schedule import WEEKDAYS, Quiet, Subscription, Timing, next_due, parse_timing
from tests.fakes import CHAT, MONDAY, MOSUL, FakeClock, FakeStore, make_desk, press

NIGHT = Quiet(time(22), time(7))


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(store: FakeStore, clock: FakeClock) -> Desk:
    return make_desk(store=store, clock=clock)


async def ask(desk: Desk, line: str, **how: Any) -> Reply:  # noqa: ANN401 - Request's own fields
    command, _, arguments = line.removeprefix("/").partition(" ")
    return await desk.answer(Request(CHAT, command, arguments, **how))


def words(reply: Reply) -> str:
    return "\n".join(str(block) for block in reply.blocks)


async def asked_at(store: FakeStore) -> list[tuple[str, str, str]]:
    return [
        (f"{one.timing.at:%H:%M}", one.command, one.arguments)
        for one, _ in await store.subscriptions(CHAT)
    ]


# --- zones


@pytest.mark.parametrize(
    "how", ["/subscribe 08:00 America/Los_Angeles", "/settings zone America/Los_Angeles"]
)
async def test_who_moves_west_after_todays_digest_is_told_when_the_next_really_comes(
    desk: Desk, store: FakeStore, clock: FakeClock, how: str
) -> None:
    clock.instant = datetime(2026, 3, 4, 18, tzinfo=UTC)
    await ask(desk, "/subscribe 08:00 Pacific/Auckland")  # 19:00 UTC, of the 5th
    clock.advance(hours=2)
    [(kept, due)] = await store.due(clock.now())
    await store.open_due([Opening(kept, due, next_due(kept.timing, due.at))])
    reply = await ask(desk, how)
    if how.startswith("/settings"):
        await ask(desk, "/settings move", is_press=True)
    [(_, coming)] = await store.subscriptions(CHAT)
    assert (due.day.day, coming.day.day) == (5, 6)
    assert coming.at == datetime(2026, 3, 6, 16, tzinfo=UTC)
    if how.startswith("/subscribe"):
        assert "Friday, 6 March 2026, 08:00" in words(reply)


async def test_a_digest_whose_zone_is_no_longer_known_keeps_nobody_from_asking(
    desk: Desk, store: FakeStore, clock: FakeClock
) -> None:
    await ask(desk, "/subscribe 08:00")
    lost = parse_timing("09:00", "UTC")
    gone = Subscription(CHAT, replace(lost, zone="Europe/Atlantis"))
    await store.subscribe(gone, next_due(lost, clock.now()))
    for line in ("/brief", "/subscriptions", "/quiet 22:00 07:00", "/settings", "/status"):
        assert "went wrong" not in words(await ask(desk, line))
    await store.pause(CHAT, "blocked")
    reply = await desk.answer(Request(CHAT, "back", is_event=True))
    assert "The digests at 08:00 come again" in words(reply)
    await ask(desk, "/unsubscribe 09:00")
    assert await asked_at(store) == [("08:00", "brief", "")]


# --- what a digest asks


@pytest.mark.parametrize(
    ("typed", "timing", "question"),
    [
        ("08:00", "08:00", Question("brief", "")),
        ("08:00 Europe/Paris long", "08:00 Europe/Paris", Question("brief", "long")),
        ("08:00 normal", "08:00", Question("brief", "")),
        ("8 am weekdays place Deir Ezzor", "8 am weekdays", Question("place", "Deir Ezzor")),
        ("08:00 short topic sport", "08:00", Question("brief", "sport short")),
        ("08:00 TOPIC World / Africa", "08:00", Question("brief", "World / Africa")),
    ],
)
def test_a_digest_may_be_of_a_length_a_place_or_a_topic(
    typed: str, timing: str, question: Question
) -> None:
    before, found = split_question(typed)
    assert (" ".join(before.split()), found) == (timing, question)


async def test_several_hours_make_several_digests(desk: Desk, store: FakeStore) -> None:
    reply = await ask(desk, "/subscribe 18:00 8am, 12h30 Europe/Paris weekdays")
    assert [hour for hour, _, _ in await asked_at(store)] == ["08:00", "12:30", "18:00"]
    kept = [one.timing for one, _ in await store.subscriptions(CHAT)]
    assert {timing.zone for timing in kept} == {"Europe/Paris"}
    assert words(reply).count("A digest will come here") == 3


async def test_a_place_is_resolved_when_it_is_subscribed_to(desk: Desk, store: FakeStore) -> None:
    reply = await ask(desk, "/subscribe 08:00 UTC place mosul")
    assert "08:00, UTC, every day: Mosul, IQ, today" in words(reply)
    await ask(desk, "/subscribe 08:00 UTC")
    assert await asked_at(store) == [
        ("08:00", "place", f"geo:{MOSUL.id} today"),
        ("08:00", "brief", ""),
    ]


async def test_a_topic_that_the_chat_has_not_is_refused_at_once(
    desk: Desk, store: FakeStore
) -> None:
    assert "no topic “sport”" in words(await ask(desk, "/subscribe 08:00 topic sport long"))
    assert await asked_at(store) == []
    await desk._archive.follow([Follow(CHAT, Feed("https://sport.example/feed"), "Sport")], MONDAY)
    await ask(desk, "/subscribe 08:00 topic sport long")
    assert await asked_at(store) == [("08:00", "brief", "sport long")]


async def test_a_weekly_digest_of_a_place_tells_the_week(desk: Desk, store: FakeStore) -> None:
    await ask(desk, "/subscribe 08:00 monday place mosul")
    assert await asked_at(store) == [("08:00", "place", f"geo:{MOSUL.id} this week")]


async def test_an_ambiguous_place_asks_which_one_and_the_button_subscribes(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/subscribe 07:30 place Tripoli")
    assert "Which one?" in words(reply)
    assert await asked_at(store) == []
    button = press(reply, "Tripoli, LB")
    await ask(desk, f"/{button.data}")
    assert await asked_at(store) == [("07:30", "place", "geo:5 today")]


async def test_a_place_nobody_knows_is_said(desk: Desk, store: FakeStore) -> None:
    assert "I know no place called “Atlantis”" in words(
        await ask(desk, "/subscribe 08:00 place Atlantis")
    )
    assert await asked_at(store) == []


async def test_a_stop_button_stops_its_own_digest_of_two_at_one_hour(
    desk: Desk, store: FakeStore
) -> None:
    await ask(desk, "/subscribe 08:00")
    reply = await ask(desk, "/subscribe 08:00 place mosul")
    await ask(desk, f"/{press(reply, 'Stop 08:00: Mosul, IQ, today').data}")
    assert await asked_at(store) == [("08:00", "brief", "")]


async def test_the_hour_alone_means_the_briefing_else_it_must_be_clear(
    desk: Desk, store: FakeStore
) -> None:
    for asked in ("08:00", "08:00 place mosul", "08:00 place paris"):
        await ask(desk, f"/subscribe {asked}")
    await ask(desk, "/unsubscribe 08:00")
    assert [command for _, command, _ in await asked_at(store)] == ["place", "place"]
    assert "2 digests at 08:00" in words(await ask(desk, "/unsubscribe 08:00"))
    assert len(await asked_at(store)) == 2


async def test_a_chat_has_at_most_so_many_digests(desk: Desk, store: FakeStore) -> None:
    for hour in range(MAX_DIGESTS):
        await ask(desk, f"/subscribe {hour}:00")
    assert f"at most {MAX_DIGESTS} digests" in words(await ask(desk, "/subscribe 8:30"))
    assert len(await asked_at(store)) == MAX_DIGESTS


# --- quiet hours


@pytest.mark.parametrize("typed", ["22:00 07:00", "22:00-7:00", "22:00 – 7", "10pm to 7am"])
def test_quiet_hours_are_read_as_people_write_them(typed: str) -> None:
    assert parse_quiet(typed) == NIGHT


@pytest.mark.parametrize("typed", ["22:00", "22:00 22:00", "08:00 07:00", "1 2 3", "soon late"])
def test_quiet_hours_that_make_no_sense_are_refused_in_words(typed: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_quiet(typed)
    assert refused.value.hint


async def test_quiet_hours_are_kept_shown_and_taken_off(desk: Desk, store: FakeStore) -> None:
    assert "no quiet hours" in words(await ask(desk, "/quiet"))
    assert "22:00 to 07:00" in words(await ask(desk, "/quiet 22:00 7:00"))
    assert (await store.settings(CHAT)).quiet == NIGHT
    assert "22:00 to 07:00" in words(await ask(desk, "/quiet"))
    await ask(desk, "/quiet off")
    assert (await store.settings(CHAT)).quiet is None


async def test_what_falls_into_the_quiet_hours_comes_when_they_end(
    desk: Desk, store: FakeStore
) -> None:
    await ask(desk, "/subscribe 06:30 12:00")
    await ask(desk, "/quiet 22:00 07:00")
    hours = [due.at.hour for _, due in await store.subscriptions(CHAT)]
    assert hours == [7, 12]
    await ask(desk, "/subscribe 23:00")
    due = {one.timing.at.hour: when for one, when in await store.subscriptions(CHAT)}
    assert due[23].at.hour == 7
    assert due[23].at.date() == due[23].day + timedelta(days=1)


async def test_a_digest_held_when_the_quiet_hours_are_taken_off_comes_at_once(
    desk: Desk, store: FakeStore, clock: FakeClock
) -> None:
    await ask(desk, "/quiet 22:00 07:00")
    await ask(desk, "/subscribe 23:00")
    clock.advance(hours=17, seconds=60)
    [(_, held)] = await store.subscriptions(CHAT)
    await ask(desk, "/quiet off")
    [(_, due)] = await store.subscriptions(CHAT)
    assert (due.day, due.at) == (held.day, clock.now())


async def test_who_may_not_manage_the_chat_cannot_silence_it(desk: Desk, store: FakeStore) -> None:
    group = replace(CHAT, kind=ChatKind.GROUP)
    request = Request(group, "quiet", "22:00 07:00", may_manage=False)
    assert "Only those who manage" in words(await desk.answer(request))


START = datetime(2025, 1, 1)  # noqa: DTZ001 - hypothesis takes naive bounds
ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
HOURS = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(
    HOURS,
    ZONES,
    HOURS,
    st.integers(1, 12 * 60),
    st.datetimes(START, START + timedelta(days=2000)),
)
def test_nothing_is_due_in_the_quiet_hours_and_no_day_is_lost(
    at: time, zone: str, start: time, minutes: int, after: datetime
) -> None:
    end = (datetime.combine(after, start) + timedelta(minutes=minutes)).time()
    timing = Timing(at, zone, quiet=Quiet(start, end))
    due = next_due(timing, after.replace(tzinfo=UTC))
    days = [due.day]
    for _ in range(5):
        wall = due.at.astimezone(ZoneInfo(zone)).time()
        assert not Quiet(start, end).holds(wall) or wall == end
        following = next_due(timing, due.at)
        assert following.at > due.at
        due = following
        days.append(due.day)
    assert days == [days[0] + timedelta(days=number) for number in range(6)]


# --- stopping, and taking it back


async def test_one_digest_is_stopped_without_a_number(desk: Desk, store: FakeStore) -> None:
    await ask(desk, "/subscribe 08:00 UTC")
    assert "Stopped: the digest at 08:00" in words(await ask(desk, "/unsubscribe"))
    assert await asked_at(store) == []


async def test_of_several_digests_it_is_asked_which_one_or_all(
    desk: Desk, store: FakeStore
) -> None:
    await ask(desk, "/subscribe 08:00 20:00 UTC")
    reply = await ask(desk, "/unsubscribe")
    assert "Which one shall I stop?" in words(reply)
    assert len(await asked_at(store)) == 2
    assert [one.label for one in reply.actions] == ["Stop 08:00", "Stop 20:00", "All of them"]
    await ask(desk, press(reply, "All of them").data, is_press=True)
    assert await asked_at(store) == []


async def test_buttons_of_two_digests_at_one_hour_name_what_they_ask(desk: Desk) -> None:
    await ask(desk, "/subscribe 08:00 UTC")
    await ask(desk, "/subscribe 08:00 UTC place mosul")
    reply = await ask(desk, "/subscriptions")
    assert [one.label for one in reply.actions] == [
        "Stop 08:00: Mosul, IQ, today",
        "Stop 08:00: briefing",
    ] or [one.label for one in reply.actions] == [
        "Stop 08:00: briefing",
        "Stop 08:00: Mosul, IQ, today",
    ]


async def test_each_of_many_digests_at_one_hour_has_a_stop_button_of_its_own(
    desk: Desk, store: FakeStore
) -> None:
    await desk._archive.follow([Follow(CHAT, Feed("https://sport.example/feed"), "Sport")], MONDAY)
    for line in ("", "long", "topic sport", "long topic sport", "place mosul", "place paris"):
        await ask(desk, f"/subscribe 08:00 {line}")
    await ask(desk, "/subscribe 08:00 monday place mosul")
    stops = (await ask(desk, "/subscriptions")).actions
    assert len({one.label for one in stops}) == len(stops) == 7
    for left, stop in enumerate(reversed(stops), 1):
        assert "Stopped" in words(await ask(desk, stop.data, is_press=True))
        assert len(await asked_at(store)) == 7 - left


async def test_a_stop_button_of_an_older_version_is_understood(
    desk: Desk, store: FakeStore
) -> None:
    await ask(desk, "/subscribe 08:00 place mosul")
    await ask(desk, "/unsubscribe 08:00 place geo:2", is_press=True)
    assert await asked_at(store) == []


@pytest.mark.parametrize(
    "line",
    [
        "08:00 Europe/Paris",
        "07:30 Asia/Tokyo mon,fri long",
        "08:00 UTC place mosul",
        "08:00 UTC short topic sport",
    ],
)
async def test_a_digest_that_was_stopped_is_started_again_as_it_was(
    desk: Desk, store: FakeStore, line: str
) -> None:
    await desk._archive.follow([Follow(CHAT, Feed("https://sport.example/feed"), "Sport")], MONDAY)
    await ask(desk, f"/subscribe {line}")
    [(before, due)] = await store.subscriptions(CHAT)
    stopped = await ask(desk, "/unsubscribe")
    await ask(desk, press(stopped, "Start it again").data, is_press=True)
    [(again, next_time)] = await store.subscriptions(CHAT)
    assert replace(again, id=before.id) == before
    assert next_time == due


async def test_a_stop_button_that_is_pressed_twice_says_that_it_is_done(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/subscribe 08:00 20:00 UTC")
    stop = press(reply, "Stop 08:00").data
    first = await ask(desk, stop, is_press=True)
    assert first.in_place
    assert "20:00" in words(first)  # what is left
    second = await ask(desk, stop, is_press=True)
    assert "That digest is stopped already." in words(second)
    assert [hour for hour, _, _ in await asked_at(store)] == ["20:00"]


# --- whose clock


async def test_utc_is_said_and_the_readers_own_zone_is_a_press_away(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/subscribe 08:00 weekdays place mosul", locale="en-FR")
    assert "This is UTC time. Not your time zone?" in words(reply)
    assert not [one for one in reply.actions if one.label.startswith("UTC")]  # it is that already
    await ask(desk, press(reply, "Paris · 07:00").data, is_press=True)
    [(kept, _)] = await store.subscriptions(CHAT)
    assert (kept.timing.zone, kept.timing.days) == ("Europe/Paris", WEEKDAYS)
    assert kept.arguments == "geo:2 today"


async def test_a_city_that_no_zone_is_named_after_is_understood(
    desk: Desk, store: FakeStore
) -> None:
    await ask(desk, "/subscribe 08:00 Mosul weekdays")
    [(kept, _)] = await store.subscriptions(CHAT)
    assert (kept.timing.zone, kept.timing.days) == ("Asia/Baghdad", WEEKDAYS)
    refused = await ask(desk, "/subscribe 09:00 Atlantis")
    assert "neither a time zone nor days" in words(refused)


async def test_quiet_hours_name_the_clock_they_follow(desk: Desk) -> None:
    await ask(desk, "/subscribe 08:00 Europe/Paris")
    assert "22:00 to 07:00 (Europe/Paris)" in words(await ask(desk, "/quiet 22:00 07:00"))


async def test_which_of_several_places_does_not_choose_a_zone_by_the_way(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/subscribe 07:30 place Tripoli")
    await ask(desk, press(reply, "Tripoli, LB").data)
    assert (await store.settings(CHAT)).zone == ""


async def test_which_of_several_places_is_asked_when_subscribing_and_the_answer_may_be_typed(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/subscribe 07:30 18:00 weekdays place Tripoli")
    assert "Press a button, or type which one you mean." in words(reply)
    assert await asked_at(store) == []
    said = await desk.answer(Request(CHAT, "words", "2"))
    assert "Tripoli, LB" in words(said)
    assert await asked_at(store) == [
        ("07:30", "place", "geo:5 today"),
        ("18:00", "place", "geo:5 today"),
    ]
    assert [kept.timing.days for kept, _ in await store.subscriptions(CHAT)] == [WEEKDAYS] * 2


async def test_in_a_group_only_a_press_says_which_place_a_digest_is_of(
    desk: Desk, store: FakeStore
) -> None:
    group = Chat("fake", "-7", ChatKind.GROUP)
    reply = await desk.answer(Request(group, "subscribe", "07:30 UTC place Tripoli"))
    await desk.answer(Request(group, "words", "2"))
    assert await store.subscriptions(group) == []
    _command, _, arguments = press(reply, "Tripoli, LB").data.partition(" ")
    await desk.answer(Request(group, "subscribe", arguments, is_press=True))
    [(kept, _)] = await store.subscriptions(group)
    assert kept.arguments == "geo:5 today"
