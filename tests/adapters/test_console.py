"""The chat in the terminal, through prompt_toolkit and rich; a pipe instead of a keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from bot.adapters.console import CHAT, ConsoleAdapter, render, show
from bot.adapters.prompt import completer, prompt_reader
from bot.core.commands import COMMANDS
from bot.core.messages import FILE_BYTES, Action, Attachment, Paragraph, Reply, StoryItem
from tests.adapters.clerk import Clerk
from tests.adapters.replies import BRIEFING, FAMILY

ENTER, CONTROL_C, CONTROL_D = "\r", "\x03", "\x04"


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


@pytest.fixture
def screen() -> StringIO:
    return StringIO()


async def talk(keys: str, keyboard: PipeInput, clerk: Clerk, screen: StringIO) -> None:
    """Type, and stay until the chat ends."""
    adapter = ConsoleAdapter(
        COMMANDS,
        read_line=prompt_reader(COMMANDS, None),
        console=Console(file=screen, highlight=False, width=80),
    )
    keyboard.send_text(keys)
    async with asyncio.timeout(5):
        await adapter.run(clerk.answer)


async def test_a_typed_command_is_answered(
    keyboard: PipeInput, clerk: Clerk, screen: StringIO
) -> None:
    await talk(f"/place Tel Aviv{ENTER}{CONTROL_D}", keyboard, clerk, screen)
    assert (clerk.last.command, clerk.last.arguments) == ("place", "Tel Aviv")
    assert clerk.last.chat == CHAT
    assert clerk.last.local
    assert screen.getvalue() == "/place Tel Aviv\n[1] Longer\n"


@pytest.mark.parametrize(
    ("typed", "command", "arguments"),
    [
        ("brief long", "brief", "long"),
        ("https://example.org/a", "brief", "https://example.org/a"),
        ("hello there", "words", "hello there"),
        ("/nonsense x", "nonsense", "x"),
        ("7", "words", "7"),
    ],
)
async def test_a_line_is_a_request(
    keyboard: PipeInput,
    clerk: Clerk,
    screen: StringIO,
    *,
    typed: str,
    command: str,
    arguments: str,
) -> None:
    await talk(f"{typed}{ENTER}/exit{ENTER}", keyboard, clerk, screen)
    assert (clerk.last.command, clerk.last.arguments) == (command, arguments)


async def test_a_number_presses_the_button(
    keyboard: PipeInput, clerk: Clerk, screen: StringIO
) -> None:
    await talk(f"/brief{ENTER}1{ENTER}{CONTROL_D}", keyboard, clerk, screen)
    assert [request.arguments for request in clerk.requests] == ["", "long"]


@pytest.mark.parametrize("last", [f"exit{ENTER}", f"/quit{ENTER}", CONTROL_C, CONTROL_D])
async def test_a_chat_ends_without_a_word(
    keyboard: PipeInput, clerk: Clerk, screen: StringIO, last: str
) -> None:
    await talk(f"{ENTER}   {ENTER}{last}", keyboard, clerk, screen)
    assert clerk.requests == []
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("/unsub", ["/unsubscribe"]), ("/sub", ["/subscribe", "/subscriptions"]), ("/place M", [])],
)
def test_commands_are_completed(typed: str, offered: list[str]) -> None:
    found = completer(COMMANDS).get_completions(Document(typed), CompleteEvent())
    assert [completion.text for completion in found] == offered


async def test_the_history_is_kept_in_a_file(keyboard: PipeInput, tmp_path: Path) -> None:
    history = tmp_path / "history"
    keyboard.send_text(f"/place Mosul{ENTER}")
    async with asyncio.timeout(5):
        assert await prompt_reader(COMMANDS, history)() == "/place Mosul"
    assert list(FileHistory(str(history)).load_history_strings()) == ["/place Mosul"]


def painted(reply: Reply, *, terminal: bool, width: int = 60) -> str:
    file = StringIO()
    console = Console(
        file=file,
        highlight=False,
        width=width,
        force_terminal=terminal,
        color_system="truecolor" if terminal else None,
        legacy_windows=False,
    )
    for payload in render(reply):
        show(payload, console)
    return file.getvalue()


def test_only_a_terminal_gets_colours() -> None:
    assert "\x1b[" in painted(BRIEFING, terminal=True)
    assert "\x1b" not in painted(BRIEFING, terminal=False)


def test_a_terminal_keeps_wrapped_sentences_inset() -> None:
    reply = Reply((StoryItem("Title", ("word " * 40,)),))
    _, *lines = painted(reply, terminal=True).splitlines()
    assert len(lines) > 3
    assert all(line.startswith("  word") for line in lines)


def test_a_pipe_gets_a_sentence_on_one_line() -> None:
    reply = Reply((StoryItem("Title", ("word " * 40,)),))
    assert len(painted(reply, terminal=False).splitlines()) == 2


def test_a_title_cannot_paint_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\x1b[31m [bold]not rich[/bold] \x9b31m \u202e"
    shown = painted(Reply((StoryItem(hostile, (hostile,)),)), terminal=False)
    assert not set(shown) & set("\x1b\x07\x9b\u202e\0")
    assert "[bold]not rich[/bold]" in shown


def test_arabic_and_joined_emoji_are_left_whole() -> None:
    words = f"مقال {FAMILY} می\u200cخواهم"
    assert words in painted(Reply((Paragraph(words),)), terminal=False)


async def test_a_buttons_label_cannot_paint_the_terminal(
    keyboard: PipeInput, clerk: Clerk, screen: StringIO
) -> None:
    clerk.reply = Reply((Paragraph("x"),), (Action("\x1b[31mred", "help"),))
    await talk(f"/brief{ENTER}{CONTROL_D}", keyboard, clerk, screen)
    assert "\x1b" not in screen.getvalue()
    assert "[1] [31mred" in screen.getvalue()


async def test_a_pipe_is_read_to_its_end(
    clerk: Clerk, screen: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("/brief\n\n/about\n"))
    adapter = ConsoleAdapter(COMMANDS, console=Console(file=screen, highlight=False))
    async with asyncio.timeout(5):
        await adapter.run(clerk.answer)
    assert [request.command for request in clerk.requests] == ["brief", "about"]


async def test_a_path_after_a_command_that_takes_a_file_is_that_file(
    clerk: Clerk, screen: StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "my feeds.opml").write_bytes(b"<opml/>")
    (tmp_path / "feeds.opml").write_bytes(b"<opml/>")
    monkeypatch.chdir(tmp_path)
    lines = "/follow my feeds.opml\nFollow feeds.opml news\n/follow none.opml\n/brief feeds.opml\n"
    strange = f"/follow {'x' * 5000}\n/follow ~nobody/feeds.opml\n"
    monkeypatch.setattr("sys.stdin", StringIO(lines + strange))
    async with asyncio.timeout(5):
        await ConsoleAdapter(COMMANDS, console=Console(file=screen)).run(clerk.answer)
    asked = [(one.arguments, one.file.name if one.file else "") for one in clerk.requests]
    assert asked == [
        ("", "my feeds.opml"),
        ("news", "feeds.opml"),
        ("none.opml", ""),
        ("feeds.opml", ""),
        ("x" * 5000, ""),
        ("~nobody/feeds.opml", ""),
    ]
    assert clerk.requests[0].file == Attachment("my feeds.opml", b"<opml/>")


async def test_a_path_to_a_file_that_is_too_large_is_refused(
    clerk: Clerk, screen: StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "feeds.opml").write_bytes(b"x" * (FILE_BYTES + 1))
    monkeypatch.setattr("sys.stdin", StringIO(f"/follow {tmp_path / 'feeds.opml'}\n"))
    async with asyncio.timeout(5):
        await ConsoleAdapter(COMMANDS, console=Console(file=screen)).run(clerk.answer)
    assert clerk.requests == []
    assert "feeds.opml is larger than 5 MB" in screen.getvalue()


def test_a_file_that_comes_with_an_answer_is_saved_beside_what_is_there(tmp_path: Path) -> None:
    screen = StringIO()
    for content in (b"one", b"two"):
        [payload] = render(Reply((), (), (Attachment("../dateline.opml", content),)))
        show(payload, Console(file=screen, width=300), tmp_path)
    assert (tmp_path / "dateline.opml").read_bytes() == b"one"
    assert (tmp_path / "2-dateline.opml").read_bytes() == b"two"
    assert f"Saved as {tmp_path / '2-dateline.opml'}" in screen.getvalue()


def test_a_file_that_cannot_be_saved_is_said(tmp_path: Path) -> None:
    screen = StringIO()
    [payload] = render(Reply((), (), (Attachment("dateline.opml", b"one"),)))
    show(payload, Console(file=screen, width=300), tmp_path / "nowhere")
    assert "dateline.opml could not be saved" in screen.getvalue()
