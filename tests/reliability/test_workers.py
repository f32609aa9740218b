"""Several processes on one PostgreSQL: each digest once, and the work shared."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.app import work
from bot.core.errors import SettingsError
from bot.core.messages import Chat, ChatKind
from bot.core.schedule import Occurrence, Subscription, Timing
from bot.settings import load
from bot.store.database import DatabaseStore
from tests.emulators.discord import DiscordEmulator
from tests.emulators.telegram import TelegramEmulator
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
    """Neither listens; both are stopped as a supervisor stops them."""
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
