"""What happens to Discord channels, and what a crash or a resumed session must not spoil."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.core.commands import BACK, GONE
from bot.core.errors import ChatUnavailable, DeliveryError, StoreError
from bot.core.journal import Journal, Update
from bot.core.messages import Chat, ChatKind, Paragraph, Reply, Request
from tests.adapters.discord.running import Doorman, Running, killed
from tests.adapters.porter import Porter
from tests.emulators.discord import DiscordEmulator, Fault, wire
from tests.fakes import FakeJournal

CHANNEL, OTHER = 2001, 2002
MESSAGES = "/channels/{channel_id}/messages"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
NEWS = Chat("discord", str(CHANNEL), ChatKind.GROUP)
WORDS = {"content": "Good morning."}


# --- gone and back


async def test_a_deleted_channel_is_gone(emulator: DiscordEmulator, porter: Porter) -> None:
    emulator.add_channel(OTHER, "old")
    async with Running(emulator, porter):
        emulator.delete_channel(OTHER)
        await porter.wait_for(1)
    assert porter.events == [(str(OTHER), GONE, "the channel was deleted")]


async def test_a_deleted_thread_is_gone(emulator: DiscordEmulator, porter: Porter) -> None:
    async with Running(emulator, porter):
        thread = emulator.open_thread("talk")
        emulator.delete_thread(thread)
        await porter.wait_for(1)
    assert porter.events == [(str(thread), GONE, "the thread was deleted")]


async def test_a_server_that_throws_the_bot_out_takes_all_its_channels_along(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    emulator.add_channel(OTHER, "other")
    async with Running(emulator, porter):
        emulator.kick()
        await porter.wait_for(2)
    why = "the bot was removed from the server"
    assert set(porter.events) == {(str(CHANNEL), GONE, why), (str(OTHER), GONE, why)}
    assert emulator.posted(None) == []


async def test_a_server_that_is_unavailable_is_not_left(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    async with Running(emulator, porter) as adapter:
        emulator.outage()
        emulator.outage_over()
        await emulator.slash("help")
        await emulator.wait_for_post()
        await adapter.post(NEWS, WORDS, "dateline-1")
    assert porter.events == []


async def test_a_server_that_lets_the_bot_in_again_hears_what_is_on_again(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    async with Running(emulator, porter) as adapter:
        assert adapter._poster.client is not None
        ready = adapter._poster.client.wait_until_ready()  # before, it takes a server for known
        await adapter._inside(ready)
        emulator.kick()
        await porter.wait_for(1)
        porter.back = Reply((Paragraph("I am back."),))
        emulator.invite()
        [post] = await emulator.wait_for_post()
    assert post.content == "I am back."
    assert [command for _, command, _ in porter.events] == [GONE, BACK]


async def test_a_channel_in_which_the_bot_may_write_no_more_rests_until_it_may(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    async with Running(emulator, porter):
        emulator.deny(CHANNEL, wire.SEND_MESSAGES)
        await porter.wait_for(1)
        emulator.deny(CHANNEL, 0)
        await porter.wait_for(2)
    assert [command for _, command, _ in porter.events] == [GONE, BACK]


async def test_a_channel_that_only_seems_back_is_gone_again(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    porter.back = Reply((Paragraph("I am back."),))
    async with Running(emulator, porter):
        emulator.deny(CHANNEL, wire.SEND_MESSAGES)
        await porter.wait_for(1)
        emulator.fail_next("POST", MESSAGES, Fault(403, {"message": "Missing", "code": 50013}))
        emulator.deny(CHANNEL, 0)
        await porter.wait_for(3)
    assert [command for _, command, _ in porter.events] == [GONE, BACK, GONE]


# --- back, though nobody told


async def test_a_channel_that_rests_hears_at_the_next_start_that_it_goes_on(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.add_channel(OTHER, "other", denied=wire.SEND_MESSAGES)
    porter.resting = {str(CHANNEL), str(OTHER)}
    porter.back = Reply((Paragraph("I am back."),))
    for _ in range(2):
        async with Running(emulator, porter):
            await emulator.wait_for_post()
            await emulator.slash("help")
            await emulator.wait_until(porter.asked.is_set)
            porter.asked.clear()
    assert porter.events == [(str(CHANNEL), BACK, "")]
    assert [post.content for post in emulator.posted(None)].count("I am back.") == 1


async def test_a_thread_that_rests_hears_at_the_next_start_that_it_goes_on(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.add_forum(OTHER, "forum")
    thread, locked = (emulator.open_thread(name, OTHER) for name in ("talk", "locked"))
    emulator.state.channels[locked].locked = True
    porter.resting = {str(thread), str(locked)}
    async with Running(emulator, porter):
        await porter.wait_for(1)
        await emulator.slash("help")
        await emulator.wait_for_post()
    assert porter.events == [(str(thread), BACK, "")]


async def test_a_start_asks_once_for_each_channel_and_writes_nothing_down(
    emulator: DiscordEmulator,
) -> None:
    for channel in range(OTHER, OTHER + 30):
        emulator.add_channel(channel, f"channel {channel}")
    porter, journal = Porter(), FakeJournal()
    async with Running(emulator, porter, journal):
        await porter.wait_for(31)
    assert sorted(porter.events) == [(str(one), BACK, "") for one in range(CHANNEL, OTHER + 30)]
    assert journal.states == {}


async def test_a_stop_does_not_wait_until_all_channels_were_asked_for(
    emulator: DiscordEmulator,
) -> None:
    for channel in range(OTHER, OTHER + 300):
        emulator.add_channel(channel, f"channel {channel}")
    porter = Slow()
    async with Running(emulator, porter):
        await porter.wait_for(1)
    assert len(porter.events) < 100


class Slow(Porter):
    """A porter who takes his time."""

    async def answer(self, request: Request) -> Reply:
        """See bot.core.messages.Answer."""
        await asyncio.sleep(0.05)
        return await super().answer(request)


async def test_what_cannot_be_said_in_one_channel_keeps_no_other_from_going_on(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.add_channel(OTHER, "other")
    porter.resting = {str(CHANNEL), str(OTHER)}
    porter.back = Reply((Paragraph("I am back."),))
    emulator.fail_next("POST", MESSAGES, Fault(400, {"message": "No", "code": 50035}))
    async with Running(emulator, porter):
        await emulator.wait_for_post(None)
    assert porter.resting == set()


async def test_a_session_that_cannot_be_resumed_is_looked_through_as_a_start_is(
    emulator: DiscordEmulator, porter: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.discord.client.IDENTIFY_SECONDS", 0.0)
    async with Running(emulator, porter):
        emulator.deny(CHANNEL, wire.SEND_MESSAGES)
        await porter.wait_for(1)
        emulator.state.channels[CHANNEL].denied = 0  # and nobody tells
        emulator.invalidate()
        await porter.wait_for(2)
    assert [command for _, command, _ in porter.events] == [GONE, BACK]


async def test_a_server_that_is_available_again_is_looked_through(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    async with Running(emulator, porter):
        emulator.outage()
        porter.resting.add(str(CHANNEL))  # a digest met a 404 meanwhile
        emulator.outage_over()
        await porter.wait_for(1)
    assert porter.events == [(str(CHANNEL), BACK, "")]


# --- back by a role


READ = wire.VIEW_CHANNEL
WRITE = READ | wire.SEND_MESSAGES
ROLE = 5002


async def looked_through(emulator: DiscordEmulator) -> None:
    """Wait until the bot has seen what it may do at its start."""
    await emulator.slash("help")
    await emulator.wait_for_post()


async def test_who_may_write_by_everyones_role_goes_on_when_that_allows_it_again(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.allow_everyone(READ)
    porter.resting.add(str(CHANNEL))
    async with Running(emulator, porter):
        await looked_through(emulator)
        emulator.allow_everyone(WRITE)
        await porter.wait_for(1)
    assert porter.events == [(str(CHANNEL), BACK, "")]


async def test_who_may_write_by_a_role_of_its_own_goes_on_when_that_allows_it_again(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.allow_everyone(READ)
    emulator.add_role(ROLE, READ)
    emulator.give_role(ROLE)
    porter.resting.add(str(CHANNEL))
    async with Running(emulator, porter):
        await looked_through(emulator)
        emulator.change_role(ROLE, WRITE)
        await porter.wait_for(1)
    assert porter.events == [(str(CHANNEL), BACK, "")]


async def test_who_is_given_a_role_that_may_write_goes_on(
    emulator: DiscordEmulator, porter: Doorman
) -> None:
    emulator.allow_everyone(READ)
    emulator.add_role(ROLE, WRITE)
    porter.resting.add(str(CHANNEL))
    async with Running(emulator, porter):
        await looked_through(emulator)
        emulator.give_role(ROLE)
        await porter.wait_for(1)
    assert porter.events == [(str(CHANNEL), BACK, "")]


# --- once, and never lost


@pytest.mark.parametrize("event", ["INTERACTION_CREATE", "MESSAGE_CREATE"])
async def test_what_the_gateway_tells_twice_is_answered_once(
    emulator: DiscordEmulator, porter: Porter, event: str
) -> None:
    async with Running(emulator, porter):
        if event == "INTERACTION_CREATE":
            await emulator.slash("brief")
        else:
            await emulator.say("<@4001> what's new in Iraq?")
        await emulator.wait_for_post()
        emulator.repeat(event)
        await emulator.slash("help")
        await emulator.wait_for_post(count=2)
    assert len(porter.requests) == 2
    assert len(emulator.posted()) == 2


async def killed_while_thinking(
    emulator: DiscordEmulator, porter: Porter, journal: Journal
) -> None:
    """Somebody asks, sees "thinking", and the bot dies (its tasks are cancelled without a word)."""
    porter.open.clear()
    running = Running(emulator, porter, journal)
    async with running as adapter:
        await emulator.slash("brief")
        await emulator.wait_until(lambda: emulator.thinking() == 1)
        await adapter._inside(killed(adapter))
    porter.open.set()


async def test_a_command_that_was_announced_before_a_crash_is_answered_after_it(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    await killed_while_thinking(emulator, porter, journal)
    assert emulator.posted() == []
    async with Running(emulator, porter, journal):
        [post] = await emulator.wait_for_post()
    assert post.content == "/brief"
    assert emulator.thinking() == 0
    assert await journal.unfinished("discord") == []
    async with Running(emulator, porter, journal):
        await emulator.slash("help")
        await emulator.wait_for_post(count=2)
    assert len(emulator.posted()) == 2


async def test_after_a_quarter_of_an_hour_nobody_answers_any_more(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    await killed_while_thinking(emulator, porter, journal)
    [update] = await journal.unfinished("discord")
    quarter = 15 * 60 * 1000 + 1000
    older = int(update.id[1:]) - (quarter << 22)
    old = FakeJournal()
    await old.take("discord", [Update(f"i{older}", {**update.payload, "number": f"i{older}"})])
    async with Running(emulator, porter, old):
        await emulator.slash("help")
        await emulator.wait_for_post()
    assert [request.command for request in porter.requests] == ["brief", "help"]
    assert await old.unfinished("discord") == []


async def test_a_command_that_was_never_acknowledged_is_finished_without_an_answer(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    await killed_while_thinking(emulator, porter, journal)
    for interaction in emulator.state.interactions.values():
        interaction.acked = None
    async with Running(emulator, porter, journal):
        await emulator.wait_until(lambda: any(one[0] == "PATCH" for one in emulator.requests))
    assert emulator.posted() == []
    assert await journal.unfinished("discord") == []


async def test_a_note_in_the_journal_that_cannot_be_read_is_put_away(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    journal = FakeJournal()
    await journal.take("discord", [Update("i7", {"request": {"chat": None}})])
    async with Running(emulator, porter, journal):
        pass
    assert await journal.unfinished("discord") == []


class SlowJournal(FakeJournal):
    """A journal whose disk stands still until `open` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
        await self.open.wait()
        return await super().take(platform, updates)


async def test_a_slow_journal_delays_the_answer_and_not_the_acknowledgement(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    journal = SlowJournal()
    async with Running(emulator, porter, journal):
        made = await emulator.slash("brief")
        await emulator.wait_until(lambda: emulator.thinking() == 1)
        assert emulator.acks[made] < 3
        assert porter.requests == []
        journal.open.set()
        await emulator.wait_for_post()


async def test_a_broken_journal_loses_no_command(emulator: DiscordEmulator, porter: Porter) -> None:
    class Broken(FakeJournal):
        async def take(self, platform: str, updates: Sequence[Update]) -> Sequence[Update]:
            raise StoreError("The disk is full.")

    async with Running(emulator, porter, Broken()):
        await emulator.slash("brief")
        await emulator.wait_for_post()
    assert len(emulator.posted()) == 1


async def test_an_answer_in_a_channel_waits_as_long_as_discord_asks(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    async with Running(emulator, porter) as adapter:
        adapter._poster.pace.hold(1.0, NEWS)
        await emulator.say("<@4001> what's new in Iraq?")
        await porter.asked.wait()
        assert emulator.posted() == []
        await emulator.wait_for_post()
    assert len(emulator.posted()) == 1


async def test_an_answer_in_a_channel_whose_outcome_is_unknown_is_repeated_under_its_nonce(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    emulator.fail_next("POST", MESSAGES, Fault.dropped(after_commit=True))
    async with Running(emulator, porter):
        await emulator.say("<@4001> what's new in Iraq?")
        await emulator.wait_until(
            lambda: sum(path.endswith("/messages") for _, path, _ in emulator.requests) == 2
        )
    assert len(emulator.posted()) == 1


# --- limits


async def test_a_429_of_twelve_hours_holds_its_channel_and_no_other(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    emulator.add_channel(OTHER, "other")
    async with Running(emulator, porter) as adapter:
        emulator.fail_next("POST", MESSAGES, Fault.rate_limited(12 * 3600))
        for _ in range(2):
            with pytest.raises(DeliveryError) as caught:
                await adapter.post(NEWS, WORDS, "dateline-1")
            assert caught.value.retry_after == pytest.approx(12 * 3600, abs=5)
        await adapter.post(Chat("discord", str(OTHER), ChatKind.GROUP), WORDS, "dateline-2")
        posts = [path for method, path, _ in emulator.requests if path.endswith("/messages")]
    assert posts == [f"/channels/{CHANNEL}/messages", f"/channels/{OTHER}/messages"]


async def test_a_429_of_the_whole_bot_holds_every_channel(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    emulator.add_channel(OTHER, "other")
    async with Running(emulator, porter) as adapter:
        emulator.fail_next("POST", MESSAGES, Fault.rate_limited(3600, everywhere=True))
        for channel in (CHANNEL, OTHER):
            with pytest.raises(DeliveryError) as caught:
                await adapter.post(
                    Chat("discord", str(channel), ChatKind.GROUP), WORDS, "dateline-1"
                )
            assert caught.value.retry_after == pytest.approx(3600, abs=5)
        await emulator.slash("help")  # interactions are free of it
        await emulator.wait_for_post()


@pytest.mark.parametrize(
    ("code", "status"), [(10003, 404), (50001, 403), (50013, 403), (50083, 400), (160005, 400)]
)
async def test_a_channel_that_takes_nothing_is_unavailable(
    emulator: DiscordEmulator, porter: Porter, code: int, status: int
) -> None:
    async with Running(emulator, porter) as adapter:
        emulator.fail_next("POST", MESSAGES, Fault(status, {"message": "No", "code": code}))
        with pytest.raises(ChatUnavailable):
            await adapter.post(NEWS, WORDS, "dateline-1")


async def test_a_message_that_arrived_and_was_deleted_is_not_a_chat_that_is_gone(
    emulator: DiscordEmulator, porter: Porter
) -> None:
    async with Running(emulator, porter) as adapter:
        first = await adapter.post(NEWS, WORDS, "dateline-1")
        del emulator.state.messages[int(first)]
        assert await adapter.post(NEWS, WORDS, "dateline-1") == ""
    assert emulator.posted() == []
