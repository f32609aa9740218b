"""What Discord asks while the journal cannot be written: answered all the same, and once."""

from __future__ import annotations

import asyncio

from bot.core.journal import Update
from bot.core.messages import Paragraph, Reply
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Running
from tests.core.test_journal import FullJournal
from tests.emulators.discord import DiscordEmulator

LONG = Reply(tuple(Paragraph("word " * 350) for _ in range(3)))


async def test_an_answer_that_could_not_be_noted_is_not_given_again_after_a_restart(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    journal = FullJournal()
    clerk.open.clear()
    clerk.reply = LONG
    async with Running(emulator, clerk, journal):
        await emulator.slash("brief")
        await clerk.asked.wait()
        journal.full = True  # while the answer is made
        clerk.open.set()
        await emulator.wait_for_post(count=3)
        await asyncio.sleep(0.05)
        journal.full = False  # and there is room again before the bot is stopped
    clerk.reply = None
    async with Running(emulator, clerk, journal):
        await emulator.slash("help")
        await emulator.wait_for_post(count=4)
    assert [request.command for request in clerk.requests] == ["brief", "help"]
    assert len(emulator.posted()) == 4


async def test_a_question_that_could_not_be_written_down_is_answered_whole(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    journal = FullJournal()
    clerk.open.clear()
    async with Running(emulator, clerk, journal):
        journal.full = True
        await emulator.say("<@4001> what's new in Iraq?")
        await clerk.asked.wait()
        journal.full = False  # and knows nothing of the question
        clerk.open.set()
        await emulator.wait_for_post()
    assert len(emulator.posted()) == 1


async def test_what_cannot_be_read_holds_up_no_start_while_the_disk_is_full(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    journal = FullJournal()
    await journal.take("discord", [Update("i7", {"request": {"chat": None}})])
    journal.full = True
    async with Running(emulator, clerk, journal):
        await emulator.say("<@4001> what's new in Iraq?")
        await emulator.wait_for_post()
        journal.full = False
