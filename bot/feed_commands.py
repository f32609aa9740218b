"""The command line's part about feeds: follow, unfollow, following, feeds, fetch, opml.

Knows no argument parser: `__main__` hands over what was typed and prints what comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from bot import app
from bot.adapters.console import file_in, read_file
from bot.adapters.plain import one_line, plain
from bot.core.archive import FeedState
from bot.core.errors import RequestError
from bot.core.feed_words import last_read, name_of, next_read, trouble
from bot.core.following import Following
from bot.core.messages import Block, Chat, Listing, Notice, Paragraph, Reply, Request
from bot.settings import Settings
from bot.sources.poller import Tally

PIPE_COLUMNS = 160
"""How wide a table is where no terminal says."""


def parse_chat(text: str) -> Chat:
    """Return the chat named by PLATFORM:ID or PLATFORM:ID:THREAD. Raises RequestError."""
    platform, _, rest = text.strip().partition(":")
    number, _, thread = rest.partition(":")
    if not platform.isalpha() or not number:
        raise RequestError(f"“{text[:40]}” is no chat.", "Write for example telegram:-1001234567.")
    return Chat(platform.lower(), number, thread=thread)


async def follow(settings: Settings, chat: Chat, target: str, topic: str) -> Reply:
    """Follow what is at a link, or all that a file lists."""
    path, _ = file_in(target)
    file = await asyncio.to_thread(read_file, path) if path else None
    typed = topic if file else f"{target} {topic}".strip()
    async with app.assembled(settings) as parts:
        request = Request(chat, "follow", typed, local=True, file=file)
        return await Following(parts.archive, parts.finder, parts.clock).follow(request)


async def unfollow(settings: Settings, chat: Chat, what: str) -> Reply:
    """Stop following what a number, address, title or topic names."""
    async with app.assembled(settings) as parts:
        request = Request(chat, "unfollow", what, local=True)
        return await Following(parts.archive, parts.finder, parts.clock).unfollow(request)


async def following(settings: Settings, chat: Chat, what: str) -> Reply:
    """List what a chat follows."""
    async with app.assembled(settings) as parts:
        request = Request(chat, "following", what, local=True)
        return await Following(parts.archive, parts.finder, parts.clock).following(request)


async def feeds(settings: Settings) -> Sequence[FeedState]:
    """Return how the reading of all feeds stands, those that fail first."""
    async with app.assembled(settings) as parts:
        states = await parts.archive.feeds()
    return sorted(states, key=lambda one: (not one.failures, name_of(one.feed).casefold()))


def feeds_table(states: Sequence[FeedState], now: datetime) -> Table:
    """Return the table of `dateline feeds`."""
    table = Table("Feed", "Last read", "Next read", "How it stands", box=None, pad_edge=False)
    for state in states:
        stands = trouble(state, now) or ("well" if state.read_at else "not read yet")
        row = (name_of(state.feed), last_read(state, now), next_read(state, now), stands)
        style = "yellow" if state.failures else ""
        table.add_row(*(Text(one_line(plain(cell))) for cell in row), style=style)
    return table


def print_feeds(states: Sequence[FeedState], now: datetime) -> None:
    """Print the table of all feeds."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    console.print(feeds_table(states, now))


async def fetch(settings: Settings) -> Reply:
    """Read every feed now, with a progress bar on standard error."""
    bar = Progress(
        TextColumn("Reading feeds"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        console=Console(stderr=True, highlight=False),
    )
    failing: list[FeedState] = []
    async with app.assembled(settings) as parts, app.polling(settings, parts.archive) as poller:
        if not await parts.archive.feeds():
            raise RequestError("Nothing is followed yet.", "Type: dateline follow URL")
        with bar:
            task = bar.add_task("", total=None, failed=0)

            def show(done: int, total: int, state: FeedState) -> None:
                failing.extend([state] if state.failures else [])
                bar.update(task, completed=done, total=total, failed=len(failing))

            tally = await poller.read_all(show)
        return fetched(tally, failing, parts.clock.now())


def fetched(tally: Tally, failing: Sequence[FeedState], now: datetime) -> Reply:
    """Say what came of reading every feed: each that failed, and why."""
    said = (
        f"{tally.read:,} feeds read ({tally.unchanged:,} unchanged), {tally.failed:,} failed; "
        f"{tally.entries:,} new entries, {tally.kept:,} articles kept, {tally.put_off:,} put off."
    )
    blocks: list[Block] = [Paragraph(said)]
    if failing:
        blocks.append(Notice("These could not be read:"))
        blocks.append(Listing(tuple((name_of(one.feed), trouble(one, now)) for one in failing)))
    return Reply(tuple(blocks))


async def opml(settings: Settings, chat: Chat) -> bytes:
    """Return what a chat follows as an OPML document. Raises RequestError for nothing."""
    reply = await following(settings, chat, "opml")
    if not reply.attachments:
        raise RequestError("This chat follows nothing of its own yet.", "Type: dateline follow URL")
    return reply.attachments[0].content


def save(path: Path, content: bytes) -> None:
    """Write a new file. Raises RequestError where there is one already, or OSError."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise RequestError(f"{path} is there already.", "Choose another name.") from error
