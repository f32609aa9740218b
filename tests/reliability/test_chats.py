"""Chats that change while the real process runs, or while it is dead: nothing is lost of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.emulators.discord import DiscordEmulator, wire
from tests.emulators.telegram import TelegramEmulator
from tests.reliability.process import BotProcess, make_due, running, settings_for

ADA = 1001
GROUP, SUPERGROUP = -5001, -1001234567890
BOT = 123456
SEED = "Ever Given"
CHANNEL = 2001
REFUSED = "Discord refuses this channel: Missing Permissions"


def subscribed(data: Path) -> list[tuple[str, str]]:
    """Return (chat, why its digests rest) of every subscription."""
    database = sqlite3.connect(data / "dateline.db")
    try:
        return list(database.execute("SELECT chat, paused FROM subscriptions ORDER BY chat"))
    finally:
        database.close()


async def killed(bot: BotProcess) -> None:
    bot.kill()
    await bot.process.wait()


async def subscribe(telegram: TelegramEmulator, chat: int) -> None:
    """Ada subscribes a chat that she manages."""
    if chat < 0:
        telegram.add_chat(chat, "group" if chat == GROUP else None)
        telegram.set_member(chat, ADA, "administrator")
    before = len(telegram.posted(chat))
    await telegram.say("/subscribe 08:00", chat=chat, user=ADA)
    await telegram.wait_for_post(chat, before + 1)


async def until(data: Path, expected: list[tuple[str, str]]) -> None:
    """Wait until the ledger says this; it has no event to wait for."""
    async with asyncio.timeout(10):
        while subscribed(data) != expected:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)


# --- Telegram


async def test_a_group_that_moves_while_the_bot_is_dead_gets_its_digest_in_the_new_chat_once(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings) as bot:
        await subscribe(telegram, GROUP)
        await killed(bot)
    new = telegram.migrate(GROUP)
    make_due(tmp_path)
    async with running(settings) as bot:
        await telegram.wait_until(
            lambda: any(SEED in post.text for post in telegram.posted(new)), timeout=20
        )
        await killed(bot)
    assert subscribed(tmp_path) == [(str(new), "")]
    make_due(tmp_path)
    async with running(settings) as bot:
        await telegram.say("/status", chat=new, user=ADA)
        await telegram.wait_until(
            lambda: any("This chat" in post.text for post in telegram.posted(new))
        )
        await bot.stop()
    assert sum(SEED in post.text for post in telegram.posted(None)) == 1


async def test_a_group_that_moves_into_one_that_has_the_same_digest_gets_one(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings) as bot:
        await subscribe(telegram, GROUP)
        new = telegram.migrate(GROUP)
        await until(tmp_path, [(str(new), "")])
        await subscribe(telegram, new)
        telegram.world.updates.put("message", moved_again(telegram, new))
        await telegram.wait_until(lambda: telegram.pending == 0)
        await bot.stop()
    assert subscribed(tmp_path) == [(str(new), "")]


def moved_again(telegram: TelegramEmulator, new: int) -> dict[str, object]:
    """Return the message by which the supergroup tells where it came from, once more."""
    chat = telegram.add_chat(new).json()
    return {"message_id": 999, "date": 1452770000, "chat": chat, "migrate_from_chat_id": GROUP}


async def test_who_blocks_the_bot_before_a_crash_and_unblocks_it_after_hears_what_is_on_again(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings) as bot:
        await subscribe(telegram, ADA)
        telegram.block(ADA)
        await telegram.wait_until(lambda: telegram.pending == 0)
        await killed(bot)
    async with running(settings) as bot:
        await until(tmp_path, [(str(ADA), "the bot was blocked")])
        telegram.unblock(ADA)
        await telegram.wait_for_post(count=2)
        await bot.stop()
    assert subscribed(tmp_path) == [(str(ADA), "")]
    assert "08:00" in telegram.posted()[1].text


async def test_events_that_came_while_the_bot_was_dead_are_taken_in_their_order(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    async with running(settings) as bot:
        await subscribe(telegram, ADA)
        await subscribe(telegram, SUPERGROUP)
        await killed(bot)
    for _ in range(3):
        telegram.block(ADA)
        telegram.unblock(ADA)
    telegram.block(SUPERGROUP)
    telegram.unblock(SUPERGROUP)
    telegram.block(SUPERGROUP)
    async with running(settings) as bot:
        await until(
            tmp_path,
            [(str(SUPERGROUP), "the bot was removed from the group"), (str(ADA), "")],
        )
        await telegram.wait_until(lambda: telegram.pending == 0)
        await bot.stop()
    assert [line for line in bot.log if "Traceback" in line] == []


async def test_a_group_is_greeted_once_although_the_bot_is_killed_over_and_over(
    telegram: TelegramEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, telegram)
    telegram.add_chat(SUPERGROUP).members[BOT] = "left"
    telegram.set_member(SUPERGROUP, BOT, "member")
    for _ in range(2):
        async with running(settings) as bot:
            await telegram.wait_for_post(SUPERGROUP)
            await killed(bot)
    async with running(settings) as bot:
        await telegram.say("/about", chat=SUPERGROUP)
        await telegram.wait_for_post(SUPERGROUP, 2)
        await bot.stop()
    assert len(telegram.posted(SUPERGROUP)) == 2


# --- Discord


@dataclass
class SlowSite:
    """A page on loopback that comes when `open` is set."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def page(self, _: web.Request) -> web.Response:
        """Send the page."""
        await self.open.wait()
        text = "The council met on Monday. It agreed on a plan for the harbour. " * 20
        body = f"<html><title>News</title><article><p>{text}</p></article></html>"
        return web.Response(text=body, content_type="text/html")


@asynccontextmanager
async def slow_site() -> AsyncIterator[SlowSite]:
    site = SlowSite()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}/news"
    try:
        yield site
    finally:
        await runner.cleanup()


async def test_a_command_announced_before_a_kill_is_answered_once_after_it(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    async with slow_site() as site:
        settings = settings_for(tmp_path, discord=discord)
        settings["DATELINE_ALLOW_NETWORKS"] = "127.0.0.0/8"
        async with running(settings) as bot:
            await discord.wait_for_commands()
            made = await discord.slash("brief", {"link": site.url})
            await discord.wait_until(lambda: discord.thinking() == 1)
            await killed(bot)
        assert discord.posted() == []
        site.open.set()
        for _ in range(2):
            async with running(settings) as bot:
                await discord.wait_for_post()
                await killed(bot)
    [answer] = discord.posted()
    assert answer.interaction_id == made
    assert discord.thinking() == 0


async def test_a_server_that_throws_the_bot_out_rests_and_goes_on_when_it_is_back(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await discord.wait_for_commands()
        await discord.slash("subscribe", {"time": "08:00"})
        await discord.wait_for_post()
        discord.outage()  # which is not a farewell
        discord.outage_over()
        await discord.slash("subscriptions")
        await discord.wait_for_post(count=2)
        assert subscribed(tmp_path) == [(str(CHANNEL), "")]
        discord.kick()
        await until(tmp_path, [(str(CHANNEL), "the bot was removed from the server")])
        discord.invite()
        await discord.wait_for_post(count=3)
        await bot.stop()
    assert subscribed(tmp_path) == [(str(CHANNEL), "")]
    assert "08:00" in discord.posted()[2].content


async def subscribe_channel(discord: DiscordEmulator) -> None:
    """Ada subscribes the channel."""
    await discord.wait_for_commands()
    await discord.slash("subscribe", {"time": "08:00"})
    await discord.wait_for_post()


async def confirm_at_once(data: Path) -> None:
    """Wait until a message was refused, and let it be tried again now, not in a minute."""
    now = "CAST(strftime('%s', 'now') AS INTEGER)"
    sooner = f"UPDATE parts SET not_before = {now} - 1 WHERE not_before > {now}"  # noqa: S608
    database = sqlite3.connect(data / "dateline.db", isolation_level=None)
    try:
        async with asyncio.timeout(20):
            while not database.execute(sooner).rowcount:  # noqa: ASYNC110 - as until
                await asyncio.sleep(0.1)
    finally:
        database.close()


async def says_once_that_it_is_back(
    discord: DiscordEmulator, settings: dict[str, str], data: Path
) -> None:
    """Start twice: the first time it is back, with the missed digest offered."""
    for _ in range(2):
        discord.advance(10)  # else Discord lets a bot wait that identified just now
        async with running(settings) as bot:
            await discord.wait_for_post(count=2)
            await until(data, [(str(CHANNEL), "")])
            await bot.stop()
    _, back = discord.posted()
    assert "I am back. The digests at 08:00" in back.content
    assert back.buttons == (("Today's briefing",),)


async def test_a_server_that_lets_the_bot_in_while_it_is_stopped_hears_it_at_the_start(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await subscribe_channel(discord)
        discord.kick()
        await until(tmp_path, [(str(CHANNEL), "the bot was removed from the server")])
        await bot.stop()
    discord.invite()
    await says_once_that_it_is_back(discord, settings, tmp_path)


async def test_a_channel_that_lets_the_bot_write_while_it_is_dead_hears_it_at_the_start(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await subscribe_channel(discord)
        discord.deny(CHANNEL, wire.SEND_MESSAGES)
        await until(tmp_path, [(str(CHANNEL), "the bot may not write there")])
        await killed(bot)
    discord.deny(CHANNEL, 0)
    await says_once_that_it_is_back(discord, settings, tmp_path)


async def test_a_bot_demoted_by_its_role_rests_and_goes_on_when_it_is_promoted(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await subscribe_channel(discord)
        discord.allow_everyone(wire.VIEW_CHANNEL)
        make_due(tmp_path)
        await confirm_at_once(tmp_path)
        await until(tmp_path, [(str(CHANNEL), REFUSED)])
        discord.allow_everyone(wire.MEMBER_PERMISSIONS)
        _, back = await discord.wait_for_post(count=2)
        await bot.stop()
    assert "I am back." in back.content
    assert subscribed(tmp_path) == [(str(CHANNEL), "")]


async def test_a_start_after_which_nothing_had_stopped_says_nothing(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    async with running(settings) as bot:
        await subscribe_channel(discord)
        await bot.stop()
    discord.advance(10)
    async with running(settings) as bot:
        discord.outage()
        discord.outage_over()
        await discord.slash("subscriptions")
        await discord.wait_for_post(count=2)
        await bot.stop()
    assert [post.content for post in discord.posted() if "I am back" in post.content] == []
    assert subscribed(tmp_path) == [(str(CHANNEL), "")]


async def test_a_deleted_channel_rests_and_the_others_go_on(
    discord: DiscordEmulator, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, discord=discord)
    discord.add_channel(2002, "old")
    async with running(settings) as bot:
        await discord.wait_for_commands()
        for channel in (CHANNEL, 2002):
            await discord.slash("subscribe", {"time": "08:00"}, channel=channel)
            await discord.wait_for_post(channel)
        discord.delete_channel(2002)
        await until(tmp_path, [(str(CHANNEL), ""), ("2002", "the channel was deleted")])
        make_due(tmp_path)
        await discord.wait_for_post(CHANNEL, 2, timeout=20)
        await bot.stop()
