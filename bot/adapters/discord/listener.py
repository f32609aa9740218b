"""Hears what happens on Discord and sees that it is answered, once. Lives in Discord's own loop.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.adapters.discord.asked import TOKEN_SECONDS, Asked
from bot.adapters.discord.interactions import (
    asked_by_interaction,
    asked_by_message,
    chat_of,
    event_request,
    half_typed,
)
from bot.adapters.discord.ledger import Ledger
from bot.adapters.discord.outgoing import arguments_of, edit_of
from bot.adapters.discord.permissions import allowed
from bot.adapters.discord.posting import Poster
from bot.adapters.discord.render import render
from bot.adapters.events import Order, tell
from bot.adapters.files import answer_with_file, check_size, not_fetched
from bot.adapters.plain import label
from bot.adapters.several import Above
from bot.core.commands import BACK, GONE, SUGGEST
from bot.core.errors import ChatUnavailable, DeliveryError
from bot.core.messages import (
    Answer,
    Attachment,
    ChatKind,
    CommandSpec,
    Notice,
    Reply,
    Request,
)
from bot.core.ports import Payload
from bot.core.words import N_, _, best, translate

log = logging.getLogger(__name__)

DEFER_SECONDS = 0.25
"""Discord gives up after 3 s; an answer that takes longer than this is announced instead."""
FINISH_SECONDS = 10
"""What is in flight at a stop gets this long to finish."""
PATIENCE_SECONDS = 60
"""An answer in a channel is tried for so long; later nobody waits for it any more."""

PEOPLE = 10_000
"""The languages of so many people are remembered."""
_ELSEWHERE = N_("I am not a member here, so this does not work in this chat.")
_INVITE = N_("Add me to this server, or write to me in private.")


class Locales:
    """The language of each person's app, that commands and buttons tell, and messages do not."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, str] = OrderedDict()

    def note(self, person: int, locale: str) -> None:
        """Remember a person's language; the people heard longest ago are forgotten."""
        self._known[person] = locale
        self._known.move_to_end(person)
        while len(self._known) > PEOPLE:
            self._known.popitem(last=False)

    def of(self, person: int) -> str:
        """Return a person's language (a BCP 47 tag), or "" for one not heard of."""
        return self._known.get(person, "")


class Listener:
    """Answers people through an interaction's own webhook, or in the channel where they wrote.

    `known` is Discord's id of each command: it knows who may use them.
    """

    def __init__(
        self, poster: Poster, commands: Sequence[CommandSpec], answer: Answer, ledger: Ledger
    ) -> None:
        self.known: Mapping[str, int] = {}
        self._poster = poster
        self._commands = commands
        self._managing = frozenset(spec.name for spec in commands if spec.manages)
        self._answer = answer
        self._ledger = ledger
        self._tasks: set[asyncio.Task[None]] = set()
        self._pressed: set[tuple[int, int, str]] = set()
        self._above = Above()
        self._locales = Locales()
        self._events = Order()
        self._looking = asyncio.Lock()
        self._open = True

    # --- what is heard

    def on_interaction(self, interaction: discord.Interaction) -> None:
        """See Ears."""
        self._locales.note(interaction.user.id, interaction.locale.value)
        if interaction.type is discord.InteractionType.autocomplete:
            self._spawn(self._suggest(interaction))
        elif (button := _button(interaction)) in self._pressed:
            self._spawn(_ignore(interaction))
        elif asked := asked_by_interaction(interaction, self._commands, guarded=bool(self.known)):
            if button is not None:
                self._pressed.add(button)
            self._spawn(self._respond(interaction, asked))

    def on_message(self, message: discord.Message) -> None:
        """See Ears."""
        me = self._poster.connected.user
        if me is None:
            return
        locale = self._locales.of(message.author.id)
        if (asked := asked_by_message(message, me, locale)) is not None:
            self._spawn(self._attend_new(asked))

    def on_gone(self, channels: Iterable[int], why: str) -> None:
        """See Ears."""
        self._spawn(self._attend_events([*_events(channels, GONE, why)]))

    def on_back(self, channels: Iterable[int]) -> None:
        """See Ears."""
        self._spawn(self._attend_back([*_events(channels, BACK)]))

    async def take_up(self) -> None:
        """Answer what a crash left unanswered."""
        for asked in await self._ledger.unfinished():
            self._spawn(self._attend(asked))

    async def finish(self) -> None:
        """Hear nothing more, and let what is in hand out."""
        self._open = False
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        for late in self._tasks:
            late.cancel()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        if not self._open:
            work.close()
            return
        task = asyncio.create_task(_alone(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- interactions

    async def _respond(self, interaction: discord.Interaction, asked: Asked) -> None:
        """Answer at once, or acknowledge and follow up: Discord waits three seconds at most.

        So a slow core, or a slow journal, delays the answer, but not the acknowledgement.
        """
        answering = asyncio.ensure_future(self._answer_new(interaction, asked))
        try:
            await asyncio.wait([answering], timeout=DEFER_SECONDS)
            if announced := not answering.done():
                await _acknowledge(interaction, asked)
            if (reply := await answering) is None:  # the gateway told it twice
                return
            if announced:
                await self._answer_late(asked, reply)
            else:
                await self._answer_now(interaction, asked, reply)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord: an answer was not delivered: %s", error)
        finally:
            answering.cancel()  # when Discord no longer takes the answer
            self._pressed.discard(_button(interaction) or (0, 0, ""))
        await self._ledger.finished(asked.number)

    async def _answer_new(self, interaction: discord.Interaction, asked: Asked) -> Reply | None:
        """Return the answer, or None when the same was asked, and taken, before."""
        if asked.request.is_press and not asked.elsewhere:
            asked = await self._permitted(interaction, asked)
        return await self._answer_to(asked) if await self._ledger.taken(asked) else None

    async def _permitted(self, interaction: discord.Interaction, asked: Asked) -> Asked:
        """Let a server's settings decide of a button, as Discord lets them of its command."""
        name, server = asked.request.command, interaction.guild_id
        if server is None or name not in self.known or name not in self._managing:
            return asked
        if interaction.permissions.administrator:
            return asked
        try:
            settings = await self._poster.connected.permissions_in(server)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.info("Discord: a server's settings are not known: %s", error)
            return asked
        told = allowed(settings, self.known[name], interaction)
        if told is None:
            return asked
        return replace(asked, request=replace(asked.request, may_manage=told))

    async def _answer_now(
        self, interaction: discord.Interaction, asked: Asked, reply: Reply
    ) -> None:
        first, *others = render(reply)
        hidden = _only_for_its_person(asked, reply)
        if _in_place(asked, reply) and self._stack(asked):
            await _acknowledge(interaction, asked)
            await self._answer_late(asked, reply)
            return
        if _in_place(asked, reply) and not asked.last:
            sent = await interaction.response.edit_message(**edit_of(first))
        else:
            sent = await interaction.response.send_message(**arguments_of(first), ephemeral=hidden)
        ids = [] if sent is None or sent.message_id is None else [sent.message_id]
        ids += await self._follow_up(asked, others, hidden=hidden)
        self._note(asked, ids, hidden=hidden)

    async def _answer_late(self, asked: Asked, reply: Reply) -> None:
        """Answer what was acknowledged; to put an answer in its place twice does no harm."""
        payloads, ids = render(reply), []
        hidden = _only_for_its_person(asked, reply)
        stack = self._stack(asked) if _in_place(asked, reply) else []
        if stack:
            ids = await self._put_in_place(asked, payloads, stack)
            payloads = payloads[len(ids) :]
        elif not asked.request.is_press or (_in_place(asked, reply) and not asked.last):
            first, *payloads = payloads
            # https://discord.com/developers/docs/interactions/receiving-and-responding#edit-original-interaction-response
            original: Any = "@original"
            ids = [(await self._webhook(asked).edit_message(original, **edit_of(first))).id]
        ids += await self._follow_up(asked, payloads, hidden=hidden)
        self._note(asked, ids, hidden=hidden)
        for left in stack:
            if left not in ids:
                await self._poster.take_away(asked.request.chat, left)

    def _stack(self, asked: Asked) -> list[int]:
        """Return all messages of the answer that the pressed button belongs to, if it has several
        and they are known; else nothing."""
        above = self._above.of(asked.request.chat.id, asked.last)
        return [*above, asked.last] if above else []

    async def _put_in_place(
        self, asked: Asked, payloads: Sequence[Payload], stack: Sequence[int]
    ) -> list[int]:
        """Put an answer in the place of several messages, from the first on; return which changed.

        The first must stay where it can: those that followed it would say that it was deleted.
        """
        changed: list[int] = []
        for message, payload in zip(stack, payloads, strict=False):
            if not await self._poster.change(asked.request.chat, message, payload):
                break
            changed.append(message)
        self._above.forget(asked.request.chat.id, asked.last)
        return changed

    def _note(self, asked: Asked, messages: Sequence[int], *, hidden: bool) -> None:
        """Remember an answer's messages, if they can be changed later: not what is hidden, nor what
        stands where the bot is no member."""
        if not hidden and not asked.elsewhere:
            self._above.note(asked.request.chat.id, messages)

    async def _answer_left(self, asked: Asked) -> None:
        """Answer an interaction that an earlier process acknowledged; if it did not, or when its
        token is too old, Discord takes nothing any more."""
        age = discord.utils.utcnow() - discord.utils.snowflake_time(asked.snowflake)
        if age.total_seconds() > TOKEN_SECONDS:
            return
        try:
            await self._answer_late(asked, await self._answer_to(asked))
        except discord.NotFound:
            log.info("Discord: %s was never acknowledged, so it is not answered", asked.number)

    def _webhook(self, asked: Asked) -> discord.Webhook:
        """Return the way to answer later; `partial()` would make one that cannot hide anything."""
        kind = discord.WebhookType.application.value
        data: Any = {"id": asked.application, "type": kind, "token": asked.token}
        state = self._poster.connected._connection  # noqa: SLF001 - as its own interactions do
        return discord.Webhook.from_state(data, state)

    async def _follow_up(
        self, asked: Asked, payloads: Sequence[Payload], *, hidden: bool
    ) -> list[int]:
        """Send the further messages of an answer: these have no key, so never again. Their ids."""
        if not payloads or not await self._ledger.begun(asked):
            return []
        hook = self._webhook(asked)
        return [
            (await hook.send(**arguments_of(payload), ephemeral=hidden, wait=True)).id
            for payload in payloads
        ]

    async def _suggest(self, interaction: discord.Interaction) -> None:
        """Offer what the half-typed option may become; its value is what a button would send."""
        typed = half_typed(interaction.data or {}, self._commands)
        locale = interaction.locale.value
        reply = await self._answer(Request(chat_of(interaction), SUGGEST, typed, locale=locale))
        choices = [
            discord.app_commands.Choice(name=label(action.label, 100), value=action.arguments)
            for action in reply.actions[:25]
        ]
        await interaction.response.autocomplete(choices)

    # --- what is answered in a channel, and what was left

    async def _attend(self, asked: Asked) -> None:
        """Answer what is written down; cancelled, it is left to the next start."""
        if asked.request.is_event:
            async with self._events.turn(asked.request.chat.id):
                await self._attend_event(asked)
        elif asked.token:
            await self._answer_left(asked)
        else:
            await self._respond_in_channel(asked)
        await self._ledger.finished(asked.number)

    async def _attend_new(self, *asked: Asked) -> None:
        for one in await self._ledger.taken(*asked):
            await self._attend(one)

    async def _attend_events(self, events: Sequence[Asked]) -> None:
        """What happened to channels is told in its order."""
        async with self._events.turn(*(one.request.chat.id for one in events)):
            for asked in await self._ledger.taken(*events):
                await self._attend_event(asked)
                await self._ledger.finished(asked.number)

    async def _attend_back(self, events: Sequence[Asked]) -> None:
        """Ask whether something rests in channels, one after the other: they may be thousands.

        It is not written down: whatever a stop or a crash leaves is asked again at the next start.
        """
        async with self._events.turn(*(one.request.chat.id for one in events)), self._looking:
            for asked in events:
                if not self._open:
                    return
                await _alone(self._attend_event(asked))

    async def _attend_event(self, asked: Asked) -> None:
        """Tell the core what happened to a channel, and the channel what came of it."""
        reply = await tell(asked.request, self._answer)
        if not reply.blocks:
            return
        try:
            await self._say(asked, reply)
        except ChatUnavailable as error:  # it is not back after all
            gone = replace(asked.request, command=GONE, arguments=str(error))
            await tell(gone, self._answer)

    async def _respond_in_channel(self, asked: Asked) -> None:
        reply = await self._answer_to(asked)
        if await self._ledger.begun(asked):
            await self._say(asked, reply)

    async def _say(self, asked: Asked, reply: Reply) -> None:
        """Post an answer in its channel; where Discord asks to wait, wait. Its nonce lets a message
        of unknown outcome be posted again."""
        posted: list[int] = []
        for position, payload in enumerate(render(reply)):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    key = f"{asked.number}-{position}"
                    said = await self._poster.post(asked.request.chat, payload, key)
                    posted += [int(said)] if said else []  # somebody may have deleted it
                    break
                except DeliveryError as error:
                    wait = error.retry_after or 1
                    if error.final or time.monotonic() + wait > deadline:
                        raise
                await asyncio.sleep(wait)
        self._above.note(asked.request.chat.id, posted)

    # --- the answer itself

    async def _answer_to(self, asked: Asked) -> Reply:
        if asked.elsewhere and asked.request.command in self._managing:
            return _not_here(asked.request.locale)
        if asked.file is None or not asked.request.may_manage:
            return await self._answer(asked.request)
        fetch = partial(self._download, asked.file)
        return await answer_with_file(fetch, self._answer, asked.request)

    async def _download(self, file: Mapping[str, Any]) -> Attachment:
        """https://discord.com/developers/docs/resources/message#attachment-object"""
        name = str(file.get("filename") or _("The file"))
        check_size(name, int(file.get("size") or 0))
        try:
            content = await self._poster.connected.http.get_from_cdn(str(file["url"]))
        except (
            discord.DiscordException,
            aiohttp.ClientError,
            DeliveryError,
            OSError,
            KeyError,
        ) as error:
            log.warning("Discord: a file was not fetched: %s", error)
            raise not_fetched(name, "Discord") from error
        check_size(name, len(content))
        return Attachment(name, content)


async def _alone(work: Coroutine[None, None, None]) -> None:
    """Do one piece of work; whatever goes wrong with it stays with it."""
    try:
        await work
    except (discord.DiscordException, aiohttp.ClientError, DeliveryError) as error:
        log.warning("Discord: an answer was not delivered: %s", error)
    except Exception:
        log.exception("Discord: an answer failed")


def _events(channels: Iterable[int], command: str, why: str = "") -> Iterator[Asked]:
    """Return what happened to each channel, numbered for ever."""
    number = time.time_ns()
    for n, channel in enumerate(channels):
        yield Asked(f"e{number + n}", event_request(channel, command, why))


async def _acknowledge(interaction: discord.Interaction, asked: Asked) -> None:
    """Say that the answer comes later: a command "thinks", a pressed button is let go."""
    if asked.request.is_press:
        await interaction.response.defer()
    else:
        await interaction.response.defer(thinking=True, ephemeral=asked.hidden)


async def _ignore(interaction: discord.Interaction) -> None:
    """Let go of a button that the same person pressed before the first press was answered."""
    await interaction.response.defer()


def _button(interaction: discord.Interaction) -> tuple[int, int, str] | None:
    """Return who pressed which button under which message, or None for no press."""
    if interaction.type is not discord.InteractionType.component or interaction.message is None:
        return None
    data: Mapping[str, Any] = interaction.data or {}
    return interaction.user.id, interaction.message.id, str(data.get("custom_id"))


def _in_place(asked: Asked, reply: Reply) -> bool:
    return asked.request.is_press and reply.in_place


def _only_for_its_person(asked: Asked, reply: Reply) -> bool:
    """Tell whether the others in a server are to be spared an answer: a fault, a refusal."""
    shared = asked.request.chat.kind is not ChatKind.PRIVATE
    fault = all(isinstance(block, Notice) for block in reply.blocks)
    return asked.hidden or (shared and fault and not reply.attachments)


def _not_here(locale: str) -> Reply:
    language = best(locale)
    return Reply((Notice(translate(_ELSEWHERE, language), translate(_INVITE, language)),))
