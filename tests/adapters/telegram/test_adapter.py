"""The Telegram adapter through python-telegram-bot and the wire, against the emulator."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from bot.adapters.pace import Pace
from bot.adapters.telegram.adapter import TelegramAdapter
from bot.core.commands import COMMANDS, in_words
from bot.core.errors import (
    ChatUnavailable,
    DeliveryError,
    OutcomeUnknown,
    SettingsError,
    StoreError,
)
from bot.core.messages import Attachment, Chat, ChatKind, Paragraph, Picture, Reply
from bot.core.pacing import Rate
from bot.store.jobs import AT_ONCE
from tests.adapters.clerk import Clerk
from tests.adapters.replies import REPLIES
from tests.adapters.telegram.living import ADA, BEN, GROUP, SUPERGROUP, running
from tests.core.test_journal import FullJournal
from tests.emulators.telegram import DEFAULT_TOKEN, Fault, TelegramEmulator
from tests.emulators.telegram.entities import Formatted, Span
from tests.fakes import FakeJournal, make_desk

WORDS = {"text": "Good morning."}


def chat(id: int) -> Chat:  # noqa: A002 - the platform's word
    return Chat("telegram", str(id), ChatKind.PRIVATE if id > 0 else ChatKind.GROUP)


def adapter_for(telegram: TelegramEmulator, token: str = DEFAULT_TOKEN) -> TelegramAdapter:
    return TelegramAdapter(token, telegram.root, COMMANDS)


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def bot(telegram: TelegramEmulator, clerk: Clerk) -> AsyncIterator[TelegramAdapter]:
    async with running(telegram, clerk.answer) as adapter:
        yield adapter


# --- what is asked


@pytest.mark.parametrize(
    ("typed", "command", "arguments"),
    [
        ("/brief", "brief", ""),
        ("/place Tel Aviv", "place", "Tel Aviv"),
        ("/brief@dateline_bot long", "brief", "long"),
        ("/BRIEF@Dateline_Bot", "brief", ""),
        ("/brief\nhttps://example.org/a", "brief", "https://example.org/a"),
        ("/nonsense", "nonsense", ""),
        ("look: https://example.org/a_b and more", "brief", "https://example.org/a_b"),
        ("example.org", "brief", "https://example.org"),
        ("hello", *in_words("hello")),
        ("que se passe-t-il à Raqa ?", "place", "que se passe-t-il à Raqa ?"),
        ("/", "", ""),
    ],
)
async def test_a_private_message_is_a_request(
    telegram: TelegramEmulator,
    clerk: Clerk,
    bot: TelegramAdapter,
    *,
    typed: str,
    command: str,
    arguments: str,
) -> None:
    del bot
    await telegram.say(typed)
    await telegram.wait_for_post()
    assert (clerk.last.command, clerk.last.arguments) == (command, arguments)
    assert clerk.last.chat == chat(ADA)
    assert clerk.last.sender == str(ADA)


async def test_the_language_of_the_person_comes_along(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("/brief", language_code="pt-BR")
    await telegram.wait_for_post()
    assert clerk.last.locale == "pt-BR"


@pytest.mark.parametrize(
    "typed", ["/brief@another_bot", "/weather", "small talk", "https://example.org/a"]
)
async def test_what_is_meant_for_others_in_a_group_is_left_alone(clerk: Clerk, typed: str) -> None:
    async with TelegramEmulator(limits=None, privacy=False) as telegram:
        async with running(telegram, clerk.answer):
            await telegram.say(typed, chat=SUPERGROUP)
            await telegram.say("/help", chat=SUPERGROUP)
            await telegram.wait_for_post(SUPERGROUP)
        assert telegram.violations == []
    assert [request.command for request in clerk.requests] == ["help"]
    assert clerk.last.chat == chat(SUPERGROUP)


async def test_a_question_that_mentions_the_bot_in_a_group_is_answered(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("@dateline_bot what's new in Iraq?", chat=SUPERGROUP)
    await telegram.wait_for_post(SUPERGROUP)
    assert (clerk.last.command, clerk.last.arguments) == ("place", "what's new in Iraq?")


async def test_an_unknown_command_addressed_to_this_bot_in_a_group_is_answered(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("/weather@dateline_bot", chat=SUPERGROUP)
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.command == "weather"


async def test_a_group_with_privacy_hears_the_bot_only_when_it_is_asked(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("small talk", chat=SUPERGROUP)
    await telegram.say("/brief", chat=SUPERGROUP)
    await telegram.wait_for_post(SUPERGROUP)
    assert [request.command for request in clerk.requests] == ["brief"]


async def test_a_reply_brings_the_quoted_text(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    link = await telegram.say("Read https://example.org/news", chat=SUPERGROUP)
    await telegram.say("/brief", chat=SUPERGROUP, reply_to=link)
    await telegram.wait_for_post(SUPERGROUP)
    assert "https://example.org/news" in clerk.last.quoted


async def test_a_reply_brings_the_links_hidden_behind_words(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    quoted = await telegram.say("Read this 👍 now", chat=SUPERGROUP)
    span = Span("text_link", 5, 9, {"url": "https://example.org/hidden"})
    telegram.message(quoted, SUPERGROUP).body = Formatted("Read this 👍 now", (span,))
    await telegram.say("/brief", chat=SUPERGROUP, reply_to=quoted)
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.quoted.splitlines() == ["Read this 👍 now", "https://example.org/hidden"]


async def test_a_topic_of_a_forum_is_answered_in_the_topic(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("/brief", chat=SUPERGROUP, thread=77)
    [answer] = await telegram.wait_for_post(SUPERGROUP)
    assert answer.thread == 77
    assert clerk.last.chat.thread == "77"
    assert clerk.last.quoted == ""  # the topic's first message is no quotation


async def test_a_pressed_button_is_a_request(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("/brief")
    [first] = await telegram.wait_for_post()
    query = await telegram.press(first.message_id, "Longer")
    await telegram.wait_for_post(count=2)
    assert (clerk.last.command, clerk.last.arguments) == ("brief", "long")
    assert clerk.last.sender == str(ADA)
    assert [one.query_id for one in telegram.callback_answers] == [query]


# --- who manages


@pytest.mark.parametrize(
    ("status", "may"),
    [("member", False), ("administrator", True), ("creator", True), ("left", False)],
)
async def test_only_administrators_manage_a_group(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter, status: str, *, may: bool
) -> None:
    del bot
    telegram.set_member(SUPERGROUP, BEN, "member")
    telegram.set_member(SUPERGROUP, BEN, status)
    await telegram.say("/subscribe 08:00", chat=SUPERGROUP, user=BEN)
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.may_manage is may


async def test_a_member_is_refused_in_words_and_an_administrator_accepted(
    telegram: TelegramEmulator,
) -> None:
    telegram.set_member(SUPERGROUP, BEN, "administrator")
    async with running(telegram, make_desk().answer):
        await telegram.say("/subscribe 08:00", chat=SUPERGROUP, user=ADA)
        [refusal] = await telegram.wait_for_post(SUPERGROUP)
        await telegram.say("/subscribe 08:00", chat=SUPERGROUP, user=BEN)
        [_, accepted] = await telegram.wait_for_post(SUPERGROUP, 2)
    assert "Only those who manage this chat may use /subscribe." in refusal.text
    assert "08:00" in accepted.text


async def test_a_command_in_capitals_is_as_little_for_everybody(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    await telegram.say("/SUBSCRIBE 08:00", chat=SUPERGROUP, user=BEN)
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.may_manage is False


async def test_who_manages_is_asked_each_time(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    telegram.set_member(SUPERGROUP, BEN, "administrator")
    await telegram.say("/subscribe 08:00", chat=SUPERGROUP, user=BEN)
    await telegram.wait_for_post(SUPERGROUP)
    telegram.set_member(SUPERGROUP, BEN, "member")
    await telegram.say("/unsubscribe", chat=SUPERGROUP, user=BEN)
    await telegram.wait_for_post(SUPERGROUP, 2)
    assert [request.may_manage for request in clerk.requests] == [True, False]


async def test_nobody_manages_when_telegram_does_not_say_who(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    telegram.set_member(SUPERGROUP, BEN, "administrator")
    telegram.fail_next("getChatMember", Fault.error(500, "Internal Server Error"))
    await telegram.say("/subscribe 08:00", chat=SUPERGROUP, user=BEN)
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.may_manage is False


@pytest.mark.parametrize(("sender_chat", "may"), [(SUPERGROUP, True), (-1009999999999, False)])
async def test_an_anonymous_administrator_manages_and_a_foreign_channel_does_not(
    telegram: TelegramEmulator,
    clerk: Clerk,
    bot: TelegramAdapter,
    sender_chat: int,
    *,
    may: bool,
) -> None:
    del bot
    room = telegram.add_chat(SUPERGROUP)
    kind = "supergroup" if may else "channel"
    telegram.world.updates.put(
        "message",
        {
            "message_id": 900,
            "date": 1452770000,
            "chat": room.json(),
            "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
            "sender_chat": {"id": sender_chat, "type": kind, "title": "Newsroom"},
            "text": "/subscribe 08:00",
            "entities": [{"type": "bot_command", "offset": 0, "length": 10}],
        },
    )
    await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.may_manage is may


async def test_a_stranger_pressing_a_managing_button_is_known_as_one(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    telegram.set_member(SUPERGROUP, ADA, "administrator")
    clerk.reply = Reply((Paragraph("Digests"),), REPLIES["forty_buttons"].actions[:1])
    await telegram.say("/subscriptions", chat=SUPERGROUP)
    [first] = await telegram.wait_for_post(SUPERGROUP)
    message = telegram.message(first.message_id, SUPERGROUP)
    assert message.markup is not None
    message.markup["inline_keyboard"][0][0]["callback_data"] = "unsubscribe 3"
    for user in (BEN, ADA):
        label = first.buttons[0][0]
        await telegram.press(first.message_id, label, SUPERGROUP, user)
    await telegram.wait_for_post(SUPERGROUP, 3)
    assert {request.sender: request.may_manage for request in clerk.requests[1:]} == {
        str(BEN): False,
        str(ADA): True,
    }


# --- what is posted


@pytest.mark.parametrize("name", [name for name in REPLIES if name != "all_blocks"])
async def test_telegram_takes_every_hard_reply(
    telegram: TelegramEmulator, bot: TelegramAdapter, name: str
) -> None:
    payloads = bot.render(REPLIES[name])
    for reader, payload in enumerate(payloads, 5001):  # nobody waits for one chat's own limit
        telegram.add_chat(reader)
        await bot.post(chat(reader), payload, "")
    posted = telegram.posted(None)
    assert len(posted) == len(payloads)
    sent = [label for payload in payloads for row in payload.get("buttons", []) for label, _ in row]
    assert [label for one in posted for row in one.buttons for label in row] == sent


async def test_an_answer_does_not_wait_behind_a_broadcast(
    telegram: TelegramEmulator, bot: TelegramAdapter
) -> None:
    async def digest(reader: int) -> None:
        await bot.wait_turn(chat(reader))
        await bot.post(chat(reader), WORDS, f"dateline-{reader}")

    readers = range(5001, 5101)
    for reader in readers:
        telegram.add_chat(reader)
    digests = [asyncio.create_task(digest(reader)) for reader in readers]
    await telegram.wait_until(lambda: len(telegram.posted(None)) >= 5)
    await telegram.say("/brief")
    await telegram.wait_for_post()
    assert len(telegram.posted(None)) < 50
    for waiting in digests:
        waiting.cancel()
    await asyncio.gather(*digests, return_exceptions=True)


async def test_an_answer_does_not_wait_behind_digests_that_hang(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    unlimited = Pace(Rate(1_000_000, 1.0), lambda _: ())
    bot = TelegramAdapter(telegram.token, telegram.root, COMMANDS, pace=unlimited)
    readers = range(5001, 5001 + AT_ONCE)
    for reader in readers:
        telegram.add_chat(reader)
        telegram.fail_next("sendMessage", Fault.hang(), chat=reader)
    async with running(telegram, clerk.answer, adapter=bot):
        digests = [asyncio.create_task(bot.post(chat(reader), WORDS, "")) for reader in readers]
        await telegram.wait_until(lambda: len(telegram.requests) > AT_ONCE / 4)
        await telegram.say("/brief")
        async with asyncio.timeout(2):
            await telegram.wait_for_post()
        assert not any(one.done() for one in digests)
        for hung in digests:
            hung.cancel()
        await asyncio.gather(*digests, return_exceptions=True)


async def test_a_picture_and_a_file_arrive(
    telegram: TelegramEmulator, bot: TelegramAdapter
) -> None:
    telegram.add_chat(ADA)
    from tests.emulators.test_telegram import png  # noqa: PLC0415 - a picture that is one

    reply = Reply((Picture(png(), "A map <of> Iraq"),), (), (Attachment("day.txt", b"words"),))
    for payload in bot.render(reply):
        await bot.post(chat(ADA), payload, "")
    picture, file = telegram.posted()
    assert picture.photo is not None
    assert picture.text == "A map <of> Iraq"
    assert file.document is not None
    assert (file.document.name, file.document.content) == ("day.txt", b"words")


async def test_a_slow_answer_shows_typing(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot
    clerk.open.clear()
    await telegram.say("/brief")
    await telegram.wait_until(lambda: (ADA, "typing") in telegram.world.chat_actions)
    assert telegram.posted() == []
    clerk.open.set()
    await telegram.wait_for_post()


# --- what goes wrong


async def test_a_blocked_bot_is_told_that_the_chat_is_gone(
    telegram: TelegramEmulator, bot: TelegramAdapter
) -> None:
    telegram.add_chat(ADA)
    telegram.block(ADA)
    with pytest.raises(ChatUnavailable, match="blocked") as caught:
        await bot.post(chat(ADA), WORDS, "")
    assert caught.value.moved_to == ""


@pytest.mark.parametrize("id", [424242, -4242])
async def test_a_chat_that_does_not_exist_is_gone(
    telegram: TelegramEmulator,
    bot: TelegramAdapter,
    id: int,  # noqa: A002
) -> None:
    del telegram
    with pytest.raises(ChatUnavailable):
        await bot.post(chat(id), WORDS, "")


async def test_a_migrated_group_says_where_it_went(
    telegram: TelegramEmulator, bot: TelegramAdapter
) -> None:
    telegram.add_chat(GROUP, "group")
    new = telegram.migrate(GROUP)
    with pytest.raises(ChatUnavailable) as caught:
        await bot.post(chat(GROUP), WORDS, "")
    assert caught.value.moved_to == str(new)
    await bot.post(chat(new), WORDS, "")
    assert [one.text for one in telegram.posted(new)] == ["Good morning."]


async def test_a_429_says_how_long_to_wait(
    telegram: TelegramEmulator, bot: TelegramAdapter
) -> None:
    telegram.add_chat(ADA)
    telegram.fail_next("sendMessage", Fault.retry_after(7))
    with pytest.raises(DeliveryError) as caught:
        await bot.post(chat(ADA), WORDS, "")
    assert type(caught.value) is DeliveryError
    assert caught.value.retry_after == 7
    assert not caught.value.final


async def test_a_429_of_one_chat_delays_only_that_chat(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot, clerk
    telegram.fail_next("sendMessage", Fault.retry_after(1), chat=ADA)
    await telegram.say("/brief", chat=ADA)
    await telegram.wait_until(lambda: any(name == "sendMessage" for name, _ in telegram.requests))
    await telegram.say("/brief", chat=BEN)
    [ben] = await telegram.wait_for_post(BEN)
    assert telegram.posted(ADA) == []
    [ada] = await telegram.wait_for_post(ADA)
    assert ada.at > ben.at


@pytest.mark.parametrize(
    ("status", "final"), [(402, False), (406, False), (409, False), (413, True), (429, False)]
)
async def test_a_refusal_of_a_rare_kind_is_a_definite_failure(
    telegram: TelegramEmulator, bot: TelegramAdapter, status: int, *, final: bool
) -> None:
    telegram.add_chat(ADA)
    telegram.fail_next("sendMessage", Fault.error(status, "No"))
    with pytest.raises(DeliveryError, match="refused the message") as caught:
        await bot.post(chat(ADA), WORDS, "")
    assert type(caught.value) is DeliveryError
    assert caught.value.retry_after is None
    assert caught.value.final is final


async def test_an_answer_is_said_after_a_429_that_does_not_say_how_long_to_wait(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter
) -> None:
    del bot, clerk
    telegram.fail_next("sendMessage", Fault.error(429, "Too Many Requests"))
    await telegram.say("/brief")
    await telegram.wait_for_post()
    assert [one.text for one in telegram.posted()] == ["/brief"]


@pytest.mark.parametrize(
    ("fault", "committed"),
    [
        (Fault.drop_after_commit(), 1),
        (Fault.drop_before_commit(), 0),
        (Fault.error(408, "Request Timeout"), 0),
        (Fault.error(500, "Internal Server Error"), 0),
        (Fault.error(502, "Bad Gateway"), 0),
        (Fault.wrong_json(commits=True), 1),
    ],
)
async def test_a_lost_answer_leaves_the_outcome_unknown(
    telegram: TelegramEmulator, bot: TelegramAdapter, fault: Fault, committed: int
) -> None:
    telegram.add_chat(ADA)
    telegram.fail_next("sendMessage", fault)
    with pytest.raises(OutcomeUnknown) as caught:
        await bot.post(chat(ADA), WORDS, "")
    assert str(caught.value).count("answer") == 1  # an operator reads it
    assert len(telegram.posted()) == committed


async def test_an_answer_whose_outcome_is_unknown_is_not_sent_twice(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):  # leaving it waits for what is in flight
        telegram.fail_next("sendMessage", Fault.drop_after_commit())
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert [one.text for one in telegram.posted()] == ["/brief"]


async def test_an_answer_that_would_come_after_a_minute_is_given_up(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    journal = FakeJournal()
    telegram.add_chat(ADA)
    task = asyncio.create_task(adapter_for(telegram).run(clerk.answer, journal))
    telegram.fail_next("sendMessage", Fault.retry_after(43_200), chat=ADA)
    await telegram.say("/brief")
    async with asyncio.timeout(10):
        while "finished" not in journal.states.values():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
    await stopped(task)
    assert telegram.posted() == []


async def test_a_broken_journal_keeps_no_answer_back(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    class Broken(FakeJournal):
        async def begin(self, platform: str, number: str) -> bool:
            raise StoreError("the database is locked")

    task = asyncio.create_task(adapter_for(telegram).run(clerk.answer, Broken()))
    await telegram.say("/brief")
    await telegram.wait_for_post()
    await stopped(task)


async def test_an_answer_that_could_not_be_noted_is_not_given_again_after_a_restart(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    journal = FullJournal()
    clerk.open.clear()
    async with running(telegram, clerk.answer, journal):
        await telegram.say("/brief")
        await clerk.asked.wait()
        journal.full = True  # while the answer is made
        clerk.open.set()
        await telegram.wait_for_post()
        await asyncio.sleep(0.05)
        journal.full = False  # and there is room again before the bot is stopped
    async with running(telegram, clerk.answer, journal):
        await telegram.say("/help")
        await telegram.wait_for_post(count=2)
    assert [one.text for one in telegram.posted()] == ["/brief", "/help"]
    assert [request.command for request in clerk.requests] == ["brief", "help"]


async def test_a_refused_message_is_final(telegram: TelegramEmulator, bot: TelegramAdapter) -> None:
    telegram.add_chat(ADA)
    with pytest.raises(DeliveryError) as caught:
        await bot.post(chat(ADA), {"text": "<b>unbalanced"}, "")
    assert type(caught.value) is DeliveryError
    assert caught.value.final


async def test_a_refused_connection_is_a_definite_failure(clerk: Clerk) -> None:
    async with TelegramEmulator() as telegram:
        telegram.add_chat(ADA)
        adapter = adapter_for(telegram)
        task = asyncio.create_task(adapter.run(clerk.answer))
        await telegram.wait_until(lambda: telegram.world.updates.polls > 0)
    with pytest.raises(DeliveryError) as caught:
        await adapter.post(chat(ADA), WORDS, "")
    await stopped(task)
    assert type(caught.value) is DeliveryError
    assert not caught.value.final


@pytest.mark.parametrize("token", ["123456:WRONG", "nonsense"])
async def test_a_wrong_token_is_said_in_words(telegram: TelegramEmulator, token: str) -> None:
    for act in (
        adapter_for(telegram, token).check(),
        adapter_for(telegram, token).run(Clerk().answer),
    ):
        with pytest.raises(SettingsError, match="DATELINE_TELEGRAM_TOKEN"):
            await act


async def test_a_revoked_token_ends_the_run_in_words(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.fail_next("getUpdates", Fault.error(401, "Unauthorized"))
    with pytest.raises(SettingsError, match="BotFather"):
        await adapter_for(telegram).run(clerk.answer)


async def test_check_says_who_the_bot_is(telegram: TelegramEmulator) -> None:
    assert "@dateline_bot" in await adapter_for(telegram).check()


async def test_check_of_a_server_that_is_down_says_so() -> None:
    async with TelegramEmulator() as telegram:
        adapter = adapter_for(telegram)
    with pytest.raises(DeliveryError, match="cannot be reached"):
        await adapter.check()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.error(409, "Conflict: terminated by other getUpdates request"),
        Fault.error(502, "Bad Gateway"),
        Fault.retry_after(1),
        Fault.wrong_json(),
        Fault.drop_before_commit(),
    ],
)
async def test_polling_survives(
    telegram: TelegramEmulator, clerk: Clerk, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail_next("getUpdates", fault)
    async with running(telegram, clerk.answer):
        await telegram.say("/brief")
        await telegram.wait_for_post()
    assert "no updates" in caplog.text


async def test_a_webhook_in_the_way_is_removed(telegram: TelegramEmulator, clerk: Clerk) -> None:
    telegram.world.updates.webhook = {"url": "https://example.org/hook"}
    async with running(telegram, clerk.answer):
        await telegram.say("/brief")
        await telegram.wait_for_post()


async def test_polling_resumes_when_the_server_comes_back(clerk: Clerk) -> None:
    async with TelegramEmulator(limits=None) as first:
        port = first.port
        task = asyncio.create_task(adapter_for(first).run(clerk.answer))
        await first.wait_until(lambda: first.world.updates.polls > 0)
    async with TelegramEmulator(limits=None, port=port) as second:
        await second.say("/brief")
        await second.wait_for_post()
        await stopped(task)
        assert second.violations == []


async def test_a_failing_answer_stops_nobody_else(
    telegram: TelegramEmulator, clerk: Clerk, bot: TelegramAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    del bot
    caplog.set_level(logging.INFO)
    telegram.fail_next("sendMessage", Fault.error(403, "Forbidden: bot was blocked by the user"))
    await telegram.say("/brief")
    await telegram.wait_until(lambda: "sendMessage" in [name for name, _ in telegram.requests])
    await telegram.say("/help")
    await telegram.wait_for_post()
    assert [request.command for request in clerk.requests] == ["brief", "help"]
    assert "was not delivered" in caplog.text


# --- stopping


async def test_an_idle_run_stops_in_less_than_a_second(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    task = asyncio.create_task(adapter_for(telegram).run(clerk.answer))
    await telegram.wait_until(lambda: telegram.world.updates.polls > 0)
    async with asyncio.timeout(1):
        await stopped(task)


async def test_a_stop_lets_the_answer_out_and_it_is_not_given_again(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.open.clear()
    task = asyncio.create_task(adapter_for(telegram).run(clerk.answer))
    await telegram.say("/brief")
    await clerk.asked.wait()
    task.cancel()
    await telegram.wait_until(lambda: telegram.pending == 0)
    clerk.open.set()
    await stopped(task)
    assert [one.text for one in telegram.posted()] == ["/brief"]

    async with running(telegram, clerk.answer):
        await telegram.say("/help")
        await telegram.wait_for_post(count=2)
    assert [request.command for request in clerk.requests] == ["brief", "help"]


async def test_the_token_is_in_no_log(
    telegram: TelegramEmulator, clerk: Clerk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    telegram.fail_next("sendMessage", Fault.error(500, "Internal Server Error"))
    async with running(telegram, clerk.answer):
        await telegram.say("/brief")
        await telegram.wait_until(lambda: "sendMessage" in [name for name, _ in telegram.requests])
    assert DEFAULT_TOKEN not in caplog.text
