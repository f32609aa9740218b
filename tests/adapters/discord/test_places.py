"""Where Discord is used: threads, forums, servers and chats without the bot, and many servers."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.discord.commands import MENU
from bot.core.commands import BACK, GONE
from bot.core.errors import ChatUnavailable, SettingsError
from bot.core.messages import Action, Chat, ChatKind, Paragraph, Reply
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Doorman, Running
from tests.emulators.discord import DiscordEmulator, Fault, NotOfferedError, wire

MEMBER, CHANNEL, FORUM, OTHER, GROUP = 3002, 2001, 2005, 2006, 2007
FAR = (1 << 22) + 1001
"""A server of the second shard of two."""
PERMISSIONS = "/applications/{application_id}/guilds/{guild_id}/commands/permissions"
WORDS = {"content": "Good morning."}
SUBSCRIBE = {"time": "08:00"}
NOT_HERE = "I am not a member here"


# --- threads and forums


async def test_a_thread_is_a_chat_of_its_own_and_answered_in_it(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk) as adapter:
        thread = emulator.open_thread("talk")
        await emulator.slash("subscribe", SUBSCRIBE, thread)
        [answer] = await emulator.wait_for_post(thread)
        await emulator.press(answer.message_id, "Longer", thread)
        await emulator.wait_for_post(thread, 2)
        chat = clerk.last.chat
        await adapter.post(chat, WORDS, "dateline-1")
        await emulator.wait_for_post(thread, 3)
    assert chat == Chat("discord", str(thread), ChatKind.GROUP)
    assert emulator.posted(CHANNEL) == []


async def test_words_in_a_thread_are_answered_in_it(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        thread = emulator.open_thread("talk")
        await emulator.say("<@4001> what's new in Iraq?", thread)
        await emulator.wait_for_post(thread)
    assert clerk.last.chat.id == str(thread)


async def test_a_post_of_a_forum_is_a_chat_and_the_forum_itself_is_none(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.add_forum(FORUM, "ideas")
    async with Running(emulator, clerk) as adapter:
        post = emulator.open_thread("an idea", FORUM)
        await emulator.slash("subscribe", SUBSCRIBE, post)
        await emulator.wait_for_post(post)
        await adapter.post(clerk.last.chat, WORDS, "dateline-1")
        with pytest.raises(ChatUnavailable):
            await adapter.post(Chat("discord", str(FORUM), ChatKind.GROUP), WORDS, "dateline-2")
    assert len(emulator.posted(post)) == 2
    assert emulator.posted(FORUM) == []


async def test_a_digest_opens_a_thread_that_was_archived_and_a_locked_one_is_unavailable(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk) as adapter:
        thread = emulator.open_thread("talk")
        chat = Chat("discord", str(thread), ChatKind.GROUP)
        emulator.archive_thread(thread)
        await adapter.post(chat, WORDS, "dateline-1")
        assert not emulator.state.channels[thread].archived
        emulator.archive_thread(thread, locked=True)
        with pytest.raises(ChatUnavailable):
            await adapter.post(chat, WORDS, "dateline-2")
    assert len(emulator.posted(thread)) == 1


async def test_a_thread_that_is_unlocked_is_back(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    async with Running(emulator, porter):
        thread = emulator.open_thread("talk")
        porter.resting.add(str(thread))  # a 403 said that it takes nothing
        emulator.lock_thread(thread)
        emulator.lock_thread(thread, locked=False)
        await porter.wait_for(1)
    assert porter.events == [(str(thread), BACK, "")]


async def test_with_a_channel_its_threads_are_gone_and_back(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    async with Running(emulator, porter):
        thread = str(emulator.open_thread("talk"))
        emulator.deny(CHANNEL, wire.VIEW_CHANNEL | wire.SEND_MESSAGES | wire.SEND_IN_THREADS)
        await porter.wait_for(2)
        emulator.deny(CHANNEL, 0)
        await porter.wait_for(4)
        emulator.delete_channel(CHANNEL)
        await porter.wait_for(6)
    both = {str(CHANNEL), thread}
    told = [{chat for chat, what, _ in porter.events[n : n + 2]} for n in (0, 2, 4)]
    assert told == [both, both, both]
    assert [what for _, what, _ in porter.events] == [GONE, GONE, BACK, BACK, GONE, GONE]


async def test_a_thread_may_take_messages_where_its_channel_takes_none(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    async with Running(emulator, porter):
        thread = str(emulator.open_thread("talk"))
        emulator.deny(CHANNEL, wire.SEND_IN_THREADS)
        await porter.wait_for(1)
        emulator.deny(CHANNEL, wire.SEND_MESSAGES)
        await porter.wait_for(3)
    assert [event[:2] for event in porter.events[:1]] == [(thread, GONE)]
    assert {event[:2] for event in porter.events[1:]} == {(thread, BACK), (str(CHANNEL), GONE)}


# --- where only a person has the bot


async def test_a_person_has_the_bot_in_a_server_without_it(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    async with Running(emulator, clerk):
        emulator.kick()
        with pytest.raises(NotOfferedError):
            await emulator.slash("brief")
        made = await emulator.slash("brief", has_app=True)
        [answer] = await emulator.wait_for_post()
        assert not clerk.last.may_manage
        clerk.reply = Reply((Paragraph("word " * 300),) * 3, in_place=True)
        await emulator.press(answer.message_id, "Longer", has_app=True)
        await emulator.wait_for_post(count=3)
    assert answer.interaction_id == made
    assert not [path for _, path, _ in emulator.requests if path.startswith("/channels")]


@pytest.mark.parametrize("slow", [False, True])
async def test_a_person_has_the_bot_between_people(
    emulator: DiscordEmulator, clerk: Clerk, *, slow: bool
) -> None:
    emulator.add_group(GROUP, "Friends")
    async with Running(emulator, clerk):
        if slow:
            clerk.open.clear()
        made = await emulator.slash("brief", channel=GROUP, has_app=True)
        if slow:
            await emulator.wait_until(lambda: made in emulator.acks)
            clerk.open.set()
        [answer] = await emulator.wait_for_post(GROUP)
    assert answer.content == "/brief"
    assert clerk.last.chat == Chat("discord", str(GROUP), ChatKind.GROUP)


@pytest.mark.parametrize("locale", ["en-US", "fr"])
async def test_no_digest_comes_to_where_the_bot_is_no_member(
    emulator: DiscordEmulator, clerk: Clerk, locale: str
) -> None:
    emulator.add_group(GROUP, "Friends")
    async with Running(emulator, clerk):
        await emulator.slash("subscribe", SUBSCRIBE, channel=GROUP, has_app=True, locale=locale)
        [refusal] = await emulator.wait_for_post(GROUP)
    assert refusal.ephemeral
    assert locale != "en-US" or NOT_HERE in refusal.content
    assert clerk.requests == []


async def test_a_button_that_subscribes_too_is_refused_where_the_bot_is_no_member(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply((Paragraph("Hello"),), (Action("Daily", "subscribe", "08:00"),))
    async with Running(emulator, clerk):
        emulator.kick()
        await emulator.slash("brief", has_app=True)
        [first] = await emulator.wait_for_post()
        await emulator.press(first.message_id, "Daily", has_app=True)
        [_, refusal] = await emulator.wait_for_post(count=2)
    assert refusal.ephemeral
    assert NOT_HERE in refusal.content
    assert [request.command for request in clerk.requests] == ["brief"]


async def test_the_menu_of_a_message_is_there_for_a_person_too(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.add_group(GROUP, "Friends")
    async with Running(emulator, clerk):
        link = await emulator.say("Read https://example.org/news", GROUP)
        await emulator.menu(MENU, link, GROUP, has_app=True)
        await emulator.wait_for_post(GROUP)
    assert "https://example.org/news" in clerk.last.quoted


# --- who may


async def test_whom_an_administrator_lets_use_a_command_manages(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.add_user(MEMBER, "Ben")
    async with Running(emulator, clerk):
        with pytest.raises(NotOfferedError):
            await emulator.slash("subscribe", SUBSCRIBE, user=MEMBER)
        emulator.allow_command("subscribe", MEMBER)
        await emulator.slash("subscribe", SUBSCRIBE, user=MEMBER)
        await emulator.wait_for_post()
        assert clerk.last.may_manage
        await emulator.slash("brief", user=MEMBER)
        await emulator.wait_for_post(count=2)
        assert not clerk.last.may_manage


@pytest.mark.parametrize("button", ["Manage", "Other"])
async def test_of_a_button_too_the_servers_settings_decide(
    emulator: DiscordEmulator, clerk: Clerk, button: str
) -> None:
    emulator.add_user(MEMBER, "Ben")
    buttons = (Action("Manage", "subscribe", "08:00"), Action("Other", "unsubscribe", "all"))
    clerk.reply = Reply((Paragraph("Hello"),), buttons)
    async with Running(emulator, clerk):
        emulator.allow_command("subscribe", MEMBER)
        await emulator.slash("brief")
        [first] = await emulator.wait_for_post()
        await emulator.press(first.message_id, button, user=MEMBER)
        await emulator.wait_for_post(count=2)
    assert clerk.last.may_manage is (button == "Manage")


async def test_settings_that_cannot_be_read_leave_manage_server_to_count(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    clerk.reply = Reply((Paragraph("Hello"),), (Action("Manage", "subscribe", "08:00"),))
    async with Running(emulator, clerk):
        await emulator.slash("brief")
        [first] = await emulator.wait_for_post()
        for count, permissions in ((2, wire.MANAGE_GUILD), (3, 0)):
            emulator.fail_next("GET", PERMISSIONS, Fault(403, {"message": "No", "code": 50001}))
            await emulator.press(first.message_id, "Manage", permissions=permissions)
            await emulator.wait_for_post(count=count)
            assert emulator.faults._next == []
            assert clerk.last.may_manage is bool(permissions)


async def test_ones_own_installation_lets_nobody_manage_a_server(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.add_user(MEMBER, "Ben")
    async with Running(emulator, clerk):
        emulator.allow_command("subscribe", MEMBER)
        await emulator.slash("subscribe", SUBSCRIBE, user=MEMBER, has_app=True)
        await emulator.wait_for_post()
    assert not clerk.last.may_manage


async def test_without_a_known_table_only_manage_server_counts(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    emulator.add_user(MEMBER, "Ben")
    async with Running(emulator, clerk) as adapter:
        assert adapter._listener is not None
        adapter._listener.known = {}
        emulator.allow_command("subscribe", MEMBER)
        await emulator.slash("subscribe", SUBSCRIBE, user=MEMBER)
        await emulator.wait_for_post()
        assert not clerk.last.may_manage
        await emulator.slash("subscribe", SUBSCRIBE)
        await emulator.wait_for_post(count=2)
    assert clerk.last.may_manage


async def test_options_are_read_in_the_tables_order_and_not_in_that_of_the_typing(
    emulator: DiscordEmulator, clerk: Clerk
) -> None:
    typed = {"about": "place Mosul", "zone": "Europe/Paris", "time": "08:00"}
    async with Running(emulator, clerk):
        await emulator.slash("subscribe", typed)
        await emulator.wait_for_post()
    assert clerk.last.arguments == "08:00 Europe/Paris place Mosul"


# --- many servers


async def test_two_shards_hear_their_own_servers_and_each_resumes_alone(clerk: Clerk) -> None:
    async with DiscordEmulator(limits=None, shards=2, max_concurrency=2) as emulator:
        emulator.add_guild(FAR, "Far away")
        emulator.add_channel(OTHER, "far", guild=FAR)
        async with Running(emulator, clerk):
            await emulator.wait_until(lambda: len(emulator.gateway.live) == 2)
            assert {tuple(one["shard"]) for one in emulator.gateway.identified} == {(0, 2), (1, 2)}
            far = next(one for one in emulator.gateway.live if one.shard == (1, 2))
            assert far.connection is not None
            far.connection.abort()
            await emulator.wait_until(lambda: emulator.gateway.resumed == 1, 15)
            await emulator.slash("help", channel=OTHER)
            await emulator.wait_for_post(OTHER)
            await emulator.slash("brief", dm=True)
            await emulator.wait_for_post(emulator.dm_channel())
            await emulator.slash("about")
            await emulator.wait_for_post(CHANNEL)
        assert len(emulator.gateway.identified) == 2
        assert emulator.violations == []
    assert [request.command for request in clerk.requests] == ["help", "brief", "about"]


async def test_shards_connect_one_after_the_other_where_discord_says_so(clerk: Clerk) -> None:
    """Too soon is an invalid session, and one start more of the thousand a day."""
    async with DiscordEmulator(shards=2) as emulator, Running(emulator, clerk):
        await emulator.wait_until(lambda: len(emulator.gateway.live) == 2, 30)
        assert len(emulator.gateway.identified) == 2


async def test_the_operator_may_choose_more_shards_than_discord_recommends(clerk: Clerk) -> None:
    async with (
        DiscordEmulator(limits=None, max_concurrency=3) as emulator,
        Running(emulator, clerk, shards=3),
    ):
        await emulator.wait_until(lambda: len(emulator.gateway.live) == 3)
        assert {one.shard for one in emulator.gateway.live} == {(0, 3), (1, 3), (2, 3)}


async def test_too_few_shards_are_said_in_words(clerk: Clerk) -> None:
    async with DiscordEmulator(limits=None, shards=2) as emulator:
        running = Running(emulator, clerk, shards=1)
        with pytest.raises(SettingsError, match="DATELINE_DISCORD_SHARDS"):
            async with asyncio.timeout(20):
                await running._task
