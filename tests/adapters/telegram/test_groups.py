"""Groups and their topics: what is meant for the bot there, and what becomes of edits."""

from __future__ import annotations

import pytest

from bot.adapters.telegram.attendant import EDITED_SECONDS
from bot.core.messages import Chat, ChatKind, Reply, Request
from tests.adapters.clerk import Clerk
from tests.adapters.porter import Porter
from tests.adapters.telegram.living import (
    ADA,
    BEN,
    BOT,
    CHANNEL,
    GROUP,
    SUPERGROUP,
    running,
    taken,
)
from tests.emulators.telegram import TelegramEmulator

NEWS = Chat("telegram", str(SUPERGROUP), ChatKind.GROUP)


# --- what is meant for the bot


async def test_a_reply_to_the_bot_in_words_is_a_question(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP)
        [first] = await telegram.wait_for_post(SUPERGROUP)
        await telegram.say("what's new in Iraq?", chat=SUPERGROUP, reply_to=first.message_id)
        await telegram.wait_for_post(SUPERGROUP, 2)
    assert (clerk.last.command, clerk.last.arguments) == ("place", "what's new in Iraq?")
    assert "/brief" in clerk.last.quoted


async def test_a_reply_to_somebody_else_is_none(clerk: Clerk) -> None:
    async with TelegramEmulator(limits=None, privacy=False) as telegram:
        async with running(telegram, clerk.answer):
            theirs = await telegram.say("small talk", chat=SUPERGROUP, user=BEN)
            await telegram.say("what's new in Iraq?", chat=SUPERGROUP, reply_to=theirs)
            await taken(telegram)
        assert telegram.violations == []
    assert clerk.requests == []


@pytest.mark.parametrize("as_chat", [SUPERGROUP, CHANNEL])
async def test_an_anonymous_administrator_manages_and_who_writes_as_a_channel_does_not(
    telegram: TelegramEmulator, clerk: Clerk, as_chat: int
) -> None:
    if as_chat == CHANNEL:
        telegram.add_chat(CHANNEL, "channel")
    async with running(telegram, clerk.answer):
        await telegram.say("/subscribe 08:00", chat=SUPERGROUP, as_chat=as_chat)
        await telegram.wait_for_post(SUPERGROUP)
    assert clerk.last.may_manage is (as_chat == SUPERGROUP)


async def test_a_channels_command_is_answered_there_and_not_in_its_group_too(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.link(CHANNEL, SUPERGROUP)
    async with running(telegram, clerk.answer):
        await telegram.say("/subscribe 08:00", chat=CHANNEL)
        await telegram.wait_for_post(CHANNEL)
        await taken(telegram)
    assert [request.chat.id for request in clerk.requests] == [str(CHANNEL)]
    assert telegram.posted(SUPERGROUP) == []


async def test_other_bots_are_not_answered(telegram: TelegramEmulator, clerk: Clerk) -> None:
    telegram.world.user(BEN).is_bot = True
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP, user=BEN)
        await telegram.say("/help", chat=SUPERGROUP, user=ADA)
        await telegram.wait_for_post(SUPERGROUP)
    assert [request.command for request in clerk.requests] == ["help"]


# --- commands that are edited


async def test_a_corrected_command_is_answered_anew_in_the_place_of_the_first_answer(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        typed = await telegram.say("/breif")
        [first] = await telegram.wait_for_post()
        await telegram.edit(typed, "/brief long")
        await telegram.wait_until(lambda: telegram.posted()[0].text == "/brief long")
    assert [post.message_id for post in telegram.posted()] == [first.message_id]


async def test_an_edit_that_changes_no_word_is_not_answered(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        typed = await telegram.say("/brief")
        await telegram.wait_for_post()
        await telegram.edit(typed, "/brief")
        await taken(telegram)
    assert len(clerk.requests) == 1


async def test_small_talk_that_becomes_a_command_is_answered(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        telegram.world.now = later = Later(2)
        typed = await telegram.say("small talk", chat=SUPERGROUP)
        later.seconds += 5
        await telegram.edit(typed, "/brief", SUPERGROUP)
        await telegram.wait_for_post(SUPERGROUP)
    assert [request.command for request in clerk.requests] == ["brief"]


class Later:
    """The emulator's clock, so many seconds ahead."""

    def __init__(self, seconds: float) -> None:
        from time import time  # noqa: PLC0415 - the clock itself

        self.now, self.seconds = time(), seconds

    def __call__(self) -> float:
        return self.now + self.seconds


async def test_what_becomes_a_command_long_afterwards_is_left_alone(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        telegram.world.now = later = Later(2)
        typed = await telegram.say("small talk", chat=SUPERGROUP)
        later.seconds += EDITED_SECONDS + 5
        await telegram.edit(typed, "/brief", SUPERGROUP)
        await taken(telegram)
    assert clerk.requests == []


async def test_what_may_have_been_answered_before_the_start_is_left_alone(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    telegram.world.now = Later(-60)
    async with running(telegram, clerk.answer):
        typed = await telegram.say("/brief")
        await telegram.wait_for_post()
    async with running(telegram, clerk.answer):
        await telegram.edit(typed, "/brief long")
        await taken(telegram)
    assert [request.arguments for request in clerk.requests] == [""]


async def test_an_edited_command_of_a_channel_is_answered_anew(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        telegram.add_chat(CHANNEL, "channel")
        typed = await telegram.say("/brief", chat=CHANNEL)
        await telegram.wait_for_post(CHANNEL)
        await telegram.edit(typed, "/brief long", CHANNEL)
        await telegram.wait_until(lambda: telegram.posted(CHANNEL)[0].text == "/brief long")


# --- what happens while an answer is on the way


class Meanwhile(Clerk):
    """A clerk who lets something happen while he thinks."""

    def __init__(self, happen: list[str]) -> None:
        super().__init__()
        self.happen = happen

    async def answer(self, request: Request) -> Reply:
        if not request.is_event:
            self.happen.append(request.command)
            self.asked.set()
            await self.open.wait()
        return await super().answer(request)


@pytest.mark.parametrize("what", ["deleted", "kicked", "demoted"])
async def test_a_chat_that_is_gone_before_its_answer_is_no_fault(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    where = CHANNEL if what == "demoted" else SUPERGROUP
    telegram.add_chat(where, "channel" if where == CHANNEL else None)
    slow = Meanwhile([])
    slow.open.clear()
    async with running(telegram, slow.answer):
        await telegram.say("/brief", chat=where)
        await slow.asked.wait()
        if what == "deleted":
            telegram.delete_chat(where)
        else:
            telegram.set_member(where, BOT, "kicked" if what == "kicked" else "member")
        slow.open.set()
        await taken(telegram)
    assert telegram.posted(None) == []
    assert caplog.records == []


async def test_an_answer_to_a_group_that_becomes_a_supergroup_meanwhile_arrives_there_once(
    telegram: TelegramEmulator,
) -> None:
    slow = Porter()
    slow.open.clear()
    async with running(telegram, slow.answer):
        telegram.add_chat(GROUP, "group")
        await telegram.say("/brief", chat=GROUP)
        await slow.asked.wait()
        new = telegram.migrate(GROUP)
        slow.open.set()
        await telegram.wait_for_post(new)
        await taken(telegram)
    assert [(post.chat, post.text) for post in telegram.posted(None)] == [(new, "/brief")]


# --- topics


async def test_a_pressed_button_is_answered_in_its_topic(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        [first] = await telegram.wait_for_post(SUPERGROUP)
        await telegram.press(first.message_id, "Longer", SUPERGROUP)
        posts = await telegram.wait_for_post(SUPERGROUP, 2)
    assert [post.thread for post in posts] == [77, 77]
    assert clerk.last.chat.thread == "77"


async def test_the_general_topic_of_a_forum_has_no_number(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        await telegram.wait_for_post(SUPERGROUP)
        await telegram.say("/brief", chat=SUPERGROUP)
        await telegram.wait_for_post(SUPERGROUP, 2)
    assert clerk.last.chat == NEWS
    assert telegram.posted(SUPERGROUP)[-1].thread is None


async def test_a_row_of_replies_in_a_plain_group_is_no_topic(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    async with running(telegram, clerk.answer):
        first = await telegram.say("/brief", chat=SUPERGROUP)
        await telegram.wait_for_post(SUPERGROUP)
        room = telegram.world.rooms[SUPERGROUP]
        service = {"message_thread_id": first}  # Telegram numbers such rows as well
        said = await telegram.say("small talk", chat=SUPERGROUP)
        message = room.messages[said].json() | service | {"text": "/help"}
        telegram.world.updates.put("message", message)
        await telegram.wait_for_post(SUPERGROUP, 2)
    assert clerk.last.chat == NEWS


async def test_a_slow_answer_in_a_topic_shows_typing_there(
    telegram: TelegramEmulator, clerk: Clerk
) -> None:
    clerk.open.clear()
    async with running(telegram, clerk.answer):
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        await telegram.wait_until(lambda: bool(telegram.world.chat_actions))
        clerk.open.set()
        await telegram.wait_for_post(SUPERGROUP)
    [action] = [params for method, params in telegram.requests if method == "sendChatAction"]
    assert action["message_thread_id"] in {77, "77"}


async def test_a_closed_topic_is_no_fault_of_an_answer(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Porter()
    slow.open.clear()
    async with running(telegram, slow.answer):
        await telegram.say("/brief", chat=SUPERGROUP, thread=77)
        await slow.asked.wait()
        telegram.close_topic(SUPERGROUP, 77)
        slow.open.set()
        await taken(telegram)
    assert telegram.posted(None) == []
    assert caplog.records == []
