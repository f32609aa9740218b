"""Files in both directions on Discord: a list of feeds comes in, a list goes out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.adapters.discord.adapter import DiscordAdapter
from bot.core.commands import COMMANDS, Desk
from bot.core.messages import FILE_BYTES, Attachment
from bot.core.news import Feed, ListedFeed
from bot.sources.opml import read_opml, write_opml
from tests.adapters.clerk import Clerk
from tests.emulators.discord import TOKEN, DiscordEmulator
from tests.emulators.discord.state import BOT
from tests.fakes import make_desk

MEMBER = 3002
LISTED = (
    ListedFeed(Feed("https://news.example/world.xml", "World"), ("News",)),
    ListedFeed(Feed("https://news.example/sport.xml", "Sport"), ("Sport",)),
)
LIST = write_opml(LISTED)
FILE = ("feeds.opml", LIST)


@contextlib.asynccontextmanager
async def talking(answerer: Clerk | Desk) -> AsyncIterator[DiscordEmulator]:
    """A bot in Discord; whatever happens, every request fits Discord's OpenAPI document."""
    async with DiscordEmulator(limits=None) as discord:
        adapter = DiscordAdapter(TOKEN, discord.api_url, discord.gateway_url, COMMANDS)
        task = asyncio.create_task(adapter.run(answerer.answer))
        try:
            await discord.wait_for_commands()
            await discord.ready()
            yield discord
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert discord.violations == []


async def test_the_option_of_a_slash_command_brings_a_file_along() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        await discord.slash("follow", {"topic": "my news", "file": FILE})
        await discord.wait_for_post()
    assert (clerk.last.command, clerk.last.arguments) == ("follow", "my news")
    assert clerk.last.file == Attachment(*FILE)
    assert len(discord.state.downloads) == 1


async def test_a_list_sent_in_private_is_to_be_followed() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        room = discord.dm_channel()
        await discord.say("", room, files={"feeds.opml": LIST})
        await discord.wait_for_post(room)
    assert (clerk.last.command, clerk.last.file) == ("follow", Attachment(*FILE))
    assert clerk.last.may_manage


async def test_a_list_that_mentions_the_bot_is_followed_for_those_who_manage() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        discord.add_user(MEMBER, "Ben")
        await discord.say(f"<@{BOT}> please", files={"feeds.opml": LIST})
        await discord.wait_for_post()
        await discord.say(f"<@{BOT}> please", user=MEMBER, files={"feeds.opml": LIST})
        await discord.wait_for_post(count=2)
    managers = [(request.may_manage, request.file) for request in clerk.requests]
    assert managers == [(True, Attachment(*FILE)), (False, None)]


async def test_another_file_leaves_a_message_what_it_says() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        room = discord.dm_channel()
        await discord.say("https://news.example/a", room, files={"report.pdf": b"%PDF-1.7"})
        await discord.wait_for_post(room)
    assert (clerk.last.command, clerk.last.file) == ("brief", None)


async def test_a_file_that_is_too_large_is_refused_in_words_and_not_fetched() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        await discord.slash("follow", {"file": ("feeds.opml", b"x" * (FILE_BYTES + 1))})
        [refusal] = await discord.wait_for_post()
    assert "feeds.opml is larger than 5 MB" in refusal.content
    assert discord.state.downloads == []
    assert clerk.requests == []


async def test_a_file_that_cannot_be_fetched_is_said() -> None:
    clerk = Clerk()
    async with talking(clerk) as discord:
        discord.state.base_url, kept = "http://127.0.0.1:9", discord.state.base_url
        await discord.slash("follow", {"file": FILE})
        discord.state.base_url = kept
        [refusal] = await discord.wait_for_post()
    assert "feeds.opml could not be fetched from Discord." in refusal.content
    assert clerk.requests == []


async def test_a_list_goes_in_and_comes_out_again() -> None:
    async with talking(make_desk()) as discord:
        await discord.slash("follow", {"file": FILE})
        [taken] = await discord.wait_for_post()
        await discord.press(taken.message_id, "What is followed")
        [_, shown] = await discord.wait_for_post(count=2)
        await discord.press(shown.message_id, "Export (OPML)")
        [*_, sent] = await discord.wait_for_post(count=4)
    assert "now follows 2 feeds" in taken.content
    assert "World" in shown.content
    assert list(sent.files) == ["dateline.opml"]
    assert read_opml(sent.files["dateline.opml"]).feeds == LISTED


async def test_a_half_typed_feed_is_completed_and_what_was_chosen_is_unfollowed() -> None:
    async with talking(make_desk()) as discord:
        await discord.slash("follow", {"file": FILE})
        await discord.wait_for_post()
        [choice] = await discord.autocomplete("unfollow", {"feed": "spo"}, focused="feed")
        assert choice["name"] == "Sport (topic: Sport)"
        await discord.slash("unfollow", {"feed": choice["value"]})
        [_, gone] = await discord.wait_for_post(count=2)
    assert "no longer follows “Sport”" in gone.content
    assert gone.buttons == (("Follow again",),)
