"""The line editor of the terminal chat: history and completion. Knows no reply.

A module of its own because prompt_toolkit takes a fifth of a second to load, which one-shot
commands need not pay.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.core.messages import CommandSpec


def completer(commands: Sequence[CommandSpec]) -> WordCompleter:
    """Return what completes a command's name while it is typed."""
    return WordCompleter([f"/{spec.name}" for spec in commands], sentence=True)


def prompt_reader(
    commands: Sequence[CommandSpec], history: Path | None
) -> Callable[[], Awaitable[str | None]]:
    """Return a line editor with completion of commands and a history kept in a file.

    A line is None after Ctrl-D or Ctrl-C.
    """
    session: PromptSession[str] = PromptSession(
        "dateline> ",
        completer=completer(commands),
        history=FileHistory(str(history)) if history else None,
        complete_while_typing=True,
    )

    async def read() -> str | None:
        try:
            with patch_stdout(raw=True):
                return await session.prompt_async()
        except (EOFError, KeyboardInterrupt):
            return None

    return read
