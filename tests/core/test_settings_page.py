"""/settings: pages with buttons, and the same typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from bot.core.chats import ChatSettings
from bot.core.commands import Desk
from bot.core.errors import RequestError
from bot.core.messages import Action, ChatKind, Listing, Notice, Reply, Request
from bot.core.schedule import Quiet
from bot.core.settings_page import parse_language
from summaries.article import Length
from tests.fakes import CHAT, FakePlaces, FakeStore, make_desk, place, press

PARIS = ChatSettings(zone="Europe/Paris")


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def desk(store: FakeStore) -> Desk:
    return make_desk(store=store)


async def ask(desk: Desk, line: str, **how: Any) -> Reply:  # noqa: ANN401 - Request's own fields
    command, _, arguments = line.removeprefix("/").partition(" ")
    return await desk.answer(Request(CHAT, command, arguments, **how))


async def pressed(desk: Desk, action: Action, **how: Any) -> Reply:  # noqa: ANN401 - Request's own
    return await ask(desk, action.data, is_press=True, **how)


def words(reply: Reply) -> str:
    return "\n".join(str(block) for block in reply.blocks)


def table(reply: Reply) -> dict[str, str]:
    return dict(
        item for block in reply.blocks if isinstance(block, Listing) for item in block.items
    )


async def test_one_message_shows_every_choice_with_a_button_for_each(desk: Desk) -> None:
    reply = await ask(desk, "/settings")
    assert reply.in_place
    assert table(reply) == {
        "Language": "Automatic",
        "Time zone": "UTC",
        "Length": "normal",
        "Digests": "none",
        "Quiet hours": "none",
        "Uncertain messages": "not sent again",
    }
    assert [action.label for action in reply.actions] == list(table(reply))


async def test_every_button_of_every_page_leads_somewhere_in_place(desk: Desk) -> None:
    seen: set[str] = set()
    waiting = [Action("", "settings")]
    while waiting:
        action = waiting.pop()
        if action.data in seen or action.command != "settings":
            continue
        seen.add(action.data)
        reply = await pressed(desk, action)
        assert reply.in_place
        assert not [block for block in reply.blocks if isinstance(block, Notice)]
        assert len(reply.actions) <= 25  # Discord's five rows of five
        waiting += reply.actions
    assert len(seen) > 30


@pytest.mark.parametrize(
    ("pages", "chosen"),
    [
        (["Language", "français"], ChatSettings(language="fr")),
        (["Language", "Automatic"], ChatSettings()),
        (["Length", "short"], ChatSettings(length=Length.SHORT)),
        (["Quiet hours", "22:00–07:00"], ChatSettings(quiet=Quiet(time(22), time(7)))),
        (["Uncertain messages", "sent again"], ChatSettings(rather_twice=True)),
    ],
)
async def test_a_button_makes_the_choice_and_shows_it(
    desk: Desk, store: FakeStore, pages: list[str], chosen: ChatSettings
) -> None:
    reply = await ask(desk, "/settings")
    for label in pages:
        unmarked = {one.label.removeprefix("✓ "): one for one in reply.actions}
        reply = await pressed(desk, unmarked[label])
    assert await store.settings(CHAT) == chosen
    assert len(reply.actions) == 6


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ("/settings language fr", ChatSettings(language="fr")),
        ("/settings LANGUAGE Français", ChatSettings(language="fr")),
        ("/settings language German", ChatSettings(language="de")),
        ("/settings zone Europe/Paris", PARIS),
        ("/settings zone paris", PARIS),
        ("/settings zone Brussels", ChatSettings(zone="Europe/Brussels")),
        ("/settings zone Mosul", ChatSettings(zone="Asia/Baghdad")),
        ("/settings length short", ChatSettings(length=Length.SHORT)),
        ("/settings twice on", ChatSettings(rather_twice=True)),
        ("/settings quiet 22:00 7:00", ChatSettings(quiet=Quiet(time(22), time(7)))),
    ],
)
async def test_every_choice_can_be_typed(
    desk: Desk, store: FakeStore, line: str, chosen: ChatSettings
) -> None:
    await ask(desk, line)
    assert await store.settings(CHAT) == chosen


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("/settings colour blue", "no setting “colour”", "/settings"),
        ("/settings language tlh", "do not speak “tlh”", "français"),
        ("/settings language " + "́" * 300, "do not speak", "français"),
        ("/settings zone Atlantis", "no time zone or place “Atlantis”", "Canada/Atlantic"),
        ("/settings zone Mars", "no time zone or place “Mars”", "Europe/Paris"),
        ("/settings length huge", "no length “huge”", "short, normal or long"),
        ("/settings twice maybe", "neither on nor off", "/settings twice on"),
        ("/settings quiet 22:00", "a beginning and an end", "22:00 07:00"),
        ("/settings digests soon", "not a time of day", "08:00"),
    ],
)
async def test_a_choice_that_there_is_not_changes_nothing_and_says_what_there_is(
    desk: Desk, store: FakeStore, line: str, said: str, hint: str
) -> None:
    await store.set_settings(CHAT, PARIS)
    reply = await ask(desk, line)
    [told] = reply.blocks
    assert isinstance(told, Notice)
    assert said in told.text
    assert hint in told.hint
    assert len(told.text) < 120
    assert not reply.in_place
    assert await store.settings(CHAT) == PARIS


async def test_the_page_speaks_the_language_that_was_just_chosen(desk: Desk) -> None:
    await ask(desk, "/subscribe 08:00 20:00 Europe/Paris")
    reply = await ask(desk, "/settings language fr")
    assert "08:00 et 20:00" in words(reply)
    assert "lundi 2 mars 2026" in words(await ask(desk, "/subscriptions", locale="de"))
    await ask(desk, "/settings language auto")
    assert "Montag, 2. März 2026" in words(await ask(desk, "/subscriptions", locale="de"))


async def test_a_place_in_a_country_of_several_zones_asks_which_one(store: FakeStore) -> None:
    desk = make_desk(store=store, places=FakePlaces((place(7, "Springfield", "US"),)))
    reply = await ask(desk, "/settings zone Springfield")
    assert "zone America/Chicago" in {action.arguments for action in reply.actions}
    assert await store.settings(CHAT) == ChatSettings()


async def test_zones_are_offered_by_the_readers_locale_and_show_their_hour(desk: Desk) -> None:
    reply = await ask(desk, "/settings zone", locale="fr")
    assert [action.label for action in reply.actions][:2] == ["Paris · 07:00", "Alger · 07:00"]
    assert reply.actions[-2].arguments == "zone UTC"


async def test_digests_keep_their_zone_until_they_are_moved(desk: Desk, store: FakeStore) -> None:
    await ask(desk, "/subscribe 08:00 UTC")
    reply = await ask(desk, "/settings zone Asia/Tokyo")
    assert "1 digest keeps its own time zone: 08:00 UTC." in words(reply)
    [(kept, before)] = await store.subscriptions(CHAT)
    assert kept.timing.zone == "UTC"
    moved = await pressed(desk, press(reply, "Move them to Asia/Tokyo"))
    assert "1 digest follows Asia/Tokyo now." in words(moved)
    [(kept, due)] = await store.subscriptions(CHAT)
    assert (kept.timing.zone, due.at.hour, due.at > before.at) == ("Asia/Tokyo", 23, True)


async def test_an_hour_switches_its_digest_on_and_off(desk: Desk, store: FakeStore) -> None:
    await store.set_settings(CHAT, PARIS)
    page = await ask(desk, "/settings digests")
    on = press(page, "08:00")
    for _ in range(2):  # a second press takes nothing back
        page = await pressed(desk, on)
        [(kept, _due)] = await store.subscriptions(CHAT)
        assert (kept.timing.at.hour, kept.timing.zone) == (8, "Europe/Paris")
    off = press(page, "✓ 08:00")
    for _ in range(2):
        page = await pressed(desk, off)
        assert await store.subscriptions(CHAT) == []
    assert "08:00" in [action.label for action in page.actions]


async def test_no_hour_is_switched_on_before_the_zone_is_known(
    desk: Desk, store: FakeStore
) -> None:
    reply = await ask(desk, "/settings digests 08:00", locale="en-FR")
    assert "which time zone" in words(reply)
    assert await store.subscriptions(CHAT) == []


async def test_the_chosen_length_is_that_of_a_briefing_that_names_none(desk: Desk) -> None:
    await ask(desk, "/settings length long")
    assert "Shorter" in [action.label for action in (await ask(desk, "/brief")).actions]
    assert "Longer" in [action.label for action in (await ask(desk, "/brief short")).actions]
    assert "Longer" not in [action.label for action in (await ask(desk, "/brief")).actions]


async def test_a_strangers_press_is_refused_and_leaves_the_page_alone(
    desk: Desk, store: FakeStore
) -> None:
    group = replace(CHAT, kind=ChatKind.GROUP)
    request = Request(group, "settings", "language fr", may_manage=False, is_press=True)
    reply = await desk.answer(request)
    assert "Only those who manage" in words(reply)
    assert not reply.in_place
    assert await store.settings(group) == ChatSettings()


def test_a_language_is_known_by_code_own_name_and_english_name() -> None:
    for typed in ("fr", "fr-CA", "FR_be", "français", "French", " Français "):
        assert parse_language(typed) == "fr"
    with pytest.raises(RequestError):
        parse_language("frisian")
