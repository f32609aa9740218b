"""What is asked on Discord, as the journal keeps it: enough to answer after a crash. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.core.journal import Update
from bot.core.messages import Chat, ChatKind, Request

TOKEN_SECONDS = 15 * 60
"""How long an interaction can be answered.

https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with what it takes to answer it.

    `number` is unique for ever. `file` is Discord's attachment object that came along, or None.
    With a `token` it is an interaction, answered through the `application`'s webhook; without one
    it is a message, or an event, answered in its channel. `hidden` says that only its person shall
    see the answer, `elsewhere` that the bot is no member where it was asked. `last` is the message
    whose button was pressed, where its answer has several; else 0.
    """

    number: str
    request: Request
    file: Mapping[str, Any] | None = None
    application: int = 0
    token: str = ""
    hidden: bool = False
    elsewhere: bool = False
    last: int = 0

    @property
    def snowflake(self) -> int:
        """Discord's id of what was asked."""
        return int(self.number[1:])

    def note(self) -> Update:
        """Return it as the journal keeps it."""
        return Update(self.number, asdict(self) | {"file": self.file and dict(self.file)})


def asked_in(note: Update) -> Asked:
    """Read back what `note` made. Raises KeyError, TypeError or ValueError."""
    kept = dict(note.payload)
    request = dict(kept["request"])
    chat = dict(request["chat"])
    request["chat"] = Chat(**chat | {"kind": ChatKind(chat["kind"])})
    return Asked(**kept | {"request": Request(**request)})
