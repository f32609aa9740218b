"""Buttons on Discord: answered in place, once, after a restart too; and what only one may see."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.own_loop import across, own_loop
from bot.core.commands import COMMANDS
from bot.core.messages import Action, Attachment, Notice, Paragraph, Picture, Reply, Request
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Running, killed
from tests.emulators.discord import TOKEN, DiscordEmulator
from tests.fakes import FakeJournal, make_desk

CHANNEL, MEMBER = 2001, 3002
NEXT = Action("Next", "brief", "page 2")
PAGE = Reply((Paragraph("Page 2"),), (Action("Back", "brief", "page 1"),), in_place=True)
REFUSED = Reply((Notice("Only those who manage this chat may do this."),))


async def first_page(emulator: DiscordEmulator, clerk: Clerk) -> int:
    """Somebody asks, and is shown a page with a button; its message."""
    clerk.reply = Reply((Paragraph("Page 1"),), (NEXT,))
    await emulator.slash("brief")
    [posted] = await emulator.wait_for_post()
    return posted.message_id


async def test_an_answer_in_place_takes_the_place_of_the_message_with_the_button(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = PAGE
        await emulator.press(message, "Next")
        await emulator.wait_until(lambda: emulator.posted()[0].edited)
    [shown] = emulator.posted()
    assert (shown.message_id, shown.content, shown.buttons) == (message, "Page 2", (("Back",),))
    assert clerk.last.is_press


async def test_a_slow_answer_in_place_is_acknowledged_and_takes_the_place_later(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = PAGE
        clerk.open.clear()
        made = await emulator.press(message, "Next")
        await emulator.wait_until(lambda: made in emulator.acks)
        assert emulator.posted()[0].content == "Page 1"
        clerk.open.set()
        await emulator.wait_until(lambda: emulator.posted()[0].edited)
    assert [one.content for one in emulator.posted()] == ["Page 2"]
    assert emulator.acks[made] < 3


@pytest.mark.parametrize("slow", [False, True])
async def test_of_a_long_answer_in_place_the_rest_follows(
    emulator: DiscordEmulator, clerk: Clerk, *, slow: bool
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = Reply(tuple(Paragraph("word " * 300) for _ in range(3)), in_place=True)
        if slow:
            clerk.open.clear()
        made = await emulator.press(message, "Next")
        if slow:
            await emulator.wait_until(lambda: made in emulator.acks)
            clerk.open.set()
        posted = await emulator.wait_for_post(count=3)
    assert posted[0].message_id == message
    assert posted[0].buttons == ()
    assert all(one.content.startswith("word") for one in posted)


async def test_what_takes_the_place_of_a_picture_leaves_nothing_of_it(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        clerk.reply = Reply((Picture(b"\x89PNG", "A map"),), (NEXT,))
        await emulator.slash("map")
        [first] = await emulator.wait_for_post()
        assert first.embeds
        clerk.reply = PAGE
        await emulator.press(first.message_id, "Next")
        await emulator.wait_until(lambda: emulator.posted()[0].edited)
    [message] = emulator.state.messages.values()
    assert (message.content, message.embeds, message.attachments) == ("Page 2", [], [])


async def test_a_slow_answer_that_is_a_message_of_its_own_leaves_the_other_as_it_was(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = Reply((Paragraph("Something else"),))
        clerk.open.clear()
        made = await emulator.press(message, "Next")
        await emulator.wait_until(lambda: made in emulator.acks)
        clerk.open.set()
        posted = await emulator.wait_for_post(count=2)
    assert [one.content for one in posted] == ["Page 1", "Something else"]
    assert not posted[0].edited


async def test_a_press_after_a_restart_is_answered_in_place(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
    clerk.reply = PAGE
    async with Running(emulator, clerk):
        await emulator.press(message, "Next")
        await emulator.wait_until(lambda: emulator.posted()[0].edited)
    assert [one.content for one in emulator.posted()] == ["Page 2"]


async def test_a_press_that_a_crash_left_is_answered_in_place_after_it(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    journal = FakeJournal()
    async with Running(emulator, clerk, journal) as adapter:
        message = await first_page(emulator, clerk)
        clerk.reply = PAGE
        clerk.open.clear()
        made = await emulator.press(message, "Next")
        await emulator.wait_until(lambda: made in emulator.acks)
        await adapter._inside(killed(adapter))
    clerk.open.set()
    async with Running(emulator, clerk, journal):
        await emulator.wait_until(lambda: emulator.posted()[0].edited)
    assert [one.content for one in emulator.posted()] == ["Page 2"]
    assert await journal.unfinished("discord") == []


async def test_a_button_pressed_again_before_it_is_answered_is_answered_once(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = Reply((Paragraph("Here it is"),))
        clerk.open.clear()
        made = [await emulator.press(message, "Next") for _ in range(2)]
        await emulator.wait_until(lambda: set(made) <= set(emulator.acks))
        clerk.open.set()
        await emulator.wait_for_post(count=2)
        assert [request.arguments for request in clerk.requests].count("page 2") == 1
        await emulator.press(message, "Next")  # later it is a question of its own
        await emulator.wait_for_post(count=3)


async def test_two_hundred_presses_at_once_are_all_acknowledged_and_answered(clerk: Clerk) -> None:
    """How fast is for the benchmarks: Discord's clock stands still here."""
    people = range(5000, 5200)
    async with (
        DiscordEmulator(limits=None, clock=lambda: 1.0) as emulator,
        Running(emulator, clerk),
    ):
        for person in people:
            emulator.add_user(person, f"Person {person}")
        message = await first_page(emulator, clerk)
        clerk.reply = PAGE
        made = [await emulator.press(message, "Next", user=person) for person in people]
        await emulator.wait_until(lambda: set(made) <= set(emulator.acks), 60)
    assert {request.sender for request in clerk.requests[1:]} == {str(one) for one in people}
    assert [one.content for one in emulator.posted()] == ["Page 2"]


# --- who sees it


async def test_a_stranger_who_presses_an_administrators_button_is_told_alone(
    emulator: DiscordEmulator,
) -> None:
    emulator.add_user(MEMBER, "Ben")
    async with Running(emulator, make_desk()):
        await emulator.slash("subscribe", {"time": "08:00", "zone": "Europe/Paris"})
        [done] = await emulator.wait_for_post()
        [button, *_] = [label for row in done.buttons for label in row]
        await emulator.press(done.message_id, button, user=MEMBER)
        await emulator.wait_for_post(count=2)
    before, refusal = emulator.posted()
    assert before == done
    assert refusal.ephemeral
    assert not done.ephemeral


async def test_a_slow_refusal_of_a_press_too_is_told_alone(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = REFUSED
        clerk.open.clear()
        made = await emulator.press(message, "Next")
        await emulator.wait_until(lambda: made in emulator.acks)
        clerk.open.set()
        _, refusal = await emulator.wait_for_post(count=2)
    assert refusal.ephemeral


async def test_in_private_nothing_is_hidden(emulator: DiscordEmulator, clerk: Clerk) -> None:
    clerk.reply = REFUSED
    async with Running(emulator, clerk):
        await emulator.slash("brief", dm=True)
        [answer] = await emulator.wait_for_post(emulator.dm_channel())
    assert not answer.ephemeral


async def test_what_follows_from_a_hidden_message_is_hidden(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        clerk.reply = Reply(REFUSED.blocks, (NEXT,))
        await emulator.slash("brief")
        [first] = await emulator.wait_for_post()
        clerk.reply = Reply((Paragraph("The list"),), attachments=(Attachment("a.txt", b"a"),))
        await emulator.press(first.message_id, "Next")
        posted = await emulator.wait_for_post(count=3)
    assert [one.ephemeral for one in posted] == [True, True, True]


async def test_a_button_of_an_older_version_is_answered_in_words_and_alone(
    emulator: DiscordEmulator,
) -> None:
    async with Running(emulator, make_desk()):
        await emulator.slash("help")
        [first] = await emulator.wait_for_post()
        row = {"type": 1, "components": [_button("bygone 17 ~x")]}
        emulator.state.messages[first.message_id].components = [row]
        await emulator.press(first.message_id, "Old")
        await emulator.wait_for_post(count=2)
    answer = emulator.posted()[1]
    assert answer.ephemeral
    assert "/help" in answer.content


def _button(custom_id: str) -> dict[str, object]:
    return {"type": 2, "style": 1, "label": "Old", "custom_id": custom_id, "id": 1}


# --- the acknowledgement


class Blocking(Clerk):
    """A clerk who holds up the whole event loop: what the core must never do."""

    async def answer(self, request: Request) -> Reply:
        if request.is_event:
            return await super().answer(request)
        self.requests.append(request)
        threading.Event().wait(1.5)
        return Reply((Paragraph("At last"),))


async def test_a_core_that_stands_still_delays_no_acknowledgement() -> None:
    """Discord lives in a thread of its own here, as it does elsewhere: this loop is blocked."""
    clerk = Blocking()
    async with own_loop("emulator") as there:
        emulator = DiscordEmulator(limits=None)
        await across(there, emulator.__aenter__())
        adapter = DiscordAdapter(TOKEN, emulator.api_url, emulator.gateway_url, COMMANDS)
        task = asyncio.create_task(adapter.run(clerk.answer))
        await across(there, emulator.wait_for_commands())
        await across(there, emulator.ready())
        made = await across(there, emulator.slash("brief"))
        await across(there, emulator.wait_for_post())
        task.cancel()
        await asyncio.wait([task])
        await across(there, emulator.__aexit__(None, None, None))
    assert emulator.acks[made] < 1
    assert [one.content for one in emulator.posted()] == ["At last"]


# --- answers of several messages

THREE = Reply(tuple(Paragraph("word " * 300) for _ in range(3)), (NEXT,), in_place=True)


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("typed", [False, True])
async def test_an_answer_in_place_of_several_messages_takes_the_place_of_them_all(
    emulator: DiscordEmulator, clerk: Clerk, *, slow: bool, typed: bool
) -> None:
    async with Running(emulator, clerk):
        clerk.reply = THREE
        await (emulator.say("<@4001> Mosul") if typed else emulator.slash("brief"))
        [first, *_, last] = await emulator.wait_for_post(count=3)
        clerk.reply = PAGE
        if slow:
            clerk.open.clear()
        made = await emulator.press(last.message_id, "Next")
        if slow:
            await emulator.wait_until(lambda: made in emulator.acks)
            clerk.open.set()
        await emulator.wait_until(lambda: len(emulator.posted()) == 1)
    [shown] = emulator.posted()
    assert (shown.message_id, shown.content) == (first.message_id, "Page 2")


async def test_what_is_left_of_several_messages_is_replaced_when_one_of_them_was_deleted(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        clerk.reply = THREE
        await emulator.slash("brief")
        [first, *_, last] = await emulator.wait_for_post(count=3)
        del emulator.state.messages[first.message_id]  # a moderator's doing
        clerk.reply = PAGE
        await emulator.press(last.message_id, "Next")
        await emulator.wait_until(lambda: [one.content for one in emulator.posted()] == ["Page 2"])


async def test_several_messages_take_the_place_of_several(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    other = Reply(tuple(Paragraph("news " * 300) for _ in range(4)), (NEXT,), in_place=True)
    async with Running(emulator, clerk):
        clerk.reply = THREE
        await emulator.slash("brief")
        before = await emulator.wait_for_post(count=3)
        clerk.reply = other
        await emulator.press(before[-1].message_id, "Next")
        after = await emulator.wait_for_post(count=4)
    assert [one.message_id for one in after[:3]] == [one.message_id for one in before]
    assert all(one.content.startswith("news") for one in after)


async def test_longer_and_shorter_again_leave_one_answer(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        message = await first_page(emulator, clerk)
        clerk.reply = THREE
        await emulator.press(message, "Next")
        [*_, last] = await emulator.wait_for_post(count=3)
        clerk.reply = PAGE
        await emulator.press(last.message_id, "Next")
        await emulator.wait_until(lambda: len(emulator.posted()) == 1)
    assert [one.content for one in emulator.posted()] == ["Page 2"]


async def test_several_messages_that_nobody_remembers_stay_and_the_answer_stands_below(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    clerk.reply = THREE
    async with Running(emulator, clerk):
        await emulator.slash("brief")
        before = await emulator.wait_for_post(count=3)
    clerk.reply = PAGE
    async with Running(emulator, clerk):
        await emulator.press(before[-1].message_id, "Next")
        *kept, new = await emulator.wait_for_post(count=4)
    assert [one.content for one in kept] == [one.content for one in before]
    assert new.content == "Page 2"
    assert clerk.last.command == NEXT.command
