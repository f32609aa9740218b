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
from sqlalchemy.engine import URL

from bot import app
from bot.adapters.plain import one_line
from bot.core.delivery import GRACE
from bot.core.errors import RequestError, SettingsError, StoreError
from bot.core.ports import OutboxLine, PartState
from bot.ops import backup as copies
from bot.ops import health
from bot.ops.alone import alone
from bot.ops.metrics import exposition
from bot.settings import Settings
from bot.store.database import DatabaseStore

_AGAIN = (
    "It knows nothing of what was sent since the backup was made: digests of the last "
    f"{GRACE.total_seconds() / 3600:.0f} hours may come again."
)
_ALL, _SHOWN = 1_000_000, 100
"""How many messages are looked at, and how many a person is shown."""
PIPE_COLUMNS = 160
"""How wide a table is where no terminal says."""
_STATES = {"unknown": "unknown", "dead": "given up", "pending": "waiting"}


async def outbox(settings: Settings) -> Sequence[OutboxLine]:
    """Return the messages that have not simply arrived. Raises RequestError without a database."""
    _must_exist(settings)
    async with app.opened(settings) as (store, _, _):
        return await store.outbox(_ALL)


async def change_outbox(settings: Settings, action: str, which: Sequence[str]) -> str:
    """Retry or drop messages by number, or all of them; say in words what happened."""
    _must_exist(settings)
    async with app.opened(settings) as (store, _, _):
        lines = await store.outbox(_ALL)
        numbers = _numbers(which, lines)
        if action == "drop":
            return f"{_messages(await store.drop(numbers))} dropped."
        count = await store.retry(numbers, datetime.now(UTC))
    waiting = {line.part.id for line in lines if line.part.state is PartState.PENDING}
    return _retried(count, len(waiting & set(numbers)), len(set(numbers)))


def _retried(count: int, waiting: int, asked: int) -> str:
    """Say what will be sent again, and why the rest will not."""
    said = [f"{_messages(count)} will be sent again."]
    if waiting:
        said.append(f"{_messages(waiting)} will be sent by itself: nothing to do.")
    if (shut := asked - count - waiting) > 0:
        said.append(f"{_messages(shut)} will not: the bot is shut out of the chat.")
    return " ".join(said)


def _must_exist(settings: Settings) -> None:
    """A mistyped folder is no empty outbox."""
    file = settings.database_file
    if file is not None and not file.exists():
        raise RequestError(
            f"There is no database at {file} yet.",
            "Set DATELINE_DATA_DIR or DATELINE_DATABASE_URL as they are for dateline run.",
        )


def _numbers(which: Sequence[str], lines: Sequence[OutboxLine]) -> list[int]:
    known = {str(line.part.id): line.part.id for line in lines}
    if list(which) == ["all"]:
        return sorted(known.values())
    for word in which:
        if word not in known:
            raise RequestError(
                f"There is no message “{word[:20]}” in the outbox.",
                "`dateline outbox` lists them; write their numbers, or all.",
            )
    return [known[word] for word in which]


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
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    if not lines:
        console.print("The outbox is empty: no message waits, is unknown, or was given up.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("No.", "State", "Chat", "Digest of", "Tries", "Why"):
        table.add_column(name, overflow="fold")
    for line in lines[:_SHOWN]:
        part = line.part
        why = Text(one_line(part.reason))
        cells = str(part.id), _STATES.get(part.state.value, part.state.value), str(part.chat)
        table.add_row(*cells, line.day.isoformat(), str(part.attempts), why)
    console.print(table)
    if (more := len(lines) - _SHOWN) > 0:
        console.print(f"{_messages(more)} more: dateline outbox --json lists all.")
    console.print("dateline outbox retry NUMBER... sends again, drop NUMBER... gives up; or all.")


async def backup(settings: Settings, target: str, *, replaces: bool = False) -> str:
    """Copy the database to a file while the bot runs; say in words where it is."""
    path = Path(target)
    database = _file(settings, "backup")
    size = await asyncio.to_thread(copies.backup, database, path, replaces=replaces)
    return f"Backed up to {path} ({size / 1_000_000:.1f} MB). `dateline restore` puts it back."


async def restore(settings: Settings, source: str) -> str:
    """Put a backup in the place of the database; say in words what happened."""
    database = _file(settings, "restore")
    kept = await asyncio.to_thread(_restore, Path(source), database)
    async with app.opened(settings) as (store, _, _):
        count = (await store.tally())["subscriptions"]
    before = f" The database before it is kept as {kept}." if kept else ""
    return f"Restored: {count} subscription(s).{before} {_AGAIN}"


def _restore(source: Path, database: Path) -> Path | None:
    with alone(database):
        return copies.restore(source, database, lambda fresh: asyncio.run(_migrate(fresh, source)))


async def _migrate(fresh: Path, source: Path) -> None:
    """Bring the copy of an older backup up to date, and read from it what a bot reads.

    Raises StoreError, which names the backup, for one of a newer Dateline or of something else.
    """
    url = URL.create("sqlite", database=str(fresh)).render_as_string()
    try:
        store = await DatabaseStore.open(url)
        try:
            await store.tally()
        finally:
            await store.close()
    except StoreError as error:
        raise StoreError(str(error).replace(url, str(source))) from error


async def metrics(settings: Settings) -> str:
    """Return the metrics as they are now. Raises RequestError without a database."""
    _must_exist(settings)
    async with app.opened(settings) as (store, _, _):
        tally = await store.tally()
    return exposition(tally, health.last_tick(settings.data_dir), app.VERSION)


def _file(settings: Settings, what: str) -> Path:
    if settings.database_file is None:
        tool = "pg_dump" if what == "backup" else "pg_restore"
        raise SettingsError(f"The database is PostgreSQL: {what} it with its own {tool}.")
    return settings.database_file
