"""A chat in the terminal: no token, no network. The same answers as on the other platforms."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, assert_never

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.adapters.files import answer_with_file, check_size
from bot.adapters.plain import cleaned, one_line
from bot.core.commands import in_words
from bot.core.errors import RequestError
from bot.core.journal import Journal
from bot.core.messages import (
    Answer,
    Attachment,
    Block,
    Chat,
    CommandSpec,
    Heading,
    Listing,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Reply,
    Request,
    StoryItem,
)
from bot.core.ports import FORGETFUL, Payload

ReadLine: TypeAlias = Callable[[], Awaitable[str | None]]

CHAT = Chat("console", "terminal")
HERE = Path()
INSET = "  "
_STYLES = {
    "heading": "bold magenta",
    "title": "bold cyan",
    "byline": "dim",
    "url": "dim blue",
    "notice": "yellow",
    "hint": "italic yellow",
    "term": "green",
    "button": "bold green",
}


def render(reply: Reply) -> list[dict[str, Any]]:
    """Turn a reply into one message: "lines" of [style, text], "buttons" of [label, data] and
    "files" of [name, base64], the last two where there are any."""
    reply = cleaned(reply)
    lines: list[list[list[str]]] = []
    for block in reply.blocks:
        if seen := [line for line in _lines(block) if any(words.strip() for _, words in line)]:
            lines += [[], *seen] if lines else seen
    message: dict[str, Any] = {"lines": lines}
    if reply.actions:
        message["buttons"] = [[one_line(action.label), action.data] for action in reply.actions]
    if reply.attachments:
        message["files"] = [
            [file.name, base64.b64encode(file.content).decode()] for file in reply.attachments
        ]
    return [message]


def _lines(block: Block) -> list[list[list[str]]]:  # noqa: PLR0911 - one return a block
    match block:
        case Heading(text):
            return [[["heading", text]]]
        case Paragraph(text):
            return [[["", text]]]
        case StoryItem(title, sentences, byline, url, dateline, source):
            quoted = [line for sentence in sentences for line in _inset("", sentence)]
            credit = " · ".join(filter(None, (source, byline)))
            small = [*_inset("byline", credit), *_inset("url", url)]
            head = [[["title", one_line(title)]], *_inset("byline", dateline)]
            return [*head, *quoted, *small]
        case Listing(items):
            return [
                [["term", term], ["", f"  {meaning}" if term else meaning]]
                for term, meaning in items
            ]
        case Quote(text, source):
            return [*_inset("", text), *_inset("byline", source)]
        case Notice(text, hint):
            return [[["notice", f"! {text}" if text else ""]], *_inset("hint", hint)]
        case Picture(_, alt):
            return [[["byline", f"[picture: {alt}]"]]]
        case _:
            assert_never(block)


def _inset(style: str, text: str) -> list[list[list[str]]]:
    return [[[style, INSET + line]] for line in text.split("\n")]


def show(payload: Payload, console: Console, folder: Path = HERE) -> None:
    """Print one message. Only a terminal gets colours and wrapped lines; a pipe gets the text.

    Files that come with it are saved in a folder, and that is said.
    """
    for line in payload["lines"]:
        text = Text()
        for style, words in line:
            text.append(words, _STYLES.get(style, ""))
        if console.is_terminal and text.plain.startswith(INSET):
            console.print(Padding(text[len(INSET) :], (0, 0, 0, len(INSET)), expand=False))
        else:
            console.print(text, soft_wrap=not console.is_terminal)
    for name, content in payload.get("files", []):
        said = _saved(folder, one_line(name), base64.b64decode(content))
        console.print(Text(said, _STYLES["byline"]), soft_wrap=True)


def _saved(folder: Path, name: str, content: bytes) -> str:
    """Save a file under a name that nothing there has, and say where it is."""
    given = Path(name).name
    names = [given, *(f"{number}-{given}" for number in range(2, 1000))]
    try:
        path = next(path for path in (folder / each for each in names) if not path.exists())
        path.write_bytes(content)
    except (OSError, StopIteration) as error:
        return f"{given} could not be saved in {folder.absolute()}: {error}"
    return f"Saved as {path.absolute()}"


class ConsoleAdapter:
    """The Adapter port on a terminal; reads standard input where it is not one."""

    platform = "console"
    idempotent = False

    def __init__(
        self,
        commands: Sequence[CommandSpec],
        history: Path | None = None,
        read_line: ReadLine | None = None,
        console: Console | None = None,
        folder: Path = HERE,
    ) -> None:
        self._commands = commands
        self._names = {spec.name for spec in commands}
        self._taking_files = {spec.name for spec in commands if spec.takes_file}
        self._folder = folder
        self._history = history
        self._read_line = read_line
        self._console = console or Console(highlight=False)
        self._buttons: list[list[str]] = []
        self._posted = 0

    def render(self, reply: Reply) -> Sequence[Payload]:
        """See the Adapter port."""
        return render(reply)

    async def check(self) -> str:
        """The terminal is always there."""
        return "the terminal"

    async def wait_turn(self, chat: Chat) -> None:
        """A terminal takes all there is."""

    def give_turn_back(self, chat: Chat) -> None:
        """See the Adapter port."""

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. A terminal forgets what it showed."""
        return None

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        show(payload, self._console, self._folder)
        self._buttons = payload.get("buttons", [])
        if self._buttons:
            choices = "   ".join(
                f"[{number}] {label}" for number, (label, _) in enumerate(self._buttons, 1)
            )
            self._console.print(Text(choices, _STYLES["button"]))
        self._posted += 1
        return str(self._posted)

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """Answer line by line until the input ends (Ctrl-D) or "exit"."""
        read_line = self._read_line or self._reader()
        while (line := await read_line()) is not None and line.strip() not in {
            "exit",
            "quit",
            "/exit",
            "/quit",
        }:
            if line.strip():
                for payload in self.render(await self._answer(line.strip(), answer)):
                    await self.post(CHAT, payload, "")

    async def stand_by(self) -> None:
        """See the Adapter port."""
        await asyncio.Event().wait()

    async def _answer(self, line: str, answer: Answer) -> Reply:
        """Answer one line; the path of a file after a command that takes one is that file."""
        request = self._request(line)
        if request.command.lower() in self._taking_files:
            path, rest = file_in(request.arguments)
            if path is not None:
                fetch = partial(asyncio.to_thread, read_file, path)
                return await answer_with_file(fetch, answer, replace(request, arguments=rest))
        return await answer(request)

    def _request(self, line: str) -> Request:
        """A number presses a button; a line without a command may be a link or a question."""
        if line.isdecimal() and 1 <= int(line) <= len(self._buttons):
            line = f"/{self._buttons[int(line) - 1][1]}"
        command, _, arguments = line.removeprefix("/").partition(" ")
        if not line.startswith("/") and command.lower() not in self._names:
            command, arguments = in_words(line)
        locale = os.environ.get("LANG", "").partition(".")[0].replace("_", "-")
        return Request(CHAT, command, arguments.strip(), locale=locale, local=True)

    def _reader(self) -> ReadLine:
        if not sys.stdin.isatty():
            return _read_pipe
        from bot.adapters.prompt import prompt_reader  # noqa: PLC0415 - only a terminal needs it

        return prompt_reader(self._commands, self._history)


def file_in(arguments: str) -> tuple[Path | None, str]:
    """Return the file that arguments begin with, if there is one, and what stands after it."""
    first, _, rest = arguments.partition(" ")
    for words, after in ((arguments, ""), (first, rest.strip())):
        try:
            path = Path(words).expanduser()
            if words and path.is_file():
                return path, after
        except (OSError, RuntimeError):  # a name too long to be one, ~nobody
            continue
    return None, arguments


def read_file(path: Path) -> Attachment:
    """Return a file of this machine. Raises RequestError in words."""
    try:
        check_size(path.name, path.stat().st_size)
        return Attachment(path.name, path.read_bytes())
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}.") from error


async def _read_pipe() -> str | None:
    return await asyncio.to_thread(sys.stdin.readline) or None
