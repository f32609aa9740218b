"""/settings: what a chat chose, a page with buttons for each choice. Knows no platform, no SQL.

Every page takes the place of the one before; whatever a button does can be typed as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import time
from typing import Final

from babel import Locale

from bot.core import words
from bot.core.chats import ChatSettings
from bot.core.digests import Digests, is_plain, parse_quiet, quiet_words
from bot.core.errors import RequestError
from bot.core.messages import Action, Heading, Listing, Paragraph, Reply, Request
from bot.core.ports import Clock, Places, Store
from bot.core.schedule import Quiet, Timing, near_zones, parse_hour, parse_zone, zone_hint
from bot.core.words import LANGUAGES, N_, _, ngettext
from bot.core.zones import city, guessed, of_place, zone_actions
from summaries.article import Length

NAME: Final = "settings"
AUTO: Final = "auto"
"""Leaves a choice to the bot."""
HOURS: Final = tuple(map(time, (6, 7, 8, 12, 18, 20)))
"""Hours of the day that are offered for a digest."""
_QUIETS: Final = ("21:00 08:00", "22:00 07:00", "23:00 06:00")
_TWICE: Final = {
    "off": N_("not sent again"),
    "on": N_("sent again"),
}
_NO: Final = frozenset({"off", "no", "none"})
_YES: Final = frozenset({"on", "yes"})


class SettingsPage:
    """Answers /settings."""

    def __init__(self, store: Store, digests: Digests, places: Places, clock: Clock) -> None:
        self._store = store
        self._digests = digests
        self._places = places
        self._clock = clock
        self._pages: Mapping[str, Callable[[Request, str], Awaitable[Reply]]] = {
            "language": self._language,
            "zone": self._zone,
            "length": self._length,
            "digests": self._digest_hours,
            "quiet": self._quiet,
            "twice": self._twice,
            "move": self._move,
        }

    async def answer(self, request: Request) -> Reply:
        """Show the choices, one of them, or make it. Raises RequestError."""
        what, _space, choice = " ".join(request.arguments.split()).partition(" ")
        if not what:
            return await self._overview(request)
        page = self._pages.get(what.lower())
        if page is None:
            raise RequestError(
                _("There is no setting “{name}”.").format(name=what[:40]),
                _("Type /settings to see them all."),
            )
        return replace(await page(request, choice), in_place=True)

    async def _overview(self, request: Request, said: str = "") -> Reply:
        """List the choices under what was just chosen."""
        settings = await self._store.settings(request.chat)
        kept = await self._store.subscriptions(request.chat)
        hours = [words.hour(one.timing.at) for one, _due in kept]
        rows = {
            "language": (_("Language"), language_words(settings.language)),
            "zone": (_("Time zone"), settings.zone or await self._digests.zone(request.chat)),
            "length": (_("Length"), _(settings.length)),
            "digests": (_("Digests"), words.listed(hours) if hours else _("none")),
            "quiet": (_("Quiet hours"), _quiet_label(settings.quiet)),
            "twice": (_("Uncertain messages"), _(_TWICE[_on_or_off(settings)])),
        }
        told = (Paragraph(said),) if said else ()
        listing = Listing(tuple(rows.values()))
        actions = tuple(Action(label, NAME, key) for key, (label, _now) in rows.items())
        blocks = (Heading(_("Settings of this chat")), *told, listing)
        return Reply(blocks, actions, in_place=True)

    async def _language(self, request: Request, choice: str) -> Reply:
        settings = await self._store.settings(request.chat)
        if not choice:
            said = _("Which language shall I speak here? Automatic is that of each reader's app.")
            labels = {
                AUTO: _("Automatic"),
                **dict(zip(LANGUAGES, _names(), strict=True)),
            }
            return _page(_("Language"), said, "language", labels, settings.language or AUTO)
        language = "" if choice.lower() == AUTO else parse_language(choice)
        await self._store.set_settings(request.chat, replace(settings, language=language))
        with words.speaking(words.best(language or request.locale)):
            said = _("I speak {language} here now.").format(language=language_words(language))
            if not language:
                said = _("I speak the language of each reader's app now.")
            return await self._overview(request, said)

    async def _zone(self, request: Request, choice: str) -> Reply:
        settings = await self._store.settings(request.chat)
        if not choice:
            now = settings.zone or _("not chosen")
            said = _("The time zone of this chat: {zone}").format(zone=now)
            return self._zones(said, guessed(request.locale or settings.language))
        zone = await self._named_zone(choice)
        if isinstance(zone, Reply):
            return zone
        await self._store.set_settings(request.chat, replace(settings, zone=zone))
        said = _("The time zone of this chat is {zone} now.").format(zone=zone)
        others = [
            one.timing
            for one, _due in await self._store.subscriptions(request.chat)
            if one.timing.zone != zone
        ]
        reply = await self._overview(request, said)
        return _offer_to_move(reply, others, zone) if others else reply

    async def _named_zone(self, choice: str) -> str | Reply:
        """Return the zone of a name, or of a place; ask back where a country has several."""
        try:
            return parse_zone(choice)
        except RequestError:
            found = await asyncio.to_thread(self._places.lookup, choice, words.spoken())
        zones = of_place(found)
        if not zones:
            unknown = _("I know no time zone or place “{name}”.").format(name=choice[:60])
            raise RequestError(unknown, zone_hint(near_zones(choice)))
        if len(zones) == 1:
            return zones[0]
        said = _("Several time zones are possible for “{name}”. Which one?")
        return self._zones(said.format(name=choice[:60]), zones[:12])

    def _zones(self, said: str, zones: tuple[str, ...]) -> Reply:
        clock = Paragraph(_("Each button shows what time it is there now."))
        how = Paragraph(_("Another city: type /settings zone and its name."))
        actions = zone_actions(zones, self._clock.now(), NAME, "zone")
        blocks = (Heading(_("Time zone")), Paragraph(said), clock, how)
        return Reply(blocks, (*actions, _back()))

    async def _move(self, request: Request, _choice: str) -> Reply:
        """Let the digests come at the same hours in the chat's time zone."""
        zone = await self._digests.zone(request.chat)
        moved = await self._digests.move_to(request.chat, zone)
        said = ngettext(
            "{count} digest follows {zone} now.", "{count} digests follow {zone} now.", moved
        )
        return await self._overview(request, said.format(count=moved, zone=zone))

    async def _length(self, request: Request, choice: str) -> Reply:
        settings = await self._store.settings(request.chat)
        if not choice:
            said = _("How long shall a briefing be when nobody says it?")
            labels = {length.value: _(length) for length in Length}
            return _page(_("Length"), said, "length", labels, settings.length)
        if choice.lower() not in set(Length):
            wrong = _("There is no length “{name}”.").format(name=choice[:40])
            raise RequestError(wrong, _("Type short, normal or long."))
        length = Length(choice.lower())
        await self._store.set_settings(request.chat, replace(settings, length=length))
        said = _("Briefings are {length} here now.").format(length=_(length))
        return await self._overview(request, said)

    async def _digest_hours(self, request: Request, choice: str) -> Reply:
        """Switch the plain digest of an hour on and off; the zone must be known before."""
        settings = await self._store.settings(request.chat)
        if not await self._digests.known_zone(request.chat):
            said = _("In which time zone shall your digests come?")
            return self._zones(said, guessed(request.locale or settings.language))
        if choice:
            hour, _space, how = choice.partition(" ")
            await self._digests.switch(request, parse_hour(hour), on=how.lower() not in _NO)
        kept = [one for one, _due in await self._store.subscriptions(request.chat)]
        on = {one.timing.at: one.timing.zone for one in kept if is_plain(one)}
        zone = await self._digests.zone(request.chat)
        said = _("Press an hour to switch its digest on or off. Time zone: {zone}")
        more = Paragraph(_("For a place, a topic or some days, type /help subscribe"))
        # A button says on or off: pressed twice, it does not take back what it did.
        actions = tuple(
            Action(
                _hour_label(at, on.get(at, ""), zone),
                NAME,
                f"digests {at:%H:%M} {'off' if at in on else 'on'}",
            )
            for at in sorted({*HOURS, *on})
        )
        told = Paragraph(said.format(zone=zone))
        others = Action(_("All digests"), "subscriptions")
        return Reply((Heading(_("Digests")), told, more), (*actions, others, _back()))

    async def _quiet(self, request: Request, choice: str) -> Reply:
        settings = await self._store.settings(request.chat)
        zones = await self._digests.zones(request.chat)
        if not choice:
            labels = {"off": _("None"), **{one: one.replace(" ", "–") for one in _QUIETS}}
            now = (
                f"{settings.quiet.start:%H:%M} {settings.quiet.end:%H:%M}"
                if settings.quiet
                else "off"
            )
            said = quiet_words(settings.quiet, zones)
            page = _page(_("Quiet hours"), said, "quiet", labels, now)
            how = Paragraph(_("Other hours: type /settings quiet 22:30 06:45"))
            return replace(page, blocks=(*page.blocks, how))
        quiet = parse_quiet(choice)
        await self._digests.change(request.chat, replace(settings, quiet=quiet))
        return await self._overview(request, quiet_words(quiet, zones))

    async def _twice(self, request: Request, choice: str) -> Reply:
        settings = await self._store.settings(request.chat)
        if not choice:
            said = _(
                "Sometimes a platform does not say whether a message arrived. "
                "Shall I send it again? Then it may come twice."
            )
            labels = {key: _(label) for key, label in _TWICE.items()}
            title = _("Uncertain messages")
            return _page(title, said, "twice", labels, _on_or_off(settings))
        if choice.lower() not in _YES | _NO:
            wrong = _("“{name}” is neither on nor off.").format(name=choice[:40])
            raise RequestError(wrong, _("Type /settings twice on, or /settings twice off"))
        twice = choice.lower() in _YES
        await self._store.set_settings(request.chat, replace(settings, rather_twice=twice))
        said = _("An uncertain message is not sent again.")
        if twice:
            said = _("An uncertain message is sent again, so it may come twice.")
        return await self._overview(request, said)


def parse_language(typed: str) -> str:
    """Read "fr", "fr-CA", "French" or "français". Raises RequestError that lists them all."""
    wanted = typed.strip().casefold()
    for language, name in zip(LANGUAGES, _names(), strict=True):
        english = str(Locale.parse(language).english_name).casefold()
        if wanted in {language, name.casefold(), english} or wanted[:3] in {
            f"{language}-",
            f"{language}_",
        }:
            return language
    raise RequestError(
        _("I do not speak “{name}” yet.").format(name=typed[:40]),
        _("Choose one of {names}.").format(names=words.listed(_names(), "or")),
    )


def language_words(language: str) -> str:
    """Say a chosen language by its own name, or that none was chosen."""
    return words.own_name(words.best(language)) if language else _("Automatic")


def _names() -> list[str]:
    return [words.own_name(language) for language in LANGUAGES]


def _page(title: str, said: str, key: str, labels: Mapping[str, str], now: str) -> Reply:
    """Show one choice: a button for each possibility, the present one marked."""
    actions = tuple(
        Action(_marked(label, chosen=choice == now), NAME, f"{key} {choice}")
        for choice, label in labels.items()
    )
    return Reply((Heading(title), Paragraph(said)), (*actions, _back()))


def _marked(label: str, *, chosen: bool) -> str:
    return f"✓ {label}" if chosen else label


def _hour_label(at: time, kept_in: str, zone: str) -> str:
    """Mark an hour that has a digest; one that follows another clock says which."""
    hour = words.hour(at)
    if not kept_in or kept_in == zone:
        return _marked(hour, chosen=bool(kept_in))
    return _marked(f"{hour} · {city(kept_in)}", chosen=True)


def _back() -> Action:
    return Action(_("Back"), NAME)


def _on_or_off(settings: ChatSettings) -> str:
    return "on" if settings.rather_twice else "off"


def _quiet_label(quiet: Quiet | None) -> str:
    return f"{words.hour(quiet.start)}–{words.hour(quiet.end)}" if quiet else _("none")


def _offer_to_move(reply: Reply, others: list[Timing], zone: str) -> Reply:
    """Say that digests keep the zone they were made in, and offer to take them along."""
    said = ngettext(
        "{count} digest keeps its own time zone: {timings}.",
        "{count} digests keep their own time zones: {timings}.",
        len(others),
    )
    timings = [f"{words.hour(one.at)} {one.zone}" for one in others]
    told = Paragraph(said.format(count=len(others), timings=words.listed(timings)))
    move = Action(_("Move them to {zone}").format(zone=zone), NAME, "move")
    return replace(reply, blocks=(*reply.blocks, told), actions=(move, *reply.actions))
