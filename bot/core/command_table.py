"""The one command table. Every platform's menu, slash command and help line comes from it.

Knows what the commands are called and what may follow them, and nothing of what they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from rapidfuzz import process

from bot.core.errors import RequestError
from bot.core.messages import Argument, ChatKind, CommandSpec, Request
from bot.core.words import LANGUAGES, N_, _, localised, spoken
from summaries.article import Length

GROUPS: Final[Mapping[str, str]] = {
    "reading": N_("Read the news"),
    "places": N_("Places"),
    "following": N_("What you follow"),
    "digests": N_("Digests"),
    "about": N_("The bot"),
}
"""The parts of the help, in order: their English headings."""

# The words are what `Length` and the days of a digest are called; tests hold them together.
LENGTHS: Final = (N_("short"), N_("normal"), N_("long"))
_DAYS: Final = (N_("daily"), N_("weekdays"), N_("weekends"))
_SETTINGS: Final = (
    N_("language"),
    N_("zone"),
    N_("length"),
    N_("digests"),
    N_("quiet"),
    N_("twice"),
)
_LENGTH: Final = Argument("length", N_("How much to read"), choices=tuple(Length))

COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec("start", N_("What this bot does, and where to begin")),
    CommandSpec(
        "help",
        N_("What you can ask; or how one command is used"),
        "[command]",
        (Argument("command", N_("A command to explain, for example place")),),
        ("/help", "/help place"),
    ),
    CommandSpec(
        "brief",
        N_("Today's briefing, or a summary of one page"),
        "[link|topic] [short|normal|long] [more]",
        (
            Argument("link", N_("A page to read, or a topic; leave it empty for everything")),
            _LENGTH,
        ),
        ("/brief", "/brief more", "/brief https://example.org/news long"),
        slow=True,
        group="reading",
    ),
    CommandSpec(
        "why",
        N_("Why today's briefing tells these stories"),
        "[topic] [short|normal|long]",
        (Argument("topic", N_("Your own word for some feeds; leave it empty for all")), _LENGTH),
        ("/why", "/why sport"),
        slow=True,
        group="reading",
    ),
    CommandSpec(
        "place",
        N_("What the news says about a place"),
        "NAME",
        (
            Argument(
                "name",
                N_("A town, region or country, in any language"),
                required=True,
                suggests="place",
            ),
        ),
        ("/place Mosul", "/place near Mosul 100 km", "/place Iraq this week"),
        slow=True,
        group="places",
    ),
    CommandSpec(
        "map",
        N_("A map of where today's briefing happens, or of a place"),
        "[NAME] [night]",
        (Argument("name", N_("A place; leave it empty for today's briefing"), suggests="place"),),
        ("/map", "/map Iraq", "/map Iraq night"),
        slow=True,
        group="places",
    ),
    CommandSpec(
        "follow",
        N_("Follow a feed or a site, or all the feeds of a file"),
        "LINK [topic], or with a file",
        (
            Argument("link", N_("A feed or a site; leave it empty to see how")),
            Argument("topic", N_("Your own word for it, for example sport")),
            Argument("file", N_("A list of feeds (OPML) from another reader"), is_file=True),
        ),
        ("/follow https://example.org", "/follow https://example.org/sport.xml sport"),
        manages=True,
        slow=True,
        group="following",
    ),
    CommandSpec(
        "following",
        N_("What this chat follows, and what cannot be read"),
        "[topic|opml]",
        (Argument("what", N_("A topic; opml gives all of it as a file")),),
        ("/following", "/following sport", "/following opml"),
        group="following",
    ),
    CommandSpec(
        "unfollow",
        N_("Stop following a feed, a topic, or all"),
        "NUMBER|LINK|TITLE|topic|all",
        (
            Argument(
                "feed",
                N_("Its number in /following, address or title; a topic; or all"),
                required=True,
                suggests="feed",
            ),
        ),
        ("/unfollow 3", "/unfollow sport"),
        manages=True,
        group="following",
    ),
    CommandSpec(
        "filter",
        N_("Only articles that have your words, or none that has"),
        "[topic:] only|without WORDS|off",
        (Argument("words", N_("For example: only climate, energy; without football; off")),),
        ("/filter only climate, energy", "/filter without football"),
        manages=True,
        group="following",
    ),
    CommandSpec(
        "mute",
        N_("Nothing more from a source"),
        "[SOURCE]",
        (Argument("source", N_("Its name as a briefing shows it, or its host")),),
        ("/mute example.org",),
        manages=True,
        group="following",
    ),
    CommandSpec(
        "unmute",
        N_("Hear from a muted source again"),
        "[SOURCE|all]",
        (Argument("source", N_("Its name; leave it empty to see which are muted")),),
        manages=True,
        group="following",
    ),
    CommandSpec(
        "subscribe",
        N_("A digest here, every day at your hour"),
        "HH:MM [time zone] [weekdays] [place NAME|topic NAME]",
        (
            Argument("time", N_("Local time of day, for example 08:00"), required=True),
            Argument("zone", N_("Time zone, for example Europe/Paris")),
            Argument("days", N_("Which days"), choices=_DAYS),
            Argument("about", N_("Only a place or a topic, for example place Mosul")),
        ),
        (
            "/subscribe 08:00 Europe/Paris",
            "/subscribe 7:30 18:00 weekdays",
            "/subscribe 08:00 place Mosul",
        ),
        manages=True,
        group="digests",
    ),
    CommandSpec(
        "unsubscribe",
        N_("Stop a digest, or all of them"),
        "[number|hour|all]",
        (Argument("number", N_("Its number in /subscriptions, its hour, or all")),),
        ("/unsubscribe 2", "/unsubscribe 08:00", "/unsubscribe all"),
        manages=True,
        group="digests",
    ),
    CommandSpec("subscriptions", N_("The digests of this chat"), group="digests"),
    CommandSpec(
        "quiet",
        N_("Hours in which no digest comes here"),
        "HH:MM HH:MM|off",
        (Argument("hours", N_("From when to when, for example 22:00 07:00; or off")),),
        ("/quiet 22:00 07:00", "/quiet off"),
        manages=True,
        group="digests",
    ),
    CommandSpec(
        "settings",
        N_("Language, time zone, length, hours: what this chat chose"),
        "[language|zone|length|digests|quiet|twice] [choice]",
        (
            Argument("what", N_("What to change"), choices=_SETTINGS),
            Argument("choice", N_("Your choice, for example fr, Europe/Paris, short")),
        ),
        ("/settings", "/settings language fr", "/settings zone Paris", "/settings length short"),
        manages=True,
    ),
    CommandSpec("status", N_("How the bot is doing")),
    CommandSpec("about", N_("Who made this, and whose data it uses")),
)


@cache
def _names() -> Mapping[str, CommandSpec]:
    """Return the commands by what they are called in any language; English goes first.

    Every language counts, whichever is spoken: an adapter asks who may manage a chat before the
    desk knows what the chat speaks, and both must mean the same command.
    """
    names = {spec.name: spec for spec in COMMANDS}
    for language in LANGUAGES:
        for spec in COMMANDS:
            names.setdefault(localised("command", spec.name, language).lower(), spec)
    return names


def english_name(name: str) -> str:
    """Return the table's own name of a command as somebody typed it, or what they typed."""
    spec = _names().get(name.lower())
    return spec.name if spec else name


def find_command(name: str) -> CommandSpec:
    """Return the row of a command, by its name in any language.

    Raises RequestError with the nearest name.
    """
    known, asked = _names(), name.lower()
    if spec := known.get(asked):
        return spec
    theirs = [localised("command", spec.name, spoken()) for spec in COMMANDS]
    names = [*(spec.name for spec in COMMANDS), *theirs]
    near = process.extractOne(asked[:60], names, score_cutoff=75)
    hint = (
        _("Did you mean /{name}? /help lists them all.").format(name=near[0])
        if near
        else _("Type /help to see what there is.")
    )
    raise RequestError(_("There is no command /{name}.").format(name=name[:40]), hint)


def check_permission(spec: CommandSpec, request: Request) -> None:
    """Let only those who manage a group or channel change it. Raises RequestError."""
    if spec.manages and request.chat.kind is not ChatKind.PRIVATE and not request.may_manage:
        raise RequestError(
            _("Only those who manage this chat may use /{name}.").format(name=spec.name),
            _("Ask one of them, or talk to me in private for a digest of your own."),
        )
