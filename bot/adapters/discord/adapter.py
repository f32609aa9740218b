"""Discord, the network side: slash commands in, messages out, through discord.py.

The commands are generated from the command table and answered from the raw interaction, so that
the table stays the only place that knows them. https://discord.com/developers/docs/interactions
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
import discord
import yarl

from bot.adapters.discord.asked import TOKEN_SECONDS, Asked, asked_in
from bot.adapters.discord.client import Client, last_look_trace
from bot.adapters.discord.commands import command_payload
from bot.adapters.discord.interactions import (
    chat_of,
    event_request,
    focused,
    manages,
    request_from,
    uploaded,
)
from bot.adapters.discord.outgoing import arguments_of, http_error, is_same
from bot.adapters.discord.render import render
from bot.adapters.events import tell
from bot.adapters.files import answer_with_file, check_size
from bot.adapters.pace import Pace
from bot.adapters.plain import label
from bot.core.commands import GONE, SUGGEST, in_words
from bot.core.errors import (
    ChatUnavailable,
    DeliveryError,
    OutcomeUnknown,
    RequestError,
    SettingsError,
    StoreError,
)
from bot.core.follow_orders import is_list_file
from bot.core.journal import Journal
from bot.core.messages import (
    Answer,
    Attachment,
    Chat,
    ChatKind,
    CommandSpec,
    Reply,
    Request,
)
from bot.core.pacing import Rate
from bot.core.ports import FORGETFUL, Payload

log = logging.getLogger(__name__)

DEFER_SECONDS = 0.4
"""Discord gives up after 3 s; an answer that takes longer than this is announced instead."""
FINISH_SECONDS = 10
"""What is in flight at a stop gets this long to finish."""
PATIENCE_SECONDS = 60
"""An answer in a channel is tried for so long; later nobody waits for it any more."""
_DELETED = 10008
"""Unknown message: that of the same nonce arrived, and was deleted since."""
# https://discord.com/developers/docs/topics/rate-limits: 50 requests a second; what the library
# asks by itself counts, too. The number for a channel is not documented, but what bots see.
_OVERALL = Rate(45, 1.0)
_A_CHANNEL = Rate(5, 5.0)

HISTORY = 100
"""How many messages Discord shows at once; so many pages are looked through."""
PAGES = 10
CLOCKS_DIFFER = timedelta(hours=14)
"""Our clock may be so far ahead of Discord's: a local time that was taken for UTC.

A message with the same words, that we sent in this time, counts as the one looked for.
"""


class DiscordAdapter:
    """The Adapter port on Discord.

    `workers` is how many processes post with this token: each keeps to its share of the limits.
    """

    platform = "discord"
    idempotent = True

    def __init__(
        self,
        token: str,
        api_url: str,
        gateway_url: str,
        commands: Sequence[CommandSpec],
        *,
        workers: int = 1,
    ) -> None:
        # The library has no setting for its addresses; these two names are all it takes.
        discord.http.Route.BASE = api_url
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        self._token = token
        self._commands = commands
        self._client: Client | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pace = Pace(_OVERALL.shared_by(workers), lambda _: [_A_CHANNEL])
        self._events = asyncio.Lock()
        self._journal: Journal = FORGETFUL
        self._answer: Answer = _nobody

    def render(self, reply: Reply) -> Sequence[Payload]:
        """See the Adapter port."""
        return render(reply)

    async def check(self) -> str:
        """Ask the platform who we are. Raises SettingsError or DeliveryError."""
        client = Client(None, self._trace())
        try:
            await self._log_in(client)
            return f"Discord knows the bot as {client.user}"
        finally:
            await client.close()

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """See the Adapter port."""
        self._answer, self._journal = answer, journal
        client = Client(self, self._trace())
        try:
            await self._log_in(client)
            self._client = client
            await self._take_up()
            await self._announce_commands(client)
            await client.connect(reconnect=True)
        except discord.PrivilegedIntentsRequired as error:
            raise SettingsError(
                "Discord wants an intent switched on in the developer portal."
            ) from error
        except discord.ConnectionClosed as error:
            if error.code == 4004:
                raise SettingsError(_REFUSED) from error
            raise DeliveryError(f"Discord closed the connection: {error}") from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # A failed first connect, or one event that it cannot read, ends discord.py's client.
            raise DeliveryError(f"Discord sent what cannot be read: {error!r}") from error
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
            for late in self._tasks:
                late.cancel()
            self._client = None
            await client.close()

    async def stand_by(self) -> None:
        """See the Adapter port."""
        client = Client(None, self._trace())
        try:
            await self._log_in(client)
            self._client = client
            log.info("Discord: posting as %s", client.user)
            await asyncio.Event().wait()
        finally:
            self._client = None
            await client.close()

    async def _log_in(self, client: Client) -> None:
        try:
            await client.login(self._token)
        except discord.LoginFailure as error:
            raise SettingsError(_REFUSED) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error

    async def _announce_commands(self, client: Client) -> None:
        """Register the slash commands; a bot that cannot still posts digests."""
        assert client.application_id is not None  # noqa: S101 - login() set it
        payload: list[Any] = command_payload(self._commands)
        try:
            await client.http.bulk_upsert_global_commands(client.application_id, payload)
        except discord.HTTPException as error:
            log.warning("Discord: the commands were not registered: %s", error)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        """Do one piece of work; whatever goes wrong with it stays with it."""
        try:
            await work
        except (discord.DiscordException, aiohttp.ClientError, DeliveryError) as error:
            log.warning("Discord: an answer was not delivered: %s", error)
        except Exception:
            log.exception("Discord: an answer failed")

    def _trace(self) -> aiohttp.TraceConfig:
        """Look at every answer: the library does not tell whose limit a 429 is about."""
        trace = last_look_trace()
        trace.on_request_end.append(self._look_at_limits)
        return trace

    async def _look_at_limits(
        self, _session: object, _context: object, end: aiohttp.TraceRequestEndParams
    ) -> None:
        headers = end.response.headers
        everybody = "X-RateLimit-Global" in headers or "Via" not in headers  # Cloudflare itself
        if end.response.status == 429 and everybody:
            self._pace.hold(float(headers.get("Retry-After", 5)))

    async def _take_up(self) -> None:
        """Answer what a crash left unanswered."""
        for note in await self._journal.unfinished(self.platform):
            try:
                asked = asked_in(note)
            except (KeyError, TypeError, ValueError) as error:
                log.warning("Discord: %s in the journal cannot be read: %r", note.id, error)
                await self._finished(note.id)
            else:
                self._spawn(self._attend(asked))

    async def _attend(self, asked: Asked) -> None:
        """Answer what is written down; cancelled, it is left to the next start."""
        if asked.request.is_event:
            async with self._events:
                await self._attend_event(asked)
        elif asked.token:
            await self._respond_late(asked)
        else:
            await self._respond_in_channel(asked)
        await self._finished(asked.number)

    async def _taken(self, *asked: Asked) -> Sequence[Asked]:
        """Write down what is asked; return what is new. Nobody offers an interaction again, so one
        is answered even when it cannot be written down."""
        try:
            notes = await self._journal.take(self.platform, [one.note() for one in asked])
        except StoreError as error:
            log.warning("Discord: what was asked is not written down: %s", error)
            return asked
        new = {note.id for note in notes}
        return [one for one in asked if one.number in new]

    async def _begun(self, asked: Asked) -> bool:
        """Note that what comes now cannot be repeated: a crash does not let it come again."""
        try:
            return await self._journal.begin(self.platform, asked.number)
        except StoreError as error:
            log.warning("Discord: an answer was not noted: %s", error)
            return True

    async def _finished(self, number: str) -> None:
        try:
            await self._journal.finish(self.platform, number)
        except StoreError as error:
            log.warning("Discord: an answer was not noted: %s", error)

    def on_interaction(self, interaction: discord.Interaction) -> None:
        """Somebody used a command, pressed a button, or is typing an argument."""
        if interaction.type is discord.InteractionType.autocomplete:
            self._spawn(self._suggest(interaction))
        elif (request := request_from(interaction)) is not None:
            file = uploaded(interaction.data or {})
            number, application = f"i{interaction.id}", interaction.application_id
            asked = Asked(number, request, file, application, interaction.token)
            self._spawn(self._respond(interaction, asked))

    def on_message(self, message: discord.Message) -> None:
        """Somebody wrote something."""
        if (asked := self._asked_by(message)) is not None:
            self._spawn(self._attend_new(asked))

    def on_change(self, command: str, channels: Iterable[int], why: str = "") -> None:
        """The bot was shut out of channels, or let into them again."""
        number = time.time_ns()
        events = [
            Asked(f"e{number + n}", event_request(channel, command, why))
            for n, channel in enumerate(channels)
        ]
        self._spawn(self._attend_events(events))

    async def _attend_new(self, *asked: Asked) -> None:
        for one in await self._taken(*asked):
            await self._attend(one)

    async def _attend_events(self, events: Sequence[Asked]) -> None:
        """What happened to channels is told in its order."""
        async with self._events:
            for asked in await self._taken(*events):
                await self._attend_event(asked)
                await self._finished(asked.number)

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

    async def _suggest(self, interaction: discord.Interaction) -> None:
        """Offer what the half-typed option may become; its value is what a button would send."""
        chat, typed = chat_of(interaction), self._half_typed(interaction.data or {})
        reply = await self._answer(Request(chat, SUGGEST, typed, locale=interaction.locale.value))
        choices = [
            discord.app_commands.Choice(name=label(action.label, 100), value=action.arguments)
            for action in reply.actions[:25]
        ]
        await interaction.response.autocomplete(choices)

    def _half_typed(self, data: Mapping[str, Any]) -> str:
        """Return what the option that the person is at is about, and what is typed of it."""
        name, typed = focused(data)
        kinds = {
            (spec.name, argument.name): argument.suggests
            for spec in self._commands
            for argument in spec.arguments
        }
        return f"{kinds.get((str(data.get('name')), name), '')} {typed}"

    def _asked_by(self, message: discord.Message) -> Asked | None:
        """Return what words ask that mention the bot, or that are said to it in private."""
        me = self._client.user if self._client else None
        if me is None or message.author.bot or (message.guild and me not in message.mentions):
            return None
        words = message.content.replace(f"<@{me.id}>", "").replace(f"<@!{me.id}>", "").strip()
        command, arguments = in_words(words)
        lists = [file.to_dict() for file in message.attachments if is_list_file(file.filename)]
        if lists:
            command, arguments = "follow", ""
        kind = ChatKind.GROUP if message.guild else ChatKind.PRIVATE
        chat = Chat("discord", str(message.channel.id), kind)
        sender = str(message.author.id)
        request = Request(chat, command, arguments, sender=sender, may_manage=manages(message))
        return Asked(f"m{message.id}", request, lists[0] if lists else None)

    async def _answer_to(self, asked: Asked) -> Reply:
        if asked.file is None or not asked.request.may_manage:
            return await self._answer(asked.request)
        fetch = partial(self._download, asked.file)
        return await answer_with_file(fetch, self._answer, asked.request)

    async def _respond_in_channel(self, asked: Asked) -> None:
        reply = await self._answer_to(asked)
        if await self._begun(asked):
            await self._say(asked, reply)

    async def _say(self, asked: Asked, reply: Reply) -> None:
        """Post an answer in its channel; where Discord asks to wait, wait. Its nonce lets a message
        of unknown outcome be posted again."""
        for position, payload in enumerate(self.render(reply)):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    await self.post(asked.request.chat, payload, f"{asked.number}-{position}")
                    break
                except DeliveryError as error:
                    wait = error.retry_after or 1
                    if error.final or time.monotonic() + wait > deadline:
                        raise
                await asyncio.sleep(wait)

    async def _download(self, file: Mapping[str, Any]) -> Attachment:
        """https://discord.com/developers/docs/resources/message#attachment-object"""
        name = str(file.get("filename") or "The file")
        check_size(name, int(file.get("size") or 0))
        try:
            if self._client is None:
                raise RequestError("Discord is not connected.")
            content = await self._client.http.get_from_cdn(str(file["url"]))
        except (discord.DiscordException, aiohttp.ClientError, OSError, KeyError) as error:
            log.warning("Discord: a file was not fetched: %s", error)
            words = f"{name} could not be fetched from Discord."
            raise RequestError(words, "Please send it again.") from error
        check_size(name, len(content))
        return Attachment(name, content)

    async def _respond(self, interaction: discord.Interaction, asked: Asked) -> None:
        """Answer at once, or say "thinking" and follow up: Discord waits three seconds at most.

        So a slow journal delays the answer, but not the "thinking".
        """
        answering = asyncio.ensure_future(self._answer_new(asked))
        try:
            await asyncio.wait([answering], timeout=DEFER_SECONDS)
            if announced := not answering.done():
                await interaction.response.defer(thinking=True)
            if (reply := await answering) is None:  # the gateway told it twice
                return
            first, *others = self.render(reply)
            if announced:
                await self._edit(asked, first)
            else:
                await interaction.response.send_message(**arguments_of(first))
            await self._follow_up(asked, others)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord: an answer was not delivered: %s", error)
        finally:
            answering.cancel()  # when Discord no longer takes the answer
        await self._finished(asked.number)

    async def _answer_new(self, asked: Asked) -> Reply | None:
        """Return the answer, or None when the same was asked, and taken, before."""
        return await self._answer_to(asked) if await self._taken(asked) else None

    async def _respond_late(self, asked: Asked) -> None:
        """Answer an interaction that an earlier process announced; without its "thinking", or when
        its token is too old, Discord takes nothing any more."""
        age = discord.utils.utcnow() - discord.utils.snowflake_time(asked.snowflake)
        if age.total_seconds() > TOKEN_SECONDS:
            return
        first, *others = self.render(await self._answer_to(asked))
        try:
            await self._edit(asked, first)
        except discord.NotFound:
            log.info("Discord: %s was never acknowledged, so it is not answered", asked.number)
        else:
            await self._follow_up(asked, others)

    def _webhook(self, asked: Asked) -> discord.Webhook:
        if self._client is None:
            raise DeliveryError("Discord is not connected")
        return discord.Webhook.partial(asked.application, asked.token, client=self._client)

    async def _edit(self, asked: Asked, payload: Payload) -> None:
        """Fill the response that says "thinking"; to do it twice does no harm."""
        arguments = arguments_of(payload)
        if files := arguments.pop("files", None):
            arguments["attachments"] = files
        # https://discord.com/developers/docs/interactions/receiving-and-responding#edit-original-interaction-response
        original: Any = "@original"
        await self._webhook(asked).edit_message(original, **arguments)

    async def _follow_up(self, asked: Asked, payloads: Sequence[Payload]) -> None:
        """Send the further messages of an answer: these have no key, so never again."""
        if payloads and await self._begun(asked):
            for payload in payloads:
                await self._webhook(asked).send(**arguments_of(payload), wait=True)

    async def wait_turn(self, chat: Chat) -> None:
        """See the Adapter port."""
        await self._pace.turn(chat)

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. Discord forgets a nonce after minutes, but not the message."""
        client = self._client
        if client is None or client.user is None:
            raise DeliveryError("Discord is not connected")
        try:
            found = await self._history(client, chat, since - CLOCKS_DIFFER)
        except discord.Forbidden:
            return None
        except discord.HTTPException as error:
            raise http_error(error) from error
        except (discord.RateLimited, aiohttp.ClientError, OSError) as error:
            raise DeliveryError(f"Discord did not show the channel: {error}") from error
        ours = [one for one in found if one["author"]["id"] == str(client.user.id)]
        same = [int(one["id"]) for one in ours if is_same(one, payload, key)]
        if same:
            return str(max(same))
        return "" if len(found) < HISTORY * PAGES else None

    async def _history(self, client: Client, chat: Chat, since: datetime) -> list[Any]:
        """Return what a channel holds since then, oldest page first, at most so many pages."""
        after = discord.utils.time_snowflake(since)
        found: list[Any] = []
        for _ in range(PAGES):
            page = await client.http.logs_from(int(chat.thread or chat.id), HISTORY, after=after)
            found += page
            if len(page) < HISTORY:
                break
            after = max(int(one["id"]) for one in page)
        return found

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        async with self._pace.passing(chat):
            return await self._deliver(chat, payload, key)

    async def _deliver(self, chat: Chat, payload: Payload, key: str) -> str:
        """Send one message; return its id. Raises what `post` raises, and holds what is to wait."""
        client = self._client
        if client is None:
            raise DeliveryError("Discord is not connected")
        if held := self._pace.held(chat):
            raise DeliveryError(f"Discord asks to wait {held:.0f} s", held)
        try:
            channel = client.get_partial_messageable(int(chat.thread or chat.id))
            message = await channel.send(**arguments_of(payload), nonce=key)
        except discord.RateLimited as error:
            self._pace.hold(error.retry_after, chat)
            raise DeliveryError(
                f"Discord asks to wait {error.retry_after:.0f} s", error.retry_after
            ) from error
        except discord.HTTPException as error:
            if error.code == _DELETED:
                return ""
            raise http_error(error) from error
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(f"Discord cannot be reached: {error}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(f"Discord's answer was lost: {error}") from error
        except (KeyError, TypeError, ValueError) as error:  # an answer, but not one to be read
            raise OutcomeUnknown(f"Discord's answer made no sense: {error}") from error
        return str(message.id)


_REFUSED = (
    "Discord refuses the token: "
    "set DATELINE_DISCORD_TOKEN to the one on the developer portal's page “Bot”."
)


async def _nobody(_: Request) -> Reply:
    return Reply(())
