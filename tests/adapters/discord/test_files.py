"""Files in both directions on Discord: a list of feeds comes in, a list goes out."""

from __future__ import annotations

from bot.core.messages import FILE_BYTES, Attachment
from bot.core.news import Feed, ListedFeed
from bot.sources.opml import read_opml, write_opml
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Running
from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord.state import BOT
from tests.fakes import make_desk

MEMBER = 3002
LISTED = (
    ListedFeed(Feed("https://news.example/world.xml", "World"), ("News",)),
    ListedFeed(Feed("https://news.example/sport.xml", "Sport"), ("Sport",)),
)
LIST = write_opml(LISTED)
FILE = ("feeds.opml", LIST)


async def test_the_option_of_a_slash_command_brings_a_file_along(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        await emulator.slash("follow", {"topic": "my news", "file": FILE})
        await emulator.wait_for_post()
    assert (clerk.last.command, clerk.last.arguments) == ("follow", "my news")
    assert clerk.last.file == Attachment(*FILE)
    assert len(emulator.state.downloads) == 1


async def test_a_list_sent_in_private_is_to_be_followed(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        room = emulator.dm_channel()
        await emulator.say("", room, files={"feeds.opml": LIST})
        await emulator.wait_for_post(room)
    assert (clerk.last.command, clerk.last.file) == ("follow", Attachment(*FILE))
    assert clerk.last.may_manage


async def test_a_list_that_mentions_the_bot_is_followed_for_those_who_manage(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        emulator.add_user(MEMBER, "Ben")
        await emulator.say(f"<@{BOT}> please", files={"feeds.opml": LIST})
        await emulator.wait_for_post()
        await emulator.say(f"<@{BOT}> please", user=MEMBER, files={"feeds.opml": LIST})
        await emulator.wait_for_post(count=2)
    managers = [(request.may_manage, request.file) for request in clerk.requests]
    assert managers == [(True, Attachment(*FILE)), (False, None)]


async def test_another_file_leaves_a_message_what_it_says(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        room = emulator.dm_channel()
        await emulator.say("https://news.example/a", room, files={"report.pdf": b"%PDF-1.7"})
        await emulator.wait_for_post(room)
    assert (clerk.last.command, clerk.last.file) == ("brief", None)


async def test_a_file_that_is_too_large_is_refused_in_words_and_not_fetched(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        await emulator.slash("follow", {"file": ("feeds.opml", b"x" * (FILE_BYTES + 1))})
        [refusal] = await emulator.wait_for_post()
    assert "feeds.opml is larger than 5 MB" in refusal.content
    assert emulator.state.downloads == []
    assert clerk.requests == []


async def test_a_file_that_cannot_be_fetched_is_said(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        emulator.state.base_url, kept = "http://127.0.0.1:9", emulator.state.base_url
        await emulator.slash("follow", {"file": FILE})
        emulator.state.base_url = kept
        [refusal] = await emulator.wait_for_post()
    assert "feeds.opml could not be fetched from Discord." in refusal.content
    assert clerk.requests == []


async def test_a_list_goes_in_and_comes_out_again(emulator: DiscordEmulator) -> None:
    async with Running(emulator, make_desk()):
        await emulator.slash("follow", {"file": FILE})
        [taken] = await emulator.wait_for_post()
        await emulator.press(taken.message_id, "What is followed")
        [_, shown] = await emulator.wait_for_post(count=2)
        await emulator.press(shown.message_id, "Export (OPML)")
        [*_, sent] = await emulator.wait_for_post(count=4)
    assert "now follows 2 feeds" in taken.content
    assert "World" in shown.content
    assert list(sent.files) == ["dateline.opml"]
    assert read_opml(sent.files["dateline.opml"]).feeds == LISTED


async def test_a_half_typed_feed_is_completed_and_what_was_chosen_is_unfollowed(
    emulator: DiscordEmulator,
) -> None:
    async with Running(emulator, make_desk()):
        await emulator.slash("follow", {"file": FILE})
        await emulator.wait_for_post()
        [choice] = await emulator.autocomplete("unfollow", {"feed": "spo"}, focused="feed")
        assert choice["name"] == "Sport (topic: Sport)"
        await emulator.slash("unfollow", {"feed": choice["value"]})
        [_, gone] = await emulator.wait_for_post(count=2)
    assert "no longer follows “Sport”" in gone.content
    assert gone.buttons == (("Follow again",),)


async def test_what_is_wrong_with_a_file_is_said_in_the_language_that_the_chat_chose(
    emulator: DiscordEmulator,
) -> None:
    async with Running(emulator, make_desk()):
        room = emulator.dm_channel()
        await emulator.slash("settings", {"what": "language", "choice": "fr"}, channel=room)
        await emulator.wait_for_post(room)
        await emulator.say("", room, files={"feeds.opml": b"x" * (FILE_BYTES + 1)})
        [_, refusal] = await emulator.wait_for_post(room, count=2)
    assert "feeds.opml dépasse 5 Mo" in refusal.content
