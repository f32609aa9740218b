"""The Discord adapter through discord.py and the wire, against the emulator."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.adapters.discord import posting
from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.commands import MENU, command_payload
from bot.core.commands import COMMANDS
from bot.core.errors import ChatUnavailable, DeliveryError, OutcomeUnknown, SettingsError
from bot.core.messages import Action, Chat, ChatKind, Paragraph, Picture, Reply
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Running
from tests.adapters.replies import REPLIES
from tests.emulators.discord import TOKEN, DiscordEmulator, Fault, NotOfferedError, wire

CHANNEL, OTHER = 2001, 2002
MESSAGES = "/channels/{channel_id}/messages"
NEWS = Chat("discord", str(CHANNEL), ChatKind.GROUP)
WORDS = {"content": "Good morning."}


def adapter_for(emulator: DiscordEmulator, token: str = TOKEN) -> DiscordAdapter:
    return DiscordAdapter(token, emulator.api_url, emulator.gateway_url, COMMANDS)


@pytest.fixture
async def bot(emulator: DiscordEmulator, clerk: Clerk) -> AsyncIterator[DiscordAdapter]:
    async with Running(emulator, clerk) as adapter:
        yield adapter


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


# --- what is asked


async def test_the_slash_commands_are_the_command_table(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    del bot
    registered = {(one["type"], one["name"]): one for one in emulator.commands}
    assert set(registered) == {*((1, spec.name) for spec in COMMANDS), (3, MENU)}
    place = registered[1, "place"]
    assert [(one["name"], one["required"]) for one in place["options"]] == [("name", True)]
    managing = {name for (_, name), one in registered.items() if one["default_member_permissions"]}
    assert managing == {spec.name for spec in COMMANDS if spec.manages}


def test_every_name_and_description_is_within_discords_limits() -> None:
    for command in command_payload(COMMANDS):
        assert 1 <= len(command["name"]) <= 32
        assert command["type"] == 3 or 1 <= len(command["description"]) <= 100
        for option in command.get("options", []):
            assert 1 <= len(option["description"]) <= 100
            assert len(option.get("choices", [])) <= 25


async def test_a_slash_command_is_answered(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    made = await emulator.slash("brief", locale="fr")
    [answer] = await emulator.wait_for_post()
    assert answer.interaction_id == made
    assert answer.content == "/brief"
    assert answer.buttons == (("Longer",),)
    assert clerk.last.chat == NEWS
    assert (clerk.last.sender, clerk.last.locale) == ("3001", "fr")


async def test_options_become_arguments(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    await emulator.slash("brief", {"link": "https://example.org/a_b", "length": "long"})
    await emulator.wait_for_post()
    assert clerk.last.arguments == "https://example.org/a_b long"


async def test_a_slow_answer_is_announced_and_follows(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    clerk.open.clear()
    clerk.reply = Reply(tuple(Paragraph("word " * 300) for _ in range(3)))
    made = await emulator.slash("brief")
    await emulator.wait_until(lambda: emulator.thinking() == 1)
    assert emulator.acks[made] < 3
    assert emulator.posted() == []
    clerk.open.set()
    posted = await emulator.wait_for_post(count=3)
    assert all(one.interaction_id == made for one in posted)
    assert emulator.thinking() == 0


async def test_the_menu_of_a_message_briefs_its_link(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    link = await emulator.say("Read https://example.org/news")
    await emulator.menu(MENU, link)
    await emulator.wait_for_post()
    assert clerk.last.command == "brief"
    assert "https://example.org/news" in clerk.last.quoted


async def test_a_button_is_a_request(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    await emulator.slash("brief")
    [first] = await emulator.wait_for_post()
    await emulator.press(first.message_id, "Longer")
    await emulator.wait_for_post(count=2)
    assert (clerk.last.command, clerk.last.arguments) == ("brief", "long")


async def test_a_button_pressed_after_a_restart_is_answered(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    for number in (1, 2):
        task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
        await emulator.ready()
        if number == 1:
            await emulator.slash("brief")
        else:
            await emulator.press(emulator.posted()[0].message_id, "Longer")
        await emulator.wait_for_post(count=number)
        await stopped(task)
        await emulator.wait_until(lambda: not emulator.gateway.live)
    assert clerk.last.arguments == "long"


async def test_a_direct_message_is_private_and_its_person_manages(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    await emulator.slash("subscribe", {"time": "08:00"}, dm=True)
    channel = emulator.dm_channel()
    await emulator.wait_for_post(channel)
    assert clerk.last.chat == Chat("discord", str(channel), ChatKind.PRIVATE)
    assert clerk.last.may_manage


async def test_a_member_is_not_offered_what_manages_a_server(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    del bot
    with pytest.raises(NotOfferedError):
        await emulator.slash(
            "subscribe", {"time": "08:00"}, permissions=wire.MEMBER_PERMISSIONS & ~wire.MANAGE_GUILD
        )


@pytest.mark.parametrize(("permissions", "may"), [(0, False), (wire.MANAGE_GUILD, True)])
async def test_a_button_tells_who_manages(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter, permissions: int, *, may: bool
) -> None:
    del bot
    await emulator.slash("brief")
    [first] = await emulator.wait_for_post()
    await emulator.press(first.message_id, "Longer", permissions=permissions)
    await emulator.wait_for_post(count=2)
    assert clerk.last.may_manage is may


# --- what is posted


@pytest.mark.parametrize("name", REPLIES)
async def test_discord_takes_every_hard_reply_and_it_pings_nobody(
    emulator: DiscordEmulator, bot: DiscordAdapter, name: str
) -> None:
    payloads = bot.render(REPLIES[name])
    for number, payload in enumerate(payloads):
        await bot.post(NEWS, payload, f"key-{number}")
    posted = emulator.posted()
    assert len(posted) == len(payloads)
    assert [ping for one in posted for ping in one.pings] == []
    sent = [label for payload in payloads for row in payload.get("buttons", []) for label, _ in row]
    assert [label for one in posted for row in one.buttons for label in row] == sent


async def test_a_mention_that_slipped_through_pings_nobody(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    await bot.post(NEWS, {"content": "@everyone <@3001>"}, "dateline-1")
    assert [one.pings for one in emulator.posted()] == [[]]


async def test_an_answer_pings_nobody(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    clerk.reply = REPLIES["hostile_texts"]
    await emulator.slash("brief")
    posted = await emulator.wait_for_post()
    assert [ping for one in posted for ping in one.pings] == []


async def test_a_picture_arrives_with_its_words(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    for payload in bot.render(Reply((Picture(b"png", "A map of Iraq"),))):
        await bot.post(NEWS, payload, "picture")
    [posted] = emulator.posted()
    assert posted.files == {"picture.png": b"png"}
    assert posted.embeds[0]["description"] == "A map of Iraq"


async def test_the_same_key_posts_once(emulator: DiscordEmulator, bot: DiscordAdapter) -> None:
    first = await bot.post(NEWS, WORDS, "dateline-1")
    again = await bot.post(NEWS, WORDS, "dateline-1")
    other = await bot.post(NEWS, WORDS, "dateline-2")
    assert first == again != other
    assert len(emulator.posted()) == 2


async def test_a_repeat_after_a_lost_answer_posts_nothing_twice(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    emulator.fail_next("POST", MESSAGES, Fault.dropped(after_commit=True))
    with pytest.raises(OutcomeUnknown):
        await bot.post(NEWS, WORDS, "dateline-1")
    await bot.post(NEWS, WORDS, "dateline-1")
    assert len(emulator.posted()) == 1


# --- what goes wrong


@pytest.mark.parametrize(
    "fault", [Fault(503), Fault.dropped(), Fault.dropped(after_commit=True), Fault.wrong_json()]
)
async def test_a_lost_answer_leaves_the_outcome_unknown(
    emulator: DiscordEmulator, bot: DiscordAdapter, fault: Fault
) -> None:
    emulator.fail_next("POST", MESSAGES, fault)
    with pytest.raises(OutcomeUnknown):
        await bot.post(NEWS, WORDS, "dateline-1")


@pytest.mark.parametrize("denied", [wire.SEND_MESSAGES, wire.VIEW_CHANNEL])
async def test_a_channel_without_access_is_unavailable(
    emulator: DiscordEmulator, bot: DiscordAdapter, denied: int
) -> None:
    emulator.deny(CHANNEL, denied)
    with pytest.raises(ChatUnavailable):
        await bot.post(NEWS, WORDS, "dateline-1")


async def test_a_deleted_channel_is_unavailable(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    emulator.add_channel(OTHER, "old")
    emulator.delete_channel(OTHER)
    with pytest.raises(ChatUnavailable):
        await bot.post(Chat("discord", str(OTHER), ChatKind.GROUP), WORDS, "dateline-1")


async def test_a_person_who_takes_no_messages_is_unavailable(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    channel = emulator.dm_channel()
    emulator.close_dms()
    with pytest.raises(ChatUnavailable):
        await bot.post(Chat("discord", str(channel)), WORDS, "dateline-1")


async def test_a_long_429_says_how_long_to_wait(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    emulator.fail_next("POST", MESSAGES, Fault.rate_limited(90))
    with pytest.raises(DeliveryError) as caught:
        await bot.post(NEWS, WORDS, "dateline-1")
    assert type(caught.value) is DeliveryError
    assert caught.value.retry_after == 90


@pytest.mark.parametrize("first", [Fault(502, after_commit=True), Fault.dropped(after_commit=True)])
async def test_a_refusal_after_an_answer_that_was_lost_leaves_the_message_in_doubt(
    emulator: DiscordEmulator, bot: DiscordAdapter, first: Fault
) -> None:
    """The library repeats by itself: the first try arrived, and a repeat was told to wait."""
    emulator.fail_next("POST", MESSAGES, first)
    emulator.fail_next("POST", MESSAGES, Fault.rate_limited(90))
    with pytest.raises(OutcomeUnknown):
        await bot.post(NEWS, WORDS, "dateline-1")
    assert len(emulator.posted(CHANNEL)) == 1


@pytest.mark.parametrize("fault", [Fault.hang(), Fault(502)])
async def test_a_message_that_nobody_answers_for_is_given_up_in_time_and_leaves_nothing_behind(
    emulator: DiscordEmulator,
    bot: DiscordAdapter,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
) -> None:
    """The library would wait for five minutes, or try five times."""
    emulator.fail_next("POST", MESSAGES, fault, times=5)
    async with asyncio.timeout(5):
        with monkeypatch.context() as brief:
            brief.setattr(posting, "POST_SECONDS", 0.3)
            with pytest.raises(OutcomeUnknown, match="too long"):
                await bot.post(NEWS, WORDS, "dateline-1")
    assert in_hand(bot) == []
    emulator.faults._next.clear()
    await bot.post(NEWS, WORDS, "dateline-1")
    assert len(emulator.posted()) == 1


def in_hand(bot: DiscordAdapter) -> list[object]:
    """What is being asked of Discord: the tasks of the poster, and the connections in use."""
    assert bot._loop is not None
    connector = bot._poster.connected.http.connector
    assert isinstance(connector, aiohttp.BaseConnector)
    tasks = [task for task in asyncio.all_tasks(bot._loop) if "Poster." in repr(task.get_coro())]
    gateway, *used = connector._acquired
    del gateway
    return [*tasks, *used]


async def test_a_message_given_up_while_the_library_lets_nothing_through_shuts_out_no_other(
    emulator: DiscordEmulator, bot: DiscordAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.fail_next("POST", MESSAGES, Fault.rate_limited(1, everywhere=True))
    with monkeypatch.context() as brief:
        brief.setattr(posting, "POST_SECONDS", 0.3)
        with pytest.raises(OutcomeUnknown):
            await bot.post(NEWS, WORDS, "dateline-1")
    with pytest.raises(DeliveryError) as caught:
        await bot.post(NEWS, WORDS, "dateline-1")
    assert caught.value.retry_after is not None
    await asyncio.sleep(caught.value.retry_after)
    async with asyncio.timeout(5):
        await bot.post(NEWS, WORDS, "dateline-1")
    assert len(emulator.posted()) == 1


async def test_a_channel_that_is_not_shown_is_given_up_in_time(
    emulator: DiscordEmulator, bot: DiscordAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "LOOK_SECONDS", 0.3)
    emulator.fail_next("GET", MESSAGES, Fault.hang())
    async with asyncio.timeout(5):
        with pytest.raises(DeliveryError, match="too long"):
            await bot.look_up(NEWS, WORDS, "dateline-1", datetime.now(UTC))
    assert in_hand(bot) == []


async def test_no_channel_is_looked_through_while_discord_asks_to_wait(
    emulator: DiscordEmulator, bot: DiscordAdapter
) -> None:
    emulator.fail_next("GET", MESSAGES, Fault.rate_limited(90, everywhere=True))
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            await bot.look_up(NEWS, WORDS, "dateline-1", datetime.now(UTC))
        assert caught.value.retry_after == pytest.approx(90, abs=5)
    asked = [method for method, path, _ in emulator.requests if path.endswith("/messages")]
    assert asked == ["GET"]


async def test_who_looked_for_a_message_still_has_the_turn_to_post_it(bot: DiscordAdapter) -> None:
    await bot.wait_turn(NEWS)
    assert await bot.look_up(NEWS, WORDS, "dateline-1", datetime.now(UTC)) == ""
    assert NEWS in bot._poster.pace._ready


async def test_a_refused_message_is_final(emulator: DiscordEmulator, bot: DiscordAdapter) -> None:
    with pytest.raises(DeliveryError) as caught:
        await bot.post(NEWS, {"content": "x" * 2001}, "dateline-1")
    assert caught.value.final
    assert emulator.posted() == []
    emulator.violations.clear()  # the spec, too, says that it was too long


async def test_nothing_is_posted_before_the_bot_is_connected(emulator: DiscordEmulator) -> None:
    with pytest.raises(DeliveryError, match="not connected") as caught:
        await adapter_for(emulator).post(NEWS, WORDS, "dateline-1")
    assert not caught.value.final


async def test_a_wrong_token_is_said_in_words(emulator: DiscordEmulator) -> None:
    for act in (
        adapter_for(emulator, "wrong").check(),
        adapter_for(emulator, "wrong").run(Clerk().answer),
    ):
        with pytest.raises(SettingsError, match="DATELINE_DISCORD_TOKEN"):
            await act


async def test_check_says_who_the_bot_is(emulator: DiscordEmulator) -> None:
    assert "Dateline" in await adapter_for(emulator).check()


async def test_a_server_that_is_down_is_said_in_words() -> None:
    async with DiscordEmulator() as emulator:
        adapter = adapter_for(emulator)
    with pytest.raises(DeliveryError, match="cannot be reached"):
        await adapter.run(Clerk().answer)


async def test_a_gateway_that_refuses_the_token_ends_the_run_in_words(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
    await emulator.ready()
    emulator.state.token = "another"  # so it is refused again, should the library try again
    emulator.close_gateway(4004)
    with pytest.raises(SettingsError, match="DATELINE_DISCORD_TOKEN"):
        await task


async def test_a_gateway_that_fails_at_first_is_translated_for_the_supervisor(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.refuse_gateway(60)
    with pytest.raises(DeliveryError):
        await adapter_for(emulator).run(clerk.answer)
    emulator.refuse_gateway(0)
    task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
    await emulator.ready()
    await stopped(task)


@pytest.mark.parametrize("trouble", ["reconnect", "invalidate", "resumable", "drop", "close"])
async def test_commands_are_answered_after_gateway_trouble(
    emulator: DiscordEmulator, bot: DiscordAdapter, trouble: str
) -> None:
    del bot
    before = len(emulator.gateway.identified) + emulator.gateway.resumed
    {
        "reconnect": emulator.reconnect,
        "invalidate": emulator.invalidate,
        "resumable": lambda: emulator.invalidate(resumable=True),
        "drop": emulator.drop_gateway,
        "close": emulator.close_gateway,
    }[trouble]()
    await emulator.wait_until(
        lambda: len(emulator.gateway.identified) + emulator.gateway.resumed > before, 15
    )
    await emulator.ready()
    await emulator.slash("brief")
    await emulator.wait_for_post()


async def test_a_malformed_event_is_translated_and_the_adapter_runs_again(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    adapter = adapter_for(emulator)
    task = asyncio.create_task(adapter.run(clerk.answer))
    await emulator.ready()
    emulator.malformed_event("INTERACTION_CREATE", {"id": "1"})
    with pytest.raises(DeliveryError, match="cannot be read"):
        await task
    await emulator.wait_until(lambda: not emulator.gateway.live)
    task = asyncio.create_task(adapter.run(clerk.answer))
    await emulator.ready()
    await emulator.slash("brief")
    await emulator.wait_for_post()
    await stopped(task)


async def test_an_answer_that_discord_no_longer_takes_stops_nobody_else(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    del bot
    clerk.open.clear()
    emulator.fail_next(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        Fault(404, {"code": 10062, "message": "Unknown interaction"}),
    )
    await emulator.slash("brief")
    await emulator.wait_until(lambda: not emulator.faults._next)
    clerk.open.set()
    await emulator.slash("help")
    [answer] = await emulator.wait_for_post()
    assert answer.content == "/help"
    assert "was not delivered" in caplog.text


async def test_commands_that_cannot_be_registered_leave_the_bot_running(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.fail_next("PUT", "/applications/{application_id}/commands", Fault(403))
    task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
    await emulator.ready()
    await stopped(task)
    assert emulator.commands == []


# --- stopping


async def test_an_idle_run_stops_in_less_than_a_second(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
    await emulator.ready()
    async with asyncio.timeout(1):
        await stopped(task)
    await emulator.wait_until(lambda: not emulator.gateway.live)


async def test_a_stop_lets_the_answer_out(emulator: DiscordEmulator, clerk: Clerk) -> None:
    clerk.open.clear()
    task = asyncio.create_task(adapter_for(emulator).run(clerk.answer))
    await emulator.ready()
    await emulator.wait_for_commands()
    await emulator.slash("brief")
    await emulator.wait_until(lambda: emulator.thinking() == 1)
    task.cancel()
    clerk.open.set()
    await stopped(task)
    assert [one.content for one in emulator.posted()] == ["/brief"]


# --- words, and half-typed places


@pytest.mark.parametrize("direct", [True, False])
async def test_a_question_in_words_to_the_bot_is_answered(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter, *, direct: bool
) -> None:
    del bot
    channel = emulator.dm_channel() if direct else CHANNEL
    words = "que se passe-t-il à Raqa ?"
    await emulator.say(words if direct else f"<@4001> {words}", channel=channel)
    await emulator.wait_for_post(channel)
    assert (clerk.last.command, clerk.last.arguments) == ("place", words)


async def test_words_are_answered_in_the_language_that_a_command_told(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    await emulator.slash("help", locale="fr")
    await emulator.wait_for_post()
    await emulator.say("<@4001> Raqa ?")
    await emulator.wait_for_post(count=2)
    emulator.add_user(3002, "Ben")
    await emulator.say("<@4001> Raqqa?", user=3002)
    await emulator.wait_for_post(count=3)
    assert [request.locale for request in clerk.requests] == ["fr", "fr", ""]


async def test_words_among_people_are_none_of_the_bots_business(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    await emulator.say("what's new in Iraq?")
    await emulator.say("@everyone what's new in Iraq?")
    await emulator.slash("help")
    await emulator.wait_for_post()
    assert [request.command for request in clerk.requests] == ["help"]


async def test_a_half_typed_place_is_completed_with_what_a_button_would_send(
    emulator: DiscordEmulator, clerk: Clerk, bot: DiscordAdapter
) -> None:
    del bot
    clerk.reply = Reply((), (Action("Mosul, Ninawa, Iraq", "place", "geo:99072"),))
    choices = await emulator.autocomplete("place", {"name": "mos"}, focused="name")
    assert [(choice["name"], choice["value"]) for choice in choices] == [
        ("Mosul, Ninawa, Iraq", "geo:99072")
    ]
    assert (clerk.last.command, clerk.last.arguments) == ("suggest", "place mos")
