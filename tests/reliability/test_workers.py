"""Several processes on one PostgreSQL: each digest once, and the work shared."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.adapters.telegram.adapter import TelegramAdapter
from bot.app import work
from bot.core.commands import COMMANDS
from bot.core.errors import SettingsError
from bot.core.messages import Chat, ChatKind
from bot.core.pacing import Rate
from bot.core.ports import Adapter, Payload
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.settings import load
from bot.store.database import DatabaseStore
from tests.adapters.clerk import Clerk
from tests.adapters.discord.running import Refusals, Running, standing_by
from tests.adapters.telegram.living import SUPERGROUP
from tests.adapters.telegram.living import running as listening
from tests.emulators.discord import DiscordEmulator
from tests.emulators.discord.limits import Budget
from tests.emulators.discord.limits import Limits as DiscordLimits
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.limits import Limits as TelegramLimits
from tests.emulators.telegram.limits import RateLimiter
from tests.postgresql import postgresql_url
from tests.reliability.process import running, settings_for

__all__ = ["postgresql_url"]

PEOPLE = range(5001, 5121)
CHANNELS = range(2101, 2109)


async def test_a_worker_beside_sqlite_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Several processes need PostgreSQL"):
        await work(load({"DATELINE_DATA_DIR": str(tmp_path), "DATELINE_TELEGRAM_TOKEN": "1:x"}))


async def test_two_workers_post_each_digest_once_between_them(
    telegram: TelegramEmulator, discord: DiscordEmulator, tmp_path: Path, postgresql_url: str
) -> None:
    """Neither listens; both are stopped as a supervisor stops them. Nothing is refused."""
    refused_by_telegram, refused_by_discord = TelegramRefusals(telegram), Refusals(discord)
    settings = settings_for(tmp_path, telegram, discord) | {
        "DATELINE_DATABASE_URL": postgresql_url,
        "DATELINE_WORKERS": "2",
    }
    async with (
        counted(telegram) as (other_way, sent),
        running(settings, listening=2, command="work") as one,
        running(settings | other_way, listening=2, command="work") as other,
    ):
        await many_digests_are_due(postgresql_url, telegram, discord)
        await telegram.wait_for_post(None, count=len(PEOPLE), timeout=60)
        await discord.wait_for_post(None, count=len(CHANNELS), timeout=60)
        assert await one.stop() == 0
        assert await other.stop() == 0
    told = Counter(post.chat for post in telegram.posted(None))
    assert told == dict.fromkeys(PEOPLE, 1)
    assert Counter(post.channel for post in discord.posted(None)) == dict.fromkeys(CHANNELS, 1)
    assert 0 < sent["sendMessage"] < len(PEOPLE)
    assert (refused_by_telegram.count, refused_by_discord.count) == (0, 0)
    assert not telegram.world.updates.polls
    assert not discord.gateway.live


async def many_digests_are_due(
    url: str, telegram: TelegramEmulator, discord: DiscordEmulator
) -> None:
    """Each of many chats has had its digest due for a minute."""
    chats = [Chat("telegram", str(person)) for person in PEOPLE]
    chats += [Chat("discord", str(channel), ChatKind.GROUP) for channel in CHANNELS]
    for person in PEOPLE:
        telegram.add_chat(person)
    for channel in CHANNELS:
        discord.add_channel(channel, f"news-{channel}")
    now = datetime.now(UTC)
    store = await DatabaseStore.open(url)
    for chat in chats:
        due = Occurrence(now.date(), now - timedelta(minutes=1))
        short = Subscription(chat, Timing(time(8), "UTC"), arguments="short")
        await store.subscribe(short, due)
    await store.close()


@asynccontextmanager
async def counted(
    telegram: TelegramEmulator,
) -> AsyncIterator[tuple[dict[str, str], Counter[str]]]:
    """Another way to Telegram, for one worker's requests: by method, how many went this way."""
    sent: Counter[str] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, onward = await asyncio.open_connection("127.0.0.1", telegram.port)
        await asyncio.gather(carry(reader, onward, sent), carry(back, writer, Counter()))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield {"DATELINE_TELEGRAM_API_URL": f"http://127.0.0.1:{port}"}, sent


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Counter[str]
) -> None:
    while words := await reader.read(65536):
        sent["sendMessage"] += words.count(b"/sendMessage HTTP")
        writer.write(words)
    writer.close()


# --- what two processes together may ask for


class TelegramRefusals(RateLimiter):
    """An emulator's limiter that counts its 429s."""

    def __init__(self, emulator: TelegramEmulator) -> None:
        super().__init__(emulator.world.limiter.limits)
        self.count = 0
        emulator.world.limiter = self

    def retry_after(self, chat: int, *, is_group: bool, now: float) -> int:
        wait = super().retry_after(chat, is_group=is_group, now=now)
        self.count += wait > 0
        return wait


async def digest(adapter: Adapter, chat: Chat, payload: Payload, number: int) -> None:
    """Post as the delivery does; a refusal of any kind fails the test."""
    await adapter.wait_turn(chat)
    await adapter.post(chat, payload, f"dateline-{number}")


def on_telegram(telegram: TelegramEmulator) -> TelegramAdapter:
    """One of two processes with the same token."""
    return TelegramAdapter(telegram.token, telegram.root, COMMANDS, workers=2)


async def test_two_processes_together_ask_telegram_for_no_more_than_it_takes(
    telegram: TelegramEmulator,
) -> None:
    for person in PEOPLE[:60]:
        telegram.add_chat(person)
    both = on_telegram(telegram), on_telegram(telegram)
    posts = [
        both[person % 2].post(Chat("telegram", str(person)), {"text": "x"}, "")
        for person in PEOPLE[:60]
    ]
    await asyncio.gather(*posts)  # none of them was refused
    for adapter in both:
        await adapter._close()


async def test_two_processes_together_ask_discord_for_no_more_than_it_takes(
    discord: DiscordEmulator,
) -> None:
    refusals, channels = Refusals(discord), range(7001, 7101)
    async with Running(discord, Clerk(), workers=2) as one, standing_by(discord, 2) as other:
        for channel in channels:
            discord.add_channel(channel, f"news-{channel}")
        discord.advance(1)  # the second of the log-in
        posts = [
            (one, other)[channel % 2].post(
                Chat("discord", str(channel), ChatKind.GROUP), {"content": "x"}, "dateline-1"
            )
            for channel in channels
        ]
        await asyncio.gather(*posts)
    assert refusals.count == 0


async def test_answers_and_digests_in_one_group_from_two_processes_are_not_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limits are Telegram's, in a tenth of its time."""
    monkeypatch.setattr("bot.adapters.telegram.adapter._A_CHAT", Rate(3, 0.3))
    async with TelegramEmulator(limits=TelegramLimits(chat_per_second=10)) as telegram:
        refusals = TelegramRefusals(telegram)
        telegram.add_chat(SUPERGROUP)
        group = Chat("telegram", str(SUPERGROUP), ChatKind.GROUP)
        listens, posts = on_telegram(telegram), on_telegram(telegram)
        async with listening(telegram, Clerk().answer, adapter=listens):
            digests = [digest(posts, group, {"text": "Good morning."}, n) for n in range(6)]
            said = [telegram.say("/brief", chat=SUPERGROUP, user=1001) for _ in range(6)]
            await asyncio.gather(*digests, *said)
            await telegram.wait_for_post(SUPERGROUP, count=12, timeout=20)
        await posts._close()
    assert refusals.count == 0


async def test_answers_and_digests_in_one_channel_from_two_processes_are_not_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limit is Discord's, in a tenth of its time."""
    monkeypatch.setattr("bot.adapters.discord.posting._A_CHANNEL", Rate(5, 0.5))
    limits = DiscordLimits(routes={("POST", "/channels/{channel_id}/messages"): Budget(5, 0.5)})
    channel = Chat("discord", "2001", ChatKind.GROUP)
    async with (
        DiscordEmulator(limits=limits) as discord,
        Running(discord, Clerk(), workers=2),
        standing_by(discord, 2) as posts,
    ):
        refusals = Refusals(discord)
        digests = [digest(posts, channel, {"content": "Good morning."}, n) for n in range(8)]
        said = [discord.say("<@4001> what's new in Iraq?") for _ in range(8)]
        await asyncio.gather(*digests, *said)
        await discord.wait_for_post(2001, count=16, timeout=20)
    assert refusals.count == 0
