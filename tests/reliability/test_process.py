"""The real process against the real wire: both platforms, a stop, and a power cut."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord import Fault as DiscordFault
from tests.emulators.telegram import Fault as TelegramFault
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import DISCORD_TOKEN, make_due, running, settings_for, states

SEED = "Ever Given"


async def test_brief_is_answered_on_both_platforms_by_one_process(
    telegram: TelegramEmulator, discord: DiscordEmulator, tmp_path: Path
) -> None:
    async with running(settings_for(tmp_path, telegram, discord), listening=2):
        await discord.wait_for_commands()
        await telegram.say("/brief")
        await discord.slash("brief", {})
        [on_telegram, *_] = await telegram.wait_for_post()
        [on_discord, *_] = await discord.wait_for_post()
    assert SEED in on_telegram.text
    assert any(SEED in embed["title"] for embed in on_discord.embeds)


async def test_an_idle_bot_stops_within_two_seconds_of_sigterm(
    telegram: TelegramEmulator, discord: DiscordEmulator, tmp_path: Path
) -> None:
    async with running(settings_for(tmp_path, telegram, discord), listening=2) as bot:
        asked = time.monotonic()
        assert await bot.stop() == 0
        took = time.monotonic() - asked
    assert took < 2 or took < 20 * await an_interpreter_takes()


async def an_interpreter_takes() -> float:
    """Measure how long a Python takes that does nothing: a tenth of a second, on an idle machine.

    On a busy one, where everything takes longer, two seconds are as many times longer.
    """
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import asyncio")
    assert await process.wait() == 0
    return time.monotonic() - began


async def test_a_bad_token_on_one_platform_does_not_stop_the_other(
    telegram: TelegramEmulator, discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram, discord) | {"DATELINE_DISCORD_TOKEN": "wrong"}
    async with running(settings) as bot:
        await telegram.say("/help")
        await telegram.wait_for_post()
        assert any("DATELINE_DISCORD_TOKEN" in line for line in bot.log)
        assert not any("Traceback" in line for line in bot.log)


async def test_a_platform_that_is_down_does_not_stop_the_other(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram) | {
        "DATELINE_DISCORD_TOKEN": DISCORD_TOKEN,
        "DATELINE_DISCORD_API_URL": "http://127.0.0.1:9/api/v10",
        "DATELINE_DISCORD_GATEWAY_URL": "ws://127.0.0.1:9/",
    }
    async with running(settings) as bot:
        await telegram.say("/help")
        await telegram.wait_for_post()
        assert not any("Traceback" in line for line in bot.log)


async def test_without_a_good_token_the_bot_ends_and_says_what_to_mend(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram) | {"DATELINE_TELEGRAM_TOKEN": "1:wrong"}
    async with running(settings) as bot:
        async with asyncio.timeout(10):
            assert await bot.process.wait() == 1
        assert any("DATELINE_TELEGRAM_TOKEN" in line for line in bot.log)


async def test_a_second_bot_on_the_same_database_is_refused_and_the_first_goes_on(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings):
        async with running(settings) as second:
            async with asyncio.timeout(10):
                assert await second.process.wait() == 1
        assert any("is running on" in line for line in second.log)
        await telegram.say("/help")
        await telegram.wait_for_post()


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_a_digest_comes_once_although_the_bot_was_killed_after_subscribing(
    platform: str, telegram: TelegramEmulator, discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram, discord)
    async with running(settings, listening=2) as bot:
        await _subscribe(platform, telegram, discord)
        bot.kill()
        await bot.process.wait()
    make_due(tmp_path)
    async with running(settings, listening=2) as bot:
        posted = await _posted(platform, telegram, discord, count=2)
        bot.kill()
        await bot.process.wait()
    assert SEED in str(posted[1])
    before = len(await _posted(platform, telegram, discord, count=2))
    make_due(tmp_path)  # the same local date is due again: the ledger has it
    async with running(settings, listening=2) as bot:
        await _ask_status(platform, telegram, discord)
        await _posted(platform, telegram, discord, count=before + 1)
        await bot.stop()
    assert len(await _posted(platform, telegram, discord, count=before + 1)) == before + 1


async def test_killed_before_telegrams_answer_the_digest_is_uncertain_and_never_doubled(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings) as bot:
        await telegram.say("/subscribe 08:00")
        await telegram.wait_for_post()
        await bot.stop()
    make_due(tmp_path)
    telegram.fail_next("sendMessage", TelegramFault.hang(commits=True))
    async with running(settings) as bot:
        await telegram.wait_for_post(count=2)  # it is in the chat, but the bot was not told
        bot.kill()
        await bot.process.wait()
    async with running(settings) as bot:
        await telegram.say("/status")
        await telegram.wait_for_post(count=3)
        await bot.stop()
    assert sum(SEED in post.text for post in telegram.posted()) == 1
    assert states(tmp_path)[0] == "unknown"


async def test_killed_before_discords_answer_the_digest_is_sent_again_under_its_nonce(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await discord.wait_for_commands()
        await discord.slash("subscribe", {"time": "08:00"})
        await discord.wait_for_post()
        await bot.stop()
    make_due(tmp_path)
    fault = DiscordFault.hang(after_commit=True)
    discord.fail_next("POST", "/channels/{channel_id}/messages", fault)
    async with running(settings) as bot:
        await discord.wait_for_post(count=2)
        bot.kill()
        await bot.process.wait()
    async with running(settings) as bot:
        await discord.wait_until(lambda: set(states(tmp_path)) == {"sent"})
        await bot.stop()
    digests = [post for post in discord.posted() if post.nonce]
    assert len(digests) == len(states(tmp_path))


async def _subscribe(platform: str, telegram: TelegramEmulator, discord: DiscordEmulator) -> None:
    if platform == "telegram":
        await telegram.say("/subscribe 08:00 Europe/Paris")
    else:
        await discord.wait_for_commands()
        await discord.slash("subscribe", {"time": "08:00", "zone": "Europe/Paris"})
    await _posted(platform, telegram, discord, count=1)


async def _ask_status(platform: str, telegram: TelegramEmulator, discord: DiscordEmulator) -> None:
    if platform == "telegram":
        await telegram.say("/status")
    else:
        await discord.slash("status", {})


async def _posted(
    platform: str, telegram: TelegramEmulator, discord: DiscordEmulator, count: int
) -> list[object]:
    if platform == "telegram":
        return list(await telegram.wait_for_post(count=count))
    return list(await discord.wait_for_post(count=count))


async def test_of_many_commands_none_is_lost_and_none_answered_twice_at_a_kill(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    """Three hundred people typed a command; the bot is killed in the middle and started again.

    One answer may be on its way when the power goes: nobody can tell, so it is not repeated.
    """
    people = range(5000, 5300)
    environment = settings_for(tmp_path, telegram)
    for person in people:
        await telegram.say("/about", chat=person)
    async with running(environment) as bot:
        await telegram.wait_for_post(None, count=30)  # a second's worth of answers
        bot.kill()
        await bot.process.wait()
    assert len(telegram.posted(None)) < len(people)
    async with running(environment):
        await telegram.wait_for_post(None, count=len(people) - 1, timeout=30)
    answers = Counter(post.chat for post in telegram.posted(None))
    assert set(answers.values()) == {1}
    assert len(answers) >= len(people) - 1
