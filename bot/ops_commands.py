"""The command line's part about operating: outbox, backup, restore.

Knows no argument parser: `__main__` hands over what was typed and prints what comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.engine import make_url

from bot import app
from bot.adapters.plain import one_line
from bot.core.errors import RequestError, SettingsError
from bot.core.messages import Chat
from bot.core.ports import OutboxLine
from bot.ops import backup as copies
from bot.ops import health
from bot.settings import Settings

_STATES = {"unknown": "unknown", "dead": "given up", "pending": "waiting"}


async def outbox(settings: Settings, limit: int = 100) -> Sequence[OutboxLine]:
    """Return the messages that have not simply arrived."""
    async with app.opened(settings) as (store, _, _):
        return await store.outbox(limit)


async def change_outbox(settings: Settings, action: str, which: Sequence[str]) -> str:
    """Retry or drop messages by number, or all of them; say in words what happened."""
    async with app.opened(settings) as (store, _, _):
        lines = await store.outbox(limit=100_000)
        numbers = _numbers(which, lines)
        if action == "retry":
            count = await store.retry(numbers, datetime.now(UTC))
            return f"{_messages(count)} will be sent again."
        return f"{_messages(await store.drop(numbers))} dropped."


def _numbers(which: Sequence[str], lines: Sequence[OutboxLine]) -> list[int]:
    known = {line.part.id for line in lines}
    if list(which) == ["all"]:
        return sorted(known)
    for word in which:
        if not word.isdecimal() or int(word) not in known:
            raise RequestError(
                f"There is no message “{word[:20]}” in the outbox.",
                "`dateline outbox` lists them; write their numbers, or all.",
            )
    return [int(word) for word in which]


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def outbox_json(line: OutboxLine) -> dict[str, object]:
    """Return a line of the outbox as `dateline outbox --json` prints it."""
    part = line.part
    return {
        "number": part.id,
        "state": part.state.value,
        "platform": part.chat.platform,
        "chat": part.chat.id,
        "thread": part.chat.thread,
        "day": line.day.isoformat(),
        "attempts": part.attempts,
        "reason": part.reason,
    }


def print_outbox(lines: Sequence[OutboxLine]) -> None:
    """Print the outbox as a table."""
    console = Console(highlight=False)
    if not lines:
        console.print("The outbox is empty: every message arrived.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("No.", "State", "Chat", "Digest of", "Tries", "Why"):
        table.add_column(name, overflow="fold")
    for line in lines:
        part = line.part
        why = Text(one_line(part.reason))
        cells = str(part.id), _STATES.get(part.state.value, part.state.value), _chat(part.chat)
        table.add_row(*cells, line.day.isoformat(), str(part.attempts), why)
    console.print(table)
    console.print("dateline outbox retry NUMBER... sends again, drop NUMBER... gives up; or all.")


def _chat(chat: Chat) -> str:
    return ":".join(part for part in (chat.platform, chat.id, chat.thread) if part)


async def backup(settings: Settings, target: str, *, replaces: bool = False) -> str:
    """Copy the database to a file while the bot runs; say in words where it is."""
    path = Path(target)
    database = _file(settings, "backup")
    size = await asyncio.to_thread(copies.backup, database, path, replaces=replaces)
    return f"Backed up to {path} ({size / 1_000_000:.1f} MB). `dateline restore` puts it back."


async def restore(settings: Settings, source: str) -> str:
    """Put a backup in the place of the database; say in words what happened."""
    well, _ = health.is_well(settings.data_dir, datetime.now(UTC))
    if well:
        raise RequestError("Dateline is running.", "Stop it first, then restore.")
    database = _file(settings, "restore")
    kept = await asyncio.to_thread(copies.restore, Path(source), database)
    async with app.opened(settings) as (store, _, _):  # an older backup is migrated here
        count = (await store.tally())["subscriptions"]
    before = f" The database before it is kept as {kept}." if kept else ""
    return f"Restored: {count} subscription(s).{before}"


def _file(settings: Settings, what: str) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        tool = "pg_dump" if what == "backup" else "pg_restore"
        raise SettingsError(f"The database is PostgreSQL: {what} it with its own {tool}.")
    return Path(url.database)
