"""The first minute, the help and the credits: what the bot says of itself. Pure; asks nothing."""

from __future__ import annotations

from typing import Final

from bot.core.command_table import COMMANDS, GROUPS, find_command
from bot.core.messages import (
    Action,
    Block,
    CommandSpec,
    Heading,
    Listing,
    Paragraph,
    Reply,
)
from bot.core.words import N_, _

ASK_ZONE: Final = "?"
"""Stands in the place of a time zone: it is to be asked for where it is not known."""
EXAMPLES: Final = (N_("Iraq"), N_("Paris"), N_("Mosul"))
"""Places that a newcomer may ask about; the gazetteer knows their names in every language."""


def first_minute() -> Reply:
    """Greet a chat that has nothing yet: three buttons, and no manual; every app shows our name."""
    blocks = (
        Paragraph(_("I read the news and send you its own sentences. I invent nothing.")),
        Paragraph(_("What would you like first? You can change everything later: /settings")),
    )
    actions = (
        Action(_("Today's briefing"), "brief"),
        Action(_("A digest at 08:00 here"), "subscribe", f"08:00 {ASK_ZONE}"),
        Action(_("Ask about a place"), "place"),
    )
    return Reply(blocks, actions)


def known_already() -> Reply:
    """Greet a chat that uses the bot."""
    actions = (
        Action(_("Today's briefing"), "brief"),
        Action(_("Digests"), "subscriptions"),
        Action(_("Settings"), "settings"),
        Action(_("Help"), "help"),
    )
    return Reply((Paragraph(_("Hello again. What would you like?")),), actions)


def ask_a_place() -> Reply:
    """Say how to ask about a place, with examples to press."""
    actions = tuple(Action(_(name), "place", _(name)) for name in EXAMPLES)
    how = _("Type /place Mosul, or ask in your own words: What is new in Iraq?")
    return Reply((Paragraph(_("Which place?")), Paragraph(how)), actions)


def help_reply(asked: str) -> Reply:
    """List the commands in groups, a line each; or explain the one that is asked for.

    Raises RequestError for a command that there is not.
    """
    name = asked.strip().removeprefix("/").partition(" ")[0]
    return _explained(find_command(name)) if name else _overview()


def _overview() -> Reply:
    blocks: list[Block] = []
    for group, heading in GROUPS.items():
        specs = [spec for spec in COMMANDS if spec.group == group]
        lines = tuple((f"/{spec.name}", _(spec.description)) for spec in specs)
        blocks += [Heading(_(heading)), Listing(lines)]
    more = (
        Paragraph(_("More about one of them, with examples: /help place")),
        Paragraph(_("Or just send a link, a topic, or a question about a place.")),
    )
    return Reply((*blocks, *more))


def _explained(spec: CommandSpec) -> Reply:
    blocks: list[Block] = [
        Heading(f"/{spec.name} {spec.usage}".strip()),
        Paragraph(_(spec.description)),
    ]
    if spec.arguments:
        blocks.append(Listing(tuple((one.name, _(one.description)) for one in spec.arguments)))
    if spec.examples:
        blocks.append(Paragraph(_("For example:")))
        blocks.append(Paragraph("\n".join(spec.examples)))
    if spec.manages:
        blocks.append(Paragraph(_("In a group, only those who manage it may use this command.")))
    return Reply(tuple(blocks))


def about_reply(version: str) -> Reply:
    """Say what this is, and whose data it shows."""
    what = _(
        "Dateline reads the news and quotes it: every sentence that it shows is the article's own. "
        "It runs on its operator's machine, without any cloud service."
    )
    credits_ = _(
        "Place names: GeoNames (geonames.org), CC BY 4.0, and Unicode CLDR. Maps: Natural Earth. "
        "Free software, Apache License 2.0."
    )
    return Reply((Heading(f"Dateline {version}"), Paragraph(what), Paragraph(credits_)))
