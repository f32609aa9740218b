"""Telegram, put together: updates in, by polling or by webhook; messages out.

The command table, the answers and the schedule are the core's; what a message looks like is
render.py's. Bot API: https://core.telegram.org/bots/api
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path

from telegram.error import Forbidden, InvalidToken, TelegramError

from bot.adapters.pace import Pace
from bot.adapters.telegram.api import WANTED, RawBot
from bot.adapters.telegram.attendant import Attendant
from bot.adapters.telegram.menu import announce, menus
from bot.adapters.telegram.polling import POLL_SECONDS, Polling
from bot.adapters.telegram.poster import Poster
from bot.adapters.telegram.render import render
from bot.adapters.telegram.speaker import Speaker
from bot.adapters.telegram.transport import AiohttpRequest
from bot.adapters.telegram.webhook import Receiver, Registration, Webhook, secret_of
from bot.core.errors import DeliveryError, SettingsError
from bot.core.journal import Journal, Update, patient
from bot.core.messages import Answer, Chat, ChatKind, CommandSpec, Reply
from bot.core.pacing import Rate, at_one_chat
from bot.core.ports import FORGETFUL, Payload

log = logging.getLogger(__name__)

FINISH_SECONDS = 10
"""What is in flight at a stop gets this long to finish."""
_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_REFUSED = "Telegram refuses the token: set DATELINE_TELEGRAM_TOKEN to the one @BotFather shows."
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
# "Avoid sending more than one message per second" in a chat, "short bursts" excepted.
_OVERALL = Rate(30, 1.0)
_PAID = Rate(1000, 1.0)
"""https://core.telegram.org/bots/faq#how-can-i-message-all-of-my-bot-39s-subscribers-at-once"""
_A_CHAT = Rate(3, 3.0)
_A_GROUP = Rate(20, 60.0)


def _limits(workers: int) -> Callable[[Chat], Sequence[Rate]]:
    """Return what one of so many processes may post in a chat."""
    a_chat, a_group = (rate.shared_by(at_one_chat(workers)) for rate in (_A_CHAT, _A_GROUP))
    return lambda chat: [a_chat] if chat.kind is ChatKind.PRIVATE else [a_group, a_chat]


class TelegramAdapter:
    """The Adapter port on Telegram.

    `webhook` is where Telegram delivers updates; without one it is asked for them. `menu_file`
    remembers the command menu that Telegram was told. `workers` is how many processes post with
    this token: each keeps to its share of the limits. `pace` takes the place of the limits: to be
    measured.
    """

    platform = "telegram"
    idempotent = False

    def __init__(
        self,
        token: str,
        api_url: str,
        commands: Sequence[CommandSpec],
        *,
        paid_broadcast: bool = False,
        pace: Pace | None = None,
        workers: int = 1,
        webhook: Webhook | None = None,
        menu_file: Path | None = None,
    ) -> None:
        self._token = token
        self._webhook = webhook
        self._menu_file = menu_file
        self._commands = commands
        self._requests = (AiohttpRequest(), AiohttpRequest(timeout=POLL_SECONDS + 5, connections=2))
        self._bot = RawBot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )
        overall = (_PAID if paid_broadcast else _OVERALL).shared_by(workers)
        self._pace = pace or Pace(overall, _limits(workers), ahead=200 if paid_broadcast else 8)
        self._poster = Poster(self._bot, self._pace, paid=paid_broadcast)
        self._speaker = Speaker(self.platform, self._bot, self._poster, self._pace)
        self._attendant = Attendant(self.platform, self._bot, self._speaker, commands)
        self._tasks: set[asyncio.Task[None]] = set()

    def render(self, reply: Reply) -> Sequence[Payload]:
        """See the Adapter port."""
        return render(reply)

    async def check(self) -> str:
        """Ask the platform who we are. Raises SettingsError or DeliveryError."""
        try:
            await self._log_in()
            return f"Telegram knows the bot as @{self._bot.username}"
        finally:
            await self._close()

    async def run(self, answer: Answer, journal: Journal = FORGETFUL) -> None:
        """See the Adapter port."""
        self._speaker.journal = journal = patient(journal)
        try:
            await self._log_in()
            self._spawn(announce(self._bot, menus(self._commands), self._menu_file))
            for note in await journal.unfinished(self.platform):
                self._spawn(self._attendant.attend(note, answer))
            log.info("Telegram: listening as @%s", self._bot.username)
            await self._listen(answer, journal)
        finally:
            await self._finish()

    async def stand_by(self) -> None:
        """See the Adapter port."""
        try:
            await self._log_in()
            log.info("Telegram: posting as @%s", self._bot.username)
            await asyncio.Event().wait()
        finally:
            await self._close()

    async def _log_in(self) -> None:
        if not _TOKEN.fullmatch(self._token):
            raise SettingsError(
                "DATELINE_TELEGRAM_TOKEN is no token: @BotFather shows one like 123456:ABC-DEF."
            )
        try:
            await self._bot.initialize()
        except (InvalidToken, Forbidden) as error:
            raise SettingsError(_REFUSED) from error
        except TelegramError as error:
            raise DeliveryError(f"Telegram cannot be reached: {error}") from error

    async def _listen(self, answer: Answer, journal: Journal) -> None:
        """Hear Telegram, in the one way or the other, until cancelled."""

        async def take(updates: Sequence[Update]) -> None:
            for note in await self._new(updates, journal):
                self._spawn(self._attendant.attend(note, answer))

        if self._webhook is None:
            await Polling(self._bot, take).run()
            return
        secret = secret_of(self._token)
        async with Receiver(self._webhook, secret, take).listening():
            await Registration(self._bot, self._webhook, secret, WANTED).run()

    async def _new(self, updates: Sequence[Update], journal: Journal) -> Sequence[Update]:
        """Write updates down and return those that are new.

        An inline query is not written down: a second later nobody reads its answer.
        """
        fleeting = [note for note in updates if "inline_query" in note.payload]
        once = {note.id: note for note in updates if "inline_query" not in note.payload}
        return [*await journal.take(self.platform, list(once.values())), *fleeting]

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        for late in self._tasks:
            late.cancel()
        await self._close()

    async def _close(self) -> None:
        for request in self._requests:  # Bot.shutdown() would keep them open after a failed log-in
            await request.shutdown()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_turn(self, chat: Chat) -> None:
        """See the Adapter port."""
        await self._pace.turn(chat)

    def give_turn_back(self, chat: Chat) -> None:
        """See the Adapter port."""
        self._pace.give_back(chat)

    async def look_up(self, chat: Chat, payload: Payload, key: str, since: datetime) -> str | None:
        """See the Adapter port. A bot cannot read a chat's history: nobody can tell.

        One thing does tell: to give a message the buttons that it has is refused ("message is not
        modified"), and that is said of no other message. But the id of a lost one is not known, so
        ids would have to be tried, and whichever of them is another message of ours *takes* the
        buttons: after a crash (or beside a second process) we do not know which those are, and the
        old buttons are told by nobody, so they cannot be put back. That it did not arrive would not
        be certain either: private chats share one row of ids, and a slow server may still post it.
        A message spoiled for certain is worse than one in doubt, which the chat's choice settles.
        """
        return None

    async def post(self, chat: Chat, payload: Payload, key: str) -> str:
        """See the Adapter port."""
        async with self._pace.passing(chat):
            return str((await self._poster.send(chat, payload)).id)
