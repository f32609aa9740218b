"""Puts one message into a chat, or in the place of another, and says in our words what came of it.

Knows neither what people ask nor what an answer is. Bot API: https://core.telegram.org/bots/api
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from telegram import InputFile, InputMediaDocument, InputMediaPhoto
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.adapters.pace import Pace
from bot.adapters.telegram.api import RawBot, asked_to_wait
from bot.adapters.telegram.transport import LOST, NotConnected, NotSent, NotTaken
from bot.core.errors import ChatUnavailable, DeliveryError, OutcomeUnknown
from bot.core.messages import Chat
from bot.core.ports import Payload

_GONE = (
    "chat not found",
    "user is deactivated",
    "group chat was deactivated",
    "group chat was deleted",
    "peer_id_invalid",
    "not enough rights to send text messages",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
)
"""What of "Bad Request" says that nothing at all can be posted there: for as long as it lasts.

Pictures or files alone may be forbidden, too ("not enough rights to send photos to the chat").
"""
_SAME = "message is not modified"


@dataclass(frozen=True, slots=True)
class Standing:
    """A message of ours as it stands in its chat; `kind` is "text", "photo" or "document"."""

    id: int
    kind: str


def kind_of(payload: Payload) -> str:
    """Return what a payload becomes: "text", "photo" or "document"."""
    return next((kind for kind in ("photo", "document") if kind in payload), "text")


class Poster:
    """Sends and edits messages, one at a time, as its caller paces them.

    `pace` is asked only whether a chat is held, and told what Telegram asks to wait. With `paid`
    broadcasts are charged for: see the settings.
    """

    def __init__(self, bot: RawBot, pace: Pace, *, paid: bool = False) -> None:
        self._bot = bot
        self._pace = pace
        self._paid = paid

    async def put(self, chat: Chat, payload: Payload, place: Standing | None) -> Standing:
        """Put a message into a place, or, where that cannot be (or with None), into the chat.

        Raises what the Adapter port's `post` raises.
        """
        if place is not None and (changed := await self._edit(chat, payload, place)) is not None:
            return changed
        return await self.send(chat, payload)

    async def send(self, chat: Chat, payload: Payload) -> Standing:
        """Send one message. Raises what the Adapter port's `post` raises."""
        with self._in_our_words(chat):
            message = await self._send(chat, payload)
            return Standing(int(message["message_id"]), kind_of(payload))

    async def _edit(self, chat: Chat, payload: Payload, place: Standing) -> Standing | None:
        """Let a message say something else; None where it cannot: too old, deleted, a picture.

        To edit twice does no harm, so a lost answer is no doubt: it may be tried again.
        """
        kind = kind_of(payload)
        if not _may_become(place.kind, kind):
            return None
        try:
            with self._in_our_words(chat):
                await self._change(chat, payload, place.id, kind)
        except OutcomeUnknown as error:
            raise DeliveryError(str(error), retry_after=1) from error
        except _Refused as error:
            return Standing(place.id, kind) if error.is_same else None
        return Standing(place.id, kind)

    async def _change(self, chat: Chat, payload: Payload, message: int, kind: str) -> None:
        its = {"chat_id": chat.id, "message_id": message, "reply_markup": _markup(payload)}
        try:
            if kind == "text":
                await self._bot.call("editMessageText", its | _words(payload))
            else:
                await self._bot.call("editMessageMedia", its | {"media": _media(payload)})
        except BadRequest as error:
            if isinstance(known := _bad_request(error), ChatUnavailable):
                raise known from error
            raise _Refused(is_same=_SAME in error.message.lower()) from error

    @contextmanager
    def _in_our_words(self, chat: Chat) -> Iterator[None]:
        """Turn what Telegram says no with into our errors, and hold what is to wait."""
        if held := self._pace.held(chat):
            raise DeliveryError(f"Telegram asks to wait {held:.0f} s", held)
        try:
            yield
        except (DeliveryError, _Refused):
            raise
        except RetryAfter as error:
            wait = asked_to_wait(error)
            self._pace.hold(wait, chat)
            raise DeliveryError(f"Telegram asks to wait {wait:.0f} s", wait) from error
        except Exception as error:
            if (known := _translated(error)) is None:
                raise
            raise known from error

    async def _send(self, chat: Chat, payload: Payload) -> Any:  # noqa: ANN401 - Telegram's Message
        common = {
            "chat_id": chat.id,
            "message_thread_id": thread_of(chat),
            "reply_markup": _markup(payload),
            "allow_paid_broadcast": self._paid or None,
        }
        match kind_of(payload):
            case "photo":
                return await self._bot.call("sendPhoto", common | _photo(payload))
            case "document":
                return await self._bot.call("sendDocument", common | {"document": _file(payload)})
            case _:
                return await self._bot.call("sendMessage", common | _words(payload))


class _Refused(Exception):  # noqa: N818 - it reads as a state
    """Telegram will not change that message; `is_same` says that it already reads so."""

    def __init__(self, *, is_same: bool) -> None:
        super().__init__()
        self.is_same = is_same


def _may_become(old: str, new: str) -> bool:
    """Tell whether a message of one kind can be edited into one of another.

    "... or to replace a text with a media"; never the other way round:
    https://core.telegram.org/bots/api#editmessagemedia
    """
    return old in {new, "text"}


def _words(payload: Payload) -> dict[str, Any]:
    """Return the parameters of a text; the one link that is worth it is shown with a picture."""
    preview = payload.get("preview")
    above = bool(payload.get("above"))
    shown = {"url": preview, "show_above_text": above, "prefer_large_media": above}
    return {
        "text": payload["text"],
        "parse_mode": ParseMode.HTML,
        "link_preview_options": shown if preview else {"is_disabled": True},
    }


def _photo(payload: Payload) -> dict[str, Any]:
    photo = InputFile(base64.b64decode(payload["photo"]), "picture.png")
    return {"photo": photo, "caption": payload["text"], "parse_mode": ParseMode.HTML}


def _file(payload: Payload) -> InputFile:
    return InputFile(base64.b64decode(payload["document"]), payload["name"])


def _media(payload: Payload) -> InputMediaPhoto | InputMediaDocument:
    if "document" in payload:
        content = base64.b64decode(payload["document"])
        return InputMediaDocument(content, filename=payload["name"])
    return InputMediaPhoto(
        base64.b64decode(payload["photo"]),
        caption=payload["text"],
        parse_mode=ParseMode.HTML,
        filename="picture.png",
    )


def _markup(payload: Payload) -> dict[str, Any] | None:
    rows = payload.get("buttons")
    if not rows:
        return None
    shown = [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
    return {"inline_keyboard": shown}


def _translated(error: Exception) -> DeliveryError | None:  # noqa: C901, PLR0911 - one case an error
    match error:
        case ChatMigrated():
            return ChatUnavailable("the group became a supergroup", str(error.new_chat_id))
        case Forbidden():
            return ChatUnavailable(error.message)
        case BadRequest():
            return _bad_request(error)
        case InvalidToken():
            return DeliveryError("Telegram refuses the token", retry_after=300)
        case NotSent():
            return DeliveryError(str(error), retry_after=0)
        case NotConnected():
            return DeliveryError(f"Telegram cannot be reached: {error}")
        case NotTaken():
            too_large = error.status == 413
            return DeliveryError(f"Telegram refused the message: {error}", final=too_large)
        case Conflict():
            return DeliveryError(f"Telegram refused the message: {error}")
        case NetworkError():
            words = str(error).removeprefix(f"{LOST}: ")
            return OutcomeUnknown(f"Telegram's answer was lost: {words}")
        case TelegramError() | KeyError() | TypeError() | ValueError():  # an answer, not read
            return OutcomeUnknown(f"Telegram's answer made no sense: {error}")
        case _:
            return None


def _bad_request(error: BadRequest) -> DeliveryError:
    text = error.message.lower()
    if any(sign in text for sign in _GONE):
        return ChatUnavailable(error.message)
    return DeliveryError(f"Telegram refused the message: {error.message}", final=True)


def thread_of(chat: Chat) -> int | None:
    """Return the topic inside a chat as Telegram numbers it, or None."""
    return int(chat.thread) if chat.thread else None
