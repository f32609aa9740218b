"""The `dateline` command line: one-shot commands for people and scripts, and the bot itself.

Standard output is the answer, standard error is for what went wrong. Exit status: 0 answered,
1 refused in words, 2 not understood as typed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bot import app
from bot.core.briefing import briefing_reply, story_reply
from bot.core.errors import DatelineError, RequestError, SettingsError
from bot.core.messages import Chat, Reply
from bot.core.news import Briefing, Story
from bot.core.newsroom import Newsroom
from bot.core.places import PlaceAnswer, PlaceReader, place_reply
from bot.settings import Settings, load, unknown_names
from summaries.article import Article, Length
from summaries.extractive import METHODS
from summaries.places.place import Mention, Place

_CHAT = Chat("console", "terminal")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status. No traceback ever reaches the terminal."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(os.environ)
        return asyncio.run(options.action(options, settings)) or 0
    except SettingsError as error:
        for fault in error.faults:
            _complain(fault)
    except RequestError as error:
        _complain(f"{error} {error.hint}".strip())
    except DatelineError as error:
        _complain(str(error))
    except BrokenPipeError:  # the reader of a pipe has gone: nothing is left to say
        sys.stdout = None  # else the interpreter complains at exit
    except KeyboardInterrupt:
        return 130
    return 1


def entry() -> None:
    """Leave with `main`'s status."""
    sys.exit(main())


def _complain(text: str) -> None:
    print(f"dateline: {text}", file=sys.stderr)  # noqa: T201 - this is the command line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dateline",
        description="A news-briefing bot: the article's own sentences, nothing invented.",
    )
    parser.add_argument("--version", action="version", version=f"dateline {app.VERSION}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_brief(commands)
    _add_places(commands)
    for name, action, words in (
        ("chat", _chat, "talk to the bot here, without a token"),
        ("run", _run, "run the bot on every platform whose token is set"),
        ("doctor", _doctor, "check the settings and say what to mend"),
        ("health", _health, "tell whether the running bot is well (exit status 0 or 1)"),
        ("demo", _demo, "today's briefing from the sample articles, and one place question"),
    ):
        commands.add_parser(name, help=words, description=words).set_defaults(action=action)
    return parser


def _add_brief(commands: Any) -> None:  # noqa: ANN401 - argparse keeps the type to itself
    brief = commands.add_parser("brief", help="today's briefing, or a summary of one page or file")
    brief.add_argument(
        "target",
        nargs="?",
        default="",
        metavar="PATH|URL|-",
        help="what to read; nothing: today's briefing",
    )
    brief.add_argument(
        "--length",
        choices=tuple(Length),
        type=Length,
        default=Length.NORMAL,
        metavar="short|normal|long",
    )
    brief.add_argument(
        "--method", choices=METHODS, default=METHODS[0], help=f"how to choose: {', '.join(METHODS)}"
    )
    brief.add_argument("--json", action="store_true", help="answer in JSON, as the README says")
    brief.set_defaults(action=_brief)


def _add_places(commands: Any) -> None:  # noqa: ANN401
    place = commands.add_parser("place", help="what the news says about a place")
    place.add_argument(
        "name", nargs="+", metavar="NAME", help="a town, region or country, in any language"
    )
    place.add_argument("--json", action="store_true", help="answer in JSON, as the README says")
    place.set_defaults(action=_place)
    places = commands.add_parser("places", help="the places that a text names, with their offsets")
    places.add_argument("target", metavar="PATH|URL|-", help="what to read")
    places.add_argument("--json", action="store_true", help="answer in JSON, as the README says")
    places.set_defaults(action=_places)


async def _brief(options: argparse.Namespace, settings: Settings) -> int:
    newsroom = Newsroom(app.sources(settings), app.SystemClock())
    if not options.target:
        briefing = await newsroom.briefing(_CHAT, options.length)
        _answer(
            options,
            lambda: briefing_json(briefing),
            lambda: briefing_reply(briefing, options.length),
        )
        return 0
    story = await newsroom.story(options.target, options.length, local=True, method=options.method)
    _answer(
        options,
        lambda: story_json(story),
        lambda: story_reply(story, options.target, options.length),
    )
    return 0


async def _place(options: argparse.Namespace, settings: Settings) -> int:
    places = app.places()
    reading = await app.sources(settings).articles(_CHAT)
    answer = await PlaceReader(places).ask(" ".join(options.name), reading)
    _answer(options, lambda: place_json(answer), lambda: place_reply(answer, places))
    return 0


async def _places(options: argparse.Namespace, settings: Settings) -> int:
    text, language = await app.sources(settings).read_text(options.target)
    found = app.places().find(text, language)
    if options.json:
        _print_json({"text": text, "places": [mention_json(mention) for mention in found]})
        return 0
    for mention in found:
        where = f"{mention.start}-{mention.end}"
        place = f"{mention.place.name}, {mention.place.country}"
        print(where, mention.text, place, f"{mention.score:.2f}", sep="\t")  # noqa: T201
    return 0


async def _chat(_: argparse.Namespace, settings: Settings) -> int:
    _configure_logs(settings, quiet=True)
    await app.chat(settings)
    return 0


async def _run(_: argparse.Namespace, settings: Settings) -> int:
    _configure_logs(settings)
    for warning in unknown_names(os.environ):
        _complain(warning)
    await app.run(settings)
    return 0


async def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from bot.ops.doctor import Finding, examine  # noqa: PLC0415

    findings = [
        Finding("settings", well=False, words=warning) for warning in unknown_names(os.environ)
    ]
    findings = findings or [Finding("settings", well=True, words="read without a fault")]
    findings += await examine(app.doctor_looks(settings))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'MEND'}  {finding.name}: {finding.words}")  # noqa: T201
    return 0 if all(finding.well for finding in findings) else 1


async def _health(_: argparse.Namespace, settings: Settings) -> int:
    from bot.ops.health import is_well  # noqa: PLC0415

    well, words = is_well(settings.data_dir, app.SystemClock().now())
    print(words)  # noqa: T201
    return 0 if well else 1


async def _demo(_: argparse.Namespace, settings: Settings) -> int:
    places, newsroom = app.places(), Newsroom(app.sources(settings), app.SystemClock())
    _show_typed("dateline brief")
    _show(briefing_reply(await newsroom.briefing(_CHAT, Length.NORMAL), Length.NORMAL))
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
    import logging  # noqa: PLC0415

    from bot.ops.logs import configure  # noqa: PLC0415

    configure(
        settings.log_format,
        (settings.telegram_token, settings.discord_token),
        logging.WARNING if quiet else logging.INFO,
    )


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
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201


def story_json(story: Story) -> dict[str, Any]:
    """Return the documented JSON of one article's brief."""
    article = story.article
    return {
        "title": article.title,
        "language": article.language,
        "paragraphs": len(article.paragraphs),
        "furniture": list(article.furniture),
        "sentences": [
            {"text": sentence.text, "paragraph": sentence.paragraph, "sentence": sentence.index}
            for sentence in story.summary.sentences
        ],
    }


def briefing_json(briefing: Briefing) -> dict[str, Any]:
    """Return the documented JSON of a briefing."""
    return {
        "date": briefing.day.isoformat(),
        "stories": [_meta(story.article) | story_json(story) for story in briefing.stories],
        "failures": list(briefing.failures),
    }


def place_json(answer: PlaceAnswer) -> dict[str, Any]:
    """Return the documented JSON of a place question."""
    lookup = answer.lookup
    return {
        "query": answer.query,
        "status": lookup.status,
        "place": _place_json(lookup.place) if lookup.place else None,
        "candidates": [_place_json(place) for place in lookup.candidates],
        "articles": [
            _meta(told.article) | {"sentences": [sentence.text for sentence in told.sentences]}
            for told in answer.articles
        ],
    }


def mention_json(mention: Mention) -> dict[str, Any]:
    """Return the documented JSON of one toponym in a text."""
    where = {"text": mention.text, "start": mention.start, "end": mention.end}
    return where | _place_json(mention.place) | {"score": round(mention.score, 3)}


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "country": place.country,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _meta(article: Article) -> dict[str, Any]:
    published = article.published.isoformat() if article.published else None
    return {"title": article.title, "source": article.source, "published": published}


if __name__ == "__main__":
    entry()
