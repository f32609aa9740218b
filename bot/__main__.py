"""The `dateline` command line: one-shot commands for people and scripts, and the bot itself.

Standard output is the answer, standard error is for what went wrong. Exit status: 0 answered,
1 refused in words, 2 not understood as typed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

from rapidfuzz import process

from bot import app
from bot.adapters.patient_loop import new_event_loop
from bot.core.briefing import briefing_reply, story_reply
from bot.core.errors import DatelineError, RequestError, SettingsError, SourceError
from bot.core.messages import Chat, Reply
from bot.core.newsroom import Newsroom
from bot.core.places import PlaceAnswer, PlaceReader, place_reply
from bot.ops.logs import Blanker, configure
from bot.settings import Settings, load, unknown_names
from bot.shapes import (
    article_json,
    article_reply,
    briefing_json,
    feed_json,
    mention_json,
    place_json,
    story_json,
)
from bot.sources.fetch import MAX_BYTES
from bot.sources.news import NewsSources
from summaries.article import Length
from summaries.extractive import METHODS

log = logging.getLogger("bot")

REFUSED, MISUNDERSTOOD, INTERRUPTED = 1, 2, 130
"""Exit statuses; the last is what a shell gives a command ended by Ctrl-C."""
_CHAT = Chat("console", "terminal")
_COMMANDS = (
    *("brief", "read", "place", "places", "follow", "unfollow", "following"),
    *("feeds", "fetch", "opml"),
    *("outbox", "backup", "restore"),
    *("chat", "run", "work", "doctor", "health", "metrics", "demo"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status. No traceback ever reaches the terminal."""
    _speak_any_script()
    try:
        status = _command(_parser().parse_args(arguments))
    except SystemExit as leave:  # argparse has said what there is to say; rich found a closed pipe
        status = int(leave.code or 0)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # the reader has gone: nothing is left to say
        status = REFUSED
    return _finish(status)


def _command(options: argparse.Namespace) -> int:
    """Run the command; say in words what went wrong."""
    if options.action is None:
        _parser().print_help(sys.stderr)
        return MISUNDERSTOOD
    blank = Blanker(())
    try:
        settings = load(os.environ)
        blank = Blanker(_secrets(settings))
        options.standard_input = _standard_input(options)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return int(runner.run(options.action(options, settings)))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place where a fault can become words
        _complain(*(blank(line) for line in _in_words(error)))
        return REFUSED


def _in_words(error: Exception) -> Sequence[str]:
    """Say what went wrong, each fault in a line."""
    match error:
        case ExceptionGroup():
            lines = [line for one in error.exceptions for line in _in_words(one)]
            return list(dict.fromkeys(lines))  # two that ended for one reason say it once
        case SettingsError():
            return error.faults
        case RequestError():
            return [f"{error} {error.hint}".strip()]
        case DatelineError():
            return [str(error)]
        case OSError():
            return [f"{error.filename or 'This machine says'}: {error.strerror or error}."]
        case _:
            return [f"This is a fault in Dateline: {_fault(error)}. Please report it."]


def _fault(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({Path(last.filename).name}, line {last.lineno})" for last in frames)
    return f"{type(error).__name__}: {error}{place}"


def _finish(status: int) -> int:
    """Hand out what is still buffered, so that a reader who has gone is noticed here."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:  # a closed pipe, a full disk
        _forget_output()
        if not isinstance(error, BrokenPipeError):
            _complain(f"The answer cannot be written: {error.strerror}.")
        return status or REFUSED
    return status


def _forget_output() -> None:
    """Point standard output to nowhere: else the interpreter complains of the pipe as it ends.

    See the note on SIGPIPE in the library reference of Python's `signal`.
    """
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def entry() -> None:
    """Leave with `main`'s status."""
    sys.exit(main())


def _speak_any_script() -> None:
    """Let no title fail on a terminal of another encoding, nor a file name that is no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _standard_input(options: argparse.Namespace) -> bytes | None:
    """Read what "-" stands for, before the event loop begins: Ctrl-C ends it at once."""
    if getattr(options, "target", "") != "-":
        return None
    return sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin is not None else b""


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return what no log and no complaint may show: the tokens and the database's password."""
    password = urlsplit(settings.database_url).password
    guarded = f":{password}@" if password else ""  # alone, a short one would blank half the log
    return settings.telegram_token, settings.discord_token, guarded


def _complain(*lines: str) -> None:
    for line in lines:
        print(f"dateline: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201 - the command line speaks


class _Parser(argparse.ArgumentParser):
    """Says what was not understood in one line, as every other complaint."""

    def error(self, message: str) -> NoReturn:
        """Leave with status 2."""
        _complain(f"{_plainly(message)} Type: {self.prog} --help")
        self.exit(MISUNDERSTOOD)


class _Help(argparse.HelpFormatter):
    """Leaves room beside the longest command: argparse forgets that commands stand further in."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = max(map(len, _COMMANDS)) + 4


def _plainly(message: str) -> str:
    """Say argparse's complaint as a sentence."""
    if strange := re.fullmatch(r"argument COMMAND: invalid choice: '(.*?)' .*", message):
        near = process.extractOne(strange[1], _COMMANDS, score_cutoff=60)
        return f"There is no command “{strange[1][:40]}”" + (
            f"; did you mean “{near[0]}”?" if near else "."
        )
    for theirs, ours in (
        ("unrecognized arguments: ", "This is not understood: "),
        ("the following arguments are required: ", "This is missing: "),
        ("expected one argument", "it needs a word after it"),
    ):
        message = message.replace(theirs, ours)
    message = re.sub(r"^argument (?:[^:]+: (?=There is)|)", "", message)
    return message if message.endswith(".") else f"{message}."


def _choice(kind: str, names: Sequence[str]) -> Callable[[str], str]:
    """Return argparse's check of a word that must be one of a few."""

    def check(word: str) -> str:
        if word.lower() in names:
            return word.lower()
        raise argparse.ArgumentTypeError(
            f"There is no {kind} “{word[:40]}”: choose {', '.join(names[:-1])} or {names[-1]}."
        )

    return check


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dateline",
        description="A news-briefing bot: the article's own sentences, nothing invented.",
        epilog="dateline COMMAND --help says more about one command.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"dateline {app.VERSION}")
    parser.set_defaults(action=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_brief(commands)
    _add_read(commands)
    _add_places(commands)
    _add_feeds(commands)
    _add_operating(commands)
    for name, action, words in (
        ("chat", _chat, "talk to the bot here, without a token"),
        ("run", _run, "run the bot on every platform whose token is set"),
        ("work", _work, "post digests beside dateline run, on the same PostgreSQL"),
        ("doctor", _doctor, "check the settings and say what to mend"),
        ("health", _health, "tell whether the running bot is well (exit status 0 or 1)"),
        ("metrics", _metrics, "the bot's counts, as Prometheus reads them"),
        ("demo", _demo, "today's briefing from the sample articles, and one place question"),
    ):
        _add(commands, name, words, action)
    return parser


def _add(commands: Any, name: str, words: str, action: Callable[..., Any]) -> _Parser:  # noqa: ANN401 - argparse keeps the type to itself
    description = f"{words[0].upper()}{words[1:]}."
    made = commands.add_parser(name, help=words, description=description, allow_abbrev=False)
    made.set_defaults(action=action)
    return cast("_Parser", made)


def _add_brief(commands: Any) -> None:  # noqa: ANN401
    words = "today's briefing, or a summary of one page or file"
    brief = _add(commands, "brief", words, _brief)
    brief.add_argument(
        "target",
        nargs="?",
        default="",
        metavar="PATH|URL|-",
        help="what to read (- is standard input); without it, today's briefing",
    )
    brief.add_argument(
        "--length",
        type=_choice("length", tuple(Length)),
        default=Length.NORMAL,
        metavar="short|normal|long",
        help="how much to read (normal)",
    )
    brief.add_argument(
        "--method",
        type=_choice("method", METHODS),
        default=METHODS[0],
        metavar="METHOD",
        help=f"how to choose the sentences: {', '.join(METHODS)}",
    )
    _add_json(brief)


def _add_read(commands: Any) -> None:  # noqa: ANN401
    read = _add(commands, "read", "what is kept of a page or file, whole", _read)
    read.add_argument("target", metavar="PATH|URL|-", help="what to read (- is standard input)")
    _add_json(read)


def _add_places(commands: Any) -> None:  # noqa: ANN401
    place = _add(commands, "place", "what the news says about a place", _place)
    place.add_argument(
        "name", nargs="+", metavar="NAME", help="a town, region or country, in any language"
    )
    _add_json(place)
    words = "the places that a text names, and where they stand in it"
    places = _add(commands, "places", words, _places)
    places.add_argument("target", metavar="PATH|URL|-", help="what to read (- is standard input)")
    _add_json(places)


def _add_feeds(commands: Any) -> None:  # noqa: ANN401
    follow = _add(commands, "follow", "follow a feed, a site, or all the feeds of a file", _follow)
    follow.add_argument(
        "target", metavar="URL|FILE.opml", help="a feed, a site, or a list of feeds"
    )
    follow.add_argument("--topic", default="", metavar="TOPIC", help="your own word for it")
    _add_chat(follow)
    unfollow = _add(commands, "unfollow", "stop following a feed, a topic, or all", _unfollow)
    unfollow.add_argument(
        "what",
        nargs="+",
        metavar="NUMBER|URL|TITLE|TOPIC|all",
        help="its number in “following”, its address or title; a topic; or all",
    )
    _add_chat(unfollow)
    following = _add(commands, "following", "what is followed, and what cannot be read", _following)
    following.add_argument("what", nargs="*", metavar="TOPIC", help="only this topic, or: page 2")
    _add_chat(following)
    _add_json(_add(commands, "feeds", "how the reading of every feed stands", _feeds))
    _add(commands, "fetch", "read every feed now", _fetch)
    opml = _add(commands, "opml", "what is followed as a file for any feed reader", _opml)
    opml.add_argument(
        "file", nargs="?", default="", metavar="FILE", help="where to write; without it, here"
    )
    _add_chat(opml)


def _add_operating(commands: Any) -> None:  # noqa: ANN401
    outbox = _add(commands, "outbox", "the messages that did not simply arrive", _outbox)
    outbox.add_argument(
        "what",
        nargs="*",
        metavar="retry|drop NUMBER...|all",
        help="send messages again, or give them up; without it, list them",
    )
    _add_json(outbox)
    backup = _add(commands, "backup", "copy the database to a file while the bot runs", _backup)
    backup.add_argument("file", metavar="FILE", help="where to write it")
    backup.add_argument("--force", action="store_true", help="replace the file if it is there")
    restore = _add(commands, "restore", "put a backup in the place of the database", _restore)
    restore.add_argument("file", metavar="FILE", help="what `dateline backup` wrote")


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--chat",
        default=f"{_CHAT.platform}:{_CHAT.id}",
        metavar="PLATFORM:ID",
        help="whose it is, for example telegram:-1001234567 (the chat in this terminal)",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer in JSON, as the README says")


def _sources(options: argparse.Namespace, settings: Settings) -> NewsSources:
    made = app.sources(settings)
    given: bytes | None = options.standard_input
    return made if given is None else made.with_standard_input(given)


async def _brief(options: argparse.Namespace, settings: Settings) -> int:
    target, length = options.target, Length(options.length)
    if not target:
        async with app.reading(settings) as newsroom:
            briefing = await newsroom.briefing(_CHAT, length, settings.time_zone)
        _answer(
            options,
            lambda: briefing_json(briefing),
            lambda: briefing_reply(briefing, length, app.places()),
        )
        return 0
    newsroom = Newsroom(_sources(options, settings), app.SystemClock(), places=app.places())
    story = await newsroom.story(target, length, local=True, method=options.method)
    _answer(
        options, lambda: story_json(story), lambda: story_reply(story, target, length, app.places())
    )
    return 0


async def _read(options: argparse.Namespace, settings: Settings) -> int:
    sources = _sources(options, settings)
    try:
        article = await sources.read(options.target, local=True)
    finally:
        await sources.close()
    if not article.paragraphs:
        raise SourceError("There is no article in it: only page furniture.")
    _answer(options, lambda: article_json(article), lambda: article_reply(article))
    return 0


async def _place(options: argparse.Namespace, settings: Settings) -> int:
    name = " ".join(options.name).strip()
    if not name:
        raise RequestError("Which place?", "Type for example: dateline place Mosul")
    places = app.places()
    async with app.reading(settings) as newsroom:
        answer = await _ask(PlaceReader(places), newsroom, name)
    _answer(options, lambda: place_json(answer), lambda: place_reply(answer, places))
    if not options.json and answer.lookup.place is None:
        for place in answer.lookup.candidates:
            print(f"  {places.label(place)}")  # noqa: T201
    return 0


async def _ask(reader: PlaceReader, newsroom: Newsroom, name: str) -> PlaceAnswer:
    """Answer what the articles that this terminal follows say of a place."""
    now = app.SystemClock().now()
    asked = await asyncio.to_thread(reader.resolve, name)
    place, question = asked.lookup.place, asked.question
    if asked.lookup.status != "found" or place is None:
        return asked
    found = await newsroom.about(_CHAT, place, question.radius_km, question.since(now))
    return await reader.tell(asked, found, now)


async def _places(options: argparse.Namespace, settings: Settings) -> int:
    text, language = await _sources(options, settings).read_text(options.target)
    found = app.places().find(text, language)
    if options.json:
        _print_json({"text": text, "places": [mention_json(mention) for mention in found]})
        return 0
    for mention in found:
        where = f"{mention.start}-{mention.end}"
        place = f"{mention.place.name}, {mention.place.country}"
        named = " ".join(mention.text.split())
        print(where, named, place, f"{mention.score:.2f}", sep="\t")  # noqa: T201
    return 0


async def _follow(options: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415 - a brief needs no database

    chat = feeds.parse_chat(options.chat)
    _show(await feeds.follow(settings, chat, options.target, options.topic))
    return 0


async def _unfollow(options: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415

    chat = feeds.parse_chat(options.chat)
    _show(await feeds.unfollow(settings, chat, " ".join(options.what)))
    return 0


async def _following(options: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415

    chat = feeds.parse_chat(options.chat)
    _show(await feeds.following(settings, chat, " ".join(options.what)))
    return 0


async def _feeds(options: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415

    states = await feeds.feeds(settings)
    if options.json:
        _print_json({"feeds": [feed_json(state) for state in states]})
    elif not states:
        raise RequestError("Nothing is followed yet.", "Type: dateline follow URL")
    else:
        feeds.print_feeds(states, app.SystemClock().now())
    return 0


async def _fetch(_: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415

    _configure_logs(settings, quiet=True)
    _show(await feeds.fetch(settings))
    return 0


async def _opml(options: argparse.Namespace, settings: Settings) -> int:
    from bot import feed_commands as feeds  # noqa: PLC0415

    content = await feeds.opml(settings, feeds.parse_chat(options.chat))
    if options.file:
        feeds.save(Path(options.file), content)
    else:
        print(content.decode("utf-8"), end="")  # noqa: T201
    return 0


async def _outbox(options: argparse.Namespace, settings: Settings) -> int:
    from bot import ops_commands as ops  # noqa: PLC0415

    if options.what:
        action, *which = options.what
        if action not in {"retry", "drop"} or not which:
            raise RequestError(
                f"“{' '.join(options.what)[:40]}” is not understood.",
                "Type: dateline outbox retry NUMBER, or drop NUMBER, or all for the number.",
            )
        print(await ops.change_outbox(settings, action, which))  # noqa: T201
    elif options.json:
        lines = await ops.outbox(settings)
        _print_json({"outbox": [ops.outbox_json(line) for line in lines]})
    else:
        ops.print_outbox(await ops.outbox(settings))
    return 0


async def _backup(options: argparse.Namespace, settings: Settings) -> int:
    from bot import ops_commands as ops  # noqa: PLC0415

    print(await ops.backup(settings, options.file, replaces=options.force))  # noqa: T201
    return 0


async def _restore(options: argparse.Namespace, settings: Settings) -> int:
    from bot import ops_commands as ops  # noqa: PLC0415

    print(await ops.restore(settings, options.file))  # noqa: T201
    return 0


async def _chat(_: argparse.Namespace, settings: Settings) -> int:
    _configure_logs(settings, quiet=True)
    await app.chat(settings)
    return 0


async def _run(_: argparse.Namespace, settings: Settings) -> int:
    return await _stay(app.run, settings)


async def _work(_: argparse.Namespace, settings: Settings) -> int:
    return await _stay(app.work, settings)


async def _stay(bot: Callable[[Settings], Awaitable[None]], settings: Settings) -> int:
    """Be the bot until it ends; its log says what it does."""
    _configure_logs(settings)
    for warning in unknown_names(os.environ):
        _complain(warning)
    try:
        await bot(settings)
    except Exception as error:
        if not _foreseen(error):
            log.exception("The bot stopped")  # the place of the fault, for whoever mends it
        raise
    return 0


def _foreseen(error: Exception) -> bool:
    """Tell whether an error is said in words of its own, or is a group of such."""
    if isinstance(error, ExceptionGroup):
        return all(_foreseen(one) for one in error.exceptions)
    return isinstance(error, (DatelineError, OSError))


async def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from bot.ops.doctor import Finding, examine  # noqa: PLC0415

    findings = [
        Finding("settings", well=False, words=warning) for warning in unknown_names(os.environ)
    ]
    findings = findings or [Finding("settings", well=True, words="read without a fault")]
    findings += await examine(app.doctor_looks(settings))
    blank = Blanker(_secrets(settings))
    for finding in findings:
        mark = "ok  " if finding.well else "MEND"
        print(f"{mark}  {finding.name}: {' '.join(blank(finding.words).split())}")  # noqa: T201
    return 0 if all(finding.well for finding in findings) else 1


async def _health(_: argparse.Namespace, settings: Settings) -> int:
    from bot.ops.health import is_well  # noqa: PLC0415

    well, words = is_well(settings.data_dir, app.SystemClock().now())
    print(words)  # noqa: T201
    return 0 if well else 1


async def _metrics(_: argparse.Namespace, settings: Settings) -> int:
    from bot import ops_commands as ops  # noqa: PLC0415

    print(await ops.metrics(settings), end="")  # noqa: T201
    return 0


async def _demo(_: argparse.Namespace, settings: Settings) -> int:
    places = app.places()
    newsroom = Newsroom(app.sources(settings), app.SystemClock(), places=places)
    _show_typed("dateline brief")
    _show(
        briefing_reply(
            await newsroom.briefing(_CHAT, Length.NORMAL, settings.time_zone),
            Length.NORMAL,
            places,
        )
    )
    _show_typed("dateline place Mossoul")
    _show(
        place_reply(
            await PlaceReader(places).ask("Mossoul", await newsroom.articles(_CHAT)), places
        )
    )
    print(  # noqa: T201
        "\nWhat to type next:\n"
        "  .venv/bin/dateline chat                 talk to the bot here, with digests\n"
        "  .venv/bin/dateline brief URL --length short\n"
        "  DATELINE_TELEGRAM_TOKEN=... .venv/bin/dateline run      (README: getting tokens)"
    )
    return 0


def _show_typed(command: str) -> None:
    print(f"\n$ {command}\n")  # noqa: T201


def _configure_logs(settings: Settings, *, quiet: bool = False) -> None:
    level = logging.WARNING if quiet else logging.INFO
    configure(settings.log_format, _secrets(settings), level)


def _answer(
    options: argparse.Namespace, value: Callable[[], dict[str, Any]], reply: Callable[[], Reply]
) -> None:
    if options.json:
        _print_json(value())
    else:
        _show(reply())


def _show(reply: Reply) -> None:
    from rich.console import Console  # noqa: PLC0415

    from bot.adapters.console import render, show  # noqa: PLC0415

    console = Console(highlight=False)
    for payload in render(reply):
        show(payload, console)


def _print_json(value: dict[str, Any]) -> None:
    utf8 = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not utf8, indent=2))  # noqa: T201


if __name__ == "__main__":
    entry()
